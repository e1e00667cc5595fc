"""Encounters on their way to the result: columns, and the rows that kernels write them in.

A row stands for one encounter of a pair: its instants as ticks, its minimum, and where b
was seen from a there. Kernels append rows to two plain arrays that grow as lists do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from space_hub.orbit.kernels.jit import part
from space_hub.orbit.times import Floats, Ticks

Indices = npt.NDArray[np.int64]

OPEN_START, OPEN_END, CO_LOCATED = 1, 2, 4
"""What `flags` adds up."""

A, B, TCA, ENTRY, EXIT, FLAGS, SOURCE = range(7)
MISS, SPEED, X, Y, Z = range(5)
WHOLE, REAL = 7, 5


@dataclass(frozen=True, slots=True)
class Found:
    """Encounters as columns (P,): ticks, km, km/s; `gap` (P, 3) is the separation at TCA, b less a, TEME.

    `source` is the row of the question (candidate, region, sighting) that an encounter answers.
    """

    a: Indices
    b: Indices
    tca: Ticks
    miss_km: Floats
    speed_km_s: Floats
    entry: Ticks
    exit: Ticks
    flags: Indices
    gap: Floats
    source: Indices

    def __len__(self) -> int:
        return len(self.a)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Found":
        """Some of the rows."""
        return Found(*(getattr(self, one.name)[rows] for one in fields(self)))


def columns(whole: Indices, real: Floats) -> Found:
    """Rows as columns."""
    ints = [np.ascontiguousarray(whole[:, n]) for n in range(WHOLE)]
    return Found(
        ints[A],
        ints[B],
        ints[TCA],
        np.ascontiguousarray(real[:, MISS]),
        np.ascontiguousarray(real[:, SPEED]),
        ints[ENTRY],
        ints[EXIT],
        ints[FLAGS],
        np.ascontiguousarray(real[:, X:]),
        ints[SOURCE],
    )


def whole_of(found: Found) -> Indices:
    """The whole numbers of columns as rows again."""
    names = (found.a, found.b, found.tca, found.entry, found.exit, found.flags, found.source)
    return np.stack(names, axis=1)


def nothing() -> Found:
    """No encounter."""
    return columns(np.empty((0, WHOLE), dtype=np.int64), np.empty((0, REAL)))


def gathered(parts: Iterable[Found]) -> Found:
    """Encounters of several searches, one after the other."""
    tables = [nothing(), *parts]
    return Found(*(np.concatenate(column) for column in zip(*(_plain(one) for one in tables), strict=True)))


def sorted_once(found: Found, rank: Indices) -> Found:
    """Each encounter once, sorted by (rank of a, rank of b, TCA): two searches may both have found it."""
    order = np.lexsort((found.tca, rank[found.b], rank[found.a]))
    key = [found.a[order], found.b[order], found.tca[order]]
    fresh = np.ones(len(order), dtype=bool)
    if len(order) > 1:
        fresh[1:] = np.logical_or.reduce([one[1:] != one[:-1] for one in key])
    return found.take(order[fresh])


def _plain(found: Found) -> list[npt.NDArray[np.generic]]:
    return [getattr(found, one.name) for one in fields(found)]


def rows(capacity: int = 0) -> tuple[Indices, Floats]:
    """Two arrays without rows yet."""
    return np.empty((capacity + 16, WHOLE), dtype=np.int64), np.empty((capacity + 16, REAL))


@part
def room_for(whole: Indices, real: Floats, count: int) -> tuple[Indices, Floats]:
    """The rows, with a place for one more after `count`."""
    if count < len(whole):
        return whole, real
    longer_whole, longer_real = np.empty((2 * count + 16, WHOLE), dtype=np.int64), np.empty((2 * count + 16, REAL))
    # Loops, because the check of shapes in a slice costs three seconds of compiling.
    for row in range(count):
        for column in range(WHOLE):
            longer_whole[row, column] = whole[row, column]
        for column in range(REAL):
            longer_real[row, column] = real[row, column]
    return longer_whole, longer_real


@part
def write(
    whole: Indices,
    real: Floats,
    row: int,
    a: int,
    b: int,
    source: int,
    tca: int,
    entry: int,
    exit: int,
    flags: int,
    miss: float,
    speed: float,
    gap: Floats,
) -> None:
    """Fill one row."""
    whole[row, A], whole[row, B], whole[row, SOURCE] = a, b, source
    whole[row, TCA], whole[row, ENTRY], whole[row, EXIT], whole[row, FLAGS] = tca, entry, exit, flags
    real[row, MISS], real[row, SPEED] = miss, speed
    real[row, X], real[row, Y], real[row, Z] = gap[0], gap[1], gap[2]
