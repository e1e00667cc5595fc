"""This engine as a contestant: one call of `screen`, its result as rows."""

import inspect
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks.screening.rows import Rows, rows
from benchmarks.screening.window import START, THREADS, THRESHOLD_KM
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.screening import ScreeningResult, screen
from space_hub.orbit.times import ticks


def search(
    elements: Sequence[ElementSet],
    hours: float,
    threshold_km: float = THRESHOLD_KM,
    threads: int = THREADS,
    targets: Sequence[int] | None = None,
) -> ScreeningResult:
    """All encounters of all with all from START on, or with `targets` (places in the list) those of these alone."""
    known = inspect.signature(screen).parameters
    # The number of threads is called `workers` until the compiled engine stands behind `screen`.
    options: Any = {"threads" if "threads" in known else "workers": threads}
    if targets is not None:
        if "targets" not in known:
            raise NotImplementedError("this engine screens all against all only")
        options["targets"] = targets
    return screen(elements, START, START + timedelta(hours=hours), threshold_km=threshold_km, **options)


def rows_of(result: ScreeningResult) -> tuple[Rows, dict[str, object]]:
    """The encounters in our columns; the objects that failed: index, code, tick."""
    found: Any = result.encounters
    if isinstance(found, np.ndarray):
        columns: list[Any] = [
            found[name] for name in ("a", "b", "tca", "miss_km", "relative_speed_km_s", "entry", "exit")
        ]
    else:
        columns = [
            [one.a for one in found],
            [one.b for one in found],
            [ticks(one.tca) for one in found],
            [one.miss_km for one in found],
            [one.relative_speed_km_s for one in found],
            [ticks(one.entry) for one in found],
            [ticks(one.exit) for one in found],
        ]
    failed = [[one.index, one.code, ticks(one.at)] for one in result.failures]
    return rows(*columns), {"failed": failed, "failed_at_once": result.failed_at_once, "screened": result.screened}
