"""Time cut into slabs, and in each slab a straight line for each object with a bound on its error.

Within a slab of length h both ends are SGP4 positions; nothing is assumed about
velocities. The relative position of a pair, less its straight chord, vanishes at both
ends and has the pair's relative acceleration as second derivative, so it is at most
h^2/8 times the largest relative acceleration in the slab.

The acceleration of an object is the central attraction plus a rest (oblateness, drag and
what SGP4 itself adds). The rest is *measured*: three successive positions against
Numerov's rule for the central attraction leave the weighted mean of it over 2h.
The central attractions of two objects differ by at most 2 mu / r^3 times their distance,
r being the smaller of their radii (README: "Why 2 mu / r^3").
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, Floats, Ticks

REST_FACTOR = 2.0
"""The rest varies over a quarter of a revolution or slower, twenty slabs; twice its mean over two slabs covers it."""

REST_FLOOR_KM_S2 = 1e-6
"""Numerov's own error is below 1e-8 km/s^2 and SGP4's rounding adds 1e-10."""

REST_UNKNOWN_KM_S2 = 1e-3
"""For an object in its last slab without a neighbour to measure from: 30 times the oblateness term at the surface."""

SAG_FACTOR = 1.05
"""Attraction at the height of the chord stands for that on the arc above it; up to 120 s it is within 1 %."""


LAST_STATE = 1_000
"""Ticks between the last state of an object and its failure, which is known to the millisecond."""


@dataclass(frozen=True, slots=True)
class Slab:
    """The objects present in one slab, N of them; km and s.

    `index` (N,) names them in the fleet; `middle` and `half` (N, 3) are the chord:
    position = middle + sigma half for sigma in [-1, 1]. `rest` (N,) bounds the acceleration
    beyond the central one.
    """

    start: int
    stop: int
    index: npt.NDArray[np.intp]
    middle: Floats
    half: Floats
    rest: Floats

    @property
    def bow(self) -> float:
        """h^2 / 8, s^2: what an acceleration is multiplied with."""
        seconds = (self.stop - self.start) / SECOND
        return seconds * seconds / 8.0


class Knots:
    """States of a fleet on the uniform grid of one chunk, with one knot more at each end."""

    def __init__(self, fleet: Fleet, start: int, stop: int, step: int, fails: Ticks) -> None:
        self.count = max(1, -(-(stop - start) // step))
        self.fleet, self.fails = fleet, fails
        inner = np.round(np.linspace(start, stop, self.count + 1)).astype(np.int64)
        length = max(1, (stop - start) // self.count)
        self.at = np.concatenate([[start - length], inner, [stop + length]])
        self.position, _velocity, _codes = fleet.states(self.at)
        self.rest = self._rest()

    def _rest(self) -> Floats:
        """Measured acceleration beyond the central one, km/s^2, at the inner knots: (N, count + 1); NaN if unknown."""
        rest = np.empty((len(self.fleet), self.count + 1))
        columns = [np.ascontiguousarray(self.position[:, n]) for n in range(3)]
        pulls = [_attraction(one) for one in columns]
        for knot in range(self.count + 1):
            if knot:
                columns = [*columns[1:], np.ascontiguousarray(self.position[:, knot + 2])]
                pulls = [*pulls[1:], _attraction(columns[2])]
            # The ends of a chunk may be a microsecond off the grid; SECOND-exact steps are the rule.
            step = (int(self.at[knot + 2]) - int(self.at[knot])) / (2.0 * SECOND)
            skew = (int(self.at[knot + 2]) + int(self.at[knot]) - 2 * int(self.at[knot + 1])) / SECOND
            bend = columns[0] - 2.0 * columns[1] + columns[2]
            if skew:
                bend = bend - skew * (columns[2] - columns[0]) / (2.0 * step)
            expected = (step * step / 12.0) * (pulls[0] + 10.0 * pulls[1] + pulls[2])
            rest[:, knot] = _length(bend - expected) / (step * step)
        return rest

    def slab(self, number: int) -> Slab:
        """Slab `number` of the chunk with the objects that have a state throughout."""
        start, stop = int(self.at[number + 1]), int(self.at[number + 2])
        here, there = self.position[:, number + 1], self.position[:, number + 2]
        index = np.flatnonzero((self.fails > stop) & np.isfinite(here[:, 0]) & np.isfinite(there[:, 0]))
        a, b = here[index], there[index]
        rest = np.fmax(self.rest[index, number], self.rest[index, number + 1])
        return Slab(start, stop, index, 0.5 * (a + b), 0.5 * (b - a), self._bounded(rest))

    def last_slabs(self, number: int) -> list[tuple[int, Slab]]:
        """For each object that fails in slab `number`: the part of the slab before, with all that last as long."""
        start, stop = int(self.at[number + 1]), int(self.at[number + 2])
        slabs = []
        for index in np.flatnonzero((self.fails > start + LAST_STATE) & (self.fails <= stop)).tolist():
            end = int(self.fails[index]) - LAST_STATE
            there = self.fleet.states(np.array([end], dtype=np.int64))[0][:, 0]
            here = self.position[:, number + 1]
            present = np.flatnonzero((self.fails > end) & np.isfinite(here[:, 0]) & np.isfinite(there[:, 0]))
            a, b = here[present], there[present]
            before = self.rest[present, max(number - 1, 0)]
            rest = np.fmax(np.fmax(self.rest[present, number], self.rest[present, number + 1]), before)
            slab = Slab(start, end, present, 0.5 * (a + b), 0.5 * (b - a), self._bounded(rest))
            slabs.append((int(np.searchsorted(present, index)), slab))
        return slabs

    @staticmethod
    def _bounded(rest: Floats) -> Floats:
        return np.where(np.isfinite(rest), REST_FACTOR * rest + REST_FLOOR_KM_S2, REST_UNKNOWN_KM_S2)


def _length(vectors: Floats) -> Floats:
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    return np.sqrt(x * x + y * y + z * z)


def _attraction(position: Floats) -> Floats:
    radius = _length(position)
    return position * (-MU_KM3_S2 / (radius * radius * radius))[:, None]
