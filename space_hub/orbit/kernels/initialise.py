"""From mean elements to the coefficients that SGP4 needs at every instant.

Vallado et al. 2006, in the order of operations of that paper, so that results agree with
other implementations of it to rounding. Improved mode: sidereal time of the epoch as in
Vallado 2004, 3-45. An object whose elements make no sense gets coefficients that fail
with its error code; nothing is refused.

Whole columns at a time, and not compiled: it is done once for a catalogue, and compiling
it would take a hundred times as long. Sine, cosine and powers are those of the C library.
"""

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.library import cosine, power, sine
from space_hub.orbit.kernels.lunar_solar import lunar_solar
from space_hub.orbit.kernels.resonance_terms import resonances
from space_hub.orbit.times import Floats

_ALWAYS = (c.MOTION, c.AXIS, c.E, c.INCLINATION, c.SIN_I, c.COS_I, c.ANOMALY, c.PERIGEE, c.NODE)


def initialised(epoch: Floats, given: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Near rows of all (N, NEAR_WIDTH), deep rows of those that have them, in their order, and which those are (N,).

    `epoch` (N,): days since 1949-12-31; `given` (N, 7): B*, e, argument of perigee, inclination,
    mean anomaly, node, mean motion (Kozai's, rad a minute); angles in rad.
    """
    rows = np.zeros((len(given), c.NEAR_WIDTH))
    with np.errstate(all="ignore"):
        deep = _near(given, rows)
        mine, epoch, deep_rows = rows[deep], epoch[deep], np.zeros((int(deep.sum()), c.DEEP_WIDTH))
        deep_rows[:, c.SIDEREAL] = sidereal(epoch + 2433281.5)
        lunar_solar(epoch, mine, deep_rows)
        resonances(mine, deep_rows)
    return rows, deep_rows, deep


def sidereal(julian: Floats) -> Floats:
    """Greenwich mean sidereal time, rad."""
    centuries = (julian - 2451545.0) / 36525.0
    seconds = (
        -6.2e-6 * centuries * centuries * centuries
        + 0.093104 * centuries * centuries
        + (876600.0 * 3600.0 + 8640184.812866) * centuries
        + 67310.54841
    )
    angle = np.fmod(seconds * (np.pi / 180.0) / 240.0, c.TWO_PI)
    return np.where(angle < 0.0, angle + c.TWO_PI, angle)


def _near(given: Floats, rows: Floats) -> npt.NDArray[np.bool_]:
    """Fill the near rows; which objects are deep."""
    bstar, e, perigee, inclination, anomaly, node, kozai = given.T
    e2 = e * e
    one_e2 = 1.0 - e2
    root = np.sqrt(one_e2)
    cos_i, sin_i = cosine(inclination), sine(inclination)
    cos2 = cos_i * cos_i

    # Kozai's mean motion to Brouwer's.
    a1 = power(c.XKE / kozai, c.TWO_THIRDS)
    d1 = 0.75 * c.J2 * (3.0 * cos2 - 1.0) / (root * one_e2)
    d = d1 / (a1 * a1)
    a2 = a1 * (1.0 - d * d - d * (1.0 / 3.0 + 134.0 * d * d / 81.0))
    motion = kozai / (1.0 + d1 / (a2 * a2))
    a = power(c.XKE / motion, c.TWO_THIRDS)
    sound = (one_e2 >= 0.0) | (motion >= 0.0)
    deep: npt.NDArray[np.bool_] = (c.TWO_PI / motion >= c.DEEP_MINUTES) & sound

    latus = a * one_e2
    con5 = 1.0 - 5.0 * cos2
    con3 = -con5 - cos2 - cos2
    radius = a * (1.0 - e)
    full = ~(radius < 220.0 / c.RADIUS_KM + 1.0) & ~deep

    # The fitted atmosphere, lowered for perigees below 156 and 98 km.
    height = (radius - 1.0) * c.RADIUS_KM
    base = np.where(height < 156.0, np.where(height < 98.0, 20.0, height - 78.0), 78.0)
    thickness = (120.0 - base) / c.RADIUS_KM
    floor = base / c.RADIUS_KM + 1.0
    q4 = thickness * thickness * thickness * thickness

    inverse = 1.0 / (latus * latus)
    xi = 1.0 / (a - floor)
    eta = a * e * xi
    eta2 = eta * eta
    e_eta = e * eta
    psi2 = np.abs(1.0 - eta2)
    drag = q4 * power(np.abs(xi), 4.0)
    drag1 = drag / power(psi2, 3.5)
    near_a = a * (1.0 + 1.5 * eta2 + e_eta * (4.0 + eta2))
    c2 = drag1 * motion * (near_a + 0.375 * c.J2 * xi / psi2 * con3 * (8.0 + 3.0 * eta2 * (8.0 + eta2)))
    c1 = bstar * c2
    sin2 = 1.0 - cos2
    even = -3.0 * con3 * (1.0 - 2.0 * e_eta + eta2 * (1.5 - 0.5 * e_eta))
    odd = 0.75 * sin2 * (2.0 * eta2 - e_eta * (1.0 + eta2)) * cosine(2.0 * perigee)
    shape = eta * (2.0 + 0.5 * eta2) + e * (0.5 + 2.0 * eta2) - c.J2 * xi / (a * psi2) * (even + odd)
    c4 = 2.0 * motion * drag1 * a * one_e2 * shape

    cos4 = cos2 * cos2
    k1 = 1.5 * c.J2 * inverse * motion
    k2 = 0.5 * k1 * c.J2 * inverse
    k3 = -0.46875 * c.J4 * inverse * inverse * motion
    node_j2 = -k1 * cos_i
    guard = np.where(np.abs(cos_i + 1.0) > c.RETROGRADE_GUARD, 1.0 + cos_i, c.RETROGRADE_GUARD)
    columns = {
        c.MOTION: motion,
        c.AXIS: a,
        c.E: e,
        c.INCLINATION: inclination,
        c.SIN_I: sin_i,
        c.COS_I: cos_i,
        c.ANOMALY: anomaly,
        c.PERIGEE: perigee,
        c.NODE: node,
        c.ANOMALY_DOT: motion + 0.5 * k1 * root * con3 + 0.0625 * k2 * root * (13.0 - 78.0 * cos2 + 137.0 * cos4),
        c.PERIGEE_DOT: -0.5 * k1 * con5
        + 0.0625 * k2 * (7.0 - 114.0 * cos2 + 395.0 * cos4)
        + k3 * (3.0 - 36.0 * cos2 + 49.0 * cos4),
        c.NODE_DOT: node_j2 + (0.5 * k2 * (4.0 - 19.0 * cos2) + 2.0 * k3 * (3.0 - 7.0 * cos2)) * cos_i,
        c.NODE_T2: 3.5 * one_e2 * node_j2 * c1,
        c.AXIS_T: c1,
        c.E_T: bstar * c4,
        c.LONGITUDE_T2: 1.5 * c1,
        c.LONG_L: -0.25 * c.J3_OVER_J2 * sin_i * (3.0 + 5.0 * cos_i) / guard,
        c.LONG_Y: -0.5 * c.J3_OVER_J2 * sin_i,
        c.SHORT_3: con3,
        c.SHORT_1: sin2,
        c.SHORT_7: 7.0 * cos2 - 1.0,
        c.ETA: eta,
    }
    for place, column in columns.items():
        rows[:, place] = column if place in _ALWAYS else np.where(sound, column, 0.0)

    some = full & sound
    c3 = -2.0 * drag * xi * c.J3_OVER_J2 * motion * sin_i / e
    perigee_t = bstar * np.where(e > 1.0e-4, c3, 0.0) * cosine(perigee)
    e_sine = bstar * (2.0 * drag1 * a * one_e2 * (1.0 + 2.75 * (eta2 + e_eta) + e_eta * eta2))
    cube = np.where(e > 1.0e-4, -c.TWO_THIRDS * drag * bstar / e_eta, 0.0)
    rows[some] += _higher_drag(rows[some], xi[some], floor[some], perigee_t[some], e_sine[some], cube[some])
    return deep


def _higher_drag(rows: Floats, xi: Floats, floor: Floats, perigee_t: Floats, e_sine: Floats, cube: Floats) -> Floats:
    """What is left out for perigees below 220 km and in deep space: the columns for it, 0 in the others."""
    a, c1, anomaly = rows[:, c.AXIS], rows[:, c.AXIS_T], rows[:, c.ANOMALY]
    found = np.zeros_like(rows)
    found[:, c.FULL] = 1.0
    found[:, c.PERIGEE_T], found[:, c.E_SINE], found[:, c.CUBE] = perigee_t, e_sine, cube
    swing = 1.0 + rows[:, c.ETA] * cosine(anomaly)
    found[:, c.CUBE_0] = swing * swing * swing
    found[:, c.SIN_ANOMALY] = sine(anomaly)
    c1_2 = c1 * c1
    d2 = 4.0 * a * xi * c1_2
    third = d2 * xi * c1 / 3.0
    d3 = (17.0 * a + floor) * third
    d4 = 0.5 * third * a * xi * (221.0 * a + 31.0 * floor) * c1
    found[:, c.AXIS_T2], found[:, c.AXIS_T3], found[:, c.AXIS_T4] = d2, d3, d4
    found[:, c.LONGITUDE_T3] = d2 + 2.0 * c1_2
    found[:, c.LONGITUDE_T4] = 0.25 * (3.0 * d3 + c1 * (12.0 * d2 + 10.0 * c1_2))
    tail = 3.0 * d4 + 12.0 * c1 * d3 + 6.0 * d2 * d2 + 15.0 * c1_2 * (2.0 * d2 + c1_2)
    found[:, c.LONGITUDE_T5] = 0.2 * tail
    return found
