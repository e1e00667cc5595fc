"""Does the screening find every encounter, nothing else, and always the same? Six parts, each with its own judge.

    shell     1,200 objects at 700 to 900 km for a day, against brute force on position alone;
              once more with the edges of the pieces of work within a second of encounters
    belt      the whole geostationary region for a week, against the same
    minima    encounters of the whole catalogue in a week, 2,000 drawn and all slow ones,
              against a direct minimisation of the distance
    settings  ten settings of step, pieces, threads and order on objects of every sort: the same bytes
    targets   one, few and many objects against all: exactly the rows of all against all that hold them
    ends      objects that fail in the window: named at the right millisecond, all exclusions counted,
              and screened up to there as brute force has it

Judges use the sgp4 package alone. About four minutes on two cores for the real catalogue.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import Failure, ScreeningResult, canonical_sha256, screen
from space_hub.orbit.times import SECOND, moment, ticks
from space_hub.rng import SeededRng
from space_hub.validation import skies
from space_hub.validation.brute_force import BELT, LOW, SLOW_KM_S, Meeting, Raster, meetings
from space_hub.validation.comparison import Part, Rows, against_minimum, against_truth, same_rows

START = datetime(2024, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
THRESHOLD_KM = 5.0
WIDE_KM = 100.0
"""Threshold around objects that fall: there is little else where they end."""

BEFORE_END, AFTER_END = timedelta(hours=1), timedelta(minutes=5)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is looked at."""

    days: float = 7.0
    shell: int = 1_200
    shell_hours: float = 24.0
    minima: int = 2_000
    every_sort: int = 3_000
    settings_hours: float = 24.0
    required: int = 300
    seed: int = 1


WHOLE = Size()
SAMPLE = Size(days=1.0, every_sort=900, settings_hours=6.0, required=1)
"""For the synthetic catalogue."""


@dataclass(slots=True)
class ScreeningReport:
    """What the campaign saw, part by part."""

    catalogue: str
    start: str
    threshold_km: float
    objects: int
    too_old: int
    parts: list[Part] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return sum(one.cases for one in self.parts)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.parts)

    @property
    def max_tca_error_ms(self) -> float:
        return max((one.max_tca_error_ms for one in self.parts), default=0.0)

    @property
    def max_miss_error_m(self) -> float:
        return max((one.max_miss_error_m for one in self.parts), default=0.0)

    @property
    def holds(self) -> bool:
        return bool(self.parts) and all(one.holds for one in self.parts)

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        names = ("cases", "failed", "max_tca_error_ms", "max_miss_error_m", "holds")
        plain = {key: value for key, value in asdict(self).items() if key != "parts"}
        return plain | {name: getattr(self, name) for name in names} | {"parts": [one.as_dict() for one in self.parts]}

    def rows(self) -> list[dict[str, object]]:
        """One row a part, for a table."""
        return [one.row() for one in self.parts]


