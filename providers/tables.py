"""Tables of the front door: a provider's profile, what it shows and agrees to, and how it was judged.

What a provider waits for, and who answers it, stands in `providers.desk_tables`.
Tables whose names end in `_entry` are history: rows are added, never changed.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from providers.lifecycle import Status
from providers.vetting import Tier
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word
from space_hub.vocabulary.codes import Standing

_OPEN = text("state IN ('submitted', 'in_review', 'half_approved', 'returned', 'appealed')")


class ProviderKind(Word, of="provider_kind"):
    """`national` is the profile of a nation whose own capacities stand on the shelf."""

    COMMERCIAL = "commercial"
    NATIONAL = "national"


class EvidenceState(Word, of="evidence_state"):
    SHOWN = "shown"
    ACCEPTED = "accepted"
    DOUBTED = "doubted"
    WITHDRAWN = "withdrawn"


class DueTo(Word, of="due_to"):
    """What moved a provider."""

    RULE = "rule"
    PERSON = "person"
    CLOCK = "clock"


class Provider(SQLModel, table=True):
    """The profile of an organisation of kind provider. `status` repeats the last history row, for joins."""

    __tablename__ = "provider"
    __table_args__ = (
        one_of("status", *Status),
        CheckConstraint("size_class IN ('micro', 'small', 'medium', 'large')", name="known_size"),
        one_of("kind", *ProviderKind),
        one_of("standing", *Standing),
        one_of("tier", *Tier),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", unique=True)
    kind: str = Field(default="commercial", max_length=10)
    legal_name: str = Field(max_length=200)
    legal_id: str = Field(max_length=100)
    """Number in the company register of `nation`."""
    nation: str = Field(max_length=2)
    standing: str = Field(max_length=10)
    """Of `nation` when it registered or was last judged (`providers.standing`)."""
    owner_nation: str | None = Field(default=None, max_length=2)
    """Nation of the ultimate owner; None when the provider did not say."""
    owner_name: str = Field(default="", max_length=200)
    size_class: str = Field(max_length=10)
    newcomer: bool = True
    """No agreement through this hub yet."""
    contacts: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    dependencies: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    """What the company itself rests on: {kind, name, nation, share_pct}."""
    status: str = Field(max_length=10, index=True)
    tier: str | None = Field(default=None, max_length=10)
    """The highest that is in force; None before the first approval."""
    email_verified_at: datetime | None = None
    shelf_generation: int = Field(default=0, sa_type=BIG, index=True)
    """Number of the shelf (`providers.generation`) at the last change that the shelf shows."""
    created_at: datetime
    updated_at: datetime


class ProviderStatusEntry(SQLModel, table=True):
    """One change of status: who, when, why. Rows are added, never changed."""

    __tablename__ = "provider_status_entry"

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    number: int
    event: str = Field(max_length=20)
    status: str = Field(max_length=10)
    due_to: str = Field(default="person", max_length=20)
    """What brought it about: a rule, a person, or the clock."""
    reasons: list[str] = Field(sa_type=JSON_TYPE)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime


class Evidence(SQLModel, table=True):
    """A document that speaks for a provider, kept as its hash: the file itself stays with its owner."""

    __tablename__ = "evidence"
    __table_args__ = (one_of("state", *EvidenceState),)

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    kind: str = Field(max_length=40)
    level: str = Field(default="", max_length=40)
    """What the document grants, where its kind has levels."""
    issuer: str = Field(max_length=200)
    scope: str = Field(max_length=500)
    recognised_by: list[str] = Field(default_factory=list, sa_type=JSON_TYPE)
    """Nations and bodies that accept it."""
    mission_areas: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """None: it speaks for all."""
    valid_from: datetime
    valid_to: datetime | None = None
    document_sha256: str = Field(max_length=64)
    state: str = Field(default="shown", max_length=10)
    checked_at: datetime | None = None
    next_check_at: datetime | None = Field(default=None, index=True)
    created_at: datetime


class EmailCheck(SQLModel, table=True):
    """A code that was sent to an address; the code itself is kept nowhere. A wrong code names no row to count on."""

    __tablename__ = "email_check"

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    address: str = Field(max_length=320)
    code_sha256: str = Field(max_length=64, unique=True)
    sent_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Application(SQLModel, table=True):
    """A provider asks for a tier in some mission areas. One is open at a time; its clock is a `submission`."""

    __tablename__ = "application"
    __table_args__ = (
        one_of("tier", *Tier),
        one_of(
            "state",
            *("submitted", "in_review", "half_approved", "returned", "appealed"),
            *("approved", "rejected", "withdrawn", "expired", "suspended"),
        ),
        Index("ix_application_open", "provider_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    tier: str = Field(max_length=10)
    mission_areas: list[str] = Field(sa_type=JSON_TYPE)
    rules_version: int
    """Of the vetting rules in force when it was made; it is judged by these."""
    state: str = Field(max_length=15, index=True)
    missing: list[str] = Field(default_factory=list, sa_type=JSON_TYPE)
    """Codes of the requirements that were not met at the last look."""
    created_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, foreign_key="organisation.id")


class ApplicationEntry(SQLModel, table=True):
    __tablename__ = "application_entry"

    application_id: str = Field(primary_key=True, foreign_key="application.id")
    number: int = Field(primary_key=True)
    event: str = Field(max_length=20)
    state: str = Field(max_length=15)
    reasons: list[str] = Field(sa_type=JSON_TYPE)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    by_key_id: str = Field(default="", max_length=60)
    """Whose key, because two persons of one office may have to agree; empty for a rule or the clock."""
    at: datetime


class Clearance(SQLModel, table=True):
    """A provider is cleared for a mission area. The shelf joins this and the provider's status."""

    __tablename__ = "clearance"
    __table_args__ = (
        one_of("tier", *Tier),
        one_of("state", "active", "suspended", "expired"),
        Index("ix_clearance_area_state", "mission_area", "state"),
    )

    provider_id: str = Field(primary_key=True, foreign_key="provider.id")
    mission_area: str = Field(primary_key=True, max_length=20)
    tier: str = Field(max_length=10)
    state: str = Field(max_length=10)
    valid_to: datetime | None = None
    application_id: str | None = Field(default=None, foreign_key="application.id")
    """None where no application stands behind it: verified before there were any, or national."""
    shelf_generation: int = Field(default=0, sa_type=BIG, index=True)


