"""The shelf as an OGC API Records catalogue: all of it, what STAPI cannot carry included."""

from typing import Any

from api.deps import Asked
from api.policy import Router, any_key
from api.records.models import CLASSES, Collection, Collections, Conformance, Landing, Link
from space_hub.errors import NotFound
from space_hub.text import say

PREFIX = "/records"
OFFERINGS = "offerings"

router = Router(prefix=PREFIX, tags=["records"])


def address(asked: Asked, *parts: str) -> str:
    return "/".join((f"{asked.settings.base_url}{PREFIX}", *parts))


@router.get("/", policy=any_key(), response_model_exclude_none=True)
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


@router.get("/conformance", policy=any_key())
def records_conformance(asked: Asked) -> Conformance:
    """The classes that this catalogue keeps to."""
    del asked
    return Conformance(conformsTo=list(CLASSES))


@router.get("/collections", policy=any_key(), response_model_exclude_none=True)
def records_collections(asked: Asked) -> Collections:
    """The one collection: offerings."""
    return Collections(collections=[_collection(asked)], links=[Link(rel="self", href=address(asked, "collections"))])


@router.get("/collections/{collection_id}", policy=any_key(), response_model_exclude_none=True)
def records_collection(collection_id: str, asked: Asked) -> Collection:
    """One collection."""
    need_collection(collection_id)
    return _collection(asked)


@router.get("/collections/{collection_id}/queryables", policy=any_key())
def records_queryables(collection_id: str, asked: Asked) -> dict[str, Any]:
    """What items can be asked for by."""
    need_collection(collection_id)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(asked, "collections", OFFERINGS, "queryables"),
        "type": "object",
        "title": "Space Hub",
        "properties": {name: {"type": "string"} for name in ("q", "mission_area", "capability", "nation")},
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
