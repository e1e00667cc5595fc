"""The capacity ledger in the database: the one place that writes buckets.

The guard is the constraint `committed <= capacity` of `capacity_bucket`, met by
one UPDATE of all slots at once. No count is read beforehand to decide: between
a reading and a writing another process may sell the same capacity.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, Table, case, literal, update
from sqlalchemy import select as sa_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from catalog.capacity.rules import Ask, Bucket, Refusal, Span, reserve, slot_at, slot_text, units
from catalog.capacity.tables import (
    ENDINGS,
    CapacityBucket,
    CapacityEntry,
    CapacityReservation,
    CapacityResource,
    ReservationEvent,
    ReservationKind,
    ReservationState,
    ResourceKind,
)
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.rng import Rng

_B: Table = SQLModel.metadata.tables["capacity_bucket"]
"""As a table and not as objects: a bucket is never loaded, changed and written back."""

_CHUNK = 1000
_GUARD = "within_capacity"


def count_of(session: Session, resource: str, kind: ResourceKind, span: Span, unit: str) -> None:
    """Let `resource` be counted in slots of `span`; nothing changes if it already is."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"resource": resource, "kind": kind.value, "bucket": span.value, "unit": unit}
    session.connection().execute(insert(CapacityResource).values(values).on_conflict_do_nothing())


def buckets(session: Session, resource: str, first: int, last: int) -> dict[int, Bucket]:
    """The slots of `resource` that have a bucket."""
    return {row.slot: Bucket(row.capacity, row.committed) for row in _rows(session, resource, first, last)}


def take(
    session: Session, clock: Clock, rng: Rng, *, tenant: str, resource: str, ask: Ask, ceiling: int, subject: str
) -> CapacityReservation:
    """Commit `ask` of `resource`, whose capacity is `ceiling` parts a slot, for `subject`.

    Raises Conflict `capacity.exhausted` with the first slot that cannot carry it.
    """
    _provide(session, resource, ask, ceiling)
    try:
        with session.begin_nested():
            _add(session, resource, ask.first, ask.last, ask.parts)
    except IntegrityError as error:
        if _GUARD not in str(error.orig):
            raise
        raise _exhausted(session, resource, ask) from error
    reservation = CapacityReservation(
        id=rng.scope(tenant, "reservation").id("rsv"),
        resource=resource,
        subject=subject,
        first_slot=ask.first,
        last_slot=ask.last,
        parts=ask.parts,
        kind=ReservationKind.FIRM.value,
        state=ReservationState.HELD.value,
    )
    session.add(reservation)
    session.flush()
    _enter(session, clock, reservation.id, ReservationEvent.RESERVED, ask.first, "taken")
    session.flush()
    return reservation


def give_back(session: Session, clock: Clock, reservation_id: str, reason: str) -> bool:
    """Release what is left of a reservation from the present slot on; whether this call did it.

    Slots that have passed are used up. The second release of one reservation does nothing.
    """
    reservation = session.exec(
        select(CapacityReservation).where(CapacityReservation.id == reservation_id).with_for_update()
    ).one()
    if reservation.state == ReservationState.ENDED.value:
        return False
    from_slot = max(reservation.first_slot, slot_at(_span(session, reservation.resource), clock.now()))
    reservation.state = ReservationState.ENDED.value
    session.add(reservation)
    _enter(session, clock, reservation_id, ReservationEvent.RELEASED, from_slot, reason)
    session.flush()
    _add(session, reservation.resource, from_slot, reservation.last_slot, -reservation.parts)
    return True


def faults(session: Session) -> list[str]:
    """Where buckets and reservations disagree, one line each; empty when the ledger balances."""
    spans = {row.resource: Span(row.bucket) for row in session.exec(select(CapacityResource))}
    expected: dict[tuple[str, int], int] = defaultdict(int)
    ended = {
        entry.reservation_id: entry.from_slot
        for entry in session.exec(select(CapacityEntry).where(col(CapacityEntry.kind).in_(ENDINGS)))
    }
    found: list[str] = []
    for held in session.exec(select(CapacityReservation)):
        if (held.state == ReservationState.ENDED.value) != (held.id in ended):
            found.append(f"{held.id}: {held.state}, which its history does not say")
        for slot in range(held.first_slot, ended.get(held.id, held.last_slot + 1)):
            expected[held.resource, slot] += held.parts
    for bucket in session.exec(select(CapacityBucket)):
        due = expected.pop((bucket.resource, bucket.slot), 0)
        name = f"{bucket.resource} {slot_text(spans[bucket.resource], bucket.slot)}"
        if bucket.committed != due:
            found.append(f"{name}: {bucket.committed} committed, {due} reserved")
        if bucket.committed > bucket.capacity:
            found.append(f"{name}: {bucket.committed} committed of {bucket.capacity}")
    found += [f"{resource} slot {slot}: {due} reserved, no bucket" for (resource, slot), due in expected.items()]
    return found


def _enter(
    session: Session, clock: Clock, reservation_id: str, event: ReservationEvent, from_slot: int, reason: str
) -> None:
    session.add(
        CapacityEntry(
            reservation_id=reservation_id, kind=event.value, from_slot=from_slot, reason=reason, at=clock.now()
        )
    )


def _span(session: Session, resource: str) -> Span:
    return Span(session.exec(select(CapacityResource.bucket).where(CapacityResource.resource == resource)).one())


def _rows(session: Session, resource: str, first: int, last: int) -> Sequence[Row[int, int, int]]:
    return (
        session.connection()
        .execute(sa_select(_B.c.slot, _B.c.capacity, _B.c.committed).where(*_slots(resource, first, last)))
        .all()
    )


def _add(session: Session, resource: str, first: int, last: int, count: int) -> None:
    """The one statement that changes what is committed; the constraint refuses it or it stands."""
    session.connection().execute(
        update(_B).where(*_slots(resource, first, last)).values(committed=_B.c.committed + count)
    )


def _provide(session: Session, resource: str, ask: Ask, ceiling: int) -> None:
    """Let every asked slot have a bucket with this ceiling; a promise already made is not cut by a lower one."""
    known = {row.slot: row.capacity for row in _rows(session, resource, ask.first, ask.last)}
    missing = [
        {"resource": resource, "slot": slot, "capacity": ceiling, "committed": 0}
        for slot in ask.slots
        if slot not in known
    ]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for start in range(0, len(missing), _CHUNK):
        session.connection().execute(insert(_B).values(missing[start : start + _CHUNK]).on_conflict_do_nothing())
    if any(capacity != ceiling for capacity in known.values()):
        session.connection().execute(
            update(_B)
            .where(*_slots(resource, ask.first, ask.last), _B.c.capacity != ceiling)
            .values(capacity=case((_B.c.committed > ceiling, _B.c.committed), else_=literal(ceiling)))
        )


def _slots(resource: str, first: int, last: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _B.c.resource == resource, _B.c.slot.between(first, last)


def _exhausted(session: Session, resource: str, ask: Ask) -> Conflict:
    """The refusal in words, by the pure rule on what the ledger holds now."""
    said = reserve(buckets(session, resource, ask.first, ask.last), ask)
    refusal = said if isinstance(said, Refusal) else Refusal(ask.first, ask.parts, 0)
    return Conflict(
        "capacity.exhausted",
        resource=resource,
        day=slot_text(_span(session, resource), refusal.slot),
        asked=units(refusal.asked),
        left=units(refusal.left),
    )
