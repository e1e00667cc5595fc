"""Adds an option to a call-off that runs, or that lost all it had and waits to be given up."""

from sqlmodel import Session, col, func, select

from catalog.ordering import call_offs, options, trying
from catalog.ordering.fallback import MOST_OPTIONS
from catalog.ordering.standing import in_force, usable
from catalog.ordering.tables import CallOff, CallOffKind, CallOffOption, OptionState, Purpose
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import CallOffStatus
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, Invalid
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.vocabulary.interval import Interval


def add_option(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    call_off_id: str,
    agreement_id: str,
    parts: int,
    authority: Authority,
) -> CallOff:
    """The last rank, at the terms of now; it is tried when its turn comes, which may be at once."""
    call_off = trying.locked(session, call_offs.get(session, principal, call_off_id).id)
    if call_off.organisation_id != principal.organisation_id:
        raise Forbidden("call_off.not_yours", call_off_id=call_off_id)
    if CallOffStatus(call_off.status) not in (CallOffStatus.ACTIVE, CallOffStatus.WAITING):
        raise Conflict("call_off.not_active", status=CallOffStatus(call_off.status))
    rows = call_offs.options_of(session, call_off.id)
    if len(rows) == MOST_OPTIONS:
        raise Invalid("call_off.options_wrong", count=len(rows) + 1, most=MOST_OPTIONS)
    if agreement_id in [each.agreement_id for each in rows]:
        raise Invalid("call_off.agreement_twice")
    (standing,) = in_force(session, clock, principal, call_off.area, [agreement_id])
    if standing.pool.id != call_off.pool_id:
        raise Invalid("call_off.pools_differ", count=2)
    kind, window = CallOffKind(call_off.kind), Interval(call_off.window_from, call_off.window_to)
    terms = usable(standing, kind, Purpose(call_off.purpose), window, clock.now())
    if terms.price.currency != rows[0].currency:
        given = ", ".join(sorted({terms.price.currency, rows[0].currency}))
        raise Invalid("fallback.currencies_differ", given=given)
    total = options.price(standing.span, terms, kind, window, parts)
    last = session.exec(select(func.max(CallOffOption.rank)).where(col(CallOffOption.call_off_id) == call_off.id)).one()
    session.add(
        CallOffOption(
            call_off_id=call_off.id,
            rank=(last or 0) + 1,
            agreement_id=agreement_id,
            parts_per_slot=parts,
            phase=standing.phase.value,
            unit_price=f"{terms.price.amount:f}",
            currency=terms.price.currency,
            total_price=f"{total.normalize():f}",
            priority=terms.priority,
            state=OptionState.READY.value,
        )
    )
    audit.record(
        session,
        clock,
        principal,
        "call_off.add_option",
        call_off.id,
        agreement=agreement_id,
        authority=authority.name,
        office=authority.office,
    )
    session.flush()
    trying.look(session, clock, rng, call_off)
    return call_off
