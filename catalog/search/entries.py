"""What the shelf says of an offering, in the one row that search is fed with.

The row repeats the version and decides nothing. Data whose owner lets fewer see
them than see the offering (`withheld`) do not enter it: what cannot be shown must
not be found by.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.search.columns import Row
from catalog.search.tables import ShelfEntry
from catalog.search.terms import Words, document
from catalog.shelf.names import name_key
from catalog.tables import Asset, Offering, OfferingAsset, OfferingDependency, OfferingStatus, OfferingVersion
from providers import generation
from providers.tables import Provider
from space_hub.text import LANGUAGES, say
from space_hub.vocabulary.attributes import ATTRIBUTES as ATTRIBUTE_OF
from space_hub.vocabulary.codes import LISTS, SYMBOLS
from space_hub.vocabulary.phases import Phase

ATTRIBUTES, CAPACITY, DEPENDENCIES, ASSETS = (
    "offering.attributes",
    "offering.capacity",
    "offering.dependencies",
    "offering.assets",
)
"""Data by the names that consents go by."""

CHUNK = 500
"""Offerings that one step of a rebuild writes: a transaction of about a second."""


def row_of(
    content: Mapping[str, Any],
    *,
    offering_id: str,
    provider_id: str,
    provider_name: str,
    nation: str,
    marking_id: str,
    valid_from: datetime | None,
    valid_to: datetime | None,
    assets: Iterable[str] = (),
    dependency_keys: Iterable[str] = (),
    national: bool = False,
    listed: bool = True,
    withheld: Collection[str] = (),
) -> Row:
    """The row of a version's content (the columns of `OfferingVersion` by name)."""
    measured = [] if ATTRIBUTES in withheld else content["attributes"]
    capacity = [] if CAPACITY in withheld else content["capacity"]
    named = [] if ASSETS in withheld else [*assets]
    about = (f"capability.{content['capability']}", f"mission_area.{content['mission_area']}")
    said = Words(
        title=content["title"],
        body=" ".join([content["description"], *named]),
        provider=provider_name,
        nation=nation,
        capability=content["capability"],
        standards=tuple(content["standards"]),
        codes=tuple(word for value in measured for word in _spoken(value)),
        labels=tuple(say(f"vocabulary.{each}", language) for each in about for language in LANGUAGES),
    )
    return Row(
        offering_id=offering_id,
        provider_id=provider_id,
        marking_id=marking_id,
        mission_area=content["mission_area"],
        capability=content["capability"],
        modality=content["modality"],
        terms=document(said),
        tie=tie_of(offering_id),
        listed=listed,
        national=national,
        maturity=content["maturity"],
        taskable=content["taskable"],
        archive=content["archive"],
        phases=_bits(each["phase"] for each in capacity if each["quantity"] > 0),
        valid_from=valid_from,
        valid_to=valid_to,
        standards=tuple(content["standards"]),
        dependency_keys=() if DEPENDENCIES in withheld else tuple(sorted(dependency_keys)),
        coverage=content["coverage"],
        values={value["attribute"]: _kept(value) for value in measured},
    )


def tie_of(offering_id: str) -> int:
    """63 bits of the id: where it stands among equals before a question is mixed in."""
    return int.from_bytes(hashlib.sha256(offering_id.encode()).digest()[:8], "big") >> 1


def dependency_key(kind: str, name: str) -> str:
    """What two offerings share that may fail together: `launcher:arianespace`."""
    return f"{kind}:{name_key(name)}"


def row_of_version(session: Session, offering: Offering, version: OfferingVersion, provider: Provider) -> Row:
    """The row of one version of an offering, with its assets and dependencies."""
    rests_on = select(OfferingDependency).where(OfferingDependency.version_id == version.id)
    named = select(Asset.name).join(OfferingAsset, col(OfferingAsset.asset_id) == col(Asset.id))
    return row_of(
        version.model_dump(),
        offering_id=offering.id,
        provider_id=provider.id,
        provider_name=provider.legal_name,
        nation=provider.nation,
        marking_id=version.marking_id,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        assets=session.exec(named.where(OfferingAsset.version_id == version.id).order_by(col(Asset.name))),
        dependency_keys=(f"{each.kind}:{each.name_key}" for each in session.exec(rests_on) if each.known),
        national=version.national,
        listed=offering.status == OfferingStatus.PUBLISHED.value,
        withheld=version.withheld,
    )


