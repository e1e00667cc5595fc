"""Pools and frameworks: nations that buy together, and the phase that is declared for them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import EITHER, Router, scope
from catalog.framework.states import PoolKind, PoolMethod, PoolState
from catalog.promise import phases, pools
from catalog.promise.lifecycle import MemberStatus
from catalog.promise.pools import Frame, Openness
from catalog.promise.tables import PhaseDeclaration, Pool, PoolMember
from space_hub.errors import Invalid
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/pools", tags=["pools"])

READ = scope("catalog:read", modes=EITHER)


class OpennessIn(In):
    open_to_suppliers: bool = Field(
        default=True, description="Whether verified suppliers see it, apply to its lots and may draft agreements."
    )
    open_to_buyers: bool = Field(default=False, description="Whether nations see it and may accede without invitation.")
    buyer_nations: list[str] | None = Field(
        default=None, max_length=300, description="Which nations (ISO 3166 alpha-2); the Allies if left out."
    )

    def openness(self) -> Openness:
        return Openness(self.open_to_suppliers, self.open_to_buyers, self.buyer_nations)


class ReopenIn(OpennessIn):
    decided_by: DecidedByIn


class CloseIn(In):
    reason: str = Field(min_length=1, max_length=500)
    decided_by: DecidedByIn


class PoolIn(OpennessIn):
    name: str = Field(min_length=1, max_length=200)
    contracting_authority: DecidedByIn
    mission_area: MissionArea
    kind: PoolKind = Field(
        default=PoolKind.POOL, description="A framework makes agreements with suppliers admitted to its lots only."
    )
    method: PoolMethod | None = Field(default=None, description="How a framework is called off from.")
    capability: str | None = Field(default=None, description="Of lot 1, which is then counted in its unit.")
    period_from: UtcDatetime | None = None
    period_to: UtcDatetime | None = None
    ceiling: Decimal | None = Field(
        default=None,
        gt=0,
        max_digits=15,
        decimal_places=2,
        description="Most that may be called off; its lots share it.",
    )
    currency: str | None = Field(default=None, description="ISO 4217; needed for a ceiling, of the pool or of a lot.")
    admission_days: int = Field(
        default=10, ge=1, le=30, description="Working days in which an application of a supplier is decided."
    )

    def frame(self) -> Frame:
        if (self.period_from is None) != (self.period_to is None):
            raise Invalid("pool.period_half")
        if self.ceiling is not None and self.currency is None:
            raise Invalid("pool.currency_missing")
        return Frame(
            kind=self.kind,
            method=self.method,
            period=None if self.period_from is None else Interval(self.period_from, self.period_to),
            ceiling=None if self.ceiling is None else money(self.ceiling, self.currency or ""),
            currency=None if self.currency is None else money(0, self.currency).currency,
            admission_days=self.admission_days,
            capability=self.capability,
        )


class MemberOut(Out):
    organisation_id: str
    status: MemberStatus


class PoolOut(Out):
    id: str
    name: str
    lead_organisation_id: str
    contracting_authority: DecidedByOut
    mission_area: MissionArea
    kind: PoolKind
    method: PoolMethod | None
    state: PoolState
    open_to_suppliers: bool
    open_to_buyers: bool
    buyer_nations: list[str] | None = Field(description="Who may accede; null: the Allies.")
    period_from: datetime | None
    period_to: datetime | None
    ceiling: str | None
    currency: str | None
    admission_days: int
    phase: Phase = Field(description="In force now for your nation, where no area is named.")
    members: list[MemberOut] = Field(description="Told to members only.")
    created_at: datetime


class InviteIn(In):
    organisation_id: str


class PhaseIn(In):
    phase: Phase
    since: UtcDatetime | None = Field(default=None, description="Now if left out.")
    until: UtcDatetime | None = Field(default=None, description="Until another is declared if left out.")
    nations: list[str] | None = Field(
        default=None, max_length=250, description="ISO 3166 alpha-2; for all members if left out."
    )
    area: dict[str, Any] | None = Field(default=None, description="GeoJSON geometry; everywhere if left out.")
    reason: str = Field(min_length=1, max_length=500)
    decided_by: DecidedByIn


class PhaseOut(Out):
    id: str
    pool_id: str
    number: int
    phase: Phase
    since: datetime
    until: datetime | None
    nations: list[str] | None
    area: dict[str, Any] | None
    reason: str
    declared_by_organisation_id: str
    decided_by: DecidedByOut
    at: datetime


def _phase(row: PhaseDeclaration) -> PhaseOut:
    return PhaseOut(
        id=row.id,
        pool_id=row.pool_id,
        number=row.number,
        phase=Phase(row.phase),
        since=row.since,
        until=row.until,
        nations=row.nations,
        area=row.area,
        reason=row.reason,
        declared_by_organisation_id=row.by_organisation_id,
        decided_by=DecidedByOut(name=row.authority_name, office=row.authority_office),
        at=row.at,
    )


def _pool(session: Session, asked: Asked, row: Pool) -> PoolOut:
    return PoolOut(
        id=row.id,
        name=row.name,
        lead_organisation_id=row.lead_organisation_id,
        contracting_authority=DecidedByOut(name=row.authority_name, office=row.authority_office),
        mission_area=MissionArea(row.mission_area),
        kind=PoolKind(row.kind),
        method=None if row.method is None else PoolMethod(row.method),
        state=PoolState(row.state),
        open_to_suppliers=row.open_to_suppliers,
        open_to_buyers=row.open_to_buyers,
        buyer_nations=row.buyer_nations,
        period_from=row.period_from,
        period_to=row.period_to,
        ceiling=row.ceiling,
        currency=row.currency,
        admission_days=row.admission_days,
        phase=phases.phase_in_force(
            session, row.id, asked.clock.now(), asked.principal.nation, mode=asked.principal.mode
        ),
        members=[_member(each) for each in pools.members(session, asked.principal, row.id)],
        created_at=row.created_at,
    )


def _member(row: PoolMember) -> MemberOut:
    return MemberOut(organisation_id=row.organisation_id, status=MemberStatus(row.status))


@router.post("", status_code=201, policy=scope("pool:write"))
def create_pool(body: PoolIn, once: Once) -> PoolOut:
    """A pool led by your nation."""

    def make(session: Session) -> PoolOut:
        made = pools.create(
            session,
            once.clock,
            once.rng,
            once.principal,
            name=body.name,
            authority=body.contracting_authority.value(),
            mission_area=body.mission_area,
            opened=body.openness(),
            frame=body.frame(),
        )
        return _pool(session, once, made)

    return once.run(make)


@router.get("", policy=READ)
def list_pools(asked: Asked, page: Page) -> Paged[PoolOut]:
    """Pools that are open to you, those you are asked into, those you supply or applied to."""
    with asked.read() as session:
        found = select(Pool).where(pools.visible(asked.principal))
        return page.of(session, found, key=col(Pool.id), make=lambda row: _pool(session, asked, row))


@router.get("/{pool_id}", policy=READ)
def get_pool(pool_id: str, asked: Asked) -> PoolOut:
    """One pool: who leads it, who decided, which phase is in force."""
    with asked.read() as session:
        return _pool(session, asked, pools.get(session, asked.principal, pool_id))


@router.post("/{pool_id}/members", status_code=201, policy=scope("pool:write"))
def invite_member(pool_id: str, body: InviteIn, once: Once) -> MemberOut:
    """The lead asks a nation to join."""
    return once.run(
        lambda session: _member(pools.invite(session, once.clock, once.principal, pool_id, body.organisation_id))
    )


@router.post("/{pool_id}/join", status_code=200, policy=scope("pool:write"))
def join_pool(pool_id: str, once: Once) -> MemberOut:
    """Accept an invitation."""
    return once.run(lambda session: _member(pools.join(session, once.clock, once.principal, pool_id)), status=200)


@router.post("/{pool_id}/accession", status_code=200, policy=scope("pool:write"))
def accede_to_pool(pool_id: str, once: Once) -> MemberOut:
    """Join without invitation a pool that is open to your nation."""
    return once.run(lambda session: _member(pools.accede(session, once.clock, once.principal, pool_id)), status=200)


@router.put("/{pool_id}/openness", policy=scope("pool:write"))
def reopen_pool(pool_id: str, body: ReopenIn, asked: Asked) -> PoolOut:
    """Open or close it to suppliers and to buyers; who is in stays in."""
    with asked.write() as session:
        opened, authority = body.openness(), body.decided_by.value()
        return _pool(session, asked, pools.reopen(session, asked.clock, asked.principal, pool_id, opened, authority))


@router.post("/{pool_id}/close", status_code=200, policy=scope("pool:write"))
def close_pool(pool_id: str, body: CloseIn, once: Once) -> PoolOut:
    """Nobody comes in any more; what is agreed and called off goes on."""

    def make(session: Session) -> PoolOut:
        authority = body.decided_by.value()
        closed = pools.close(session, once.clock, once.principal, pool_id, body.reason, authority)
        return _pool(session, once, closed)

    return once.run(make, status=200)


@router.post("/{pool_id}/leave", status_code=200, policy=scope("pool:write"))
def leave_pool(pool_id: str, once: Once) -> MemberOut:
    """Step out of a pool; what you called off stays yours."""
    return once.run(lambda session: _member(pools.leave(session, once.clock, once.principal, pool_id)), status=200)


@router.post("/{pool_id}/phases", status_code=201, policy=scope("pool:write", modes=EITHER))
def declare_phase(pool_id: str, body: PhaseIn, once: Once) -> PhaseOut:
    """The lead's authority declares peace, crisis or conflict for the pool; an exercise's key does so in it alone."""

    def make(session: Session) -> PhaseOut:
        return _phase(
            pools.declare(
                session,
                once.clock,
                once.rng,
                once.principal,
                pool_id,
                phase=body.phase,
                since=body.since,
                reason=body.reason,
                authority=body.decided_by.value(),
                until=body.until,
                nations=body.nations,
                area=body.area,
            )
        )

    return once.run(make)


@router.get("/{pool_id}/phases", policy=READ)
def list_phases(pool_id: str, asked: Asked, page: Page) -> Paged[PhaseOut]:
    """Every declaration for the pool, oldest first."""
    with asked.read() as session:
        pool = pools.get(session, asked.principal, pool_id)
        found = select(PhaseDeclaration).where(
            PhaseDeclaration.pool_id == pool.id, PhaseDeclaration.mode == asked.principal.mode
        )
        return page.of(session, found, key=col(PhaseDeclaration.number), make=_phase)
