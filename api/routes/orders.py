"""Orders: what suppliers are asked to do, and what they say of it."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn
from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.ordering import orders
from catalog.ordering.tables import OrderStep, SupplyOrder
from providers.adapters.base import OrderStatus
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind

router = Router(prefix="/v1", tags=["orders"])


class OrderOut(Out):
    id: str
    call_off_id: str | None = Field(description="Null for the supplier: it knows its order alone.")
    provider_id: str
    organisation_id: str
    next_step: OrderStep = Field(description="What the hub does next.")
    status: OrderStatus | None = Field(description="What the supplier last said, in STAPI's codes; null before.")
    raw_status: str = Field(description="The supplier's own word.")
    provider_reference: str | None
    problem: str | None = Field(description="Code of the last failure to reach the supplier.")
    fee: str | None = Field(description="What the supplier charged beside the price, in the currency of the agreement.")
    cancel_asked_at: datetime | None
    cancel_refused_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


class OrderStatusOut(Out):
    number: int
    status: OrderStatus
    raw_status: str
    reason: str
    supplier_at: datetime | None = Field(description="The supplier's own time.")
    at: datetime


class OrderDetailOut(OrderOut):
    history: list[OrderStatusOut]


class DoubtIn(In):
    provider_reference: str | None = Field(
        max_length=200, description="The supplier's name for the order; null: it never had it."
    )
    decided_by: DecidedByIn
    reason: str = Field(min_length=1, max_length=500, description="Whom you asked, and what they said.")


class OrderReportIn(In):
    status: OrderStatus
    raw_status: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=500)
    provider_reference: str | None = Field(default=None, max_length=200)


_PLAIN = {"id", "provider_id", "organisation_id", "status", "fee", "cancel_asked_at", "cancel_refused_at", "ended_at"}


def _order(row: SupplyOrder, principal: Principal) -> OrderOut:
    return OrderOut.model_validate(
        {
            **row.model_dump(include=_PLAIN),
            "call_off_id": None if principal.kind is OrganisationKind.PROVIDER else row.call_off_id,
            "next_step": row.step,
            "raw_status": row.raw,
            "provider_reference": row.provider_reference,
            "problem": row.problem or None,
            "created_at": row.created_at,
        }
    )


def _detail(session: Session, row: SupplyOrder, principal: Principal) -> OrderDetailOut:
    return OrderDetailOut(
        **_order(row, principal).model_dump(),
        history=[
            OrderStatusOut(
                number=each.number,
                status=OrderStatus(each.status),
                raw_status=each.raw,
                reason=each.reason,
                supplier_at=each.supplier_at,
                at=each.at,
            )
            for each in orders.history(session, row.id)
        ],
    )


@router.get("/orders", policy=scope("order:read"))
def list_orders(asked: Asked, page: Page) -> Paged[OrderOut]:
    """Orders of the call-offs that you may see."""
    with asked.read() as session:
        found = select(SupplyOrder).where(orders.visible(asked.principal))
        return page.of(session, found, key=col(SupplyOrder.id), make=lambda row: _order(row, asked.principal))


@router.get("/orders/{order_id}", policy=scope("order:read"))
def get_order(order_id: str, asked: Asked) -> OrderDetailOut:
    """One order with everything the supplier said of it."""
    with asked.read() as session:
        return _detail(session, orders.get(session, asked.principal, order_id), asked.principal)


@router.post("/orders/{order_id}/statuses", status_code=201, policy=scope("provider:write"))
def report_order_status(order_id: str, body: OrderReportIn, once: Once) -> OrderDetailOut:
    """A supplier says where its order stands: one that no adapter speaks for, or any of an order in doubt."""

    def make(session: Session) -> OrderDetailOut:
        row = orders.report(
            session,
            once.clock,
            once.rng,
            once.principal,
            order_id,
            status=body.status,
            raw=body.raw_status,
            reason=body.reason,
            provider_reference=body.provider_reference,
        )
        return _detail(session, row, once.principal)

    return once.run(make)


@router.post("/orders/{order_id}/doubt", status_code=200, policy=scope("calloff:write"))
def resolve_order_doubt(order_id: str, body: DoubtIn, once: Once) -> OrderDetailOut:
    """Say what became of a placing that was never answered, after asking the supplier's desk."""

    def make(session: Session) -> OrderDetailOut:
        row = orders.resolve_doubt(
            session,
            once.clock,
            once.rng,
            once.principal,
            order_id,
            provider_reference=body.provider_reference,
            authority=body.decided_by.value(),
            reason=body.reason,
        )
        return _detail(session, row, once.principal)

    return once.run(make, status=200)
