"""Tables of the desk: who answers, what waits for an answer, how long answers took, and the doors of others.

Everything that somebody waits for is a `submission`: an application, an appeal,
a debrief, an offering, a question, a claim, a comment. Queue, status page,
escalation and the fairness figures are queries on this one table.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import JSON_TYPE, one_of
from space_hub.text import Word


class Office(SQLModel, table=True):
    """An office or a programme that answers, with its remit, its deputy and its clock."""

    __tablename__ = "office"
    __table_args__ = (
        one_of("kind", "office", "programme"),
        CheckConstraint("answer_days BETWEEN 1 AND 20", name="answer_days"),
    )

    id: str = Field(primary_key=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    kind: str = Field(max_length=10)
    name_en: str = Field(max_length=200)
    name_fr: str = Field(max_length=200)
    remit_en: str
    remit_fr: str
    mission_areas: list[str] = Field(sa_type=JSON_TYPE)
    nations: list[str] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """Of the asker; None: all."""
    matters: list[str] = Field(sa_type=JSON_TYPE)
    """Kinds of submission that it takes."""
    officer_name: str = Field(max_length=200)
    officer_email: str = Field(max_length=320)
    deputy_name: str = Field(max_length=200)
    deputy_email: str = Field(max_length=320)
    head_email: str = Field(max_length=320)
    answer_days: int = 2
    """Working days to the first answer."""
    rank: int
    """Of several whose remit covers a matter, the lowest is asked."""
    active: bool = True
    created_at: datetime


class Submission(SQLModel, table=True):
    """One thing that somebody waits for. Late is not a state: it is an open row whose `due_at` has passed."""

    __tablename__ = "submission"
    __table_args__ = (
        one_of(
            "kind",
            *("application", "appeal", "debrief", "offering", "question", "claim", "comment", "register"),
            *("admission", "complaint"),
        ),
        one_of("state", "open", "waiting_for_asker", "answered", "referred", "withdrawn"),
        Index("ix_submission_queue", "office_id", "state", "due_at"),
    )

    id: str = Field(primary_key=True)
    kind: str = Field(max_length=12)
    subject: str = Field(max_length=80, index=True)
    """Id of what it is about: the application, the offering, the opportunity."""
    provider_id: str | None = Field(default=None, foreign_key="provider.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    """Who waits."""
    office_id: str = Field(foreign_key="office.id")
    state: str = Field(max_length=20)
    title: str = Field(max_length=200)
    opened_at: datetime
    due_at: datetime = Field(index=True)
    clock_left_s: int | None = None
    """Working seconds that are left, while the clock stands still."""
    level: int = 0
    """How far it was escalated."""
    answered_at: datetime | None = None
    outcome: str | None = Field(default=None, max_length=20)
    answer: str = ""
    newcomer: bool | None = None
    """This and the next three as they were when it was opened, None for who is no provider: fairness reads them."""
    size_class: str | None = Field(default=None, max_length=10)
    nation: str = Field(max_length=2)
    standing: str | None = Field(default=None, max_length=10)


class SubmissionEntry(SQLModel, table=True):
    __tablename__ = "submission_entry"

    submission_id: str = Field(primary_key=True, foreign_key="submission.id")
    number: int = Field(primary_key=True)
    event: str = Field(max_length=20)
    state: str = Field(max_length=20)
    text: str = ""
    by_organisation_id: str | None = Field(default=None, foreign_key="organisation.id")
    """None: the hub itself, by its clock."""
    at: datetime


class FairnessRelease(SQLModel, table=True):
    """How a group of providers was answered in one quarter. Quarters do not overlap, so none can be subtracted."""

    __tablename__ = "fairness_release"
    __table_args__ = (CheckConstraint("decided >= 5", name="enough"),)

    period: str = Field(primary_key=True, max_length=7)
    """As `2026-Q3`."""
    dimension: str = Field(primary_key=True, max_length=12)
    value: str = Field(primary_key=True, max_length=20)
    decided: int
    median_h: float
    """Working hours from receipt to decision."""
    approved: int
    returned: int
    rejected: int
    overturned: int
    at: datetime


class RegisterKind(Word, of="register_kind"):
    FRONT_DOOR = "front_door"
    REGISTER = "register"


class ExternalRegister(SQLModel, table=True):
    """Another front door or register: a neighbour that is linked, not a rival."""

    __tablename__ = "external_register"
    __table_args__ = (one_of("kind", *RegisterKind),)

    id: str = Field(primary_key=True)
    name_en: str = Field(max_length=200)
    name_fr: str = Field(max_length=200)
    kind: str = Field(max_length=10)
    url: str = Field(max_length=2000)
    nation_or_body: str = Field(max_length=20)
    note_en: str = ""
    note_fr: str = ""
    active: bool = True


class ExternalRecord(SQLModel, table=True):
    """A provider's own entry in another register."""

    __tablename__ = "external_record"
    __table_args__ = (UniqueConstraint("register_id", "provider_id"),)

    id: str = Field(primary_key=True)
    register_id: str = Field(foreign_key="external_register.id")
    provider_id: str = Field(foreign_key="provider.id", index=True)
    their_reference: str = Field(max_length=100)
    url: str = Field(default="", max_length=2000)
    seen_at: datetime
