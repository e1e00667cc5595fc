"""Until when each object has a state: found on absolute instants, before anything is paired.

All objects are asked on a coarse grid. Those that fail there, fail at an end, or have an
osculating perigee low enough to fall between two of its instants are asked every ten
seconds; the first failure is then placed to the millisecond. An object that fails for
less than ten seconds and recovers is not noticed here (a dip of less than 0.2 km below
the surface at perigee).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from space_hub.orbit.elements import EARTH_RADIUS_KM, MU_KM3_S2
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.result import Failure
from space_hub.orbit.times import SECOND, Floats, Ticks, moment

NEVER = np.iinfo(np.int64).max

COARSE = 1_200 * SECOND
FINE = 10 * SECOND
MILLISECOND = 1_000

LEAD = 60 * SECOND
"""States are also needed this long before the window, for derivatives at its start."""

SUSPECT_HEIGHT_KM = 150.0
"""Perigee below this height on any coarse instant: look closely. Lunar and solar terms and drag
move a perigee by far less than 150 km between two coarse instants."""

_BLOCK = 24


@dataclass(frozen=True, slots=True)
class Validity:
    """`fails[n]` is the first tick without a state of object n (NEVER if there is none); failures in order."""

    fails: Ticks
    failures: list[Failure]


def validity(fleet: Fleet, start: int, stop: int) -> Validity:
    """When each object of the fleet fails between start and stop, to 1 ms.

    A failure within LEAD after the window stands in `fails` too, but is not reported.
    """
    horizon = stop + LEAD
    fails = np.full(len(fleet), NEVER, dtype=np.int64)
    failures = []
    for index in np.flatnonzero(_suspects(fleet, start, horizon)).tolist():
        found = _first_failure(fleet, index, start, horizon)
        if found is not None:
            fails[index] = found[0]
            if found[0] <= stop:
                failures.append(Failure(index, found[1], moment(found[0])))
    return Validity(fails, failures)


def _suspects(fleet: Fleet, start: int, stop: int) -> npt.NDArray[np.bool_]:
    grid = np.arange(start // COARSE + 1, -(-stop // COARSE), dtype=np.int64) * COARSE
    at = np.concatenate([[start - LEAD, start], grid, [stop]])
    suspect = np.zeros(len(fleet), dtype=bool)
    for first in range(0, len(at), _BLOCK):
        position, velocity, codes = fleet.states(at[first : first + _BLOCK])
        low = _perigee(position, velocity) < EARTH_RADIUS_KM + SUSPECT_HEIGHT_KM
        suspect |= ((codes != 0) | low).any(axis=1)
    return suspect


def _perigee(position: Floats, velocity: Floats) -> Floats:
    """Osculating perigee radius, km: (N, T, 3), (N, T, 3) -> (N, T); NaN where there is no state."""
    radius = np.sqrt((position * position).sum(axis=-1))
    speed2 = (velocity * velocity).sum(axis=-1)
    radial = (position * velocity).sum(axis=-1)
    momentum2 = radius * radius * speed2 - radial * radial
    parameter = momentum2 / MU_KM3_S2
    energy = speed2 / 2.0 - MU_KM3_S2 / radius
    eccentricity = np.sqrt(np.maximum(0.0, 1.0 + 2.0 * energy * momentum2 / MU_KM3_S2**2))
    perigee: Floats = parameter / (1.0 + eccentricity)
    return perigee


def _first_failure(fleet: Fleet, index: int, start: int, stop: int) -> tuple[int, int] | None:
    early = fleet.codes(index, np.array([start, start - LEAD], dtype=np.int64))
    if early.any():
        return start, int(early[early != 0][0])
    grid = np.arange(start // FINE + 1, -(-stop // FINE), dtype=np.int64) * FINE
    at = np.concatenate([[start], grid, [stop]])
    bad = np.flatnonzero(fleet.codes(index, at))
    if not len(bad):
        return None
    good, failed = int(at[bad[0] - 1]) // MILLISECOND, -(-int(at[bad[0]]) // MILLISECOND)
    while failed - good > 1:
        middle = (good + failed) // 2
        if fleet.codes(index, np.array([middle * MILLISECOND], dtype=np.int64))[0]:
            failed = middle
        else:
            good = middle
    first = min(failed * MILLISECOND, stop)
    return first, int(fleet.codes(index, np.array([first], dtype=np.int64))[0])
