"""Call-offs: a nation uses what its pool is assured, decided by a named contracting authority.

A call-off has ranked options, each an agreement and a quantity. All are written down; the first
(or as many as the policy races) are opened in the same transaction, with their capacity, their
orders, the audit row and the log entries. Nobody outside is called here: `catalog.ordering.orders`
places the orders afterwards, and a fallback opens the options that are left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.capacity.ledger import Want
from catalog.capacity.rules import units
from catalog.ordering import options, policies
from catalog.ordering.fallback import MOST_OPTIONS, Policy
from catalog.ordering.standing import Standing, in_force, usable
from catalog.ordering.tables import (
    CallOff,
    CallOffEntry,
    CallOffKind,
    CallOffMethod,
    CallOffOption,
    OptionState,
    Purpose,
    SupplyOrder,
)
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import OPEN, CallOffStatus
from catalog.promise.tables import Pool
from space_hub.clock import Clock
from space_hub.db import put
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money

LONGEST = timedelta(days=366)

LONGEST_HOLD = timedelta(hours=1)

FIRST = 1
"""Rank of the option that is tried first."""

MakeRoom = Callable[[CallOff, CallOffOption, Standing, Sequence[Want]], None]

_HOLDING = (OptionState.READY, OptionState.TRYING, OptionState.WON, OptionState.DOUBT)


@dataclass(frozen=True, slots=True)
class CallOffAsk:
    """What is wanted, and the ways to it by rank: an agreement and so many parts of each slot of the window.

    A slot is a UTC day, or an hour where the agreement counts hours; from the archive the parts are wanted once.
    """

    options: tuple[tuple[str, int], ...]
    window: Interval
    kind: CallOffKind = CallOffKind.TASKING
    purpose: Purpose = Purpose.DEFENCE
    policy: Policy | None = None
    area: Any = None
    parameters: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    hold: timedelta | None = None
    """So long is the capacity kept and nothing ordered, unless it is confirmed."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A call-off with its options by rank, and the orders of those that are open."""

    call_off: CallOff
    options: Sequence[CallOffOption]
    orders: Sequence[SupplyOrder]


def place(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    ask: CallOffAsk,
    authority: Authority,
    *,
    competition_id: str | None = None,
    quoted: Mapping[str, Money] | None = None,
    make_room: MakeRoom | None = None,
) -> Placed:
    """Write the call-off and open its first options; `quoted` is a total by agreement that stands for its terms'.

    `make_room` is called before what one option takes is counted, with its agreement locked for this call-off alone.

    With one option `ledger.Exhausted` ends the transaction when the capacity is not there; with several the next
    is opened in its place, and the last refusal is raised only when none can be.
    """
    now = clock.now()
    stop = _checked(ask)
    held_until = None if ask.hold is None else now + ask.hold
    standings = in_force(
        session, clock, principal, ask.area, [each for each, _ in ask.options], alone=make_room is not None
    )
    if len({each.pool.id for each in standings}) > 1:
        raise Invalid("call_off.pools_differ", count=len({each.pool.id for each in standings}))
    call_off = CallOff(
        id=rng.scope(principal.organisation_id, "call_off").id("cal"),
        pool_id=standings[0].pool.id,
        organisation_id=principal.organisation_id,
        kind=ask.kind.value,
        method=(CallOffMethod.COMPETITION if competition_id else CallOffMethod.DIRECT).value,
        competition_id=competition_id,
        purpose=ask.purpose.value,
        policy=None if ask.policy is None else policies.kept(ask.policy),
        parts_per_day=ask.options[0][1],
        window_from=ask.window.start,
        window_to=stop,
        authority_name=authority.name,
        authority_office=authority.office,
        parameters=ask.parameters,
        area=ask.area,
        status=(CallOffStatus.HELD if held_until else CallOffStatus.ACTIVE).value,
        look_at=held_until or (None if len(ask.options) == 1 and ask.policy is None else now),
        created_at=now,
    )
    ranked = []
    for rank, (standing, (_, parts)) in enumerate(zip(standings, ask.options, strict=True), FIRST):
        terms = usable(standing, ask.kind, ask.purpose, ask.window, now)
        total = options.price(standing.span, terms, ask.kind, ask.window, parts)
        unit, currency = terms.price.amount, terms.price.currency
        if quoted is not None and (said := quoted.get(standing.agreement.id)) is not None:
            unit = (unit * said.amount / total).quantize(Decimal("1e-6")) if total else unit
            total, currency = said.amount, said.currency
        ranked.append(
            CallOffOption(
                call_off_id=call_off.id,
                rank=rank,
                agreement_id=standing.agreement.id,
                parts_per_slot=parts,
                phase=standing.phase.value,
                unit_price=f"{unit:f}",
                currency=currency,
                total_price=f"{total.normalize():f}",
                priority=terms.priority,
                state=OptionState.READY.value,
            )
        )
    _check_policy(ask, ranked, clock)
    decided = [call_off, _entry(clock, principal.organisation_id, call_off, 1, authority, ask.reason)]
    told = _told(session, clock, principal, call_off, ranked, standings)
    if len(ranked) > 1:
        put(session, *decided, *ranked, *told)
        return _open_some(session, clock, rng, call_off, ranked)
    (option,) = ranked
    taking = options.taken(session, clock, rng, call_off, option, standings[0], held_until)
    taking.mark(option)
    ordered = [] if held_until else [options.ordered(session, clock, rng, call_off, option, standings[0])]
    orders, entries = [order for order, _ in ordered], [entry for _, entry in ordered]
    put(session, *decided, *taking.note.rows, option, *orders, *told, *entries)
    if make_room is not None:
        make_room(call_off, option, standings[0], taking.wants)
    ledger.count(session, clock, taking.wants)
    return Placed(call_off, ranked, orders)


