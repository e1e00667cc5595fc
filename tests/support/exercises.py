"""A pool with a signed agreement and an exercise of it, with keys of both modes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}


@dataclass
class Drill:
    hub: Hub
    id: str
    pool_id: str
    agreement_id: str
    body: dict[str, Any]
    """What it was planned with."""
    real_lead: Caller
    real_member: Caller
    real_supplier: Caller
    lead: Caller
    member: Caller
    supplier: Caller

    def phase(self, phase: str, reason: str = "A drill") -> dict[str, Any]:
        return {"phase": phase, "reason": reason, "decided_by": DECIDED}


def scenario(**more: Any) -> dict[str, Any]:
    return {
        "seed": 7,
        "wanted": 150,
        "begins_at": "2024-11-02T08:00:00Z",
        "ends_at": "2024-11-04T08:00:00Z",
        "approvals": ["PT10M", "PT21M"],
        "agreements": [
            {"name": "S1", "capacity": 100, "acknowledge": "PT1H", "notice": "PT6H"},
            {"name": "S2", "capacity": 100, "acknowledge": "PT1H", "notice": "PT8H"},
        ],
        **more,
    }


def agreed(hub: Hub, broker: Caller, lead: Caller, members: list[Caller], name: str = "Sky") -> tuple[str, str, Caller]:
    """A closed pool of these nations with one signed agreement: ids of both, and the supplier."""
    supplier, _ = verified(hub, broker, name)
    offered = good(supplier.post("/v1/offerings", offering(name) | _graver()))
    pool = {
        "name": f"Pool of {name}",
        "contracting_authority": DECIDED,
        "mission_area": "imagery",
        "open_to_suppliers": False,
    }
    pool_id = good(lead.post("/v1/pools", pool))["id"]
    for member in members:
        good(lead.post(f"/v1/pools/{pool_id}/members", {"organisation_id": member.organisation_id}))
        good(member.post(f"/v1/pools/{pool_id}/join"), 200)
    terms = [
        {
            "phase": phase,
            "capacity_per_day": quantity,
            "notice": "PT6H",
            "unit_price": "12.50",
            "currency": "EUR",
            "civil_floor": "0.1",
        }
        for phase, quantity in (("peace", 100), ("crisis", 200), ("conflict", 300))
    ]
    body = {
        "pool_id": pool_id,
        "offering_id": offered["id"],
        "period_from": "2024-11-02T00:00:00Z",
        "period_to": "2024-12-02T00:00:00Z",
        "terms": terms,
    }
    agreement_id = good(lead.post("/v1/agreements", body))["id"]
    good(supplier.post(f"/v1/agreements/{agreement_id}/offer", {}), 200)
    good(lead.post(f"/v1/agreements/{agreement_id}/sign", {"decided_by": DECIDED}), 200)
    return pool_id, agreement_id, supplier


def _graver() -> dict[str, Any]:
    quantity, price = {"quantity": 1000, "unit": "km2/d"}, {"amount": "10", "currency": "EUR", "per": "km2"}
    return {
        "capacity": dict.fromkeys(("peace", "crisis", "conflict"), quantity),
        "prices": dict.fromkeys(("peace", "crisis", "conflict"), price),
    }


def drill(
    hub: Hub,
    *,
    started: bool = True,
    accept: bool = True,
    opens: datetime = datetime(2024, 11, 2, tzinfo=UTC),
) -> Drill:
    broker, lead, member = hub.key("broker", "BE"), hub.key("nation", "FR"), hub.key("nation", "DE")
    pool_id, agreement_id, supplier = agreed(hub, broker, lead, [member])
    body = {
        "name": "Northern light",
        "pool_id": pool_id,
        "opens_at": opens.isoformat(),
        "closes_at": "2024-11-09T00:00:00Z",
        "participants": [member.organisation_id, supplier.organisation_id],
        "scenario": scenario(),
        "decided_by": DECIDED,
    }
    exercise_id = good(lead.post("/v1/exercises", body))["id"]
    keys = [lead, member, supplier]
    if accept:
        for each in (member, supplier):
            good(each.post(f"/v1/exercises/{exercise_id}/acceptance"), 200)
        keys = [key(each, exercise_id) for each in keys]
    if started:
        good(lead.post(f"/v1/exercises/{exercise_id}/start", {"decided_by": DECIDED}), 200)
    return Drill(hub, exercise_id, pool_id, agreement_id, body, lead, member, supplier, *keys)


def plan(made: Drill) -> str:
    """Another exercise of the same pool, not started."""
    return str(good(made.real_lead.post("/v1/exercises", made.body | {"name": "Another"}))["id"])


def key(caller: Caller, exercise_id: str) -> Caller:
    made = good(caller.post(f"/v1/exercises/{exercise_id}/keys", {"name": "drill"}))
    return Caller(caller.hub, caller.organisation_id, made["secret"])
