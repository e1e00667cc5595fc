"""What an event on an object means for the supply that rests on it.

A near conjunction, a decay or an outage opens a risk on every offering that
rests on the asset, in its current version or in one that an agreement pinned.
The supplier and each holder are told once, in a message of their own that
names only what they hold; an organisation that may not know the evidence is not
told. When the threat is over the same organisations are told that.

`on_object_event` may be given the same log entry again and then says nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.ordering.tables import CallOffOption
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement
from catalog.risk import holdings
from catalog.risk.tables import OfferingRisk, Outage, RiskNotice
from catalog.shelf import assets
from catalog.tables import Asset, MatchRecord, Offering, OfferingAsset, OfferingStatus, OfferingVersion
from providers.tables import Provider
from space_hub.awareness import conjunctions
from space_hub.awareness.tables import Assessment, Conjunction, Run, SpaceObject
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import markings
from space_hub.trust.principal import Principal

ASSET_RISK_DISTANCE_M = 1000.0
"""General-perturbations sets are off by about a kilometre after a day: a predicted miss below that says no more than
"may be close", which is what a planner must hear early; above it the list would be noise."""


class Cause(Word, of="risk_cause"):
    CONJUNCTION = "conjunction"
    DECAY = "decay"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Threat:
    """Something that happened to one asset, and what proves it."""

    asset: Asset
    cause: Cause
    evidence_id: str
    marking_id: str
    detail: dict[str, Any] = field(default_factory=dict)


def on_object_event(
    session: Session,
    clock: Clock,
    rng: Rng,
    entry: LogEntry,
    *,
    risk_distance_m: float = ASSET_RISK_DISTANCE_M,
) -> int:
    """Open and close risks as `entry` says; how many were opened.

    Who comes to hold an offering that is at risk already (a match, a signature, a call-off) is told then.
    Other topics do nothing.
    """
    if entry.topic == "run.published":
        return _on_run(session, clock, rng, entry, risk_distance_m)
    if entry.topic == "object.decayed":
        return _on_decay(session, clock, rng, entry)
    if entry.topic == "outage.reported":
        return _on_outage(session, clock, rng, entry)
    for risk in _open_risks(session, _newly_held(session, entry)):
        _tell(session, clock, risk)
    return 0


def recover(session: Session, clock: Clock, risks: Iterable[OfferingRisk], closed_by: int | None = None) -> int:
    """Close risks and tell everyone who was told; how many were open."""
    count = 0
    for risk in risks:
        if risk.closed_at is not None:
            continue
        count += 1
        risk.closed_at = clock.now()
        risk.closed_by = closed_by
        session.add(risk)
        notices = session.exec(
            select(RiskNotice).where(RiskNotice.risk_id == risk.id).order_by(col(RiskNotice.organisation_id))
        ).all()
        for notice in notices:
            notice.recovered_told_at = clock.now()
            session.add(notice)
            payload = {
                "risk_id": risk.id,
                "offering_id": risk.offering_id,
                "asset_id": risk.asset_id,
                "cause": risk.cause,
                "evidence_id": risk.evidence_id,
                "since": log.rfc3339(risk.since),
                "closed_at": log.rfc3339(clock.now()),
            }
            marking_id = markings.owner_only(session, notice.organisation_id)
            log.append(session, clock, "offering.recovered", risk.offering_id, payload, marking_id)
    return count


def risks_of(session: Session, cause: str, evidence_id: str) -> Sequence[OfferingRisk]:
    """The risks that rest on one piece of evidence, open ones and closed ones."""
    return session.exec(
        select(OfferingRisk)
        .where(OfferingRisk.cause == cause, OfferingRisk.evidence_id == evidence_id)
        .order_by(col(OfferingRisk.id))
    ).all()


def told(principal: Principal, *, open_only: bool) -> Select[OfferingRisk, RiskNotice]:
    """A statement of (OfferingRisk, RiskNotice): the supply at risk that the principal was told of."""
    statement = (
        sa_select(OfferingRisk, RiskNotice)
        .join(RiskNotice, col(RiskNotice.risk_id) == col(OfferingRisk.id))
        .where(
            col(RiskNotice.organisation_id) == principal.organisation_id,
            markings.visible(OfferingRisk.evidence_marking_id, principal),
        )
    )
    return statement.where(col(OfferingRisk.closed_at).is_(None)) if open_only else statement


def offerings_on(session: Session, asset_ids: Sequence[str]) -> list[tuple[Offering, OfferingVersion, str]]:
    """(offering, version, asset id) of every offering that rests on these assets and is on the shelf or promised."""
    pinned = sa_select(col(Agreement.version_id)).where(col(Agreement.status) == AgreementStatus.SIGNED.value)
    rows = session.exec(
        select(Offering, OfferingVersion, OfferingAsset.asset_id)
        .join(OfferingVersion, col(OfferingVersion.offering_id) == col(Offering.id))
        .join(OfferingAsset, col(OfferingAsset.version_id) == col(OfferingVersion.id))
        .where(
            col(OfferingAsset.asset_id).in_(asset_ids),
            or_(
                and_(
                    col(Offering.status) == OfferingStatus.PUBLISHED.value,
                    col(OfferingVersion.id) == col(Offering.current_version_id),
                ),
                col(OfferingVersion.id).in_(pinned),
            ),
        )
        .order_by(col(Offering.id), col(OfferingVersion.number))
    ).all()
    newest = {(offering.id, asset_id): (offering, version, asset_id) for offering, version, asset_id in rows}
    return list(newest.values())


def holders_on(session: Session, asset_ids: Sequence[str], now: datetime) -> set[str]:
    """Every organisation that holds an offering resting on these assets."""
    found: set[str] = set()
    for offering, _, _ in offerings_on(session, asset_ids):
        found |= set(holdings.of_offering(session, offering.id, now))
    return found


def _on_run(session: Session, clock: Clock, rng: Rng, entry: LogEntry, distance_m: float) -> int:
    assets.resolve(session)
    by_object = _assets_by_object(session)
    run = session.get_one(Run, entry.subject)
    near = conjunctions.conjunctions_of(session, by_object, run.id, distance_m)
    threats: list[Threat] = []
    for conjunction, look in near:
        if look.tca < clock.now():
            continue
        for object_id, other_id in (
            (conjunction.object_a_id, conjunction.object_b_id),
            (conjunction.object_b_id, conjunction.object_a_id),
        ):
            for asset in by_object.get(object_id, ()):
                detail = _conjunction_detail(session, look, other_id)
                threats.append(Threat(asset, Cause.CONJUNCTION, conjunction.id, conjunction.marking_id, detail))
    opened = sum(_open(session, clock, rng, entry, threat) for threat in threats)
    _close_past(session, clock, entry, run, {conjunction.id for conjunction, _ in near})
    return opened


def _on_decay(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> int:
    assets.resolve(session)
    known = ("decayed_at", "catalog_number", "object_name")
    detail = {name: entry.payload[name] for name in known if name in entry.payload}
    return sum(
        _open(session, clock, rng, entry, Threat(asset, Cause.DECAY, entry.subject, entry.marking_id, detail))
        for asset in _assets_by_object(session, entry.subject).get(entry.subject, ())
    )


def _on_outage(session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> int:
    outage = session.get_one(Outage, entry.subject)
    if outage.closed_at is not None:
        return 0
    asset = session.get_one(Asset, outage.asset_id)
    detail = {
        "severity": outage.severity,
        "description": outage.description,
        "began_at": log.rfc3339(outage.began_at),
        "expected_end_at": None if outage.expected_end_at is None else log.rfc3339(outage.expected_end_at),
    }
    return _open(session, clock, rng, entry, Threat(asset, Cause.OUTAGE, outage.id, outage.marking_id, detail))


def _open(session: Session, clock: Clock, rng: Rng, entry: LogEntry, threat: Threat) -> int:
    """A risk for each offering on the asset that does not have it yet, and its messages."""
    opened = 0
    for offering, _, asset_id in offerings_on(session, [threat.asset.id]):
        last = session.exec(
            select(OfferingRisk)
            .where(
                OfferingRisk.offering_id == offering.id,
                OfferingRisk.asset_id == asset_id,
                OfferingRisk.cause == threat.cause.value,
                OfferingRisk.evidence_id == threat.evidence_id,
            )
            .order_by(col(OfferingRisk.episode).desc())
        ).first()
        if last is not None and last.closed_at is None:
            _tell(session, clock, last)
            continue
        if last is not None and (last.closed_by or 0) >= (entry.id or 0):
            continue
        supplier = session.get_one(Provider, offering.provider_id).organisation_id
        risk = OfferingRisk(
            id=rng.scope(supplier, "risk").id("rsk"),
            offering_id=offering.id,
            asset_id=asset_id,
            object_id=threat.asset.space_object_id,
            cause=threat.cause.value,
            evidence_id=threat.evidence_id,
            episode=1 if last is None else last.episode + 1,
            evidence_marking_id=threat.marking_id,
            detail=threat.detail,
            since=clock.now(),
            opened_by=entry.id or 0,
        )
        session.add(risk)
        session.flush()
        _tell(session, clock, risk)
        opened += 1
    return opened


def _tell(session: Session, clock: Clock, risk: OfferingRisk) -> None:
    """One message to the supplier and one to each holder, each readable by its receiver alone.

    Said again only to an organisation of which more, or less, is affected than when it was told last.
    """
    offering = session.get_one(Offering, risk.offering_id)
    asset = session.get_one(Asset, risk.asset_id)
    held = holdings.of_offering(session, offering.id, clock.now())
    supplier = session.get_one(Provider, offering.provider_id).organisation_id
    # A supplier is told of its agreements; which call-offs rest on them, among what others, is the buyers'.
    everything = holdings.Holding(sorted({each for holding in held.values() for each in holding.agreement_ids}))
    about = {
        "risk_id": risk.id,
        "offering_id": offering.id,
        "offering_title": session.get_one(OfferingVersion, offering.current_version_id).title,
        "provider_id": offering.provider_id,
        "asset_id": asset.id,
        "asset_name": asset.name,
        "catalog_number": asset.catalog_number,
        "object_id": risk.object_id,
        "cause": risk.cause,
        "evidence_id": risk.evidence_id,
        "detail": risk.detail,
        "since": log.rfc3339(risk.since),
    }
    messages: dict[str, dict[str, Any]] = {
        organisation_id: {
            **about,
            "affected": holding.affected(),
            "proposals": holdings.proposals(holding, offering.id),
        }
        for organisation_id, holding in sorted(held.items())
    }
    messages[supplier] = {
        **about,
        "affected": everything.affected(),
        "proposals": [],
    }
    for organisation_id, payload in messages.items():
        if not markings.reads(session, organisation_id, risk.evidence_marking_id):
            continue
        notice = session.get(RiskNotice, (risk.id, organisation_id))
        if notice is not None and notice.payload["affected"] == payload["affected"]:
            continue
        if notice is None:
            notice = RiskNotice(risk_id=risk.id, organisation_id=organisation_id, told_at=clock.now(), payload=payload)
        notice.told_at, notice.payload = clock.now(), payload
        session.add(notice)
        marking_id = markings.owner_only(session, organisation_id)
        log.append(session, clock, "offering.at_risk", offering.id, payload, marking_id)
    session.flush()


def _newly_held(session: Session, entry: LogEntry) -> list[str]:
    """The offerings that somebody came to hold by what `entry` tells."""
    if entry.topic == "match.computed":
        result = session.get_one(MatchRecord, entry.subject).result
        return [each["offering_id"] for each in result["offerings"] if each["verdict"] == "taken"]
    offered = select(Agreement.offering_id).distinct().order_by(col(Agreement.offering_id))
    if entry.topic == "agreement.signed":
        return list(session.exec(offered.where(Agreement.id == entry.subject)))
    if entry.topic == "call_off.placed":
        ways = select(CallOffOption.agreement_id).where(CallOffOption.call_off_id == entry.subject)
        return list(session.exec(offered.where(col(Agreement.id).in_(ways))))
    return []


def _open_risks(session: Session, offering_ids: Sequence[str]) -> Sequence[OfferingRisk]:
    return session.exec(
        select(OfferingRisk)
        .where(col(OfferingRisk.offering_id).in_(offering_ids), col(OfferingRisk.closed_at).is_(None))
        .order_by(col(OfferingRisk.id))
    ).all()


def _close_past(session: Session, clock: Clock, entry: LogEntry, run: Run, near: set[str]) -> None:
    """Close what this run no longer shows: encounters that are past or wider now, objects that are followed again."""
    older = select(OfferingRisk).where(
        col(OfferingRisk.closed_at).is_(None), col(OfferingRisk.opened_by) < (entry.id or 0)
    )
    looked_at = session.exec(
        select(OfferingRisk, Conjunction)
        .join(Conjunction, col(Conjunction.id) == col(OfferingRisk.evidence_id))
        .where(
            OfferingRisk.cause == Cause.CONJUNCTION.value,
            col(OfferingRisk.closed_at).is_(None),
            col(OfferingRisk.opened_by) < (entry.id or 0),
        )
    ).all()
    over = [
        risk
        for risk, conjunction in looked_at
        if conjunction.tca < clock.now()
        or (conjunction.id not in near and run.window_start <= conjunction.tca <= run.window_stop)
    ]
    for risk in session.exec(older.where(OfferingRisk.cause == Cause.DECAY.value)).all():
        thing = session.get(SpaceObject, risk.evidence_id)
        if thing is not None and thing.decay_predicted_at is None:
            over.append(risk)
    recover(session, clock, over, entry.id)


def _conjunction_detail(session: Session, look: Assessment, other_id: str) -> dict[str, Any]:
    other = session.get_one(SpaceObject, other_id)
    return {
        "tca": log.rfc3339(look.tca),
        "miss_distance_m": look.miss_distance_m,
        "relative_speed_m_s": look.relative_speed_m_s,
        "other_object_id": other.id,
        "other_object_name": other.name,
        "run_id": look.run_id,
    }


def _assets_by_object(session: Session, object_id: str | None = None) -> dict[str, list[Asset]]:
    statement = select(Asset).where(col(Asset.space_object_id).is_not(None)).order_by(col(Asset.id))
    if object_id is not None:
        statement = statement.where(Asset.space_object_id == object_id)
    found: dict[str, list[Asset]] = {}
    for asset in session.exec(statement):
        found.setdefault(asset.space_object_id or "", []).append(asset)
    return found