def write(session: Session, offering: Offering, version: OfferingVersion, provider: Provider, number: int) -> None:
    """Put the row of an offering's current version, as of shelf `number`; a withdrawn one stays, not listed."""
    row = row_of_version(session, offering, version, provider)
    session.merge(entry_of(row, version_id=version.id, provider=provider, number=number))


def entry_of(row: Row, *, version_id: str, provider: Provider, number: int) -> ShelfEntry:
    return ShelfEntry(
        offering_id=row.offering_id,
        generation=number,
        version_id=version_id,
        provider_id=row.provider_id,
        listed=row.listed,
        marking_id=row.marking_id,
        mission_area=row.mission_area,
        capability=row.capability,
        modality=row.modality,
        nation=provider.nation,
        owner_nation=provider.owner_nation,
        standing=provider.standing,
        national=row.national,
        maturity=row.maturity,
        taskable=row.taskable,
        archive=row.archive,
        phases=row.phases,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        standards=list(row.standards),
        dependency_keys=list(row.dependency_keys),
        coverage=row.coverage,
        terms=row.terms,
        measured=dict(row.values),
        tie=row.tie,
    )


def row_of_entry(entry: Any) -> Row:
    """The row back from the database; `entry` is a `ShelfEntry` or a result with its columns."""
    return Row(
        offering_id=entry.offering_id,
        provider_id=entry.provider_id,
        marking_id=entry.marking_id,
        mission_area=entry.mission_area,
        capability=entry.capability,
        modality=entry.modality,
        terms=entry.terms,
        tie=entry.tie,
        listed=entry.listed,
        national=entry.national,
        maturity=entry.maturity,
        taskable=entry.taskable,
        archive=entry.archive,
        phases=entry.phases,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        standards=tuple(entry.standards),
        dependency_keys=tuple(entry.dependency_keys),
        coverage=entry.coverage,
        values=entry.measured,
    )


def missing(session: Session) -> int:
    """How many published offerings have no row, or the row of another version."""
    return len(session.exec(_stale()).all())


def rebuild(session: Session) -> int:
    """Write rows for at most `CHUNK` offerings that lack theirs; how many. Call it until it says 0.

    Safe to run again and beside other writers: only what lacks its row is written.
    """
    found = session.exec(_stale().limit(CHUNK)).all()
    if not found:
        return 0
    number = generation.bump(session)
    for offering_id in found:
        offering = session.get_one(Offering, offering_id)
        version = session.get_one(OfferingVersion, offering.current_version_id)
        write(session, offering, version, session.get_one(Provider, offering.provider_id), number)
    return len(found)


def _stale() -> Any:
    return (
        select(Offering.id)
        .outerjoin(ShelfEntry, col(ShelfEntry.offering_id) == col(Offering.id))
        .where(
            (col(ShelfEntry.version_id).is_(None)) | (col(ShelfEntry.version_id) != col(Offering.current_version_id))
        )
        .where(Offering.status == OfferingStatus.PUBLISHED.value)
        .order_by(col(Offering.id))
    )


def _bits(phases: Iterable[str]) -> int:
    places = {phase.value: place for place, phase in enumerate(Phase)}
    found = 0
    for phase in phases:
        found |= 1 << places[phase]
    return found


def _spoken(value: Mapping[str, Any]) -> Iterator[str]:
    """The words of a code, and what people call it or the yes that it is; "none" says nothing that one looks for."""
    about = ATTRIBUTE_OF[value["attribute"]]
    yield from value["codes"]
    for language in LANGUAGES:
        if about.list_name in LISTS and about.list_name not in SYMBOLS:
            yield from (
                say(f"vocabulary.{about.list_name}.{code}", language) for code in value["codes"] if code != "none"
            )
        if value["flag"]:
            yield say(f"vocabulary.attribute.{about.code}", language)


def _kept(value: Mapping[str, Any]) -> list[Any]:
    if value["flag"] is not None:
        return ["true" if value["flag"] else "false"]
    return list(value["codes"]) or [value["low"], value["high"]]
