"""The search through one stretch of time: knots, chords, cells, pairs, first solutions.

A march over slabs of equal length. It leaves out no pair that comes within the threshold,
and gives each with the instant to ask SGP4 about; what it gives too much costs time only.
Its memory does not depend on the length of the march but for what it finds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.kernels import Records, position_at
from space_hub.orbit.kernels.jit import kernel
from space_hub.orbit.screening.bounds import REST_FACTOR, REST_FLOOR_KM_S2, REST_LIMIT_KM_S2, within
from space_hub.orbit.screening.chords import LOW, REST, ROWS, chords
from space_hub.orbit.screening.grid import Grid, Shelves, collect, grid_of, shelve
from space_hub.orbit.screening.knots import Knots, Sky
from space_hub.orbit.screening.pairs import LANES, among, apart, beside, toward
from space_hub.orbit.screening.solve import BEFORE, STENCIL, sift, solve
from space_hub.orbit.screening.validity import RADIUS_SLACK_KM, visits
from space_hub.orbit.times import SECOND, Counts, Floats, Indices, Ticks

AHEAD = STENCIL - BEFORE - 1
"""Knots needed beyond the start of a slab."""

LAST_STATE = 1_000
"""Ticks between the last state of an object and its failure, which is known to the millisecond."""

FEW = 40
"""Targets up to which each is tested against all objects directly."""

FASTEST_KM_S = 11.3
"""Nothing on an ellipse is faster, even at the surface."""

ROOM = 1 << 15
"""Candidates of one slab for which there is room at first."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """Pairs (P,) of element sets, the tick near which they are nearest, and whether they are slow."""

    a: Ticks
    b: Ticks
    around: Ticks
    slow: Counts
    candidates: int
    strangers: Ticks
    """Element sets that had no state although none of their failures was announced."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `slabs` of `step` ticks from `start`; distances in km, speed in km/s."""

    sky: Sky
    start: int
    step: int
    slabs: int
    threshold_km: float
    radial_reach_km: float
    slow_km_s: float
    targets: Counts | None = None
    """Columns of the objects of interest, when pairs of others are not wanted."""

    @property
    def is_few(self) -> bool:
        """So few targets that cells cost more than asking each about everybody."""
        return self.targets is not None and len(self.targets) <= FEW

    def _awake(self) -> list[list[bool]] | None:
        """Which flocks the few may meet, at the knots of each slab in which they may; all when there are many."""
        if self.targets is None or not self.is_few:
            return None
        lowest, highest = (np.array([getattr(one, name) for one in self.sky.flocks]) for name in ("lowest", "highest"))
        met = np.zeros((len(self.sky.flocks), self.slabs), dtype=np.bool_)
        margin_km = self.radial_reach_km + RADIUS_SLACK_KM
        visits(self.sky.records, self.sky.order[self.targets], self.start, self.step, lowest, highest, margin_km, met)
        for number, flock in enumerate(self.sky.flocks):
            if ((self.targets >= flock.first) & (self.targets < flock.first + flock.size)).any():
                met[number] = True
        awake = np.zeros((len(met), self.slabs + STENCIL), dtype=np.bool_)
        for shift in range(STENCIL):
            awake[:, shift : shift + self.slabs] |= met
        listed: list[list[bool]] = awake.tolist()
        return listed

    def march(self) -> Sightings:
        """All sightings in all slabs."""
        march = _March(self, Knots(self.sky, self.start, self.step, awake=self._awake()))
        for knot in range(-BEFORE, AHEAD):
            march.knots.fill(knot)
        for slab in range(self.slabs):
            march.knots.fill(slab + AHEAD)
            march.slab(slab)
        return march.sightings()

    def slab(self, positions: Floats) -> Sightings:
        """All sightings in the first slab alone, from positions (STENCIL, 3, n) at the knots around it, km."""
        march = _March(self, Knots(self.sky, self.start, self.step))
        for knot, each in enumerate(positions, start=-BEFORE):
            march.knots.exact[march.knots.slot(knot)] = each
            march.knots.single[march.knots.slot(knot)] = each
        march.slab(0)
        return march.sightings()


