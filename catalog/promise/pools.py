"""Pools and frameworks: nations that buy together, who belongs to them, and which phase is declared.

A pool is open or closed to suppliers and, on its own, to buyers: a national framework that is opened to other
Allies lets their nations accede without being asked. Whom a pool excludes does not see it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, false, func, or_, true
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.capacity.rules import Span
from catalog.exercise import running
from catalog.framework import lot_rows
from catalog.framework.states import PoolKind, PoolMethod, PoolState, SupplierState
from catalog.framework.tables import PoolSupplier
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import MemberEvent, MemberStatus, next_member
from catalog.promise.tables import Agreement, PhaseDeclaration, Pool, PoolLot, PoolMember, PoolMemberEntry
from providers.lifecycle import Status
from providers.standing import ALLIES
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money
from space_hub.vocabulary.nations import nations as read_nations
from space_hub.vocabulary.phases import Phase

FIRST_LOT = 1
"""Of every pool; an agreement that names no lot stands in it."""


@dataclass(frozen=True, slots=True)
class Openness:
    """Who may come in by itself: suppliers, and the nations named (None: the Allies)."""

    suppliers: bool
    buyers: bool = False
    nations: Collection[str] | None = None

    def __post_init__(self) -> None:
        if self.nations is not None:
            read_nations(self.nations)
            if not self.buyers:
                raise Invalid("pool.nations_without_opening", given=", ".join(sorted(self.nations)))


@dataclass(frozen=True, slots=True)
class Frame:
    """What a pool is for: how it is called off from, how long, and how much may be spent in all."""

    kind: PoolKind = PoolKind.POOL
    method: PoolMethod | None = None
    """Of a framework, and of nothing else."""
    period: Interval | None = None
    ceiling: Money | None = None
    currency: str | None = None
    """Where there is no ceiling for all, but lots may have one."""
    admission_days: int = 10
    capability: str | None = None
    """Of lot 1; its quantities are then counted in one unit."""

    def __post_init__(self) -> None:
        if (self.kind is PoolKind.FRAMEWORK) != (self.method is not None):
            raise Invalid("pool.method_wrong")
        if not 1 <= self.admission_days <= 30:
            raise Invalid("pool.admission_days_wrong", given=self.admission_days)


def create(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    name: str,
    authority: Authority,
    mission_area: MissionArea,
    opened: Openness,
    frame: Frame | None = None,
) -> Pool:
    """A pool led by the principal's nation, which is its first member."""
    if principal.kind is not OrganisationKind.NATION:
        raise Forbidden("pool.lead_is_a_nation", kind=principal.kind)
    frame = frame or Frame()
    pool = Pool(
        id=rng.scope(principal.organisation_id, "pool").id("pol"),
        name=name,
        lead_organisation_id=principal.organisation_id,
        authority_name=authority.name,
        authority_office=authority.office,
        mission_area=mission_area.value,
        open_to_suppliers=opened.suppliers,
        open_to_buyers=opened.buyers,
        buyer_nations=None if opened.nations is None else sorted(opened.nations),
        kind=frame.kind.value,
        method=None if frame.method is None else frame.method.value,
        period_from=None if frame.period is None else frame.period.start,
        period_to=None if frame.period is None else frame.period.stop,
        ceiling=None if frame.ceiling is None else f"{frame.ceiling.amount:f}",
        currency=frame.currency if frame.ceiling is None else frame.ceiling.currency,
        admission_days=frame.admission_days,
        created_at=clock.now(),
    )
    session.add(pool)
    session.flush()
    for event in (MemberEvent.INVITE, MemberEvent.JOIN):
        _move(session, clock, principal, pool.id, principal.organisation_id, event)
    lot_rows.publish(
        session,
        clock,
        rng,
        principal,
        pool,
        number=FIRST_LOT,
        titles=(name, name),
        capability=frame.capability,
        bucket=Span.DAY,
        ceiling=None if frame.ceiling is None else frame.ceiling.amount,
    )
    audit.record(session, clock, principal, "pool.create", pool.id, authority=authority.name, office=authority.office)
    return pool


def reopen(
    session: Session, clock: Clock, principal: Principal, pool_id: str, opened: Openness, authority: Authority
) -> Pool:
    """Open or close a pool to suppliers and to buyers. Who is in stays in, and what was applied for is decided."""
    pool = _open(led(session, principal, pool_id))
    pool.open_to_suppliers, pool.open_to_buyers = opened.suppliers, opened.buyers
    pool.buyer_nations = None if opened.nations is None else sorted(opened.nations)
    session.add(pool)
    said = {"authority": authority.name, "office": authority.office}
    audit.record(
        session, clock, principal, "pool.reopen", pool.id, suppliers=opened.suppliers, buyers=opened.buyers, **said
    )
    session.flush()
    return pool


