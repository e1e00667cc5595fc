"""Forget what is long over, so that tables stay small: slots of the schedule, answers for a retry, old reports."""

from datetime import timedelta
from typing import Any

from jobs.schedule import PREFIX
from jobs.task import Task
from providers import doors
from space_hub.trust import idempotency
from space_hub.work import ledger

KEEP = timedelta(days=30)
"""A month: long enough to look back at, and four times what is promised to those who retry."""


def prune(task: Task) -> dict[str, Any]:
    with task.database.write() as session:
        task.guard(session)
        return {
            "work": ledger.prune(session, task.clock, keep=KEEP, prefix=PREFIX),
            "reports": doors.prune_reports(session, task.clock),
            "answers": idempotency.prune(session, task.clock, keep=KEEP),
        }
