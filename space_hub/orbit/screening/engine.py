"""The run: validity, stretches of time in parallel, traces, one result.

Chunks of time share nothing but the element sets; what they find is joined by pair.
Neither chunks, step, threads nor machines can be seen in the result: they decide only which
candidates are looked at, and every candidate is settled on absolute instants.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import Records, records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.confirm import confirm
from space_hub.orbit.screening.found import Found, Indices, gathered
from space_hub.orbit.screening.knots import Sky
from space_hub.orbit.screening.result import Failure, ScreeningResult, encounters
from space_hub.orbit.screening.search import FEW, Search
from space_hub.orbit.screening.settle import Sightings, Window, settle, slow_limit
from space_hub.orbit.screening.traces import MARGIN, Regions, regions, trace_edges, trace_slow
from space_hub.orbit.screening.validity import LEAD, RADIUS_SLACK_KM, Radii, radii, validity
from space_hub.orbit.screening.volume import Sphere, Volume, bounds
from space_hub.orbit.times import SECOND, moment, ticks

THRESHOLD_KM = 5.0
WIDEST_KM = 200.0

STEP_S = 240.0
"""Length of a slab: the study is in the README of `orbit`."""

CROWD = 30_000
"""Objects from which slabs become shorter, by the fourth root: pairs that are asked about grow faster than states."""

FEW_STEP_S = 600.0
"""The same when few objects are asked about: there are no cells to keep small."""

ROAMING_KM = 500.0
"""From this difference between its radii an object leaves shells for long enough to let them sleep meanwhile."""

LONGEST_STEP_S = 600.0
SHORTEST_STEP_S = 10.0

CHUNK_SLABS = 96
"""Slabs a chunk has at most: eight knots more than slabs are computed."""

FEWEST_SLABS = 12

BATCH = 100_000
"""Encounters confirmed and handed on together, at least; three for each object, as each is asked once a batch."""

STRETCH = 6 * 3600 * SECOND
"""What is found twice has the same instant: only what lies in the same stretch of time is compared."""

Progress = Callable[[int, int], None]
_Task = TypeVar("_Task")
_Done = TypeVar("_Done")


class Sink(Protocol):
    """Where encounters go as they are found. `clear` is called when a run starts anew."""

    def add(self, found: Found) -> None: ...

    def clear(self) -> None: ...


class Crew(Protocol):
    """Something that does pieces of work side by side and hands back each result as it comes."""

    def run(self, work: Callable[["Plan", _Task], _Done], plan: "Plan", tasks: Sequence[_Task]) -> Iterator[_Done]: ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Work in threads of this process: the kernels hold no lock."""

    count: int = 2

    def run(self, work: Callable[["Plan", _Task], _Done], plan: "Plan", tasks: Sequence[_Task]) -> Iterator[_Done]:
        if self.count == 1 or len(tasks) < 2:
            for task in tasks:
                yield work(plan, task)
            return
        executor = ThreadPoolExecutor(self.count)
        try:
            started: list[Future[_Done]] = [executor.submit(work, plan, task) for task in tasks]
            for one in as_completed(started):
                yield one.result()
        finally:
            executor.shutdown(cancel_futures=True)


@dataclass(slots=True)
class Collected:
    """The sink that keeps everything."""

    parts: list[Found] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.parts.append(found)

    def clear(self) -> None:
        self.parts.clear()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a piece of work needs to know; it pickles."""

    records: Records
    window: Window
    sky: Sky
    rank: Indices
    step: int
    reach_km: float
    radial_reach_km: float
    slow_km_s: float
    targets: Indices | None


@dataclass(frozen=True, slots=True)
class Haul:
    """What one chunk found."""

    found: Found
    edges: Sightings
    slow: Regions
    candidates: int
    strangers: Indices


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of each object offered, and how much was looked at."""

    offered: int
    screened: int
    failures: list[Failure]
    candidates: int
    encounters: int

    @property
    def failed(self) -> dict[int, int]:
        return dict(sorted(Counter(one.code for one in self.failures).items()))


