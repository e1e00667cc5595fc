"""One full life of a framework told in OCDS: every release and package valid, each told once, read by whom it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from benchmarks import ocds as bench
from catalog.ocds import of_call_offs, releases
from catalog.ocds.mapping import Event
from catalog.ocds.occasions import Occasion
from catalog.ocds.tables import OcdsRelease
from catalog.ordering import call_offs, orders
from catalog.ordering.tables import CallOff, ServiceCredit, SupplyOrder
from jobs import schedule
from jobs.proofs.competing import STANDSTILL, quote
from space_hub.trust import keys
from tests.support.competing import begun
from tests.support.demand import settle
from tests.support.hub import Caller, Hub
from tests.support.ocds import wrong
from tests.support.supply import evidence, good, offering, verified
from tests.support.telling import tell

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}
PREFIX = "ocds-spacehub"
FRAMEWORK = {
    "name": "Imagery framework",
    "contracting_authority": DECIDED,
    "mission_area": "imagery",
    "kind": "framework",
    "method": "mixed",
    "capability": "imagery.optical",
    "period_from": "2024-11-02T00:00:00Z",
    "period_to": "2026-11-02T00:00:00Z",
    "ceiling": "2500000",
    "currency": "EUR",
}


@dataclass
class Life:
    hub: Hub
    lead: Caller
    member: Caller
    supplier: Caller
    lot_id: str
    call_off_ids: Sequence[str]

    @property
    def framework(self) -> str:
        return f"{PREFIX}-{self.lot_id}"

    def tags(self, ocid: str) -> list[str]:
        with self.hub.database.read() as session:
            rows = select(OcdsRelease.tag).where(OcdsRelease.ocid == ocid).order_by(col(OcdsRelease.number))
            return list(session.exec(rows).all())


def admit(lead: Caller, lot_id: str, provider_id: str, event: str, reason: str = "") -> None:
    path = f"/v1/lots/{lot_id}/suppliers/{provider_id}/{event}"
    good(lead.post(path, {"reason": reason, "decided_by": DECIDED}), 200)


@pytest.fixture
def life(hub: Hub) -> Life:
    """From the lot to the end of the agreement: two applications, an award used again, two call-offs."""
    broker, lead, member = hub.key("broker"), hub.key("nation", "FR"), hub.key("nation", "DE")
    supplier, provider_id = verified(hub, broker)
    rival, rival_id = verified(hub, broker, "Rival", "FI")
    pool_id = good(lead.post("/v1/pools", FRAMEWORK))["id"]
    good(lead.post(f"/v1/pools/{pool_id}/members", {"organisation_id": member.organisation_id}))
    good(member.post(f"/v1/pools/{pool_id}/join"), 200)
    lot_id = good(lead.get(f"/v1/pools/{pool_id}/lots"), 200)[0]["id"]
    for caller in (supplier, rival):
        good(caller.post(f"/v1/lots/{lot_id}/applications", {"text": "We fly satellites."}))
    admit(lead, lot_id, provider_id, "admit")
    admit(lead, lot_id, rival_id, "refuse", "Resolution is 3 m, 1 m was asked.")
    offered = good(supplier.post("/v1/offerings", offering()))["id"]
    term = {"phase": "peace", "capacity_per_day": 100, "notice": "PT0S", "unit_price": "12.5", "currency": "EUR"}
    draft = {
        "pool_id": pool_id,
        "offering_id": offered,
        "period_from": "2024-11-02T00:00:00Z",
        "period_to": "2025-11-02T00:00:00Z",
        "terms": [{**term, "civil_floor": "0.1"}],
    }
    agreement = good(lead.post("/v1/agreements", draft))["id"]
    shown = evidence(kind="award", issuer="Innovation office", scope="Optical imagery by competition")
    award = {
        "body_name": "Innovation office",
        "body_nation": "DE",
        "award_reference": "IO-2023-7",
        "awarded_at": "2023-05-01T00:00:00Z",
        "by_competition": True,
        "capability": "imagery.optical",
        "evidence_id": good(supplier.post(f"/v1/providers/{provider_id}/evidence", shown))["id"],
        "decided_by": DECIDED,
    }
    good(lead.post(f"/v1/agreements/{agreement}/award-reuse", award))
    good(supplier.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    good(lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED}), 200)
    body = {
        "options": [{"agreement_id": agreement, "quantity": 10}],
        "window_from": "2024-11-03T00:00:00Z",
        "window_to": "2024-11-05T00:00:00Z",
        "decided_by": DECIDED,
    }
    first, second = (good(member.post("/v1/call-offs", body))["id"] for _ in range(2))
    hub.clock.advance(timedelta(hours=1))
    deliver(hub, member, supplier, first)
    cancelled = {"decided_by": DECIDED, "reason": "The ships have left."}
    good(member.post(f"/v1/call-offs/{second}/cancel", cancelled), 200)
    hub.clock.advance(timedelta(days=10))
    good(lead.post(f"/v1/agreements/{agreement}/end", {"decided_by": DECIDED}), 200)
    hub.clock.advance(timedelta(hours=1))
    admit(lead, lot_id, provider_id, "remove", "Its satellites have decayed.")
    return Life(hub, lead, member, supplier, lot_id, (first, second))


def deliver(hub: Hub, member: Caller, supplier: Caller, call_off_id: str) -> None:
    """The supplier hands over twice and says that it is done; one is accepted, one rejected, one credit is due."""
    with hub.database.read() as session:
        order = session.exec(select(SupplyOrder).where(SupplyOrder.call_off_id == call_off_id)).one()
    for status in ("received", "accepted"):
        good(supplier.post(f"/v1/orders/{order.id}/statuses", {"status": status}))
    for number, (decision, more) in enumerate((("accept", {}), ("reject", {"reason": "Clouds."})), 1):
        handed = {"reference": f"scene {number}", "quantity": 10}
        made = good(supplier.post(f"/v1/orders/{order.id}/deliveries", handed))
        good(member.post(f"/v1/deliveries/{made['id']}/{decision}", {"decided_by": DECIDED, **more}), 200)
    good(supplier.post(f"/v1/orders/{order.id}/statuses", {"status": "completed"}))
    with hub.database.write() as session:
        session.add(
            ServiceCredit(
                order_id=order.id,
                metric="latency",
                measured="7200",
                promised="3600",
                share="0.1",
                amount="25.005",
                currency="EUR",
                at=hub.clock.now(),
            )
        )


def test_a_full_life_is_told_once_and_every_release_and_package_is_valid(life: Life, shared: Path) -> None:
    """Sabotage seen: `initiationType` left out; occasions told twice when the key was not looked up."""
    told = tell(life.hub)
    assert all(each["set_aside"] == {} for each in told)
    first, second = (f"{PREFIX}-{each}" for each in life.call_off_ids)
    assert life.tags(life.framework) == [
        *("tender", "tenderUpdate", "tenderUpdate", "tenderUpdate"),
        *("award", "contract", "contractTermination", "tenderUpdate"),
    ]
    assert life.tags(first) == ["contract", *["implementation"] * 5]
    assert life.tags(second) == ["contract", "contractTermination"]
    for ocid in (life.framework, first, second):
        package = good(life.lead.get(f"/v1/ocds/packages/{ocid}"), 200)
        assert wrong(shared, "release-package", package) == set()
        assert wrong(shared, "record-package", good(life.lead.get(f"/v1/ocds/records/{ocid}"), 200)) == set()
        for each in package["releases"]:
            assert wrong(shared, "release", each) == set()
    with life.hub.database.write() as session:
        for process in (life.lot_id, *life.call_off_ids):
            assert releases.write(session, PREFIX, process) == releases.Written(0, {})


def test_what_is_told_names_no_applicant_and_says_what_was_decided(life: Life) -> None:
    """Sabotage seen: the refused supplier's name in the change; the reason of a refusal in the change."""
    tell(life.hub)
    package = good(life.lead.get(f"/v1/ocds/packages/{life.framework}"), 200)
    text = str(package)
    assert "Rival" not in text
    assert "Resolution" not in text
    later = [each["tender"] for each in package["releases"][1:] if "tender" in each]
    changes = [each["amendments"][0]["rationale"] for each in later]
    assert changes == [
        "Admitted: 1. Refused so far: 0.",
        "Admitted: 1. Refused so far: 1.",
        "An award of another participant's body is used without a new competition.",
        "Admitted: 0. Refused so far: 1.",
    ]
    reused = package["releases"][3]["tender"]
    assert (reused["procurementMethod"], reused["documents"][0]["documentType"]) == ("limited", "awardNotice")
    assert reused["value"] == {"amount": 2500000, "currency": "EUR"}
    ended = good(life.lead.get(f"/v1/ocds/packages/{PREFIX}-{life.call_off_ids[1]}"), 200)["releases"][1]
    assert ended["contracts"][0]["amendments"][0]["rationale"] == "The contracting authority cancelled the call-off."
    assert ended["contracts"][0]["amendments"][0]["amendsReleaseID"].endswith("-1")
    paid = good(life.lead.get(f"/v1/ocds/packages/{PREFIX}-{life.call_off_ids[0]}"), 200)["releases"]
    (credit,) = [each for each in paid if "transactions" in each["contracts"][0].get("implementation", {})]
    assert credit["contracts"][0]["implementation"]["transactions"][0]["value"] == {"amount": 25.0, "currency": "EUR"}
    assert credit["relatedProcesses"][0]["identifier"] == life.framework


