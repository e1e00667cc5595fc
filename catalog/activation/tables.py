"""Tables of activations and of what they say of their suppliers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from catalog.activation.readiness import Outcome, Source
from catalog.activation.states import FINAL, Event, State
from catalog.promise.signed import Signed
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.trust.labels import REAL
from space_hub.vocabulary.phases import Phase

_OPEN = text(f"state NOT IN ({', '.join(repr(each.value) for each in sorted(FINAL))})")


class ActivationRow(SQLModel, table=True):
    """A graver phase's capacity called up, or drilled: `catalog.activation.rules` reads the rest from its entries."""

    __tablename__ = "activation"
    __table_args__ = (
        CheckConstraint("(mode = 'real') = (exercise_id IS NULL)", name="exercise_named"),
        CheckConstraint("exercise_id IS NULL OR exercise_id = mode", name="exercise_is_mode"),
        CheckConstraint(
            "approved_parts IS NULL OR (approved_parts > 0 AND approved_parts <= requested_parts)", name="approved"
        ),
        CheckConstraint(
            "accepted_parts IS NULL OR (accepted_parts > 0 AND accepted_parts <= approved_parts)", name="accepted"
        ),
        one_of("phase", *Phase),
        one_of("state", *State),
        ForeignKeyConstraint(["marking_id", "mode"], ["marking.id", "marking.mode"]),
        UniqueConstraint("id", "mode"),
        Index(
            *("ix_activation_open", "agreement_id", "phase", "mode"),
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: str = Field(primary_key=True)
    mode: str = Field(default=REAL, max_length=40)
    exercise_id: str | None = Field(default=None, foreign_key="exercise.id")
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    phase: str = Field(max_length=10)
    group_id: str | None = Field(default=None, index=True)
    """One request over several agreements."""
    state: str = Field(max_length=14)
    requested_parts: int = Field(sa_type=BIG)
    approved_parts: int | None = Field(default=None, sa_type=BIG)
    accepted_parts: int | None = Field(default=None, sa_type=BIG)
    available_parts: int = Field(default=0, sa_type=BIG)
    notified_at: datetime | None = None
    next_clock: str | None = Field(default=None, max_length=20)
    next_due_at: datetime | None = Field(default=None, index=True)
    missed: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    marking_id: str = Field(index=True)


class ActivationEntry(Signed, table=True):
    __tablename__ = "activation_entry"
    __table_args__ = (
        one_of("event", "request", *Event),
        one_of("state", *State),
        CheckConstraint("event NOT IN ('refuse', 'reject') OR reason <> ''", name="with_reason"),
        CheckConstraint("event <> 'approve' OR authority_name <> ''", name="approved_by_somebody"),
    )

    activation_id: str = Field(primary_key=True, foreign_key="activation.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str = Field(max_length=12)
    state: str = Field(max_length=14)
    clock: str | None = Field(default=None, max_length=20)
    due_at: datetime | None = None
    late_s: int | None = Field(default=None, sa_type=BIG)
    parts: int | None = Field(default=None, sa_type=BIG)
    reason: str = Field(default="", max_length=1000)


class ActivationReserve(SQLModel, table=True):
    """An agreement that a group falls back on when one of its suppliers refuses, in the order of rank."""

    __tablename__ = "activation_reserve"
    __table_args__ = (
        CheckConstraint("(activation_id IS NULL) = (mode IS NULL)", name="asked_in_a_mode"),
        ForeignKeyConstraint(["activation_id", "mode"], ["activation.id", "activation.mode"]),
    )

    group_id: str = Field(primary_key=True)
    rank: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    agreement_id: str = Field(foreign_key="agreement.id")
    activation_id: str | None = None
    """What was asked of it, once it was."""
    mode: str | None = Field(default=None, max_length=40)


class ReadinessEvidence(Signed, table=True):
    """What an activation or a certified drill said of a supplier: by value, so that no drill is referred to."""

    __tablename__ = "readiness_evidence"
    __table_args__ = (
        one_of("phase", *Phase),
        one_of("source", *Source),
        one_of("outcome", *Outcome),
        UniqueConstraint("agreement_id", "source_sha256"),
        Index(
            "ix_readiness_evidence_untold",
            "counts_at",
            sqlite_where=text("holders_told_at IS NULL"),
            postgresql_where=text("holders_told_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    agreement_id: str = Field(foreign_key="agreement.id")
    phase: str = Field(max_length=10)
    source: str = Field(max_length=10)
    source_sha256: str = Field(max_length=64)
    promised_s: int = Field(sa_type=BIG)
    measured_s: int | None = Field(default=None, sa_type=BIG)
    parts_promised: int = Field(sa_type=BIG)
    parts_reached: int = Field(sa_type=BIG)
    outcome: str = Field(max_length=8)
    happened_at: datetime
    reply: str = Field(default="", max_length=4000)
    reply_at: datetime | None = None
    counts_at: datetime
    holders_told_at: datetime | None = None
    """When the members of the agreement's pool were told, which is once it counts."""
