"""Replanning: there is less of an agreement than was called off, and who keeps what is decided anew.

The pool's lead decides it, with an authority and the evidence. Everyone who holds some of the slots is seated again
by the written order (`catalog.capacity.replanning`), whole or not at all; whoever is not seated gives back everything,
its order is cancelled and its other options are tried. What is delivered already needs no seat and is left alone.
All of it is one transaction of few statements, however many hold. The limit stays for later call-offs until another
replan raises or lifts it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, case, func, insert, update
from sqlmodel import Session, col, select

from catalog.capacity import dropping, ledger
from catalog.capacity.replanning import replan as seat
from catalog.capacity.rules import Ask, Span, slot_at, slot_text, slots, units
from catalog.capacity.tables import ReplanRow
from catalog.ordering import holdings
from catalog.ordering.holdings import Holding
from catalog.ordering.options import subject_of
from catalog.ordering.tables import CallOff, CallOffEntry, CallOffOption, OptionState, OrderStep, SupplyOrder
from catalog.promise import agreements
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import CallOffStatus
from catalog.promise.tables import Agreement, Pool
from catalog.risk.tables import Cause
from providers.adapters.base import OrderStatus
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Forbidden, Invalid
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval

_TOLD_AT_ONCE = 500
"""Call-offs named in one message."""

_OTHERS = (OptionState.READY.value, OptionState.TRYING.value, OptionState.DOUBT.value, OptionState.WON.value)


def replan(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    agreement_id: str,
    *,
    window: Interval,
    left: int | None,
    cause: Cause,
    evidence_id: str,
    authority: Authority,
) -> ReplanRow:
    """From now on `left` parts of each slot of `window` can be called off; None lifts what was limited before."""
    agreements.get(session, principal, agreement_id)
    agreement = session.exec(select(Agreement).where(Agreement.id == agreement_id).with_for_update()).one()
    pool = session.get_one(Pool, agreement.pool_id)
    if pool.lead_organisation_id != principal.organisation_id:
        raise Forbidden("pool.lead_decides", pool_id=pool.id)
    first, last = _slots(clock, agreement, window)
    ledger.expire(session, clock, agreement.id)
    kept, dropped = 0, []
    known = ledger.buckets(session, agreement.id, first, last)
    if left is not None:
        holding = holdings.of(session, clock, agreement, first, last)
        found = {each.held.id: each for each in holding if not _delivered(each)}
        here = [replace(each.held, ask=_within(each.held.ask, first, last)) for each in found.values()]
        seated = seat(dict.fromkeys(range(first, last + 1), left), here)
        kept, dropped = len(seated.kept), [found[each.id] for each in seated.dropped]
    row = ReplanRow(
        id=rng.scope(principal.organisation_id, "replan").id("rpl"),
        resource=agreement.id,
        cause=cause.value,
        evidence_id=evidence_id,
        capacities={
            "first": first,
            "last": last,
            "left": left,
            "before": {str(slot): each.capacity for slot, each in sorted(known.items())},
        },
        kept=kept,
        dropped=len(dropped),
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=clock.now(),
    )
    session.add(row)
    session.flush()
    dropping.drop(session, clock, [subject_of(each.call_off.id, each.option.rank) for each in dropped], row.id)
    if left is not None:
        dropping.limit(session, agreement.id, first, last, left)
    _lose(session, clock, principal, dropped)
    _tell(session, clock, principal, pool, agreement, row, dropped)
    session.flush()
    return row


def _slots(clock: Clock, agreement: Agreement, window: Interval) -> tuple[int, int]:
    span, now = Span(agreement.bucket), clock.now()
    start, stop = max(window.start, agreement.period_from), min(window.stop or agreement.period_to, agreement.period_to)
    if stop <= max(start, now):
        raise Invalid("replan.nothing_ahead", period_to=log.rfc3339(agreement.period_to))
    first, last = slots(span, start, stop)
    return max(first, slot_at(span, now)), last


def _delivered(holding: Holding) -> bool:
    return holding.order is not None and holding.order.status == OrderStatus.COMPLETED.value


def _within(ask: Ask, first: int, last: int) -> Ask:
    return Ask(max(ask.first, first), min(ask.last, last), ask.parts)


def _lose(session: Session, clock: Clock, principal: Principal, dropped: Sequence[Holding]) -> None:
    """Options, orders and call-offs of those that are not seated, by one statement each, whatever their number."""
    if not dropped:
        return
    now, connection = clock.now(), session.connection()
    session.flush()
    ways = [{"of": each.call_off.id, "place": each.option.rank} for each in dropped]
    on_option = (col(CallOffOption.call_off_id) == bindparam("of"), col(CallOffOption.rank) == bindparam("place"))
    connection.execute(
        update(CallOffOption).where(*on_option).values(state=OptionState.LOST.value).execution_options(**_PLAIN), ways
    )
    connection.execute(
        update(SupplyOrder)
        .where(
            col(SupplyOrder.call_off_id) == bindparam("of"),
            col(SupplyOrder.rank) == bindparam("place"),
            col(SupplyOrder.cancel_asked_at).is_(None),
            col(SupplyOrder.ended_at).is_(None),
        )
        .values(step=case(*_TO_CANCEL, else_=col(SupplyOrder.step)), cancel_asked_at=now, due_at_wall=clock.wall())
        .execution_options(**_PLAIN),
        ways,
    )
    others = _with_other_ways(session, [each.call_off.id for each in dropped])
    rows = [
        {
            "of": each.call_off.id,
            "status": each.call_off.status if each.call_off.id in others else CallOffStatus.FAILED.value,
            "look_at": now if each.call_off.id in others else None,
        }
        for each in dropped
    ]
    connection.execute(
        update(CallOff)
        .where(col(CallOff.id) == bindparam("of"))
        .values(status=bindparam("status"), look_at=bindparam("look_at"), won_option=None, won_at=None)
        .execution_options(**_PLAIN),
        rows,
    )
    numbers = _numbers(session, [each.call_off.id for each in dropped])
    connection.execute(
        insert(CallOffEntry),
        [
            {
                "call_off_id": row["of"],
                "number": numbers[str(row["of"])] + 1,
                "status": row["status"],
                "by_organisation_id": principal.organisation_id,
                "reason": "call_off.replanned",
                "at": now,
            }
            for row in rows
        ],
    )
    session.expire_all()


_TO_CANCEL = [
    (col(SupplyOrder.step) == each.value, OrderStep.CANCEL.value) for each in (OrderStep.PLACE, OrderStep.FOLLOW)
]
"""One in doubt is cancelled once somebody knows of it."""

_PLAIN = {"synchronize_session": False}


def _with_other_ways(session: Session, call_off_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for chunk in dropping.chunks(call_off_ids):
        found.update(
            session.exec(
                select(CallOffOption.call_off_id).where(
                    col(CallOffOption.call_off_id).in_(chunk), col(CallOffOption.state).in_(_OTHERS)
                )
            ).all()
        )
    return found


def _numbers(session: Session, call_off_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in dropping.chunks(call_off_ids):
        found.update(
            session.exec(
                select(CallOffEntry.call_off_id, func.max(CallOffEntry.number))
                .where(col(CallOffEntry.call_off_id).in_(chunk))
                .group_by(col(CallOffEntry.call_off_id))
            ).all()
        )
    return found


def _tell(
    session: Session,
    clock: Clock,
    principal: Principal,
    pool: Pool,
    agreement: Agreement,
    row: ReplanRow,
    dropped: Sequence[Holding],
) -> None:
    """Each nation its own call-offs, and the pool's lead; nobody else's."""
    span = Span(agreement.bucket)
    mine: dict[str, list[str]] = defaultdict(list)
    for each in dropped:
        mine[each.call_off.organisation_id].append(each.call_off.id)
    for organisation_id, ids in sorted(mine.items()):
        marking_id = markings.among(session, organisation_id, {pool.lead_organisation_id})
        for start in range(0, len(ids), _TOLD_AT_ONCE):
            payload = {
                "replan_id": row.id,
                "agreement_id": agreement.id,
                "cause": row.cause,
                "evidence_id": row.evidence_id,
                "first_slot": slot_text(span, row.capacities["first"]),
                "last_slot": slot_text(span, row.capacities["last"]),
                "left": None if row.capacities["left"] is None else units(row.capacities["left"]),
                "call_offs": sorted(ids)[start : start + _TOLD_AT_ONCE],
                "decided_by": {"name": row.authority_name, "office": row.authority_office},
            }
            log.append(session, clock, "capacity.replanned", agreement.id, payload, marking_id)
    audit.record(
        session,
        clock,
        principal,
        "capacity.replan",
        row.id,
        agreement=agreement.id,
        kept=row.kept,
        dropped=row.dropped,
        authority=row.authority_name,
        office=row.authority_office,
    )
