"""Asking a supplier through the facade: only with the asker's consent, and only what answers the question.

To ask tells the supplier an area and a time. The consent is a header of this
one request; it is written down before the supplier is asked, and the supplier
is asked with no transaction open. `Prefer: respond-async` leaves the waiting to
the jobs process: the answer is a search record (`searches`).
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, cast

from fastapi import Header, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.deps import Asked
from api.models import In
from api.policy import Router, scope
from api.prefer import APPLIED, ASYNC, WAIT, preferred
from api.stapi.landing import PREFIX, address
from api.stapi.models import Link, Opportunities, Opportunity, SearchRecord
from api.stapi.products import taskable
from api.stapi.searches import record, record_at
from catalog.ordering import searches
from catalog.ordering.searches import Status
from providers import doors
from space_hub.errors import Invalid, NotFound
from space_hub.text import say
from space_hub.vocabulary.geometry import box

router = Router(prefix=PREFIX, tags=["stapi"], tagged=True)

CONSENT = "consent"


class SearchIn(In):
    datetime: str | list[str]
    geometry: dict[str, Any]
    filter: dict[str, Any] | None = None
    limit: int | None = None
    next: str | None = None


@router.post(
    "/products/{product_id}/opportunities",
    policy=scope("match:write"),
    response_model_exclude_none=True,
    responses={201: {"model": SearchRecord, "description": "The search that will be answered later."}},
)
def stapi_opportunities(
    product_id: str,
    body: SearchIn,
    asked: Asked,
    response: Response,
    space_hub_disclosure: Annotated[
        str | None,
        Header(description="`consent`: the supplier may read area, time and filter of this one search."),
    ] = None,
    prefer: Annotated[
        str | None,
        Header(max_length=200, description="`respond-async`: answer with a search record; `wait`, as without: wait."),
    ] = None,
) -> Opportunities:
    """Ask the supplier what it could do. Without an interface of its own, the answer is empty and says why."""
    given = body.model_dump(exclude_none=True)
    with asked.read() as session:
        offering, version, provider = taskable(session, asked, product_id)
        ask = searches.ask_of(offering, version, given)
    adapter = doors.adapter_of(asked.database, asked.clock, provider.id, asked.settings.egress_allow)
    asking = adapter is not None and adapter.capabilities.feasibility
    if asking and space_hub_disclosure != CONSENT:
        raise Invalid("stapi.consent_missing")
    preferences = preferred(prefer)
    later = ASYNC in preferences
    if asking or later:
        with asked.write() as session:
            if asking:
                searches.disclose(
                    session,
                    asked.clock,
                    asked.rng,
                    asked.principal,
                    provider_id=provider.id,
                    product_id=product_id,
                    search=given,
                )
            if later:
                return _later(session, asked, product_id, given, consented=asking)
    if WAIT in preferences:
        response.headers[APPLIED] = WAIT
    links = [Link(rel="self", href=address(asked, "products", product_id, "opportunities"), method="POST")]
    return _collection(asked, product_id, given, searches.put(adapter, ask), links)


def _later(
    session: Session, asked: Asked, product_id: str, search: dict[str, Any], *, consented: bool
) -> Opportunities:
    """Queue the search; the answer is its record, ready, typed as what the route declares first."""
    started = searches.start(
        session,
        asked.clock,
        asked.rng,
        asked.principal,
        product_id=product_id,
        search=search,
        consented=consented,
    )
    made = record(asked, started).model_dump(mode="json", exclude_none=True)
    headers = {"Location": record_at(asked, started.id), APPLIED: ASYNC}
    return cast(Opportunities, JSONResponse(made, 201, headers))


@router.get(
    "/products/{product_id}/opportunities/{collection_id}",
    policy=scope("match:write"),
    response_model_exclude_none=True,
)
def stapi_found_opportunities(product_id: str, collection_id: str, asked: Asked) -> Opportunities:
    """What an own search found, once it is completed."""
    with asked.read() as session:
        work = searches.get(session, asked.principal, asked.clock.now(), collection_id)
        if work.params["product_id"] != product_id:
            raise NotFound("stapi.search_unknown", search_id=collection_id[:80])
        status = searches.history(work)[-1].status
        if status is not Status.COMPLETED:
            raise NotFound("stapi.search_not_done", given=status.value)
        links = [
            Link(rel="self", href=address(asked, "products", product_id, "opportunities", work.id)),
            Link(rel="search-record", href=record_at(asked, work.id)),
        ]
        made = _collection(asked, product_id, work.params["search"], work.result or {}, links)
    return made.model_copy(update={"id": work.id})


def _collection(
    asked: Asked, product_id: str, search: Mapping[str, Any], said: Mapping[str, Any], links: list[Link]
) -> Opportunities:
    if "reason" in said:
        return Opportunities(features=[], links=links, reason=say(said["reason"], asked.language))
    return Opportunities(features=[_opportunity(asked, product_id, search, said)], links=links)


def _opportunity(asked: Asked, product_id: str, search: Mapping[str, Any], said: Mapping[str, Any]) -> Opportunity:
    interval = search["datetime"] if isinstance(search["datetime"], str) else "/".join(search["datetime"])
    asked_for = {"datetime": interval, "geometry": search["geometry"]}
    order = {**asked_for, "order_parameters": {}} | ({"filter": search["filter"]} if search.get("filter") else {})
    return Opportunity(
        id=_name(said),
        geometry=search["geometry"],
        bbox=list(box(search["geometry"])),
        properties={
            "product_id": product_id,
            "datetime": interval,
            "space_hub:answer": said["answer"],
            **{f"space_hub:{name}": said[name] for name in ("price", "valid_until") if said[name] is not None},
        },
        links=[
            Link(
                rel="create-order",
                href=address(asked, "products", product_id, "orders"),
                method="POST",
                type="application/geo+json",
                body=order,
            )
        ],
    )


def _name(said: Mapping[str, Any]) -> str:
    """The supplier's own name of the opportunity; a mark of what it said where its reference is a whole link."""
    reference = said["reference"]
    if reference and len(reference) <= 80 and not reference.startswith("{"):
        return str(reference)
    return sha256(json.dumps([reference, said["answer"]]).encode()).hexdigest()[:32]
