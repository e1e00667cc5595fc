"""From mean elements of a block to positions and velocities: Kepler's equation, short-period terms.

The second half of SGP4 (Vallado et al. 2006), the same for near-earth and deep-space
objects, as loops over one block. Angles are turned by small corrections instead of being
formed anew, and nothing calls a library, so that the loops become vector instructions.
"""

from math import inf, isfinite, nan, sqrt

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.columns import AT, BLOCK, EPOCH, LONGITUDE, MOTION
from space_hub.orbit.kernels.jit import part, piece, steady
from space_hub.orbit.kernels.scalar import state_of
from space_hub.orbit.kernels.trig import sine_cosine, small_turn, tiny_turn

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Seven = tuple[int, float, float, float, float, float, float]

UNSURE = -1.0
"""Stands for a code where the numbers leave what the loops were made for: the scalar kernel is to be asked."""

FAR = 1e5
"""Angles beyond, in rad, are unsure: those of objects that SGP4 carries on long after their fall."""

FLAT_LATUS = 0.25
"""A latus rectum below, in earth radii, makes corrections too large for the series that turn by them."""

# Rows of a block's scratch. What the first half gives: code, axis, eccentricity vector in the orbit,
# longitude from the node, node, inclination.
CODE, AXIS, AX, AY, U, NODE, SIN_I, COS_I = range(0, 8 * BLOCK, BLOCK)
# Kepler's equation: sine and cosine of u, correction; sine and cosine of the eccentric longitude.
SIN_U, COS_U, CORRECTION, SINE, COSINE = range(8 * BLOCK, 13 * BLOCK, BLOCK)
# Position and velocity.
X, Y, Z, VX, VY, VZ = range(13 * BLOCK, 19 * BLOCK, BLOCK)
OPEN = X  # The position is not yet there.
# What the first half of a deep-space state needs for itself.
OWN = 19 * BLOCK
SCRATCH = 32 * BLOCK


@piece
def _limited(step: float) -> float:
    step = 0.95 if step > 0.95 else step
    return -0.95 if step < -0.95 else step


@steady
def _kepler(s: Floats) -> None:
    """Two steps for a block of nearly circular orbits; those of SGP4 for a block with others.

    With f'' <= e and f' >= 1 - e the second, of third order, leaves about e step^3 / 6.
    """
    unfinished = 0
    for i in range(BLOCK):
        ax, ay = s[AX + i], s[AY + i]
        su, cu = sine_cosine(s[U + i])
        bend = ax * su - ay * cu
        first = bend / (1.0 - ax * cu - ay * su)
        s1, c1 = small_turn(su, cu, first)
        bend = ax * s1 - ay * c1
        slope = 1.0 - ax * c1 - ay * s1
        step = (bend - first) / slope
        step = step - 0.5 * step * step * bend / slope
        s2, c2 = tiny_turn(s1, c1, step)
        z = step * step
        finished = (ax * ax + ay * ay) * (z * z * z) < 1e-28 and abs(first) < 0.1
        unfinished += 0 if finished else 1
        s[SIN_U + i], s[COS_U + i], s[SINE + i], s[COSINE + i] = su, cu, s2, c2
    if unfinished > 0:
        _kepler_slowly(s)


@steady
def _kepler_slowly(s: Floats) -> None:
    """Newton from u with SGP4's limits: at most ten steps of at most 0.95 rad."""
    for i in range(BLOCK):
        s[CORRECTION + i] = 0.0
    for _turn in range(10):
        unfinished = 0.0
        for i in range(BLOCK):
            ax, ay, correction = s[AX + i], s[AY + i], s[CORRECTION + i]
            sd, cd = sine_cosine(correction)
            se = s[SIN_U + i] * cd + s[COS_U + i] * sd
            ce = s[COS_U + i] * cd - s[SIN_U + i] * sd
            slope = 1.0 - ax * ce - ay * se
            step = _limited((ax * se - ay * ce - correction) / slope)
            s[CORRECTION + i] = correction + step
            # Where ten steps do not end it, SGP4 takes the last angle it looked at.
            last = step if abs(step) < 1e-3 else 0.0
            s[SINE + i], s[COSINE + i] = tiny_turn(se, ce, last)
            z = step * step
            still_open = 0.0 if (ax * ax + ay * ay) * (z * z) <= 4e-30 * (slope * slope) else 1.0
            s[OPEN + i] = still_open
            unfinished += still_open
        if unfinished == 0.0:
            return
    for i in range(BLOCK):
        s[CODE + i] = s[CODE + i] if s[OPEN + i] == 0.0 else UNSURE


