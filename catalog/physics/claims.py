"""The hub holds the claims of every version against orbits, for nobody in particular.

It looks where the offering itself says that it serves, or at the latitude that its revisit is claimed for,
and never where a planner asked: a supplier that learned of a doubt from somebody's match would learn of the match.
It looks when a version comes, and again when its satellites fly otherwise (`looks`).
"""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.candidates import candidate
from catalog.matching.record import NO_PHYSICS, Physics
from catalog.physics import doubts, ground, held, looks
from catalog.physics.changed import Fleet
from catalog.physics.physics_json import frozen
from catalog.tables import Asset, Finding, Offering, OfferingAsset, OfferingStatus, OfferingVersion
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.trust.principal import HUB
from space_hub.vocabulary.codes import AssetKind
from space_hub.work import ledger
from space_hub.work.tables import WorkKind

KIND = WorkKind.CLAIMS_CHECK.value


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at a version, and the fleet it was held against; None: another version has taken its place."""

    version_id: str
    physics: Physics = NO_PHYSICS
    fleet: Fleet | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a look: doubts told to the supplier, and earlier ones that newer orbits dissolved."""

    told: list[Finding]
    closed: list[Finding]


def on_published(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """Queue one look at each new version that rests on a satellite; computing it may take seconds."""
    version_id = entry.payload["version_id"]
    satellite = select(OfferingAsset.asset_id).join(Asset, col(Asset.id) == col(OfferingAsset.asset_id))
    if not session.exec(
        satellite.where(OfferingAsset.version_id == version_id, Asset.kind == AssetKind.SATELLITE.value).limit(1)
    ).first():
        return
    ledger.start(
        session,
        clock,
        rng,
        kind=KIND,
        params={"version_id": version_id},
        principal=HUB,
        slot=f"claims:{version_id}",
    )


def check(database: Database, clock: Clock, version_id: str) -> Looked:
    """What orbits say of the claims of a version; nothing where another has taken its place. No transaction is open
    while it computes."""
    with database.read() as session:
        version = session.get_one(OfferingVersion, version_id)
        offering = session.get_one(Offering, version.offering_id)
        if offering.current_version_id != version_id or offering.status != OfferingStatus.PUBLISHED.value:
            return Looked(version_id)
        seen = candidate(offering, version, session.get_one(Provider, offering.provider_id))
        grounds = ground.gather(session, HUB, clock.now(), [seen])
        fleet = looks.fleets(session, clock.now(), version_id)[0].get(version_id, Fleet())
    found = held.in_general(seen, grounds)
    return Looked(version_id, NO_PHYSICS if found is None else frozen(found), fleet)


def note(session: Session, clock: Clock, rng: Rng, looked: Looked) -> Noted:
    """Tell the supplier what disagrees, and what no longer does; others read a doubt once it has replied, or after its
    clock. Safe to do twice."""
    if looked.fleet is None:
        return Noted([], [])
    offering_id = session.get_one(OfferingVersion, looked.version_id).offering_id
    versions = {offering_id: looked.version_id}
    told = doubts.tell(session, clock, rng, HUB, looked.physics, versions, None)
    closed = doubts.dissolve(session, clock, HUB, looked.physics, versions, None)
    looks.keep(session, clock, looked.version_id, looked.fleet)
    return Noted(told, closed)
