"""Drafts -> versions on the shelf. The one way in, for the API, a manifest and an adapter alike.

A draft that says what the current version says makes no version. Offerings of a
provider that is not verified are kept and not shown: readers join its status.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.search import entries
from catalog.shelf import assets
from catalog.shelf.content import draft_to_json, fingerprint
from catalog.shelf.names import name_key
from catalog.shelf.withheld import withheld
from catalog.tables import (
    Offering,
    OfferingAsset,
    OfferingAttribute,
    OfferingDependency,
    OfferingStatus,
    OfferingVersion,
)
from providers import audience, generation
from providers.adapters.base import Dependency, OfferingDraft
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, HubError, Invalid
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.attributes import Measured

NOT_COLUMNS = frozenset({"assets", "dependencies", "valid_from", "valid_to"})
"""Parts of a version's content that have tables or types of their own."""

_MOST_ASKED = 500
"""References in one question to the database."""


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

    Rows are written in stages for all drafts together, because a manifest of
    thousands would otherwise ask the database for every one. The number of the shelf
    is taken last: from then on no other intake can commit before this one.
    """
    given = list(drafts)
    counter = _Counter(session, clock, rng, provider, given, source)
    taken: list[Taken] = []
    refused: list[Refused] = []
    for index, draft in enumerate(given):
        try:
            counter.assets.check(draft.assets)
        except (Invalid, Conflict) as error:
            refused.append(Refused(index, error))
        else:
            taken.append(counter.take(draft))
    counter.keep()
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
    counter.show()
    return Intake(tuple(taken), tuple(refused))


def reshow(session: Session, provider: Provider) -> int:
    """Put all of a provider's offerings on the shelf anew, after its name, nation or consents changed; how many."""
    found = session.execute(
        select(Offering, OfferingVersion)
        .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
        .where(Offering.provider_id == provider.id)
    ).all()
    kept = withheld(session, provider, [offering.id for offering, _ in found])
    for offering, version in found:
        version.withheld = list(kept[offering.id])
        session.add(version)
    session.flush()
    if found:
        number = generation.bump(session)
        for offering, version in found:
            entries.write(session, offering, version, provider, number)
    return len(found)


