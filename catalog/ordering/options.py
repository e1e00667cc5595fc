"""Options: the ranked ways of a call-off, what each takes of the ledger, and how one is opened.

An option that is opened holds its capacity and has an order at its supplier. Nothing that a
supplier is told names the call-off, the rank or another option: the order stands for itself,
and its id is drawn where only this buyer and this supplier draw.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlmodel import Session, col

from catalog.capacity import ledger, limits
from catalog.capacity.ledger import Exhausted, Want
from catalog.capacity.rules import PARTS, Ask, Span, slots, units
from catalog.capacity.tables import ResourceKind
from catalog.framework.wants import LotLimits, by_year, of_agreement, of_lot
from catalog.ordering.excluding import exclusive_elsewhere, of_others
from catalog.ordering.standing import Fixed, Standing, usable
from catalog.ordering.tables import CallOff, CallOffKind, CallOffOption, OptionState, OrderStep, Purpose, SupplyOrder
from catalog.promise.access import PhaseTerms
from catalog.promise.agreements import terms_of
from catalog.promise.lifecycle import AgreementStatus
from catalog.promise.opened import opened as opened_of
from catalog.promise.tables import Agreement, Pool, PoolLot
from providers.lifecycle import Status
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.db import put
from space_hub.delivery import log
from space_hub.errors import Conflict
from space_hub.rng import Rng
from space_hub.trust import markings
from space_hub.trust.organisations import Organisation
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money, money
from space_hub.vocabulary.phases import Phase

_SECONDS = {Span.HOUR: 3600, Span.DAY: 86_400}


def price(span: Span, terms: PhaseTerms, kind: CallOffKind, window: Interval, parts: int) -> Decimal:
    """What so many parts of every slot come to: the unit price is for one unit of capacity over one day.

    From the archive the quantity is bought once, however long its delivery may take.
    """
    total = terms.price.amount * parts / PARTS
    if kind is not CallOffKind.ARCHIVE:
        first, last = _slots(span, window)
        total = total * (last - first + 1) * _SECONDS[span] / _SECONDS[Span.DAY]
    return Money(total, terms.price.currency).amount


def resources_of(
    session: Session, standing: Standing, terms: PhaseTerms, call_off: CallOff, option: CallOffOption
) -> list[Want]:
    """Everything that an option takes of the ledger when it is opened.

    What exists already takes no capacity, but quota and money. Civil and humanitarian use takes of the
    share kept for it too: so much of it is protected, and no more can be by being named so.
    """
    agreement = standing.agreement
    price = money(option.total_price, option.currency)
    first, last = _slots(standing.span, Interval(call_off.window_from, call_off.window_to))
    ask = Ask(first, last, option.parts_per_slot)
    if call_off.kind == CallOffKind.ARCHIVE.value:
        found, used = [], {call_off.window_from.year: option.parts_per_slot}
    else:
        found, used = (
            [_capacity(standing, ResourceKind.AGREEMENT, ask, standing.ceiling())],
            by_year(standing.span, ask),
        )
        share = int(terms.parts * terms.civil_floor)
        if call_off.purpose != Purpose.DEFENCE.value and share:
            found.append(_capacity(standing, ResourceKind.CIVIL, ask, share))
    found += of_agreement(agreement, price)
    return found + of_lot(session, standing.lot, call_off.organisation_id, used=used, price=price)


def _capacity(standing: Standing, kind: ResourceKind, ask: Ask, ceiling: int | Callable[[int], int]) -> Want:
    agreement = standing.agreement
    name = f"{agreement.id}/civil" if kind is ResourceKind.CIVIL else agreement.id
    return Want(name, kind, standing.span, agreement.unit, ask, ceiling)


def subject_of(call_off_id: str, rank: int) -> str:
    """The name by which an option holds what it holds."""
    return f"{call_off_id}/{rank}"


def open_option(session: Session, clock: Clock, rng: Rng, call_off: CallOff, rank: int) -> SupplyOrder:
    """Open a ready option later, in a transaction that goes on if it cannot be: it is then lost, and the
    Conflict says why (no capacity left, the notice too short by now, its agreement or supplier gone)."""
    option, standing = standing_of(session, clock, call_off, rank)
    if option.state != OptionState.READY.value:
        raise Conflict("call_off.option_not_ready", rank=rank, state=OptionState(option.state))
    try:
        still_usable(clock, call_off, standing)
        return _opened_nested(session, clock, rng, call_off, option, standing)
    except Exhausted as refusal:
        if ledger.expire(session, clock, refusal.want.resource):
            with suppress(Exhausted):
                return _opened_nested(session, clock, rng, call_off, option, standing)
        _lose(session, option)
        raise refusal.explain(session) from refusal
    except Conflict:
        _lose(session, option)
        raise


def _opened_nested(
    session: Session, clock: Clock, rng: Rng, call_off: CallOff, option: CallOffOption, standing: Standing
) -> SupplyOrder:
    with session.begin_nested():
        taking = taken(session, clock, rng, call_off, option, standing)
        put(session, *taking.note.rows)
        taking.mark(option)
        order, told = ordered(session, clock, rng, call_off, option, standing)
        put(session, order, told)
        ledger.count(session, clock, taking.wants)
    return order


def still_usable(clock: Clock, call_off: CallOff, standing: Standing) -> None:
    """Conflict with the reason why what was decided may not be asked of the supplier now."""
    window = Interval(call_off.window_from, call_off.window_to)
    usable(standing, CallOffKind(call_off.kind), Purpose(call_off.purpose), window, clock.now())


def standing_of(session: Session, clock: Clock, call_off: CallOff, rank: int) -> tuple[CallOffOption, Standing]:
    """An option with its agreement as it stands now, in the phase that was decided for it."""
    option, agreement, pool, lot, provider, nation, exclusive = session.execute(
        select(CallOffOption, Agreement, Pool, PoolLot, Provider, col(Organisation.nation), exclusive_elsewhere())
        .join(Agreement, col(Agreement.id) == col(CallOffOption.agreement_id))
        .join(Pool, col(Pool.id) == col(Agreement.pool_id))
        .join(PoolLot, col(PoolLot.id) == col(Agreement.lot_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .join(Organisation, col(Organisation.id) == call_off.organisation_id)
        .where(col(CallOffOption.call_off_id) == call_off.id, col(CallOffOption.rank) == rank)
        .with_for_update(read=True, key_share=True, of=(Agreement, PoolLot))
    ).one()
    terms = terms_of(session, agreement.id)
    openings = opened_of(session, agreement, terms, nation, call_off.area, clock.now())
    decided = Phase(option.phase)
    fixed = Fixed(agreement, pool, provider, terms)
    limited = LotLimits(lot.id, lot.unit, lot.ceiling, pool.currency)
    status = AgreementStatus(agreement.status)
    left = limits.of(session, agreement.id)
    kept = of_others(session, agreement) if exclusive else ()
    buyer = call_off.organisation_id
    return option, Standing(
        fixed, status, Status(provider.status), decided, terms[decided], openings, limited, buyer, left, kept
    )


def _lose(session: Session, option: CallOffOption) -> None:
    option.state = OptionState.LOST.value
    session.add(option)
    session.flush()


@dataclass(frozen=True, slots=True)
class Taking:
    """What an option takes; its rows are written before the option, and what is wanted is counted last."""

    wants: list[Want]
    note: ledger.Note

    def mark(self, option: CallOffOption) -> None:
        option.reservation_id = self.note.held.get(ResourceKind.AGREEMENT)
        option.civil_reservation_id = self.note.held.get(ResourceKind.CIVIL)
        option.quota_reservation_id = self.note.held.get(ResourceKind.QUOTA)


def taken(
    session: Session,
    clock: Clock,
    rng: Rng,
    call_off: CallOff,
    option: CallOffOption,
    standing: Standing,
    until: datetime | None = None,
) -> Taking:
    """What `option` takes, until that moment only where one is given."""
    if standing.terms is None:
        raise Conflict("call_off.phase_not_agreed", phase=Phase(standing.phase))
    wants = resources_of(session, standing, standing.terms, call_off, option)
    subject = subject_of(call_off.id, option.rank)
    noted = ledger.note(clock, rng, tenant=call_off.organisation_id, subject=subject, wants=wants, until=until)
    return Taking(wants, noted)


def ordered(
    session: Session, clock: Clock, rng: Rng, call_off: CallOff, option: CallOffOption, standing: Standing
) -> tuple[SupplyOrder, log.LogEntry]:
    """The order of an option whose capacity is taken, and what is said of it; the caller writes both."""
    option.state = OptionState.TRYING.value
    order = SupplyOrder(
        id=rng.scope(f"{call_off.organisation_id}/{standing.provider.id}", "order").id("ord"),
        call_off_id=call_off.id,
        rank=option.rank,
        provider_id=standing.provider.id,
        organisation_id=call_off.organisation_id,
        step=OrderStep.PLACE.value,
        due_at_wall=clock.wall(),
        created_at=clock.now(),
    )
    return order, _told(session, clock, call_off, option, order, standing)


def _slots(span: Span, window: Interval) -> tuple[int, int]:
    if window.stop is None:
        raise ValueError(f"a window without an end has no last slot: {window}")
    return slots(span, window.start, window.stop)


def _told(
    session: Session, clock: Clock, call_off: CallOff, option: CallOffOption, order: SupplyOrder, standing: Standing
) -> log.LogEntry:
    """One entry for the buyer, the pool's lead and the supplier, with what the supplier may know of it."""
    agreement = standing.agreement
    payload = {
        "order_id": order.id,
        "organisation_id": order.organisation_id,
        "agreement_id": agreement.id,
        "pool_id": standing.pool.id,
        "provider_id": standing.provider.id,
        "offering_id": agreement.offering_id,
        "kind": call_off.kind,
        "quantity": units(option.parts_per_slot),
        "unit": agreement.unit,
        "slot": agreement.bucket,
        "window_from": log.rfc3339(call_off.window_from),
        "window_to": log.rfc3339(call_off.window_to),
        "phase": option.phase,
        "priority": option.priority,
        "total_price": option.total_price,
        "currency": option.currency,
        "decided_by": {"name": call_off.authority_name, "office": call_off.authority_office},
    }
    readers = {standing.pool.lead_organisation_id, standing.provider.organisation_id}
    marking_id = markings.among(session, call_off.organisation_id, readers)
    return log.entry(clock, "order.placed", order.id, payload, marking_id)