def _checked(ask: CallOffAsk) -> datetime:
    """The end of a window that can be asked for, by ranked options that differ."""
    agreements = [each for each, _ in ask.options]
    if not 1 <= len(agreements) <= MOST_OPTIONS:
        raise Invalid("call_off.options_wrong", count=len(agreements), most=MOST_OPTIONS)
    if len(set(agreements)) < len(agreements):
        raise Invalid("call_off.agreement_twice")
    stop = ask.window.stop
    if stop is None or stop - ask.window.start > LONGEST:
        raise Invalid("call_off.window_wrong", days=LONGEST.days)
    if ask.hold is not None and (len(agreements) > 1 or not timedelta(0) < ask.hold <= LONGEST_HOLD):
        raise Invalid("call_off.hold_wrong", most=int(LONGEST_HOLD.total_seconds()))
    if ask.hold is not None and ask.kind is CallOffKind.ARCHIVE:
        raise Invalid("call_off.hold_of_archive")
    if ask.area is not None:
        check_geometry(ask.area)
    return stop


def _check_policy(ask: CallOffAsk, ranked: Sequence[CallOffOption], clock: Clock) -> None:
    currencies = {each.currency for each in ranked}
    if ask.policy is not None:
        currencies.add(ask.policy.most_fees.currency)
        if ask.policy.give_up_after <= clock.now():
            raise Invalid("call_off.given_up_at_once", given=log.rfc3339(ask.policy.give_up_after))
    if len(currencies) > 1:
        raise Invalid("fallback.currencies_differ", given=", ".join(sorted(currencies)))


def _open_some(session: Session, clock: Clock, rng: Rng, call_off: CallOff, ranked: Sequence[CallOffOption]) -> Placed:
    """Open options by rank until as many are open as the policy lets be tried at once."""
    width = policies.policy_of(call_off, ranked[0].currency).width
    opened: list[SupplyOrder] = []
    refusal: Conflict | None = None
    for option in ranked:
        if len(opened) == width:
            break
        try:
            opened.append(options.open_option(session, clock, rng, call_off, option.rank))
        except Conflict as error:
            refusal = error
    if refusal is not None and not opened:
        raise refusal
    return Placed(call_off, options_of(session, call_off.id), opened)


def enter(
    session: Session,
    clock: Clock,
    organisation_id: str,
    call_off: CallOff,
    authority: Authority | None = None,
    reason: str = "",
) -> None:
    """A history row with the status that the call-off has now."""
    last = session.exec(select(func.max(CallOffEntry.number)).where(CallOffEntry.call_off_id == call_off.id)).one()
    put(session, _entry(clock, organisation_id, call_off, (last or 0) + 1, authority, reason))


