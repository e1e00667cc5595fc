"""Tables of the promise: pools and agreements.

Quantities are whole parts of a thousandth of the capacity unit (`catalog.capacity.rules`).
Prices are kept as decimal text beside their currency: SQLite has no exact decimal
type and would round them through a float. Every status repeats the last row of
its history, for joins.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from catalog.capacity.rules import Span
from catalog.framework.states import AgreementOrigin, PoolKind, PoolMethod, PoolState
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.trust.labels import REAL


class Pool(SQLModel, table=True):
    """Nations that buy together under a lead, whose named authority contracts."""

    __tablename__ = "pool"
    __table_args__ = (
        one_of("kind", *PoolKind),
        one_of("method", *PoolMethod),
        one_of("state", *PoolState),
        CheckConstraint("admission_days BETWEEN 1 AND 30", name="admission_days"),
        CheckConstraint("period_to > period_from", name="period"),
        CheckConstraint("ceiling IS NULL OR currency IS NOT NULL", name="ceiling_in_a_currency"),
    )

    id: str = Field(primary_key=True)
    name: str = Field(max_length=200)
    lead_organisation_id: str = Field(foreign_key="organisation.id", index=True)
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    mission_area: str = Field(max_length=20)
    open_to_suppliers: bool
    created_at: datetime
    kind: str = Field(default=PoolKind.POOL.value, max_length=10)
    method: str | None = Field(default=None, max_length=20)
    """How a framework is called off from."""
    open_to_buyers: bool = False
    buyer_nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Who may join without being asked; null means the Allies."""
    period_from: datetime | None = None
    period_to: datetime | None = None
    ceiling: str | None = Field(default=None, max_length=40)
    currency: str | None = Field(default=None, max_length=3)
    admission_days: int = 10
    """Working days in which an application of a supplier is decided."""
    state: str = Field(default=PoolState.OPEN.value, max_length=6)


