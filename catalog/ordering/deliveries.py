"""What suppliers delivered: noted as it comes, judged by the buyer's authority or, in the end, by the clock.

A delivery is known by its supplier's name for it and never changes: the same again is no news, and the
same name with another quantity is set aside with its reason, as is all else that cannot be taken. What
is good beside it is noted all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from catalog.capacity.rules import PARTS
from catalog.ordering import crediting
from catalog.ordering.delivery_rules import ACCEPT_WITHIN, DeliveryEvent, DeliveryState, next_delivery
from catalog.ordering.tables import CallOff, Delivery, DeliveryEntry, DeliveryFault, SupplyOrder
from catalog.ordering.telling import tell_delivery
from catalog.promise.authority import Authority
from catalog.promise.tables import Pool
from providers import doors
from providers.adapters.base import Delivered, Refused
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, HubError, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB, Principal

_MOST_PARTS = 10**15


@dataclass(frozen=True, slots=True)
class Fault:
    """A delivery that was not taken, and why."""

    reference: str | None
    reason: HubError | Refused


def note(
    session: Session, clock: Clock, rng: Rng, order: SupplyOrder, given: Sequence[Delivered | Refused]
) -> list[Fault]:
    """Write down what is new among all that was handed over so far; what could not be taken comes back."""
    known = {row.supplier_reference: row for row in session.exec(select(Delivery).where(Delivery.order_id == order.id))}
    provider = session.get_one(Provider, order.provider_id)
    ids = rng.scope(f"{order.organisation_id}/{provider.id}", "delivery")
    faults: list[Fault] = []
    for each in given:
        if isinstance(each, Refused):
            faults.append(Fault(each.reference, each))
            continue
        try:
            parts = _parts(each)
            before = known.get(each.reference)
            if before is not None and before.parts != parts:
                raise Conflict("delivery_goods.differs", reference=each.reference, before=before.parts / PARTS)
        except (Conflict, Invalid) as error:
            faults.append(Fault(each.reference, error))
            continue
        if before is None:
            known[each.reference] = _noted(session, clock, order, ids.id("dlv"), len(known) + 1, each, parts)
    _set_aside(session, clock, order, faults)
    crediting.settle(session, clock, order)
    return faults


def hand_over(
    session: Session, clock: Clock, rng: Rng, principal: Principal, order_id: str, given: Delivered
) -> Delivery:
    """A supplier without a door says what it delivered; also for an order that was given up, as a surplus."""
    order = session.exec(
        select(SupplyOrder)
        .join(Provider, col(Provider.id) == col(SupplyOrder.provider_id))
        .where(SupplyOrder.id == order_id, Provider.organisation_id == principal.organisation_id)
        .with_for_update(of=SupplyOrder)
    ).first()
    if order is None:
        raise NotFound("order.unknown", order_id=order_id)
    if doors.has_door(session, order.provider_id):
        raise Conflict("order.adapter_speaks", order_id=order_id)
    before = session.exec(select(func.count()).select_from(Delivery).where(Delivery.order_id == order.id)).one()
    known = session.exec(
        select(Delivery).where(Delivery.order_id == order.id, Delivery.supplier_reference == given.reference)
    ).first()
    parts = _parts(given)
    if known is not None:
        if known.parts != parts:
            raise Conflict("delivery_goods.differs", reference=given.reference, before=known.parts / PARTS)
        return known
    scope = rng.scope(f"{order.organisation_id}/{order.provider_id}", "delivery")
    made = _noted(session, clock, order, scope.id("dlv"), before + 1, given, parts)
    audit.record(session, clock, principal, "delivery.hand_over", made.id, order=order.id)
    return made


def judge(
    session: Session,
    clock: Clock,
    principal: Principal,
    delivery_id: str,
    event: DeliveryEvent,
    authority: Authority,
    reason: str = "",
) -> Delivery:
    """The buyer's authority accepts or rejects, once, before the clock does."""
    row = get(session, principal, delivery_id)
    order = _locked(session, row.order_id)
    if order.organisation_id != principal.organisation_id:
        raise Forbidden("delivery_goods.not_yours", delivery_id=delivery_id)
    session.refresh(row)
    after = next_delivery(DeliveryState(row.state), event, due_at=row.acceptance_due_at, now=clock.now(), reason=reason)
    _enter(session, row, after, event.value, principal, clock.now(), authority, reason)
    audit.record(
        session,
        clock,
        principal,
        f"delivery.{event.value}",
        row.id,
        reason=reason,
        authority=authority.name,
        office=authority.office,
    )
    tell_delivery(session, clock, "delivery.decided", order, row)
    crediting.settle(session, clock, order)
    return row


def deem(session: Session, clock: Clock, limit: int = 200) -> int:
    """Write down what the clock has accepted, at the very time it did; how many there were."""
    due = session.exec(
        select(Delivery)
        .where(Delivery.state == DeliveryState.DELIVERED.value, col(Delivery.acceptance_due_at) <= clock.now())
        .order_by(col(Delivery.acceptance_due_at), col(Delivery.id))
        .limit(limit)
    ).all()
    deemed = 0
    for row in due:
        order = _locked(session, row.order_id)
        session.refresh(row)
        if row.state != DeliveryState.DELIVERED.value:
            continue
        _enter(session, row, DeliveryState.DEEMED, "deem", HUB, row.acceptance_due_at)
        tell_delivery(session, clock, "delivery.decided", order, row)
        crediting.settle(session, clock, order)
        deemed += 1
    crediting.settle_what_fell_short(session, clock)
    return deemed


