"""Pool -> agreement -> call-off -> order -> status -> supply at risk, over HTTP, and who may see what."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response

from catalog.ordering import orders
from catalog.promise.tables import AgreementTerms
from jobs import react
from jobs.handlers import LIGHT
from jobs.runner import Lane
from providers.tables import Provider
from space_hub.delivery import log
from space_hub.settings import Settings
from tests.support.hub import Caller, Hub
from tests.support.supply import offering, requirement, verified

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}
SATELLITE = {"kind": "satellite", "name": "EX SAT", "catalog_number": 25544}


def good(answer: Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def terms(phase: str = "peace", **more: Any) -> dict[str, Any]:
    return {
        "phase": phase,
        "capacity_per_day": 100,
        "notice": "PT12H",
        "unit_price": "12.50",
        "currency": "EUR",
        "civil_floor": "0.1",
    } | more


@dataclass
class Scene:
    hub: Hub
    supplier: Caller
    provider_id: str
    offering_id: str
    lead: Caller
    pool_id: str

    def draft(self, *given: dict[str, Any]) -> dict[str, Any]:
        return {
            "pool_id": self.pool_id,
            "offering_id": self.offering_id,
            "period_from": "2024-11-02T00:00:00Z",
            "period_to": "2024-12-02T00:00:00Z",
            "terms": list(given) or [terms()],
        }

    def signed(self, *given: dict[str, Any]) -> str:
        agreement = good(self.lead.post("/v1/agreements", self.draft(*given)))["id"]
        good(self.supplier.post(f"/v1/agreements/{agreement}/offer", {}))
        good(self.lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED}))
        return str(agreement)

    def call_off(self, agreement_id: str, quantity: float = 10, **more: Any) -> dict[str, Any]:
        return {
            "options": [{"agreement_id": agreement_id, "quantity": quantity}],
            "window_from": "2024-11-03T06:00:00Z",
            "window_to": "2024-11-04T18:00:00Z",
            "decided_by": DECIDED,
        } | more

    def drive(self) -> None:
        for _ in range(8):
            orders.drive(self.hub.database, self.hub.clock, self.hub.rng)
            self.hub.clock.advance(timedelta(seconds=1))

    def react(self) -> None:
        with self.hub.database.write() as session:
            log.sequence(session)
        react.turn(self.hub.database, self.hub.clock, self.hub.rng)


@pytest.fixture
def scene(hub: Hub) -> Scene:
    broker = hub.key("broker")
    supplier, provider_id = verified(hub, broker)
    more = {phase: {"quantity": of, "unit": "km2/d"} for phase, of in (("peace", 1000), ("crisis", 1600))}
    offered = good(supplier.post("/v1/offerings", offering(assets=[SATELLITE]) | {"capacity": more}))
    good(supplier.put(f"/v1/providers/{provider_id}/door", {"adapter": "simulated"}))
    lead = hub.key("nation", "FR")
    pool = {
        "name": "Imagery pool",
        "contracting_authority": DECIDED,
        "mission_area": "imagery",
        "open_to_suppliers": False,
    }
    pool_id = good(lead.post("/v1/pools", pool))["id"]
    return Scene(hub, supplier, provider_id, offered["id"], lead, pool_id)


def test_from_agreement_to_delivered_order(scene: Scene) -> None:
    agreement_id = scene.signed()
    agreement = scene.supplier.get(f"/v1/agreements/{agreement_id}").json()
    assert (agreement["status"], len(agreement["version_sha256"])) == ("signed", 64)
    assert [step["event"] for step in agreement["history"]] == ["draft", "offer", "sign"]
    assert agreement["history"][-1]["decided_by"] == DECIDED
    assert agreement["terms"][0]["notice"] == "PT12H"
    placed = good(scene.lead.post("/v1/call-offs", scene.call_off(agreement_id)))
    assert placed["status"] == "active"
    (option,) = placed["options"]
    assert (option["phase"], option["total_price"], option["state"]) == ("peace", "250", "trying")
    assert placed["decided_by"] == DECIDED
    days = scene.lead.get(
        "/v1/capacity", agreement_id=agreement_id, first_day="2024-11-02", last_day="2024-11-05"
    ).json()["days"]
    assert [day["left"] for day in days] == [100.0, 90.0, 90.0, 100.0]
    scene.drive()
    for who in (scene.lead, scene.supplier):
        order = who.get(f"/v1/orders/{option['order_id']}").json()
        assert [each["status"] for each in order["history"]] == ["received", "accepted", "completed"]
        assert (order["next_step"], order["raw_status"]) == ("closed", "DELIVERED")
    detail = scene.lead.get(f"/v1/call-offs/{placed['id']}").json()
    assert [step["status"] for step in detail["history"]] == ["active", "completed"]


def test_a_signature_ends_being_a_newcomer(scene: Scene) -> None:
    """Sabotage seen: left as it was, every supplier counted as a newcomer for ever in the fairness figures."""
    drafted = good(scene.lead.post("/v1/agreements", scene.draft()))["id"]

    def newcomer() -> bool:
        with scene.hub.database.read() as session:
            return session.get_one(Provider, scene.provider_id).newcomer

    good(scene.supplier.post(f"/v1/agreements/{drafted}/offer", {}))
    assert newcomer()
    good(scene.lead.post(f"/v1/agreements/{drafted}/sign", {"decided_by": DECIDED}))
    assert not newcomer()


def test_nothing_is_decided_without_a_named_authority(scene: Scene) -> None:
    """Sabotage seen: a default for `decided_by` turned it red."""
    draft = good(scene.lead.post("/v1/agreements", scene.draft()))["id"]
    good(scene.supplier.post(f"/v1/agreements/{draft}/offer", {}))
    unsigned = scene.lead.post(f"/v1/agreements/{draft}/sign", {})
    assert (unsigned.status_code, unsigned.json()["code"]) == (422, "authority.name_missing")
    good(scene.lead.post(f"/v1/agreements/{draft}/sign", {"decided_by": DECIDED}))
    body = scene.call_off(draft)
    del body["decided_by"]
    nobody = scene.lead.post("/v1/call-offs", body)
    assert nobody.status_code == 422
    assert nobody.json()["errors"][0]["where"] == "body/decided_by"
    blank = scene.lead.post("/v1/call-offs", scene.call_off(draft, decided_by={"name": " ", "office": "x"}))
    assert blank.status_code == 422


def test_refused_terms_name_every_fault_in_the_askers_language(scene: Scene) -> None:
    wrong = [terms(capacity_per_day=901, priority=2), terms("crisis", notice="P9D", priority=30)]
    answer = scene.hub.client.post(
        "/v1/agreements",
        headers=scene.lead.headers() | {"Idempotency-Key": "k", "Accept-Language": "fr"},
        json=scene.draft(*wrong),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "access.terms_refused")
    codes = [each["code"] for each in answer.json()["errors"]]
    assert {"access.capacity_above_offer", "access.priority_wrong", "access.notice_lengthens"} <= set(codes)
    assert answer.json()["errors"][0]["detail"].startswith("En phase de paix")


def test_a_floor_finer_than_a_millionth_is_refused_before_the_database_is_asked(scene: Scene) -> None:
    """On PostgreSQL its text did not fit the column (500)."""
    answer = scene.lead.post("/v1/agreements", scene.draft(terms(civil_floor="0.1000000000000000000000001")))
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


def test_a_call_off_sent_twice_happens_once_and_exhaustion_is_a_conflict(scene: Scene) -> None:
    agreement_id = scene.signed()
    first = scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 60), key="mine")
    again = scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 60), key="mine")
    assert first.json() == again.json()
    refused = scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 40.001))
    assert (refused.status_code, refused.json()["code"]) == (409, "capacity.exhausted")
    assert "40.0 left on 2024-11-03" in refused.json()["detail"]
    good(scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 40)))
    assert len(scene.lead.get("/v1/call-offs").json()["items"]) == 2
    finer = scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 0.0001))
    assert finer.status_code == 422


def test_a_cancelled_call_off_gives_its_capacity_back(scene: Scene) -> None:
    agreement_id = scene.signed()
    placed = good(scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 100)))
    cancel = {"decided_by": DECIDED, "reason": "no longer needed"}
    assert good(scene.lead.post(f"/v1/call-offs/{placed['id']}/cancel", cancel))["status"] == "cancelled"
    good(scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, 100)))


def test_strangers_learn_nothing_of_a_promise(scene: Scene) -> None:
    """Sabotage seen: reading an agreement by id alone showed it to the rival."""
    agreement_id = scene.signed()
    placed = good(scene.lead.post("/v1/call-offs", scene.call_off(agreement_id)))
    for stranger in (scene.hub.key("nation", "FR"), scene.hub.key("provider", "FI")):
        for path in (
            f"/v1/pools/{scene.pool_id}",
            f"/v1/agreements/{agreement_id}",
            f"/v1/call-offs/{placed['id']}",
            f"/v1/orders/{placed['options'][0]['order_id']}",
        ):
            assert stranger.get(path).status_code == 404, path
        assert stranger.get("/v1/capacity", agreement_id=agreement_id).status_code == 404
        for path in ("/v1/pools", "/v1/agreements", "/v1/call-offs", "/v1/orders", "/v1/impacts", "/v1/outages"):
            assert stranger.get(path).json()["items"] == [], path
    rival = scene.hub.key("nation", "FR")
    assert rival.post("/v1/call-offs", scene.call_off(agreement_id)).status_code == 404


def test_a_nation_joins_by_invitation_and_then_calls_off(scene: Scene) -> None:
    agreement_id = scene.signed()
    member = scene.hub.key("nation", "BE")
    path = f"/v1/pools/{scene.pool_id}"
    assert member.post(f"{path}/join").status_code == 404
    good(scene.lead.post(f"{path}/members", {"organisation_id": member.organisation_id}))
    assert member.post("/v1/call-offs", scene.call_off(agreement_id)).status_code == 404
    assert good(member.post(f"{path}/join"))["status"] == "joined"
    placed = good(member.post("/v1/call-offs", scene.call_off(agreement_id)))
    assert scene.lead.get(f"/v1/call-offs/{placed['id']}").status_code == 200
    assert member.post(f"{path}/phases", {"phase": "crisis", "reason": "x", "decided_by": DECIDED}).status_code == 403
    good(member.post(f"{path}/leave"))
    assert member.get(path).status_code == 404


def test_the_declared_phase_is_shown_with_who_declared_it(scene: Scene) -> None:
    path = f"/v1/pools/{scene.pool_id}"
    body = {"phase": "crisis", "reason": "exercise", "decided_by": DECIDED}
    good(scene.lead.post(f"{path}/phases", body))
    assert scene.lead.get(path).json()["phase"] == "crisis"
    (said,) = scene.lead.get(f"{path}/phases").json()["items"]
    assert (said["phase"], said["decided_by"]) == ("crisis", DECIDED)
    milder = good(scene.lead.post("/v1/call-offs", scene.call_off(scene.signed())))
    assert milder["options"][0]["phase"] == "peace"


def test_terms_for_a_crisis_alone_open_nothing_in_peace(scene: Scene) -> None:
    agreement_id = scene.signed(terms("crisis"))
    refused = scene.lead.post("/v1/call-offs", scene.call_off(agreement_id))
    assert refused.json()["code"] == "call_off.phase_not_agreed"


def test_every_clause_of_the_terms_is_kept_and_shown(scene: Scene) -> None:
    """Sabotage seen: with `preemptible` left out of the row it came back false."""
    clauses = {
        "basis": "share_of_fleet",
        "fleet_share": "0.25",
        "exclusivity": "area_time",
        "activation": "required",
        "acknowledge": "PT1H",
        "ramp": [{"after": "PT14H", "share": "0.5"}, {"after": "PT16H", "share": "1"}],
        "can_pre_empt": True,
        "preemptible": True,
        "deny_others": True,
        "cut_off_authorities": [{"name": "Licensing office", "nation": "FR", "instrument": "Space Operations Act"}],
        "refund": {"share": "0.8", "cap": "5000"},
        "cancellation": {"free_before": "P2D", "fee_share": "0.1", "not_after": ["scheduled", "tasked"]},
        "sla": [{"metric": "latency", "bound": "3600", "steps": [{"beyond": "0", "share": "0.05"}], "cap": "0.2"}],
        "insurance": [{"kind": "war_risk", "amount": "1000000", "by": "buyer"}],
        "indemnity": [{"kind": "loss_of_asset", "cap": "2000000"}],
        "incentives": [{"kind": "early", "amount": "10000.5"}],
    }
    body = scene.draft(terms("crisis", capacity_per_day=400, **clauses)) | {
        "bucket": "hour",
        "minimum_guarantee": "100",
        "ceiling": "2000.50",
    }
    agreement = good(scene.lead.post("/v1/agreements", body))
    assert {name: agreement["terms"][0][name] for name in clauses} == clauses
    about = {name: agreement[name] for name in ("bucket", "origin", "competition_id", "minimum_guarantee", "ceiling")}
    assert about == {
        "bucket": "hour",
        "origin": "direct",
        "competition_id": None,
        "minimum_guarantee": "100",
        "ceiling": "2000.5",
    }

    def refused(**more: Any) -> str:
        answer = scene.lead.post("/v1/agreements", body | more)
        assert answer.status_code in (404, 422), answer.text
        return str(answer.json()["code"])

    assert refused(bucket="whole") == "agreement.without_time"
    assert refused(lot_id="lot_of_another") == "lot.unknown"
    assert refused(ceiling="99") == "agreement.guarantee_above_ceiling"
    mixed = [terms(), terms("crisis", currency="USD")]
    assert refused(terms=mixed) == "agreement.currencies_differ"


def test_a_phase_holds_for_whom_where_and_as_long_as_it_was_declared(scene: Scene) -> None:
    """Sabotage seen: with `until` not compared the crisis outlived its end."""
    path = f"/v1/pools/{scene.pool_id}"
    crisis = {"phase": "crisis", "reason": "exercise", "decided_by": DECIDED}
    north = {"type": "Polygon", "coordinates": [[[0, 50], [9, 50], [9, 60], [0, 60], [0, 50]]]}
    for_others = crisis | {"nations": ["PL", "DE"], "area": north, "until": "2024-11-05T00:00:00Z"}
    said = good(scene.lead.post(f"{path}/phases", for_others))
    assert (said["nations"], said["area"], said["until"]) == (["DE", "PL"], north, "2024-11-05T00:00:00Z")
    assert scene.lead.get(path).json()["phase"] == "peace"
    good(scene.lead.post(f"{path}/phases", crisis | {"nations": ["FR"], "until": "2024-11-02T01:00:00Z"}))
    assert scene.lead.get(path).json()["phase"] == "crisis"
    scene.hub.clock.advance(timedelta(hours=1))
    assert scene.lead.get(path).json()["phase"] == "peace"

    def refused(**more: Any) -> str:
        answer = scene.lead.post(f"{path}/phases", crisis | more)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["code"])

    assert refused(nations=[]) == "pool.phase_for_nobody"
    assert refused(nations=["XX"]) == "vocabulary.nation_unknown"
    assert refused(area={"type": "Nowhere"}) == "vocabulary.geometry_wrong"
    assert refused(until="2024-11-02T00:30:00Z") == "pool.phase_ends_before"


def test_an_outage_puts_supply_at_risk_and_who_is_assured_of_it_is_told(scene: Scene) -> None:
    """A planner that only matched it does not learn of a supplier's own trouble."""
    agreement_id = scene.signed()
    planner, rival = scene.hub.key("nation", "DE"), scene.hub.key("nation", "PL")
    for who in (planner, scene.lead):
        stated = good(who.post("/v1/requirements", requirement()))
        good(who.post("/v1/matches", {"requirement_id": stated["id"]}))
    report = {
        "catalog_number": 25544,
        "severity": "lost",
        "description": "No contact since the morning pass",
        "began_at": "2024-11-01T23:00:00Z",
    }
    assert planner.post("/v1/outages", report).status_code == 403
    outage = good(scene.hub.key("operations_centre", "BE").post("/v1/outages", report))
    scene.react()
    scene.react()
    (mine,) = scene.lead.get("/v1/impacts").json()["items"]
    assert (mine["cause"], mine["evidence_id"], mine["offering_id"]) == ("outage", outage["id"], scene.offering_id)
    assert mine["affected"] == {"agreements": [agreement_id], "call_offs": [], "requirements": [stated["id"]]}
    again = mine["proposals"][0]["match_again"]
    good(scene.lead.post(again["path"], again["body"]))
    assert len(scene.supplier.get("/v1/impacts").json()["items"]) == 1
    for nobody in (planner, rival):
        assert nobody.get("/v1/impacts").json()["items"] == []
        assert nobody.get("/v1/outages").json()["items"] == []
    good(scene.hub.key("broker").post(f"/v1/outages/{outage['id']}/close"))
    assert scene.lead.get("/v1/impacts", open_only=True).json()["items"] == []
    assert scene.lead.get("/v1/impacts").json()["items"][0]["closed_at"] == "2024-11-02T00:00:00Z"


