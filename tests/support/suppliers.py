"""Suppliers of every kind of interface, in memory: they answer as the real ones do, and misbehave when told."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from jobs.demo.http_supplier import LOST, Book
from space_hub.delivery.wire import Fetched

URL = "https://supplier.example.test/api"

Route = Callable[[str, str, Any], tuple[int, Any]]


@dataclass
class Served:
    """A `providers.adapters.client.Sender` over a function from request to answer."""

    route: Route
    trouble: dict[str, Fetched] = field(default_factory=dict)
    """Path with query -> what comes instead of the answer."""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    sent_headers: list[dict[str, str]] = field(default_factory=list)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        return self._answer("GET", url, None, headers)

    def post_json(self, url: str, value: Any, headers: Mapping[str, str] | None = None) -> Fetched:
        return self._answer("POST", url, json.loads(json.dumps(value)), headers)

    def _answer(self, method: str, url: str, body: Any, headers: Mapping[str, str] | None) -> Fetched:
        parts = urlsplit(url)
        target = parts.path.removeprefix("/api/").removeprefix("/api") + (f"?{parts.query}" if parts.query else "")
        self.asked.append((method, target, body))
        self.sent_headers.append(dict(headers or {}))
        for name, instead in self.trouble.items():
            if target.startswith(name):
                return instead
        status, value = self.route(method, target, body)
        return SILENT if status == LOST else fetched(value, status)


def fetched(value: Any, status: int = 200) -> Fetched:
    return Fetched(status, {"content-type": "application/json"}, json.dumps(value).encode())


HTML = Fetched(200, {"content-type": "text/html"}, b"<html>Welcome</html>")
SILENT = Fetched(None, error="timeout")
HUGE = Fetched(200, {}, error="too_large")
HALF = Fetched(200, {"content-type": "application/json"}, b'{"products": [{"id": "A"')
BROKEN = Fetched(503, {"retry-after": "7"}, b"")


def over(book: Book) -> Served:
    """The reference supplier of our own contract."""
    return Served(lambda method, target, body: book.answer(method, "/" + target, body))


def product(reference: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stapi_type": "Product",
        "stapi_version": "0.1.0",
        "id": reference,
        "title": f"Images {reference}",
        "description": "",
        "keywords": ["EO", "optical"],
        "license": "proprietary",
        "providers": [{"name": "Vendor", "roles": ["producer"], "url": "https://vendor.example"}],
        "links": [{"rel": "queryables", "href": f"products/{reference}/queryables"}],
        **more,
    }


@dataclass
class Stapi:
    """A tasking server that keeps to STAPI 0.1: two products a page, orders that go on by themselves.

    The order of a product `A+loses_answer` is written down, and its answer is lost.
    """

    products: list[dict[str, Any]]
    later: bool = False
    """Searches are answered by a record that has to be asked for."""
    placed: list[dict[str, Any]] = field(default_factory=list)

    def served(self) -> Served:
        return Served(self.answer)

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        path = [unquote(each) for each in parts.path.split("/") if each]
        if not path:
            return 200, {"conformsTo": ["https://stapi.example.com/v0.1.0/core"], "links": []}
        if path == ["products"]:
            return 200, self._page("products", self.products, int(parts.query.removeprefix("page=") or 0))
        if path[0] == "products" and len(path) == 3:
            if path[1].partition("+")[0] not in [each.get("id") for each in self.products]:
                return 404, {"detail": "no such product"}
            if path[2] == "queryables":
                return 200, {"type": "object", "properties": {"eo:cloud_cover": {"minimum": 5, "maximum": 80}}}
            if path[2] == "opportunities" and method == "POST":
                return self._search(path[1], body)
            if path[2] == "orders" and method == "POST":
                placed = self._place(path[1], body)
                return (LOST, None) if path[1].endswith("+loses_answer") else (201, placed)
        if path == ["records", "1"]:
            result = {"rel": "opportunities", "href": "records/1/opportunities"}
            return 200, {"id": "1", "status": {"status_code": "completed"}, "links": [result]}
        if path == ["records", "1", "opportunities"]:
            return 200, self._opportunities("A", {})
        if path == ["orders"]:
            return 200, self._page("features", self.placed, int(parts.query.removeprefix("page=") or 0))
        if path[0] == "orders" and len(path) == 2:
            known = [each for each in self.placed if each["id"] == path[1]]
            return (200, known[0]) if known else (404, {"detail": "no such order"})
        return 404, {"detail": "nothing here"}

    def _page(self, name: str, rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
        path, kind = ("products", "ProductCollection") if name == "products" else ("orders", "FeatureCollection")
        more = 2 * (number + 1) < len(rows)
        links = [{"rel": "next", "href": f"{path}?page={number + 1}"}] if more else []
        return {"type": kind, name: rows[2 * number : 2 * number + 2], "links": links}

    def _search(self, product_id: str, body: Any) -> tuple[int, Any]:
        if self.later:
            link = {"rel": "search-record", "href": "records/1"}
            return 201, {"id": "1", "status": {"status_code": "in_progress"}, "links": [link]}
        return 200, self._opportunities(product_id, body)

    def _opportunities(self, product_id: str, body: Any) -> dict[str, Any]:
        again = {"datetime": "2024-11-05T00:00:00Z/2024-11-06T00:00:00Z", "geometry": POINT, "filter": {"op": "x"}}
        link = {"rel": "create-order", "method": "POST", "href": f"products/{product_id}/orders", "body": again}
        properties = {"product_id": product_id, "datetime": again["datetime"], "priceTotalNet": "250.00"}
        feature = {
            "type": "Feature",
            "geometry": POINT,
            "properties": properties | {"currency": "EUR"},
            "links": [link],
        }
        return {"type": "FeatureCollection", "features": [feature], "links": []}

    def _place(self, product_id: str, body: Any) -> dict[str, Any]:
        order = {
            "type": "Feature",
            "id": f"S-{len(self.placed) + 1}",
            "geometry": body["geometry"],
            "properties": {
                "product_id": product_id,
                "created": "2024-11-02T00:00:00Z",
                "status": {"timestamp": "2024-11-02T00:00:00Z", "status_code": "received"},
                "search_parameters": {name: body.get(name) for name in ("datetime", "geometry", "filter")},
                "order_parameters": body.get("order_parameters") or {},
            },
            "links": [],
        }
        self.placed.append(order)
        return order


POINT = {"type": "Point", "coordinates": [10.0, 60.0]}


def collection(reference: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": reference,
        "title": f"Archive {reference}",
        "description": "What was taken",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[170, -10, -170, 10]]},
            "temporal": {"interval": [["2018-01-01T00:00:00Z", "2019-01-01T00:00:00Z"]]},
        },
        "summaries": {"gsd": [0.5, 1.0], "eo:cloud_cover": {"minimum": 0, "maximum": 40}},
        "links": [],
        **more,
    }


@dataclass
class Stac:
    """A catalogue of collections, two a page, and a search over some items."""

    collections: list[dict[str, Any]]
    classes: tuple[str, ...] = ("https://api.stacspec.org/v1.0.0/core",)
    items: int = 3

    def served(self) -> Served:
        return Served(self.answer)

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        if not parts.path:
            return 200, {"type": "Catalog", "id": "root", "conformsTo": list(self.classes), "links": []}
        if parts.path == "collections":
            number = int(parts.query.removeprefix("page=") or 0)
            more = 2 * (number + 1) < len(self.collections)
            links = [{"rel": "next", "href": f"collections?page={number + 1}"}] if more else []
            return 200, {"collections": self.collections[2 * number : 2 * number + 2], "links": links}
        if parts.path == "search" and method == "POST":
            return 200, {"type": "FeatureCollection", "features": [{"id": f"I-{n}"} for n in range(self.items)]}
        return 404, {}
