"""Deliveries: what suppliers handed over, and the judgement of their buyers."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session

from api.decided import DecidedByIn, QuantityIn
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.policy import Router, scope
from catalog.capacity.rules import units
from catalog.ordering import deliveries, orders
from catalog.ordering.delivery_rules import DeliveryEvent, DeliveryState, standing
from catalog.ordering.tables import CallOff, Delivery, SupplyOrder
from providers.adapters.base import Delivered
from space_hub.clock import Clock

router = Router(prefix="/v1", tags=["orders"])


class DeliveryIn(In):
    reference: str = Field(min_length=1, max_length=200, description="Your own name for it; it never changes.")
    quantity: QuantityIn
    at: UtcDatetime | None = Field(default=None, description="By your clock.")
    latency_s: float | None = Field(default=None, ge=0, le=1e9, description="From the taking to the handing over.")
    links: list[str] = Field(default_factory=list, max_length=50)
    quality: dict[str, float] = Field(default_factory=dict, max_length=40)


class AcceptIn(In):
    decided_by: DecidedByIn


class RejectIn(AcceptIn):
    reason: str = Field(min_length=1, max_length=1000, description="What is wrong with it; its supplier reads this.")


class DeliveryOut(Out):
    id: str
    order_id: str
    number: int
    supplier_reference: str
    quantity: float
    supplier_at: datetime | None = Field(description="The supplier's own time: kept, never trusted.")
    noted_at: datetime
    late_s: int = Field(description="After the end of the window, by the hub's clock; 0 where it came in time.")
    latency_s: int | None
    links: list[dict[str, Any]]
    quality: dict[str, Any]
    state: DeliveryState
    acceptance_due_at: datetime = Field(description="What nobody judged by then is deemed accepted.")
    reason: str


class SetAsideOut(Out):
    supplier_reference: str | None
    code: str
    params: dict[str, Any]
    at: datetime


class DeliveriesOut(Out):
    items: list[DeliveryOut]
    set_aside: list[SetAsideOut] = Field(description="What the supplier lists and the hub could not take, with why.")


def _delivery(session: Session, clock: Clock, row: Delivery) -> DeliveryOut:
    order = session.get_one(SupplyOrder, row.order_id)
    window_to = session.get_one(CallOff, order.call_off_id).window_to
    return DeliveryOut(
        **row.model_dump(exclude={"parts", "state"}),
        quantity=units(row.parts),
        late_s=int(deliveries.late(row, window_to).total_seconds()),
        state=standing(DeliveryState(row.state), row.acceptance_due_at, clock.now()),
    )


@router.get("/orders/{order_id}/deliveries", policy=scope("order:read"))
def list_deliveries(order_id: str, asked: Asked) -> DeliveriesOut:
    """What was delivered for one order."""
    with asked.read() as session:
        order = orders.get(session, asked.principal, order_id)
        return DeliveriesOut(
            items=[_delivery(session, asked.clock, row) for row in deliveries.of_order(session, order.id)],
            set_aside=[
                SetAsideOut.model_validate(row.model_dump(include=set(SetAsideOut.model_fields)))
                for row in deliveries.faults_of(session, order.id)
            ],
        )


@router.post("/orders/{order_id}/deliveries", status_code=201, policy=scope("provider:write"))
def hand_over(order_id: str, body: DeliveryIn, once: Once) -> DeliveryOut:
    """A supplier that no adapter speaks for says what it delivered. The same reference again is the same delivery."""
    given = Delivered(
        body.reference, float(body.quantity), body.at, body.latency_s, tuple(body.links), dict(body.quality)
    )

    def make(session: Session) -> DeliveryOut:
        row = deliveries.hand_over(session, once.clock, once.rng, once.principal, order_id, given)
        return _delivery(session, once.clock, row)

    return once.run(make)


@router.post("/deliveries/{delivery_id}/accept", status_code=200, policy=scope("calloff:write"))
def accept_delivery(delivery_id: str, body: AcceptIn, once: Once) -> DeliveryOut:
    """Accept what was delivered. It is judged once."""
    return _judged(once, delivery_id, DeliveryEvent.ACCEPT, body)


@router.post("/deliveries/{delivery_id}/reject", status_code=200, policy=scope("calloff:write"))
def reject_delivery(delivery_id: str, body: RejectIn, once: Once) -> DeliveryOut:
    """Reject what was delivered, with the reason. It is judged once, before its clock does it."""
    return _judged(once, delivery_id, DeliveryEvent.REJECT, body, body.reason)


def _judged(once: Once, delivery_id: str, event: DeliveryEvent, body: AcceptIn, reason: str = "") -> DeliveryOut:
    def make(session: Session) -> DeliveryOut:
        row = deliveries.judge(session, once.clock, once.principal, delivery_id, event, body.decided_by.value(), reason)
        return _delivery(session, once.clock, row)

    return once.run(make, status=200)
