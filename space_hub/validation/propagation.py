"""Do our own kernels fly as SGP4 does? Position by position and code by code, against the sgp4 package.

Four parts:

* The verification set of Vallado et al. 2006, which the sgp4 package ships, with the
  objects that must fail: at its own instants, and against its published output too.
* Both sides of every decision that SGP4 takes (`thresholds`).
* The catalogue at every third hour of a week, near-earth and deep-space objects, by the
  scalar kernel and by the vector loops.
* The same 30 days before and after, where fallen objects are numbers without meaning.

A difference beyond the limit is an exception. It stands only if the sgp4 package itself
moves as far when one input of the object changes by one unit in the last place, for then
no two correct programs can agree on it.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf, nextafter
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text
from space_hub.orbit.kernels import (
    deep_columns,
    deep_state,
    deep_states,
    near_columns,
    near_states,
    positions_over,
    records,
    split,
    state_at,
)
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import DAY, Floats, Ticks, moment, ticks
from space_hub.validation.thresholds import thresholds
from space_hub.validation.verification_set import MINUTE, Case, official

REAL = Path("gp") / "celestrak_on_orbit_20241101.csv.gz"
START = datetime(2024, 11, 2, tzinfo=UTC)
DAYS = 7
EVERY_HOURS = 3
AFAR_DAYS = 30

LIMIT_MM = 1.0
JULIAN_ULP_US = 41
"""One unit in the last place of a Julian date, rounded up: the published output was made with such epochs."""

INPUTS = (
    "mean_motion_rev_day",
    "eccentricity",
    "inclination_deg",
    "raan_deg",
    "arg_perigee_deg",
    "mean_anomaly_deg",
    "bstar",
)

_TOGETHER = 8
_MM = 1e6

Progress = Callable[[int, int], None]
Codes = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Agreement:
    """One group of objects: how far the scalar kernel and the vector loops lie from the package at worst."""

    group: str
    objects: int = 0
    states: int = 0
    failing: int = 0
    scalar_mm: float = 0.0
    lanes_mm: float = 0.0
    scalar_mm_s: float = 0.0
    lanes_mm_s: float = 0.0
    codes_differ: int = 0
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One state beyond the limit. `one_ulp_mm`: how far the package moves when `one_input` changes by one unit."""

    catalog_number: int
    name: str
    at: str
    days_from_epoch: float
    apart_mm: float
    one_ulp_mm: float
    one_input: str

    @property
    def stands(self) -> bool:
        return self.one_ulp_mm >= self.apart_mm


@dataclass(slots=True)
class PropagationReport:
    """What was seen; it holds when every code is the same and every state within the limit or shown to be unsteady."""

    catalogue: str
    start: str
    days: int
    groups: list[Agreement] = field(default_factory=list)
    exceptions: list[Exceptional] = field(default_factory=list)
    published_mm: float = 0.0
    published_states: int = 0
    initial_codes_differ: int = 0

    @property
    def states(self) -> int:
        return sum(one.states for one in self.groups)

    @property
    def codes_differ(self) -> int:
        return sum(one.codes_differ for one in self.groups) + self.initial_codes_differ

    @property
    def beyond(self) -> int:
        return sum(one.beyond for one in self.groups)

    @property
    def unexplained(self) -> int:
        return sum(not one.stands for one in self.exceptions)

    @property
    def holds(self) -> bool:
        asked = self.states > 0 and self.published_states > 0
        return asked and self.codes_differ == 0 and self.unexplained == 0

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        names = ("states", "codes_differ", "beyond", "unexplained", "holds")
        return {**asdict(self), **{name: getattr(self, name) for name in names}}

    def rows(self) -> list[dict[str, object]]:
        """One row a group, for a table."""
        return [
            {name: f"{value:.2g}" if isinstance(value, float) else value for name, value in asdict(one).items()}
            for one in self.groups
        ]


@dataclass(frozen=True, slots=True)
class _Flown:
    """States (N, T, 6) and codes (N, T)."""

    states: Floats
    codes: Codes


def _by_package(fleet: Fleet, at: Ticks) -> _Flown:
    position, velocity, codes = fleet.states(at)
    velocity[codes != 0] = np.nan
    return _Flown(np.concatenate([position, velocity], axis=2), np.asarray(codes, dtype=np.uint8))