class VettingRules(SQLModel, table=True):
    """One version of what is asked of whom, kept whole; never changed."""

    __tablename__ = "vetting_rules"

    version: int = Field(primary_key=True)
    rules: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    sha256: str = Field(max_length=64)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime


class Consent(SQLModel, table=True):
    """Who may see one datum of one subject, and for what; a datum without a row has its default."""

    __tablename__ = "consent"
    __table_args__ = (one_of("audience", "public", "planners", "nations", "staff", "nobody"),)

    owner_id: str = Field(primary_key=True, foreign_key="organisation.id")
    subject: str = Field(primary_key=True, max_length=80)
    """Id of the provider, the offering or the evidence that it is about."""
    datum: str = Field(primary_key=True, max_length=40)
    audience: str = Field(max_length=12)
    nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    purposes: list[str] = Field(sa_type=JSON_TYPE)
    marking_id: str = Field(foreign_key="marking.id", index=True)
    given_at: datetime


class ConsentEntry(SQLModel, table=True):
    __tablename__ = "consent_entry"

    owner_id: str = Field(primary_key=True, foreign_key="organisation.id")
    subject: str = Field(primary_key=True, max_length=80)
    datum: str = Field(primary_key=True, max_length=40)
    number: int = Field(primary_key=True)
    audience: str = Field(max_length=12)
    nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    purposes: list[str] = Field(sa_type=JSON_TYPE)
    at: datetime


class ShelfState(SQLModel, table=True):
    """The one row that counts the changes of the shelf (`providers.generation`)."""

    __tablename__ = "shelf_state"

    id: int = Field(default=1, primary_key=True)
    generation: int = Field(sa_type=BIG)
