"""Orders: what a call-off means to its supplier, placed and followed outside any transaction.

`drive` takes orders that are due under a lease, calls the supplier with the
order's own id as key, and records the answer in a transaction of its own. A
crash between the two leaves the order due again; the same key then makes the
supplier answer with the same order. A worker whose lease was taken over
records nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.capacity.rules import units
from catalog.ordering import call_offs
from catalog.ordering.options import subject_of
from catalog.ordering.tables import CallOff, CallOffOption, OptionState, OrderStatusEntry, SupplyOrder
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import CallOffStatus, call_off_after, keeps_capacity, next_order
from catalog.promise.tables import Agreement, Pool
from catalog.tables import Offering
from providers import doors
from providers.adapters.base import FINAL, Adapter, OrderAsk, OrderState, OrderStatus
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, HubError, Kind, NotFound, Unavailable
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import HUB, Principal
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

LEASE = timedelta(seconds=60)
"""Longer than a supplier may take to answer; after it another worker asks again under the same key."""

NO_DOOR_AGAIN = timedelta(seconds=60)
_SHORTEST, _LONGEST = 1.0, 300.0

_OPTION_AFTER = {
    CallOffStatus.COMPLETED: OptionState.WON,
    CallOffStatus.CANCELLED: OptionState.CANCELLED,
    CallOffStatus.FAILED: OptionState.LOST,
}
"""A call-off with one option ends as that option does."""

AdapterOf = Callable[[Database, Clock, str], Adapter | None]

reports = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Due:
    """One order under our lease, as values: nothing of the database is held while the supplier is asked."""

    order_id: str
    lease: str
    step: str
    provider_id: str
    provider_reference: str | None
    ask: OrderAsk


def drive(
    database: Database, clock: Clock, rng: Rng, *, adapter_of: AdapterOf = doors.adapter_of, limit: int = 100
) -> int:
    """Move every order that is due one step; how many were. Call it again and again."""
    due = _claim(database, clock, rng, limit)
    for one in due:
        adapter = adapter_of(database, clock, one.provider_id)
        said: OrderState | Exception | None = None
        if adapter is not None:
            try:
                said = _ask(adapter, one)
            except Exception as error:
                # A supplier's failure is an answer of its kind: it is recorded and the next order goes on.
                if not isinstance(error, HubError):
                    reports.error("adapter_fault", adapter=adapter.name, order=one.order_id, exc_info=error)
                said = error
        try:
            with database.write() as session:
                _record(session, clock, rng, one, said)
        except Unavailable:
            raise
        except Exception as error:
            # An answer that cannot be recorded is a failure of this supplier, and the other orders go on.
            reports.error("answer_not_recorded", order=one.order_id, exc_info=error)
            with database.write() as session:
                _record(session, clock, rng, one, RuntimeError("the answer cannot be recorded"))
    return len(due)


def report(
    session: Session,
    clock: Clock,
    principal: Principal,
    order_id: str,
    *,
    status: OrderStatus,
    raw: str,
    reason: str,
    provider_reference: str | None,
) -> SupplyOrder:
    """A supplier without an adapter says where its order stands."""
    get(session, principal, order_id)
    order = session.exec(select(SupplyOrder).where(SupplyOrder.id == order_id).with_for_update()).one()
    provider = session.get_one(Provider, order.provider_id)
    if provider.organisation_id != principal.organisation_id:
        raise NotFound("order.unknown", order_id=order_id)
    if doors.has_door(session, provider.id):
        raise Conflict("order.adapter_speaks", order_id=order_id)
    if order.step == "closed":
        raise Conflict("order.already_ended", status=OrderStatus(order.status or ""), said=status)
    reference = provider_reference or order.provider_reference or ""
    _take(session, clock, order, OrderState(reference, status, raw or status.value, at=clock.now(), reason=reason))
    audit.record(session, clock, principal, "order.report", order.id, status=status.value)
    session.flush()
    return order


def cancel(
    session: Session, clock: Clock, principal: Principal, call_off_id: str, authority: Authority, reason: str
) -> CallOff:
    """Cancel what the principal called off.

    An order that never left is ended here and its capacity released; one that
    the supplier may know is first cancelled with the supplier.
    """
    call_offs.get(session, principal, call_off_id)
    call_off = session.exec(select(CallOff).where(CallOff.id == call_off_id).with_for_update()).one()
    if call_off.organisation_id != principal.organisation_id:
        raise Forbidden("call_off.not_yours", call_off_id=call_off_id)
    if CallOffStatus(call_off.status) is not CallOffStatus.ACTIVE:
        raise Conflict("call_off.not_active", status=CallOffStatus(call_off.status))
    order = session.exec(
        select(SupplyOrder)
        .where(SupplyOrder.call_off_id == call_off_id, SupplyOrder.rank == call_offs.FIRST)
        .with_for_update()
    ).one()
    untouched = order.step == "place" and order.attempts == 0 and order.lease is None
    order.step = "cancel"
    order.due_at_wall = clock.wall()
    call_off.status = CallOffStatus.CANCELLING.value
    session.add_all([order, call_off])
    call_offs.enter(session, clock, principal.organisation_id, call_off, authority, reason)
    audit.record(
        session, clock, principal, "call_off.cancel", call_off.id, authority=authority.name, office=authority.office
    )
    session.flush()
    if untouched:
        _take(session, clock, order, OrderState("", OrderStatus.CANCELLED, "hub", reason="order.never_taken"))
        session.flush()
    return call_off


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own, those of the pools one leads, and for a supplier those that it is to carry out."""
    me = principal.organisation_id
    led = (
        sa_select(col(CallOff.id))
        .join(Pool, col(Pool.id) == col(CallOff.pool_id))
        .where(col(Pool.lead_organisation_id) == me)
    )
    supplied = sa_select(col(Provider.id)).where(col(Provider.organisation_id) == me)
    return or_(
        col(SupplyOrder.organisation_id) == me,
        col(SupplyOrder.call_off_id).in_(led),
        col(SupplyOrder.provider_id).in_(supplied),
    )


