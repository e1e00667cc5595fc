"""What became of an exercise, by value: what happened in it beside what its scenario gives when it is played.

Nothing refers to it from outside but its hash. The figures are those of the entries; nothing is judged here.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.activation.tables import ActivationEntry, ActivationRow
from catalog.capacity.rules import units
from catalog.exercise.scenario import ScenarioIn, played, told
from catalog.exercise.tables import Exercise
from catalog.promise.tables import Agreement, PhaseDeclaration


def compiled(session: Session, exercise: Exercise, now: datetime) -> dict[str, Any]:
    phases = session.exec(
        select(PhaseDeclaration).where(PhaseDeclaration.mode == exercise.id).order_by(col(PhaseDeclaration.number))
    )
    activations = session.exec(
        select(ActivationRow, Agreement)
        .join(Agreement, col(Agreement.id) == col(ActivationRow.agreement_id))
        .where(ActivationRow.mode == exercise.id)
        .order_by(col(ActivationRow.id))
    )
    return {
        "exercise_id": exercise.id,
        "name": exercise.name,
        "closed_at": now.isoformat(),
        "phases": [
            {"phase": each.phase, "since": each.since.isoformat(), "at": each.at.isoformat(), "reason": each.reason}
            for each in phases
        ],
        "activations": [_activation(session, row, agreement) for row, agreement in activations],
        "played": told(played(ScenarioIn.model_validate(exercise.scenario))),
    }


def _activation(session: Session, row: ActivationRow, agreement: Agreement) -> dict[str, Any]:
    entries = session.exec(
        select(ActivationEntry).where(ActivationEntry.activation_id == row.id).order_by(col(ActivationEntry.number))
    )
    return {
        "activation_id": row.id,
        "agreement_id": agreement.id,
        "provider_id": agreement.provider_id,
        "phase": row.phase,
        "state": row.state,
        "requested": units(row.requested_parts),
        "entries": [
            {
                "at": each.at.isoformat(),
                "event": each.event,
                "state": each.state,
                "quantity": None if each.parts is None else units(each.parts),
                "clock": each.clock,
                "due_at": None if each.due_at is None else each.due_at.isoformat(),
                "late_s": each.late_s,
                "reason": each.reason,
            }
            for each in entries
        ],
    }
