"""What is told of a lot: that it is published, who came and went as numbers, and what was agreed in it."""

from typing import Any

from sqlmodel import Session, col, select

from catalog.framework.states import AgreementOrigin, SupplierEvent, SupplierState
from catalog.framework.tables import AwardReuse, PoolSupplier, PoolSupplierEntry
from catalog.ocds.mapping import Event
from catalog.ocds.occasions import LANGUAGE, Occasion, agreement_facts, amount, ocid, organisation, sentence
from catalog.promise.lifecycle import AgreementEvent
from catalog.promise.tables import Agreement, AgreementEntry, Pool, PoolLot
from space_hub.delivery.log import LogEntry

_IN = (SupplierState.ADMITTED, SupplierState.SUSPENDED)


def read(session: Session, prefix: str, lot_id: str) -> list[Occasion]:
    """Every occasion of the process of a lot, in the order in which it happened; none for an unknown one."""
    lot = session.get(PoolLot, lot_id)
    if lot is None:
        return []
    pool = session.get_one(Pool, lot.pool_id)
    facts: dict[str, Any] = {
        "ocid": ocid(prefix, lot.id),
        "language": LANGUAGE,
        "buyer": organisation(session, pool.lead_organisation_id),
    }
    tender = _tender(pool, lot)
    published = session.exec(
        select(LogEntry.at).where(LogEntry.topic == "lot.published", LogEntry.subject == lot.id)
    ).first()
    first = Occasion(
        f"{lot.id}/published", Event.LOT_PUBLISHED, published or pool.created_at, {**facts, "tender": tender}
    )
    found = [
        *_admissions(session, lot, facts, tender),
        *_reuses(session, lot, facts, tender),
        *_agreements(session, lot, facts),
    ]
    return [first, *sorted(found, key=lambda each: each.at)]


def _tender(pool: Pool, lot: PoolLot) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": lot.id,
        "title": lot.title_en,
        "method": "selective",
        "submission": sentence("ocds.submission", days=pool.admission_days),
    }
    if pool.period_from is not None:
        made["opens_at"] = pool.period_from
    if pool.period_to is not None:
        made["closes_at"] = pool.period_to
    if lot.ceiling is not None and pool.currency is not None:
        made["value"] = amount(lot.ceiling, pool.currency)
    return made


def _admissions(session: Session, lot: PoolLot, facts: dict[str, Any], tender: dict[str, Any]) -> list[Occasion]:
    """How many are admitted and how many were refused after each step that changed it; never who."""
    entries = session.exec(
        select(PoolSupplierEntry)
        .join(PoolSupplier, col(PoolSupplier.id) == col(PoolSupplierEntry.pool_supplier_id))
        .where(PoolSupplier.lot_id == lot.id)
        .order_by(col(PoolSupplierEntry.at), col(PoolSupplierEntry.pool_supplier_id), col(PoolSupplierEntry.number))
    ).all()
    states: dict[str, str] = {}
    refused, found = 0, []
    for entry in entries:
        was_in = states.get(entry.pool_supplier_id) in _IN
        states[entry.pool_supplier_id] = entry.state
        refused += entry.event == SupplierEvent.REFUSE
        if was_in == (entry.state in _IN) and entry.event != SupplierEvent.REFUSE:
            continue
        admitted = sum(each in _IN for each in states.values())
        change = sentence("ocds.suppliers", admitted=admitted, refused=refused)
        key = f"{entry.pool_supplier_id}/{entry.number}"
        found.append(Occasion(key, Event.LOT_CHANGED, entry.at, {**facts, "tender": {**tender, "change": change}}))
    return found


def _reuses(session: Session, lot: PoolLot, facts: dict[str, Any], tender: dict[str, Any]) -> list[Occasion]:
    rows = session.exec(
        select(AwardReuse)
        .join(Agreement, col(Agreement.id) == col(AwardReuse.agreement_id))
        .where(Agreement.lot_id == lot.id)
        .order_by(col(AwardReuse.at), col(AwardReuse.id))
    ).all()
    return [
        Occasion(
            row.id,
            Event.LOT_CHANGED,
            row.at,
            {
                **facts,
                "tender": {
                    **tender,
                    "method": "limited",
                    "rationale": sentence("ocds.reuse.rationale", body=row.body_name, reference=row.award_reference),
                    "documents": [_document(row)],
                    "change": sentence("ocds.reuse.change"),
                },
            },
        )
        for row in rows
    ]


def _document(row: AwardReuse) -> dict[str, str]:
    return {"id": row.evidence_id, "title": row.award_reference, "sha256": row.evidence_sha256, "kind": "awardNotice"}


def _agreements(session: Session, lot: PoolLot, facts: dict[str, Any]) -> list[Occasion]:
    """Signed and ended. An agreement is never amended: other terms are another agreement."""
    rows = session.exec(
        select(Agreement, AgreementEntry)
        .join(AgreementEntry, col(AgreementEntry.agreement_id) == col(Agreement.id))
        .where(Agreement.lot_id == lot.id, col(AgreementEntry.event).in_([AgreementEvent.SIGN, AgreementEvent.END]))
        .order_by(col(AgreementEntry.at), col(AgreementEntry.id))
    ).all()
    found = []
    for agreement, entry in rows:
        award, contract = agreement_facts(session, agreement, lot.title_en)
        signed = f"{agreement.id}/signed"
        if entry.event == AgreementEvent.SIGN:
            award["decided_at"], contract["signed_at"] = entry.at, entry.at
            if agreement.origin == AgreementOrigin.REUSE:
                reuse = session.exec(select(AwardReuse).where(AwardReuse.agreement_id == agreement.id)).one()
                award["documents"] = [_document(reuse)]
            found.append(Occasion(f"{agreement.id}/award", Event.AWARDED, entry.at, {**facts, "award": award}))
            found.append(Occasion(signed, Event.SIGNED, entry.at, {**facts, "contract": contract}))
            continue
        amendment = {"id": f"{agreement.id}-end", "at": entry.at, "rationale": sentence("ocds.agreement_ended")}
        told = {**facts, "contract": contract, "amendment": amendment}
        found.append(Occasion(f"{agreement.id}/ended", Event.ENDED, entry.at, told, signed))
    return found
