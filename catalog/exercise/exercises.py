"""Exercises of a pool: who takes part, with which keys, from when to when, and what was found.

An exercise is planned, accepted, started and closed by real keys or its own. That it is
planned is real news, told to each participant alone; all that follows is told in the
exercise. Keys are for participants that accepted: they carry the exercise's id as mode,
and the database lets nothing of that mode meet what is real (`space_hub.trust.labels`).
The report is for the lead, and is read in the exercise; outside it only its hash is known.
"""

import json
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.exercise import report
from catalog.exercise.scenario import ScenarioIn, played
from catalog.exercise.states import Event, State, next_state
from catalog.exercise.tables import Exercise, ExerciseParticipant
from catalog.promise import pools
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, keys, markings
from space_hub.trust.keys import ServiceKey
from space_hub.trust.labels import REAL, Marking, rehearse
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import IN_EXERCISES
from space_hub.vocabulary.interval import Interval


def plan(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    pool_id: str,
    name: str,
    period: Interval,
    participants: Sequence[str],
    scenario: ScenarioIn,
    authority: Authority,
) -> Exercise:
    """The lead's authority plans an exercise for members of its pool and suppliers under its agreements.

    The scenario is played once, so that one that cannot be played is refused now.
    """
    pool = pools.led(session, principal, pool_id)
    now = clock.now()
    if period.stop is None or period.stop <= now:
        raise Invalid("exercise.over_already", closes=str(period.stop), now=now.isoformat())
    wanted = sorted({*participants} - {principal.organisation_id})
    strangers = [each for each in wanted if not _belongs(session, pool_id, each)]
    if strangers:
        raise Invalid("exercise.participant_unknown", given=", ".join(strangers))
    played(scenario)
    exercise = Exercise(
        # By the pool, so that what one pool rehearses shifts no other's draws.
        id=rng.scope(pool.id, "exercise").id("exr"),
        name=name,
        pool_id=pool.id,
        lead_organisation_id=principal.organisation_id,
        opens_at=period.start,
        closes_at=period.stop,
        seed=scenario.seed,
        scenario=scenario.model_dump(mode="json"),
        state=State.PLANNED.value,
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=now,
    )
    session.add(exercise)
    session.flush()
    session.add(
        ExerciseParticipant(exercise_id=exercise.id, organisation_id=principal.organisation_id, accepted_at=now)
    )
    session.add_all(ExerciseParticipant(exercise_id=exercise.id, organisation_id=each) for each in wanted)
    session.flush()
    for each in wanted:
        _tell(session, clock, exercise, each, REAL)
    audit.record(
        session, clock, principal, "exercise.plan", exercise.id, authority=authority.name, office=authority.office
    )
    return exercise


def accept(session: Session, clock: Clock, principal: Principal, exercise_id: str) -> Exercise:
    """A participant agrees to take part; nobody is drilled who did not."""
    exercise = get(session, principal, exercise_id, lock=True)
    if exercise.state == State.CLOSED:
        raise Conflict("exercise.closed", exercise=exercise.name)
    mine = session.get_one(ExerciseParticipant, (exercise.id, principal.organisation_id))
    if mine.accepted_at is None:
        mine.accepted_at = clock.now()
        session.add(mine)
        audit.record(session, clock, principal, "exercise.accept", exercise.id)
    return exercise


def key(
    session: Session, clock: Clock, rng: Rng, principal: Principal, exercise_id: str, *, name: str, days: int
) -> tuple[ServiceKey, str]:
    """A key for the exercise, with what its maker's key may do there; for a participant that accepted."""
    exercise = get(session, principal, exercise_id)
    mine = session.get_one(ExerciseParticipant, (exercise.id, principal.organisation_id))
    if mine.accepted_at is None:
        raise Conflict("exercise.accept_first", exercise=exercise.name)
    if exercise.state == State.CLOSED:
        raise Conflict("exercise.closed", exercise=exercise.name)
    made, secret = keys.issue(
        session,
        clock,
        rng,
        organisation_id=principal.organisation_id,
        name=name,
        scopes=principal.scopes & IN_EXERCISES,
        days=days,
        mode=exercise.id,
    )
    audit.record(session, clock, principal, "key.create", made.id, scopes=made.scopes, exercise=exercise.id)
    return made, secret