def test_readers_are_the_buyer_then_the_pool_then_everybody_and_it_is_not_taken_back(life: Life) -> None:
    """Sabotage seen: `visible` without its condition; the audience of later releases left at the buyer."""
    tell(life.hub)
    ocid, other = f"{PREFIX}-{life.call_off_ids[0]}", life.hub.key("nation", "PL")
    third = life.hub.key("nation", "IT")
    with life.hub.database.read() as session:
        pool_id = call_offs.get(session, _principal(life.hub, life.lead), life.call_off_ids[0]).pool_id
    good(life.lead.post(f"/v1/pools/{pool_id}/members", {"organisation_id": third.organisation_id}))
    good(third.post(f"/v1/pools/{pool_id}/join"), 200)

    def readers(named: str) -> list[bool]:
        path = f"/v1/ocds/packages/{named}"
        callers = (life.member, life.lead, third, life.supplier, other)
        return [*(each.get(path).status_code == 200 for each in callers), life.hub.client.get(path).status_code == 200]

    assert readers(ocid) == [True, True, False, False, False, False]
    assert readers(life.framework) == [False, True, False, False, False, False]
    path = f"/v1/ocds/{ocid}/audience"
    for stranger in (third, other):
        assert stranger.put(path, {"audience": "public", "decided_by": DECIDED}).status_code == 404
    assert good(life.member.put(path, {"audience": "pool", "decided_by": DECIDED}), 200)["releases"] == 6
    assert readers(ocid) == [True, True, True, False, False, False]
    good(life.lead.put(path, {"audience": "public", "decided_by": DECIDED}), 200)
    assert readers(ocid) == [True] * 6
    assert life.hub.client.get("/v1/ocds/releases", params={"ocid": ocid}).json()["items"][0]["audience"] == "public"
    assert {each["ocid"] for each in life.hub.client.get("/v1/ocds/releases").json()["items"]} == {ocid}
    back = life.member.put(path, {"audience": "pool", "decided_by": DECIDED})
    assert (back.status_code, back.json()["code"]) == (409, "ocds.not_taken_back")
    with life.hub.database.write() as session:
        last = session.exec(select(OcdsRelease).where(OcdsRelease.ocid == ocid, OcdsRelease.number == 6)).one()
        session.delete(last)
    with life.hub.database.write() as session:
        assert releases.write(session, PREFIX, life.call_off_ids[0]).count == 1
        assert session.get_one(OcdsRelease, (ocid, 6)).audience == "public"