def _entry(
    clock: Clock,
    organisation_id: str,
    call_off: CallOff,
    number: int,
    authority: Authority | None,
    reason: str = "",
) -> CallOffEntry:
    return CallOffEntry(
        call_off_id=call_off.id,
        number=number,
        status=call_off.status,
        by_organisation_id=organisation_id,
        authority_name="" if authority is None else authority.name,
        authority_office="" if authority is None else authority.office,
        reason=reason,
        at=clock.now(),
    )


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own, and those of the pools one leads. No other member's; suppliers see their orders instead."""
    me = principal.organisation_id
    led = sa_select(col(Pool.id)).where(col(Pool.lead_organisation_id) == me)
    return or_(col(CallOff.organisation_id) == me, col(CallOff.pool_id).in_(led))


def get(session: Session, principal: Principal, call_off_id: str) -> CallOff:
    found = session.exec(select(CallOff).where(CallOff.id == call_off_id, visible(principal))).first()
    if found is None:
        raise NotFound("call_off.unknown", call_off_id=call_off_id)
    return found


def history(session: Session, call_off_id: str) -> Sequence[CallOffEntry]:
    return session.exec(
        select(CallOffEntry).where(CallOffEntry.call_off_id == call_off_id).order_by(col(CallOffEntry.number))
    ).all()


def options_of(session: Session, call_off_id: str) -> Sequence[CallOffOption]:
    """By rank."""
    return session.exec(
        select(CallOffOption).where(CallOffOption.call_off_id == call_off_id).order_by(col(CallOffOption.rank))
    ).all()


def orders_of(session: Session, call_off_id: str) -> Sequence[SupplyOrder]:
    """Those of the options that were opened, by rank."""
    return session.exec(
        select(SupplyOrder).where(SupplyOrder.call_off_id == call_off_id).order_by(col(SupplyOrder.rank))
    ).all()


def open_on(session: Session, agreement_ids: Sequence[str]) -> Sequence[CallOff]:
    """Call-offs that still run and may yet be served by one of these agreements."""
    held = sa_select(col(CallOffOption.call_off_id)).where(
        col(CallOffOption.agreement_id).in_(agreement_ids),
        col(CallOffOption.state).in_([each.value for each in _HOLDING]),
    )
    return session.exec(
        select(CallOff)
        .where(col(CallOff.id).in_(held), col(CallOff.status).in_([each.value for each in OPEN]))
        .order_by(col(CallOff.id))
    ).all()


def _told(
    session: Session,
    clock: Clock,
    principal: Principal,
    call_off: CallOff,
    ranked: Sequence[CallOffOption],
    standings: Sequence[Standing],
) -> tuple[audit.AuditEntry, log.LogEntry]:
    """Audit, and an entry for the buyer and the pool's lead: suppliers hear of their own order alone."""
    ways = [
        {
            "rank": option.rank,
            "agreement_id": option.agreement_id,
            "provider_id": standing.provider.id,
            "offering_id": standing.agreement.offering_id,
            "quantity": units(option.parts_per_slot),
            "unit": standing.agreement.unit,
            "slot": standing.agreement.bucket,
            "phase": option.phase,
            "priority": option.priority,
            "total_price": option.total_price,
            "currency": option.currency,
        }
        for option, standing in zip(ranked, standings, strict=True)
    ]
    done = audit.entry(
        clock,
        principal,
        "call_off.place",
        call_off.id,
        kind=call_off.kind,
        purpose=call_off.purpose,
        options=[{key: way[key] for key in ("agreement_id", "quantity", "phase")} for way in ways],
        authority=call_off.authority_name,
        office=call_off.authority_office,
    )
    payload = {
        "call_off_id": call_off.id,
        "pool_id": call_off.pool_id,
        "status": call_off.status,
        "held_until": log.rfc3339(call_off.look_at)
        if call_off.look_at and call_off.status == CallOffStatus.HELD.value
        else None,
        "kind": call_off.kind,
        "purpose": call_off.purpose,
        "window_from": log.rfc3339(call_off.window_from),
        "window_to": log.rfc3339(call_off.window_to),
        "options": ways,
        "decided_by": {"name": call_off.authority_name, "office": call_off.authority_office},
    }
    marking_id = markings.among(session, call_off.organisation_id, {standings[0].pool.lead_organisation_id})
    return done, log.entry(clock, "call_off.placed", call_off.id, payload, marking_id)
