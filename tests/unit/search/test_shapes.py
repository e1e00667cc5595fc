"""Coverages and areas: planar, boxes first, then the shape itself."""

from typing import Any

import pytest

from catalog.search.query import Relation, read_area
from catalog.search.shapes import NOT_STATED, WORLD, Shapes

TRIANGLE = {"type": "Polygon", "coordinates": [[[0, 0], [20, 0], [0, 20], [0, 0]]]}
SPLIT = read_area([170, -10, -170, 10])
CAP = {"type": "Polygon", "coordinates": [[[-180, 70], [180, 70], [180, 90], [-180, 90], [-180, 70]]]}
BOW = {"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}


@pytest.mark.parametrize(
    ("coverage", "area", "intersects", "covers"),
    [
        (TRIANGLE, [1, 1, 2, 2], True, True),
        (TRIANGLE, [15, 15, 18, 18], False, False),
        (TRIANGLE, [8, 8, 14, 14], True, False),
        (TRIANGLE, {"type": "Point", "coordinates": [0, 0]}, True, True),
        (SPLIT, [175, 0, 179, 1], True, True),
        (SPLIT, [-179, 0, -175, 1], True, True),
        (SPLIT, [175, 0, -175, 1], True, True),
        (SPLIT, [0, 0, 1, 1], False, False),
        (CAP, [10, 80, 20, 90], True, True),
        (CAP, "region:arctic", True, False),
        (BOW, [4, 8, 6, 9], False, False),
        (BOW, [1, 4, 2, 6], True, True),
        ({"type": "LineString", "coordinates": [[0, 0], [10, 10]]}, [4, 4, 6, 6], True, False),
    ],
)
def test_an_area_is_reached_or_held(coverage: Any, area: Any, intersects: bool, covers: bool) -> None:
    """Sabotage seen: `covers` answered by what intersects."""
    shapes = Shapes()
    code = shapes.code(coverage)
    asked = read_area(area)
    assert bool(shapes.meet(asked, Relation.INTERSECTS)[code]) is intersects
    assert bool(shapes.meet(asked, Relation.COVERS)[code]) is covers


def test_worldwide_is_everywhere_and_unstated_nowhere() -> None:
    shapes = Shapes()
    assert (shapes.code(None), shapes.code("global")) == (NOT_STATED, WORLD)
    for relation in Relation:
        assert shapes.meet(read_area("region:arctic"), relation).tolist() == [False, True]


def test_the_same_shape_is_kept_once_whatever_its_heights() -> None:
    shapes = Shapes()
    high = {"type": "Polygon", "coordinates": [[[0, 0, 9], [20, 0, 9], [0, 20, 9], [0, 0, 9]]]}
    assert shapes.code(TRIANGLE) == shapes.code(high) == 2
