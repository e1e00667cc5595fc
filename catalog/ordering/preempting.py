"""Pre-emption: a more important call-off takes capacity from less important ones, by the written order.

It is asked for, never assumed: by a named authority, with a reason, in a phase whose terms allow it. The
agreement's row is locked for itself (who merely places holds it shared), so that one pre-emptor at a time
judges what is held. What falls is freed and taken in one transaction, whole call-offs, and its orders are
then cancelled at their suppliers; the constraint has the last word here too. The list that was judged is
kept whole with its hash. Who falls is told alone, with what it gets back, and not for whom it fell.
"""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.capacity.ledger import Want
from catalog.capacity.preemption import Judged, Preemption, preempt
from catalog.capacity.rules import Bucket, Refusal, slot_text, units, with_ceiling
from catalog.capacity.tables import Preempted, PreemptionRow, ReservationEvent, ResourceKind
from catalog.competition.canonical import canonical
from catalog.ordering import call_offs, holdings, trying
from catalog.ordering.call_offs import CallOffAsk, Placed
from catalog.ordering.holdings import Holding
from catalog.ordering.options import subject_of
from catalog.ordering.standing import Standing
from catalog.ordering.tables import CallOff, CallOffEntry, CallOffKind, CallOffOption, OptionState
from catalog.promise.authority import Authority
from catalog.promise.clauses import price_of, refund
from catalog.promise.kept_terms import value
from catalog.promise.lifecycle import CallOffStatus
from catalog.promise.tables import Pool
from space_hub.clock import Clock
from space_hub.db import put
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import HUB_ID, Principal
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase


def place(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    ask: CallOffAsk,
    authority: Authority,
) -> Placed:
    """A call-off of one option that takes what it needs; nothing falls where there is room, or where none can be made.

    Raises Forbidden `preemption.not_allowed` where the phase's terms do not allow it, Conflict
    `preemption.not_enough` where those that may fall do not hold enough.
    """
    if len(ask.options) != 1 or ask.hold is not None or ask.kind is CallOffKind.ARCHIVE:
        raise Invalid("preemption.of_one_option")
    if not ask.reason.strip():
        raise Invalid("preemption.reason_missing")
    room = partial(_make_room, session, clock, rng, principal, authority, ask.reason)
    return call_offs.place(session, clock, rng, principal, ask, authority, make_room=room)


def get(
    session: Session, principal: Principal, preemption_id: str
) -> tuple[PreemptionRow, CallOff, Sequence[tuple[Preempted, CallOff]]]:
    """A pre-emption with its victims: all of them for who asked and for the pool's lead, its own for who fell."""
    row = session.get(PreemptionRow, preemption_id)
    if row is None:
        raise NotFound("preemption.unknown", preemption_id=preemption_id)
    asker = session.get_one(CallOff, row.call_off_id)
    found = session.exec(
        select(Preempted, CallOff)
        .join(CallOff, col(CallOff.id) == col(Preempted.call_off_id))
        .where(Preempted.preemption_id == row.id)
    ).all()
    if not knows_all(session, principal, asker):
        found = [each for each in found if each[1].organisation_id == principal.organisation_id]
        if not found:
            raise NotFound("preemption.unknown", preemption_id=preemption_id)
    return row, asker, found


def knows_all(session: Session, principal: Principal, asker: CallOff) -> bool:
    lead = session.get_one(Pool, asker.pool_id).lead_organisation_id
    return principal.organisation_id in (asker.organisation_id, lead)


def reason_of(session: Session, row: PreemptionRow) -> str:
    return session.exec(
        select(CallOffEntry.reason).where(CallOffEntry.call_off_id == row.call_off_id, CallOffEntry.number == 1)
    ).one()


def _make_room(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    authority: Authority,
    reason: str,
    call_off: CallOff,
    option: CallOffOption,
    standing: Standing,
    wants: Sequence[Want],
) -> None:
    """Free what `wants` needs of the agreement, and write down by which order."""
    if standing.terms is None or not standing.terms.can_pre_empt:
        raise Forbidden("preemption.not_allowed", phase=Phase(standing.phase))
    want = next(each for each in wants if each.kind is ResourceKind.AGREEMENT)
    agreement = standing.agreement
    ledger.expire(session, clock, want.resource)
    found = holdings.of(session, clock, agreement, want.ask.first, want.ask.last, but=call_off.id)
    known = ledger.buckets(session, want.resource, *_reach(found, want))
    state = known | {slot: with_ceiling(known.get(slot, Bucket(0)), want.capacity(slot)) for slot in want.ask.slots}
    decided = preempt(state, want.ask, option.priority, [each.held for each in found])
    if isinstance(decided, Refusal):
        raise Conflict("preemption.not_enough", day=slot_text(standing.span, decided.slot))
    if decided.victims:
        _write(session, clock, rng, principal, authority, reason, call_off, standing, decided, found)


