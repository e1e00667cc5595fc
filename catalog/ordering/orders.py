"""Orders: what a call-off means to its suppliers, placed and followed outside any transaction.

`drive` takes one order after another that is due: `claiming` writes the call down before it is made,
`calling` makes it, `answering` records what came of it in a transaction of its own, and `trying` does
what follows for the call-off. A worker whose lease was taken over records nothing. Several may drive at
once, in one process or many.
"""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import ColumnElement, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.ordering import answering, call_offs, calling, claiming, trying
from catalog.ordering.calling import Answer, Claimed
from catalog.ordering.options import subject_of
from catalog.ordering.tables import CallOff, CallOffOption, OptionState, OrderStatusEntry, OrderStep, SupplyOrder
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import CallOffStatus
from catalog.promise.tables import Pool
from providers import doors
from providers.adapters.base import Adapter, OrderState, OrderStatus
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Conflict, Forbidden, HubError, Invalid, NotFound, Unavailable
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

_TRIES = 6
"""To record an answer in a busy database: an answer that is lost here may put an order in doubt."""

AdapterOf = Callable[[Database, Clock, str], Adapter | None]

reports = structlog.get_logger()


def drive(
    database: Database, clock: Clock, rng: Rng, *, adapter_of: AdapterOf = doors.adapter_of, limit: int = 100
) -> int:
    """Move every order that is due one step; how many were. Call it again and again."""
    trying.turn(database, clock, rng, limit)
    for done in range(limit):
        found = claiming.due(database, clock)
        if found is None:
            return done
        adapter = adapter_of(database, clock, found.provider_id)
        with database.write() as session:
            claimed = claiming.claim(session, clock, rng, found, adapter)
        if claimed is not None and adapter is not None and not claimed.too_late(clock.wall()):
            _write_down(database, clock, rng, claimed, _said(adapter, claimed))
    return limit


def _said(adapter: Adapter, claimed: Claimed) -> Answer | Exception:
    """A supplier's failure is an answer of its kind: it is recorded and the next order goes on."""
    try:
        return calling.call(adapter, claimed)
    except HubError as error:
        return error
    except Exception as error:
        reports.error("adapter_fault", adapter=adapter.name, order=claimed.order_id, exc_info=error)
        return error


def _write_down(database: Database, clock: Clock, rng: Rng, claimed: Claimed, said: Answer | Exception) -> None:
    for attempt in range(_TRIES):
        try:
            with database.write() as session:
                answering.record(session, clock, rng, claimed, said)
        except Unavailable:
            if attempt == _TRIES - 1:
                raise
            clock.sleep(0.05 * 2**attempt)
        except Exception as error:
            # An answer that cannot be recorded is a failure of this supplier, and the other orders go on.
            reports.error("answer_not_recorded", order=claimed.order_id, exc_info=error)
            said = RuntimeError("the answer cannot be recorded")
        else:
            return


def report(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    order_id: str,
    *,
    status: OrderStatus,
    raw: str,
    reason: str,
    provider_reference: str | None,
) -> SupplyOrder:
    """A supplier without an adapter says where its order stands; one with an adapter, where nobody else knows."""
    seen = get(session, principal, order_id)
    call_off = trying.locked(session, seen.call_off_id)
    order = _locked(session, order_id)
    provider = session.get_one(Provider, order.provider_id)
    if provider.organisation_id != principal.organisation_id:
        raise NotFound("order.unknown", order_id=order_id)
    in_doubt = order.step == OrderStep.DOUBT.value
    if doors.has_door(session, provider.id) and not in_doubt:
        raise Conflict("order.adapter_speaks", order_id=order_id)
    if order.step == OrderStep.CLOSED.value:
        raise Conflict("order.already_ended", status=OrderStatus(order.status or ""), said=status)
    if in_doubt:
        _known_again(session, clock, order)
    reference = provider_reference or order.provider_reference or ""
    said = OrderState(reference, status, raw or status.value, at=clock.now(), reason=reason)
    answering.take(session, clock, rng, call_off, order, said, goods=doors.has_door(session, provider.id))
    audit.record(session, clock, principal, "order.report", order.id, status=status.value)
    session.flush()
    return order


