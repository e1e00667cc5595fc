"""Asking a supplier through the facade: only with the asker's consent, and only what answers the question.

To ask tells the supplier an area and a time. The consent is a header of this
one request; it is written down before the supplier is asked, and the supplier
is asked with no transaction open.
"""

import json
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Header
from sqlmodel import Session

from api.deps import Asked
from api.models import In
from api.policy import Router, scope
from api.stapi.landing import PREFIX, address
from api.stapi.models import Link, Opportunities, Opportunity
from api.stapi.products import taskable
from catalog import disclosures
from providers import doors
from providers.adapters.base import Answer, FeasibilityAsk, Quote
from providers.adapters.stapi import read_search
from space_hub.errors import Invalid
from space_hub.text import say
from space_hub.vocabulary.geometry import box
from space_hub.vocabulary.phases import Phase

router = Router(prefix=PREFIX, tags=["stapi"], tagged=True)

CONSENT = "consent"
_WHAT = ("area", "window", "filter")


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
)
def stapi_opportunities(
    product_id: str,
    body: SearchIn,
    asked: Asked,
    space_hub_disclosure: Annotated[
        str | None,
        Header(description="`consent`: the supplier may read area, time and filter of this one search."),
    ] = None,
) -> Opportunities:
    """Ask the supplier what it could do. Without an interface of its own, the answer is empty and says why."""
    window, area, condition = read_search(body.model_dump())
    with asked.read() as session:
        offering, version, provider = taskable(session, asked, product_id)
        reference, unit, provider_id = offering.reference, version.capacity_unit, provider.id
    adapter = doors.adapter_of(asked.database, asked.clock, provider_id, asked.settings.egress_allow)
    if adapter is None or not adapter.capabilities.feasibility:
        return _none(asked, product_id, "stapi.reason.no_interface")
    if space_hub_disclosure != CONSENT:
        raise Invalid("stapi.consent_missing")
    with asked.write() as session:
        _disclose(session, asked, provider_id, product_id, condition is not None)
    parameters = {} if condition is None else {"filter": dict(condition)}
    ask = FeasibilityAsk(reference, 1.0, unit, window, dict(area), Phase.PEACE, parameters)
    quote = adapter.feasibility(ask)
    if quote.answer is Answer.INFEASIBLE:
        return _none(asked, product_id, "stapi.reason.infeasible")
    return Opportunities(features=[_opportunity(asked, product_id, body, quote)], links=_links(asked, product_id))


def _disclose(session: Session, asked: Asked, provider_id: str, product_id: str, filtered: bool) -> None:
    disclosures.note(
        session,
        asked.clock,
        asked.rng,
        asked.principal,
        provider_id=provider_id,
        subject=product_id,
        what=_WHAT if filtered else _WHAT[:2],
        consent_ref=f"header {CONSENT}",
    )


def _none(asked: Asked, product_id: str, why: str) -> Opportunities:
    return Opportunities(features=[], links=_links(asked, product_id), reason=say(why, asked.language))


def _links(asked: Asked, product_id: str) -> list[Link]:
    return [Link(rel="self", href=address(asked, "products", product_id, "opportunities"), method="POST")]


def _opportunity(asked: Asked, product_id: str, body: SearchIn, quote: Quote) -> Opportunity:
    asked_for = {"datetime": _interval(body.datetime), "geometry": body.geometry}
    order = {**asked_for, "order_parameters": {}} | ({"filter": body.filter} if body.filter else {})
    return Opportunity(
        id=_name(quote),
        geometry=body.geometry,
        bbox=list(box(body.geometry)),
        properties={
            "product_id": product_id,
            "datetime": asked_for["datetime"],
            "space_hub:answer": quote.answer.value,
            **({} if quote.price is None else {"space_hub:price": str(quote.price)}),
            **({} if quote.valid_until is None else {"space_hub:valid_until": quote.valid_until.isoformat()}),
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


def _interval(given: str | list[str]) -> str:
    return given if isinstance(given, str) else "/".join(given)


def _name(quote: Quote) -> str:
    """The supplier's own name of the opportunity; a mark of what it said where its reference is a whole link."""
    if quote.reference and len(quote.reference) <= 80 and not quote.reference.startswith("{"):
        return quote.reference
    return sha256(json.dumps([quote.reference, quote.answer.value]).encode()).hexdigest()[:32]
