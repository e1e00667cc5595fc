"""A provider's own file: its profile, its address, its evidence; and what staff do to the provider itself.

What it asks for with that file is an application (`providers.applications`).
Whenever the file grows, an open application is looked at again and lapsed
clearances are renewed, so that nobody waits for what a rule can say.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from providers import applications, cases, clearances, files, recheck
from providers.files import history, of_organisation, own
from providers.lifecycle import BY_STAFF, EDITABLE, Event, Status, Step
from providers.standing import standing_of
from providers.tables import Clearance, EmailCheck, Evidence, Provider
from providers.vetting import EvidenceKind, Tier
from space_hub.clock import Clock
from space_hub.delivery import mail
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit
from space_hub.trust.labels import REAL
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.nations import nation

__all__ = [
    "Contact",
    "Dependency",
    "EvidenceKind",
    "Profile",
    "SizeClass",
    "history",
    "of_organisation",
    "own",
    "register",
]

CODE_LASTS = timedelta(hours=48)
"""Of real time: a letter may lie over a weekend's day, and a capability should not lie longer."""

_CODES_A_DAY = 5
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAIL = re.compile(r"[^@\s,;:<>()\[\]\"\\]+@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9]+")
_IDENTITY = ("legal_id", "nation", "owner_nation", "owner_name")
"""What a verified provider may only change by being looked at again."""

_SPEAKS_FOR_IDENTITY = (EvidenceKind.COMPANY_REGISTER.value, EvidenceKind.OWNERSHIP.value)


class SizeClass(Word, of="size_class"):
    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class DependencyKind(Word, of="company_dependency_kind"):
    """What a company may rest on."""

    GROUND = "ground"
    LAUNCH = "launch"
    COMPONENT = "component"
    SOFTWARE = "software"
    INSURANCE = "insurance"


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Somebody the company could not do without; `share_pct` of what it delivers rests on it, None: not said."""

    kind: DependencyKind
    name: str
    nation: str | None = None
    share_pct: float | None = None

    def __post_init__(self) -> None:
        if self.nation is not None:
            nation(self.nation)
        if not self.name.strip():
            raise Invalid("onboarding.dependency_nameless")
        if self.share_pct is not None and not 0 < self.share_pct <= 100:
            raise Invalid("onboarding.share_wrong", given=self.share_pct)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider says about itself; `owner_nation` None means it did not say who owns it in the end."""

    legal_name: str
    legal_id: str
    nation: str
    size_class: SizeClass
    contacts: tuple[Contact, ...]
    owner_nation: str | None = None
    owner_name: str = ""
    dependencies: tuple[Dependency, ...] = field(default=())

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
    """Make the profile of the principal's organisation; one organisation has one. A code goes to its address."""
    organisation = session.get(Organisation, principal.organisation_id)
    if organisation is None or organisation.kind != OrganisationKind.PROVIDER.value:
        raise Conflict("providers.not_a_provider", kind=principal.kind)
    provider = begin(session, clock, rng, principal, profile, kind="commercial")
    send_code(session, clock, rng, provider)
    return provider