class _March:
    def __init__(self, search: Search, knots: Knots) -> None:
        self.search, self.knots = search, knots
        n = search.sky.size
        self.table = np.zeros((ROWS, n), dtype=np.float32)
        self.hits = np.empty(4 * n + 64, dtype=np.int32)
        self.lonely = np.empty((6, n + LANES), dtype=np.float32)
        self.chord = np.empty((6, n + LANES), dtype=np.float32)
        self.found = np.empty((2, ROOM), dtype=np.int32)
        self.grid: Grid | None = None
        self.shelves: Shelves | None = None
        self.wanted: npt.NDArray[np.bool_] | None = None
        if search.targets is not None:
            self.wanted = np.zeros(n, dtype=np.bool_)
            self.wanted[search.targets] = True
        self.columns: list[tuple[Ticks, Ticks, Ticks, Counts]] = []
        self.candidates = 0
        self.beyond = n

    def slab(self, slab: int) -> None:
        knots, search = self.knots, self.search
        single = [knots.single[knots.slot(slab + shift)] for shift in (-1, 0, 1, 2)]
        step_s = search.step / SECOND
        self.beyond = knots.beyond(slab)
        chords(single[0], single[1], single[2], single[3], step_s, self.beyond, self.table)
        if self.grid is None and not search.is_few:
            low = self.table[LOW]
            self.grid = grid_of(low[low > 0.0], search.threshold_km, step_s)
            self.shelves = Shelves.of(search.sky.size, self.grid.cells)
        look = self._pairs if self.grid is not None else self._toward
        count = look(step_s)
        while count > self.found.shape[1]:
            self.found = np.empty((2, 2 * count), dtype=np.int32)
            count = look(step_s)
        self.candidates += count
        count = sift(single[0], single[1], single[2], single[3], self.found, count, step_s, search.threshold_km)
        a, b = self.found[0, :count], self.found[1, :count]
        if self.wanted is not None:
            kept = np.flatnonzero(self.wanted[a] | self.wanted[b])
            a, b = a[kept], b[kept]
        self._solve(slab, a, b)
        for column, fails in search.sky.mortal:
            if knots.tick(slab) < fails - LAST_STATE < knots.tick(slab + 1):
                self._last(slab, column, fails - LAST_STATE)

    def _pairs(self, step_s: float) -> int:
        search, grid, shelves = self.search, self.grid, self.shelves
        if grid is None or shelves is None:
            raise RuntimeError("pairs were looked for before there were cells")
        half = 0.5 * search.radial_reach_km + 1e-3
        entries, many = shelve(
            self.table,
            grid,
            half,
            shelves.start,
            shelves.cell,
            shelves.source,
            shelves.order,
            shelves.home,
            shelves.apart,
        )
        collect(self.table, shelves.order, entries, shelves.kept)
        count = among(shelves.kept, shelves.order, shelves.start, shelves.home, grid, self.hits, self.found)
        lonely = shelves.apart[:many]
        lonely = lonely[np.argsort(self.table[LOW, lonely], kind="stable")]
        count = beside(
            self.table,
            lonely,
            shelves.kept,
            shelves.order,
            shelves.start,
            shelves.home,
            grid,
            search.threshold_km,
            half,
            step_s,
            REST_LIMIT_KM_S2,
            self.hits,
            self.found,
            count,
        )
        return apart(
            self.table,
            lonely,
            search.threshold_km,
            search.radial_reach_km,
            step_s,
            self.lonely,
            self.hits,
            self.found,
            count,
        )

    def _toward(self, step_s: float) -> int:
        search = self.search
        if search.targets is None:
            raise RuntimeError("targets were looked for, and there are none")
        return toward(
            self.table,
            self.beyond,
            search.targets,
            search.threshold_km,
            step_s,
            self.chord,
            self.hits,
            self.found,
        )

    def _solve(self, slab: int, a: Counts, b: Counts) -> None:
        knots, search = self.knots, self.search
        out_a, out_b, around = (np.empty(len(a), dtype=np.int64) for _ in range(3))
        slow = np.empty(len(a), dtype=np.int32)
        edge = slab == 0 or slab == search.slabs - 1
        count = solve(
            knots.exact,
            knots.slot(slab - BEFORE),
            a,
            b,
            knots.tick(slab),
            search.step,
            search.threshold_km,
            search.slow_km_s,
            edge,
            out_a,
            out_b,
            around,
            slow,
        )
        self._add(out_a[:count], out_b[:count], around[:count], slow[:count])

    def _last(self, slab: int, column: int, end: int) -> None:
        """Partners of an object between the start of a slab and its end within it, by brute force."""
        knots, search = self.knots, self.search
        start = knots.tick(slab)
        seconds = (end - start) / SECOND
        here = knots.exact[knots.slot(slab)]
        away = np.sqrt(((here - here[:, column, None]) ** 2).sum(axis=0))
        asked = np.flatnonzero(away <= 2.0 * FASTEST_KM_S * seconds + search.threshold_km)
        there, found = np.full((3, search.sky.size), np.nan), np.empty((3, len(asked)))
        _all_at(search.sky.records, search.sky.order[asked], end, found)
        there[:, asked] = found
        middle, half = 0.5 * (here + there), 0.5 * (there - here)
        gap, turn = middle - middle[:, column, None], half - half[:, column, None]
        size = np.maximum((turn * turn).sum(axis=0), 1e-24)
        sigma = np.clip(-(gap * turn).sum(axis=0) / size, -1.0, 1.0)
        nearest = gap + sigma * turn
        distance = np.sqrt((nearest * nearest).sum(axis=0))
        # What is next to its end can be moved by drag as much as by the earth: its rest is measured on the way.
        rest = self.table[REST].astype(np.float64)
        for one in np.flatnonzero((self.table[LOW] == 0.0) & np.isfinite(distance)).tolist():
            rest[one] = _rest(search.sky.records, search.sky.order[one], start, end)
        reach = within(search.threshold_km, seconds, 6378.0, 10.0 * seconds, rest[column])
        reach = reach + 0.125 * seconds * seconds * rest
        near = np.flatnonzero(distance <= reach)
        near = near[near != column]
        if self.wanted is not None and not self.wanted[column]:
            near = near[self.wanted[near]]
        around = start + np.round((end - start) * 0.5 * (1.0 + sigma[near])).astype(np.int64)
        speed = 2.0 * np.sqrt(size[near]) / seconds
        slow = (speed < search.slow_km_s).astype(np.int32)
        self._add(np.full(len(near), column), near, around, slow)
        self.candidates += len(near)

    def _add(self, a: Ticks, b: Ticks, around: Ticks, slow: Counts) -> None:
        if len(a):
            self.columns.append((a, b, around, slow))

    def sightings(self) -> Sightings:
        order = self.search.sky.order
        strangers = order[np.array(sorted(self.knots.strangers), dtype=np.int64)]
        if not self.columns:
            none = np.zeros(0, dtype=np.int64)
            return Sightings(none, none, none, np.zeros(0, dtype=np.int32), self.candidates, strangers)
        a, b, around, slow = (np.concatenate(one) for one in zip(*self.columns, strict=True))
        return Sightings(order[a], order[b], around, slow, self.candidates, strangers)


