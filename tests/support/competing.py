"""A competition over HTTP: who runs it, who quotes, who opens, each as a caller."""

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx2 import Response

from catalog.competition import opening, publishing
from catalog.competition.asks import Aim
from catalog.competition.notice import Notice
from jobs.proofs import competing
from jobs.proofs.competing import Field, Person, quote, sealed
from tests.support.hub import Caller, Hub

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}


def good(answer: Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def refused(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@dataclass
class Competing:
    hub: Hub
    field: Field
    id: str

    def __post_init__(self) -> None:
        lead, people, entrants = self.field.lead.organisation_id, self.field.people, self.field.entrants
        self.lead = Caller(self.hub, lead, self.field.lead_secret)
        self.openers = [Caller(self.hub, each.opener_id, each.secret) for each in people]
        self.suppliers = [Caller(self.hub, each.supplier.principal.organisation_id, each.secret) for each in entrants]

    def supplier(self, number: int) -> Caller:
        return self.suppliers[number]

    def opener(self, place: int) -> Caller:
        return self.openers[place]

    @property
    def path(self) -> str:
        return f"/v1/competitions/{self.id}"

    @property
    def notice(self) -> Notice:
        return competing.read_notice(good(self.lead.get(f"{self.path}/notice")))

    def invitation(self, number: int) -> str:
        found = good(self.supplier(number).get("/v1/invitations"))["items"]
        return str(next(each["id"] for each in found if each["competition_id"] == self.id))

    def send(self, number: int, content: dict[str, Any], revision: int = 1) -> Response:
        envelope = sealed(self.notice, self.invitation(number), content, revision)
        return self.supplier(number).put(f"/v1/invitations/{envelope['invitation']}/quote", envelope)

    def wait(self, span: timedelta) -> None:
        self.hub.clock.advance(span)

    def due(self) -> None:
        """The deadline itself."""
        self.wait(self.notice.quotes_until - self.hub.clock.now())

    def release(self, first: int = 0, second: int = 1) -> dict[str, Any]:
        one, other = self.person(first), self.person(second)
        given = good(self.opener(first).get(f"{self.path}/envelopes"))
        now = self.hub.clock.now()
        return opening.release(self.notice, given["envelopes"], one.private, other.public, now).release

    def released(self, first: int = 0, second: int = 1) -> None:
        good(self.opener(first).post(f"{self.path}/releases", self.release(first, second)))

    def keys(self, second: int = 1) -> dict[str, Any]:
        """What the second opener sends."""
        given = good(self.opener(second).get(f"{self.path}/envelopes"))
        found = opening.open_all(
            self.notice, given["envelopes"], given["releases"][0], self.person(second).private, self.hub.clock.now()
        )
        return {
            "first_opener_id": found.other.id,
            "keys": [
                {"envelope": each.envelope_sha256, "key": base64.b64encode(each.key).decode()} for each in found.opened
            ],
            "unreadable": [
                {"envelope": opening.sha256_of(given["envelopes"][each.number - 1]), "code": each.reason.code}
                for each in found.aside
            ],
            "decided_by": DECIDED,
        }

    def opened(self, first: int = 0, second: int = 1) -> dict[str, Any]:
        self.released(first, second)
        answer: dict[str, Any] = good(self.opener(second).post(f"{self.path}/opening", self.keys(second)))
        return answer

    def award(self, *numbers: int, reason: str = "") -> Response:
        named = [self.invitation(number) for number in numbers]
        return self.lead.post(f"{self.path}/award", {"invitation_ids": named, "reason": reason, "decided_by": DECIDED})

    def state(self) -> str:
        return str(good(self.lead.get(self.path))["state"])

    def person(self, place: int) -> Person:
        return self.field.people[place]


def prepared(hub: Hub, entrants: int = 2) -> Competing:
    """A draft."""
    with hub.database.write() as session:
        field = competing.made(session, hub.clock, hub.rng, entrants)
        plan = competing.plan(field, hub.clock)
        row = publishing.draft(session, hub.clock, hub.rng, field.lead, plan, pool_id=field.pool_id)
    return Competing(hub, field, row.id)


def begun(hub: Hub, entrants: int = 2, *, aim: Aim = Aim.CALL_OFF) -> Competing:
    """A published competition, open for quotes."""
    with hub.database.write() as session:
        field = competing.made(session, hub.clock, hub.rng, entrants, signed=aim is Aim.CALL_OFF)
        made = competing.published(session, hub.clock, hub.rng, field, aim=aim)
    return Competing(hub, field, made)


def decided(hub: Hub) -> Competing:
    """With two quotes, of which the first is awarded; its standstill runs."""
    scene = begun(hub, 2)
    for number in range(2):
        good(scene.send(number, quote(f"5{number}000")))
    scene.due()
    scene.opened()
    good(scene.award(0))
    return scene
