"""Sun and moon on deep-space objects: coefficients of the periodic terms and secular rates, at the epoch.

Hoots, Schumacher, Glover 2004 (J. Guidance, Control and Dynamics 27, 174), as in Vallado
et al. 2006. Sun and moon share one set of formulas and differ by strength and geometry.
Whole columns at a time; `periodics` puts the terms in at an instant.
"""

import numpy as np

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.library import arc_tangent, cosine, sine
from space_hub.orbit.times import Floats

_FLAT = 5.2359877e-2
"""Within 3 degrees of the equator the node has no secular rate."""


def _body(
    rows: Floats,
    deep: Floats,
    first: int,
    strength: float,
    eccentricity: float,
    rate: float,
    cos_w: Floats | float,
    sin_w: Floats | float,
    cos_i: Floats | float,
    sin_i: Floats | float,
    cos_h: Floats | float,
    sin_h: Floats | float,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Twelve periodic coefficients from `deep[first]` on; gives the rates of e, i, l, g + h and h (times sin i).

    cos_w ... sin_h are argument of latitude, inclination and node difference of the body.
    """
    e, motion = rows[:, c.E], rows[:, c.MOTION]
    si, ci = rows[:, c.SIN_I], rows[:, c.COS_I]
    sw, cw = sine(rows[:, c.PERIGEE]), cosine(rows[:, c.PERIGEE])
    e2 = e * e
    one_e2 = 1.0 - e2
    root = np.sqrt(one_e2)

    # The body's directions in the frame of the orbit.
    p1 = cos_w * cos_h + sin_w * cos_i * sin_h
    q1 = -sin_w * cos_h + cos_w * cos_i * sin_h
    u = -cos_w * sin_h + sin_w * cos_i * cos_h
    v = sin_w * sin_i
    w = sin_w * sin_h + cos_w * cos_i * cos_h
    z = cos_w * sin_i
    p2, q2 = ci * u + si * v, ci * w + si * z
    p3, q3 = -si * u + ci * v, -si * w + ci * z

    x1, x2 = p1 * cw + p2 * sw, q1 * cw + q2 * sw
    x3, x4 = -p1 * sw + p2 * cw, -q1 * sw + q2 * cw
    x5, x6, x7, x8 = p3 * sw, q3 * sw, p3 * cw, q3 * cw

    z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3
    z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4
    z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4
    z1 = 3.0 * (p1 * p1 + p2 * p2) + z31 * e2
    z2 = 6.0 * (p1 * q1 + p2 * q2) + z32 * e2
    z3 = 3.0 * (q1 * q1 + q2 * q2) + z33 * e2
    z11 = -6.0 * p1 * p3 + e2 * (-24.0 * x1 * x7 - 6.0 * x3 * x5)
    z12 = -6.0 * (p1 * q3 + q1 * p3) + e2 * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5))
    z13 = -6.0 * q1 * q3 + e2 * (-24.0 * x2 * x8 - 6.0 * x4 * x6)
    z21 = 6.0 * p2 * p3 + e2 * (24.0 * x1 * x5 - 6.0 * x3 * x7)
    z22 = 6.0 * (q2 * p3 + p2 * q3) + e2 * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8))
    z23 = 6.0 * q2 * q3 + e2 * (24.0 * x2 * x6 - 6.0 * x4 * x8)
    z1 = z1 + z1 + one_e2 * z31
    z2 = z2 + z2 + one_e2 * z32
    z3 = z3 + z3 + one_e2 * z33

    s3 = strength * (1.0 / motion)
    s2 = -0.5 * s3 / root
    s4 = s3 * root
    s1 = -15.0 * e * s4
    deep[:, first + c.E2] = 2.0 * s1 * (x2 * x3 + x1 * x4)
    deep[:, first + c.E3] = 2.0 * s1 * (x2 * x4 - x1 * x3)
    deep[:, first + c.I2] = 2.0 * s2 * z12
    deep[:, first + c.I3] = 2.0 * s2 * (z13 - z11)
    deep[:, first + c.L2] = -2.0 * s3 * z2
    deep[:, first + c.L3] = -2.0 * s3 * (z3 - z1)
    deep[:, first + c.L4] = -2.0 * s3 * (-21.0 - 9.0 * e2) * eccentricity
    deep[:, first + c.GH2] = 2.0 * s4 * z32
    deep[:, first + c.GH3] = 2.0 * s4 * (z33 - z31)
    deep[:, first + c.GH4] = -18.0 * s4 * eccentricity
    deep[:, first + c.H2] = -2.0 * s2 * z22
    deep[:, first + c.H3] = -2.0 * s2 * (z23 - z21)

    inclination = rows[:, c.INCLINATION]
    flat = (inclination < _FLAT) | (inclination > np.pi - _FLAT)
    return (
        s1 * rate * (x1 * x3 + x2 * x4),
        s2 * rate * (z11 + z13),
        -rate * s3 * (z1 + z3 - 14.0 - 6.0 * e2),
        s4 * rate * (z31 + z33 - 6.0),
        np.where(flat, 0.0, -rate * s2 * (z21 + z23)),
    )


def lunar_solar(epoch: Floats, rows: Floats, deep: Floats) -> None:
    """Coefficients and secular rates of sun and moon; `epoch` in days since 1949-12-31."""
    day = epoch + 18261.5
    sin_node, cos_node = sine(rows[:, c.NODE]), cosine(rows[:, c.NODE])

    # The moon's orbit turns; its node on the ecliptic gives the rest.
    moon_node = np.fmod(4.5236020 - 9.2422029e-4 * day, c.TWO_PI)
    sin_m, cos_m = sine(moon_node), cosine(moon_node)
    cos_i = 0.91375164 - 0.03568096 * cos_m
    sin_i = np.sqrt(1.0 - cos_i * cos_i)
    sin_h = 0.089683511 * sin_m / sin_i
    cos_h = np.sqrt(1.0 - sin_h * sin_h)
    longitude = 5.8351514 + 0.0019443680 * day
    along = arc_tangent(c.SUN_SIN_I * sin_m / sin_i, cos_h * cos_m + c.SUN_COS_I * sin_h * sin_m)
    along = longitude + along - moon_node
    deep[:, c.MOON_ANOMALY] = np.fmod(4.7199672 + 0.22997150 * day - longitude, c.TWO_PI)
    deep[:, c.SUN_ANOMALY] = np.fmod(6.2565837 + 0.017201977 * day, c.TWO_PI)

    sun = _body(
        rows,
        deep,
        c.SUN,
        c.SUN_STRENGTH,
        c.SUN_ECCENTRICITY,
        c.SUN_MOTION,
        c.SUN_COS_W,
        c.SUN_SIN_W,
        c.SUN_COS_I,
        c.SUN_SIN_I,
        cos_node,
        sin_node,
    )
    moon = _body(
        rows,
        deep,
        c.MOON,
        c.MOON_STRENGTH,
        c.MOON_ECCENTRICITY,
        c.MOON_MOTION,
        cosine(along),
        sine(along),
        cos_i,
        sin_i,
        cos_h * cos_node + sin_h * sin_node,
        sin_node * cos_h - cos_node * sin_h,
    )
    deep[:, c.DEEP_E_DOT] = sun[0] + moon[0]
    deep[:, c.DEEP_I_DOT] = sun[1] + moon[1]
    deep[:, c.DEEP_L_DOT] = sun[2] + moon[2]
    si, ci = rows[:, c.SIN_I], rows[:, c.COS_I]
    # Without an inclination the node moves by what is not divided by its sine, and the moon's part is left out.
    tilted = si != 0.0
    sun_h = np.where(tilted, sun[4] / si, sun[4])
    perigee = sun[3] - ci * sun_h + moon[3]
    perigee = np.where(tilted, perigee - ci / si * moon[4], perigee)
    node = np.where(tilted, sun_h + moon[4] / si, sun_h)
    deep[:, c.DEEP_NODE_DOT], deep[:, c.DEEP_PERIGEE_DOT] = node, perigee
