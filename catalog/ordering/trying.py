"""Carries out what `fallback.step` says of a call-off: one transaction, from what is written to what is written.

`look` is called with the call-off's row locked, after each change of one of its orders and when its
clock (`look_at`) is due. It asks the pure rule again until there is only to wait, so that a crash at
any moment loses nothing: the next look comes to the same answer. An option that finds no capacity
any more is lost, and the next one is tried.
"""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.ordering import call_offs, policies
from catalog.ordering.fallback import Cancel, Cancellation, Fail, Option, Place, Policy, Tried, Wait, Win, step
from catalog.ordering.options import open_option, subject_of
from catalog.ordering.tables import (
    CallOff,
    CallOffOption,
    OptionState,
    OrderAttempt,
    OrderStatusEntry,
    OrderStep,
    SupplyOrder,
)
from catalog.ordering.telling import tell_status
from catalog.promise.kept_terms import value
from catalog.promise.lifecycle import CallOffStatus
from catalog.promise.tables import AgreementTerms
from providers.adapters.base import OrderStatus
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Conflict
from space_hub.rng import Rng
from space_hub.trust.principal import HUB_ID
from space_hub.vocabulary.money import money

_LOOKED_AT = (CallOffStatus.ACTIVE, CallOffStatus.WAITING)
_OURS = (OrderStatus.CANCELLED, OrderStatus.USER_CANCELLED)


@dataclass(frozen=True, slots=True)
class Tally:
    """A call-off's options and orders as the pure rule takes them, and as rows by rank."""

    policy: Policy
    options: tuple[Option, ...]
    tried: tuple[Tried, ...]
    rows: dict[int, CallOffOption]
    orders: dict[int, SupplyOrder]


def locked(session: Session, call_off_id: str) -> CallOff:
    """Its row, so that nobody else decides for it meanwhile; taken before the row of an order, always."""
    return session.exec(select(CallOff).where(CallOff.id == call_off_id).with_for_update()).one()


def tally(session: Session, call_off: CallOff) -> Tally:
    rows = {row.rank: row for row in call_offs.options_of(session, call_off.id)}
    orders = {row.rank: row for row in call_offs.orders_of(session, call_off.id)}
    policy = policies.policy_of(call_off, next(iter(rows.values())).currency)
    possible = [row for row in rows.values() if row.rank in orders or row.state == OptionState.READY.value]
    options = tuple(_option(session, call_off, row) for row in possible)
    tried = tuple(_tried(call_off, orders[rank]) for rank in sorted(orders))
    return Tally(policy, options, tried, rows, orders)


def look(session: Session, clock: Clock, rng: Rng, call_off: CallOff) -> None:
    """Do all that is to be done now; nothing for a call-off that is over."""
    if call_off.status == CallOffStatus.CANCELLING.value:
        _cancelled(session, clock, call_off)
    if call_off.status not in [each.value for each in _LOOKED_AT]:
        return
    acted = True
    while acted and call_off.status in [each.value for each in _LOOKED_AT]:
        session.flush()
        known, acted = tally(session, call_off), False
        for act in step(known.policy, known.options, known.tried, clock.now()):
            match act:
                case Place(rank):
                    _place(session, clock, rng, call_off, known.rows[rank])
                    acted = True
                case Cancel(rank):
                    ask_to_cancel(session, clock, call_off, known.orders[rank])
                    acted = True
                case Win(rank):
                    _win(session, clock, call_off, known.rows[rank], known.orders[rank])
                    acted = True
                case Wait(until):
                    call_off.look_at = until
                case Fail():
                    _fail(session, clock, call_off, known.policy)
    session.add(call_off)
    session.flush()


def turn(database: Database, clock: Clock, rng: Rng, limit: int = 100) -> int:
    """Look at the call-offs whose clock is due; how many there were."""
    with database.read() as session:
        due = session.exec(
            select(CallOff.id)
            .where(col(CallOff.look_at) <= clock.now(), col(CallOff.status).in_([each.value for each in _LOOKED_AT]))
            .order_by(col(CallOff.look_at), col(CallOff.id))
            .limit(limit)
        ).all()
    for call_off_id in due:
        with database.write() as session:
            look(session, clock, rng, locked(session, call_off_id))
    return len(due)


def ended(session: Session, clock: Clock, rng: Rng, call_off: CallOff, order: SupplyOrder) -> None:
    """An order is over: its option ends with it, capacity that it does not use goes back, and the rest is looked at."""
    option = session.get_one(CallOffOption, (order.call_off_id, order.rank))
    status = OrderStatus(order.status) if order.status else None
    if option.state == OptionState.PRE_EMPTED.value:
        # Its capacity is another's already. What its supplier delivers all the same is paid by delivery.
        look(session, clock, rng, call_off)
        return
    if status is not OrderStatus.COMPLETED:
        if call_off.won_option == order.rank:
            call_off.won_option = call_off.won_at = None
        ours = order.cancel_asked_at is not None and status in _OURS
        option.state = (OptionState.CANCELLED if ours else OptionState.LOST).value
        ledger.give_back_all(session, clock, subject_of(option.call_off_id, option.rank), f"order_{order.status}")
    elif call_off.won_option == order.rank:
        _completed(session, clock, call_off)
    elif call_off.status == CallOffStatus.CANCELLING.value and call_off.won_option is None:
        option.state, call_off.won_option, call_off.won_at = OptionState.WON.value, order.rank, clock.now()
    session.add_all([option, call_off])
    session.flush()
    look(session, clock, rng, call_off)
    if status is OrderStatus.COMPLETED and call_off.won_option != order.rank:
        option.state = OptionState.LOST.value  # A surplus: delivered and paid, and another one had won.
        session.add(option)


