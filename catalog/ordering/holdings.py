"""Who holds an agreement's capacity, as the written order judges it (`catalog.capacity.held`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.capacity.dropping import chunks
from catalog.capacity.held import Held
from catalog.capacity.rules import Ask, Span, slot_at, start_of
from catalog.capacity.tables import CapacityBucket, CapacityReservation, Preempted, ReservationState
from catalog.framework.tables import PoolQuota
from catalog.ordering.tables import CallOff, CallOffOption, OrderStep, SupplyOrder
from catalog.promise.tables import Agreement, AgreementTerms
from providers.adapters.base import FINAL, OrderStatus
from space_hub.clock import Clock

_TOO_LATE = frozenset({OrderStatus.SCHEDULED, OrderStatus.TASKED, OrderStatus.PROCESSING}) | FINAL
"""What a supplier that has come so far with an order does not stop any more."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One option that holds capacity: as the rule judges it, and the rows behind it."""

    held: Held
    call_off: CallOff
    option: CallOffOption
    terms: AgreementTerms
    order: SupplyOrder | None


def of(session: Session, clock: Clock, agreement: Agreement, first: int, last: int, *, but: str = "") -> list[Holding]:
    """Every option that holds some slot from `first` to `last`; their call-offs are locked until the transaction ends.

    Not those of the call-off `but`, which is just being written. A call-off that was pre-empted once already is
    not taken from again.
    """
    overlaps = (
        col(CapacityReservation.resource) == agreement.id,
        col(CapacityReservation.state) == ReservationState.HELD.value,
        col(CapacityReservation.first_slot) <= last,
        col(CapacityReservation.last_slot) >= first,
    )
    # Locked by a statement of their own: one that waits for a lock reads the other tables as they were before.
    session.exec(
        select(CallOff.id)
        .join(CallOffOption, col(CallOffOption.call_off_id) == col(CallOff.id))
        .join(CapacityReservation, col(CapacityReservation.id) == col(CallOffOption.reservation_id))
        .where(col(CallOff.id) != but, *overlaps)
        .order_by(col(CallOff.id))
        .with_for_update(of=CallOff)
    ).all()
    rows = session.execute(
        sa_select(CapacityReservation, CallOff, CallOffOption, AgreementTerms, SupplyOrder)
        .join(CallOffOption, col(CallOffOption.reservation_id) == col(CapacityReservation.id))
        .join(CallOff, col(CallOff.id) == col(CallOffOption.call_off_id))
        .join(
            AgreementTerms,
            (col(AgreementTerms.agreement_id) == col(CallOffOption.agreement_id))
            & (col(AgreementTerms.phase) == col(CallOffOption.phase)),
        )
        .join(
            SupplyOrder,
            (col(SupplyOrder.call_off_id) == col(CallOffOption.call_off_id))
            & (col(SupplyOrder.rank) == col(CallOffOption.rank)),
            isouter=True,
        )
        .where(col(CallOff.id) != but, *overlaps)
        .order_by(col(CallOff.id))
        .execution_options(populate_existing=True)
    ).all()
    span, now = Span(agreement.bucket), clock.now()
    shares = _quota_shares(session, agreement.lot_id)
    fallen = {each for ids in chunks([row[1].id for row in rows]) for each in session.exec(_fallen(ids))}
    found = []
    for reservation, call_off, option, terms, order in rows:
        year = start_of(span, reservation.first_slot).year
        held = Held(
            id=call_off.id,
            ask=Ask(reservation.first_slot, reservation.last_slot, reservation.parts),
            level=option.priority,
            preemptible=terms.preemptible and call_off.id not in fallen,
            protected=option.civil_reservation_id is not None,
            quota_share=shares.get((call_off.organisation_id, year), Fraction(0)),
            at=call_off.created_at,
            begun=reservation.first_slot <= slot_at(span, now),
            cancellable=_cancellable(order),
        )
        found.append(Holding(held, call_off, option, terms, order))
    return found


def _fallen(call_off_ids: Sequence[str]) -> SelectOfScalar[str]:
    return select(Preempted.call_off_id).where(col(Preempted.call_off_id).in_(call_off_ids))


def _cancellable(order: SupplyOrder | None) -> bool:
    """What is only held, or has not gone too far at its supplier; of an order in doubt nobody knows."""
    if order is None:
        return True
    too_late = order.status is not None and OrderStatus(order.status) in _TOO_LATE
    return not too_late and order.step != OrderStep.DOUBT.value


def _quota_shares(session: Session, lot_id: str) -> dict[tuple[str, int], Fraction]:
    """How much of its quota of a year each nation has used; where there is none, nobody has used any."""
    rows = session.exec(
        select(PoolQuota, CapacityBucket)
        .join(CapacityBucket, col(CapacityBucket.resource) == col(PoolQuota.resource))
        .where(PoolQuota.lot_id == lot_id)
    ).all()
    return {
        (quota.organisation_id, quota.year): Fraction(bucket.committed, bucket.capacity)
        for quota, bucket in rows
        if bucket.capacity
    }