class _Own:
    """Our kernels over some objects, one window after another."""

    def __init__(self, elements: Sequence[ElementSet]) -> None:
        self.records = records(elements)
        self.near, self.deep = split(self.records, np.arange(len(elements)))
        self.columns = near_columns(self.records, self.near), deep_columns(self.records, self.deep)
        self.integrator = deep_state(self.columns[1])

    def scalar(self, at: Ticks) -> _Flown:
        count = len(self.records.epoch)
        flown = _Flown(np.empty((count, len(at), 6)), np.empty((count, len(at)), dtype=np.uint8))
        for k in range(count):
            positions_over(self.records, k, at, flown.states[k], flown.codes[k])
        return flown

    def at_epoch(self) -> list[int]:
        """The code of each object at its own epoch, where the package ends its initialisation."""
        epoch = self.records.epoch
        codes, out = np.empty(len(epoch), dtype=np.uint8), np.empty((1, 3))
        for k in range(len(epoch)):
            positions_over(self.records, k, epoch[k : k + 1], out, codes[k : k + 1])
        return [int(code) for code in codes]

    def lanes(self, at: Ticks) -> _Flown:
        count = len(self.records.epoch)
        flown = _Flown(np.empty((count, len(at), 6)), np.empty((count, len(at)), dtype=np.uint8))
        for place, tick in enumerate(at.tolist()):
            for indices, deep in ((self.near, False), (self.deep, True)):
                out, codes = np.empty((6, len(indices))), np.empty(len(indices), dtype=np.uint8)
                if deep:
                    deep_states(self.columns[1], self.integrator, tick, out, codes)
                else:
                    near_states(self.columns[0], tick, out, codes)
                flown.states[indices, place], flown.codes[indices, place] = out.T, codes
        return flown


def compare(
    report: PropagationReport,
    elements: Sequence[ElementSet],
    at: Ticks,
    group: Callable[[ElementSet], str],
    progress: Progress | None = None,
) -> None:
    """Fly `elements` at the instants `at` in three ways and add what is seen to the report, group by group."""
    fleet, own = Fleet(elements), _Own(elements)
    report.initial_codes_differ += sum(
        int(record.error != code) for record, code in zip(fleet.records, own.at_epoch(), strict=True)
    )
    names = np.array([group(one) for one in elements])
    found = {one.group: one for one in report.groups}
    for name in sorted(set(names.tolist())):
        if name not in found:
            report.groups.append(found.setdefault(name, Agreement(name)))
        found[name].objects += int((names == name).sum())
    for begin in range(0, len(at), _TOGETHER):
        some = at[begin : begin + _TOGETHER]
        theirs, scalar, lanes = _by_package(fleet, some), own.scalar(some), own.lanes(some)
        for name in sorted(set(names.tolist())):
            _add(found[name], names == name, theirs, scalar, lanes)
        apart = np.fmax(_apart_mm(theirs, scalar), _apart_mm(theirs, lanes))
        for k, place in np.argwhere(apart > LIMIT_MM).tolist():
            report.exceptions.append(_exceptional(elements[k], int(some[place]), float(apart[k, place])))
        if progress:
            progress(min(begin + _TOGETHER, len(at)), len(at))


def _apart_mm(one: _Flown, other: _Flown, first: int = 0) -> Floats:
    """Distance (N, T) of positions (first 0) or velocities (first 3); 0 where both have none."""
    apart = np.linalg.norm(one.states[..., first : first + 3] - other.states[..., first : first + 3], axis=2) * _MM
    apart[(one.codes != 0) & (other.codes != 0)] = 0.0
    return np.where(np.isnan(apart), inf, apart)


def _add(into: Agreement, mine: npt.NDArray[np.bool_], theirs: _Flown, scalar: _Flown, lanes: _Flown) -> None:
    into.states += int(mine.sum()) * theirs.codes.shape[1]
    into.failing += int((theirs.codes[mine] != 0).sum())
    worst = np.zeros(theirs.codes[mine].shape)
    for name, flown in (("scalar", scalar), ("lanes", lanes)):
        into.codes_differ += int((flown.codes[mine] != theirs.codes[mine]).sum())
        apart, faster = _apart_mm(theirs, flown)[mine], _apart_mm(theirs, flown, 3)[mine]
        worst = np.fmax(worst, apart)
        setattr(into, f"{name}_mm", max(getattr(into, f"{name}_mm"), float(apart.max())))
        setattr(into, f"{name}_mm_s", max(getattr(into, f"{name}_mm_s"), float(faster.max())))
    into.beyond += int((worst > LIMIT_MM).sum())


