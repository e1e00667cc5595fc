"""The run: validity, chunks of time in parallel, traces, one sorted result.

Chunks share nothing but the element sets; what they find is joined by pair. Neither the
chunks nor the step can be seen in the result: they decide only which candidates are
looked at, and every candidate is settled on absolute instants.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.approach import Passage, local
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.candidates import Candidates, candidates, candidates_of
from space_hub.orbit.screening.refine import EdgeSighting, Window, settle
from space_hub.orbit.screening.result import Encounter, ScreeningResult
from space_hub.orbit.screening.slabs import Knots
from space_hub.orbit.screening.traces import Found, Region, Sighting, regions, trace_edge, trace_slow
from space_hub.orbit.screening.validity import validity
from space_hub.orbit.times import SECOND, Ticks, moment, ticks

STEP_S = 60.0
LONGEST_STEP_S = 120.0
SHORTEST_STEP_S = 1.0
CHUNK_S = 1800.0
THRESHOLD_KM = 5.0
WIDEST_KM = 100.0

SMALL_WORK = 3_000_000
"""Objects times knots below which a second process costs more than it saves."""

BATCH = 50
"""Traces in a piece of work."""

Progress = Callable[[int, int], None]
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _Task:
    """What every worker knows. `rank` orders the objects by id: the lower is the first of a pair."""

    window: Window
    step: int
    rank: Ticks


@dataclass(frozen=True, slots=True)
class _Haul:
    """What a piece of work found."""

    found: list[tuple[Encounter, int]]
    edges: list[EdgeSighting]
    slow: list[Sighting]
    candidates: int


def screen(
    elements: Sequence[ElementSet],
    start: datetime,
    stop: datetime,
    *,
    threshold_km: float = THRESHOLD_KM,
    step_s: float = STEP_S,
    chunk_s: float = CHUNK_S,
    chunk_edges: Sequence[datetime] | None = None,
    workers: int = 2,
    progress: Progress | None = None,
    ids: Sequence[int] | None = None,
) -> ScreeningResult:
    """All encounters within `threshold_km` of all objects with each other from start to stop.

    `ids` (catalogue numbers unless given) must be distinct; they order pairs and result.
    `step_s` (1 to 120) is the length of a slab, `chunk_s` that of a piece of work, or
    `chunk_edges` the instants between pieces; `workers` is the most processes used. None of
    these changes the result. `progress(done, total)` is called in this process after each
    piece; what it raises ends the run. Raises Invalid `screening.*` for what makes no sense.
    """
    ids = [one.catalog_number for one in elements] if ids is None else list(ids)
    _check(elements, start, stop, threshold_km, step_s, chunk_s, workers, ids)
    first, last = ticks(start), ticks(stop)
    step = round(step_s * SECOND)
    edges = _edges(first, last, round(chunk_s * SECOND), chunk_edges)
    fleet = Fleet(elements)
    valid = validity(fleet, first, last) if elements else None
    fails = valid.fails if valid else np.zeros(0, dtype=np.int64)
    failures = valid.failures if valid else []
    rank = np.empty(len(elements), dtype=np.int64)
    rank[np.argsort(np.array(ids, dtype=np.int64), kind="stable")] = np.arange(len(elements))
    task = _Task(Window(first, last, threshold_km, fails), step, rank)
    hauls: list[_Haul] = []
    small = len(elements) * (last - first) / step < SMALL_WORK
    chunks = list(pairwise(edges))
    with _crew(elements, _Worker(fleet, task), 1 if small else workers) as crew:
        for haul in crew.run(_chunk, chunks):
            hauls.append(haul)
            if progress is not None:
                progress(len(hauls), len(chunks) + 1)
        slow = regions(one for haul in hauls for one in haul.slow)
        near_ends = sorted({one[:3]: one for haul in hauls for one in haul.edges}.values())
        hauls += crew.run(_trace_slow, _batches(slow))
        hauls += crew.run(_trace_edges, _batches(near_ends))
    if progress is not None:
        progress(len(chunks) + 1, len(chunks) + 1)
    encounters = _joined(hauls, rank)
    at_once = sum(one.at == start for one in failures)
    return ScreeningResult(
        encounters,
        len(elements),
        len(elements) - at_once,
        dict(sorted(Counter(one.code for one in failures).items())),
        failures,
        sum(haul.candidates for haul in hauls),
    )


def _check(
    elements: Sequence[ElementSet],
    start: datetime,
    stop: datetime,
    threshold_km: float,
    step_s: float,
    chunk_s: float,
    workers: int,
    ids: Sequence[int],
) -> None:
    if start.tzinfo is None or stop.tzinfo is None or stop <= start:
        raise Invalid("screening.window_wrong", start=start.isoformat(), stop=stop.isoformat())
    if not 0.0 < threshold_km <= WIDEST_KM:
        raise Invalid("screening.threshold_wrong", given=threshold_km, widest_km=WIDEST_KM)
    if not SHORTEST_STEP_S <= step_s <= LONGEST_STEP_S:
        raise Invalid("screening.step_wrong", given=step_s, shortest_s=SHORTEST_STEP_S, longest_s=LONGEST_STEP_S)
    if not chunk_s >= SHORTEST_STEP_S:
        raise Invalid("screening.chunk_wrong", given=chunk_s, shortest_s=SHORTEST_STEP_S)
    if workers < 1:
        raise Invalid("screening.workers_wrong", given=workers)
    if len(ids) != len(elements) or len(set(ids)) != len(ids):
        raise Invalid("screening.ids_wrong", ids=len(ids), distinct=len(set(ids)), elements=len(elements))


def _edges(first: int, last: int, chunk: int, given: Sequence[datetime] | None) -> list[int]:
    if given is None:
        return [*range(first, last, chunk), last]
    inner = [ticks(one) for one in given]
    if any(later <= earlier for earlier, later in zip([first, *inner], [*inner, last], strict=True)):
        raise Invalid("screening.chunk_edges_wrong", start=moment(first).isoformat(), stop=moment(last).isoformat())
    return [first, *inner, last]


# --- work of one process ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Worker:
    fleet: Fleet
    task: _Task


_worker: _Worker | None = None


def _begin(elements: Sequence[ElementSet], task: _Task) -> None:
    global _worker
    _worker = _Worker(Fleet(elements), task)


def _do(work: Callable[[_Worker, _Item], _Haul], item: _Item) -> _Haul:
    if _worker is None:
        raise RuntimeError("a screening process was used before it was given the element sets")
    return work(_worker, item)


class _Crew:
    """Runs pieces of work, here or in other processes, and hands back what they find as they end."""

    def __init__(self, worker: _Worker, executor: Executor | None) -> None:
        self.worker, self.executor = worker, executor

    def run(self, work: Callable[[_Worker, _Item], _Haul], items: Sequence[_Item]) -> Iterator[_Haul]:
        if self.executor is None:
            for item in items:
                yield work(self.worker, item)
        else:
            started: list[Future[_Haul]] = [self.executor.submit(_do, work, item) for item in items]
            for one in as_completed(started):
                yield one.result()


@contextmanager
def _crew(elements: Sequence[ElementSet], worker: _Worker, processes: int) -> Iterator[_Crew]:
    if processes == 1:
        yield _Crew(worker, None)
        return
    # A fresh interpreter each: a fork would copy the threads and locks of a server.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(processes, context, _begin, (elements, worker.task))
    try:
        yield _Crew(worker, executor)
    finally:
        executor.shutdown(cancel_futures=True)


def _chunk(worker: _Worker, chunk: tuple[int, int]) -> _Haul:
    """Search and settle one chunk of time."""
    fleet, task = worker.fleet, worker.task
    window = task.window
    knots = Knots(fleet, *chunk, task.step, window.fails)
    found: list[Candidates] = []
    for number in range(knots.count):
        found += candidates(knots.slab(number), window.threshold_km)
        found += [candidates_of(one, slab, window.threshold_km) for one, slab in knots.last_slabs(number)]
    if not found:
        return _Haul([], [], [], 0)
    a, b = np.concatenate([one.a for one in found]), np.concatenate([one.b for one in found])
    around = np.concatenate([one.around for one in found])
    speed = np.concatenate([one.speed_km_s for one in found])
    swap = task.rank[a] > task.rank[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    # Far below the limit there is no seat worth looking for; near it the seat decides.
    slow = speed < 0.5 * window.slow_km_s
    settled = settle(fleet, window, a[~slow], b[~slow], around[~slow])
    settled.slow += list(zip(a[slow].tolist(), b[slow].tolist(), around[slow].tolist(), strict=True))
    return _Haul(_records(fleet, settled.passages()), settled.edges, settled.slow, len(a))


def _trace_slow(worker: _Worker, batch: list[Region]) -> _Haul:
    found = [one for region in batch for one in trace_slow(worker.fleet, worker.task.window, region)]
    return _Haul(_records(worker.fleet, found), [], [], 0)


def _trace_edges(worker: _Worker, batch: list[EdgeSighting]) -> _Haul:
    found = [one for edge in batch for one in trace_edge(worker.fleet, worker.task.window, edge)]
    return _Haul(_records(worker.fleet, found), [], [], 0)


def _records(fleet: Fleet, found: Iterable[Found]) -> list[tuple[Encounter, int]]:
    """Encounters with their exact TCA tick."""
    seen: dict[tuple[int, int, int], Passage] = {(a, b, one.tca): one for a, b, one in found}
    return [(_record(fleet, a, b, one), tca) for (a, b, tca), one in seen.items()]


def _record(fleet: Fleet, a: int, b: int, one: Passage) -> Encounter:
    radial, in_track, cross_track = local(fleet, a, b, one.tca)
    return Encounter(
        a,
        b,
        moment(one.tca),
        round(one.distance_km, 6),
        one.speed_km_s,
        moment(one.entry),
        moment(one.exit),
        one.open_start,
        one.open_end,
        one.co_located,
        radial,
        in_track,
        cross_track,
    )


# --- bringing it together -----------------------------------------------------------------


def _batches(work: Sequence[_Item]) -> list[list[_Item]]:
    return [list(work[first : first + BATCH]) for first in range(0, len(work), BATCH)]


def _joined(hauls: list[_Haul], rank: Ticks) -> list[Encounter]:
    """One record an encounter (neighbouring chunks may both have settled it), sorted."""
    unique = {(int(rank[one.a]), int(rank[one.b]), tca): one for haul in hauls for one, tca in haul.found}
    return [one for _key, one in sorted(unique.items(), key=lambda item: item[0])]
