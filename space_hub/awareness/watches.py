"""A subscriber's rules: which objects, how near, how far ahead.

A watch belongs to one organisation and nobody else ever sees it: who watches
what is a secret in itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from space_hub.awareness import catalogue
from space_hub.awareness.following import conjunctions
from space_hub.awareness.following.levels import AMBER, FLOOR, RED, Level, Thresholds
from space_hub.awareness.following.rules import Rule
from space_hub.awareness.tables import (
    Assessment,
    Conjunction,
    ObjectFacts,
    Run,
    SpaceObject,
    Watch,
    WatchGroup,
    WatchObject,
)
from space_hub.clock import Clock
from space_hub.errors import Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

WIDEST_M = 20_000.0
WIDEST_EVERY_M = 500.0
"""For a watch over every object: below 5 km there are about 27,000 encounters a day, below 500 m about 270."""

WIDEST_GROUP_M = 1_000.0
"""For a watch over owners or names: the largest of them own a third of all objects."""

LEVELS_FROM: Final = {False: (None, Level.AMBER, Level.RED), True: (None, Level.RED)}
"""From which levels on a watch may speak by probability; True for one over every object, owners or names. In a week
of the whole catalogue 21,507 encounters are amber by the table's covariance and 33 are red (2024-11-01)."""

LONGEST_H = 240.0
MOST_OBJECTS = 5_000
MOST_GROUPS = 20
SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class WatchAsk:
    """A watch as it is asked for: object ids (`obj_...`) or catalogue numbers, owners, names, or every object.

    `owners` are codes of the satellite catalogue, `names` how the names of objects begin, in any
    case; who belongs to them is seen anew at each run.
    """

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
    owners: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def groups(self) -> list[tuple[str, str]]:
        folded = {name.casefold() for name in self.names}
        return [*(("owner", each) for each in sorted({*self.owners})), *(("name", each) for each in sorted(folded))]

    @property
    def rule(self) -> Rule:
        return Rule(
            self.miss_distance_m,
            self.window_h,
            Thresholds(self.pc_red, self.pc_amber, self.pc_floor),
            self.level_from,
        )

    def check(self) -> None:
        if self.every_object == bool(self.objects or self.groups):
            raise Invalid("watch.objects_wrong", count=len(self.objects) + len(self.groups))
        if len(self.groups) > MOST_GROUPS:
            raise Invalid("watch.too_many_groups", count=len(self.groups), most=MOST_GROUPS)
        short = next((name for name in self.names if len(name) < SHORTEST_NAME), None)
        if short is not None:
            raise Invalid("watch.name_short", given=short, least=SHORTEST_NAME)
        if len(self.objects) > MOST_OBJECTS:
            raise Invalid("watch.too_many_objects", count=len(self.objects), most=MOST_OBJECTS)
        widest = WIDEST_EVERY_M if self.every_object else WIDEST_GROUP_M if self.groups else WIDEST_M
        self.rule.thresholds.check()
        if self.level_from not in LEVELS_FROM[self.every_object or bool(self.groups)]:
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
    _set_groups(session, watch, ask)
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
    for table in (WatchObject, WatchGroup):
        session.execute(delete(table).where(col(table.watch_id) == watch.id))
    _set_objects(session, watch, object_ids)
    _set_groups(session, watch, ask)
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
    """Every object that the watch is about now: those it names, and who belongs to its owners and names."""
    return sorted({*named(session, watch_id), *members(session, groups(session, watch_id))})


def groups(session: Session, watch_id: str) -> list[tuple[str, str]]:
    """Owners and beginnings of names, as (kind, value)."""
    rows = session.exec(
        select(WatchGroup.kind, WatchGroup.value)
        .where(WatchGroup.watch_id == watch_id)
        .order_by(col(WatchGroup.kind), col(WatchGroup.value))
    )
    return [(kind, value) for kind, value in rows]


def members(session: Session, wanted: Sequence[tuple[str, str]]) -> set[str]:
    """The objects that belong to any of these groups now."""
    owners = [value for kind, value in wanted if kind == "owner"]
    found = set(
        session.exec(
            select(ObjectFacts.object_id).where(col(ObjectFacts.owner).in_(owners), col(ObjectFacts.valid_to).is_(None))
        )
    )
    for kind, value in wanted:
        if kind == "name":
            begins = col(SpaceObject.name_folded).startswith(value, autoescape=True)
            found.update(session.exec(select(SpaceObject.id).where(begins)))
    return found


def named(session: Session, watch_id: str) -> list[str]:
    """The objects that the watch names one by one."""
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
    objects = None
    if not ask.every_object:
        objects = sorted({*catalogue.resolve(session, ask.objects), *members(session, ask.groups)})
    run = conjunctions.latest_run(session, principal)
    return run, [] if run is None else matches(session, ask.rule, objects, run)


def _set_objects(session: Session, watch: Watch, ids: Sequence[str]) -> None:
    if ids:
        session.execute(insert(WatchObject), [{"watch_id": watch.id, "object_id": id} for id in ids])


def _set_groups(session: Session, watch: Watch, ask: WatchAsk) -> None:
    if ask.groups:
        rows = [{"watch_id": watch.id, "kind": kind, "value": value} for kind, value in ask.groups]
        session.execute(insert(WatchGroup), rows)
