"""Tell what happened in a contracting process, in releases of the Open Contracting Data Standard."""

from typing import Any

from catalog.ocds import releases
from jobs.task import Task


def write(task: Task) -> dict[str, Any]:
    """Write the releases of one process that are missing; what cannot be told is named with its reason."""
    with task.database.write() as session:
        task.guard(session)
        written = releases.write(session, task.settings.ocds_prefix, task.params["process"])
        return {"releases": written.count, "set_aside": written.set_aside}
