"""Exercises: assured access rehearsed with keys of its own, without an order, a letter or a real reader."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut
from api.deps import Ask, Asked, Creation, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import EITHER, Router, scope
from api.routes.keys import KeyOut, NewKeyOut
from catalog.exercise import exercises
from catalog.exercise.certify import certify
from catalog.exercise.scenario import ScenarioIn
from catalog.exercise.states import State
from catalog.exercise.tables import Exercise
from catalog.promise.authority import Authority
from space_hub.clock import Clock
from space_hub.trust import keys
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval

Step = Callable[[Session, Clock, Principal, str, Authority], Exercise]

router = Router(prefix="/v1/exercises", tags=["exercises"])

WRITE = scope("exercise:write")
WITHIN = scope("exercise:write", modes=EITHER)
READ = scope("catalog:read", modes=EITHER)


class ExerciseIn(In):
    name: str = Field(min_length=1, max_length=200, description="Told to those who are asked to take part.")
    pool_id: str
    opens_at: UtcDatetime
    closes_at: UtcDatetime
    participants: list[str] = Field(
        max_length=200, description="Organisations: members of the pool, and suppliers under its signed agreements."
    )
    scenario: ScenarioIn
    decided_by: DecidedByIn


class StepIn(In):
    decided_by: DecidedByIn


class RehearsalKeyIn(In):
    name: str = Field(min_length=1, max_length=100)
    days: int = Field(default=keys.MAX_DAYS, ge=1, le=keys.MAX_DAYS)


class CertificationIn(In):
    report_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Of the report as you read it in the exercise.")
    decided_by: DecidedByIn


class CertificationOut(Out):
    evidence_ids: list[str] = Field(description="Entries of the readiness ledger, one for each activation drilled.")


class ParticipantOut(Out):
    organisation_id: str
    accepted_at: datetime | None


class ExerciseOut(Out):
    id: str
    name: str
    pool_id: str
    lead_organisation_id: str
    opens_at: datetime
    closes_at: datetime
    state: State
    decided_by: DecidedByOut
    participants: list[ParticipantOut] = Field(description="All for the lead; yourself for you.")
    report_sha256: str | None = Field(description="Of the report of a closed exercise; told to the lead.")
    report: dict[str, Any] | None = Field(description="Read by the lead with a key of the exercise.")


def _exercise(session: Session, asked: Ask, row: Exercise) -> ExerciseOut:
    lead = row.lead_organisation_id == asked.principal.organisation_id
    return ExerciseOut(
        **row.model_dump(include={"id", "name", "pool_id", "lead_organisation_id", "opens_at", "closes_at"}),
        state=State(row.state),
        decided_by=DecidedByOut(name=row.authority_name, office=row.authority_office),
        participants=[
            ParticipantOut.model_validate(each) for each in exercises.participants(session, asked.principal, row)
        ],
        report_sha256=row.report_sha256 if lead else None,
        report=row.report if lead and asked.principal.mode == row.id else None,
    )


@router.post("", status_code=201, policy=WRITE)
def plan_exercise(body: ExerciseIn, once: Once) -> ExerciseOut:
    """Plan an exercise of a pool that you lead. Those named are asked to take part, each by itself."""

    def make(session: Session) -> ExerciseOut:
        planned = exercises.plan(
            session,
            once.clock,
            once.rng,
            once.principal,
            pool_id=body.pool_id,
            name=body.name,
            period=Interval(body.opens_at, body.closes_at),
            participants=body.participants,
            scenario=body.scenario,
            authority=body.decided_by.value(),
        )
        return _exercise(session, once, planned)

    return once.run(make)


@router.get("", policy=READ)
def list_exercises(asked: Asked, page: Page) -> Paged[ExerciseOut]:
    """Those that you take part in; with the key of an exercise, that one."""
    with asked.read() as session:
        found = select(Exercise).where(exercises.visible(asked.principal))
        return page.of(session, found, key=col(Exercise.id), make=lambda row: _exercise(session, asked, row))


@router.get("/{exercise_id}", policy=READ)
def get_exercise(exercise_id: str, asked: Asked) -> ExerciseOut:
    """One exercise: from when to when, how far it is, who takes part."""
    with asked.read() as session:
        return _exercise(session, asked, exercises.get(session, asked.principal, exercise_id))


@router.post("/{exercise_id}/acceptance", status_code=200, policy=WRITE)
def accept_exercise(exercise_id: str, once: Once) -> ExerciseOut:
    """Agree to take part."""
    return once.run(
        lambda session: _exercise(session, once, exercises.accept(session, once.clock, once.principal, exercise_id)),
        status=200,
    )


@router.post("/{exercise_id}/keys", status_code=201, policy=WITHIN)
def create_exercise_key(exercise_id: str, body: RehearsalKeyIn, once: Once) -> NewKeyOut:
    """A key for this exercise alone, once you agreed to take part. Whatever it does is not real."""

    def make(session: Session) -> NewKeyOut:
        made, secret = exercises.key(
            session, once.clock, once.rng, once.principal, exercise_id, name=body.name, days=body.days
        )
        return NewKeyOut(**KeyOut.model_validate(made).model_dump(), secret=secret)

    return once.run(make, secret=frozenset({"secret"}))


@router.post("/{exercise_id}/start", status_code=200, policy=WITHIN)
def start_exercise(exercise_id: str, body: StepIn, once: Once) -> ExerciseOut:
    """The lead's authority begins it; from then on its keys may act."""
    return _stepped(once, exercises.start, exercise_id, body)


@router.post("/{exercise_id}/certifications", status_code=201, policy=WRITE)
def certify_exercise(exercise_id: str, body: CertificationIn, once: Once) -> CertificationOut:
    """Say, with a real key and by a named authority, that what the report shows of suppliers shall count."""

    def make(session: Session) -> CertificationOut:
        made = certify(
            session,
            once.clock,
            once.rng,
            once.principal,
            exercise_id,
            report_sha256=body.report_sha256,
            authority=body.decided_by.value(),
        )
        return CertificationOut(evidence_ids=[each.id for each in made])

    return once.run(make)


@router.post("/{exercise_id}/close", status_code=200, policy=WITHIN)
def close_exercise(exercise_id: str, body: StepIn, once: Once) -> ExerciseOut:
    """The lead's authority ends it. Its report is then fixed, and read with a key of the exercise."""
    return _stepped(once, exercises.close, exercise_id, body)


def _stepped(once: Creation, step: Step, exercise_id: str, body: StepIn) -> ExerciseOut:
    return once.run(
        lambda session: _exercise(
            session, once, step(session, once.clock, once.principal, exercise_id, body.decided_by.value())
        ),
        status=200,
    )
