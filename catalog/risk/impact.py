"""What an event in the sky or at a supplier means for the supply that rests on it.

A near conjunction, a decay, an outage or a manoeuvre opens a risk on every offering that
rests on the asset, in its current version or in one that an agreement pinned; a withdrawal
or a cut-off on the offering itself. Whatever is promised of it is then weighed anew
(`catalog.risk.commitments`).

`on_object_event` may be given the same log entry again and then says nothing. An outage or a cut-off is read under the
lock under which it ends: what is over closes the risks that there are, and none may open behind it.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from catalog.ordering.tables import CallOffOption
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement
from catalog.risk import commitments, risks
from catalog.risk.availability import UNKNOWN, probability_bound
from catalog.risk.risks import Threat
from catalog.risk.tables import Cause, CutOff, OfferingRisk, Outage, OutageKind
from catalog.shelf import assets
from catalog.tables import Asset, MatchRecord, Offering
from space_hub.awareness.following import conjunctions
from space_hub.awareness.tables import Assessment, Conjunction, Run, SpaceObject
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.rng import Rng
from space_hub.trust import markings

ASSET_RISK_DISTANCE_M = 1000.0
"""General-perturbations sets are off by about a kilometre after a day: a predicted miss below that says no more than
"may be close", which is what a planner must hear early; above it the list would be noise."""

COMBINED_RADIUS_M = 5.0
"""Of both objects together: sizes are unknown to the hub, and two satellites of some metres have panels."""


def on_object_event(
    session: Session,
    clock: Clock,
    rng: Rng,
    entry: LogEntry,
    *,
    risk_distance_m: float = ASSET_RISK_DISTANCE_M,
) -> int:
    """Open, price and close risks as `entry` says; how many were opened.

    Who comes to hold an offering that is at risk already (a match, a signature, a call-off) is told then.
    Other topics do nothing.
    """
    reader = _Reader(session, clock, rng, entry)
    match entry.topic:
        case "run.published":
            reader.run(risk_distance_m)
        case "object.decayed":
            reader.decay()
        case "outage.reported":
            reader.outage()
        case "agreement.cut_off":
            reader.cut_off()
        case "offering.withdrawn":
            reader.withdrawal()
        case "offering.published":
            reader.back_on_the_shelf()
        case _:
            reader.newly_held()
    commitments.queue(session, clock, rng, reader.touched)
    return reader.opened


class _Reader:
    """One entry while it is read: what it opened, and the offerings whose risks it touched."""

    def __init__(self, session: Session, clock: Clock, rng: Rng, entry: LogEntry) -> None:
        self._session = session
        self._clock = clock
        self._rng = rng
        self._entry = entry
        self._number = entry.id or 0
        self.opened = 0
        self.touched: set[str] = set()

    def run(self, distance_m: float) -> None:
        session = self._session
        assets.resolve(session)
        by_object = _assets_by_object(session)
        run = session.get_one(Run, self._entry.subject)
        near = conjunctions.conjunctions_of(session, by_object, run.id, distance_m)
        for conjunction, look in near:
            if look.tca < self._clock.now():
                continue
            for object_id, other_id in (
                (conjunction.object_a_id, conjunction.object_b_id),
                (conjunction.object_b_id, conjunction.object_a_id),
            ):
                for asset in by_object.get(object_id, ()):
                    self._raise(
                        asset,
                        Threat(
                            asset,
                            Cause.CONJUNCTION,
                            conjunction.id,
                            conjunction.marking_id,
                            begins=look.tca,
                            probability=probability_bound(look.miss_distance_m, COMBINED_RADIUS_M),
                            detail=_conjunction_detail(session, look, other_id),
                        ),
                    )
        self._close_past(run, {conjunction.id for conjunction, _ in near})

    def decay(self) -> None:
        assets.resolve(self._session)
        entry = self._entry
        known = ("decayed_at", "catalog_number", "object_name")
        detail = {name: entry.payload[name] for name in known if name in entry.payload}
        begins = datetime.fromisoformat(entry.payload["decayed_at"]) if "decayed_at" in entry.payload else entry.at
        for asset in _assets_by_object(self._session, entry.subject).get(entry.subject, ()):
            self._raise(asset, Threat(asset, Cause.DECAY, entry.subject, entry.marking_id, begins, detail=detail))

    def outage(self) -> None:
        outage = self._session.get_one(Outage, self._entry.subject, with_for_update=True)
        if outage.closed_at is not None:
            return
        asset = self._session.get_one(Asset, outage.asset_id)
        self._raise(
            asset,
            Threat(
                asset,
                Cause.MANOEUVRE if outage.kind == OutageKind.MANOEUVRE else Cause.OUTAGE,
                outage.id,
                outage.marking_id,
                begins=outage.began_at,
                ends=outage.expected_end_at,
                loss=Fraction(outage.loss_share),
                detail={
                    "kind": outage.kind,
                    "severity": outage.severity,
                    "loss_share": outage.loss_share,
                    "description": outage.description,
                    "began_at": log.rfc3339(outage.began_at),
                    "expected_end_at": None if outage.expected_end_at is None else log.rfc3339(outage.expected_end_at),
                },
            ),
        )

    def cut_off(self) -> None:
        cut_off = self._session.get_one(CutOff, self._entry.payload["cut_off_id"], with_for_update=True)
        if cut_off.until_at is not None and cut_off.until_at <= self._clock.now():
            return
        agreement = self._session.get_one(Agreement, cut_off.agreement_id)
        self._raise_on(
            self._session.get_one(Offering, agreement.offering_id),
            Threat(
                None,
                Cause.CUT_OFF,
                cut_off.id,
                cut_off.marking_id,
                begins=cut_off.from_at,
                ends=cut_off.until_at,
                detail=self._entry.payload,
            ),
        )

    def withdrawal(self) -> None:
        """What was promised stays promised; whether it can still be served nobody knows before the supplier says."""
        offering = self._session.get_one(Offering, self._entry.subject)
        if not _promised(self._session, offering.id):
            return
        self._raise_on(
            offering,
            Threat(
                None,
                Cause.WITHDRAWAL,
                offering.id,
                markings.owner_only(self._session, risks.supplier_of(self._session, offering)),
                begins=self._entry.at,
                probability=UNKNOWN,
                detail={"reason": self._entry.payload["reason"]},
            ),
        )

    def back_on_the_shelf(self) -> None:
        self._recover(risks.of_evidence(self._session, [Cause.WITHDRAWAL], self._entry.subject))

    def newly_held(self) -> None:
        for risk in risks.open_on(self._session, _newly_held(self._session, self._entry)):
            risks.tell(self._session, self._clock, risk)
            self.touched.add(risk.offering_id)

    def _raise(self, asset: Asset, threat: Threat) -> None:
        for offering, _, _ in risks.offerings_on(self._session, [asset.id]):
            self._raise_on(offering, threat)

    def _raise_on(self, offering: Offering, threat: Threat) -> None:
        self.opened += risks.raise_on(self._session, self._clock, self._rng, self._number, offering, threat)
        self.touched.add(offering.id)

    def _recover(self, over: Sequence[OfferingRisk]) -> None:
        self.touched |= set(risks.recover(self._session, self._clock, over, self._number))

    def _close_past(self, run: Run, near: set[str]) -> None:
        """Close what this run no longer shows: encounters past or wider now, objects that are followed again."""
        session = self._session
        still = (col(OfferingRisk.closed_at).is_(None), col(OfferingRisk.opened_by) < self._number)
        looked_at = session.exec(
            select(OfferingRisk, Conjunction)
            .join(Conjunction, col(Conjunction.id) == col(OfferingRisk.evidence_id))
            .where(OfferingRisk.cause == Cause.CONJUNCTION.value, *still)
        ).all()
        over = [
            risk
            for risk, conjunction in looked_at
            if conjunction.tca < self._clock.now()
            or (conjunction.id not in near and run.window_start <= conjunction.tca <= run.window_stop)
        ]
        for risk in session.exec(select(OfferingRisk).where(OfferingRisk.cause == Cause.DECAY.value, *still)).all():
            thing = session.get(SpaceObject, risk.evidence_id)
            if thing is not None and thing.decay_predicted_at is None:
                over.append(risk)
        self._recover(over)


def _promised(session: Session, offering_id: str) -> bool:
    signed = select(Agreement.id).where(
        Agreement.offering_id == offering_id, Agreement.status == AgreementStatus.SIGNED.value
    )
    return session.exec(signed.limit(1)).first() is not None


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
