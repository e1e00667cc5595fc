"""What has become of an encounter: its status by a table of transitions, each step with its reason. Pure.

A status is derived from the evidence that its reader may see - looks, and runs that could have
found the encounter and did not - and stored nowhere. How much a look concerns is told by `levels`;
a distance alone neither makes red nor clears.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from space_hub.awareness.following.levels import Level, Thresholds
from space_hub.awareness.following.rules import MATERIAL_M
from space_hub.text import Word


class Status(Word, of="conjunction_status"):
    NEW = "new"
    UPDATED = "updated"
    ESCALATED = "escalated"
    DE_ESCALATED = "de_escalated"
    CLEARED = "cleared"
    VANISHED = "vanished"
    EXPIRED = "expired"


class Event(Enum):
    """What a piece of evidence says, against what was known."""

    FIRST = auto()
    SAME = auto()
    RISES = auto()
    FALLS = auto()
    BELOW = auto()
    RETURNS = auto()
    BEYOND = auto()
    NOT_FOUND = auto()
    ENDED = auto()
    PASSED = auto()
    LATE = auto()


RUNS: Final = "gp"
"""The line of our own runs."""

_GONE: Final = frozenset({Status.CLEARED, Status.VANISHED})
_LIVE: Final = (Status.NEW, Status.UPDATED, Status.ESCALATED, Status.DE_ESCALATED)

TABLE: Final[dict[tuple[Status | None, Event], Status]] = {
    (None, Event.FIRST): Status.NEW,
    **{(status, Event.SAME): Status.UPDATED for status in _LIVE},
    **{(status, Event.RISES): Status.ESCALATED for status in (*_LIVE, *_GONE)},
    **{(status, Event.FALLS): Status.DE_ESCALATED for status in _LIVE},
    **{(status, Event.BELOW): Status.CLEARED for status in (*_LIVE, *_GONE)},
    **{(status, Event.RETURNS): Status.UPDATED for status in _GONE},
    **{(status, Event.BEYOND): Status.CLEARED for status in _LIVE},
    **{(status, Event.NOT_FOUND): Status.VANISHED for status in _LIVE},
    **{(status, Event.ENDED): Status.VANISHED for status in _LIVE},
    **{(status, Event.PASSED): Status.EXPIRED for status in (*_LIVE, *_GONE)},
    (Status.EXPIRED, Event.LATE): Status.EXPIRED,
}
"""The next status. What is not here cannot happen: an encounter that is gone or over is not lost once more."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A look at the encounter: known since `at`, from `source` (the id of a run or a message).

    `line` is whose looks follow each other: our runs, or one originator's messages. The level is the
    highest of the newest looks of all lines, so that two sources that disagree do not take turns.
    `cut`: the encounter reaches over the edge of the window, so the distance may be that at the edge.
    """

    at: datetime
    source: str
    tca: datetime
    miss_distance_m: float
    pc: float | None = None
    diluted: bool = False
    cut: bool = False
    line: str = RUNS


@dataclass(frozen=True, slots=True)
class Absence:
    """A run that followed both objects through the time of the encounter and did not find it within `threshold_m`.

    `ended`: one of the objects no longer bears its number.
    """

    at: datetime
    source: str
    threshold_m: float
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The status since `at`. `reason` is a code of the message catalogue, with what it names in `params`."""

    at: datetime
    source: str
    status: Status
    level: Level
    reason: str
    params: dict[str, Any] = field(default_factory=dict)


def history(
    sightings: Iterable[Sighting], absences: Iterable[Absence], now: datetime, thresholds: Thresholds | None = None
) -> list[Step]:
    """The steps in order of time; the last is the present status. Empty without a look."""
    told = _Story(thresholds or Thresholds())
    evidence: list[Sighting | Absence] = [*sightings, *absences]
    for one in sorted(evidence, key=lambda each: (each.at, isinstance(each, Absence), each.source)):
        told.pass_time(one.at)
        if isinstance(one, Sighting):
            told.see(one)
        else:
            told.miss(one)
    told.pass_time(now)
    return told.steps


