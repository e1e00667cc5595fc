"""The peer that an expert writes with public parts: `sgp4.SatrecArray` states and `scipy.spatial.cKDTree`.

1. States of all objects in pieces of 16 steps of 60 s, at the middle of the time each stands for.
2. An unbalanced tree over the positions (it is used once; a balanced one costs more than it saves), asked for pairs
   within reach at the relative speed of two objects of 7.75 km/s. The 1 % that are faster would widen the search of
   all; they have a tree of their own with the reach of the fastest.
3. Radii first (two numbers an object tell 90 % of the pairs apart), then the nearest point of straight relative
   motion, widened by the most that gravity bends it; in whole arrays.
4. Survivors: Newton's method on the direct SGP4 states, in whole arrays.
5. Pairs slower than 10 m/s are samples of one stay together: one record, its nearest sample made exact by a parabola.

One thread: neither library shares this work out, and two processes would halve the wall time, not the processor time.

SGP4's velocity is not the derivative of its position for falling and eccentric objects. How far it is off is measured
every six hours and doubled to widen the search; an object whose velocity goes wrong faster than that can be lost.
An object that fails is not there from its first failing step on, so up to the last 90 s of its life are not searched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from sgp4.api import Satrec, SatrecArray

from benchmarks.screening.direct import Places, relative
from benchmarks.screening.rows import CO_MOVING_KM_S, Rows, joined, rows
from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.times import DAY, SECOND, Floats, Ticks, julian

STEP_S = 60.0
HALF_S = STEP_S / 2.0
PIECE = 16
"""Steps propagated at once: SGP4 is as fast as with more, and the states stay below 25 MB."""

LEAF = 16
COMMON_KM_S = 7.75
COMMON_ASTRAY_KM_S = 0.02
OTHER_FORCES_KM_S2 = 3e-5
"""Oblateness of the earth, for one object (1e-5 km/s^2 in low orbit), times two and rounded up."""

Failed = dict[int, tuple[int, int]]
Pairs = npt.NDArray[np.intp]


@dataclass(slots=True)
class Search:
    """What one run carries along: who failed (index: code, first failing tick) and what has survived so far."""

    records: Sequence[Satrec]
    start: int
    stop: int
    threshold_km: float
    astray: Floats
    failed: Failed = field(default_factory=dict)
    a: list[Pairs] = field(default_factory=list)
    b: list[Pairs] = field(default_factory=list)
    middle: list[Ticks] = field(default_factory=list)
    around: list[Ticks] = field(default_factory=list)
    speed: list[Floats] = field(default_factory=list)


def screen(
    records: Sequence[Satrec],
    start: int,
    stop: int,
    threshold_km: float,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Rows, Failed]:
    """All encounters from `start` to `stop` (ticks), and the objects that had no state at some step."""
    array, step = SatrecArray(records), round(STEP_S * SECOND)
    search = Search(records, start, stop, threshold_km, _astray(array, start, stop))
    middles = np.arange(start + step // 2, stop + step // 2, step, dtype=np.int64)
    for first in range(0, len(middles), PIECE):
        at = middles[first : first + PIECE]
        codes, position, velocity = array.sgp4(*julian(at))
        for place, tick in enumerate(at.tolist()):
            _step(search, tick, codes[:, place], position[:, place], velocity[:, place])
        if progress is not None:
            progress(first + len(at), len(middles))
    return _refined(search), search.failed


def _astray(array: SatrecArray, start: int, stop: int) -> Floats:
    """How far each object's velocity is from the derivative of its position, km/s: the most seen, doubled."""
    most = np.zeros(len(array))
    for tick in [*range(start, stop, DAY // 4), stop]:
        codes, position, velocity = array.sgp4(*julian(np.array([tick - SECOND, tick, tick + SECOND], dtype=np.int64)))
        off = np.sqrt(((0.5 * (position[:, 2] - position[:, 0]) - velocity[:, 1]) ** 2).sum(axis=1))
        most = np.fmax(most, np.where((codes == 0).all(axis=1), off, 0.0))
    return 2.0 * most


def _step(search: Search, tick: int, codes: npt.NDArray[np.uint8], position: Floats, velocity: Floats) -> None:
    """Pairs that may come within the threshold in the 30 s before and after `tick`."""
    bad = codes != 0
    if bad.any():
        for index in np.flatnonzero(bad).tolist():
            search.failed.setdefault(index, (int(codes[index]), tick))
    there = np.arange(len(codes))
    if search.failed:
        there = np.delete(there, list(search.failed))
    r, v = position[there], velocity[there]
    speed = np.sqrt(np.einsum("nx,nx->n", v, v))
    astray = search.astray[there]
    common = (speed <= COMMON_KM_S) & (astray <= COMMON_ASTRAY_KM_S)
    slower, faster = np.flatnonzero(common), np.flatnonzero(~common)
    stray = 2.0 * float(astray.max(initial=0.0)) * HALF_S
    bend = _bend(search.threshold_km + STEP_S * COMMON_KM_S, float(np.sqrt((r * r).sum(axis=1).min(initial=np.inf))))

    tree = _tree(r[slower])
    reach = search.threshold_km + STEP_S * (float(speed[slower].max(initial=0.0)) + COMMON_ASTRAY_KM_S) + bend
    close = tree.query_pairs(reach, output_type="ndarray")
    one, other = [slower[close[:, 0]]], [slower[close[:, 1]]]
    if len(faster):
        few, fastest = _tree(r[faster]), max(float(speed[faster].max()), COMMON_KM_S)
        reach = search.threshold_km + HALF_S * (fastest + COMMON_KM_S) + 2.0 * bend + stray
        cross = few.sparse_distance_matrix(tree, reach, output_type="ndarray")
        one.append(faster[cross["i"]])
        other.append(slower[cross["j"]])
        reach = search.threshold_km + STEP_S * fastest + 2.0 * bend + stray
        close = few.query_pairs(reach, output_type="ndarray")
        one.append(faster[close[:, 0]])
        other.append(faster[close[:, 1]])
    a, b = np.concatenate(one), np.concatenate(other)
    _cut(search, tick, there, a, b, r, v)


def _tree(points: Floats) -> cKDTree:
    return cKDTree(points.reshape(-1, 3), leafsize=LEAF, balanced_tree=False, compact_nodes=False)


def _bend(apart_km: float, radius_km: float) -> float:
    """The most that a pair `apart_km` apart strays from straight relative motion in half a step, in km."""
    tidal = 2.0 * MU_KM3_S2 / radius_km**3 * apart_km
    return 0.5 * HALF_S**2 * (tidal + 2.0 * OTHER_FORCES_KM_S2)


def _cut(search: Search, tick: int, there: Places, a: Pairs, b: Pairs, r: Floats, v: Floats) -> None:
    """Radii, then straight relative motion; what is left is kept for the refinement."""
    limit, astray = search.threshold_km, search.astray[there]
    radius = np.sqrt(np.einsum("nx,nx->n", r, r))
    climb = np.einsum("nx,nx->n", r, v) / radius
    # The radius as a series in time: its speed, its acceleration, the change of that; 50 m for what follows.
    sideways2 = np.einsum("nx,nx->n", v, v) - climb * climb
    pull = np.abs(sideways2 / radius - MU_KM3_S2 / radius**2) + OTHER_FORCES_KM_S2
    change = np.abs(climb) * (3.0 * sideways2 / radius**2 + 2.0 * MU_KM3_S2 / radius**3)
    half = HALF_S * (np.abs(climb) + astray) + HALF_S**2 / 2.0 * pull + HALF_S**3 / 6.0 * change + 0.05
    low, high = radius - half, radius + half + limit
    kept = (low[a] <= high[b]) & (low[b] <= high[a])
    a, b = a[kept], b[kept]

    gap, turn = r[b] - r[a], v[b] - v[a]
    speed2 = np.einsum("nx,nx->n", turn, turn)
    along = np.einsum("nx,nx->n", gap, turn)
    with np.errstate(divide="ignore", invalid="ignore"):
        when = np.where(speed2 > 0.0, np.clip(-along / speed2, -HALF_S, HALF_S), 0.0)
    nearest2 = np.einsum("nx,nx->n", gap, gap) + when * (2.0 * along + when * speed2)
    apart = np.sqrt(np.einsum("nx,nx->n", gap, gap))
    tidal = 2.0 * MU_KM3_S2 / np.minimum(radius[a], radius[b]) ** 3 * (apart + limit)
    slack = 0.5 * HALF_S**2 * (tidal + 2.0 * OTHER_FORCES_KM_S2) + HALF_S * (astray[a] + astray[b])
    kept = nearest2 <= (limit + slack) ** 2
    search.a.append(there[a[kept]])
    search.b.append(there[b[kept]])
    search.middle.append(np.full(int(kept.sum()), tick, dtype=np.int64))
    search.around.append(tick + np.round(when[kept] * SECOND).astype(np.int64))
    search.speed.append(np.sqrt(speed2[kept]))


def _refined(search: Search) -> Rows:
    if not search.a:
        return rows([], [], [], [], [])
    a, b = np.concatenate(search.a), np.concatenate(search.b)
    middle, around = np.concatenate(search.middle), np.concatenate(search.around)
    together = np.concatenate(search.speed) < CO_MOVING_KM_S
    met = _meetings(search, a[~together], b[~together], middle[~together], around[~together])
    stayed = _stays(search, a[together], b[together], middle[together])
    both = np.concatenate((met, stayed))
    return both[np.lexsort((both["tca"], both["b"], both["a"]))]


def _meetings(search: Search, a: Pairs, b: Pairs, middle: Ticks, around: Ticks) -> Rows:
    """Where the distance stops falling: Newton's method on d.v; three steps end below a microsecond."""
    half = round(HALF_S * SECOND)
    for _ in range(3):
        gap, turn = relative(search.records, a, b, around)
        with np.errstate(divide="ignore", invalid="ignore"):
            late = np.einsum("nx,nx->n", gap, turn) / np.einsum("nx,nx->n", turn, turn)
        late = np.where(np.isfinite(late), np.clip(late, -HALF_S, HALF_S), 0.0)
        around = around - np.round(late * SECOND).astype(np.int64)
    gap, turn = relative(search.records, a, b, around)
    miss, speed = np.sqrt((gap * gap).sum(axis=1)), np.sqrt((turn * turn).sum(axis=1))
    # A neighbour's encounter is found by the neighbour; a tenth of a second of overlap leaves no gap between the two.
    own = (np.abs(around - middle) <= half + SECOND // 10) & (around >= search.start) & (around <= search.stop)
    kept = own & (miss <= search.threshold_km)
    found = rows(a[kept], b[kept], around[kept], miss[kept], speed[kept])
    return joined(found, SECOND // 5, np.ones(len(found), dtype=bool))


def _stays(search: Search, a: Pairs, b: Pairs, middle: Ticks) -> Rows:
    """One record for each time that a slow pair spends within the threshold."""
    gap, turn = relative(search.records, a, b, middle)
    miss, speed = np.sqrt((gap * gap).sum(axis=1)), np.sqrt((turn * turn).sum(axis=1))
    near = miss <= search.threshold_km
    step = round(STEP_S * SECOND)
    samples = rows(a[near], b[near], middle[near], miss[near], speed[near])
    stays = joined(samples, step + step // 2, np.ones(len(samples), dtype=bool))
    one, other, best = stays["a"].astype(np.intp), stays["b"].astype(np.intp), stays["tca"]
    square = []
    for node in (-step // 2, 0, step // 2):
        gap, _turn = relative(search.records, one, other, best + node)
        square.append((gap * gap).sum(axis=1))
    bend = square[0] - 2.0 * square[1] + square[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(bend > 0.0, 0.25 * (square[0] - square[2]) / bend, 0.0)
    shift = np.where(np.isfinite(shift), np.clip(shift, -0.5, 0.5), 0.0)
    at = np.clip(best + np.round(shift * step).astype(np.int64), search.start, search.stop)
    gap, turn = relative(search.records, one, other, at)
    miss = np.sqrt((gap * gap).sum(axis=1))
    stays["entry"] = np.maximum(stays["entry"] - step // 2, search.start)
    stays["exit"] = np.minimum(stays["exit"] + step // 2, search.stop)
    better = miss <= stays["miss_km"]
    stays["tca"], stays["miss_km"] = np.where(better, at, best), np.where(better, miss, stays["miss_km"])
    return stays