def screen(
    elements: Sequence[ElementSet],
    start: datetime,
    stop: datetime,
    *,
    threshold_km: float = THRESHOLD_KM,
    volume: Volume | Sequence[Volume] | None = None,
    radii_km: Sequence[float] | None = None,
    targets: Sequence[int] | None = None,
    step_s: float | None = None,
    chunk_s: float | None = None,
    chunk_edges: Sequence[datetime] | None = None,
    threads: int = 2,
    crew: Crew | None = None,
    progress: Progress | None = None,
    ids: Sequence[int] | None = None,
) -> ScreeningResult:
    """All encounters of all objects with each other from start to stop, or of `targets` with all.

    An encounter is an interval within `threshold_km`, or in a `volume` (one for all, or one for
    each); `radii_km` of two objects are added to it. `targets` are indices of `elements`.
    `ids` (catalogue numbers unless given) must be distinct; they order pairs and result.
    `step_s` (10 to 600) is the length of a slab, `chunk_s` that of a piece of work, or
    `chunk_edges` the instants between pieces; `threads` is the number used, unless a `crew`
    is given to do the work. None of these changes the result. `progress(done, total)` is
    called in this thread after each piece; what it raises ends the run.
    Raises Invalid `screening.*` for what makes no sense.
    """
    sink = Collected()
    ids = [one.catalog_number for one in elements] if ids is None else list(ids)
    summary = sweep(
        elements,
        start,
        stop,
        sink,
        threshold_km=threshold_km,
        volume=volume,
        radii_km=radii_km,
        targets=targets,
        step_s=step_s,
        chunk_s=chunk_s,
        chunk_edges=chunk_edges,
        crew=crew or Threads(_checked(threads)),
        progress=progress,
        ids=ids,
    )
    return ScreeningResult(
        encounters(gathered(sink.parts), _rank(ids)),
        summary.offered,
        summary.screened,
        summary.failed,
        summary.failures,
        summary.candidates,
    )


def sweep(
    elements: Sequence[ElementSet],
    start: datetime,
    stop: datetime,
    sink: Sink,
    *,
    threshold_km: float = THRESHOLD_KM,
    volume: Volume | Sequence[Volume] | None = None,
    radii_km: Sequence[float] | None = None,
    targets: Sequence[int] | None = None,
    step_s: float | None = None,
    chunk_s: float | None = None,
    chunk_edges: Sequence[datetime] | None = None,
    crew: Crew,
    progress: Progress | None = None,
    ids: Sequence[int],
) -> Summary:
    """As `screen`, but encounters go to `sink` as they are found, each once, in no order."""
    few = targets is not None and len(targets) <= FEW
    step_s = step_s or (FEW_STEP_S if few else STEP_S * min(1.0, CROWD / max(1, len(elements))) ** 0.25)
    _check(elements, start, stop, threshold_km, step_s, chunk_s, ids, targets)
    first, last = ticks(start), ticks(stop)
    step = round(step_s * SECOND)
    near = bounds(volume or Sphere(threshold_km), len(elements), radii_km)
    if not near.reach_km <= WIDEST_KM:
        raise Invalid("screening.threshold_wrong", given=near.reach_km, widest_km=WIDEST_KM)
    if not elements:
        return Summary(0, 0, [], 0, 0)
    table = records(elements)
    beyond = LEAD + step
    wanted = None if targets is None else np.unique(np.array(targets, dtype=np.int64))
    threads = crew.count if isinstance(crew, Threads) else 1
    seen = radii(table, first, last, beyond, threads)
    near_enough = _near_enough(seen, wanted, near.radial_reach_km() + RADIUS_SLACK_KM)
    valid = validity(table, seen, first, last, beyond, near_enough, threads=threads)
    edges = _edges(first, last, step, chunk_s, chunk_edges, few)
    roaming = few and bool((seen.highest - seen.lowest)[wanted].max(initial=0.0) > ROAMING_KM)
    announced = np.zeros(0, dtype=np.int64)
    while True:
        chosen = np.flatnonzero((valid.fails > first) & near_enough)
        span = first - LEAD, last + beyond
        sky = Sky.of(elements, table, chosen, valid.fails, step_s, span, seen if roaming else None)
        reach = near.reach_km
        plan = Plan(
            table,
            Window(first, last, valid.fails, near),
            sky,
            _rank(ids),
            step,
            reach,
            near.radial_reach_km(),
            slow_limit(reach),
            wanted,
        )
        run = _Run(plan, Fleet(elements), sink)
        strangers = run.chunks(crew, edges, progress)
        if not len(strangers):
            break
        # An object without a state that nobody expected to fail: it is looked at closely, and all is done again.
        if np.isin(strangers, announced).all():
            raise RuntimeError(f"no end was found of objects that fail: {strangers.tolist()}")
        announced = np.union1d(announced, strangers)
        sink.clear()
        valid = validity(table, seen, first, last, beyond, near_enough, announced, threads)
    at_once = sum(one.at == start for one in valid.failures)
    return Summary(len(elements), len(elements) - at_once, valid.failures, run.candidates, run.encounters)


