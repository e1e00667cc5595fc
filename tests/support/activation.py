"""A pool whose agreements promise something for a crisis that has to be called up, over HTTP."""

from dataclasses import dataclass, field
from typing import Any

from catalog.activation.service import clocks
from space_hub.delivery import log, outbox
from space_hub.trust import keys
from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, verified

FIRST = {"name": "A. Lambert", "office": "Procurement directorate"}
SECOND = {"name": "B. Moreau", "office": "Joint staff"}


@dataclass
class Supplied:
    """A supplier of the pool, and its signed agreement."""

    caller: Caller
    provider_id: str
    agreement_id: str


@dataclass
class Theatre:
    """A lead with two keys, its pool, and the suppliers that it signed with."""

    hub: Hub
    broker: Caller
    lead: Caller
    second: Caller
    pool_id: str
    suppliers: list[Supplied] = field(default_factory=list)

    def member(self, nation: str) -> Caller:
        joining = self.hub.key("nation", nation)
        path = f"/v1/pools/{self.pool_id}"
        good(self.lead.post(f"{path}/members", {"organisation_id": joining.organisation_id}))
        good(joining.post(f"{path}/join"), 200)
        return joining

    def supplied(self, name: str, *terms: dict[str, Any]) -> Supplied:
        """A verified supplier with a signed agreement of these terms."""
        supplier, provider_id = verified(self.hub, self.broker, name)
        phases = [each["phase"] for each in terms]
        offered = offering(name.upper()) | {
            "capacity": {each: {"quantity": 10_000, "unit": "km2/d"} for each in phases},
            "prices": {each: {"amount": "10", "currency": "EUR", "per": "km2"} for each in phases},
        }
        made = good(supplier.post("/v1/offerings", offered))
        draft = {
            "pool_id": self.pool_id,
            "offering_id": made["id"],
            "period_from": "2024-11-02T00:00:00Z",
            "period_to": "2024-12-02T00:00:00Z",
            "terms": [{"unit_price": "12.50", "currency": "EUR", "civil_floor": "0.1"} | each for each in terms],
        }
        agreement_id = good(self.lead.post("/v1/agreements", draft))["id"]
        good(supplier.post(f"/v1/agreements/{agreement_id}/offer", {}), 200)
        good(self.lead.post(f"/v1/agreements/{agreement_id}/sign", {"decided_by": FIRST}), 200)
        self.suppliers.append(Supplied(supplier, provider_id, agreement_id))
        return self.suppliers[-1]

    def ask(self, *wanted: tuple[Supplied, float], by: Caller | None = None, **more: Any) -> list[str]:
        """The ids of activations asked for the crisis, in order."""
        body = {
            "phase": "crisis",
            "agreements": [{"agreement_id": of.agreement_id, "quantity": each} for of, each in wanted],
            "reason": "Flood in the north",
        }
        made = good((by or self.lead).post("/v1/activations", body | more))
        return [each["id"] for each in made["activations"]]

    def approve(self, activation_id: str, quantity: float) -> Any:
        """By both persons at once."""
        path = f"/v1/activations/{activation_id}/approve"
        good(self.lead.post(path, {"quantity": quantity, "decided_by": FIRST}), 200)
        return good(self.second.post(path, {"quantity": quantity, "decided_by": SECOND}), 200)

    def turn(self) -> bool:
        return clocks.turn(self.hub.database, self.hub.clock, self.hub.rng)

    def fan_out(self) -> None:
        with self.hub.database.write() as session:
            log.sequence(session)
        with self.hub.database.write() as session:
            outbox.fan_out(session, self.hub.clock, self.hub.rng)

    def events(self, who: Caller, *topics: str) -> list[dict[str, Any]]:
        """The activation messages that `who` reads, in order."""
        with self.hub.database.write() as session:
            log.sequence(session)
        found = good(who.get("/v1/events", topics=list(topics), limit=1000), 200)
        return list(found["items"])


def theatre(hub: Hub, **more: Any) -> Theatre:
    """`more` is what its pool has beside."""
    broker, lead = hub.key("broker"), hub.key("nation", "FR")
    with hub.database.write() as session:
        _, secret = keys.issue(session, hub.clock, hub.rng, organisation_id=lead.organisation_id, name="second")
    pool = {
        "name": "Imagery pool",
        "contracting_authority": FIRST,
        "mission_area": "imagery",
        "open_to_suppliers": False,
    }
    pool_id = good(lead.post("/v1/pools", pool | more))["id"]
    second = Caller(hub, lead.organisation_id, secret)
    second._creates = 10_000  # Its names of requests are its organisation's, and the first key uses those below.
    return Theatre(hub, broker, lead, second, pool_id)