def close(
    session: Session, clock: Clock, principal: Principal, pool_id: str, reason: str, authority: Authority
) -> Pool:
    """Nobody comes in any more, by whatever way; what is agreed and called off goes on."""
    pool = _open(led(session, principal, pool_id))
    pool.state = PoolState.CLOSED.value
    session.add(pool)
    said = {"authority": authority.name, "office": authority.office}
    audit.record(session, clock, principal, "pool.close", pool.id, reason=reason, **said)
    session.flush()
    return pool


def first_lot(session: Session, pool_id: str) -> str:
    return session.exec(select(PoolLot.id).where(PoolLot.pool_id == pool_id, PoolLot.number == FIRST_LOT)).one()


def invite(session: Session, clock: Clock, principal: Principal, pool_id: str, organisation_id: str) -> PoolMember:
    """The lead asks a nation to join."""
    pool = _open(led(session, principal, pool_id))
    organisation = session.get(Organisation, organisation_id)
    if organisation is None or organisation.kind != OrganisationKind.NATION.value:
        raise Invalid("pool.member_is_a_nation", organisation=organisation_id)
    return _step(session, clock, principal, pool.id, organisation_id, MemberEvent.INVITE)


def join(session: Session, clock: Clock, principal: Principal, pool_id: str) -> PoolMember:
    """An invited nation accepts."""
    return _step(
        session, clock, principal, _known(session, principal, pool_id), principal.organisation_id, MemberEvent.JOIN
    )


def accede(session: Session, clock: Clock, principal: Principal, pool_id: str) -> PoolMember:
    """A nation to which the pool is open joins without being asked; for any other the pool does not exist."""
    pool = _open(get(session, principal, pool_id))
    if not pool.open_to_buyers or not _may_accede(pool, principal):
        raise Forbidden("pool.not_open_to_you", pool_id=pool.id)
    return _step(session, clock, principal, pool.id, principal.organisation_id, MemberEvent.ACCEDE)


def leave(session: Session, clock: Clock, principal: Principal, pool_id: str) -> PoolMember:
    """A nation leaves; the lead cannot, because the agreements are in its name."""
    pool = get(session, principal, pool_id)
    if pool.lead_organisation_id == principal.organisation_id:
        raise Forbidden("pool.lead_stays")
    return _step(session, clock, principal, pool.id, principal.organisation_id, MemberEvent.LEAVE)


def declare(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    pool_id: str,
    *,
    phase: Phase,
    since: datetime | None,
    reason: str,
    authority: Authority,
    until: datetime | None = None,
    nations: Collection[str] | None = None,
    area: Mapping[str, Any] | None = None,
) -> PhaseDeclaration:
    """The lead's authority declares a phase for the pool, from `since` (now if None) on.

    `until`, `nations` and `area` limit when, for whom and where it holds; None is no limit.
    """
    pool = led(session, principal, pool_id)
    running.require(session, clock, principal)
    now = clock.now()
    if since is not None and since < now:
        raise Invalid("pool.phase_in_the_past", since=since.isoformat(), now=now.isoformat())
    if until is not None and until <= (since or now):
        raise Invalid("pool.phase_ends_before", since=(since or now).isoformat(), until=until.isoformat())
    if nations is not None and not nations:
        raise Invalid("pool.phase_for_nobody")
    if area is not None:
        check_geometry(area)
    number = session.exec(
        select(func.max(PhaseDeclaration.number)).where(
            PhaseDeclaration.pool_id == pool.id, PhaseDeclaration.mode == principal.mode
        )
    ).one()
    row = PhaseDeclaration(
        # What is rehearsed shifts no id of what is declared in earnest.
        id=rng.scope(f"{pool.id}/{principal.mode}", "phase").id("pha"),
        pool_id=pool.id,
        number=(number or 0) + 1,
        phase=phase.value,
        since=since or now,
        reason=reason,
        by_organisation_id=principal.organisation_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=now,
        mode=principal.mode,
        until=until,
        nations=None if nations is None else sorted(read_nations(nations)),
        area=area,
    )
    session.add(row)
    audit.record(
        session,
        clock,
        principal,
        "phase.declare",
        pool.id,
        phase=phase.value,
        since=row.since.isoformat(),
        authority=authority.name,
        office=authority.office,
    )
    session.flush()
    return row


