"""A provider's own shelf: publish, change, withdraw, read."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from catalog.search import entries
from catalog.shelf.intake import Intake, Taken, take, tell_audience
from catalog.tables import Asset, Offering, OfferingAsset, OfferingDependency, OfferingStatus, OfferingVersion
from providers import generation, onboarding
from providers.adapters.base import Listing, OfferingDraft, Refused
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

_MOST_ASKED = 500
"""References in one question to the database."""


def publish(session: Session, clock: Clock, rng: Rng, principal: Principal, draft: OfferingDraft) -> Taken:
    """A new offering; a reference in use is refused, because a change is asked for by its own name."""
    provider = onboarding.own(session, principal)
    known = select(Offering.id).where(Offering.provider_id == provider.id, Offering.reference == draft.reference)
    taken = session.exec(known).one_or_none()
    if taken is not None:
        raise Conflict("catalog.reference_taken", reference=draft.reference, offering_id=taken)
    return single(take(session, clock, rng, principal, provider, [draft], source="api"))


def change(
    session: Session, clock: Clock, rng: Rng, principal: Principal, offering_id: str, draft: OfferingDraft
) -> Taken:
    """A new version of an own offering; the same content again is no new version."""
    provider = onboarding.own(session, principal)
    offering = _owned(session, provider, offering_id)
    if draft.reference != offering.reference:
        raise Invalid("catalog.reference_fixed", reference=offering.reference, given=draft.reference)
    return single(take(session, clock, rng, principal, provider, [draft], source="api"))


def withdraw(session: Session, clock: Clock, principal: Principal, offering_id: str) -> Offering:
    """Take an own offering off the shelf; its versions stay, and a change brings it back."""
    provider = onboarding.own(session, principal)
    offering = _owned(session, provider, offering_id)
    _withdraw(session, clock, principal, provider, [offering], "owner")
    return offering


def withdraw_gone(
    session: Session, clock: Clock, principal: Principal, provider: Provider, references: Iterable[str]
) -> list[Offering]:
    """Take off the shelf what a supplier lists no more, by its own references; the caller holds its row."""
    wanted = sorted(set(references))
    found: list[Offering] = []
    for start in range(0, len(wanted), _MOST_ASKED):
        some = col(Offering.reference).in_(wanted[start : start + _MOST_ASKED])
        found += session.exec(
            select(Offering).where(Offering.provider_id == provider.id, some).order_by(col(Offering.id))
        ).all()
    return _withdraw(session, clock, principal, provider, found, "gone_at_supplier")


def _withdraw(
    session: Session,
    clock: Clock,
    principal: Principal,
    provider: Provider,
    offerings: Iterable[Offering],
    reason: str,
) -> list[Offering]:
    """Those of `offerings` that were published, now withdrawn; who reads them is told."""
    gone = [offering for offering in offerings if offering.status != OfferingStatus.WITHDRAWN.value]
    for offering in gone:
        offering.status, offering.withdrawn_reason, offering.updated_at = (
            OfferingStatus.WITHDRAWN.value,
            reason,
            clock.now(),
        )
        session.add(offering)
        version = session.get_one(OfferingVersion, offering.current_version_id)
        audit.record(session, clock, principal, "offering.withdraw", offering.id, reason=reason)
        payload = {
            "offering_id": offering.id,
            "version_id": version.id,
            "provider_id": provider.id,
            "title": version.title,
            "mission_area": version.mission_area,
            "capability": version.capability,
            "reason": reason,
        }
        told = tell_audience(session, provider, version.release_to)
        log.append(session, clock, "offering.withdrawn", offering.id, payload, told)
    if gone:
        number = generation.bump(session)
        for offering in gone:
            version = session.get_one(OfferingVersion, offering.current_version_id)
            entries.write(session, offering, version, provider, number)
    return gone


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


def assets_of(session: Session, version_ids: Sequence[str]) -> dict[str, list[Asset]]:
    """Version -> the assets that it rests on, by name; versions without any are left out."""
    found: dict[str, list[Asset]] = {}
    statement = select(OfferingAsset.version_id, Asset).join(Asset, col(Asset.id) == col(OfferingAsset.asset_id))
    for version_id, asset in session.execute(
        statement.where(col(OfferingAsset.version_id).in_(version_ids)).order_by(col(Asset.name))
    ):
        found.setdefault(version_id, []).append(asset)
    return found


def dependencies_of(session: Session, version_ids: Sequence[str]) -> dict[str, list[OfferingDependency]]:
    """Version -> what else it rests on, by kind and name."""
    found: dict[str, list[OfferingDependency]] = {}
    statement = select(OfferingDependency).where(col(OfferingDependency.version_id).in_(version_ids))
    for row in session.exec(statement.order_by(col(OfferingDependency.kind), col(OfferingDependency.name_key))):
        found.setdefault(row.version_id, []).append(row)
    return found


def _owned(session: Session, provider: Provider, offering_id: str) -> Offering:
    mine = select(Offering).where(Offering.id == offering_id, Offering.provider_id == provider.id)
    offering = session.exec(mine).first()
    if offering is None:
        raise NotFound("catalog.offering_unknown", offering_id=offering_id)
    return offering


def single(done: Intake) -> Taken:
    if done.refused:
        raise done.refused[0].error
    return done.taken[0]
