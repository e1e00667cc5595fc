"""Tables of search: what the index of each process is filled from, and searches that were kept.

A `shelf_entry` repeats what a search needs of an offering, in one row. It decides
nothing: who may see an offering is judged by the query that fetches it.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE


class ShelfEntry(SQLModel, table=True):
    """The current version of one offering as search sees it; rewritten whenever that changes."""

    __tablename__ = "shelf_entry"

    offering_id: str = Field(primary_key=True, foreign_key="offering.id")
    generation: int = Field(sa_type=BIG, index=True)
    """Number of the shelf (`providers.generation`) when the row was written."""
    version_id: str = Field(foreign_key="offering_version.id")
    provider_id: str = Field(foreign_key="provider.id", index=True)
    listed: bool
    """False: withdrawn, kept so that an index learns of it."""
    marking_id: str = Field(foreign_key="marking.id", index=True)
    mission_area: str = Field(max_length=20)
    capability: str = Field(max_length=40)
    modality: str = Field(max_length=10)
    nation: str = Field(max_length=2)
    owner_nation: str | None = Field(default=None, max_length=2)
    standing: str = Field(max_length=10)
    national: bool
    maturity: str | None = Field(default=None, max_length=14)
    taskable: bool
    archive: bool
    phases: int
    """One bit for each phase that has capacity, in the order of the phases."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    standards: list[str] = Field(sa_type=JSON_TYPE)
    dependency_keys: list[str] = Field(sa_type=JSON_TYPE)
    coverage: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """"global", a simplified GeoJSON geometry, or None."""
    terms: str
    """Folded and stemmed words, each with the letter of its field, separated by spaces."""
    measured: dict[str, Any] = Field(sa_type=JSON_TYPE)
    """Attribute -> [low, high] or a list of codes; only what its owner lets every reader of the offering see."""
    tie: int = Field(sa_type=BIG)
    """First 63 bits of the SHA-256 of the offering's id: equal offerings share the places by it."""


class SavedSearch(SQLModel, table=True):
    """A search that an organisation kept; it is told of what newly answers it."""

    __tablename__ = "saved_search"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    name: str = Field(max_length=200)
    query: dict[str, Any] = Field(sa_type=JSON_TYPE)
    sha256: str = Field(max_length=64)
    """Of the normalised query: the same again is the same search."""
    notify: bool = True
    active: bool = True
    last_generation: int = Field(default=0, sa_type=BIG)
    created_at: datetime


class SavedHit(SQLModel, table=True):
    """A saved search was told of an offering: once for each pair, whatever versions follow."""

    __tablename__ = "saved_hit"

    saved_search_id: str = Field(primary_key=True, foreign_key="saved_search.id")
    offering_id: str = Field(primary_key=True, foreign_key="offering.id")
    version_id: str = Field(foreign_key="offering_version.id")
    first_at: datetime
