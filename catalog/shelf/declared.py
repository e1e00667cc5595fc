"""What a supplier says by hand, kept beside what its door says of the same offering.

A STAPI or STAC server has no word for capacity, prices or most of what offerings
are measured by. What it does say counts; what it leaves unsaid is taken from the
last version that the supplier sent itself under the same reference: a sheet, the
API, a draft. To take a value back, it sends that offering again without it. A
door in our own shape (`http`) can say everything and is not filled up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from catalog.shelf.content import measured_from_json
from catalog.shelf.offerings import assets_of, dependencies_of
from catalog.tables import Asset, Offering, OfferingDependency, OfferingVersion
from providers.adapters.base import AssetRef, Dependency, OfferingDraft, PhaseCapacity, PhasePrice
from providers.tables import Provider
from space_hub.vocabulary.codes import AssetKind
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

_BY_HAND = ("manifest", "api", "draft")
"""Sources of versions that the supplier sent itself."""


def beside(session: Session, provider: Provider, drafts: Iterable[OfferingDraft]) -> list[OfferingDraft]:
    """The drafts of a door, each filled up with what its supplier declared under the same reference."""
    rows = session.execute(
        select(Offering.reference, OfferingVersion)
        .join(Offering, col(Offering.id) == col(OfferingVersion.offering_id))
        .where(Offering.provider_id == provider.id, col(OfferingVersion.source).in_(_BY_HAND))
        .order_by(col(OfferingVersion.number))
    ).all()
    declared: dict[str, OfferingVersion] = {row[0]: row[1] for row in rows}
    assets = assets_of(session, [version.id for version in declared.values()])
    resting = dependencies_of(session, [version.id for version in declared.values()])
    found = []
    for draft in drafts:
        version = declared.get(draft.reference)
        if version is None or draft.upstream is None or version.capability != draft.capability:
            found.append(draft)
        else:
            found.append(_filled(draft, version, assets.get(version.id, []), resting.get(version.id, [])))
    return found


def _filled(
    draft: OfferingDraft, version: OfferingVersion, assets: Sequence[Asset], resting: Sequence[OfferingDependency]
) -> OfferingDraft:
    said = {each.attribute for each in draft.attributes}
    more = [measured_from_json(each) for each in version.attributes if each["attribute"] not in said]
    return replace(
        draft,
        description=draft.description or version.description,
        attributes=tuple(sorted([*draft.attributes, *more], key=lambda each: each.attribute)),
        capacity=draft.capacity or tuple(_capacity(each) for each in version.capacity),
        prices=draft.prices or tuple(_price(each) for each in version.prices),
        assets=draft.assets or tuple(_asset(each) for each in assets),
        release_to=frozenset(version.release_to)
        if draft.release_to is None and version.release_to
        else draft.release_to,
        standards=draft.standards or tuple(version.standards),
        licence=draft.licence or version.licence,
        coverage=version.coverage if draft.coverage is None else draft.coverage,
        valid=draft.valid or (None if version.valid_from is None else Interval(version.valid_from, version.valid_to)),
        dependencies=draft.dependencies
        or tuple(Dependency(each.kind, each.name if each.known else None, each.nation) for each in resting),
        maturity=draft.maturity or version.maturity,
    )


def _capacity(kept: dict[str, Any]) -> PhaseCapacity:
    return PhaseCapacity(
        Phase(kept["phase"]), kept["quantity"], kept["given"], kept["given_unit"], kept.get("notice_h")
    )


def _price(kept: dict[str, Any]) -> PhasePrice:
    retainer = kept["retainer_per_day"]
    return PhasePrice(
        Phase(kept["phase"]),
        money(kept["unit_price"], kept["currency"]),
        None if retainer is None else money(retainer, kept["currency"]),
        kept["given"],
        kept["given_unit"],
    )


def _asset(kept: Asset) -> AssetRef:
    return AssetRef(AssetKind(kept.kind), kept.name, kept.catalog_number, kept.nation)
