"""Who hears what of an order: its buyer and the pool's lead in one entry, its supplier in another.

A supplier reads its own order. Of the call-off behind it, its rank and the orders beside it, it learns
nothing: its entry does not name them.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from catalog.ordering.tables import CallOffOption, Delivery, OrderStatusEntry, SupplyOrder
from catalog.promise.tables import Agreement, Pool
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.trust import markings

_OF_THE_BUYER = ("call_off_id", "call_off_status")


def tell_status(
    session: Session, clock: Clock, order: SupplyOrder, entry: OrderStatusEntry, call_off_status: str
) -> None:
    payload = {
        "provider_reference": order.provider_reference,
        "number": entry.number,
        "status": entry.status,
        "raw_status": entry.raw,
        "reason": entry.reason,
        "call_off_status": call_off_status,
        "at": log.rfc3339(entry.at),
    }
    _tell(session, clock, "order.status_changed", order.id, order, payload)


def tell_doubt(session: Session, clock: Clock, order: SupplyOrder) -> None:
    _tell(session, clock, "order.doubtful", order.id, order, {"at": log.rfc3339(clock.now())})


def tell_delivery(session: Session, clock: Clock, topic: str, order: SupplyOrder, delivery: Delivery) -> None:
    payload = {
        "delivery_id": delivery.id,
        "supplier_reference": delivery.supplier_reference,
        "state": delivery.state,
        "reason": delivery.reason,
        "acceptance_due_at": log.rfc3339(delivery.acceptance_due_at),
    }
    _tell(session, clock, topic, delivery.id, order, payload)


def _tell(
    session: Session, clock: Clock, topic: str, subject: str, order: SupplyOrder, payload: Mapping[str, Any]
) -> None:
    agreement, pool, provider = session.exec(
        select(Agreement, Pool, Provider)
        .join(Pool, col(Pool.id) == col(Agreement.pool_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .join(CallOffOption, col(CallOffOption.agreement_id) == col(Agreement.id))
        .where(CallOffOption.call_off_id == order.call_off_id, CallOffOption.rank == order.rank)
    ).one()
    whole = {
        "order_id": order.id,
        "call_off_id": order.call_off_id,
        "agreement_id": agreement.id,
        "offering_id": agreement.offering_id,
        "provider_id": provider.id,
        **payload,
    }
    told = {name: value for name, value in whole.items() if name not in _OF_THE_BUYER}
    buyers = markings.among(session, order.organisation_id, {pool.lead_organisation_id})
    log.append(session, clock, topic, subject, told, markings.owner_only(session, provider.organisation_id))
    log.append(session, clock, topic, subject, whole, buyers)
