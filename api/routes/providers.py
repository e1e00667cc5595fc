"""Providers and the front door: profile, evidence, application, decision."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from pydantic import Field
from sqlmodel import Session, col, or_, select

from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, any_key, public, scope
from providers import front_door, onboarding
from providers.lifecycle import Event, Status
from providers.onboarding import Contact, EvidenceKind, Profile, SizeClass
from providers.tables import Evidence, Provider, ProviderStatusEntry
from space_hub.errors import NotFound
from space_hub.trust.principal import Principal

router = Router(prefix="/v1", tags=["providers"])


class ContactIn(In):
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=200)
    role: str = Field(default="", max_length=100)


class ProfileIn(In):
    legal_name: str = Field(min_length=1, max_length=200)
    legal_id: str = Field(min_length=1, max_length=100, description="Number in the company register of the nation.")
    nation: str = Field(min_length=2, max_length=2, description="ISO 3166 alpha-2.")
    owner_nation: str | None = Field(
        default=None, min_length=2, max_length=2, description="Nation of the ultimate owner."
    )
    size_class: SizeClass
    contacts: list[ContactIn] = Field(min_length=1, max_length=20)

    def value(self) -> Profile:
        contacts = tuple(Contact(each.name, each.email, each.role) for each in self.contacts)
        return Profile(
            self.legal_name, self.legal_id, self.nation, self.size_class, contacts, owner_nation=self.owner_nation
        )


class ContactOut(Out):
    name: str
    email: str
    role: str


class ProviderOut(Out):
    """Planners see a verified provider without its register number and contacts; its owner and broker staff see all."""

    id: str
    organisation_id: str
    legal_name: str
    nation: str
    owner_nation: str | None
    size_class: SizeClass
    status: Status
    legal_id: str | None
    contacts: list[ContactOut] | None
    created_at: datetime
    updated_at: datetime


class StatusOut(Out):
    number: int
    event: Event
    status: Status
    reasons: list[str]
    by_organisation_id: str
    at: datetime


class EvidenceIn(In):
    kind: EvidenceKind
    issuer: str = Field(min_length=1, max_length=200)
    scope: str = Field(min_length=1, max_length=500, description="What the document covers.")
    valid_from: UtcDatetime
    valid_to: UtcDatetime | None = None
    document_sha256: str = Field(description="64 lower-case hexadecimal digits; the document stays with you.")


class EvidenceOut(Out):
    id: str
    kind: EvidenceKind
    issuer: str
    scope: str
    valid_from: datetime
    valid_to: datetime | None
    document_sha256: str
    created_at: datetime


class DecisionIn(In):
    event: Event = Field(description="verify, return, refuse, suspend or reinstate.")
    reasons: list[str] = Field(min_length=1, max_length=20, description="Read by the provider.")


class ArrivalOut(Out):
    organisation_id: str
    provider: ProviderOut
    key_id: str
    secret: str | None = Field(description="Your service key. Shown in this answer only; null when it is repeated.")
    expires_at: datetime


@router.post("/front-door/registrations", status_code=201, policy=public())
def register_at_front_door(body: ProfileIn, once: Once) -> ArrivalOut:
    """Start with nothing: makes your organisation, your profile in draft and your first key.

    Next: add evidence, submit, and publish offerings; planners see them once you are verified.
    """

    def make(session: Session) -> ArrivalOut:
        organisation, provider, key, secret = front_door.arrive(session, once.clock, once.rng, body.value())
        return ArrivalOut(
            organisation_id=organisation.id,
            provider=_full(provider),
            key_id=key.id,
            secret=secret,
            expires_at=key.expires_at,
        )

    # Nobody known shares one space of keys: bound to the body, one stranger's key never meets another's.
    own_key = sha256(f"{once.body_sha256}/{once.key}".encode()).hexdigest()
    return replace(once, key=own_key).run(make, secret=frozenset({"secret"}))


@router.post("/providers", status_code=201, policy=scope("provider:write"))
def create_provider(body: ProfileIn, once: Once) -> ProviderOut:
    """Make the profile of your organisation, in draft."""
    return once.run(
        lambda session: _full(onboarding.register(session, once.clock, once.rng, once.principal, body.value()))
    )


@router.get("/providers", policy=any_key())
def list_providers(asked: Asked, page: Page, status: Status | None = None) -> Paged[ProviderOut]:
    """Your own profile; for who plans and buys also the verified ones; for broker staff all."""
    principal = asked.principal
    statement = select(Provider)
    if not principal.is_broker_staff:
        mine = col(Provider.organisation_id) == principal.organisation_id
        verified = col(Provider.status) == Status.VERIFIED.value
        statement = statement.where(mine if _sells(principal) else or_(mine, verified))
    if status is not None:
        statement = statement.where(Provider.status == status.value)
    with asked.read() as session:
        return page.of(session, statement, key=col(Provider.id), make=lambda row: _seen(row, principal))


@router.get("/providers/{provider_id}", policy=any_key())
def get_provider(provider_id: str, asked: Asked) -> ProviderOut:
    """One provider, as you may see it."""
    with asked.read() as session:
        row = session.get(Provider, provider_id)
        principal = asked.principal
        if row is None or not (_may_know(row, principal) or (row.status == "verified" and not _sells(principal))):
            raise NotFound("providers.unknown", provider_id=provider_id)
        return _seen(row, principal)


@router.put("/providers/{provider_id}", policy=scope("provider:write"))
def change_provider(provider_id: str, body: ProfileIn, asked: Asked) -> ProviderOut:
    """Change your profile while it is a draft, or after it was returned or refused."""
    with asked.write() as session:
        return _full(onboarding.change(session, asked.clock, asked.principal, provider_id, body.value()))


@router.post("/providers/{provider_id}/evidence", status_code=201, policy=scope("provider:write"))
def add_evidence(provider_id: str, body: EvidenceIn, once: Once) -> EvidenceOut:
    """Name a document that you can show, by its hash."""
    return once.run(
        lambda session: EvidenceOut.model_validate(
            onboarding.add_evidence(session, once.clock, once.rng, once.principal, provider_id, **body.model_dump())
        )
    )


@router.get("/providers/{provider_id}/evidence", policy=any_key())
def list_evidence(provider_id: str, asked: Asked, page: Page) -> Paged[EvidenceOut]:
    """The documents that a provider named; for itself and for broker staff."""
    with asked.read() as session:
        provider = _known(session, asked.principal, provider_id)
        rows = select(Evidence).where(Evidence.provider_id == provider.id)
        return page.of(session, rows, key=col(Evidence.id), make=EvidenceOut.model_validate)


@router.get("/providers/{provider_id}/history", policy=any_key())
def list_provider_history(provider_id: str, asked: Asked, page: Page) -> Paged[StatusOut]:
    """Every change of status with its reasons; for the provider and for broker staff."""
    with asked.read() as session:
        provider = _known(session, asked.principal, provider_id)
        rows = select(ProviderStatusEntry).where(ProviderStatusEntry.provider_id == provider.id)
        return page.of(session, rows, key=col(ProviderStatusEntry.number), make=StatusOut.model_validate)


@router.post("/providers/{provider_id}/submission", status_code=201, policy=scope("provider:write"))
def submit_provider(provider_id: str, once: Once) -> ProviderOut:
    """Apply for verification; needs a document in force."""
    return once.run(
        lambda session: _full(onboarding.submit(session, once.clock, once.rng, once.principal, provider_id))
    )


@router.post("/providers/{provider_id}/decisions", status_code=201, policy=scope("application:decide"))
def decide_on_provider(provider_id: str, body: DecisionIn, once: Once) -> ProviderOut:
    """Broker staff verify, return, refuse, suspend or reinstate, with reasons."""
    return once.run(
        lambda session: _full(
            onboarding.decide(session, once.clock, once.rng, once.principal, provider_id, body.event, body.reasons)
        )
    )


def _sells(principal: Principal) -> bool:
    return principal.kind.value == "provider"


def _may_know(row: Provider, principal: Principal) -> bool:
    return principal.is_broker_staff or row.organisation_id == principal.organisation_id


def _known(session: Session, principal: Principal, provider_id: str) -> Provider:
    row = session.get(Provider, provider_id)
    if row is None or not _may_know(row, principal):
        raise NotFound("providers.unknown", provider_id=provider_id)
    return row


def _full(row: Provider) -> ProviderOut:
    return ProviderOut.model_validate(row)


def _seen(row: Provider, principal: Principal) -> ProviderOut:
    seen = _full(row)
    return seen if _may_know(row, principal) else seen.model_copy(update={"legal_id": None, "contacts": None})
