"""Call-offs: a nation uses what an agreement assures, decided by a named contracting authority.

The capacity is committed in the same transaction as the call-off, its order to
the supplier, its audit row and its log entry. Nobody outside is called here:
`catalog.ordering.orders` places the order afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS, Ask, Span, slots, units
from catalog.ordering.tables import (
    CallOff,
    CallOffEntry,
    CallOffKind,
    CallOffMethod,
    CallOffOption,
    OptionState,
    Purpose,
    SupplyOrder,
)
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import OPEN, AgreementStatus, CallOffStatus
from catalog.promise.opened import opened
from catalog.promise.tables import Agreement, Pool, PoolMember
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

LONGEST = timedelta(days=366)

FIRST = 1
"""Rank of the option that is tried first."""

_HOLDING = (OptionState.READY, OptionState.TRYING, OptionState.WON, OptionState.DOUBT)


@dataclass(frozen=True, slots=True)
class CallOffAsk:
    """So many parts of every UTC day that the window touches."""

    agreement_id: str
    parts_per_day: int
    window: Interval
    area: Any = None
    parameters: dict[str, Any] = field(default_factory=dict)


def place(
    session: Session, clock: Clock, rng: Rng, principal: Principal, ask: CallOffAsk, authority: Authority
) -> CallOff:
    """Commit capacity and make the order; raises Conflict `capacity.exhausted` when a day has not enough left."""
    agreement, pool, provider = _usable(session, clock, principal, ask.agreement_id)
    now = clock.now()
    stop = ask.window.stop
    if stop is None or stop - ask.window.start > LONGEST:
        raise Invalid("call_off.window_wrong", days=LONGEST.days)
    if ask.window.start < agreement.period_from or stop > agreement.period_to:
        raise Conflict(
            "call_off.outside_period",
            period_from=log.rfc3339(agreement.period_from),
            period_to=log.rfc3339(agreement.period_to),
        )
    if ask.area is not None:
        check_geometry(ask.area)
    openings = opened(session, agreement, principal.nation, ask.area, now)
    phase, terms = openings.phase, openings.terms
    if phase is None or terms is None:
        raise Conflict("call_off.phase_not_agreed", phase=openings.declared_phase)
    if ask.window.start < now + terms.notice:
        raise Conflict("call_off.notice_too_short", phase=phase, earliest=log.rfc3339(now + terms.notice))
    first, last = slots(Span.DAY, ask.window.start, stop)
    stream = rng.scope(principal.organisation_id, "call_off")
    call_off_id = stream.id("cal")
    held = ledger.take(
        session,
        clock,
        rng,
        tenant=principal.organisation_id,
        resource=agreement.id,
        ask=Ask(first, last, ask.parts_per_day),
        ceiling=openings.parts_at(now),
        subject=f"{call_off_id}/{FIRST}",
    )
    total = terms.price.amount * ask.parts_per_day * (last - first + 1) / PARTS
    call_off = CallOff(
        id=call_off_id,
        pool_id=pool.id,
        organisation_id=principal.organisation_id,
        kind=CallOffKind.TASKING.value,
        method=CallOffMethod.DIRECT.value,
        purpose=Purpose.DEFENCE.value,
        parts_per_day=ask.parts_per_day,
        window_from=ask.window.start,
        window_to=stop,
        authority_name=authority.name,
        authority_office=authority.office,
        parameters=ask.parameters,
        area=ask.area,
        status=CallOffStatus.ACTIVE.value,
        created_at=now,
    )
    session.add(call_off)
    session.flush()
    option = CallOffOption(
        call_off_id=call_off.id,
        rank=FIRST,
        agreement_id=agreement.id,
        parts_per_slot=ask.parts_per_day,
        phase=phase.value,
        unit_price=f"{terms.price.amount:f}",
        currency=terms.price.currency,
        total_price=f"{total.normalize():f}",
        priority=terms.priority,
        reservation_id=held.id,
        state=OptionState.TRYING.value,
    )
    session.add(option)
    session.flush()
    session.add(
        SupplyOrder(
            id=rng.scope(principal.organisation_id, "order").id("ord"),
            call_off_id=call_off.id,
            rank=option.rank,
            provider_id=provider.id,
            organisation_id=principal.organisation_id,
            step="place",
            due_at_wall=clock.wall(),
            created_at=now,
        )
    )
    enter(session, clock, principal.organisation_id, call_off, authority, first=True)
    audit.record(
        session,
        clock,
        principal,
        "call_off.place",
        call_off.id,
        agreement=agreement.id,
        quantity_per_day=units(ask.parts_per_day),
        phase=phase.value,
        authority=authority.name,
        office=authority.office,
    )
    _tell(session, clock, pool, provider, agreement, call_off, option)
    return call_off


def enter(
    session: Session,
    clock: Clock,
    organisation_id: str,
    call_off: CallOff,
    authority: Authority | None = None,
    reason: str = "",
    *,
    first: bool = False,
) -> None:
    """A history row with the status that the call-off has now."""
    last = 0
    if not first:
        last = (
            session.exec(select(func.max(CallOffEntry.number)).where(CallOffEntry.call_off_id == call_off.id)).one()
            or 0
        )
    session.add(
        CallOffEntry(
            call_off_id=call_off.id,
            number=last + 1,
            status=call_off.status,
            by_organisation_id=organisation_id,
            authority_name="" if authority is None else authority.name,
            authority_office="" if authority is None else authority.office,
            reason=reason,
            at=clock.now(),
        )
    )


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own, those of the pools one leads, and for a supplier those on its agreements. No other member's."""
    me = principal.organisation_id
    supplied = (
        sa_select(col(CallOffOption.call_off_id))
        .join(Agreement, col(Agreement.id) == col(CallOffOption.agreement_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .where(col(Provider.organisation_id) == me)
    )
    led = sa_select(col(Pool.id)).where(col(Pool.lead_organisation_id) == me)
    return or_(col(CallOff.organisation_id) == me, col(CallOff.id).in_(supplied), col(CallOff.pool_id).in_(led))


def get(session: Session, principal: Principal, call_off_id: str) -> CallOff:
    found = session.exec(select(CallOff).where(CallOff.id == call_off_id, visible(principal))).first()
    if found is None:
        raise NotFound("call_off.unknown", call_off_id=call_off_id)
    return found


def history(session: Session, call_off_id: str) -> Sequence[CallOffEntry]:
    return session.exec(
        select(CallOffEntry).where(CallOffEntry.call_off_id == call_off_id).order_by(col(CallOffEntry.number))
    ).all()


def order_of(session: Session, call_off_id: str) -> SupplyOrder:
    """The order of the first option."""
    return session.exec(
        select(SupplyOrder).where(SupplyOrder.call_off_id == call_off_id, SupplyOrder.rank == FIRST)
    ).one()


def first_option(session: Session, call_off_id: str) -> CallOffOption:
    return session.get_one(CallOffOption, (call_off_id, FIRST))


def open_on(session: Session, agreement_ids: Sequence[str]) -> Sequence[CallOff]:
    """Call-offs that still run and may yet be served by one of these agreements."""
    held = sa_select(col(CallOffOption.call_off_id)).where(
        col(CallOffOption.agreement_id).in_(agreement_ids),
        col(CallOffOption.state).in_([each.value for each in _HOLDING]),
    )
    return session.exec(
        select(CallOff)
        .where(col(CallOff.id).in_(held), col(CallOff.status).in_([each.value for each in OPEN]))
        .order_by(col(CallOff.id))
    ).all()


def _usable(
    session: Session, clock: Clock, principal: Principal, agreement_id: str
) -> tuple[Agreement, Pool, Provider]:
    """A signed agreement of a pool that the principal belongs to, with a supplier that may deliver."""
    row = session.exec(
        select(Agreement, Pool, Provider)
        .join(Pool, col(Pool.id) == col(Agreement.pool_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .join(PoolMember, col(PoolMember.pool_id) == col(Pool.id))
        .where(Agreement.id == agreement_id, pools.joined(principal.organisation_id))
        # Shared, so that callers do not wait for each other and an ending agreement waits for them.
        .with_for_update(read=True, of=Agreement)
    ).first()
    if row is None:
        raise NotFound("agreement.unknown", agreement_id=agreement_id)
    agreement, _, provider = row
    if agreement.status != AgreementStatus.SIGNED.value:
        raise Conflict("call_off.agreement_not_signed", status=AgreementStatus(agreement.status))
    if provider.status != Status.VERIFIED.value:
        raise Conflict("agreement.provider_not_verified", status=Status(provider.status))
    return row[0], row[1], row[2]


def _tell(
    session: Session,
    clock: Clock,
    pool: Pool,
    provider: Provider,
    agreement: Agreement,
    call_off: CallOff,
    option: CallOffOption,
) -> None:
    payload = {
        "call_off_id": call_off.id,
        "agreement_id": agreement.id,
        "pool_id": pool.id,
        "provider_id": provider.id,
        "offering_id": agreement.offering_id,
        "quantity_per_day": units(option.parts_per_slot),
        "unit": agreement.unit,
        "window_from": log.rfc3339(call_off.window_from),
        "window_to": log.rfc3339(call_off.window_to),
        "phase": Phase(option.phase).value,
        "priority": option.priority,
        "total_price": f"{Decimal(option.total_price):f}",
        "currency": option.currency,
        "decided_by": {"name": call_off.authority_name, "office": call_off.authority_office},
    }
    marking_id = markings.among(
        session, call_off.organisation_id, {pool.lead_organisation_id, provider.organisation_id}
    )
    log.append(session, clock, "call_off.placed", call_off.id, payload, marking_id)
