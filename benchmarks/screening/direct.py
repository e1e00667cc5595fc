"""SGP4 asked directly, by the sgp4 package: many objects, each at its own times, one call an object."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sgp4.api import Satrec

from space_hub.orbit.times import Floats, Ticks, julian

Places = npt.NDArray[np.intp]


def states(records: Sequence[Satrec], which: Places, at: Ticks) -> tuple[Floats, Floats]:
    """Object `which[n]` at `at[n]`: positions (n, 3) km and velocities (n, 3) km/s, NaN where SGP4 has no state.

    Times of an object are put in order first: the deep-space integration then runs along them instead of restarting.
    """
    order = np.lexsort((at, which))
    day, fraction = julian(at[order])
    position, velocity = np.empty((len(at), 3)), np.empty((len(at), 3))
    objects, first = np.unique(which[order], return_index=True)
    bounds = pairwise([*first.tolist(), len(at)])
    for index, (low, high) in zip(objects.tolist(), bounds, strict=True):
        codes, r, v = records[index].sgp4_array(day[low:high], fraction[low:high])
        if codes.any():
            r[codes != 0] = np.nan
        position[order[low:high]], velocity[order[low:high]] = r, v
    velocity[~np.isfinite(position[:, 0])] = np.nan
    return position, velocity


def relative(records: Sequence[Satrec], a: Places, b: Places, at: Ticks) -> tuple[Floats, Floats]:
    """b seen from a at `at` (n,): position (n, 3) km and velocity (n, 3) km/s."""
    position, velocity = states(records, np.concatenate((a, b)), np.concatenate((at, at)))
    half = len(at)
    return position[half:] - position[:half], velocity[half:] - velocity[:half]