class _Run:
    """One attempt: chunks, then what must be followed beyond them, then the last word of the reference."""

    def __init__(self, plan: Plan, fleet: Fleet, sink: Sink) -> None:
        self.plan, self.fleet, self.sink = plan, fleet, sink
        self.candidates = self.encounters = 0
        self._waiting: list[Found] = []
        self._keys: dict[int, Indices] = {}

    def chunks(self, crew: Crew, edges: list[int], progress: Progress | None) -> Indices:
        """Do all the work; returns the objects that spoiled it."""
        pieces = list(pairwise(edges))
        edge_parts: list[Sightings] = []
        slow: list[Regions] = []
        strangers: list[Indices] = []
        for done, haul in enumerate(crew.run(search_chunk, self.plan, pieces), start=1):
            self.candidates += haul.candidates
            edge_parts.append(haul.edges)
            slow.append(haul.slow)
            strangers.append(haul.strangers)
            self._take(haul.found)
            if progress is not None:
                progress(done, len(pieces) + 1)
        odd = np.unique(np.concatenate(strangers))
        if len(odd):
            return odd
        followed = regions(
            *(np.concatenate([getattr(one, name) for one in slow]) for name in ("a", "b", "low", "high"))
        )
        for found in crew.run(follow, self.plan, _pieces(followed)):
            self._take(found)
        sighted = _joined(edge_parts)
        self._take(trace_edges(self.plan.records, self.plan.window, sighted))
        self._hand_on()
        if progress is not None:
            progress(len(pieces) + 1, len(pieces) + 1)
        return odd

    def _take(self, found: Found) -> None:
        self._waiting.append(found)
        if sum(map(len, self._waiting)) >= max(BATCH, 3 * self.plan.sky.size):
            self._hand_on()

    def _hand_on(self) -> None:
        """Each encounter once, confirmed; the keys of those handed on are all that is kept."""
        found = gathered(self._waiting)
        self._waiting.clear()
        fresh = self._fresh(found)
        if len(fresh) < len(found):
            found = found.take(fresh)
        if len(found):
            self.encounters += len(found)
            self.sink.add(confirm(self.fleet, self.plan.window, found))

    def _fresh(self, found: Found) -> npt.NDArray[np.intp]:
        """Rows that were not found before, neither here nor in what was handed on."""
        if not len(found):
            return np.zeros(0, dtype=np.intp)
        keys = np.stack([found.a * len(self.plan.rank) + found.b, found.tca])
        stretches = found.tca // STRETCH
        order = np.argsort(stretches, kind="stable")
        fresh = []
        for rows in np.split(order, np.flatnonzero(np.diff(stretches[order])) + 1):
            stretch = int(stretches[rows[0]])
            known = self._keys.get(stretch, keys[:, :0])
            both = np.concatenate([known, keys[:, rows]], axis=1)
            by = np.lexsort(both)
            again = np.zeros(both.shape[1], dtype=np.bool_)
            again[by[1:]] = (both[:, by[1:]] == both[:, by[:-1]]).all(axis=0)
            self._keys[stretch] = both[:, ~again]
            fresh.append(rows[~again[known.shape[1] :]])
        return np.sort(np.concatenate(fresh))


# --- pieces of work -------------------------------------------------------------------------


