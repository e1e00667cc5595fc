"""States of a competition, who moves it from one to the next, and what must hold before it is published. Pure.

A competition is closed by the clock and by nothing else: `standing` computes it from the deadline, so
that no function takes a late quote because no loop has looked yet. Everything by which quotes are
judged is frozen at `publish`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from space_hub.errors import Conflict, Forbidden, HubError, Invalid
from space_hub.text import Word

FEWEST_OPENERS, MOST_OPENERS = 2, 5
"""They stand here, so that who only reads the state of a competition needs no cipher."""


class State(Word, of="competition_state"):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    OPENED = "opened"
    STANDSTILL = "standstill"
    AWARDED = "awarded"
    UNSUCCESSFUL = "unsuccessful"
    CANCELLED = "cancelled"


class Event(Word, of="competition_event"):
    PUBLISH = "publish"
    CANCEL = "cancel"
    CLOSE = "close"
    RELEASE = "release"
    OPEN = "open"
    NO_QUOTE = "no_quote"
    DECIDE = "decide"
    NONE_FITS = "none_fits"
    COMPLAINT_ACCEPTED = "complaint_accepted"
    STANDSTILL_OVER = "standstill_over"


class Actor(Word, of="competition_actor"):
    AUTHORITY = "authority"
    """A person of the lead who is named with an office."""
    OPENER = "opener"
    CLOCK = "clock"


FINAL = frozenset({State.AWARDED, State.UNSUCCESSFUL, State.CANCELLED})

TRANSITIONS: dict[tuple[State, Event], tuple[State, Actor]] = {
    (State.DRAFT, Event.PUBLISH): (State.OPEN, Actor.AUTHORITY),
    (State.OPEN, Event.CANCEL): (State.CANCELLED, Actor.AUTHORITY),
    (State.OPEN, Event.CLOSE): (State.CLOSED, Actor.CLOCK),
    (State.CLOSED, Event.RELEASE): (State.CLOSED, Actor.OPENER),
    (State.CLOSED, Event.OPEN): (State.OPENED, Actor.OPENER),
    (State.CLOSED, Event.CANCEL): (State.CANCELLED, Actor.AUTHORITY),
    (State.CLOSED, Event.NO_QUOTE): (State.UNSUCCESSFUL, Actor.CLOCK),
    (State.OPENED, Event.DECIDE): (State.STANDSTILL, Actor.AUTHORITY),
    (State.OPENED, Event.NONE_FITS): (State.UNSUCCESSFUL, Actor.AUTHORITY),
    (State.STANDSTILL, Event.COMPLAINT_ACCEPTED): (State.OPENED, Actor.AUTHORITY),
    (State.STANDSTILL, Event.CANCEL): (State.CANCELLED, Actor.AUTHORITY),
    (State.STANDSTILL, Event.STANDSTILL_OVER): (State.AWARDED, Actor.CLOCK),
}
"""Nothing leads from opened back to closed: what was read once is read."""

_NEEDS_REASON = frozenset({Event.CANCEL, Event.NONE_FITS, Event.COMPLAINT_ACCEPTED})


def next_state(state: State, event: Event, actor: Actor, reason: str = "") -> State:
    """The state after `event`; refused when the table does not list it, another does it, or a reason is missing."""
    found = TRANSITIONS.get((state, event))
    if found is None:
        possible = tuple(each for at, each in TRANSITIONS if at is state)
        raise Conflict(
            "competition.step_not_possible",
            event=event,
            state=state,
            possible=possible,
        )
    after, who = found
    if actor is not who:
        raise Forbidden("competition.step_of_another", event=event, expected=who, given=actor)
    if event in _NEEDS_REASON and not reason.strip():
        raise Invalid("competition.reason_missing", event=event)
    return after


@dataclass(frozen=True, slots=True)
class Clocks:
    """`standstill_until` is known once somebody decided."""

    quotes_until: datetime
    standstill_until: datetime | None = None


def standing(kept: State, clocks: Clocks, now: datetime) -> State:
    """The state that holds at `now`, whatever the loop has written down yet; the deadline itself is too late."""
    if kept is State.OPEN and now >= clocks.quotes_until:
        return State.CLOSED
    if kept is State.STANDSTILL and clocks.standstill_until is not None and now >= clocks.standstill_until:
        return State.AWARDED
    return kept


def quotable(kept: State, clocks: Clocks, now: datetime) -> None:
    """Refuses a quote outside the time in which quotes are taken."""
    state = standing(kept, clocks, now)
    if state is not State.OPEN:
        raise Conflict("competition.takes_no_quotes", state=state, until=clocks.quotes_until.isoformat())


def openable(kept: State, clocks: Clocks, now: datetime) -> None:
    """Refuses an opening before the deadline, and a second one."""
    state = standing(kept, clocks, now)
    if state in {State.DRAFT, State.OPEN}:
        raise Conflict("competition.not_due", until=clocks.quotes_until.isoformat())
    if state in {State.CANCELLED, State.UNSUCCESSFUL}:
        raise Conflict("competition.step_not_possible", event=Event.OPEN, state=state, possible=())
    if state is not State.CLOSED:
        raise Conflict("competition.already_opened")


@dataclass(frozen=True, slots=True)
class Opener:
    """A person who keeps a private key; `confirmed` once a sealed challenge was answered with it."""

    id: str
    organisation_id: str
    person_name: str
    key_id: str
    public_key: bytes
    confirmed: bool = False
    retired: bool = False


def faults_of_openers(openers: Sequence[Opener], lead: str) -> list[HubError]:
    """Everything that forbids these openers: too few, one person or key twice, keys not proven, nobody of the lead."""
    found: list[HubError] = []
    if not FEWEST_OPENERS <= len(openers) <= MOST_OPENERS:
        found.append(
            Invalid("competition.openers_number", given=len(openers), fewest=FEWEST_OPENERS, most=MOST_OPENERS)
        )
    for each in openers:
        if not each.confirmed or each.retired:
            found.append(Invalid("competition.opener_not_ready", opener=each.id, person=each.person_name))
    seen: dict[object, Opener] = {}
    for each in openers:
        for mark in (each.person_name.casefold().strip(), ("key", each.key_id), each.public_key):
            other = seen.setdefault(mark, each)
            if other is not each:
                found.append(Invalid("competition.opener_twice", first=other.id, second=each.id))
                break
    if not any(each.organisation_id == lead for each in openers):
        found.append(Invalid("competition.opener_of_lead_missing"))
    return found


def spare_keys(openers: Sequence[Opener]) -> int:
    """How many openers may lose their keys before nobody can open; at none the lead is warned."""
    return max(0, len(openers) - FEWEST_OPENERS)


def check_award(ranked: Sequence[str], awarded: str, reason: str) -> None:
    """An authority may leave the ranking, and says why; it cannot award what was not ranked."""
    if awarded not in ranked:
        raise Invalid("competition.award_not_ranked", given=awarded)
    if awarded != ranked[0] and not reason.strip():
        raise Invalid("competition.award_reason_missing", given=awarded)
