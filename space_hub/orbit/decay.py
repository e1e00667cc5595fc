"""Objects that come down: how fast, and for how long still.

The first order of King-Hele 1987 ("Satellite Orbits in an Atmosphere", chapter 12): drag first takes the apogee down,
at a rate that grows until the orbit is a circle, then the whole orbit, by a scale height of the air in the time left:
(H + a e / 2) / |da/dt|. Scale heights are those of Vallado's table of the exponential atmosphere ("Fundamentals of
Astrodynamics and Applications", table 8-4). The rate is that of the last ten days; the sun may change it within
hours, so what is said is a time to look by, never a place or an hour. What raises or lowers itself is not falling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import DAY, ticks
from space_hub.orbit.uncertainty.differences import ordered

SPAN_DAYS = 10.0
LEAST_SETS = 3

_HEIGHTS_KM = (150.0, 180.0, 200.0, 250.0, 300.0, 350.0, 400.0, 450.0, 500.0, 600.0, 700.0)
_SCALES_KM = (22.523, 29.740, 37.105, 45.546, 53.628, 53.298, 58.515, 60.828, 63.822, 71.835, 88.667)


class Level(IntEnum):
    """How near its end an object is."""

    STEADY = 0
    DECAYING = 1
    RE_ENTRY = 2


LIMIT_DAYS = {Level.DECAYING: 60.0, Level.RE_ENTRY: 7.0}
"""A level is entered below so many days left, and left only beyond half as many again: figures scatter."""

_SLACK = 1.5


@dataclass(frozen=True, slots=True)
class Fall:
    """Height of perigee in km, change of the semi-major axis in km a day, days left (inf for what does not fall)."""

    perigee_km: float
    rate_km_day: float
    days_left: float
    sets: int


def fall(history: Sequence[ElementSet]) -> Fall | None:
    """The fall of one object by its sets of the last ten days; None for none at all.

    With fewer than three sets the newest one's own drag, its MEAN_MOTION_DOT, is taken. Raises Invalid for several
    objects.
    """
    sets = ordered(history)
    if not sets:
        return None
    newest = sets[-1]
    recent = [one for one in sets if (newest.epoch - one.epoch).total_seconds() <= SPAN_DAYS * 86400.0]
    if len(recent) < LEAST_SETS:
        rate = -4.0 / 3.0 * newest.semi_major_axis_km * newest.mean_motion_dot / newest.mean_motion_rev_day
        return _fall(newest, rate, 1)
    at = np.array([ticks(one.epoch) for one in recent], dtype=np.float64) / DAY
    axis = np.array([one.semi_major_axis_km for one in recent])
    older, newer = np.triu_indices(len(recent), 1)
    # The median of all slopes (Theil 1950, Sen 1968): one bad set in four does not move it.
    return _fall(newest, float(np.median((axis[newer] - axis[older]) / (at[newer] - at[older]))), len(recent))


def _fall(newest: ElementSet, rate_km_day: float, sets: int) -> Fall:
    scale = float(np.interp(newest.perigee_km, _HEIGHTS_KM, _SCALES_KM))
    way = scale + newest.semi_major_axis_km * newest.eccentricity / 2.0
    left = way / -rate_km_day if rate_km_day < 0.0 else float("inf")
    return Fall(newest.perigee_km, rate_km_day, left, sets)


def next_level(level: Level, seen: Fall) -> Level:
    """The level after a look, from the level before it."""
    for candidate in (Level.RE_ENTRY, Level.DECAYING):
        slack = _SLACK if level >= candidate else 1.0
        if seen.days_left < LIMIT_DAYS[candidate] * slack:
            return candidate
    return Level.STEADY
