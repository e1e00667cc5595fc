"""Encounters by brute force on position alone: what a fast screening is judged by.

Shares nothing with `orbit.screening` but SGP4. No velocity, no straight line, no
acceleration: a cell of time (centre, half width w) of a pair is dropped only if the
distance at its centre exceeds threshold + w (s_a + s_b), where s is how fast the object's
position moved at most in that block of time, measured between positions 4 s apart (within
4 s, how fast the two moved against each other). What is left is a list of pairs; for
each, the distance over the whole window on the 4 s grid, each of its minima by golden
section and a parabola through three distances.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, Floats, Ticks

GRID = 4 * SECOND
PER_CELL = 30
"""Grid points in a first cell of 120 s."""

CELLS = 16
"""First cells in a block."""

SPEED_SLACK_KM_S = 0.05
"""More than a speed can change in 4 s at the surface of the earth (0.04)."""

GOLDEN = (sqrt(5.0) - 1.0) / 2.0

Pairs = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Meeting:
    """The least distance of one interval within the threshold; tick, km, km/s (from positions 1 s before and after)."""

    a: int
    b: int
    tca: int
    miss_km: float
    speed_km_s: float


def meetings(
    fleet: Fleet, start: int, stop: int, threshold_km: float, progress: Callable[[int, int], None] | None = None
) -> list[Meeting]:
    """All encounters of all objects of the fleet with each other, sorted; 1,700 objects and a day take a minute."""
    search = _Search(fleet, start, stop, threshold_km)
    block = CELLS * PER_CELL * GRID
    blocks = range(start, stop, block)
    for done, first in enumerate(blocks):
        if progress is not None:
            progress(done, len(blocks))
        search.block(first)
    found = [one for a, b in sorted(search.hits) for one in search.follow(a, b)]
    return sorted(found, key=lambda one: (one.a, one.b, one.tca))


class _Search:
    def __init__(self, fleet: Fleet, start: int, stop: int, threshold_km: float) -> None:
        self.fleet, self.start, self.stop, self.threshold = fleet, start, stop, threshold_km
        self.hits: set[tuple[int, int]] = set()
        self.ended = np.full(len(fleet), np.iinfo(np.int64).max, dtype=np.int64)

    def block(self, first: int) -> None:
        """Add to `hits` the pairs that come within the threshold in one block of time."""
        at = first + GRID // 2 + GRID * np.arange(CELLS * PER_CELL, dtype=np.int64)
        position = self._positions(at)
        moved = np.sqrt((np.diff(position, axis=0) ** 2).sum(axis=2)) / (GRID / SECOND)
        with np.errstate(invalid="ignore"):
            speed = np.fmax.reduce(moved, axis=0, initial=0.0) + SPEED_SLACK_KM_S
        sums = speed[:, None] + speed[None, :]
        above = np.triu(np.ones(sums.shape, dtype=bool), 1)
        cells: list[tuple[Pairs, Pairs, Pairs]] = []
        half = PER_CELL // 2 - 1
        # The grid begins half a step into the cell, so that the centre is half a step off: the cell grows by as much.
        reach2 = (self.threshold + sums * (PER_CELL // 2 + 0.5) * (GRID / SECOND)) ** 2
        for cell in range(CELLS):
            here = position[cell * PER_CELL + half]
            square = (here * here).sum(axis=1)
            gap2 = square[:, None] + square[None, :] - 2.0 * (here @ here.T)
            a, b = np.nonzero((gap2 <= reach2) & above)
            cells.append((a, b, np.full(len(a), cell * PER_CELL)))
        a, b, place = (np.concatenate(column) for column in zip(*cells, strict=True))
        # 24 s: six grid points, the third stands for all within 3.5 steps; then 4 s: the point itself, 2 s each way.
        for count, width, centre, within in ((5, 6, 2, 3.5), (6, 1, 0, 0.5)):
            place = (place[:, None] + width * np.arange(count)).ravel()
            a, b = np.repeat(a, count), np.repeat(b, count)
            gap = np.sqrt(((position[place + centre, a] - position[place + centre, b]) ** 2).sum(axis=1))
            kept = gap <= self.threshold + sums[a, b] * within * (GRID / SECOND)
            a, b, place = a[kept], b[kept], place[kept]
        before, after = np.maximum(place - 1, 0), np.minimum(place + 1, len(at) - 1)
        gap, gaps = position[place, a] - position[place, b], []
        for neighbour in (before, after):
            turned = position[neighbour, a] - position[neighbour, b] - gap
            gaps.append(np.sqrt((turned * turned).sum(axis=1)) / (GRID / SECOND))
        turn = np.fmax(*gaps) + 2.0 * SPEED_SLACK_KM_S
        self._narrow(a, b, at[place], np.where(np.isfinite(turn), turn, sums[a, b]), GRID // 2)

    def _positions(self, at: Ticks) -> Floats:
        """(T, N, 3) km; NaN outside the window and from an object's first missing state on."""
        position, _velocity, codes = self.fleet.states(at)
        for index in np.flatnonzero((codes != 0).any(axis=1)).tolist():
            self.ended[index] = min(self.ended[index], int(at[np.flatnonzero(codes[index])[0]]))
        position[at[None, :] >= self.ended[:, None]] = np.nan
        return np.ascontiguousarray(position.transpose(1, 0, 2))

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
        last = min(self.stop, int(self.ended[a]) - GRID, int(self.ended[b]) - GRID)
        last = self._last_state(a, b, last)
        at = np.append(np.arange(self.start, last, GRID, dtype=np.int64), last)
        gap = self.fleet.positions(a, at) - self.fleet.positions(b, at)
        distance = np.sqrt((gap * gap).sum(axis=1))
        steps = np.sqrt((np.diff(gap, axis=0) ** 2).sum(axis=1))
        reach = np.append(steps, 0.0) + np.append(0.0, steps)
        padded = np.concatenate([[np.inf], distance, [np.inf]])
        low = (distance < padded[:-2]) & (distance <= padded[2:]) & (distance <= self.threshold + 1.01 * reach + 0.1)
        outside = np.flatnonzero(distance > self.threshold)
        best: dict[int, tuple[float, int]] = {}
        for n in np.flatnonzero(low).tolist():
            tick, miss = self._golden(a, b, int(at[max(n - 1, 0)]), int(at[min(n + 1, len(at) - 1)]))
            if miss <= self.threshold:
                # Minima with no grid point outside between them are of one interval.
                interval = int(np.searchsorted(at[outside], tick))
                best[interval] = min(best.get(interval, (np.inf, 0)), (miss, tick))
        return [Meeting(a, b, tick, miss, self._speed(a, b, tick)) for miss, tick in best.values()]

    def _last_state(self, a: int, b: int, good: int) -> int:
        """The last millisecond, up to the end of the window, at which both objects still have a state."""
        bad = min(self.stop, good + 2 * GRID)
        if np.isfinite(self._one(a, b, bad)):
            return bad
        while bad - good > 1_000:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if np.isfinite(self._one(a, b, middle)) else (good, middle)
        return good

    def _one(self, a: int, b: int, tick: int) -> float:
        return float(self._gaps(np.array([a]), np.array([b]), np.array([tick], dtype=np.int64))[0])

    def _golden(self, a: int, b: int, low: int, high: int) -> tuple[int, float]:
        """Minimise the distance between two ticks; then a parabola through its square, a second each way."""
        left, right = float(low), float(high)
        inner, outer = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
        at_inner, at_outer = self._one(a, b, round(inner)), self._one(a, b, round(outer))
        while right - left > 100.0:
            if at_inner <= at_outer:
                right, outer, at_outer = outer, inner, at_inner
                inner = right - GOLDEN * (right - left)
                at_inner = self._one(a, b, round(inner))
            else:
                left, inner, at_inner = inner, outer, at_outer
                outer = left + GOLDEN * (right - left)
                at_outer = self._one(a, b, round(outer))
        tick = round(0.5 * (left + right))
        if tick - low < 200 or high - tick < 200:
            tick = low if tick - low < 200 else high
            return tick, self._one(a, b, tick)
        before, here, after = (self._one(a, b, tick + shift) ** 2 for shift in (-SECOND, 0, SECOND))
        bend = before - 2.0 * here + after
        if np.isfinite(bend) and bend > 0.0:
            shift = 0.5 * (before - after) / bend
            if abs(shift) <= 1.0:
                tick = min(max(tick + round(shift * SECOND), low), high)
        return tick, self._one(a, b, tick)

    def _speed(self, a: int, b: int, tick: int) -> float:
        at = np.array([tick - SECOND, tick + SECOND], dtype=np.int64)
        gap = self.fleet.positions(a, at) - self.fleet.positions(b, at)
        if not np.all(np.isfinite(gap)):
            at = at - SECOND
            gap = self.fleet.positions(a, at) - self.fleet.positions(b, at)
        return float(np.sqrt(((gap[1] - gap[0]) ** 2).sum())) / 2.0
