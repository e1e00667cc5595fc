"""One object at one instant, in strict arithmetic: the word that decides.

SGP4 and SDP4 as in Vallado et al. 2006, in the order of operations of that paper. A state
depends on its object and its tick alone, never on what was asked before. Failure is a code
with NaN numbers; nothing raises.
"""

from math import atan2, cos, fabs, isfinite, nan, pi, pow, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.periodics import periodics
from space_hub.orbit.kernels.resonance import advanced, rates

if TYPE_CHECKING:
    from space_hub.orbit.kernels.rows import Records

Rows = npt.NDArray[np.float64]
Three = tuple[float, float, float]
Four = tuple[int, float, float, float]
Mean = tuple[int, float, float, float, float, float, float, float]
Six = tuple[float, float, float, float, float, float]
Seven = tuple[int, float, float, float, float, float, float]


@part
def _resonant(row: Rows, deep: Rows, t: float, node: float, perigee: float, last: Three) -> tuple[float, float]:
    """Mean anomaly and mean motion at `t`, from the integrator's last step before it."""
    at, longitude, motion = last
    first, second, drift = rates(row, deep, at, longitude, motion)
    ft = t - at
    now = motion + first * ft + second * ft * ft * 0.5
    x = longitude + drift * ft + first * ft * ft * 0.5
    theta = np.fmod(deep[c.SIDEREAL] + t * c.EARTH_TURN, c.TWO_PI)
    daily = deep[c.RESONANCE] == c.DAILY
    anomaly = x - node - perigee + theta if daily else x - 2.0 * node + 2.0 * theta
    return anomaly, row[c.MOTION] + (now - row[c.MOTION])


@part
def _mean(row: Rows, deep_rows: Rows, place: int, t: float, last: Three) -> Mean:
    """Secular motion, drag, resonance, lunar-solar periodics: code, a, n, e, inclination, node, perigee, anomaly."""
    drifted = row[c.ANOMALY] + row[c.ANOMALY_DOT] * t
    perigee = row[c.PERIGEE] + row[c.PERIGEE_DOT] * t
    t2 = t * t
    node = row[c.NODE] + row[c.NODE_DOT] * t + row[c.NODE_T2] * t2
    anomaly = drifted
    shrink = 1.0 - row[c.AXIS_T] * t
    round_off = row[c.E_T] * t
    ahead = row[c.LONGITUDE_T2] * t2
    if row[c.FULL] == 1.0:
        cube = 1.0 + row[c.ETA] * cos(drifted)
        shift = row[c.PERIGEE_T] * t + row[c.CUBE] * (cube * cube * cube - row[c.CUBE_0])
        anomaly = drifted + shift
        perigee = perigee - shift
        t3 = t2 * t
        t4 = t3 * t
        shrink = shrink - row[c.AXIS_T2] * t2 - row[c.AXIS_T3] * t3 - row[c.AXIS_T4] * t4
        round_off = round_off + row[c.E_SINE] * (sin(anomaly) - row[c.SIN_ANOMALY])
        ahead = ahead + row[c.LONGITUDE_T3] * t3 + t4 * (row[c.LONGITUDE_T4] + t * row[c.LONGITUDE_T5])

    motion, e, inclination, axis = row[c.MOTION], row[c.E], row[c.INCLINATION], row[c.AXIS]
    if place >= 0:
        deep = deep_rows[place]
        e = e + deep[c.DEEP_E_DOT] * t
        inclination = inclination + deep[c.DEEP_I_DOT] * t
        perigee = perigee + deep[c.DEEP_PERIGEE_DOT] * t
        node = node + deep[c.DEEP_NODE_DOT] * t
        anomaly = anomaly + deep[c.DEEP_L_DOT] * t
        if deep[c.RESONANCE] != 0.0:
            anomaly, motion = _resonant(row, deep, t, node, perigee, last)
            axis = pow(c.XKE / motion, c.TWO_THIRDS)
    if motion <= 0.0:
        return c.MEAN_MOTION, nan, nan, nan, nan, nan, nan, nan
    axis = axis * shrink * shrink
    e = e - round_off
    if e >= 1.0 or e < -0.001:
        return c.ECCENTRICITY, nan, nan, nan, nan, nan, nan, nan
    if e < 1.0e-6:
        e = 1.0e-6
    anomaly = anomaly + row[c.MOTION] * ahead
    longitude = np.fmod(anomaly + perigee + node, c.TWO_PI)
    node = np.fmod(node, c.TWO_PI)
    perigee = np.fmod(perigee, c.TWO_PI)
    anomaly = np.fmod(longitude - perigee - node, c.TWO_PI)
    if place >= 0:
        e, inclination, node, perigee, anomaly = periodics(deep_rows[place], t, e, inclination, node, perigee, anomaly)
        if inclination < 0.0:
            inclination, node, perigee = -inclination, node + pi, perigee - pi
        if e < 0.0 or e > 1.0:
            return c.PERTURBED_ECCENTRICITY, nan, nan, nan, nan, nan, nan, nan
    return 0, axis, c.XKE / pow(axis, 1.5), e, inclination, node, perigee, anomaly