def begin(session: Session, clock: Clock, rng: Rng, principal: Principal, profile: Profile, *, kind: str) -> Provider:
    """The row of a new profile, in draft; for `register` and for national profiles."""
    if of_organisation(session, principal.organisation_id) is not None:
        raise Conflict("providers.profile_exists")
    provider = Provider(
        id=rng.scope(principal.organisation_id, "provider").id("prv"),
        organisation_id=principal.organisation_id,
        kind=kind,
        legal_name="",
        legal_id="",
        nation="",
        standing=standing_of(profile.nation).value,
        size_class=profile.size_class.value,
        contacts=[],
        status=Status.DRAFT.value,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    _write(provider, profile)
    session.add(provider)
    session.flush()
    files.enter(session, clock, rng, principal, provider, Event.REGISTER)
    return provider


def change(
    session: Session, clock: Clock, rng: Rng, principal: Principal, provider_id: str, profile: Profile
) -> Provider:
    """Change the profile while nobody judges it.

    A verified provider that changes its number, nation or owner stays on the
    shelf and is looked at again; the papers that spoke for the old identity no
    longer count. Another address has to be verified again.
    """
    provider = own(session, principal, provider_id)
    if Status(provider.status) not in EDITABLE:
        raise Conflict("providers.profile_locked", status=Status(provider.status))
    before = [getattr(provider, name) for name in _IDENTITY]
    address = files.address(provider)
    verified = provider.status == Status.VERIFIED
    waiting = cases.open_of(session, provider.id)
    _write(provider, profile)
    material = verified and before != [getattr(provider, name) for name in _IDENTITY]
    if material and waiting is not None:
        raise Conflict("onboarding.application_open", application_id=waiting.id)
    provider.standing = standing_of(provider.nation).value
    provider.updated_at = clock.now()
    session.add(provider)
    audit.record(session, clock, principal, "provider.change", provider.id)
    if files.address(provider).casefold() != address.casefold():
        provider.email_verified_at = None
        send_code(session, clock, rng, provider)
    if material and provider.kind == "commercial":
        _recheck(session, clock, rng, principal, provider)
    else:
        applications.look_again(session, clock, rng, provider)
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
    level: str = "",
    recognised_by: Sequence[str] = (),
    mission_areas: Sequence[MissionArea] | None = None,
) -> Evidence:
    """Note a document that the provider can show. Evidence is added, never changed."""
    provider = own(session, principal, provider_id)
    if not _SHA256.fullmatch(document_sha256):
        raise Invalid("providers.document_hash_wrong", given=document_sha256)
    if valid_to is not None and valid_to <= valid_from:
        raise Invalid("vocabulary.interval_empty", start=valid_from.isoformat(), stop=valid_to.isoformat())
    if mission_areas is not None and not mission_areas:
        raise Invalid("application.areas_missing")
    row = Evidence(
        id=rng.scope(principal.organisation_id, "evidence").id("evd"),
        provider_id=provider.id,
        kind=kind.value,
        level=level,
        issuer=issuer,
        scope=scope,
        recognised_by=sorted(set(recognised_by)),
        mission_areas=None if mission_areas is None else sorted({area.value for area in mission_areas}),
        valid_from=valid_from,
        valid_to=valid_to,
        document_sha256=document_sha256,
        state="shown",
        created_at=clock.now(),
    )
    recheck.plan(session, clock, provider, row)
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "provider.evidence", provider.id, kind=kind.value, sha256=document_sha256)
    _look_again(session, clock, rng, provider)
    return row


def withdraw_evidence(
    session: Session, clock: Clock, rng: Rng, principal: Principal, provider_id: str, evidence_id: str
) -> Evidence:
    """Stop relying on a document. What rested on it is judged again at once; the row stays."""
    provider = own(session, principal, provider_id)
    row = session.get(Evidence, evidence_id)
    if row is None or row.provider_id != provider.id:
        raise NotFound("onboarding.evidence_unknown", evidence_id=evidence_id)
    if row.state == "withdrawn":
        return row
    row.state, row.next_check_at = "withdrawn", None
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "provider.evidence_withdrawn", provider.id, evidence_id=row.id)
    _look_again(session, clock, rng, provider)
    recheck.without(session, clock, rng, provider)
    return row


