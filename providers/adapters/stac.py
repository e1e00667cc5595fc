"""A supplier that publishes a STAC catalogue: its collections are offerings of what is in the archive.

Items are delivered things, never offerings. A search asks with CQL2 where the
server says it understands it, else with `query`, else with area and time alone;
what then was not asked for is named, so that nobody takes it for met.

Settings of the door: `product_map` {collection id: capability}, `collections` (only these).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from providers.adapters.base import Capabilities, Listing, ListsOnly, OfferingDraft, Tier
from providers.adapters.client import Client, links_of, next_link
from providers.adapters.drafts import read_draft
from providers.adapters.stapi_map import attributes
from providers.adapters.table import Reader
from space_hub.errors import Invalid, Unavailable
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.interval import Interval

NAME = "stac"
_MOST_ITEMS = 1_000
_WHOLE = [-180.0, -90.0, 180.0, 90.0]
_SIGNS = (("sar:", "radar.sar"), ("eo:", "imagery.optical"), ("gsd", "imagery.optical"))
"""Names of summaries that tell what a collection holds, the narrower first."""


@dataclass(frozen=True, slots=True)
class Found:
    """Items of a search; `unasked` names the conditions that the server could not be asked."""

    items: tuple[Mapping[str, Any], ...]
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StacCatalogue(ListsOnly):
    client: Client
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Tier.LISTING)

    def list_offerings(self) -> Listing:
        wanted = self.settings.get("collections")
        product_map = self.settings.get("product_map") or {}
        reader = Reader(lambda given: read_collection(given, product_map))
        first = True
        try:
            for page in self.client.pages("collections"):
                for each in _collections(page):
                    if not wanted or (isinstance(each, Mapping) and each.get("id") in wanted):
                        reader.take(None, each)
                first = False
        except Unavailable as error:
            if first:
                raise
            return reader.listing(broken=error)
        return reader.listing()

    def search(self, area: Mapping[str, Any], window: Interval, conditions: Mapping[str, tuple[str, Any]]) -> Found:
        """Items over an area and a time. `conditions`: property -> (operator `<=`, `>=` or `=`, value)."""
        landing = self.client.get(self.client.url).body
        classes = " ".join(str(each) for each in (landing.get("conformsTo") or ())) if isinstance(landing, dict) else ""
        stop = ".." if window.stop is None else window.stop.isoformat()
        body: dict[str, Any] = {
            "intersects": dict(area),
            "datetime": f"{window.start.isoformat()}/{stop}",
            "limit": 100,
        }
        unasked: tuple[str, ...] = ()
        if conditions and "cql2" in classes:
            clauses = [
                {"op": op, "args": [{"property": name}, value]} for name, (op, value) in sorted(conditions.items())
            ]
            body |= {"filter-lang": "cql2-json", "filter": {"op": "and", "args": clauses}}
        elif conditions and "item-search#query" in classes:
            words = {"<=": "lte", ">=": "gte", "=": "eq"}
            body["query"] = {name: {words[op]: value} for name, (op, value) in sorted(conditions.items())}
        else:
            unasked = tuple(sorted(conditions))
        items: list[Mapping[str, Any]] = []
        page = self.client.post("search", body).body
        while True:
            features = page.get("features") if isinstance(page, Mapping) else None
            if not isinstance(features, list):
                raise Unavailable("adapter.answer_shape", expected="features")
            items += [each for each in features if isinstance(each, Mapping)]
            following = next_link(page)
            if following is None or not features or len(items) >= _MOST_ITEMS:
                return Found(tuple(items[:_MOST_ITEMS]), unasked)
            page = self.client.get(following).body


def _collections(page: Any) -> list[Any]:
    found = page.get("collections") if isinstance(page, Mapping) else None
    if not isinstance(found, list):
        raise Unavailable("adapter.answer_shape", expected="collections")
    return found


def read_collection(given: Any, product_map: Mapping[str, Any]) -> OfferingDraft:
    """The archive offering that a collection is; Invalid with the field that is missing where it is none."""
    kind = given.get("type") if isinstance(given, Mapping) else None
    if kind == "Catalog":
        raise Invalid("stac.catalog_has_no_product")
    if kind == "Feature":
        raise Invalid("stac.item_is_a_delivery")
    if kind != "Collection" or not isinstance(given.get("id"), str):
        raise Invalid("stac.not_a_collection", kind=str(kind)[:40])
    for name in ("license", "extent"):
        if not given.get(name):
            raise Invalid("stac.field_missing", collection=given["id"][:100], field=name)
    summaries = given.get("summaries")
    summaries = summaries if isinstance(summaries, Mapping) else {}
    code = _capability(given, summaries, product_map)
    measured = dict(attributes(code, summaries))
    if not measured:
        raise Invalid("stac.field_missing", collection=given["id"][:100], field="summaries")
    start, stop = _interval(given["extent"])
    draft = read_draft(
        {
            "reference": given["id"],
            "title": str(given.get("title") or given["id"])[:200],
            "description": str(given.get("description") or "")[:4000],
            "licence": str(given["license"])[:500],
            "capability": code,
            "attributes": measured,
            "coverage": coverage(given["extent"]),
            "archive": True,
            "taskable": False,
        }
    )
    return replace(draft, upstream=_upstream(given, summaries, start, stop))


def _capability(given: Mapping[str, Any], summaries: Mapping[str, Any], product_map: Mapping[str, Any]) -> str:
    named = product_map.get(given["id"])
    if named is not None:
        return capability(str(named)).code
    for start, code in _SIGNS:
        if any(name.startswith(start) for name in summaries):
            return code
    raise Invalid("stac.field_missing", collection=given["id"][:100], field="summaries")


def coverage(extent: Any) -> Any:
    """The first box of a spatial extent, as a geometry or "global"; a box across the antimeridian as two."""
    spatial = extent.get("spatial") if isinstance(extent, Mapping) else None
    boxes = spatial.get("bbox") if isinstance(spatial, Mapping) else None
    if not isinstance(boxes, list) or not boxes or not isinstance(boxes[0], list) or len(boxes[0]) not in (4, 6):
        return None
    given = boxes[0]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in given):
        return None
    west, south, east, north = given if len(given) == 4 else (given[0], given[1], given[3], given[4])
    if [west, south, east, north] == _WHOLE:
        return "global"
    if west > east:
        return {
            "type": "MultiPolygon",
            "coordinates": [_ring(west, south, 180, north), _ring(-180, south, east, north)],
        }
    return {"type": "Polygon", "coordinates": _ring(west, south, east, north)}


def _ring(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def _interval(extent: Any) -> tuple[str | None, str | None]:
    """The time that the archive holds. It is no validity: what was taken years ago is still for sale."""
    temporal = extent.get("temporal") if isinstance(extent, Mapping) else None
    intervals = temporal.get("interval") if isinstance(temporal, Mapping) else None
    first = intervals[0] if isinstance(intervals, list) and intervals else None
    if not isinstance(first, list) or len(first) != 2:
        return None, None
    start, stop = (each if isinstance(each, str) else None for each in first)
    return start, stop


def _upstream(
    given: Mapping[str, Any], summaries: Mapping[str, Any], start: str | None, stop: str | None
) -> dict[str, Any]:
    return {
        "interface": "stac",
        "product_id": given["id"],
        "archive_from": start,
        "archive_to": stop,
        "links": [dict(each) for each in links_of(given)][:50],
        "summaries": sorted(str(name) for name in summaries)[:200],
    }
