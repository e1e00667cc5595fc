"""Histories of element sets with stated manoeuvre times: read from a folder, or made up; and how found meets stated.

A folder holds pairs `X.tle.gz` (or `X.tle`) and `manoeuvres_X.yaml` (`manoeuvre_timestamps`, UTC). A pair that cannot
be read is left out with its reason; the others go on.

The rule: stated times less than twelve hours apart are one manoeuvre; one outside the span of the sets is not asked
for; a found instant belongs to a manoeuvre when it lies within a day of it, and each belongs to one other at the most.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml

from space_hub.errors import HubError
from space_hub.orbit.elements import ElementSet, Regime
from space_hub.orbit.gp import read_text
from space_hub.orbit.sample import FIRST_NUMBER, sample_catalogue
from space_hub.orbit.times import DAY, Floats, ticks
from space_hub.orbit.uncertainty import synthetic
from space_hub.orbit.uncertainty.growth import Growth
from space_hub.orbit.uncertainty.table import measured

FOLDER = "manoeuvres"
TOGETHER_DAYS = 0.5
WITHIN_DAYS = 1.0

_READ_AT = datetime(2100, 1, 1, tzinfo=UTC)
"""Histories are of the past: nothing in them counts as dated ahead."""


@dataclass(frozen=True, slots=True)
class History:
    """One satellite: its sets, by epoch, and the stated times (M,) in ticks, sorted; `rejected` lines could not be
    read.
    """

    name: str
    sets: list[ElementSet]
    stated: Floats
    rejected: int = 0

    def asked(self) -> list[tuple[float, float]]:
        """First and last stated tick of each manoeuvre within the span of the sets."""
        begin, end = ticks(self.sets[0].epoch), ticks(self.sets[-1].epoch)
        groups: list[tuple[float, float]] = []
        for each in self.stated.tolist():
            if not begin < each < end:
                continue
            if groups and each - groups[-1][1] < TOGETHER_DAYS * DAY:
                groups[-1] = (groups[-1][0], each)
            else:
                groups.append((each, each))
        return groups


def matched(found: Floats, asked: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """Pairs (index of found, index of asked): in order of time each manoeuvre takes the first that is free and near."""
    pairs: list[tuple[int, int]] = []
    order = np.argsort(found, kind="stable").tolist()
    for index, (first, last) in enumerate(asked):
        near = (one for one in order if first - WITHIN_DAYS * DAY <= found[one] <= last + WITHIN_DAYS * DAY)
        taken = next(near, None)
        if taken is not None:
            pairs.append((taken, index))
            order.remove(taken)
    return pairs


def folder(data: Path) -> Path:
    """Where the pairs lie: in `manoeuvres/` of the folder, or in it."""
    return data / FOLDER if (data / FOLDER).is_dir() else data


def read(data: Path) -> tuple[list[History], list[str]]:
    """All histories of a folder by name, and one line for each pair that was left out and why."""
    histories, left_out = [], []
    for stated in sorted(folder(data).glob("manoeuvres_*.yaml")):
        name = stated.stem.removeprefix("manoeuvres_")
        try:
            histories.append(_history(name, stated))
        except (OSError, EOFError, ValueError, KeyError, TypeError, yaml.YAMLError, HubError) as error:
            left_out.append(f"{name}: {type(error).__name__}: {error}")
    return histories, left_out


def _history(name: str, stated: Path) -> History:
    packed, plain = stated.with_name(f"{name}.tle.gz"), stated.with_name(f"{name}.tle")
    text = gzip.decompress(packed.read_bytes()).decode("ascii") if packed.exists() else plain.read_text("ascii")
    given = yaml.safe_load(stated.read_text("utf-8"))
    times = [_utc(each) for each in given["manoeuvre_timestamps"]]
    file = read_text(text, now=_READ_AT)
    number = int(given.get("SATCAT number", file.accepted[0].elements.catalog_number))
    sets = {line.elements.epoch: line.elements for line in file.accepted if line.elements.catalog_number == number}
    if len(sets) < 2:
        raise ValueError(f"{len(sets)} sets of object {number}; at least two are needed")
    ordered = [one for _, one in sorted(sets.items())]
    return History(
        name, ordered, np.sort(np.array([ticks(each) for each in times], dtype=np.float64)), len(file.rejected)
    )


def _utc(given: object) -> datetime:
    moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def made_up(days: float = 400.0, burns: int = 12, seed: int = 1) -> History:
    """An invented satellite with burns of 4 to 20 mm/s at known times, and sets that are off as those of LEO3 are."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    truth = replace(sample_catalogue(start, seed)[0], catalog_number=FIRST_NUMBER + seed, bstar=0.0)
    sets: list[ElementSet] = []
    stated: list[float] = []
    spacing = days / (burns + 1)
    for leg in range(burns + 1):
        begin = start + timedelta(days=spacing * leg)
        made = synthetic.updates([truth], begin, spacing, seed * 1000 + leg, every_h=4.0, growth=_quiet)
        sets += [one for update in made for one in update.sets]
        if leg < burns:
            stop = begin + timedelta(days=spacing)
            moved = synthetic.at_epoch(truth, stop)
            if moved is None:
                break
            speed_mm_s = (-1) ** leg * (4.0 + 16.0 * leg / burns)
            truth = _kicked(moved, speed_mm_s)
            stated.append(float(ticks(stop)))
    return History("MADE-UP", sets, np.array(stated))


def _quiet(_one: ElementSet) -> Growth:
    return measured(Regime.LEO3)


def _kicked(one: ElementSet, speed_mm_s: float) -> ElementSet:
    """The orbit after a burn along the track: dn/n = -3 dv/v."""
    speed = one.semi_major_axis_km * 1e6 * one.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    return replace(one, mean_motion_rev_day=one.mean_motion_rev_day * (1.0 - 3.0 * speed_mm_s / speed))
