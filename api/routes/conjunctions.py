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
from space_hub.awareness.following import conjunctions, picture
from space_hub.awareness.following.conjunctions import Wanted
from space_hub.awareness.following.levels import AMBER, Level
from space_hub.awareness.following.status import Status, Step
from space_hub.awareness.following.tables import Risk, SourceAssessment
from space_hub.awareness.following.tolerance import Source
from space_hub.awareness.tables import Assessment, Conjunction, Run
from space_hub.errors import Invalid, NotFound
from space_hub.text import say

router = Router(prefix="/v1", tags=["conjunctions"])


class Sort(StrEnum):
    TCA = "tca"
    MISS_DISTANCE = "miss_distance"
    RISK = "risk"


class PartyOut(Out):
    object_id: str
    name: str
    catalog_number: int | None
    international_designator: str
    element_set_id: str | None = Field(description="Null where no run has seen the encounter.")
    element_age_h: float | None = Field(description="Age of the element set at TCA; negative when dated ahead.")


class RiskOut(Out):
    """What is null is not known."""

    pc: float | None = Field(description="Probability of collision; of a message, as its source states it.")
    pc_max: float | None
    diluted: bool | None = Field(description="A larger covariance would lower pc: small means unknown, not safe.")
    method: str | None
    flags: str | None = Field(description="Limits of the method's use that were passed, with a blank between.")
    hard_body_radius_m: float | None
    radius_a_source: str | None
    radius_b_source: str | None
    sigma_radial_m: float | None
    sigma_in_track_m: float | None
    sigma_cross_track_m: float | None
    sigma_a_source: str | None
    sigma_b_source: str | None
    sigma_a_samples: int | None
    sigma_b_samples: int | None


class LookOut(RiskOut):
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


class ConjunctionOut(RiskOut):
    """Null where no run has seen the encounter and its source does not say it."""

    id: str
    co_located: bool
    synthetic: bool
    objects: list[PartyOut]
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float | None
    radial_m: float | None
    in_track_m: float | None
    cross_track_m: float | None
    entry_at: datetime | None
    exit_at: datetime | None
    open_start: bool | None
    open_end: bool | None


class StepOut(Out):
    at: datetime
    source: str = Field(description="The run or the source's look that this rests on; empty for the clock.")
    status: Status
    level: Level
    reason: str
    reason_text: str


class SourceLookOut(RiskOut):
    id: str
    source: Source
    originator: str
    message_id: str | None = Field(description="The message as it came: `/v1/conjunctions/messages/{id}`.")
    stated_at: datetime | None
    received_at: datetime
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float | None
    radial_m: float | None
    in_track_m: float | None
    cross_track_m: float | None
    age_a_h: float | None
    age_b_h: float | None


class DisagreementOut(Out):
    """`other` less `one`, by the newest look of each; `gp` are our own runs."""

    one: str
    other: str
    tca_s: float
    miss_distance_m: float
    pc_decades: float | None = Field(description="Powers of ten; null unless both state a probability above nought.")


class ContactOut(Out):
    id: str
    object_id: str
    organisation_id: str
    name: str
    email: str
    phone: str
    given_at: datetime


class ConjunctionsOut(Out):
    run: RunOut = Field(description="The run that these come from: its snapshot, its ages, what it could not follow.")
    notice: str
    items: list[ConjunctionOut]
    next: str | None


