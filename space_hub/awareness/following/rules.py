"""When a watch speaks: first, again, and to take it back. Pure.

A look that changes little is silence: between two runs twelve hours apart the
public service SOCRATES differs by 21 m in the median and 243 m at the 95th
percentile, so a quarter of a kilometre, or half the distance, is news. "Cleared"
is said only by a run that could have found the encounter; where it could not,
nothing is said, for silence must not read as safety.

A watch is met by distance, or from a level on by probability, in either case as its own thresholds
say. A change of level is always news. The largest probability that any covariance gives never makes
a watch speak; it only keeps it from an all-clear that a better covariance might take back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from space_hub.awareness.following.levels import USUAL, Level, Thresholds
from space_hub.text import Word

MATERIAL_M = 250.0
MATERIAL_SHARE = 0.5


class AlertState(Word, of="alert_state"):
    RAISED = "raised"
    REVISED = "revised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Rule:
    """A watch: distance in metres, hours ahead of the run's window start.

    From `level_from` on, if given, it speaks at any distance; with it a `miss_distance_m` of 0 is a watch by
    probability alone.
    """

    miss_distance_m: float
    window_h: float
    thresholds: Thresholds = USUAL
    level_from: Level | None = None

    def reaches(self, tca: datetime, window_start: datetime) -> bool:
        return window_start <= tca <= window_start + timedelta(hours=self.window_h)

    def level(self, look: "Look") -> Level:
        return self.thresholds.level(look.miss_distance_m, look.pc, look.diluted)

    def near(self, look: "Look") -> bool:
        return look.miss_distance_m <= self.miss_distance_m

    def risky(self, look: "Look") -> bool:
        """By the probability itself: a distance alone has levels too, and they are not what was asked for."""
        return self.level_from is not None and look.pc is not None and self.level(look).rank >= self.level_from.rank

    def open_question(self, look: "Look") -> bool:
        """The covariance is diluted, and a better one could bring the probability back to the level."""
        if self.level_from is None or look.pc_max is None:
            return False
        return look.diluted and look.pc_max >= self.thresholds.line(self.level_from)


@dataclass(frozen=True, slots=True)
class Before:
    """The last revision that this watch gave of a conjunction; no miss distance when it was not found."""

    state: AlertState
    miss_distance_m: float | None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What the run at hand says of the conjunction; `cut` when the window ends within the encounter."""

    miss_distance_m: float
    cut: bool = False
    pc: float | None = None
    pc_max: float | None = None
    diluted: bool = False


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
    if look is not None and (rule.near(look) or rule.risky(look)):
        if before is None:
            near = rule.near(look)
            return Decision(AlertState.RAISED, "alert.reason.first_seen" if near else "alert.reason.first_risky")
        if not open_before:
            return Decision(AlertState.RAISED, "alert.reason.returned")
        return _news(rule, before, look)
    if before is None or not open_before:
        return None
    if look is not None:
        if before.level is not None and rule.open_question(look):
            return _news(rule, before, look)
        beyond = "alert.reason.beyond_watch" if rule.level_from is None else "alert.reason.below_watch"
        return Decision(AlertState.CLEARED, beyond)
    if coverage.objects_retired:
        return Decision(AlertState.CLEARED, "alert.reason.identity_ended")
    if coverage.tca_inside and coverage.objects_followed and coverage.threshold_m >= rule.miss_distance_m:
        return Decision(AlertState.CLEARED, "alert.reason.not_found")
    return None


def _news(rule: Rule, before: Before, look: Look) -> Decision | None:
    """Of an encounter that was told of and still concerns the watch: another level, else another distance."""
    now = rule.level(look)
    if before.level is not None and now is not before.level:
        rises = now.rank > before.level.rank
        return Decision(AlertState.REVISED, "alert.reason.escalated" if rises else "alert.reason.de_escalated")
    if before.miss_distance_m is not None and is_material(before.miss_distance_m, look.miss_distance_m):
        nearer = look.miss_distance_m < before.miss_distance_m
        return Decision(AlertState.REVISED, "alert.reason.nearer" if nearer else "alert.reason.farther")
    return None


def is_material(before_m: float, now_m: float) -> bool:
    return abs(now_m - before_m) >= MATERIAL_M or now_m <= MATERIAL_SHARE * before_m