def ask_to_cancel(session: Session, clock: Clock, call_off: CallOff, order: SupplyOrder) -> None:
    """What never left ends here; the supplier is asked about the rest, and one in doubt once somebody knows of it."""
    now = clock.now()
    order.cancel_asked_at = now
    untouched = (
        order.lease is None
        and not session.exec(select(OrderAttempt.number).where(OrderAttempt.order_id == order.id).limit(1)).all()
    )
    if untouched and order.status is None and order.step == OrderStep.PLACE.value:
        _never_left(session, clock, call_off, order)
    elif order.step in (OrderStep.PLACE.value, OrderStep.FOLLOW.value):
        order.step, order.due_at_wall = OrderStep.CANCEL.value, clock.wall()
    session.add(order)
    session.flush()


def _never_left(session: Session, clock: Clock, call_off: CallOff, order: SupplyOrder) -> None:
    order.status, order.raw, order.step = OrderStatus.CANCELLED.value, "hub", OrderStep.CLOSED.value
    order.ended_at = clock.now()
    option = session.get_one(CallOffOption, (order.call_off_id, order.rank))
    if option.state != OptionState.PRE_EMPTED.value:
        option.state = OptionState.CANCELLED.value
    session.add_all([order, option])
    ledger.give_back_all(session, clock, subject_of(option.call_off_id, option.rank), "order_cancelled")
    entry = OrderStatusEntry(
        order_id=order.id, number=1, status=order.status, raw="hub", reason="order.never_taken", at=clock.now()
    )
    session.add(entry)
    tell_status(session, clock, order, entry, call_off.status)


def _option(session: Session, call_off: CallOff, row: CallOffOption) -> Option:
    given = value(session.get_one(AgreementTerms, (row.agreement_id, row.phase))).cancellation
    cancellation = Cancellation(Decimal(0))
    if given is not None:
        cancellation = Cancellation(given.fee_share, call_off.window_from - given.free_before)
    return Option(row.rank, money(row.total_price, row.currency), cancellation, policies.ANSWER_WITHIN)


def _tried(call_off: CallOff, order: SupplyOrder) -> Tried:
    return Tried(
        order.rank,
        order.created_at,
        OrderStatus(order.status) if order.status else None,
        order.cancel_asked_at,
        order.cancel_asked_at is not None and order.cancel_refused_at is not None,
        order.ended_at,
        Decimal(order.fee or 0),
        call_off.won_at if call_off.won_option == order.rank else None,
    )


def _place(session: Session, clock: Clock, rng: Rng, call_off: CallOff, option: CallOffOption) -> None:
    if call_off.status == CallOffStatus.WAITING.value:
        _move(session, clock, call_off, CallOffStatus.ACTIVE, "")
    with suppress(Conflict):  # It is lost then, and the rule says what comes next.
        open_option(session, clock, rng, call_off, option.rank)


def _win(session: Session, clock: Clock, call_off: CallOff, option: CallOffOption, order: SupplyOrder) -> None:
    option.state = OptionState.WON.value
    call_off.won_option, call_off.won_at = option.rank, clock.now()
    session.add_all([option, call_off])
    if order.status == OrderStatus.COMPLETED.value:
        # Its losers are asked to cancel in the same look: the rule names them beside the win.
        _completed(session, clock, call_off)


def _completed(session: Session, clock: Clock, call_off: CallOff) -> None:
    if call_off.status != CallOffStatus.CANCELLING.value:
        _move(session, clock, call_off, CallOffStatus.COMPLETED, "")


def _cancelled(session: Session, clock: Clock, call_off: CallOff) -> None:
    """A call-off that its authority cancels is over with its last order."""
    standing = session.exec(
        select(SupplyOrder.id).where(SupplyOrder.call_off_id == call_off.id, col(SupplyOrder.ended_at).is_(None))
    ).first()
    if standing is None:
        delivered = call_off.won_option is not None
        _move(session, clock, call_off, CallOffStatus.COMPLETED if delivered else CallOffStatus.CANCELLED, "")


def _fail(session: Session, clock: Clock, call_off: CallOff, policy: Policy) -> None:
    """Others may be added until it is given up; a call-off without a policy has nothing to wait for."""
    give_up = policy.give_up_after
    if call_off.policy is None or clock.now() >= give_up:
        _move(session, clock, call_off, CallOffStatus.FAILED, "")
    elif call_off.status != CallOffStatus.WAITING.value:
        _move(session, clock, call_off, CallOffStatus.WAITING, "")
        call_off.look_at = give_up


def _move(session: Session, clock: Clock, call_off: CallOff, to: CallOffStatus, reason: str) -> None:
    call_off.status, call_off.look_at = to.value, None
    session.add(call_off)
    call_offs.enter(session, clock, HUB_ID, call_off, reason=reason)
    session.flush()
