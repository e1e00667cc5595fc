"""An object's own error growth from its own element sets.

After Geul, Mooij and Noomen 2017 ("TLE uncertainty estimation using robust weighted differencing", Adv. Space
Res. 59, 2522): all pairs of sets are differenced, and the size of the differences is regressed on their age by a
robust estimator, so that no set has to be filtered out first. Here the robust size is the 68.27 % quantile about
nought (a bias is an error too) in bins of age, and the regression is non-negative and weighted by the numbers in the
bins. A difference holds the error of the older set at its age and that of the newer at age nought: var(age) + var(0).

What stays hidden: errors that consecutive sets share, because they were fitted to the same observations.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import Floats
from space_hub.orbit.uncertainty.differences import Differences, differences
from space_hub.orbit.uncertainty.growth import POWERS, Growth, Source

ONE_SIGMA = 0.682689
"""Share of a normal distribution within one standard deviation."""

LEAST_PAIRS = 30
"""Fewer differences than this say nothing about an object; its regime's table serves it better."""

_LEAST_IN_BIN = 8
_EDGES = np.array([0.05, 0.5, 0.85, 1.25, 1.75, 2.5, 3.5, 4.5, 5.5, 7.0, 9.0, 11.0, 14.0])
_CITATION = "own history, after Geul, Mooij and Noomen 2017"
_SOME_KM = 1e-3
"""A metre: what the printing of angles in an element set alone leaves uncertain is more."""


def estimate(history: Sequence[ElementSet], within_days: float = 7.0) -> Growth:
    """Growth of one object from its sets. Raises Invalid when fewer than 30 pairs can be differenced."""
    return fit(differences(history, within_days))


def fit(found: Differences) -> Growth:
    """Growth from differences that there are."""
    if len(found) < LEAST_PAIRS:
        raise Invalid("uncertainty.too_few", given=len(found), expected=LEAST_PAIRS)
    age, size, weight = _binned(found)
    rows = np.stack([np.full_like(age, 2.0), age**2, age**4], axis=-1)
    variance = np.zeros((3, POWERS))
    for axis in range(3):
        wanted = np.maximum(size[:, axis] ** 2, _SOME_KM**2)
        scale = np.sqrt(weight) / wanted
        variance[axis, ::2], _rest = nnls(rows * scale[:, None], wanted * scale)
        variance[axis, 0] = max(variance[axis, 0], _SOME_KM**2 / 2.0)
    return Growth(variance, Source.HISTORY, _CITATION, len(found))


def _binned(found: Differences) -> tuple[Floats, Floats, Floats]:
    """Ages (B,), sizes (B, 3) km and numbers (B,) of the bins that hold enough; one bin when none does."""
    which = np.digitize(found.age_days, _EDGES)
    members = [np.flatnonzero(which == each) for each in np.unique(which)]
    members = [each for each in members if len(each) >= _LEAST_IN_BIN] or [np.arange(len(found))]
    age = np.array([np.median(found.age_days[each]) for each in members])
    size = np.array([np.quantile(np.abs(found.rtn_km[each]), ONE_SIGMA, axis=0) for each in members])
    return age, size, np.array([len(each) for each in members], dtype=np.float64)
