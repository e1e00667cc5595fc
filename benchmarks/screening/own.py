"""This engine as a contestant: one call of `screen`, its result as rows."""

from collections.abc import Sequence
from datetime import timedelta

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
    stop = START + timedelta(hours=hours)
    return screen(elements, START, stop, threshold_km=threshold_km, threads=threads, targets=targets)


def rows_of(result: ScreeningResult) -> tuple[Rows, dict[str, object]]:
    """The encounters in our columns; the objects that failed: index, code, tick."""
    found = result.encounters.columns
    names = ("a", "b", "tca", "miss_km", "relative_speed_km_s", "entry", "exit")
    failed = [[one.index, one.code, ticks(one.at)] for one in result.failures]
    return rows(*(found[name] for name in names)), {"failed": failed, "failed_at_once": result.failed_at_once}
