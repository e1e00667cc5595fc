"""Orders of the facade are call-offs of an agreement: without one, and an authority that decided, there is none."""

import hashlib
import json
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, QuantityIn
from api.deps import Asked, Creation
from api.models import In
from api.paging import Page
from api.policy import Router, scope
from api.stapi.landing import PREFIX, address
from api.stapi.models import Link, Order, OrderProperties, Orders, Status, Statuses
from api.stapi.products import taskable
from catalog.capacity.rules import parts, units
from catalog.ordering import call_offs, orders
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.tables import CallOff
from catalog.promise.tables import Agreement
from providers.adapters.base import OrderStatus
from providers.adapters.stapi import read_search
from space_hub.errors import Invalid
from space_hub.vocabulary.geometry import box

router = Router(prefix=PREFIX, tags=["stapi"], tagged=True)
READ = scope("order:read")

_ANYWHERE = {"type": "Polygon", "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]}
"""The area of a call-off that names none: it was placed elsewhere, and STAPI has no word for that."""
_SEARCH = "stapi_search"


class OrderParametersIn(In):
    agreement_id: str
    quantity_per_day: QuantityIn
    decided_by: DecidedByIn


class OrderIn(In):
    datetime: str | list[str]
    geometry: dict[str, Any]
    filter: dict[str, Any] | None = None
    order_parameters: dict[str, Any] | None = None


async def once_by_body(
    request: Request,
    asked: Asked,
    idempotency_key: Annotated[
        str | None, Header(description="Your own name for this order; left out, the same body is the same order.")
    ] = None,
) -> Creation:
    """STAPI's clients know no idempotency key: what they send twice in the same words is meant once."""
    digest = hashlib.sha256(await request.body()).hexdigest()
    if idempotency_key is not None and (len(idempotency_key) > 200 or not idempotency_key.isprintable()):
        raise Invalid("request.idempotency_key_missing")
    return Creation(
        house=asked.house,
        principal=asked.principal,
        language=asked.language,
        key=idempotency_key or f"stapi {hashlib.sha256(f'{request.url.path} {digest}'.encode()).hexdigest()}",
        route=f"{request.method} {request.url.path}",
        body_sha256=digest,
    )


@router.post(
    "/products/{product_id}/orders",
    status_code=201,
    policy=scope("calloff:write"),
    response_model_exclude_none=True,
)
def stapi_create_order(product_id: str, body: OrderIn, once: Annotated[Creation, Depends(once_by_body)]) -> Order:
    """Call off from an agreement on this product. The same body again is the same order."""
    window, area, condition = read_search(body.model_dump())
    try:
        wanted = OrderParametersIn.model_validate(body.order_parameters or {})
    except ValidationError as error:
        field = ".".join(str(each) for each in error.errors()[0]["loc"]) or "order_parameters"
        raise Invalid("stapi.order_needs_agreement", field=field) from error
    interval = "/".join(body.datetime) if isinstance(body.datetime, list) else body.datetime
    search = {"datetime": interval} | ({} if condition is None else {"filter": dict(condition)})

    def make(session: Session) -> dict[str, Any]:
        taskable(session, once, product_id)
        ask = CallOffAsk(
            options=((wanted.agreement_id, parts(wanted.quantity_per_day, of="quantity_per_day")),),
            window=window,
            area=dict(area),
            parameters={_SEARCH: search},
        )
        placed = call_offs.place(session, once.clock, once.rng, once.principal, ask, wanted.decided_by.value())
        if session.get_one(Agreement, wanted.agreement_id).offering_id != product_id:
            raise Invalid("stapi.agreement_of_another", agreement_id=wanted.agreement_id)
        made = _order(session, once, placed.call_off)
        return made.model_dump(mode="json", by_alias=True, exclude_none=True)

    answer = cast(JSONResponse, once.run(make))
    answer.headers["Location"] = address(once, "orders", json.loads(bytes(answer.body))["id"])
    return cast(Order, answer)


@router.get("/orders", policy=READ, response_model_exclude_none=True)
def stapi_orders(asked: Asked, page: Page) -> Orders:
    """Your call-offs as STAPI orders, in pages by their `next` links."""
    with asked.read() as session:
        statement = select(CallOff).where(call_offs.visible(asked.principal))
        found = page.of(session, statement, key=col(CallOff.id), make=lambda row: _order(session, asked, row))
    links = [Link(rel="self", href=address(asked, "orders"))]
    if found.next is not None:
        following = f"{address(asked, 'orders')}?limit={page.limit}&cursor={found.next}"
        links.append(Link(rel="next", href=following, method="GET"))
    return Orders(features=found.items, links=links)


@router.get("/orders/{order_id}", policy=READ, response_model_exclude_none=True)
def stapi_order(order_id: str, asked: Asked) -> Order:
    """One order."""
    with asked.read() as session:
        return _order(session, asked, call_offs.get(session, asked.principal, order_id))


@router.get("/orders/{order_id}/statuses", policy=READ, response_model_exclude_none=True)
def stapi_statuses(order_id: str, asked: Asked) -> Statuses:
    """Everything that the supplier said of an order, in STAPI's words, its own beside them."""
    with asked.read() as session:
        row = call_offs.get(session, asked.principal, order_id)
        links = [Link(rel="self", href=address(asked, "orders", order_id, "statuses"))]
        return Statuses(statuses=_statuses(session, row), links=links)


def _statuses(session: Session, row: CallOff) -> list[Status]:
    """From its receipt here, before a supplier said anything, over all the orders that were tried for it."""
    said = [
        Status(
            timestamp=each.at,
            status_code=OrderStatus(each.status),
            reason_text=each.reason or None,
            raw=each.raw or None,
        )
        for order in call_offs.orders_of(session, row.id)
        for each in orders.history(session, order.id)
    ]
    return [Status(timestamp=row.created_at, status_code=OrderStatus.RECEIVED), *said]


def _order(session: Session, asked: Asked | Creation, row: CallOff) -> Order:
    option = call_offs.options_of(session, row.id)[(row.won_option or call_offs.FIRST) - call_offs.FIRST]
    agreement = session.get_one(Agreement, option.agreement_id)
    area = row.area or _ANYWHERE
    search = (row.parameters or {}).get(_SEARCH) or {
        "datetime": f"{row.window_from.isoformat()}/{row.window_to.isoformat()}"
    }
    return Order(
        id=row.id,
        geometry=area,
        bbox=list(box(area)),
        properties=OrderProperties(
            product_id=agreement.offering_id,
            created=row.created_at,
            status=_statuses(session, row)[-1],
            search_parameters={**search, "geometry": area},
            opportunity_properties={},
            order_parameters={
                "agreement_id": agreement.id,
                "quantity_per_day": units(option.parts_per_slot),
                "decided_by": {"name": row.authority_name, "office": row.authority_office},
            },
        ),
        links=[
            Link(rel="self", href=address(asked, "orders", row.id), type="application/geo+json"),
            Link(rel="monitor", href=address(asked, "orders", row.id, "statuses")),
            Link(rel="alternate", href=f"{asked.settings.base_url}/v1/call-offs/{row.id}"),
        ],
    )
