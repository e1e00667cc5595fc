"""What there is, by mission area and nation, and what is asked for against what stands on the shelf.

A provider reads the public registers only: counts of the shelf would tell it of
its rivals. The gap view shows neither price nor supplier nor nation that asked:
a figure of supply appears when at least `k` suppliers stand behind it, and demand
comes from the releases, which keep the same rule for nations.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from catalog.demand.tables import DemandCell, DemandRelease
from catalog.search.shelf import shelf
from catalog.shelf.register_tables import RegisterListing
from catalog.shelf.withheld import sees_all
from catalog.tables import Asset, Offering, OfferingAsset, OfferingVersion
from providers.tables import Provider
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.phases import Phase


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One mission area in one nation; None where the asker may not know."""

    mission_area: str
    nation: str | None
    offerings: int | None
    providers: int | None
    assets: int | None
    listings: int
    claimed: int | None = None
    """Listings whose owner came and was believed."""


@dataclass(frozen=True, slots=True)
class GapLine:
    """One capability in one phase: bands of demand by horizon, and the capacity that the shelf states."""

    capability: str
    mission_area: str
    phase: str
    unit: str
    demand: tuple[dict[str, Any], ...]
    capacity: float | None
    """None when fewer than `k` suppliers stand behind it."""
    enough_suppliers: bool


@dataclass
class _Sum:
    capacity: float = 0.0
    providers: set[str] = field(default_factory=set)


def overview(session: Session, principal: Principal, now: datetime) -> list[AreaLine]:
    """Counts by mission area and nation of the supplier, with the listings of public registers beside."""
    listed = _listings(session)
    if principal.kind is OrganisationKind.PROVIDER:
        return [AreaLine(area, nation, None, None, None, count) for (area, nation), count in _ordered(listed)]
    statement = shelf(principal, now).with_only_columns(
        col(Offering.mission_area),
        col(Provider.nation),
        func.count(func.distinct(col(Offering.id))),
        func.count(func.distinct(col(Provider.id))),
    )
    offered = {
        (area, nation): (offerings, providers)
        for area, nation, offerings, providers in session.execute(
            statement.group_by(col(Offering.mission_area), col(Provider.nation))
        )
    }
    resting = (
        shelf(principal, now)
        .join(OfferingAsset, col(OfferingAsset.version_id) == col(OfferingVersion.id))
        .join(Asset, col(Asset.id) == col(OfferingAsset.asset_id))
        .with_only_columns(col(Offering.mission_area), col(Provider.nation), func.count(func.distinct(col(Asset.id))))
        .group_by(col(Offering.mission_area), col(Provider.nation))
    )
    assets = {(area, nation): count for area, nation, count in session.execute(resting)}
    claimed = _listings(session, col(RegisterListing.asset_id).is_not(None))
    places: Counter[tuple[str, str | None]] = Counter({**dict.fromkeys(offered, 0), **listed})
    return [
        AreaLine(
            area,
            nation,
            *offered.get((area, nation), (0, 0)),
            assets.get((area, nation), 0),
            count,
            claimed[area, nation],
        )
        for (area, nation), count in _ordered(places)
    ]


def _listings(session: Session, *conditions: ColumnElement[bool]) -> Counter[tuple[str, str | None]]:
    """How many by mission area and nation of the operator; `other` where no capability was guessed."""
    counted = (
        select(RegisterListing.capability_guess, RegisterListing.operator_nation, func.count(col(RegisterListing.id)))
        .where(*conditions)
        .group_by(col(RegisterListing.capability_guess), col(RegisterListing.operator_nation))
    )
    found: Counter[tuple[str, str | None]] = Counter()
    for guess, nation, count in session.execute(counted):
        about = CAPABILITIES.get(guess or "")
        found["other" if about is None else about.area.value, nation] += count
    return found


def gap_view(session: Session, principal: Principal, now: datetime, k: int) -> list[GapLine]:
    """Published demand against stated capacity, by capability and phase; a provider reads the demand alone."""
    demand = _demand(session)
    supply: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
    if principal.kind is not OrganisationKind.PROVIDER:
        for _, version, provider in session.execute(shelf(principal, now)):
            if "offering.capacity" in version.withheld and not sees_all(principal, provider):
                continue
            for each in version.capacity:
                total = supply[version.capability, each["phase"]]
                total.capacity += each["quantity"]
                total.providers.add(provider.id)
    lines = []
    for code, about in CAPABILITIES.items():
        for phase in Phase:
            asked, held = demand.get((code, phase.value), ()), supply.get((code, phase.value))
            enough = held is not None and len(held.providers) >= k
            if asked or enough:
                capacity = held.capacity if held is not None and enough else None
                lines.append(
                    GapLine(code, about.area.value, phase.value, about.capacity_unit, tuple(asked), capacity, enough)
                )
    return lines


def _demand(session: Session) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The cells of the last release, by capability and phase."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    last = session.exec(select(func.max(DemandRelease.number))).one()
    if last is None:
        return found
    cells = select(DemandCell).where(DemandCell.release_number == last).order_by(col(DemandCell.horizon))
    for cell in session.exec(cells):
        found[cell.capability, cell.phase].append(
            {
                "horizon": cell.horizon,
                "nations_band": cell.nations_band,
                "quantity_low": cell.quantity_band_low,
                "quantity_high": cell.quantity_band_high,
                "unit": cell.unit,
            }
        )
    return found


def _ordered(counts: Counter[tuple[str, str | None]]) -> Iterable[tuple[tuple[str, str | None], int]]:
    return sorted(counts.items(), key=lambda each: (each[0][0], each[0][1] or ""))
