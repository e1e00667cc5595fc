"""Pairs that came within reach: when they are nearest, well enough to ask SGP4 itself.

The relative position through eight knots is a polynomial of degree seven; that through the
inner six says how far it can be trusted, for this pair and this slab. What it cannot
decide is passed on.
"""

import numpy as np

from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.screening.bounds import KNOT_ERROR_KM
from space_hub.orbit.times import Counts, Floats, Singles, Ticks

STENCIL = 8
"""Knots of a polynomial: three before the slab, its two ends, three after."""

BEFORE = 3

OVERLAP = 0.05
"""A minimum this far outside a slab (in slabs) is kept: the next slab may see it on the other side."""

ROUNDS = 4

TRUST = 2.0
TRUST_STEP_S = 240.0
"""The polynomial of degree seven errs by less than TRUST times its distance from that of degree five, times the
square of the slab over TRUST_STEP_S where that is more than one. Seen, at perigees of every eccentricity: 0.67 of that
distance at 240 s, 1.7 at 360 s, 3.5 at 480 s and 6.9 at 600 s, where neither comes near the path any more."""

SLACK_KM = 0.01 + 3.0 * KNOT_ERROR_KM
"""What the polynomial is off by where it is smooth: each path by that of an interpolated knot, and half as much."""

_COLUMNS = np.arange(STENCIL)
_EIGHT = np.linalg.inv(np.vander(_COLUMNS - 3.5, STENCIL, increasing=True))
_SIX = np.linalg.inv(np.vander(_COLUMNS[1:7] - 3.5, 6, increasing=True))


