"""Who is told of an activation, and what: the asking nation, the pool's lead and that one supplier.

The supplier learns of it with the notice, at which its clocks start, and not while
nations still weigh it. What it is told names its own agreement alone: neither a group
nor another supplier, nor how much more had been wanted.
"""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from catalog.activation.rules import Activation
from catalog.activation.service.book import Parties
from catalog.activation.states import Event
from catalog.activation.tables import ActivationEntry, ActivationRow
from catalog.capacity.rules import units
from catalog.promise.tables import AgreementTerms
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.trust import audit, markings
from space_hub.trust.labels import Marking, rehearse
from space_hub.trust.principal import HUB, Principal


def marking(session: Session, mode: str, asker: str, lead: str, supplier: str | None) -> str:
    """The asking nation and the lead; the supplier once it was notified."""
    readers = {lead} | ({supplier} if supplier else set())
    return markings.ensure(session, rehearse(Marking(owner=asker, organisations=frozenset(readers - {asker})), mode))


def tell(
    session: Session,
    clock: Clock,
    principal: Principal,
    row: ActivationRow,
    parties: Parties,
    activation: Activation,
    added: Iterable[ActivationEntry],
) -> None:
    """A message and an audit row for each entry. A miss is told as of the second that was missed."""
    asker, lead = parties.asker.by_organisation_id, parties.pool.lead_organisation_id
    supplier = parties.provider.organisation_id if row.notified_at is not None else None
    row.marking_id = marking(session, row.mode, asker, lead, supplier)
    for entry in added:
        missed = entry.event == Event.MISS.value
        topic = "activation.late" if missed else "activation.changed"
        said = _payload(session, row, parties, activation, entry)
        log.append(session, clock, topic, row.id, said, row.marking_id, mode=row.mode).at = entry.at
        who = {"authority": entry.authority_name, "office": entry.authority_office} if entry.authority_name else {}
        by = HUB if missed else principal
        audit.record(
            session, clock, by, f"activation.{entry.event}", row.id, agreement=row.agreement_id, mode=row.mode, **who
        )


def _payload(
    session: Session, row: ActivationRow, parties: Parties, activation: Activation, entry: ActivationEntry
) -> dict[str, Any]:
    decided = {"name": entry.authority_name, "office": entry.authority_office} if entry.authority_name else None
    said: dict[str, Any] = {
        "activation_id": row.id,
        "agreement_id": row.agreement_id,
        "offering_id": parties.agreement.offering_id,
        "pool_id": parties.pool.id,
        "provider_id": parties.provider.id,
        "phase": row.phase,
        "unit": parties.agreement.unit,
        "number": entry.number,
        "event": entry.event,
        "state": entry.state,
        "quantity": None if entry.parts is None else units(entry.parts),
        "reason": entry.reason,
        "clock": entry.clock,
        "due_at": None if entry.due_at is None else log.rfc3339(entry.due_at),
        "late_s": entry.late_s,
        "decided_by": decided,
        "at": log.rfc3339(entry.at),
    }
    if row.notified_at == entry.at and entry.event == Event.APPROVE.value:
        terms = session.get_one(AgreementTerms, (row.agreement_id, row.phase))
        said["deny_others"] = terms.deny_others
    if entry.event in (Event.APPROVE.value, Event.ACKNOWLEDGE.value):
        said["clocks"] = [
            {"clock": each.name, "due_at": log.rfc3339(each.due_at), "quantity": units(each.parts)}
            for each in activation.clocks
        ]
    return said
