"""Access by Skyfield, the slow and plain way: every few seconds of the window, then finer where something happens.

Another road to the same angles: Skyfield flies the set, goes through its own precession,
nutation and UT1 to its ITRS, and finds the geodetic point below by its own iteration. It shares
with `orbit.coverage` the meaning of a sensor and, as Skyfield has no sun without a file, the
sun's direction (held apart against published equinoxes and solstices).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skyfield.api import EarthSatellite, load, wgs84
from skyfield.framelib import itrs

from space_hub.orbit.coverage.earth import MEAN_KM
from space_hub.orbit.coverage.sensor import LookSide, Sensor
from space_hub.orbit.coverage.sun import sunward
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import satrec
from space_hub.orbit.times import DAY, SECOND, Floats, Ticks

SCAN_S = 10
FINE_S = 0.25
_NEAR_DEG = 12.0
"""A sample this near to holding may hide a shorter window: in 5 s no angle of a low orbit changes by more."""

_TIMES = load.timescale(builtin=True)

Clearance = Callable[[Ticks], Floats]


@dataclass(frozen=True, slots=True)
class _Track:
    """A satellite at ticks (T,): ITRS position and velocity (T, 3), the point below, and Skyfield's own position."""

    at: Ticks
    position: Floats
    velocity: Floats
    below: Floats


def _time(at: Ticks) -> object:
    day, rest = np.divmod(at, DAY)
    # Days and seconds apart: seconds alone, counted over years, would run through the leap seconds.
    return _TIMES.utc(1970, 1, 1 + day, 0, 0, rest / SECOND)


def track(elements: ElementSet, at: Ticks) -> _Track:
    """The satellite as Skyfield sees it."""
    where = EarthSatellite.from_satrec(satrec(elements), _TIMES).at(_time(at))
    position, velocity = where.frame_xyz_and_velocity(itrs)
    below = wgs84.subpoint_of(where).itrs_xyz.km
    return _Track(at, position.km.T, velocity.km_per_s.T, below.T)


def clearance(sensor: Sensor, seen: _Track, longitude_deg: float, latitude_deg: float) -> Floats:
    """By how many degrees the tightest condition holds (negative: is missed) at each instant."""
    site = wgs84.latlon(latitude_deg, longitude_deg)
    longitude, latitude = np.radians([longitude_deg, latitude_deg])
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    sight = site.itrs_xyz.km - seen.position
    range_km = np.linalg.norm(sight, axis=1)
    elevation = np.degrees(np.arcsin(-(sight @ up) / range_km))
    down = seen.below - seen.position
    off_nadir = np.degrees(np.arctan2(np.linalg.norm(np.cross(down, sight), axis=1), (down * sight).sum(axis=1)))
    held = [elevation - sensor.elevation]
    if sensor.off_nadir is not None:
        held += [off_nadir - sensor.off_nadir[0]] if sensor.off_nadir[0] > 0.0 else []
        held.append(sensor.off_nadir[1] - off_nadir)
    if sensor.incidence is not None:
        held += [90.0 - elevation - sensor.incidence[0], sensor.incidence[1] - 90.0 + elevation]
    if sensor.swath_km is not None:
        chord = np.linalg.norm(site.itrs_xyz.km - seen.below, axis=1)
        along = 2.0 * MEAN_KM * np.arcsin(np.minimum(1.0, chord / 2.0 / MEAN_KM))
        held.append((0.5 * sensor.swath_km - along) / 10.0)
    plane = np.cross(seen.position, seen.velocity)
    aside = np.degrees(np.arcsin((sight * plane).sum(axis=1) / range_km / np.linalg.norm(plane, axis=1)))
    if sensor.look_side is not LookSide.BOTH:
        held.append(aside if sensor.look_side is LookSide.LEFT else -aside)
    if sensor.squint is not None:
        speed = np.linalg.norm(seen.velocity, axis=1)
        ahead = np.degrees(np.arcsin((sight * seen.velocity).sum(axis=1) / range_km / speed))
        held.append(sensor.squint - np.abs(ahead))
    if sensor.sun_elevation is not None:
        sun = np.degrees(np.arcsin(sunward(seen.at) @ up))
        held += [sun - sensor.sun_elevation[0], sensor.sun_elevation[1] - sun]
    return np.asarray(np.min(held, axis=0))


def windows(
    elements: ElementSet, sensor: Sensor, scanned: _Track, longitude_deg: float, latitude_deg: float
) -> list[tuple[int, int]]:
    """Begin and end ticks of every window within the scan that is not shorter than FINE_S, ends to 10 ms."""

    def at(ticks: Ticks) -> npt.NDArray[np.bool_]:
        return np.asarray(clearance(sensor, track(elements, ticks), longitude_deg, latitude_deg) > 0.0)

    value = clearance(sensor, scanned, longitude_deg, latitude_deg)
    holds = value > 0.0
    around = np.arange(-round(SCAN_S / FINE_S), round(SCAN_S / FINE_S) + 1) * round(FINE_S * SECOND)
    humps = (value[1:-1] >= value[:-2]) & (value[1:-1] >= value[2:]) | (value[1:-1] <= value[:-2]) & (
        value[1:-1] <= value[2:]
    )
    watched = np.flatnonzero(humps & (np.abs(value[1:-1]) < _NEAR_DEG)) + 1
    extra = (scanned.at[watched][:, None] + around).ravel()
    extra = np.unique(extra[(extra > scanned.at[0]) & (extra < scanned.at[-1])])
    ticks = np.concatenate([scanned.at, extra])
    holds = np.concatenate([holds, at(extra)]) if len(extra) else holds
    ticks, first = np.unique(ticks, return_index=True)
    holds = holds[first]
    turns = np.flatnonzero(holds[1:] != holds[:-1])
    low, high = ticks[turns].copy(), ticks[turns + 1].copy()
    before = holds[turns]
    while len(low) and (high - low).max() > SECOND // 100:
        middle = (low + high) // 2
        same = at(middle) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    edges = ((low + high) // 2).tolist()
    if holds[0]:
        edges.insert(0, int(ticks[0]))
    if holds[-1]:
        edges.append(int(ticks[-1]))
    return list(zip(edges[::2], edges[1::2], strict=True))


def sky_elevation(elements: ElementSet, at: Ticks, longitude_deg: float, latitude_deg: float) -> Floats:
    """Elevation in deg (T,) of a satellite over a place, as Skyfield's `altaz` gives it without refraction."""
    satellite = EarthSatellite.from_satrec(satrec(elements), _TIMES)
    altitude, _azimuth, _distance = (satellite - wgs84.latlon(latitude_deg, longitude_deg)).at(_time(at)).altaz()
    return np.asarray(altitude.degrees)
