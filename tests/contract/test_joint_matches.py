"""Joint matches over HTTP on both kinds of database: who may ask and read, what is kept and gives itself again."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from sqlmodel import select

from catalog import joint_matches
from catalog.shelf.content import fingerprint
from catalog.together.tables import JointMatch
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.rng import SeededRng
from space_hub.trust.markings import MarkingReader
from tests.api.test_promise import DECIDED
from tests.support.hub import Caller, Hub, build
from tests.support.matching import LATER, lane
from tests.support.supply import good, offering, requirement, verified

PATH = "/v1/joint-matches"
WINDOW = {"window_from": "2025-01-01T00:00:00Z", "window_to": "2025-06-30T00:00:00Z"}
SECRET = {
    "title": "Harbour of Kestrelby",
    "area": {"type": "Polygon", "coordinates": [[[17.25, 60], [17.75, 60], [17.75, 61], [17.25, 61], [17.25, 60]]]},
    "clauses": [{"attribute": "gsd", "operator": "<=", "threshold": 0.55, "unit": "m", "objective": 0.3125}],
}


class Buy:
    """A pool of France, Germany, the Netherlands and Poland; the first three need imagery, the last takes no part."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        broker = hub.key("broker")
        for name, nation, price in (("Near", "FR", "10"), ("Far", "NO", "14")):
            supplier, _ = verified(hub, broker, name, nation)
            good(supplier.post("/v1/offerings", offering(name.upper(), price=price, capacity=400)))
        for_france = offering("ONLY", price="1", capacity=400, release_to=["FR"])
        good(supplier.post("/v1/offerings", for_france))
        self.lead = hub.key("nation", "FR")
        self.german, self.dutch, self.pole = (hub.key("nation", code) for code in ("DE", "NL", "PL"))
        pool = {"name": "Pool", "contracting_authority": DECIDED, "mission_area": "imagery", "open_to_suppliers": False}
        self.pool = good(self.lead.post("/v1/pools", pool))["id"]
        for each in (self.german, self.dutch, self.pole):
            good(self.lead.post(f"/v1/pools/{self.pool}/members", {"organisation_id": each.organisation_id}))
            good(each.post(f"/v1/pools/{self.pool}/join"), 200)
        body = {"pool_id": self.pool, "capability": "imagery.optical", "title_en": "Images", "title_fr": "Images"}
        body |= {"share_method": "shapley", "currency": "EUR", "months": 12}
        self.id = good(self.lead.post("/v1/joint-buys", body))["id"]
        self.secret = good(self.german.post("/v1/requirements", requirement(**SECRET)))["id"]
        for who, quantity, more in (
            (self.lead, 100, {}),
            (self.german, 200, {"requirement_id": self.secret}),
            (self.dutch, 300, {}),
        ):
            need = {"quantity": quantity, "phase": "peace", **WINDOW, **more}
            good(who.put(f"/v1/joint-buys/{self.id}/needs/mine", need), 200)
            good(who.put(f"/v1/joint-buys/{self.id}/needs/mine/consent"), 200)

    def price(self) -> None:
        breaks = [{"quantity": "0", "unit_price": "9"}]
        lease = {"modality": "lease", "months": 12, "source": "Quote 7", "breaks": breaks}
        good(self.lead.post(f"/v1/joint-buys/{self.id}/options", lease))
        good(self.lead.post(f"/v1/joint-buys/{self.id}/price"), 200)

    def ask(self, who: Caller, **options: Any) -> Any:
        return who.post(PATH, {"joint_buy_id": self.id}, **options)

    @property
    def parties(self) -> tuple[Caller, ...]:
        return self.lead, self.german, self.dutch


@pytest.fixture
def buy(database: Database, clock: ManualClock, rng: SeededRng, _standing: tuple[BlockingPortal, list[FastAPI]]) -> Buy:
    portal, built = _standing
    hub = build(database, clock, rng, *built)
    built[:] = [hub.app]
    hub.client.portal = portal
    return Buy(hub)


