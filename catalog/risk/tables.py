"""Tables of supply at risk: outages, cut-offs, what they and others threaten, and who was told of what."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from catalog.promise.signed import Signed
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word
from space_hub.vocabulary.phases import Phase


class Cause(Word, of="risk_cause"):
    CONJUNCTION = "conjunction"
    DECAY = "decay"
    OUTAGE = "outage"
    MANOEUVRE = "manoeuvre"
    WITHDRAWAL = "withdrawal"
    CUT_OFF = "cut_off"


class OutageKind(Word, of="outage_kind"):
    FAILURE = "failure"
    MANOEUVRE = "manoeuvre"
    MAINTENANCE = "maintenance"


_NO_ASSET = text("asset_id IS NULL")


class Outage(SQLModel, table=True):
    """Somebody said that an asset does not work, or will not for a while."""

    __tablename__ = "outage"
    __table_args__ = (
        CheckConstraint("severity IN ('degraded', 'lost')", name="known_severity"),
        one_of("kind", *OutageKind),
    )

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
    kind: str = Field(default="failure", max_length=12)
    loss_share: str = Field(default="1", max_length=20)
    """How much of what the asset gives is lost."""


class OfferingRisk(SQLModel, table=True):
    """Something happened to an asset that an offering rests on, or to the offering itself; closed when that is over."""

    __tablename__ = "offering_risk"
    __table_args__ = (
        UniqueConstraint("offering_id", "asset_id", "cause", "evidence_id", "episode", name="uq_offering_risk_once"),
        # A unique constraint takes two rows without an asset for different ones.
        Index(
            "ix_offering_risk_whole",
            *("offering_id", "cause", "evidence_id", "episode"),
            unique=True,
            sqlite_where=_NO_ASSET,
            postgresql_where=_NO_ASSET,
        ),
        one_of("cause", *Cause),
    )

    id: str = Field(primary_key=True)
    offering_id: str = Field(foreign_key="offering.id", index=True)
    asset_id: str | None = Field(default=None, foreign_key="asset.id", index=True)
    """None where the whole offering is meant: it was withdrawn, or an agreement on it was cut off."""
    object_id: str | None = Field(default=None, foreign_key="space_object.id")
    cause: str = Field(max_length=12)
    evidence_id: str = Field(max_length=80)
    """The conjunction, the object, the outage, the offering or the cut-off."""
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
    probability: float | None = None
    probability_is_bound: bool = False
    loss_share: float = 1.0
    from_at: datetime | None = None
    until_at: datetime | None = None


class RiskNotice(SQLModel, table=True):
    """An organisation was told of a risk: once, and later that it is over."""

    __tablename__ = "risk_notice"

    risk_id: str = Field(primary_key=True, foreign_key="offering_risk.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    told_at: datetime
    payload: dict[str, Any] = Field(sa_type=JSON_TYPE)
    recovered_told_at: datetime | None = None


class CutOff(Signed, table=True):
    """A named authority left less of an agreement than was promised."""

    __tablename__ = "cut_off"

    id: str = Field(primary_key=True)
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    authority: dict[str, Any] = Field(sa_type=JSON_TYPE)
    """One of those that the terms name."""
    parts_left: int = Field(sa_type=BIG)
    from_at: datetime
    until_at: datetime | None = None
    reason: str = Field(max_length=1000)
    marking_id: str = Field(foreign_key="marking.id", index=True)


class CommitmentRisk(SQLModel, table=True):
    """What is committed of an agreement and may not be there, from one slot to another, as one organisation may know
    it: made only of risks of which it was told, and for a member of the pool of its own call-offs."""

    __tablename__ = "commitment_risk"
    __table_args__ = (one_of("phase", *Phase),)

    agreement_id: str = Field(primary_key=True, foreign_key="agreement.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    phase: str = Field(primary_key=True, max_length=10)
    slot_from: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    slot_to: int = Field(sa_type=BIG)
    committed: int = Field(sa_type=BIG)
    expected_short: int = Field(sa_type=BIG)
    worst_short: int = Field(sa_type=BIG)
    is_bound: bool
    """A probability behind `expected_short` is the largest possible one."""
    causes: list[str] = Field(sa_type=JSON_TYPE)
    computed_at: datetime
    told_sha256: str = Field(max_length=64)
    """Of all that was told of the agreement: the same is not told twice."""
