"""Conjunctions of a run: by object, by time, by distance; and each with its looks over the runs."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlmodel import Session, col

from api.deps import Ask, Asked
from api.models import CatalogNumber, Out, UtcDatetime
from api.paging import Page, PageAsk, decode
from api.policy import PROBLEM, Router, scope
from api.routes.runs import RunOut, run_out
from space_hub.awareness import catalogue
from space_hub.awareness.catalogue import Face
from space_hub.awareness.following import conjunctions
from space_hub.awareness.following.conjunctions import Wanted
from space_hub.awareness.tables import Assessment, Conjunction, Run
from space_hub.errors import Invalid, NotFound
from space_hub.text import say

router = Router(prefix="/v1", tags=["conjunctions"])


class Sort(StrEnum):
    TCA = "tca"
    MISS_DISTANCE = "miss_distance"


class PartyOut(Out):
    object_id: str
    name: str
    catalog_number: int | None
    international_designator: str
    element_set_id: str
    element_age_h: float = Field(description="Age of the element set at TCA; negative when dated ahead.")


class LookOut(Out):
    run_id: str
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float
    radial_m: float = Field(description="Second object relative to the first, in the first's RTN frame.")
    in_track_m: float
    cross_track_m: float
    entry_at: datetime
    exit_at: datetime
    open_start: bool
    open_end: bool = Field(description="The encounter reaches over the edge of the window.")
    set_a_id: str
    set_b_id: str
    age_a_h: float
    age_b_h: float


class ConjunctionOut(Out):
    id: str
    co_located: bool
    synthetic: bool
    objects: list[PartyOut]
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float
    radial_m: float
    in_track_m: float
    cross_track_m: float
    entry_at: datetime
    exit_at: datetime
    open_start: bool
    open_end: bool


class ConjunctionsOut(Out):
    run: RunOut = Field(description="The run that these come from: its snapshot, its ages, what it could not follow.")
    notice: str
    items: list[ConjunctionOut]
    next: str | None


class ConjunctionDetailOut(ConjunctionOut):
    first_run_id: str | None
    latest_run_id: str | None
    assessments: list[LookOut] = Field(description="One for each run that saw it, oldest first.")
    notice: str


@router.get("/conjunctions", policy=scope("awareness:read"), responses={404: PROBLEM})
def list_conjunctions(
    asked: Asked,
    page: Page,
    run: Annotated[str | None, Query(description="A run's id; the one published last if left out.")] = None,
    catalog_number: Annotated[
        list[CatalogNumber] | None, Query(description="Objects by number; repeat it for several.", max_length=100)
    ] = None,
    object_id: Annotated[list[str] | None, Query(max_length=100)] = None,
    tca_from: UtcDatetime | None = None,
    tca_to: UtcDatetime | None = None,
    max_miss_distance_m: Annotated[float | None, Query(gt=0)] = None,
    co_located: Annotated[bool, Query(description="Pairs that fly together instead of encounters.")] = False,
    sort: Sort = Sort.TCA,
) -> ConjunctionsOut:
    """Encounters of one run. The ten nearest of the day: `?sort=miss_distance&limit=10`."""
    with asked.read() as session:
        names: list[str | int] = [*(catalog_number or ()), *(object_id or ())]
        wanted = Wanted(
            run_id=_run_id(session, asked, page, run),
            object_ids=tuple(catalogue.resolve(session, names)) if names else None,
            tca_from=tca_from,
            tca_to=tca_to,
            max_miss_distance_m=max_miss_distance_m,
            co_located=co_located,
        )
        return _page(session, asked, page, wanted, sort)


@router.get("/co-locations", policy=scope("awareness:read"), responses={404: PROBLEM})
def list_co_locations(
    asked: Asked,
    page: Page,
    run: Annotated[str | None, Query(description="A run's id; the one published last if left out.")] = None,
) -> ConjunctionsOut:
    """Pairs that fly together (slower than 10 m/s throughout): docked modules, formations."""
    with asked.read() as session:
        wanted = Wanted(run_id=_run_id(session, asked, page, run), co_located=True)
        return _page(session, asked, page, wanted, Sort.MISS_DISTANCE)


@router.get("/conjunctions/{conjunction_id}", policy=scope("awareness:read"))
def get_conjunction(conjunction_id: str, asked: Asked) -> ConjunctionDetailOut:
    """One conjunction as its newest run sees it, with every earlier look."""
    with asked.read() as session:
        found, looks = conjunctions.get_conjunction(session, conjunction_id, asked.principal)
        faces = catalogue.faces(session, [found.object_a_id, found.object_b_id])
        newest = next(look for look in looks if look.run_id == found.latest_run_id)
        return ConjunctionDetailOut(
            **_out(found, newest, faces).model_dump(),
            first_run_id=found.first_run_id,
            latest_run_id=found.latest_run_id,
            assessments=[LookOut.model_validate(look) for look in looks],
            notice=say("awareness.triage_notice", asked.language),
        )


def _run_id(session: Session, asked: Ask, page: PageAsk, given: str | None) -> str:
    """The run asked for; for a further page the run of the first page, also when a newer one was published since."""
    if given is None and page.cursor is not None:
        values = decode(page.cursor)
        given = values[0] if values and isinstance(values[0], str) else None
    if given is not None:
        return conjunctions.get_run(session, given, asked.principal).id
    latest = conjunctions.latest_run(session, asked.principal)
    if latest is None:
        raise NotFound("run.none_published")
    return latest.id


def _page(session: Session, asked: Ask, page: PageAsk, wanted: Wanted, sort: Sort) -> ConjunctionsOut:
    by_time = sort is Sort.TCA
    if page.cursor is not None:
        values = decode(page.cursor)
        kind = datetime if by_time else float
        if len(values) != 3 or not isinstance(values[1], kind) or not isinstance(values[2], str):
            raise Invalid("conjunction.sort_mixed", cursor=page.cursor)
    key = [
        col(Assessment.run_id),
        col(Assessment.tca) if by_time else col(Assessment.miss_distance_m),
        col(Assessment.conjunction_id),
    ]
    statement: Any = conjunctions.statement(wanted)
    found = page.of(session, statement, key=key, make=lambda one, look: (one, look))
    pairs: list[tuple[Conjunction, Assessment]] = found.items
    faces = catalogue.faces(session, {id for one, _look in pairs for id in (one.object_a_id, one.object_b_id)})
    return ConjunctionsOut(
        run=run_out(session, session.get_one(Run, wanted.run_id), asked.language),
        notice=say("awareness.triage_notice", asked.language),
        items=[_out(one, look, faces) for one, look in pairs],
        next=found.next,
    )


def _out(one: Conjunction, look: Assessment, faces: dict[str, Face]) -> ConjunctionOut:
    return ConjunctionOut(
        id=one.id,
        co_located=look.co_located,
        synthetic=one.synthetic,
        objects=[
            _party(faces[one.object_a_id], look.set_a_id, look.age_a_h),
            _party(faces[one.object_b_id], look.set_b_id, look.age_b_h),
        ],
        tca=look.tca,
        miss_distance_m=look.miss_distance_m,
        relative_speed_m_s=look.relative_speed_m_s,
        radial_m=look.radial_m,
        in_track_m=look.in_track_m,
        cross_track_m=look.cross_track_m,
        entry_at=look.entry_at,
        exit_at=look.exit_at,
        open_start=look.open_start,
        open_end=look.open_end,
    )


def _party(face: Face, set_id: str, age_h: float) -> PartyOut:
    return PartyOut(
        object_id=face.object_id,
        name=face.name,
        catalog_number=face.catalog_number,
        international_designator=face.international_designator,
        element_set_id=set_id,
        element_age_h=round(age_h, 3),
    )
