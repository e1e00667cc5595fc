"""One suite for every adapter: what each must do, and what none may do when a supplier misbehaves."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from jobs.demo.http_supplier import Book, serving
from providers.adapters import http_contract
from providers.adapters.base import (
    FINAL,
    Adapter,
    Answer,
    Capabilities,
    Delivered,
    FeasibilityAsk,
    OrderAsk,
    OrderState,
    OrderStatus,
    Refused,
    Repeats,
    Tier,
)
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
def test_a_next_page_that_cannot_be_had_is_not_the_last_one(bench: Bench) -> None:
    """Sabotage seen: such a link passed over; the listing was complete, and what it left out would have gone."""
    assert bench.served is not None
    path = bench.pages.partition("?")[0]
    asks = {"rel": "next", "href": bench.pages, "method": "POST"}
    bench.served.trouble = {
        path: fetched({path: [], "links": [asks]}),
        "orders": fetched({"orders": [], "links": asks}),
    }
    listing = bench.adapter.list_offerings()
    assert (listing.complete, listing.refused[-1].code) == (False, "adapter.next_not_get")
    with pytest.raises(Unavailable):
        bench.adapter.find("ord_1")
    for method in (None, "get"):
        first = fetched({path: [], "links": [{**asks, "method": method}]})
        bench.served.trouble = {bench.pages: fetched({path: []}), path: first}
        assert bench.adapter.list_offerings().complete


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


@pytest.mark.parametrize("bench", ORDERING, indirect=True)
def test_an_order_whose_answer_was_lost_is_found_and_made_once(bench: Bench) -> None:
    """Sabotage seen: STAPI's look ended at the first page; the simulated supplier's row written after the loss."""
    others = [order(bench, f"other_{number}").provider_reference for number in range(3)]
    with pytest.raises(Unavailable):
        order(bench, reference="A+loses_answer")
    found = bench.adapter.find("ord_1")
    assert found is not None and found.provider_reference not in others
    assert (found.status, bench.adapter.find("ord_2")) == (OrderStatus.RECEIVED, None)
    if bench.adapter.capabilities.repeats is Repeats.KEY:
        assert order(bench, reference="A+loses_answer").provider_reference == found.provider_reference
    assert bench.adapter.status(found.provider_reference).provider_reference == found.provider_reference


@pytest.mark.parametrize(
    ("bench", "first", "second"),
    [
        ("http", ("orders?our_reference=ord_9", fetched({"orders": [], "next": "2"})), "&cursor=2"),
        (
            "stapi",
            ("orders", fetched({"features": [], "links": [{"rel": "next", "href": "orders?page=1"}]})),
            "?page=1",
        ),
    ],
    indirect=["bench"],
)
@pytest.mark.parametrize("instead", [SILENT, HTML, HALF, BROKEN, fetched({}, 404), fetched({"orders": ["x"]})])
def test_half_a_list_of_orders_does_not_say_that_there_is_none(
    bench: Bench, first: tuple[str, Fetched], second: str, instead: Fetched
) -> None:
    """Sabotage seen: a 404 of the look-up taken for "no such order"; the placing would have been repeated."""
    assert bench.served is not None
    bench.served.trouble = {first[0] + second: instead, first[0]: first[1]}
    with pytest.raises(Unavailable):
        bench.adapter.find("ord_9")
    bench.served.trouble = {first[0]: instead}
    with pytest.raises(Unavailable):
        bench.adapter.find("ord_9")


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


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_what_cancelling_costs_is_told_and_charged_once(bench: Bench, clock: ManualClock) -> None:
    """Sabotage seen: the fee given at the cancelling alone; the next look lost it."""
    early = order(bench, "ord_0", "A+charges20").provider_reference
    assert bench.adapter.cancel(early).fee is None
    made = accepted(bench, clock, "A+charges20")
    asked = bench.adapter.cancel
    for ask in (asked, asked, bench.adapter.status):
        said = ask(made)
        clock.advance(timedelta(seconds=1))
        assert (said.status, str(said.fee)) == (OrderStatus.USER_CANCELLED, "20 EUR")
    found = bench.adapter.find("ord_1")
    assert found is not None and str(found.fee) == "20 EUR"
    assert bench.adapter.deliveries(made) == ()


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_a_supplier_may_refuse_to_cancel_and_then_delivers(bench: Bench, clock: ManualClock) -> None:
    made = accepted(bench, clock, "A+binds")
    with pytest.raises(Conflict):
        bench.adapter.cancel(made)
    clock.advance(timedelta(seconds=2))
    assert finished(bench, made).status is OrderStatus.COMPLETED
    assert sum(each.quantity for each in goods(bench, made)) == 1.0


@pytest.mark.parametrize("bench", ["stapi"], indirect=True)
def test_where_there_is_no_way_to_cancel_the_answer_is_a_refusal(bench: Bench) -> None:
    """Sabotage seen: `Unavailable` in its place, after which cancelling is asked again for ever."""
    made = order(bench).provider_reference
    with pytest.raises(Conflict, match="cannot_cancel"):
        bench.adapter.cancel(made)
    assert bench.served is not None
    offered = {"rel": "cancel", "method": "POST", "href": f"orders/{made}/cancel"}
    shown = {"id": made, "properties": {"status": {"status_code": "accepted"}}, "links": [offered]}
    bench.served.trouble = {f"orders/{made}/cancel": fetched({}, 409), f"orders/{made}": fetched(shown)}
    with pytest.raises(Conflict, match="cannot_cancel"):
        bench.adapter.cancel(made)
    ended = {"id": made, "properties": {"status": {"status_code": "customer_cancelled"}}}
    bench.served.trouble[f"orders/{made}/cancel"] = fetched(ended)
    assert bench.adapter.cancel(made).status is OrderStatus.USER_CANCELLED


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_what_is_late_is_delivered_late_and_says_when(bench: Bench, clock: ManualClock) -> None:
    punctual, late = accepted(bench, clock, "A", "ord_0"), accepted(bench, clock, "A+late")
    clock.advance(timedelta(seconds=5))
    assert finished(bench, punctual).status is OrderStatus.COMPLETED
    assert bench.adapter.status(late).status is OrderStatus.ACCEPTED
    assert bench.adapter.deliveries(late) == ()
    clock.advance(timedelta(days=1))
    assert finished(bench, late).quantity_delivered == 1.0
    first, last = goods(bench, punctual), goods(bench, late)
    assert all(one.at and two.at and one.at < two.at for one in first for two in last)
    assert sum(each.quantity for each in last) == 1.0


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
@pytest.mark.parametrize("word", ["rejects", "fails", "expires", "revokes"])
def test_a_supplier_that_fails_says_so_and_delivers_nothing(bench: Bench, clock: ManualClock, word: str) -> None:
    made = order(bench, reference=f"A+{word}").provider_reference
    clock.advance(timedelta(seconds=5))
    meant = {"rejects": "rejected", "fails": "failed", "expires": "expired", "revokes": "cancelled"}
    assert finished(bench, made).status == meant[word]
    assert bench.adapter.deliveries(made) == ()


@pytest.mark.parametrize("bench", ["http", "simulated"], indirect=True)
def test_deliveries_of_an_unknown_order_are_not_none(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.adapter.deliveries("nobody/knows")


@pytest.mark.parametrize("bench", ["http"], indirect=True)
def test_deliveries_come_in_pages_and_all_or_none_are_taken(bench: Bench, clock: ManualClock) -> None:
    """Sabotage seen: the pages before a broken one returned; what came later would never have been paid."""
    made = order(bench).provider_reference
    finished(bench, made)
    assert bench.served is not None
    found = bench.adapter.deliveries(made)
    assert [each.reference for each in found] == [f"{made}-{number}" for number in (1, 2, 3, 4)]
    assert [each.quality["eo:cloud_cover"] for each in found if isinstance(each, Delivered)] == [10.0, 20.0, 30.0, 40.0]
    assert bench.served.asked[-1][1] == f"orders/{made}/deliveries?cursor=2"
    again = {"reference": f"{made}-1", "quantity": 0.25}
    for instead in (SILENT, HTML, HALF, BROKEN):
        bench.served.trouble = {f"orders/{made}/deliveries?cursor=2": instead}
        with pytest.raises(Unavailable):
            bench.adapter.deliveries(made)
    bench.served.trouble = {f"orders/{made}/deliveries?cursor=2": fetched({"deliveries": [again], "next": None})}
    *good, bad = bench.adapter.deliveries(made)
    assert [each.reference for each in good] == [f"{made}-{number}" for number in (1, 2)]
    assert isinstance(bad, Refused) and (bad.reference, bad.code) == (f"{made}-1", "adapter.delivery_differs")
    bench.served.trouble = {f"orders/{made}/deliveries": fetched({"deliveries": [again, again], "next": None})}
    assert [each.reference for each in bench.adapter.deliveries(made)] == [f"{made}-1"]
    bench.served.trouble = {f"orders/{made}/deliveries": fetched({"deliveries": [], "next": "7"})}
    with pytest.raises(Unavailable, match="pages_endless"):
        bench.adapter.deliveries(made)


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
        "find": lambda: bench.adapter.find("x"),
        "deliveries": lambda: bench.adapter.deliveries("x"),
    }
    for name, attempt in tries.items():
        if getattr(can, name):
            continue
        with pytest.raises(HubError) as caught:
            attempt()
        assert isinstance(caught.value, NotFound | Unavailable), name
    assert can.order == (can.tier is Tier.ORDERS)
    assert can.find or can.repeats is not Repeats.LOOKUP
    assert can.order or can.repeats is Repeats.NEVER


def test_the_readme_says_what_each_door_can_do(clock: ManualClock, any_database: Database) -> None:
    """Sabotage seen: `deliveries` of the simulated supplier left out; a row left out of the table."""
    client = Client(Served(lambda *_: (404, None)), URL)
    kinds: dict[str, Adapter] = {
        "`manifest`": ManifestAdapter(""),
        "`stac`": StacCatalogue(client),
        "`stapi`": StapiSupplier(client, clock),
        "`stapi` with `reference_parameter`": StapiSupplier(client, clock, {"reference_parameter": "ref"}),
        "`http`": HttpSupplier(client),
        "`http` with `repeats: lookup`": HttpSupplier(client, {"repeats": "lookup"}),
        "`http` with `repeats: never`": HttpSupplier(client, {"repeats": "never"}),
        "`simulated`": SimulatedSupplier(any_database, clock),
    }
    text = (Path(http_contract.__file__).parents[1] / "README.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    names, said = rows[0][1:], {row[0]: row[1:] for row in rows[2:]}
    assert said == {
        kind: [
            found.value if isinstance(found, Repeats) else "yes" if found else "-"
            for found in (getattr(adapter.capabilities, name) for name in names)
        ]
        for kind, adapter in kinds.items()
    }
    assert {"tier", *names} == {each.name for each in fields(Capabilities)}


def test_every_kind_of_door_stands_in_this_suite(clock: ManualClock, any_database: Database) -> None:
    for name, kind in ADAPTERS.items():
        url = URL if kind.reached_by_url else None
        door = SupplierDoor(provider_id="prv_x", adapter=name, url=url, settings={}, at=clock.now())
        made = kind.make(Means(any_database, clock, door, ()))
        assert made.name == name
        assert name in BENCHES


# A supplier that answers in bad faith.

SAID = {"provider_reference": "H-1", "status": "accepted"}
GIVEN = {"reference": "D-1", "quantity": 1.0}
LINKS: list[Any] = ["text", [7], ["x" * 2001], [""], ["a"] * 51, ["a\0b"], {"href": "x"}]
SUMS: list[Any] = [
    *(
        {"amount": amount, "currency": "EUR"}
        for amount in ("-1", "NaN", "Infinity", "1e15", "", "9" * 41, 5, 0.1, None)
    ),
    *({"amount": "1", "currency": currency} for currency in ("EURO", "", 7, None)),
    *("5 EUR", 5, ["5"], {}),
]
HOSTILE_ORDERS: dict[str, list[Any]] = {
    "provider_reference": ["", "x" * 201, 7, None, "..", " ", "a\nb", "a\0b", "\ud800", ["H-1"], {}],
    "status": ["pondering", "ACCEPTED", "", 3, None, ["accepted"], {"is": "accepted"}],
    "fee": SUMS,
    "quantity_delivered": [-1, "1", True, 10**12, 10**400, [1]],
    "at": ["yesterday", "2024-11-05T00:00:00", "0001-01-01T00:00:00+14:00", 7, {}],
    "links": LINKS,
    "raw": [7, ["x"], {"x": 1}, "a\0b", "\udfff"],
    "reason": [7, ["x"], {"x": 1}, "a\0b", "\udfff"],
}
HOSTILE_DELIVERIES: dict[str, list[Any]] = {
    "reference": ["", "x" * 201, 7, None, "..", "a\0b", ["D-1"]],
    "quantity": [-1, "1", True, None, 10**12],
    "at": ["soon", "2024-11-05T00:00:00", "9999-12-31T23:59:59-14:00", 7],
    "latency_s": [-1, "1", True],
    "links": LINKS,
    "quality": [
        [],
        "good",
        {"q": "good"},
        {"q": None},
        {"q": True},
        {"x" * 81: 1},
        {"": 1},
        dict.fromkeys(map(str, range(41)), 1),
    ],
}


def each_bad(fields: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, bad) for name, values in fields.items() for bad in values]


def answering(value: Any) -> HttpSupplier:
    """A supplier of our own contract that answers everything with `value`; not a number is written as it likes."""
    body = (value if isinstance(value, str) else json.dumps(value)).encode()
    said = Fetched(200, {"content-type": "application/json"}, body)
    return HttpSupplier(Client(Served(lambda *_: (500, None), {"": said}), URL))


@pytest.mark.parametrize(("name", "bad"), each_bad(HOSTILE_ORDERS))
def test_a_hostile_answer_about_an_order_is_refused_by_its_field(name: str, bad: Any) -> None:
    """Sabotage seen: links cut at 50 in place of a refusal; `quantity_delivered` taken without its bounds."""
    hostile = SAID | {name: bad}
    ask = OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW)
    listed = {"orders": [hostile | {"our_reference": "ord_1"}], "next": None}
    tries: list[tuple[Any, Callable[[Adapter], Any]]] = [
        (hostile, lambda adapter: adapter.order(ask)),
        (hostile, lambda adapter: adapter.status("H-1")),
        (hostile, lambda adapter: adapter.cancel("H-1")),
        (listed, lambda adapter: adapter.find("ord_1")),
    ]
    for answer, attempt in tries:
        with pytest.raises(Unavailable) as caught:
            attempt(answering(answer))
        if name == "status":
            assert caught.value.code == "adapter.status_unknown"
        else:
            assert (caught.value.code, caught.value.params["expected"]) == ("adapter.answer_shape", name)


@pytest.mark.parametrize(("name", "bad"), each_bad(HOSTILE_DELIVERIES))
def test_a_hostile_delivery_is_refused_by_its_field_and_the_good_beside_it_is_taken(name: str, bad: Any) -> None:
    """Sabotage seen: the refusal let out of the loop; one bad delivery held back all good ones."""
    page = {"deliveries": [{**GIVEN, "reference": "D-2", name: bad}, GIVEN], "next": None}
    refused, good = answering(page).deliveries("H-1")
    assert isinstance(refused, Refused) and good == Delivered("D-1", 1.0)
    assert (refused.code, refused.params["expected"]) == ("adapter.answer_shape", name)
    assert refused.raw.encode() and "\0" not in refused.raw


@pytest.mark.parametrize("name", ["quantity_delivered", "at", "unheard_of"])
@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_makes_an_answer_unreadable(name: str, constant: str) -> None:
    """Sabotage seen: Python's reader left as it is, which takes NaN for a number."""
    body = json.dumps(SAID)[:-1] + f', "{name}": {constant}' + "}"
    with pytest.raises(Unavailable, match="answer_unreadable"):
        answering(body).status("H-1")


