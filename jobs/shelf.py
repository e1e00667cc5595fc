"""Write the rows that search is fed with where they are missing: after an upgrade, or after a restore."""

from typing import Any

from catalog.search import entries
from jobs.task import Task
from space_hub.db import Database


def fill(database: Database) -> int:
    """Write all rows that are missing now, for an installation that is being opened; how many."""
    done = 0
    while True:
        with database.write() as session:
            written = entries.rebuild(session)
        if not written:
            return done
        done += written


def rebuild(task: Task) -> dict[str, Any]:
    """In steps of a transaction each, so that suppliers are not kept waiting; safe to run again."""
    with task.database.read() as session:
        total = entries.missing(session)
    done = 0
    while True:
        task.progress(done, max(total, done))
        with task.database.write() as session:
            task.guard(session)
            written = entries.rebuild(session)
        if not written:
            return {"written": done}
        done += written
