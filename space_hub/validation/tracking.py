"""One encounter keeps one identity: over days, over updates with known truth, over a series of messages.

Three parts. `snapshots`: two catalogues of one constellation, days apart, each screened over
the same window. `week`: a catalogue is taken for the truth, and each day's update is that truth
with errors as element-set histories have them. `messages`: series of conjunction data messages whose events are known.
Linking is the product's own (`following.correlate`); which looks are one encounter is said by
`tracking_truth`. It holds when at least `REQUIRED_SHARE` of what persists is linked and nothing is merged.
"""

import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from space_hub.awareness.following.correlate import Known, Seen, correlate
from space_hub.awareness.following.tolerance import Source, longest, period
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text
from space_hub.orbit.ndm import cdm
from space_hub.orbit.ndm.reading import read
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.screening import screen
from space_hub.orbit.times import SECOND, Floats, moment
from space_hub.orbit.uncertainty.synthetic import updates
from space_hub.validation import skies
from space_hub.validation.tracking_truth import SAME_MINIMUM, UNCLEAR, same_place, true_minima

REQUIRED_SHARE = 0.999
START = datetime(2024, 11, 2, tzinfo=UTC)
THRESHOLD_KM = 5.0
LEAD_DAYS = 2
"""Of updates before the first run, so that hardly a set is still the truth itself."""

WIDE_KM = 15.0
"""For two snapshots days apart: within 5 km hardly an encounter of one is still one of the other."""

SNAPSHOTS = ("celestrak_starlink_20260524.3le.gz", "celestrak_starlink_20260530.3le.gz")
SNAPSHOT_WINDOW = datetime(2026, 5, 30, 12, tzinfo=UTC)
SERIES = Path("messages") / "kessler_synthetic_cdm_series"
_EVENT = re.compile(r"(event\d+)_(\d+)\.kvn")

