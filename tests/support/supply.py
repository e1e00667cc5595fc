"""Suppliers and planners for tests: bodies of requests, and the way from the front door to the shelf."""

from collections.abc import Sequence
from typing import Any

from httpx2 import Response

from space_hub.delivery import mail
from space_hub.vocabulary.codes import MissionArea
from tests.support.hub import Caller, Hub

SHA = "0" * 63 + "1"
AREAS = tuple(area.value for area in MissionArea)


def profile(name: str = "Clear Sky", nation: str = "FR", **more: Any) -> dict[str, Any]:
    return {
        "legal_name": name,
        "legal_id": f"RCS {name}",
        "nation": nation,
        "owner_nation": nation,
        "size_class": "small",
        "contacts": [{"name": "A. Person", "email": "sales@example.org"}],
        **more,
    }


def evidence(**more: Any) -> dict[str, Any]:
    return {
        "kind": "company_register",
        "issuer": "Register of companies",
        "scope": "existence",
        "valid_from": "2024-10-01T00:00:00Z",
        "document_sha256": SHA,
        **more,
    }


def offering(reference: str = "EYE", *, price: str = "10", capacity: float = 1000, **more: Any) -> dict[str, Any]:
    """Optical imagery: 50 cm, three hours of latency."""
    return {
        "reference": reference,
        "title": f"Optical imagery {reference}",
        "capability": "imagery.optical",
        "attributes": {
            "gsd": {"value": 50, "unit": "cm"},
            "delivery_latency": {"value": 3, "unit": "h"},
            "stereo": {"value": True},
        },
        "capacity": {"peace": {"quantity": capacity, "unit": "km2/d"}},
        "prices": {"peace": {"amount": price, "currency": "EUR", "per": "km2"}},
        "assets": [{"kind": "satellite", "name": f"{reference}-1", "catalog_number": 25544}],
        "coverage": "global",
        **more,
    }


def requirement(**more: Any) -> dict[str, Any]:
    return {
        "title": "Imagery of the north",
        "capability": "imagery.optical",
        "currency": "EUR",
        "window_from": "2024-12-01T00:00:00Z",
        "window_to": "2025-12-01T00:00:00Z",
        "phases": [{"phase": "peace", "quantity": 500, "unit": "km2/d"}],
        "clauses": [{"attribute": "gsd", "operator": "<=", "threshold": 0.6, "unit": "m", "objective": 0.3}],
        **more,
    }


def good(answer: Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def arrive(hub: Hub, name: str = "Clear Sky", nation: str = "FR", **more: Any) -> tuple[Caller, str]:
    """A newcomer at the front door: its caller and the id of its profile."""
    body = profile(name, nation, **more)
    came = good(hub.client.post("/v1/front-door/registrations", json=body, headers={"Idempotency-Key": name}))
    return Caller(hub, came["organisation_id"], came["secret"]), came["provider"]["id"]


def verified(hub: Hub, broker: Caller, name: str = "Clear Sky", nation: str = "FR", **more: Any) -> tuple[Caller, str]:
    caller, provider_id = arrive(hub, name, nation, **more)
    good(caller.post(f"/v1/providers/{provider_id}/evidence", evidence()))
    confirm(hub, provider_id)
    made = applied(caller, provider_id)
    if made["state"] != "approved":
        good(broker.post(f"/v1/applications/{made['id']}/decisions", approval()))
    return caller, provider_id


def letters(hub: Hub, about: str, template: str) -> list[dict[str, Any]]:
    """The parameters of the letters of a kind that wait to be sent about something, oldest first."""
    with hub.database.read() as session:
        return [row.params or {} for row in mail.waiting(session, about) if row.template == template]


def confirm(hub: Hub, provider_id: str) -> None:
    """Give the code of the newest letter to the provider's first contact."""
    code = letters(hub, provider_id, "verify_email")[-1]["code"]
    path = "/v1/front-door/verifications"
    good(hub.client.post(path, json={"code": code}, headers={"Idempotency-Key": code}))


def applied(caller: Caller, provider_id: str, tier: str = "listed", areas: Sequence[str] = AREAS) -> Any:
    return good(caller.post(f"/v1/providers/{provider_id}/applications", {"tier": tier, "mission_areas": list(areas)}))


def approval() -> dict[str, Any]:
    return {"event": "approve", "reasons": ["Papers in order."]}
