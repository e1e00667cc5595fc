"""Alfano 2005: the disk as strips, each with a difference of error functions.

Alfano, "A numerical implementation of spherical object collision probability", J. Astronautical
Sciences 53 (2005) 103. The reduction to one integral is the paper's; where it takes Simpson's rule
with a number of panels that is chosen beforehand, `disk` halves panels until two rules agree. It
holds for any radius, any aspect ratio and any distance, so it is the one that is asked when
another does not apply.
"""

import numpy as np

from space_hub.orbit.probability.disk import masses
from space_hub.orbit.probability.given import principal
from space_hub.orbit.times import Floats


def alfano_2005(miss_km: Floats, covariance_km2: Floats, radius_km: Floats | float) -> Floats:
    """Probability of collision of N encounters, (N, 2), (N, 2, 2), (N,) or a number -> (N,).

    Relative error below 1e-10, as far as double precision holds probabilities (1e-307). Raises
    Invalid for what `given.principal` refuses.
    """
    at = principal(miss_km, covariance_km2, radius_km)
    out = np.empty(len(at))
    masses(at.x, at.y, at.small, at.large, at.radius, out)
    return out


def pc_against_radius(miss_km: Floats, covariance_km2: Floats, radii_km: Floats) -> Floats:
    """The probability of one encounter, (2,) and (2, 2), at each of K combined radii: (K,) -> (K,)."""
    radii = np.asarray(radii_km, dtype=np.float64)
    miss = np.broadcast_to(np.asarray(miss_km, dtype=np.float64), (len(radii), 2))
    return alfano_2005(miss, np.broadcast_to(np.asarray(covariance_km2, dtype=np.float64), (len(radii), 2, 2)), radii)