Progress = Callable[[int, int], None]
Rows = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it: objects (0: all) and hours of each window, number of updates."""

    week_objects: int = 0
    updates: int = 7
    week_hours: float = 48.0
    snapshot_objects: int = 0
    snapshot_hours: float = 24.0
    seed: int = 1


WHOLE = Size()


@dataclass(frozen=True, slots=True)
class Look:
    """One encounter of one run, and which it truly is: `true` is the same for looks at the same encounter."""

    seen: Seen
    true: str


@dataclass(slots=True)
class Part:
    """What one part saw. `persisting` looks are of an encounter that an earlier run saw as well."""

    part: str
    source: str
    objects: int = 0
    runs: int = 0
    looks: int = 0
    unclear: int = 0
    persisting: int = 0
    linked: int = 0
    split: int = 0
    merged: int = 0
    shift_p50_s: float = 0.0
    shift_p99_s: float = 0.0
    shift_max_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.linked / self.persisting if self.persisting else 0.0

    @property
    def holds(self) -> bool:
        return self.share >= REQUIRED_SHARE and self.merged == 0

    def row(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if name != "notes"} | {
            "share": round(self.share, 6),
            "holds": self.holds,
        }

    def note(self, text: str) -> None:
        if len(self.notes) < 20:
            self.notes.append(text)


@dataclass(slots=True)
class TrackingReport:
    required_share: float = REQUIRED_SHARE
    parts: list[Part] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return bool(self.parts) and all(one.holds for one in self.parts)

    def rows(self) -> list[dict[str, object]]:
        return [one.row() for one in self.parts]

    def as_dict(self) -> dict[str, object]:
        return {
            "required_share": self.required_share,
            "persisting": sum(one.persisting for one in self.parts),
            "linked": sum(one.linked for one in self.parts),
            "split": sum(one.split for one in self.parts),
            "merged": sum(one.merged for one in self.parts),
            "parts": [one.row() | {"notes": one.notes} for one in self.parts],
        }


class Follower:
    """The product's linking over several runs, judged look by look.

    A pair that flies together is one thing to follow, though each run may find several stretches of it
    within the radius: it is linked when one of them bears an id that the pair had before.
    """

    def __init__(self, part: Part, source: Source) -> None:
        self.part, self.allowed = part, longest(source, source)
        self._known: dict[str, Known] = {}
        self._id_of: dict[str, str] = {}
        self._true_of: dict[str, str] = {}
        self._last: dict[str, datetime] = {}
        self._ids_together: defaultdict[str, set[str]] = defaultdict(set)
        self._shifts: list[float] = []

    def run(self, looks: Sequence[Look]) -> None:
        part = self.part
        part.runs += 1
        part.looks += len(looks)
        found = correlate(self._known.values(), (one.seen for one in looks), self.allowed)
        together: defaultdict[str, set[str]] = defaultdict(set)
        for number, (look, id) in enumerate(zip(looks, found, strict=True)):
            given = id or f"{part.runs}/{number}"
            self._known[given] = Known(given, look.seen.pair, look.seen.tca, look.seen.co_located)
            if self._true_of.setdefault(given, look.true) != look.true:
                part.merged += 1
                part.note(f"merged: {self._true_of[given]} and {look.true}")
            if look.seen.co_located:
                together[look.true].add(given)
            else:
                self._judge(look, given)
        for true, ids in together.items():
            before = self._ids_together[true]
            if before:
                self._count(bool(before & ids), f"{true}, which flies together")
            before |= ids
        if self._shifts:
            p50, p99 = np.percentile(self._shifts, [50, 99]).tolist()
            part.shift_p50_s, part.shift_p99_s = round(p50, 3), round(p99, 3)
            part.shift_max_s = round(max(self._shifts), 3)

    def _judge(self, look: Look, given: str) -> None:
        before = self._id_of.get(look.true)
        if before is not None:
            shift = abs((look.seen.tca - self._last[look.true]).total_seconds())
            self._shifts.append(shift)
            self._count(before == given, f"{look.true}, {shift:.3f} s apart")
        self._id_of[look.true], self._last[look.true] = given, look.seen.tca

    def _count(self, linked: bool, what: str) -> None:
        self.part.persisting += 1
        self.part.linked += linked
        self.part.split += not linked
        if not linked:
            self.part.note(f"split: {what}")


def week(truth: Sequence[ElementSet], name: str, size: Size, progress: Progress | None = None) -> Part:
    """A week of updates whose errors are known, each screened over its own window."""
    part = Part("week", name, objects=len(truth))
    follower, fleet = Follower(part, Source.GP), Fleet(truth)
    minima: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, sets in enumerate(_catalogues(truth, size)):
        start = START + timedelta(days=number)
        result = screen(sets, start, start + timedelta(hours=size.week_hours), threshold_km=THRESHOLD_KM)
        rows = result.encounters.columns
        # Pairs that fly together are one by definition, wherever their minimum of the day lies.
        at = np.where(rows["co_located"], UNCLEAR, true_minima(fleet, rows["a"], rows["b"], rows["tca"]))
        looks = []
        columns = (rows[each].tolist() for each in ("a", "b", "tca", "co_located"))
        for a, b, tca, together, true in zip(*columns, at.tolist(), strict=True):
            if true == UNCLEAR and not together:
                part.unclear += 1
                continue
            who = f"{truth[a].catalog_number}/{truth[b].catalog_number}"
            which = "together" if together else str(_same(minima[a, b], true))
            shorter = timedelta(minutes=min(truth[a].period_min, truth[b].period_min))
            looks.append(Look(Seen((str(a), str(b)), moment(tca), together, shorter), f"{who}@{which}"))
        follower.run(looks)
        if progress is not None:
            progress(number + 1, size.updates)
    return part


def _catalogues(truth: Sequence[ElementSet], size: Size) -> Iterator[list[ElementSet]]:
    """What is current at the start of each day: the newest set of each object, made with measured errors."""
    current = {one.catalog_number: one for one in truth}
    days = LEAD_DAYS + size.updates - 1
    for number, update in enumerate(updates(truth, START - timedelta(days=LEAD_DAYS), days, size.seed, every_h=24.0)):
        current |= {one.catalog_number: one for one in update.sets}
        if number >= LEAD_DAYS - 1:
            yield list(current.values())


def _same(minima: list[int], at: int) -> int:
    """The minimum of this pair that `at` is, kept if it is a new one."""
    for one in minima:
        if abs(one - at) < SAME_MINIMUM:
            return one
    minima.append(at)
    return at


def snapshots(first: Sequence[ElementSet], second: Sequence[ElementSet], name: str, size: Size) -> Part:
    """Two catalogues, each screened over one window; both hold the same objects in the same order."""
    part = Part("snapshots", name, objects=len(first))
    stop = SNAPSHOT_WINDOW + timedelta(hours=size.snapshot_hours)
    periods = [one.period_min for one in first]
    found = [screen(sets, SNAPSHOT_WINDOW, stop, threshold_km=WIDE_KM).encounters.columns for sets in (first, second)]
    again = _again(found[0], found[1], (Fleet(first), Fleet(second)), periods)
    follower = Follower(part, Source.GP)
    for number, rows in enumerate(found):
        looks = []
        columns = (rows[each].tolist() for each in ("a", "b", "tca", "co_located"))
        for row, (a, b, tca, together) in enumerate(zip(*columns, strict=True)):
            which: object = again.get(row, f"{row} of the second") if number else row
            which = "together" if together else which
            shorter = timedelta(minutes=min(periods[a], periods[b]))
            true = f"{first[a].catalog_number}/{first[b].catalog_number}@{which}"
            looks.append(Look(Seen((str(a), str(b)), moment(tca), together, shorter), true))
        follower.run(looks)
    return part


def _again(first: Rows, second: Rows, fleets: tuple[Fleet, Fleet], periods: Sequence[float]) -> dict[int, int]:
    """Rows of `second` that are an encounter of `first`: the same pair, revolution and place; the nearest in time."""
    by_pair: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, (a, b) in enumerate(zip(first["a"].tolist(), first["b"].tolist(), strict=True)):
        by_pair[a, b].append(row)
    candidates: list[tuple[int, int, int]] = []
    for row, (a, b, tca, together) in enumerate(
        zip(*(second[each].tolist() for each in ("a", "b", "tca", "co_located")), strict=True)
    ):
        half = int(min(periods[a], periods[b]) * 30 * SECOND)
        for other in by_pair.get((a, b), ()):
            apart = abs(int(first["tca"][other]) - tca)
            if not together and not first["co_located"][other] and apart < half:
                candidates.append((apart, row, other))
    rows = np.array([[row, other] for _apart, row, other in candidates], dtype=np.intp).reshape(-1, 2)
    times = (first["tca"][rows[:, 1]], second["tca"][rows[:, 0]])
    one, other_one = (same_place(*fleets, second[side][rows[:, 0]].astype(np.intp), *times) for side in ("a", "b"))
    again: dict[int, int] = {}
    taken: set[int] = set()
    for (_apart, row, other), same in sorted(zip(candidates, (one & other_one).tolist(), strict=True)):
        if same and row not in again and other not in taken:
            again[row] = other
            taken.add(other)
    return again


def messages(folder: Path) -> Part:
    """Series of messages, in the order of their creation; a file's name says which event it is of."""
    part = Part("messages", folder.name)
    follower = Follower(part, Source.CDM)
    read_in = []
    for path in sorted(folder.glob("*.kvn")):
        if match := _EVENT.fullmatch(path.name):
            read_in.append((cdm.conjunction(read(path.read_bytes())), match[1]))
    for given, event in sorted(read_in, key=lambda each: each[0].created):
        sides = (given.one, given.other)
        pair = (given.one.international_designator, given.other.international_designator)
        shorter = min(period(_three(side.position_km), _three(side.velocity_km_s), side.frame) for side in sides)
        follower.run([Look(Seen(pair, given.tca, False, shorter), event)])
    part.objects = len({each for given, _event in read_in for each in (given.one.designator, given.other.designator)})
    return part


