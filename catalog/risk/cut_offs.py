"""Cut-offs: an authority that the terms name leaves less of an agreement than was promised.

The supplier or the pool's lead reports it, with the authority as the terms
name it; an authority that they do not name cannot cut anything off.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.capacity.rules import units
from catalog.promise import agreements
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.tables import Agreement, AgreementTerms, Pool
from catalog.risk import commitments, risks
from catalog.risk.tables import Cause, CutOff, OfferingRisk
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal


def report(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    agreement_id: str,
    *,
    authority: str,
    parts_left: int,
    from_at: datetime,
    until_at: datetime | None,
    reason: str,
) -> CutOff:
    """From `from_at` until `until_at`, or until it is lifted, `parts_left` of each slot remain."""
    agreement, pool, provider = _concerned(session, principal, agreement_id)
    if agreement.status != AgreementStatus.SIGNED.value:
        raise Conflict("cut_off.agreement_not_signed", status=AgreementStatus(agreement.status))
    named = _named(session, agreement.id)
    if authority not in named:
        raise Invalid("cut_off.authority_unknown", given=authority, known=tuple(sorted(named)))
    if until_at is not None and until_at <= max(from_at, clock.now()):
        raise Invalid("vocabulary.interval_empty", start=from_at.isoformat(), stop=until_at.isoformat())
    if from_at >= agreement.period_to:
        raise Conflict("cut_off.after_the_period", period_to=log.rfc3339(agreement.period_to))
    most = max(
        session.exec(select(AgreementTerms.parts_per_day).where(AgreementTerms.agreement_id == agreement.id)).all()
    )
    if parts_left >= most:
        raise Invalid("cut_off.cuts_nothing", left=units(parts_left), promised=units(most), unit=agreement.unit)
    cut_off = CutOff(
        id=rng.scope(f"{principal.organisation_id}/{agreement.id}", "cut_off").id("cut"),
        agreement_id=agreement.id,
        authority=named[authority],
        parts_left=parts_left,
        from_at=from_at,
        until_at=until_at,
        reason=reason,
        marking_id=agreements.audience(session, pool, provider),
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        at=clock.now(),
    )
    session.add(cut_off)
    session.flush()
    payload = {
        "cut_off_id": cut_off.id,
        "agreement_id": agreement.id,
        "authority": cut_off.authority,
        "left": units(parts_left),
        "unit": agreement.unit,
        "from": log.rfc3339(from_at),
        "until": None if until_at is None else log.rfc3339(until_at),
        "reason": reason,
    }
    log.append(session, clock, "agreement.cut_off", agreement.id, payload, cut_off.marking_id)
    audit.record(session, clock, principal, "agreement.cut_off", cut_off.id, agreement=agreement.id, by=authority)
    return cut_off


def lift(session: Session, clock: Clock, rng: Rng, principal: Principal, agreement_id: str, cut_off_id: str) -> CutOff:
    """Whoever may report one says that it is over."""
    _concerned(session, principal, agreement_id)
    cut_off = session.exec(
        select(CutOff).where(CutOff.id == cut_off_id, CutOff.agreement_id == agreement_id).with_for_update()
    ).first()
    if cut_off is None:
        raise NotFound("cut_off.unknown", cut_off_id=cut_off_id)
    now = clock.now()
    if cut_off.until_at is not None and cut_off.until_at <= now:
        raise Conflict("cut_off.already_over", until_at=log.rfc3339(cut_off.until_at))
    cut_off.until_at = now
    session.add(cut_off)
    over = risks.recover(session, clock, risks.of_evidence(session, [Cause.CUT_OFF], cut_off.id))
    commitments.queue(session, clock, rng, over)
    audit.record(session, clock, principal, "agreement.cut_off_lifted", cut_off.id, agreement=agreement_id)
    return cut_off


def lapse(session: Session, clock: Clock) -> int:
    """Close the risks of cut-offs whose time is over; how many."""
    over = session.exec(
        select(OfferingRisk)
        .where(
            OfferingRisk.cause == Cause.CUT_OFF.value,
            col(OfferingRisk.closed_at).is_(None),
            col(OfferingRisk.until_at) <= clock.now(),
        )
        .order_by(col(OfferingRisk.id))
    ).all()
    return len(risks.recover(session, clock, over))


def _concerned(session: Session, principal: Principal, agreement_id: str) -> tuple[Agreement, Pool, Provider]:
    """The agreement for its supplier and for the lead of its pool; other members know of it and do not speak for it."""
    agreement = agreements.get(session, principal, agreement_id)
    pool = session.get_one(Pool, agreement.pool_id)
    provider = session.get_one(Provider, agreement.provider_id)
    if principal.organisation_id not in (pool.lead_organisation_id, provider.organisation_id):
        raise Forbidden("pool.lead_decides", pool_id=pool.id)
    return agreement, pool, provider


def _named(session: Session, agreement_id: str) -> dict[str, dict[str, Any]]:
    """The authorities that the terms of any phase name."""
    rows = session.exec(
        select(AgreementTerms.cut_off_authorities).where(AgreementTerms.agreement_id == agreement_id)
    ).all()
    return {each["name"]: each for row in rows for each in row or ()}
