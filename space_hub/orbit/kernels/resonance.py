"""Resonance of deep-space orbits with the turning earth: one day (GEO) and half a day (Molniya).

Hujsak 1979 (Spacetrack Report 1) as in Vallado et al. 2006: mean longitude and mean motion
are integrated in steps of 720 minutes from the epoch, always the same steps, and from the
last step on by a short series. So a state does not depend on the path to it.
"""

from math import cos, fabs, pow, sin

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.jit import part

Rows = npt.NDArray[np.float64]
Three = tuple[float, float, float]

_G22, _G32, _G44, _G52, _G54 = 5.7686396, 0.95240898, 1.8014998, 1.0508330, 4.4108898
_PHASE_1, _PHASE_2, _PHASE_3 = 0.13130908, 2.8843198, 0.37448087


@part
def resonances(row: Rows, deep: Rows) -> None:
    """Which resonance, and its coefficients at the epoch."""
    motion, e = row[c.MOTION], row[c.E]
    rates = deep[c.DEEP_L_DOT], deep[c.DEEP_PERIGEE_DOT], deep[c.DEEP_NODE_DOT]
    theta = np.fmod(deep[c.SIDEREAL], c.TWO_PI)
    if 8.26e-3 <= motion <= 9.24e-3 and e >= 0.5:
        deep[c.RESONANCE] = c.HALF_DAILY
        _half_daily(row, deep)
        deep[c.LAMBDA_0] = np.fmod(row[c.ANOMALY] + row[c.NODE] + row[c.NODE] - theta - theta, c.TWO_PI)
        turn = 2.0 * (row[c.NODE_DOT] + rates[2] - c.EARTH_TURN)
        deep[c.FACTOR] = row[c.ANOMALY_DOT] + rates[0] + turn - motion
    elif 0.0034906585 < motion < 0.0052359877:
        deep[c.RESONANCE] = c.DAILY
        _daily(row, deep)
        deep[c.LAMBDA_0] = np.fmod(row[c.ANOMALY] + row[c.NODE] + row[c.PERIGEE] - theta, c.TWO_PI)
        longitude = row[c.PERIGEE_DOT] + row[c.NODE_DOT]
        deep[c.FACTOR] = row[c.ANOMALY_DOT] + longitude - c.EARTH_TURN + rates[0] + rates[1] + rates[2] - motion


@part
def _daily(row: Rows, deep: Rows) -> None:
    motion, si, ci = row[c.MOTION], row[c.SIN_I], row[c.COS_I]
    e2 = row[c.E] * row[c.E]
    inverse = pow(motion / c.XKE, c.TWO_THIRDS)
    g200 = 1.0 + e2 * (-2.5 + 0.8125 * e2)
    g310 = 1.0 + 2.0 * e2
    g300 = 1.0 + e2 * (-6.0 + 6.60937 * e2)
    f220 = 0.75 * (1.0 + ci) * (1.0 + ci)
    f311 = 0.9375 * si * si * (1.0 + 3.0 * ci) - 0.75 * (1.0 + ci)
    f330 = 1.0 + ci
    f330 = 1.875 * f330 * f330 * f330
    base = 3.0 * motion * motion * inverse * inverse
    deep[c.D1] = base * f311 * g310 * 2.1460748e-6 * inverse
    deep[c.D2] = 2.0 * base * f220 * g200 * 1.7891679e-6
    deep[c.D3] = 3.0 * base * f330 * g300 * 2.2123015e-7 * inverse


