"""Who supplies a lot: the way in with a clock, the ways out with reasons.

A verified supplier applies at any time while its pool is open to suppliers. The application lies at the lead's own
office (or at the front desk, never at another nation's), is due in the pool's number of working days, and rises when
it is late; what the lead decides is the answer. The supplier and the lead are told, and nobody else learns who
applied or was refused.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.framework import lots
from catalog.framework.states import (
    DECISIONS,
    REASONED,
    PoolKind,
    PoolState,
    SupplierEvent,
    SupplierState,
    next_supplier,
)
from catalog.framework.tables import PoolSupplier, PoolSupplierEntry
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.tables import Pool, PoolLot, PoolMember
from providers import files, offices, submissions
from providers.desk_tables import Office
from providers.lifecycle import Status
from providers.offices import Matter
from providers.submissions import Outcome
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

_OUTCOME = {SupplierEvent.ADMIT: Outcome.ACCEPTED, SupplierEvent.REFUSE: Outcome.DECLINED}

_SHOWN_TO_MEMBERS = (SupplierState.ADMITTED, SupplierState.SUSPENDED)


def apply_to(session: Session, clock: Clock, rng: Rng, principal: Principal, lot_id: str, text: str) -> PoolSupplier:
    """Ask to be admitted, for the first time or again; the clock starts."""
    provider = files.own(session, principal)
    lot, pool = lots.get(session, principal, lot_id)
    if provider.status != Status.VERIFIED.value:
        raise Conflict("agreement.provider_not_verified", status=Status(provider.status))
    if pool.state != PoolState.OPEN.value or not pool.open_to_suppliers:
        raise Conflict("lot.closed_to_suppliers", lot_id=lot.id)
    row = _row(session, lot.id, provider.id)
    state = next_supplier(None if row is None else SupplierState(row.state), SupplierEvent.APPLY)
    row_id = rng.scope(principal.organisation_id, "pool_supplier").id("psu") if row is None else row.id
    waiting = submissions.open_one(
        session,
        clock,
        rng,
        kind=Matter.ADMISSION,
        subject=row_id,
        provider=provider,
        organisation=provider.organisation_id,
        title=f"{provider.legal_name}: {lot.title_en}",
        areas=(pool.mission_area,),
        text=text,
        office_id=_office(session, clock, pool, provider).id,
        days=pool.admission_days,
    )
    if row is None:
        row = PoolSupplier(
            id=row_id, lot_id=lot.id, provider_id=provider.id, state=state.value, submission_id=waiting.id
        )
    row.submission_id, row.decided_at = waiting.id, None
    _enter(session, clock, principal, pool, provider, row, SupplierEvent.APPLY, state, "", None)
    return row


def decide(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    lot_id: str,
    provider_id: str,
    event: SupplierEvent,
    reason: str,
    authority: Authority,
) -> PoolSupplier:
    """The lead's authority admits, refuses, suspends or removes a supplier."""
    if event not in DECISIONS:
        raise Invalid("lot.decision_unknown", given=event, accepted=tuple(sorted(DECISIONS)))
    lot, pool = lots.led(session, principal, lot_id)
    row = _row(session, lot.id, provider_id)
    if row is None:
        raise NotFound("lot.supplier_unknown", provider_id=provider_id)
    if event in REASONED and not reason.strip():
        raise Invalid("lot.reason_missing", event=event)
    provider = session.get_one(Provider, row.provider_id)
    if provider.organisation_id == principal.organisation_id:
        raise Forbidden("lot.own_supplier")
    if event is SupplierEvent.ADMIT and provider.status != Status.VERIFIED.value:
        raise Conflict("agreement.provider_not_verified", status=Status(provider.status))
    state = next_supplier(SupplierState(row.state), event)
    waiting = submissions.waiting(session, row.id, Matter.ADMISSION)
    if event in _OUTCOME and waiting is not None:
        submissions.close(session, clock, rng, principal.organisation_id, waiting, _OUTCOME[event], reason.strip())
    row.decided_at = clock.now()
    _enter(session, clock, principal, pool, provider, row, event, state, reason.strip(), authority)
    return row


def leave(session: Session, clock: Clock, principal: Principal, lot_id: str, provider_id: str) -> PoolSupplier:
    """The supplier's own way out, also of an application that is not decided; agreements go on."""
    provider = files.own(session, principal, provider_id)
    row = _row(session, lot_id, provider.id)
    if row is None:
        raise NotFound("lot.unknown", lot_id=lot_id)
    state = next_supplier(SupplierState(row.state), SupplierEvent.LEAVE)
    waiting = submissions.waiting(session, row.id, Matter.ADMISSION)
    if waiting is not None:
        submissions.withdraw(session, clock, principal.organisation_id, waiting, "")
    pool = session.get_one(Pool, session.get_one(PoolLot, lot_id).pool_id)
    _enter(session, clock, principal, pool, provider, row, SupplierEvent.LEAVE, state, "", None)
    return row


