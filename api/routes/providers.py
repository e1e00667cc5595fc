"""Providers: their own file, what planners may see of it, and what staff do to it."""

from datetime import datetime

from pydantic import Field
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from providers import clearances, national, onboarding, submissions
from providers.desk_tables import Submission
from providers.lifecycle import Event, Status
from providers.onboarding import Contact, Dependency, DependencyKind, EvidenceKind, Profile, SizeClass
from providers.tables import DueTo, Evidence, EvidenceState, Provider, ProviderKind, ProviderStatusEntry
from providers.vetting import Tier
from space_hub.errors import NotFound
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea, Standing

router = Router(prefix="/v1", tags=["providers"])


class ContactIn(In):
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(min_length=3, max_length=200)
    role: str = Field(default="", max_length=100)


class DependencyIn(In):
    kind: DependencyKind
    name: str = Field(min_length=1, max_length=200)
    nation: str | None = Field(default=None, min_length=2, max_length=2)
    share_pct: float | None = Field(default=None, description="Of what you deliver, the part that rests on it.")

    def value(self) -> Dependency:
        return Dependency(self.kind, self.name, self.nation, self.share_pct)


class ProfileIn(In):
    legal_name: str = Field(min_length=1, max_length=200)
    legal_id: str = Field(min_length=1, max_length=100, description="Number in the company register of the nation.")
    nation: str = Field(min_length=2, max_length=2, description="ISO 3166 alpha-2.")
    owner_nation: str | None = Field(
        default=None, min_length=2, max_length=2, description="Nation of the ultimate owner."
    )
    owner_name: str = Field(default="", max_length=200, description="The ultimate owner.")
    size_class: SizeClass
    contacts: list[ContactIn] = Field(min_length=1, max_length=20, description="Letters go to the first.")
    dependencies: list[DependencyIn] = Field(default=[], max_length=100, description="Who you could not do without.")

    def value(self) -> Profile:
        contacts = tuple(Contact(each.name, each.email, each.role) for each in self.contacts)
        return Profile(
            self.legal_name,
            self.legal_id,
            self.nation,
            self.size_class,
            contacts,
            owner_nation=self.owner_nation,
            owner_name=self.owner_name,
            dependencies=tuple(each.value() for each in self.dependencies),
        )


class ContactOut(Out):
    name: str
    email: str
    role: str


class DependencyOut(Out):
    kind: DependencyKind
    name: str
    nation: str | None
    share_pct: float | None


class ProviderOut(Out):
    """Planners see a verified provider without its register number, contacts and dependencies; its owner sees all."""

    id: str
    organisation_id: str
    kind: ProviderKind = Field(description="`national`: a nation's own capacities.")
    legal_name: str
    nation: str
    standing: Standing
    owner_nation: str | None
    owner_name: str | None
    size_class: SizeClass
    status: Status
    tier: Tier | None
    legal_id: str | None
    contacts: list[ContactOut] | None
    dependencies: list[DependencyOut] | None
    email_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ClearanceOut(Out):
    mission_area: MissionArea
    tier: Tier
    state: clearances.State
    valid_to: datetime | None


class StatusOut(Out):
    number: int
    event: Event
    status: Status
    due_to: DueTo
    reasons: list[str]
    by_organisation_id: str
    at: datetime


class EvidenceIn(In):
    kind: EvidenceKind
    level: str = Field(default="", max_length=40, description="What it grants, where its kind has levels.")
    issuer: str = Field(min_length=1, max_length=200)
    scope: str = Field(min_length=1, max_length=500, description="What the document covers.")
    recognised_by: list[str] = Field(default=[], max_length=50, description="Nations and bodies that accept it.")
    mission_areas: list[MissionArea] | None = Field(default=None, description="Null: it speaks for all.")
    valid_from: UtcDatetime
    valid_to: UtcDatetime | None = None
    document_sha256: str = Field(description="64 lower-case hexadecimal digits; the document stays with you.")


class EvidenceOut(Out):
    id: str
    kind: EvidenceKind
    level: str
    issuer: str
    scope: str
    recognised_by: list[str]
    mission_areas: list[MissionArea] | None
    valid_from: datetime
    valid_to: datetime | None
    document_sha256: str
    state: EvidenceState
    created_at: datetime


class DecisionIn(In):
    event: Event = Field(description="suspend, reinstate, or refuse who is suspended.")
    reasons: list[str] = Field(min_length=1, max_length=20, description="Read by the provider.")


@router.post("/providers", status_code=201, policy=scope("provider:write"))
def create_provider(body: ProfileIn, once: Once) -> ProviderOut:
    """Make the profile of your organisation, in draft; that of a nation is verified at once, as a national capacity."""

    def make(session: Session) -> ProviderOut:
        nation = once.principal.kind is OrganisationKind.NATION
        begin = national.open_national if nation else onboarding.register
        return full(begin(session, once.clock, once.rng, once.principal, body.value()))

    return once.run(make)


@router.get("/providers", policy=any_key())
def list_providers(asked: Asked, page: Page, status: Status | None = None) -> Paged[ProviderOut]:
    """Your own profile; for who plans and buys also the verified ones; for an office those that stand with it."""
    principal = asked.principal
    statement = select(Provider).where(_visible(principal))
    if status is not None:
        statement = statement.where(Provider.status == status.value)
    with asked.read() as session:
        known = _known_ids(session, principal)
        return page.of(
            session, statement, key=col(Provider.id), make=lambda row: _seen(row, known is None or row.id in known)
        )