def visible(principal: Principal) -> ColumnElement[bool]:
    """Pools that the principal may see: those open to it, those it is asked into, those it supplies or applied to.

    Anyone can register as a supplier: a pool open to suppliers, with its authority and phase, is for verified ones.
    """
    me = principal.organisation_id
    memberships = sa_select(col(PoolMember.pool_id)).where(
        col(PoolMember.organisation_id) == me, col(PoolMember.status) != MemberStatus.LEFT.value
    )
    supplied = (
        sa_select(col(Agreement.pool_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .where(col(Provider.organisation_id) == me)
    )
    on_a_lot = (
        sa_select(col(PoolLot.pool_id))
        .join(PoolSupplier, col(PoolSupplier.lot_id) == col(PoolLot.id))
        .join(Provider, col(Provider.id) == col(PoolSupplier.provider_id))
        .where(col(Provider.organisation_id) == me, col(PoolSupplier.state).in_([each.value for each in _ON_A_LOT]))
    )
    inside = [col(Pool.id).in_(each) for each in (memberships, supplied, on_a_lot)]
    return or_((col(Pool.state) == PoolState.OPEN.value) & _opened_to(principal), *inside)


_ON_A_LOT = (SupplierState.APPLIED, SupplierState.ADMITTED, SupplierState.SUSPENDED)


def _opened_to(principal: Principal) -> ColumnElement[bool]:
    """Pools that this kind of organisation, of this nation, may come into by itself."""
    if principal.kind is OrganisationKind.BROKER:
        return or_(col(Pool.open_to_suppliers).is_(True), col(Pool.open_to_buyers).is_(True))
    if principal.kind is OrganisationKind.PROVIDER:
        verified = sa_select(col(Provider.id)).where(
            col(Provider.organisation_id) == principal.organisation_id, col(Provider.status) == Status.VERIFIED.value
        )
        return col(Pool.open_to_suppliers).is_(True) & verified.exists()
    if principal.kind is not OrganisationKind.NATION:
        return false()
    written = cast(col(Pool.buyer_nations), String)
    unnamed = true() if principal.nation in ALLIES else false()
    named = written.like(f'%"{principal.nation}"%')
    return col(Pool.open_to_buyers).is_(True) & or_(named, unnamed & or_(written == "null", written.is_(None)))


def _may_accede(pool: Pool, principal: Principal) -> bool:
    nations = ALLIES if pool.buyer_nations is None else pool.buyer_nations
    return principal.kind is OrganisationKind.NATION and principal.nation in nations


def _open(pool: Pool) -> Pool:
    if pool.state != PoolState.OPEN.value:
        raise Conflict("pool.closed", pool_id=pool.id)
    return pool


def get(session: Session, principal: Principal, pool_id: str) -> Pool:
    found = session.exec(select(Pool).where(Pool.id == pool_id, visible(principal))).first()
    if found is None:
        raise NotFound("pool.unknown", pool_id=pool_id)
    return found


def led(session: Session, principal: Principal, pool_id: str) -> Pool:
    """A pool that the principal leads, locked until the transaction ends."""
    pool = get(session, principal, pool_id)
    if pool.lead_organisation_id != principal.organisation_id:
        raise Forbidden("pool.lead_decides", pool_id=pool_id)
    held = select(Pool).where(Pool.id == pool_id).with_for_update()
    return session.exec(held.execution_options(populate_existing=True)).one()


def joined(organisation_id: str) -> ColumnElement[bool]:
    """A condition on `Pool.id`-like subqueries: memberships of this organisation that are in force."""
    return (col(PoolMember.organisation_id) == organisation_id) & (col(PoolMember.status) == MemberStatus.JOINED.value)


def is_member(session: Session, pool_id: str, organisation_id: str) -> bool:
    member = session.get(PoolMember, (pool_id, organisation_id))
    return member is not None and member.status == MemberStatus.JOINED.value


def members(session: Session, principal: Principal, pool_id: str) -> Sequence[PoolMember]:
    """Who belongs to a pool: told to its members, nobody else."""
    if not is_member(session, pool_id, principal.organisation_id):
        return ()
    return session.exec(
        select(PoolMember).where(PoolMember.pool_id == pool_id).order_by(col(PoolMember.organisation_id))
    ).all()


def _known(session: Session, principal: Principal, pool_id: str) -> str:
    return get(session, principal, pool_id).id


def _step(
    session: Session, clock: Clock, principal: Principal, pool_id: str, organisation_id: str, event: MemberEvent
) -> PoolMember:
    member = _move(session, clock, principal, pool_id, organisation_id, event)
    audit.record(session, clock, principal, f"pool.{event.value}", pool_id, member=organisation_id)
    return member


def _move(
    session: Session, clock: Clock, principal: Principal, pool_id: str, organisation_id: str, event: MemberEvent
) -> PoolMember:
    member = session.exec(
        select(PoolMember)
        .where(PoolMember.pool_id == pool_id, PoolMember.organisation_id == organisation_id)
        .with_for_update()
    ).first()
    status = next_member(None if member is None else MemberStatus(member.status), event)
    if member is None:
        member = PoolMember(pool_id=pool_id, organisation_id=organisation_id, status=status.value)
    member.status = status.value
    session.add(member)
    last = session.exec(
        select(func.max(PoolMemberEntry.number)).where(
            PoolMemberEntry.pool_id == pool_id, PoolMemberEntry.organisation_id == organisation_id
        )
    ).one()
    session.add(
        PoolMemberEntry(
            pool_id=pool_id,
            organisation_id=organisation_id,
            number=(last or 0) + 1,
            event=event.value,
            status=status.value,
            by_organisation_id=principal.organisation_id,
            at=clock.now(),
        )
    )
    session.flush()
    return member
