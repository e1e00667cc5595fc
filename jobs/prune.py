"""Forget what is long over: slots, answers kept for a retry, reports, searches, work of matches, letters, codes."""

from datetime import timedelta
from typing import Any

from catalog import match_work
from catalog.ordering import searches
from jobs.schedule import PREFIX
from jobs.task import Task
from providers import doors, recheck
from space_hub.delivery import mail
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
            "letters": mail.prune(session, task.clock, keep=KEEP),
            "searches": searches.prune(session, task.clock),
            "matching": match_work.prune(session, task.clock, keep=KEEP),
            "codes": recheck.prune_codes(session, task.clock, keep=KEEP),
        }
