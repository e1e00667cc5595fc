"""A small market to prove things on: a verified supplier, a pool of nations, a signed agreement.

Everything goes through the doors that anyone uses; nothing is written past them.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from sqlmodel import Session

from catalog.capacity.rules import PARTS
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import AgreementEvent
from catalog.shelf import offerings
from providers import applications, doors, onboarding
from providers.adapters.base import AssetRef, OfferingDraft, PhaseCapacity, PhasePrice
from providers.onboarding import EvidenceKind, Profile
from providers.vetting import Tier
from space_hub.clock import Clock
from space_hub.delivery import mail
from space_hub.rng import Rng
from space_hub.trust import keys, organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.attributes import read
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

AUTHORITY = Authority("A. Lambert", "Procurement directorate")


@dataclass(frozen=True, slots=True)
class Supplier:
    principal: Principal
    provider_id: str
    offering_id: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A signed agreement: in peace `capacity` units a day, in crisis twice that."""

    supplier: Supplier
    lead: Principal
    pool_id: str
    agreement_id: str


def principal(session: Session, clock: Clock, rng: Rng, kind: OrganisationKind, nation: str, name: str) -> Principal:
    """A new organisation with a key that carries all its kind may hold."""
    made = organisations.register(session, clock, rng, name=name, kind=kind, nation=nation)
    _, secret = keys.issue(session, clock, rng, organisation_id=made.id, name="proof")
    return keys.authenticate(session, clock, secret)


def supplier(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    name: str = "Example Imaging",
    reference: str = "EX-1",
    offered: float = 1000.0,
    assets: tuple[AssetRef, ...] = (),
    simulated: bool = True,
) -> Supplier:
    """A verified supplier of optical imagery with one offering: `offered` km2 a day, twice that in crisis."""
    me = principal(session, clock, rng, OrganisationKind.PROVIDER, "FI", name)
    profile = Profile(
        legal_name=name,
        legal_id="2345678-9",
        nation="FI",
        owner_nation="FI",
        size_class=onboarding.SizeClass.SMALL,
        contacts=(onboarding.Contact("Front desk", "desk@example.org"),),
    )
    provider = onboarding.register(session, clock, rng, me, profile)
    onboarding.add_evidence(
        session,
        clock,
        rng,
        me,
        provider.id,
        kind=EvidenceKind.COMPANY_REGISTER,
        issuer="Register",
        scope="Existence",
        valid_from=clock.now() - timedelta(days=1),
        valid_to=None,
        document_sha256=sha256(name.encode()).hexdigest(),
    )
    for letter in mail.waiting(session, provider.id):
        onboarding.verify_email(session, clock, rng, (letter.params or {})["code"])
    applications.apply(session, clock, rng, me, provider.id, tier=Tier.LISTED, mission_areas=tuple(MissionArea))
    taken = offerings.publish(session, clock, rng, me, _draft(reference, offered, assets))
    if simulated:
        doors.open_door(session, clock, me, provider.id, "simulated")
    return Supplier(me, provider.id, taken.offering.id)


def promise(
    session: Session,
    clock: Clock,
    rng: Rng,
    supply: Supplier,
    lead: Principal,
    *,
    capacity: int = 100,
    days: int = 30,
    notice: timedelta = timedelta(),
) -> Promise:
    """A pool of `lead` alone and its signed agreement on the supplier's offering, from today on."""
    pool = pools.create(
        session,
        clock,
        rng,
        lead,
        name="Proof pool",
        authority=AUTHORITY,
        mission_area=MissionArea.IMAGERY,
        opened=pools.Openness(suppliers=True),
    )
    terms = {
        Phase.PEACE: PhaseTerms(capacity * PARTS, notice, money("12.50", "EUR"), 9, civil_floor=Decimal("0.1")),
        Phase.CRISIS: PhaseTerms(2 * capacity * PARTS, notice, money("20", "EUR"), 3, civil_floor=Decimal("0.1")),
    }
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    agreement = agreements.draft(
        session,
        clock,
        rng,
        lead,
        pool_id=pool.id,
        offering_id=supply.offering_id,
        period=Interval(midnight, midnight + timedelta(days=days)),
        terms=terms,
    )
    agreements.step(session, clock, rng, supply.principal, agreement.id, AgreementEvent.OFFER)
    agreements.step(session, clock, rng, lead, agreement.id, AgreementEvent.SIGN, AUTHORITY)
    return Promise(supply, lead, pool.id, agreement.id)


def _draft(reference: str, offered: float, assets: tuple[AssetRef, ...]) -> OfferingDraft:
    unit = "km2/d"
    return OfferingDraft(
        reference=reference,
        title="Optical imagery",
        capability="imagery.optical",
        attributes=(read("gsd", 0.5, "m"),),
        capacity=(
            PhaseCapacity(Phase.PEACE, offered, offered, unit),
            PhaseCapacity(Phase.CRISIS, 2 * offered, 2 * offered, unit),
        ),
        prices=(PhasePrice(Phase.PEACE, money("10", "EUR"), given="10", given_unit="km2"),),
        assets=assets,
    )
