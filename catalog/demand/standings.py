"""Where a requirement stands: its states as a table, its row for the length of a transaction, and its history."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, func, select

from catalog.demand.tables import NeedEntry, NeedStanding
from catalog.tables import Requirement
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.text import Word
from space_hub.trust.principal import Principal


class State(Word, of="need_state"):
    OPEN = "open"
    PAUSED = "paused"
    MET = "met"
    CLOSED = "closed"


class Event(Word, of="need_event"):
    PAUSE = "pause"
    RESUME = "resume"
    MEET = "meet"
    CLOSE = "close"


_TABLE: Mapping[tuple[State, Event], State] = {
    (State.OPEN, Event.PAUSE): State.PAUSED,
    (State.PAUSED, Event.RESUME): State.OPEN,
    (State.OPEN, Event.MEET): State.MET,
    (State.OPEN, Event.CLOSE): State.CLOSED,
    (State.MET, Event.CLOSE): State.CLOSED,
}


def after(state: State, event: Event) -> State:
    """The state that follows; an arrow that is not in the table is refused, and those that are get named. Pure."""
    if (state, event) not in _TABLE:
        possible = tuple(one for at, one in _TABLE if at is state)
        raise Conflict("need.transition_illegal", state=state, event=event, possible=possible)
    return _TABLE[state, event]


def begin(session: Session, clock: Clock, principal: Principal, requirement: Requirement) -> NeedStanding:
    """A new requirement is open and private."""
    row = NeedStanding(
        requirement_id=requirement.id,
        horizon_from=requirement.window_from.date(),
        horizon_to=requirement.window_to.date(),
        updated_at=clock.now(),
    )
    session.add(row)
    session.flush()
    note(session, clock, principal, row, "stated")
    return row


def lock(session: Session, requirement_id: str) -> NeedStanding:
    """The standing, held until the transaction ends: whoever changes something about a need begins here."""
    found = select(NeedStanding).where(NeedStanding.requirement_id == requirement_id).with_for_update()
    return session.exec(found.execution_options(populate_existing=True)).one()


def note(
    session: Session, clock: Clock, principal: Principal, row: NeedStanding, event: str, **detail: Any
) -> NeedEntry:
    """Add to the history of a need."""
    count = session.exec(
        select(func.count()).select_from(NeedEntry).where(NeedEntry.requirement_id == row.requirement_id)
    ).one()
    entry = NeedEntry(
        requirement_id=row.requirement_id,
        number=count + 1,
        event=event,
        detail=detail,
        by_organisation_id=principal.organisation_id,
        at=clock.now(),
    )
    session.add(entry)
    session.flush()
    return entry