def test_a_buy_is_planned_as_one_for_those_who_take_part_and_nobody_else(buy: Buy) -> None:
    """Sabotage seen: read by its id alone; asked for before it was priced; the shelf seen by its asker alone, which
    had France's own cheap offering serve all; the contents of every need in the record of each."""
    assert buy.ask(buy.german).json()["code"] == "joint.not_priced"
    buy.price()
    made = good(buy.ask(buy.lead))
    assert [(each["nation"], each["phases"][0]["needed"]) for each in sorted(made["needs"], key=_nation)] == [
        ("DE", "200.0"),
        ("FR", "100.0"),
        ("NL", "300.0"),
    ]
    assert {each["title"] for each in made["offerings"]} == {"Optical imagery NEAR", "Optical imagery FAR"}
    assert made["cost_per_day"] == "6800.00"  # 400 at 10 and 200 at 14.
    assert sum(Decimal(each["bill"]) for each in made["needs"]) == Decimal(made["cost_per_day"])
    assert (made["alone"], made["saved"]) == ("6000.00", "-800.00")
    assert "more than the" in made["text"]
    path = f"{PATH}/{made['id']}"
    for who in buy.parties:
        shown = good(who.get(path), 200)
        assert {**shown, "needs": []} == {**made, "needs": []}
        assert [each["id"] for each in good(who.get(PATH), 200)["items"]] == [made["id"]]
        kept = good(who.get(f"{path}/record"), 200)
        assert list(kept["contents"]) == [who.organisation_id]
        own = next(each for each in kept["inputs"]["parties"] if each["organisation_id"] == who.organisation_id)
        assert fingerprint(kept["contents"][who.organisation_id]) == own["need_sha256"]
        assert fingerprint(kept["inputs"]) == kept["inputs_sha256"]
        assert fingerprint({"inputs_sha256": kept["inputs_sha256"], "result": kept["result"]}) == made["record_sha256"]
        if who is not buy.german:
            read = json.dumps([shown, kept])
            assert not [told for told in ("Kestrelby", "17.25", "0.3125", "0.55") if told in read]
    stranger = buy.hub.key("nation", "FR")
    for who in (buy.pole, stranger):
        for answer in (who.get(path), who.get(f"{path}/record")):
            assert (answer.status_code, answer.json()["code"]) == (404, "joint_match.unknown")
        assert good(who.get(PATH), 200)["items"] == []
    assert (buy.ask(stranger).status_code, buy.ask(buy.pole).json()["code"]) == (404, "joint.not_a_party")
    with buy.hub.database.read() as session:
        row = session.exec(select(JointMatch)).one()
        assert joint_matches.again(row).record_sha256 == made["record_sha256"]
        entry = session.exec(select(LogEntry).where(LogEntry.topic == "joint_match.computed")).one()
        found = select(MarkingReader.organisation_id).where(MarkingReader.marking_id == entry.marking_id)
        readers = set(session.exec(found))
    assert {each.organisation_id for each in buy.parties} <= readers
    assert not {buy.pole.organisation_id, stranger.organisation_id} & readers


def test_it_is_queued_and_is_the_one_that_would_have_been_waited_for(buy: Buy) -> None:
    """On another day too: the salts of needs are those of the buy. Sabotage seen: salts drawn anew each time."""
    buy.price()
    waited = good(buy.ask(buy.lead))
    began = good(
        buy.hub.client.post(
            PATH,
            headers={**buy.dutch.headers(), **LATER, "Idempotency-Key": "later"},
            json={"joint_buy_id": buy.id},
        ),
        202,
    )
    buy.hub.clock.advance(timedelta(days=2))
    assert lane(buy.hub.database, buy.hub.clock).turn()
    work = good(buy.dutch.get(f"/v1/work/{began['work_id']}"), 200)
    assert (work["state"], work["kind"], work["done"]) == ("done", "match.joint", work["total"])
    made = good(buy.german.get(f"{PATH}/{work['result']['joint_match_id']}"), 200)
    assert made["record_sha256"] == waited["record_sha256"]
    assert made["id"] != waited["id"]


def _nation(need: dict[str, Any]) -> str:
    return str(need["nation"])


def test_ones_own_requirements_are_planned_as_one_and_anothers_is_unknown(hub: Hub) -> None:
    supplier, _ = verified(hub, hub.key("broker"))
    near = offering("NEAR", capacity=2000)
    near["prices"]["peace"]["retainer_per_day"] = "300"
    good(supplier.post("/v1/offerings", near))
    planner, other = hub.key("nation", "NO"), hub.key("nation", "SE")
    mine = [good(planner.post("/v1/requirements", requirement(title=title)))["id"] for title in ("North", "South")]
    made = good(planner.post(PATH, {"requirement_ids": mine}))
    assert {each["title"]: (each["alone"], each["bill"], each["saved"]) for each in made["needs"]} == {
        "North": ("5300.00", "5150.00", "150.00"),
        "South": ("5300.00", "5150.00", "150.00"),
    }
    assert made["resilience"]["survives_none"] is True
    assert made["resilience"]["premium"]["text"].startswith("No single loss of a supplier can be survived")
    theirs = good(other.post("/v1/requirements", requirement()))["id"]
    refused = planner.post(PATH, {"requirement_ids": [mine[0], theirs]})
    assert (refused.status_code, refused.json()["code"]) == (404, "catalog.requirement_unknown")
    assert refused.json()["code"] == planner.post(PATH, {"requirement_ids": [mine[0], "req_none"]}).json()["code"]
    assert other.get(f"{PATH}/{made['id']}").status_code == 404
    for body, code in (
        ({}, "joint_match.one_of"),
        ({"requirement_ids": mine, "joint_buy_id": "jbu_1"}, "joint_match.one_of"),
        ({"requirement_ids": mine[:1]}, "joint_match.needs"),
        ({"joint_buy_id": "jbu_none"}, "joint.unknown"),
    ):
        assert planner.post(PATH, body).json()["code"] == code
    kroner = good(planner.post("/v1/requirements", requirement(currency="NOK")))["id"]
    assert planner.post(PATH, {"requirement_ids": [mine[0], kroner]}).json()["code"] == "joint_match.currencies"
