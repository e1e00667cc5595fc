"""Capacity: what an agreement still holds, day by day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Query

from api.deps import Asked
from api.models import Out
from api.policy import PROBLEM, Router, scope
from catalog.capacity import ledger, limits
from catalog.capacity.rules import Bucket, Span, slots, start_of, units, with_ceiling
from catalog.promise import agreements
from catalog.promise.opened import opened
from space_hub.errors import Invalid
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/capacity", tags=["capacity"])

_MOST_DAYS = 366
_LATEST = date.max - timedelta(days=30)

_LENGTH = {Span.DAY: timedelta(days=1), Span.HOUR: timedelta(hours=1)}


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

    Where the agreement counts hours, each day shows the hour of which the least is left.
    """
    first = first_day or asked.clock.now().date()
    last = last_day or min(first, _LATEST) + timedelta(days=30)
    if not 0 <= (last - first).days < _MOST_DAYS or last == date.max:
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
        known = ledger.buckets(session, agreement.id, *_slots(span, first, last))
    signed = agreement.status == "signed"

    def bucket(slot: int) -> Bucket:
        start = start_of(span, slot)
        inside = agreement.period_from < start + _LENGTH[span] and start < agreement.period_to
        ceiling = limited.bound(slot, openings.parts_at(start, openings.declared_phase)) if signed and inside else 0
        return with_ceiling(known.get(slot, Bucket(0)), ceiling)

    days = []
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        begin, end = _slots(span, day, day)
        days.append((day, min((bucket(slot) for slot in range(begin, end + 1)), key=lambda each: each.left)))
    return CapacityOut(
        agreement_id=agreement.id,
        unit=agreement.unit,
        phase=openings.declared_phase,
        days=[
            DayOut(day=day, capacity=units(bucket.capacity), committed=units(bucket.committed), left=units(bucket.left))
            for day, bucket in days
        ],
    )


def _slots(span: Span, first: date, last: date) -> tuple[int, int]:
    start, stop = (datetime.combine(each, time(), UTC) for each in (first, last))
    return slots(span, start, stop + timedelta(days=1))