@kernel
def sift(
    before: Singles,
    start: Singles,
    stop: Singles,
    after: Singles,
    pairs: Counts,
    count: int,
    step_s: float,
    threshold: float,
) -> int:
    """Keep of `pairs` (2, room) those whose cubic through four positions may pass the threshold; how many remain.

    The positions are the search's own: (3, n), one slab before, both ends, one after; zero where
    there is none. Allowed for: the cubic's error, r (n h)^4 / 43 or 0.9 km at 240 s in a low
    orbit, for both and twice; and that the motion at the nearest point differs from the
    chord by h^2 / 8 times 2 mu / r^3 of itself, 2 % at 240 s, five times.
    """
    kept = 0
    unit = (step_s / 240.0) ** 2
    for pair in range(count):
        i, j = pairs[0, pair], pairs[1, pair]
        along, turn2 = 0.0, 0.0
        for axis in range(3):
            left, right = start[axis, j] - start[axis, i], stop[axis, j] - stop[axis, i]
            along -= 0.5 * (left + right) * (right - left)
            turn2 += (right - left) * (right - left)
        tau = min(max(along / max(turn2, 1e-20), -0.5), 0.5)
        u = tau + 0.5
        w0, w1 = -u * (u - 1.0) * (u - 2.0) / 6.0, (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0
        w2, w3 = -(u + 1.0) * u * (u - 2.0) / 2.0, (u + 1.0) * u * (u - 1.0) / 6.0
        here2, along, there = 0.0, 0.0, True
        for axis in range(3):
            there &= before[axis, i] != 0.0 and before[axis, j] != 0.0
            there &= after[axis, i] != 0.0 and after[axis, j] != 0.0
            left, right = start[axis, j] - start[axis, i], stop[axis, j] - stop[axis, i]
            x = (
                w0 * (before[axis, j] - before[axis, i])
                + w1 * left
                + w2 * right
                + w3 * (after[axis, j] - after[axis, i])
            )
            here2 += x * x
            along += x * (right - left)
        allowed = threshold + 0.5 + 4.0 * unit * unit + 0.1 * unit * np.sqrt(here2)
        if not there or turn2 < 1.0 or here2 - along * along / turn2 <= allowed * allowed:
            pairs[0, kept], pairs[1, kept] = i, j
            kept += 1
    return kept


@kernel
def solve(
    knots: Floats,
    first: int,
    a: Counts,
    b: Counts,
    start: int,
    step: int,
    threshold: float,
    slow_km_s: float,
    edge: bool,
    out_a: Ticks,
    out_b: Ticks,
    around: Ticks,
    slow: Counts,
) -> int:
    """Of pairs (P,), those that come near the threshold in the slab at tick `start` of `step` ticks; returns how many.

    `knots` (slots, 3, n) is a ring: the polynomial's first knot is in slot `first`; km, NaN where
    an object has no state. `edge`: nothing lies beyond this slab on one side, so that a pair
    nearest at its end counts. Fills the pairs, the tick near which they are nearest, and
    whether they are slow against each other. The out arrays have room for every pair.
    """
    seconds = step / 1e6
    trust = TRUST * max(1.0, (seconds / TRUST_STEP_S) ** 2)
    slots = knots.shape[0]
    gap = np.empty((STENCIL, 3))
    terms, rough = np.empty((STENCIL, 3)), np.empty((6, 3))
    count = 0
    for pair in range(len(a)):
        i, j = a[pair], b[pair]
        lost = False
        for knot in range(STENCIL):
            slot = (first + knot) % slots
            for axis in range(3):
                gap[knot, axis] = knots[slot, axis, j] - knots[slot, axis, i]
            lost |= not np.isfinite(gap[knot, 0])
        # The chord gives a first guess; tau counts slabs from the middle of this one.
        before, after = 0.0, 0.0
        for axis in range(3):
            turn = gap[BEFORE + 1, axis] - gap[BEFORE, axis]
            before -= 0.5 * (gap[BEFORE + 1, axis] + gap[BEFORE, axis]) * turn
            after += turn * turn
        speed = np.sqrt(after) / seconds
        tau = min(max(before / max(after, 1e-30), -0.5), 0.5)
        if lost:
            # A polynomial is not to be had next to the end of an object: SGP4 is asked at once.
            out_a[count], out_b[count], slow[count] = i, j, speed < slow_km_s
            around[count] = start + round((tau + 0.5) * step)
            count += 1
            continue
        for term in range(STENCIL):
            for axis in range(3):
                total = 0.0
                for knot in range(STENCIL):
                    total += _EIGHT[term, knot] * gap[knot, axis]
                terms[term, axis] = total
        for term in range(6):
            for axis in range(3):
                total = 0.0
                for knot in range(6):
                    total += _SIX[term, knot] * gap[knot + 1, axis]
                rough[term, axis] = total
        if speed < slow_km_s:
            least, most, worst = np.inf, 0.0, 0.0
            for look in range(9):
                at = -0.5 + look / 8.0
                here, turn2, off = _at(terms, rough, at)
                if here < least:
                    least, tau = here, at
                most, worst = max(most, np.sqrt(turn2)), max(worst, off)
            if np.sqrt(least) <= threshold + most / 16.0 + 1.125 * trust * worst + SLACK_KM:
                out_a[count], out_b[count], slow[count] = i, j, True
                around[count] = start + round((tau + 0.5) * step)
                count += 1
            continue
        free = tau
        for _round in range(ROUNDS):
            along, turn2 = 0.0, 0.0
            for axis in range(3):
                x, v = 0.0, 0.0
                for term in range(STENCIL - 1, -1, -1):
                    v = v * tau + x
                    x = x * tau + terms[term, axis]
                along += x * v
                turn2 += v * v
            free = tau - along / max(turn2, 1e-30)
            moved = abs(free - tau)
            tau = min(max(free, -0.5 - OVERLAP), 0.5 + OVERLAP)
            if moved < 1e-7:
                break
        if abs(free) > 0.5 + OVERLAP and not edge:
            continue
        here, turn2, off = _at(terms, rough, tau)
        if np.sqrt(here) <= threshold + trust * off + SLACK_KM:
            out_a[count], out_b[count], slow[count] = i, j, False
            around[count] = start + round((tau + 0.5) * step)
            count += 1
    return count


@part
def _at(terms: Floats, rough: Floats, tau: float) -> tuple[float, float, float]:
    """Squared distance, squared motion a slab, and how far the two polynomials are apart."""
    here, turn2, off2 = 0.0, 0.0, 0.0
    for axis in range(3):
        x, v, other = 0.0, 0.0, 0.0
        for term in range(STENCIL - 1, -1, -1):
            v = v * tau + x
            x = x * tau + terms[term, axis]
        for term in range(5, -1, -1):
            other = other * tau + rough[term, axis]
        here += x * x
        turn2 += v * v
        off2 += (x - other) * (x - other)
    return here, turn2, np.sqrt(off2)
