"""Sun and moon on deep-space objects: the periodic terms at an instant.

Hoots, Schumacher, Glover 2004 (J. Guidance, Control and Dynamics 27, 174) and Lyddane 1963,
as in Vallado et al. 2006.
"""

from math import atan2, cos, fabs, pi, sin

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.jit import part

Rows = npt.NDArray[np.float64]
Five = tuple[float, float, float, float, float]


@part
def _terms(deep: Rows, first: int, anomaly: float, eccentricity: float) -> Five:
    """One body's periodic terms of e, i, l, g + h and h (times sin i)."""
    true = anomaly + 2.0 * eccentricity * sin(anomaly)
    s = sin(true)
    f2 = 0.5 * s * s - 0.25
    f3 = -0.5 * s * cos(true)
    return (
        deep[first + c.E2] * f2 + deep[first + c.E3] * f3,
        deep[first + c.I2] * f2 + deep[first + c.I3] * f3,
        deep[first + c.L2] * f2 + deep[first + c.L3] * f3 + deep[first + c.L4] * s,
        deep[first + c.GH2] * f2 + deep[first + c.GH3] * f3 + deep[first + c.GH4] * s,
        deep[first + c.H2] * f2 + deep[first + c.H3] * f3,
    )


@part
def periodics(deep: Rows, t: float, e: float, inclination: float, node: float, perigee: float, anomaly: float) -> Five:
    """Add the lunar-solar periodics at `t` minutes; gives e, inclination, node, perigee, anomaly."""
    sun = _terms(deep, c.SUN, deep[c.SUN_ANOMALY] + c.SUN_MOTION * t, c.SUN_ECCENTRICITY)
    moon = _terms(deep, c.MOON, deep[c.MOON_ANOMALY] + c.MOON_MOTION * t, c.MOON_ECCENTRICITY)
    e = e + (sun[0] + moon[0])
    d_i, d_l, d_gh, d_h = sun[1] + moon[1], sun[2] + moon[2], sun[3] + moon[3], sun[4] + moon[4]
    inclination = inclination + d_i
    si, ci = sin(inclination), cos(inclination)
    if inclination >= c.LOW_INCLINATION:
        d_h = d_h / si
        return e, inclination, node + d_h, perigee + (d_gh - ci * d_h), anomaly + d_l

    # Lyddane 1963: near the equator the node is ill-defined, its sine and cosine times sin i are not.
    sn, cn = sin(node), cos(node)
    a = si * sn + (d_h * cn + d_i * ci * sn)
    b = si * cn + (-d_h * sn + d_i * ci * cn)
    node = np.fmod(node, c.TWO_PI)
    longitude = anomaly + perigee + d_l + d_gh + (ci - d_i * si) * node
    before = node
    node = atan2(a, b)
    if fabs(before - node) > pi:
        node = node + c.TWO_PI if node < before else node - c.TWO_PI
    anomaly = anomaly + d_l
    return e, inclination, node, longitude - anomaly - ci * node, anomaly
