"""Who found what: all contestants' encounters in one set, made exact by direct SGP4, and each held against it.

A *true* encounter: two objects that pass at 0.1 km/s or more, whose least distance is within the threshold and lies
within the window and the life of both. Kept apart, with their numbers: pairs slower than that (docked, in formation:
one asks whether the stay is covered, not for an instant), and encounters that the window or the end of an object cuts
off (their minimum lies outside). The life of an object ends at the first failure that any contestant
reports and SGP4 confirms.

A row is *spurious* when there is none of these within a second of it, when an object has ended by then, or when it is
the second row for one true encounter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sgp4.api import Satrec

from benchmarks.screening.direct import relative
from benchmarks.screening.refinement import CUT, MINIMUM, SLOW, refine
from benchmarks.screening.rows import Rows
from space_hub.orbit.times import SECOND, Floats, Ticks, julian, moment

SAME = SECOND
"""Rows of a pair within a second are of one encounter; two passes of a pair lie minutes apart."""

WRITTEN_KM = 1e-6
"""Results are written to the millimetre: less beyond the threshold is not beyond it."""

MILLISECOND = SECOND // 1000
NEAR_KM = 1e-3
LISTED = 50

Failures = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Union:
    """All encounters that anybody reports, refined. Each row of the pooled rows has its place in these columns."""

    a: npt.NDArray[np.intp]
    b: npt.NDArray[np.intp]
    tca: Ticks
    miss_km: Floats
    speed_km_s: Floats
    true: npt.NDArray[np.bool_]
    slow: npt.NDArray[np.bool_]
    cut: npt.NDArray[np.bool_]
    places: Mapping[str, npt.NDArray[np.intp]]

    def listed(self, which: npt.NDArray[np.intp], names: Sequence[int]) -> list[str]:
        """Ids, time, miss distance and speed of some of them, for people; the first fifty."""
        return [
            f"{names[self.a[n]]} {names[self.b[n]]} {moment(int(self.tca[n])):%Y-%m-%dT%H:%M:%S.%f}Z "
            f"{self.miss_km[n]:.6f} km {self.speed_km_s[n]:.3f} km/s"
            for n in which[:LISTED].tolist()
        ]


@dataclass(slots=True)
class Judged:
    """One contestant against the union."""

    rows: int = 0
    true: int = 0
    found: int = 0
    spurious: int = 0
    repeated: int = 0
    max_tca_error_ms: float = 0.0
    max_miss_error_m: float = 0.0
    slow_reported: int = 0
    slow_uncovered: int = 0
    cut_off: int = 0
    cut_off_uncovered: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of the true encounters that were found; none to find is nothing shown."""
        return self.found / self.true if self.true else 0.0


def confirmed(records: Sequence[Satrec], claims: Sequence[Failures]) -> dict[int, tuple[int, int]]:
    """For each object the earliest failure that somebody reports and SGP4 shows at that tick: its code and tick."""
    ends: dict[int, tuple[int, int]] = {}
    for claim in claims:
        for index, (_code, tick) in claim.items():
            day, fraction = julian(np.array([tick], dtype=np.int64))
            code = int(records[index].sgp4_array(day, fraction)[0][0])
            if code and (index not in ends or tick < ends[index][1]):
                ends[index] = code, tick
    return ends


def pooled(
    records: Sequence[Satrec],
    found: Mapping[str, Rows],
    start: int,
    stop: int,
    threshold_km: float,
    ends: Failures,
) -> Union:
    """Everybody's rows as one set of encounters, each refined once."""
    every = np.concatenate(list(found.values()))
    group = _grouped(every["a"], every["b"], every["tca"], np.ones(len(every), dtype=bool))
    first = np.unique(group, return_index=True)[1]
    a, b = every["a"][first].astype(np.intp), every["b"][first].astype(np.intp)
    refined = refine(records, a, b, every["tca"][first])

    # Two beginnings more than a second apart may have come down to one minimum.
    again = _grouped(a, b, refined.tca, refined.kind == MINIMUM)
    kept = np.unique(again, return_index=True)[1]
    a, b = a[kept], b[kept]
    tca, miss, kind = refined.tca[kept], refined.miss_km[kept], refined.kind[kept]
    end = np.full(len(records), np.iinfo(np.int64).max, dtype=np.int64)
    for index, (_code, tick) in ends.items():
        end[index] = tick
    last = np.minimum(stop, np.minimum(end[a], end[b]) - MILLISECOND)
    inside = (tca >= start) & (tca <= last)
    # One that is cut off has its least distance where it is cut.
    cut = (kind == CUT) | ((kind == MINIMUM) & ((tca < start) | ((tca > last) & (last == stop))))
    tca = np.where(cut, np.clip(tca, start, last), tca)
    apart = relative(records, a[cut], b[cut], tca[cut])[0]
    miss[cut] = np.sqrt((apart * apart).sum(axis=1))
    bounds = np.cumsum([0, *(len(one) for one in found.values())])
    of_row = again[group]
    return Union(
        a,
        b,
        tca,
        miss,
        refined.speed_km_s[kept],
        true=(kind == MINIMUM) & inside & (miss <= threshold_km),
        slow=(kind == SLOW) & inside & (miss <= threshold_km + WRITTEN_KM),
        cut=cut & (miss <= threshold_km + WRITTEN_KM),
        places={name: of_row[low:high] for name, (low, high) in zip(found, pairwise(bounds.tolist()), strict=True)},
    )


