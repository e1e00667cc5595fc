"""Capacity: what an agreement still holds, day by day."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query

from api.deps import Asked
from api.models import Out
from api.policy import PROBLEM, Router, scope
from catalog.capacity import ledger, limits
from catalog.capacity.rules import Bucket, Span, day_slot, start_of, units, with_ceiling
from catalog.promise import agreements
from catalog.promise.opened import opened
from space_hub.errors import Invalid
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/capacity", tags=["capacity"])

_MOST_DAYS = 366
_LATEST = date.max - timedelta(days=30)


class DayOut(Out):
    day: date
    capacity: float
    committed: float
    left: float


class CapacityOut(Out):
    agreement_id: str
    unit: str
    phase: Phase
    days: list[DayOut]


@router.get("", policy=scope("order:read"), responses={404: PROBLEM})
def get_capacity(
    asked: Asked,
    agreement_id: str,
    first_day: Annotated[date | None, Query(description="Today if left out.")] = None,
    last_day: Annotated[date | None, Query(description="Thirty days from the first if left out.")] = None,
) -> CapacityOut:
    """Capacity that the phases in force and the activations at work open, for members and the supplier.

    Of an agreement that counts hours, a day shows the hour that has least left.
    """
    first = first_day or asked.clock.now().date()
    last = last_day or min(first, _LATEST) + timedelta(days=30)
    if not 0 <= (last - first).days < _MOST_DAYS:
        raise Invalid("capacity.window_wrong", first=first.isoformat(), last=last.isoformat(), days=_MOST_DAYS)
    with asked.read() as session:
        agreement = agreements.get(session, asked.principal, agreement_id)
        openings = opened(
            *(session, agreement, agreements.terms_of(session, agreement.id), asked.principal.nation, None),
            at=asked.clock.now(),
            mode=asked.principal.mode,
        )
        limited = limits.of(session, agreement.id)
        span = Span(agreement.bucket)
        known = ledger.buckets(session, agreement.id, _slots(span, first).start, _slots(span, last).stop - 1)
    signed = agreement.status == "signed"
    inside = (agreement.period_from.date(), agreement.period_to.date())

    def bucket(day: date, slot: int) -> Bucket:
        opens = signed and inside[0] <= day <= inside[1]
        ceiling = openings.parts_at(start_of(span, slot), openings.declared_phase) if opens else 0
        return with_ceiling(known.get(slot, Bucket(0)), limited.bound(slot, ceiling) if opens else 0)

    days = [
        (day, min((bucket(day, slot) for slot in _slots(span, day)), key=lambda each: each.left))
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
    ]
    return CapacityOut(
        agreement_id=agreement.id,
        unit=agreement.unit,
        phase=openings.declared_phase,
        days=[
            DayOut(day=day, capacity=units(bucket.capacity), committed=units(bucket.committed), left=units(bucket.left))
            for day, bucket in days
        ],
    )


def _slots(span: Span, day: date) -> range:
    """The slots of a UTC day."""
    slot = day_slot(day)
    return range(slot, slot + 1) if span is Span.DAY else range(24 * slot, 24 * slot + 24)
