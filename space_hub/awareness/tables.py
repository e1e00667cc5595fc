"""What awareness keeps: objects, element sets with their provenance, runs, conjunctions.

Distances are metres, speeds metres a second, angles degrees, ages hours; times are
aware UTC. A catalogue number is an attribute of an object for a time
(`Designation`), never its key: numbers are temporary, reused and corrected.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from space_hub.awareness.following.levels import AMBER, FLOOR, RED
from space_hub.awareness.following.tables import Risk
from space_hub.db import BIG, JSON_TYPE

RISKY = f"pc >= {AMBER!r}"
"""Looks with an index by their probability: 21,500 of a week's 248,000 (2024-11-01); from 1e-7 on, 152,000."""


class SpaceObject(SQLModel, table=True):
    """One thing in orbit, known by our own id."""

    __tablename__ = "space_object"

    id: str = Field(primary_key=True)
    name: str = Field(default="", index=True)
    name_folded: str = Field(default="", index=True)
    """The name in lower case, for searching."""
    international_designator: str = Field(default="", index=True)
    """As `1998-067A`; empty when the source gives none."""
    synthetic: bool
    created_at: datetime
    decay_predicted_at: datetime | None = Field(default=None)
    """When a run first met SGP4's "decayed" for it; empty while it stays up through the window."""


