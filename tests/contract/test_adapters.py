"""One suite for every adapter: what each must do, and what none may do when a supplier misbehaves."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from jobs.demo.http_supplier import Book, serving
from providers.adapters import http_contract
from providers.adapters.base import Adapter, Answer, FeasibilityAsk, OrderAsk, OrderState, OrderStatus, Tier
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from providers.adapters.manifest import ManifestAdapter
from providers.adapters.simulated import SimulatedSupplier
from providers.adapters.stac import StacCatalogue
from providers.adapters.stapi import StapiSupplier
from providers.doors import ADAPTERS, Means, SupplierDoor
from space_hub.clock import ManualClock, SystemClock
from space_hub.db import Database
from space_hub.delivery.wire import Fetched
from space_hub.errors import Conflict, HubError, NotFound, Unavailable
from space_hub.vocabulary.interval import Interval
from tests.support.suppliers import (
    BROKEN,
    HALF,
    HTML,
    HUGE,
    POINT,
    SILENT,
    URL,
    Served,
    Stac,
    Stapi,
    collection,
    fetched,
    over,
    product,
)

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


@pytest.fixture
def bench(request: pytest.FixtureRequest, clock: ManualClock, any_database: Database) -> Bench:
    return BENCHES[request.param](clock, any_database)


def order(bench: Bench, ours: str = "ord_1", reference: str = "A") -> OrderState:
    return bench.adapter.order(OrderAsk(ours, reference, 1.0, "km2/d", WINDOW, area=AREA))


@pytest.mark.parametrize("bench", LISTING, indirect=True)
def test_it_lists_what_is_offered_and_what_is_refused(bench: Bench) -> None:
    listing = bench.adapter.list_offerings()
    assert [draft.reference for draft in listing.drafts] == ["A", "B", "C"]
    assert [row.reference for row in listing.refused] == ["BAD"]
    assert listing.refused[0].raw
    assert listing.complete


@pytest.mark.parametrize("bench", LISTING, indirect=True)
def test_a_reference_that_comes_twice_is_taken_once(bench: Bench) -> None:
    bench.repeat()
    listing = bench.adapter.list_offerings()
    assert [draft.reference for draft in listing.drafts] == ["A", "B", "C"]
    assert [row.code.split(".")[1] for row in listing.refused][-1] == "reference_repeated"


@pytest.mark.parametrize("bench", ["simulated"], indirect=True)
def test_who_lists_nothing_does_not_say_that_there_is_nothing(bench: Bench) -> None:
    assert (bench.adapter.list_offerings().drafts, bench.adapter.list_offerings().complete) == ((), False)


@pytest.mark.parametrize("bench", OVER_A_WIRE, indirect=True)
@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (SILENT, "adapter.no_answer"),
        (HUGE, "adapter.no_answer"),
        (HTML, "adapter.answer_not_json"),
        (HALF, "adapter.answer_unreadable"),
        (BROKEN, "adapter.status"),
        (fetched({"detail": "who are you?"}, 401), "adapter.credential_refused"),
        (fetched({"items": []}), "adapter.answer_shape"),
        (fetched([]), "adapter.answer_shape"),
        (Fetched(302, {"location": "https://elsewhere.example"}), "adapter.status"),
    ],
)
def test_a_supplier_that_fails_at_once_is_unavailable(bench: Bench, instead: Fetched, code: str) -> None:
    """Sabotage seen: any status taken for an answer, and the 503 became an empty listing."""
    assert bench.served is not None
    bench.served.trouble[bench.pages.partition("?")[0]] = instead
    with pytest.raises(Unavailable) as caught:
        bench.adapter.list_offerings()
    assert caught.value.code == code


@pytest.mark.parametrize("bench", OVER_A_WIRE, indirect=True)
@pytest.mark.parametrize("instead", [SILENT, HTML, HALF, BROKEN, fetched({"items": []})])
def test_half_a_listing_is_taken_and_not_called_complete(bench: Bench, instead: Fetched) -> None:
    """Sabotage seen: `complete` left true; the second page's offerings would have been withdrawn."""
    assert bench.served is not None
    bench.served.trouble[bench.pages] = instead
    listing = bench.adapter.list_offerings()
    assert [draft.reference for draft in listing.drafts] == ["A", "B"]
    assert not listing.complete
    assert listing.refused[-1].code.startswith("adapter.")


@pytest.mark.parametrize("bench", OVER_A_WIRE, indirect=True)
def test_pages_that_go_round_come_to_an_end(bench: Bench) -> None:
    assert bench.served is not None
    path = bench.pages.partition("?")[0]
    link = {"rel": "next", "href": bench.pages}
    bench.served.trouble[bench.pages] = fetched({path: [], "links": [link], "next": "2"})
    listing = bench.adapter.list_offerings()
    assert not listing.complete
    assert listing.refused[-1].code == "adapter.pages_endless"


