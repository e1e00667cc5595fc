"""What each side does to an activation, one transaction a step.

The hub knows the side by the organisation and the authority by its name. Whoever may not
read an activation meets one that does not exist; whose step it is not is told whose it is.
"""

from sqlmodel import Session, select

from catalog.activation import evidence
from catalog.activation.rules import Act, Activation, Person, step
from catalog.activation.service import book, requests, standing, telling
from catalog.activation.service.book import Parties
from catalog.activation.states import FINAL, TABLE, Event, Side, State
from catalog.activation.tables import ActivationRow
from catalog.exercise import running
from catalog.promise.authority import Authority
from catalog.promise.tables import Agreement
from space_hub.clock import Clock
from space_hub.errors import Invalid
from space_hub.rng import Rng
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal


def approve(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    activation_id: str,
    *,
    parts: int,
    authority: Authority,
) -> ActivationRow:
    """One of two persons of the lead's authority approves; with the second the supplier has notice."""
    return _take(session, clock, rng, principal, activation_id, Event.APPROVE, parts, authority=authority)


def reject(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    activation_id: str,
    *,
    reason: str,
    authority: Authority,
) -> ActivationRow:
    """The authority refuses the request; no supplier ever hears of it."""
    return _take(session, clock, rng, principal, activation_id, Event.REJECT, reason=reason, authority=authority)


def withdraw(
    session: Session, clock: Clock, rng: Rng, principal: Principal, activation_id: str, *, reason: str = ""
) -> ActivationRow:
    """The asker steps back while there is no notice yet."""
    return _take(session, clock, rng, principal, activation_id, Event.WITHDRAW, reason=reason)


def acknowledge(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    activation_id: str,
    *,
    parts: int,
    reason: str = "",
) -> ActivationRow:
    """The supplier accepts; fewer parts than were approved are a refusal in part, which needs a reason."""
    return _take(session, clock, rng, principal, activation_id, Event.ACKNOWLEDGE, parts, reason)


def refuse(
    session: Session, clock: Clock, rng: Rng, principal: Principal, activation_id: str, *, reason: str
) -> ActivationRow:
    """The supplier breaks its promise, with a reason; the group's reserves are asked for what it leaves."""
    return _take(session, clock, rng, principal, activation_id, Event.REFUSE, reason=reason)


def report(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    activation_id: str,
    event: Event,
    *,
    parts: int | None = None,
    reason: str = "",
) -> ActivationRow:
    """What is there now: `ramp` and `reach` by the supplier, `fall_short` by whoever measured it."""
    if event not in REPORTS:
        raise Invalid("activation.no_report", given=event, expected=REPORTS)
    return _take(session, clock, rng, principal, activation_id, event, parts, reason)


REPORTS = (Event.RAMP, Event.REACH, Event.FALL_SHORT)


def stand_down(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    activation_id: str,
    *,
    reason: str = "",
    authority: Authority,
) -> ActivationRow:
    """The buyer needs it no longer, by a named authority; what it showed of the supplier is noted."""
    return _take(session, clock, rng, principal, activation_id, Event.STAND_DOWN, reason=reason, authority=authority)


def _take(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    activation_id: str,
    event: Event,
    parts: int | None = None,
    reason: str = "",
    authority: Authority | None = None,
) -> ActivationRow:
    standing.get(session, principal, activation_id)
    running.require(session, clock, principal)
    # Read anew under the lock: what stood before it may be of another step.
    held = select(ActivationRow).where(ActivationRow.id == activation_id).with_for_update()
    row = session.exec(held.execution_options(populate_existing=True)).one()
    parties = book.parties(session, row)
    before = book.read(session, row)
    person = Person(principal.key_id, "" if authority is None else authority.name)
    after = step(before, Act(event, _side(principal, parties, event), clock.now(), person, parts, reason))
    if event is Event.APPROVE:
        _in_force(session, clock, row)
    added = book.write(session, clock, principal, row, before, after, authority)
    telling.tell(session, clock, principal, row, parties, after, added)
    if after.state in FINAL:
        _ended(session, clock, rng, row, parties, after)
    session.flush()
    return row


def _in_force(session: Session, clock: Clock, row: ActivationRow) -> None:
    agreement = session.exec(select(Agreement).where(Agreement.id == row.agreement_id).with_for_update(read=True)).one()
    hindered = requests.out_of_force(clock, agreement)
    if hindered is not None:
        raise hindered


def _ended(
    session: Session, clock: Clock, rng: Rng, row: ActivationRow, parties: Parties, activation: Activation
) -> None:
    if activation.state is State.REFUSED and row.group_id is not None:
        requests.ask_next(session, clock, rng, row, parties, activation.approved or 0)
    if row.mode == REAL:
        evidence.of_activation(session, clock, rng, row, parties.agreement, parties.provider, activation)


def _side(principal: Principal, parties: Parties, event: Event) -> Side:
    """The side of the principal that the event belongs to; its first one where the event is none of its own.

    One organisation may be on several sides: a nation that leads a pool may supply it too.
    """
    me, sides = principal.organisation_id, []
    if me == parties.pool.lead_organisation_id:
        sides.append(Side.AUTHORITY)
    if me in parties.buyers:
        sides.append(Side.BUYER)
    if me == parties.provider.organisation_id:
        sides.append(Side.SUPPLIER)
    whose = frozenset[Side]().union(*(by for (_, each), (_, by) in TABLE.items() if each is event))
    return next((side for side in sides if side in whose), sides[0])
