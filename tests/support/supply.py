"""Suppliers and planners for tests: bodies of requests, and the way from the front door to the shelf."""

from typing import Any

from httpx2 import Response

from tests.support.hub import Caller, Hub

SHA = "0" * 63 + "1"


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


def evidence() -> dict[str, Any]:
    return {
        "kind": "company_register",
        "issuer": "Register of companies",
        "scope": "existence",
        "valid_from": "2024-01-01T00:00:00Z",
        "valid_to": "2025-01-01T00:00:00Z",
        "document_sha256": SHA,
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
    good(caller.post(f"/v1/providers/{provider_id}/submission"))
    good(broker.post(f"/v1/providers/{provider_id}/decisions", {"event": "verify", "reasons": ["Papers in order."]}))
    return caller, provider_id
