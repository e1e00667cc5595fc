"""What offerings rest on, as far as an asker may know it: satellites with their current orbits, ground stations.

Read in a number of queries that does not grow with the offerings but by the chunk. A satellite that the
hub does not follow, or has not heard of for too long, counts as missing, and with one missing nobody is
accused (`feasibility.judge`). One that came down is not missing: it is gone, and the fleet is smaller by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from catalog.feasibility.values import MAX_AGE, Station
from catalog.matching.values import Candidate
from catalog.tables import Asset, OfferingAsset, OfferingDependency
from providers import consents
from providers.consents import Purpose
from providers.tables import Provider
from space_hub.awareness import catalogue
from space_hub.awareness.catalogue import CurrentSet
from space_hub.awareness.tables import SpaceObject
from space_hub.orbit.elements import ElementSet
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import AssetKind

_CHUNK = 2_000
_NETWORK = "ground_network"


@dataclass(frozen=True, slots=True)
class Ground:
    """What one offering rests on. `satellites`: hashes of their element sets; empty `stations`: not all are known."""

    satellites: tuple[str, ...]
    missing: int = 0
    stations: tuple[Station, ...] = ()
    gone: tuple[int, ...] = ()
    """Catalogue numbers of satellites that came down."""


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
        found |= assets_of(session, principal, candidates[start : start + _CHUNK])
    wanted = {each.space_object_id for some in found.values() for each in some if each.space_object_id is not None}
    current, down = followed(session, now, wanted)
    elsewhere = _elsewhere(session, [each for each in candidates if each.offering_id in found])
    grounds: dict[str, Ground] = {}
    used: dict[str, ElementSet] = {}
    for candidate in candidates:
        assets = found.get(candidate.offering_id, [])
        fleet = [each for each in assets if each.kind == AssetKind.SATELLITE.value]
        if not fleet:
            continue
        satellites = [each for each in fleet if each.space_object_id not in down]
        gone = {each.catalog_number for each in fleet if each.space_object_id in down} - {None}
        known = [current[each.space_object_id] for each in satellites if each.space_object_id in current]
        digests = tuple(sorted({each.content_hash for each in known}))
        used |= {each.content_hash: each.elements for each in known}
        stations = () if candidate.version_id in elsewhere else _stations(assets)
        missing = len(satellites) - len(known)
        grounds[candidate.offering_id] = Ground(digests, missing, stations, tuple(sorted(filter(None, gone))))
    newest = max((each.epoch for each in used.values()), default=None)
    day = None if newest is None else min(newest, now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Grounds(day, grounds, used)


def followed(session: Session, now: datetime, object_ids: Iterable[str]) -> tuple[dict[str, CurrentSet], set[str]]:
    """By object, the sets that are young enough to be used; and the objects that came down.

    An object came down when the hour for which a run said so has passed and no later set was heard of since.
    """
    wanted = set(object_ids)
    current = catalogue.current_sets_of(session, wanted)
    down: set[str] = set()
    for some in catalogue.chunks(sorted(wanted)):
        rows = select(SpaceObject.id, SpaceObject.decay_predicted_at).where(
            col(SpaceObject.id).in_(some), col(SpaceObject.decay_predicted_at) <= now
        )
        for name, at in session.exec(rows):
            if at is not None and (name not in current or current[name].elements.epoch < at):
                down.add(name)
    young = {
        name: each for name, each in current.items() if name not in down and abs(now - each.elements.epoch) <= MAX_AGE
    }
    return young, down


def assets_of(session: Session, principal: Principal, candidates: Sequence[Candidate]) -> dict[str, list[Asset]]:
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


def _elsewhere(session: Session, candidates: Sequence[Candidate]) -> set[str]:
    """Versions whose data also come down through others' stations, which are not among their assets.

    Read here, whatever the asker may know of it: with some of the stations nobody's wait is computed.
    """
    found: set[str] = set()
    for start in range(0, len(candidates), _CHUNK):
        some = candidates[start : start + _CHUNK]
        versions, providers = [each.version_id for each in some], sorted({each.provider_id for each in some})
        through = select(OfferingDependency.version_id).where(
            col(OfferingDependency.version_id).in_(versions), OfferingDependency.kind == _NETWORK
        )
        found |= set(session.exec(through))
        companies = select(Provider.id, Provider.dependencies).where(col(Provider.id).in_(providers))
        wide = {name for name, resting in session.exec(companies) if any(one["kind"] == _NETWORK for one in resting)}
        found |= {each.version_id for each in some if each.provider_id in wide}
    return found


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