def _reach(found: Sequence[Holding], want: Want) -> tuple[int, int]:
    asks = [want.ask, *(each.held.ask for each in found)]
    return min(each.first for each in asks), max(each.last for each in asks)


def _write(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    authority: Authority,
    reason: str,
    call_off: CallOff,
    standing: Standing,
    decided: Preemption,
    found: Sequence[Holding],
) -> None:
    owners = {each.held.id: each.call_off.organisation_id for each in found}
    order = [_judged(rank, each, owners[each.held.id]) for rank, each in enumerate(decided.judged, 1)]
    row = PreemptionRow(
        id=rng.scope(principal.organisation_id, "preemption").id("pre"),
        call_off_id=call_off.id,
        agreement_id=standing.agreement.id,
        phase=standing.phase.value,
        order=order,
        order_sha256=sha256(canonical(order)).hexdigest(),
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=clock.now(),
    )
    put(session, row)
    falls = {victim.id for victim in decided.victims}
    for holding in found:
        if holding.held.id in falls:
            _fell(session, clock, rng, row, reason, standing, holding)
    audit.record(
        session,
        clock,
        principal,
        "call_off.pre_empt",
        row.id,
        call_off=call_off.id,
        fell=sorted(falls),
        order_sha256=row.order_sha256,
        reason=reason,
        authority=authority.name,
        office=authority.office,
    )


def _judged(rank: int, judged: Judged, organisation_id: str) -> dict[str, Any]:
    held = judged.held
    return {
        "rank": rank,
        "call_off_id": held.id,
        "organisation_id": organisation_id,
        "first_slot": held.ask.first,
        "last_slot": held.ask.last,
        "parts": held.ask.parts,
        "level": held.level,
        "quota_share": str(held.quota_share),
        "at": log.rfc3339(held.at),
        "verdict": judged.verdict.value,
    }


def _fell(
    session: Session,
    clock: Clock,
    rng: Rng,
    row: PreemptionRow,
    reason: str,
    standing: Standing,
    holding: Holding,
) -> None:
    """Everything that the option holds is free; its order is cancelled, and its other options are tried."""
    call_off, option, ask = holding.call_off, holding.option, holding.held.ask
    ledger.end_all(session, clock, subject_of(call_off.id, option.rank), ReservationEvent.PRE_EMPTED, "pre_empted")
    lost = price_of(money(option.unit_price, option.currency), ask.parts, len(ask.slots), standing.span)
    compensation = refund(value(holding.terms).refund, lost)
    put(
        session,
        Preempted(
            preemption_id=row.id,
            call_off_id=call_off.id,
            parts=ask.parts,
            first_slot=ask.first,
            last_slot=ask.last,
            compensation=f"{compensation.amount:f}",
            currency=compensation.currency,
        ),
    )
    option.state = OptionState.PRE_EMPTED.value
    session.add(option)
    if call_off.won_option == option.rank:
        call_off.won_option = call_off.won_at = None
    others = [each for each in call_offs.options_of(session, call_off.id) if each.rank != option.rank]
    if not any(each.state in _STILL_OPEN for each in others):
        call_off.status, call_off.look_at = CallOffStatus.PRE_EMPTED.value, None
    session.add(call_off)
    # Its nation reads who entered this step, and is not to read for whom it fell.
    call_offs.enter(session, clock, HUB_ID, call_off, reason=reason)
    session.flush()
    if holding.order is not None and holding.order.cancel_asked_at is None:
        trying.ask_to_cancel(session, clock, call_off, holding.order)
    trying.look(session, clock, rng, call_off)
    payload = {
        "call_off_id": call_off.id,
        "preemption_id": row.id,
        "agreement_id": row.agreement_id,
        "phase": row.phase,
        "quantity": units(ask.parts),
        "first_slot": slot_text(standing.span, ask.first),
        "last_slot": slot_text(standing.span, ask.last),
        "compensation": f"{compensation.amount:f}",
        "currency": compensation.currency,
        "reason": reason,
        "decided_by": {"name": row.authority_name, "office": row.authority_office},
        "call_off_status": call_off.status,
    }
    marking_id = markings.among(session, call_off.organisation_id, {standing.pool.lead_organisation_id})
    log.append(session, clock, "call_off.pre_empted", call_off.id, payload, marking_id)


_STILL_OPEN = (OptionState.READY.value, OptionState.TRYING.value, OptionState.DOUBT.value)