def get(session: Session, principal: Principal, delivery_id: str) -> Delivery:
    """Of the buyer, the pool's lead and the supplier; unknown to all others."""
    me = principal.organisation_id
    row = session.exec(
        select(Delivery, SupplyOrder, Provider, Pool)
        .join(SupplyOrder, col(SupplyOrder.id) == col(Delivery.order_id))
        .join(Provider, col(Provider.id) == col(SupplyOrder.provider_id))
        .join(CallOff, col(CallOff.id) == col(SupplyOrder.call_off_id))
        .join(Pool, col(Pool.id) == col(CallOff.pool_id))
        .where(Delivery.id == delivery_id)
    ).first()
    if row is None or me not in (row[1].organisation_id, row[2].organisation_id, row[3].lead_organisation_id):
        raise NotFound("delivery_goods.unknown", delivery_id=delivery_id)
    return row[0]


def of_order(session: Session, order_id: str) -> Sequence[Delivery]:
    return session.exec(select(Delivery).where(Delivery.order_id == order_id).order_by(col(Delivery.number))).all()


def faults_of(session: Session, order_id: str) -> Sequence[DeliveryFault]:
    return session.exec(
        select(DeliveryFault).where(DeliveryFault.order_id == order_id).order_by(col(DeliveryFault.number))
    ).all()


def too_late(clock: Clock, order: SupplyOrder) -> bool:
    """Whether what could not be taken is not asked for any more."""
    return order.ended_at is None or clock.now() >= order.ended_at + ACCEPT_WITHIN


def late(delivery: Delivery, window_to: datetime) -> timedelta:
    """How long after the window it was delivered, by the hub's clock: the supplier's own is kept, never trusted."""
    return max(delivery.noted_at - window_to, timedelta())


def _locked(session: Session, order_id: str) -> SupplyOrder:
    """Whoever judges or hands over has the order for itself: who judges the last one sees that it is the last."""
    held = select(SupplyOrder).where(SupplyOrder.id == order_id).with_for_update()
    return session.exec(held.execution_options(populate_existing=True)).one()


def _parts(given: Delivered) -> int:
    """To the nearest part: a supplier may measure finer than it is paid."""
    quantity = Decimal(str(given.quantity)) if given.quantity == given.quantity else Decimal(0)
    parts = int((quantity * PARTS).to_integral_value(ROUND_HALF_EVEN)) if quantity.is_finite() else 0
    if not 0 < parts < _MOST_PARTS:
        raise Invalid("delivery_goods.quantity_wrong", reference=given.reference, given=str(given.quantity))
    return parts


def _noted(
    session: Session, clock: Clock, order: SupplyOrder, delivery_id: str, number: int, given: Delivered, parts: int
) -> Delivery:
    now = clock.now()
    row = Delivery(
        id=delivery_id,
        order_id=order.id,
        number=number,
        supplier_reference=given.reference,
        parts=parts,
        supplier_at=given.at,
        noted_at=now,
        latency_s=None if given.latency_s is None else round(given.latency_s),
        links=[{"href": link} for link in given.links],
        quality=dict(given.quality),
        state=DeliveryState.DELIVERED.value,
        acceptance_due_at=now + ACCEPT_WITHIN,
    )
    session.add(row)
    session.flush()
    tell_delivery(session, clock, "delivery.noted", order, row)
    return row


def _set_aside(session: Session, clock: Clock, order: SupplyOrder, faults: Sequence[Fault]) -> None:
    """What is wrong now stands in place of what was wrong before: the supplier may have mended it."""
    for row in faults_of(session, order.id):
        session.delete(row)
    session.flush()
    for number, fault in enumerate(faults, 1):
        params: dict[str, Any] = {
            name: value if isinstance(value, bool | int | float | str) or value is None else str(value)
            for name, value in fault.reason.params.items()
        }
        session.add(
            DeliveryFault(
                order_id=order.id,
                number=number,
                supplier_reference=fault.reference,
                code=fault.reason.code,
                params=params,
                at=clock.now(),
            )
        )


def _enter(
    session: Session,
    row: Delivery,
    after: DeliveryState,
    event: str,
    principal: Principal,
    at: datetime,
    authority: Authority | None = None,
    reason: str = "",
) -> None:
    row.state, row.reason = after.value, reason
    session.add(row)
    session.add(
        DeliveryEntry(
            delivery_id=row.id,
            number=1,
            event=event,
            state=after.value,
            reason=reason,
            by_organisation_id=principal.organisation_id,
            by_key_id=principal.key_id,
            authority_name="" if authority is None else authority.name,
            authority_office="" if authority is None else authority.office,
            at=at,
        )
    )
    session.flush()
