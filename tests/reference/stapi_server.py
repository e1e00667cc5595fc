"""A supplier as the STAPI project's own package makes one: three optical products, a book of orders in memory.

Runs in the environment of the reference server and knows nothing of ours:

    python stapi_server.py [PORT]

serves on that port of loopback, or on a free one, prints its address in one line, and ends with its standard input.
"""

import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import stapi_pydantic as stapi
import uvicorn
from fastapi import FastAPI
from pydantic import Field, create_model
from returns.maybe import Maybe, Nothing
from returns.result import Success
from stapi_fastapi.models.product import Product
from stapi_fastapi.routers.root_router import RootRouter

CLASSES = ["https://stapi.example.com/v0.1.0/core"]
ANGLE = Annotated[float, Field(ge=0, le=45, alias="view:off_nadir")]
PLACED: dict[str, Any] = {}


async def search(router: Any, asked: Any, _next: Any, _limit: int, _request: Any) -> Any:
    properties = stapi.OpportunityProperties(datetime=asked.datetime, product_id=router.product.id)
    found = stapi.Opportunity(id="o", type="Feature", geometry=asked.geometry, properties=properties)
    return Success(([found], Nothing))


async def place(router: Any, payload: Any, _request: Any) -> Any:
    """Orders stay received."""
    now = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=len(PLACED))
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
    order = stapi.Order(id=f"R-{len(PLACED) + 1}", geometry=payload.geometry, properties=properties, links=[])
    PLACED[order.id] = order
    return Success(order)


async def every(_next: Any, _limit: int, _request: Any) -> Any:
    return Success((list(PLACED.values()), Nothing, Nothing))


async def one(order_id: str, _request: Any) -> Any:
    return Success(Maybe.from_optional(PLACED.get(order_id)))


def app() -> FastAPI:
    root = RootRouter(get_orders=every, get_order=one, conformances=CLASSES)
    for number in range(3):
        root.add_product(
            Product(
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
    made = FastAPI()
    made.include_router(root)
    return made


def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app(), log_level="error"))
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0))

    def end_with_input() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end_with_input, daemon=True).start()
    # Who connects now waits in the listener's queue until the server takes it.
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
