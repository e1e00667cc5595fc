"""Holds claims against orbits, outside any transaction, and tells suppliers what disagrees and what no longer does."""

from typing import Any

from catalog.physics import claims, looks
from jobs.task import Task


def check(task: Task) -> dict[str, Any]:
    """Safe to run twice: a doubt is noted, and closed, once for a version and an attribute."""
    looked = claims.check(task.database, task.clock, task.params["version_id"])
    with task.database.write() as session:
        task.guard(session)
        noted = claims.note(session, task.clock, task.rng, looked)
        return {
            "judged": len(looked.physics.rows),
            "noted": [each.id for each in noted.told],
            "closed": [each.id for each in noted.closed],
        }


def survey(task: Task) -> dict[str, Any]:
    """Queue a look at every version whose satellites fly otherwise than at its last one."""
    with task.database.read() as session:
        seen, sets = looks.read(session, task.clock.now())
    wanted = looks.due(seen, sets, task.clock.now())
    with task.database.write() as session:
        task.guard(session)
        return {"seen": len(seen), **looks.queue(session, task.clock, task.rng, wanted)}