@pytest.mark.parametrize("bench", ["stac", "stapi"], indirect=True)
def test_a_link_to_another_host_is_not_followed(bench: Bench) -> None:
    """Neither our credential nor a need of ours goes there. Sabotage seen: the comparison of origins taken out."""
    assert bench.served is not None
    path = bench.pages.partition("?")[0]
    away = {"rel": "next", "href": "https://elsewhere.example/api"}
    bench.served.trouble[path] = fetched({path: [], "links": [away]})
    listing = bench.adapter.list_offerings()
    assert listing.refused[-1].code == "adapter.link_elsewhere"
    assert all("elsewhere" not in target for _, target, _ in bench.served.asked)


@pytest.mark.parametrize("bench", ORDERING, indirect=True)
def test_the_same_order_twice_is_one_order(bench: Bench) -> None:
    first, again, other = order(bench), order(bench), order(bench, "ord_2")
    assert first.provider_reference == again.provider_reference != other.provider_reference
    assert bench.adapter.status(first.provider_reference).raw


@pytest.mark.parametrize("bench", ORDERING, indirect=True)
def test_an_order_that_the_supplier_does_not_know_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.adapter.status("nobody/knows")


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_what_is_delivered_cannot_be_cancelled(bench: Bench, clock: ManualClock) -> None:
    reference, early = order(bench).provider_reference, order(bench, "ord_2").provider_reference
    assert bench.adapter.cancel(early).status is OrderStatus.USER_CANCELLED
    clock.advance(timedelta(seconds=5))
    while bench.adapter.status(reference).status is not OrderStatus.COMPLETED:
        pass
    with pytest.raises(Conflict):
        bench.adapter.cancel(reference)


@pytest.mark.parametrize("bench", ["http", "simulated", "stapi"], indirect=True)
def test_a_question_is_answered_with_what_can_be_done(bench: Bench) -> None:
    quote = bench.adapter.feasibility(FeasibilityAsk("A", 5.0, "km2/d", WINDOW, area=AREA))
    assert (quote.answer, quote.quantity) == (Answer.FEASIBLE, 5.0)


@pytest.mark.parametrize("bench", BENCHES, indirect=True)
def test_it_says_beforehand_what_it_cannot_do(bench: Bench) -> None:
    can = bench.adapter.capabilities
    ask = FeasibilityAsk("A", 1.0, "km2/d", WINDOW, area=AREA)
    tries: dict[str, Callable[[], Any]] = {
        "feasibility": lambda: bench.adapter.feasibility(ask),
        "quote": lambda: bench.adapter.quote(ask),
        "order": lambda: order(bench),
        "status": lambda: bench.adapter.status("x"),
        "cancel": lambda: bench.adapter.cancel("x"),
    }
    for name, attempt in tries.items():
        if getattr(can, name):
            continue
        with pytest.raises(HubError) as caught:
            attempt()
        assert isinstance(caught.value, NotFound | Unavailable), name
    assert can.order == (can.tier is Tier.ORDERS)


def test_every_kind_of_door_stands_in_this_suite(clock: ManualClock, any_database: Database) -> None:
    for name, kind in ADAPTERS.items():
        url = URL if kind.reached_by_url else None
        door = SupplierDoor(provider_id="prv_x", adapter=name, url=url, settings={}, at=clock.now())
        made = kind.make(Means(any_database, clock, door, ()))
        assert made.name == name
        assert name in BENCHES


# What belongs to one interface alone.


def stapi(clock: ManualClock, **settings: Any) -> tuple[Stapi, Served, StapiSupplier]:
    server = Stapi([product("A")])
    served = server.served()
    return server, served, StapiSupplier(Client(served, URL, "Bearer s3cret"), clock, settings)


def test_stapi_ranges_come_from_the_route_of_the_product(clock: ManualClock) -> None:
    _, served, adapter = stapi(clock)
    [draft] = adapter.list_offerings().drafts
    assert [(each.attribute, each.low, each.high) for each in draft.attributes] == [("eo:cloud_cover", 5.0, 80.0)]
    assert draft.upstream is not None and draft.upstream["queryables"] == ["eo:cloud_cover"]
    served.trouble["products/A/queryables"] = BROKEN
    assert [each.attributes for each in adapter.list_offerings().drafts] == [()]
    assert {each["Authorization"] for each in served.sent_headers} == {"Bearer s3cret"}
    assert "s3cret" not in repr(replace(adapter.client, wire=Stapi([]).served()))


def test_stapi_orders_nothing_that_could_be_ordered_twice(clock: ManualClock) -> None:
    """Sabotage seen: the look through the placed orders left out; a lost answer became two orders."""
    server, _served, adapter = stapi(clock)
    ask = OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW, area=AREA)
    with pytest.raises(Unavailable, match="no_reference_parameter"):
        adapter.order(ask)
    _ = replace(adapter, settings={"reference_parameter": "ref"}).order(ask)
    again = replace(adapter, settings={"reference_parameter": "ref"}).order(ask)
    assert len(server.placed) == 1
    assert again.status is OrderStatus.RECEIVED


