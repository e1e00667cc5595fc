"""An object at the instant of closest approach: where it is, how fast, and how well that is known."""

from dataclasses import dataclass

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.times import Floats

FARTHEST_KM = 1e6
FASTEST_KM_S = 30.0
WIDEST_KM = 0.99 * 63_781.35
"""A sigma of ten earth radii stands in messages for "not known": no probability follows from it."""


@dataclass(frozen=True, slots=True)
class State:
    """Position (3,) km, velocity (3,) km/s, covariance (6, 6) km^2, km^2/s, km^2/s^2, all in one inertial frame.

    Refuses (Invalid) other shapes, what is no number, what is not near the earth, negative
    variances, and a covariance that is not symmetric. One that is symmetric and not positive
    definite is taken: `repair` mends it where it is used, and says so.
    """

    position_km: Floats
    velocity_km_s: Floats
    covariance: Floats

    def __post_init__(self) -> None:
        position, velocity = np.asarray(self.position_km, float), np.asarray(self.velocity_km_s, float)
        covariance = np.asarray(self.covariance, float)
        if position.shape != (3,) or velocity.shape != (3,) or covariance.shape != (6, 6):
            shapes = f"{position.shape}, {velocity.shape}, {covariance.shape}"
            raise Invalid("pc.state_wrong", given=shapes)
        for vector, most in ((position, FARTHEST_KM), (velocity, FASTEST_KM_S)):
            length = float(np.linalg.norm(vector))
            if not 0.0 < length <= most:
                raise Invalid("pc.state_wrong", given=vector.tolist())
        variances = np.diag(covariance)
        believable = np.isfinite(covariance).all() and (variances >= 0.0).all() and (variances[:3] > 0.0).any()
        if not believable or variances[:3].max() > WIDEST_KM**2:
            raise Invalid("pc.covariance_wrong", first=0, count=1, given=variances.tolist())
        scale = np.sqrt(np.outer(variances, variances)) + np.abs(covariance).max() * 1e-12
        if (np.abs(covariance - covariance.T) > 1e-6 * scale).any():
            raise Invalid("pc.covariance_not_symmetric")
        object.__setattr__(self, "position_km", position)
        object.__setattr__(self, "velocity_km_s", velocity)
        object.__setattr__(self, "covariance", 0.5 * (covariance + covariance.T))

    @property
    def has_velocity_covariance(self) -> bool:
        """False where a message gives the uncertainty of the position alone (zeros for the rest)."""
        known = np.diag(self.covariance)[3:].any() and self.covariance[:3, 3:].any()
        return bool(known)
