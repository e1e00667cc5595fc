"""Service credits of an order that is over, written once, when all that was delivered is judged.

Judged means accepted, rejected or deemed. What a supplier without a door hands over may come one by
one: an order that is not delivered in full is settled when the time to judge it is over.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, func, select

from catalog.ordering import sla
from catalog.ordering.delivery_rules import ACCEPT_WITHIN, DeliveryState
from catalog.ordering.sla import Goods, Ordered
from catalog.ordering.tables import CallOffOption, Delivery, OrderStatusEntry, ServiceCredit, SupplyOrder
from catalog.promise.kept_terms import value
from catalog.promise.tables import AgreementTerms
from providers.adapters.base import OrderStatus
from space_hub.clock import Clock
from space_hub.vocabulary.money import money

_LOOKED_BACK = timedelta(days=2)
"""Longer than a hub is down without anybody noticing; who was settled is not settled again."""


def settle(session: Session, clock: Clock, order: SupplyOrder) -> None:
    """Write what the supplier gives back, if it can be said by now and was not said before."""
    session.flush()
    option = session.get_one(CallOffOption, (order.call_off_id, order.rank))
    terms = value(session.get_one(AgreementTerms, (option.agreement_id, option.phase))).sla
    if not terms or order.status != OrderStatus.COMPLETED.value:
        return
    rows = session.exec(select(Delivery).where(Delivery.order_id == order.id)).all()
    judged = all(row.state != DeliveryState.DELIVERED.value for row in rows)
    whole = sum(row.parts for row in rows) >= option.parts_per_slot
    over = order.ended_at is not None and clock.now() >= order.ended_at + ACCEPT_WITHIN
    settled = session.exec(select(ServiceCredit.metric).where(ServiceCredit.order_id == order.id)).first()
    if not judged or not (whole or over) or settled is not None:
        return
    answered = session.exec(select(func.min(OrderStatusEntry.at)).where(OrderStatusEntry.order_id == order.id)).one()
    ordered = Ordered(money(option.total_price, option.currency), option.parts_per_slot, order.created_at, answered)
    goods = [
        Goods(
            row.parts,
            DeliveryState(row.state),
            None if row.latency_s is None else timedelta(seconds=row.latency_s),
        )
        for row in rows
    ]
    for credit in sla.credits(terms, ordered, goods):
        session.add(
            ServiceCredit(
                order_id=order.id,
                metric=credit.metric.value,
                measured=f"{credit.measured:f}",
                promised=f"{credit.promised:f}",
                share=f"{credit.share:f}",
                amount=f"{credit.amount.amount:f}",
                currency=credit.amount.currency,
                at=clock.now(),
            )
        )


def settle_what_fell_short(session: Session, clock: Clock) -> None:
    """Orders of which less was delivered than ordered, when the time to judge them is over."""
    over = clock.now() - ACCEPT_WITHIN
    for order in session.exec(
        select(SupplyOrder)
        .where(
            SupplyOrder.status == OrderStatus.COMPLETED.value,
            col(SupplyOrder.ended_at).between(over - _LOOKED_BACK, over),
        )
        .order_by(col(SupplyOrder.id))
    ).all():
        settle(session, clock, order)


def of_order(session: Session, order_id: str) -> Sequence[ServiceCredit]:
    return session.exec(
        select(ServiceCredit).where(ServiceCredit.order_id == order_id).order_by(col(ServiceCredit.metric))
    ).all()
