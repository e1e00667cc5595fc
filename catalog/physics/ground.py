"""What offerings rest on, as far as an asker may know it: satellites with their current orbits, ground stations.

Read in a number of queries that does not grow with the offerings but by the chunk. A satellite that the
hub does not follow, or has not heard of for too long, counts as missing, and with one missing nobody is
accused (`feasibility.judge`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.feasibility.values import MAX_AGE, Station
from catalog.matching.values import Candidate
from catalog.tables import Asset, OfferingAsset
from providers import consents
from providers.consents import Purpose
from providers.tables import Provider
from space_hub.awareness import catalogue
from space_hub.orbit.elements import ElementSet
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import AssetKind

_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What one offering rests on. `satellites`: hashes of their element sets; empty `stations`: not all are known."""

    satellites: tuple[str, ...]
    missing: int = 0
    stations: tuple[Station, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounds:
    """Of many offerings, by offering; `sets` by their content hash. Who rests on no satellite is not there.

    `at`: the day of the newest set, None without any. While no newer set comes, what is asked again on another
    day is computed alike.
    """

    at: datetime | None
    of: Mapping[str, Ground] = field(default_factory=dict)
    sets: Mapping[str, ElementSet] = field(default_factory=dict)


def gather(session: Session, principal: Principal, now: datetime, candidates: Sequence[Candidate]) -> Grounds:
    """What these offerings rest on, for those who may see their assets and match by them."""
    found: dict[str, list[Asset]] = {}
    for start in range(0, len(candidates), _CHUNK):
        found |= _assets(session, principal, candidates[start : start + _CHUNK])
    wanted = {each.space_object_id for some in found.values() for each in some if each.space_object_id is not None}
    current = {
        name: each
        for name, each in catalogue.current_sets_of(session, wanted).items()
        if abs(now - each.elements.epoch) <= MAX_AGE
    }
    grounds: dict[str, Ground] = {}
    used: dict[str, ElementSet] = {}
    for candidate in candidates:
        assets = found.get(candidate.offering_id, [])
        satellites = [each for each in assets if each.kind == AssetKind.SATELLITE.value]
        if not satellites:
            continue
        known = [current[each.space_object_id] for each in satellites if each.space_object_id in current]
        digests = tuple(sorted({each.content_hash for each in known}))
        used |= {each.content_hash: each.elements for each in known}
        stations = () if _elsewhere(candidate) else _stations(assets)
        grounds[candidate.offering_id] = Ground(digests, len(satellites) - len(known), stations)
    newest = max((each.epoch for each in used.values()), default=None)
    day = None if newest is None else min(newest, now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Grounds(day, grounds, used)


def _assets(session: Session, principal: Principal, candidates: Sequence[Candidate]) -> dict[str, list[Asset]]:
    """By offering, the assets of its version that the asker may see."""
    offering_of = {each.version_id: each.offering_id for each in candidates}
    rows = session.execute(
        select(OfferingAsset.version_id, Asset, Provider.organisation_id)
        .join(Asset, col(Asset.id) == col(OfferingAsset.asset_id))
        .join(Provider, col(Provider.id) == col(Asset.provider_id))
        .where(col(OfferingAsset.version_id).in_(list(offering_of)))
        .order_by(col(Asset.id))
    ).all()
    owners = {offering_of[version_id]: owner for version_id, _, owner in rows}
    if not owners:
        return {}
    allowed = consents.allowed(session, principal, owners, Purpose.MATCH)
    found: dict[str, list[Asset]] = {}
    for version_id, asset, _ in rows:
        offering_id = offering_of[version_id]
        if allowed.may(offering_id, "offering.assets"):
            found.setdefault(offering_id, []).append(asset)
    return found


def _elsewhere(candidate: Candidate) -> bool:
    """Its data also come down through others' stations, which are not among its assets."""
    return any(each.kind == "ground_network" for each in candidate.dependencies)


def _stations(assets: Iterable[Asset]) -> tuple[Station, ...]:
    """The stations of an offering, if the place of each is known: half of them would make every wait too long."""
    sites = [each.site for each in assets if each.kind == AssetKind.GROUND_STATION.value]
    if any(site is None for site in sites):
        return ()
    return tuple(
        sorted(
            (Station(site["lon"], site["lat"], site.get("height_m", 0.0) / 1_000.0) for site in sites if site),
            key=lambda each: (each.longitude, each.latitude, each.height_km),
        )
    )
