"""Takes one order that is due, and writes down the call that follows before it is made.

One order at a time, at most one of each supplier, under a lease that begins now: a supplier that
hangs keeps one worker, and no other supplier waits. What needs no call (a window that is over, an
order that never left, a doubt) is settled here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from catalog.capacity.rules import units
from catalog.ordering import answering, calling, trying
from catalog.ordering.calling import LEASE, Claimed, Doubt, Known, Later, NeverArrived
from catalog.ordering.tables import (
    AttemptKind,
    CallOff,
    CallOffOption,
    OptionState,
    OrderAttempt,
    OrderStep,
    SupplyOrder,
)
from catalog.ordering.telling import tell_doubt
from catalog.promise.tables import Agreement
from catalog.tables import Offering
from providers.adapters.base import Adapter, Capabilities, OrderAsk, OrderState, OrderStatus
from space_hub import db
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.rng import Rng
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

NO_DOOR_AGAIN = timedelta(seconds=60)
_TAKEN_UP = [each.value for each in (OrderStep.PLACE, OrderStep.FOLLOW, OrderStep.CANCEL)]
_REPEATED = [each.value for each in (AttemptKind.PLACE, AttemptKind.FIND)]


@dataclass(frozen=True, slots=True)
class Found:
    """An order that looked due; whether it still is, the claim sees."""

    order_id: str
    call_off_id: str
    provider_id: str


def due(database: Database, clock: Clock) -> Found | None:
    """The order that waits longest, of a supplier that nobody asks just now."""
    wall = clock.wall()
    with database.read() as session:
        row = session.exec(
            select(SupplyOrder.id, SupplyOrder.call_off_id, SupplyOrder.provider_id)
            .where(*_is_due(session, wall))
            .order_by(col(SupplyOrder.due_at_wall), col(SupplyOrder.id))
            .limit(1)
        ).first()
    return None if row is None else Found(*row)


def claim(session: Session, clock: Clock, rng: Rng, found: Found, adapter: Adapter | None) -> Claimed | None:
    """The call to be made, its attempt written; None where there is none to make."""
    db.exclusive(session, db.Turn.ORDERS)
    call_off = trying.locked(session, found.call_off_id)
    order = session.exec(
        select(SupplyOrder).where(SupplyOrder.id == found.order_id, *_is_due(session, clock.wall())).with_for_update()
    ).first()
    if order is None:
        return None
    session.add(order)
    if order.status is None and order.provider_reference is None and call_off.window_to <= clock.now():
        _end(session, clock, rng, call_off, order, OrderStatus.EXPIRED, "order.window_over")
        return None
    if adapter is None or not adapter.capabilities.order:
        if order.step == OrderStep.CANCEL.value and order.status is None:
            _end(session, clock, rng, call_off, order, OrderStatus.CANCELLED, "order.never_taken")
        order.due_at_wall = clock.wall() + NO_DOOR_AGAIN
        return None
    move = calling.next_call(_known(session, order), adapter.capabilities, clock.wall())
    if isinstance(move, Later):
        order.due_at_wall = move.until
    elif isinstance(move, Doubt):
        doubt(session, clock, order)
    elif isinstance(move, NeverArrived):
        _end(session, clock, rng, call_off, order, OrderStatus.CANCELLED, "order.never_taken")
    else:
        return _lease(session, clock, rng, order, move, adapter.capabilities)
    return None


def doubt(session: Session, clock: Clock, order: SupplyOrder) -> None:
    """Nothing is sent any more; who can find out is told."""
    order.step, order.problem = OrderStep.DOUBT.value, "order.in_doubt"
    option = session.get_one(CallOffOption, (order.call_off_id, order.rank))
    if option.state not in (OptionState.PRE_EMPTED.value, OptionState.LOST.value):
        option.state = OptionState.DOUBT.value
    session.add_all([order, option])
    tell_doubt(session, clock, order)


def due_at(session: Session) -> datetime | None:
    """When the next order wants a step; None when there is none."""
    return session.exec(select(func.min(SupplyOrder.due_at_wall)).where(col(SupplyOrder.step).in_(_TAKEN_UP))).one()


def _is_due(session: Session, wall: datetime) -> list[ColumnElement[bool]]:
    asked = session.exec(
        select(SupplyOrder.provider_id).where(
            col(SupplyOrder.lease).is_not(None), col(SupplyOrder.leased_until_wall) > wall
        )
    ).all()
    return [
        col(SupplyOrder.step).in_(_TAKEN_UP),
        col(SupplyOrder.due_at_wall) <= wall,
        or_(col(SupplyOrder.lease).is_(None), col(SupplyOrder.leased_until_wall) <= wall),
        col(SupplyOrder.provider_id).not_in(set(asked)),
    ]


def _known(session: Session, order: SupplyOrder) -> Known:
    sent = session.exec(
        select(OrderAttempt)
        .where(OrderAttempt.order_id == order.id, col(OrderAttempt.kind).in_(_REPEATED))
        .order_by(col(OrderAttempt.number).desc())
    ).all()
    placed = next((each for each in sent if each.kind == AttemptKind.PLACE.value), None)
    in_vain = any(
        each.code == answering.NOTHING_FOUND and placed is not None and each.number > placed.number for each in sent
    )
    return Known(
        OrderStep(order.step),
        order.provider_reference,
        OrderStatus(order.status) if order.status else None,
        None if placed is None else placed.begun_at_wall,
        in_vain,
    )


def _lease(
    session: Session, clock: Clock, rng: Rng, order: SupplyOrder, kind: AttemptKind, can: Capabilities
) -> Claimed:
    wall = clock.wall()
    last = session.exec(select(func.max(OrderAttempt.number)).where(OrderAttempt.order_id == order.id)).one()
    attempt = OrderAttempt(order_id=order.id, number=(last or 0) + 1, kind=kind.value, begun_at_wall=wall)
    order.lease = rng.scope("hub", "order_lease").id("lse")
    order.leased_until_wall = wall + LEASE
    session.add_all([order, attempt])
    call_off, option, agreement, offering = session.exec(
        select(CallOff, CallOffOption, Agreement, Offering)
        .join(CallOffOption, col(CallOffOption.call_off_id) == col(CallOff.id))
        .join(Agreement, col(Agreement.id) == col(CallOffOption.agreement_id))
        .join(Offering, col(Offering.id) == col(Agreement.offering_id))
        .where(CallOff.id == order.call_off_id, CallOffOption.rank == order.rank)
    ).one()
    ask = OrderAsk(
        our_reference=order.id,
        offering_reference=offering.reference,
        quantity=units(option.parts_per_slot),
        unit=agreement.unit,
        window=Interval(call_off.window_from, call_off.window_to),
        phase=Phase(option.phase),
        area=call_off.area,
        parameters=call_off.parameters,
    )
    return Claimed(
        order.id,
        order.call_off_id,
        order.lease,
        attempt.number,
        kind,
        ask,
        order.provider_reference,
        can,
        order.leased_until_wall,
    )


def _end(
    session: Session, clock: Clock, rng: Rng, call_off: CallOff, order: SupplyOrder, status: OrderStatus, reason: str
) -> None:
    said = OrderState(order.provider_reference or "", status, "hub", reason=reason)
    answering.take(session, clock, rng, call_off, order, said, goods=False)
