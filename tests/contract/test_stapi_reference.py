"""Our STAPI adapter before the STAPI project's own server, over a real connection."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from providers.adapters.base import Answer, FeasibilityAsk, OrderAsk, OrderStatus
from providers.adapters.client import Client
from providers.adapters.stapi import StapiSupplier
from space_hub.clock import SystemClock
from space_hub.delivery.wire import Wire
from space_hub.errors import Conflict, NotFound
from space_hub.vocabulary.interval import Interval
from tests.reference import environment
from tests.reference.running import stapi_reference

POINT = {"type": "Point", "coordinates": [10.0, 60.0]}
WINDOW = Interval(datetime(2030, 1, 5, tzinfo=UTC), datetime(2030, 1, 6, tzinfo=UTC))


@pytest.fixture(scope="module")
def url(stapi_environment: None) -> Iterator[str]:
    with stapi_reference() as served:
        yield served


@pytest.fixture
def adapter(url: str) -> Iterator[StapiSupplier]:
    with Wire(SystemClock(), allow=[url.removeprefix("http://")]) as wire:
        settings = {"reference_parameter": "client_reference"}
        yield StapiSupplier(Client(wire, url), SystemClock(), settings)


def test_products_come_with_what_can_be_asked_for(adapter: StapiSupplier) -> None:
    assert adapter.conforms()
    listing = adapter.list_offerings()
    assert (listing.refused, listing.complete) == ((), True)
    assert [draft.reference for draft in listing.drafts] == ["REF-0", "REF-1", "REF-2"]
    assert [(each.attribute, each.low, each.high) for each in listing.drafts[0].attributes] == [
        ("view:off_nadir", 0.0, 45.0)
    ]


def test_a_question_an_order_and_its_state(adapter: StapiSupplier, url: str) -> None:
    quote = adapter.feasibility(FeasibilityAsk("REF-0", 1.0, "km2/d", WINDOW, area=POINT))
    assert quote.answer is Answer.FEASIBLE
    ask = OrderAsk("ord_1", "REF-0", 1.0, "km2/d", WINDOW, area=POINT, quote_reference=quote.reference)
    first, again = adapter.order(ask), adapter.order(ask)
    assert first.provider_reference == again.provider_reference
    assert len(httpx.get(f"{url}/orders").json()["features"]) == 1
    assert adapter.status(first.provider_reference).status is OrderStatus.RECEIVED
    with pytest.raises(Conflict, match="cannot_cancel"):
        adapter.cancel(first.provider_reference)
    with pytest.raises(NotFound, match="order_unknown"):
        adapter.status("nobody")


def test_an_environment_that_cannot_be_filled_says_why_and_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: with the stamp written before pip ran, the second call returned an empty environment."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for _ in range(2):
        with pytest.raises(environment.NotMade, match=r"pip` ended with status 1: .*No matching distribution"):
            environment.python(tmp_path / "venv")
