"""Tables of exercises. What happens in one carries its id as mode (`space_hub.trust.labels`)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from catalog.exercise.states import State
from catalog.promise.signed import Signed
from space_hub.db import BIG, JSON_TYPE, one_of


class Exercise(Signed, table=True):
    __tablename__ = "exercise"
    __table_args__ = (
        one_of("state", *State),
        CheckConstraint("id LIKE 'exr%'", name="named_as_a_mode"),
        CheckConstraint("closes_at > opens_at", name="period"),
    )

    id: str = Field(primary_key=True)
    name: str = Field(max_length=200)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    lead_organisation_id: str = Field(foreign_key="organisation.id")
    opens_at: datetime
    closes_at: datetime
    seed: int = Field(sa_type=BIG)
    scenario: dict[str, Any] = Field(sa_type=JSON_TYPE)
    state: str = Field(max_length=8)
    report: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    report_sha256: str | None = Field(default=None, max_length=64)


class ExerciseParticipant(SQLModel, table=True):
    __tablename__ = "exercise_participant"

    exercise_id: str = Field(primary_key=True, foreign_key="exercise.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    accepted_at: datetime | None = None
