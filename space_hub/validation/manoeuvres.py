"""Does the detector find the burns that operators state, better than a threshold on the mean motion does?

Method and baseline are tuned alike: on the two satellites `TUNED_ON`, over a grid, for the largest sum of their two F1.
All others are only tested, and where the two are not in the folder the values stand as they are in the product.

The baseline: every change of mean motion from one set to the next beyond a threshold, in rev/day, is a manoeuvre in the
middle of the gap. Both are given a lag, the same for all satellites, that is added to an instant before it is
compared: stated times need not be those of the crossing. It is nothing that a user of the detector sees.

The same baseline thinned as the detector thins is shown besides, and decides nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from space_hub.orbit.manoeuvres.detection import DEFAULT, Settings, decide
from space_hub.orbit.manoeuvres.evidence import Evidence, evidence
from space_hub.orbit.times import DAY, Floats, ticks
from space_hub.validation.manoeuvre_cases import History, made_up, matched, read

TUNED_ON = ("CryoSat-2", "SARAL")
GAIN = 0.15
LAG_DAYS = 0.4
"""Of the detector's instants; found with the rest."""

THRESHOLD_REV_DAY, BASELINE_LAG_DAYS = 5e-5, 0.6
"""Of the baseline, found in the same way."""

LAGS = (0.2, 0.4, 0.6, 0.8, 1.0)
THRESHOLDS = (1e-5, 2e-5, 3e-5, 4e-5, 5e-5, 6e-5, 7e-5, 8e-5, 1e-4, 2e-4)
SETTINGS = tuple(
    Settings(times, share, least, apart)
    for times, share, least, apart in product((1.5, 2.0, 3.0, 4.0), (0.4, 0.5), (1.0, 1.4), (1.0, 1.5, 2.0))
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Score:
    """How many were stated, found, and found rightly."""

    stated: int
    found: int
    right: int

    @property
    def f1(self) -> float:
        return 2.0 * self.right / max(1, self.stated + self.found)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.stated)


@dataclass(slots=True)
class Satellite:
    """One satellite's scores; `lag_days` is the median of stated less found among those that are within two days."""

    name: str
    role: str
    sets: int
    score: Score
    baseline: Score
    thinned: Score
    lag_days: float

    @property
    def gain(self) -> float:
        return self.score.f1 - self.baseline.f1


@dataclass(slots=True)
class ManoeuvresReport:
    """It holds when F1 is at least 0.15 above the baseline on every satellite, with the values that tuning gives."""

    source: str
    tuned: bool = False
    settings: Settings = DEFAULT
    lag_days: float = LAG_DAYS
    threshold_rev_day: float = THRESHOLD_REV_DAY
    baseline_lag_days: float = BASELINE_LAG_DAYS
    satellites: list[Satellite] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def as_shipped(self) -> bool:
        """The values that tuning gave are those of the product."""
        ours = (self.settings, self.lag_days, self.threshold_rev_day, self.baseline_lag_days)
        return ours == (DEFAULT, LAG_DAYS, THRESHOLD_REV_DAY, BASELINE_LAG_DAYS)

    @property
    def holds(self) -> bool:
        return bool(self.satellites) and self.as_shipped and all(one.gain >= GAIN for one in self.satellites)

    def as_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        return {
            "source": self.source,
            "tuned_now": self.tuned,
            "as_shipped": self.as_shipped,
            "settings": asdict(self.settings),
            "lag_days": self.lag_days,
            "baseline": "change of mean motion between sets",
            "threshold_rev_day": self.threshold_rev_day,
            "baseline_lag_days": self.baseline_lag_days,
            "left_out": "; ".join(self.left_out) or "none",
            "satellites": self.rows(),
            "least_gain": round(min((one.gain for one in self.satellites), default=0.0), 4),
            "holds": self.holds,
        }

    def rows(self) -> list[dict[str, object]]:
        """One row a satellite, for a table."""
        return [
            {
                "satellite": one.name,
                "role": one.role,
                "sets": one.sets,
                "stated": one.score.stated,
                "found": one.score.found,
                "right": one.score.right,
                "precision": round(one.score.precision, 3),
                "recall": round(one.score.recall, 3),
                "f1": round(one.score.f1, 3),
                "baseline_f1": round(one.baseline.f1, 3),
                "gain": round(one.gain, 3),
                "thinned_f1": round(one.thinned.f1, 3),
                "stated_less_found_days": round(one.lag_days, 2),
            }
            for one in self.satellites
        ]


