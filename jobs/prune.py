"""Forget what the schedule did long ago, so that the table of work stays small."""

from datetime import timedelta
from typing import Any

from jobs.schedule import PREFIX
from jobs.task import Task
from space_hub.work import ledger

KEEP = timedelta(days=30)
"""A month: long enough to look back at, a few hundred rows."""


def prune(task: Task) -> dict[str, Any]:
    with task.database.write() as session:
        task.guard(session)
        return {"deleted": ledger.prune(session, task.clock, keep=KEEP, prefix=PREFIX)}
