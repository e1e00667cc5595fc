"""Encounters by brute force on position alone: what a fast screening is judged by.

Shares nothing with `orbit.screening` but the sgp4 package. No velocity, no straight line, no
acceleration: a cell of time (centre, half width w) of a pair is dropped only if the distance
at its centre exceeds threshold + w (s_a + s_b), where s is how fast the object's position
moved at most in that block of time: the longest step of the grid, and by how much one step
differs from the next. What is left is a list of pairs; for each, the distance over the whole
window on the grid, each of its minima by golden section, then the zero of the derivative of
the squared distance over five instants.

Distances are the same in a frame that turns. A slow grid is enough for objects that hardly
move in it: `BELT` turns with the earth.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, Floats, Ticks

PER_CELL = 30
"""Grid points in a first cell of time."""

CELLS = 16
"""First cells in a block."""

MILLISECOND = 1_000
FOREVER = int(np.iinfo(np.int64).max)

ESCAPE_KM_S = 11.2
"""Taken for the speed of an object that ends within a block: too few of its steps may be seen to measure it."""

GOLDEN = (sqrt(5.0) - 1.0) / 2.0

SLOW_KM_S, FAST_KM_S = 0.1, 1.0
"""Below them the squared distance is sampled ten and four times as far apart: it is flat, and SGP4 has noise."""

Pairs = npt.NDArray[np.intp]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Raster:
    """A grid of instants `step_s` apart, in a frame that turns by `spin` rad/s about the pole."""

    step_s: int
    spin: float = 0.0

    @property
    def step(self) -> int:
        return self.step_s * SECOND


LOW = Raster(4)
BELT = Raster(60, 7.292115e-5)
"""For objects near the geostationary belt: 60 s are 0.004 of a turn, and they move at 1 km/s at the most."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The least distance of one interval within the threshold; tick, km, km/s (from positions 1 s before and after)."""

    a: int
    b: int
    tca: int
    miss_km: float
    speed_km_s: float


def meetings(
    fleet: Fleet,
    start: int,
    stop: int,
    threshold_km: float,
    progress: Progress | None = None,
    *,
    raster: Raster = LOW,
    targets: Collection[int] | None = None,
) -> list[Meeting]:
    """All encounters of all objects of the fleet with each other, or of `targets` with all, sorted.

    1,200 objects take half a minute for a day on the raster LOW, 1,700 a minute for a week on BELT.
    """
    search = _Search(fleet, start, stop, threshold_km, raster, targets)
    block = CELLS * PER_CELL * raster.step
    blocks = range(start, stop, block)
    for done, first in enumerate(blocks):
        if progress is not None:
            progress(done, len(blocks))
        search.block(first)
    found = [one for a, b in sorted(search.hits) for one in search.follow(a, b)]
    return sorted(found, key=lambda one: (one.a, one.b, one.tca))


def least(fleet: Fleet, a: int, b: int, low: int, high: int) -> tuple[int, float]:
    """The least distance between two ticks that hold one minimum: tick, km."""
    left, right = float(low), float(high)
    inner, outer = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
    at_inner, at_outer = apart(fleet, a, b, round(inner)), apart(fleet, a, b, round(outer))
    while right - left > 100.0:
        if at_inner <= at_outer:
            right, outer, at_outer = outer, inner, at_inner
            inner = right - GOLDEN * (right - left)
            at_inner = apart(fleet, a, b, round(inner))
        else:
            left, inner, at_inner = inner, outer, at_outer
            outer = left + GOLDEN * (right - left)
            at_outer = apart(fleet, a, b, round(outer))
    tick = round(0.5 * (left + right))
    if tick - low < 200 or high - tick < 200:
        tick = low if tick - low < 200 else high
    return _level(fleet, a, b, tick, low, high)


