"""A provider's own shelf: publish, change, withdraw, read."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from catalog.intake import WITHDRAWN, Intake, Taken, take
from catalog.tables import Asset, Offering, OfferingAsset
from providers import onboarding
from providers.adapters.base import Listing, OfferingDraft, Refused
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal


def publish(session: Session, clock: Clock, rng: Rng, principal: Principal, draft: OfferingDraft) -> Taken:
    """A new offering; a reference in use is refused, because a change is asked for by its own name."""
    provider = onboarding.own(session, principal)
    known = select(Offering.id).where(Offering.provider_id == provider.id, Offering.reference == draft.reference)
    taken = session.exec(known).one_or_none()
    if taken is not None:
        raise Conflict("catalog.reference_taken", reference=draft.reference, offering_id=taken)
    return _single(take(session, clock, rng, principal, provider, [draft], source="api"))


def change(
    session: Session, clock: Clock, rng: Rng, principal: Principal, offering_id: str, draft: OfferingDraft
) -> Taken:
    """A new version of an own offering; the same content again is no new version."""
    provider = onboarding.own(session, principal)
    offering = _owned(session, provider, offering_id)
    if draft.reference != offering.reference:
        raise Invalid("catalog.reference_fixed", reference=offering.reference, given=draft.reference)
    return _single(take(session, clock, rng, principal, provider, [draft], source="api"))


def withdraw(session: Session, clock: Clock, principal: Principal, offering_id: str) -> Offering:
    """Take an own offering off the shelf; its versions stay, and a change brings it back."""
    offering = _owned(session, onboarding.own(session, principal), offering_id)
    if offering.status != WITHDRAWN:
        offering.status, offering.withdrawn_reason = WITHDRAWN, "owner"
        offering.updated_at = clock.now()
        session.add(offering)
        audit.record(session, clock, principal, "offering.withdraw", offering.id)
    return offering


def from_manifest(
    session: Session, clock: Clock, rng: Rng, principal: Principal, manifest: Listing
) -> tuple[Intake, list[Refused]]:
    """Take a manifest; the rows set aside are those that could not be read and those that could not be taken."""
    provider = onboarding.own(session, principal)
    done = take(session, clock, rng, principal, provider, manifest.drafts, source="manifest")
    aside = list(manifest.refused)
    for refused in done.refused:
        row = manifest.offered[refused.index]
        name = row.draft.reference
        aside.append(Refused(row.line, name, refused.error.code, dict(refused.error.params), name))
    return done, sorted(aside, key=lambda row: row.line or 0)


def own(session: Session, principal: Principal, offering_id: str) -> tuple[Provider, Offering]:
    """An own offering, to be read: nothing is locked."""
    provider = onboarding.of_organisation(session, principal.organisation_id)
    if provider is None:
        raise NotFound("catalog.offering_unknown", offering_id=offering_id)
    return provider, _owned(session, provider, offering_id)


def assets_of(session: Session, version_id: str) -> Sequence[Asset]:
    found = select(Asset).join(OfferingAsset, col(OfferingAsset.asset_id) == col(Asset.id))
    return session.exec(found.where(OfferingAsset.version_id == version_id).order_by(col(Asset.name))).all()


def _owned(session: Session, provider: Provider, offering_id: str) -> Offering:
    offering = session.get(Offering, offering_id)
    if offering is None or offering.provider_id != provider.id:
        raise NotFound("catalog.offering_unknown", offering_id=offering_id)
    return offering


def _single(done: Intake) -> Taken:
    if done.refused:
        raise done.refused[0].error
    return done.taken[0]
