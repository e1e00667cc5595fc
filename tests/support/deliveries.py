"""A small world of readers and receivers, and one turn of the delivery process, by hand."""

from dataclasses import dataclass
from typing import Any

from jobs.deliver import order
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import endpoints, log, outbox
from space_hub.delivery.endpoints import Endpoint
from space_hub.delivery.outbox import Claim
from space_hub.delivery.retry import DEFAULT, Policy
from space_hub.delivery.send import send_claim
from space_hub.delivery.wire import Wire
from space_hub.rng import Rng
from space_hub.trust import markings, organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind


@dataclass
class World:
    database: Database
    clock: Clock
    rng: Rng

    def nation(self, code: str) -> Principal:
        kind = OrganisationKind.NATION
        with self.database.write() as session:
            made = organisations.register(
                session, self.clock, self.rng, name=f"Ministry of {code}", kind=kind, nation=code
            )
        return Principal(made.id, kind, code, "key_test", SCOPES_OF[kind])

    def endpoint(self, owner: Principal, url: str, *topics: str, allow: str) -> Endpoint:
        with self.database.write() as session:
            return endpoints.create(
                session, self.clock, self.rng, owner, url=url, topics_wanted=list(topics), allow=[allow]
            )

    def happen(
        self, topic: str = "alert.raised", subject: str = "alr_1", *, owner: Principal | None = None, **payload: Any
    ) -> None:
        with self.database.write() as session:
            if owner is None:
                marking_id = markings.public(session)
            else:
                marking_id = markings.owner_only(session, owner.organisation_id)
            log.append(session, self.clock, topic, subject, payload, marking_id)

    def order(self) -> None:
        while order(self.database, self.clock, self.rng):
            pass

    def claim(self) -> list[Claim]:
        with self.database.write() as session:
            return [
                claim
                for slow in (True, False)
                for claim in outbox.claim_due(session, self.clock, endpoints_at_once=100, batch=50, slow=slow)
            ]

    def send(self, *allow: str, policy: Policy = DEFAULT) -> int:
        """Order, claim and send what is due now; how many messages were delivered."""
        self.order()
        delivered = 0
        for claim in self.claim():
            with Wire(self.clock, allow=allow) as wire:
                delivered += send_claim(self.database, self.clock, self.rng, claim, wire, policy=policy)
        return delivered