class _Story:
    def __init__(self, thresholds: Thresholds) -> None:
        self.limits, self.steps = thresholds, list[Step]()
        self._last: Sighting | None = None
        self._lines: dict[str, tuple[Sighting, Level]] = {}

    @property
    def _now(self) -> Step | None:
        return self.steps[-1] if self.steps else None

    def pass_time(self, now: datetime) -> None:
        before, last = self._now, self._last
        if before is not None and last is not None and before.status is not Status.EXPIRED and last.tca <= now:
            # One that was first told of after its time is over from that moment on.
            self._step(Event.PASSED, max(last.tca, before.at), "", before.level, "conjunction.reason.passed")

    def see(self, look: Sighting) -> None:
        before, level = self._now, self.limits.level(look.miss_distance_m, look.pc, look.diluted)
        earlier = self._lines.get(look.line)
        if look.cut and earlier is not None and level.rank < earlier[1].rank:
            level = earlier[1]  # The distance at the edge of a window can tell of nearer, never of farther.
        self._lines[look.line], self._last = (look, level), look
        highest = self._highest()
        event = Event.FIRST if before is None else self._event(before, highest)
        reason, params = self._words(event, look, highest)
        self._step(event, look.at, look.source, highest, reason, params)

    def _highest(self) -> Level:
        return max((level for _look, level in self._lines.values()), key=lambda level: level.rank)

    def _event(self, before: Step, level: Level) -> Event:
        if before.status is Status.EXPIRED:
            return Event.LATE
        gone = before.status in _GONE
        if level is Level.BELOW and (gone or before.level is not Level.BELOW):
            return Event.BELOW
        if level.rank > before.level.rank and level in (Level.AMBER, Level.RED):
            return Event.RISES
        if gone:
            return Event.RETURNS
        return Event.FALLS if level.rank < before.level.rank else Event.SAME

    def miss(self, run: Absence) -> None:
        """Only what our runs had seen can be missed by one; what another source says of it stands."""
        before, ours = self._now, self._lines.pop(RUNS, None)
        if before is None or ours is None or before.status is Status.EXPIRED or before.status in _GONE:
            return  # What is gone, or over, is not lost once more.
        expected_m = ours[0].miss_distance_m
        params = {"threshold_m": run.threshold_m, "miss_distance_m": expected_m}
        near_the_wall = expected_m >= run.threshold_m - MATERIAL_M
        reason = "conjunction.reason.beyond" if near_the_wall else "conjunction.reason.not_found"
        if run.ended:
            reason, params = "conjunction.reason.identity_ended", {}
        if self._lines:
            level = self._highest()
            self._step(self._event(before, level), run.at, run.source, level, reason, params)
        elif run.ended:
            self._step(Event.ENDED, run.at, run.source, before.level, reason)
        elif near_the_wall:
            self._step(Event.BEYOND, run.at, run.source, Level.BELOW, reason, params)
        else:
            self._step(Event.NOT_FOUND, run.at, run.source, before.level, reason, params)

    def _words(self, event: Event, look: Sighting, level: Level) -> tuple[str, dict[str, Any]]:
        if event is Event.FIRST:
            return "conjunction.reason.first", {"miss_distance_m": look.miss_distance_m}
        if event is Event.LATE:
            return "conjunction.reason.late", {}
        if event is Event.RETURNS:
            return "conjunction.reason.returned", {"miss_distance_m": look.miss_distance_m}
        if event is Event.BELOW:
            return "conjunction.reason.below_floor", {"pc": _shown(look), "floor": f"{self.limits.floor:.0e}"}
        if event is Event.SAME:
            return "conjunction.reason.same_level", {"level": level}
        params = {"before": self.steps[-1].level, "level": level}
        rises = event is Event.RISES
        if look.pc is None:
            reason = "conjunction.reason.rose_by_distance" if rises else "conjunction.reason.fell_by_distance"
            return reason, params | {"miss_distance_m": look.miss_distance_m}
        return "conjunction.reason.rose" if rises else "conjunction.reason.fell", params | {"pc": _shown(look)}

    def _step(
        self,
        event: Event,
        at: datetime,
        source: str,
        level: Level,
        reason: str,
        params: dict[str, Any] | None = None,
    ) -> None:
        before = self._now
        status = TABLE[None if before is None else before.status, event]
        self.steps.append(Step(at, source, status, level, reason, params or {}))


def _shown(look: Sighting) -> str:
    return f"{look.pc:.1e}"
