"""Tables of what nations buy together and settle with each other."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from catalog.promise.signed import Signed
from catalog.together.economy import ShareMethod
from catalog.together.netting import LineKind
from catalog.together.states import BuyState
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word
from space_hub.vocabulary.phases import Phase


class SettlementState(Word, of="settlement_state"):
    DRAFT = "draft"
    AGREED = "agreed"
    PAID = "paid"


class JointBuy(SQLModel, table=True):
    """A capability that several nations of a pool mean to have together, over a horizon of months."""

    __tablename__ = "joint_buy"
    __table_args__ = (one_of("share_method", *ShareMethod), one_of("state", *BuyState))

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    lead_organisation_id: str = Field(foreign_key="organisation.id")
    capability: str = Field(max_length=40)
    title_en: str = Field(max_length=200)
    title_fr: str = Field(max_length=200)
    share_method: str = Field(max_length=10)
    currency: str = Field(max_length=3)
    state: str = Field(max_length=10)
    unit: str = Field(max_length=30)
    months: int
    created_at: datetime
    modality: str | None = Field(default=None, max_length=10)
    """The way that was agreed."""


class JointBuyEntry(Signed, table=True):
    __tablename__ = "joint_buy_entry"

    joint_buy_id: str = Field(primary_key=True, foreign_key="joint_buy.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str = Field(max_length=10)
    state: str = Field(max_length=10)
    reason: str = Field(default="", max_length=1000)


class JointNeed(SQLModel, table=True):
    """What one nation needs of it; no other reads that before all have consented."""

    __tablename__ = "joint_need"
    __table_args__ = (one_of("phase", *Phase),)

    joint_buy_id: str = Field(primary_key=True, foreign_key="joint_buy.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    parts: int = Field(sa_type=BIG)
    phase: str = Field(max_length=10)
    window_from: datetime
    window_to: datetime
    requirement_id: str | None = Field(default=None, foreign_key="requirement.id")
    consented_at: datetime | None = None


class JointOption(SQLModel, table=True):
    __tablename__ = "joint_option"

    joint_buy_id: str = Field(primary_key=True, foreign_key="joint_buy.id")
    modality: str = Field(primary_key=True, max_length=10)
    breaks: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    fixed: str = Field(max_length=40)
    months: int
    source: str = Field(max_length=500)


class CostShare(SQLModel, table=True):
    __tablename__ = "cost_share"
    __table_args__ = (one_of("method", *ShareMethod),)

    joint_buy_id: str = Field(primary_key=True, foreign_key="joint_buy.id")
    modality: str = Field(primary_key=True, max_length=10)
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id")
    alone: str = Field(max_length=40)
    together: str = Field(max_length=40)
    share: str = Field(max_length=40)
    stderr: str | None = Field(default=None, max_length=40)
    method: str = Field(max_length=10)
    inputs_sha256: str = Field(max_length=64)


class JointMatch(SQLModel, table=True):
    """Several needs planned as one, with everything that this was made from; never changed. It awards nothing."""

    __tablename__ = "joint_match"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    """Who asked."""
    joint_buy_id: str | None = Field(default=None, foreign_key="joint_buy.id", index=True)
    """None: all needs are the asker's own."""
    at: datetime
    inputs_sha256: str = Field(max_length=64)
    record_sha256: str = Field(max_length=64)
    covered: bool
    inputs: dict[str, Any] = Field(sa_type=JSON_TYPE)
    result: dict[str, Any] = Field(sa_type=JSON_TYPE)
    contents: dict[str, Any] = Field(sa_type=JSON_TYPE)
    """The needs themselves, each read by its owner alone."""
    marking_id: str = Field(foreign_key="marking.id", index=True)


class InKindEntry(SQLModel, table=True):
    """What one nation did for another; it counts when the receiver confirmed it."""

    __tablename__ = "in_kind_entry"
    __table_args__ = (CheckConstraint("from_organisation_id <> to_organisation_id", name="to_another"),)

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    from_organisation_id: str = Field(foreign_key="organisation.id")
    to_organisation_id: str = Field(foreign_key="organisation.id")
    service: str = Field(max_length=200)
    quantity: str = Field(max_length=40)
    rate: str = Field(max_length=40)
    equivalents: str = Field(max_length=40)
    at: datetime
    confirmed_by: str | None = Field(default=None, max_length=60)
    """The key by which the receiver did."""
    currency: str = Field(max_length=3)
    """Of the equivalents."""
    confirmed_at: datetime | None = None


class Settlement(Signed, table=True):
    __tablename__ = "settlement"
    __table_args__ = (
        one_of("state", *SettlementState),
        CheckConstraint("period_to > period_from", name="period"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    period_from: datetime
    period_to: datetime
    currency: str = Field(max_length=3)
    state: str = Field(max_length=8)
    sha256: str = Field(max_length=64)
    """Of its lines."""
    in_kind_share: str = Field(max_length=20)
    """How much of what a nation owes it may pay in kind."""


class SettlementConsent(Signed, table=True):
    """One of the parties agreed to the statement."""

    __tablename__ = "settlement_consent"

    settlement_id: str = Field(primary_key=True, foreign_key="settlement.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id")


class SettlementLine(SQLModel, table=True):
    __tablename__ = "settlement_line"
    __table_args__ = (one_of("kind", *LineKind),)

    settlement_id: str = Field(primary_key=True, foreign_key="settlement.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    payer_id: str = Field(foreign_key="organisation.id")
    payee_id: str = Field(foreign_key="organisation.id")
    kind: str = Field(max_length=12)
    subject: str = Field(max_length=80)
    amount: str = Field(max_length=40)
