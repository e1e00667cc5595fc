"""The separation of one pair on a grid of absolute instants, most of it interpolated.

A pair that stays together is looked at thousands of times though its motion turns only
with the orbit. Time is cut into absolute cells of 32 samples; within a cell the separation
is the polynomial through the eight positions at the borders of the cells around it,
where that is good enough, and SGP4 itself where it is not.

Spacing: 10 s times the largest power of two, up to 16, with which the object that turns
faster at its perigee turns by at most 0.0125 rad a sample, so 0.4 rad a cell.

Error: with eight nodes h apart, |f - p| <= 43.07 / 8! h^8 max |f^(8)| in the middle cell,
and h^8 f^(8) is the eighth difference of nine neighbouring nodes. Both ninths around a cell
are taken; above 5e-5 km and a millionth of the separation the cell is halved once, then
sampled. At the rate of the orbit the error is 0.4^8 x 43.07 / 8! = 7e-7 of the amplitude, at
twice that rate 2e-4 of it: oblateness, metres. A jump in the states (SGP4's resonances are
integrated in steps) is caught by the same differences. Whoever decides by such a sample,
in or out, lower or higher, asks SGP4 itself within DOUBT_KM.
"""

from math import sqrt

import numpy as np

from space_hub.orbit.kernels.constants import MOTION, E
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening.path import meet
from space_hub.orbit.times import SECOND, Floats

BASE = 10 * SECOND
COARSEST = 16
TURN = 0.0125
"""Turn at perigee in one sample, rad."""

SAMPLES = 32
NODES = 8
TOLERANCE_KM = 5e-5
RELATIVE = 1e-6
DOUBT_KM = 1e-3
MIDDLE = 43.07 / 40320.0


def _weights(samples: int) -> Floats:
    """What each of eight nodes at -3 ... 4 counts for at m / samples, m = 0 ... samples - 1: Lagrange's polynomials."""
    at = np.arange(samples) / samples
    nodes = np.arange(NODES) - 3.0
    weights = np.ones((samples, NODES))
    for one in range(NODES):
        for other in range(NODES):
            if one != other:
                weights[:, one] *= (at - nodes[other]) / (nodes[one] - nodes[other])
    return weights


_WHOLE, _HALF = _weights(SAMPLES), _weights(SAMPLES // 2)


@kernel
def spacing_of(records: Records, a: int, b: int) -> int:
    """Spacing of the samples of a pair, ticks."""
    turn = 0.0
    for one in (a, b):
        motion, e = records.near_rows[one, MOTION] / 60.0, records.near_rows[one, E]
        if not 0.0 <= e < 1.0:
            return BASE
        turn = max(turn, motion * sqrt(1.0 + e) / (1.0 - e) ** 1.5)
    factor = 1
    while factor < COARSEST and 2 * factor * turn * (BASE / SECOND) <= TURN:
        factor *= 2
    return factor * BASE


@kernel
def sample(
    records: Records, a: int, b: int, first: int, last: int, spacing: int, smooth: bool, gaps: Floats, places: Floats
) -> None:
    """Separation (n, 3) at the multiples first to last of the spacing; NaN without a state.

    Interpolated where `smooth`; else, and where that would not do, SGP4's own. `places`
    takes where a is (n, 3), or is empty where that is not asked for.
    """
    if not smooth:
        _each(records, a, b, first, last, first, spacing, gaps, places)
        return
    gap, place = np.empty((NODES + 2, 3)), np.empty((NODES + 2, 3))
    known = False
    for cell in range(first // SAMPLES, last // SAMPLES + 1):
        # Nodes -4 to 5 of the cell; of one cell to the next all but one are the same.
        for node in range(NODES + 2):
            if known and node < NODES + 1:
                for axis in range(3):
                    gap[node, axis], place[node, axis] = gap[node + 1, axis], place[node + 1, axis]
            else:
                meet(records, a, b, (cell + node - 4) * SAMPLES * spacing, gap[node], place[node])
        known = True
        low, high = max(first, cell * SAMPLES), min(last, cell * SAMPLES + SAMPLES - 1)
        if _good(gap):
            _blend(_WHOLE, gap, place, cell * SAMPLES, low, high, first, gaps, places)
        else:
            _halves(records, a, b, cell, low, high, first, spacing, gaps, places)


@part
def _halves(
    records: Records,
    a: int,
    b: int,
    cell: int,
    low: int,
    high: int,
    first: int,
    spacing: int,
    gaps: Floats,
    places: Floats,
) -> None:
    """A cell in two halves, each interpolated on its own nodes or sampled."""
    gap, place = np.empty((NODES + 2, 3)), np.empty((NODES + 2, 3))
    half = SAMPLES // 2
    for piece in range(2 * cell, 2 * cell + 2):
        from_, to = max(low, piece * half), min(high, piece * half + half - 1)
        if to < from_:
            continue
        for node in range(NODES + 2):
            meet(records, a, b, (piece + node - 4) * half * spacing, gap[node], place[node])
        if _good(gap):
            _blend(_HALF, gap, place, piece * half, from_, to, first, gaps, places)
        else:
            _each(records, a, b, from_, to, first, spacing, gaps, places)


@part
def _each(
    records: Records, a: int, b: int, low: int, high: int, first: int, spacing: int, gaps: Floats, places: Floats
) -> None:
    """Samples low to high from SGP4."""
    here = np.empty(3)
    for n in range(low, high + 1):
        meet(records, a, b, n * spacing, gaps[n - first], here)
        if len(places):
            for axis in range(3):
                places[n - first, axis] = here[axis]


@part
def _good(nodes: Floats) -> bool:
    """Whether the polynomial through the inner eight of ten nodes is good enough between the middle two."""
    worst, farthest = 0.0, 0.0
    for start in range(2):
        total, far = 0.0, 0.0
        for axis in range(3):
            term = (
                nodes[start, axis]
                - 8.0 * nodes[start + 1, axis]
                + 28.0 * nodes[start + 2, axis]
                - 56.0 * nodes[start + 3, axis]
                + 70.0 * nodes[start + 4, axis]
                - 56.0 * nodes[start + 5, axis]
                + 28.0 * nodes[start + 6, axis]
                - 8.0 * nodes[start + 7, axis]
                + nodes[start + 8, axis]
            )
            total += term * term
            far += nodes[start + 4, axis] * nodes[start + 4, axis]
        if not total >= 0.0:
            return False
        worst, farthest = max(worst, total), max(farthest, far)
    return MIDDLE * sqrt(worst) <= TOLERANCE_KM + RELATIVE * sqrt(farthest)


@part
def _blend(
    weights: Floats,
    gap: Floats,
    place: Floats,
    start: int,
    low: int,
    high: int,
    first: int,
    gaps: Floats,
    places: Floats,
) -> None:
    """Samples low to high of the cell that begins at sample `start`."""
    for n in range(low, high + 1):
        for axis in range(3):
            total = 0.0
            for node in range(NODES):
                total += weights[n - start, node] * gap[node + 1, axis]
            gaps[n - first, axis] = total
        if len(places):
            for axis in range(3):
                total = 0.0
                for node in range(NODES):
                    total += weights[n - start, node] * place[node + 1, axis]
                places[n - first, axis] = total
