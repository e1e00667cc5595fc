"""What an asker may not know exists is not told: suppliers, organisations, pools."""

from typing import Any

from tests.support.hub import Caller, Hub
from tests.support.supply import arrive, good, offering, verified

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}


def known(caller: Caller) -> set[str]:
    return {each["id"] for each in caller.get("/v1/organisations").json()["items"]}


def pool(opened: bool = True) -> dict[str, Any]:
    return {
        "name": "Imagery pool",
        "contracting_authority": DECIDED,
        "mission_area": "imagery",
        "open_to_suppliers": opened,
    }


def test_a_supplier_is_told_of_those_it_deals_with_and_never_of_a_rival(hub: Hub) -> None:
    """Sabotage seen: the list without its condition showed every supplier, and every nation, to each supplier."""
    broker, open_lead, closed_lead = hub.key("broker"), hub.key("nation", "FR"), hub.key("nation", "DE")
    supplier, _ = verified(hub, broker)
    rival, _ = verified(hub, broker, "Rival")
    newcomer, _ = arrive(hub, "Newcomer")
    good(open_lead.post("/v1/pools", pool()))
    good(closed_lead.post("/v1/pools", pool(opened=False)))
    desk = {"org_hub", broker.organisation_id}
    assert known(supplier) == desk | {supplier.organisation_id, open_lead.organisation_id}
    assert known(newcomer) == desk | {newcomer.organisation_id}
    everyone = known(broker)
    assert {rival.organisation_id, newcomer.organisation_id} <= everyone
    assert known(open_lead) == everyone - {newcomer.organisation_id}


def test_who_calls_off_becomes_known_to_the_supplier_it_calls_off_from(hub: Hub) -> None:
    broker, lead, member = hub.key("broker"), hub.key("nation", "FR"), hub.key("nation", "BE")
    supplier, _ = verified(hub, broker)
    offered = good(supplier.post("/v1/offerings", offering()))["id"]
    pool_id = good(lead.post("/v1/pools", pool(opened=False)))["id"]
    good(lead.post(f"/v1/pools/{pool_id}/members", {"organisation_id": member.organisation_id}))
    good(member.post(f"/v1/pools/{pool_id}/join"), 200)
    term = {
        "phase": "peace",
        "capacity_per_day": 100,
        "notice": "PT12H",
        "unit_price": "12.50",
        "currency": "EUR",
    }
    draft = {
        "pool_id": pool_id,
        "offering_id": offered,
        "period_from": "2024-11-02T00:00:00Z",
        "period_to": "2024-12-02T00:00:00Z",
        "terms": [term],
    }
    agreement = good(lead.post("/v1/agreements", draft))["id"]
    good(supplier.post(f"/v1/agreements/{agreement}/offer", {}), 200)
    good(lead.post(f"/v1/agreements/{agreement}/sign", {"decided_by": DECIDED}), 200)
    assert member.organisation_id not in known(supplier)
    call_off = {
        "options": [{"agreement_id": agreement, "quantity": 1}],
        "window_from": "2024-11-03T06:00:00Z",
        "window_to": "2024-11-04T18:00:00Z",
        "decided_by": DECIDED,
    }
    good(member.post("/v1/call-offs", call_off))
    assert member.organisation_id in known(supplier)


def test_an_open_pool_is_for_verified_suppliers_not_for_whoever_registered(hub: Hub) -> None:
    """Sabotage seen: without the join on the status a stranger read the authority, the phase and its reason."""
    broker, lead = hub.key("broker"), hub.key("nation")
    pool_id = good(lead.post("/v1/pools", pool()))["id"]
    supplier, _ = verified(hub, broker)
    newcomer, _ = arrive(hub, "Newcomer")
    for path in (f"/v1/pools/{pool_id}", f"/v1/pools/{pool_id}/phases"):
        assert supplier.get(path).status_code == 200
        assert newcomer.get(path).status_code == 404
    assert newcomer.get("/v1/pools").json()["items"] == []
