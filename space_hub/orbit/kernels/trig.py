"""Sine, cosine and arc tangent without calls and branches, for loops that must become vector instructions.

Minimax polynomials (Remez exchange in 60-digit decimals, errors below 1.2e-16), on half a
turn for sine and cosine, so that a sign is all that the turns leave behind. Angles are
reduced by the double nearest to pi, taken away in two exact parts: as `fmod` by 2 pi does
in SGP4, whose angles therefore match here after many revolutions too. Good for angles
below 1e6 rad; no care is taken of infinities.
"""

import numpy as np

from space_hub.orbit.kernels.jit import piece

_INVERSE_PI = 0.3183098861837907
_PI_HIGH = 3.141592502593994
_PI_LOW = 1.5099579897537296e-07
"""The double nearest to pi less its upper 24 bits; their sum is that double."""

_PI = 3.141592653589793
_TWO_PI = 6.283185307179586
_TAN_22_5 = 0.41421356237309503


@piece
def sine_cosine(x: float) -> tuple[float, float]:
    """Sine and cosine, each within 2e-16 of those of `x` less its whole turns."""
    half_turns = np.floor(x * _INVERSE_PI + 0.5)
    r = (x - half_turns * _PI_HIGH) - half_turns * _PI_LOW
    pairs = half_turns * 0.5
    sign = 1.0 - 4.0 * (pairs - np.floor(pairs))
    z = r * r
    s = -7.364645327407993e-13
    s = s * z + 1.6047301094204189e-10
    s = s * z - 2.505185149325843e-08
    s = s * z + 2.755731607693761e-06
    s = s * z - 0.00019841269820093508
    s = s * z + 0.008333333333262876
    s = s * z - 0.1666666666666581
    co = 4.616136070181593e-14
    co = co * z - 1.1463635539686135e-11
    co = co * z + 2.087659259657422e-09
    co = co * z - 2.755731706859224e-07
    co = co * z + 2.4801587285784753e-05
    co = co * z - 0.0013888888888830054
    co = co * z + 0.04166666666666583
    co = co * z - 0.5
    return sign * (r + (r * z) * s), sign * (1.0 + z * co)


@piece
def small_turn(s: float, co: float, d: float) -> tuple[float, float]:
    """Sine and cosine of an angle plus `d`, from those of the angle; to 3e-17 for |d| below 0.1."""
    z = d * d
    sd = d + (d * z) * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0))))
    cd = z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40320.0))))
    return s + (co * sd + s * cd), co + (co * cd - s * sd)


@piece
def tiny_turn(s: float, co: float, d: float) -> tuple[float, float]:
    """As `small_turn`, to 6e-18 for |d| below 0.004 and 7e-15 below 0.013."""
    z = d * d
    sd = d + (d * z) * (-1.0 / 6.0 + z * (1.0 / 120.0))
    cd = z * (-0.5 + z * (1.0 / 24.0))
    return s + (co * sd + s * cd), co + (co * cd - s * sd)


@piece
def arc_tangent(y: float, x: float) -> float:
    """The angle of (x, y) within 3e-16; 0 for (0, 0)."""
    ax, ay = abs(x), abs(y)
    small, large = (ax, ay) if ay > ax else (ay, ax)
    upper = small > large * _TAN_22_5
    numerator = small - large if upper else small
    denominator = small + large if upper else large
    t = numerator / (denominator if denominator > 0.0 else 1.0)
    z = t * t
    p = 0.020660024049114864
    p = p * z - 0.043059403951438285
    p = p * z + 0.05672424664292344
    p = p * z - 0.06636882685626064
    p = p * z + 0.076895246702325
    p = p * z - 0.0909073886828488
    p = p * z + 0.11111104506496988
    p = p * z - 0.14285714133666752
    p = p * z + 0.19999999998183343
    p = p * z - 0.3333333333332519
    angle = t + (t * z) * p
    angle = angle + 0.25 * _PI if upper else angle
    angle = 0.5 * _PI - angle if ay > ax else angle
    angle = _PI - angle if x < 0.0 else angle
    return -angle if y < 0.0 else angle


@piece
def whole_turns_off(x: float) -> float:
    """The remainder of `x` by 2 pi, with the sign of `x`: `fmod`."""
    up = abs(x)
    turns = float(np.floor(up / _TWO_PI))
    r = (up - turns * (2.0 * _PI_HIGH)) - turns * (2.0 * _PI_LOW)
    # The quotient may be rounded up to the next whole number.
    r = r + _TWO_PI if r < 0.0 else r
    return -r if x < 0.0 else r
