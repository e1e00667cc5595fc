"""What belongs to one interface alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from jobs.demo.http_supplier import Book, serving
from providers.adapters import http_contract
from providers.adapters.base import Answer, FeasibilityAsk, OrderAsk, OrderStatus, Repeats
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from providers.adapters.stac import StacCatalogue
from providers.doors import ADAPTERS, Means, SupplierDoor
from space_hub.clock import ManualClock, SystemClock
from space_hub.errors import Unavailable
from tests.support.doors import AREA, NOON, ROW, WINDOW, stapi
from tests.support.suppliers import BROKEN, POINT, URL, Stac, Stapi, collection, fetched, over


@pytest.mark.parametrize(("repeats", "orders"), [("key", 1), ("lookup", 2), ("never", 2)])
def test_a_door_says_how_much_of_the_contract_its_supplier_keeps(repeats: str, orders: int) -> None:
    """The reference supplier makes two orders of two placings where it says that it would."""
    book = Book([{**ROW, "reference": "A"}], repeats=Repeats(repeats))
    adapter = HttpSupplier(Client(over(book), URL), {"repeats": repeats})
    assert adapter.capabilities.repeats == repeats
    ask = OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW)
    first, _ = adapter.order(ask), adapter.order(ask)
    assert (book.orders_under("ord_1"), book.placings["ord_1"]) == (orders, 2)
    if repeats == "never":
        with pytest.raises(Unavailable, match="adapter_cannot"):
            adapter.find("ord_1")
        with pytest.raises(Unavailable, match=r"adapter\.status"):
            HttpSupplier(Client(over(book), URL)).find("ord_1")
    else:
        assert adapter.find("ord_1") == first


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
