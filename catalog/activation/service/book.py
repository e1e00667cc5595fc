"""An activation between its rows and the value that the rules judge: read whole, written by what was added.

The first row of a history is the request, which the rules do not know: who asked,
and why. Every other row is an entry of `catalog.activation.rules`. What the row of
the activation itself repeats is for queries and follows from its entries.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from sqlmodel import Session, col, select

from catalog.activation.rules import Activation, Entry, Person, Promise, Ramp
from catalog.activation.states import Event, State
from catalog.activation.tables import ActivationEntry, ActivationRow
from catalog.promise.authority import Authority
from catalog.promise.tables import Agreement, AgreementTerms, Pool
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.trust.principal import HUB, Principal

REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom an activation concerns, beside what it rests on."""

    agreement: Agreement
    pool: Pool
    provider: Provider
    asker: ActivationEntry
    """The request: who made it, with which key."""

    @property
    def buyers(self) -> frozenset[str]:
        return frozenset({self.asker.by_organisation_id, self.pool.lead_organisation_id})


def parties(session: Session, row: ActivationRow) -> Parties:
    agreement, pool, provider, asker = session.exec(
        select(Agreement, Pool, Provider, ActivationEntry)
        .join(Pool, col(Pool.id) == col(Agreement.pool_id))
        .join(Provider, col(Provider.id) == col(Agreement.provider_id))
        .join(ActivationEntry, col(ActivationEntry.activation_id) == row.id)
        .where(Agreement.id == row.agreement_id, ActivationEntry.event == REQUEST)
    ).one()
    return Parties(agreement, pool, provider, asker)


def promise(terms: AgreementTerms) -> Promise:
    ramp = tuple(Ramp(timedelta(seconds=each["after_s"]), Fraction(str(each["share"]))) for each in terms.ramp)
    return Promise(timedelta(seconds=terms.acknowledge_s), timedelta(seconds=terms.notice_s), ramp)


def history(session: Session, activation_id: str) -> Sequence[ActivationEntry]:
    """Every row, the request first."""
    return session.exec(
        select(ActivationEntry)
        .where(ActivationEntry.activation_id == activation_id)
        .order_by(col(ActivationEntry.number))
    ).all()


def read(session: Session, row: ActivationRow) -> Activation:
    terms = session.get_one(AgreementTerms, (row.agreement_id, row.phase))
    entries = tuple(_entry(each) for each in history(session, row.id) if each.event != REQUEST)
    return Activation(promise(terms), row.requested_parts, entries)


def _entry(row: ActivationEntry) -> Entry:
    return Entry(
        event=Event(row.event),
        state=State(row.state),
        at=row.at,
        person=Person(row.by_key_id, row.authority_name) if row.event != Event.MISS.value else None,
        parts=row.parts,
        reason=row.reason,
        clock=row.clock,
        due_at=row.due_at,
        late=None if row.late_s is None else timedelta(seconds=row.late_s),
    )


def write(
    session: Session,
    clock: Clock,
    principal: Principal,
    row: ActivationRow,
    before: Activation,
    after: Activation,
    authority: Authority | None = None,
) -> list[ActivationEntry]:
    """The rows of what `after` has more than `before`, and what the activation's own row repeats."""
    known = len(before.entries) + 1
    added = [
        _row(principal, row.id, number, entry, authority)
        for number, entry in enumerate(after.entries[len(before.entries) :], known + 1)
    ]
    session.add_all(added)
    coming = after.next_clock(clock.now())
    row.state = after.state.value
    row.approved_parts = after.approved
    row.accepted_parts = after.accepted
    row.available_parts = after.available
    row.notified_at = next((entry.at for entry in after.entries if entry.state is State.NOTIFIED), None)
    row.next_clock = None if coming is None else coming.name
    row.next_due_at = None if coming is None else coming.due_at
    row.missed = [
        {"clock": entry.clock, "due_at": entry.at.isoformat(), "parts": entry.parts} for entry in after.missed
    ]
    session.add(row)
    session.flush()
    return added


def _row(
    principal: Principal, activation_id: str, number: int, entry: Entry, authority: Authority | None
) -> ActivationEntry:
    by, name = (HUB, None) if entry.person is None else (principal, authority)
    return ActivationEntry(
        activation_id=activation_id,
        number=number,
        event=entry.event.value,
        state=entry.state.value,
        clock=entry.clock,
        due_at=entry.due_at,
        late_s=None if entry.late is None else math.ceil(entry.late.total_seconds()),
        parts=entry.parts,
        reason=entry.reason,
        by_organisation_id=by.organisation_id,
        by_key_id=by.key_id,
        authority_name="" if name is None else name.name,
        authority_office="" if name is None else name.office,
        at=entry.at,
    )
