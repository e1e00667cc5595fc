"""Each kind of adapter before a supplier of its own, for the suite that all must pass."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from jobs.demo.http_supplier import Book
from providers.adapters.base import FINAL, Adapter, Delivered, OrderAsk, OrderState, OrderStatus
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from providers.adapters.manifest import ManifestAdapter
from providers.adapters.simulated import SimulatedSupplier
from providers.adapters.stac import StacCatalogue
from providers.adapters.stapi import StapiSupplier
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.vocabulary.interval import Interval
from tests.support.suppliers import URL, Served, Stac, Stapi, collection, over, product

NOON = datetime(2024, 11, 5, tzinfo=UTC)
WINDOW = Interval(NOON, NOON + timedelta(days=1))
ROW = {"title": "Images", "capability": "imagery.optical"}
REFUSED = {"reference": "BAD", "title": "", "capability": "imagery.optical"}
AREA = {"type": "Point", "coordinates": [10.0, 60.0]}


@dataclass
class Bench:
    """One adapter before its supplier. It offers A, B and C, and BAD, which is to be refused."""

    adapter: Adapter
    served: Served | None = None
    pages: str = ""
    """How the second page is asked for; empty where a listing is one piece."""
    repeat: Callable[[], None] = lambda: None
    """Let the supplier list A twice."""


def _http(clock: ManualClock, _database: Database) -> Bench:
    rows = [*({**ROW, "reference": each} for each in "ABC"), REFUSED]
    book = Book(rows, page_size=2)
    served = over(book)

    def repeat() -> None:
        book.offerings = [*rows, rows[0]]

    return Bench(HttpSupplier(Client(served, URL)), served, "offerings?cursor=2", repeat)


def _stapi(clock: ManualClock, _database: Database) -> Bench:
    server = Stapi([*(product(each) for each in "ABC"), product("BAD", keywords=["SAR", "optical"])])
    served = server.served()
    settings = {"reference_parameter": "client_reference"}
    adapter = StapiSupplier(Client(served, URL), clock, settings)
    return Bench(adapter, served, "products?page=1", lambda: server.products.append(product("A")))


def _stac(clock: ManualClock, _database: Database) -> Bench:
    server = Stac([*(collection(each) for each in "ABC"), collection("BAD", license=None)])
    served = server.served()
    adapter = StacCatalogue(Client(served, URL))
    return Bench(adapter, served, "collections?page=1", lambda: server.collections.append(collection("A")))


def _csv(clock: ManualClock, _database: Database) -> Bench:
    lines = [
        "reference,title,capability",
        *(f"{each},Images,imagery.optical" for each in "ABC"),
        "BAD,,imagery.optical",
    ]
    bench = Bench(ManifestAdapter("\n".join(lines)))

    def repeat() -> None:
        bench.adapter = ManifestAdapter("\n".join([*lines, lines[1]]))

    bench.repeat = repeat
    return bench


def _yaml(clock: ManualClock, _database: Database) -> Bench:
    rows = [*({**ROW, "reference": each} for each in "ABC"), REFUSED]
    bench = Bench(ManifestAdapter(yaml.safe_dump(rows), "yaml"))

    def repeat() -> None:
        bench.adapter = ManifestAdapter(yaml.safe_dump([*rows, dict(rows[0])]), "yaml")

    bench.repeat = repeat
    return bench


def _simulated(clock: ManualClock, database: Database) -> Bench:
    return Bench(SimulatedSupplier(database, clock))


BENCHES = {"csv": _csv, "http": _http, "simulated": _simulated, "stac": _stac, "stapi": _stapi, "yaml": _yaml}
OVER_A_WIRE = ["http", "stac", "stapi"]
LISTING = ["csv", "http", "stac", "stapi", "yaml"]
ORDERING = ["http", "simulated", "stapi"]


def order(bench: Bench, ours: str = "ord_1", reference: str = "A") -> OrderState:
    return bench.adapter.order(OrderAsk(ours, reference, 1.0, "km2/d", WINDOW, area=AREA))


def accepted(bench: Bench, clock: ManualClock, reference: str, ours: str = "ord_1") -> str:
    made = order(bench, ours, reference).provider_reference
    clock.advance(timedelta(seconds=1))
    assert bench.adapter.status(made).status is OrderStatus.ACCEPTED
    return made


def finished(bench: Bench, made: str) -> OrderState:
    """The state at its end; a supplier that goes by looks is looked at often enough."""
    for _ in range(10):
        state = bench.adapter.status(made)
        if state.status in FINAL:
            return state
    raise AssertionError(state)


def goods(bench: Bench, made: str) -> list[Delivered]:
    return [each for each in bench.adapter.deliveries(made) if isinstance(each, Delivered)]


def stapi(clock: ManualClock, **settings: Any) -> tuple[Stapi, Served, StapiSupplier]:
    server = Stapi([product("A")])
    served = server.served()
    return server, served, StapiSupplier(Client(served, URL, "Bearer s3cret"), clock, settings)
