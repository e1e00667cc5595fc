"""Work of the front door that the clock brings: late answers rise, papers end, registrations lapse."""

from typing import Any

from jobs.task import Task
from providers import applications, clocks, fairness, files, recheck


def escalate(task: Task) -> dict[str, Any]:
    """Raise every answer that is late."""
    with task.database.write() as session:
        task.guard(session)
        return {"raised": clocks.turn(session, task.clock, task.rng)}


def check_papers(task: Task) -> dict[str, Any]:
    """Warn of documents that end and take what has ended off the shelf, one provider a transaction."""
    with task.database.read() as session:
        providers = list(recheck.due(session, task.clock))
        returned = [(row.provider_id, row.id) for row in recheck.forgotten(session, task.clock)]
    total = len(providers) + len(returned)
    for done, provider_id in enumerate(providers):
        task.progress(done, total)
        with task.database.write() as session:
            task.guard(session)
            recheck.turn(session, task.clock, task.rng, provider_id)
    withdrawn = 0
    for provider_id, application_id in returned:
        with task.database.write() as session:
            task.guard(session)
            files.locked(session, provider_id)
            still = [row for row in recheck.forgotten(session, task.clock) if row.id == application_id]
            for application in still:
                applications.expire_returned(session, task.clock, task.rng, application)
            withdrawn += len(still)
    return {"providers": len(providers), "withdrawn": withdrawn}


def lapse(task: Task) -> dict[str, Any]:
    """Clear the personal data of registrations that nobody completed."""
    with task.database.write() as session:
        task.guard(session)
        return {"lapsed": recheck.lapse(session, task.clock, task.rng)}


def release_fairness(task: Task) -> dict[str, Any]:
    """Publish the figures of the quarter that has ended."""
    with task.database.write() as session:
        task.guard(session)
        return {"cells": fairness.release(session, task.clock)}
