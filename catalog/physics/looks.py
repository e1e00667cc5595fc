"""Which claims are due to be held against orbits again, because satellites fly otherwise than at the last look.

A survey follows every update of the catalogue that brought a set, and every decay. It compares the fleet of each
version on the shelf with the one that was looked at last (`changed`), and queues a look where that is another one,
at most once a day for each version (by the time of its last look, and by the slot of the work). It reads in a
number of queries that does not grow with the shelf but by the chunk, compares with no transaction open, and queues
at most `MOST` looks: first what was never looked at, then the longest ago. What is left comes with the next one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from catalog.physics.changed import Change, Fleet, Sets, change
from catalog.physics.ground import followed
from catalog.tables import Asset, ClaimsLook, Offering, OfferingAsset, OfferingStatus
from space_hub.awareness import catalogue
from space_hub.clock import Clock
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.trust.principal import HUB
from space_hub.vocabulary.codes import AssetKind
from space_hub.work import ledger
from space_hub.work.tables import WorkKind

MOST = 200
"""Looks that one survey queues: of at most ten seconds each, so that they end before the next sets come."""
EVERY = timedelta(days=1)
"""Least time between two looks at a version: orbits of two hours later say the same."""
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One version on the shelf: its fleet as it flies now, and as it was looked at, if it was."""

    version_id: str
    now: Fleet
    at: datetime | None = None
    then: Fleet | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Versions to be looked at, and why each; `left` more have to wait for the next survey."""

    versions: Mapping[str, Change]
    left: int = 0


def on_sky_changed(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
    """Queue one survey after an update that brought a set, or after a run that found decays."""
    if entry.topic == "ingest.finished" and (entry.payload["refused"] or not entry.payload["accepted"]):
        return
    slot = f"after:{entry.payload.get('run_id', entry.subject)}"
    ledger.start(session, clock, rng, kind=WorkKind.CLAIMS_SURVEY.value, params={}, principal=HUB, slot=slot)


def read(session: Session, now: datetime) -> tuple[list[Seen], Sets]:
    """Every version on the shelf that rests on satellites, and all the sets that are named."""
    fleets_now, sets = fleets(session, now)
    kept: dict[str, ClaimsLook] = {}
    names = sorted(fleets_now)
    for start in range(0, len(names), _CHUNK):
        rows = select(ClaimsLook).where(col(ClaimsLook.version_id).in_(names[start : start + _CHUNK]))
        kept |= {row.version_id: row for row in session.exec(rows)}
    older = {digest for row in kept.values() for digest in row.sets.values()} - sets.keys()
    sets = {**sets, **catalogue.sets_by_hash(session, older)}
    return [_seen(name, fleets_now[name], kept.get(name)) for name in names], sets


def due(seen: Sequence[Seen], sets: Sets, now: datetime) -> Due:
    """What to look at again; no database."""
    known: dict[tuple[str, str], bool] = {}
    found: dict[str, Change] = {}
    longest_ago = sorted(seen, key=lambda each: (each.at is not None, each.at or now, each.version_id))
    for each in longest_ago:
        if each.then is None:
            found[each.version_id] = "never_looked"
        elif each.at is not None and now - each.at >= EVERY:
            why = change(each.then, each.now, sets, known)
            if why is not None:
                found[each.version_id] = why
    first = dict(list(found.items())[:MOST])
    return Due(first, len(found) - len(first))


def queue(session: Session, clock: Clock, rng: Rng, wanted: Due) -> dict[str, int]:
    """Queue the looks; how many for each reason, and how many are left. Twice on a day is once."""
    for version_id in wanted.versions:
        ledger.start(
            session,
            clock,
            rng,
            kind=WorkKind.CLAIMS_CHECK.value,
            params={"version_id": version_id},
            principal=HUB,
            slot=f"claims:{version_id}:{clock.now().date().isoformat()}",
        )
    return {**Counter(wanted.versions.values()), "left": wanted.left}


def keep(session: Session, clock: Clock, version_id: str, fleet: Fleet) -> None:
    """Note that the claims of a version were held against this fleet."""
    row = session.get(ClaimsLook, version_id)
    if row is None:
        row = ClaimsLook(version_id=version_id, at=clock.now(), sets={}, missing=0)
    row.at, row.sets, row.missing = clock.now(), dict(fleet.sets), fleet.missing
    session.add(row)
    session.flush()


def fleets(session: Session, now: datetime, version_id: str | None = None) -> tuple[dict[str, Fleet], Sets]:
    """By version on the shelf that rests on satellites, its fleet; and the sets by their hash. Of one, or of all."""
    resting = (
        select(Offering.current_version_id, Asset.id, Asset.space_object_id)
        .join(OfferingAsset, col(OfferingAsset.version_id) == col(Offering.current_version_id))
        .join(Asset, col(Asset.id) == col(OfferingAsset.asset_id))
        .where(Offering.status == OfferingStatus.PUBLISHED.value, Asset.kind == AssetKind.SATELLITE.value)
    )
    if version_id is not None:
        resting = resting.where(Offering.current_version_id == version_id)
    rows = session.exec(resting).all()
    young, down = followed(session, now, {name for _, _, name in rows if name is not None})
    digests: dict[str, dict[str, str]] = {}
    missing: Counter[str] = Counter()
    for version, _, name in rows:
        mine = digests.setdefault(version, {})
        if name in young:
            mine[name] = young[name].content_hash
        elif name not in down:
            missing[version] += 1
    found = {version: Fleet(mine, missing[version]) for version, mine in digests.items()}
    return found, {each.content_hash: each.elements for each in young.values()}


def _seen(version_id: str, now: Fleet, row: ClaimsLook | None) -> Seen:
    return Seen(version_id, now) if row is None else Seen(version_id, now, row.at, Fleet(row.sets, row.missing))
