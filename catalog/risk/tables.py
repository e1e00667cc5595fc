"""Tables of supply at risk: outages, what they and others threaten, and who was told."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE


class Outage(SQLModel, table=True):
    """Somebody said that an asset does not work."""

    __tablename__ = "outage"
    __table_args__ = (CheckConstraint("severity IN ('degraded', 'lost')", name="known_severity"),)

    id: str = Field(primary_key=True)
    asset_id: str = Field(foreign_key="asset.id", index=True)
    reported_by_id: str = Field(foreign_key="organisation.id")
    severity: str = Field(max_length=10)
    description: str = Field(max_length=1000)
    began_at: datetime
    expected_end_at: datetime | None = None
    closed_at: datetime | None = None
    marking_id: str = Field(foreign_key="marking.id", index=True)
    created_at: datetime


class OfferingRisk(SQLModel, table=True):
    """An offering rests on an asset to which something happened; closed when that is over."""

    __tablename__ = "offering_risk"
    __table_args__ = (
        UniqueConstraint("offering_id", "asset_id", "cause", "evidence_id", "episode", name="uq_offering_risk_once"),
        CheckConstraint("cause IN ('conjunction', 'decay', 'outage')", name="known_cause"),
    )

    id: str = Field(primary_key=True)
    offering_id: str = Field(foreign_key="offering.id", index=True)
    asset_id: str = Field(foreign_key="asset.id", index=True)
    object_id: str | None = Field(default=None, foreign_key="space_object.id")
    cause: str = Field(max_length=12)
    evidence_id: str = Field(max_length=80)
    """The conjunction, the object or the outage."""
    episode: int
    """The same evidence can threaten again after it was over."""
    evidence_marking_id: str = Field(foreign_key="marking.id")
    """Who may know the evidence may know the risk, nobody else."""
    detail: dict[str, Any] = Field(sa_type=JSON_TYPE)
    since: datetime
    opened_by: int = Field(sa_type=BIG)
    """The log entry that showed it, so that an older entry, read again, changes nothing."""
    closed_at: datetime | None = Field(default=None, index=True)
    closed_by: int | None = Field(default=None, sa_type=BIG)


class RiskNotice(SQLModel, table=True):
    """An organisation was told of a risk: once, and later that it is over."""

    __tablename__ = "risk_notice"

    risk_id: str = Field(primary_key=True, foreign_key="offering_risk.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    told_at: datetime
    payload: dict[str, Any] = Field(sa_type=JSON_TYPE)
    recovered_told_at: datetime | None = None
