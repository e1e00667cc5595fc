"""Demonstration data: a broker desk, two nations, an operations centre, three suppliers and a shelf.

Everything goes through the same functions as real data. The companies are
invented and say so; each of their offerings rests on satellites that the
hub's own catalogue holds, so that what happens in the sky reaches them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from catalog.shelf import offerings
from providers import applications, front_door, offices, onboarding
from providers.adapters.base import Listing
from providers.adapters.manifest import read_manifest
from providers.lifecycle import State, Step
from providers.offices import Matter, OfficeKind, Remit
from providers.onboarding import Contact, EvidenceKind, Profile, SizeClass
from providers.vetting import Tier
from space_hub.awareness import watches
from space_hub.awareness.tables import ElementSetRow
from space_hub.awareness.watches import WatchAsk
from space_hub.clock import Clock
from space_hub.delivery import mail
from space_hub.rng import Rng
from space_hub.trust import keys, organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.capabilities import capability

SUPPLIERS = Path(__file__).with_name("offerings.json")
STATION = 25544
"""The station that everyone knows; watched when the catalogue holds it."""

SATELLITES_EACH = 3

_PEOPLE = (
    ("broker", "Broker desk (demonstration)", OrganisationKind.BROKER, "BE"),
    ("nation", "Ministry of Defence, planning (demonstration)", OrganisationKind.NATION, "NO"),
    ("ally", "Ministry of Defence, procurement (demonstration)", OrganisationKind.NATION, "FR"),
    ("operations_centre", "Space operations centre (demonstration)", OrganisationKind.OPERATIONS_CENTRE, "FR"),
)


_NEIGHBOURS = (
    (
        "register",
        ("Index of objects launched into outer space", "Index des objets lancés dans l'espace"),
        "https://www.unoosa.org/oosa/osoindex/",
        "UNOOSA",
    ),
    (
        "front_door",
        ("ESA-STAR publication", "Publication ESA-STAR"),
        "https://esastar-publication-ext.sso.esa.int/",
        "ESA",
    ),
)
"""Neighbours that a supplier may want to know of; linked, not copied."""


def seed(session: Session, clock: Clock, rng: Rng) -> dict[str, str]:
    """Make the demonstration in the caller's transaction; the secrets of its keys by name."""
    secrets: dict[str, str] = {}
    principals: dict[str, Principal] = {}
    for label, name, kind, nation in _PEOPLE:
        made = organisations.register(session, clock, rng, name=name, kind=kind, nation=nation)
        _, secrets[label] = keys.issue(session, clock, rng, organisation_id=made.id, name="demonstration")
        principals[label] = keys.authenticate(session, clock, secrets[label])
    _desk(session, clock, rng, principals["broker"])
    suppliers: dict[str, dict[str, Any]] = json.loads(SUPPLIERS.read_text("utf-8"))
    satellites = satellites_of(session, len(suppliers) * SATELLITES_EACH)
    for number, (name, supplier) in enumerate(suppliers.items()):
        mine = satellites[number * SATELLITES_EACH : (number + 1) * SATELLITES_EACH]
        secrets[f"provider_{number + 1}"] = _supplier(session, clock, rng, principals["broker"], name, supplier, mine)
    _watch(session, clock, rng, principals["operations_centre"])
    return secrets


def write_keys(secrets: dict[str, str], path: Path) -> None:
    """Keep the demonstration's secrets where only their owner reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)  # The database may be elsewhere, and the folder new.
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(secrets, indent=2) + "\n", "utf-8")


def _desk(session: Session, clock: Clock, rng: Rng, broker: Principal) -> None:
    """The broker's office with its officer and deputy, and the front doors of others."""
    remit = Remit(
        kind=OfficeKind.OFFICE,
        name_en="Commercial space office (demonstration)",
        name_fr="Bureau du spatial commercial (démonstration)",
        remit_en="Applications, questions and claims of every supplier, in every mission area.",
        remit_fr="Demandes, questions et revendications de tout fournisseur, dans tout domaine de mission.",
        matters=tuple(Matter),
        officer_name="A. Officer",
        officer_email="officer@broker.example",
        deputy_name="B. Deputy",
        deputy_email="deputy@broker.example",
        head_email="head@broker.example",
    )
    offices.save(session, clock, rng, broker, remit)
    for kind, names, url, body in _NEIGHBOURS:
        offices.link_register(session, clock, rng, broker, kind=kind, names=names, url=url, nation_or_body=body)