def start(session: Session, clock: Clock, principal: Principal, exercise_id: str, authority: Authority) -> Exercise:
    """The lead's authority begins it, not before the time that was planned."""
    exercise = led(session, principal, exercise_id)
    after = next_state(State(exercise.state), Event.START)
    now = clock.now()
    if not exercise.opens_at <= now < exercise.closes_at:
        raise Conflict(
            "exercise.outside_period",
            opens=exercise.opens_at.isoformat(),
            closes=exercise.closes_at.isoformat(),
            now=now.isoformat(),
        )
    return _step(session, clock, principal, exercise, after, authority)


def close(session: Session, clock: Clock, principal: Principal, exercise_id: str, authority: Authority) -> Exercise:
    """The lead's authority ends it: what happened is written into a report that does not change any more."""
    exercise = led(session, principal, exercise_id)
    after = next_state(State(exercise.state), Event.CLOSE)
    exercise.report = report.compiled(session, exercise, clock.now())
    exercise.report_sha256 = sha256(json.dumps(exercise.report, sort_keys=True).encode()).hexdigest()
    report.stop_clocks(session, exercise)
    return _step(session, clock, principal, exercise, after, authority)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Exercises that the principal takes part in; the key of one sees that one alone."""
    mine = sa_select(col(ExerciseParticipant.exercise_id)).where(
        col(ExerciseParticipant.organisation_id) == principal.organisation_id
    )
    own = true() if principal.mode == REAL else col(Exercise.id) == principal.mode
    return and_(col(Exercise.id).in_(mine), own)


def get(session: Session, principal: Principal, exercise_id: str, *, lock: bool = False) -> Exercise:
    statement = select(Exercise).where(Exercise.id == exercise_id, visible(principal))
    found = session.exec(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotFound("exercise.unknown", exercise_id=exercise_id)
    return found


def led(session: Session, principal: Principal, exercise_id: str) -> Exercise:
    """An exercise of a pool that the principal leads, locked until the transaction ends."""
    exercise = get(session, principal, exercise_id, lock=True)
    if exercise.lead_organisation_id != principal.organisation_id:
        raise Forbidden("exercise.lead_decides", exercise=exercise.name)
    return exercise


def participants(session: Session, principal: Principal, exercise: Exercise) -> Sequence[ExerciseParticipant]:
    """Who takes part, for the lead; others are told of themselves alone."""
    found = select(ExerciseParticipant).where(ExerciseParticipant.exercise_id == exercise.id)
    if principal.organisation_id != exercise.lead_organisation_id:
        found = found.where(ExerciseParticipant.organisation_id == principal.organisation_id)
    return session.exec(found.order_by(col(ExerciseParticipant.organisation_id))).all()


def _belongs(session: Session, pool_id: str, organisation_id: str) -> bool:
    signed = (
        select(Agreement.id)
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .where(
            Agreement.pool_id == pool_id,
            Agreement.status == AgreementStatus.SIGNED.value,
            Provider.organisation_id == organisation_id,
        )
    )
    return pools.is_member(session, pool_id, organisation_id) or session.exec(signed).first() is not None


def _step(
    session: Session, clock: Clock, principal: Principal, exercise: Exercise, after: State, authority: Authority
) -> Exercise:
    exercise.state = after.value
    session.add(exercise)
    for each in session.exec(
        select(ExerciseParticipant.organisation_id)
        .where(ExerciseParticipant.exercise_id == exercise.id, col(ExerciseParticipant.accepted_at).is_not(None))
        .order_by(col(ExerciseParticipant.organisation_id))
    ):
        _tell(session, clock, exercise, each, exercise.id)
    audit.record(
        session,
        clock,
        principal,
        f"exercise.{after.value}",
        exercise.id,
        authority=authority.name,
        office=authority.office,
    )
    return exercise


def _tell(session: Session, clock: Clock, exercise: Exercise, organisation_id: str, mode: str) -> None:
    """An entry of its own for each, so that nobody learns who else takes part."""
    reader = Marking(owner=exercise.lead_organisation_id, organisations=frozenset({organisation_id}))
    log.append(
        session,
        clock,
        "exercise.changed",
        exercise.id,
        {
            "exercise_id": exercise.id,
            "name": exercise.name,
            "pool_id": exercise.pool_id,
            "state": exercise.state,
            "opens_at": log.rfc3339(exercise.opens_at),
            "closes_at": log.rfc3339(exercise.closes_at),
        },
        markings.ensure(session, rehearse(reader, mode)),
        mode=mode,
    )