class _Counter:
    """One intake while it goes on: what is known of the provider's shelf, and what is to be written."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        rng: Rng,
        provider: Provider,
        drafts: Sequence[OfferingDraft],
        source: str,
    ) -> None:
        self.session, self.clock, self.rng, self.provider, self.source = session, clock, rng, provider, source
        self.assets = assets.Held(session, clock, rng, provider)
        self.known: dict[str, tuple[Offering, OfferingVersion]] = {}
        references = sorted({draft.reference for draft in drafts})
        for start in range(0, len(references), _MOST_ASKED):
            found = session.execute(
                select(Offering, OfferingVersion)
                .join(OfferingVersion, col(OfferingVersion.id) == col(Offering.current_version_id))
                .where(
                    Offering.provider_id == provider.id,
                    col(Offering.reference).in_(references[start : start + _MOST_ASKED]),
                )
            ).all()
            self.known |= {offering.reference: (offering, version) for offering, version in found}
        self.offerings: list[Offering] = []
        self.versions: list[OfferingVersion] = []
        self.details: list[OfferingAttribute | OfferingDependency | OfferingAsset] = []
        self.drafts: dict[str, OfferingDraft] = {}
        """Of the versions made now, by id."""
        self.told: list[tuple[Offering, OfferingVersion]] = []
        self._markings: dict[tuple[str, tuple[str, ...] | None], str] = {}

    def take(self, draft: OfferingDraft) -> Taken:
        content = draft_to_json(draft)
        digest = fingerprint(content)
        offering, current = self.known.get(draft.reference, (None, None))
        if offering is not None and current is not None and current.content_sha256 == digest:
            back = offering.status == OfferingStatus.WITHDRAWN.value
            if back:
                offering.status, offering.withdrawn_reason, offering.updated_at = (
                    OfferingStatus.PUBLISHED.value,
                    "",
                    self.clock.now(),
                )
                self.offerings.append(offering)
                self.told.append((offering, current))
            return Taken(offering, current, back)
        organisation_id, now = self.provider.organisation_id, self.clock.now()
        marking = self._marking(draft)
        version_id = self.rng.scope(organisation_id, "offering_version").id("ofv")
        if offering is None:
            offering = Offering(
                id=self.rng.scope(organisation_id, "offering").id("off"),
                provider_id=self.provider.id,
                reference=draft.reference,
                status=OfferingStatus.PUBLISHED.value,
                mission_area=content["mission_area"],
                capability=content["capability"],
                current_version_id=version_id,
                marking_id=marking,
                created_at=now,
                updated_at=now,
            )
        offering.status, offering.withdrawn_reason = OfferingStatus.PUBLISHED.value, ""
        offering.mission_area, offering.capability = content["mission_area"], content["capability"]
        offering.current_version_id, offering.marking_id, offering.updated_at = version_id, marking, now
        version = OfferingVersion(
            id=version_id,
            offering_id=offering.id,
            number=1 if current is None else current.number + 1,
            content_sha256=digest,
            valid_from=None if draft.valid is None else draft.valid.start,
            valid_to=None if draft.valid is None else draft.valid.stop,
            national=self.provider.kind == "national",
            source=self.source,
            marking_id=marking,
            at=now,
            **{name: content[name] for name in content if name not in NOT_COLUMNS},
        )
        self.offerings.append(offering)
        self.versions.append(version)
        self.details += _searchable(version_id, draft.attributes)
        self.details += _resting_on(version_id, draft.dependencies)
        self.drafts[version_id] = draft
        self.told.append((offering, version))
        self.known[draft.reference] = offering, version
        return Taken(offering, version, True)

    def keep(self) -> None:
        """Write offerings, versions and what versions are made of, in the order in which they point to each other."""
        kept = withheld(self.session, self.provider, {offering.id for offering in self.offerings})
        for version in self.versions:
            version.withheld = list(kept[version.offering_id])
        self.session.add_all(self.offerings)
        self.session.flush()
        self.session.add_all(self.versions)
        self.session.flush()
        for version_id, draft in self.drafts.items():
            resting = self.assets.keep(draft.assets)
            self.details += [OfferingAsset(version_id=version_id, asset_id=asset.id) for asset in resting]
        self.session.flush()
        self.session.add_all(self.details)
        self.session.flush()
        for offering, version in self.told:
            self._tell(offering, version)

    def show(self) -> None:
        """Write the rows that search is fed with, under the next number of the shelf."""
        latest = {offering.id: offering for offering, _ in self.told}
        if not latest:
            return
        number = generation.bump(self.session)
        for offering in latest.values():
            version = self.known[offering.reference][1]
            draft = self.drafts.get(version.id)
            if draft is None:
                entries.write(self.session, offering, version, self.provider, number)
                continue
            row = entries.row_of(
                version.model_dump(),
                offering_id=offering.id,
                provider_id=self.provider.id,
                provider_name=self.provider.legal_name,
                nation=self.provider.nation,
                marking_id=offering.marking_id,
                valid_from=version.valid_from,
                valid_to=version.valid_to,
                assets=sorted(asset.name for asset in draft.assets),
                dependency_keys={
                    entries.dependency_key(each.kind, each.name) for each in draft.dependencies if each.name is not None
                },
                national=version.national,
                withheld=version.withheld,
            )
            entry = entries.entry_of(row, version_id=version.id, provider=self.provider, number=number)
            if version.number == 1:
                self.session.add(entry)
            else:
                self.session.merge(entry)
        self.session.flush()

    def _tell(self, offering: Offering, version: OfferingVersion) -> None:
        payload = {
            "offering_id": offering.id,
            "version_id": version.id,
            "version": version.number,
            "provider_id": self.provider.id,
            "title": version.title,
            "mission_area": version.mission_area,
            "capability": version.capability,
            "content_sha256": version.content_sha256,
        }
        told = self._audience(version.release_to)
        log.append(self.session, self.clock, "offering.published", offering.id, payload, told)

    def _audience(self, release_to: Sequence[str] | None) -> str:
        """One marking for each release, however many offerings have it."""
        key = ("told", None if release_to is None else tuple(release_to))
        if key not in self._markings:
            self._markings[key] = tell_audience(self.session, self.provider, release_to)
        return self._markings[key]

    def _marking(self, draft: OfferingDraft) -> str:
        key = ("released", None if draft.release_to is None else tuple(sorted(draft.release_to)))
        if key not in self._markings:
            owner = self.provider.organisation_id
            self._markings[key] = (
                markings.public(self.session)
                if draft.release_to is None
                else markings.restricted(self.session, owner, draft.release_to)
            )
        return self._markings[key]


def tell_audience(session: Session, provider: Provider, release_to: Sequence[str] | None) -> str:
    """The marking of what is said about an offering: its buyers once the provider is verified, else its owner."""
    if provider.status != Status.VERIFIED.value:
        return markings.owner_only(session, provider.organisation_id)
    return audience.buyers(session, provider.organisation_id, release_to)


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


def _resting_on(version_id: str, dependencies: Iterable[Dependency]) -> Iterable[OfferingDependency]:
    """One row for each thing named; what the supplier does not know is a row too, and groups with nothing."""
    seen: set[tuple[str, str]] = set()
    for each in dependencies:
        key = "" if each.name is None else name_key(each.name)
        if (each.kind, key) not in seen:
            seen.add((each.kind, key))
            yield OfferingDependency(
                version_id=version_id,
                kind=each.kind,
                name_key=key,
                name=each.name or "",
                nation=each.nation,
                known=each.name is not None,
            )