def get(session: Session, principal: Principal, order_id: str) -> SupplyOrder:
    found = session.exec(select(SupplyOrder).where(SupplyOrder.id == order_id, visible(principal))).first()
    if found is None:
        raise NotFound("order.unknown", order_id=order_id)
    return found


def history(session: Session, order_id: str) -> Sequence[OrderStatusEntry]:
    return session.exec(
        select(OrderStatusEntry).where(OrderStatusEntry.order_id == order_id).order_by(col(OrderStatusEntry.number))
    ).all()


def _claim(database: Database, clock: Clock, rng: Rng, limit: int) -> list[Due]:
    wall = clock.wall()
    claimed: list[Due] = []
    with database.write() as session:
        found = session.exec(
            select(SupplyOrder)
            .where(
                col(SupplyOrder.step) != "closed",
                col(SupplyOrder.due_at_wall) <= wall,
                or_(col(SupplyOrder.lease).is_(None), col(SupplyOrder.leased_until_wall) <= wall),
            )
            .order_by(col(SupplyOrder.due_at_wall), col(SupplyOrder.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for order in found:
            if _lapsed(session, clock, order):
                continue
            order.lease = rng.scope("hub", "order_lease").id("lse")
            order.leased_until_wall = wall + LEASE
            session.add(order)
            claimed.append(_due(session, order, order.lease))
    return claimed


def _due(session: Session, order: SupplyOrder, lease: str) -> Due:
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
    return Due(order.id, lease, order.step, order.provider_id, order.provider_reference, ask)


def _ask(adapter: Adapter, due: Due) -> OrderState:
    """One call. An order to be cancelled whose placing was never answered is first placed, to learn its name."""
    if due.provider_reference is None:
        return adapter.order(due.ask)
    if due.step == "cancel":
        return adapter.cancel(due.provider_reference)
    return adapter.status(due.provider_reference)


def _record(session: Session, clock: Clock, rng: Rng, due: Due, said: OrderState | Exception | None) -> None:
    order = session.exec(select(SupplyOrder).where(SupplyOrder.id == due.order_id).with_for_update()).one()
    if order.lease != due.lease:
        reports.warning("order_lease_lost", order=due.order_id)
        return
    order.lease = None
    order.leased_until_wall = None
    if said is None:
        _without_door(session, clock, order)
    elif isinstance(said, OrderState):
        _take(session, clock, order, said)
        if order.step != "closed":
            again = order.step == "cancel" and due.provider_reference is None
            age = (clock.now() - order.created_at).total_seconds() / 4
            wait = 0.0 if again else min(max(age, _SHORTEST), _LONGEST)
            order.due_at_wall = clock.wall() + timedelta(seconds=wait)
    elif isinstance(said, HubError) and said.kind in (Kind.CONFLICT, Kind.INVALID, Kind.NOT_FOUND):
        _refused(session, clock, order, due, said)
    else:
        order.attempts += 1
        order.problem = said.code if isinstance(said, HubError) else "order.adapter_fault"
        wait = min(_SHORTEST * 2.0**order.attempts, _LONGEST) * (0.5 + rng.scope("hub", "order_retry").uniform() / 2)
        order.due_at_wall = clock.wall() + timedelta(seconds=wait)
    session.add(order)


def _take(session: Session, clock: Clock, order: SupplyOrder, said: OrderState) -> None:
    """Record what the supplier said: history, log, the call-off's state and its capacity."""
    before = None if order.status is None else OrderStatus(order.status)
    status = next_order(before, said.status)
    order.provider_reference = said.provider_reference or None
    order.attempts = 0
    order.problem = ""
    if order.step == "place":
        order.step = "follow"
    if (status.value, said.raw) == (order.status, order.raw):
        session.add(order)
        return
    order.status, order.raw = status.value, said.raw
    call_off = session.exec(select(CallOff).where(CallOff.id == order.call_off_id).with_for_update()).one()
    if status in FINAL:
        order.step = "closed"
        call_off.status = call_off_after(CallOffStatus(call_off.status), status).value
        call_offs.enter(session, clock, HUB.organisation_id, call_off, reason=said.reason or said.raw)
        option = session.get_one(CallOffOption, (order.call_off_id, order.rank))
        option.state = _OPTION_AFTER[CallOffStatus(call_off.status)].value
        if option.state == OptionState.WON.value:
            call_off.won_option = option.rank
        session.add(option)
        if not keeps_capacity(status):
            ledger.give_back_all(session, clock, subject_of(order.call_off_id, order.rank), f"order_{status.value}")
    session.add_all([order, call_off])
    _enter(session, clock, order, said, call_off)


def _refused(session: Session, clock: Clock, order: SupplyOrder, due: Due, error: HubError) -> None:
    """The supplier answered with a refusal: of the order itself, or of its cancellation."""
    if due.provider_reference is None:
        reference = order.provider_reference or ""
        _take(session, clock, order, OrderState(reference, OrderStatus.REJECTED, error.code, reason=error.code))
        return
    order.problem = error.code
    if order.step == "cancel" and due.step == "cancel":
        order.step = "follow"
        call_off = session.exec(select(CallOff).where(CallOff.id == order.call_off_id).with_for_update()).one()
        call_off.status = CallOffStatus.ACTIVE.value
        session.add(call_off)
        call_offs.enter(session, clock, HUB.organisation_id, call_off, reason=error.code)
    order.due_at_wall = clock.wall() + timedelta(seconds=_SHORTEST)


def _without_door(session: Session, clock: Clock, order: SupplyOrder) -> None:
    """The supplier reports by itself. What it never took up and shall be cancelled ends here."""
    if order.step == "cancel" and order.status is None:
        reference = order.provider_reference or ""
        _take(session, clock, order, OrderState(reference, OrderStatus.CANCELLED, "hub", reason="order.never_taken"))
        return
    order.due_at_wall = clock.wall() + NO_DOOR_AGAIN


def _lapsed(session: Session, clock: Clock, order: SupplyOrder) -> bool:
    """End an order that no supplier ever took up and whose window is over."""
    if order.status is not None:
        return False
    window_to = session.exec(select(CallOff.window_to).where(CallOff.id == order.call_off_id)).one()
    if clock.now() < window_to:
        return False
    reference = order.provider_reference or ""
    _take(session, clock, order, OrderState(reference, OrderStatus.EXPIRED, "hub", reason="order.window_over"))
    return True


def _enter(session: Session, clock: Clock, order: SupplyOrder, said: OrderState, call_off: CallOff) -> None:
    last = session.exec(select(func.max(OrderStatusEntry.number)).where(OrderStatusEntry.order_id == order.id)).one()
    session.add(
        OrderStatusEntry(
            order_id=order.id,
            number=(last or 0) + 1,
            status=said.status.value,
            raw=said.raw,
            reason=said.reason,
            supplier_at=said.at,
            at=clock.now(),
        )
    )
    agreement, pool, provider = session.exec(
        select(Agreement, Pool, Provider)
        .join(Pool, col(Pool.id) == col(Agreement.pool_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .join(CallOffOption, col(CallOffOption.agreement_id) == col(Agreement.id))
        .where(CallOffOption.call_off_id == order.call_off_id, CallOffOption.rank == order.rank)
    ).one()
    payload = {
        "order_id": order.id,
        "agreement_id": agreement.id,
        "offering_id": agreement.offering_id,
        "provider_id": provider.id,
        "provider_reference": said.provider_reference or None,
        "number": (last or 0) + 1,
        "status": said.status.value,
        "raw_status": said.raw,
        "reason": said.reason,
        "at": log.rfc3339(clock.now()),
    }
    # The supplier hears of its order alone; which call-off it serves, and how that stands, is the buyer's.
    theirs = markings.owner_only(session, provider.organisation_id)
    log.append(session, clock, "order.status_changed", order.id, payload, theirs)
    ours = {**payload, "call_off_id": call_off.id, "call_off_status": call_off.status}
    marking_id = markings.among(session, order.organisation_id, {pool.lead_organisation_id})
    log.append(session, clock, "order.status_changed", order.id, ours, marking_id)


def due_at(session: Session) -> datetime | None:
    """When the next order wants a step; None when all are closed."""
    return session.exec(select(func.min(SupplyOrder.due_at_wall)).where(col(SupplyOrder.step) != "closed")).one()
