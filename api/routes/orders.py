"""Orders: what suppliers are asked to do, and what they say of it."""

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import Field
from sqlalchemy import Select, select
from sqlmodel import Session, col

from api.decided import DecidedByIn
from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog.capacity.rules import Span, units
from catalog.ordering import orders
from catalog.ordering.tables import CallOff, CallOffOption, OrderStep, SupplyOrder
from catalog.promise.tables import Agreement
from providers.adapters.base import OrderStatus
from providers.tables import Provider
from space_hub.trust.principal import Principal
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1", tags=["orders"])

_Row = tuple[SupplyOrder, CallOff, CallOffOption, Agreement, Provider]


class OrderOut(Out):
    id: str
    call_off_id: str | None = Field(description="Which call-off it serves; null to the supplier, whose order it is.")
    provider_id: str
    organisation_id: str = Field(description="Who ordered.")
    agreement_id: str
    offering_id: str
    quantity: float
    unit: str
    slot: Span = Field(description="What the quantity is of: each UTC day or each hour of the window.")
    window_from: datetime
    window_to: datetime
    phase: Phase
    total_price: str
    currency: str
    next_step: OrderStep = Field(description="What the hub does next.")
    status: OrderStatus | None = Field(description="What the supplier last said, in STAPI's codes; null before.")
    raw_status: str = Field(description="The supplier's own word.")
    provider_reference: str | None
    problem: str | None = Field(description="Code of the last failure to reach the supplier.")
    fee: str | None = Field(description="What the supplier charged beside the price.")
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
    area: dict[str, Any] | None
    parameters: dict[str, Any]
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


def _found(principal: Principal) -> Select[*_Row]:
    """Orders that the principal may see, each with what it is for."""
    return (
        select(SupplyOrder, CallOff, CallOffOption, Agreement, Provider)
        .join(CallOff, col(CallOff.id) == col(SupplyOrder.call_off_id))
        .join(
            CallOffOption,
            (col(CallOffOption.call_off_id) == col(CallOff.id)) & (col(CallOffOption.rank) == col(SupplyOrder.rank)),
        )
        .join(Agreement, col(Agreement.id) == col(CallOffOption.agreement_id))
        .join(Provider, col(Provider.id) == col(SupplyOrder.provider_id))
        .where(orders.visible(principal))
    )


def _order(
    principal: Principal,
    row: SupplyOrder,
    call_off: CallOff,
    option: CallOffOption,
    agreement: Agreement,
    provider: Provider,
) -> OrderOut:
    supplies = provider.organisation_id == principal.organisation_id
    return OrderOut(
        id=row.id,
        call_off_id=None if supplies else row.call_off_id,
        provider_id=row.provider_id,
        organisation_id=row.organisation_id,
        agreement_id=agreement.id,
        offering_id=agreement.offering_id,
        quantity=units(option.parts_per_slot),
        unit=agreement.unit,
        slot=Span(agreement.bucket),
        window_from=call_off.window_from,
        window_to=call_off.window_to,
        phase=Phase(option.phase),
        total_price=option.total_price,
        currency=option.currency,
        next_step=OrderStep(row.step),
        status=None if row.status is None else OrderStatus(row.status),
        raw_status=row.raw,
        provider_reference=row.provider_reference,
        problem=row.problem or None,
        fee=row.fee,
        cancel_asked_at=row.cancel_asked_at,
        cancel_refused_at=row.cancel_refused_at,
        ended_at=row.ended_at,
        created_at=row.created_at,
    )


def _detail(session: Session, principal: Principal, order_id: str) -> OrderDetailOut:
    row, call_off, *rest = session.execute(_found(principal).where(col(SupplyOrder.id) == order_id)).one()
    return OrderDetailOut(
        **_order(principal, row, call_off, *rest).model_dump(),
        area=call_off.area,
        parameters=call_off.parameters,
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
        make = partial(_order, asked.principal)
        return page.of(session, _found(asked.principal), key=col(SupplyOrder.id), make=make)


@router.get("/orders/{order_id}", policy=scope("order:read"))
def get_order(order_id: str, asked: Asked) -> OrderDetailOut:
    """One order with everything the supplier said of it."""
    with asked.read() as session:
        return _detail(session, asked.principal, orders.get(session, asked.principal, order_id).id)


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
        return _detail(session, once.principal, row.id)

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
        return _detail(session, once.principal, row.id)

    return once.run(make, status=200)
