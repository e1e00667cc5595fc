"""Foster 1992: the density summed over the disk in polar coordinates.

Foster, Estes, "A parametric analysis of orbital debris collision probability and maneuver rate for
space vehicles", NASA JSC-25898 (1992). The double integral over distance and angle from the middle of the disk is the
paper's; Gauss and Legendre's rule in the distance and equal steps in the angle (exact to
all digits for a smooth periodic function) take the place of its fixed steps. Exponents are
taken relative to the nearest point of the disk.
"""

import numpy as np
from scipy.special import roots_legendre

from space_hub.orbit.probability.given import Principal, principal
from space_hub.orbit.times import Floats, Indices

_RULES = ((6.0, 16, 40), (30.0, 32, 80), (150.0, 64, 180), (600.0, 112, 360), (STEEPEST := 3_000.0, 200, 800))
"""Up to this steepness: so many distances and angles."""

_AT_ONCE = 2_000_000
"""Values of the density that are held at once."""


def steepness(at: Principal) -> Floats:
    """By how much the exponent can change from the middle of the disk to its edge."""
    across = np.hypot(at.x / at.small**2, at.y / at.large**2)
    return np.asarray(at.radius * across + 0.5 * (at.radius / at.small) ** 2)


def foster_1992(miss_km: Floats, covariance_km2: Floats, radius_km: Floats | float) -> Floats:
    """Probability of collision of N encounters, (N, 2), (N, 2, 2), (N,) or a number -> (N,).

    Relative error below 1e-9. NaN where the density is too steep for the rule (`steepness` above
    3,000: a sigma below a seventieth of the radius); Alfano 2005 has no such limit. Raises Invalid for
    what `given.principal` refuses.
    """
    at = principal(miss_km, covariance_km2, radius_km)
    out = np.full(len(at), np.nan)
    steep = steepness(at)
    below = 0.0
    for limit, distances, angles in _RULES:
        these = np.flatnonzero((steep >= below) & (steep < limit))
        below = limit
        size = max(1, _AT_ONCE // (distances * angles))
        for first in range(0, len(these), size):
            some = these[first : first + size]
            out[some] = _summed(at, some, distances, angles)
    return out


def _summed(at: Principal, some: Indices, distances: int, angles: int) -> Floats:
    nodes, weights = roots_legendre(distances)
    share, weight = 0.5 * (nodes + 1.0), 0.5 * weights
    turn = 2.0 * np.pi * np.arange(angles) / angles
    radius, small, large = (each[some, None, None] for each in (at.radius, at.small, at.large))
    out = radius * share[:, None]
    u = (at.x[some, None, None] - out * np.cos(turn)) / small
    v = (at.y[some, None, None] - out * np.sin(turn)) / large
    half = 0.5 * (u * u + v * v)
    least = half.min(axis=(1, 2))
    density = np.exp(least[:, None, None] - half).sum(axis=2) * (2.0 * np.pi / angles)
    summed = (density * share * weight).sum(axis=1) * at.radius[some] ** 2
    summed /= 2.0 * np.pi * at.small[some] * at.large[some]
    return np.asarray(np.minimum(1.0, summed * np.exp(-least)))
