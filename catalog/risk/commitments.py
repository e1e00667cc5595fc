"""Commitments at risk: of each agreement what may be missing, phase by phase and slot by slot, and who is told.

The lead's authority and the supplier read of what the agreement promises in each
phase; a member of the pool with call-offs on it reads of those call-offs alone.
Each is counted from the risks that it was told of and from no other, and told once
each time its own figures change, also when nothing is at risk any more.

`recompute` is light work after risks changed, and once an hour, because some of them
end, or last longer than was expected, without anybody saying so.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, delete, select

from catalog.capacity.rules import Span, slot_at, slots, start_of, units
from catalog.ordering import call_offs
from catalog.ordering.tables import CallOff, CallOffKind, CallOffOption, OptionState
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement, AgreementTerms, Pool
from catalog.risk.availability import UNKNOWN, Probability
from catalog.risk.shortfall import Danger, Piece, Shortfall, shortfalls
from catalog.risk.tables import Cause, CommitmentRisk, CutOff, OfferingRisk, RiskNotice
from catalog.tables import OfferingAsset
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.rng import Rng
from space_hub.trust import markings
from space_hub.trust.principal import HUB, Principal
from space_hub.vocabulary.phases import Phase
from space_hub.work import ledger
from space_hub.work.tables import WorkKind

CHUNK = 20
"""Agreements in one transaction."""

_DEAD = (OptionState.LOST, OptionState.CANCELLED, OptionState.PRE_EMPTED)


@dataclass(frozen=True, slots=True)
class Own:
    """What one organisation has at stake in one agreement."""

    pieces: dict[Phase, list[Piece]]
    call_off_ids: tuple[str, ...] = ()


def queue(session: Session, clock: Clock, rng: Rng, offering_ids: Iterable[str]) -> None:
    """Have the agreements on these offerings weighed anew."""
    wanted = sorted(offering_ids)
    if wanted and next_agreements(session, wanted, ""):
        ledger.start(
            session,
            clock,
            rng,
            kind=WorkKind.COMMITMENTS_RECOMPUTE.value,
            params={"offering_ids": wanted},
            principal=HUB,
        )


def next_agreements(session: Session, offering_ids: Sequence[str] | None, after: str) -> Sequence[str]:
    """The next agreements to weigh: signed ones on these offerings, or, with None, on any that is at risk or was."""
    found = select(Agreement.id).where(col(Agreement.id) > after)
    told = sa_select(col(CommitmentRisk.agreement_id))
    if offering_ids is None:
        threatened = sa_select(col(OfferingRisk.offering_id)).where(col(OfferingRisk.closed_at).is_(None))
        found = found.where(or_(col(Agreement.offering_id).in_(threatened), col(Agreement.id).in_(told)))
    else:
        found = found.where(col(Agreement.offering_id).in_(offering_ids))
    signed = col(Agreement.status) == AgreementStatus.SIGNED.value
    found = found.where(or_(signed, col(Agreement.id).in_(told)))
    return session.exec(found.order_by(col(Agreement.id)).limit(CHUNK)).all()


def recompute(session: Session, clock: Clock, agreement_ids: Iterable[str]) -> int:
    """Weigh these agreements anew and tell whose figures changed; how many messages that made."""
    return sum(_weigh(session, clock, agreement_id) for agreement_id in sorted(agreement_ids))


def visible(principal: Principal, clock: Clock) -> Select[CommitmentRisk, Agreement]:
    """A statement of (CommitmentRisk, Agreement): what the principal has at risk, and is not past."""
    now = clock.now()
    today = [
        (col(Agreement.bucket) == span.value) & (col(CommitmentRisk.slot_to) >= slot_at(span, now))
        for span in (Span.HOUR, Span.DAY)
    ]
    return (
        sa_select(CommitmentRisk, Agreement)
        .join(Agreement, col(Agreement.id) == col(CommitmentRisk.agreement_id))
        .where(col(CommitmentRisk.organisation_id) == principal.organisation_id, or_(*today))
    )


def _weigh(session: Session, clock: Clock, agreement_id: str) -> int:
    agreement = session.exec(select(Agreement).where(Agreement.id == agreement_id).with_for_update()).one()
    owns = _owns(session, agreement) if agreement.status == AgreementStatus.SIGNED.value else {}
    before: dict[str, list[CommitmentRisk]] = defaultdict(list)
    for row in session.exec(select(CommitmentRisk).where(CommitmentRisk.agreement_id == agreement_id)):
        before[row.organisation_id].append(row)
    messages = 0
    for organisation_id in sorted({*owns, *before}):
        own = owns.get(organisation_id, Own({}))
        found = _short(session, clock, agreement, organisation_id, own)
        messages += _keep(session, clock, agreement, organisation_id, own, found, before[organisation_id])
    return messages


def _owns(session: Session, agreement: Agreement) -> dict[str, Own]:
    """The promise for lead and supplier; for every other member its own call-offs that stand."""
    pool = session.get_one(Pool, agreement.pool_id)
    provider = session.get_one(Provider, agreement.provider_id)
    span = Span(agreement.bucket)
    first, last = slots(span, agreement.period_from, agreement.period_to)
    promise = {phase: [Piece(first, last, parts)] for phase, parts in _promised(session, agreement).items()}
    used: dict[str, Own] = {}
    running = [call_off.id for call_off in call_offs.open_on(session, [agreement.id])]
    rows = session.execute(
        sa_select(CallOff, CallOffOption)
        .join(CallOffOption, col(CallOffOption.call_off_id) == col(CallOff.id))
        .where(
            col(CallOff.id).in_(running),
            col(CallOffOption.agreement_id) == agreement.id,
            col(CallOffOption.state).not_in([each.value for each in _DEAD]),
            # What is in an archive is not lost with the satellite that took it.
            col(CallOff.kind) != CallOffKind.ARCHIVE.value,
        )
        .order_by(col(CallOff.id))
    )
    for call_off, option in rows:
        own = used.setdefault(call_off.organisation_id, Own({}))
        piece = Piece(*slots(span, call_off.window_from, call_off.window_to), option.parts_per_slot)
        own.pieces.setdefault(Phase(option.phase), []).append(piece)
        used[call_off.organisation_id] = replace(own, call_off_ids=(*own.call_off_ids, call_off.id))
    lead = used.get(pool.lead_organisation_id, Own({}))
    return {
        **used,
        pool.lead_organisation_id: replace(lead, pieces=promise),
        provider.organisation_id: Own(promise),
    }


def _promised(session: Session, agreement: Agreement) -> dict[Phase, int]:
    """Parts of each slot by phase, mildest first."""
    terms = session.exec(select(AgreementTerms).where(AgreementTerms.agreement_id == agreement.id)).all()
    parts = {row.phase: row.parts_per_day for row in terms}
    return {phase: parts[phase] for phase in Phase if phase in parts}


def _short(
    session: Session, clock: Clock, agreement: Agreement, organisation_id: str, own: Own
) -> dict[Phase, tuple[Shortfall, ...]]:
    """By the risks that the organisation was told of."""
    risks = session.exec(
        select(OfferingRisk)
        .join(RiskNotice, col(RiskNotice.risk_id) == col(OfferingRisk.id))
        .where(
            OfferingRisk.offering_id == agreement.offering_id,
            col(OfferingRisk.closed_at).is_(None),
            RiskNotice.organisation_id == organisation_id,
        )
        .order_by(col(OfferingRisk.id))
    ).all()
    if not risks:
        return {}
    carriers = session.exec(
        select(OfferingAsset.asset_id)
        .where(OfferingAsset.version_id == agreement.version_id)
        .order_by(col(OfferingAsset.asset_id))
    ).all()
    promised = _promised(session, agreement)
    found = {}
    for phase, pieces in own.pieces.items():
        dangers = [
            danger
            for risk in risks
            if (danger := _danger(session, clock, agreement, promised[phase], risk)) is not None
        ]
        found[phase] = shortfalls(pieces, carriers, dangers)
    return {phase: lines for phase, lines in found.items() if lines}


def _danger(session: Session, clock: Clock, agreement: Agreement, promised: int, risk: OfferingRisk) -> Danger | None:
    """A risk in the slots of an agreement; None for a cut-off of another one."""
    span = Span(agreement.bucket)
    # What was expected to be over and is not has no end that anybody knows.
    ends = risk.until_at if risk.until_at is not None and risk.until_at > clock.now() else None
    danger = Danger(
        risk.id,
        first=slot_at(span, risk.from_at or risk.since),
        last=None if ends is None else slots(span, risk.from_at or risk.since, ends)[1],
        asset=risk.asset_id,
        loss=Fraction(str(risk.loss_share)),
        # A risk that is older than probabilities has none.
        probability=UNKNOWN if risk.probability is None else Probability(risk.probability, risk.probability_is_bound),
    )
    if risk.cause != Cause.CUT_OFF:
        return danger
    cut_off = session.get_one(CutOff, risk.evidence_id)
    if cut_off.agreement_id != agreement.id:
        return None
    return replace(danger, left=min(Fraction(1), Fraction(cut_off.parts_left, promised)))


def _keep(
    session: Session,
    clock: Clock,
    agreement: Agreement,
    organisation_id: str,
    own: Own,
    found: dict[Phase, tuple[Shortfall, ...]],
    before: Sequence[CommitmentRisk],
) -> bool:
    """Put the new figures in the place of the old ones and tell them, unless they are the same."""
    sha256 = hashlib.sha256(repr((sorted(found.items()), own.call_off_ids)).encode()).hexdigest()
    if before[0].told_sha256 == sha256 if before else not found:
        return False
    if before:
        session.exec(
            delete(CommitmentRisk).where(
                col(CommitmentRisk.agreement_id) == agreement.id,
                col(CommitmentRisk.organisation_id) == organisation_id,
            )
        )
    for phase, lines in found.items():
        for line in lines:
            session.add(
                CommitmentRisk(
                    agreement_id=agreement.id,
                    organisation_id=organisation_id,
                    phase=phase.value,
                    slot_from=line.first,
                    slot_to=line.last,
                    committed=line.committed,
                    expected_short=line.expected,
                    worst_short=line.worst,
                    is_bound=line.is_bound,
                    causes=list(line.causes),
                    computed_at=clock.now(),
                    told_sha256=sha256,
                )
            )
    pool = session.get_one(Pool, agreement.pool_id)
    payload: dict[str, Any] = {
        "agreement_id": agreement.id,
        "pool_id": agreement.pool_id,
        "provider_id": agreement.provider_id,
        "offering_id": agreement.offering_id,
        "unit": agreement.unit,
        "call_offs": list(own.call_off_ids),
        "at_risk": [_line(agreement, phase, line) for phase, lines in found.items() for line in lines],
    }
    if organisation_id == pool.lead_organisation_id:
        payload["authority"] = {"name": pool.authority_name, "office": pool.authority_office}
    marking_id = markings.owner_only(session, organisation_id)
    log.append(session, clock, "commitment.at_risk", agreement.id, payload, marking_id)
    return True


def _line(agreement: Agreement, phase: Phase, line: Shortfall) -> dict[str, Any]:
    span = Span(agreement.bucket)
    return {
        "phase": phase.value,
        "from": log.rfc3339(start_of(span, line.first)),
        "to": log.rfc3339(start_of(span, line.last + 1)),
        "committed": units(line.committed),
        "expected_short": units(line.expected),
        "worst_short": units(line.worst),
        "is_bound": line.is_bound,
        "risks": list(line.causes),
    }
