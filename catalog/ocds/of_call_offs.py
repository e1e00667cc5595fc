"""What is told of a call-off: each way that was tried as a contract, how it ended, and what was delivered."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from catalog.capacity.tables import Preempted, PreemptionRow
from catalog.ocds.mapping import Event
from catalog.ocds.occasions import LANGUAGE, Occasion, amount, ocid, organisation, sentence, supplier
from catalog.ordering.delivery_rules import DeliveryState
from catalog.ordering.tables import (
    CallOff,
    CallOffEntry,
    CallOffOption,
    Delivery,
    DeliveryEntry,
    OptionState,
    OrderStatusEntry,
    ServiceCredit,
    SupplyOrder,
)
from catalog.promise.lifecycle import CallOffStatus
from catalog.promise.tables import Agreement, PoolLot
from space_hub.vocabulary.phases import Phase

_MILESTONE = {
    DeliveryState.DELIVERED: "scheduled",
    DeliveryState.ACCEPTED: "met",
    DeliveryState.DEEMED: "met",
    DeliveryState.REJECTED: "notMet",
}
"""The milestone is the acceptance: what lies there unjudged is due."""


def read(session: Session, prefix: str, call_off_id: str, award_ids: dict[str, str] | None = None) -> list[Occasion]:
    """Every occasion of a call-off, in the order in which it happened; none before an order exists.

    What came of a competition is told in that process and not in one of its own: the competition reads it with the
    ids of its awards by supplier, on which the contracts then rest.
    """
    call_off = session.get(CallOff, call_off_id)
    if call_off is None or (call_off.competition_id is not None and award_ids is None):
        return []
    found: list[Occasion] = []
    tried = session.exec(
        select(CallOffOption, SupplyOrder)
        .join(
            SupplyOrder,
            (col(SupplyOrder.call_off_id) == col(CallOffOption.call_off_id))
            & (col(SupplyOrder.rank) == col(CallOffOption.rank)),
        )
        .where(CallOffOption.call_off_id == call_off.id)
        .order_by(col(CallOffOption.rank))
    ).all()
    for option, order in tried:
        found += _way(session, prefix, call_off, option, order, award_ids)
    return sorted(found, key=lambda each: each.at)


def _way(
    session: Session,
    prefix: str,
    call_off: CallOff,
    option: CallOffOption,
    order: SupplyOrder,
    award_ids: dict[str, str] | None,
) -> list[Occasion]:
    lot = session.get_one(PoolLot, session.get_one(Agreement, option.agreement_id).lot_id)
    name, title = f"{call_off.id}-{option.rank}", sentence("ocds.call_off", lot=lot.title_en)
    facts: dict[str, Any] = {
        "ocid": ocid(prefix, call_off.competition_id or call_off.id),
        "language": LANGUAGE,
        "buyer": organisation(session, call_off.organisation_id),
        "framework": ocid(prefix, lot.id),
    }
    price = amount(option.total_price, option.currency)
    award_id = (award_ids or {}).get(order.provider_id)
    contract = {
        "id": name,
        "award_id": award_id or name,
        "title": title,
        "signed_at": order.created_at,
        "starts_at": call_off.window_from,
        "ends_at": call_off.window_to,
        "value": price,
    }
    facts["contract"] = contract
    placed = f"{call_off.id}/{option.rank}/placed"
    if award_id is None:
        award = {
            "id": name,
            "title": title,
            "decided_at": call_off.created_at,
            "suppliers": [supplier(session, order.provider_id)],
            "value": price,
        }
        found = [Occasion(placed, Event.CALL_OFF_PLACED, order.created_at, {**facts, "award": award})]
    else:
        found = [Occasion(placed, Event.SIGNED, order.created_at, facts)]
    found += _deliveries(session, order, facts)
    found += _credits(session, order, facts)
    ended = _end(session, call_off, option, order)
    if ended is not None:
        event, at, rationale = ended
        amendment = {"id": f"{name}-end", "at": at, "rationale": rationale}
        key = f"{call_off.id}/{option.rank}/ended"
        found.append(Occasion(key, event, at, {**facts, "amendment": amendment}, placed))
    return found


def _end(
    session: Session, call_off: CallOff, option: CallOffOption, order: SupplyOrder
) -> tuple[Event, datetime, str] | None:
    """How a way ended without being delivered, if it did; what the authority wrote of it stays with the buyer."""
    if option.state == OptionState.PRE_EMPTED:
        taken = session.exec(
            select(PreemptionRow)
            .join(Preempted, col(Preempted.preemption_id) == col(PreemptionRow.id))
            .where(Preempted.call_off_id == call_off.id)
        ).first()
        if taken is not None:
            phase = Phase(taken.phase)
            return Event.CALL_OFF_PRE_EMPTED, taken.at, sentence("ocds.call_off_pre_empted", phase=phase)
    if option.state == OptionState.CANCELLED:
        decided = session.exec(
            select(CallOffEntry.at)
            .where(
                CallOffEntry.call_off_id == call_off.id,
                col(CallOffEntry.status).in_([CallOffStatus.CANCELLING.value, CallOffStatus.CANCELLED.value]),
            )
            .order_by(col(CallOffEntry.number))
        ).first()
        return Event.CALL_OFF_CANCELLED, decided or order.created_at, sentence("ocds.call_off_cancelled")
    if option.state == OptionState.LOST:
        last = session.exec(
            select(OrderStatusEntry.at)
            .where(OrderStatusEntry.order_id == order.id)
            .order_by(col(OrderStatusEntry.number).desc())
        ).first()
        return Event.CALL_OFF_CANCELLED, last or order.created_at, sentence("ocds.call_off_lost")
    return None


def _deliveries(session: Session, order: SupplyOrder, facts: dict[str, Any]) -> list[Occasion]:
    found = []
    rows = session.exec(select(Delivery).where(Delivery.order_id == order.id).order_by(col(Delivery.number))).all()
    for row in rows:
        steps = session.exec(
            select(DeliveryEntry).where(DeliveryEntry.delivery_id == row.id).order_by(col(DeliveryEntry.number))
        ).all()
        told = [
            (f"{row.id}/noted", DeliveryState.DELIVERED, row.noted_at),
            *((f"{row.id}/{each.number}", DeliveryState(each.state), each.at) for each in steps),
        ]
        for key, state, at in told:
            milestone: dict[str, Any] = {
                "id": row.id,
                "title": sentence("ocds.delivery", number=row.number),
                "status": _MILESTONE[state],
                "at": at,
                "due_at": row.acceptance_due_at,
            }
            if _MILESTONE[state] == "met":
                milestone["met_at"] = at
            found.append(Occasion(key, Event.PERFORMED, at, {**facts, "milestones": [milestone]}))
    return found


def _credits(session: Session, order: SupplyOrder, facts: dict[str, Any]) -> list[Occasion]:
    """What the supplier gives back, as a payment to the buyer."""
    rows = session.exec(
        select(ServiceCredit).where(ServiceCredit.order_id == order.id).order_by(col(ServiceCredit.metric))
    ).all()
    return [
        Occasion(
            f"{order.id}/{row.metric}",
            Event.PERFORMED,
            row.at,
            {
                **facts,
                "transactions": [
                    {
                        "id": f"{facts['contract']['id']}-{row.metric}",
                        "at": row.at,
                        "value": amount(row.amount, row.currency),
                        "payer": supplier(session, order.provider_id),
                        "payee": facts["buyer"],
                    }
                ],
            },
        )
        for row in rows
    ]
