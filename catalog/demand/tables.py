"""Tables of demand: needs through their life, what is published of them, and who was asked what.

Three kinds of rows are kept apart. `need_standing`, `need_entry`, `need_candidate`
and `adoption_step` are their owner's. `published_need` and `demand_cell` are all
that a provider can read of demand. `demand_basis` is served to nobody: it is what
the published figures rest on, kept so that the next release can be judged.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from catalog.demand.publication import Level
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word

_STAMPED_ONCE = text("step NOT IN ('paused', 'resumed')")


class RequirementTemplate(SQLModel, table=True):
    """A requirement to begin with: clauses with places to fill in, by capability."""

    __tablename__ = "requirement_template"
    __table_args__ = (UniqueConstraint("capability", "name_en", "version"),)

    id: str = Field(primary_key=True)
    mission_area: str = Field(max_length=20)
    capability: str = Field(max_length=40)
    version: int
    name_en: str = Field(max_length=200)
    name_fr: str = Field(max_length=200)
    clauses: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    active: bool = True


class NeedStanding(SQLModel, table=True):
    """Where a requirement stands: its state, how much of it is published, who could meet it."""

    __tablename__ = "need_standing"
    __table_args__ = (
        one_of("state", "open", "paused", "met", "closed"),
        one_of("level", *Level),
    )

    requirement_id: str = Field(primary_key=True, foreign_key="requirement.id")
    state: str = Field(default="open", max_length=10, index=True)
    level: str = Field(default="private", max_length=10)
    horizon_from: date | None = None
    horizon_to: date | None = None
    suppliers_meeting: int | None = None
    """None: not looked yet."""
    sole_supplier: bool | None = None
    sole_clauses: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """The clauses that all others fail, when one supplier alone can meet it."""
    looked_generation: int = Field(default=0, sa_type=BIG)
    updated_at: datetime


class NeedEntry(SQLModel, table=True):
    """One change of a need's state or level. Rows are added, never changed."""

    __tablename__ = "need_entry"

    requirement_id: str = Field(primary_key=True, foreign_key="requirement.id")
    number: int = Field(primary_key=True)
    event: str = Field(max_length=20)
    detail: dict[str, Any] = Field(sa_type=JSON_TYPE)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime


class SignalState(Word, of="signal_state"):
    OPEN = "open"
    CLOSED = "closed"