def _grouped(
    a: npt.NDArray[np.signedinteger], b: npt.NDArray[np.signedinteger], tca: Ticks, may: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """A number for each row, the same for rows of one pair that follow each other within SAME and `may` be one."""
    order = np.lexsort((tca, b, a))
    one, other, at, allowed = a[order], b[order], tca[order], may[order]
    same = (one[1:] == one[:-1]) & (other[1:] == other[:-1]) & (at[1:] - at[:-1] <= SAME) & allowed[1:] & allowed[:-1]
    number = np.empty(len(a), dtype=np.intp)
    number[order] = np.cumsum(np.concatenate(([True], ~same))[: len(a)]) - 1
    return number


def judge(
    records: Sequence[Satrec], union: Union, name: str, rows: Rows, threshold_km: float, names: Sequence[int]
) -> Judged:
    """One contestant's rows against all that is true."""
    place = union.places[name]
    true = union.true[place]
    late = np.abs(rows["tca"] - union.tca[place])
    right = true & (late <= SAME)
    hit = np.unique(place[right])
    missed = np.setdiff1d(np.flatnonzero(union.true), hit)
    # Beside a true minimum, a pair that flies together or one cut off is no invention if it is within the threshold.
    a, b = rows["a"].astype(np.intp), rows["b"].astype(np.intp)
    other = ~true
    gap = np.full(len(rows), np.inf)
    apart, _turn = relative(records, a[other], b[other], rows["tca"][other])
    gap[other] = np.sqrt((apart * apart).sum(axis=1))
    allowed = other & (union.slow | union.cut)[place] & (gap <= threshold_km + WRITTEN_KM)
    # What lies between the threshold and a millimetre beyond is neither asked for nor held against anybody.
    edge = other & (union.miss_km[place] > threshold_km) & (union.miss_km[place] <= threshold_km + WRITTEN_KM)
    wrong = ~right & ~allowed & ~edge
    slow_open, cut_open = _uncovered(union, union.slow, rows), _uncovered(union, union.cut, rows)
    return Judged(
        rows=len(rows),
        true=int(union.true.sum()),
        found=len(hit),
        spurious=int(wrong.sum()) + int(right.sum()) - len(hit),
        repeated=int(right.sum()) - len(hit),
        max_tca_error_ms=float(late[right].max(initial=0)) / 1000.0,
        max_miss_error_m=float(np.abs(rows["miss_km"] - union.miss_km[place])[right].max(initial=0.0)) * 1000.0,
        slow_reported=int(union.slow[place].sum()),
        slow_uncovered=len(slow_open),
        cut_off=int((union.cut[place] & allowed).sum()),
        cut_off_uncovered=len(cut_open),
        missed=union.listed(missed, names),
        extra=union.listed(place[wrong], names),
        uncovered=union.listed(np.concatenate((slow_open, cut_open)), names),
    )


def _uncovered(union: Union, which: npt.NDArray[np.bool_], rows: Rows) -> npt.NDArray[np.intp]:
    """Those of the union that lie in no interval which the contestant gives for their pair; a second of slack."""
    wanted = np.flatnonzero(which)
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
    pairs = set(zip(union.a[wanted].tolist(), union.b[wanted].tolist(), strict=True))
    for a, b, entry, leave in zip(*(rows[key].tolist() for key in ("a", "b", "entry", "exit")), strict=True):
        if (a, b) in pairs:
            spans.setdefault((a, b), []).append((entry - SAME, leave + SAME))
    open_ones = [
        n
        for n in wanted.tolist()
        if not any(low <= int(union.tca[n]) <= high for low, high in spans.get((int(union.a[n]), int(union.b[n])), []))
    ]
    return np.array(open_ones, dtype=np.intp)


def near_threshold(union: Union, found: Mapping[str, Rows], threshold_km: float, names: Sequence[int]) -> list[str]:
    """Encounters within a metre of the threshold on either side, and who reports each."""
    near = np.flatnonzero((np.abs(union.miss_km - threshold_km) <= NEAR_KM) & ~union.slow & ~union.cut)
    by = {name: set(union.places[name].tolist()) for name in found}
    return [
        f"{text} found by {', '.join(name for name in found if n in by[name]) or 'nobody'}"
        for n, text in zip(near.tolist(), union.listed(near, names), strict=False)
    ]
