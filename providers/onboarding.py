"""The front door: a provider makes its profile, shows evidence, applies, and is judged with reasons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from providers import audience, generation
from providers.lifecycle import BY_STAFF, EDITABLE, NEEDS_REASONS, Event, Status, after
from providers.standing import standing_of
from providers.tables import Evidence, Provider, ProviderStatusEntry
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.nations import nation

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class SizeClass(StrEnum):
    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class EvidenceKind(StrEnum):
    COMPANY_REGISTER = "company_register"
    OWNERSHIP = "ownership"
    CYBER_SECURITY = "cyber_security"
    QUALITY = "quality"
    INSURANCE = "insurance"
    EXPORT_LICENCE = "export_licence"
    OPERATING_LICENCE = "operating_licence"
    FINANCIAL = "financial"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider says about itself; `owner_nation` None means it did not say who owns it in the end."""

    legal_name: str
    legal_id: str
    nation: str
    size_class: SizeClass
    contacts: tuple[Contact, ...]
    owner_nation: str | None = None

    def __post_init__(self) -> None:
        nation(self.nation)
        if self.owner_nation is not None:
            nation(self.owner_nation)
        if not self.legal_name.strip() or not self.legal_id.strip():
            raise Invalid("providers.legal_identity_empty")
        if not self.contacts:
            raise Invalid("providers.contacts_missing")
        for contact in self.contacts:
            if not _MAIL.fullmatch(contact.email):
                raise Invalid("providers.contact_email_wrong", email=contact.email)


