"""A screening run over the current catalogue.

Params, all optional: `start` (RFC 3339, default: hub time), `hours`,
`threshold_m`, `max_age_days`, `threads`. Doing it twice publishes two runs with
the same result hash; conjunctions keep their ids.
"""

from datetime import datetime
from typing import Any

from jobs.task import Task
from space_hub.awareness.screen import run_screening


def screen(task: Task) -> dict[str, Any]:
    params = task.params
    start = params.get("start")
    run = run_screening(
        task.database,
        task.clock,
        task.rng,
        task.principal,
        start=datetime.fromisoformat(start) if start else task.clock.now(),
        hours=params.get("hours", task.settings.screen_hours),
        threshold_m=params.get("threshold_m", task.settings.threshold_m),
        max_age_days=params.get("max_age_days"),
        threads=params.get("threads", task.settings.screen_threads),
        progress=task.progress,
        guard=task.guard,
    )
    return {"run_id": run.id, "encounters": run.encounters, "co_located": run.co_located}
