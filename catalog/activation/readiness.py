"""How far a supplier's promises for worse days are borne out. Pure.

Evidence is what became of an activation, real or drilled. The value is the share of
promises kept with a neutral prior of ten, half of them kept, as an offering's record has
it: whoever was never called stands at one half, and only a miss lowers it. What was missed
because the notice never reached the supplier is excused and counts nowhere. How old the
newest evidence is, is shown and never weighs: having not been called is no fault.

Evidence counts once the supplier has replied, or two working days after it was noted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.activation.rules import FULL, Activation, level, measured
from catalog.activation.states import BINDING, FINAL, Event, State
from providers.working_days import add_working_days
from space_hub.text import Word
from space_hub.vocabulary.phases import Phase

NEUTRAL = 0.5
PRIOR_CALLS = 10
REPLY_WORKING_DAYS = 2


class Source(Word, of="readiness_source"):
    DRILL = "drill"
    ACTIVATION = "activation"


class Outcome(Word, of="readiness_outcome"):
    MET = "met"
    LATE = "late"
    SHORT = "short"
    REFUSED = "refused"
    EXCUSED = "excused"


MISSED = frozenset({Outcome.LATE, Outcome.SHORT, Outcome.REFUSED})


def outcome(activation: Activation, now: datetime, *, notice_arrived: bool) -> Outcome | None:
    """What `activation` says of its supplier; None while it says nothing yet, or ended before anything was due.

    Short is a supplier that accepted less than was approved, or had less there at the end of the time given or
    later; late is one that had everything there in the end, but missed a clock on the way.
    """
    if activation.state is not State.REFUSED and activation.state not in BINDING | {State.STOOD_DOWN}:
        return None
    if activation.state is State.REFUSED:
        return Outcome.REFUSED
    if activation.missed and not notice_arrived:
        return Outcome.EXCUSED
    if _short(activation, now):
        return Outcome.SHORT
    if activation.missed:
        return Outcome.LATE
    return Outcome.MET if _over(activation, now) or parts_reached(activation) == activation.approved else None


def parts_reached(activation: Activation) -> int:
    """The most parts that were there at any time."""
    return max((each.parts for each in measured(activation.entries)), default=0)


def _over(activation: Activation, now: datetime) -> bool:
    due = next(clock.due_at for clock in activation.clocks if clock.name == FULL)
    return due < _end(activation, now)


def _end(activation: Activation, now: datetime) -> datetime:
    return activation.entries[-1].at if activation.state in FINAL else now


def _short(activation: Activation, now: datetime) -> bool:
    accepted, approved = activation.accepted, activation.approved
    if accepted is not None and accepted != approved:
        return True
    due = next(clock.due_at for clock in activation.clocks if clock.name == FULL)
    if not _over(activation, now):
        return False
    fell = any(entry.event is Event.FALL_SHORT and entry.at > due for entry in activation.entries)
    return fell or level(activation.entries, _end(activation, now)) < (approved or 0)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one activation showed of its supplier, measured against what was promised.

    `measured` is how long after the notice all that was accepted was there; None if it never was.
    """

    outcome: Outcome
    promised: timedelta
    measured: timedelta | None
    parts_promised: int
    parts_reached: int
    happened_at: datetime


def shown(activation: Activation, now: datetime, *, notice_arrived: bool) -> Shown | None:
    """What `activation` says of its supplier in figures; None where it says nothing."""
    said = outcome(activation, now, notice_arrived=notice_arrived)
    notified_at = next((entry.at for entry in activation.entries if entry.state is State.NOTIFIED), None)
    if said is None or notified_at is None:
        return None
    full = next(clock.due_at for clock in activation.clocks if clock.name == FULL)
    whole = activation.accepted
    reached = (each.after for each in measured(activation.entries) if whole is not None and each.parts >= whole)
    return Shown(
        outcome=said,
        promised=full - notified_at,
        measured=next(reached, None),
        parts_promised=activation.approved or 0,
        parts_reached=parts_reached(activation),
        happened_at=_end(activation, now),
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one activation or drill showed. It counts from `counts_at` on."""

    source: Source
    phase: Phase
    outcome: Outcome
    happened_at: datetime
    counts_at: datetime


def counts_at(noted_at: datetime, replied_at: datetime | None = None) -> datetime:
    """When evidence begins to count: at the supplier's reply, and after two working days without one."""
    latest = add_working_days(noted_at, REPLY_WORKING_DAYS)
    return latest if replied_at is None else min(replied_at, latest)


@dataclass(frozen=True, slots=True)
class Tally:
    value: float = NEUTRAL
    met: int = 0
    missed: int = 0
    excused: int = 0


@dataclass(frozen=True, slots=True)
class Readiness:
    """All phases together and each by itself; how old the newest evidence in the value is, if there is any."""

    overall: Tally
    per_phase: Mapping[Phase, Tally]
    newest_age: timedelta | None


def score(evidence: Iterable[Evidence], now: datetime) -> Readiness:
    """The readiness of one supplier at `now`, from evidence that counts by then."""
    counted = [each for each in evidence if each.counts_at <= now]
    weighed = [each.happened_at for each in counted if each.outcome is not Outcome.EXCUSED]
    return Readiness(
        _tally(counted),
        {phase: _tally([each for each in counted if each.phase is phase]) for phase in Phase},
        now - max(weighed) if weighed else None,
    )


def _tally(evidence: Iterable[Evidence]) -> Tally:
    outcomes = [each.outcome for each in evidence]
    met, missed = outcomes.count(Outcome.MET), sum(each in MISSED for each in outcomes)
    value = (met + NEUTRAL * PRIOR_CALLS) / (met + missed + PRIOR_CALLS)
    return Tally(value, met, missed, outcomes.count(Outcome.EXCUSED))
