"""Watches: rules of your organisation about which encounters to be told of."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from space_hub.awareness import catalogue, watches
from space_hub.awareness.following.levels import AMBER, FLOOR, RED, Level
from space_hub.awareness.tables import Watch
from space_hub.awareness.watches import WatchAsk
from space_hub.text import say

router = Router(prefix="/v1/watches", tags=["watches"])

ObjectId = Annotated[str, StringConstraints(pattern=r"^obj_[a-z0-9]+$", max_length=40)]
CatalogNumber = Annotated[int, Field(ge=1, le=999_999_999, strict=True)]


class WatchIn(In):
    name: str = Field(min_length=1, max_length=200)
    objects: list[ObjectId | CatalogNumber] = Field(
        default_factory=list, max_length=watches.MOST_OBJECTS, description="Object ids or catalogue numbers."
    )
    every_object: bool = Field(default=False, description="Watch the whole catalogue instead, within 500 m.")
    miss_distance_m: float = Field(ge=0, description="0 with `level_from`: by probability alone.")
    level_from: Level | None = Field(
        default=None,
        description="Speak at any distance from this level of risk on; `red` only for every object, owners, names.",
    )
    pc_red: float = Field(default=RED, gt=0, le=1, description="Probability of collision from which on it is red.")
    pc_amber: float = Field(default=AMBER, gt=0, le=1)
    pc_floor: float = Field(default=FLOOR, gt=0, le=1, description="What lies below, undiluted, is `below`.")
    owners: list[Annotated[str, StringConstraints(min_length=1, max_length=10)]] = Field(
        default_factory=list,
        max_length=watches.MOST_GROUPS,
        description="Codes of owners in the satellite catalogue: all that they own, within 1 km.",
    )
    names: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        default_factory=list,
        max_length=watches.MOST_GROUPS,
        description="How names of objects begin: all that are called so, within 1 km.",
    )
    window_h: float = Field(default=168.0, gt=0, description="How far ahead, from the start of the run's window.")
    active: bool = True

    def ask(self) -> WatchAsk:
        return WatchAsk(
            name=self.name,
            objects=tuple(self.objects),
            every_object=self.every_object,
            miss_distance_m=self.miss_distance_m,
            window_h=self.window_h,
            active=self.active,
            pc_red=self.pc_red,
            pc_amber=self.pc_amber,
            pc_floor=self.pc_floor,
            level_from=self.level_from,
            owners=tuple(self.owners),
            names=tuple(self.names),
        )


class WatchOut(Out):
    id: str
    name: str
    every_object: bool
    object_ids: list[str]
    owners: list[str]
    names: list[str]
    miss_distance_m: float
    level_from: Level | None
    pc_red: float
    pc_amber: float
    pc_floor: float
    window_h: float
    active: bool
    created_at: datetime


class MatchOut(Out):
    conjunction_id: str
    object_names: list[str]
    catalog_numbers: list[int | None]
    tca: datetime
    miss_distance_m: float
    pc: float | None
    level: Level = Field(description="By this watch's thresholds.")


class DryRunOut(Out):
    run_id: str | None = Field(description="The run that was looked at; null when none is published yet.")
    count: int
    nearest: list[MatchOut] = Field(description="At most a hundred, nearest first.")
    notice: str


def _out(session: Session, watch: Watch) -> WatchOut:
    groups = watches.groups(session, watch.id)
    return WatchOut.model_validate(
        watch.model_dump()
        | {
            "object_ids": watches.named(session, watch.id),
            "owners": [value for kind, value in groups if kind == "owner"],
            "names": [value for kind, value in groups if kind == "name"],
        }
    )


@router.post("", status_code=201, policy=scope("watch:write"))
def create_watch(body: WatchIn, once: Once) -> WatchOut:
    """Be told, by an alert, when these objects come nearer than `miss_distance_m`, or a collision is likely."""
    return once.run(
        lambda session: _out(session, watches.create(session, once.clock, once.rng, once.principal, body.ask()))
    )


@router.post("/dry-run", policy=scope("watch:write"))
def dry_run_watch(body: WatchIn, asked: Asked) -> DryRunOut:
    """What this watch would have found in the latest run; nothing is kept."""
    with asked.read() as session:
        run, found = watches.dry_run(session, asked.principal, body.ask())
        nearest, limits = found[:100], body.ask().rule.thresholds
        faces = catalogue.faces(session, {id for one, _ in nearest for id in (one.object_a_id, one.object_b_id)})
        items = [
            MatchOut(
                conjunction_id=one.id,
                object_names=[faces[id].name for id in (one.object_a_id, one.object_b_id)],
                catalog_numbers=[faces[id].catalog_number for id in (one.object_a_id, one.object_b_id)],
                tca=look.tca,
                miss_distance_m=look.miss_distance_m,
                pc=look.pc,
                level=limits.level(look.miss_distance_m, look.pc, bool(look.diluted)),
            )
            for one, look in nearest
        ]
        notice = say("awareness.triage_notice", asked.language)
        return DryRunOut(run_id=None if run is None else run.id, count=len(found), nearest=items, notice=notice)


@router.get("", policy=scope("watch:write"))
def list_watches(asked: Asked, page: Page) -> Paged[WatchOut]:
    """Your organisation's watches."""
    mine = select(Watch).where(Watch.organisation_id == asked.principal.organisation_id)
    with asked.read() as session:
        return page.of(session, mine, key=col(Watch.id), make=lambda watch: _out(session, watch))


@router.get("/{watch_id}", policy=scope("watch:write"))
def get_watch(watch_id: str, asked: Asked) -> WatchOut:
    """One of your watches with the objects that it names."""
    with asked.read() as session:
        return _out(session, watches.get(session, asked.principal, watch_id))


@router.put("/{watch_id}", policy=scope("watch:write"))
def change_watch(watch_id: str, body: WatchIn, asked: Asked) -> WatchOut:
    """Put a new rule in the place of the old."""
    with asked.write() as session:
        return _out(session, watches.change(session, asked.clock, asked.principal, watch_id, body.ask()))


@router.delete("/{watch_id}", policy=scope("watch:write"))
def end_watch(watch_id: str, asked: Asked) -> WatchOut:
    """Stop a watch; it and its alerts stay readable."""
    with asked.write() as session:
        return _out(session, watches.end(session, asked.clock, asked.principal, watch_id))
