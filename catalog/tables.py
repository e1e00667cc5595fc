"""Tables of the shelf, the wish and the match.

An offering is a name that lasts; its versions hold what was said and never
change. `OfferingAttribute` repeats a version's values in columns so that the
shelf can be searched by range. What is agreed, promised and ordered has tables
of its own beside this module.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word
from space_hub.vocabulary.codes import DEPENDENCY_KINDS, MATURITIES


class OfferingStatus(Word, of="offering_status"):
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Offering(SQLModel, table=True):
    __tablename__ = "offering"
    __table_args__ = (
        UniqueConstraint("provider_id", "reference"),
        one_of("status", *OfferingStatus),
    )

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    reference: str = Field(max_length=100)
    """The provider's own name for it."""
    status: str = Field(max_length=10)
    withdrawn_reason: str = Field(default="", max_length=40)
    """"owner" or "gone_at_supplier"; empty while it is published."""
    mission_area: str = Field(max_length=20, index=True)
    capability: str = Field(max_length=40, index=True)
    current_version_id: str = Field(index=True)
    """No foreign key: the two tables would point at each other, and a version is always written with it."""
    marking_id: str = Field(foreign_key="marking.id", index=True)
    """That of the current version."""
    created_at: datetime
    updated_at: datetime


class OfferingVersion(SQLModel, table=True):
    """What the provider said at one time; never changed.

    `attributes`: list of Measured as JSON. `capacity`: list of {phase, quantity, given, given_unit, notice_h},
    quantity in `capacity_unit`, notice in hours or null. `prices`: list of {phase, unit_price, currency,
    retainer_per_day, given, given_unit}, amounts as text, per `price_unit` (one unit of capacity for one day).
    """

    __tablename__ = "offering_version"
    __table_args__ = (
        UniqueConstraint("offering_id", "number"),
        one_of("maturity", *MATURITIES),
    )

    id: str = Field(primary_key=True)
    offering_id: str = Field(foreign_key="offering.id", index=True)
    number: int
    content_sha256: str = Field(max_length=64)
    title: str = Field(max_length=200)
    description: str
    mission_area: str = Field(max_length=20)
    capability: str = Field(max_length=40)
    modality: str = Field(max_length=10)
    attributes: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    capacity_unit: str = Field(max_length=30)
    capacity: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    price_unit: str = Field(max_length=30)
    prices: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    release_to: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    standards: list[str] = Field(sa_type=JSON_TYPE)
    licence: str
    coverage: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    maturity: str | None = Field(default=None, max_length=14)
    taskable: bool = True
    """It can be ordered to do something new."""
    archive: bool = False
    """It hands over what exists already."""
    national: bool = False
    """A nation's own capacity, beside the commercial ones."""
    withheld: list[str] = Field(default_factory=list, sa_type=JSON_TYPE)
    """Data whose owner lets fewer see them than see the offering."""
    upstream: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """What the supplier's own interface calls it: product id, links, queryables."""
    source: str = Field(max_length=20)
    """How it came: api, manifest, or the name of an adapter."""
    marking_id: str = Field(foreign_key="marking.id")
    at: datetime


class OfferingAttribute(SQLModel, table=True):
    """One value of one version in its canonical unit, for search by range."""

    __tablename__ = "offering_attribute"
    __table_args__ = (Index("ix_offering_attribute_search", "attribute", "low", "high"),)

    version_id: str = Field(primary_key=True, foreign_key="offering_version.id")
    attribute: str = Field(primary_key=True, max_length=40)
    part: int = Field(primary_key=True, default=0)
    """Codes take one row each."""
    low: float | None = None
    high: float | None = None
    code: str | None = Field(default=None, max_length=40)


class OfferingDependency(SQLModel, table=True):
    """What a version rests on besides its assets. Two that share `kind` and `name_key` may fail together."""

    __tablename__ = "offering_dependency"
    __table_args__ = (
        one_of("kind", *DEPENDENCY_KINDS),
        Index("ix_offering_dependency_shared", "kind", "name_key"),
    )

    version_id: str = Field(primary_key=True, foreign_key="offering_version.id")
    kind: str = Field(primary_key=True, max_length=16)
    name_key: str = Field(primary_key=True, max_length=100)
    """The name without case, accents and company suffixes."""
    name: str = Field(max_length=100)
    nation: str | None = Field(default=None, max_length=2)
    known: bool
    """False: the supplier says that it does not know, which is told apart from silence."""


