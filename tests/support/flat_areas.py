"""Whether a geometry of a coverage meets a box in the plane, edges included: school geometry, no library.

For tests that hold a search against something that shares no code with it.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

Point = tuple[float, float]


def meets(coverage: Mapping[str, Any], box: tuple[float, float, float, float]) -> bool:
    """`coverage` is a Polygon or a MultiPolygon; west above east crosses the antimeridian."""
    west, south, east, north = box
    boxes = (
        [(west, south, east, north)] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]
    )
    polygons = [coverage["coordinates"]] if coverage["type"] == "Polygon" else coverage["coordinates"]
    return any(_polygon_meets(polygon, each) for polygon in polygons for each in boxes)


def _polygon_meets(rings: list[list[list[float]]], box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    lines = [[(point[0], point[1]) for point in ring] for ring in rings]
    if any(west <= x <= east and south <= y <= north for line in lines for x, y in line):
        return True
    if _inside(corners[0], lines):
        return True
    sides = list(pairwise(corners))
    return any(_cross(first, second, *side) for line in lines for first, second in pairwise(line) for side in sides)


def _inside(point: Point, lines: list[list[Point]]) -> bool:
    """Even-odd over all rings, so that a hole is outside."""
    x, y = point
    odd = False
    for line in lines:
        for (x1, y1), (x2, y2) in pairwise(line):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                odd = not odd
    return odd


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    turns = [_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)]
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*end) for turn, end in zip(turns, ends, strict=True))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
