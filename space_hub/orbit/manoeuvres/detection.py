"""Burns, out of the evidence of element sets: when, how strong, and between which sets.

Only what shows along the track is seen: a burn that turns the plane alone, or one below the noise of the sets, is
not. A set that is bad in the same way as its successor looks like a burn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.manoeuvres.evidence import Evidence, evidence
from space_hub.orbit.times import DAY, moment


@dataclass(frozen=True, slots=True)
class Settings:
    """What counts as a burn. The values are those that `validate manoeuvres` finds on its two tuning satellites."""

    times_calm: float = 2.0
    """So many times what calm weeks of the same object show."""
    calm_share: float = 0.4
    """The quantile of weeks that is called calm: burns are in fewer than the rest."""
    least_mm_s: float = 1.4
    """Never less than this."""
    apart_days: float = 2.0
    """Of two changes that are nearer than this the stronger one is kept."""


DEFAULT = Settings()

_OUTSIDE_DAYS = 1.0
"""The instant may lie so far outside the gap between the two sets."""


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """One burn: `at` is where the orbits before and after cross; `before`, `after` are epochs of the sets around it.

    `change_mm_s` is the least change of speed along the track that the sets agree on, positive when it raises the
    orbit; `times_threshold` says by how much it exceeds what counts. `confirmed` is False while fewer than two sets
    follow.
    """

    at: datetime
    before: datetime
    after: datetime
    change_mm_s: float
    times_threshold: float
    confirmed: bool


def detect(history: Sequence[ElementSet], settings: Settings = DEFAULT) -> list[Manoeuvre]:
    """The burns of one object by time. Raises Invalid for sets of several objects; too few sets show none."""
    return decide(evidence(history), settings)


def decide(seen: Evidence, settings: Settings = DEFAULT) -> list[Manoeuvre]:
    """The burns in evidence that there is; strongest first, each keeps weaker ones away, then by time."""
    if not len(seen.change_mm_s):
        return []
    threshold = np.maximum(settings.times_calm * seen.calm_mm_s(settings.calm_share), settings.least_mm_s)
    strength = np.abs(seen.change_mm_s) / threshold
    strength[~np.isfinite(seen.crossing)] = 0.0
    outside = _OUTSIDE_DAYS * DAY
    when = np.clip(seen.crossing, seen.at[:-1] - outside, seen.at[1:] + outside)
    kept: list[int] = []
    for gap in np.argsort(-strength, kind="stable").tolist():
        if strength[gap] <= 1.0:
            break
        if all(abs(when[gap] - when[other]) >= settings.apart_days * DAY for other in kept):
            kept.append(gap)
    return [
        Manoeuvre(
            moment(round(when[gap])),
            moment(int(seen.at[gap])),
            moment(int(seen.at[gap + 1])),
            float(seen.change_mm_s[gap]),
            float(strength[gap]),
            gap + 2 < len(seen.at),
        )
        for gap in sorted(kept, key=lambda gap: float(when[gap]))
    ]
