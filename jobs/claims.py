"""Holds the claims of a new version against orbits, outside any transaction, and tells its supplier what disagrees."""

from typing import Any

from catalog.physics import claims
from jobs.task import Task


def check(task: Task) -> dict[str, Any]:
    """Safe to run twice: a finding is noted once for a version and an attribute."""
    version_id = task.params["version_id"]
    physics = claims.check(task.database, task.clock, version_id)
    with task.database.write() as session:
        task.guard(session)
        noted = claims.note(session, task.clock, task.rng, version_id, physics)
        return {"judged": len(physics.rows), "noted": [each.id for each in noted]}
