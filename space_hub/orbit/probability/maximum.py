"""The largest probability that an uncertain covariance allows, and where the true one lies to that.

A very large covariance spreads the density thin: the probability falls while the knowledge
gets worse. Beyond the scale of the maximum a small probability is "diluted" and says little.
"""

import math
from dataclasses import dataclass

import numpy as np

from space_hub.orbit.kernels.jit import kernel, part
from space_hub.orbit.probability.disk import mass
from space_hub.orbit.probability.encounter import Flags
from space_hub.orbit.probability.given import principal
from space_hub.orbit.times import Floats

SOCRATES_SIGMAS_KM = (0.1, 0.3, 0.1)
"""Radial, in-track and cross-track, of each object, as SOCRATES assumes."""

_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Maximum:
    """The largest probability over all scales of each covariance (N,), and the scale of sigma it is reached at (N,)."""

    pc: Floats
    scale: Floats

    @property
    def diluted(self) -> Flags:
        """Where the true sigma is beyond that of the maximum."""
        return np.asarray(self.scale < 1.0)


@part
def _scaled(k: float, x: float, y: float, small: float, large: float, radius: float) -> float:
    integral, distance = mass(x, y, k * small, k * large, radius)
    return integral * math.exp(-0.5 * distance)


@part
def highest(x: float, y: float, small: float, large: float, radius: float) -> tuple[float, float]:
    """(largest probability, scale of sigma): 1 at no uncertainty for a disk that holds the origin.

    A small disk has its largest probability at a scale of v / 2 of the variance, v the squared Mahalanobis distance
    of the miss, and there second derivatives are all that its size adds, to 1e-8. Where the disk is not small the
    logarithm of the scale is searched by golden section.
    """
    if x * x + y * y <= radius * radius:
        return 1.0, 0.0
    v = (x / small) ** 2 + (y / large) ** 2
    k = math.sqrt(0.5 * v)
    a, b = (radius / (k * small)) ** 2, (radius / (k * large)) ** 2
    bend = (a * (x / (k * small)) ** 2 + b * (y / (k * large)) ** 2 + a + b) / 8.0
    if bend < 1e-4:
        gained = (a * (x / (k * small)) ** 2 + b * (y / (k * large)) ** 2 - a - b) / 8.0
        return math.exp(-1.0) * radius * radius / (2.0 * k * k * small * large) * (1.0 + gained), k
    # The nearest point of the disk is closer than its middle: the true scale lies below k.
    low, high = math.log(k) - 1.5 - math.log1p(bend), math.log(k) + 0.7
    one, two = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_one = _scaled(math.exp(one), x, y, small, large, radius)
    at_two = _scaled(math.exp(two), x, y, small, large, radius)
    while high - low > 1e-4:
        if at_one > at_two:
            high, two, at_two = two, one, at_one
            one = high - _GOLDEN * (high - low)
            at_one = _scaled(math.exp(one), x, y, small, large, radius)
        else:
            low, one, at_one = one, two, at_two
            two = low + _GOLDEN * (high - low)
            at_two = _scaled(math.exp(two), x, y, small, large, radius)
    k = math.exp(0.5 * (low + high))
    return min(1.0, _scaled(k, x, y, small, large, radius)), k


@kernel
def _highest_of(x: Floats, y: Floats, small: Floats, large: Floats, radius: Floats, pc: Floats, scale: Floats) -> None:
    for i in range(len(pc)):
        pc[i], scale[i] = highest(x[i], y[i], small[i], large[i], radius[i])


def scaled_maximum(miss_km: Floats, covariance_km2: Floats, radius_km: Floats | float) -> Maximum:
    """Largest probability while each covariance keeps its shape and orientation and only its scale is not known.

    Alfano, "Relating position uncertainty to maximum conjunction probability", J. Astronautical Sciences 53
    (2005) 193, for a known orientation. (N, 2), (N, 2, 2), (N,). Raises Invalid for what `given.principal` refuses.
    """
    at = principal(miss_km, covariance_km2, radius_km)
    pc, scale = np.empty(len(at)), np.empty(len(at))
    _highest_of(at.x, at.y, at.small, at.large, at.radius, pc, scale)
    return Maximum(pc, scale)


def alfano_maximum(distance_km: Floats, aspect: Floats | float, radius_km: Floats | float) -> tuple[Floats, Floats]:
    """Largest probability at a miss distance for any size and orientation of a covariance with this aspect ratio.

    The worst orientation has the larger sigma along the miss; the smaller sigma is returned too (the "dilution"
    sigma, d / (sqrt(2) aspect) for a small disk). Alfano 2005, as above. (N,), (N,), (N,) -> (N,), (N,) km.
    """
    distance = np.asarray(distance_km, dtype=np.float64)
    large = np.broadcast_to(np.asarray(aspect, dtype=np.float64), distance.shape)
    miss = np.stack([distance, np.zeros_like(distance)], axis=-1)
    covariance = np.zeros((*distance.shape, 2, 2))
    covariance[..., 0, 0], covariance[..., 1, 1] = large**2, 1.0
    found = scaled_maximum(miss, covariance, radius_km)
    return found.pc, found.scale


def socrates_2005(
    miss_km: Floats, velocity_km_s: Floats, one_rtn: Floats, other_rtn: Floats, radius_km: Floats | float
) -> tuple[Floats, Floats]:
    """(MAX_PROB, DILUTION in km) as SOCRATES has them.

    Kelso, Alfano, "Satellite orbital conjunction reports assessing threatening encounters in space
    (SOCRATES)", AAS 05-124 (2005): sigmas of 100, 300 and 100 m for each object, of which only the aspect ratio in
    the encounter plane is kept; the rest is `alfano_maximum`. Miss (N, 3) and relative velocity (N, 3) in the frame of
    the RTN axes (N, 3, 3, as `frames.rtn` gives them).
    """
    variances = np.square(SOCRATES_SIGMAS_KM)
    covariance = sum(np.einsum("nji,j,njk->nik", axes, variances, axes) for axes in (one_rtn, other_rtn))
    along = velocity_km_s / np.linalg.norm(velocity_km_s, axis=1, keepdims=True)
    flat = np.eye(3) - along[:, :, None] * along[:, None, :]
    values = np.linalg.eigvalsh(flat @ covariance @ flat)
    aspect = np.sqrt(values[:, 2] / values[:, 1])
    return alfano_maximum(np.linalg.norm(miss_km, axis=1), aspect, radius_km)
