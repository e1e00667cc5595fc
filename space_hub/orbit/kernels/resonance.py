"""Resonance of deep-space orbits with the turning earth: one day (GEO) and half a day (Molniya).

Hujsak 1979 (Spacetrack Report 1) as in Vallado et al. 2006: mean longitude and mean motion
are integrated in steps of 720 minutes from the epoch, always the same steps, and from the
last step on by a short series. So a state does not depend on the path to it. The coefficients
come from `resonance_terms`.
"""

from math import cos, fabs, sin

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.jit import part

Rows = npt.NDArray[np.float64]
Three = tuple[float, float, float]

_G22, _G32, _G44, _G52, _G54 = 5.7686396, 0.95240898, 1.8014998, 1.0508330, 4.4108898
_PHASE_1, _PHASE_2, _PHASE_3 = 0.13130908, 2.8843198, 0.37448087


@part
def rates(row: Rows, deep: Rows, at: float, longitude: float, motion: float) -> Three:
    """First and second derivative of the mean motion and first of the longitude, at a step of the integrator."""
    drift = motion + deep[c.FACTOR]
    if deep[c.RESONANCE] != c.HALF_DAILY:
        x1, x2, x3 = longitude - _PHASE_1, 2.0 * (longitude - _PHASE_2), 3.0 * (longitude - _PHASE_3)
        first = deep[c.D1] * sin(x1) + deep[c.D2] * sin(x2) + deep[c.D3] * sin(x3)
        second = deep[c.D1] * cos(x1) + 2.0 * deep[c.D2] * cos(x2) + 3.0 * deep[c.D3] * cos(x3)
        return first, second * drift, drift
    w = row[c.PERIGEE] + row[c.PERIGEE_DOT] * at
    w2, l2 = w + w, longitude + longitude
    y1, y2 = w2 + longitude - _G22, longitude - _G22
    y3, y4 = w + longitude - _G32, -w + longitude - _G32
    y5, y6 = w2 + l2 - _G44, l2 - _G44
    y7, y8 = w + longitude - _G52, -w + longitude - _G52
    y9, y10 = w + l2 - _G54, -w + l2 - _G54
    first = (
        deep[c.D2201] * sin(y1)
        + deep[c.D2211] * sin(y2)
        + deep[c.D3210] * sin(y3)
        + deep[c.D3222] * sin(y4)
        + deep[c.D4410] * sin(y5)
        + deep[c.D4422] * sin(y6)
        + deep[c.D5220] * sin(y7)
        + deep[c.D5232] * sin(y8)
        + deep[c.D5421] * sin(y9)
        + deep[c.D5433] * sin(y10)
    )
    second = (
        deep[c.D2201] * cos(y1)
        + deep[c.D2211] * cos(y2)
        + deep[c.D3210] * cos(y3)
        + deep[c.D3222] * cos(y4)
        + deep[c.D5220] * cos(y7)
        + deep[c.D5232] * cos(y8)
        + 2.0 * (deep[c.D4410] * cos(y5) + deep[c.D4422] * cos(y6) + deep[c.D5421] * cos(y9) + deep[c.D5433] * cos(y10))
    )
    return first, second * drift, drift


@part
def advanced(row: Rows, deep: Rows, t: float, at: float, longitude: float, motion: float) -> Three:
    """The integrator's last step before `t` minutes, from any step given: (time, longitude, motion) there.

    Starts again at the epoch when `t` lies on its other side, or nearer to it than the step given.
    """
    if at == 0.0 or t * at <= 0.0 or fabs(t) < fabs(at):
        at, longitude, motion = 0.0, deep[c.LAMBDA_0], row[c.MOTION]
    step = c.STEP if t > 0.0 else -c.STEP
    while fabs(t - at) >= c.STEP:
        first, second, drift = rates(row, deep, at, longitude, motion)
        longitude = longitude + drift * step + first * c.HALF_STEP_SQUARED
        motion = motion + first * step + second * c.HALF_STEP_SQUARED
        at = at + step
    return at, longitude, motion
