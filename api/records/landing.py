"""The shelf as an OGC API Records catalogue: all of it, what STAPI cannot carry included."""

from typing import Any, cast

from fastapi import Depends, Request
from fastapi.responses import JSONResponse

from api.deps import Asked
from api.policy import Router, any_key
from api.records.models import CLASSES, Collection, Collections, Conformance, Landing, Link
from space_hub.errors import Invalid, NotFound
from space_hub.text import say

PREFIX = "/records"
OFFERINGS = "offerings"

CATALOGUE = "application/ogc-catalog+json"


def no_parameters(request: Request) -> None:
    """A parameter that a route does not know is refused: OGC API - Features, `query-param-unknown`."""
    for name in request.query_params:
        raise Invalid("records.parameter_unknown", given=name[:40])


BARE = [Depends(no_parameters)]
router = Router(prefix=PREFIX, tags=["records"], tagged=True)


def address(asked: Asked, *parts: str) -> str:
    return "/".join((f"{asked.settings.base_url}{PREFIX}", *parts))


@router.get("/", policy=any_key(), dependencies=BARE, response_model_exclude_none=True)
def records_landing(asked: Asked) -> Landing:
    """Where to begin."""
    described = "application/vnd.oai.openapi+json;version=3.0"
    return Landing(
        title="Space Hub",
        description=say("records.about", asked.language),
        links=[
            Link(rel="self", href=address(asked, "")),
            Link(rel="conformance", href=address(asked, "conformance")),
            Link(rel="data", href=address(asked, "collections")),
            Link(rel="service-desc", href=f"{asked.settings.base_url}/v1/openapi.json", type=described),
        ],
    )


@router.get("/conformance", policy=any_key(), dependencies=BARE)
def records_conformance(asked: Asked) -> Conformance:
    """The classes that this catalogue keeps to."""
    del asked
    return Conformance(conformsTo=list(CLASSES))


@router.get("/collections", policy=any_key(), dependencies=BARE, response_model_exclude_none=True)
def records_collections(asked: Asked) -> Collections:
    """The one collection: offerings."""
    return Collections(collections=[_collection(asked)], links=[Link(rel="self", href=address(asked, "collections"))])


@router.get("/collections/{collection_id}", policy=any_key(), dependencies=BARE, response_model_exclude_none=True)
def records_collection(collection_id: str, asked: Asked, request: Request) -> Collection:
    """One collection; as `application/ogc-catalog+json` for who asks for that type."""
    need_collection(collection_id)
    made = _collection(asked)
    if CATALOGUE not in request.headers.get("accept", ""):
        return made
    return cast(Collection, JSONResponse(made.model_dump(mode="json", exclude_none=True), media_type=CATALOGUE))


@router.get("/collections/{collection_id}/queryables", policy=any_key(), dependencies=BARE)
def records_queryables(collection_id: str, asked: Asked) -> dict[str, Any]:
    """What items can be asked for by."""
    need_collection(collection_id)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(asked, "collections", OFFERINGS, "queryables"),
        "type": "object",
        "title": "Space Hub",
        "properties": {
            **{name: {"type": "string"} for name in ("q", "type", "ids", "externalIds")},
            **{name: {"type": "string"} for name in ("mission_area", "capability", "nation")},
            "time": {"format": "date-time-or-interval"},
            "geometry": {"format": "geometry-any"},
        },
    }


def need_collection(collection_id: str) -> None:
    if collection_id != OFFERINGS:
        raise NotFound("records.collection_unknown", given=collection_id[:80], known=OFFERINGS)


def _collection(asked: Asked) -> Collection:
    at = address(asked, "collections", OFFERINGS)
    return Collection(
        id=OFFERINGS,
        title=say("records.offerings", asked.language),
        description=say("records.about", asked.language),
        links=[
            Link(rel="self", href=at),
            Link(rel="items", href=f"{at}/items", type="application/geo+json"),
            Link(rel="http://www.opengis.net/def/rel/ogc/1.0/queryables", href=f"{at}/queryables"),
        ],
    )
