"""What a terminal sees of a fleet of communication satellites, in any orbit: how high, how many, how far.

Sampled in time: every `step_s` the highest satellite, the number above the mask and the nearest
of those. Shares of the time are good to about a step in a window's length; when windows must
be exact, `accesses` gives them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from space_hub.orbit.coverage.earth import earth_fixed
from space_hub.orbit.coverage.sensor import Places
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, Floats, Ticks

_TOGETHER = 4_000_000
"""Pairs of a satellite and a place at an instant looked at in one piece."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Series of T instants at M places: elevation (deg) of the highest, number above the mask, km to the nearest.

    `elevation` and `range_km` are NaN where no satellite has a state, or none is above the mask.
    """

    at: Ticks
    elevation: Floats
    above: Floats
    range_km: Floats


@dataclass(frozen=True, slots=True)
class Service:
    """At one place: share of the time with a satellite above the mask, and the elevation of the highest then.

    `one_way_ms`: least, over time, that light takes up to the nearest satellite and down again to the same ground.
    """

    covered: float
    least_elevation_deg: float | None
    mean_elevation_deg: float | None
    p5_elevation_deg: float | None
    fewest: int
    mean_number: float
    one_way_ms: float | None


def elevations(position: Floats, places: Places) -> tuple[Floats, Floats]:
    """Of Earth-fixed satellites (N, T, 3) over M places: elevation in deg and range in km, (M, N, T) each."""
    sight = position[None] - places.points[:, None, None]
    range_km = np.linalg.norm(sight, axis=-1)
    high = np.einsum("mntx,mx->mnt", sight, places.up) / range_km
    return np.degrees(np.arcsin(np.clip(high, -1.0, 1.0))), range_km


def seen(
    elements: Sequence[ElementSet], places: Places, mask_deg: float, start: int, stop: int, step_s: float = 60.0
) -> Seen:
    """The fleet over the places, every `step_s` from `start` to before `stop`."""
    at = np.arange(start, stop, round(step_s * SECOND), dtype=np.int64)
    fleet, count = Fleet(elements), len(places.up)
    highest, above, nearest = np.full((count, len(at)), -np.inf), np.zeros((count, len(at))), np.empty((count, len(at)))
    size = max(1, _TOGETHER // (len(elements) * count))
    for first in range(0, len(at), size):
        some = slice(first, first + size)
        elevation, range_km = elevations(earth_fixed(fleet.states(at[some])[0], at[some]), places)
        elevation = np.where(np.isnan(elevation), -np.inf, elevation)
        over = elevation >= mask_deg
        highest[:, some], above[:, some] = elevation.max(axis=1), over.sum(axis=1)
        nearest[:, some] = np.where(over, range_km, np.inf).min(axis=1)
    return Seen(at, np.where(above > 0, highest, np.nan), above, np.where(np.isfinite(nearest), nearest, np.nan))


def service(found: Seen, place: int) -> Service:
    """The series of one place in a few numbers."""
    high, above, range_km = found.elevation[place], found.above[place], found.range_km[place]
    covered = above > 0
    if not covered.any():
        return Service(0.0, None, None, None, 0, 0.0, None)
    high = high[covered]
    return Service(
        float(covered.mean()),
        float(high.min()),
        float(high.mean()),
        float(np.percentile(high, 5.0)),
        int(above.min()),
        float(above.mean()),
        float(2.0 * range_km[covered].min() / LIGHT_KM_S * 1000.0),
    )


LIGHT_KM_S = 299_792.458
