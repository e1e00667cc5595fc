"""Holds: capacity that is kept for a stated time and then confirmed, or free again to the second.

A hold takes what the call-off would take, by the same statement and under the same constraint.
Nothing is ordered before it is confirmed. Whoever finds no capacity ends the holds that are over
before being refused (`ledger.Exhausted.mend`); `sweep` only tidies up for those who look.
"""

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.capacity import ledger
from catalog.ordering import call_offs, options
from catalog.ordering.tables import CallOff
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import CallOffStatus
from space_hub.clock import Clock
from space_hub.db import Database, put
from space_hub.errors import Conflict, Forbidden
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB_ID, Principal


def confirm(
    session: Session, clock: Clock, rng: Rng, principal: Principal, call_off_id: str, authority: Authority
) -> CallOff:
    """Make a hold firm and order what it holds; Conflict `capacity.hold_expired` from its last second on."""
    call_off = _locked(session, principal, call_off_id)
    if call_off.status != CallOffStatus.HELD.value:
        raise Conflict("call_off.not_held", status=CallOffStatus(call_off.status))
    ledger.confirm(session, clock, options.subject_of(call_off.id, call_offs.FIRST))
    option, standing = options.standing_of(session, clock, call_off, call_offs.FIRST)
    options.still_usable(clock, call_off, standing)
    ordered = options.ordered(session, clock, rng, call_off, option, standing)
    call_off.status = CallOffStatus.ACTIVE.value
    call_off.look_at = None if call_off.policy is None else clock.now()
    session.add_all([option, call_off])
    session.flush()
    put(session, *ordered)
    call_offs.enter(session, clock, principal.organisation_id, call_off, authority)
    audit.record(
        session, clock, principal, "call_off.confirm", call_off.id, authority=authority.name, office=authority.office
    )
    return call_off


def sweep(database: Database, clock: Clock, rng: Rng) -> int:
    """End the holds that are over, with their call-offs; how many call-offs ended."""
    with database.read() as session:
        due = session.exec(_over(clock)).all()
    for call_off_id in due:
        with database.write() as session:
            call_off = session.exec(_over(clock).where(CallOff.id == call_off_id).with_for_update()).first()
            if call_off is not None:
                _end(session, clock, call_off_id)
    return len(due)


def _over(clock: Clock) -> SelectOfScalar[str]:
    return select(CallOff.id).where(CallOff.status == CallOffStatus.HELD.value, col(CallOff.look_at) <= clock.now())


def _end(session: Session, clock: Clock, call_off_id: str) -> None:
    ledger.expire(session, clock)
    call_off = session.get_one(CallOff, call_off_id)
    call_off.status, call_off.look_at = CallOffStatus.CANCELLED.value, None
    session.add(call_off)
    call_offs.enter(session, clock, HUB_ID, call_off, reason="call_off.hold_over")
    session.flush()


def _locked(session: Session, principal: Principal, call_off_id: str) -> CallOff:
    call_offs.get(session, principal, call_off_id)
    call_off = session.exec(select(CallOff).where(CallOff.id == call_off_id).with_for_update()).one()
    if call_off.organisation_id != principal.organisation_id:
        raise Forbidden("call_off.not_yours", call_off_id=call_off_id)
    return call_off
