"""What an activation may do next, and which side may do it. Pure.

Steps by name follow the Civil Reserve Air Fleet and the International Charter Space and Major Disasters. What is not in
the table is refused, with what would be possible; what is another side's is refused with that side's name.
"""

from space_hub.errors import Conflict, Forbidden
from space_hub.text import Word


class State(Word, of="activation_state"):
    REQUESTED = "requested"
    HALF_APPROVED = "half_approved"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    RAMPING = "ramping"
    LATE = "late"
    AT_CAPACITY = "at_capacity"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    STOOD_DOWN = "stood_down"


class Event(Word, of="activation_event"):
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    ACKNOWLEDGE = "acknowledge"
    REFUSE_PART = "refuse_part"
    """Written beside an acknowledgement of fewer parts than were approved; nobody sends it."""
    REFUSE = "refuse"
    RAMP = "ramp"
    REACH = "reach"
    MISS = "miss"
    """Written by the clock; nobody sends it."""
    FALL_SHORT = "fall_short"
    STAND_DOWN = "stand_down"


class Side(Word, of="activation_side"):
    AUTHORITY = "authority"
    """Whoever may commit the pool: the named authority of its lead."""
    BUYER = "buyer"
    SUPPLIER = "supplier"
    CLOCK = "clock"


FINAL = frozenset({State.REJECTED, State.WITHDRAWN, State.REFUSED, State.STOOD_DOWN})

BINDING = frozenset({State.NOTIFIED, State.ACKNOWLEDGED, State.RAMPING, State.LATE, State.AT_CAPACITY})
"""While one of these holds, the agreement can be neither withdrawn nor ended."""

_AUTHORITY = frozenset({Side.AUTHORITY})
_BUYER = frozenset({Side.BUYER})
_SUPPLIER = frozenset({Side.SUPPLIER})
_CLOCK = frozenset({Side.CLOCK})

TABLE: dict[tuple[State, Event], tuple[State, frozenset[Side]]] = {
    (State.REQUESTED, Event.APPROVE): (State.HALF_APPROVED, _AUTHORITY),
    (State.REQUESTED, Event.REJECT): (State.REJECTED, _AUTHORITY),
    (State.REQUESTED, Event.WITHDRAW): (State.WITHDRAWN, _BUYER),
    (State.HALF_APPROVED, Event.APPROVE): (State.NOTIFIED, _AUTHORITY),
    (State.HALF_APPROVED, Event.REJECT): (State.REJECTED, _AUTHORITY),
    (State.HALF_APPROVED, Event.WITHDRAW): (State.WITHDRAWN, _BUYER),
    (State.NOTIFIED, Event.ACKNOWLEDGE): (State.ACKNOWLEDGED, _SUPPLIER),
    (State.NOTIFIED, Event.REFUSE): (State.REFUSED, _SUPPLIER),
    (State.NOTIFIED, Event.MISS): (State.LATE, _CLOCK),
    (State.NOTIFIED, Event.STAND_DOWN): (State.STOOD_DOWN, _BUYER),
    (State.ACKNOWLEDGED, Event.RAMP): (State.RAMPING, _SUPPLIER),
    (State.ACKNOWLEDGED, Event.REACH): (State.AT_CAPACITY, _SUPPLIER),
    (State.ACKNOWLEDGED, Event.REFUSE): (State.REFUSED, _SUPPLIER),
    (State.ACKNOWLEDGED, Event.MISS): (State.LATE, _CLOCK),
    (State.ACKNOWLEDGED, Event.STAND_DOWN): (State.STOOD_DOWN, _BUYER),
    (State.RAMPING, Event.RAMP): (State.RAMPING, _SUPPLIER),
    (State.RAMPING, Event.REACH): (State.AT_CAPACITY, _SUPPLIER),
    (State.RAMPING, Event.REFUSE): (State.REFUSED, _SUPPLIER),
    (State.RAMPING, Event.MISS): (State.LATE, _CLOCK),
    (State.RAMPING, Event.STAND_DOWN): (State.STOOD_DOWN, _BUYER),
    (State.LATE, Event.ACKNOWLEDGE): (State.ACKNOWLEDGED, _SUPPLIER),
    (State.LATE, Event.RAMP): (State.RAMPING, _SUPPLIER),
    (State.LATE, Event.REACH): (State.AT_CAPACITY, _SUPPLIER),
    (State.LATE, Event.REFUSE): (State.REFUSED, _SUPPLIER),
    (State.LATE, Event.MISS): (State.LATE, _CLOCK),
    (State.LATE, Event.STAND_DOWN): (State.STOOD_DOWN, _BUYER),
    (State.AT_CAPACITY, Event.FALL_SHORT): (State.RAMPING, _BUYER | _SUPPLIER),
    (State.AT_CAPACITY, Event.STAND_DOWN): (State.STOOD_DOWN, _BUYER),
}


def next_state(state: State, event: Event, side: Side) -> State:
    """The state after `event` by `side`; refused when the table does not list it or it is another side's."""
    found = TABLE.get((state, event))
    if found is None:
        possible = tuple(each for at, each in TABLE if at is state and each is not Event.MISS)
        raise Conflict("activation.not_possible", event=event, state=state, possible=possible)
    after, sides = found
    if side not in sides:
        raise Forbidden("activation.step_of_other_side", event=event, side=tuple(sorted(sides)))
    return after
