"""The separation of one pair on a grid of absolute instants, most of it interpolated.

A pair that stays together is looked at thousands of times though its motion turns only
with the orbit. Time is cut into absolute cells of 32 samples; within a cell the separation
is the polynomial through the eight positions at the borders of the cells around it,
where that is good enough, and SGP4 itself where it is not.

Spacing: 10 s times the largest power of two, up to 16, with which the object that turns
faster at its perigee turns by at most 0.0125 rad a sample, so 0.4 rad a cell.

Error: with eight nodes h apart, |f - p| <= 43.07 / 8! h^8 max |f^(8)| in the middle cell,
and h^8 f^(8) is the eighth difference of nine neighbouring nodes. Both ninths around a cell
are taken; above 5e-5 km and a millionth of the separation SGP4 itself is sampled. At the
rate of the orbit the error is 0.4^8 x 43.07 / 8! = 7e-7 of the amplitude, at twice that rate
2e-4 of it: oblateness, metres. A jump in the states (SGP4's resonances are integrated in
steps) is caught by the same differences. Whoever decides by such a sample, in or out, lower
or higher, asks SGP4 itself within DOUBT_KM.
"""

from math import sqrt

import numpy as np

from space_hub.orbit.kernels.constants import MOTION, E
from space_hub.orbit.kernels.jit import kernel, part, steady
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening.nodes import track
from space_hub.orbit.screening.path import length, meet
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


def _weights() -> Floats:
    """What each of eight nodes at -3 ... 4 counts for at m / SAMPLES, m = 0 ... SAMPLES - 1: Lagrange's polynomials."""
    at = np.arange(SAMPLES) / SAMPLES
    nodes = np.arange(NODES) - 3.0
    weights = np.ones((NODES, SAMPLES))
    for one in range(NODES):
        for other in range(NODES):
            if one != other:
                weights[one] *= (at - nodes[other]) / (nodes[one] - nodes[other])
    return weights


_WEIGHTS = _weights()


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
    records: Records,
    a: int,
    b: int,
    first: int,
    last: int,
    spacing: int,
    smooth: bool,
    gaps: Floats,
    far: Floats,
    places: Floats,
) -> None:
    """Separation (n, 3) and distance (n,) at the multiples first to last of the spacing; NaN without a state.

    Interpolated where `smooth`; else, and where that would not do, SGP4's own. `places`
    takes where a is (n, 3), or is empty where that is not asked for.
    """
    if not smooth:
        _each(records, a, b, first, last, first, spacing, gaps, far, places)
        return
    low, high = first // SAMPLES, last // SAMPLES
    place, gap = np.empty((high - low + NODES + 2, 3)), np.empty((high - low + NODES + 2, 3))
    track(records, a, low - 4, SAMPLES * spacing, place)
    track(records, b, low - 4, SAMPLES * spacing, gap)
    for node in range(len(gap)):
        for axis in range(3):
            gap[node, axis] -= place[node, axis]
    whole, lengths = np.empty((3, SAMPLES)), np.empty(SAMPLES)
    for cell in range(low, high + 1):
        # Nodes -4 to 5 of the cell.
        nodes = gap[cell - low : cell - low + NODES + 2]
        from_, to = max(first, cell * SAMPLES), min(last, cell * SAMPLES + SAMPLES - 1)
        if not _good(nodes):
            _each(records, a, b, from_, to, first, spacing, gaps, far, places)
            continue
        _blend(_WEIGHTS, nodes, whole, lengths)
        for n in range(from_, to + 1):
            far[n - first] = lengths[n - cell * SAMPLES]
            for axis in range(3):
                gaps[n - first, axis] = whole[axis, n - cell * SAMPLES]
        if len(places):
            _blend(_WEIGHTS, place[cell - low : cell - low + NODES + 2], whole, lengths)
            for n in range(from_, to + 1):
                for axis in range(3):
                    places[n - first, axis] = whole[axis, n - cell * SAMPLES]


@part
def _each(
    records: Records,
    a: int,
    b: int,
    low: int,
    high: int,
    first: int,
    spacing: int,
    gaps: Floats,
    far: Floats,
    places: Floats,
) -> None:
    """Samples low to high from SGP4."""
    here = np.empty(3)
    for n in range(low, high + 1):
        meet(records, a, b, n * spacing, gaps[n - first], here)
        far[n - first] = length(gaps[n - first])
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


@steady
def _blend(weights: Floats, nodes: Floats, out: Floats, lengths: Floats) -> None:
    """The samples of a cell from its ten nodes (10, 3): places (3, SAMPLES) and their lengths."""
    for axis in range(3):
        for n in range(SAMPLES):
            out[axis, n] = weights[0, n] * nodes[1, axis]
        for node in range(1, NODES):
            value = nodes[node + 1, axis]
            for n in range(SAMPLES):
                out[axis, n] += weights[node, n] * value
    for n in range(SAMPLES):
        lengths[n] = sqrt(out[0, n] * out[0, n] + out[1, n] * out[1, n] + out[2, n] * out[2, n])
