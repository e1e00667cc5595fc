"""Writes down what came of one call to a supplier: the attempt, the order, its history, and what follows.

Nothing is written by a worker whose lease was taken over: another one asks the same supplier meanwhile,
and its answer is the one that counts.
"""

from datetime import timedelta
from typing import Any

import structlog
from sqlmodel import Session, col, func, select

from catalog.ordering import deliveries, trying
from catalog.ordering.calling import Answer, Claimed
from catalog.ordering.tables import (
    AttemptKind,
    AttemptOutcome,
    CallOff,
    CallOffOption,
    OrderAttempt,
    OrderStatusEntry,
    OrderStep,
    SupplyOrder,
)
from catalog.ordering.telling import tell_status
from catalog.promise.lifecycle import next_order
from providers.adapters.base import FINAL, OrderState, OrderStatus
from space_hub.clock import Clock
from space_hub.errors import HubError, Kind
from space_hub.rng import Rng
from space_hub.vocabulary.money import money

NOTHING_FOUND = "nothing_found"
"""Code of a look-up that surely found no order."""

_SHORTEST, _LONGEST = 1.0, 300.0
_REFUSALS = (Kind.CONFLICT, Kind.INVALID, Kind.NOT_FOUND)
_GOODS_AGAIN = timedelta(hours=1)

reports = structlog.get_logger()


def record(session: Session, clock: Clock, rng: Rng, claimed: Claimed, said: Answer | Exception) -> None:
    call_off = trying.locked(session, claimed.call_off_id)
    order = session.exec(select(SupplyOrder).where(SupplyOrder.id == claimed.order_id).with_for_update()).one()
    if order.lease != claimed.lease:
        reports.warning("order_lease_lost", order=order.id)
        return
    order.lease = order.leased_until_wall = None
    attempt = session.get_one(OrderAttempt, (order.id, claimed.number))
    attempt.ended_at_wall = clock.wall()
    if isinstance(said, HubError) and said.kind in _REFUSALS:
        attempt.outcome, attempt.code = AttemptOutcome.REFUSED.value, said.code
        _refused(session, clock, rng, claimed, call_off, order, said)
    elif isinstance(said, Exception):
        attempt.outcome = AttemptOutcome.NO_ANSWER.value
        attempt.code = said.code if isinstance(said, HubError) else "order.adapter_fault"
        _again(clock, rng, order, attempt.code)
    else:
        attempt.outcome = AttemptOutcome.ANSWERED.value
        order.attempts, order.problem = 0, ""
        if isinstance(said, OrderState):
            attempt.fee = None if said.fee is None else str(said.fee)
            _answered(session, clock, rng, claimed, call_off, order, said)
        elif said is None:
            attempt.code, order.due_at_wall = NOTHING_FOUND, clock.wall()
        else:
            _handed_over(session, clock, rng, order, said)
    session.add_all([order, attempt])


def take(
    session: Session, clock: Clock, rng: Rng, call_off: CallOff, order: SupplyOrder, said: OrderState, *, goods: bool
) -> None:
    """What a supplier says of its order. `goods`: its deliveries can be asked for once it is completed."""
    status = next_order(OrderStatus(order.status) if order.status else None, said.status)
    order.provider_reference = said.provider_reference or None
    if order.step in (OrderStep.PLACE.value, OrderStep.DOUBT.value):
        order.step = OrderStep.FOLLOW.value
    if (status.value, said.raw) == (order.status, order.raw):
        session.add(order)
        return
    order.status, order.raw = status.value, said.raw
    over = status in FINAL and order.ended_at is None
    if status in FINAL:
        fetches = goods and status is OrderStatus.COMPLETED
        order.step = (OrderStep.FOLLOW if fetches else OrderStep.CLOSED).value
    if over:
        order.ended_at = clock.now()
        _charge(session, order)
    last = session.exec(select(func.max(OrderStatusEntry.number)).where(OrderStatusEntry.order_id == order.id)).one()
    entry = OrderStatusEntry(
        order_id=order.id,
        number=(last or 0) + 1,
        status=status.value,
        raw=said.raw,
        reason=said.reason,
        supplier_at=said.at,
        at=clock.now(),
    )
    session.add_all([order, entry])
    session.flush()
    if over:
        trying.ended(session, clock, rng, call_off, order)
    else:
        trying.look(session, clock, rng, call_off)
    tell_status(session, clock, order, entry, call_off.status)


