"""Probabilities of very many encounters at once, for a pipeline that cannot ask each one slowly.

The plane only: no test of its use. The series of Laas 2015 is the fastest by far; what it does not answer Alfano 2005
does. Both agree to 1e-7, so the figures are those of the slow road.
"""

from dataclasses import dataclass

import numpy as np

from space_hub.orbit.probability.alfano import alfano_2005
from space_hub.orbit.probability.encounter import Flags, planes
from space_hub.orbit.probability.laas import laas_2015
from space_hub.orbit.probability.maximum import scaled_maximum
from space_hub.orbit.probability.repair import CLIP
from space_hub.orbit.times import Floats


@dataclass(frozen=True, slots=True)
class Many:
    """N encounters, each (N,); NaN where `failed`: no relative velocity, or a figure that is no number."""

    pc: Floats
    pc_max: Floats
    dilution: Floats
    miss_km: Floats
    relative_speed_km_s: Floats
    tca_shift_s: Floats
    repaired: Flags
    by_series: Flags
    """Where Laas 2015 answered; elsewhere it was Alfano 2005."""
    failed: Flags

    @property
    def diluted(self) -> Flags:
        """Where the true sigma is beyond that of the largest probability."""
        return np.asarray(self.dilution < 1.0)


def probabilities(position_km: Floats, velocity_km_s: Floats, covariance_km2: Floats, radius_km: Floats) -> Many:
    """Relative positions (N, 3), velocities (N, 3), combined covariances (N, 3, 3) in one frame, combined radii (N,).

    One bad encounter fails alone. Raises Invalid for arrays that do not fit.
    """
    radius = np.asarray(radius_km, dtype=np.float64)
    at = planes(position_km, velocity_km_s, covariance_km2, CLIP * radius)
    flat = at.covariance_km2
    fine = np.isfinite(at.miss_km[:, 0]) & (at.miss_km[:, 0] < 1e6) & (radius > 0.0) & (radius < 1e6)
    fine &= np.isfinite(flat).all(axis=(1, 2)) & (np.einsum("nii->n", flat) < 1e12)
    pc, most, scale = (np.full(len(radius), np.nan) for _ in range(3))
    miss, flat, sizes = at.miss_km[fine], flat[fine], radius[fine]
    found = laas_2015(miss, flat, sizes)
    left = np.isnan(found)
    series = fine.copy()
    series[fine] = ~left
    found[left] = alfano_2005(miss[left], flat[left], sizes[left])
    highest = scaled_maximum(miss, flat, sizes)
    pc[fine], most[fine], scale[fine] = found, highest.pc, highest.scale
    speed, shift = at.relative_speed_km_s, at.tca_shift_s
    return Many(pc, most, scale, at.miss_km[:, 0], speed, shift, at.repaired, series, ~fine)
