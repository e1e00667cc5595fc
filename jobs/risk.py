"""Commitments weighed anew, in chunks, a transaction a chunk; a chunk that is done twice tells nobody twice."""

from typing import Any

from catalog.risk import commitments, cut_offs
from jobs.task import Task


def recompute(task: Task) -> dict[str, Any]:
    """The agreements on the offerings named, or without names all that are at risk or were."""
    offering_ids: list[str] | None = task.params.get("offering_ids")
    if offering_ids is None:
        with task.database.write() as session:
            task.guard(session)
            cut_offs.lapse(session, task.clock)
    done = messages = 0
    after = ""
    while True:
        task.progress(done, done + 1)
        with task.database.write() as session:
            task.guard(session)
            some = commitments.next_agreements(session, offering_ids, after)
            messages += commitments.recompute(session, task.clock, some)
        done += len(some)
        if len(some) < commitments.CHUNK:
            return {"agreements": done, "messages": messages}
        after = some[-1]
