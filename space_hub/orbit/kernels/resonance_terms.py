"""Resonance of deep-space orbits with the turning earth: which, and its coefficients, at the epoch.

Hujsak 1979 (Spacetrack Report 1) as in Vallado et al. 2006. Whole columns at a time.
"""

import numpy as np

from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels.library import power
from space_hub.orbit.times import Floats

_G = {
    # Eccentricity functions of Hujsak: up to which e, and the cubic there. g201 is linear.
    "211": ((0.65, 3.616, -13.2470, 16.2900, 0.0), (1.0, -72.099, 331.819, -508.738, 266.724)),
    "310": ((0.65, -19.302, 117.3900, -228.4190, 156.5910), (1.0, -346.844, 1582.851, -2415.925, 1246.113)),
    "322": ((0.65, -18.9068, 109.7927, -214.6334, 146.5816), (1.0, -342.585, 1554.908, -2366.899, 1215.972)),
    "410": ((0.65, -41.122, 242.6940, -471.0940, 313.9530), (1.0, -1052.797, 4758.686, -7193.992, 3651.957)),
    "422": ((0.65, -146.407, 841.8800, -1629.014, 1083.4350), (1.0, -3581.690, 16178.110, -24462.770, 12422.520)),
    "520": (
        (0.65, -532.114, 3017.977, -5740.032, 3708.2760),
        (0.715, 1464.74, -4664.75, 3763.64, 0.0),
        (1.0, -5149.66, 29936.92, -54087.36, 31324.56),
    ),
}
_G_LATE = {
    # The same with the limit itself on the upper side.
    "533": ((0.7, -919.22770, 4988.6100, -9064.7700, 5542.21), (1.0, -37995.780, 161616.52, -229838.20, 109377.94)),
    "521": ((0.7, -822.71072, 4568.6173, -8491.4146, 5337.524), (1.0, -51752.104, 218913.95, -309468.16, 146349.42)),
    "532": ((0.7, -853.66600, 4690.2500, -8624.7700, 5341.4), (1.0, -40023.880, 170470.89, -242699.48, 115605.82)),
}


def resonances(rows: Floats, deep: Floats) -> None:
    """Fill in which resonance, and what it takes."""
    motion, e = rows[:, c.MOTION], rows[:, c.E]
    half = (motion >= 8.26e-3) & (motion <= 9.24e-3) & (e >= 0.5)
    full = (motion > 0.0034906585) & (motion < 0.0052359877)
    deep[half], deep[full] = _half_daily(rows[half], deep[half]), _daily(rows[full], deep[full])


def _daily(rows: Floats, deep: Floats) -> Floats:
    motion, si, ci = rows[:, c.MOTION], rows[:, c.SIN_I], rows[:, c.COS_I]
    e2 = rows[:, c.E] * rows[:, c.E]
    inverse = power(motion / c.XKE, c.TWO_THIRDS)
    g200 = 1.0 + e2 * (-2.5 + 0.8125 * e2)
    g310 = 1.0 + 2.0 * e2
    g300 = 1.0 + e2 * (-6.0 + 6.60937 * e2)
    f220 = 0.75 * (1.0 + ci) * (1.0 + ci)
    f311 = 0.9375 * si * si * (1.0 + 3.0 * ci) - 0.75 * (1.0 + ci)
    f330 = 1.0 + ci
    f330 = 1.875 * f330 * f330 * f330
    base = 3.0 * motion * motion * inverse * inverse
    deep[:, c.RESONANCE] = c.DAILY
    deep[:, c.D1] = base * f311 * g310 * 2.1460748e-6 * inverse
    deep[:, c.D2] = 2.0 * base * f220 * g200 * 1.7891679e-6
    deep[:, c.D3] = 3.0 * base * f330 * g300 * 2.2123015e-7 * inverse
    theta = np.fmod(deep[:, c.SIDEREAL], c.TWO_PI)
    deep[:, c.LAMBDA_0] = np.fmod(rows[:, c.ANOMALY] + rows[:, c.NODE] + rows[:, c.PERIGEE] - theta, c.TWO_PI)
    drift = rows[:, c.ANOMALY_DOT] + (rows[:, c.PERIGEE_DOT] + rows[:, c.NODE_DOT]) - c.EARTH_TURN
    drift = drift + deep[:, c.DEEP_L_DOT] + deep[:, c.DEEP_PERIGEE_DOT] + deep[:, c.DEEP_NODE_DOT]
    deep[:, c.FACTOR] = drift - motion
    return deep


def _half_daily(rows: Floats, deep: Floats) -> Floats:
    motion, e, si, ci = rows[:, c.MOTION], rows[:, c.E], rows[:, c.SIN_I], rows[:, c.COS_I]
    e2 = e * e
    e3 = e * e2
    g = {name: _cubic(e, e2, e3, parts, upper=False) for name, parts in _G.items()}
    g |= {name: _cubic(e, e2, e3, parts, upper=True) for name, parts in _G_LATE.items()}
    g201 = -0.306 - (e - 0.64) * 0.440

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

    inverse = power(motion / c.XKE, c.TWO_THIRDS)
    scale = 3.0 * (motion * motion) * (inverse * inverse)
    strength = scale * 1.7891679e-6
    deep[:, c.D2201], deep[:, c.D2211] = strength * f220 * g201, strength * f221 * g["211"]
    scale = scale * inverse
    strength = scale * 3.7393792e-7
    deep[:, c.D3210], deep[:, c.D3222] = strength * f321 * g["310"], strength * f322 * g["322"]
    scale = scale * inverse
    strength = 2.0 * scale * 7.3636953e-9
    deep[:, c.D4410], deep[:, c.D4422] = strength * f441 * g["410"], strength * f442 * g["422"]
    scale = scale * inverse
    strength = scale * 1.1428639e-7
    deep[:, c.D5220], deep[:, c.D5232] = strength * f522 * g["520"], strength * f523 * g["532"]
    strength = 2.0 * scale * 2.1765803e-9
    deep[:, c.D5421], deep[:, c.D5433] = strength * f542 * g["521"], strength * f543 * g["533"]
    deep[:, c.RESONANCE] = c.HALF_DAILY
    theta = np.fmod(deep[:, c.SIDEREAL], c.TWO_PI)
    deep[:, c.LAMBDA_0] = np.fmod(rows[:, c.ANOMALY] + rows[:, c.NODE] + rows[:, c.NODE] - theta - theta, c.TWO_PI)
    turn = 2.0 * (rows[:, c.NODE_DOT] + deep[:, c.DEEP_NODE_DOT] - c.EARTH_TURN)
    deep[:, c.FACTOR] = rows[:, c.ANOMALY_DOT] + deep[:, c.DEEP_L_DOT] + turn - motion
    return deep


def _cubic(e: Floats, e2: Floats, e3: Floats, parts: tuple[tuple[float, ...], ...], *, upper: bool) -> Floats:
    """The polynomial of the part that each e falls into; a limit belongs to the part above it if `upper`."""
    limits = np.array([part[0] for part in parts[:-1]])
    chosen = np.array([part[1:] for part in parts])[np.searchsorted(limits, e, side="right" if upper else "left")]
    return chosen[:, 0] + chosen[:, 1] * e + chosen[:, 2] * e2 + chosen[:, 3] * e3
