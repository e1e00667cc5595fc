"""Areas as sampled places: a GeoJSON geometry becomes points on its rim and within it.

Rings and lines are walked at `spacing` (at least four points a ring), the inside is a grid of
rows. So every point of the area is within 0.71 spacings of a sample, the rim within half a
spacing, and what holds at the samples holds nearly so everywhere: a low satellite's window
begins 0.14 s later for each kilometre. Edges are straight in longitude and latitude, as RFC
7946 has them; what crosses the antimeridian comes cut in two, as it asks.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from math import ceil, cos, hypot, radians
from typing import Any

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.coverage.earth import surface, upward
from space_hub.orbit.coverage.sensor import Places
from space_hub.orbit.times import Floats

KM_A_DEGREE = 111.195
MOST = 64
"""Samples of an area unless asked otherwise: France at 130 km."""

_SHAPED: dict[str, Callable[[Any], Any]] = {
    "LineString": lambda given: [[given]],
    "MultiLineString": lambda given: [[line] for line in given],
    "Polygon": lambda given: [given],
    "MultiPolygon": lambda given: given,
}
"""Coordinates of each kind as shapes of lines."""

_FINEST_KM = 1.0
_COARSER = 1.15

Ring = Floats
"""Longitudes and latitudes in degrees (V, 2); the last point of a ring is its first."""


def sampled(geometry: Mapping[str, Any], spacing_km: float | None = None, most: int = MOST) -> Floats:
    """Longitude and latitude (M, 2) of samples; without a spacing the finest that needs no more than `most`.

    Points are taken as they are, however many.
    """
    kind, given = geometry["type"], geometry["coordinates"]
    if kind in ("Point", "MultiPoint"):
        return np.array([given] if kind == "Point" else given, dtype=np.float64)[:, :2]
    if kind not in _SHAPED:
        raise Invalid("coverage.geometry_unknown", given=kind, known=", ".join(("Point", "MultiPoint", *_SHAPED)))
    lines = [[np.array(line, dtype=np.float64)[:, :2] for line in shape] for shape in _SHAPED[kind](given)]
    filled = kind.endswith("Polygon")
    if spacing_km is not None:
        return _at(lines, filled, spacing_km)
    spacing = max(_FINEST_KM, _first_guess(lines, most))
    while len(found := _at(lines, filled, spacing)) > most:
        if spacing > 40_000.0:  # More rings than samples: there is nothing left to thin out.
            break
        spacing *= _COARSER
    return found


def places(longitude_latitude: Floats, height_km: Floats | float = 0.0) -> Places:
    """Samples (M, 2) in degrees as places, at heights above the ellipsoid."""
    up = upward(longitude_latitude[:, 0], longitude_latitude[:, 1])
    return Places(surface(up, height_km), up)


def _first_guess(shapes: list[list[Ring]], most: int) -> float:
    """A spacing that is too fine: what the longest ring alone would need."""
    return max(_length(ring) for shape in shapes for ring in shape) / most / _COARSER


def _at(shapes: list[list[Ring]], filled: bool, spacing: float) -> Floats:
    points = [point for shape in shapes for ring in shape for point in _walked(ring, spacing, 4 if filled else 2)]
    if filled:
        points += [point for shape in shapes for point in _inside(shape, spacing)]
    return np.unique(np.round(np.array(points), 9), axis=0)


def _leg(one: Floats, other: Floats) -> float:
    level = cos(radians(0.5 * (one[1] + other[1])))
    return hypot((other[0] - one[0]) * level, other[1] - one[1]) * KM_A_DEGREE


def _length(ring: Ring) -> float:
    return sum(_leg(one, other) for one, other in pairwise(ring))


def _walked(ring: Ring, spacing: float, least: int) -> Floats:
    """Points along a ring or line, both ends included, not more than `spacing` apart."""
    along = np.concatenate([[0.0], np.cumsum([_leg(one, other) for one, other in pairwise(ring)])])
    count = max(least, ceil(along[-1] / spacing)) + 1
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, ring[:, axis]) for axis in (0, 1)])


def _inside(shape: list[Ring], spacing: float) -> Iterator[tuple[float, float]]:
    """A grid of rows, of which those within the first ring and in no other are kept."""
    (west, south), (east, north) = shape[0].min(axis=0), shape[0].max(axis=0)
    step = spacing / KM_A_DEGREE
    for latitude in south + step * (np.arange(ceil((north - south) / step)) + 0.5):
        wide = step / max(cos(radians(latitude)), 1e-3)
        longitude = west + wide * (np.arange(ceil((east - west) / wide)) + 0.5)
        kept = np.logical_xor.reduce([_under(ring, longitude, latitude) for ring in shape])
        yield from ((each, latitude) for each in longitude[kept].tolist())


def _under(ring: Ring, longitude: Floats, latitude: float) -> Floats:
    """Whether a ray from each point eastward crosses the ring an odd number of times."""
    (x, y), (x_next, y_next) = ring[:-1].T, ring[1:].T
    crossed = (y > latitude) != (y_next > latitude)
    x, y, x_next, y_next = x[crossed], y[crossed], x_next[crossed], y_next[crossed]
    at = x + (latitude - y) / (y_next - y) * (x_next - x)
    return np.asarray((at[:, None] > longitude).sum(axis=0) % 2 == 1)