@part
def _kepler(u: float, ax: float, ay: float) -> tuple[float, float]:
    """Sine and cosine of the eccentric longitude: Newton, at most ten steps of at most 0.95 rad."""
    angle, step, tries = u, 9999.9, 0
    s, co = 0.0, 1.0
    while fabs(step) >= 1.0e-12 and tries < 10:
        s, co = sin(angle), cos(angle)
        step = (u - ay * co + ax * s - angle) / (1.0 - co * ax - s * ay)
        if fabs(step) >= 0.95:
            step = 0.95 if step > 0.0 else -0.95
        angle = angle + step
        tries += 1
    return s, co


@part
def state_of(row: Rows, deep_rows: Rows, place: int, t: float, last: Three) -> Seven:
    """Code, position km, velocity km/s at `t` minutes after the epoch."""
    code, axis, motion, e, inclination, node, perigee, anomaly = _mean(row, deep_rows, place, t, last)
    if code != 0:
        return code, nan, nan, nan, nan, nan, nan
    if place >= 0:
        si, ci = sin(inclination), cos(inclination)
        long_y = -0.5 * c.J3_OVER_J2 * si
        guard = 1.0 + ci if fabs(ci + 1.0) > c.RETROGRADE_GUARD else c.RETROGRADE_GUARD
        long_l = -0.25 * c.J3_OVER_J2 * si * (3.0 + 5.0 * ci) / guard
        ci2 = ci * ci
        short_3, short_1, short_7 = 3.0 * ci2 - 1.0, 1.0 - ci2, 7.0 * ci2 - 1.0
    else:
        si, ci, long_y, long_l = row[c.SIN_I], row[c.COS_I], row[c.LONG_Y], row[c.LONG_L]
        short_3, short_1, short_7 = row[c.SHORT_3], row[c.SHORT_1], row[c.SHORT_7]

    # Long-period terms and Kepler's equation.
    scale = 1.0 / (axis * (1.0 - e * e))
    ax = e * cos(perigee)
    ay = e * sin(perigee) + scale * long_y
    longitude = anomaly + perigee + node + scale * long_l * ax
    se, ce = _kepler(np.fmod(longitude - node, c.TWO_PI), ax, ay)
    e_cos, e_sin = ax * ce + ay * se, ax * se - ay * ce
    e2 = ax * ax + ay * ay
    latus = axis * (1.0 - e2)
    if latus < 0.0:
        return c.LATUS_RECTUM, nan, nan, nan, nan, nan, nan

    # Short-period terms.
    radius = axis * (1.0 - e_cos)
    speed_r = sqrt(axis) * e_sin / radius
    speed_t = sqrt(latus) / radius
    beta = sqrt(1.0 - e2)
    part = e_sin / (1.0 + beta)
    su = axis / radius * (se - ay - ax * part)
    cu = axis / radius * (ce - ax + ay * part)
    u = atan2(su, cu)
    s2u, c2u = (cu + cu) * su, 1.0 - 2.0 * su * su
    k1 = 0.5 * c.J2 * (1.0 / latus)
    k2 = k1 * (1.0 / latus)
    r = radius * (1.0 - 1.5 * k2 * beta * short_3) + 0.5 * k1 * short_1 * c2u
    u = u - 0.25 * k2 * short_7 * s2u
    node = node + 1.5 * k2 * ci * s2u
    inclination = inclination + 1.5 * k2 * ci * si * c2u
    if r < 1.0:
        return c.DECAYED, nan, nan, nan, nan, nan, nan
    speed_r = speed_r - motion * k1 * short_1 * s2u / c.XKE
    speed_t = speed_t + motion * k1 * (short_1 * c2u + 1.5 * short_3) / c.XKE

    su, cu, sn, cn, si, ci = sin(u), cos(u), sin(node), cos(node), sin(inclination), cos(inclination)
    mx, my = -sn * ci, cn * ci
    ux, uy, uz = mx * su + cn * cu, my * su + sn * cu, si * su
    vx, vy, vz = mx * cu - cn * su, my * cu - sn * su, si * cu
    km = r * c.RADIUS_KM
    x, y, z = km * ux, km * uy, km * uz
    if not isfinite(x + y + z):
        return c.NO_NUMBER, nan, nan, nan, nan, nan, nan
    return (
        0,
        x,
        y,
        z,
        (speed_r * ux + speed_t * vx) * c.KM_A_SECOND,
        (speed_r * uy + speed_t * vy) * c.KM_A_SECOND,
        (speed_r * uz + speed_t * vz) * c.KM_A_SECOND,
    )


