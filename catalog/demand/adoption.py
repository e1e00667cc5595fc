"""From need to adoption: each step dated once, and the clocks of 3, 12 and 24 months that are read from the dates.

The dates are stamped when the step is taken and are never rewritten: a clock
that can be set back measures nothing. Pauses of the owner stop the clocks.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from catalog.demand import standings
from catalog.demand.tables import AdoptionStep
from catalog.tables import Requirement
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit
from space_hub.trust.principal import Principal


class Step(Word, of="adoption_step"):
    NEED_STATED = "need_stated"
    STUDY_STARTED = "study_started"
    CANDIDATES_FOUND = "candidates_found"
    STUDY_DONE = "study_done"
    TRIAL_STARTED = "trial_started"
    TRIAL_DONE = "trial_done"
    PAUSED = "paused"
    RESUMED = "resumed"
    ADOPTED = "adopted"
    ABANDONED = "abandoned"


BY_HUB = frozenset({Step.NEED_STATED, Step.CANDIDATES_FOUND})
"""Stamped by what happens; nobody can claim them."""

_AFTER: Mapping[Step, Step] = {
    Step.STUDY_DONE: Step.STUDY_STARTED,
    Step.TRIAL_DONE: Step.TRIAL_STARTED,
    Step.RESUMED: Step.PAUSED,
}
_ENDS = frozenset({Step.ADOPTED, Step.ABANDONED})
CLOCKS: Mapping[Step, int] = {Step.STUDY_DONE: 3, Step.TRIAL_DONE: 12, Step.ADOPTED: 24}
"""Months from the need to the end of the market study, of the trial, and to adoption."""


@dataclass(frozen=True, slots=True)
class Countdown:
    step: Step
    months: int
    due: datetime
    done_at: datetime | None
    late: bool


def clocks(steps: Iterable[tuple[Step, datetime]], now: datetime) -> tuple[Countdown, ...]:
    """The three clocks of a need at `now`; pauses move what is due. Pure."""
    taken = sorted(steps, key=lambda each: each[1])
    first = dict(reversed(taken))
    found = []
    for step, months in CLOCKS.items():
        done = first.get(step)
        due = months_later(first[Step.NEED_STATED], months) + _paused(taken, done or now)
        found.append(Countdown(step, months, due, done, (done or now) > due))
    return tuple(found)


def months_later(at: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of a month that is shorter."""
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def _paused(taken: Sequence[tuple[Step, datetime]], until: datetime) -> timedelta:
    total, since = timedelta(), None
    for step, at in taken:
        if at > until:
            break
        if step is Step.PAUSED:
            since = at
        elif step is Step.RESUMED and since is not None:
            total, since = total + (at - since), None
    return total if since is None else total + (until - since)


def stamp(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    requirement_id: str,
    organisation_id: str,
    step: Step,
    **detail: Any,
) -> AdoptionStep | None:
    """Date a step that the hub sees being taken; None when it was dated before.

    The caller holds the row of the requirement's standing, so that two cannot both be first.
    """
    if any(each is step for each, _ in taken_by(session, requirement_id)):
        return None
    return _add(session, clock, rng, requirement_id, organisation_id, step, detail)


def take(
    session: Session, clock: Clock, rng: Rng, principal: Principal, requirement: Requirement, step: Step, note: str
) -> AdoptionStep:
    """The owner says that a step is taken, now; a step that is dated is refused, and so is one out of order."""
    standings.lock(session, requirement.id)
    taken = [each for each, _ in taken_by(session, requirement.id)]
    if step in BY_HUB or _ENDS & set(taken):
        raise Conflict("adoption.step_refused", step=step, last=taken[-1] if taken else "-")
    if step is Step.PAUSED or step is Step.RESUMED:
        stopped = taken.count(Step.PAUSED) > taken.count(Step.RESUMED)
        if stopped is (step is Step.PAUSED):
            raise Conflict("adoption.step_refused", step=step, last=taken[-1] if taken else "-")
    elif step in taken:
        raise Conflict("adoption.step_stamped", step=step)
    before = _AFTER.get(step)
    if before is not None and before not in taken:
        raise Conflict("adoption.step_before_missing", step=step, before=before)
    row = _add(session, clock, rng, requirement.id, principal.organisation_id, step, {"note": note} if note else {})
    audit.record(session, clock, principal, "adoption.step", requirement.id, step=step.value)
    return row


def taken_by(session: Session, requirement_id: str) -> list[tuple[Step, datetime]]:
    """The steps of a requirement with their dates, in the order in which they were taken."""
    return [(Step(row.step), row.at) for row in rows(session, requirement_id)]


def rows(session: Session, requirement_id: str) -> Sequence[AdoptionStep]:
    found = select(AdoptionStep).where(AdoptionStep.requirement_id == requirement_id)
    order = list(Step)
    return sorted(session.exec(found).all(), key=lambda row: (row.at, order.index(Step(row.step)), row.id))


def _add(
    session: Session,
    clock: Clock,
    rng: Rng,
    requirement_id: str,
    organisation_id: str,
    step: Step,
    detail: dict[str, Any],
) -> AdoptionStep:
    row = AdoptionStep(
        id=rng.scope(organisation_id, "adoption_step").id("ads"),
        requirement_id=requirement_id,
        step=step.value,
        at=clock.now(),
        by_organisation_id=organisation_id,
        detail=detail,
    )
    session.add(row)
    session.flush()
    return row
