"""Searches for opportunities that are answered later: asked through the facade, done by the jobs process."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stapi_pydantic
from httpx2 import Response
from sqlmodel import select

from catalog.demand.tables import Disclosure
from catalog.ordering import searches
from jobs import handlers
from jobs.demo.http_supplier import Book, serving
from jobs.prune import prune
from jobs.runner import Lane
from jobs.task import Task
from providers.adapters import http_contract
from space_hub.errors import Unavailable
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from space_hub.work.tables import Work
from tests.contract.test_neighbours import CONSENT, OPPORTUNITIES, POINT, SEARCH, links
from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified

LATER = {"Prefer": "respond-async"}
FILTER = {"op": "<=", "args": [{"property": "gsd"}, 1]}
AT = "/stapi/v0/searches/opportunities"


class Market:
    """One product whose supplier answers over HTTP, and two nations."""

    def __init__(self, hub: Hub, url: str) -> None:
        self.hub = hub
        self.supplier, self.provider_id = verified(hub, hub.key("broker"))
        self.product_id: str = good(self.supplier.post("/v1/offerings", offering("EYE")))["id"]
        hub.settings.egress_allow.append(url.removeprefix("http://"))
        good(self.supplier.put(f"/v1/providers/{self.provider_id}/door", {"adapter": "http", "url": url}), 200)
        self.norway, self.france = hub.key("nation", "NO"), hub.key("nation", "FR")

    @property
    def path(self) -> str:
        return f"/stapi/v0/products/{self.product_id}/opportunities"

    def ask(self, caller: Caller, headers: dict[str, str], **more: Any) -> Response:
        return self.hub.client.post(self.path, headers=caller.headers() | headers, json=SEARCH | more)

    def start(self, caller: Caller) -> dict[str, Any]:
        made: dict[str, Any] = good(self.ask(caller, LATER | CONSENT))
        return made

    def work(self) -> bool:
        hub = self.hub
        return Lane(hub.database, hub.clock, hub.rng, hub.settings, "test", handlers.DOORS).turn()


@pytest.fixture
def market(hub: Hub) -> Iterator[Market]:
    with serving(Book([{"reference": "EYE", "title": "Eye", "capability": "imagery.optical"}])) as url:
        yield Market(hub, url)


def test_a_search_is_received_worked_on_and_read_by_its_links(market: Market) -> None:
    """Every answer parsed by the models of `stapi-pydantic`. Sabotage seen: the link to the result left out."""
    answer = market.ask(market.norway, LATER | CONSENT, filter=FILTER)
    made = good(answer)
    assert answer.headers["Preference-Applied"] == "respond-async"
    record = stapi_pydantic.OpportunitySearchRecord.model_validate(made)
    assert (record.product_id, record.status.status_code.value) == (market.product_id, "received")
    assert record.opportunity_request.search_body()["filter"] == FILTER
    assert answer.headers["Location"] == links(made)["self"]
    base = market.hub.settings.base_url
    waiting = market.norway.get(f"{market.path}/{record.id}")
    assert (waiting.status_code, waiting.json()["code"]) == (404, "stapi.search_not_done")
    market.hub.clock.advance(timedelta(seconds=5))
    assert market.work()
    done = good(market.norway.get(links(made)["self"].removeprefix(base)), 200)
    assert stapi_pydantic.OpportunitySearchRecord.model_validate(done).status.status_code.value == "completed"
    found = good(market.norway.get(links(done)["opportunities"].removeprefix(base)), 200)
    [feature] = OPPORTUNITIES.validate_python(found).features
    assert (found["id"], feature.properties.product_id) == (record.id, market.product_id)
    assert found["features"][0]["links"][0]["body"]["filter"] == FILTER
    assert links(found)["search-record"] == links(made)["self"]
    told = good(market.norway.get(links(done)["monitor"].removeprefix(base)), 200)["statuses"]
    parsed = [stapi_pydantic.OpportunitySearchStatus.model_validate(each) for each in told]
    assert [each.status_code.value for each in parsed] == ["completed", "in_progress", "received"]
    assert parsed[1].timestamp - parsed[2].timestamp == timedelta(seconds=5)
    listed = stapi_pydantic.OpportunitySearchRecords.model_validate(good(market.norway.get(AT), 200))
    assert [each.id for each in listed.search_records] == [record.id]
    with market.hub.database.read() as session:
        [row] = session.exec(select(Disclosure)).all()
    assert (row.organisation_id, row.what) == (market.norway.organisation_id, ["area", "parameters", "window"])


def test_only_who_asked_sees_a_search(market: Market) -> None:
    """Not another nation, not the supplier, not the broker. Sabotage seen: the organisation left out of the query."""
    made = market.start(market.norway)
    market.work()
    for other in (market.france, market.supplier, market.hub.key("broker")):
        for path in (f"{AT}/{made['id']}", f"{AT}/{made['id']}/statuses", f"{market.path}/{made['id']}"):
            assert other.get(path).status_code in {403, 404}, path
        seen = other.get(AT)
        assert seen.status_code == 403 or seen.json()["search_records"] == []
    assert market.france.get(f"{AT}/{made['id']}").status_code == 404
    other_product = good(market.supplier.post("/v1/offerings", offering("OWL")))["id"]
    wrong = f"/stapi/v0/products/{other_product}/opportunities/{made['id']}"
    assert market.norway.get(wrong).status_code == 404


def test_without_consent_there_is_no_search_and_nobody_is_asked_later(market: Market) -> None:
    """A door that opens after the question finds no consent for it. Sabotage seen: the door looked at anew."""
    refused = market.ask(market.norway, LATER)
    assert (refused.status_code, refused.json()["code"]) == (422, "stapi.consent_missing")
    door = f"/v1/providers/{market.provider_id}/door"
    url = good(market.supplier.get(door), 200)["url"]
    assert market.supplier.delete(door).status_code == 204
    made = good(market.ask(market.norway, LATER))
    good(market.supplier.put(door, {"adapter": "http", "url": url}), 200)
    market.work()
    found = good(market.norway.get(f"{market.path}/{made['id']}"), 200)
    assert found["features"] == [] and "no interface" in found["space_hub:reason"]
    with market.hub.database.read() as session:
        assert session.exec(select(Disclosure)).all() == []


def test_a_search_that_fails_says_why_in_the_language_of_the_reader(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> object:
        raise Unavailable("stapi.search_slow")

    monkeypatch.setattr(http_contract.HttpSupplier, "feasibility", slow)
    made = market.start(market.norway)
    market.work()
    french = market.norway.headers() | {"Accept-Language": "fr"}
    told = good(market.hub.client.get(f"{AT}/{made['id']}", headers=french), 200)
    status = stapi_pydantic.OpportunitySearchRecord.model_validate(told).status
    assert (status.status_code.value, status.reason_code) == ("failed", "stapi.search_slow")
    assert status.reason_text is not None and status.reason_text.startswith("La recherche du fournisseur")
    assert "opportunities" not in links(told)


def test_what_left_the_shelf_is_not_asked_about_any_more(market: Market) -> None:
    """Sabotage seen: the offering taken by its id alone."""
    made = market.start(market.norway)
    assert market.supplier.delete(f"/v1/offerings/{market.product_id}").status_code == 204
    market.work()
    told = good(market.norway.get(f"{AT}/{made['id']}"), 200)
    assert (told["status"]["status_code"], told["status"]["reason_code"]) == ("failed", "catalog.offering_unknown")


def test_an_asker_has_ten_under_way_and_another_is_not_held_up(market: Market) -> None:
    """Sabotage seen: the searches of everybody counted together."""
    for _ in range(searches.MOST_OPEN):
        made = market.start(market.norway)
    full = market.ask(market.norway, LATER | CONSENT)
    assert (full.status_code, full.json()["code"]) == (409, "stapi.searches_full")
    market.start(market.france)
    good(market.norway.put(f"/v1/work/{made['id']}/cancel"), 200)
    told = good(market.norway.get(f"{AT}/{made['id']}/statuses"), 200)["statuses"]
    assert [each["status_code"] for each in told] == ["cancelled", "received"]
    market.start(market.norway)


def test_a_search_is_forgotten_after_a_day_and_then_deleted(market: Market) -> None:
    """Sabotage seen: the age not asked for when reading."""
    made = market.start(market.norway)
    market.work()
    hub = market.hub
    hub.clock.advance(searches.KEPT - timedelta(seconds=1))
    tag = market.norway.get(f"{AT}/{made['id']}").headers["ETag"]
    held = hub.client.get(f"{AT}/{made['id']}", headers=market.norway.headers() | {"If-None-Match": tag})
    assert held.status_code == 304
    waiting = market.start(market.norway)
    hub.clock.advance(timedelta(seconds=1))
    assert market.norway.get(f"{AT}/{made['id']}").status_code == 404
    assert market.norway.get(f"{market.path}/{made['id']}").status_code == 404
    with hub.database.write() as session:
        cleaning = ledger.start(session, hub.clock, hub.rng, kind="work.prune", params={}, principal=HUB)
        ledger.claim(session, hub.clock, hub.rng, holder="test", kinds=["work.prune"])
        session.flush()
    with hub.database.read() as session:
        cleaning = session.get_one(Work, cleaning.id)
    done = prune(Task(hub.database, hub.clock, hub.rng, hub.settings, cleaning, HUB))
    assert done["searches"] == 1
    with hub.database.read() as session:
        assert session.get(Work, made["id"]) is None
        assert session.get(Work, waiting["id"]) is not None


def test_without_a_preference_or_with_wait_the_answer_is_waited_for(market: Market) -> None:
    waited = market.ask(market.norway, CONSENT | {"Prefer": "wait=20"}, filter=FILTER)
    assert (waited.status_code, waited.headers["Preference-Applied"]) == (200, "wait")
    plain = market.ask(market.norway, CONSENT)
    assert (plain.status_code, plain.headers.get("Preference-Applied")) == (200, None)
    assert len(OPPORTUNITIES.validate_python(plain.json()).features) == 1
    assert plain.json()["features"][0]["geometry"] == POINT
