"""Areas as GeoJSON geometries, checked for form and compared by their boxes. Pure.

A box answers two questions for certain: areas whose boxes are apart do not
meet, and a rectangle covers what its box covers. Everything else is unknown
here, and is said to be so.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import inf
from typing import Any

from space_hub.errors import Invalid

GLOBAL = "global"
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_MOST_POINTS = 10_000

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def check_geometry(given: Any) -> None:
    """Refuse what is no GeoJSON geometry with longitude in [-180, 180] and latitude in [-90, 90] degrees."""
    kind = given.get("type") if isinstance(given, Mapping) else None
    if not isinstance(kind, str) or kind not in _DEPTH or set(given) - {"type", "coordinates", "bbox"}:
        raise Invalid("vocabulary.geometry_wrong", kinds=", ".join(_DEPTH))
    _check_numbers(given.get("bbox", (0, 0, 0, 0)), (4, 6))
    points = list(_points(given.get("coordinates"), _DEPTH[kind]))
    if not points or len(points) > _MOST_POINTS:
        raise Invalid("vocabulary.geometry_points", count=len(points), most=_MOST_POINTS)
    if kind in {"Polygon", "MultiPolygon"}:
        for ring in _rings(given):
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise Invalid("vocabulary.ring_open")
    if not all(_parts(given["coordinates"], _DEPTH[kind])):
        raise Invalid("vocabulary.geometry_wrong", kinds=", ".join(_DEPTH))
    if kind in {"LineString", "MultiLineString"}:
        lines = [given["coordinates"]] if kind == "LineString" else given["coordinates"]
        if any(len(line) < 2 for line in lines):
            raise Invalid("vocabulary.line_short")


def check_coverage(given: Any) -> None:
    if given != GLOBAL:
        check_geometry(given)


def covers(coverage: Any, area: Any) -> bool | None:
    """Whether `coverage` (global, a geometry, None for not stated) covers `area`; None when boxes cannot tell."""
    if coverage is None:
        return None
    if coverage == GLOBAL:
        return True
    outer, inner = box(coverage), box(area)
    if outer[0] > inner[2] or inner[0] > outer[2] or outer[1] > inner[3] or inner[1] > outer[3]:
        return False
    inside = outer[0] <= inner[0] and inner[2] <= outer[2] and outer[1] <= inner[1] and inner[3] <= outer[3]
    return True if inside and _is_rectangle(coverage) else None


def box(geometry: Mapping[str, Any]) -> Box:
    points = list(_points(geometry["coordinates"], _DEPTH[geometry["type"]]))
    east_west, north_south = [point[0] for point in points], [point[1] for point in points]
    return min(east_west), min(north_south), max(east_west), max(north_south)


def _is_rectangle(geometry: Mapping[str, Any]) -> bool:
    if geometry["type"] != "Polygon" or len(geometry["coordinates"]) != 1:
        return False
    west, south, east, north = box(geometry)
    corners = [(point[0], point[1]) for point in geometry["coordinates"][0]]
    along = all(first[0] == second[0] or first[1] == second[1] for first, second in pairwise(corners))
    return along and set(corners) == {(west, south), (west, north), (east, south), (east, north)}


def _rings(geometry: Mapping[str, Any]) -> list[Any]:
    shapes = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for shape in shapes for ring in shape]


def _points(given: Any, depth: int) -> Iterator[tuple[float, float]]:
    if not isinstance(given, list | tuple):
        raise Invalid("vocabulary.geometry_wrong", kinds=", ".join(_DEPTH))
    if depth > 0:
        for part in given:
            yield from _points(part, depth - 1)
        return
    _check_numbers(given, (2, 3))
    if not (abs(given[0]) <= 180 and abs(given[1]) <= 90):
        raise Invalid("vocabulary.position_wrong", given=str(given)[:80])
    yield float(given[0]), float(given[1])


def flat(given: Mapping[str, Any]) -> dict[str, Any]:
    """The geometry with longitude and latitude alone: heights and bounding boxes are left out."""

    def low(part: Any, depth: int) -> Any:
        return [low(each, depth - 1) for each in part] if depth else [float(part[0]), float(part[1])]

    return {"type": given["type"], "coordinates": low(given["coordinates"], _DEPTH[given["type"]])}


def _parts(given: Any, depth: int) -> Iterator[bool]:
    """For each list above the positions whether it holds something."""
    if depth > 0:
        yield len(given) > 0
        for part in given:
            yield from _parts(part, depth - 1)


def _check_numbers(given: Any, counts: tuple[int, ...]) -> None:
    if not isinstance(given, list | tuple) or len(given) not in counts:
        raise Invalid("vocabulary.position_wrong", given=str(given)[:80])
    if not all(isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < inf for part in given):
        raise Invalid("vocabulary.position_wrong", given=str(given)[:80])