def _level(fleet: Fleet, a: int, b: int, tick: int, low: int, high: int) -> tuple[int, float]:
    """Where the derivative of the squared distance is zero, from five instants around a tick near it."""
    speed = pace(fleet, a, b, tick)
    reach = (1 if speed > FAST_KM_S else 4 if speed > SLOW_KM_S else 10) * SECOND
    for _ in range(8):
        at = tick + reach * np.arange(-2, 3, dtype=np.int64)
        f = _squares(fleet, a, b, at)
        if not np.all(np.isfinite(f)):
            # Next to the end of an object.
            reach //= 10
            if reach < 1_000:
                break
            continue
        slope = (f[0] - 8.0 * f[1] + 8.0 * f[3] - f[4]) / 12.0
        bend = (-f[0] + 16.0 * f[1] - 30.0 * f[2] + 16.0 * f[3] - f[4]) / 12.0
        if not bend > 0.0:
            break
        shift = round(max(-1.0, min(1.0, -float(slope / bend))) * reach)
        tick = min(max(tick + shift, low), high)
        if abs(shift) < 1:
            break
    return tick, apart(fleet, a, b, tick)


def apart(fleet: Fleet, a: int, b: int, tick: int) -> float:
    """How far two objects are apart at one tick, km; not a number where one of them has no state."""
    return sqrt(float(_squares(fleet, a, b, np.array([tick], dtype=np.int64))[0]))


def pace(fleet: Fleet, a: int, b: int, tick: int) -> float:
    """Relative speed, from positions 1 s before and after; km/s."""
    at = np.array([tick - SECOND, tick + SECOND], dtype=np.int64)
    for shift in (0, SECOND, -SECOND):
        gap = fleet.positions(a, at - shift) - fleet.positions(b, at - shift)
        if np.all(np.isfinite(gap)):
            break
    return float(np.sqrt(((gap[1] - gap[0]) ** 2).sum())) / 2.0


def _squares(fleet: Fleet, a: int, b: int, at: Ticks) -> Floats:
    gap = fleet.positions(a, at) - fleet.positions(b, at)
    square: Floats = (gap * gap).sum(axis=1)
    return square


