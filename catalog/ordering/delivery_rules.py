"""What becomes of a delivery: its buyer accepts it, rejects it with a reason, or lets the clock decide. Pure.

A delivery that nobody judged by its due time is deemed accepted at that very time, whenever somebody
looks: silence does not keep a supplier from being paid, and a rejection a second late is none.
"""

from datetime import datetime, timedelta

from space_hub.errors import Conflict, Invalid
from space_hub.text import Word


class DeliveryState(Word, of="delivery_state"):
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEEMED = "deemed"


class DeliveryEvent(Word, of="delivery_event"):
    ACCEPT = "accept"
    REJECT = "reject"


ACCEPT_WITHIN = timedelta(days=10)
"""How long a buyer has to judge a delivery; then it is deemed accepted."""

GOOD = frozenset({DeliveryState.ACCEPTED, DeliveryState.DEEMED})
"""What counts as delivered, and is paid."""

DELIVERY: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    (DeliveryState.DELIVERED, DeliveryEvent.ACCEPT): DeliveryState.ACCEPTED,
    (DeliveryState.DELIVERED, DeliveryEvent.REJECT): DeliveryState.REJECTED,
}
"""A judgement is given once: whoever was paid can rely on it."""


def standing(state: DeliveryState, due_at: datetime, now: datetime) -> DeliveryState:
    """What a delivery recorded as `state` is at `now`, whether or not its deeming was written down yet."""
    return DeliveryState.DEEMED if state is DeliveryState.DELIVERED and now >= due_at else state


def next_delivery(
    state: DeliveryState, event: DeliveryEvent, *, due_at: datetime, now: datetime, reason: str = ""
) -> DeliveryState:
    """The state after `event` by the buyer; a rejection says why, so that the supplier can mend it or object."""
    current = standing(state, due_at, now)
    after = DELIVERY.get((current, event))
    if after is None:
        raise Conflict("delivery_goods.already_judged", event=event, state=current, due_at=due_at.isoformat())
    if after is DeliveryState.REJECTED and not reason.strip():
        raise Invalid("delivery_goods.reason_missing")
    return after