def _supplier(
    session: Session,
    clock: Clock,
    rng: Rng,
    broker: Principal,
    name: str,
    supplier: dict[str, Any],
    satellites: list[int],
) -> str:
    """One company of the first three, with satellites of this catalogue. Its key's secret."""
    profile = Profile(
        legal_name=name,
        legal_id=f"DEMO-{supplier['nation']}",
        nation=supplier["nation"],
        owner_nation=supplier["nation"],
        size_class=SizeClass(supplier["size_class"]),
        contacts=(Contact("Front desk", supplier["email"]),),
    )
    evidence = (Shown(EvidenceKind.COMPANY_REGISTER, "Register of the demonstration", "Existence and ownership", 365),)
    assets = [{"kind": "satellite", "name": f"catalogue number {each}", "catalog_number": each} for each in satellites]
    rows = [row | {"assets": assets} for row in supplier["offerings"]]
    return admit(session, clock, rng, broker, profile, evidence, read_manifest(json.dumps(rows)))


@dataclass(frozen=True, slots=True)
class Shown:
    """A document that a company of the demonstration shows, in force for so many days."""

    kind: EvidenceKind
    issuer: str
    scope: str
    valid_days: int


def admit(
    session: Session,
    clock: Clock,
    rng: Rng,
    broker: Principal,
    profile: Profile,
    evidence: Iterable[Shown],
    listing: Listing,
) -> str:
    """One company through the front door: profile, evidence, address, application, offerings. Its key's secret."""
    _, provider, _, secret = front_door.arrive(session, clock, rng, profile)
    principal = keys.authenticate(session, clock, secret)
    for each in evidence:
        onboarding.add_evidence(
            session,
            clock,
            rng,
            principal,
            provider.id,
            kind=each.kind,
            issuer=each.issuer,
            scope=each.scope,
            valid_from=clock.now() - timedelta(days=30),
            valid_to=clock.now() + timedelta(days=each.valid_days),
            document_sha256=sha256(f"{profile.legal_name} {each.kind.value}".encode()).hexdigest(),
        )
    for letter in mail.waiting(session, provider.id):
        onboarding.verify_email(session, clock, rng, (letter.params or {})["code"])
    areas = sorted({capability(draft.capability).area for draft in listing.drafts})
    asked = applications.apply(session, clock, rng, principal, provider.id, tier=Tier.LISTED, mission_areas=areas)
    if asked.state != State.APPROVED:
        applications.decide(session, clock, rng, broker, asked.id, Step.APPROVE, ("Demonstration",))
    _, aside = offerings.from_manifest(session, clock, rng, principal, listing)
    if aside:
        raise ValueError(f"the demonstration's offerings do not read: {aside[0]}")
    return secret


def satellites_of(session: Session, wanted: int) -> list[int]:
    """Catalogue numbers of satellites in low orbits that are not debris, spread over the catalogue."""
    rows = session.exec(
        select(ElementSetRow.catalog_number)
        .where(col(ElementSetRow.is_current))
        .where(ElementSetRow.mean_motion_rev_day > 14.0, ElementSetRow.mean_motion_rev_day < 15.5)
        .where(sql("name NOT LIKE '%DEB%'"), sql("name NOT LIKE '%R/B%'"))
        .order_by(col(ElementSetRow.catalog_number))
    ).all()
    step = max(1, len(rows) // wanted)
    return list(rows[::step])[:wanted]


def _watch(session: Session, clock: Clock, rng: Rng, centre: Principal) -> None:
    """The station within 5 km when it is there, and everything within 100 m."""
    known = session.exec(
        select(ElementSetRow.id).where(ElementSetRow.catalog_number == STATION, col(ElementSetRow.is_current))
    ).first()
    if known is not None:
        watches.create(session, clock, rng, centre, WatchAsk("Space station", (STATION,), False, 5_000.0, 24.0))
    watches.create(session, clock, rng, centre, WatchAsk("Closer than 100 m", (), True, 100.0, 24.0))