class _Search:
    def __init__(
        self, fleet: Fleet, start: int, stop: int, threshold_km: float, raster: Raster, targets: Collection[int] | None
    ) -> None:
        self.fleet, self.start, self.stop, self.threshold, self.raster = fleet, start, stop, threshold_km, raster
        self.rows = np.arange(len(fleet)) if targets is None else np.array(sorted(set(targets)), dtype=np.intp)
        # Each pair once: of two targets, and of any two, the one with the lower index asks.
        order = np.arange(len(fleet))
        asks = np.isin(order, self.rows)
        self.asked = (order[None, :] != self.rows[:, None]) & ~(asks[None, :] & (order[None, :] < self.rows[:, None]))
        self.hits: set[tuple[int, int]] = set()
        self.ended = np.full(len(fleet), FOREVER, dtype=np.int64)
        self.lasts: dict[int, int] = {}

    def block(self, first: int) -> None:
        """Add to `hits` the pairs that come within the threshold in one block of time."""
        step, step_s = self.raster.step, self.raster.step_s
        at = first + step // 2 + step * np.arange(CELLS * PER_CELL, dtype=np.int64)
        position = self._positions(at)
        steps = np.diff(position, axis=0)
        with np.errstate(invalid="ignore"):
            moved = np.fmax.reduce(np.sqrt((steps**2).sum(axis=2)), axis=0, initial=0.0) / step_s
            slack = np.fmax.reduce(np.sqrt((np.diff(steps, axis=0) ** 2).sum(axis=2)), axis=0, initial=0.0) / step_s
        speed = moved + slack
        ending = np.flatnonzero((self.ended > at[0]) & (self.ended <= at[-1] + step))
        speed[ending] = np.maximum(speed[ending], ESCAPE_KM_S)
        sums = speed[self.rows, None] + speed[None, :]
        cells: list[tuple[Pairs, Pairs, Pairs]] = []
        half = PER_CELL // 2 - 1
        # The grid begins half a step into the cell, so that the centre is half a step off: the cell grows by as much.
        reach2 = (self.threshold + sums * (PER_CELL // 2 + 0.5) * step_s) ** 2
        reach2[~self.asked] = -1.0
        for cell in range(CELLS):
            here = position[cell * PER_CELL + half]
            square = (here * here).sum(axis=1)
            # Rounding of squares of 1e9 km2 can make the difference of two equal ones a little less than nothing.
            gap2 = np.maximum(square[self.rows, None] + square[None, :] - 2.0 * (here[self.rows] @ here.T), 0.0)
            a, b = np.nonzero(gap2 <= reach2)
            cells.append((self.rows[a], b, np.full(len(a), cell * PER_CELL)))
        a, b, place = (np.concatenate(column) for column in zip(*cells, strict=True))
        # Six grid points, the third stands for all within 3.5 steps; then one: the point itself, half a step each way.
        for count, width, centre, within in ((5, 6, 2, 3.5), (6, 1, 0, 0.5)):
            place = (place[:, None] + width * np.arange(count)).ravel()
            a, b = np.repeat(a, count), np.repeat(b, count)
            gap = np.sqrt(((position[place + centre, a] - position[place + centre, b]) ** 2).sum(axis=1))
            kept = gap <= self.threshold + (speed[a] + speed[b]) * within * step_s
            a, b, place = a[kept], b[kept], place[kept]
        more = [self._until_the_end(one, position, speed) for one in ending.tolist()]
        a, b, place = (np.concatenate(column) for column in zip((a, b, place), *more, strict=True))
        a, b = np.minimum(a, b), np.maximum(a, b)
        before, after = np.maximum(place - 1, 0), np.minimum(place + 1, len(at) - 1)
        gap, gaps = position[place, a] - position[place, b], []
        for neighbour in (before, after):
            turned = position[neighbour, a] - position[neighbour, b] - gap
            gaps.append(np.sqrt((turned * turned).sum(axis=1)) / step_s)
        # Within a step it is how fast the two moved against each other that counts.
        turn = np.fmax(*gaps) + slack[a] + slack[b]
        self._narrow(a, b, at[place], np.where(np.isfinite(turn), turn, speed[a] + speed[b]), step // 2)
        for one in ending.tolist():
            self._last_steps(one, speed)

    def _until_the_end(self, one: int, position: Floats, speed: Floats) -> tuple[Pairs, Pairs, Pairs]:
        """Cells of one step each, up to the last grid point that an object sees: larger ones have no centre there."""
        gap = np.sqrt(((position - position[:, one, None]) ** 2).sum(axis=2))
        near = gap <= self.threshold + (speed + speed[one]) * 0.5 * self.raster.step_s
        near[:, ~self._partners(one)] = False
        place, other = np.nonzero(near)
        return np.full(len(place), one), other, place

    def _last_steps(self, one: int, speed: Floats) -> None:
        """The two steps before the last state that an object has in common with each other one."""
        step = self.raster.step
        other = np.flatnonzero(self._partners(one))
        last = np.array([min(self._last(one), self._last(n)) for n in other.tolist()], dtype=np.int64)
        sums = speed[one] + speed[other]
        self._narrow(np.minimum(one, other), np.maximum(one, other), last - step, sums, step)

    def _last(self, one: int) -> int:
        """The last millisecond at which an object has a state; far away if it does not end in what was seen so far."""
        bad = int(self.ended[one])
        if bad == FOREVER:
            return bad
        if one not in self.lasts:
            good = (bad - self.raster.step) // MILLISECOND * MILLISECOND
            bad = -(-bad // MILLISECOND) * MILLISECOND
            while bad - good > MILLISECOND:
                middle = (good + bad) // (2 * MILLISECOND) * MILLISECOND
                codes = self.fleet.codes(one, np.array([middle], dtype=np.int64))
                good, bad = (middle, bad) if codes[0] == 0 else (good, middle)
            self.lasts[one] = good
        return self.lasts[one]

    def _partners(self, one: int) -> npt.NDArray[np.bool_]:
        """With whom an object is to be paired."""
        row = np.flatnonzero(self.rows == one)
        if len(row):
            wanted: npt.NDArray[np.bool_] = np.ones(len(self.fleet), dtype=bool)
        else:
            wanted = np.isin(np.arange(len(self.fleet)), self.rows)
        wanted[one] = False
        return wanted

    def _positions(self, at: Ticks) -> Floats:
        """(T, N, 3) km in the frame of the raster; NaN from an object's first missing state on."""
        position, _velocity, codes = self.fleet.states(at)
        for index in np.flatnonzero((codes != 0).any(axis=1)).tolist():
            self.ended[index] = min(self.ended[index], int(at[np.flatnonzero(codes[index])[0]]))
        position[at[None, :] >= self.ended[:, None]] = np.nan
        turned = np.ascontiguousarray(position.transpose(1, 0, 2))
        if self.raster.spin:
            angle = self.raster.spin * (at - self.start) / SECOND
            cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
            x, y = turned[:, :, 0].copy(), turned[:, :, 1].copy()
            turned[:, :, 0], turned[:, :, 1] = cosine * x + sine * y, cosine * y - sine * x
        return turned

    def _narrow(self, a: Pairs, b: Pairs, at: Ticks, sums: Floats, half: int) -> None:
        """Halve cells of time down to 16 ms; a pair within the threshold at a centre is a hit and needs no more."""
        while len(a):
            gap = self._gaps(a, b, at)
            inside = gap <= self.threshold
            # What is left undecided at the end is handed on as a hit: following it costs time, losing it an encounter.
            if half < 20_000:
                inside |= gap <= self.threshold + sums * half / SECOND
            self.hits.update(zip(a[inside].tolist(), b[inside].tolist(), strict=True))
            known = np.array([pair in self.hits for pair in zip(a.tolist(), b.tolist(), strict=True)], dtype=bool)
            kept = ~known & (gap <= self.threshold + sums * half / SECOND)
            half //= 2
            a, b, sums = np.repeat(a[kept], 2), np.repeat(b[kept], 2), np.repeat(sums[kept], 2)
            at = (at[kept][:, None] + np.array([-half, half])).ravel()

    def _gaps(self, a: Pairs, b: Pairs, at: Ticks) -> Floats:
        gap = self.fleet.positions_of(a, at[:, None])[:, 0] - self.fleet.positions_of(b, at[:, None])[:, 0]
        length: Floats = np.sqrt((gap * gap).sum(axis=1))
        return length

    def follow(self, a: int, b: int) -> list[Meeting]:
        """Every encounter of one pair in the window."""
        last = min(self.stop, self._last(a), self._last(b))
        at = np.append(np.arange(self.start, last, self.raster.step, dtype=np.int64), last)
        gap = self.fleet.positions(a, at) - self.fleet.positions(b, at)
        distance = np.sqrt((gap * gap).sum(axis=1))
        steps = np.sqrt((np.diff(gap, axis=0) ** 2).sum(axis=1))
        reach = np.append(steps, 0.0) + np.append(0.0, steps)
        padded = np.concatenate([[np.inf], distance, [np.inf]])
        low = (distance < padded[:-2]) & (distance <= padded[2:]) & (distance <= self.threshold + 1.01 * reach + 0.1)
        outside = np.flatnonzero(distance > self.threshold)
        best: dict[int, tuple[float, int]] = {}
        for n in np.flatnonzero(low).tolist():
            tick, miss = least(self.fleet, a, b, int(at[max(n - 1, 0)]), int(at[min(n + 1, len(at) - 1)]))
            if miss <= self.threshold:
                # Minima with no grid point outside between them are of one interval.
                interval = int(np.searchsorted(at[outside], tick))
                best[interval] = min(best.get(interval, (np.inf, 0)), (miss, tick))
        return [Meeting(a, b, tick, miss, pace(self.fleet, a, b, tick)) for miss, tick in best.values()]
