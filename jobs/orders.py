"""Work of orders that the clock brings: deliveries that nobody judged are deemed accepted."""

from typing import Any

from catalog.ordering import deliveries
from jobs.task import Task


def deem(task: Task) -> dict[str, Any]:
    deemed = 0
    while True:
        with task.database.write() as session:
            task.guard(session)
            some = deliveries.deem(session, task.clock)
        deemed += some
        if not some:
            return {"deemed": deemed}
