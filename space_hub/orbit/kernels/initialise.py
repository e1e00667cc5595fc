"""From mean elements to the coefficients that SGP4 needs at every instant.

Vallado et al. 2006, in the order of operations of that paper, so that results agree with
other implementations of it to rounding. Improved mode: sidereal time of the epoch as in
Vallado 2004, 3-45. An object whose elements make no sense gets coefficients that fail
with its error code; nothing is refused.
"""

from math import cos, fabs, pi, pow, sin, sqrt

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.bodies import lunar_solar
from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.kernels.resonance import resonances

Rows = npt.NDArray[np.float64]


@part
def sidereal(julian: float) -> float:
    """Greenwich mean sidereal time, rad."""
    centuries = (julian - 2451545.0) / 36525.0
    seconds = (
        -6.2e-6 * centuries * centuries * centuries
        + 0.093104 * centuries * centuries
        + (876600.0 * 3600.0 + 8640184.812866) * centuries
        + 67310.54841
    )
    angle = float(np.fmod(seconds * (pi / 180.0) / 240.0, c.TWO_PI))
    return angle + c.TWO_PI if angle < 0.0 else angle


@part
def near(elements: Rows, row: Rows) -> bool:
    """Fill `row` from (days since 1949-12-31, B*, e, perigee, inclination, anomaly, motion, node); True if deep."""
    bstar, e, perigee, inclination, anomaly, kozai, node = elements[1:8]
    row[c.E], row[c.INCLINATION] = e, inclination
    row[c.ANOMALY], row[c.PERIGEE], row[c.NODE] = anomaly, perigee, node
    e2 = e * e
    one_e2 = 1.0 - e2
    root = sqrt(one_e2)
    cos_i, sin_i = cos(inclination), sin(inclination)
    cos2 = cos_i * cos_i

    # Kozai's mean motion to Brouwer's.
    a1 = pow(c.XKE / kozai, c.TWO_THIRDS)
    d1 = 0.75 * c.J2 * (3.0 * cos2 - 1.0) / (root * one_e2)
    d = d1 / (a1 * a1)
    a2 = a1 * (1.0 - d * d - d * (1.0 / 3.0 + 134.0 * d * d / 81.0))
    motion = kozai / (1.0 + d1 / (a2 * a2))
    a = pow(c.XKE / motion, c.TWO_THIRDS)
    row[c.MOTION], row[c.AXIS], row[c.SIN_I], row[c.COS_I] = motion, a, sin_i, cos_i
    if not (one_e2 >= 0.0 or motion >= 0.0):
        return False

    latus = a * one_e2
    con5 = 1.0 - 5.0 * cos2
    con3 = -con5 - cos2 - cos2
    radius = a * (1.0 - e)
    deep = bool(c.TWO_PI / motion >= c.DEEP_MINUTES)
    full = not (radius < 220.0 / c.RADIUS_KM + 1.0) and not deep

    # The fitted atmosphere, lowered for perigees below 156 and 98 km.
    floor = 78.0 / c.RADIUS_KM + 1.0
    thickness = (120.0 - 78.0) / c.RADIUS_KM
    height = (radius - 1.0) * c.RADIUS_KM
    if height < 156.0:
        base = 20.0 if height < 98.0 else height - 78.0
        thickness = (120.0 - base) / c.RADIUS_KM
        floor = base / c.RADIUS_KM + 1.0
    q4 = thickness * thickness * thickness * thickness

    inverse = 1.0 / (latus * latus)
    xi = 1.0 / (a - floor)
    eta = a * e * xi
    eta2 = eta * eta
    e_eta = e * eta
    psi2 = fabs(1.0 - eta2)
    drag = q4 * pow(xi, 4.0)
    drag1 = drag / pow(psi2, 3.5)
    c2 = (
        drag1
        * motion
        * (
            a * (1.0 + 1.5 * eta2 + e_eta * (4.0 + eta2))
            + 0.375 * c.J2 * xi / psi2 * con3 * (8.0 + 3.0 * eta2 * (8.0 + eta2))
        )
    )
    c1 = bstar * c2
    c3 = -2.0 * drag * xi * c.J3_OVER_J2 * motion * sin_i / e if e > 1.0e-4 else 0.0
    sin2 = 1.0 - cos2
    c4 = (
        2.0
        * motion
        * drag1
        * a
        * one_e2
        * (
            eta * (2.0 + 0.5 * eta2)
            + e * (0.5 + 2.0 * eta2)
            - c.J2
            * xi
            / (a * psi2)
            * (
                -3.0 * con3 * (1.0 - 2.0 * e_eta + eta2 * (1.5 - 0.5 * e_eta))
                + 0.75 * sin2 * (2.0 * eta2 - e_eta * (1.0 + eta2)) * cos(2.0 * perigee)
            )
        )
    )
    cos4 = cos2 * cos2
    k1 = 1.5 * c.J2 * inverse * motion
    k2 = 0.5 * k1 * c.J2 * inverse
    k3 = -0.46875 * c.J4 * inverse * inverse * motion
    row[c.ANOMALY_DOT] = motion + 0.5 * k1 * root * con3 + 0.0625 * k2 * root * (13.0 - 78.0 * cos2 + 137.0 * cos4)
    row[c.PERIGEE_DOT] = (
        -0.5 * k1 * con5 + 0.0625 * k2 * (7.0 - 114.0 * cos2 + 395.0 * cos4) + k3 * (3.0 - 36.0 * cos2 + 49.0 * cos4)
    )
    node_j2 = -k1 * cos_i
    row[c.NODE_DOT] = node_j2 + (0.5 * k2 * (4.0 - 19.0 * cos2) + 2.0 * k3 * (3.0 - 7.0 * cos2)) * cos_i
    row[c.NODE_T2] = 3.5 * one_e2 * node_j2 * c1
    row[c.AXIS_T] = c1
    row[c.E_T] = bstar * c4
    row[c.LONGITUDE_T2] = 1.5 * c1
    guard = 1.0 + cos_i if fabs(cos_i + 1.0) > c.RETROGRADE_GUARD else c.RETROGRADE_GUARD
    row[c.LONG_L] = -0.25 * c.J3_OVER_J2 * sin_i * (3.0 + 5.0 * cos_i) / guard
    row[c.LONG_Y] = -0.5 * c.J3_OVER_J2 * sin_i
    row[c.SHORT_3], row[c.SHORT_1], row[c.SHORT_7] = con3, sin2, 7.0 * cos2 - 1.0
    row[c.ETA] = eta
    if full:
        _higher_drag(row, bstar, drag, c3, xi, floor, e_eta)
        row[c.E_SINE] = bstar * (2.0 * drag1 * a * one_e2 * (1.0 + 2.75 * (eta2 + e_eta) + e_eta * eta2))
    return deep