def send_code(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    """A letter with a fresh code to the provider's first contact; the code itself is kept nowhere else."""
    address = files.address(provider)
    code = rng.scope(provider.organisation_id, "email_code").id("code").removeprefix("code_")
    check = EmailCheck(
        id=rng.scope(provider.organisation_id, "email_check").id("eml"),
        provider_id=provider.id,
        address=address.casefold(),
        code_sha256=_hash(code),
        sent_at=clock.wall(),
        expires_at=clock.wall() + CODE_LASTS,
    )
    session.add(check)
    params = {"name": provider.legal_name, "code": code, "hours": int(CODE_LASTS.total_seconds() // 3600)}
    language = mail.language_for(provider.nation)
    mail.queue(
        session,
        clock,
        rng,
        to=address,
        template="verify_email",
        params=params,
        language=language,
        about=provider.id,
        mode=REAL,
    )


def send_code_again(session: Session, clock: Clock, rng: Rng, address: str) -> None:
    """Another code to an address that waits for one, five a day at most. Says nothing, whoever asks about whom."""
    since = clock.wall() - timedelta(days=1)
    known = (
        select(Provider.id)
        .join(EmailCheck, col(EmailCheck.provider_id) == col(Provider.id))
        .where(EmailCheck.address == address.casefold(), col(Provider.email_verified_at).is_(None))
        .order_by(col(Provider.id))
        .distinct()
    )
    for provider_id in session.exec(known).all():
        provider = files.locked(session, provider_id)
        recent = select(func.count()).select_from(EmailCheck)
        sent = session.exec(recent.where(EmailCheck.provider_id == provider.id, col(EmailCheck.sent_at) > since)).one()
        if files.address(provider).casefold() == address.casefold() and sent < _CODES_A_DAY:
            send_code(session, clock, rng, provider)


def verify_email(session: Session, clock: Clock, rng: Rng, code: str) -> Provider:
    """The address is the provider's: it has read the letter. Unknown, used and expired codes are refused alike."""
    check = session.exec(select(EmailCheck).where(EmailCheck.code_sha256 == _hash(code.strip().lower()))).one_or_none()
    if check is None or check.used_at is not None or check.expires_at <= clock.wall():
        raise Invalid("onboarding.code_refused")
    provider = files.locked(session, check.provider_id)
    session.refresh(check)
    if check.used_at is not None or check.address != files.address(provider).casefold():
        raise Invalid("onboarding.code_refused")
    check.used_at = clock.wall()
    provider.email_verified_at = clock.now()
    session.add_all([check, provider])
    audit.record(session, clock, _itself(session, provider), "provider.email_verified", provider.id)
    session.flush()
    _look_again(session, clock, rng, provider)
    return provider


def decide(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider_id: str,
    event: Event,
    reasons: Sequence[str],
) -> Provider:
    """Broker staff suspend, reinstate, or refuse who is suspended, and always say why."""
    principal.require("application:decide")
    if not principal.is_broker_staff:
        raise Forbidden("onboarding.broker_only")
    if event not in BY_STAFF:
        raise Invalid("providers.decision_unknown", given=event.value, accepted=", ".join(sorted(BY_STAFF)))
    provider = files.locked(session, provider_id)
    said = tuple(reason.strip() for reason in reasons if reason.strip())
    if not said:
        raise Invalid("providers.reasons_missing", event=event)
    if event is Event.REFUSE and provider.status != Status.SUSPENDED:
        raise Conflict("onboarding.refuse_by_application", status=Status(provider.status))
    files.move(session, clock, rng, principal, provider, event, said)
    if event is Event.SUSPEND:
        clearances.suspend(session, clock, provider)
    elif event is Event.REINSTATE:
        clearances.reinstate(session, clock, provider)
        recheck.settle(session, clock, rng, provider)
    return provider


def evidence(session: Session, provider: Provider) -> Sequence[Evidence]:
    rows = select(Evidence).where(Evidence.provider_id == provider.id)
    return session.exec(rows.order_by(col(Evidence.created_at), col(Evidence.id))).all()


def _look_again(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    applications.look_again(session, clock, rng, provider)
    recheck.renew(session, clock, rng, provider)


def _recheck(session: Session, clock: Clock, rng: Rng, principal: Principal, provider: Provider) -> None:
    """An application for what it is cleared for already, because it is somebody else now."""
    for row in evidence(session, provider):
        if row.kind in _SPEAKS_FOR_IDENTITY and row.state in {"shown", "accepted"}:
            row.state = "doubted"
            session.add(row)
    session.flush()
    held: dict[Tier, list[str]] = {}
    for cleared in session.exec(select(Clearance).where(Clearance.provider_id == provider.id)):
        if cleared.state == clearances.State.ACTIVE:
            held.setdefault(Tier(cleared.tier), []).append(cleared.mission_area)
    if provider.tier is not None and held:
        tier = Tier(provider.tier)
        applications.open_new(session, clock, rng, principal, provider, tier, sorted(held[tier]), Step.RECHECK)


def _itself(session: Session, provider: Provider) -> Principal:
    """The provider as the one who acts, where it has proved itself by a code and not by a key."""
    nation_of = session.get_one(Organisation, provider.organisation_id).nation
    return Principal(provider.organisation_id, OrganisationKind.PROVIDER, nation_of, "", frozenset())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _write(provider: Provider, profile: Profile) -> None:
    provider.legal_name = profile.legal_name.strip()
    provider.legal_id = profile.legal_id.strip()
    provider.nation = profile.nation
    provider.owner_nation = profile.owner_nation
    provider.owner_name = profile.owner_name.strip()
    provider.size_class = profile.size_class.value
    provider.contacts = [
        {"name": contact.name, "email": contact.email, "role": contact.role} for contact in profile.contacts
    ]
    provider.dependencies = [
        {"kind": each.kind.value, "name": each.name.strip(), "nation": each.nation, "share_pct": each.share_pct}
        for each in profile.dependencies
    ]