def test_an_answer_about_another_order_is_not_taken_for_ours(clock: ManualClock) -> None:
    """Sabotage seen: the comparison left out; a rival's state would have become ours."""
    ask = OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW)
    with pytest.raises(Unavailable, match="order_of_another"):
        answering(SAID).status("H-2")
    with pytest.raises(Unavailable, match="order_of_another"):
        answering(SAID).cancel("H-2")
    with pytest.raises(Unavailable, match="order_of_another"):
        answering(SAID | {"our_reference": "ord_2"}).order(ask)
    server, served, tasking = stapi(clock, reference_parameter="ref")
    theirs = {"id": "7", "properties": {"status": "accepted", "order_parameters": {"ref": "ord_2"}}}
    served.trouble["products/A/orders"] = fetched(theirs)
    with pytest.raises(Unavailable, match="order_of_another"):
        tasking.order(replace(ask, area=AREA))
    assert server.placed == []
    everything = [SAID | {"our_reference": "ord_2"}, SAID | {"our_reference": "ord_3"}]
    assert answering({"orders": everything, "next": None}).find("ord_1") is None
    with pytest.raises(Unavailable, match="answer_shape"):
        answering({"orders": [SAID], "next": None}).find("ord_1")


def test_words_for_people_are_cut_and_a_refused_order_is_one() -> None:
    said = answering(SAID | {"raw": "x" * 900, "reason": "y" * 9000, "fee": {"amount": "12.50", "currency": "EUR"}})
    state = said.status("H-1")
    assert (len(state.raw), len(state.reason), str(state.fee)) == (200, 500, "12.5 EUR")
    refusing = HttpSupplier(Client(Served(lambda *_: (422, {})), URL))
    with pytest.raises(Conflict, match="order_refused"):
        refusing.order(OrderAsk("ord_1", "A", 1.0, "km2/d", WINDOW))


