"""Encounters of the screening held against others: those of brute force, a direct minimisation, another run.

A `Part` of the campaign counts what was looked at and what was wrong, names the first of
what was wrong, and keeps the greatest differences. Tolerances are those of the product's
claim: above 0.1 km/s the instant to 0.01 ms and the miss to 0.01 m; below, the instant to
1 ms or 1 m of relative motion, whichever is longer.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening import ScreeningResult
from space_hub.orbit.times import SECOND, moment
from space_hub.validation.brute_force import SLOW_KM_S, Meeting, apart, least, pace

TCA_TOLERANCE_MS = 0.01
FAR_KM = 10.0
"""Beyond this distance the tolerance of the instant grows with it, as what SGP4's noise does to the minimum."""

SLOW_TCA_TOLERANCE_MS = 1.0
SLOW_MOTION_TOLERANCE_M = 1.0
MISS_TOLERANCE_M = 0.01

AT_THRESHOLD_KM = 1e-5
"""Within this of the threshold it is noise that decides: counted apart and named, not failed."""

DAY = timedelta(days=1)
NEAR_END = timedelta(seconds=10)

CROSSING_KM = 1e-7
"""By how much a distance may be beyond the threshold at an entry or exit: ten times the noise of SGP4."""

NAMED = 20

Rows = npt.NDArray[Any]


@dataclass(slots=True)
class Part:
    """What one part of the campaign saw. `required` cases at least must be looked at for it to hold.

    `max_tca_error_ms` is of encounters above 0.1 km/s; below, `max_slow_motion_m` is the relative motion in the
    time by which the two minima differ, where that is more than 1 ms.
    """

    part: str
    objects: int = 0
    cases: int = 0
    required: int = 1
    missed: int = 0
    spurious: int = 0
    wrong: int = 0
    at_threshold: int = 0
    max_tca_error_ms: float = 0.0
    max_slow_motion_m: float = 0.0
    max_miss_error_m: float = 0.0
    notes: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        return self.missed + self.spurious + self.wrong

    @property
    def holds(self) -> bool:
        return self.failed == 0 and self.cases >= self.required

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"failed": self.failed, "holds": self.holds}

    def row(self) -> dict[str, object]:
        """A line of the table."""
        left_out = {"required", "notes", "figures"}
        return {key: value for key, value in asdict(self).items() if key not in left_out} | {"holds": self.holds}

    def note(self, what: str) -> None:
        if len(self.notes) < NAMED:
            self.notes.append(what)

    def measured(self, row: Rows, tick: int, miss_km: float, speed_km_s: float, *, at_end: bool = False) -> bool:
        """Take in how far an encounter is from a minimum at a tick; whether that is within tolerance.

        `at_end`: next to the end of an object, where it turns sharply and there is nothing beyond to fit a path to.
        """
        late_ms = abs(int(row["tca"]) - tick) / 1000.0
        miss_m = 1000.0 * abs(float(row["miss_km"]) - miss_km)
        self.max_miss_error_m = max(self.max_miss_error_m, miss_m)
        if speed_km_s > SLOW_KM_S and not at_end:
            self.max_tca_error_ms = max(self.max_tca_error_ms, late_ms)
            good = late_ms <= TCA_TOLERANCE_MS * max(1.0, miss_km / FAR_KM)
        else:
            motion_m = speed_km_s * late_ms if late_ms > SLOW_TCA_TOLERANCE_MS else 0.0
            self.max_slow_motion_m = max(self.max_slow_motion_m, motion_m)
            good = motion_m <= SLOW_MOTION_TOLERANCE_M
        return good and miss_m <= MISS_TOLERANCE_M


def against_truth(
    part: Part, truth: Sequence[Meeting], result: ScreeningResult, threshold_km: float, targets: Sequence[int] = ()
) -> Part:
    """Match encounters one to one, pair by pair, and measure how far they differ; `targets` limits it to theirs."""
    rows = result.encounters.columns
    if len(targets):
        rows = rows[np.isin(rows["a"], targets) | np.isin(rows["b"], targets)]
    mine: defaultdict[tuple[int, int], list[Rows]] = defaultdict(list)
    for row in rows:
        mine[_pair(row["a"], row["b"])].append(row)
    ends = {one.index: one.at for one in result.failures}
    part.cases += len(truth)
    for meeting in truth:
        candidates = mine[_pair(meeting.a, meeting.b)]
        overlapping = [one for one in candidates if one["entry"] - SECOND <= meeting.tca <= one["exit"] + SECOND]
        if not overlapping:
            _unmatched(part, "missed", _told(meeting.a, meeting.b, meeting.tca, meeting.miss_km), meeting, threshold_km)
            continue
        nearest = min(overlapping, key=lambda one: abs(int(one["tca"]) - meeting.tca))
        candidates[:] = [one for one in candidates if one is not nearest]
        end = min(ends.get(meeting.a, moment(meeting.tca) + DAY), ends.get(meeting.b, moment(meeting.tca) + DAY))
        at_end = end - moment(meeting.tca) < NEAR_END
        if not part.measured(nearest, meeting.tca, meeting.miss_km, meeting.speed_km_s, at_end=at_end):
            part.wrong += 1
            part.note(f"differs: {_told(meeting.a, meeting.b, meeting.tca, meeting.miss_km)}, not {_row(nearest)}")
    for rest in mine.values():
        for row in rest:
            _unmatched(part, "spurious", _row(row), row, threshold_km)
    return part


