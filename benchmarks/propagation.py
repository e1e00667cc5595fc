"""States of SGP4 a second (position and velocity): the sgp4 package's SatrecArray and our kernels, one and two threads.

The real catalogue, near-earth and deep-space objects apart, every 240 s: what a screening asks
for. The package is given 30 instants a call, where it is fastest, and makes new arrays as it
must; the kernels write into arrays of theirs. Rounds are interleaved, a ratio is that of one
round, and medians stand beside the least and the most that was seen. It holds at 10 times
(near) and 5 times (deep) a thread, 1.7 with two threads, and within 1 mm with the same codes.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

import numpy as np
from sgp4.api import SatrecArray

from benchmarks.screening.catalogue import real
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import (
    Columns,
    deep_columns,
    deep_state,
    deep_states,
    near_columns,
    near_states,
    records,
    split,
)
from space_hub.orbit.propagation import satrec
from space_hub.orbit.times import DAY, Ticks, julian, ticks
from space_hub.validation.propagation import LIMIT_MM, PropagationReport, compare
from space_hub.validation.propagation import START as WINDOW

START = ticks(WINDOW)
STEP = 240_000_000
ROUNDS = 9
CALL = 30
NEAR_TICKS, DEEP_TICKS, BOTH_TICKS = 240, 600, 480

NEAR_TIMES, DEEP_TIMES, THREADS_TIMES = 10.0, 5.0, 1.7


def run() -> dict[str, object]:
    """About a minute on a quiet machine."""
    elements = real(max_age_days=36_500.0).elements
    made = records(elements)
    near, deep = split(made, np.arange(len(elements)))
    columns = near_columns(made, near), deep_columns(made, deep)
    packages = [SatrecArray([satrec(elements[k]) for k in some.tolist()]) for some in (near, deep)]
    # Once beforehand, so that nothing compiles within a measurement.
    _both(columns, _every(2))

    seconds: dict[str, list[float]] = {}
    with ThreadPoolExecutor(2) as threads:

        def together() -> None:
            list(threads.map(lambda part: _both(columns, part), np.array_split(_every(BOTH_TICKS), 2)))

        jobs: dict[str, Callable[[], None]] = {
            "package_near": lambda: _package(packages[0], _every(CALL)),
            "near": lambda: _near(columns[0], _every(NEAR_TICKS)),
            "package_deep": lambda: _package(packages[1], _every(4 * CALL)),
            "deep": lambda: _deep(columns[1], _every(DEEP_TICKS)),
            "one_thread": lambda: _both(columns, _every(BOTH_TICKS)),
            "two_threads": together,
            "records": lambda: _records(elements),
        }
        for _round in range(ROUNDS):
            for name, job in jobs.items():
                began = perf_counter()
                job()
                seconds.setdefault(name, []).append(perf_counter() - began)

    states = {
        "package_near": CALL * len(near),
        "near": NEAR_TICKS * len(near),
        "package_deep": 4 * CALL * len(deep),
        "deep": DEEP_TICKS * len(deep),
        "one_thread": BOTH_TICKS * len(elements),
        "two_threads": BOTH_TICKS * len(elements),
    }
    rates = {name: [count / each / 1e6 for each in seconds[name]] for name, count in states.items()}
    figures: dict[str, object] = {"objects_near": len(near), "objects_deep": len(deep), "rounds": ROUNDS}
    figures |= {f"{name}_million_states_per_s": round(median(each), 2) for name, each in rates.items()}
    ratios = {
        "ratio_near": _ratios(rates["near"], rates["package_near"]),
        "ratio_deep": _ratios(rates["deep"], rates["package_deep"]),
        "ratio_threads": _ratios(rates["two_threads"], rates["one_thread"]),
    }
    for name, each in ratios.items():
        figures |= {name: round(median(each), 2), f"{name}_least": round(min(each), 2)}
        figures[f"{name}_most"] = round(max(each), 2)
    figures["records_ms"] = round(median(seconds["records"]) * 1e3, 1)
    agreement = _agreement(elements)
    fast = all(
        median(ratios[name]) >= times
        for name, times in (
            ("ratio_near", NEAR_TIMES),
            ("ratio_deep", DEEP_TIMES),
            ("ratio_threads", THREADS_TIMES),
        )
    )
    worst = max(one.lanes_mm for one in agreement.groups)
    figures |= {"worst_mm": round(worst, 4), "codes_differ": agreement.codes_differ}
    return {**figures, "holds": fast and worst <= LIMIT_MM and agreement.codes_differ == 0}


def _every(count: int) -> Ticks:
    return START + STEP * np.arange(count, dtype=np.int64)


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def _package(array: SatrecArray, at: Ticks) -> None:
    for begin in range(0, len(at), CALL):
        array.sgp4(*julian(at[begin : begin + CALL]))


def _records(elements: list[ElementSet]) -> None:
    records(elements)


def _near(columns: Columns, at: Ticks) -> None:
    out, codes = np.empty((6, columns.size)), np.empty(columns.size, dtype=np.uint8)
    for tick in at.tolist():
        near_states(columns, tick, out, codes)


def _deep(columns: Columns, at: Ticks) -> None:
    out, codes = np.empty((6, columns.size)), np.empty(columns.size, dtype=np.uint8)
    state = deep_state(columns)
    for tick in at.tolist():
        deep_states(columns, state, tick, out, codes)


def _both(columns: tuple[Columns, Columns], at: Ticks) -> None:
    _near(columns[0], at)
    _deep(columns[1], at)


def _agreement(elements: list[ElementSet]) -> PropagationReport:
    report = PropagationReport("", "", 7)
    compare(report, elements, START + np.array([0, 3, 7], dtype=np.int64) * DAY, lambda _one: "all")
    return report
