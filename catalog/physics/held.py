"""Claims and answers held against what orbits allow over the asked area. No database, no clock: values in, values out.

Each fleet is computed once a match, however many offerings rest on it alike. The work is counted
before it is done, satellites times places times days, and is bounded: what lies beyond the budget
is said to be not computed. Offerings take their turn by the hash of their content, which
nobody can choose; who calls gives only those that no gate refuses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from catalog.feasibility.judge import finding
from catalog.feasibility.sensors import AREA_BOUND, JUDGED, sensor_of
from catalog.feasibility.values import Asked, Computed, Finding, Subject
from catalog.matching.values import Candidate, Need
from catalog.matching.watch import Stage, Watch, silent, watched
from catalog.physics.ground import Ground, Grounds
from space_hub.orbit.coverage.sensor import Sensor
from space_hub.text import Reason
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.geometry import GLOBAL

if TYPE_CHECKING:
    from space_hub.orbit.elements import ElementSet

BUDGET = 100_000
"""Satellites times sampled places times days of one match: about ten seconds of one core."""

DAYS = ((4, 14), (200, 7))
"""Up to so many satellites, so many days: a small fleet comes by seldom and costs little. One day beyond."""

AHEAD = timedelta(days=7)
"""A window that begins sooner after the newest set is computed from its begin; else the days after the set speak."""

SUN_WITHIN = timedelta(days=30)
"""The sun of this week says nothing of another season: it counts where the whole asked window is this near."""

_NOWHERE = {"type": "Point", "coordinates": [0.0, 0.0]}


@dataclass(frozen=True, slots=True)
class Look:
    """What one offering was held against: `days` from the common start, with this sensor."""

    ground: Ground
    sensor: Sensor
    days: int


@dataclass(frozen=True, slots=True)
class Held:
    """All that was found, by offering in the order of their ids, and what it was computed from."""

    at: datetime | None
    area: Any
    start: datetime
    looks: Mapping[str, Look] = field(default_factory=dict)
    found: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    sets: Mapping[str, "ElementSet"] = field(default_factory=dict)


def against(
    need: Need,
    candidates: Iterable[Candidate],
    grounds: Grounds,
    answered: Mapping[str, Mapping[str, Measured]] | None = None,
    watch: Watch = silent,
) -> Held:
    """Every candidate that rests on satellites, against orbits over the need's area.

    `answered`: by offering, what its supplier said of itself for this area.
    """
    begin = _start(need, grounds.at)
    sun = need.window.stop is not None and need.window.stop - begin <= SUN_WITHIN
    works = _Works(grounds, need.area, begin, BUDGET)
    asked_for = frozenset(clause.attribute for clause in need.clauses)
    turns = sorted(
        (each for each in candidates if each.offering_id in grounds.of),
        key=lambda each: (each.content_sha256, each.offering_id),
    )
    said = answered or {}
    for each in watched(watch, Stage.PHYSICS, turns):
        works.hold(each, asked_for, said.get(each.offering_id, {}), sun)
    return works.held()


def in_general(candidate: Candidate, grounds: Grounds) -> Held | None:
    """One offering where it says that it serves, for nobody in particular; without a set there is nothing to say."""
    if grounds.at is None:
        return None
    works = _Works(grounds, candidate.coverage, grounds.at, BUDGET)
    works.hold(candidate, frozenset(), {}, sun=False)
    return works.held()


def _start(need: Need, at: datetime | None) -> datetime:
    begin = need.window.start if at is None or at <= need.window.start <= at + AHEAD else at
    return begin.replace(hour=0, minute=0, second=0, microsecond=0)


def days_of(satellites: int) -> int:
    return next((days for most, days in DAYS if satellites <= most), 1)


@dataclass
class _Works:
    """One match: what was computed already, and what is left of the budget."""

    grounds: Grounds
    area: Any
    start: datetime
    left: int
    looks: dict[str, Look] = field(default_factory=dict)
    found: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    known: dict[Any, tuple[Computed, ...]] = field(default_factory=dict)

    def held(self) -> Held:
        looks = dict(sorted(self.looks.items()))
        digests = sorted({digest for look in looks.values() for digest in look.ground.satellites})
        found = dict(sorted(self.found.items()))
        sets = {digest: self.grounds.sets[digest] for digest in digests}
        return Held(self.grounds.at, self.area, self.start, looks, found, sets)

    def hold(self, candidate: Candidate, asked_for: frozenset[str], said: Mapping[str, Measured], sun: bool) -> None:
        """Judge what this offering claims or answered; what the need asks and it did not say is computed too."""
        area = capability(candidate.capability).area
        spoken = frozenset(candidate.attributes) | frozenset(said) | asked_for
        wanted = JUDGED.get(area, frozenset()) & spoken
        if not wanted:
            return
        ground = self.grounds.of[candidate.offering_id]
        elements = tuple(self.grounds.sets[digest] for digest in ground.satellites)
        lowest = min((each.perigee_km for each in elements), default=0.0)
        sensor = sensor_of(area, candidate.attributes, lowest, sun=sun)
        look = Look(ground, sensor, days_of(len(elements)))
        subject = Subject(
            candidate.offering_id,
            elements,
            sensor,
            candidate.attributes,
            said,
            ground.stations,
            ground.missing,
        )
        self.looks[candidate.offering_id] = look
        self.found[candidate.offering_id] = tuple(
            finding(each, candidate.attributes.get(each.attribute), said.get(each.attribute))
            for each in self._computed(subject, look, wanted)
        )

    def _computed(self, subject: Subject, look: Look, wanted: frozenset[str]) -> tuple[Computed, ...]:
        terms = (subject.claimed.get(name) for name in ("revisit_latitude", "minimum_contact"))
        key = (look, wanted, *((each.low, each.high) if each is not None else None for each in terms))
        if key not in self.known:
            self.known[key] = tuple(self._work_out(subject, look, wanted))
        return self.known[key]

    def _work_out(self, subject: Subject, look: Look, wanted: frozenset[str]) -> Iterator[Computed]:
        from catalog.feasibility.compute import SAMPLES, computed
        from space_hub.orbit.coverage.area import sampled

        place = None if self.area in (None, GLOBAL) else self.area
        units = len(subject.elements) * (SAMPLES if place is None else len(sampled(place, most=SAMPLES))) * look.days
        if units > self.left:
            hindrance = Reason("feasibility.over_budget", {"units": units, "budget": BUDGET})
            yield from (Computed(name, None, hindrance=hindrance) for name in sorted(wanted))
            return
        self.left -= units
        somewhere = wanted if place is not None else wanted - _placeless(subject, wanted)
        asked = Asked(place or _NOWHERE, self.start, self.start + timedelta(days=look.days))
        yield from computed(subject, asked, somewhere)
        hindrance = Reason("feasibility.no_area")
        yield from (Computed(name, None, hindrance=hindrance) for name in sorted(wanted - somewhere))


def _placeless(subject: Subject, wanted: frozenset[str]) -> frozenset[str]:
    """What cannot be computed without an area; a revisit that is claimed for a latitude can."""
    return (AREA_BOUND & wanted) - ({"revisit"} if "revisit_latitude" in subject.claimed else set())


def in_reading_order(found: Mapping[str, Sequence[Finding]]) -> Iterator[tuple[str, Finding]]:
    """Each finding with its offering, attributes in a fixed order."""
    for offering_id, some in sorted(found.items()):
        yield from ((offering_id, each) for each in sorted(some, key=lambda each: each.attribute))