def register(session: Session, clock: Clock, rng: Rng, principal: Principal, profile: Profile) -> Provider:
    """Make the profile of the principal's organisation; one organisation has one."""
    organisation = session.get(Organisation, principal.organisation_id)
    if organisation is None or organisation.kind != OrganisationKind.PROVIDER.value:
        raise Conflict("providers.not_a_provider", kind=principal.kind.value)
    if of_organisation(session, principal.organisation_id) is not None:
        raise Conflict("providers.profile_exists")
    provider = Provider(
        id=rng.scope(principal.organisation_id, "provider").id("prv"),
        organisation_id=principal.organisation_id,
        legal_name="",
        legal_id="",
        nation="",
        standing="",
        size_class=profile.size_class.value,
        contacts=[],
        status=Status.DRAFT.value,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    _write(provider, profile)
    session.add(provider)
    session.flush()
    _enter(session, clock, rng, principal, provider, Event.REGISTER, Status.DRAFT, ())
    return provider


def change(session: Session, clock: Clock, principal: Principal, provider_id: str, profile: Profile) -> Provider:
    """Change the profile while nobody judges or relies on it."""
    provider = own(session, principal, provider_id)
    if Status(provider.status) not in EDITABLE:
        raise Conflict("providers.profile_locked", status=provider.status)
    _write(provider, profile)
    provider.updated_at = clock.now()
    session.add(provider)
    audit.record(session, clock, principal, "provider.change", provider.id)
    return provider


def add_evidence(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider_id: str,
    *,
    kind: EvidenceKind,
    issuer: str,
    scope: str,
    valid_from: datetime,
    valid_to: datetime | None,
    document_sha256: str,
) -> Evidence:
    """Note a document that the provider can show. Evidence is added, never changed."""
    provider = own(session, principal, provider_id)
    if not _SHA256.fullmatch(document_sha256):
        raise Invalid("providers.document_hash_wrong", given=document_sha256)
    if valid_to is not None and valid_to <= valid_from:
        raise Invalid("vocabulary.interval_empty", start=valid_from.isoformat(), stop=valid_to.isoformat())
    row = Evidence(
        id=rng.scope(principal.organisation_id, "evidence").id("evd"),
        provider_id=provider.id,
        kind=kind.value,
        issuer=issuer,
        scope=scope,
        valid_from=valid_from,
        valid_to=valid_to,
        document_sha256=document_sha256,
        created_at=clock.now(),
    )
    session.add(row)
    audit.record(session, clock, principal, "provider.evidence", provider.id, kind=kind.value, sha256=document_sha256)
    return row


def submit(session: Session, clock: Clock, rng: Rng, principal: Principal, provider_id: str) -> Provider:
    """Apply. At least one document must be in force today."""
    provider = own(session, principal, provider_id)
    after(Status(provider.status), Event.SUBMIT)
    now = clock.now()
    if not any(
        row.valid_from <= now and (row.valid_to is None or now < row.valid_to) for row in _shown(session, provider)
    ):
        raise Conflict("providers.evidence_missing")
    return _move(session, clock, rng, principal, provider, Event.SUBMIT, ())


def decide(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider_id: str,
    event: Event,
    reasons: Sequence[str],
) -> Provider:
    """Broker staff verify, return, refuse, suspend or reinstate, and always say why."""
    principal.require("application:decide")
    if event not in BY_STAFF:
        raise Invalid("providers.decision_unknown", given=event.value, accepted=", ".join(sorted(BY_STAFF)))
    provider = session.exec(select(Provider).where(Provider.id == provider_id).with_for_update()).one_or_none()
    if provider is None or not principal.is_broker_staff:
        raise NotFound("providers.unknown", provider_id=provider_id)
    said = tuple(reason.strip() for reason in reasons if reason.strip())
    if event in NEEDS_REASONS and not said:
        raise Invalid("providers.reasons_missing", event=event.value)
    return _move(session, clock, rng, principal, provider, event, said)


def of_organisation(session: Session, organisation_id: str) -> Provider | None:
    return session.exec(select(Provider).where(Provider.organisation_id == organisation_id)).one_or_none()


def own(session: Session, principal: Principal, provider_id: str | None = None) -> Provider:
    """The principal's own profile, locked until the transaction ends; a rival's reads as unknown."""
    statement = select(Provider).where(Provider.organisation_id == principal.organisation_id)
    if provider_id is not None:
        statement = statement.where(Provider.id == provider_id)
    provider = session.exec(statement.with_for_update()).one_or_none()
    if provider is None:
        raise NotFound("providers.unknown", provider_id=provider_id or "-")
    return provider


def history(session: Session, provider: Provider) -> Sequence[ProviderStatusEntry]:
    entries = select(ProviderStatusEntry).where(ProviderStatusEntry.provider_id == provider.id)
    return session.exec(entries.order_by(col(ProviderStatusEntry.number))).all()


def evidence(session: Session, provider: Provider) -> Sequence[Evidence]:
    return _shown(session, provider)


def _shown(session: Session, provider: Provider) -> Sequence[Evidence]:
    rows = select(Evidence).where(Evidence.provider_id == provider.id)
    return session.exec(rows.order_by(col(Evidence.created_at), col(Evidence.id))).all()


def _write(provider: Provider, profile: Profile) -> None:
    provider.legal_name = profile.legal_name.strip()
    provider.legal_id = profile.legal_id.strip()
    provider.nation = profile.nation
    provider.standing = standing_of(profile.nation).value
    provider.owner_nation = profile.owner_nation
    provider.size_class = profile.size_class.value
    provider.contacts = [
        {"name": contact.name, "email": contact.email, "role": contact.role} for contact in profile.contacts
    ]


def _move(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider: Provider,
    event: Event,
    reasons: tuple[str, ...],
) -> Provider:
    status = after(Status(provider.status), event)
    provider.status = status.value
    provider.updated_at = clock.now()
    session.add(provider)
    _enter(session, clock, rng, principal, provider, event, status, reasons)
    return provider


def _enter(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider: Provider,
    event: Event,
    status: Status,
    reasons: tuple[str, ...],
) -> None:
    """History, audit and event of one change, in the caller's transaction."""
    count = session.exec(
        select(func.count()).select_from(ProviderStatusEntry).where(ProviderStatusEntry.provider_id == provider.id)
    ).one()
    session.add(
        ProviderStatusEntry(
            id=rng.scope(provider.organisation_id, "provider_status").id("pst"),
            provider_id=provider.id,
            number=count + 1,
            event=event.value,
            status=status.value,
            reasons=list(reasons),
            by_organisation_id=principal.organisation_id,
            at=clock.now(),
        )
    )
    audit.record(
        session, clock, principal, f"provider.{event.value}", provider.id, status=status.value, reasons=reasons
    )
    on_shelf = event in {Event.VERIFY, Event.SUSPEND, Event.REINSTATE}
    told = audience.buyers if on_shelf else audience.brokers
    log.append(
        session,
        clock,
        "provider.status_changed",
        provider.id,
        {
            "provider_id": provider.id,
            "organisation_id": provider.organisation_id,
            "event": event.value,
            "status": status.value,
        },
        told(session, provider.organisation_id),
    )
    if on_shelf:
        provider.shelf_generation = generation.bump(session)
        session.add(provider)