def _principal(hub: Hub, caller: Caller) -> Any:
    with hub.database.read() as session:
        return keys.authenticate(session, hub.clock, caller.secret)


def test_what_cannot_be_told_is_set_aside_and_the_rest_goes_on(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in one occasion holds up neither the others nor the buy that it tells of."""
    tell(life.hub)
    process = life.call_off_ids[0]
    with life.hub.database.read() as session:
        told = list(of_call_offs.read(session, PREFIX, process))
    wrong_one = Occasion("x/1", Event.PERFORMED, told[0].at, {"ocid": told[0].facts["ocid"]})
    orphan = Occasion("x/2", Event.CALL_OFF_CANCELLED, told[0].at, told[0].facts, "nowhere")
    good_one = Occasion("x/3", told[0].event, told[0].at, told[0].facts)
    monkeypatch.setattr(releases, "_read", lambda *_: [*told, wrong_one, orphan, good_one])
    with life.hub.database.write() as session:
        written = releases.write(session, PREFIX, process)
    assert written == releases.Written(1, {"x/1": "ocds.fact_missing", "x/2": "ocds.nothing_to_amend"})


def test_many_events_of_one_process_are_one_piece_of_work(life: Life) -> None:
    """Sabotage seen: work for each entry: 20 pieces for three processes."""
    assert len(tell(life.hub)) == 3
    assert tell(life.hub) == []


def test_a_competition_is_told_without_its_quotes_and_its_call_off_rests_on_the_award(hub: Hub, shared: Path) -> None:
    """Sabotage seen: the call-off told as a process of its own; its orders not; the second rank told as an award."""
    scene = begun(hub, 3)
    for number, price in enumerate(("52117.25", "48020.50", "61003")):
        assert scene.send(number, quote(price)).status_code == 200
    scene.due()
    scene.opened(0, 2)
    assert scene.award(1, 0).status_code == 200
    settle(hub)
    scene.wait(STANDSTILL + timedelta(minutes=1))
    with hub.database.write() as session:
        schedule.tick(session, hub.clock, hub.rng, hub.clock.now() - timedelta(hours=1))
    settle(hub)
    tell(hub)
    path = f"{PREFIX}-{scene.id}"
    package = good(scene.lead.get(f"/v1/ocds/packages/{path}"), 200)
    assert wrong(shared, "release-package", package) == set()
    assert [each["tag"] for each in package["releases"]] == [
        ["tender"],
        ["tenderUpdate"],
        ["tenderUpdate"],
        ["award"],
        ["contract"],
    ]
    assert package["releases"][2]["tender"]["numberOfTenderers"] == 3
    (award,) = package["releases"][3]["awards"]
    assert package["releases"][4]["contracts"][0]["awardID"] == award["id"]
    assert package["releases"][4]["contracts"][0]["value"] == {"amount": 48020.5, "currency": "EUR"}
    for secret in ("52117", "61003", "Supplier 0", "Supplier 2"):
        assert secret not in str(package)
    assert scene.supplier(0).get(f"/v1/ocds/packages/{path}").status_code == 404
    told = {each["ocid"] for each in good(scene.lead.get("/v1/ocds/releases"), 200)["items"]}
    assert {each.split("-")[-1][:3] for each in told} == {"lot", "cmp"}
    with hub.database.write() as session:
        placed = session.exec(select(CallOff.id).where(CallOff.competition_id == scene.id)).one()
        assert releases.write(session, PREFIX, placed) == releases.Written(0, {})
    for _ in range(8):
        orders.drive(hub.database, hub.clock, hub.rng)
        hub.clock.advance(timedelta(minutes=1))
    tell(hub)
    assert good(scene.lead.get(f"/v1/ocds/packages/{path}"), 200)["releases"][-1]["tag"] == ["implementation"]


def test_lives_drawn_at_random_are_valid_too(shared: Path) -> None:
    """The campaign of `./hub bench ocds` at a small size: the first life is a competition.

    Sabotage seen: `initiationType` left out of every release.
    """
    found = bench.part(7, 0, 3, str(shared))
    assert (found.invalid, found.set_aside, found.told_twice, found.names_leaked) == ([], [], 0, 0)
    assert found.releases >= 10
