"""When a watch speaks: first, again, and to take it back. Pure.

A look that changes little is silence: between two runs twelve hours apart the
public service SOCRATES differs by 21 m in the median and 243 m at the 95th
percentile, so a quarter of a kilometre, or half the distance, is news. "Cleared"
is said only by a run that could have found the encounter; where it could not,
nothing is said, for silence must not read as safety.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from space_hub.text import Word

MATERIAL_M = 250.0
MATERIAL_SHARE = 0.5


class AlertState(Word, of="alert_state"):
    RAISED = "raised"
    REVISED = "revised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Rule:
    """A watch: distance in metres, hours ahead of the run's window start."""

    miss_distance_m: float
    window_h: float

    def reaches(self, tca: datetime, window_start: datetime) -> bool:
        return window_start <= tca <= window_start + timedelta(hours=self.window_h)


@dataclass(frozen=True, slots=True)
class Before:
    """The last revision that this watch gave of a conjunction; no miss distance when it was not found."""

    state: AlertState
    miss_distance_m: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """What the run at hand says of the conjunction; `cut` when the window ends within the encounter."""

    miss_distance_m: float
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether the run could have found it: TCA inside its window, both objects followed, radius wide enough."""

    tca_inside: bool
    objects_followed: bool
    objects_retired: bool
    threshold_m: float


@dataclass(frozen=True, slots=True)
class Decision:
    state: AlertState
    reason: str
    """A code of the message catalogue."""


def decide(rule: Rule, before: Before | None, look: Look | None, coverage: Coverage) -> Decision | None:
    """The next revision, or None for silence."""
    open_before = before is not None and before.state is not AlertState.CLEARED
    told_m = before.miss_distance_m if before is not None and open_before else None
    if look is not None and look.cut and told_m is not None and look.miss_distance_m >= told_m:
        # It may be the distance at the window's edge: that can tell that they come nearer, never farther.
        return None
    if look is not None and look.miss_distance_m <= rule.miss_distance_m:
        if before is None:
            return Decision(AlertState.RAISED, "alert.reason.first_seen")
        if not open_before:
            return Decision(AlertState.RAISED, "alert.reason.returned")
        if before.miss_distance_m is not None and is_material(before.miss_distance_m, look.miss_distance_m):
            nearer = look.miss_distance_m < before.miss_distance_m
            return Decision(AlertState.REVISED, "alert.reason.nearer" if nearer else "alert.reason.farther")
        return None
    if not open_before:
        return None
    if look is not None:
        return Decision(AlertState.CLEARED, "alert.reason.beyond_watch")
    if coverage.objects_retired:
        return Decision(AlertState.CLEARED, "alert.reason.identity_ended")
    if coverage.tca_inside and coverage.objects_followed and coverage.threshold_m >= rule.miss_distance_m:
        return Decision(AlertState.CLEARED, "alert.reason.not_found")
    return None


def is_material(before_m: float, now_m: float) -> bool:
    return abs(now_m - before_m) >= MATERIAL_M or now_m <= MATERIAL_SHARE * before_m
