"""A pool with a signed agreement and an exercise of it, with keys of both modes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.support.activation import FIRST, SECOND, Theatre, theatre
from tests.support.hub import Caller, Hub
from tests.support.supply import good

PEACE = {"phase": "peace", "capacity_per_day": 50, "notice": "PT12H"}
CRISIS = {
    "phase": "crisis",
    "capacity_per_day": 200,
    "notice": "PT6H",
    "activation": "required",
    "acknowledge": "PT1H",
    "ramp": [{"after": "PT7H", "share": "0.5"}, {"after": "PT8H", "share": "1"}],
    "cut_off_authorities": [],
}


@dataclass
class Acting:
    """Those of one pool, each with a key of one mode; the lead with two."""

    lead: Caller
    second: Caller
    member: Caller
    supplier: Caller

    @property
    def all(self) -> tuple[Caller, ...]:
        return (self.lead, self.second, self.member, self.supplier)


@dataclass
class Drill:
    """A pool, an exercise of it, and those who take part, in earnest and in the exercise."""

    here: Theatre
    real: Acting
    agreement_id: str
    provider_id: str
    body: dict[str, Any]
    """What exercises are planned with."""
    id: str = ""
    within: Acting | None = None

    @property
    def hub(self) -> Hub:
        return self.here.hub

    @property
    def path(self) -> str:
        return f"/v1/exercises/{self.id}"

    @property
    def rehearsing(self) -> Acting:
        assert self.within is not None, "nobody has a key of it yet"
        return self.within

    def plan(self, **changes: Any) -> str:
        return str(good(self.real.lead.post("/v1/exercises", self.body | changes))["id"])

    def take_part(self, exercise_id: str, *others: Caller) -> list[Caller]:
        """Everybody accepts and has a key."""
        for each in (self.real.member, self.real.supplier, *others):
            good(each.post(f"/v1/exercises/{exercise_id}/acceptance"), 200)
        return [key(each, exercise_id) for each in (*self.real.all, *others)]

    def declare(self, who: Caller, phase: str, reason: str = "A drill") -> Any:
        body = {"phase": phase, "reason": reason, "decided_by": FIRST}
        return who.post(f"/v1/pools/{self.here.pool_id}/phases", body)

    def ask(self, who: Acting, quantity: float, reason: str = "Flood in the north") -> str:
        """An activation that the member asked for and two persons of the lead approved."""
        wanted = [{"agreement_id": self.agreement_id, "quantity": quantity}]
        body = {"phase": "crisis", "agreements": wanted, "reason": reason}
        made = good(who.member.post("/v1/activations", body))["activations"][0]["id"]
        for approving, by in ((who.lead, FIRST), (who.second, SECOND)):
            path = f"/v1/activations/{made}/approve"
            good(approving.post(path, {"quantity": quantity, "decided_by": by}), 200)
        return str(made)


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


def pool(hub: Hub) -> Drill:
    """A pool of two nations with a signed agreement, and what an exercise of it is planned with."""
    here = theatre(hub)
    member = here.member("DE")
    supplied = here.supplied("sky", PEACE, CRISIS)
    body = {
        "name": "Northern light",
        "pool_id": here.pool_id,
        "opens_at": datetime(2024, 11, 2, tzinfo=UTC).isoformat(),
        "closes_at": "2024-11-09T00:00:00Z",
        "participants": [member.organisation_id, supplied.caller.organisation_id],
        "scenario": scenario(),
        "decided_by": FIRST,
    }
    real = Acting(here.lead, here.second, member, supplied.caller)
    return Drill(here, real, supplied.agreement_id, supplied.provider_id, body)


def drill(hub: Hub, *, accept: bool = True, started: bool = True, **changes: Any) -> Drill:
    """An exercise as far as it is wanted."""
    made = pool(hub)
    made.id = made.plan(**changes)
    if accept:
        made.within = Acting(*made.take_part(made.id))
    if started:
        good(made.real.lead.post(f"{made.path}/start", {"decided_by": FIRST}), 200)
    return made


def key(caller: Caller, exercise_id: str) -> Caller:
    made = good(caller.post(f"/v1/exercises/{exercise_id}/keys", {"name": "drill"}))
    within = Caller(caller.hub, caller.organisation_id, made["secret"])
    # Keys of one organisation share their names of requests, in each mode.
    within._creates = 10_000 * (caller._creates + 1)
    return within