def instants(seen: Evidence, settings: Settings) -> Floats:
    """What the detector finds, in ticks."""
    return np.array([ticks(one.at) for one in decide(seen, settings)], dtype=np.float64)


def threshold(history: History, limit_rev_day: float, apart_days: float = 0.0) -> Floats:
    """What the baseline finds, in ticks; `apart_days` thins: of two that are nearer the larger is kept."""
    at = np.array([ticks(one.epoch) for one in history.sets], dtype=np.float64)
    change = np.abs(np.diff([one.mean_motion_rev_day for one in history.sets]))
    middle, kept = (at[:-1] + at[1:]) / 2.0, np.empty(0)
    hits = np.flatnonzero(change > limit_rev_day)
    if not apart_days:
        return middle[hits]
    for gap in hits[np.argsort(-change[hits], kind="stable")]:
        if (np.abs(kept - middle[gap]) >= apart_days * DAY).all():
            kept = np.append(kept, middle[gap])
    return np.sort(kept)


def score(history: History, found: Floats, lag_days: float) -> Score:
    asked = history.asked()
    return Score(len(asked), len(found), len(matched(found + lag_days * DAY, asked)))


def tune(cases: Sequence[tuple[History, Evidence]]) -> tuple[Settings, float, float, float]:
    """Settings and lag of the detector, threshold and lag of the baseline: the largest sum of F1 over the cases.

    Of equals the first in the grid counts.
    """
    ours: dict[tuple[Settings, float], float] = {}
    for settings in SETTINGS:
        found = [(history, instants(seen, settings)) for history, seen in cases]
        for lag in LAGS:
            ours[settings, lag] = sum(score(history, each, lag).f1 for history, each in found)
    theirs: dict[tuple[float, float], float] = {}
    for limit, lag in product(THRESHOLDS, LAGS):
        theirs[limit, lag] = sum(score(history, threshold(history, limit), lag).f1 for history, _ in cases)
    best, best_baseline = max(ours, key=ours.__getitem__), max(theirs, key=theirs.__getitem__)
    return *best, *best_baseline


def campaign(histories: Sequence[History], source: str, progress: Progress | None = None) -> ManoeuvresReport:
    """Tune where the two satellites are there, then test all."""
    cases = []
    for index, history in enumerate(histories):
        cases.append((history, evidence(history.sets)))
        if progress:
            progress(index + 1, len(histories))
    report = ManoeuvresReport(source)
    tuning = [case for case in cases if case[0].name in TUNED_ON]
    if len(tuning) == len(TUNED_ON):
        report.tuned = True
        found = tune(tuning)
        report.settings, report.lag_days, report.threshold_rev_day, report.baseline_lag_days = found
    report.satellites = [_satellite(report, history, seen) for history, seen in cases]
    return report


def _satellite(report: ManoeuvresReport, history: History, seen: Evidence) -> Satellite:
    found = instants(seen, report.settings)
    limit, lag = report.threshold_rev_day, report.baseline_lag_days
    near = [
        float(first - found[np.argmin(np.abs(found - first))]) / DAY for first, _last in history.asked() if len(found)
    ]
    return Satellite(
        history.name,
        "tuned on" if report.tuned and history.name in TUNED_ON else "tested",
        len(history.sets),
        score(history, found, report.lag_days),
        score(history, threshold(history, limit), lag),
        score(history, threshold(history, limit, report.settings.apart_days), lag),
        float(np.median([each for each in near if abs(each) < 2.0] or [0.0])),
    )


def run(data: Path | None, *, progress: Progress | None = None) -> ManoeuvresReport:
    """The histories of a folder, else an invented one."""
    if data is None:
        return campaign([made_up()], "synthetic", progress)
    histories, left_out = read(data)
    report = campaign(histories, str(data.name), progress)
    report.left_out = left_out
    return report