@kernel
def _rest(records: Records, n: int, start: int, end: int) -> float:
    """Bound on the acceleration beyond the central one between two instants, km/s^2, as in `chords`."""
    half = (end - start) // 2
    half_s = half / SECOND
    sums = np.zeros(3)
    for shift, plain, central in ((-1, 1.0, 1.0), (0, -2.0, 10.0), (1, 1.0, 1.0)):
        _code, x, y, z = position_at(records, n, start + (1 + shift) * half)
        radius2 = x * x + y * y + z * z
        weight = plain + central * half_s * half_s / 12.0 * MU_KM3_S2 / (radius2 * np.sqrt(radius2))
        sums[0] += weight * x
        sums[1] += weight * y
        sums[2] += weight * z
    total = np.sqrt(sums[0] * sums[0] + sums[1] * sums[1] + sums[2] * sums[2])
    return float(REST_FACTOR * total / max(half_s * half_s, 1e-6) + REST_FLOOR_KM_S2)


@kernel
def _all_at(records: Records, order: Indices, tick: int, out: Floats) -> None:
    """Positions of all columns at one tick: (3, n) km, NaN where SGP4 fails."""
    for n in range(len(order)):
        _code, x, y, z = position_at(records, order[n], tick)
        out[0, n], out[1, n], out[2, n] = x, y, z
