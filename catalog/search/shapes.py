"""Coverages as shapes: each distinct one is kept, built and tested once, however many offerings share it.

Planar in longitude and latitude. Boxes decide first; a geometry is built when a
box lets it through and is kept from then on. What is not valid as a polygon (a
ring that crosses itself) is made valid first, or the predicates would refuse it.
"""

import json
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.search.query import Relation
from space_hub.vocabulary.geometry import GLOBAL, box, flat

NOT_STATED, WORLD = 0, 1


class Shapes:
    """Coverage -> code: 0 not stated, 1 global, from 2 on a geometry. It only grows."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._given: list[str | None] = [None, None]
        self._boxes: list[tuple[float, float, float, float]] = [(0, 0, 0, 0), (0, 0, 0, 0)]
        self._built: list[Any] = [None, None]
        self._lock = Lock()

    def code(self, coverage: Any) -> int:
        if coverage is None:
            return NOT_STATED
        if coverage == GLOBAL:
            return WORLD
        key = json.dumps(flat(coverage), separators=(",", ":"))
        found = self._codes.get(key)
        if found is None:
            with self._lock:
                found = len(self._given)
                self._boxes.append(box(coverage))
                self._built.append(None)
                self._given.append(key)
                self._codes[key] = found
        return found

    def meet(self, area: Mapping[str, Any], relation: Relation) -> npt.NDArray[np.bool_]:
        """For every code whether the coverage meets, or covers, `area`."""
        import shapely

        size = len(self._given)
        found = np.zeros(size, dtype=np.bool_)
        found[WORLD] = True
        if size <= 2:
            return found
        asked = build(json.dumps(flat(area)))
        west, south, east, north = asked.bounds
        boxes = np.array(self._boxes[:size])
        if relation is Relation.COVERS:
            near = (boxes[:, 0] <= west) & (boxes[:, 1] <= south) & (boxes[:, 2] >= east) & (boxes[:, 3] >= north)
        else:
            near = (boxes[:, 0] <= east) & (boxes[:, 1] <= north) & (boxes[:, 2] >= west) & (boxes[:, 3] >= south)
        near[:2] = False
        codes = np.flatnonzero(near)
        if len(codes):
            shapely.prepare(asked)
            shapes = np.array([self._shape(int(code)) for code in codes], dtype=object)
            test = shapely.covered_by if relation is Relation.COVERS else shapely.intersects
            found[codes] = test(asked, shapes)
        return found

    def _shape(self, code: int) -> Any:
        built = self._built[code]
        if built is None:
            built = self._built[code] = build(str(self._given[code]))
        return built


def build(geojson: str) -> Any:
    """A GeoJSON geometry as a valid planar one."""
    import shapely

    shape = shapely.from_geojson(geojson)
    return shape if shapely.is_valid(shape) else shapely.make_valid(shape)