def search_chunk(plan: Plan, chunk: tuple[int, int]) -> Haul:
    """Search one chunk of time and settle what lies in it."""
    first, last = chunk
    targets = None
    if plan.targets is not None:
        targets = np.flatnonzero(np.isin(plan.sky.order, plan.targets)).astype(np.int32)
    search = Search(
        plan.sky,
        first,
        plan.step,
        -(-(last - first) // plan.step),
        plan.reach_km,
        plan.radial_reach_km,
        0.5 * plan.slow_km_s,
        targets,
    )
    seen = search.march()
    swap = plan.rank[seen.a] > plan.rank[seen.b]
    a, b = np.where(swap, seen.b, seen.a), np.where(swap, seen.a, seen.b)
    fast, slow = np.flatnonzero(seen.slow == 0), np.flatnonzero(seen.slow != 0)
    settled = settle(plan.records, plan.window, a[fast], b[fast], seen.around[fast])
    a = np.concatenate([a[slow], settled.slow.a])
    b = np.concatenate([b[slow], settled.slow.b])
    at = np.concatenate([seen.around[slow], settled.slow.at])
    # A slow pair is seen once a slab, and may be near twice in a long one: all of the slab is followed.
    wide = max(0, plan.step - MARGIN)
    return Haul(settled.found, settled.edges, regions(a, b, at - wide, at + wide), seen.candidates, seen.strangers)


def follow(plan: Plan, given: Regions) -> Found:
    """Follow slow pairs through their regions."""
    return trace_slow(plan.records, plan.window, given)


def _pieces(given: Regions) -> list[Regions]:
    size = max(1, ceil(len(given) / 16))
    return [given.part(first, first + size) for first in range(0, len(given), size)]


def _joined(parts: Sequence[Sightings]) -> Sightings:
    """Sightings of several chunks, each seat once."""
    names = ("a", "b", "at", "speed_km_s", "source")
    a, b, at, speed, source = (np.concatenate([getattr(one, name) for one in parts]) for name in names)
    if not len(a):
        return Sightings(a, b, at, speed, source)
    _unique, first = np.unique(np.stack([a, b, at], axis=1), axis=0, return_index=True)
    return Sightings(a[first], b[first], at[first], speed[first], source[first])


# --- what is asked --------------------------------------------------------------------------


def _checked(threads: int) -> int:
    if threads < 1:
        raise Invalid("screening.workers_wrong", given=threads)
    return threads


def _check(
    elements: Sequence[ElementSet],
    start: datetime,
    stop: datetime,
    threshold_km: float,
    step_s: float,
    chunk_s: float | None,
    ids: Sequence[int],
    targets: Sequence[int] | None,
) -> None:
    if start.tzinfo is None or stop.tzinfo is None or stop <= start:
        raise Invalid("screening.window_wrong", start=start.isoformat(), stop=stop.isoformat())
    if not 0.0 < threshold_km <= WIDEST_KM:
        raise Invalid("screening.threshold_wrong", given=threshold_km, widest_km=WIDEST_KM)
    if not SHORTEST_STEP_S <= step_s <= LONGEST_STEP_S:
        raise Invalid("screening.step_wrong", given=step_s, shortest_s=SHORTEST_STEP_S, longest_s=LONGEST_STEP_S)
    if chunk_s is not None and not chunk_s >= SHORTEST_STEP_S:
        raise Invalid("screening.chunk_wrong", given=chunk_s, shortest_s=SHORTEST_STEP_S)
    if len(ids) != len(elements) or len(set(ids)) != len(ids):
        raise Invalid("screening.ids_wrong", ids=len(ids), distinct=len(set(ids)), elements=len(elements))
    if targets is not None and not all(0 <= one < len(elements) for one in targets):
        raise Invalid("screening.targets_wrong", elements=len(elements))


def _edges(
    first: int, last: int, step: int, chunk_s: float | None, given: Sequence[datetime] | None, few: bool
) -> list[int]:
    if given is not None:
        inner = [ticks(one) for one in given]
        if any(later <= earlier for earlier, later in zip([first, *inner], [*inner, last], strict=True)):
            raise Invalid("screening.chunk_edges_wrong", start=moment(first).isoformat(), stop=moment(last).isoformat())
        return [first, *inner, last]
    chunk = round(chunk_s * SECOND) if chunk_s is not None else 0
    if not chunk:
        slabs = -(-(last - first) // step)
        # Enough pieces to keep some threads evenly busy; the knots before and after each are computed twice.
        chunk = step * (
            max(FEWEST_SLABS, -(-slabs // 4)) if few else min(CHUNK_SLABS, max(FEWEST_SLABS, -(-slabs // 8)))
        )
    return [*range(first, last, chunk), last]


def _rank(ids: Sequence[int]) -> Indices:
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(np.array(ids, dtype=np.int64), kind="stable")] = np.arange(len(ids))
    return rank


def _near_enough(seen: Radii, targets: Indices | None, slack_km: float) -> npt.NDArray[np.bool_]:
    """Objects whose range of radii meets that of a target; all, when there are no targets."""
    near = np.full(len(seen.lowest), targets is None)
    for one in [] if targets is None else targets.tolist():
        near |= (seen.lowest <= seen.highest[one] + slack_km) & (seen.highest >= seen.lowest[one] - slack_km)
    return near
