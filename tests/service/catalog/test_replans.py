"""There is less than was called off: who keeps what, in one transaction, and what stays limited afterwards."""

from datetime import timedelta
from time import process_time
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import Session, select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS
from catalog.capacity.tables import CapacityBucket, CapacityEntry, CapacityReservation, ReplanRow
from catalog.ordering import call_offs, claiming, orders, replans
from catalog.ordering.tables import CallOff, CallOffEntry, CallOffOption, Purpose, SupplyOrder
from catalog.risk.tables import Cause
from jobs.proofs.alliance import Alliance, found
from jobs.proofs.supply import AUTHORITY
from providers.adapters.base import OrderStatus
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, Invalid
from space_hub.rng import SeededRng
from space_hub.trust import markings
from space_hub.vocabulary.interval import Interval


def replan(scene: Alliance, window: Interval, left: int | None, nation: str = "FR") -> ReplanRow:
    with scene.database.write() as session:
        return replans.replan(
            *(session, scene.clock, scene.rng, scene.nations[nation], scene.agreement_id),
            window=window,
            left=left,
            cause=Cause.OUTAGE,
            evidence_id="out_1",
            authority=AUTHORITY,
        )


def test_who_does_not_fit_gives_back_everything_and_the_limit_stays(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the limit not read by the next call-off the lost capacity was sold again."""
    scene = found(database, clock, rng)
    both, day = scene.days(2, 2), scene.days(2)
    civil = scene.place("PL", 10 * PARTS, day, purpose=Purpose.CIVIL)
    early = scene.place("DE", 30 * PARTS, both)
    clock.advance(timedelta(minutes=1))
    late = scene.place("FR", 60 * PARTS, both)
    row = replan(scene, day, 45 * PARTS)
    assert (row.kept, row.dropped) == (2, 1)
    with database.read() as session:
        assert ledger.faults(session) == []
        states = [session.get_one(CallOff, each.call_off.id).status for each in (civil, early, late)]
        assert states == ["active", "active", "failed"]
        order = session.exec(select(SupplyOrder).where(SupplyOrder.call_off_id == late.call_off.id)).one()
        assert (order.step, order.cancel_asked_at) == ("cancel", clock.now())
        assert call_offs.history(session, late.call_off.id)[-1].reason == "call_off.replanned"

        def told(nation: str) -> list[dict[str, Any]]:
            seen = markings.visible(LogEntry.marking_id, scene.nations[nation])
            entries = session.exec(select(LogEntry).where(seen, LogEntry.topic == "capacity.replanned"))
            return [each.payload for each in entries]

        assert [each["call_offs"] for each in told("FR")] == [[late.call_off.id]]
        assert told("DE") == []
    scene.place("DE", 5 * PARTS, day)
    with pytest.raises(Conflict):
        scene.place("DE", PARTS, day)
    scene.place("FR", 70 * PARTS, scene.days(3))
    clock.advance(timedelta(minutes=1))
    replan(scene, day, None)
    scene.place("DE", 55 * PARTS, day)


def test_what_is_delivered_already_is_not_taken_back(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with delivered orders seated like the others, a completed call-off had failed afterwards."""
    scene = found(any_database, clock, rng)
    day = scene.days(2)
    done = scene.place("DE", 60 * PARTS, day)
    report(scene, done.orders[0].id, OrderStatus.COMPLETED)
    waits = scene.place("PL", 30 * PARTS, day)
    row = replan(scene, day, 30 * PARTS)
    assert (row.kept, row.dropped) == (1, 0)
    with any_database.read() as session:
        kept = session.get_one(CallOff, done.call_off.id)
        assert (kept.status, kept.won_option) == ("completed", 1)
        assert session.get_one(CallOff, waits.call_off.id).status == "active"
        assert ledger.faults(session) == []


def test_a_dropped_order_in_doubt_is_cancelled_once_somebody_knows_of_it(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with orders in doubt passed over, the supplier went on with what was taken back."""
    scene = found(any_database, clock, rng)
    placed = scene.place("DE", 60 * PARTS, scene.days(2))
    order_id = placed.orders[0].id
    with any_database.write() as session:
        claiming.doubt(session, clock, session.get_one(SupplyOrder, order_id))
    assert replan(scene, scene.days(2), 0).dropped == 1
    with any_database.write() as session:
        found_there = orders.resolve_doubt(
            *(session, clock, rng, scene.nations["DE"], order_id),
            provider_reference="S-1",
            authority=AUTHORITY,
            reason="by telephone",
        )
        assert (found_there.step, found_there.cancel_asked_at) == ("cancel", clock.now())
        assert session.get_one(CallOffOption, (placed.call_off.id, 1)).state == "lost"


def report(scene: Alliance, order_id: str, status: OrderStatus) -> None:
    with scene.database.write() as session:
        orders.report(
            *(session, scene.clock, scene.rng, scene.supplier.principal, order_id),
            status=status,
            raw="",
            reason="",
            provider_reference="S-1",
        )


def test_only_the_lead_replans_and_only_what_lies_ahead(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = found(any_database, clock, rng)
    with pytest.raises(Forbidden):
        replan(scene, scene.days(2), 0, "DE")
    with pytest.raises(Invalid) as behind:
        replan(scene, scene.days(-3), 0)
    assert behind.value.code == "replan.nothing_ahead"


def test_five_thousand_reservations_are_replanned_in_one_transaction_of_seconds(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Seconds of a processor, because others compute beside a test; the bound is the contract's."""
    scene = found(any_database, clock, rng, capacity=10_000)
    day = scene.days(2)
    pattern = scene.place("PL", PARTS, day)
    with any_database.write() as session:
        copies(session, pattern.call_off.id, 4_999)
    began = process_time()
    row = replan(scene, day, 2_000 * PARTS)
    took = process_time() - began
    assert (row.kept, row.dropped) == (2_000, 3_000)
    assert took < 5, f"{took:.1f} s"
    with any_database.read() as session:
        assert ledger.faults(session) == []
        assert len(session.exec(select(CallOff.id).where(CallOff.status == "failed")).all()) == 3_000


def copies(session: Session, call_off_id: str, count: int) -> None:
    """The same call-off so many times more, with all its rows, as if each had been placed."""
    subject = f"{call_off_id}/1"
    held = session.exec(select(CapacityReservation).where(CapacityReservation.subject == subject)).one()

    def times(row: Any, **change: str) -> None:
        plain = row.model_dump(exclude={"id"} if isinstance(row.id if hasattr(row, "id") else "", int) else set())
        rows = [plain | {name: form.format(n) for name, form in change.items()} for n in range(count)]
        session.connection().execute(insert(type(row)), rows)

    times(held, id="rsv_{}", subject="cal_{}/1")
    entry = session.exec(select(CapacityEntry).where(CapacityEntry.reservation_id == held.id)).one()
    times(entry, reservation_id="rsv_{}")
    times(session.get_one(CallOff, call_off_id), id="cal_{}")
    times(session.get_one(CallOffOption, (call_off_id, 1)), call_off_id="cal_{}", reservation_id="rsv_{}")
    order = session.exec(select(SupplyOrder).where(SupplyOrder.call_off_id == call_off_id)).one()
    times(order, id="ord_{}", call_off_id="cal_{}")
    first = session.exec(select(CallOffEntry).where(CallOffEntry.call_off_id == call_off_id)).one()
    times(first, call_off_id="cal_{}")
    bucket = session.get_one(CapacityBucket, (held.resource, held.first_slot))
    bucket.committed += count * held.parts
    session.add(bucket)
