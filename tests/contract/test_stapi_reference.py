"""Our STAPI adapter before the STAPI project's own server, over a real connection.

The server's package wants more than this project locks; where it is not installed the test is skipped aloud.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
import stapi_pydantic as stapi
import uvicorn
from fastapi import FastAPI
from pydantic import Field, create_model

from providers.adapters.base import Answer, FeasibilityAsk, OrderAsk, OrderStatus
from providers.adapters.client import Client
from providers.adapters.stapi import StapiSupplier
from space_hub.clock import SystemClock
from space_hub.delivery.wire import Wire
from space_hub.errors import NotFound, Unavailable
from space_hub.vocabulary.interval import Interval

products = pytest.importorskip("stapi_fastapi.models.product", reason="stapi-fastapi is not installed")
routers = pytest.importorskip("stapi_fastapi.routers.root_router")
maybe = pytest.importorskip("returns.maybe")
result = pytest.importorskip("returns.result")

CLASSES = ["https://stapi.example.com/v0.1.0/core"]
POINT = {"type": "Point", "coordinates": [10.0, 60.0]}
WINDOW = Interval(datetime(2030, 1, 5, tzinfo=UTC), datetime(2030, 1, 6, tzinfo=UTC))
ANGLE = Annotated[float, Field(ge=0, le=45, alias="view:off_nadir")]


def server(placed: dict[str, Any]) -> FastAPI:
    """Three optical products whose orders stay received; `placed` is its book."""

    async def search(router: Any, asked: Any, _next: Any, _limit: int, _request: Any) -> Any:
        properties = stapi.OpportunityProperties(datetime=asked.datetime, product_id=router.product.id)
        found = stapi.Opportunity(id="o", type="Feature", geometry=asked.geometry, properties=properties)
        return result.Success(([found], maybe.Nothing))

    async def place(router: Any, payload: Any, _request: Any) -> Any:
        now = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=len(placed))
        status = stapi.OrderStatus(timestamp=now, status_code=stapi.OrderStatusCode.received)
        searched = {name: getattr(payload, name) for name in ("geometry", "datetime", "filter")}
        properties = stapi.OrderProperties(
            product_id=router.product.id,
            created=now,
            status=status,
            search_parameters=stapi.OrderSearchParameters(**searched),
            order_parameters=payload.order_parameters.model_dump(),
            opportunity_properties={},
        )
        order = stapi.Order(id=f"R-{len(placed) + 1}", geometry=payload.geometry, properties=properties, links=[])
        placed[order.id] = order
        return result.Success(order)

    async def every(_next: Any, _limit: int, _request: Any) -> Any:
        return result.Success((list(placed.values()), maybe.Nothing, maybe.Nothing))

    async def one(order_id: str, _request: Any) -> Any:
        return result.Success(maybe.Maybe.from_optional(placed.get(order_id)))

    root = routers.RootRouter(get_orders=every, get_order=one, conformances=CLASSES)
    for number in range(3):
        root.add_product(
            products.Product(
                id=f"REF-{number}",
                title=f"Reference {number}",
                license="CC0-1.0",
                keywords=["optical"],
                conformsTo=["https://geojson.org/schema/Point.json"],
                create_order=place,
                search_opportunities=search,
                queryables=create_model("Queryables", __base__=stapi.Queryables, off_nadir=(ANGLE, 0)),
                opportunity_properties=stapi.OpportunityProperties,
                order_parameters=create_model(
                    "Parameters", __base__=stapi.OrderParameters, client_reference=(str | None, None)
                ),
            )
        )
    app = FastAPI()
    app.include_router(root)
    return app


@pytest.fixture
def placed() -> dict[str, Any]:
    return {}


@pytest.fixture
def adapter(placed: dict[str, Any]) -> Iterator[StapiSupplier]:
    running = uvicorn.Server(uvicorn.Config(server(placed), host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        thread.join(0.02)
    host = f"127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    with Wire(SystemClock(), allow=[host]) as wire:
        settings = {"reference_parameter": "client_reference"}
        yield StapiSupplier(Client(wire, f"http://{host}"), SystemClock(), settings)
    running.should_exit = True
    thread.join(5)


def test_products_come_with_what_can_be_asked_for(adapter: StapiSupplier) -> None:
    assert adapter.conforms()
    listing = adapter.list_offerings()
    assert (listing.refused, listing.complete) == ((), True)
    assert [draft.reference for draft in listing.drafts] == ["REF-0", "REF-1", "REF-2"]
    assert [(each.attribute, each.low, each.high) for each in listing.drafts[0].attributes] == [
        ("view:off_nadir", 0.0, 45.0)
    ]


def test_a_question_an_order_and_its_state(adapter: StapiSupplier, placed: dict[str, Any]) -> None:
    quote = adapter.feasibility(FeasibilityAsk("REF-0", 1.0, "km2/d", WINDOW, area=POINT))
    assert quote.answer is Answer.FEASIBLE
    ask = OrderAsk("ord_1", "REF-0", 1.0, "km2/d", WINDOW, area=POINT, quote_reference=quote.reference)
    first, again = adapter.order(ask), adapter.order(ask)
    assert first.provider_reference == again.provider_reference
    assert len(placed) == 1
    assert adapter.status(first.provider_reference).status is OrderStatus.RECEIVED
    with pytest.raises(Unavailable, match="cannot_cancel"):
        adapter.cancel(first.provider_reference)
    with pytest.raises(NotFound, match="order_unknown"):
        adapter.status("nobody")
