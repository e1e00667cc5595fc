"""Taking in element sets: from CelesTrak by its rules, or from a file."""

from pathlib import Path
from typing import Any

from sqlmodel import Session

from jobs.task import Task
from space_hub.awareness import sources
from space_hub.awareness.ingest import Limits, ingest_file
from space_hub.awareness.upstream import expected
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import CelesTrak
from space_hub.errors import Invalid
from space_hub.work import ledger


def celestrak(task: Task) -> dict[str, Any]:
    """Ask CelesTrak once, if its budget allows it; what was taken is screened at once."""
    refreshed = sources.refresh(task.database, task.clock, task.rng, task.principal, CelesTrak(), limits=_limits(task))
    if refreshed.outcome is Outcome.TAKEN and refreshed.file is not None:
        with task.database.write() as session:
            _screen_after(session, task, refreshed.file.id)
    return {
        "outcome": refreshed.outcome.value,
        "source_file_id": refreshed.file.id if refreshed.file is not None else None,
    }


def satcat(task: Task) -> dict[str, Any]:
    """Ask CelesTrak for its satellite catalogue once, if its budget allows it."""
    fetch = CelesTrak().satcat
    limits = _limits(task)
    return {
        "outcome": sources.refresh_satcat(
            task.database, task.clock, task.rng, task.principal, fetch, limits=limits
        ).value
    }


def look(task: Task) -> dict[str, Any]:
    """Tell of sources that have fallen silent."""
    with task.database.write() as session:
        return {"overdue": [each.subject for each in expected.tell(session, task.clock, task.principal)]}


def file(task: Task) -> dict[str, Any]:
    """Params: `path`, optional `source` ("file") and `screen` (true: screen at once what was taken)."""
    path = Path(task.params["path"])
    try:
        with task.database.write() as session:
            task.guard(session)
            taken = ingest_file(
                session,
                task.clock,
                task.rng,
                task.principal,
                path=path,
                source=task.params.get("source", "file"),
                limits=_limits(task),
            )
            if task.params.get("screen", False) and not taken.refused:
                _screen_after(session, task, taken.id)
    except OSError as error:
        raise Invalid("work.file_unreadable", path=str(path), reason=error.strerror or str(error)) from error
    if taken.refused:
        raise Invalid(taken.refusal_code or "", **(taken.refusal or {}))
    return {"source_file_id": taken.id, "offered": taken.offered, "accepted": taken.accepted}


def _screen_after(session: Session, task: Task, source_file_id: str) -> None:
    """Queue one screening for this file: the slot keeps a repeated job from queueing another."""
    ledger.start(
        session,
        task.clock,
        task.rng,
        kind="screen",
        params={},
        principal=task.principal,
        slot=f"after:{source_file_id}",
    )


def _limits(task: Task) -> Limits:
    return Limits.of(task.settings)
