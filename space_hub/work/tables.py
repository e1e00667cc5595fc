"""Work as rows: what is to be done, who does it, how far it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE
from space_hub.text import Word
from space_hub.trust import tables as _organisations  # noqa: F401 - the table that foreign keys here point to


class WorkKind(Word, of="work_kind"):
    """Every kind of work that there is; `jobs.handlers` says which code does it."""

    INGEST_CELESTRAK = "ingest.celestrak"
    INGEST_FILE = "ingest.file"
    INGEST_SATCAT = "ingest.satcat"
    SOURCES_LOOK = "sources.look"
    SCREEN = "screen"
    COMMITMENTS_RECOMPUTE = "commitments.recompute"
    DELIVERIES_DEEM = "deliveries.deem"
    SHELF_REBUILD = "shelf.rebuild"
    SUPPLIER_DUE = "supplier.due"
    SUPPLIER_SYNC = "supplier.sync"
    DEMAND_GAPS = "demand.gaps"
    DEMAND_RELEASE = "demand.release"
    NEED_ARRIVALS = "need.arrivals"
    NEED_LOOK = "need.look"
    FRONT_DOOR_CLOCKS = "front_door.clocks"
    EVIDENCE_RECHECK = "evidence.recheck"
    REGISTRATIONS_LAPSE = "registrations.lapse"
    FAIRNESS_RELEASE = "fairness.release"
    OCDS_WRITE = "ocds.write"
    COMPETITION_CLOCKS = "competition.clocks"
    AWARD_SHARES_RELEASE = "award_shares.release"
    STAPI_SEARCH = "stapi.search"
    CLAIMS_CHECK = "claims.check"
    CLAIMS_SURVEY = "claims.survey"
    MATCH = "match"
    MATCH_JOINT = "match.joint"
    WORK_PRUNE = "work.prune"


class WorkState(Word, of="work_state"):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (WorkState.QUEUED.value, WorkState.RUNNING.value)


class Work(SQLModel, table=True):
    __tablename__ = "work"
    __table_args__ = (
        UniqueConstraint("kind", "slot", name="uq_work_slot"),
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index("ix_work_open", "state", "kind", "created_at_wall"),
    )

    id: str = Field(primary_key=True)
    kind: str = Field(max_length=64)
    slot: str | None = Field(default=None, max_length=100)
    """What makes this piece of work one of a kind, for example its hour; None for as many as are asked for."""
    params: dict[str, Any] = Field(sa_type=JSON_TYPE)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    key_id: str
    state: str = Field(default=WorkState.QUEUED.value, max_length=16)
    created_at: datetime
    """Hub time."""
    created_at_wall: datetime
    started_at_wall: datetime | None = None
    finished_at_wall: datetime | None = None
    done: int = Field(default=0, sa_type=BIG)
    total: int = Field(default=0, sa_type=BIG)
    note: str = Field(default="", max_length=200)
    result: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    error_code: str | None = Field(default=None, max_length=64)
    error_params: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    cancel_asked: bool = False
    holder: str | None = Field(default=None, max_length=100)
    token: int = Field(default=0, sa_type=BIG)
    """Grows with every claim; a holder with an older one may write nothing more."""
    lease_s: int = 0
    lease_until_wall: datetime | None = None
    losses: int = 0
    """How often a holder let its lease run out."""


class Lease(SQLModel, table=True):
    """The right to be the only one who runs a loop."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True, max_length=64)
    holder: str | None = Field(default=None, max_length=100)
    token: int = Field(default=0, sa_type=BIG)
    until_wall: datetime
