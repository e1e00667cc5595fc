"""Sine, cosine, powers and arc tangents of the C library over arrays, one number at a time.

numpy's own may differ from them in the last place, which the initialisation is to have as
other implementations do. What the library refuses becomes NaN, as in C.
"""

import math
from collections.abc import Callable, Iterable
from itertools import repeat

import numpy as np

from space_hub.orbit.times import Floats


def sine(x: Floats) -> Floats:
    return _each(math.sin, x, np.isfinite(x))


def cosine(x: Floats) -> Floats:
    return _each(math.cos, x, np.isfinite(x))


def power(x: Floats, exponent: float) -> Floats:
    """For positive `x` that neither vanish nor blow up; by numpy outside, where no digit matters."""
    steady = (x > 1e-60) & (x < 1e60)
    found = _each(math.pow, x, steady, repeat(exponent))
    return np.power(x, exponent, out=found, where=~steady)


def arc_tangent(y: Floats, x: Floats) -> Floats:
    return np.fromiter(map(math.atan2, y.tolist(), x.tolist()), np.float64, len(x))


def _each(
    function: Callable[..., float],
    x: Floats,
    allowed: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    *more: Iterable[float],
) -> Floats:
    found = np.full(len(x), np.nan)
    found[allowed] = np.fromiter(map(function, x[allowed].tolist(), *more), np.float64, int(allowed.sum()))
    return found