def test_stapi_follows_the_body_of_an_opportunity_as_it_stands(clock: ManualClock) -> None:
    server, _served, adapter = stapi(clock, reference_parameter="ref")
    quote = adapter.feasibility(FeasibilityAsk("A", 5.0, "km2/d", WINDOW, area=AREA))
    assert quote.price is not None and str(quote.price) == "250 EUR"
    adapter.order(OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW, area=AREA, quote_reference=quote.reference))
    assert server.placed[0]["properties"]["search_parameters"]["filter"] == {"op": "x"}
    assert server.placed[0]["geometry"] == POINT


def test_stapi_waits_for_a_search_that_is_answered_later_but_not_for_ever(clock: ManualClock) -> None:
    server, served, adapter = stapi(clock, polls=3)
    server.later = True
    ask = FeasibilityAsk("A", 5.0, "km2/d", WINDOW, area=AREA)
    assert adapter.feasibility(ask).answer is Answer.FEASIBLE
    served.trouble["records/1"] = fetched(
        {"status": {"status_code": "in_progress"}, "links": [{"rel": "self", "href": "records/1"}]}
    )
    with pytest.raises(Unavailable, match="search_slow"):
        adapter.feasibility(ask)
    served.trouble["records/1"] = fetched({"status": {"status_code": "failed"}})
    with pytest.raises(Unavailable, match="search_failed"):
        adapter.feasibility(ask)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ({"status_code": "accepted", "timestamp": "2024-11-02T00:00:00Z"}, OrderStatus.ACCEPTED),
        ({"status_code": "cancelled", "reason_code": "customer_cancelled"}, OrderStatus.USER_CANCELLED),
        ("tasked", OrderStatus.TASKED),
    ],
)
def test_stapi_states_of_older_drafts_are_understood(clock: ManualClock, status: Any, meaning: OrderStatus) -> None:
    _server, served, adapter = stapi(clock)
    served.trouble["orders/7"] = fetched({"id": 7, "properties": {"status": status}})
    assert adapter.status("7").status is meaning
    served.trouble["orders/7"] = fetched({"id": 7, "properties": {"status": "pondering"}})
    with pytest.raises(Unavailable, match="status_unknown"):
        adapter.status("7")


def test_a_server_that_is_not_stapi_is_found_out(clock: ManualClock) -> None:
    _, served, adapter = stapi(clock)
    assert adapter.conforms()
    served.trouble[""] = fetched({"conformsTo": ["https://api.stacspec.org/v1.0.0/core/x"]})
    with pytest.raises(Unavailable, match="no_server"):
        adapter.conforms()


def test_stac_covers_both_sides_of_the_antimeridian() -> None:
    [draft] = StacCatalogue(Client(Stac([collection("A")]).served(), URL)).list_offerings().drafts
    assert draft.coverage["type"] == "MultiPolygon"
    assert (draft.archive, draft.taskable, draft.valid) == (True, False, None)
    assert draft.licence == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("classes", "word", "unasked"),
    [
        (("https://api.stacspec.org/v1.0.0/item-search#filter", "http://x/cql2-json"), "filter", ()),
        (("https://api.stacspec.org/v1.0.0/item-search#query",), "query", ()),
        ((), None, ("gsd",)),
    ],
)
def test_stac_is_asked_in_the_words_it_knows(classes: tuple[str, ...], word: str | None, unasked: tuple[str]) -> None:
    served = Stac([], classes).served()
    found = StacCatalogue(Client(served, URL)).search(AREA, WINDOW, {"gsd": ("<=", 1.0)})
    assert (len(found.items), found.unasked) == (3, unasked)
    body = served.asked[-1][2]
    assert ({"filter", "query"} & set(body)) == ({word} if word else set())


def test_the_contract_is_a_valid_description_and_the_reference_supplier_keeps_to_it() -> None:
    """Over a real connection, too: from the door to the book and back."""
    text = Path(http_contract.__file__).with_name("contract.openapi.yaml").read_text("utf-8")
    described = yaml.safe_load(text)
    validate(described)
    book = Book([{**ROW, "reference": "A"}], credential="Bearer k")
    with serving(book) as url:
        door = SupplierDoor(provider_id="prv_x", adapter="http", url=url, credential="Bearer k", settings={}, at=NOON)
        allow = [url.removeprefix("http://")]
        adapter = ADAPTERS["http"].make(Means(None, SystemClock(), door, allow))  # type: ignore[arg-type]
        assert [each.reference for each in adapter.list_offerings().drafts] == ["A"]
        state = adapter.order(OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW))
        required = described["components"]["schemas"]["Order"]["required"]
        assert required == ["provider_reference", "status"]
        assert adapter.cancel(state.provider_reference).status is OrderStatus.USER_CANCELLED
        door.credential = "Bearer wrong"
        with pytest.raises(Unavailable, match="credential_refused"):
            ADAPTERS["http"].make(Means(None, SystemClock(), door, allow)).list_offerings()  # type: ignore[arg-type]
        door.url, door.credential = f"{url}/nowhere", "Bearer k"
        with pytest.raises(Unavailable, match=r"adapter\.status"):
            ADAPTERS["http"].make(Means(None, SystemClock(), door, allow)).list_offerings()  # type: ignore[arg-type]
