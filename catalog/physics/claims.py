"""The hub holds the claims of every new version against orbits, for nobody in particular.

It looks where the offering itself says that it serves, or at the latitude that its revisit is claimed for,
and never where a planner asked: a supplier that learned of a doubt from somebody's match would learn of the match.
"""

from sqlmodel import Session, col, select

from catalog.candidates import candidate
from catalog.matching.record import Physics
from catalog.physics import doubts, ground, held
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


def check(database: Database, clock: Clock, version_id: str) -> Physics:
    """What orbits say of the claims of a version; nothing where another has taken its place. Opens no transaction."""
    with database.read() as session:
        version = session.get_one(OfferingVersion, version_id)
        offering = session.get_one(Offering, version.offering_id)
        if offering.current_version_id != version_id or offering.status != OfferingStatus.PUBLISHED.value:
            return Physics()
        seen = candidate(offering, version, session.get_one(Provider, offering.provider_id))
        grounds = ground.gather(session, HUB, clock.now(), [seen])
    found = held.in_general(seen, grounds)
    return Physics() if found is None else frozen(found)


def note(session: Session, clock: Clock, rng: Rng, version_id: str, physics: Physics) -> list[Finding]:
    """Tell the supplier what disagrees; others read it once it has replied, or after its clock."""
    offering_id = session.get_one(OfferingVersion, version_id).offering_id
    return doubts.tell(session, clock, rng, HUB, physics, {offering_id: version_id}, None)
