"""The error of element sets as it grows with age: variances in RTN, and a 6x6 covariance from them.

Nothing here is an operator's covariance. It is a size of error that serves awareness and
triage, and it always says where it is from, how old the set is, and how many samples stand behind it.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.times import Floats

POWERS = 5
"""Variance is a polynomial of age up to the fourth power: a rate that is off, and drag that is off, squared."""


class Source(StrEnum):
    """Where a covariance is from, best first."""

    OPERATOR = "operator"
    HISTORY = "history"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Growth:
    """Variance of position by axis: `variance_km2` (..., 3, 5), radial, in-track, cross-track, powers of days.

    `citation` says in words whose figures these are; `samples` is the number of differences behind them (0 for a
    table).
    """

    variance_km2: Floats
    source: Source
    citation: str
    samples: int = 0

    def __post_init__(self) -> None:
        given = self.variance_km2
        if given.shape[-2:] != (3, POWERS) or not np.isfinite(given).all() or (given < 0.0).any():
            raise Invalid("uncertainty.variance", shape=str(given.shape), expected=f"(..., 3, {POWERS})")

    def sigmas_km(self, age_days: Floats | float) -> Floats:
        """Standard deviations in RTN at ages (...,) of either sign: (..., 3) km. Raises Invalid for an age that is
        none.
        """
        age = np.abs(np.asarray(age_days, dtype=np.float64))
        if not np.isfinite(age).all():
            raise Invalid("uncertainty.age", given=str(age_days))
        powers = age[..., None, None] ** np.arange(POWERS)
        return np.asarray(np.sqrt((self.variance_km2 * powers).sum(axis=-1)))

    def drift_km_day(self, over_days: float = 3.0) -> Floats:
        """Standard deviation of the in-track rate that gives this growth over some days: (...,) km a day."""
        grown = self.sigmas_km(over_days)[..., 1] ** 2 - self.sigmas_km(0.0)[..., 1] ** 2
        return np.asarray(np.sqrt(grown) / over_days)


@dataclass(frozen=True, slots=True)
class Covariance:
    """Estimated covariance of one element set at one age, in its own RTN: km^2, km^2/s, km^2/s^2."""

    matrix: Floats
    sigmas_km: Floats
    source: Source
    citation: str
    age_days: float
    samples: int


def covariance(growth: Growth, age_days: float, rate_rad_s: float) -> Covariance:
    """The covariance (6, 6) of one object (`growth` of shape (3, 5)) that turns at `rate_rad_s`, speed over radius."""
    matrix = covariances(growth, np.array([age_days]), np.array([rate_rad_s]))[0]
    return Covariance(
        matrix, growth.sigmas_km(age_days), growth.source, growth.citation, float(age_days), growth.samples
    )


def covariances(growth: Growth, age_days: Floats, rate_rad_s: Floats) -> Floats:
    """Covariances (N, 6, 6) in RTN at ages (N,) for objects that turn at rates (N,) rad/s.

    Positions are independent; velocities follow from what makes such errors in an orbit that is nearly a circle. An
    object early by an angle has its velocity turned with it. An eccentricity that is off by e moves it by a e in radius
    and, a quarter turn apart, by 2 a e along the track, and the speed with both. An axis that is off shows as drift
    in-track; a plane that is off moves the object across, and a quarter turn later its speed.
    """
    rate = np.asarray(rate_rad_s, dtype=np.float64)
    if not (np.isfinite(rate).all() and (rate > 0.0).all()):
        raise Invalid("uncertainty.rate", given=str(rate_rad_s))
    radial, along, across = np.moveaxis(growth.sigmas_km(age_days) ** 2, -1, 0)
    axis = (2.0 / 3.0 * np.maximum(growth.drift_km_day(), _LEAST_DRIFT) / (86400.0 * rate)) ** 2
    out = np.zeros((*rate.shape, 6, 6))
    out[..., 0, 0], out[..., 1, 1], out[..., 2, 2] = radial, along, across
    bent = np.minimum(radial, along / 5.0)
    out[..., 3, 3] = rate**2 * (along - 3.0 * bent)
    out[..., 4, 4] = rate**2 * (radial + axis / 4.0)
    out[..., 5, 5] = rate**2 * across
    out[..., 1, 3] = out[..., 3, 1] = -rate * (along - 2.0 * bent)
    out[..., 0, 4] = out[..., 4, 0] = -rate * radial
    return out


_LEAST_DRIFT = 1e-3
"""Kilometres a day in-track, below any drift that was ever seen: it keeps the covariance of a set without growth
positive definite.
"""