class Campaign:
    """One catalogue and what is asked about it. Each part can be run alone."""

    def __init__(self, elements: Sequence[ElementSet], size: Size = WHOLE, start: datetime = START) -> None:
        self.elements, self.size, self.start = list(elements), size, start

    @property
    def stop(self) -> datetime:
        return self.start + self.size.days * DAY

    @cached_property
    def whole(self) -> ScreeningResult:
        """All against all, all the time."""
        return self.screened(self.elements)

    @cached_property
    def sorts(self) -> tuple[list[ElementSet], datetime, datetime]:
        """Objects of every sort with those that fail and all groups, and a window in which some fail."""
        failing = [one.index for one in self.whole.failures if one.at > self.start]
        groups = skies.grouped(self.elements, self.start, self.stop)
        chosen = skies.every_sort(self.elements, self.size.every_sort, self.size.seed, [*failing, *groups])
        length = timedelta(hours=self.size.settings_hours)
        ends = sorted(one.at for one in self.whole.failures if one.at > self.start)
        middle = ends[len(ends) // 2] if ends else self.start + length
        start = min(max(self.start, middle - length / 2), self.stop - length)
        return [self.elements[n] for n in chosen], start, start + length

    def screened(
        self, elements: Sequence[ElementSet], start: datetime | None = None, stop: datetime | None = None, **given: Any
    ) -> ScreeningResult:
        return screen(elements, start or self.start, stop or self.stop, **({"threshold_km": THRESHOLD_KM} | given))

    def shell(self, progress: Progress) -> Part:
        """The crowded shell, against brute force."""
        part = Part("shell", required=self.size.required)
        some = [self.elements[n] for n in skies.shell(self.elements, self.size.shell, self.size.seed)]
        stop = min(self.stop, self.start + timedelta(hours=self.size.shell_hours))
        truth = self._against(part, some, stop, LOW, progress)
        edges = edges_near(truth, ticks(self.start), ticks(stop))
        again = self.screened(some, self.start, stop, chunk_edges=[moment(one) for one in edges])
        part.figures["edges_within_a_second_of_encounters"] = len(edges)
        return against_truth(part, truth, again, THRESHOLD_KM)

    def belt(self, progress: Progress) -> Part:
        """The geostationary region, against brute force."""
        part = Part("belt")
        some = [self.elements[n] for n in skies.belt(self.elements)]
        self._against(part, some, self.stop, BELT, progress)
        return part

    def _against(
        self, part: Part, some: Sequence[ElementSet], stop: datetime, raster: Raster, progress: Progress
    ) -> list[Meeting]:
        part.objects = len(some)
        truth = meetings(Fleet(some), ticks(self.start), ticks(stop), THRESHOLD_KM, progress, raster=raster)
        against_truth(part, truth, self.screened(some, self.start, stop), THRESHOLD_KM)
        return truth

    def minima(self, progress: Progress) -> Part:
        """Encounters of the whole catalogue, against a direct minimisation."""
        rows = self.whole.encounters.columns
        slow = rows["relative_speed_km_s"] <= SLOW_KM_S
        fast = np.flatnonzero(~slow)
        chosen = np.sort(np.concatenate([np.flatnonzero(slow), skies.drawn(fast.tolist(), self.size.minima, 2)]))
        part = Part("minima", len(self.elements), required=self.size.required)
        part.figures |= {"encounters": len(rows), "slow": int(slow.sum()), "candidates": self.whole.candidates}
        fleet = Fleet(self.elements)
        for done, some in enumerate(np.array_split(chosen, 100)):
            progress(done, 100)
            against_minimum(part, fleet, rows[some.astype(np.intp)], THRESHOLD_KM)
        return part

    def settings(self, progress: Progress) -> Part:
        """The same bytes, whichever way the search is cut."""
        elements, start, stop = self.sorts
        part = Part("settings", len(elements), required=self.size.required)
        ids = [one.catalog_number for one in elements]
        first = self.screened(elements, start, stop)
        expected = _named(first, ids)
        hashes = {"default": canonical_sha256(first, ids)}
        ways = list(self._ways(elements, first, start, stop))
        for done, (name, order, given) in enumerate(ways):
            progress(done, len(ways))
            mixed = [elements[n] for n in order]
            again = self.screened(mixed, start, stop, **given)
            numbers = [one.catalog_number for one in mixed]
            hashes[name] = canonical_sha256(again, numbers)
            part.part = name
            same_rows(part, expected, _named(again, numbers))
            ended = _ends(again.failures, numbers) == _ends(first.failures, ids)
            part.wrong += (hashes[name] != hashes["default"]) + (not ended)
        part.part = "settings"
        part.figures |= {"encounters": len(expected), "failing": len(first.failures), "sha256": hashes}
        return part

    def _ways(
        self, elements: Sequence[ElementSet], first: ScreeningResult, start: datetime, stop: datetime
    ) -> Iterator[tuple[str, list[int], dict[str, Any]]]:
        """Names, orders of the input, and settings."""
        scope = SeededRng(self.size.seed).scope("hub", "screening order")
        same = list(range(len(elements)))
        mixed = sorted(same, key=lambda _: scope.uniform())
        rows = first.encounters.columns
        near = edges_at(rows["tca"].tolist(), ticks(start), ticks(stop))
        ends = [one for one in first.failures if start < one.at < stop]
        near_ends = sorted({ticks(one.at) + shift for one in ends for shift in (-500_000, 1_000)})
        near_ends = [one for one in near_ends if ticks(start) < one < ticks(stop)]
        yield "step 10 s", same, {"step_s": 10.0}
        yield "step 37 s, pieces of 1,234.5 s, one thread", same, {"step_s": 37.0, "chunk_s": 1234.5, "threads": 1}
        yield "step 60 s, backwards", same[::-1], {"step_s": 60.0}
        yield "step 90 s, mixed, three threads", mixed, {"step_s": 90.0, "threads": 3}
        yield "step 120 s, edges at encounters", same, {"step_s": 120.0, "chunk_edges": [moment(one) for one in near]}
        yield "step 240 s, one piece", same, {"chunk_s": (stop - start).total_seconds(), "threads": 1}
        yield "step 240 s, edges at ends of objects", same, {"chunk_edges": [moment(one) for one in near_ends]}
        yield "step 333.3 s, mixed, pieces of 600 s", mixed, {"step_s": 333.3, "chunk_s": 600.0}
        yield "step 480 s, edges at encounters", mixed, {"step_s": 480.0, "chunk_edges": [moment(one) for one in near]}
        yield "step 600 s, pieces of 7,000 s", same, {"step_s": 600.0, "chunk_s": 7000.0}

    def targets(self, progress: Progress) -> Part:
        """Some against all: the rows of all against all that hold one of them."""
        part = Part("targets", len(self.elements), required=self.size.required)
        rows = self.whole.encounters.columns
        failing = [one.index for one in self.whole.failures if one.at > self.start]
        kinds: dict[str, list[int]] = {"failing": failing[-1:]}
        for n, one in enumerate(self.elements):
            kinds.setdefault(one.regime.value, []).append(n)
        groups = [[n] for some in kinds.values() for n in skies.drawn(some, 2, self.size.seed)]
        groups += [[int(row["a"])] for row in rows[rows["co_located"]][:1]]
        everybody = range(len(self.elements))
        groups += [skies.drawn(everybody, many, self.size.seed) for many in (25, 300)]
        groups[-1] = sorted({*groups[-1], *failing})
        for done, some in enumerate(groups):
            progress(done, len(groups))
            part.part = f"targets {some[:3]}" + ("..." if len(some) > 3 else "")
            given = self.screened(self.elements, targets=some)
            same_rows(part, rows[np.isin(rows["a"], some) | np.isin(rows["b"], some)], given.encounters.columns)
        part.part = "targets"
        part.figures["groups"] = [len(some) for some in groups]
        return part

    def ends(self, progress: Progress) -> Part:
        """Objects that fail: named at the right instant, nobody forgotten, screened up to there."""
        result, fleet = self.whole, Fleet(self.elements)
        part = Part("ends", len(self.elements))
        part.figures |= {"offered": result.offered, "screened": result.screened, "failed_by_code": dict(result.failed)}
        named = {one.index: one for one in result.failures}
        part.wrong += result.offered != len(self.elements) or sum(result.failed.values()) != len(named)
        part.wrong += result.offered - result.screened != sum(one.at == self.start for one in result.failures)
        for index, code in failures_seen(fleet, ticks(self.start), ticks(self.stop)).items():
            part.cases += 1
            if index not in named:
                part.missed += 1
                part.note(f"fails with code {code} and is not named: {self.elements[index].catalog_number}")
        last = np.zeros(len(self.elements), dtype=np.int64)
        rows = result.encounters.columns
        for side in ("a", "b"):
            np.maximum.at(last, rows[side], rows["exit"])
        for failure in result.failures:
            self._judge_end(part, fleet, failure, int(last[failure.index]))
        falling = [one for one in result.failures if one.at > self.start]
        for done, failure in enumerate(falling):
            progress(done, len(falling))
            self._near_end(part, failure)
        return part

    def _judge_end(self, part: Part, fleet: Fleet, failure: Failure, last: int) -> None:
        """The package has a state a millisecond before and none at the instant named, and nothing comes later."""
        part.cases += 1
        end = ticks(failure.at)
        before, at = fleet.codes(failure.index, np.array([end - 1_000, end], dtype=np.int64)).tolist()
        good = at == failure.code and last <= end and (before == 0 or failure.at == self.start)
        if not good:
            part.wrong += 1
            part.note(f"end of {self.elements[failure.index].catalog_number}: {failure}, codes {before} {at}, {last}")

    def _near_end(self, part: Part, failure: Failure) -> None:
        """The last hour of an object against all that are low, as brute force has it."""
        others = [n for n in skies.low(self.elements) if n != failure.index]
        some = [self.elements[n] for n in (failure.index, *others)]
        start, stop = max(self.start, failure.at - BEFORE_END), failure.at + AFTER_END
        truth = meetings(Fleet(some), ticks(start), ticks(stop), WIDE_KM, targets=[0])
        given = self.screened(some, start, stop, threshold_km=WIDE_KM, targets=[0])
        against_truth(part, truth, given, WIDE_KM, targets=[0])


PARTS: dict[str, Callable[[Campaign, Progress], Part]] = {
    "shell": Campaign.shell,
    "belt": Campaign.belt,
    "minima": Campaign.minima,
    "settings": Campaign.settings,
    "targets": Campaign.targets,
    "ends": Campaign.ends,
}


def campaign(
    elements: Sequence[ElementSet],
    size: Size = WHOLE,
    *,
    parts: Sequence[str] = tuple(PARTS),
    catalogue: str = "given",
    too_old: int = 0,
    progress: Progress | None = None,
) -> ScreeningReport:
    """Run the parts named, in order."""
    asked = Campaign(elements, size)
    report = ScreeningReport(catalogue, START.isoformat(), THRESHOLD_KM, len(asked.elements), too_old)
    for number, name in enumerate(parts):
        report.parts.append(PARTS[name](asked, _share(progress, number, len(parts))))
    return report


def run(data: Path | None, *, parts: Sequence[str] = tuple(PARTS), progress: Progress | None = None) -> ScreeningReport:
    """The campaign on the real catalogue in the data folder, or without one on the synthetic sample."""
    if data is not None and (data / skies.REAL).is_file():
        elements, too_old = skies.real_catalogue(data, START)
        return campaign(elements, parts=parts, catalogue=skies.REAL.name, too_old=too_old, progress=progress)
    return campaign(sample_catalogue(START, 1), SAMPLE, parts=parts, catalogue="synthetic", progress=progress)


def edges_near(truth: Sequence[Meeting], start: int, stop: int) -> list[int]:
    """Instants within a second of encounters all over the window, rising: some before, some at, some after."""
    return edges_at([one.tca for one in truth], start, stop)


def edges_at(tcas: Sequence[int], start: int, stop: int, most: int = 60) -> list[int]:
    """Instants within a second of these, rising."""
    within = sorted({one for one in tcas if start + 2 * SECOND < one < stop - 2 * SECOND})
    offsets = (-900_000, -1_000, 0, 1, 20_000, 500_000, 950_000)
    picked = within[:: max(1, len(within) // most)]
    return sorted({tca + offsets[n % len(offsets)] for n, tca in enumerate(picked)})


def failures_seen(fleet: Fleet, start: int, stop: int) -> dict[int, int]:
    """Objects that the package gives an error code for at any multiple of ten minutes, with the first such code."""
    seen: dict[int, int] = {}
    for first in range(start, stop + 1, 60 * 600 * SECOND):
        at = np.arange(first, min(first + 60 * 600 * SECOND, stop + 1), 600 * SECOND, dtype=np.int64)
        codes = fleet.states(at)[2]
        for index in np.flatnonzero(codes.any(axis=1)).tolist():
            seen.setdefault(index, int(codes[index][codes[index] != 0][0]))
    return seen


def _named(result: ScreeningResult, ids: Sequence[int]) -> Rows:
    """The encounters under the names of their objects instead of their places, sorted."""
    rows = result.encounters.columns.copy()
    names = np.array(ids, dtype=np.int64)
    rows["a"], rows["b"] = names[rows["a"]], names[rows["b"]]
    return rows[np.lexsort((rows["tca"], rows["b"], rows["a"]))]


def _ends(failures: Sequence[Failure], ids: Sequence[int]) -> list[tuple[int, int, datetime]]:
    return sorted((ids[one.index], one.code, one.at) for one in failures)


def _share(progress: Progress | None, number: int, count: int) -> Progress:
    """The progress of one part as a share of the whole, in thousandths of a part."""

    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress(1_000 * number + 1_000 * done // max(total, 1), 1_000 * count)

    return tell
