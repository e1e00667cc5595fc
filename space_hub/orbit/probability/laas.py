"""Laas 2015: a power series with a recurrence, found through the Laplace transform.

Serra, Arzelier, Joldes, Lasserre, Rondepierre, Salvy, "Fast and accurate computation of orbital
collision probability for short-term encounters", J. Guidance, Control, and Dynamics 39 (2016) 1009 (LAAS-CNRS
2015, under which name the field knows it).

Let h(z) be the mass of the disk of squared radius z. Its Laplace transform in z is elementary; times exp(p z), with
p = 1 / (2 sigma^2) of the smaller sigma, its transform in s = 1/t is

    F(s) = A / ((1 - p s) (1 - q s)^(1/2)) exp(w1 s + w2 s / (1 - q s)),    q = p - 1 / (2 sigma^2) of the larger,

with A = exp(-v/2) / (2 small large), v the squared Mahalanobis distance and w = m^2 / (4 sigma^4) of each axis. F'/F is
rational, so the coefficients of F, all positive, obey a recurrence of four terms, and h(z) is exp(-p z) times
the sum of a_k z^(k+1) / (k+1)!. The sum is scaled as it grows, so that nothing overflows.
"""

import math

import numpy as np

from space_hub.orbit.kernels.jit import kernel
from space_hub.orbit.probability.given import principal
from space_hub.orbit.times import Floats

MOST_TERMS = 100_000
"""Enough for a radius of 200 times the smaller sigma."""

_HIGH = 1e200


def laas_2015(miss_km: Floats, covariance_km2: Floats, radius_km: Floats | float) -> Floats:
    """Probability of collision of N encounters, (N, 2), (N, 2, 2), (N,) or a number -> (N,).

    NaN where the series needs more than `MOST_TERMS`. Raises Invalid for what `given.principal`
    refuses.
    """
    at = principal(miss_km, covariance_km2, radius_km)
    out = np.empty(len(at))
    _sums(at.x, at.y, at.small, at.large, at.radius, out)
    return out


@kernel
def _sums(x: Floats, y: Floats, small: Floats, large: Floats, radius: Floats, out: Floats) -> None:
    for i in range(len(out)):
        z = radius[i] * radius[i]
        p = 0.5 * z / (small[i] * small[i])
        q = p - 0.5 * z / (large[i] * large[i])
        w1 = 0.25 * z * (x[i] / (small[i] * small[i])) ** 2
        w2 = 0.25 * z * (y[i] / (large[i] * large[i])) ** 2
        v = (x[i] / small[i]) ** 2 + (y[i] / large[i]) ** 2
        shift = -0.5 * v - p + math.log(0.5 * z / (small[i] * large[i]))
        c0 = p + 0.5 * q + w1 + w2
        c1 = -2.0 * p * q - 0.5 * q * (p + q) - w1 * (p + 2.0 * q) - w2 * p
        c2 = 1.5 * p * q * q + w1 * (2.0 * p * q + q * q)
        c3 = -w1 * p * q * q
        third, second, first, last = 0.0, 0.0, 0.0, 1.0
        total = 1.0
        peak = 1.0
        k = 0
        while k < MOST_TERMS:
            e = 1.0 / (k + 2.0)
            f = e / (k + 1.0)
            g = f / max(k, 1)
            h = g / max(k - 1, 1)
            term = (c0 + (p + 2.0 * q) * k) * e * last
            term += (c1 - (2.0 * p * q + q * q) * (k - 1)) * f * first
            term += (c2 + p * q * q * (k - 2)) * g * second
            term += c3 * h * third
            term /= k + 1.0
            third, second, first, last = second, first, last, term
            total += term
            peak = max(peak, term)
            k += 1
            if total > _HIGH:
                third, second, first, last = third / _HIGH, second / _HIGH, first / _HIGH, last / _HIGH
                total /= _HIGH
                peak /= _HIGH
                shift += math.log(_HIGH)
            if term < 1e-17 * total and term <= first:
                break
        out[i] = min(1.0, total * math.exp(shift)) if k < MOST_TERMS else math.nan
