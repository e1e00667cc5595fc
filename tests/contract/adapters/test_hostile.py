"""A supplier that answers in bad faith: what it says is taken whole or refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.adapters.base import Adapter, Delivered, OrderAsk, OrderState, Refused
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from space_hub.clock import ManualClock
from space_hub.delivery.wire import Fetched
from space_hub.errors import Conflict, Unavailable
from tests.support.doors import AREA, WINDOW, stapi
from tests.support.suppliers import URL, Served, fetched

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