def _unmatched(part: Part, what: str, told: str, one: Any, threshold_km: float) -> None:
    miss_km = one.miss_km if isinstance(one, Meeting) else float(one["miss_km"])
    if abs(miss_km - threshold_km) < AT_THRESHOLD_KM:
        part.at_threshold += 1
        part.note(f"{what}, at the threshold: {told}")
    else:
        setattr(part, what, getattr(part, what) + 1)
        part.note(f"{what}: {told}")


def against_minimum(part: Part, fleet: Fleet, rows: Rows, threshold_km: float) -> Part:
    """Hold each encounter against a direct minimisation of the distance, and its ends against the threshold."""
    for row in rows:
        a, b, tca, entry, exit = (int(row[name]) for name in ("a", "b", "tca", "entry", "exit"))
        part.cases += 1
        tick, miss = _minimum(fleet, a, b, tca, entry, exit, float(row["relative_speed_km_s"]))
        good = part.measured(row, tick, miss, pace(fleet, a, b, tick))
        good &= entry <= tca <= exit and _is_crossing(fleet, row, threshold_km)
        length = float(np.sqrt(row["radial_km"] ** 2 + row["in_track_km"] ** 2 + row["cross_track_km"] ** 2))
        good &= abs(length - row["miss_km"]) < 1e-5
        if not good:
            part.wrong += 1
            part.note(f"differs: {_row(row)}, minimum {_told(a, b, tick, miss)}")
    return part


def _minimum(fleet: Fleet, a: int, b: int, tca: int, entry: int, exit: int, speed: float) -> tuple[int, float]:
    """The least distance between entry and exit: on a grid first, as a slow pair can have many minima."""
    if speed > 1.0:
        return least(fleet, a, b, max(entry, tca - 2 * SECOND), min(exit, tca + 2 * SECOND))
    step = max(100_000, min(10 * SECOND, (exit - entry) // 50))
    at = np.append(np.arange(entry, exit, step, dtype=np.int64), exit)
    gap = fleet.positions(a, at) - fleet.positions(b, at)
    distance = np.sqrt((gap * gap).sum(axis=1))
    padded = np.concatenate([[np.inf], distance, [np.inf]])
    low = np.flatnonzero((distance < padded[:-2]) & (distance <= padded[2:]))
    # Between two samples the distance can fall by no more than half of how far the pair moves from one to the next.
    moved = np.append(np.sqrt((np.diff(gap, axis=0) ** 2).sum(axis=1)), 0.0)
    reach = distance[low] - np.maximum(moved[low], moved[np.maximum(low - 1, 0)])
    low = low[reach <= distance.min()]
    found = [least(fleet, a, b, int(at[max(n - 1, 0)]), int(at[min(n + 1, len(at) - 1)])) for n in low.tolist()]
    least_miss = min(miss for _tick, miss in found)
    # Minima that noise alone tells apart: the one that the encounter claims is as good as any.
    return min((one for one in found if one[1] <= least_miss + 1e-8), key=lambda one: abs(one[0] - tca))


def _is_crossing(fleet: Fleet, row: Rows, threshold_km: float) -> bool:
    """Whether entry and exit are within the threshold, and a millisecond further out is not."""
    a, b = int(row["a"]), int(row["b"])
    for name, open_, out in (("entry", "open_start", -1_000), ("exit", "open_end", 1_000)):
        tick = int(row[name])
        if not apart(fleet, a, b, tick) <= threshold_km + CROSSING_KM:
            return False
        if not row[open_] and not apart(fleet, a, b, tick + out) >= threshold_km - CROSSING_KM:
            return False
    return True


def same_rows(part: Part, expected: Rows, given: Rows) -> Part:
    """Whether two tables hold the same encounters, bit by bit in every column."""
    part.cases += len(expected)
    if len(expected) == len(given) and np.array_equal(expected, given):
        return part
    keys = [{tuple(one) for one in table.tolist()} for table in (expected, given)]
    lost, more = keys[0] - keys[1], keys[1] - keys[0]
    part.missed += len(lost)
    part.spurious += len(more)
    for what, some in (("missed", lost), ("spurious", more)):
        for one in sorted(some):
            part.note(f"{part.part}: {what}: {one}")
    return part


def _pair(a: int, b: int) -> tuple[int, int]:
    return min(int(a), int(b)), max(int(a), int(b))


def _row(row: Rows) -> str:
    return _told(int(row["a"]), int(row["b"]), int(row["tca"]), float(row["miss_km"]))


def _told(a: int, b: int, tick: int, miss_km: float) -> str:
    return f"{a} {b} {moment(tick).isoformat()} {miss_km:.6f} km"
