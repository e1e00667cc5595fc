"""Pools: nations that buy together, who belongs to them, and which phase is declared."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.capacity.rules import Span
from catalog.exercise import running
from catalog.promise.authority import Authority
from catalog.promise.in_force import Declared, in_force
from catalog.promise.lifecycle import MemberEvent, MemberStatus, next_member
from catalog.promise.tables import Agreement, PhaseDeclaration, Pool, PoolLot, PoolMember, PoolMemberEntry
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.labels import REAL
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.nations import nations as for_nations
from space_hub.vocabulary.phases import Phase

FIRST_LOT = 1
"""Of every pool; an agreement that names no lot stands in it."""


def create(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    name: str,
    authority: Authority,
    mission_area: MissionArea,
    open_to_suppliers: bool,
) -> Pool:
    """A pool led by the principal's nation, which is its first member."""
    if principal.kind is not OrganisationKind.NATION:
        raise Forbidden("pool.lead_is_a_nation", kind=principal.kind)
    pool = Pool(
        id=rng.scope(principal.organisation_id, "pool").id("pol"),
        name=name,
        lead_organisation_id=principal.organisation_id,
        authority_name=authority.name,
        authority_office=authority.office,
        mission_area=mission_area.value,
        open_to_suppliers=open_to_suppliers,
        created_at=clock.now(),
    )
    session.add(pool)
    session.flush()
    session.add(
        PoolLot(
            id=rng.scope(principal.organisation_id, "lot").id("lot"),
            pool_id=pool.id,
            number=FIRST_LOT,
            title_en=name,
            title_fr=name,
            bucket=Span.DAY.value,
        )
    )
    for event in (MemberEvent.INVITE, MemberEvent.JOIN):
        _move(session, clock, principal, pool.id, principal.organisation_id, event)
    audit.record(session, clock, principal, "pool.create", pool.id, authority=authority.name, office=authority.office)
    return pool


def first_lot(session: Session, pool_id: str) -> str:
    return session.exec(select(PoolLot.id).where(PoolLot.pool_id == pool_id, PoolLot.number == FIRST_LOT)).one()


def invite(session: Session, clock: Clock, principal: Principal, pool_id: str, organisation_id: str) -> PoolMember:
    """The lead asks a nation to join."""
    pool = led(session, principal, pool_id)
    organisation = session.get(Organisation, organisation_id)
    if organisation is None or organisation.kind != OrganisationKind.NATION.value:
        raise Invalid("pool.member_is_a_nation", organisation=organisation_id)
    return _step(session, clock, principal, pool.id, organisation_id, MemberEvent.INVITE)


def join(session: Session, clock: Clock, principal: Principal, pool_id: str) -> PoolMember:
    """An invited nation accepts."""
    return _step(
        session, clock, principal, _known(session, principal, pool_id), principal.organisation_id, MemberEvent.JOIN
    )


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
        id=rng.scope(principal.organisation_id, "phase").id("pha"),
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
        nations=None if nations is None else sorted(for_nations(nations)),
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


def phase_in_force(
    session: Session,
    pool_id: str,
    at: datetime,
    nation: str | None = None,
    area: Mapping[str, Any] | None = None,
    mode: str = REAL,
) -> Phase:
    """The phase at `at` for whom and where it is asked (`catalog.promise.in_force`)."""
    return in_force(declared(session, pool_id, mode), at, nation, area)


def declared(session: Session, pool_id: str, mode: str = REAL) -> tuple[Declared, ...]:
    """Every declaration for the pool, those to come too: the pure rule chooses."""
    rows = session.exec(
        select(PhaseDeclaration).where(PhaseDeclaration.pool_id == pool_id, PhaseDeclaration.mode == mode)
    )
    return tuple(
        Declared(
            Phase(row.phase), row.since, row.until, None if row.nations is None else frozenset(row.nations), row.area
        )
        for row in rows
    )


def visible(principal: Principal) -> ColumnElement[bool]:
    """Pools that the principal may see: open ones, those it is asked into, those it supplies.

    Anyone can register as a supplier: an open pool, with its authority and phase, is for verified ones.
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
    opened: ColumnElement[bool] = col(Pool.open_to_suppliers).is_(True)
    if principal.kind is OrganisationKind.PROVIDER:
        verified = sa_select(col(Provider.id)).where(
            col(Provider.organisation_id) == me, col(Provider.status) == Status.VERIFIED.value
        )
        opened &= verified.exists()
    return or_(opened, col(Pool.id).in_(memberships), col(Pool.id).in_(supplied))


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
    return session.exec(select(Pool).where(Pool.id == pool_id).with_for_update()).one()


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
