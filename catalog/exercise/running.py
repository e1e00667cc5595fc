"""Whether an exercise is under way: what is done in one is done between its start and its end."""

from datetime import datetime

from sqlmodel import Session

from catalog.exercise.states import State
from catalog.exercise.tables import Exercise
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal


def require(session: Session, clock: Clock, principal: Principal) -> None:
    """Refuse what the key of an exercise does before its start or after its end; a real key may always act."""
    if principal.mode == REAL:
        return
    # Shared until the transaction ends: what is done before the end is in the report of the end.
    exercise = session.get_one(Exercise, principal.mode, with_for_update={"read": True})
    if exercise.state != State.RUNNING or clock.now() >= exercise.closes_at:
        raise Conflict(
            "exercise.not_running",
            state=State(exercise.state),
            opens=exercise.opens_at.isoformat(),
            closes=exercise.closes_at.isoformat(),
        )


def measured_until(session: Session, mode: str, now: datetime) -> datetime:
    """Up to when clocks count: `now`, and in an exercise not after its time, past which nobody can act in it."""
    return now if mode == REAL else min(now, session.get_one(Exercise, mode).closes_at)