def resolve_doubt(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    order_id: str,
    *,
    provider_reference: str | None,
    authority: Authority,
    reason: str,
) -> SupplyOrder:
    """The buyer learnt what became of the placing: the supplier's name for the order, or None, it never had it."""
    seen = get(session, principal, order_id)
    if seen.organisation_id != principal.organisation_id:
        raise Forbidden("order.not_yours", order_id=order_id)
    call_off = trying.locked(session, seen.call_off_id)
    order = _locked(session, order_id)
    if order.step != OrderStep.DOUBT.value:
        raise Conflict("order.not_in_doubt", step=OrderStep(order.step))
    if provider_reference is not None and not provider_reference.strip():
        raise Invalid("order.reference_missing")
    audit.record(
        session,
        clock,
        principal,
        "order.resolve",
        order.id,
        found=provider_reference or "",
        reason=reason,
        authority=authority.name,
        office=authority.office,
    )
    _known_again(session, clock, order)
    if provider_reference is None:
        never = OrderState("", OrderStatus.REJECTED, "hub", reason="order.not_there")
        answering.take(session, clock, rng, call_off, order, never, goods=False)
    else:
        order.provider_reference = provider_reference
        trying.look(session, clock, rng, call_off)
    session.flush()
    return order


def cancel(
    session: Session, clock: Clock, rng: Rng, principal: Principal, call_off_id: str, authority: Authority, reason: str
) -> CallOff:
    """Cancel what the principal called off.

    An order that never left is ended here and its capacity released; one that
    the supplier may know is first cancelled with the supplier.
    """
    call_offs.get(session, principal, call_off_id)
    call_off = trying.locked(session, call_off_id)
    if call_off.organisation_id != principal.organisation_id:
        raise Forbidden("call_off.not_yours", call_off_id=call_off_id)
    if CallOffStatus(call_off.status) not in (CallOffStatus.HELD, CallOffStatus.ACTIVE, CallOffStatus.WAITING):
        raise Conflict("call_off.not_active", status=CallOffStatus(call_off.status))
    if call_off.status == CallOffStatus.HELD.value:
        ledger.give_back_all(session, clock, subject_of(call_off.id, call_offs.FIRST), "hold_cancelled")
    call_off.status, call_off.look_at = CallOffStatus.CANCELLING.value, None
    session.add(call_off)
    call_offs.enter(session, clock, principal.organisation_id, call_off, authority, reason)
    audit.record(
        session, clock, principal, "call_off.cancel", call_off.id, authority=authority.name, office=authority.office
    )
    session.flush()
    for order in session.exec(
        select(SupplyOrder)
        .where(SupplyOrder.call_off_id == call_off_id, col(SupplyOrder.ended_at).is_(None))
        .order_by(col(SupplyOrder.rank))
        .with_for_update()
    ).all():
        if order.cancel_asked_at is None or order.cancel_refused_at is not None:
            order.cancel_refused_at = None
            trying.ask_to_cancel(session, clock, call_off, order)
    trying.look(session, clock, rng, call_off)
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


def _locked(session: Session, order_id: str) -> SupplyOrder:
    return session.exec(
        select(SupplyOrder)
        .where(SupplyOrder.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _known_again(session: Session, clock: Clock, order: SupplyOrder) -> None:
    """Out of doubt: it is followed, or cancelled if that was asked meanwhile."""
    wanted = order.cancel_asked_at is not None and order.cancel_refused_at is None
    order.step = (OrderStep.CANCEL if wanted else OrderStep.FOLLOW).value
    order.attempts, order.problem, order.due_at_wall = 0, "", clock.wall()
    option = session.get_one(CallOffOption, (order.call_off_id, order.rank))
    if option.state == OptionState.DOUBT.value:  # Otherwise its capacity is another's meanwhile.
        option.state = OptionState.TRYING.value
    session.add_all([order, option])
    session.flush()
