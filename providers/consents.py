"""Who may see what of a provider's data, datum by datum, and for which purposes.

Each datum has a default that stands without any row; a provider narrows or
widens it for itself, or for one offering or document. A datum that is withheld
reads as unknown to who may not see it: a question to ask, never a reason to
refuse. The owner reads all of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlmodel import Session, col, select

from providers import audience as readers
from providers import files, generation
from providers.tables import Consent, ConsentEntry, Evidence, Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Invalid, NotFound
from space_hub.text import Word
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.nations import nations as read_nations


class Audience(Word, of="audience"):
    """In falling order of who reads; `nations` are those named, without their suppliers."""

    PUBLIC = "public"
    PLANNERS = "planners"
    NATIONS = "nations"
    STAFF = "staff"
    NOBODY = "nobody"


class Purpose(Word, of="purpose"):
    SEARCH = "search"
    MATCH = "match"
    STATISTICS = "statistics"
    OVERVIEW = "overview"
    FACADE = "facade"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class Default:
    audience: Audience
    purposes: tuple[Purpose, ...]


_EYES = (Purpose.SEARCH, Purpose.MATCH)
DEFAULTS: dict[str, Default] = {
    "profile.legal_id": Default(Audience.STAFF, (Purpose.VERIFICATION,)),
    "profile.contacts": Default(Audience.STAFF, (Purpose.VERIFICATION,)),
    "profile.owner": Default(Audience.PLANNERS, (*_EYES, Purpose.STATISTICS)),
    "profile.dependencies": Default(Audience.STAFF, (Purpose.VERIFICATION,)),
    "evidence.document": Default(Audience.STAFF, (Purpose.VERIFICATION,)),
    "offering.attributes": Default(Audience.PLANNERS, (*_EYES, Purpose.OVERVIEW, Purpose.FACADE)),
    "offering.assets": Default(Audience.PLANNERS, (*_EYES, Purpose.OVERVIEW)),
    "offering.prices": Default(Audience.PLANNERS, (Purpose.MATCH,)),
    "offering.capacity": Default(Audience.PLANNERS, (Purpose.MATCH,)),
    "offering.dependencies": Default(Audience.PLANNERS, (Purpose.MATCH, Purpose.OVERVIEW)),
    "register.link": Default(Audience.PLANNERS, (Purpose.SEARCH,)),
}
"""Every datum that a provider may speak about, with what holds while it has not."""

_OF_OFFERINGS = "offering."


@dataclass(frozen=True, slots=True)
class Grant:
    """What holds for one datum."""

    audience: Audience
    purposes: frozenset[str]
    nations: frozenset[str] = field(default_factory=frozenset)

    def lets(self, principal: Principal, purpose: Purpose) -> bool:
        """Whether somebody who is not the owner may see it for this."""
        if purpose.value not in self.purposes:
            return False
        if self.audience is Audience.PUBLIC:
            return True
        if principal.kind is OrganisationKind.PROVIDER or self.audience is Audience.NOBODY:
            return False
        if principal.kind is OrganisationKind.BROKER or self.audience is Audience.PLANNERS:
            return True
        return self.audience is Audience.NATIONS and principal.nation in self.nations


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one asker may see of many subjects, read once for a page."""

    principal: Principal
    purpose: Purpose
    owners: Mapping[str, str]
    grants: Mapping[tuple[str, str, str], Grant]
    """By owner, subject and datum; the subject is "" for the owner's word about all of its own."""

    def may(self, subject: str, datum: str) -> bool:
        owner = self.owners[subject]
        if owner == self.principal.organisation_id:
            return True
        return _holding(self.grants, owner, subject, datum).lets(self.principal, self.purpose)


