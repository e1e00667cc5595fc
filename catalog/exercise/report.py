"""What became of an exercise, by value: what happened in it beside what its scenario gives when it is played.

Nothing refers to it from outside but its hash. What an activation shows of its supplier is worked out by the rules
that judge real ones, as of the moment of closing or of the planned end, if that came first: after it nobody could act
any more. What a clock missed by then counts, whether or not it was looked at.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from catalog.activation import evidence
from catalog.activation.readiness import Outcome, Shown
from catalog.activation.rules import turn
from catalog.activation.service import book
from catalog.activation.tables import ActivationRow
from catalog.capacity.rules import PARTS, units
from catalog.exercise import running
from catalog.exercise.scenario import ScenarioIn, entry_told, played, told
from catalog.exercise.tables import Exercise
from catalog.promise.tables import PhaseDeclaration


def compiled(session: Session, exercise: Exercise, now: datetime) -> dict[str, Any]:
    until = running.measured_until(session, exercise.id, now)
    phases = session.exec(
        select(PhaseDeclaration).where(PhaseDeclaration.mode == exercise.id).order_by(col(PhaseDeclaration.number))
    )
    activations = session.exec(
        select(ActivationRow).where(ActivationRow.mode == exercise.id).order_by(col(ActivationRow.id))
    )
    return {
        "exercise_id": exercise.id,
        "name": exercise.name,
        "closed_at": now.isoformat(),
        "phases": [
            {"phase": each.phase, "since": each.since.isoformat(), "at": each.at.isoformat(), "reason": each.reason}
            for each in phases
        ],
        "activations": [_activation(session, row, until) for row in activations],
        "played": told(played(ScenarioIn.model_validate(exercise.scenario))),
    }


def stop_clocks(session: Session, exercise: Exercise) -> None:
    """After the end nothing is missed any more."""
    session.connection().execute(
        update(ActivationRow).where(col(ActivationRow.mode) == exercise.id).values(next_clock=None, next_due_at=None)
    )


def _activation(session: Session, row: ActivationRow, now: datetime) -> dict[str, Any]:
    activation = turn(book.read(session, row), now)
    parties = book.parties(session, row)
    seen = evidence.of_course(session, now, row, parties.provider, activation)
    return {
        "activation_id": row.id,
        "agreement_id": row.agreement_id,
        "provider_id": parties.provider.id,
        "phase": row.phase,
        "state": activation.state.value,
        "requested": units(row.requested_parts),
        "entries": [entry_told(each) | {"reason": each.reason} for each in activation.entries],
        "shown": None if seen is None else _shown(seen),
        "sha256": None if seen is None else evidence.source_sha256(row.id, activation),
    }


def _shown(seen: Shown) -> dict[str, Any]:
    return {
        "outcome": seen.outcome.value,
        "promised_s": int(seen.promised.total_seconds()),
        "measured_s": None if seen.measured is None else int(seen.measured.total_seconds()),
        "promised": units(seen.parts_promised),
        "reached": units(seen.parts_reached),
        "happened_at": seen.happened_at.isoformat(),
    }


def shown_again(said: dict[str, Any]) -> Shown:
    """What a report says of one activation, as a value."""
    measured = said["measured_s"]
    return Shown(
        outcome=Outcome(said["outcome"]),
        promised=timedelta(seconds=said["promised_s"]),
        measured=None if measured is None else timedelta(seconds=measured),
        parts_promised=round(said["promised"] * PARTS),
        parts_reached=round(said["reached"] * PARTS),
        happened_at=datetime.fromisoformat(said["happened_at"]),
    )