def _charge(session: Session, order: SupplyOrder) -> None:
    """The fee of the whole order: a supplier says each time what it comes to so far, so the last word is the sum."""
    session.flush()
    told = session.exec(
        select(OrderAttempt.fee)
        .where(OrderAttempt.order_id == order.id, col(OrderAttempt.fee).is_not(None))
        .order_by(col(OrderAttempt.number).desc())
        .limit(1)
    ).first()
    if told is None:
        return
    fee = money(*told.split(" "))
    if fee.currency == session.get_one(CallOffOption, (order.call_off_id, order.rank)).currency:
        order.fee = f"{fee.amount:f}"
    else:
        order.problem = "order.fee_in_other_currency"


def _answered(
    session: Session,
    clock: Clock,
    rng: Rng,
    claimed: Claimed,
    call_off: CallOff,
    order: SupplyOrder,
    said: OrderState,
) -> None:
    session.flush()
    if claimed.kind is AttemptKind.CANCEL:
        order.step = OrderStep.FOLLOW.value
    take(session, clock, rng, call_off, order, said, goods=claimed.can.deliveries)
    fetches = order.status == OrderStatus.COMPLETED.value
    at_once = fetches or (order.step == OrderStep.CANCEL.value and claimed.kind is not AttemptKind.CANCEL)
    age = (clock.now() - order.created_at).total_seconds() / 4
    wait = 0.0 if at_once else min(max(age, _SHORTEST), _LONGEST)
    order.due_at_wall = clock.wall() + timedelta(seconds=wait)


def _refused(
    session: Session, clock: Clock, rng: Rng, claimed: Claimed, call_off: CallOff, order: SupplyOrder, error: HubError
) -> None:
    """The supplier answered with a refusal: of the order itself, of its cancellation, or of a word about it."""
    if claimed.kind is AttemptKind.PLACE:
        refusal = OrderState(order.provider_reference or "", OrderStatus.REJECTED, error.code, reason=error.code)
        take(session, clock, rng, call_off, order, refusal, goods=False)
    elif claimed.kind is AttemptKind.CANCEL:
        order.step, order.cancel_refused_at = OrderStep.FOLLOW.value, clock.now()
        order.problem, order.due_at_wall = error.code, clock.wall() + timedelta(seconds=_SHORTEST)
        session.add(order)
        trying.look(session, clock, rng, call_off)
    elif claimed.kind is AttemptKind.DELIVERIES and deliveries.too_late(clock, order):
        order.step, order.problem = OrderStep.CLOSED.value, error.code
    else:
        _again(clock, rng, order, error.code)


def _again(clock: Clock, rng: Rng, order: SupplyOrder, code: str) -> None:
    order.attempts += 1
    order.problem = code
    wait = min(_SHORTEST * 2.0**order.attempts, _LONGEST) * (0.5 + rng.scope("hub", "order_retry").uniform() / 2)
    order.due_at_wall = clock.wall() + timedelta(seconds=wait)


def _handed_over(session: Session, clock: Clock, rng: Rng, order: SupplyOrder, said: tuple[Any, ...]) -> None:
    """What could not be taken is asked for again as long as it may be mended."""
    faults = deliveries.note(session, clock, rng, order, said)
    if faults and not deliveries.too_late(clock, order):
        order.due_at_wall = clock.wall() + _GOODS_AGAIN
    else:
        order.step = OrderStep.CLOSED.value