@router.get("/providers/{provider_id}", policy=any_key())
def get_provider(provider_id: str, asked: Asked) -> ProviderOut:
    """One provider, as you may see it."""
    with asked.read() as session:
        rows = select(Provider).where(Provider.id == provider_id, _visible(asked.principal))
        row = session.exec(rows).one_or_none()
        if row is None:
            raise NotFound("providers.unknown", provider_id=provider_id)
        known = _known_ids(session, asked.principal)
        return _seen(row, known is None or row.id in known)


@router.put("/providers/{provider_id}", policy=scope("provider:write"))
def change_provider(provider_id: str, body: ProfileIn, asked: Asked) -> ProviderOut:
    """Change your profile while nobody judges it; a verified one that changes identity is looked at again."""
    with asked.write() as session:
        return full(onboarding.change(session, asked.clock, asked.rng, asked.principal, provider_id, body.value()))


@router.get("/providers/{provider_id}/clearances", policy=any_key())
def list_clearances(provider_id: str, asked: Asked) -> Paged[ClearanceOut]:
    """For which mission areas it is cleared, by which tier, until when."""
    with asked.read() as session:
        rows = select(Provider.id).where(Provider.id == provider_id, _visible(asked.principal))
        if session.exec(rows).one_or_none() is None:
            raise NotFound("providers.unknown", provider_id=provider_id)
        held = clearances.of(session, provider_id)
        return Paged[ClearanceOut](items=[ClearanceOut.model_validate(row) for row in held])


@router.post("/providers/{provider_id}/evidence", status_code=201, policy=scope("provider:write"))
def add_evidence(provider_id: str, body: EvidenceIn, once: Once) -> EvidenceOut:
    """Name a document that you can show, by its hash. A file that is complete now may be approved at once."""
    given = {name: getattr(body, name) for name in EvidenceIn.model_fields}
    return once.run(
        lambda session: EvidenceOut.model_validate(
            onboarding.add_evidence(session, once.clock, once.rng, once.principal, provider_id, **given)
        )
    )


@router.get("/providers/{provider_id}/evidence", policy=any_key())
def list_evidence(provider_id: str, asked: Asked, page: Page) -> Paged[EvidenceOut]:
    """The documents that a provider named; for itself and for the office that judges it."""
    with asked.read() as session:
        provider = _known(session, asked.principal, provider_id)
        rows = select(Evidence).where(Evidence.provider_id == provider.id)
        return page.of(session, rows, key=col(Evidence.id), make=EvidenceOut.model_validate)


@router.delete("/providers/{provider_id}/evidence/{evidence_id}", policy=scope("provider:write"))
def withdraw_evidence(provider_id: str, evidence_id: str, asked: Asked) -> EvidenceOut:
    """Stop relying on a document; what rested on it is judged again at once."""
    with asked.write() as session:
        return EvidenceOut.model_validate(
            onboarding.withdraw_evidence(session, asked.clock, asked.rng, asked.principal, provider_id, evidence_id)
        )


@router.get("/providers/{provider_id}/history", policy=any_key())
def list_provider_history(provider_id: str, asked: Asked, page: Page) -> Paged[StatusOut]:
    """Every change of status with its reasons; for the provider and for the office that judges it."""
    with asked.read() as session:
        provider = _known(session, asked.principal, provider_id)
        rows = select(ProviderStatusEntry).where(ProviderStatusEntry.provider_id == provider.id)
        return page.of(session, rows, key=col(ProviderStatusEntry.number), make=StatusOut.model_validate)


@router.post("/providers/{provider_id}/decisions", status_code=201, policy=scope("application:decide"))
def decide_on_provider(provider_id: str, body: DecisionIn, once: Once) -> ProviderOut:
    """Broker staff suspend a provider, reinstate it, or refuse one that is suspended, with reasons."""
    return once.run(
        lambda session: full(
            onboarding.decide(session, once.clock, once.rng, once.principal, provider_id, body.event, body.reasons)
        )
    )


def full(row: Provider) -> ProviderOut:
    return ProviderOut.model_validate(row)


def _to_judge(principal: Principal) -> ColumnElement[bool]:
    """Providers whose whole file the principal reads: its own, and those that stand with its offices."""
    own = col(Provider.organisation_id) == principal.organisation_id
    if "application:decide" not in principal.scopes:
        return own
    if principal.kind is OrganisationKind.BROKER:
        return col(Provider.id).is_not(None)
    waiting = select(Submission.provider_id).where(
        submissions.stands_with(principal), col(Submission.kind).in_(["application", "appeal"])
    )
    return or_(own, col(Provider.id).in_(waiting))


def _visible(principal: Principal) -> ColumnElement[bool]:
    if principal.kind is OrganisationKind.PROVIDER:
        return _to_judge(principal)
    return or_(_to_judge(principal), col(Provider.status) == Status.VERIFIED.value)


def _known_ids(session: Session, principal: Principal) -> frozenset[str] | None:
    """Ids of the providers whose whole file the principal reads; None: all."""
    if principal.is_broker_staff:
        return None
    return frozenset(session.exec(select(Provider.id).where(_to_judge(principal))).all())


def _known(session: Session, principal: Principal, provider_id: str) -> Provider:
    row = session.exec(select(Provider).where(Provider.id == provider_id, _to_judge(principal))).one_or_none()
    if row is None:
        raise NotFound("providers.unknown", provider_id=provider_id)
    return row


def _seen(row: Provider, whole: bool) -> ProviderOut:
    hidden = dict.fromkeys(("legal_id", "contacts", "dependencies", "owner_name", "email_verified_at"))
    return full(row) if whole else full(row).model_copy(update=hidden)