class Designation(SQLModel, table=True):
    """The catalogue number of an object, while it is its own."""

    __tablename__ = "designation"
    __table_args__ = (
        Index(
            "uq_designation_in_force",
            "catalog_number",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
    )

    object_id: str = Field(primary_key=True, foreign_key="space_object.id")
    catalog_number: int = Field(primary_key=True, sa_type=BIG)
    valid_from: datetime = Field(primary_key=True)
    valid_to: datetime | None = Field(default=None)
    """Empty while in force."""


class ObjectFacts(SQLModel, table=True):
    """What a satellite catalogue says of an object, while it says so; rows end and are never changed otherwise."""

    __tablename__ = "object_facts"
    __table_args__ = (
        Index(
            "uq_object_facts_in_force",
            "object_id",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
    )

    object_id: str = Field(primary_key=True, foreign_key="space_object.id")
    valid_from: datetime = Field(primary_key=True)
    """When a file first said so."""
    valid_to: datetime | None = Field(default=None)
    """Empty while in force."""
    object_type: str
    owner: str = Field(index=True)
    """As the source codes it; empty when it names none."""
    activity: str
    launched_on: date | None = Field(default=None)
    decayed_on: date | None = Field(default=None)
    rcs_m2: float | None = Field(default=None)
    """Radar cross-section."""
    rcs_size: str = ""
    """`small`, `medium`, `large`; empty when the source gives none."""
    source_file_id: str = Field(foreign_key="source_file.id")


class SourceFile(SQLModel, table=True):
    """One file that was offered, taken or refused whole; every line of it is accounted for."""

    __tablename__ = "source_file"
    __table_args__ = (
        CheckConstraint("offered = accepted + unchanged + quarantined + withheld", name="accounted"),
        CheckConstraint("NOT refused OR (accepted = 0 AND unchanged = 0)", name="refused_whole"),
    )

    id: str = Field(primary_key=True)
    source: str = Field(index=True)
    """Where it came from: `upload`, `file`, `celestrak`, `sample`."""
    name: str
    sha256: str = Field(max_length=64)
    """Of the bytes as received, before unpacking."""
    form: str = ""
    """`csv`, `json`, `tle` or `satcat`; empty when the file could not be read as any."""
    received_at: datetime = Field(index=True)
    published_at: datetime | None = Field(default=None)
    """When its source says that it was last changed (Last-Modified)."""
    organisation_id: str = Field(foreign_key="organisation.id")
    synthetic: bool
    offered: int = 0
    accepted: int = 0
    unchanged: int = 0
    quarantined: int = 0
    withheld: int = 0
    """Sets that were not taken only because their file was refused."""
    new_objects: int = 0
    departing: int = 0
    forward_dated: int = 0
    refused: bool = False
    refusal_code: str = ""
    refusal: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    """Parameters of the sentence of `refusal_code`."""
    reasons: dict[str, int] = Field(default_factory=dict, sa_type=JSON_TYPE)
    """How many sets were bad, by code."""
    marking_id: str = Field(foreign_key="marking.id")


class ElementSetRow(SQLModel, table=True):
    """One element set as received. Rows are added, never changed, but for which one is current."""

    __tablename__ = "element_set"
    __table_args__ = (
        Index(
            "uq_element_set_current",
            "object_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index("ix_element_set_object_epoch", "object_id", "epoch"),
        Index(
            "ix_element_set_held",
            "object_id",
            "epoch",
            sqlite_where=text("standing = 'departs'"),
            postgresql_where=text("standing = 'departs'"),
        ),
        CheckConstraint("NOT is_current OR standing <> 'departs'", name="current_is_trusted"),
    )

    id: str = Field(primary_key=True)
    object_id: str = Field(foreign_key="space_object.id")
    source_file_id: str = Field(foreign_key="source_file.id", index=True)
    line: int
    """First line of the set in its file, counted from 1."""
    content_hash: str = Field(max_length=64, unique=True)
    catalog_number: int = Field(sa_type=BIG)
    name: str
    international_designator: str
    """Number and names as this set gave them."""
    epoch: datetime
    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    arg_perigee_deg: float
    mean_anomaly_deg: float
    bstar: float
    mean_motion_dot: float
    mean_motion_ddot: float
    classification: str
    ephemeris_type: int
    element_set_number: int
    revolution_at_epoch: int
    synthetic: bool
    forward_dated: bool
    """The epoch lay after the hub's time when it was received."""
    standing: str
    """`trusted`; `departs`: too far from its predecessor, held back; `confirmed`: a later set or a person agreed."""
    departure_km: float | None = Field(default=None)
    """Distance from its predecessor at its own epoch; empty for a first set or when SGP4 gave no position."""
    departs: bool
    """It was flagged when it came; stays so after it was confirmed."""
    confirmed_by: str = ""
    """The element set or the organisation that confirmed a departing set."""
    is_current: bool
    received_at: datetime


class QuarantinedSet(SQLModel, table=True):
    """A set that was refused, with its reason and its text."""

    __tablename__ = "quarantined_set"

    id: str = Field(primary_key=True)
    source_file_id: str = Field(foreign_key="source_file.id", index=True)
    line: int
    code: str
    params: dict[str, Any] = Field(sa_type=JSON_TYPE)
    raw: str
    received_at: datetime


class SourceCall(SQLModel, table=True):
    """One download from a source, spent before the call is made, so that no crash can make it free."""

    __tablename__ = "source_call"

    source: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    """Counts 1, 2, 3: two schedulers that spend at once collide here, and one of them stays quiet."""
    kind: str = "gp:active"
    """What was asked for; the part before the colon says which rule of the source it is under."""
    spent_at_wall: datetime
    settled_at_wall: datetime | None = Field(default=None)
    """When its end was written; empty for one under way, or whose process is gone."""
    outcome: str
    """`spent`, `taken`, `refused`, `unreachable`; `stopped` or `unknown` (nothing more is asked), `released`."""
    code: str = ""
    params: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    source_file_id: str | None = Field(default=None, foreign_key="source_file.id")


class Snapshot(SQLModel, table=True):
    """The element sets that a run was given, by content."""

    __tablename__ = "snapshot"

    id: str = Field(primary_key=True)
    sha256: str = Field(max_length=64, unique=True)
    """Over the sorted content hashes: equal sets, equal hash, on every installation."""
    size: int
    synthetic: bool
    oldest_epoch: datetime | None
    newest_epoch: datetime | None
    element_set_ids: list[str] = Field(sa_type=JSON_TYPE)
    taken_at: datetime


class Run(SQLModel, table=True):
    """One published screening: complete, or not there at all."""

    __tablename__ = "run"

    id: str = Field(primary_key=True)
    snapshot_id: str = Field(foreign_key="snapshot.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id")
    marking_id: str = Field(foreign_key="marking.id")
    synthetic: bool
    window_start: datetime
    window_stop: datetime
    threshold_m: float
    max_age_days: float | None = Field(default=None)
    offered: int
    screened: int
    source_at: datetime | None = Field(default=None)
    """When the newest file that this run rests on was published."""
    source_basis: str | None = Field(default=None)
    """How that is known: `last_modified`, as its source says; `received`, when the hub got it, which is later."""
    stages_s: dict[str, float] | None = Field(default=None, sa_type=JSON_TYPE)
    """Seconds that each step took, in order; of publishing, all but the commit."""
    excluded: dict[str, int] = Field(sa_type=JSON_TYPE)
    """Left out before the computation, by reason: `age`."""
    failed: dict[str, int] = Field(sa_type=JSON_TYPE)
    """SGP4 gave no position somewhere in the window, by its error code."""
    encounters: int
    co_located: int
    age_median_h: float | None = Field(default=None)
    """Age of the sets at the start of the window."""
    age_max_h: float | None = Field(default=None)
    result_sha256: str = Field(max_length=64)
    engine: str
    software_version: str
    started_at: datetime
    published_at: datetime = Field(index=True)
    elapsed_s: float


class RunFailure(SQLModel, table=True):
    """An object that a run could not follow: left out, or without a position from some time on."""

    __tablename__ = "run_failure"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    object_id: str = Field(primary_key=True, foreign_key="space_object.id")
    reason: str
    """`age` or `sgp4`."""
    code: int | None = Field(default=None)
    """SGP4's error code; 6 is "decayed"."""
    at: datetime | None = Field(default=None)
    """From when on there was no position."""


class Conjunction(SQLModel, table=True):
    """One encounter of two objects, followed over runs; its latest look is the assessment of `latest_run_id`.

    One that only another source has seen has no run, and the marking of who gave it. When a run sees it as
    well, the run's own row is the conjunction, the same for everybody, and this one points there.
    """

    __tablename__ = "conjunction"
    __table_args__ = (
        Index("ix_conjunction_pair", "object_a_id", "object_b_id", "tca"),
        Index(
            "ix_conjunction_alone",
            "tca",
            sqlite_where=text("first_run_id IS NULL AND joined_id IS NULL"),
            postgresql_where=text("first_run_id IS NULL AND joined_id IS NULL"),
        ),
        CheckConstraint("object_a_id <> object_b_id", name="two_objects"),
        CheckConstraint("(first_run_id IS NULL) = (latest_run_id IS NULL)", name="runs_together"),
        CheckConstraint("first_run_id IS NULL OR joined_id IS NULL", name="run_born_stays"),
    )

    id: str = Field(primary_key=True)
    object_a_id: str = Field(foreign_key="space_object.id")
    object_b_id: str = Field(foreign_key="space_object.id", index=True)
    first_run_id: str | None = Field(default=None, foreign_key="run.id")
    latest_run_id: str | None = Field(default=None, foreign_key="run.id")
    joined_id: str | None = Field(default=None, foreign_key="conjunction.id")
    """The run's conjunction that this one turned out to be."""
    co_located: bool
    tca: datetime = Field(index=True)
    synthetic: bool
    marking_id: str = Field(foreign_key="marking.id")


class Assessment(Risk, table=True):
    """One look at a conjunction: what one run found. Object a has the lower catalogue number."""

    __tablename__ = "assessment"
    __table_args__ = (
        Index("ix_assessment_run_miss", "run_id", "co_located", "miss_distance_m", "conjunction_id"),
        Index("ix_assessment_run_tca", "run_id", "co_located", "tca", "conjunction_id"),
        Index(
            "ix_assessment_run_pc",
            *("run_id", "co_located", "pc", "conjunction_id"),
            sqlite_where=text(RISKY),
            postgresql_where=text(RISKY),
        ),
    )

    conjunction_id: str = Field(primary_key=True, foreign_key="conjunction.id")
    run_id: str = Field(primary_key=True, foreign_key="run.id")
    co_located: bool
    """Slower than 10 m/s relative to each other throughout."""
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float
    radial_m: float
    in_track_m: float
    cross_track_m: float
    """Object b relative to a, in a's radial, in-track, cross-track frame."""
    entry_at: datetime
    exit_at: datetime
    open_start: bool
    open_end: bool
    """The encounter reaches over the edge of the window: the true minimum may lie outside."""
    set_a_id: str = Field(foreign_key="element_set.id")
    set_b_id: str = Field(foreign_key="element_set.id")
    age_a_h: float
    age_b_h: float
    """Age of each element set at TCA; negative when forward-dated."""


class Watch(SQLModel, table=True):
    """A subscriber's rule: tell me when these objects come closer than this."""

    __tablename__ = "watch"

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    name: str
    every_object: bool
    miss_distance_m: float
    """0: distance alone never speaks."""
    window_h: float
    pc_red: float = Field(default=RED, sa_column_kwargs={"server_default": str(RED)})
    pc_amber: float = Field(default=AMBER, sa_column_kwargs={"server_default": str(AMBER)})
    pc_floor: float = Field(default=FLOOR, sa_column_kwargs={"server_default": str(FLOOR)})
    """Where the levels begin, as probabilities."""
    level_from: str | None = Field(default=None)
    """From this level on it speaks at any distance."""
    active: bool = Field(index=True)
    created_at: datetime
    marking_id: str = Field(foreign_key="marking.id")


class WatchObject(SQLModel, table=True):
    __tablename__ = "watch_object"

    watch_id: str = Field(primary_key=True, foreign_key="watch.id")
    object_id: str = Field(primary_key=True, foreign_key="space_object.id", index=True)


class WatchGroup(SQLModel, table=True):
    """Objects that a watch names by what they have in common; who belongs to it is seen anew at each run."""

    __tablename__ = "watch_group"

    watch_id: str = Field(primary_key=True, foreign_key="watch.id")
    kind: str = Field(primary_key=True)
    """`owner`: its code in the satellite catalogue; `name`: how the names begin."""
    value: str = Field(primary_key=True)


class Alert(SQLModel, table=True):
    """What a watch raised about a conjunction; one row for each revision, never overwritten."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("watch_id", "conjunction_id", "run_id", name="uq_alert_once_a_run"),
        UniqueConstraint("watch_id", "conjunction_id", "revision", name="uq_alert_revision"),
    )

    id: str = Field(primary_key=True)
    watch_id: str = Field(foreign_key="watch.id")
    conjunction_id: str = Field(foreign_key="conjunction.id", index=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    revision: int
    state: str
    """`raised`, `revised` or `cleared`."""
    reason: str
    """A code of the message catalogue: why this revision."""
    tca: datetime
    miss_distance_m: float | None = Field(default=None)
    """Empty when the run no longer found the encounter."""
    previous_miss_distance_m: float | None = Field(default=None)
    level: str | None = Field(default=None)
    """By the watch's thresholds; empty when the run no longer found the encounter."""
    pc: float | None = Field(default=None)
    payload: dict[str, Any] = Field(sa_type=JSON_TYPE)
    raised_at: datetime
    marking_id: str = Field(foreign_key="marking.id")
