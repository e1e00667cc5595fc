"""Tables of a lot: the suppliers admitted to it, the nations' quotas, and awards of others that are used again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from catalog.framework.states import SupplierState
from catalog.promise.signed import Signed
from space_hub.db import BIG, one_of


class PoolSupplier(SQLModel, table=True):
    """A supplier that asked to be admitted to a lot."""

    __tablename__ = "pool_supplier"
    __table_args__ = (
        one_of("state", *SupplierState),
        UniqueConstraint("lot_id", "provider_id"),
    )

    id: str = Field(primary_key=True)
    lot_id: str = Field(foreign_key="pool_lot.id")
    provider_id: str = Field(foreign_key="provider.id", index=True)
    state: str = Field(max_length=10)
    submission_id: str = Field(foreign_key="submission.id")
    """Its clock and its desk."""
    decided_at: datetime | None = None


class PoolSupplierEntry(Signed, table=True):
    __tablename__ = "pool_supplier_entry"
    __table_args__ = (
        CheckConstraint("event NOT IN ('refuse', 'suspend', 'remove') OR reason <> ''", name="with_reason"),
    )

    pool_supplier_id: str = Field(primary_key=True, foreign_key="pool_supplier.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str = Field(max_length=10)
    state: str = Field(max_length=10)
    reason: str = Field(default="", max_length=1000)


class PoolQuota(SQLModel, table=True):
    """How much of a lot a nation may use in a year; the ledger counts it as a resource."""

    __tablename__ = "pool_quota"

    lot_id: str = Field(primary_key=True, foreign_key="pool_lot.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id")
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    resource: str = Field(max_length=80, foreign_key="capacity_resource.resource", unique=True)
    granted: int = Field(sa_type=BIG)


class QuotaTransfer(Signed, table=True):
    """One nation gave another part of its quota."""

    __tablename__ = "quota_transfer"
    __table_args__ = (
        CheckConstraint("parts > 0", name="something"),
        CheckConstraint("from_organisation_id <> to_organisation_id", name="to_another"),
    )

    id: str = Field(primary_key=True)
    lot_id: str = Field(foreign_key="pool_lot.id", index=True)
    year: int
    from_organisation_id: str = Field(foreign_key="organisation.id")
    to_organisation_id: str = Field(foreign_key="organisation.id")
    parts: int = Field(sa_type=BIG)


class AwardReuse(Signed, table=True):
    """An agreement that stands on another body's award, made by competition and evidenced."""

    __tablename__ = "award_reuse"
    __table_args__ = (CheckConstraint("by_competition", name="by_competition"),)

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    agreement_id: str = Field(foreign_key="agreement.id", unique=True)
    body_name: str = Field(max_length=200)
    body_nation: str = Field(max_length=2)
    award_reference: str = Field(max_length=200)
    awarded_at: datetime
    by_competition: bool
    evidence_id: str = Field(foreign_key="evidence.id")
    evidence_sha256: str = Field(max_length=64)