@part
def _half_daily(row: Rows, deep: Rows) -> None:
    motion, e, si, ci = row[c.MOTION], row[c.E], row[c.SIN_I], row[c.COS_I]
    e2 = e * e
    e3 = e * e2
    g201 = -0.306 - (e - 0.64) * 0.440
    if e <= 0.65:
        g211 = 3.616 - 13.2470 * e + 16.2900 * e2
        g310 = -19.302 + 117.3900 * e - 228.4190 * e2 + 156.5910 * e3
        g322 = -18.9068 + 109.7927 * e - 214.6334 * e2 + 146.5816 * e3
        g410 = -41.122 + 242.6940 * e - 471.0940 * e2 + 313.9530 * e3
        g422 = -146.407 + 841.8800 * e - 1629.014 * e2 + 1083.4350 * e3
        g520 = -532.114 + 3017.977 * e - 5740.032 * e2 + 3708.2760 * e3
    else:
        g211 = -72.099 + 331.819 * e - 508.738 * e2 + 266.724 * e3
        g310 = -346.844 + 1582.851 * e - 2415.925 * e2 + 1246.113 * e3
        g322 = -342.585 + 1554.908 * e - 2366.899 * e2 + 1215.972 * e3
        g410 = -1052.797 + 4758.686 * e - 7193.992 * e2 + 3651.957 * e3
        g422 = -3581.690 + 16178.110 * e - 24462.770 * e2 + 12422.520 * e3
        if e > 0.715:
            g520 = -5149.66 + 29936.92 * e - 54087.36 * e2 + 31324.56 * e3
        else:
            g520 = 1464.74 - 4664.75 * e + 3763.64 * e2
    if e < 0.7:
        g533 = -919.22770 + 4988.6100 * e - 9064.7700 * e2 + 5542.21 * e3
        g521 = -822.71072 + 4568.6173 * e - 8491.4146 * e2 + 5337.524 * e3
        g532 = -853.66600 + 4690.2500 * e - 8624.7700 * e2 + 5341.4 * e3
    else:
        g533 = -37995.780 + 161616.52 * e - 229838.20 * e2 + 109377.94 * e3
        g521 = -51752.104 + 218913.95 * e - 309468.16 * e2 + 146349.42 * e3
        g532 = -40023.880 + 170470.89 * e - 242699.48 * e2 + 115605.82 * e3

    s2, c2 = si * si, ci * ci
    f220 = 0.75 * (1.0 + 2.0 * ci + c2)
    f221 = 1.5 * s2
    f321 = 1.875 * si * (1.0 - 2.0 * ci - 3.0 * c2)
    f322 = -1.875 * si * (1.0 + 2.0 * ci - 3.0 * c2)
    f441 = 35.0 * s2 * f220
    f442 = 39.3750 * s2 * s2
    f522 = 9.84375 * si * (s2 * (1.0 - 2.0 * ci - 5.0 * c2) + 0.33333333 * (-2.0 + 4.0 * ci + 6.0 * c2))
    f523 = si * (4.92187512 * s2 * (-2.0 - 4.0 * ci + 10.0 * c2) + 6.56250012 * (1.0 + 2.0 * ci - 3.0 * c2))
    f542 = 29.53125 * si * (2.0 - 8.0 * ci + c2 * (-12.0 + 8.0 * ci + 10.0 * c2))
    f543 = 29.53125 * si * (-2.0 - 8.0 * ci + c2 * (12.0 + 8.0 * ci - 10.0 * c2))

    inverse = pow(motion / c.XKE, c.TWO_THIRDS)
    power = 3.0 * (motion * motion) * (inverse * inverse)
    strength = power * 1.7891679e-6
    deep[c.D2201], deep[c.D2211] = strength * f220 * g201, strength * f221 * g211
    power = power * inverse
    strength = power * 3.7393792e-7
    deep[c.D3210], deep[c.D3222] = strength * f321 * g310, strength * f322 * g322
    power = power * inverse
    strength = 2.0 * power * 7.3636953e-9
    deep[c.D4410], deep[c.D4422] = strength * f441 * g410, strength * f442 * g422
    power = power * inverse
    strength = power * 1.1428639e-7
    deep[c.D5220], deep[c.D5232] = strength * f522 * g520, strength * f523 * g532
    strength = 2.0 * power * 2.1765803e-9
    deep[c.D5421], deep[c.D5433] = strength * f542 * g521, strength * f543 * g533


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
