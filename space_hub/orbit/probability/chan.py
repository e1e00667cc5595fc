"""Chan 1997: a circular density of the same area, and a series.

Chan, "Collision probability analyses for earth orbiting satellites", Advances in the Astronautical Sciences
96 (1997) 1033; the series as in his "Spacecraft collision probability" (2008). The ellipse of the density
becomes a circle and the disk, squeezed to an ellipse by that, a circle of its area. Fast and close while
the disk is small; elsewhere wrong without a sign of it. So it has a domain here, outside of
which it gives NaN.
"""

import numpy as np
from scipy.special import gammainc, gammaln, xlogy

from space_hub.orbit.probability.given import Principal, principal
from space_hub.orbit.times import Floats

ALLOWED = 0.01
"""The largest error, as a share, that the domain allows by its own estimate."""

_TERMS = 400


def estimated_error(at: Principal) -> Floats:
    """What is lost to first order, as a share of the probability.

    Averaged over a small disk a density gains R^2/8 of its second derivatives. Both the true density
    and Chan's have the same value in the middle; what is left is the difference of the second
    derivatives, and its own square bounds the next order.
    """
    p, q = (at.radius / at.small) ** 2, (at.radius / at.large) ** 2
    s = np.sqrt(p * q)
    u, v = (at.x / at.small) ** 2, (at.y / at.large) ** 2
    first = np.abs(u * (p - s) + v * (q - s) - (np.sqrt(p) - np.sqrt(q)) ** 2) / 8.0
    pieces = u * np.abs(p - s) + v * np.abs(q - s) + (np.sqrt(p) - np.sqrt(q)) ** 2
    size = (u * p + v * q + p + q) / 8.0
    return np.asarray(first + pieces / 8.0 * size)


def chan_1997(miss_km: Floats, covariance_km2: Floats, radius_km: Floats | float) -> Floats:
    """Probability of collision of N encounters, (N, 2), (N, 2, 2), (N,) or a number -> (N,).

    NaN outside its domain, where `estimated_error` is above a hundredth. Raises Invalid for what
    `given.principal` refuses.
    """
    at = principal(miss_km, covariance_km2, radius_km)
    return np.where(estimated_error(at) <= ALLOWED, series(at), np.nan)


def series(at: Principal) -> Floats:
    """Chan's series wherever one asks it, for a map of its error."""
    u = 0.5 * at.radius**2 / (at.small * at.large)
    v = 0.5 * at.distance2
    # A Poisson number of mean u is above one of mean v: summed over the latter.
    total = np.zeros(len(u))
    for m in range(_TERMS):
        weight = np.exp(xlogy(m, v) - gammaln(m + 1.0) - v)
        term = weight * gammainc(m + 1.0, u)
        total += term
        if np.all(term <= 1e-17 * total):
            break
    return np.asarray(np.minimum(1.0, total))