class DemandSignal(SQLModel, table=True):
    """What an organisation expects to need, or a problem that it wants solved, before there is a requirement."""

    __tablename__ = "demand_signal"
    __table_args__ = (
        one_of("kind", "signal", "problem"),
        one_of("confidence", "low", "medium", "high"),
        one_of("level", *Level),
        one_of("state", *SignalState),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    kind: str = Field(max_length=10)
    mission_area: str = Field(max_length=20)
    capability: str | None = Field(default=None, max_length=40)
    title_en: str = Field(max_length=200)
    title_fr: str = Field(max_length=200)
    text_en: str = ""
    text_fr: str = ""
    phase: str = Field(max_length=10)
    quantity_low: float | None = None
    quantity_high: float | None = None
    unit: str = Field(default="", max_length=30)
    horizon_from: date
    horizon_to: date
    confidence: str = Field(max_length=10)
    level: str = Field(default="private", max_length=10)
    state: str = Field(default="open", max_length=10)
    marking_id: str = Field(foreign_key="marking.id", index=True)
    created_at: datetime


class DemandRelease(SQLModel, table=True):
    """One publication of the aggregated demand. Rows are added, never changed."""

    __tablename__ = "demand_release"

    number: int = Field(primary_key=True)
    at: datetime
    cells_sha256: str = Field(max_length=64)


class DemandCell(SQLModel, table=True):
    """The demand of several nations for one capability in one phase and year, in bands."""

    __tablename__ = "demand_cell"

    release_number: int = Field(primary_key=True, foreign_key="demand_release.number")
    capability: str = Field(primary_key=True, max_length=40)
    phase: str = Field(primary_key=True, max_length=10)
    horizon: str = Field(primary_key=True, max_length=4)
    """The year."""
    nations_band: str = Field(max_length=8)
    quantity_band_low: float
    quantity_band_high: float
    unit: str = Field(max_length=30)
    as_of_release: int
    """The release in which this cell last changed."""


class DemandBasis(SQLModel, table=True):
    """What one nation contributed to a cell when the cell changed. Served to nobody.

    All changes are kept, because a new one is judged against every earlier value of its cell, not only the last.
    """

    __tablename__ = "demand_basis"

    release_number: int = Field(primary_key=True, foreign_key="demand_release.number")
    capability: str = Field(primary_key=True, max_length=40)
    phase: str = Field(primary_key=True, max_length=10)
    horizon: str = Field(primary_key=True, max_length=4)
    nation: str = Field(primary_key=True, max_length=2)
    quantity: float


class PublishedNeed(SQLModel, table=True):
    """A need as others read it: coarsened, in generated words. What it was made from (`source_id`) never leaves."""

    __tablename__ = "published_need"
    __table_args__ = (
        one_of("source_kind", "requirement", "signal", "problem"),
        one_of("level", "anonymous", "named"),
        one_of("state", "open", "closed"),
    )

    id: str = Field(primary_key=True)
    source_kind: str = Field(max_length=12)
    source_id: str = Field(index=True)
    level: str = Field(max_length=10)
    mission_area: str = Field(max_length=20)
    capability: str | None = Field(default=None, max_length=40, index=True)
    """None for a problem that names none."""
    clauses: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    phases: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    """Quantities as bands."""
    region: str | None = Field(default=None, max_length=60)
    """One of the fixed regions, or two joined by a plus sign."""
    quarter_from: str = Field(max_length=7)
    """As `2026-Q3`."""
    quarter_to: str = Field(max_length=7)
    text_en: str
    text_fr: str
    owner_nation: str | None = Field(default=None, max_length=2)
    """Only when its owner lets itself be named."""
    state: str = Field(default="open", max_length=10)
    published_at: datetime
    closed_at: datetime | None = None
    generation: int = Field(sa_type=BIG, index=True)


class NeedCandidate(SQLModel, table=True):
    """How an offering stands to a requirement, for the requirement's owner alone."""

    __tablename__ = "need_candidate"

    requirement_id: str = Field(primary_key=True, foreign_key="requirement.id")
    offering_id: str = Field(primary_key=True, foreign_key="offering.id", index=True)
    version_id: str = Field(foreign_key="offering_version.id")
    outcome: str = Field(max_length=10)
    gates: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    first_met_at: datetime | None = None
    at: datetime
    marking_id: str = Field(foreign_key="marking.id", index=True)


class GapNotice(SQLModel, table=True):
    """What the owner of an offering was last told about a published need."""

    __tablename__ = "gap_notice"

    offering_id: str = Field(primary_key=True, foreign_key="offering.id")
    published_need_id: str = Field(primary_key=True, foreign_key="published_need.id", index=True)
    outcome: str = Field(max_length=10)
    misses: int
    told_at: datetime


class AdoptionStep(SQLModel, table=True):
    """When a need took one step on its way to adoption. Rows are added, never changed; each step has one date."""

    __tablename__ = "adoption_step"
    __table_args__ = (
        one_of(
            "step",
            *("need_stated", "study_started", "candidates_found", "study_done", "trial_started", "trial_done"),
            *("paused", "resumed", "adopted", "abandoned"),
        ),
        Index(
            "ix_adoption_step_once",
            "requirement_id",
            "step",
            unique=True,
            sqlite_where=_STAMPED_ONCE,
            postgresql_where=_STAMPED_ONCE,
        ),
    )

    id: str = Field(primary_key=True)
    requirement_id: str = Field(foreign_key="requirement.id", index=True)
    step: str = Field(max_length=20)
    at: datetime
    by_organisation_id: str = Field(foreign_key="organisation.id")
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)


class Opportunity(SQLModel, table=True):
    """What a buyer opens to all at once: something to bid for, or a draft need to comment on."""

    __tablename__ = "opportunity"
    __table_args__ = (
        one_of("kind", "opportunity", "consultation"),
        one_of("state", "draft", "open", "closed"),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    office_id: str | None = Field(default=None, foreign_key="office.id")
    kind: str = Field(max_length=12)
    title_en: str = Field(max_length=200)
    title_fr: str = Field(max_length=200)
    text_en: str
    text_fr: str
    mission_areas: list[str] = Field(sa_type=JSON_TYPE)
    published_need_id: str | None = Field(default=None, foreign_key="published_need.id")
    draft_need: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    opens_at: datetime
    closes_at: datetime
    state: str = Field(default="draft", max_length=10)
    marking_id: str = Field(foreign_key="marking.id", index=True)


class OpportunityQuestion(SQLModel, table=True):
    """A question or a comment on an opportunity. Its answer goes to every reader at once; who asked is never shown."""

    __tablename__ = "opportunity_question"
    __table_args__ = (one_of("kind", "question", "comment"),)

    id: str = Field(primary_key=True)
    kind: str = Field(default="question", max_length=10)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    submission_id: str | None = Field(default=None, foreign_key="submission.id", unique=True)
    """Where it lies at an office, with its clock; None for what was asked before there were offices."""
    question: str
    answer_en: str = ""
    answer_fr: str = ""
    published_at: datetime | None = None


class Disclosure(SQLModel, table=True):
    """An asker let a supplier read parts of its need. Rows are added, never changed, before anything is sent."""

    __tablename__ = "disclosure"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    """Who asked."""
    provider_id: str = Field(foreign_key="provider.id", index=True)
    subject: str = Field(max_length=80)
    what: list[str] = Field(sa_type=JSON_TYPE)
    """Names of the fields that were sent."""
    consent_ref: str = Field(max_length=200)
    at: datetime
