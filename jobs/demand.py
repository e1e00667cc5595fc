"""Work that follows from demand: the weekly release, looks along the shelf, and notices to suppliers.

Each goes in chunks, a transaction a chunk, so that it never holds the database
for a whole shelf. A chunk that is done twice changes nothing the second time.
"""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from catalog import arrivals, gaps, releases
from jobs.task import Task


def release(task: Task) -> dict[str, Any]:
    """Publish the cells and the anonymous needs that may go out."""
    with task.database.write() as session:
        task.guard(session)
        made = releases.release(session, task.clock, task.rng, k=task.settings.k_anonymity)
        return {"release": made.number, "cells_sha256": made.cells_sha256}


def look(task: Task) -> dict[str, Any]:
    """One need along the shelf as its owner sees it."""
    requirement_id = task.params["requirement_id"]

    def chunk(session: Session, after: str) -> str | None:
        return arrivals.look(session, task.clock, task.rng, task.principal, requirement_id, after)

    return {"chunks": _all(task, chunk)}


def provider(task: Task) -> dict[str, Any]:
    """All offerings of a supplier whose standing has changed."""

    def chunk(session: Session, after: str) -> str | None:
        return arrivals.arrive_all(session, task.clock, task.rng, task.params["provider_id"], after)

    return {"chunks": _all(task, chunk)}


def tell_gaps(task: Task) -> dict[str, Any]:
    """The offerings of one capability against what was opened and closed."""
    params = task.params

    def chunk(session: Session, after: str) -> str | None:
        return gaps.tell_owners(
            session,
            task.clock,
            capability_code=params["capability"],
            opened=params["opened"],
            closed=params["closed"],
            after=after,
        )

    return {"chunks": _all(task, chunk)}


def _all(task: Task, chunk: Callable[[Session, str], str | None]) -> int:
    after: str | None = ""
    done = 0
    while after is not None:
        task.progress(done, done + 1)
        with task.database.write() as session:
            task.guard(session)
            after = chunk(session, after)
        done += 1
    return done
