"""Pairs that may come within the threshold in one slab: a spatial index, then two exact cuts.

1. Ball: the chords of a pair can be within D somewhere in the slab only if their middles
   are within D + half_i + half_j. Speeds are those of this slab; the few fast objects
   (perigees of eccentric orbits) are searched apart, so that they do not widen the search
   of all others.
2. Shell: the radii along two chords must overlap to within D.
3. Line: the least distance of the two chords themselves.

D is the threshold plus the bound on the error of the chords (`slabs`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.screening.slabs import SAG_FACTOR, Slab
from space_hub.orbit.times import SECOND, Floats

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Indices = npt.NDArray[np.intp]

FAST_SHARE = 0.03
"""Share of the objects, the fastest and the least Keplerian, that is searched apart. Any value finds the same pairs."""

_ROUNDING_KM = 1e-6


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs (fleet indices), the tick where their chords are nearest (not clipped to the slab), chord speed km/s."""

    a: Indices
    b: Indices
    around: npt.NDArray[np.int64]
    speed_km_s: Floats


@dataclass(frozen=True, slots=True)
class _Lines:
    """What the cuts need of each object of a slab: half length, radius range, curvature of attraction."""

    slab: Slab
    threshold_km: float
    length: Floats
    lowest: Floats
    highest: Floats
    gradient: Floats

    @classmethod
    def of(cls, slab: Slab, threshold_km: float) -> "_Lines":
        radius, length = _length(slab.middle), _length(slab.half)
        along = np.abs(_dot(slab.middle, slab.half)) / radius
        # Along a chord the radius lies in [m - |m.w|/m, m + |m.w|/m + w^2/2m]; see the README.
        lowest, highest = radius - along, radius + along + length * length / (2.0 * radius)
        sag = slab.bow * (SAG_FACTOR * MU_KM3_S2 / (lowest * lowest) + slab.rest)
        closest = lowest - sag
        return cls(slab, threshold_km, length, lowest, highest, 2.0 * MU_KM3_S2 / (closest * closest * closest))

    def margin(self, gradient: Floats | float, reach: Floats | float, rest: Floats | float) -> Floats:
        """Bound on the error of a pair's chord whose ends are at most `reach` apart, km."""
        bow = self.slab.bow
        # The distance itself may exceed that of the chord by the same error: solve for it once.
        largest = (reach + bow * rest) / (1.0 - bow * np.asarray(gradient))
        margin: Floats = bow * (gradient * largest + rest) + _ROUNDING_KM
        return margin

    def within(self, some: Indices, others: Indices) -> float:
        """D for any pair of the two groups."""
        if not len(some) or not len(others):
            return self.threshold_km
        both = np.concatenate([some, others])
        gradient, rest = float(self.gradient[both].max()), 2.0 * float(self.slab.rest[both].max())
        lengths = float(self.length[some].max() + self.length[others].max())
        # The ends of two chords that come within D are at most D + 2 (w_i + w_j) apart.
        within = self.threshold_km
        for _ in range(4):
            within = self.threshold_km + float(self.margin(gradient, 1.01 * within + 2.0 * lengths, rest))
        return within

    def pairs(self, a: Indices, b: Indices, within: float) -> Candidates:
        slab = self.slab
        near = np.flatnonzero(
            np.maximum(self.lowest[a], self.lowest[b]) - np.minimum(self.highest[a], self.highest[b]) <= within
        )
        a, b = a[near], b[near]
        gap, turn = slab.middle[a] - slab.middle[b], slab.half[a] - slab.half[b]
        size = np.maximum(_dot(turn, turn), 1e-24)
        nearest = -_dot(gap, turn) / size
        sigma = np.clip(nearest, -1.0, 1.0)
        distance = _length(gap + sigma[:, None] * turn)
        margin = self.margin(
            np.maximum(self.gradient[a], self.gradient[b]), _length(gap) + np.sqrt(size), slab.rest[a] + slab.rest[b]
        )
        kept = np.flatnonzero(distance <= self.threshold_km + margin)
        half = 0.5 * (slab.stop - slab.start)
        # An event whose middle lies far beyond the slab is found in its own slab, or is cut by the window.
        nearest = np.clip(nearest[kept], -2.0, 2.0)
        around = slab.start + np.round(half * (1.0 + nearest)).astype(np.int64)
        speed = np.sqrt(size[kept]) / (half / SECOND)
        return Candidates(slab.index[a[kept]], slab.index[b[kept]], around, speed)


def candidates(slab: Slab, threshold_km: float) -> list[Candidates]:
    """All pairs of the slab that may come within the threshold in it; none is left out."""
    if len(slab.index) < 2:
        return []
    lines = _Lines.of(slab, threshold_km)
    # What counts is how far an object widens the search: its half length and its rest.
    widening = lines.length + slab.bow * slab.rest
    order = np.argsort(widening, kind="stable")
    cut = len(order) - max(1, int(FAST_SHARE * len(order)))
    slow, fast = order[:cut], order[cut:]
    found = []
    tree, others = _tree(slab.middle[slow]), _tree(slab.middle[fast])
    within = lines.within(slow, slow)
    pairs = tree.query_pairs(_ball(lines, slow, slow, within), output_type="ndarray")
    found.append(lines.pairs(slow[pairs[:, 0]], slow[pairs[:, 1]], within))
    within = lines.within(fast, slow)
    near = others.sparse_distance_matrix(tree, _ball(lines, fast, slow, within), output_type="ndarray")
    found.append(lines.pairs(fast[near["i"]], slow[near["j"]], within))
    within = lines.within(fast, fast)
    pairs = others.query_pairs(_ball(lines, fast, fast, within), output_type="ndarray")
    found.append(lines.pairs(fast[pairs[:, 0]], fast[pairs[:, 1]], within))
    return found


def candidates_of(one: int, slab: Slab, threshold_km: float) -> Candidates:
    """The same for the pairs of one object (its place in the slab) with all others."""
    lines = _Lines.of(slab, threshold_km)
    others = np.delete(np.arange(len(slab.index)), one)
    return lines.pairs(np.full(len(others), one), others, lines.within(np.array([one]), others))


def _tree(points: Floats) -> "cKDTree":
    from scipy.spatial import cKDTree  # Late: the API knows this module and never builds a tree.

    return cKDTree(points, balanced_tree=False, compact_nodes=False)


def _ball(lines: _Lines, some: Indices, others: Indices, within: float) -> float:
    if not len(some) or not len(others):
        return 0.0
    return within + float(lines.length[some].max() + lines.length[others].max())


def _dot(a: Floats, b: Floats) -> Floats:
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


def _length(vectors: Floats) -> Floats:
    return np.sqrt(_dot(vectors, vectors))