class PoolMember(SQLModel, table=True):
    __tablename__ = "pool_member"
    __table_args__ = (CheckConstraint("status IN ('invited', 'joined', 'left')", name="known_status"),)

    pool_id: str = Field(primary_key=True, foreign_key="pool.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    status: str = Field(max_length=10)


class PoolMemberEntry(SQLModel, table=True):
    """One change of a membership."""

    __tablename__ = "pool_member_entry"
    __table_args__ = (UniqueConstraint("pool_id", "organisation_id", "number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    pool_id: str = Field(foreign_key="pool.id")
    organisation_id: str = Field(foreign_key="organisation.id")
    number: int
    event: str = Field(max_length=10)
    status: str = Field(max_length=10)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime


class PhaseDeclaration(SQLModel, table=True):
    """Who declared which phase for a pool, since when. The last one that has begun is in force."""

    __tablename__ = "phase_declaration"
    __table_args__ = (
        CheckConstraint("phase IN ('peace', 'crisis', 'conflict')", name="known_phase"),
        UniqueConstraint("pool_id", "mode", "number"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    number: int
    phase: str = Field(max_length=10)
    since: datetime
    reason: str = Field(max_length=500)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    at: datetime
    mode: str = Field(default=REAL, max_length=40)
    nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """For whom; null means all members."""
    area: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    until: datetime | None = None


class Agreement(SQLModel, table=True):
    """Assured access of a pool to one version of one offering; its content never changes."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'offered', 'signed', 'ended', 'withdrawn')", name="known_status"),
        CheckConstraint("period_to > period_from", name="period"),
        one_of("bucket", Span.HOUR, Span.DAY),
        one_of("origin", *AgreementOrigin),
        CheckConstraint("origin <> 'competition' OR competition_id IS NOT NULL", name="competition_named"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    lot_id: str = Field(foreign_key="pool_lot.id", index=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    offering_id: str = Field(foreign_key="offering.id", index=True)
    version_id: str = Field(foreign_key="offering_version.id", index=True)
    version_sha256: str = Field(max_length=64)
    """Content of the version when it was agreed: a later edit cannot reach what was promised."""
    period_from: datetime
    period_to: datetime
    unit: str = Field(max_length=30)
    price_unit: str = Field(max_length=30)
    status: str = Field(max_length=10, index=True)
    created_by_id: str = Field(foreign_key="organisation.id")
    created_at: datetime
    bucket: str = Field(default=Span.DAY.value, max_length=5)
    origin: str = Field(default=AgreementOrigin.DIRECT.value, max_length=12)
    competition_id: str | None = None
    minimum_guarantee: str | None = Field(default=None, max_length=40)
    ceiling: str | None = Field(default=None, max_length=40)


class AgreementTerms(SQLModel, table=True):
    """The promise for one phase (`catalog.promise.access.PhaseTerms`)."""

    __tablename__ = "agreement_terms"
    __table_args__ = (
        CheckConstraint("phase IN ('peace', 'crisis', 'conflict')", name="known_phase"),
        CheckConstraint("parts_per_day > 0", name="some_capacity"),
        CheckConstraint("priority BETWEEN 1 AND 15", name="known_priority"),
        CheckConstraint("exclusivity IN ('none', 'area_time', 'full')", name="known_exclusivity"),
        one_of("basis", "quantity", "share_of_fleet"),
        one_of("activation", "none", "required"),
        CheckConstraint("activation = 'none' OR acknowledge_s > 0", name="time_to_acknowledge"),
        CheckConstraint("NOT deny_others OR exclusivity <> 'none'", name="deny_is_exclusive"),
    )

    agreement_id: str = Field(primary_key=True, foreign_key="agreement.id")
    phase: str = Field(primary_key=True, max_length=10)
    parts_per_day: int = Field(sa_type=BIG)
    notice_s: int = Field(sa_type=BIG)
    unit_price: str = Field(max_length=30)
    currency: str = Field(max_length=3)
    priority: int
    exclusivity: str = Field(max_length=10)
    civil_floor: str = Field(max_length=20)
    basis: str = Field(default="quantity", max_length=14)
    fleet_share: str | None = Field(default=None, max_length=20)
    activation: str = Field(default="none", max_length=8)
    acknowledge_s: int = Field(default=0, sa_type=BIG)
    """How long the supplier has to acknowledge an activation; 0 where none is needed."""
    ramp: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    """{after_s, share}, from the notice on; empty: everything is there when the notice is over."""
    can_pre_empt: bool = False
    preemptible: bool = False
    deny_others: bool = False
    cut_off_authorities: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """{name, nation, instrument} of who may cut it off; empty: none is known; null: nothing was said."""
    refund: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    cancellation: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    sla: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    insurance: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    indemnity: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    incentives: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)


class AgreementEntry(SQLModel, table=True):
    """One step of an agreement: whose side, and for the buyer the authority that decided."""

    __tablename__ = "agreement_entry"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("status <> 'signed' OR authority_name <> ''", name="signed_by_somebody"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    agreement_id: str = Field(foreign_key="agreement.id")
    number: int
    event: str = Field(max_length=10)
    status: str = Field(max_length=10)
    side: str = Field(max_length=10)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    authority_name: str = Field(default="", max_length=200)
    authority_office: str = Field(default="", max_length=200)
    at: datetime


class PoolLot(SQLModel, table=True):
    """A part of a pool that suppliers are admitted to; every pool has lot 1."""

    __tablename__ = "pool_lot"
    __table_args__ = (one_of("bucket", *Span), UniqueConstraint("pool_id", "number"))

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id")
    number: int
    title_en: str = Field(max_length=200)
    title_fr: str = Field(max_length=200)
    capability: str | None = Field(default=None, max_length=40)
    unit: str | None = Field(default=None, max_length=30)
    """Null while each agreement counts in a unit of its own."""
    bucket: str = Field(max_length=5)
    ceiling: str | None = Field(default=None, max_length=40)