def _exceptional(elements: ElementSet, tick: int, apart_mm: float, epoch_us: int = 0) -> Exceptional:
    """How far the package itself moves when one input changes by one unit in the last place, up or down.

    `epoch_us`: one unit of the epoch, where that was an input with rounding; time since the epoch is kept.
    """
    changed = [
        (name, replace(elements, **cast(dict[str, Any], {name: nextafter(getattr(elements, name), towards)})), 0)
        for name in INPUTS
        for towards in (-inf, inf)
    ]
    for shift in (-epoch_us, epoch_us) if epoch_us else ():
        changed.append(("epoch", replace(elements, epoch=elements.epoch + timedelta(microseconds=shift)), shift))
    still = Fleet([elements]).positions(0, np.array([tick], dtype=np.int64))[0]
    moved_mm, moved_by = 0.0, ""
    for name, other, shift in changed:
        there = Fleet([other]).positions(0, np.array([tick + shift], dtype=np.int64))[0]
        apart = float(np.linalg.norm(there - still)) * _MM
        if apart > moved_mm:
            moved_mm, moved_by = apart, name
    days = (tick - ticks(elements.epoch)) / DAY
    number, at = elements.catalog_number, moment(tick).isoformat()
    return Exceptional(number, elements.name, at, days, apart_mm, moved_mm, moved_by)


def against_published(report: PropagationReport, case: Case) -> None:
    """States of our scalar kernel against the published output: another judge than the package as it runs here.

    For an object that fails at once the output repeats the object before it; the package has no state there either.
    """
    made, fleet, epoch = records([case.elements]), Fleet([case.elements]), ticks(case.elements.epoch)
    for minutes, *expected in case.published.tolist():
        tick = epoch + round(minutes * MINUTE)
        if fleet.codes(0, np.array([tick], dtype=np.int64))[0] == 0:
            code, *own = state_at(made, 0, tick)
            apart = inf if code else float(np.linalg.norm(np.subtract(own[:3], expected[:3]))) * _MM
            report.published_mm = max(report.published_mm, apart)
            report.published_states += 1
            if apart > LIMIT_MM:
                report.exceptions.append(_exceptional(case.elements, tick, apart, JULIAN_ULP_US))


def campaign(
    elements: Sequence[ElementSet],
    start: datetime,
    *,
    catalogue: str,
    days: int = DAYS,
    afar_days: int = AFAR_DAYS,
    progress: Progress | None = None,
) -> PropagationReport:
    """The verification set, and `elements` over a window and far from it."""
    report = PropagationReport(catalogue, start.isoformat(), days)
    for case in official():
        compare(report, [case.elements], case.at, lambda _one: "verification")
        against_published(report, case)
    first = ticks(start)
    edges = first + np.array([0, DAY // 2, 2 * DAY, 7 * DAY, -3 * DAY], dtype=np.int64)
    compare(report, thresholds(start), edges, lambda _one: "thresholds")
    window = np.arange(first, first + days * DAY + 1, EVERY_HOURS * DAY // 24, dtype=np.int64)
    compare(report, elements, window, lambda one: str(one.regime), progress)
    afar = np.array([first - afar_days * DAY, first + afar_days * DAY], dtype=np.int64)
    compare(report, elements, afar, lambda _one: "afar", None)
    return report


def run(data: Path | None, *, progress: Progress | None = None) -> PropagationReport:
    """The whole validation: the real catalogue of `data`, else the synthetic one."""
    if data is None or not (data / REAL).exists():
        return campaign(sample_catalogue(START, 1), START, catalogue="synthetic", progress=progress)
    with gzip.open(data / REAL, "rt", encoding="utf-8") as file:
        elements = [line.elements for line in read_text(file.read(), now=START).accepted]
    return campaign(elements, START, catalogue=REAL.name, progress=progress)
