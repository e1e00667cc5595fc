"""Does the screening find every encounter, and nothing else? A comparison with brute force on position alone.

Asked about the objects of a crowded shell, a draw of deep-space objects and every group
that flies together. The same encounters must come out, at the same instant and distance;
again with the edges of the pieces of work put within a second of encounters; and the same
bytes with another step, other pieces and the input in another order.
"""

import gzip
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import Encounter, ScreeningResult, canonical_sha256, screen
from space_hub.orbit.times import SECOND, moment, ticks
from space_hub.rng import SeededRng
from space_hub.validation.brute_force import Meeting, meetings

REAL = Path("gp") / "celestrak_on_orbit_20241101.csv.gz"
START = datetime(2024, 11, 2, tzinfo=UTC)

SHELL_KM = (700.0, 900.0)
SLOW_KM_S = 0.1
TCA_TOLERANCE_MS = 1.0
MISS_TOLERANCE_M = 1.0
NEAR_EDGE = SECOND
GROUP_KM = 20.0
"""Objects nearer than this that keep their distance to 10 m/s are a group."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Comparison:
    """One run of the engine against the brute force. `failed`: missed or beyond a tolerance."""

    run: str
    cases: int = 0
    found: int = 0
    spurious: int = 0
    beyond_tolerance: int = 0
    near_edge: int = 0
    max_tca_error_ms: float = 0.0
    max_slow_motion_m: float = 0.0
    max_miss_error_m: float = 0.0
    missed: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return self.cases - self.found + self.spurious + self.beyond_tolerance


@dataclass(slots=True)
class ScreeningReport:
    """What the campaign saw. `max_tca_error_ms` is of encounters above 0.1 km/s; below, `max_slow_motion_m` is the
    relative motion in the time by which the two minima differ, where that is more than 1 ms."""

    catalogue: str
    start: str
    hours: float
    threshold_km: float
    objects: int
    shell: int
    deep_space: int
    grouped: int
    required_cases: int
    required_near_edge: int
    comparisons: list[Comparison] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return self.comparisons[0].cases if self.comparisons else 0

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.comparisons)

    @property
    def recall(self) -> float:
        """The lowest share of the encounters that a run found."""
        return min((one.found / one.cases for one in self.comparisons if one.cases), default=0.0)

    @property
    def spurious(self) -> int:
        return sum(one.spurious for one in self.comparisons)

    @property
    def near_edge(self) -> int:
        return max((one.near_edge for one in self.comparisons), default=0)

    @property
    def max_tca_error_ms(self) -> float:
        return max((one.max_tca_error_ms for one in self.comparisons), default=0.0)

    @property
    def max_miss_error_m(self) -> float:
        return max((one.max_miss_error_m for one in self.comparisons), default=0.0)

    @property
    def same_bytes(self) -> bool:
        return len(self.hashes) > 1 and len(set(self.hashes.values())) == 1

    @property
    def holds(self) -> bool:
        enough = self.cases >= self.required_cases and self.near_edge >= self.required_near_edge
        return enough and self.failed == 0 and self.same_bytes

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        names = ("cases", "failed", "recall", "spurious", "near_edge", "max_tca_error_ms", "max_miss_error_m")
        return asdict(self) | {name: getattr(self, name) for name in (*names, "same_bytes", "holds")}

    def rows(self) -> list[dict[str, object]]:
        """One row a run of the engine, for a table."""
        return [
            {key: value for key, value in asdict(one).items() if key != "missed"} | {"failed": one.failed}
            for one in self.comparisons
        ]


def campaign(
    elements: Sequence[ElementSet],
    start: datetime = START,
    hours: float = 24.0,
    *,
    threshold_km: float = 5.0,
    shell: int = 1200,
    deep_space: int = 300,
    required_cases: int = 300,
    required_near_edge: int = 20,
    seed: int = 1,
    workers: int = 2,
    catalogue: str = "given",
    progress: Progress | None = None,
) -> ScreeningReport:
    """Compare the screening with brute force on a part of `elements`; about two minutes for a real day."""
    stop = start + timedelta(hours=hours)
    chosen, counts = select(elements, start, stop, shell, deep_space, seed)
    report = ScreeningReport(
        catalogue,
        start.isoformat(),
        hours,
        threshold_km,
        len(chosen),
        *counts,
        required_cases=required_cases,
        required_near_edge=required_near_edge,
    )
    truth = meetings(Fleet(chosen), ticks(start), ticks(stop), threshold_km, progress)
    ids = [one.catalog_number for one in chosen]

    first = screen(chosen, start, stop, threshold_km=threshold_km, workers=workers)
    report.comparisons.append(compare("default", truth, first, []))
    report.hashes["default"] = canonical_sha256(first, ids)

    edges = edges_near(truth, ticks(start), ticks(stop))
    second = screen(
        chosen, start, stop, threshold_km=threshold_km, chunk_edges=[moment(one) for one in edges], workers=workers
    )
    report.comparisons.append(compare("edges at encounters", truth, second, edges))
    report.hashes["edges at encounters"] = canonical_sha256(second, ids)

    third = screen(chosen, start, stop, threshold_km=threshold_km, step_s=37.0, chunk_s=1234.5, workers=1)
    report.hashes["step 37 s, pieces of 1234.5 s"] = canonical_sha256(third, ids)

    scope = SeededRng(seed).scope("hub", "screening order")
    order = sorted(range(len(chosen)), key=lambda _: scope.uniform())
    mixed = [chosen[n] for n in order]
    fourth = screen(mixed, start, stop, threshold_km=threshold_km, step_s=90.0, workers=workers)
    report.hashes["order mixed, step 90 s"] = canonical_sha256(fourth, [one.catalog_number for one in mixed])
    return report


def run(data: Path | None, *, progress: Progress | None = None) -> ScreeningReport:
    """The campaign on the real catalogue in the data folder, or without one on the synthetic sample."""
    if data is not None and (data / REAL).is_file():
        with gzip.open(data / REAL, "rt", encoding="utf-8") as file:
            elements = [line.elements for line in read_text(file.read(), now=START).accepted]
        return campaign(elements, catalogue=REAL.name, progress=progress)
    elements = sample_catalogue(START, 1)
    return campaign(elements, required_cases=1, required_near_edge=1, catalogue="synthetic", progress=progress)


def select(
    elements: Sequence[ElementSet], start: datetime, stop: datetime, shell: int, deep_space: int, seed: int
) -> tuple[list[ElementSet], tuple[int, int, int]]:
    """The objects to try, in the order given, and how many of each sort (an object may be of two)."""
    low, high = SHELL_KM
    ring = [n for n, one in enumerate(elements) if low <= one.perigee_km and one.apogee_km <= high][:shell]
    scope = SeededRng(seed).scope("hub", "screening draw")
    deep = [n for n, one in enumerate(elements) if one.is_deep_space]
    drawn = sorted(deep, key=lambda _: scope.uniform())[:deep_space]
    grouped = _grouped(elements, ticks(start), ticks(stop))
    chosen = sorted({*ring, *drawn, *grouped})
    return [elements[n] for n in chosen], (len(ring), len(drawn), len(grouped))


def _grouped(elements: Sequence[ElementSet], start: int, stop: int) -> set[int]:
    """Objects with another within GROUP_KM that moves less than 10 m/s against it, at any of 25 instants."""
    fleet, grouped = Fleet(elements), set[int]()
    for at in np.linspace(start, stop, 25).astype(np.int64).tolist():
        position, _velocity, _codes = fleet.states(np.array([at, at + SECOND], dtype=np.int64))
        there = np.flatnonzero(np.isfinite(position[:, :, 0]).all(axis=1))
        pairs = there[cKDTree(position[there, 0]).query_pairs(GROUP_KM, output_type="ndarray")]
        gaps = position[pairs[:, 0]] - position[pairs[:, 1]]
        slow = np.sqrt(((gaps[:, 1] - gaps[:, 0]) ** 2).sum(axis=1)) < 0.010
        grouped.update(pairs[slow].ravel().tolist())
    return grouped


def edges_near(truth: Sequence[Meeting], start: int, stop: int, most: int = 60) -> list[int]:
    """Instants within a second of encounters all over the window, rising: some before, some at, some after."""
    tcas = sorted({one.tca for one in truth if start + 2 * SECOND < one.tca < stop - 2 * SECOND})
    offsets = (-900_000, -1_000, 0, 1, 20_000, 500_000, 950_000)
    picked = tcas[:: max(1, len(tcas) // most)]
    return sorted({tca + offsets[n % len(offsets)] for n, tca in enumerate(picked)})


def compare(run: str, truth: Sequence[Meeting], result: ScreeningResult, edges: Sequence[int]) -> Comparison:
    """Match encounters one to one, pair by pair, and measure how far they differ."""
    report = Comparison(run, cases=len(truth))
    mine: defaultdict[tuple[int, int], list[Encounter]] = defaultdict(list)
    for encounter in result.encounters:
        mine[_pair(encounter)].append(encounter)
    at_edges = np.asarray(edges, dtype=np.int64)
    for meeting in truth:
        report.near_edge += bool(len(at_edges) and np.abs(at_edges - meeting.tca).min() <= NEAR_EDGE)
        candidates = mine[_pair(meeting)]
        if not candidates:
            report.missed.append(f"{meeting.a} {meeting.b} {moment(meeting.tca).isoformat()} {meeting.miss_km:.6f} km")
            continue
        nearest = min(candidates, key=lambda one: abs(ticks(one.tca) - meeting.tca))
        if not _overlaps(nearest, meeting):
            report.missed.append(f"{meeting.a} {meeting.b} {moment(meeting.tca).isoformat()} {meeting.miss_km:.6f} km")
            continue
        candidates.remove(nearest)
        report.found += 1
        _measure(report, meeting, nearest)
    report.spurious = sum(len(rest) for rest in mine.values())
    return report


def _measure(report: Comparison, meeting: Meeting, encounter: Encounter) -> None:
    late_s = abs(ticks(encounter.tca) - meeting.tca) / SECOND
    miss_m = abs(encounter.miss_km - meeting.miss_km) * 1000.0
    report.max_miss_error_m = max(report.max_miss_error_m, miss_m)
    if meeting.speed_km_s > SLOW_KM_S:
        report.max_tca_error_ms = max(report.max_tca_error_ms, 1000.0 * late_s)
        late = 1000.0 * late_s > TCA_TOLERANCE_MS
    else:
        motion_m = meeting.speed_km_s * late_s * 1000.0 if 1000.0 * late_s > TCA_TOLERANCE_MS else 0.0
        report.max_slow_motion_m = max(report.max_slow_motion_m, motion_m)
        late = motion_m > 1.0
    report.beyond_tolerance += late or miss_m > MISS_TOLERANCE_M


def _pair(one: Meeting | Encounter) -> tuple[int, int]:
    return min(one.a, one.b), max(one.a, one.b)


def _overlaps(encounter: Encounter, meeting: Meeting) -> bool:
    slack = timedelta(seconds=1)
    return encounter.entry - slack <= moment(meeting.tca) <= encounter.exit + slack