class ConjunctionDetailOut(ConjunctionOut):
    first_run_id: str | None
    latest_run_id: str | None
    status: Status | None = Field(description="As you may know it; null for a conjunction without a look.")
    level: Level | None
    history: list[StepOut] = Field(description="What became of it, and why, oldest first.")
    assessments: list[LookOut] = Field(description="One for each run that saw it, oldest first.")
    sources: list[SourceLookOut] = Field(description="What other sources say of it, as far as you may see it.")
    disagreement: list[DisagreementOut]
    contacts: list[ContactOut] = Field(
        description="Organisations that agreed to be found for an object; what they say is not checked."
    )
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
    min_pc: Annotated[
        float | None, Query(gt=0, le=1, description="Only where the probability of collision is at least this.")
    ] = None,
    co_located: Annotated[bool, Query(description="Pairs that fly together instead of encounters.")] = False,
    sort: Sort = Sort.TCA,
) -> ConjunctionsOut:
    """Encounters of one run. The ten nearest: `?sort=miss_distance&limit=10`; the ten riskiest: `?sort=risk&limit=10`.

    By risk, those with a probability of at least 1e-5 are listed, unless `min_pc` says otherwise.
    """
    with asked.read() as session:
        names: list[str | int] = [*(catalog_number or ()), *(object_id or ())]
        wanted = Wanted(
            run_id=_run_id(session, asked, page, run),
            object_ids=tuple(catalogue.resolve(session, names)) if names else None,
            tca_from=tca_from,
            tca_to=tca_to,
            max_miss_distance_m=max_miss_distance_m,
            min_pc=AMBER if min_pc is None and sort is Sort.RISK else min_pc,
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
    """One conjunction as its newest run sees it, with every earlier look, beside what other sources say."""
    with asked.read() as session:
        known = picture.picture(session, conjunction_id, asked.principal, asked.clock.now())
        found, last = known.conjunction, known.steps[-1] if known.steps else None
        faces = catalogue.faces(session, [found.object_a_id, found.object_b_id])
        newest = next((look for look in known.looks if look.run_id == found.latest_run_id), None)
        head = _told(found, known.said[-1], faces) if newest is None else _out(found, newest, faces)
        return ConjunctionDetailOut(
            **head.model_dump(),
            first_run_id=found.first_run_id,
            latest_run_id=found.latest_run_id,
            status=None if last is None else last.status,
            level=None if last is None else last.level,
            history=[_step(step, asked.language) for step in known.steps],
            assessments=[LookOut.model_validate(look) for look in known.looks],
            sources=[SourceLookOut.model_validate(one) for one in known.said],
            disagreement=[DisagreementOut.model_validate(one) for one in known.disagreements],
            contacts=[ContactOut.model_validate(one) for one in known.contacts],
            notice=say("awareness.triage_notice", asked.language),
        )


def _step(step: Step, language: str) -> StepOut:
    return StepOut(
        at=step.at,
        source=step.source,
        status=step.status,
        level=step.level,
        reason=step.reason,
        reason_text=say(step.reason, language, **step.params),
    )


def _told(one: Conjunction, said: SourceAssessment, faces: dict[str, Face]) -> ConjunctionOut:
    """A conjunction that no run has seen, as its newest source has it."""
    return ConjunctionOut(
        id=one.id,
        co_located=one.co_located,
        synthetic=one.synthetic,
        objects=[
            _party(faces[one.object_a_id], None, said.age_a_h),
            _party(faces[one.object_b_id], None, said.age_b_h),
        ],
        tca=said.tca,
        miss_distance_m=said.miss_distance_m,
        relative_speed_m_s=said.relative_speed_m_s,
        radial_m=said.radial_m,
        in_track_m=said.in_track_m,
        cross_track_m=said.cross_track_m,
        entry_at=None,
        exit_at=None,
        open_start=None,
        open_end=None,
        **_risk(said),
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
    by = {Sort.TCA: Assessment.tca, Sort.MISS_DISTANCE: Assessment.miss_distance_m, Sort.RISK: Assessment.pc}[sort]
    key = [col(Assessment.run_id), col(by), col(Assessment.conjunction_id)]
    statement: Any = conjunctions.statement(wanted)
    found = page.of(session, statement, key=key, make=lambda one, look: (one, look), descending=sort is Sort.RISK)
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
        **_risk(look),
    )


def _risk(one: Risk) -> dict[str, Any]:
    return RiskOut.model_validate(one).model_dump()


def _party(face: Face, set_id: str | None, age_h: float | None) -> PartyOut:
    return PartyOut(
        object_id=face.object_id,
        name=face.name,
        catalog_number=face.catalog_number,
        international_designator=face.international_designator,
        element_set_id=set_id,
        element_age_h=None if age_h is None else round(age_h, 3),
    )
