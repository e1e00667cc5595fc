"""What must hold for a satellite to serve a place: angles, distances, sides and the sun, as smooth functions.

Each condition is a number that is positive where it holds, smooth in time and of one hump a
pass: squares of distances and sines, never an angle with a kink at nadir. `reach` says how far
from the point below a satellite a place can be at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import cos, radians, sin

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.coverage.earth import MEAN_KM, NORMAL_OFF_CENTRE_RAD, POLE_KM, surface, upward_at
from space_hub.orbit.coverage.sun import PARALLAX_RAD
from space_hub.orbit.times import Floats

Span = tuple[float, float]
"""Least and most, in degrees."""

_LEAST_RADIUS_KM = POLE_KM - 1.0
_LEAST_CURVATURE_KM = 6335.0
"""Least radius of curvature of the ellipsoid: north-south at the equator."""


class LookSide(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Sensor:
    """Conditions between one satellite and one place; what is None is not asked. Degrees and km.

    off_nadir: at the satellite, from the normal of the ellipsoid below it to the place.
    incidence: at the place, from its vertical to the satellite; grazing is 90 less it.
    elevation: least, at the place: a mask. squint: most, from the plane across the motion.
    swath_km: full width on the ground, seen without turning. sun_elevation: at the place.
    """

    off_nadir: Span | None = None
    incidence: Span | None = None
    elevation: float = 0.0
    squint: float | None = None
    swath_km: float | None = None
    look_side: LookSide = LookSide.BOTH
    sun_elevation: Span | None = None

    def __post_init__(self) -> None:
        for name, span, most in (
            ("off_nadir", self.off_nadir, 90.0),
            ("incidence", self.incidence, 90.0),
            ("sun_elevation", self.sun_elevation, 90.0),
        ):
            least = -90.0 if name == "sun_elevation" else 0.0
            if span is not None and not least <= span[0] < span[1] <= most:
                raise Invalid("coverage.span_wrong", of=name, low=span[0], high=span[1], least=least, most=most)
        if not -1.0 <= self.elevation < 90.0:
            raise Invalid("coverage.span_wrong", of="elevation", low=self.elevation, high=90.0, least=-1.0, most=90.0)
        for name, value in (("squint", self.squint), ("swath_km", self.swath_km)):
            if value is not None and not value > 0.0:
                raise Invalid("coverage.not_positive", of=name, given=value)

    @property
    def least_elevation(self) -> float:
        return max(self.elevation, -1.0 if self.incidence is None else 90.0 - self.incidence[1])

    @property
    def reads_motion(self) -> bool:
        """Whether any of its conditions depends on where the satellite flies."""
        return self.look_side is not LookSide.BOTH or self.squint is not None

    @property
    def reads_sun(self) -> bool:
        return self.sun_elevation is not None

    def reach(self, radius_km: Floats) -> Floats:
        """The largest angle at the earth's centre between a satellite at a radius and a place it may serve, in rad.

        An upper bound for the ellipsoid: angles are loosened by what its normal is off the centre, and the earth
        is taken as small as it is anywhere, where each condition reaches farthest.
        """
        elevation = radians(self.least_elevation) - NORMAL_OFF_CENTRE_RAD
        reach = np.arccos(np.minimum(1.0, _LEAST_RADIUS_KM * cos(elevation) / radius_km)) - elevation
        if self.off_nadir is not None:
            angle = radians(self.off_nadir[1]) + NORMAL_OFF_CENTRE_RAD
            at_place = radius_km * sin(min(angle, np.pi / 2.0)) / _LEAST_RADIUS_KM
            seen = np.arcsin(np.minimum(1.0, at_place)) - angle
            reach = np.where(at_place < 1.0, np.minimum(reach, seen), reach)
        if self.swath_km is not None:
            reach = np.minimum(reach, 0.5 * self.swath_km / _LEAST_CURVATURE_KM + NORMAL_OFF_CENTRE_RAD)
        return np.asarray(reach)


@dataclass(frozen=True, slots=True)
class Places:
    """M places: Earth-fixed points (M, 3) km and the normals of the ellipsoid there (M, 3)."""

    points: Floats
    up: Floats


def conditions(
    sensor: Sensor, position: Floats, velocity: Floats, sun: Floats, point: Floats, up: Floats
) -> Iterator[Floats]:
    """Each condition in a fixed order, the most selective first: arrays (..., 3) to (...), positive where it holds.

    Position and point in km, velocity in km/s, all Earth-fixed; `sun` and `up` are directions.
    """
    sight = point - position
    squared = _dot(sight, sight)
    range_km = np.sqrt(squared)
    high = -_dot(sight, up) / range_km
    if sensor.swath_km is not None:
        half = 0.5 * sensor.swath_km
        chord = 2.0 * MEAN_KM * sin(min(half / (2.0 * MEAN_KM), 0.5 * np.pi))
        below = point - surface(upward_at(position))
        yield (chord * chord - _dot(below, below)) / (chord * chord)
    if sensor.off_nadir is not None:
        down = -_dot(sight, upward_at(position)) / range_km
        yield down - cos(radians(sensor.off_nadir[1]))
        if sensor.off_nadir[0] > 0.0:
            yield cos(radians(sensor.off_nadir[0])) - down
    yield high - sin(radians(sensor.least_elevation))
    if sensor.incidence is not None and sensor.incidence[0] > 0.0:
        yield cos(radians(sensor.incidence[0])) - high
    if sensor.look_side is not LookSide.BOTH:
        leftward = _dot(sight, np.cross(position, velocity))
        sign = 1.0 if sensor.look_side is LookSide.LEFT else -1.0
        yield sign * leftward / range_km
    if sensor.squint is not None:
        ahead = _dot(sight, velocity) / (range_km * np.sqrt(_dot(velocity, velocity)))
        yield sin(radians(sensor.squint)) - ahead
        yield sin(radians(sensor.squint)) + ahead
    if sensor.sun_elevation is not None:
        high = _dot(sun, up)
        lit = high - PARALLAX_RAD * (1.0 - high * high)
        yield lit - sin(radians(sensor.sun_elevation[0]))
        if sensor.sun_elevation[1] < 90.0:
            yield sin(radians(sensor.sun_elevation[1])) - lit


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])