def test_what_an_agreement_may_miss_is_said_by_phase_and_a_named_authority_can_cut_it_off(scene: Scene) -> None:
    agreement_id = scene.signed()
    with scene.hub.database.write() as session:
        row = session.get_one(AgreementTerms, (agreement_id, "peace"))
        row.cut_off_authorities = [{"name": "Space Regulator", "nation": "FR", "instrument": "Act 7"}]
        session.add(row)
    planned = {
        "catalog_number": 25544,
        "kind": "manoeuvre",
        "severity": "degraded",
        "loss_share": "0.25",
        "description": "Orbit raising",
        "began_at": "2024-11-05T10:00:00Z",
        "expected_end_at": "2024-11-06T00:00:00Z",
    }
    good(scene.supplier.post("/v1/outages", planned))
    path = f"/v1/agreements/{agreement_id}/cut-offs"
    cut = {"authority": "Nobody", "left_per_day": 0, "from_at": "2024-11-20T00:00:00Z", "reason": "Order 12"}
    assert scene.lead.post(path, cut).json()["code"] == "cut_off.authority_unknown"
    stranger = scene.hub.key("nation", "FR")
    assert stranger.post(path, cut).status_code == 404
    made = good(scene.lead.post(path, cut | {"authority": "Space Regulator"}))
    scene.react()
    lane = Lane(scene.hub.database, scene.hub.clock, scene.hub.rng, Settings(), "test", LIGHT)
    while lane.turn():
        pass
    for who in (scene.lead, scene.supplier):
        moved, gone = who.get("/v1/commitments-at-risk").json()["items"]
        assert (moved["from_at"], moved["until_at"]) == ("2024-11-05T00:00:00Z", "2024-11-06T00:00:00Z")
        assert (moved["committed"], moved["expected_short"], moved["worst_short"]) == (100.0, 25.0, 25.0)
        assert (gone["from_at"], gone["worst_short"]) == ("2024-11-20T00:00:00Z", 100.0)
        assert len(who.get(path).json()["items"]) == 1
    assert stranger.get("/v1/commitments-at-risk").json()["items"] == []
    assert stranger.get(path).json()["items"] == []
    good(scene.supplier.post(f"{path}/{made['id']}/lift"))
    assert scene.lead.post(f"{path}/{made['id']}/lift").status_code == 409


