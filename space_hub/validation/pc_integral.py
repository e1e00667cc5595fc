"""The probability of an encounter by a general adaptive integrator: a judge that shares nothing with the methods.

The density, with its covariance as it comes, is integrated over the disk as a square of two
variables: x = R sin(phi), y = u R cos(phi). No principal axes, no error functions, no polar coordinates, no
series: scipy's `cubature` (products of Gauss and Kronrod's rules, the worst cell halved) is asked for nine digits.
"""

from math import pi

import numpy as np
from scipy.integrate import cubature

from space_hub.orbit.times import Floats

TOLERANCE = 1e-9
_STEPS = 60


def adaptive(miss_km: Floats, covariance_km2: Floats, radius_km: float) -> float:
    """One encounter, (2,) and (2, 2); NaN when nine digits are not reached."""
    inverse = np.asarray(np.linalg.inv(covariance_km2), dtype=np.float64)
    phi, u = np.meshgrid(np.linspace(-pi / 2, pi / 2, _STEPS), np.linspace(-1.0, 1.0, _STEPS))
    grid = np.stack([phi.ravel(), u.ravel()], axis=1)
    least = float(_exponent(grid, miss_km, inverse, radius_km).min())

    def density(at: Floats) -> Floats:
        relative = _exponent(at, miss_km, inverse, radius_km) - least
        return np.asarray(np.exp(-relative) * np.cos(at[:, 0]) ** 2)

    found = cubature(density, [-pi / 2, -1.0], [pi / 2, 1.0], rtol=TOLERANCE, atol=0.0, max_subdivisions=3_000)
    if found.status != "converged":
        return float("nan")
    scale = radius_km**2 / (2.0 * pi * np.sqrt(np.linalg.det(covariance_km2)))
    return float(found.estimate * scale * np.exp(-least))


def _exponent(at: Floats, miss: Floats, inverse: Floats, radius: float) -> Floats:
    x = radius * np.sin(at[:, 0]) - miss[0]
    y = at[:, 1] * radius * np.cos(at[:, 0]) - miss[1]
    return np.asarray(0.5 * (inverse[0, 0] * x * x + 2.0 * inverse[0, 1] * x * y + inverse[1, 1] * y * y))