NO_IDS: list[Any] = [True, "", "..", "x" * 201, None, 1.5, ["7"]]
NO_PROPERTIES: list[Any] = [None, [], "accepted", {"status": 7}, {"status": ["accepted"]}]
NO_STATUS: list[Any] = [{"reason_text": 7}, {"reason_code": "a\0b"}, {"links": [{"rel": "x", "href": "y" * 2001}]}]
HOSTILE_STAPI: list[Any] = [
    *({"id": bad, "properties": {"status": "accepted"}} for bad in [*NO_IDS, "8"]),
    *({"id": "7", "properties": bad} for bad in NO_PROPERTIES),
    *({"id": "7", "properties": {"status": {"status_code": "accepted", **bad}}} for bad in NO_STATUS),
    *("text", 7, None, []),
]


@pytest.mark.parametrize("hostile", HOSTILE_STAPI)
def test_a_hostile_answer_of_a_stapi_server_is_refused(clock: ManualClock, hostile: Any) -> None:
    """Sabotage seen: rows of a page that are no orders passed over; `find` then said that there is none."""
    _server, served, adapter = stapi(clock, reference_parameter="ref")
    served.trouble["orders/7"] = fetched(hostile)
    with pytest.raises(Unavailable):
        adapter.status("7")
    if isinstance(hostile, dict) and isinstance(hostile["properties"], dict) and hostile["id"] != "8":
        ours = {**hostile, "properties": {**hostile["properties"], "order_parameters": {"ref": "ord_1"}}}
        served.trouble["orders"] = fetched({"features": [ours], "links": []})
    else:
        served.trouble["orders"] = fetched({"features": ["no order"], "links": []})
    with pytest.raises(Unavailable):
        adapter.find("ord_1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["provider_reference", "our_reference", "status", "raw", "at", "reason", "quantity_delivered", "fee", "links"]
ANYTHING = st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from([*SAID.values(), "ord_1"]), max_size=9) | JSON


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING)
def test_whatever_a_supplier_answers_is_taken_whole_or_refused(value: Any) -> None:
    """No other error leaves an adapter, and what is taken can be written down."""
    page = {"orders": [value], "deliveries": [value], "next": None}
    tries: list[tuple[Any, Callable[[Adapter], Any]]] = [
        (value, lambda adapter: adapter.status("H-1")),
        (page, lambda adapter: adapter.find("ord_1")),
        (page, lambda adapter: adapter.deliveries("H-1")),
    ]
    for answer, attempt in tries:
        try:
            taken = attempt(answering(answer))
        except Unavailable:
            continue
        if isinstance(taken, OrderState):
            assert taken.raw.encode() and taken.provider_reference == "H-1"
            assert taken.at is None or taken.at.astimezone(UTC)
            assert taken.quantity_delivered is None or 0 <= taken.quantity_delivered < 1e12


# What belongs to one interface alone.


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
