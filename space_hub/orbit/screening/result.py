"""What a screening found, and the bytes that say whether two results are the same.

Encounters are one structured array (`ENCOUNTER`); `Encounters` reads it as a sequence of
records. Nothing is built per encounter until a reader asks for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from space_hub.orbit.screening.found import CO_LOCATED, OPEN_END, OPEN_START, Found, Indices, sorted_once
from space_hub.orbit.times import moment, ticks

ENCOUNTER = np.dtype(
    [
        ("a", np.int32),
        ("b", np.int32),
        ("tca", np.int64),
        ("miss_km", np.float64),
        ("relative_speed_km_s", np.float64),
        ("entry", np.int64),
        ("exit", np.int64),
        ("radial_km", np.float64),
        ("in_track_km", np.float64),
        ("cross_track_km", np.float64),
        ("open_start", np.bool_),
        ("open_end", np.bool_),
        ("co_located", np.bool_),
    ],
    align=True,
)
"""One encounter: indices of the elements given, instants as ticks, and the fields of `Encounter`."""

_INSTANTS = ("tca", "entry", "exit")


@dataclass(frozen=True, slots=True)
class Encounter:
    """One interval in which two objects are within the threshold; the one record of it.

    `a` and `b` are indices of the elements given, `a` having the lower id. `tca` is the
    minimum of the distance over the interval, to 1 us; `miss_km` is rounded to 1 mm.
    `entry` and `exit` bound the interval to 1 ms. `open_start` and `open_end`: the window,
    or the end of one object, cuts the interval there, and the minimum may lie beyond.
    `co_located`: the relative speed stays below 10 m/s throughout. The last three are the
    position of b seen from a in RTN of a at `tca`.
    """

    a: int
    b: int
    tca: datetime
    miss_km: float
    relative_speed_km_s: float
    entry: datetime
    exit: datetime
    open_start: bool
    open_end: bool
    co_located: bool
    radial_km: float
    in_track_km: float
    cross_track_km: float


class Encounters(Sequence[Encounter]):
    """A table of encounters, (P,) of dtype ENCOUNTER in `columns`, read as records."""

    __slots__ = ("columns",)

    def __init__(self, columns: npt.NDArray[Any]) -> None:
        self.columns = columns

    @classmethod
    def of(cls, records: Iterable[Encounter]) -> "Encounters":
        """A table of records."""
        rows = [
            tuple(
                ticks(getattr(one, name)) if name in _INSTANTS else getattr(one, name) for name in ENCOUNTER.names or ()
            )
            for one in records
        ]
        return cls(np.array(rows, dtype=ENCOUNTER))

    def __len__(self) -> int:
        return len(self.columns)

    @overload
    def __getitem__(self, place: int) -> Encounter: ...
    @overload
    def __getitem__(self, place: slice) -> "Encounters": ...
    def __getitem__(self, place: int | slice) -> "Encounter | Encounters":
        if isinstance(place, slice):
            return Encounters(self.columns[place])
        return _record(*self.columns[place].item())

    def __iter__(self) -> Iterator[Encounter]:
        for row in self.columns.tolist():
            yield _record(*row)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Encounters):
            return bool(np.array_equal(self.columns, other.columns))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} encounters>"


def _record(
    a: int,
    b: int,
    tca: int,
    miss_km: float,
    speed: float,
    entry: int,
    exit: int,
    radial: float,
    in_track: float,
    cross_track: float,
    open_start: bool,
    open_end: bool,
    co_located: bool,
) -> Encounter:
    return Encounter(
        a,
        b,
        moment(tca),
        miss_km,
        speed,
        moment(entry),
        moment(exit),
        open_start,
        open_end,
        co_located,
        radial,
        in_track,
        cross_track,
    )


def encounters(found: Found, rank: Indices) -> Encounters:
    """Confirmed encounters as a table: each once, sorted by (rank of a, rank of b, TCA); miss to 1 mm."""
    found = sorted_once(found, rank)
    table = np.empty(len(found), dtype=ENCOUNTER)
    table["a"], table["b"], table["tca"] = found.a, found.b, found.tca
    table["entry"], table["exit"] = found.entry, found.exit
    table["miss_km"] = np.round(found.miss_km, 6)
    table["relative_speed_km_s"] = found.speed_km_s
    table["radial_km"], table["in_track_km"], table["cross_track_km"] = found.gap.T
    for name, flag in (("open_start", OPEN_START), ("open_end", OPEN_END), ("co_located", CO_LOCATED)):
        table[name] = found.flags & flag != 0
    return Encounters(table)


@dataclass(frozen=True, slots=True)
class Failure:
    """An object without a state from `at` on: SGP4's error code there. It is screened up to `at`."""

    index: int
    code: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """All encounters, sorted by (lower id, higher id, TCA), and what became of each object offered.

    `screened` objects had a state at the start of the window; the others failed at once.
    `failures` holds both kinds; `failed` counts them by code. `candidates` is the number
    of pairs and times that went from the search to the refinement.
    """

    encounters: Encounters
    offered: int
    screened: int
    failed: Mapping[int, int]
    failures: list[Failure]
    candidates: int

    @property
    def failed_at_once(self) -> int:
        return self.offered - self.screened


def canonical_bytes(result: ScreeningResult, ids: Sequence[int]) -> bytes:
    """The canonical form of a result: one line an encounter, `lower id,higher id,TCA,miss`.

    TCA in microseconds since 1970, miss in millimetres, sorted. `ids` names the elements
    that were screened. Equal bytes mean an equal result, whatever the step, the chunks,
    the number of workers and the order of the input.
    """
    table = result.encounters.columns
    names = np.array(ids, dtype=np.int64)
    if not len(table):
        return b""
    one, other = names[table["a"]], names[table["b"]]
    low, high = np.minimum(one, other), np.maximum(one, other)
    lines = np.stack([low, high, table["tca"], np.rint(table["miss_km"] * 1e6).astype(np.int64)], axis=1)
    lines = lines[np.lexsort(lines.T[::-1])]
    return ("%d,%d,%d,%d\n" * len(lines) % tuple(lines.ravel().tolist())).encode()


def canonical_sha256(result: ScreeningResult, ids: Sequence[int]) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return sha256(canonical_bytes(result, ids)).hexdigest()
