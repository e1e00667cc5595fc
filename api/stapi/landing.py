"""The front page of the tasking facade: one STAPI server for the whole shelf.

STAPI knows areas, times and products; what a supplier sells beyond that stands
in `/records` and `/v1`. Order and opportunity here are the call-offs and
questions of `/v1`, under the same rules.
"""

from api.deps import Ask, Asked
from api.policy import Router, any_key
from api.stapi.models import API_CLASSES, Conformance, Landing, Link
from space_hub.text import say

PREFIX = "/stapi/v0"

router = Router(prefix=PREFIX, tags=["stapi"], tagged=True)


def address(asked: Ask, *parts: str) -> str:
    return "/".join((f"{asked.settings.base_url}{PREFIX}", *parts))


@router.get("/", policy=any_key(), response_model_exclude_none=True)
def stapi_landing(asked: Asked) -> Landing:
    """What this server can do, and where."""
    return Landing(
        id="space-hub",
        title="Space Hub",
        description=say("stapi.about", asked.language),
        conformsTo=list(API_CLASSES),
        links=[
            Link(rel="self", href=address(asked, "")),
            Link(rel="conformance", href=address(asked, "conformance")),
            Link(rel="products", href=address(asked, "products")),
            Link(rel="orders", href=address(asked, "orders"), type="application/geo+json"),
            Link(rel="search-records", href=address(asked, "searches", "opportunities")),
            Link(
                rel="service-desc",
                href=f"{asked.settings.base_url}/v1/openapi.json",
                type="application/vnd.oai.openapi+json;version=3.1",
            ),
        ],
    )


@router.get("/conformance", policy=any_key())
def stapi_conformance(asked: Asked) -> Conformance:
    """The classes of STAPI that the server as a whole keeps to."""
    del asked
    return Conformance(conformsTo=list(API_CLASSES))
