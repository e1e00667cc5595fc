"""Element sets as rows of coefficients: what every kernel reads.

`records` is the only way in. A set that SGP4 cannot use is a row like any other; its
states carry SGP4's error code.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from math import pi
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels.initialise import initialised
from space_hub.orbit.times import DAY, Floats, Ticks, ticks

_ZERO = ticks(datetime(1949, 12, 31, tzinfo=UTC))

_GIVEN = attrgetter(
    "bstar",
    "eccentricity",
    "arg_perigee_deg",
    "inclination_deg",
    "mean_anomaly_deg",
    "raan_deg",
    "mean_motion_rev_day",
)


class Records(NamedTuple):
    """N objects of which M are deep; plain arrays, so that kernels take it and processes pass it on.

    epoch (N,) ticks; deep (N,) place in `deep_rows` or -1; near_rows (N, NEAR_WIDTH) and deep_rows
    (M, DEEP_WIDTH) as in `constants`.
    """

    epoch: Ticks
    deep: npt.NDArray[np.int64]
    near_rows: Floats
    deep_rows: Floats


def records(elements: Sequence[ElementSet]) -> Records:
    """Coefficients of SGP4 (WGS 72, improved mode) for element sets, in their order; epochs to the microsecond."""
    count = len(elements)
    epoch = np.fromiter((ticks(one.epoch) for one in elements), np.int64, count)
    given = np.fromiter(chain.from_iterable(map(_GIVEN, elements)), np.float64, 7 * count).reshape(count, 7)
    given[:, 2:6] = np.radians(given[:, 2:6])
    given[:, 6] = given[:, 6] * 2.0 * pi / 1440.0
    near_rows, deep_rows, is_deep = initialised((epoch - _ZERO) / DAY, given)
    deep = np.where(is_deep, np.cumsum(is_deep, dtype=np.int64) - 1, np.int64(-1))
    return Records(epoch, deep, near_rows, deep_rows)
