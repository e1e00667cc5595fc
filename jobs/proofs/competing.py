"""A competition to prove things on: a lead with its pool, suppliers with agreements, three openers with keys.

Everything goes through the services that anyone uses, each with the service key of who does it.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nacl import bindings
from sqlmodel import Session

from catalog.capacity.rules import PARTS
from catalog.competition import notice, openers, publishing, quotes, sealing
from catalog.competition.asks import Aim, CompetitionAsk
from catalog.competition.notice import Notice
from catalog.competition.scoring import Criterion, CriterionKind
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.lifecycle import AgreementEvent
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Supplier
from space_hub.clock import Clock
from space_hub.rng import Rng
from space_hub.trust import keys
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

CRITERIA = (
    Criterion("total", CriterionKind.PRICE, Decimal("0.6"), Decimal(100000), Decimal(10000), unit="EUR"),
    Criterion("start", CriterionKind.TIME, Decimal("0.3"), Decimal(72), Decimal(12), hard=True, unit="h"),
    Criterion("record", CriterionKind.READINESS, Decimal("0.1"), Decimal(0), Decimal(1)),
)
PEOPLE = ("Mila de Vries", "Paul Morel", "Kari Dahl")
QUESTIONS = timedelta(days=2)
QUOTES = timedelta(days=4)
STANDSTILL = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Person:
    """An opener: its service key, and the pair of which the hub has the public half."""

    principal: Principal
    secret: str
    name: str
    public: bytes
    private: bytes
    opener_id: str = ""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A supplier that can be invited."""

    supplier: Supplier
    secret: str
    agreement_id: str


@dataclass
class Field:
    """All that is needed to publish a competition."""

    lead: Principal
    lead_secret: str
    pool_id: str
    people: list[Person]
    entrants: list[Entrant] = field(default_factory=list)

    @property
    def keys(self) -> Mapping[str, tuple[bytes, bytes]]:
        return {each.opener_id: (each.public, each.private) for each in self.people}


def made(session: Session, clock: Clock, rng: Rng, entrants: int, *, signed: bool = True) -> Field:
    """A lead, three openers, two of them of the lead, and as many suppliers as are wanted."""
    lead, secret = _organisation(session, clock, rng, OrganisationKind.NATION, "FR", "Lead")
    broker, _ = _organisation(session, clock, rng, OrganisationKind.BROKER, "BE", "Agency")
    pool = pools.create(
        session,
        clock,
        rng,
        lead,
        name="Pool",
        authority=AUTHORITY,
        mission_area=MissionArea.IMAGERY,
        opened=pools.Openness(suppliers=True),
    )
    people = [_person(session, clock, rng, lead if place < 2 else broker, name) for place, name in enumerate(PEOPLE)]
    scene = Field(lead, secret, pool.id, people)
    for number in range(entrants):
        scene.entrants.append(_entrant(session, clock, rng, scene, number, signed=signed))
    return scene


def plan(scene: Field, clock: Clock, *, aim: Aim = Aim.CALL_OFF, openers: Sequence[str] = ()) -> publishing.Plan:
    start = (clock.now() + QUOTES + STANDSTILL + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    ask = CompetitionAsk(
        aim,
        ("Harbour images", "Images du port"),
        ("Images of the harbour every day.", "Des images du port chaque jour."),
        10 * PARTS,
        Interval(start, start + timedelta(days=2)),
        area={"type": "Point", "coordinates": [10.25, 60.0]},
    )
    named = list(openers) or [each.opener_id for each in scene.people]
    return publishing.Plan(ask, CRITERIA, named, clock.now() + QUESTIONS, clock.now() + QUOTES, STANDSTILL)


def published(session: Session, clock: Clock, rng: Rng, scene: Field, *, aim: Aim = Aim.CALL_OFF) -> str:
    """A competition among all entrants; its id."""
    row = publishing.draft(session, clock, rng, scene.lead, plan(scene, clock, aim=aim), pool_id=scene.pool_id)
    publishing.publish(
        session,
        clock,
        rng,
        scene.lead,
        row.id,
        agreement_ids=[each.agreement_id for each in scene.entrants],
        authority=AUTHORITY,
        reason="The only one there is." if len(scene.entrants) == 1 else "",
    )
    return row.id


def quote(price: str, note: str = "", hours: int = 36, valid_until: datetime | None = None) -> dict[str, Any]:
    """A quote that answers `CRITERIA`."""
    made: dict[str, Any] = {
        "v": 1,
        "lines": [
            {"criterion": "total", "value": price, "unit": "EUR"},
            {"criterion": "start", "value": hours, "unit": "h"},
        ],
        "note": note,
    }
    if valid_until is not None:
        made["valid_until"] = valid_until.isoformat().replace("+00:00", "Z")
    return made


def sealed(read: Notice, invitation_id: str, content: Mapping[str, Any], revision: int = 1) -> dict[str, Any]:
    """The envelope as a supplier makes it."""
    plain = quotes.read(content, read.criteria).plain
    to = [(each.id, each.public_key) for each in read.openers]
    return sealing.to_json(sealing.seal(read.sha256, invitation_id, revision, plain, to))


def read_notice(given: Mapping[str, Any]) -> Notice:
    return notice.read(given)


def _organisation(
    session: Session, clock: Clock, rng: Rng, kind: OrganisationKind, nation: str, name: str
) -> tuple[Principal, str]:
    first = supply.principal(session, clock, rng, kind, nation, name)
    return _key(session, clock, rng, first)


def _key(session: Session, clock: Clock, rng: Rng, of: Principal) -> tuple[Principal, str]:
    _, secret = keys.issue(session, clock, rng, organisation_id=of.organisation_id, name="competition")
    return keys.authenticate(session, clock, secret), secret


def _person(session: Session, clock: Clock, rng: Rng, of: Principal, name: str) -> Person:
    principal, secret = _key(session, clock, rng, of)
    public, private = bindings.crypto_box_keypair()
    row, challenge = openers.register(session, clock, rng, principal, person=name, public_key=public.hex())
    answer = bindings.crypto_box_seal_open(base64.b64decode(challenge), public, private)
    openers.confirm(session, clock, principal, row.id, base64.b64encode(answer).decode())
    return Person(principal, secret, name, public, private, row.id)


def _entrant(session: Session, clock: Clock, rng: Rng, scene: Field, number: int, *, signed: bool) -> Entrant:
    supplier = supply.supplier(session, clock, rng, name=f"Supplier {number}", reference=f"S-{number}")
    _, secret = _key(session, clock, rng, supplier.principal)
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    drafted = agreements.draft(
        session,
        clock,
        rng,
        scene.lead,
        pool_id=scene.pool_id,
        offering_id=supplier.offering_id,
        period=Interval(midnight, midnight + timedelta(days=30)),
        terms={Phase.PEACE: PhaseTerms(100 * PARTS, timedelta(), money("5000", "EUR"))},
    )
    agreements.step(session, clock, rng, supplier.principal, drafted.id, AgreementEvent.OFFER)
    if signed:
        agreements.step(session, clock, rng, scene.lead, drafted.id, AgreementEvent.SIGN, AUTHORITY)
    return Entrant(supplier, secret, drafted.id)
