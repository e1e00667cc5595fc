"""Shapes of STAPI 0.1 as this hub answers them: every field that the specification asks for, and none that is empty."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.models import Out
from catalog.ordering import searches
from providers.adapters.base import OrderStatus

VERSION = "0.1.0"
CORE = "https://stapi.example.com/v0.1.0"
"""The specification has no address of its own yet; these are the names that its servers and clients use."""
OURS = "https://space-hub.example/stapi/v0.1"

API_CLASSES = (
    *(f"{CORE}/core", f"{CORE}/order-statuses", f"{CORE}/searches-opportunity"),
    *(f"{CORE}/searches-opportunity-statuses", f"{OURS}/assured-access", f"{OURS}/consent"),
)
GEOMETRIES = tuple(
    f"https://geojson.org/schema/{kind}.json"
    for kind in ("Point", "LineString", "Polygon", "MultiPoint", "MultiPolygon", "MultiLineString")
)
PRODUCT_CLASSES = (
    f"{CORE}/opportunities",
    # The text of the specification has the one name of the same class, its reference server the other.
    *(f"{CORE}/async-opportunities", f"{CORE}/opportunities-async"),
    *GEOMETRIES,
)


class Link(Out):
    href: str
    rel: str
    type: str | None = "application/json"
    title: str | None = None
    method: str | None = None
    body: dict[str, Any] | None = None


class Landing(Out):
    id: str
    title: str
    description: str
    conformsTo: list[str]
    links: list[Link]


class Conformance(Out):
    conformsTo: list[str]


class StapiProvider(Out):
    name: str
    description: str | None = None
    roles: list[str]
    url: str


class Product(Out):
    type: Literal["Collection"] = "Collection"
    stapi_type: Literal["Product"] = "Product"
    stapi_version: str = VERSION
    conformsTo: list[str]
    id: str
    title: str
    description: str
    keywords: list[str]
    license: str
    providers: list[StapiProvider]
    links: list[Link]


class Products(Out):
    type: Literal["ProductCollection"] = "ProductCollection"
    products: list[Product]
    links: list[Link]


class Opportunity(Out):
    type: Literal["Feature"] = "Feature"
    stapi_type: Literal["Opportunity"] = "Opportunity"
    stapi_version: str = VERSION
    id: str
    geometry: dict[str, Any]
    bbox: list[float]
    properties: dict[str, Any]
    links: list[Link]


class Opportunities(Out):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    stapi_type: Literal["OpportunityCollection"] = "OpportunityCollection"
    stapi_version: str = VERSION
    id: str | None = None
    features: list[Opportunity]
    links: list[Link]
    reason: str | None = Field(default=None, serialization_alias="space_hub:reason")


class SearchStatus(Out):
    timestamp: datetime
    status_code: searches.Status
    reason_code: str | None = None
    reason_text: str | None = None
    links: list[Link] = Field(default_factory=list)


class SearchRecord(Out):
    stapi_type: Literal["OpportunitySearchRecord"] = "OpportunitySearchRecord"
    stapi_version: str = VERSION
    id: str
    product_id: str
    opportunity_request: dict[str, Any]
    status: SearchStatus
    links: list[Link]


class SearchRecords(Out):
    search_records: list[SearchRecord]
    links: list[Link]


class SearchStatuses(Out):
    statuses: list[SearchStatus]
    links: list[Link]


class Status(Out):
    timestamp: datetime
    status_code: OrderStatus
    reason_code: str | None = None
    reason_text: str | None = None
    links: list[Link] = Field(default_factory=list)
    raw: str | None = Field(default=None, serialization_alias="space_hub:raw")


class OrderProperties(Out):
    product_id: str
    created: datetime
    status: Status
    search_parameters: dict[str, Any]
    opportunity_properties: dict[str, Any]
    order_parameters: dict[str, Any]


class Order(Out):
    type: Literal["Feature"] = "Feature"
    stapi_type: Literal["Order"] = "Order"
    stapi_version: str = VERSION
    id: str
    geometry: dict[str, Any]
    bbox: list[float]
    properties: OrderProperties
    links: list[Link]


class Orders(Out):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Order]
    links: list[Link]


class Statuses(Out):
    statuses: list[Status]
    links: list[Link]
