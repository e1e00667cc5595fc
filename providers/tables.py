"""Tables of the front door: a provider's profile, its evidence and the history of its status."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import JSON_TYPE


class Provider(SQLModel, table=True):
    """The profile of an organisation of kind provider. `status` repeats the last history row, for joins."""

    __tablename__ = "provider"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'verified', 'refused', 'suspended')", name="known_status"
        ),
        CheckConstraint("size_class IN ('micro', 'small', 'medium', 'large')", name="known_size"),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", unique=True)
    legal_name: str = Field(max_length=200)
    legal_id: str = Field(max_length=100)
    """Number in the company register of `nation`."""
    nation: str = Field(max_length=2)
    owner_nation: str | None = Field(default=None, max_length=2)
    """Nation of the ultimate owner; None when the provider did not say."""
    size_class: str = Field(max_length=10)
    contacts: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    status: str = Field(max_length=10, index=True)
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
    reasons: list[str] = Field(sa_type=JSON_TYPE)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime


class Evidence(SQLModel, table=True):
    """A document that speaks for a provider, kept as its hash: the file itself stays with its owner."""

    __tablename__ = "evidence"

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    kind: str = Field(max_length=40)
    issuer: str = Field(max_length=200)
    scope: str = Field(max_length=500)
    valid_from: datetime
    valid_to: datetime | None = None
    document_sha256: str = Field(max_length=64)
    created_at: datetime
