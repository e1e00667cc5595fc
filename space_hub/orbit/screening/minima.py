"""Where a pair is nearest among samples of its separation, and where it passes the threshold.

Samples may be interpolated (`cells`): they only say where to look. A minimum comes from five
of SGP4's states around it, an edge from SGP4's distance on whole milliseconds.
"""

from math import inf, sqrt

import numpy as np

from space_hub.orbit.approach import CO_LOCATED_KM_S, MILLISECOND
from space_hub.orbit.kernels.jit import part
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.screening import path
from space_hub.orbit.screening.cells import DOUBT_KM
from space_hub.orbit.times import SECOND, Floats, Ticks


@part
def is_minimum(far: Floats, at: Ticks, n: int, start: int, stop: int) -> bool:
    """Whether sample n is a local minimum; the ends of the span count, other ends of the samples do not."""
    before = far[n - 1] if n > 0 else (inf if at[0] == start else -inf)
    after = far[n + 1] if n + 1 < len(far) else (inf if at[n] == stop else -inf)
    return bool(far[n] < before and far[n] <= after)


@part
def estimate(gaps: Floats, n: int) -> float:
    """About how near the pair comes around sample n: the least distance from the lines to its neighbours."""
    least = path.length(gaps[n])
    for other in (n - 1, n + 1):
        if 0 <= other < len(gaps):
            along, length2, here2 = 0.0, 0.0, 0.0
            for axis in range(3):
                turn = gaps[other, axis] - gaps[n, axis]
                along -= gaps[n, axis] * turn
                length2 += turn * turn
                here2 += gaps[n, axis] * gaps[n, axis]
            if length2 > 0.0 and along > 0.0:
                part = min(1.0, along / length2)
                least = min(least, sqrt(max(0.0, here2 - 2.0 * part * along + part * part * length2)))
    return least


@part
def slack(gaps: Floats, n: int) -> float:
    """How far the path around a sample can stray from the lines to its neighbours: its bend and DOUBT_KM."""
    if n == 0 or n + 1 >= len(gaps):
        return DOUBT_KM
    bend = 0.0
    for axis in range(3):
        one = gaps[n - 1, axis] - 2.0 * gaps[n, axis] + gaps[n + 1, axis]
        bend += one * one
    return 0.25 * sqrt(bend) + DOUBT_KM


@part
def lowest_of(
    records: Records,
    a: int,
    b: int,
    start: int,
    stop: int,
    last: int,
    spacing: int,
    at: Ticks,
    gaps: Floats,
    far: Floats,
    low: int,
    high: int,
    terms: Floats,
) -> tuple[int, float, float]:
    """The lowest of the minima at samples low to high, all of one interval: tick, km, km/s."""
    ceiling = inf
    for n in range(low, high + 1):
        if is_minimum(far, at, n, start, stop):
            ceiling = min(ceiling, far[n] + DOUBT_KM)
    tca, miss, speed = -1, inf, 0.0
    for n in range(low, high + 1):
        if not is_minimum(far, at, n, start, stop) or estimate(gaps, n) - slack(gaps, n) > min(ceiling, miss):
            continue
        tick, nearest, pace = minimum(records, a, b, n, last, spacing, at, terms)
        if nearest < miss:
            tca, miss, speed = tick, nearest, pace
    return tca, miss, speed


@part
def minimum(
    records: Records, a: int, b: int, n: int, last: int, spacing: int, at: Ticks, terms: Floats
) -> tuple[int, float, float]:
    """The least distance between the neighbours of sample n: tick, km, km/s."""
    low, high = at[max(n - 1, 0)], at[min(n + 1, len(at) - 1)]
    return nearest(records, a, b, at[n], low, high, last, spacing, terms)


@part
def nearest(
    records: Records, a: int, b: int, around: int, low: int, high: int, last: int, spacing: int, terms: Floats
) -> tuple[int, float, float]:
    """The least distance between ticks low and high, from five states around a tick: tick, km, km/s."""
    nodes = np.empty((5, 3))
    while True:
        # Nodes stay clear of the time from which one of the two has no state.
        centre = min(-(-(around - spacing // 2) // spacing), last // spacing - 2) * spacing
        there = True
        for node in range(5):
            x, y, z = path.separation(records, a, b, centre + (node - 2) * spacing)
            nodes[node, 0], nodes[node, 1], nodes[node, 2] = x, y, z
            there &= x == x
        if there or spacing <= MILLISECOND:
            break
        spacing //= 10
    path.fit(nodes, terms)
    tau = path.lowest(terms, (low - centre) / spacing, (high - centre) / spacing)
    tick = min(max(centre + int(np.rint(tau * spacing)), low), high)
    return tick, path.distance(records, a, b, tick), path.speed(terms, tau) * (SECOND / spacing)


@part
def edge(records: Records, a: int, b: int, outside: int, inside: int, tca: int, reach: float) -> int:
    """The last whole millisecond within the reach on the way from `inside` to `outside`; `tca` at the least."""
    sign = 1 if outside > inside else -1
    near, far = -(-inside * sign // MILLISECOND) - 1, -(-outside * sign // MILLISECOND)
    while far - near > 1:
        middle = (near + far) // 2
        if path.distance(records, a, b, sign * middle * MILLISECOND) <= reach:
            near = middle
        else:
            far = middle
    edge = sign * near * MILLISECOND
    return max(edge, tca) if sign > 0 else min(edge, tca)


@part
def together(at: Ticks, gaps: Floats, low: int, high: int) -> bool:
    """Whether the relative speed stays below that of two that fly together, from sample low to sample high."""
    for n in range(low, high):
        moved = 0.0
        for axis in range(3):
            moved += (gaps[n + 1, axis] - gaps[n, axis]) ** 2
        limit = CO_LOCATED_KM_S / SECOND * (at[n + 1] - at[n])
        if not moved < limit * limit:
            return False
    return True
