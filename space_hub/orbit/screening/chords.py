"""What each object does in one slab of time: a chord, and how far the motion can leave it.

Within a slab of length h both ends of the chord are positions of the object; nothing is
assumed about velocities. Three things are *measured* from four successive positions:

* the range of the geocentric radius: second differences of the radius bound how far it
  leaves the straight line between its ends;
* the rest, the acceleration beyond the central one, by Numerov's rule over three
  positions (oblateness, drag, and what SGP4 adds of its own);
* the half length of the chord.

Single precision is enough to search with: what it rounds is part of every bound.
"""

import numpy as np

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.kernels.jit import lanes
from space_hub.orbit.screening.bounds import (
    CURVE_FACTOR,
    CURVE_FLOOR_KM,
    CURVE_STEP_S,
    REST_FACTOR,
    REST_FLOOR_KM_S2,
    REST_OBLATENESS_KM5_S2,
    REST_UNKNOWN_KM_S2,
    ROUNDING,
)
from space_hub.orbit.times import Singles

MX, MY, MZ, WX, WY, WZ, LOW, HIGH, LATITUDE, LONGITUDE, REST, HALF = range(12)
"""Rows of a table of chords: middle and half of the chord (km), least and greatest radius over the slab (km),
direction of the middle (rad), bound on the rest (km/s^2; huge where it is not known), length of the half (km)."""

ROWS = 12

THERE = np.float32(1000.0)
"""Positions nearer to the centre of the earth than this stand for "no state", km."""

AWAY = np.float32(1e7)
"""Positions beyond this are none, km: SGP4 can run away without saying so, to where one object would widen the search
of all others, or leave the range of numbers. Nothing in orbit is there to be met."""

_MU = np.float32(MU_KM3_S2)
_PI = np.float32(np.pi)
_HALF_PI = np.float32(np.pi / 2.0)
_ONE, _TWO, _TEN, _EIGHTH = np.float32(1.0), np.float32(2.0), np.float32(10.0), np.float32(0.125)
_HALF = np.float32(0.5)
_A0, _A1, _A2, _A3, _A4 = (np.float32(one) for one in (0.99986633, -0.33030477, 0.18015922, -0.08515625, 0.02084506))
_CURVE, _OBLATENESS = np.float32(CURVE_FACTOR), np.float32(REST_OBLATENESS_KM5_S2)
_REST, _REST_FLOOR = np.float32(REST_FACTOR), np.float32(REST_FLOOR_KM_S2)
_REST_UNKNOWN = np.float32(REST_UNKNOWN_KM_S2)
_ROUND = np.float32(ROUNDING)
_TINY = np.float32(1e-20)


@lanes
def chords(
    before: Singles, start: Singles, stop: Singles, after: Singles, step_s: float, beyond: int, out: Singles
) -> None:
    """Fill `beyond` columns of `out` (ROWS, n) from positions (3, n) one slab before, at both ends, one after; km.

    An object is absent when it has no position at an end, or one beyond AWAY: its LOW is then 0. The direction is
    good to 2e-5 rad, which the bins allow for.
    """
    h2 = np.float32(step_s * step_s)
    twelfth = np.float32(step_s * step_s / 12.0)
    floor = np.float32(CURVE_FLOOR_KM * max(1.0, (step_s / CURVE_STEP_S) ** 4))
    for n in range(beyond):
        x0, y0, z0 = before[0, n], before[1, n], before[2, n]
        x1, y1, z1 = start[0, n], start[1, n], start[2, n]
        x2, y2, z2 = stop[0, n], stop[1, n], stop[2, n]
        x3, y3, z3 = after[0, n], after[1, n], after[2, n]
        q0 = x0 * x0 + y0 * y0 + z0 * z0 + _ONE
        q1 = x1 * x1 + y1 * y1 + z1 * z1 + _ONE
        q2 = x2 * x2 + y2 * y2 + z2 * z2 + _ONE
        q3 = x3 * x3 + y3 * y3 + z3 * z3 + _ONE
        r0, r1, r2, r3 = np.sqrt(q0), np.sqrt(q1), np.sqrt(q2), np.sqrt(q3)
        first, last = r0 > THERE, r3 > THERE
        there = (r1 > THERE) & (r2 > THERE) & (r1 < AWAY) & (r2 < AWAY)
        bend1 = abs(r0 - _TWO * r1 + r2) if first else np.float32(0.0)
        bend2 = abs(r1 - _TWO * r2 + r3) if last else np.float32(0.0)
        curve = _CURVE * _EIGHTH * max(bend1, bend2) + floor + _ROUND * r1
        # Without a neighbour on either side: the radius is never pulled by more than gravity, taken fourfold.
        curve = curve if first | last else _HALF * h2 * _MU / min(q1, q2)
        low, high = min(r1, r2) - curve, max(r1, r2) + curve
        g0, g1, g2, g3 = _MU / (q0 * r0), _MU / (q1 * r1), _MU / (q2 * r2), _MU / (q3 * r3)
        ax = x0 - _TWO * x1 + x2 + twelfth * (g0 * x0 + _TEN * g1 * x1 + g2 * x2)
        ay = y0 - _TWO * y1 + y2 + twelfth * (g0 * y0 + _TEN * g1 * y1 + g2 * y2)
        az = z0 - _TWO * z1 + z2 + twelfth * (g0 * z0 + _TEN * g1 * z1 + g2 * z2)
        bx = x1 - _TWO * x2 + x3 + twelfth * (g1 * x1 + _TEN * g2 * x2 + g3 * x3)
        by = y1 - _TWO * y2 + y3 + twelfth * (g1 * y1 + _TEN * g2 * y2 + g3 * y3)
        bz = z1 - _TWO * z2 + z3 + twelfth * (g1 * z1 + _TEN * g2 * z2 + g3 * z3)
        a = ax * ax + ay * ay + az * az if first else np.float32(0.0)
        b = bx * bx + by * by + bz * bz if last else np.float32(0.0)
        lower = min(q1, q2)
        rest = _REST * np.sqrt(max(a, b)) / h2 + _REST_FLOOR + _OBLATENESS / (lower * lower)
        rest = rest if first | last else _REST_UNKNOWN
        half = np.float32(0.5)
        mx, my, mz = half * (x1 + x2), half * (y1 + y2), half * (z1 + z2)
        wx, wy, wz = half * (x2 - x1), half * (y2 - y1), half * (z2 - z1)
        flat = np.sqrt(mx * mx + my * my + _TINY)
        ux, uy, uz = abs(mx), abs(my), abs(mz)
        s = min(flat, uz) / max(flat, uz)
        t = s * s
        angle = s * (_A0 + t * (_A1 + t * (_A2 + t * (_A3 + t * _A4))))
        angle = angle if uz <= flat else _HALF_PI - angle
        latitude = angle if mz >= np.float32(0.0) else -angle
        s = min(ux, uy) / (max(ux, uy) + _TINY)
        t = s * s
        angle = s * (_A0 + t * (_A1 + t * (_A2 + t * (_A3 + t * _A4))))
        angle = angle if uy <= ux else _HALF_PI - angle
        angle = angle if mx >= np.float32(0.0) else _PI - angle
        longitude = angle if my >= np.float32(0.0) else -angle
        out[0, n], out[1, n], out[2, n] = mx, my, mz
        out[3, n], out[4, n], out[5, n] = wx, wy, wz
        out[6, n] = low if there else np.float32(0.0)
        out[7, n] = high if there else np.float32(0.0)
        out[8, n], out[9, n] = latitude, longitude
        out[10, n] = rest
        out[11, n] = np.sqrt(wx * wx + wy * wy + wz * wz)
