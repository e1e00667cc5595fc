"""What every contestant hands in: one row an encounter, in the same columns.

`a` < `b` are places in the list of element sets; `tca`, `entry` and `exit` are ticks
(whole microseconds since 1970). A contestant that knows no interval gives its TCA for both.
"""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.void]

ROW = np.dtype(
    [
        ("a", "<i4"),
        ("b", "<i4"),
        ("tca", "<i8"),
        ("miss_km", "<f8"),
        ("speed_km_s", "<f8"),
        ("entry", "<i8"),
        ("exit", "<i8"),
    ]
)

SLOW_KM_S = 0.1
"""Below this relative speed a pair flies together more than it meets: such pairs are compared apart."""

CO_MOVING_KM_S = 0.01
"""Below this an approach has no instant of its own: a stay within the threshold is one record."""


def rows(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    tca: npt.ArrayLike,
    miss_km: npt.ArrayLike,
    speed_km_s: npt.ArrayLike,
    entry: npt.ArrayLike | None = None,
    exit: npt.ArrayLike | None = None,
) -> Rows:
    """Columns as rows, each pair in rising order, sorted by pair and time."""
    one, other = np.asarray(a), np.asarray(b)
    out = np.zeros(len(one), dtype=ROW)
    out["a"], out["b"] = np.minimum(one, other), np.maximum(one, other)
    out["tca"], out["miss_km"], out["speed_km_s"] = tca, miss_km, speed_km_s
    out["entry"] = tca if entry is None else entry
    out["exit"] = tca if exit is None else exit
    return out[np.lexsort((out["tca"], out["b"], out["a"]))]


def joined(found: Rows, gap: int, alike: npt.NDArray[np.bool_]) -> Rows:
    """Rows of one pair that follow each other within `gap` ticks and are all `alike`, as one: the nearest of them.

    `found` is sorted as `rows` leaves it; `entry` and `exit` of the one cover all that it stands for.
    """
    if len(found) == 0:
        return found
    same = (found["a"][1:] == found["a"][:-1]) & (found["b"][1:] == found["b"][:-1])
    follows = same & alike[1:] & alike[:-1] & (found["tca"][1:] - found["tca"][:-1] <= gap)
    begins = np.concatenate(([True], ~follows))
    first = np.flatnonzero(begins)
    nearest = np.lexsort((found["tca"], found["miss_km"], np.cumsum(begins)))
    out = found[nearest[first]]
    out["entry"] = np.minimum.reduceat(found["entry"], first)
    out["exit"] = np.maximum.reduceat(found["exit"], first)
    return out
