"""Drafts -> versions on the shelf. The one way in, for the API, a manifest and an adapter alike.

A draft that says what the current version says makes no version. Offerings of a
provider that is not verified are kept and not shown: readers join its status.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog import assets
from catalog.content import draft_to_json, fingerprint
from catalog.tables import Offering, OfferingAsset, OfferingAttribute, OfferingVersion
from providers import audience
from providers.adapters.base import OfferingDraft
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, HubError, Invalid
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.attributes import Measured

PUBLISHED, WITHDRAWN = "published", "withdrawn"

NOT_COLUMNS = frozenset({"assets", "dependencies", "valid_from", "valid_to"})
"""Parts of a version's content that have tables or types of their own."""


@dataclass(frozen=True, slots=True)
class Taken:
    offering: Offering
    version: OfferingVersion
    changed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    index: int
    """Place of the draft in what was handed in."""
    error: HubError


@dataclass(frozen=True, slots=True)
class Intake:
    """Every draft is in exactly one of the two lists."""

    taken: tuple[Taken, ...]
    refused: tuple[Refused, ...]


def take(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider: Provider,
    drafts: Iterable[OfferingDraft],
    *,
    source: str,
) -> Intake:
    """Put drafts on the shelf in the caller's transaction, with one audit row for all of them.

    The caller holds the provider's row (`providers.onboarding.own`), so that two
    intakes of one provider cannot make the same version number. A draft that
    cannot be taken is refused before anything of it is written.
    """
    taken: list[Taken] = []
    refused: list[Refused] = []
    for index, draft in enumerate(drafts):
        try:
            assets.check(session, provider, draft.assets)
        except (Invalid, Conflict) as error:
            refused.append(Refused(index, error))
        else:
            taken.append(_one(session, clock, rng, provider, draft, source))
    changed = [each.version.id for each in taken if each.changed]
    audit.record(
        session,
        clock,
        principal,
        "offering.intake",
        provider.id,
        source=source,
        versions=changed,
        unchanged=len(taken) - len(changed),
        refused=len(refused),
    )
    return Intake(tuple(taken), tuple(refused))


def _one(session: Session, clock: Clock, rng: Rng, provider: Provider, draft: OfferingDraft, source: str) -> Taken:
    content = draft_to_json(draft)
    digest = fingerprint(content)
    offering = session.exec(
        select(Offering).where(Offering.provider_id == provider.id, Offering.reference == draft.reference)
    ).one_or_none()
    current = None if offering is None else session.get(OfferingVersion, offering.current_version_id)
    if offering is not None and current is not None and current.content_sha256 == digest:
        back = offering.status == WITHDRAWN
        if back:
            offering.status, offering.withdrawn_reason = PUBLISHED, ""
            offering.updated_at = clock.now()
            session.add(offering)
            _tell(session, clock, provider, offering, current)
        return Taken(offering, current, back)
    marking = _marking(session, provider, draft)
    version_id = rng.scope(provider.organisation_id, "offering_version").id("ofv")
    if offering is None:
        offering = Offering(
            id=rng.scope(provider.organisation_id, "offering").id("off"),
            provider_id=provider.id,
            reference=draft.reference,
            status=PUBLISHED,
            mission_area=content["mission_area"],
            capability=content["capability"],
            current_version_id=version_id,
            marking_id=marking,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
    offering.status, offering.withdrawn_reason = PUBLISHED, ""
    offering.mission_area, offering.capability = content["mission_area"], content["capability"]
    offering.current_version_id, offering.marking_id, offering.updated_at = version_id, marking, clock.now()
    session.add(offering)
    session.flush()
    columns = {name: content[name] for name in content if name not in NOT_COLUMNS}
    version = OfferingVersion(
        id=version_id,
        offering_id=offering.id,
        number=_last_number(session, offering) + 1,
        content_sha256=digest,
        valid_from=None if draft.valid is None else draft.valid.start,
        valid_to=None if draft.valid is None else draft.valid.stop,
        national=provider.kind == "national",
        source=source,
        marking_id=marking,
        at=clock.now(),
        **columns,
    )
    session.add(version)
    session.flush()
    session.add_all(_searchable(version_id, draft.attributes))
    for asset in assets.keep(session, clock, rng, provider, draft.assets):
        session.add(OfferingAsset(version_id=version_id, asset_id=asset.id))
    session.flush()
    _tell(session, clock, provider, offering, version)
    return Taken(offering, version, True)


def tell_audience(session: Session, provider: Provider, release_to: Sequence[str] | None) -> str:
    """The marking of what is said about an offering: its buyers once the provider is verified, else its owner."""
    if provider.status != Status.VERIFIED.value:
        return markings.owner_only(session, provider.organisation_id)
    return audience.buyers(session, provider.organisation_id, release_to)


def _tell(session: Session, clock: Clock, provider: Provider, offering: Offering, version: OfferingVersion) -> None:
    payload = {
        "offering_id": offering.id,
        "version_id": version.id,
        "version": version.number,
        "provider_id": provider.id,
        "title": version.title,
        "mission_area": version.mission_area,
        "capability": version.capability,
        "content_sha256": version.content_sha256,
    }
    told = tell_audience(session, provider, version.release_to)
    log.append(session, clock, "offering.published", offering.id, payload, told)


def _marking(session: Session, provider: Provider, draft: OfferingDraft) -> str:
    if draft.release_to is None:
        return markings.public(session)
    return markings.restricted(session, provider.organisation_id, draft.release_to)


def _last_number(session: Session, offering: Offering) -> int:
    last = session.exec(
        select(func.max(col(OfferingVersion.number))).where(OfferingVersion.offering_id == offering.id)
    ).one()
    return last or 0


def _searchable(version_id: str, attributes: Iterable[Measured]) -> Iterable[OfferingAttribute]:
    for value in attributes:
        name = value.attribute
        if value.flag is not None:
            yield OfferingAttribute(version_id=version_id, attribute=name, code=str(value.flag).lower())
        elif value.codes:
            for part, code in enumerate(value.codes):
                yield OfferingAttribute(version_id=version_id, attribute=name, part=part, code=code)
        else:
            yield OfferingAttribute(version_id=version_id, attribute=name, low=value.low, high=value.high)
