"""The ledger when there is less than was promised: many reservations ended at once, and ceilings lowered."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import Table, bindparam, case, insert, update
from sqlmodel import Session, SQLModel, col, select

from catalog.capacity.rules import Span, slot_at
from catalog.capacity.tables import (
    CapacityEntry,
    CapacityReservation,
    CapacityResource,
    ReservationEvent,
    ReservationState,
)
from space_hub.clock import Clock

_B: Table = SQLModel.metadata.tables["capacity_bucket"]
_CHUNK = 1000


def drop(session: Session, clock: Clock, subjects: Sequence[str], reason: str) -> int:
    """End everything that many subjects hold, because there is less; in few statements, however many they are."""
    connection = session.connection()
    rows = [
        row
        for chunk in chunks(subjects)
        for row in session.exec(
            select(CapacityReservation)
            .where(
                col(CapacityReservation.subject).in_(chunk), CapacityReservation.state == ReservationState.HELD.value
            )
            .with_for_update()
        )
    ]
    if not rows:
        return 0
    spans = dict(
        session.exec(
            select(CapacityResource.resource, CapacityResource.bucket).where(
                col(CapacityResource.resource).in_({row.resource for row in rows})
            )
        ).all()
    )
    now, freed, entries = clock.now(), Counter[tuple[str, int]](), []
    for row in rows:
        from_slot = max(row.first_slot, slot_at(Span(spans[row.resource]), now))
        freed.update({(row.resource, slot): row.parts for slot in range(from_slot, row.last_slot + 1)})
        entries.append(
            {
                "reservation_id": row.id,
                "kind": ReservationEvent.REPLANNED.value,
                "from_slot": from_slot,
                "reason": reason,
                "at": now,
            }
        )
    ended = update(CapacityReservation).values(state=ReservationState.ENDED.value)
    for chunk in chunks([row.id for row in rows]):
        connection.execute(ended.where(col(CapacityReservation.id).in_(chunk)))
    connection.execute(insert(CapacityEntry), entries)
    connection.execute(
        update(_B)
        .where(_B.c.resource == bindparam("of"), _B.c.slot == bindparam("at_slot"))
        .values(committed=_B.c.committed - bindparam("parts")),
        [{"of": of, "at_slot": slot, "parts": parts} for (of, slot), parts in sorted(freed.items())],
    )
    return len(rows)


def limit(session: Session, resource: str, first: int, last: int, capacity: int) -> None:
    """Let these slots hold `capacity`; what used-up slots have committed beyond it stays."""
    session.connection().execute(
        update(_B)
        .where(_B.c.resource == resource, _B.c.slot.between(first, last))
        .values(capacity=case((_B.c.committed > capacity, _B.c.committed), else_=capacity))
    )


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as every database takes in one statement."""
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
