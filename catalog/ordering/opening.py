"""Opens one option of a call-off: its capacity is committed and its order made, in the caller's transaction."""

from sqlmodel import Session

from catalog.capacity import ledger
from catalog.capacity.rules import Ask, Span, slots
from catalog.ordering.tables import CallOff, CallOffOption, OptionState, SupplyOrder
from catalog.promise.agreements import value
from catalog.promise.tables import Agreement, AgreementTerms
from space_hub.clock import Clock
from space_hub.rng import Rng


def open_option(session: Session, clock: Clock, rng: Rng, call_off: CallOff, rank: int) -> SupplyOrder:
    """Raises Conflict when there is not enough left."""
    option = session.get_one(CallOffOption, (call_off.id, rank))
    agreement = session.get_one(Agreement, option.agreement_id)
    terms = value(session.get_one(AgreementTerms, (option.agreement_id, option.phase)))
    first, last = slots(Span.DAY, call_off.window_from, call_off.window_to)
    held = ledger.take(
        session,
        clock,
        rng,
        tenant=call_off.organisation_id,
        resource=agreement.id,
        ask=Ask(first, last, option.parts_per_slot),
        ceiling=terms.parts,
        subject=f"{call_off.id}/{rank}",
    )
    option.reservation_id, option.state = held.id, OptionState.TRYING.value
    order = SupplyOrder(
        id=rng.scope(f"{call_off.organisation_id}/{agreement.provider_id}", "order").id("ord"),
        call_off_id=call_off.id,
        rank=rank,
        provider_id=agreement.provider_id,
        organisation_id=call_off.organisation_id,
        step="place",
        due_at_wall=clock.wall(),
        created_at=clock.now(),
    )
    session.add_all([option, order])
    session.flush()
    return order
