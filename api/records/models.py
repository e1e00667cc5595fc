"""Shapes of OGC API Records, Part 1 (1.0, 20-004r1), as this hub answers them; and the classes that it keeps to.

A class is named here when everything that its requirements ask for is done.
Not named, because not done: sorting, CQL2 filters, HTML, autodiscovery, `profile`.
"""

from datetime import datetime
from typing import Any, Literal

from fastapi.responses import JSONResponse
from pydantic import Field

from api.models import Out

CLASSES = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core-query-parameters",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-collection",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/records-api",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json",
)
RECORD_CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"
PROFILE = "http://www.opengis.net/def/profile/OGC/0/ogc-record"
TYPE = "service"
"""What every record here describes."""


class GeoJson(JSONResponse):
    media_type = "application/geo+json"


class Link(Out):
    href: str
    rel: str
    type: str = "application/json"
    title: str | None = None


class Landing(Out):
    title: str
    description: str
    links: list[Link]


class Conformance(Out):
    conformsTo: list[str]


class Collection(Out):
    id: str
    title: str
    description: str
    itemType: Literal["record"] = "record"
    type: Literal["Collection"] = "Collection"
    links: list[Link]


class Collections(Out):
    collections: list[Collection]
    links: list[Link]


class Contact(Out):
    organization: str
    roles: list[str]


class Theme(Out):
    concepts: list[dict[str, str]]
    scheme: str


class ExternalId(Out):
    scheme: str
    value: str


class RecordProperties(Out):
    type: Literal["service"] = "service"
    title: str
    description: str
    keywords: list[str]
    created: datetime
    updated: datetime
    license: str | None = None
    externalIds: list[ExternalId]
    contacts: list[Contact]
    themes: list[Theme]


class Record(Out):
    id: str
    type: Literal["Feature"] = "Feature"
    conformsTo: list[str] = Field(default_factory=lambda: [RECORD_CLASS])
    time: dict[str, list[str]] | None
    geometry: dict[str, Any] | None
    properties: RecordProperties
    links: list[Link]


class Records(Out):
    """Without `timeStamp`: the same records are the same bytes, and carry the same tag."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    numberReturned: int
    features: list[Record]
    links: list[Link]
