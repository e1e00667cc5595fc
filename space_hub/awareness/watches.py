"""A subscriber's rules: which objects, how near, how far ahead.

A watch belongs to one organisation and nobody else ever sees it: who watches
what is a secret in itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert
from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.following import conjunctions
from space_hub.awareness.following.levels import AMBER, FLOOR, RED, Level, Thresholds
from space_hub.awareness.following.rules import Rule
from space_hub.awareness.tables import Assessment, Conjunction, Run, Watch, WatchObject
from space_hub.clock import Clock
from space_hub.errors import Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

WIDEST_M = 20_000.0
WIDEST_EVERY_M = 500.0
"""For a watch over every object: below 5 km there are about 27,000 encounters a day, below 500 m about 270."""

_LEVELS_FROM: Final[dict[bool, tuple[Level | None, ...]]] = {
    False: (None, Level.AMBER, Level.RED),
    True: (None, Level.RED),
}
"""From which levels on a watch of named objects, and one of every object, may speak by probability."""

LONGEST_H = 240.0
MOST_OBJECTS = 5_000


@dataclass(frozen=True, slots=True)
class WatchAsk:
    """A watch as it is asked for: object ids (`obj_...`) or catalogue numbers, or every object."""

    name: str
    objects: tuple[str | int, ...]
    every_object: bool
    miss_distance_m: float
    window_h: float
    active: bool = True
    pc_red: float = RED
    pc_amber: float = AMBER
    pc_floor: float = FLOOR
    level_from: Level | None = None

    @property
    def rule(self) -> Rule:
        return Rule(
            self.miss_distance_m,
            self.window_h,
            Thresholds(self.pc_red, self.pc_amber, self.pc_floor),
            self.level_from,
        )

    def check(self) -> None:
        if self.every_object == bool(self.objects):
            raise Invalid("watch.objects_wrong", count=len(self.objects))
        if len(self.objects) > MOST_OBJECTS:
            raise Invalid("watch.too_many_objects", count=len(self.objects), most=MOST_OBJECTS)
        widest = WIDEST_EVERY_M if self.every_object else WIDEST_M
        self.rule.thresholds.check()
        if self.level_from not in _LEVELS_FROM[self.every_object]:
            raise Invalid("watch.level_from_wrong", level=self.level_from)
        by_probability_alone = self.miss_distance_m == 0.0 and self.level_from is not None
        if not (by_probability_alone or 0.0 < self.miss_distance_m <= widest):
            raise Invalid("watch.miss_distance_wrong", miss_distance_m=self.miss_distance_m, widest_m=widest)
        if not 0.0 < self.window_h <= LONGEST_H:
            raise Invalid("watch.window_wrong", window_h=self.window_h, longest_h=LONGEST_H)


def create(session: Session, clock: Clock, rng: Rng, principal: Principal, ask: WatchAsk) -> Watch:
    """Raises Invalid for what makes no sense and NotFound for an object that is not known."""
    ask.check()
    object_ids = catalogue.resolve(session, ask.objects)
    owner = principal.organisation_id
    watch = Watch(
        id=rng.scope(owner, "watch").id("wat"),
        organisation_id=owner,
        name=ask.name,
        every_object=ask.every_object,
        miss_distance_m=ask.miss_distance_m,
        window_h=ask.window_h,
        pc_red=ask.pc_red,
        pc_amber=ask.pc_amber,
        pc_floor=ask.pc_floor,
        level_from=None if ask.level_from is None else ask.level_from.value,
        active=ask.active,
        created_at=clock.now(),
        marking_id=markings.owner_only(session, owner),
    )
    session.add(watch)
    session.flush()
    _set_objects(session, watch, object_ids)
    audit.record(session, clock, principal, "watch.create", watch.id, objects=len(object_ids))
    return watch


def change(session: Session, clock: Clock, principal: Principal, watch_id: str, ask: WatchAsk) -> Watch:
    """Put a new rule in the place of the old; alerts already raised stay."""
    ask.check()
    watch = get(session, principal, watch_id)
    object_ids = catalogue.resolve(session, ask.objects)
    watch.name, watch.every_object, watch.active = ask.name, ask.every_object, ask.active
    watch.miss_distance_m, watch.window_h = ask.miss_distance_m, ask.window_h
    watch.pc_red, watch.pc_amber, watch.pc_floor = ask.pc_red, ask.pc_amber, ask.pc_floor
    watch.level_from = None if ask.level_from is None else ask.level_from.value
    session.add(watch)
    for row in session.exec(select(WatchObject).where(WatchObject.watch_id == watch.id)):
        session.delete(row)
    session.flush()
    _set_objects(session, watch, object_ids)
    audit.record(session, clock, principal, "watch.change", watch.id, objects=len(object_ids))
    return watch


def end(session: Session, clock: Clock, principal: Principal, watch_id: str) -> Watch:
    """Stop it; the watch and its alerts stay readable."""
    watch = get(session, principal, watch_id)
    watch.active = False
    session.add(watch)
    audit.record(session, clock, principal, "watch.end", watch.id)
    return watch


def get(session: Session, principal: Principal, watch_id: str) -> Watch:
    """Raises NotFound `watch.unknown`, also for the watch of another organisation."""
    found = session.exec(
        select(Watch).where(Watch.id == watch_id, Watch.organisation_id == principal.organisation_id)
    ).first()
    if found is None:
        raise NotFound("watch.unknown", watch=watch_id)
    return found


def rule_of(watch: Watch) -> Rule:
    thresholds = Thresholds(watch.pc_red, watch.pc_amber, watch.pc_floor)
    level_from = None if watch.level_from is None else Level(watch.level_from)
    return Rule(watch.miss_distance_m, watch.window_h, thresholds, level_from)


def object_ids(session: Session, watch_id: str) -> list[str]:
    return list(
        session.exec(
            select(WatchObject.object_id).where(WatchObject.watch_id == watch_id).order_by(col(WatchObject.object_id))
        )
    )


def matches(
    session: Session, rule: Rule, objects: Sequence[str] | None, run: Run
) -> list[tuple[Conjunction, Assessment]]:
    """What `rule` over `objects` (None: every object) finds in `run`, by distance or by probability, nearest first.

    Pairs that fly together are left out: a watch tells of encounters.
    """
    found: dict[str, tuple[Conjunction, Assessment]] = {}
    groups: list[tuple[str, ...] | None] = (
        [None] if objects is None else [tuple(some) for some in catalogue.chunks(objects)]
    )
    for group in groups:
        for wanted in _questions(rule, group, run):
            for conjunction, look in session.execute(conjunctions.statement(wanted)):
                if rule.reaches(look.tca, run.window_start):
                    found[conjunction.id] = (conjunction, look)
    return sorted(found.values(), key=lambda pair: (pair[1].miss_distance_m, pair[0].id))


def _questions(rule: Rule, group: tuple[str, ...] | None, run: Run) -> Iterator[conjunctions.Wanted]:
    """Each answered by an index of its own."""
    if rule.miss_distance_m > 0.0:
        yield conjunctions.Wanted(run.id, group, max_miss_distance_m=rule.miss_distance_m)
    if rule.level_from is not None:
        yield conjunctions.Wanted(run.id, group, min_pc=rule.thresholds.line(rule.level_from))


def dry_run(
    session: Session, principal: Principal, ask: WatchAsk
) -> tuple[Run | None, list[tuple[Conjunction, Assessment]]]:
    """What this watch would have raised from the latest run; without a run, None."""
    ask.check()
    objects = None if ask.every_object else catalogue.resolve(session, ask.objects)
    run = conjunctions.latest_run(session, principal)
    return run, [] if run is None else matches(session, ask.rule, objects, run)


def _set_objects(session: Session, watch: Watch, ids: Sequence[str]) -> None:
    if ids:
        session.execute(insert(WatchObject), [{"watch_id": watch.id, "object_id": id} for id in ids])