@part
def _higher_drag(row: Rows, bstar: float, drag: float, c3: float, xi: float, floor: float, e_eta: float) -> None:
    """Terms that are left out for perigees below 220 km and in deep space."""
    a, e, c1, anomaly = row[c.AXIS], row[c.E], row[c.AXIS_T], row[c.ANOMALY]
    row[c.FULL] = 1.0
    row[c.PERIGEE_T] = bstar * c3 * cos(row[c.PERIGEE])
    row[c.CUBE] = -c.TWO_THIRDS * drag * bstar / e_eta if e > 1.0e-4 else 0.0
    cube = 1.0 + row[c.ETA] * cos(anomaly)
    row[c.CUBE_0] = cube * cube * cube
    row[c.SIN_ANOMALY] = sin(anomaly)
    c1_2 = c1 * c1
    d2 = 4.0 * a * xi * c1_2
    third = d2 * xi * c1 / 3.0
    d3 = (17.0 * a + floor) * third
    d4 = 0.5 * third * a * xi * (221.0 * a + 31.0 * floor) * c1
    row[c.AXIS_T2], row[c.AXIS_T3], row[c.AXIS_T4] = d2, d3, d4
    row[c.LONGITUDE_T3] = d2 + 2.0 * c1_2
    row[c.LONGITUDE_T4] = 0.25 * (3.0 * d3 + c1 * (12.0 * d2 + 10.0 * c1_2))
    row[c.LONGITUDE_T5] = 0.2 * (3.0 * d4 + 12.0 * c1 * d3 + 6.0 * d2 * d2 + 15.0 * c1_2 * (2.0 * d2 + c1_2))


@kernel
def initialise_near(elements: Rows, rows: Rows, deep: npt.NDArray[np.int64]) -> int:
    """Fill all near rows; `deep` becomes the number of the deep row, or -1. Gives how many are deep."""
    count = 0
    for k in range(len(elements)):
        deep[k] = -1
        if near(elements[k], rows[k]):
            deep[k] = count
            count += 1
    return count


@kernel
def initialise_deep(elements: Rows, rows: Rows, deep: npt.NDArray[np.int64], deep_rows: Rows) -> None:
    """Fill the deep rows of the objects that have one."""
    for k in range(len(elements)):
        if deep[k] >= 0:
            row = deep_rows[deep[k]]
            row[c.SIDEREAL] = sidereal(elements[k, 0] + 2433281.5)
            lunar_solar(elements[k, 0], rows[k], row)
            resonances(rows[k], row)
