"""Tables of the promise: pools and agreements.

Quantities are whole parts of a thousandth of the capacity unit (`catalog.capacity.rules`).
Prices are kept as decimal text beside their currency: SQLite has no exact decimal
type and would round them through a float. Every status repeats the last row of
its history, for joins.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import BIG
from space_hub.trust.labels import REAL


class Pool(SQLModel, table=True):
    """Nations that buy together under a lead, whose named authority contracts."""

    __tablename__ = "pool"

    id: str = Field(primary_key=True)
    name: str = Field(max_length=200)
    lead_organisation_id: str = Field(foreign_key="organisation.id", index=True)
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    mission_area: str = Field(max_length=20)
    open_to_suppliers: bool
    created_at: datetime


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


class Agreement(SQLModel, table=True):
    """Assured access of a pool to one version of one offering; its content never changes."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'offered', 'signed', 'ended', 'withdrawn')", name="known_status"),
        CheckConstraint("period_to > period_from", name="period"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
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


class AgreementTerms(SQLModel, table=True):
    """The promise for one phase (`catalog.promise.access.PhaseTerms`)."""

    __tablename__ = "agreement_terms"
    __table_args__ = (
        CheckConstraint("phase IN ('peace', 'crisis', 'conflict')", name="known_phase"),
        CheckConstraint("parts_per_day > 0", name="some_capacity"),
        CheckConstraint("priority BETWEEN 1 AND 15", name="known_priority"),
        CheckConstraint("exclusivity IN ('none', 'area_time', 'full')", name="known_exclusivity"),
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
