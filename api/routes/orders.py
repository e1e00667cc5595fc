"""Orders: what suppliers are asked to do, and what they say of it."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.ordering import orders
from catalog.ordering.tables import OrderStep, SupplyOrder
from providers.adapters.base import OrderStatus

router = Router(prefix="/v1", tags=["orders"])


class OrderOut(Out):
    id: str
    call_off_id: str
    provider_id: str
    organisation_id: str
    next_step: OrderStep = Field(description="What the hub does next.")
    status: OrderStatus | None = Field(description="What the supplier last said, in STAPI's codes; null before.")
    raw_status: str = Field(description="The supplier's own word.")
    provider_reference: str | None
    problem: str | None = Field(description="Code of the last failure to reach the supplier.")
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


class OrderReportIn(In):
    status: OrderStatus
    raw_status: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=500)
    provider_reference: str | None = Field(default=None, max_length=200)


def _order(row: SupplyOrder) -> OrderOut:
    return OrderOut.model_validate(
        {
            **row.model_dump(include={"id", "call_off_id", "provider_id", "organisation_id", "status"}),
            "next_step": row.step,
            "raw_status": row.raw,
            "provider_reference": row.provider_reference,
            "problem": row.problem or None,
            "created_at": row.created_at,
        }
    )


def _detail(session: Session, row: SupplyOrder) -> OrderDetailOut:
    return OrderDetailOut(
        **_order(row).model_dump(),
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
        return page.of(session, found, key=col(SupplyOrder.id), make=_order)


@router.get("/orders/{order_id}", policy=scope("order:read"))
def get_order(order_id: str, asked: Asked) -> OrderDetailOut:
    """One order with everything the supplier said of it."""
    with asked.read() as session:
        return _detail(session, orders.get(session, asked.principal, order_id))


@router.post("/orders/{order_id}/statuses", status_code=201, policy=scope("provider:write"))
def report_order_status(order_id: str, body: OrderReportIn, once: Once) -> OrderDetailOut:
    """A supplier that no adapter speaks for says where its order stands."""

    def make(session: Session) -> OrderDetailOut:
        row = orders.report(
            session,
            once.clock,
            once.principal,
            order_id,
            status=body.status,
            raw=body.raw_status,
            reason=body.reason,
            provider_reference=body.provider_reference,
        )
        return _detail(session, row)

    return once.run(make)