def test_a_key_for_reading_reports_no_outage(scene: Scene) -> None:
    """Sabotage seen: any key of the supplier, whatever it was made for, put its offerings at risk."""
    small = good(scene.supplier.post("/v1/keys", {"name": "reader", "scopes": ["catalog:read"]}))
    reader = Caller(scene.hub, scene.supplier.organisation_id, small["secret"])
    report = {"catalog_number": 25544, "severity": "lost", "description": "x", "began_at": "2024-11-01T23:00:00Z"}
    refused = reader.post("/v1/outages", report, key="reader")
    assert (refused.status_code, refused.json()["code"]) == (403, "trust.scope_missing")
    good(scene.supplier.post("/v1/outages", report))


def test_a_rival_supplier_cannot_choose_anothers_door(scene: Scene) -> None:
    rival, _ = verified(scene.hub, scene.hub.key("broker"), "Rival")
    answer = rival.put(f"/v1/providers/{scene.provider_id}/door", {"adapter": "simulated"})
    assert answer.status_code == 404
    unknown = scene.supplier.put(f"/v1/providers/{scene.provider_id}/door", {"adapter": "fax"})
    assert unknown.json()["code"] == "providers.adapter_unknown"


def test_numbers_beyond_every_clock_and_every_purse_are_refused(scene: Scene) -> None:
    """Sabotage seen: a hold of 10**15 s and a price of 29 digits were faults of ours (500)."""
    agreement_id = scene.signed(terms(unit_price="900000000000000"))
    for asked, code in (
        ({"hold_s": 10**15}, "request.invalid"),
        ({"quantity": 999_999_999_999}, "vocabulary.amount_wrong"),
    ):
        answer = scene.lead.post("/v1/call-offs", scene.call_off(agreement_id, **asked))
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