@piece
def _place(
    se: float, ce: float, ax: float, ay: float, axis: float, si: float, ci: float, node: float
) -> tuple[float, float, float, float, float, float, float, float, float, float]:
    """Latus rectum, radius, outward and along-track unit vectors, radial and transverse speed; earth radii, minutes."""
    e_cos, e_sin = ax * ce + ay * se, ax * se - ay * ce
    rest = 1.0 - (ax * ax + ay * ay)
    beta = sqrt(rest)
    nearness = 1.0 / (1.0 - e_cos)
    part = e_sin / (1.0 + beta)
    su, cu = nearness * (se - ay - ax * part), nearness * (ce - ax + ay * part)
    s2u, c2u = 2.0 * cu * su, 1.0 - 2.0 * su * su
    latus = axis * rest
    inverse = 1.0 / latus
    k1 = 0.5 * c.J2 * inverse
    k2 = k1 * inverse
    ci2 = ci * ci
    short_3, short_1, short_7 = 3.0 * ci2 - 1.0, 1.0 - ci2, 7.0 * ci2 - 1.0
    radius = axis * (1.0 - e_cos)
    r = radius * (1.0 - 1.5 * k2 * beta * short_3) + 0.5 * k1 * short_1 * c2u
    su, cu = tiny_turn(su, cu, -0.25 * k2 * short_7 * s2u)
    sn, cn = sine_cosine(node)
    sn, cn = tiny_turn(sn, cn, 1.5 * k2 * ci * s2u)
    si, ci = tiny_turn(si, ci, 1.5 * k2 * ci * si * c2u)
    mx, my = -sn * ci, cn * ci
    ux, uy, uz = mx * su + cn * cu, my * su + sn * cu, si * su
    vx, vy, vz = mx * cu - cn * su, my * cu - sn * su, si * cu
    root = sqrt(axis)
    k3 = k1 / (axis * root)
    radial = root * e_sin / radius - k3 * short_1 * s2u
    along = root * beta / radius + k3 * (short_1 * c2u + 1.5 * short_3)
    return latus, r, ux, uy, uz, vx, vy, vz, radial, along


@piece
def _code(before: float, latus: float, r: float) -> float:
    """The code before, else that of a negative latus rectum, else that of a radius below the surface."""
    later = 6.0 if r < 1.0 else 0.0
    later = UNSURE if latus < FLAT_LATUS else later
    later = 4.0 if latus < 0.0 else later
    return before if before != 0.0 else later


@steady
def _positions(s: Floats) -> None:
    for i in range(BLOCK):
        latus, r, ux, uy, uz, _vx, _vy, _vz, _radial, _along = _place(
            s[SINE + i], s[COSINE + i], s[AX + i], s[AY + i], s[AXIS + i], s[SIN_I + i], s[COS_I + i], s[NODE + i]
        )
        s[CODE + i] = _code(s[CODE + i], latus, r)
        km = r * c.RADIUS_KM
        s[X + i], s[Y + i], s[Z + i] = km * ux, km * uy, km * uz


@steady
def _states(s: Floats) -> None:
    for i in range(BLOCK):
        latus, r, ux, uy, uz, vx, vy, vz, radial, along = _place(
            s[SINE + i], s[COSINE + i], s[AX + i], s[AY + i], s[AXIS + i], s[SIN_I + i], s[COS_I + i], s[NODE + i]
        )
        s[CODE + i] = _code(s[CODE + i], latus, r)
        km = r * c.RADIUS_KM
        s[X + i], s[Y + i], s[Z + i] = km * ux, km * uy, km * uz
        radial, along = radial * c.KM_A_SECOND, along * c.KM_A_SECOND
        s[VX + i] = radial * ux + along * vx
        s[VY + i] = radial * uy + along * vy
        s[VZ + i] = radial * uz + along * vz


@steady
def _given(s: Floats, first: int, count: int, out: Floats, codes: Codes) -> bool:
    """Copy a block into the caller's arrays as if all went well; False where it did not."""
    wrong = 0
    for i in range(BLOCK):
        well = s[CODE + i] == 0.0 and abs(s[X + i]) + abs(s[Y + i]) + abs(s[Z + i]) < inf
        wrong += 0 if well else 1
    begin, many = np.uint64(first), np.uint64(count)
    for axis in range(len(out)):
        row = X + axis * BLOCK
        for i in range(many):
            out[axis, begin + i] = s[row + i]
    for i in range(many):
        codes[begin + i] = 0
    return wrong == 0


@part
def last_half(
    near: Floats, deep: Floats, step: Floats, first: int, count: int, tick: int, s: Floats, out: Floats, codes: Codes
) -> None:
    """From the first half in `s` to columns `first` on of `out` (3 or 6 rows) and codes; NaN where a code is set.

    `near`, `deep` and `step` are the block's coefficients and integrator; `deep` is empty for
    near-earth objects. What the loops were not made for is asked of the scalar kernel.
    """
    _kepler(s)
    if len(out) > 3:
        _states(s)
    else:
        _positions(s)
    if _given(s, first, count, out, codes):
        return
    for i in range(count):
        code = s[CODE + i]
        if code == UNSURE or not isfinite(s[X + i] + s[Y + i] + s[Z + i]):
            state = _asked(near, deep, step, tick, i)
            codes[first + i] = state[0]
            out[0, first + i], out[1, first + i], out[2, first + i] = state[1], state[2], state[3]
            if len(out) > 3:
                out[3, first + i], out[4, first + i], out[5, first + i] = state[4], state[5], state[6]
        elif code != 0.0:
            codes[first + i] = np.uint8(code)
            for axis in range(len(out)):
                out[axis, first + i] = nan


@part
def _asked(near: Floats, deep: Floats, step: Floats, tick: int, i: int) -> Seven:
    """One lane of a block from the scalar kernel."""
    row, deep_rows = np.empty(c.NEAR_WIDTH), np.empty((1, c.DEEP_WIDTH))
    for n in range(c.NEAR_WIDTH):
        row[n] = near[n * BLOCK + i]
    place, last = -1, (0.0, 0.0, 0.0)
    if len(deep) > 0:
        for n in range(c.DEEP_WIDTH):
            deep_rows[0, n] = deep[n * BLOCK + i]
        place, last = 0, (step[AT * BLOCK + i], step[LONGITUDE * BLOCK + i], step[MOTION * BLOCK + i])
    t = (tick - near[EPOCH * BLOCK + i]) / c.TICKS_A_MINUTE
    return state_of(row, deep_rows, place, t, last)
