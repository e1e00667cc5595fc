"""Tables of public registers: what somebody else wrote down about assets, unclaimed and unverified.

Every row of an import is a listing or a refusal with its reason.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word

_TAKEN = text("state IN ('open', 'accepted', 'contested')")


class RegisterSource(SQLModel, table=True):
    """One edition of one register, as it was read."""

    __tablename__ = "register_source"
    __table_args__ = (UniqueConstraint("name", "sha256"),)

    id: str = Field(primary_key=True)
    name: str = Field(max_length=100)
    edition: str = Field(max_length=40)
    licence_note: str = Field(max_length=500)
    sha256: str = Field(max_length=64)
    line_count: int
    imported_at: datetime


class ListingState(Word, of="listing_state"):
    UNCLAIMED = "unclaimed"
    CLAIMED = "claimed"
    DISPUTED = "disputed"


class RegisterListing(SQLModel, table=True):
    """An asset that a register names. Its owner can claim it; the claim is judged by a person."""

    __tablename__ = "register_listing"
    __table_args__ = (
        UniqueConstraint("source_id", "line"),
        one_of("state", *ListingState),
    )

    id: str = Field(primary_key=True)
    source_id: str = Field(foreign_key="register_source.id")
    line: int
    operator_name: str = Field(max_length=200)
    operator_key: str = Field(max_length=200, index=True)
    """The name without case, accents and company suffixes."""
    operator_nation: str | None = Field(default=None, max_length=2)
    asset_kind: str = Field(max_length=20)
    asset_name: str = Field(max_length=100)
    catalog_number: int | None = Field(default=None, sa_type=BIG, index=True)
    cospar: str | None = Field(default=None, max_length=12)
    purpose: str = Field(default="", max_length=40)
    capability_guess: str | None = Field(default=None, max_length=40)
    orbit: str | None = Field(default=None, max_length=6)
    site: dict[str, float] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Of a thing on the ground: lon, lat in degrees, height_m."""
    launched: date | None = None
    state: str = Field(default="unclaimed", max_length=10)
    asset_id: str | None = Field(default=None, foreign_key="asset.id", index=True)
    """The asset of the provider that claimed it."""


class RegisterRefusal(SQLModel, table=True):
    """A row of a register that became no listing: why, and what it said."""

    __tablename__ = "register_refusal"

    source_id: str = Field(primary_key=True, foreign_key="register_source.id")
    line: int = Field(primary_key=True)
    code: str = Field(max_length=80)
    params: dict[str, Any] = Field(sa_type=JSON_TYPE)
    raw: str = Field(max_length=500)


class RegisterClaim(SQLModel, table=True):
    """A provider says that a listing is its own. One stands at a time for a listing; its clock is a `submission`."""

    __tablename__ = "register_claim"
    __table_args__ = (
        one_of("state", "open", "accepted", "contested", "refused", "withdrawn", "released"),
        Index("ix_register_claim_taken", "listing_id", unique=True, sqlite_where=_TAKEN, postgresql_where=_TAKEN),
    )

    id: str = Field(primary_key=True)
    listing_id: str = Field(foreign_key="register_listing.id", index=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    evidence_id: str | None = Field(default=None, foreign_key="evidence.id")
    """None for a national profile, which shows no papers."""
    grounds: str
    state: str = Field(max_length=10)
    created_at: datetime
    decided_at: datetime | None = None


class RegisterClaimEntry(SQLModel, table=True):
    """One step of a claim. Rows are added, never changed."""

    __tablename__ = "register_claim_entry"

    claim_id: str = Field(primary_key=True, foreign_key="register_claim.id")
    number: int = Field(primary_key=True)
    event: str = Field(max_length=10)
    state: str = Field(max_length=10)
    reasons: list[str] = Field(sa_type=JSON_TYPE)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime
