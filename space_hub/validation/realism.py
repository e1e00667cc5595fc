"""Are the estimated errors of element sets as large as they turn out to be? Normalised differences, regime by regime.

Histories of single satellites: every 90 days an object's growth is estimated from the pairs of the 180 days before, and
each set of the 90 days that follow is compared with the later sets of a week, over the errors that were estimated: of
the older set at its age, and of the newer at age nought. Once for all pairs, once without those across a stated burn,
and the same pairs once more over the table of the regime.

Two snapshots of one constellation, six days apart: each object's older set against its newer, over the table alone.

Normal would be 68.3, 95.4 and 99.7 % within one, two and three sigma. It holds when of pairs without a burn at least
half lie within one and 85 % within three, on each axis, for each estimate by history; the rest is for reading.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet, Regime
from space_hub.orbit.gp import read_text
from space_hub.orbit.times import DAY, Floats, Indices, ticks
from space_hub.orbit.uncertainty.differences import Differences, between, differences
from space_hub.orbit.uncertainty.growth import Growth
from space_hub.orbit.uncertainty.history import fit
from space_hub.orbit.uncertainty.table import of_regime
from space_hub.validation.manoeuvre_cases import History, made_up, read

SNAPSHOTS = ("celestrak_starlink_20260524.3le.gz", "celestrak_starlink_20260530.3le.gz")
LEARN_DAYS, TRY_DAYS = 180.0, 90.0
LEAST_WITHIN_1, LEAST_WITHIN_3 = 0.5, 0.85
AXES = ("radial", "in_track", "cross_track")

Progress = Callable[[int, int], None]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Realism:
    """Shares of differences within one, two, three sigma, (3 axes, 3), for one object or one regime of many."""

    name: str
    regime: str
    source: str
    pairs: str
    count: int
    within: tuple[tuple[float, float, float], ...]

    @property
    def realistic(self) -> bool:
        return all(one >= LEAST_WITHIN_1 and three >= LEAST_WITHIN_3 for one, _two, three in self.within)


@dataclass(slots=True)
class RealismReport:
    source: str
    found: list[Realism] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        judged = [one for one in self.found if one.source == "history" and one.pairs == "without burns"]
        return bool(judged) and all(one.realistic for one in judged)

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        shown = [asdict(one) for one in self.found]
        return {
            "source": self.source,
            "left_out": "; ".join(self.left_out) or "none",
            "found": shown,
            "holds": self.holds,
        }

    def rows(self) -> list[dict[str, object]]:
        """One row an object and estimate, for a table: percent within one, two, three sigma on each axis."""
        return [
            {"object": one.name, "regime": one.regime, "sigma_from": one.source, "pairs": one.pairs, "count": one.count}
            | {
                axis: " ".join(f"{100.0 * share:.1f}" for share in shares)
                for axis, shares in zip(AXES, one.within, strict=True)
            }
            for one in self.found
        ]


def normalised(found: Differences, growth: Growth) -> Floats:
    """Differences (P, 3) over what is expected of them, without sign."""
    expected = growth.sigmas_km(found.age_days) ** 2 + growth.sigmas_km(0.0) ** 2
    return np.asarray(np.abs(found.rtn_km) / np.sqrt(expected))


def shares(ratios: Floats) -> tuple[tuple[float, float, float], ...]:
    """Of ratios (P, 3) the shares within one, two and three, for each axis."""
    return tuple(
        (float((axis < 1.0).mean()), float((axis < 2.0).mean()), float((axis < 3.0).mean())) for axis in ratios.T
    )


def of_history(history: History) -> list[Realism]:
    """All of one satellite: by history and by table, with and without pairs across a stated burn."""
    found = differences(history.sets)
    at = np.array([ticks(one.epoch) for one in history.sets], dtype=np.int64)
    older, newer = at[found.older], at[found.newer]
    regime = history.sets[len(history.sets) // 2].regime
    by_history, tried = np.full((len(found), 3), np.nan), np.zeros(len(found), dtype=bool)
    for start in np.arange(at[0] + LEARN_DAYS * DAY, at[-1], TRY_DAYS * DAY):
        learn = (older >= start - LEARN_DAYS * DAY) & (newer < start)
        now = (older >= start) & (older < start + TRY_DAYS * DAY)
        try:
            growth = fit(part(found, learn))
        except Invalid:
            continue  # Too few sets in these months: an object without a history, as the table is there for.
        by_history[now], tried[now] = normalised(part(found, now), growth), True
    by_table = normalised(found, of_regime(regime))
    calm = np.searchsorted(history.stated, older) == np.searchsorted(history.stated, newer)
    return [
        Realism(history.name, str(regime), source, pairs, int(chosen.sum()), shares(ratios[chosen]))
        for source, ratios in (("history", by_history), ("table", by_table))
        for pairs, chosen in (("all", tried), ("without burns", tried & calm))
        if chosen.any()
    ]


def part(found: Differences, chosen: Bools) -> Differences:
    return Differences(found.older[chosen], found.newer[chosen], found.age_days[chosen], found.rtn_km[chosen])


def of_snapshots(name: str, first: Sequence[ElementSet], second: Sequence[ElementSet]) -> list[Realism]:
    """Objects in both, regime by regime, over the table; sets of one epoch in both say nothing and are left out."""
    later = {one.catalog_number: one for one in second}
    pairs = [(one, later[one.catalog_number]) for one in first if one.catalog_number in later]
    out = []
    for regime in Regime:
        chosen = [pair for pair in pairs if pair[0].regime is regime and pair[1].epoch > pair[0].epoch]
        if len(chosen) < 30:
            continue
        sets = [one for pair in chosen for one in pair]
        at: Indices = np.array([ticks(one.epoch) for one in sets], dtype=np.int64)
        found = between(sets, at, np.arange(0, len(sets), 2), np.arange(1, len(sets), 2))
        ratios = normalised(found, of_regime(regime))
        out.append(Realism(name, str(regime), "table", "all", len(found), shares(ratios)))
    return out


def run(data: Path | None, *, progress: Progress | None = None) -> RealismReport:
    """The histories and snapshots of a folder, else one invented satellite."""
    if data is None:
        return campaign([made_up()], "synthetic", progress)
    histories, left_out = read(data)
    report = campaign(histories, data.name, progress)
    report.left_out = left_out
    files = [data / "gp" / name for name in SNAPSHOTS]
    if all(file.exists() for file in files):
        first, second = (_sets(file) for file in files)
        report.found += of_snapshots("Starlink, two snapshots", first, second)
    return report


def campaign(histories: Sequence[History], source: str, progress: Progress | None = None) -> RealismReport:
    report = RealismReport(source)
    for index, history in enumerate(histories):
        report.found += of_history(history)
        if progress:
            progress(index + 1, len(histories))
    return report


def _sets(file: Path) -> list[ElementSet]:
    text = gzip.decompress(file.read_bytes()).decode("utf-8")
    return [line.elements for line in read_text(text, now=datetime(2100, 1, 1, tzinfo=UTC)).accepted]
