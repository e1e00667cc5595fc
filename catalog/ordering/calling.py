"""Which call to a supplier an order needs next, and the call itself. Touches no database.

A placing whose answer never came may have arrived. What then follows is the supplier's promise
(`Capabilities.repeats`): `key` is sent again and stays one order; `lookup` is looked for once every
worker that could still be sending has given up, and sent again only if it is surely not there; `never`
is not sent again, and a person asks. To cancel what nobody knows to exist, it is looked for first, so
that nothing is bought in order to be cancelled.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.ordering.tables import AttemptKind, OrderStep
from providers.adapters.base import (
    Adapter,
    Capabilities,
    Delivered,
    OrderAsk,
    OrderState,
    OrderStatus,
    Refused,
    Repeats,
)

LEASE = timedelta(seconds=60)
"""Longer than a supplier may take to answer: when it is over, nobody still sends what it covered."""

ANSWERS_WITHIN = timedelta(seconds=45)
"""More than the time-out of one request, and less than a lease: a worker that was stopped in between sends nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an order. `placed_at_wall`: when it was last sent, if no answer ever named it.

    `sought_in_vain`: it was looked for after that, and the supplier surely has it not.
    """

    step: OrderStep
    reference: str | None
    status: OrderStatus | None
    placed_at_wall: datetime | None
    sought_in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """Only a person can find out whether the supplier has it."""


@dataclass(frozen=True, slots=True)
class NeverArrived:
    """It is to be cancelled, and the supplier never had it."""


def next_call(order: Known, can: Capabilities, wall: datetime) -> AttemptKind | Later | Doubt | NeverArrived:
    if order.reference is not None:
        if order.status is OrderStatus.COMPLETED:
            return AttemptKind.DELIVERIES
        return AttemptKind.CANCEL if order.step is OrderStep.CANCEL else AttemptKind.STATUS
    cancelling = order.step is OrderStep.CANCEL
    if order.placed_at_wall is None or order.sought_in_vain:
        return NeverArrived() if cancelling else AttemptKind.PLACE
    if can.repeats is Repeats.KEY and not (cancelling and can.find):
        return AttemptKind.PLACE
    if not can.find:
        return Doubt()
    settled = order.placed_at_wall + LEASE
    return AttemptKind.FIND if wall >= settled else Later(settled)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One call that is to be made, as values: nothing of the database is held while the supplier is asked."""

    order_id: str
    call_off_id: str
    lease: str
    number: int
    """Of the attempt, which is written already."""
    kind: AttemptKind
    ask: OrderAsk
    reference: str | None
    can: Capabilities
    until_wall: datetime
    """When its lease ends."""

    def too_late(self, wall: datetime) -> bool:
        """Whether a call begun now could still be under way when somebody else takes over: then it is not made."""
        return wall > self.until_wall - ANSWERS_WITHIN


Answer = OrderState | tuple[Delivered | Refused, ...] | None


def call(adapter: Adapter, claimed: Claimed) -> Answer:
    """One call; None: looked for, and surely not there."""
    if claimed.kind is AttemptKind.PLACE:
        return adapter.order(claimed.ask)
    if claimed.kind is AttemptKind.FIND:
        return adapter.find(claimed.ask.our_reference)
    if claimed.reference is None:
        raise ValueError(f"{claimed.order_id}: {claimed.kind} of an order that has no name yet")
    if claimed.kind is AttemptKind.CANCEL:
        return adapter.cancel(claimed.reference)
    if claimed.kind is AttemptKind.DELIVERIES:
        return adapter.deliveries(claimed.reference)
    return adapter.status(claimed.reference)