class OfferingDraftRow(SQLModel, table=True):
    """An offering that its owner has not published: the body as given, and what is still wrong with it."""

    __tablename__ = "offering_draft"
    __table_args__ = (UniqueConstraint("provider_id", "reference"),)

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    reference: str = Field(max_length=100)
    body: dict[str, Any] = Field(sa_type=JSON_TYPE)
    faults: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    updated_at: datetime


class Finding(SQLModel, table=True):
    """What another tested or observed, or the hub computed, shown beside the supplier's claim.

    It never enters a version. What was computed has its `basis`: area, days, satellites, sensor, stations; its
    range reaches from the best case to the boldest claim that would agree with it.
    """

    __tablename__ = "finding"
    __table_args__ = (one_of("provenance", "tested", "observed", "computed"),)

    id: str = Field(primary_key=True)
    version_id: str = Field(foreign_key="offering_version.id", index=True)
    attribute: str = Field(max_length=40)
    provenance: str = Field(max_length=10)
    low: float | None = None
    high: float | None = None
    code: str | None = Field(default=None, max_length=40)
    evidence_id: str | None = Field(default=None, foreign_key="evidence.id")
    method: str = Field(max_length=40)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime
    reply: str = ""
    reply_at: datetime | None = None
    shown_at: datetime | None = None
    """None while the supplier may still answer first."""
    basis: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    requirement_id: str | None = Field(default=None, foreign_key="requirement.id", index=True)
    """Computed for this requirement, whose owner let the supplier know; nobody else reads it."""
    closed_at: datetime | None = None
    """Of what was computed: when newer orbits allowed the claim. What is closed counts for nothing."""
    closed_for: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Code and params of the reason, and the `basis` that it was computed from."""


class ClaimsLook(SQLModel, table=True):
    """When the hub last held the claims of a version against orbits, and which ones those were."""

    __tablename__ = "claims_look"

    version_id: str = Field(primary_key=True, foreign_key="offering_version.id")
    at: datetime
    sets: dict[str, str] = Field(sa_type=JSON_TYPE)
    """By object, the content hash of its element set."""
    missing: int
    """Satellites without a set that was young enough."""


class Asset(SQLModel, table=True):
    """A satellite or a thing on the ground that offerings of one provider rest on."""

    __tablename__ = "asset"
    __table_args__ = (UniqueConstraint("provider_id", "kind", "name"),)

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    kind: str = Field(max_length=20)
    name: str = Field(max_length=100)
    nation: str | None = Field(default=None, max_length=2)
    catalog_number: int | None = Field(default=None, sa_type=BIG, index=True)
    space_object_id: str | None = Field(default=None, foreign_key="space_object.id", index=True)
    """None while the catalogue number is not known to the awareness half."""
    site: dict[str, float] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Of a thing on the ground: lon, lat in degrees, height_m."""
    orbit: str | None = Field(default=None, max_length=6)
    created_at: datetime


class OfferingAsset(SQLModel, table=True):
    """A version rests on an asset."""

    __tablename__ = "offering_asset"

    version_id: str = Field(primary_key=True, foreign_key="offering_version.id")
    asset_id: str = Field(primary_key=True, foreign_key="asset.id", index=True)


class Requirement(SQLModel, table=True):
    """What a planner needs; frozen when it is stated, so that a match can name it.

    `clauses`: list of Clause as JSON. `phases`: list of {phase, quantity, unit, budget_per_day, currency}.
    """

    __tablename__ = "requirement"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    title: str = Field(max_length=200)
    description: str
    mission_area: str = Field(max_length=20, index=True)
    capability: str = Field(max_length=40)
    clauses: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    phases: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    currency: str = Field(max_length=3)
    area: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    window_from: datetime
    window_to: datetime
    terms: dict[str, Any] = Field(sa_type=JSON_TYPE)
    """All that is asked besides: nations, sanctions, documents, standards, wishes for the set (`need_json`)."""
    content_sha256: str = Field(max_length=64)
    marking_id: str = Field(foreign_key="marking.id", index=True)
    created_at: datetime


class MatchRecord(SQLModel, table=True):
    """A recommendation with everything it was made from; never changed. It awards nothing."""

    __tablename__ = "match_record"

    id: str = Field(primary_key=True)
    requirement_id: str = Field(foreign_key="requirement.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    at: datetime
    inputs_sha256: str = Field(max_length=64)
    record_sha256: str = Field(max_length=64)
    covered: bool
    single_supplier: bool
    inputs: dict[str, Any] = Field(sa_type=JSON_TYPE)
    result: dict[str, Any] = Field(sa_type=JSON_TYPE)
    marking_id: str = Field(foreign_key="marking.id", index=True)
