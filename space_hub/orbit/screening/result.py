"""What a screening found, and the bytes that say whether two results are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from space_hub.orbit.times import ticks


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

    encounters: list[Encounter]
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
    lines = sorted(
        (*sorted((ids[one.a], ids[one.b])), ticks(one.tca), round(one.miss_km * 1e6)) for one in result.encounters
    )
    return "".join(f"{low},{high},{tca},{miss}\n" for low, high, tca, miss in lines).encode()


def canonical_sha256(result: ScreeningResult, ids: Sequence[int]) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return sha256(canonical_bytes(result, ids)).hexdigest()