def _three(values: Floats) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


PARTS = ("snapshots", "week", "messages")


def run(
    data: Path | None, size: Size = WHOLE, *, parts: Sequence[str] = PARTS, progress: Progress | None = None
) -> TrackingReport:
    """The parts named, on the real data in the folder; without it a week of the synthetic sample."""
    report = TrackingReport()
    if data is None:
        report.parts.append(week(sample_catalogue(START, 1), "synthetic", size, progress))
        return report
    if "snapshots" in parts:
        first, second = _both(data, size)
        name = " and ".join(each.removesuffix(".3le.gz") for each in SNAPSHOTS)
        report.parts.append(snapshots(first, second, name, size))
    if "week" in parts:
        elements, _too_old = skies.real_catalogue(data, START)
        chosen = skies.drawn(range(len(elements)), size.week_objects or len(elements), size.seed)
        report.parts.append(week([elements[n] for n in chosen], skies.REAL.name, size, progress))
    if "messages" in parts:
        report.parts.append(messages(data / SERIES))
    return report


def _both(data: Path, size: Size) -> tuple[list[ElementSet], list[ElementSet]]:
    """The objects that both snapshots hold, by number."""
    catalogues = []
    for name in SNAPSHOTS:
        with gzip.open(data / "gp" / name, "rt", encoding="utf-8") as file:
            lines = read_text(file.read(), now=SNAPSHOT_WINDOW).accepted
        catalogues.append({line.elements.catalog_number: line.elements for line in lines})
    numbers = sorted(catalogues[0].keys() & catalogues[1].keys())
    kept = [numbers[n] for n in skies.drawn(range(len(numbers)), size.snapshot_objects or len(numbers), size.seed)]
    return [catalogues[0][number] for number in kept], [catalogues[1][number] for number in kept]
