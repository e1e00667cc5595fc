"""What the methods are given: checked once, turned to the principal axes of the covariance.

An encounter in its plane is a miss, a combined covariance and a combined hard-body radius.
Every two-dimensional method sees it as a disk of that radius around the miss and a normal
density around the origin, along the principal axes of the covariance.
"""

from dataclasses import dataclass

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.times import Floats

WIDEST_KM = 1e6
"""Beyond this a miss, a sigma or a radius is not one of an encounter around the earth."""


@dataclass(frozen=True, slots=True)
class Principal:
    """N encounters along principal axes, km: the miss (not negative), the smaller and the larger sigma, the radius."""

    x: Floats
    """Miss along the axis of the smaller sigma."""
    y: Floats
    """Miss along the axis of the larger sigma."""
    small: Floats
    large: Floats
    radius: Floats

    def __len__(self) -> int:
        return len(self.radius)

    @property
    def distance2(self) -> Floats:
        """The squared Mahalanobis distance of the miss."""
        return np.asarray((self.x / self.small) ** 2 + (self.y / self.large) ** 2)


def principal(miss_km: Floats, covariance_km2: Floats, radius_km: Floats | float) -> Principal:
    """Encounters in the plane, (N, 2), (N, 2, 2) and (N,) or one number, along their principal axes.

    A density is the same on both sides of each axis, so signs of the miss are dropped.
    Raises Invalid for shapes that do not fit, for what is no number, for a radius that is not
    positive and for a covariance that is not positive definite (`repair.clipped` mends one).
    """
    miss = np.asarray(miss_km, dtype=np.float64)
    covariance = np.asarray(covariance_km2, dtype=np.float64)
    if miss.ndim != 2 or miss.shape[1] != 2 or covariance.shape != (len(miss), 2, 2):
        raise Invalid("pc.shape_wrong", miss=miss.shape, covariance=covariance.shape)
    radius = np.asarray(radius_km, dtype=np.float64)
    if radius.ndim > 1 or (radius.ndim == 1 and len(radius) != len(miss)):
        raise Invalid("pc.shape_wrong", miss=miss.shape, covariance=radius.shape)
    radius = np.broadcast_to(radius, len(miss))
    positive(radius)
    _believable("pc.miss_wrong", np.abs(miss).max(axis=1, initial=0.0))
    a, b, c = covariance[:, 0, 0], 0.5 * (covariance[:, 0, 1] + covariance[:, 1, 0]), covariance[:, 1, 1]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        widest = 0.5 * (a + c) + np.hypot(0.5 * (a - c), b)
        least = (a * c - b * b) / widest
    wrong = ~((least > 0.0) & (widest <= WIDEST_KM**2))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise Invalid("pc.covariance_wrong", first=first, count=int(wrong.sum()), given=covariance[first].tolist())
    along = np.stack([b, widest - a], axis=1)
    other = np.stack([widest - c, b], axis=1)
    take = np.abs(widest - a) > np.abs(widest - c)
    axis = np.where(take[:, None], along, other)
    length = np.hypot(axis[:, 0], axis[:, 1])
    round_one = length == 0.0
    axis = np.where(round_one[:, None], np.array([1.0, 0.0]), axis / np.where(round_one, 1.0, length)[:, None])
    y = np.abs(axis[:, 0] * miss[:, 0] + axis[:, 1] * miss[:, 1])
    x = np.abs(axis[:, 1] * miss[:, 0] - axis[:, 0] * miss[:, 1])
    return Principal(x, y, np.sqrt(least), np.sqrt(widest), np.ascontiguousarray(radius))


def positive(radius: Floats) -> None:
    """Refuse (Invalid) radii (N,) that are no numbers above zero."""
    wrong = ~((radius > 0.0) & (radius <= WIDEST_KM))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise Invalid("pc.radius_wrong", first=first, count=int(wrong.sum()), given=float(radius[first]))


def _believable(code: str, size: Floats) -> None:
    wrong = ~(size <= WIDEST_KM)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise Invalid(code, first=first, count=int(wrong.sum()), given=float(size[first]))
