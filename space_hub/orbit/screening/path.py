"""The relative path of one pair around an instant: five positions, a polynomial of degree four, its minimum.

The compiled counterpart of `approach.Path`, one pair at a time. Nodes are five positions
one spacing apart, (5, 3); terms (5, 3) are the coefficients by rising power of tau, which
counts spacings from the middle node. All sums run in one fixed order, so that the same
nodes give the same bits wherever they were met.
"""

from math import sqrt

from space_hub.orbit.approach import MILLISECOND
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.rows import Records
from space_hub.orbit.kernels.scalar import position_at
from space_hub.orbit.times import Floats

ROUNDS = 60
FIXED = 1e-13
"""Newton's step, in spacings, below which an instant stands: 1e-12 s and less."""

_NAN = float("nan")


@part
def separation(records: Records, a: int, b: int, tick: int) -> tuple[float, float, float]:
    """Position of b less that of a at one tick, km; NaN where one of them has no state."""
    code_a, ax, ay, az = position_at(records, a, tick)
    if code_a != 0:
        return _NAN, _NAN, _NAN
    code_b, bx, by, bz = position_at(records, b, tick)
    if code_b != 0:
        return _NAN, _NAN, _NAN
    return bx - ax, by - ay, bz - az


@kernel
def distance(records: Records, a: int, b: int, tick: int) -> float:
    """How far the two are apart at one tick, km; NaN where one of them has no state."""
    x, y, z = separation(records, a, b, tick)
    return sqrt(x * x + y * y + z * z)


@part
def meet(records: Records, a: int, b: int, tick: int, gap: Floats, place: Floats) -> bool:
    """Write the separation at one tick to `gap` (3,) and where a is to `place` (3,); whether both have a state."""
    code_a, ax, ay, az = position_at(records, a, tick)
    code_b, bx, by, bz = position_at(records, b, tick)
    if code_a != 0 or code_b != 0:
        gap[0] = gap[1] = gap[2] = place[0] = place[1] = place[2] = _NAN
        return False
    gap[0], gap[1], gap[2] = bx - ax, by - ay, bz - az
    place[0], place[1], place[2] = ax, ay, az
    return True


@kernel
def fit(nodes: Floats, terms: Floats) -> None:
    """The polynomial through five nodes."""
    for axis in range(3):
        a, b, c, d, e = nodes[0, axis], nodes[1, axis], nodes[2, axis], nodes[3, axis], nodes[4, axis]
        terms[0, axis] = c
        terms[1, axis] = (a - 8.0 * b + 8.0 * d - e) / 12.0
        terms[2, axis] = (-a + 16.0 * b - 30.0 * c + 16.0 * d - e) / 24.0
        terms[3, axis] = (-a + 2.0 * b - 2.0 * d + e) / 12.0
        terms[4, axis] = (a - 4.0 * b + 6.0 * c - 4.0 * d + e) / 24.0


@kernel
def at(terms: Floats, tau: float, out: Floats) -> None:
    """The path at tau, to `out` (3,)."""
    for axis in range(3):
        out[axis] = terms[0, axis] + tau * (
            terms[1, axis] + tau * (terms[2, axis] + tau * (terms[3, axis] + tau * terms[4, axis]))
        )


@part
def rate(terms: Floats, tau: float, out: Floats) -> None:
    """Its derivative by tau, to `out` (3,)."""
    for axis in range(3):
        out[axis] = terms[1, axis] + tau * (
            2.0 * terms[2, axis] + tau * (3.0 * terms[3, axis] + tau * (4.0 * terms[4, axis]))
        )


@part
def length(vector: Floats) -> float:
    """Length of a vector (3,)."""
    return sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2])


@kernel
def square(terms: Floats, tau: float) -> float:
    """Squared distance at tau."""
    total = 0.0
    for axis in range(3):
        one = terms[0, axis] + tau * (
            terms[1, axis] + tau * (terms[2, axis] + tau * (terms[3, axis] + tau * terms[4, axis]))
        )
        total += one * one
    return total


@kernel
def speed(terms: Floats, tau: float) -> float:
    """Length of the derivative by tau."""
    total = 0.0
    for axis in range(3):
        one = terms[1, axis] + tau * (
            2.0 * terms[2, axis] + tau * (3.0 * terms[3, axis] + tau * (4.0 * terms[4, axis]))
        )
        total += one * one
    return sqrt(total)


@part
def _opening(terms: Floats, tau: float) -> tuple[float, float]:
    """Half the derivative of the squared distance, and the derivative of that."""
    first, second = 0.0, 0.0
    for axis in range(3):
        c1, c2, c3, c4 = terms[1, axis], terms[2, axis], terms[3, axis], terms[4, axis]
        r = terms[0, axis] + tau * (c1 + tau * (c2 + tau * (c3 + tau * c4)))
        v = c1 + tau * (2.0 * c2 + tau * (3.0 * c3 + tau * (4.0 * c4)))
        w = 2.0 * c2 + tau * (6.0 * c3 + tau * (12.0 * c4))
        first += r * v
        second += v * v + r * w
    return first, second


@kernel
def lowest(terms: Floats, low: float, high: float) -> float:
    """Tau of the least distance between low and high, where the distance has one minimum there.

    A distance that only grows, or stays, is least at `low`. Newton's steps, with a halving
    wherever one would leave the interval that holds the root, down to a fixed point.
    """
    rising, curve = _opening(terms, low)
    if rising >= 0.0:
        return low
    falling, _curve = _opening(terms, high)
    if falling <= 0.0:
        return high
    tau = low - rising * (high - low) / (falling - rising)
    for _ in range(ROUNDS):
        slope, curve = _opening(terms, tau)
        step = slope / curve
        if abs(step) < FIXED:
            break
        if slope < 0.0:
            low = tau
        else:
            high = tau
        tau = tau - step if low < tau - step < high else 0.5 * (low + high)
    return tau


@kernel
def leave(terms: Floats, tau: float, away: float, limit: float, seat: int, spacing: int, tca: int) -> int:
    """The last whole millisecond on the way from tau to `away` at which the distance is at most `limit`.

    The minimum lies at tau, the distance grows from there and exceeds the limit at `away`.
    Never nearer than `tca` itself. The instants are ticks; `seat` is that of tau = 0.
    """
    sign = 1 if away > tau else -1
    limit2 = limit * limit
    inner, outer = tau, away
    # The straight line from the minimum first, then Newton within the interval that holds the crossing.
    grown = square(terms, tau)
    pace = speed(terms, tau)
    point = tau + sign * sqrt(max(0.0, limit2 - grown)) / pace
    for _ in range(ROUNDS):
        slope, _curve = _opening(terms, point)
        excess = square(terms, point) - limit2
        if excess <= 0.0:
            inner = point
        else:
            outer = point
        step = 0.5 * excess / slope
        if abs(step) * spacing < 1.0:
            break
        following = point - step
        point = following if inner < following < outer or outer < following < inner else 0.5 * (inner + outer)
    # Which millisecond it is, the distance there decides, not how the crossing was approached.
    tick = seat + sign * int((sign * point * spacing) // 1.0)
    whole = tick // MILLISECOND if sign > 0 else -(-tick // MILLISECOND)
    while square(terms, (whole * MILLISECOND - seat) / spacing) > limit2 and sign * (whole * MILLISECOND - tca) > 0:
        whole -= sign
    while square(terms, ((whole + sign) * MILLISECOND - seat) / spacing) <= limit2:
        whole += sign
    edge = whole * MILLISECOND
    return max(edge, tca) if sign > 0 else min(edge, tca)