def give(
    session: Session,
    clock: Clock,
    principal: Principal,
    provider_id: str,
    *,
    datum: str,
    audience: Audience,
    nations: Collection[str] | None = None,
    purposes: Collection[Purpose],
    subject: str = "",
) -> Consent:
    """Say who may see a datum; `subject` is one offering or document, or empty for all of the provider's.

    What planners may see changes with the next look at the shelf: the provider
    gets a new number of the shelf, and every index pulls it again. The event is
    its own: that something was narrowed would tell others that there was something.
    """
    provider = files.own(session, principal, provider_id)
    if datum not in DEFAULTS:
        raise Invalid("consent.datum_unknown", given=datum, known=", ".join(DEFAULTS))
    named = None if nations is None else sorted(read_nations(nations))
    if (audience is Audience.NATIONS) != bool(named):
        raise Invalid("consent.nations_wrong", audience=audience)
    _check_subject(session, provider, datum, subject)
    key = (principal.organisation_id, subject, datum)
    marking = _marking(session, principal.organisation_id, audience, named)
    row = session.get(Consent, key)
    if row is None:
        row = Consent(
            owner_id=principal.organisation_id,
            subject=subject,
            datum=datum,
            audience=audience.value,
            purposes=[],
            marking_id=marking,
            given_at=clock.now(),
        )
    row.audience, row.nations, row.purposes = audience.value, named, sorted({each.value for each in purposes})
    row.marking_id, row.given_at = marking, clock.now()
    session.add(row)
    entries = select(func.count()).select_from(ConsentEntry)
    count = session.exec(
        entries.where(
            ConsentEntry.owner_id == row.owner_id, ConsentEntry.subject == subject, ConsentEntry.datum == datum
        )
    ).one()
    session.add(
        ConsentEntry(
            owner_id=row.owner_id,
            subject=subject,
            datum=datum,
            number=count + 1,
            audience=row.audience,
            nations=row.nations,
            purposes=row.purposes,
            at=clock.now(),
        )
    )
    audit.record(session, clock, principal, "consent.give", provider.id, datum=datum, audience=row.audience)
    said = {"datum": datum, "audience": row.audience, "nations": row.nations, "purposes": row.purposes}
    payload = {"provider_id": provider.id, "subject": subject, **said}
    alone = markings.owner_only(session, principal.organisation_id)
    log.append(session, clock, "consent.changed", provider.id, payload, alone)
    provider.shelf_generation = generation.bump(session)
    session.add(provider)
    session.flush()
    return row


def allowed(session: Session, principal: Principal, owners: Mapping[str, str], purpose: Purpose) -> Allowed:
    """What the principal may see of these subjects, each given with the organisation that owns it: one query."""
    rows = select(Consent).where(
        col(Consent.owner_id).in_(sorted(set(owners.values()))), col(Consent.subject).in_(["", *owners])
    )
    grants = {(row.owner_id, row.subject, row.datum): _grant(row) for row in session.exec(rows)}
    return Allowed(principal, purpose, owners, grants)


def given(session: Session, principal: Principal, provider_id: str) -> Sequence[Consent]:
    """What the provider itself has said, for itself."""
    provider = files.of_organisation(session, principal.organisation_id)
    if provider is None or provider.id != provider_id:
        raise NotFound("providers.unknown", provider_id=provider_id)
    rows = select(Consent).where(Consent.owner_id == principal.organisation_id)
    return session.exec(rows.order_by(col(Consent.datum), col(Consent.subject))).all()


def _holding(grants: Mapping[tuple[str, str, str], Grant], owner: str, subject: str, datum: str) -> Grant:
    """The word about this subject, else about all of the owner's, else the default."""
    default = DEFAULTS[datum]
    known = grants.get((owner, subject, datum)) or grants.get((owner, "", datum))
    return known or Grant(default.audience, frozenset(each.value for each in default.purposes))


def _grant(row: Consent) -> Grant:
    return Grant(Audience(row.audience), frozenset(row.purposes), frozenset(row.nations or ()))


def _check_subject(session: Session, provider: Provider, datum: str, subject: str) -> None:
    """A document must be the provider's own. An offering is known to the catalogue only: a word about another's
    is kept under this owner and meets nothing.
    """
    if not subject:
        return
    if datum.startswith(_OF_OFFERINGS) and subject.startswith("off_"):
        return
    row = session.get(Evidence, subject) if datum.startswith("evidence.") else None
    if row is None or row.provider_id != provider.id:
        raise Invalid("consent.subject_wrong", given=subject, datum=datum)


def _marking(session: Session, owner: str, audience: Audience, nations: Sequence[str] | None) -> str:
    match audience:
        case Audience.PUBLIC:
            return markings.public(session)
        case Audience.PLANNERS:
            return readers.buyers(session, owner)
        case Audience.NATIONS:
            return markings.restricted(session, owner, nations or ())
        case Audience.STAFF:
            return readers.brokers(session, owner)
        case Audience.NOBODY:
            return markings.owner_only(session, owner)
