"""Which encounters are the same, said without the product's own tolerance in time.

Where the true orbits are known, two looks are one encounter when the true distance of the
pair falls to the same minimum from either of them. Where they are not, two looks are one
when both objects are at the same place of their orbits (within `SAME_PLACE`) on the same
revolution. A look from which no minimum is reached is `UNCLEAR` and counted.
"""

from math import cos, radians

import numpy as np
import numpy.typing as npt

from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, Ticks

UNCLEAR = -1
SAME_MINIMUM = 30 * SECOND
"""Two descents to one minimum end within two seconds of each other, and two minima are many minutes apart."""

SAME_PLACE = radians(45.0)

_STEP_S = 30
_REACH = 20
_TOGETHER = 4_000


def true_minima(truth: Fleet, a: npt.NDArray[np.intp], b: npt.NDArray[np.intp], at: Ticks) -> Ticks:
    """The instant (P,) of the least true distance that is reached downhill from `at` (P,), or UNCLEAR."""
    found = [
        _minima(truth, a[first : first + _TOGETHER], b[first : first + _TOGETHER], at[first : first + _TOGETHER])
        for first in range(0, len(at), _TOGETHER)
    ]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _minima(truth: Fleet, a: npt.NDArray[np.intp], b: npt.NDArray[np.intp], at: Ticks) -> Ticks:
    offsets = np.arange(-_REACH, _REACH + 1, dtype=np.int64) * _STEP_S * SECOND
    times = at[:, None] + offsets
    gap = truth.positions_of(a, times) - truth.positions_of(b, times)
    square = (gap * gap).sum(axis=2)
    place = np.full(len(at), _REACH)
    rows = np.arange(len(at))
    for _step in range(_REACH):
        left, here, right = square[rows, place - 1], square[rows, place], square[rows, place + 1]
        place = np.clip(place + np.where(left < here, -1, np.where(right < here, 1, 0)), 1, 2 * _REACH - 1)
    left, here, right = square[rows, place - 1], square[rows, place], square[rows, place + 1]
    bend = left - 2.0 * here + right
    inside = (here <= left) & (here <= right) & (bend > 0.0)
    shift = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=inside)
    minimum = at + offsets[place] + (shift * _STEP_S * SECOND).astype(np.int64)
    return np.where(inside, minimum, UNCLEAR)


def same_place(
    first: Fleet, second: Fleet, objects: npt.NDArray[np.intp], at: Ticks, then: Ticks
) -> npt.NDArray[np.bool_]:
    """Whether an object (P,) at `at` by the first sets is where it is at `then` by the second (P,)."""
    one = first.positions_of(objects, at[:, None])[:, 0]
    other = second.positions_of(objects, then[:, None])[:, 0]
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found: npt.NDArray[np.bool_] = (one * other).sum(axis=1) > cos(SAME_PLACE) * lengths
    return found