@part
def _carried(records: "Records", k: int, t: float, last: Three) -> Three:
    """The integrator's step for object `k` at `t`, from an earlier one; unchanged where there is no resonance."""
    place = records.deep[k]
    if place >= 0 and records.deep_rows[place, c.RESONANCE] != 0.0:
        return advanced(records.near_rows[k], records.deep_rows[place], t, last[0], last[1], last[2])
    return last


@kernel
def state_at(records: "Records", k: int, tick: int) -> Seven:
    """Object `k` at a tick: code, x, y, z km, vx, vy, vz km/s in TEME; NaN where the code is not 0."""
    t = (tick - records.epoch[k]) / c.TICKS_A_MINUTE
    last = _carried(records, k, t, (0.0, 0.0, 0.0))
    return state_of(records.near_rows[k], records.deep_rows, records.deep[k], t, last)


@kernel
def position_at(records: "Records", k: int, tick: int) -> Four:
    """Object `k` at a tick: code, x, y, z km in TEME; NaN where the code is not 0."""
    state = state_at(records, k, tick)
    return state[0], state[1], state[2], state[3]


@kernel
def positions_over(
    records: "Records",
    k: int,
    ticks: npt.NDArray[np.int64],
    out: npt.NDArray[np.float64],
    codes: npt.NDArray[np.uint8],
) -> None:
    """Object `k` at ticks (T,) in any order, the bits of `state_at`: codes (T,), and into `out` (T, 3) positions in km
    or (T, 6) velocities in km/s too."""
    last = (0.0, 0.0, 0.0)
    for i in range(len(ticks)):
        t = (ticks[i] - records.epoch[k]) / c.TICKS_A_MINUTE
        last = _carried(records, k, t, last)
        state = state_of(records.near_rows[k], records.deep_rows, records.deep[k], t, last)
        codes[i], out[i, 0], out[i, 1], out[i, 2] = state[0], state[1], state[2], state[3]
        if out.shape[1] > 3:
            out[i, 3], out[i, 4], out[i, 5] = state[4], state[5], state[6]


@kernel
def states_of(
    records: "Records",
    which: npt.NDArray[np.int64],
    ticks: npt.NDArray[np.int64],
    out: npt.NDArray[np.float64],
    codes: npt.NDArray[np.uint8],
) -> None:
    """Object `which[i]` at its own tick `ticks[i]` (P,), the bits of `state_at`: codes (P,), states (P, 6) in `out`."""
    for i in range(len(ticks)):
        state = state_at(records, which[i], ticks[i])
        codes[i], out[i, 0], out[i, 1], out[i, 2] = state[0], state[1], state[2], state[3]
        out[i, 3], out[i, 4], out[i, 5] = state[4], state[5], state[6]
