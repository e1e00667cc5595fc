"""When satellites can serve places: every interval in which all conditions of a sensor hold.

Three steps, each with an argument for why nothing is lost (README, "How windows are found"):
cells of the grid in which a path comes within reach of a place; samples of every condition in
them, with the top of each hump between samples; roots, and a truth that is asked anew between
each two of them. Ends are good to a millisecond of the path that SGP4 gives.

A satellite without a state is data: it is named, and is not seen within eight nodes of the gap.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from space_hub.orbit.coverage.earth import TURN_RAD_S
from space_hub.orbit.coverage.paths import BEFORE, NODES, UNASKED, Paths, flown, slopes, weights
from space_hub.orbit.coverage.sensor import Places, Sensor, conditions
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import SECOND, Floats, Indices, Ticks

Flags = npt.NDArray[np.bool_]
Condition = Callable[[Indices, Floats], Floats]
"""The value of one condition for some pairs at shares of their cells."""

SAMPLES = 8
"""Samples a cell: every 15 s in a low orbit."""

_MARGIN_RAD = 0.001
_RADIUS_SWELL = 1.0025
_TOGETHER = 20_000
"""Pairs of a cell and a place looked at in one piece. It bounds the memory: 100 MB."""

_CLOSE = 1e-6
"""Share of a cell: 0.1 ms in a low orbit, 2 ms in the geostationary one. Near a root the next step is far shorter."""

_SEAM = SECOND // 1000
"""Two pieces nearer than a millisecond are one window."""

_INNER = (np.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class Accesses:
    """K windows, sorted by place, begin and satellite; `begin` and `end` in ticks.

    A window that begins at `start` or ends at `stop` is cut off there. `failed` names satellites that had no state at
    some instant.
    """

    satellite: Indices
    place: Indices
    begin: Ticks
    end: Ticks
    start: int
    stop: int
    failed: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.begin)

    def of_place(self, place: int) -> "Accesses":
        return self._only(self.place == place)

    def of_satellite(self, satellite: int) -> "Accesses":
        return self._only(self.satellite == satellite)

    def _only(self, kept: Flags) -> "Accesses":
        return replace(
            self, satellite=self.satellite[kept], place=self.place[kept], begin=self.begin[kept], end=self.end[kept]
        )


def accesses(elements: Sequence[ElementSet], places: Places, sensor: Sensor, start: int, stop: int) -> Accesses:
    """All windows of all satellites over all places between two ticks."""
    found: list[tuple[Indices, Indices, Floats, Floats]] = []
    failed: list[int] = []
    for paths in flown(elements, start, stop):
        lost = np.isnan(paths.nodes[:, BEFORE : BEFORE + paths.cells + 1, 0]).any(axis=1)
        failed += paths.satellites[lost].tolist()
        for pairs in _candidates(paths, places, sensor):
            found.append(_windows(paths, places, sensor, pairs))
    satellite, place, begin, end = (
        np.concatenate([each[column] for each in found]) if found else np.empty(0) for column in range(4)
    )
    span = float(stop - start)
    begin, end = np.maximum(begin, 0.0), np.minimum(end, span)
    kept = begin < end
    return _joined(satellite[kept], place[kept], begin[kept], end[kept], (start, stop), tuple(sorted(failed)))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A row of the paths, one of its cells, and a place, P times."""

    rows: Indices
    cells: Indices
    places: Indices


