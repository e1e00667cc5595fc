"""Risks of offerings: how one opens, changes, is told and ends.

The supplier and each holder are told once, in a message of their own that
names only what they hold; an organisation that may not know the evidence is not
told. When the threat is over the same organisations are told that.

A supplier's own trouble (outage, manoeuvre, withdrawal, cut-off) is known to who
holds an agreement or a call-off on what is in trouble, and to nobody who merely
planned with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, and_, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement
from catalog.risk import holdings
from catalog.risk.availability import CERTAIN, Probability
from catalog.risk.holdings import Holding
from catalog.risk.tables import Cause, CutOff, OfferingRisk, Outage, RiskNotice
from catalog.tables import Asset, Offering, OfferingAsset, OfferingStatus, OfferingVersion
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.rng import Rng
from space_hub.trust import markings
from space_hub.trust.markings import MarkingRow
from space_hub.trust.principal import Principal

_OF_AN_OUTAGE = (Cause.OUTAGE, Cause.MANOEUVRE)
_PRIVATE = (*_OF_AN_OUTAGE, Cause.WITHDRAWAL, Cause.CUT_OFF)


@dataclass(frozen=True, slots=True)
class Threat:
    """Something that happened to one asset, or with None to the offering as a whole, and what proves it.

    From `begins` until `ends` the part `loss` of what the asset gives is missing, with `probability`.
    """

    asset: Asset | None
    cause: Cause
    evidence_id: str
    marking_id: str
    begins: datetime
    ends: datetime | None = None
    probability: Probability = CERTAIN
    loss: Fraction = Fraction(1)
    detail: dict[str, Any] = field(default_factory=dict)


def raise_on(session: Session, clock: Clock, rng: Rng, entry_id: int, offering: Offering, threat: Threat) -> bool:
    """Open the risk of `threat` on an offering and tell it; one that is open already takes the new figures.

    Whether it opened. `entry_id` is what showed it: an entry older than the end of the last episode opens nothing.
    """
    asset_id = None if threat.asset is None else threat.asset.id
    last = session.exec(
        select(OfferingRisk)
        .where(
            OfferingRisk.offering_id == offering.id,
            col(OfferingRisk.asset_id).is_(None) if asset_id is None else OfferingRisk.asset_id == asset_id,
            OfferingRisk.cause == threat.cause.value,
            OfferingRisk.evidence_id == threat.evidence_id,
        )
        .order_by(col(OfferingRisk.episode).desc())
    ).first()
    if last is not None and last.closed_at is None:
        if last.opened_by < entry_id:
            _price(last, threat)
            session.add(last)
        tell(session, clock, last)
        return False
    if last is not None and (last.closed_by or 0) >= entry_id:
        return False
    supplier = supplier_of(session, offering)
    risk = OfferingRisk(
        id=rng.scope(f"{supplier}/{offering.id}", "risk").id("rsk"),
        offering_id=offering.id,
        asset_id=asset_id,
        object_id=None if threat.asset is None else threat.asset.space_object_id,
        cause=threat.cause.value,
        evidence_id=threat.evidence_id,
        episode=1 if last is None else last.episode + 1,
        evidence_marking_id=threat.marking_id,
        detail=threat.detail,
        since=clock.now(),
        opened_by=entry_id,
    )
    _price(risk, threat)
    session.add(risk)
    session.flush()
    tell(session, clock, risk)
    return True


def _price(risk: OfferingRisk, threat: Threat) -> None:
    risk.detail = threat.detail
    risk.probability, risk.probability_is_bound = threat.probability.value, threat.probability.is_bound
    risk.loss_share = float(threat.loss)
    risk.from_at, risk.until_at = threat.begins, threat.ends


def recover(session: Session, clock: Clock, risks: Iterable[OfferingRisk], closed_by: int | None = None) -> list[str]:
    """Close risks and tell everyone who was told; the offerings of those that were open."""
    recovered = []
    for risk in risks:
        if risk.closed_at is not None:
            continue
        recovered.append(risk.offering_id)
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
    session.flush()
    return recovered


def of_evidence(session: Session, causes: Iterable[Cause], evidence_id: str) -> Sequence[OfferingRisk]:
    """The risks that rest on one piece of evidence, open ones and closed ones."""
    return session.exec(
        select(OfferingRisk)
        .where(col(OfferingRisk.cause).in_([each.value for each in causes]), OfferingRisk.evidence_id == evidence_id)
        .order_by(col(OfferingRisk.id))
    ).all()


def of_outage(session: Session, outage_id: str) -> Sequence[OfferingRisk]:
    return of_evidence(session, _OF_AN_OUTAGE, outage_id)


def supplier_of(session: Session, offering: Offering) -> str:
    return session.get_one(Provider, offering.provider_id).organisation_id


def open_on(session: Session, offering_ids: Sequence[str]) -> Sequence[OfferingRisk]:
    return session.exec(
        select(OfferingRisk)
        .where(col(OfferingRisk.offering_id).in_(offering_ids), col(OfferingRisk.closed_at).is_(None))
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


def assured_on(session: Session, asset_ids: Sequence[str], now: datetime) -> set[str]:
    """Every organisation with an agreement or a call-off on an offering that rests on these assets."""
    found: set[str] = set()
    for offering, _, _ in offerings_on(session, asset_ids):
        held = holdings.of_offering(session, offering.id, now)
        found |= {organisation_id for organisation_id, holding in held.items() if holding.assured}
    return found


def tell(session: Session, clock: Clock, risk: OfferingRisk) -> None:
    """One message to the supplier and one to each holder, each readable by its receiver alone.

    Said again only to an organisation of which more, or less, is affected than when it was told last.
    """
    offering = session.get_one(Offering, risk.offering_id)
    asset = None if risk.asset_id is None else session.get_one(Asset, risk.asset_id)
    held = _held(session, clock, risk)
    supplier = supplier_of(session, offering)
    if risk.cause in _PRIVATE:
        _admit(session, risk, {*held, supplier})
    promised = holdings.Holding(sorted({each for holding in held.values() for each in holding.agreement_ids}))
    about = {
        "risk_id": risk.id,
        "offering_id": offering.id,
        "offering_title": session.get_one(OfferingVersion, offering.current_version_id).title,
        "provider_id": offering.provider_id,
        "asset_id": risk.asset_id,
        "asset_name": None if asset is None else asset.name,
        "catalog_number": None if asset is None else asset.catalog_number,
        "object_id": risk.object_id,
        "cause": risk.cause,
        "evidence_id": risk.evidence_id,
        "detail": risk.detail,
        "since": log.rfc3339(risk.since),
        "probability": risk.probability,
        "probability_is_bound": risk.probability_is_bound,
        "loss_share": risk.loss_share,
    }
    messages: dict[str, dict[str, Any]] = {
        organisation_id: {
            **about,
            "affected": holding.affected(),
            "proposals": holdings.proposals(holding, offering.id),
        }
        for organisation_id, holding in sorted(held.items())
    }
    messages[supplier] = {**about, "affected": promised.affected(), "proposals": []}
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


def _held(session: Session, clock: Clock, risk: OfferingRisk) -> dict[str, Holding]:
    if risk.cause == Cause.CUT_OFF:
        cut_off = session.get_one(CutOff, risk.evidence_id)
        return holdings.of_agreement(session, cut_off.agreement_id, clock.now())
    held = holdings.of_offering(session, risk.offering_id, clock.now())
    if risk.cause in _PRIVATE:
        return {organisation_id: holding for organisation_id, holding in held.items() if holding.assured}
    return held


def _admit(session: Session, risk: OfferingRisk, readers: set[str]) -> None:
    """Let who holds the supply by now know the supplier's trouble, and the outage that proves it."""
    risk.evidence_marking_id = _widened(session, risk.evidence_marking_id, readers)
    session.add(risk)
    if risk.cause in _OF_AN_OUTAGE:
        outage = session.get_one(Outage, risk.evidence_id)
        outage.marking_id = _widened(session, outage.marking_id, readers)
        session.add(outage)
    session.flush()


def _widened(session: Session, marking_id: str, readers: set[str]) -> str:
    known = session.get_one(MarkingRow, marking_id).value()
    named = frozenset(readers) - {known.owner}
    if named <= known.organisations:
        return marking_id
    return markings.ensure(session, replace(known, organisations=known.organisations | named))
