"""The capacity ledger in the database: the one place that writes buckets.

The guard is the constraint `committed <= capacity` of `capacity_bucket`, met by
one UPDATE of all days at once. No count is read beforehand to decide: between
a reading and a writing another process may sell the same capacity.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Row, Table, case, literal, update
from sqlalchemy import select as sa_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, select

from catalog.capacity.rules import Ask, Bucket, Refusal, days_between, reserve, units
from catalog.promise.tables import CapacityBucket, CapacityEntry, CapacityReservation
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.rng import Rng

_B: Table = SQLModel.metadata.tables["capacity_bucket"]
"""As a table and not as objects: a bucket is never loaded, changed and written back."""

_CHUNK = 1000
_GUARD = "within_capacity"


def buckets(session: Session, resource: str, first: date, last: date) -> dict[date, Bucket]:
    """The days of `resource` that have a bucket."""
    return {row.day: Bucket(row.capacity, row.committed) for row in _rows(session, resource, first, last)}


def take(
    session: Session, clock: Clock, rng: Rng, *, tenant: str, resource: str, ask: Ask, ceiling: int, subject: str
) -> CapacityReservation:
    """Commit `ask` of `resource`, whose capacity is `ceiling` parts a day, for `subject`.

    Raises Conflict `capacity.exhausted` with the first day that cannot carry it.
    """
    _provide(session, resource, ask, ceiling)
    try:
        with session.begin_nested():
            _add(session, resource, ask.first_day, ask.last_day, ask.parts)
    except IntegrityError as error:
        if _GUARD not in str(error.orig):
            raise
        raise _exhausted(session, resource, ask) from error
    reservation = CapacityReservation(
        id=rng.scope(tenant, "reservation").id("rsv"),
        resource=resource,
        subject=subject,
        first_day=ask.first_day,
        last_day=ask.last_day,
        parts=ask.parts,
    )
    session.add(reservation)
    session.flush()
    session.add(
        CapacityEntry(
            reservation_id=reservation.id, kind="reserved", from_day=ask.first_day, reason="taken", at=clock.now()
        )
    )
    session.flush()
    return reservation


def give_back(session: Session, clock: Clock, reservation_id: str, reason: str) -> bool:
    """Release what is left of a reservation from today on; whether this call did it.

    Days that have passed are used up. The second release of one reservation does nothing.
    """
    reservation = session.exec(
        select(CapacityReservation).where(CapacityReservation.id == reservation_id).with_for_update()
    ).one()
    released = session.exec(
        select(CapacityEntry.id).where(CapacityEntry.reservation_id == reservation_id, CapacityEntry.kind == "released")
    ).first()
    if released is not None:
        return False
    from_day = max(reservation.first_day, clock.now().date())
    session.add(
        CapacityEntry(reservation_id=reservation_id, kind="released", from_day=from_day, reason=reason, at=clock.now())
    )
    session.flush()
    _add(session, reservation.resource, from_day, reservation.last_day, -reservation.parts)
    return True


def faults(session: Session) -> list[str]:
    """Where buckets and reservations disagree, one line each; empty when the ledger balances."""
    expected: dict[tuple[str, date], int] = defaultdict(int)
    given_back = {
        entry.reservation_id: entry.from_day
        for entry in session.exec(select(CapacityEntry).where(CapacityEntry.kind == "released"))
    }
    for held in session.exec(select(CapacityReservation)):
        for day in days_between(held.first_day, held.last_day):
            if held.id not in given_back or day < given_back[held.id]:
                expected[held.resource, day] += held.parts
    found: list[str] = []
    for bucket in session.exec(select(CapacityBucket)):
        due = expected.pop((bucket.resource, bucket.day), 0)
        if bucket.committed != due:
            found.append(f"{bucket.resource} {bucket.day}: {bucket.committed} committed, {due} reserved")
        if bucket.committed > bucket.capacity:
            found.append(f"{bucket.resource} {bucket.day}: {bucket.committed} committed of {bucket.capacity}")
    found += [f"{resource} {day}: {due} reserved, no bucket" for (resource, day), due in expected.items()]
    return found


def _rows(session: Session, resource: str, first: date, last: date) -> Sequence[Row[date, int, int]]:
    return (
        session.connection()
        .execute(sa_select(_B.c.day, _B.c.capacity, _B.c.committed).where(*_days(resource, first, last)))
        .all()
    )


def _add(session: Session, resource: str, first: date, last: date, count: int) -> None:
    """The one statement that changes what is committed; the constraint refuses it or it stands."""
    session.connection().execute(
        update(_B).where(*_days(resource, first, last)).values(committed=_B.c.committed + count)
    )


def _provide(session: Session, resource: str, ask: Ask, ceiling: int) -> None:
    """Let every asked day have a bucket with this ceiling; a promise already made is not cut by a lower one."""
    known = {row.day: row.capacity for row in _rows(session, resource, ask.first_day, ask.last_day)}
    missing = [
        {"resource": resource, "day": day, "capacity": ceiling, "committed": 0} for day in ask.days if day not in known
    ]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for start in range(0, len(missing), _CHUNK):
        session.connection().execute(insert(_B).values(missing[start : start + _CHUNK]).on_conflict_do_nothing())
    if any(capacity != ceiling for capacity in known.values()):
        session.connection().execute(
            update(_B)
            .where(*_days(resource, ask.first_day, ask.last_day), _B.c.capacity != ceiling)
            .values(capacity=case((_B.c.committed > ceiling, _B.c.committed), else_=literal(ceiling)))
        )


def _days(resource: str, first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _B.c.resource == resource, _B.c.day.between(first, last)


def _exhausted(session: Session, resource: str, ask: Ask) -> Conflict:
    """The refusal in words, by the pure rule on what the ledger holds now."""
    said = reserve(buckets(session, resource, ask.first_day, ask.last_day), ask)
    refusal = said if isinstance(said, Refusal) else Refusal(ask.first_day, ask.parts, 0)
    return Conflict(
        "capacity.exhausted",
        resource=resource,
        day=refusal.day.isoformat(),
        asked=units(refusal.asked),
        left=units(refusal.left),
    )