def _candidates(paths: Paths, places: Places, sensor: Sensor) -> Iterator[_Pairs]:
    """Cells in which a place may come within reach, in pieces."""
    radius = np.linalg.norm(paths.nodes, axis=2)
    towards = paths.nodes / radius[..., None]
    first, last = towards[:, BEFORE : BEFORE + paths.cells], towards[:, BEFORE + 1 : BEFORE + paths.cells + 1]
    far = np.maximum(radius[:, BEFORE : BEFORE + paths.cells], radius[:, BEFORE + 1 : BEFORE + paths.cells + 1])
    turned = TURN_RAD_S * paths.step / SECOND
    bent = _MARGIN_RAD + (0.28 * turned + turned * turned) / 8.0
    reach = sensor.reach(_RADIUS_SWELL * far) + bent
    aimed = places.points / np.linalg.norm(places.points, axis=1, keepdims=True)
    centre = aimed.mean(axis=0)
    size = float(np.linalg.norm(centre))
    if size > 0.5:
        centre = centre / size
        spread = float(np.arccos(np.clip(aimed @ centre, -1.0, 1.0)).max())
        near = np.asarray(_nearest(first, last, centre[:, None])[..., 0] <= reach + spread + 1e-6)
    else:
        near = np.isfinite(reach)
    # A sum over the nodes of a cell's polynomial is a number where all of them are.
    whole = np.lib.stride_tricks.sliding_window_view(radius, NODES, axis=1).sum(axis=2)
    rows, cells = np.nonzero(near & np.isfinite(whole))
    step = max(1, 8 * _TOGETHER // len(aimed))
    for begin in range(0, len(rows), step):
        r, c = rows[begin : begin + step], cells[begin : begin + step]
        angle = _nearest(first[r, c], last[r, c], aimed.T)
        some, place = np.nonzero(angle <= reach[r, c][:, None])
        for piece in range(0, len(some), _TOGETHER):
            at = some[piece : piece + _TOGETHER]
            yield _Pairs(r[at], c[at], place[piece : piece + _TOGETHER])


def _nearest(first: Floats, last: Floats, aimed: Floats) -> Floats:
    """Least angle between the arcs from `first` to `last` (..., 3) and directions (3, M): (..., M) rad."""
    normal = np.cross(first, last)
    size = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = normal / np.maximum(size, 1e-12)
    ends = np.maximum(first @ aimed, last @ aimed)
    # A direction stands over the arc when it is on the inner side of both ends.
    over = (np.cross(normal, first) @ aimed > 0.0) & (np.cross(last, normal) @ aimed > 0.0)
    aside = np.abs(np.arcsin(np.clip(normal @ aimed, -1.0, 1.0)))
    return np.asarray(np.where(over, aside, np.arccos(np.clip(ends, -1.0, 1.0))))


def _windows(paths: Paths, places: Places, sensor: Sensor, pairs: _Pairs) -> tuple[Indices, Indices, Floats, Floats]:
    """Windows within their cells: satellite, place, begin and end in ticks after the paths' start."""

    def asked(some: Indices, x: Floats) -> list[Floats]:
        where = places.points[pairs.places[some]], places.up[pairs.places[some]]
        states = paths.at(pairs.rows[some], pairs.cells[some], x, sensor.reads_motion, sensor.reads_sun)
        return list(conditions(sensor, *states, *where))

    samples = _sampled(paths, places, sensor, pairs)
    cuts: list[tuple[Indices, Floats]] = []
    for which, values in enumerate(samples):

        def one(some: Indices, x: Floats, which: int = which) -> Floats:
            return asked(some, x)[which]

        cuts += _roots(one, values)
    # A cell with no cut is wholly inside or wholly outside; one sample tells.
    inside = np.all([values[:, 1] > 0.0 for values in samples], axis=0)
    pair = np.concatenate([each[0] for each in cuts]) if cuts else np.empty(0, dtype=np.int64)
    share = np.concatenate([each[1] for each in cuts]) if cuts else np.empty(0)
    cut = np.zeros(len(pairs.rows), dtype=bool)
    cut[pair] = True
    whole = np.flatnonzero(inside & ~cut)
    marked = np.flatnonzero(cut)
    pair = np.concatenate([pair, marked, marked])
    share = np.concatenate([share, np.zeros(len(marked)), np.ones(len(marked))])
    order = np.lexsort((share, pair))
    pair, share = pair[order], share[order]
    piece = np.flatnonzero((pair[1:] == pair[:-1]) & (share[1:] > share[:-1]))
    some, begin, end = pair[piece], share[piece], share[piece + 1]
    if len(some):
        holds = np.all([values > 0.0 for values in asked(some, 0.5 * (begin + end))], axis=0)
        some, begin, end = some[holds], begin[holds], end[holds]
    some = np.concatenate([some, whole])
    begin = np.concatenate([begin, np.zeros(len(whole))]) + pairs.cells[some]
    end = np.concatenate([end, np.ones(len(whole))]) + pairs.cells[some]
    return paths.satellites[pairs.rows[some]], pairs.places[some], begin * paths.step, end * paths.step


def _sampled(paths: Paths, places: Places, sensor: Sensor, pairs: _Pairs) -> list[Floats]:
    """Every condition at SAMPLES + 1 instants of each cell and one on either side: (P, SAMPLES + 3) each.

    A cell's positions are made once, however many places are looked at from it.
    """
    grid = np.arange(-1, SAMPLES + 2) / SAMPLES
    value = weights(grid)
    key = pairs.rows * paths.cells + pairs.cells
    distinct, back = np.unique(key, return_inverse=True)
    rows, cells = np.divmod(distinct, paths.cells)
    held = cells[:, None] + np.arange(NODES)
    nodes = paths.nodes[rows[:, None], held]
    position = (value @ nodes)[back]
    velocity = (slopes(grid) @ nodes * (SECOND / paths.step))[back] if sensor.reads_motion else UNASKED
    sun = (value @ paths.sun[held])[back] if sensor.reads_sun else UNASKED
    where = places.points[pairs.places][:, None], places.up[pairs.places][:, None]
    return list(conditions(sensor, position, velocity, sun, *where))


def _roots(one: Condition, values: Floats) -> list[tuple[Indices, Floats]]:
    """Where a condition changes its sign within the cells: pairs and shares, of roots between samples and humps."""
    grid = np.arange(-1, SAMPLES + 2) / SAMPLES
    inner = values[:, 1:-1]
    low, middle, high = values[:, :-2], inner, values[:, 2:]
    bend = low - 2.0 * middle + high
    found: list[tuple[Indices, Floats]] = []
    changes = (inner[:, :-1] > 0.0) != (inner[:, 1:] > 0.0)
    pair, at = np.nonzero(changes)
    found.append((pair, _root(one, pair, grid[at + 1], grid[at + 2], inner[pair, at], inner[pair, at + 1])))
    # Humps that samples straddle: negative with a top above zero, or positive with a bottom below it.
    for sign in (1.0, -1.0):
        outside = (sign * middle <= 0.0) & (sign * low <= 0.0) & (sign * high <= 0.0)
        top = (sign * middle >= sign * low) & (sign * middle >= sign * high) & (sign * middle >= sign * bend)
        pair, at = np.nonzero(outside & top)
        if not len(pair):
            continue
        x, best = _top(one, pair, grid[at], grid[at + 2], sign)
        over = best > 0.0
        pair, at, x, best = pair[over], at[over], x[over], best[over] * sign
        for edge, side in ((at, low), (at + 2, high)):
            root = _root(one, pair, grid[edge], x, side[pair, at], best)
            within = (root >= 0.0) & (root <= 1.0)
            found.append((pair[within], root[within]))
    return [each for each in found if len(each[0])]


def _root(one: Condition, pair: Indices, a: Floats, b: Floats, fa: Floats, fb: Floats) -> Floats:
    """The root between shares a and b, where the values fa and fb have different signs; Illinois' rule."""
    a, b, fa, fb = a.copy(), b.copy(), fa.copy(), fb.copy()
    moving = np.arange(len(pair))
    for _ in range(60):
        if not len(moving):
            break
        p, q, fp, fq = a[moving], b[moving], fa[moving], fb[moving]
        x = np.where(fq == fp, 0.5 * (p + q), (p * fq - q * fp) / np.where(fq == fp, 1.0, fq - fp))
        fx = one(pair[moving], x)
        crossed = (fx > 0.0) != (fq > 0.0)
        a[moving], fa[moving] = np.where(crossed, q, p), np.where(crossed, fq, 0.5 * fp)
        b[moving], fb[moving] = x, fx
        moved = np.abs(x - q)
        moving = moving[(moved > _CLOSE) & (fx != 0.0)]
    return b


def _top(one: Condition, pair: Indices, a: Floats, b: Floats, sign: float) -> tuple[Floats, Floats]:
    """The top of sign x condition between shares a and b, of one hump: where, and how high; golden section."""
    a, b = a.copy(), b.copy()
    left, right = b - _INNER * (b - a), a + _INNER * (b - a)
    f_left, f_right = sign * one(pair, left), sign * one(pair, right)
    for _ in range(24):
        rising = f_left < f_right
        a, b = np.where(rising, left, a), np.where(rising, b, right)
        fresh = np.where(rising, a + _INNER * (b - a), b - _INNER * (b - a))
        f_fresh = sign * one(pair, fresh)
        left, right = np.where(rising, right, fresh), np.where(rising, fresh, left)
        f_left, f_right = np.where(rising, f_right, f_fresh), np.where(rising, f_fresh, f_left)
    better = f_left > f_right
    return np.where(better, left, right), np.where(better, f_left, f_right)


def _joined(
    satellite: Floats, place: Floats, begin: Floats, end: Floats, window: tuple[int, int], failed: tuple[int, ...]
) -> Accesses:
    """Pieces of neighbouring cells made one; ticks rounded."""
    rows = np.stack([satellite, place, np.rint(begin), np.rint(end)]).astype(np.int64)
    rows = rows[:, np.lexsort((rows[2], rows[0], rows[1]))]
    satellites, where, begins, ends = rows
    fresh = np.ones(len(begins), dtype=bool)
    fresh[1:] = (satellites[1:] != satellites[:-1]) | (where[1:] != where[:-1]) | (begins[1:] > ends[:-1] + _SEAM)
    head = np.flatnonzero(fresh)
    tail = np.append(head[1:], len(begins)) - 1
    satellites, where, begins, ends = satellites[head], where[head], begins[head], ends[tail[: len(head)]]
    order = np.lexsort((satellites, begins, where))
    start, stop = window
    return Accesses(satellites[order], where[order], start + begins[order], start + ends[order], start, stop, failed)
