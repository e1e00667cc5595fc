"""The capacity ledger in the database: the one place that writes buckets.

The guard is the constraint `committed <= capacity` of `capacity_bucket`, met by one
UPDATE for each resource, in the order of their names and last in the transaction: row
locks then live for one commit. No count is read beforehand to decide: between a reading
and a writing another process may sell the same capacity. A refusal ends the transaction;
what is left is then read in a session of its own and said as Conflict `capacity.exhausted`.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Table, bindparam, case, func, update
from sqlalchemy import select as sa_select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.capacity.rules import Ask, Bucket, Refusal, Span, reserve, slot_at, slot_text, units, with_ceiling
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
from space_hub.db import Database, Unexplained, put, upsert
from space_hub.errors import Conflict
from space_hub.rng import Rng

_B: Table = SQLModel.metadata.tables["capacity_bucket"]
"""As a table and not as objects: a bucket is never loaded, changed and written back."""

CENTS = 100
"""Money is counted in hundredths, which is what is paid."""

_CHUNK = 1000
_GUARD = "within_capacity"


@dataclass(frozen=True, slots=True)
class Want:
    """`ask` of one resource, of which there are `ceiling` parts a slot: the same in each, or said slot by slot."""

    resource: str
    kind: ResourceKind
    span: Span
    unit: str
    ask: Ask
    ceiling: int | Callable[[int], int]

    def capacity(self, slot: int) -> int:
        return self.ceiling if isinstance(self.ceiling, int) else self.ceiling(slot)


class Exhausted(Unexplained):
    """The constraint refused what was wanted; the transaction is lost."""

    def __init__(self, want: Want, clock: Clock) -> None:
        super().__init__(f"{want.resource}: {want.ask}")
        self.want, self.clock = want, clock

    def mend(self, database: Database) -> bool:
        """End holds of the resource that are over: a hold lasts to its second, whenever somebody sweeps."""
        with database.read() as session:
            if not session.exec(_overdue(self.clock, self.want.resource).limit(1)).all():
                return False
        with database.write() as session:
            return expire(session, self.clock, self.want.resource) > 0

    def explain(self, session: Session) -> Conflict:
        """The refusal in words, by the pure rule on what the ledger holds now."""
        want = self.want
        known = buckets(session, want.resource, want.ask.first, want.ask.last)
        state = {slot: with_ceiling(known.get(slot, Bucket(0)), want.capacity(slot)) for slot in want.ask.slots}
        said = reserve(state, want.ask)
        refusal = said if isinstance(said, Refusal) else Refusal(want.ask.first, want.ask.parts, 0)
        asked, left = units(refusal.asked), units(refusal.left)
        day = slot_text(want.span, refusal.slot)
        match want.kind:
            case ResourceKind.CIVIL:
                return Conflict("capacity.civil_exhausted", day=day, asked=asked, left=left)
            case ResourceKind.QUOTA:
                return Conflict("capacity.quota_exhausted", asked=asked, left=left)
            case ResourceKind.MONEY:
                # What is left is not said: that would tell what the other members have spent.
                return Conflict("capacity.money_exhausted", asked=f"{refusal.asked / CENTS:.2f}", currency=want.unit)
            case _:
                return Conflict("capacity.exhausted", resource=want.resource, day=day, asked=asked, left=left)


def count_of(session: Session, resource: str, kind: ResourceKind, span: Span, unit: str) -> None:
    """Let `resource` be counted in slots of `span`; nothing changes if it already is."""
    values = {"resource": resource, "kind": kind.value, "bucket": span.value, "unit": unit}
    session.connection().execute(upsert(session, CapacityResource).values(values).on_conflict_do_nothing())


def buckets(session: Session, resource: str, first: int, last: int) -> dict[int, Bucket]:
    """The slots of `resource` that have a bucket."""
    return {row.slot: Bucket(row.capacity, row.committed) for row in _rows(session, resource, first, last)}


@dataclass(frozen=True, slots=True)
class Note:
    """That somebody takes something: the ids of its reservations by kind, and the rows to write."""

    held: dict[ResourceKind, str]
    rows: list[SQLModel]


def note(
    clock: Clock,
    rng: Rng,
    *,
    tenant: str,
    subject: str,
    wants: Sequence[Want],
    until: datetime | None = None,
) -> Note:
    """`subject` takes `wants`. The caller writes the rows; nothing is sold before `count`.

    With `until` they are holds: over at that second unless they are confirmed before.
    """
    stream = rng.scope(tenant, "reservation")
    reservations = [
        CapacityReservation(
            id=stream.id("rsv"),
            resource=want.resource,
            subject=subject,
            first_slot=want.ask.first,
            last_slot=want.ask.last,
            parts=want.ask.parts,
            kind=(ReservationKind.FIRM if until is None else ReservationKind.HOLD).value,
            expires_at=until,
            state=ReservationState.HELD.value,
        )
        for want in wants
    ]
    entries = [_entry(clock, each.id, ReservationEvent.RESERVED, each.first_slot, "taken") for each in reservations]
    held = {want.kind: each.id for want, each in zip(wants, reservations, strict=True)}
    return Note(held, [*reservations, *entries])


def count(session: Session, clock: Clock, wants: Sequence[Want]) -> None:
    """Commit `wants`; the last thing that a transaction does. `Exhausted` when one is not there.

    Whoever goes on after a refusal wraps it in `session.begin_nested()`.
    """
    for want in sorted(wants, key=lambda each: each.resource):
        try:
            _commit(session, want)
        except IntegrityError as error:
            if _GUARD not in str(error.orig):
                raise
            raise Exhausted(want, clock) from error


def take(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    tenant: str,
    subject: str,
    wants: Sequence[Want],
    nested: bool = False,
) -> dict[ResourceKind, str]:
    """`note` and `count` at once. With `nested` a refusal is a Conflict after which the transaction goes on."""
    try:
        with session.begin_nested() if nested else nullcontext():
            noted = note(clock, rng, tenant=tenant, subject=subject, wants=wants)
            put(session, *noted.rows)
            count(session, clock, wants)
    except Exhausted as refusal:
        if not nested:
            raise
        raise refusal.explain(session) from refusal
    return noted.held


def give_back(session: Session, clock: Clock, reservation_id: str, reason: str) -> bool:
    """Release what is left of a reservation from the present slot on; whether this call did it.

    Slots that have passed are used up. The second release of one reservation does nothing.
    """
    reservation = session.exec(
        select(CapacityReservation).where(CapacityReservation.id == reservation_id).with_for_update()
    ).one()
    if reservation.state == ReservationState.ENDED.value:
        return False
    _end(session, clock, reservation, ReservationEvent.RELEASED, reason)
    return True


def confirm(session: Session, clock: Clock, subject: str) -> None:
    """Make what `subject` holds firm; Conflict `capacity.hold_expired` from the second on in which it ends."""
    held = session.exec(
        select(CapacityReservation)
        .where(
            CapacityReservation.subject == subject,
            CapacityReservation.kind == ReservationKind.HOLD.value,
            CapacityReservation.state == ReservationState.HELD.value,
            col(CapacityReservation.expires_at) > clock.now(),
        )
        .order_by(col(CapacityReservation.resource))
        .with_for_update()
    ).all()
    if not held:
        raise Conflict("capacity.hold_expired")
    for reservation in held:
        reservation.kind, reservation.expires_at = ReservationKind.FIRM.value, None
        session.add(reservation)
        put(session, _entry(clock, reservation.id, ReservationEvent.CONFIRMED, reservation.first_slot, "confirmed"))
    session.flush()


def expire(session: Session, clock: Clock, resource: str | None = None) -> int:
    """End every hold that is over, of one resource or of all, with all else that its subject holds; how many ended."""
    subjects = sorted(set(session.exec(_overdue(clock, resource)).all()))
    rows = session.exec(
        select(CapacityReservation)
        .where(
            col(CapacityReservation.subject).in_(subjects),
            CapacityReservation.kind == ReservationKind.HOLD.value,
            CapacityReservation.state == ReservationState.HELD.value,
        )
        .order_by(col(CapacityReservation.resource), col(CapacityReservation.id))
        .with_for_update()
    ).all()
    for reservation in rows:
        _end(session, clock, reservation, ReservationEvent.EXPIRED, "hold_over")
    return len(rows)


def _overdue(clock: Clock, resource: str | None = None) -> SelectOfScalar[str]:
    found = select(CapacityReservation.subject).where(
        CapacityReservation.kind == ReservationKind.HOLD.value,
        CapacityReservation.state == ReservationState.HELD.value,
        col(CapacityReservation.expires_at) <= clock.now(),
    )
    return found if resource is None else found.where(CapacityReservation.resource == resource)


def _end(
    session: Session, clock: Clock, reservation: CapacityReservation, event: ReservationEvent, reason: str
) -> None:
    from_slot = max(reservation.first_slot, slot_at(_span(session, reservation.resource), clock.now()))
    reservation.state = ReservationState.ENDED.value
    session.add(reservation)
    put(session, _entry(clock, reservation.id, event, from_slot, reason))
    session.connection().execute(
        update(_B)
        .where(_B.c.resource == reservation.resource, _B.c.slot.between(from_slot, reservation.last_slot))
        .values(committed=_B.c.committed - reservation.parts)
    )


def give_back_all(session: Session, clock: Clock, subject: str, reason: str) -> int:
    """Release everything that `subject` holds; how many reservations ended."""
    return end_all(session, clock, subject, ReservationEvent.RELEASED, reason)


def end_all(session: Session, clock: Clock, subject: str, event: ReservationEvent, reason: str) -> int:
    """End everything that `subject` holds, in the order in which it was taken; how many reservations ended."""
    held = session.exec(
        select(CapacityReservation)
        .where(CapacityReservation.subject == subject, CapacityReservation.state == ReservationState.HELD.value)
        .order_by(col(CapacityReservation.resource))
        .with_for_update()
    ).all()
    for reservation in held:
        _end(session, clock, reservation, event, reason)
    return len(held)


def faults(session: Session) -> list[str]:
    """Where buckets, reservations and their histories disagree, one line each; the database adds up."""
    ended = sa_select(col(CapacityEntry.reservation_id), col(CapacityEntry.from_slot)).where(
        col(CapacityEntry.kind).in_(ENDINGS)
    )
    ends = ended.subquery("ends")
    behind = col(CapacityReservation.last_slot) + 1
    held = (
        sa_select(
            col(CapacityReservation.id),
            col(CapacityReservation.resource),
            col(CapacityReservation.state),
            col(CapacityReservation.first_slot).label("first"),
            case((ends.c.from_slot < behind, ends.c.from_slot), else_=behind).label("behind"),
            col(CapacityReservation.parts),
            ends.c.reservation_id.is_not(None).label("ended"),
        )
        .join(ends, ends.c.reservation_id == col(CapacityReservation.id), isouter=True)
        .subquery("held")
    )
    due = func.coalesce(func.sum(held.c.parts), 0)
    sums = (
        sa_select(
            _B.c.resource, _B.c.slot, col(CapacityResource.bucket), _B.c.capacity, _B.c.committed, due.label("due")
        )
        .join(CapacityResource, col(CapacityResource.resource) == _B.c.resource)
        .join(
            held,
            (held.c.resource == _B.c.resource) & (held.c.first <= _B.c.slot) & (_B.c.slot < held.c.behind),
            isouter=True,
        )
        .group_by(_B.c.resource, _B.c.slot, col(CapacityResource.bucket), _B.c.capacity, _B.c.committed)
        .having((_B.c.committed != due) | (_B.c.committed > _B.c.capacity))
        .order_by(_B.c.resource, _B.c.slot)
    )
    known = (
        sa_select(func.count())
        .select_from(_B)
        .where(_B.c.resource == held.c.resource, _B.c.slot >= held.c.first, _B.c.slot < held.c.behind)
        .scalar_subquery()
    )
    found = [
        f"{row.id}: {row.state}, which its history does not say"
        for row in session.execute(
            sa_select(held.c.id, held.c.state).where((held.c.state == ReservationState.ENDED.value) != held.c.ended)
        )
    ]
    for row in session.execute(sums):
        name = f"{row.resource} {slot_text(Span(row.bucket), row.slot)}"
        if row.committed != row.due:
            found.append(f"{name}: {row.committed} committed, {row.due} reserved")
        if row.committed > row.capacity:
            found.append(f"{name}: {row.committed} committed of {row.capacity}")
    lost = sa_select(held.c.id, held.c.resource).where(known < held.c.behind - held.c.first)
    return found + [f"{row.id}: holds slots of {row.resource} that have no bucket" for row in session.execute(lost)]


def _entry(clock: Clock, reservation_id: str, event: ReservationEvent, from_slot: int, reason: str) -> CapacityEntry:
    return CapacityEntry(
        reservation_id=reservation_id, kind=event.value, from_slot=from_slot, reason=reason, at=clock.now()
    )


def _span(session: Session, resource: str) -> Span:
    return Span(session.exec(select(CapacityResource.bucket).where(CapacityResource.resource == resource)).one())


def _rows(session: Session, resource: str, first: int, last: int) -> Sequence[Row[int, int, int]]:
    return (
        session.connection()
        .execute(
            sa_select(_B.c.slot, _B.c.capacity, _B.c.committed).where(
                _B.c.resource == resource, _B.c.slot.between(first, last)
            )
        )
        .all()
    )


def _commit(session: Session, want: Want) -> None:
    """One UPDATE of all slots whose ceiling stands; a second one for those that first had to be made or mended."""
    ceilings = {want.capacity(slot) for slot in want.ask.slots} if callable(want.ceiling) else {want.ceiling}
    done = _add(session, _SELL_AT, want, ceiling=ceilings.pop()) if len(ceilings) == 1 else set()
    left = [slot for slot in want.ask.slots if slot not in done]
    if left:
        _provide(session, want, left)
        if _add(session, _SELL.where(_B.c.slot.in_(left)) if done else _SELL, want) != set(left):
            raise RuntimeError(f"{want.resource} has no bucket for all of {left[0]} to {left[-1]}")


_SELL = (
    update(_B)
    .where(_B.c.resource == bindparam("of"), _B.c.slot.between(bindparam("first"), bindparam("last")))
    .values(committed=_B.c.committed + bindparam("parts"))
    .returning(_B.c.slot)
)
"""The one statement that sells: the constraint refuses it or it stands. Built once, because that costs as much."""

_SELL_AT = _SELL.where(_B.c.capacity == bindparam("ceiling"))


def _add(session: Session, statement: ReturningUpdate[int], want: Want, **more: int) -> set[int]:
    """Which slots were met."""
    given = {"of": want.resource, "first": want.ask.first, "last": want.ask.last, "parts": want.ask.parts, **more}
    return {row.slot for row in session.connection().execute(statement, given)}


def _provide(session: Session, want: Want, slots: Sequence[int]) -> None:
    """Let these slots have a bucket with their ceiling; a promise already made is not cut by a lower one."""
    count_of(session, want.resource, want.kind, want.span, want.unit)
    rows = [
        {"resource": want.resource, "slot": slot, "capacity": want.capacity(slot), "committed": 0} for slot in slots
    ]
    for start in range(0, len(rows), _CHUNK):
        made = upsert(session, CapacityBucket).values(rows[start : start + _CHUNK])
        now = made.excluded.capacity
        ceiling = case((_B.c.committed > now, _B.c.committed), else_=now)
        session.connection().execute(
            made.on_conflict_do_update(
                index_elements=[_B.c.resource, _B.c.slot], set_={"capacity": ceiling}, where=_B.c.capacity != now
            )
        )