def need_admitted(session: Session, pool: Pool, lot_id: str, provider_id: str) -> None:
    """Refuse an agreement with a supplier that the lot does not have.

    A framework asks for admission. A pool agrees with whom its lead chooses, but not with a supplier that its lead
    has suspended or removed.
    """
    row = session.exec(
        select(PoolSupplier).where(PoolSupplier.lot_id == lot_id, PoolSupplier.provider_id == provider_id)
    ).first()
    state = None if row is None else SupplierState(row.state)
    out = state in (SupplierState.SUSPENDED, SupplierState.REMOVED)
    if out or (pool.kind == PoolKind.FRAMEWORK.value and state is not SupplierState.ADMITTED):
        raise Conflict("lot.not_admitted", state="-" if state is None else state)


def readable(principal: Principal) -> ColumnElement[bool]:
    """A condition on `pool_supplier`: one's own, all of the pools one leads, and as a member who is admitted."""
    me = principal.organisation_id
    own = sa_select(col(Provider.id)).where(col(Provider.organisation_id) == me)
    led = sa_select(col(PoolLot.id)).join(Pool, col(Pool.id) == col(PoolLot.pool_id))
    joined = sa_select(col(PoolLot.id)).join(PoolMember, col(PoolMember.pool_id) == col(PoolLot.pool_id))
    return or_(
        col(PoolSupplier.provider_id).in_(own),
        col(PoolSupplier.lot_id).in_(led.where(col(Pool.lead_organisation_id) == me)),
        col(PoolSupplier.lot_id).in_(joined.where(pools.joined(me)))
        & col(PoolSupplier.state).in_([each.value for each in _SHOWN_TO_MEMBERS]),
    )


def of_lot(principal: Principal, lot_id: str) -> Select[PoolSupplier]:
    """A statement of the lot's suppliers that the principal may know of."""
    return sa_select(PoolSupplier).where(col(PoolSupplier.lot_id) == lot_id, readable(principal))


def history(session: Session, principal: Principal, row: PoolSupplier) -> Sequence[PoolSupplierEntry]:
    """Every step with who took it and why: for the supplier and the lead, not for other members."""
    lead = session.get_one(Pool, session.get_one(PoolLot, row.lot_id).pool_id).lead_organisation_id
    own = session.get_one(Provider, row.provider_id).organisation_id
    if principal.organisation_id not in (lead, own):
        return ()
    entries = select(PoolSupplierEntry).where(PoolSupplierEntry.pool_supplier_id == row.id)
    return session.exec(entries.order_by(col(PoolSupplierEntry.number))).all()


def _office(session: Session, clock: Clock, pool: Pool, provider: Provider) -> Office:
    own = offices.covering(
        session, Matter.ADMISSION, (pool.mission_area,), provider.nation, holder=pool.lead_organisation_id
    )
    return own or offices.front_desk(session, clock)


def _row(session: Session, lot_id: str, provider_id: str) -> PoolSupplier | None:
    rows = select(PoolSupplier).where(PoolSupplier.lot_id == lot_id, PoolSupplier.provider_id == provider_id)
    return session.exec(rows.with_for_update()).first()


def _enter(
    session: Session,
    clock: Clock,
    principal: Principal,
    pool: Pool,
    provider: Provider,
    row: PoolSupplier,
    event: SupplierEvent,
    state: SupplierState,
    reason: str,
    authority: Authority | None,
) -> None:
    """The new state with its history, audit and event; told to the supplier and the lead alone."""
    row.state = state.value
    session.add(row)
    session.flush()
    entries = select(func.count()).select_from(PoolSupplierEntry)
    count = session.exec(entries.where(PoolSupplierEntry.pool_supplier_id == row.id)).one()
    session.add(
        PoolSupplierEntry(
            pool_supplier_id=row.id,
            number=count + 1,
            event=event.value,
            state=state.value,
            reason=reason,
            by_organisation_id=principal.organisation_id,
            by_key_id=principal.key_id,
            authority_name="" if authority is None else authority.name,
            authority_office="" if authority is None else authority.office,
            at=clock.now(),
        )
    )
    who = {} if authority is None else {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, f"lot.{event.value}", row.id, lot=row.lot_id, state=state.value, **who)
    payload = {
        "pool_id": pool.id,
        "lot_id": row.lot_id,
        "provider_id": provider.id,
        "event": event.value,
        "state": state.value,
        "reason": reason,
    }
    marking = markings.among(session, pool.lead_organisation_id, {provider.organisation_id})
    log.append(session, clock, "pool_supplier.changed", row.id, payload, marking)
    session.flush()
