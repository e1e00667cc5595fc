"""The ledger in both databases: the constraint is the guard, the pure rule the explanation."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.capacity.ledger import Want
from catalog.capacity.rules import Ask, Bucket, Reservation, Span, day_slot, release, reserve, with_ceiling
from catalog.capacity.tables import CapacityEntry, ResourceKind
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict
from space_hub.rng import SeededRng

DAY = day_slot(date(2024, 11, 2))
THREE = Ask(DAY, DAY + 2, 40)


def take(
    session: Session,
    clock: ManualClock,
    rng: SeededRng,
    subject: str,
    ask: Ask,
    ceiling: int | Callable[[int], int] = 100,
    *,
    nested: bool = True,
    resource: str = "agr_x",
    span: Span = Span.DAY,
) -> str:
    want = Want(resource, ResourceKind.AGREEMENT, span, "km2/d", ask, ceiling)
    held = ledger.take(session, clock, rng, tenant="org_x", subject=subject, wants=[want], nested=nested)
    return held[ResourceKind.AGREEMENT]


def test_the_third_of_forty_does_not_fit_into_a_hundred(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: without the constraint on the table the third is sold too."""
    with database.write() as session:
        take(session, clock, rng, "a", THREE)
        take(session, clock, rng, "b", THREE)
    with pytest.raises(Conflict) as refusal, database.write() as session:
        take(session, clock, rng, "c", THREE, nested=False)
    assert refusal.value.code == "capacity.exhausted"
    assert refusal.value.params == {"resource": "agr_x", "day": "2024-11-02", "asked": 0.04, "left": 0.02}
    with database.read() as session:
        assert ledger.buckets(session, "agr_x", DAY, DAY)[DAY] == Bucket(100, 80)
        assert ledger.faults(session) == []


def test_a_refusal_names_the_first_day_that_is_short_and_takes_nothing(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    last = DAY + 2
    with any_database.write() as session:
        take(session, clock, rng, "a", Ask(last, last, 90))
        with pytest.raises(Conflict) as refusal:
            take(session, clock, rng, "b", THREE)
        assert refusal.value.params["day"] == "2024-11-04"
        take(session, clock, rng, "c", Ask(DAY, DAY, 100))
    with any_database.read() as session:
        assert [each.committed for each in ledger.buckets(session, "agr_x", DAY, last).values()] == [100, 90]
        assert ledger.faults(session) == []


def test_giving_back_is_a_history_row_and_happens_once(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    with database.write() as session:
        held = take(session, clock, rng, "a", THREE)
    clock.advance(timedelta(days=1))
    with database.write() as session:
        assert ledger.give_back(session, clock, held, "test")
        assert not ledger.give_back(session, clock, held, "test")
    with database.read() as session:
        days = ledger.buckets(session, "agr_x", DAY, DAY + 2).values()
        assert [each.committed for each in days] == [40, 0, 0], "the first day had passed"
        kinds = session.exec(select(CapacityEntry.kind).order_by(col(CapacityEntry.id))).all()
        assert kinds == ["reserved", "released"]
        assert ledger.faults(session) == []


def test_a_lower_ceiling_keeps_what_was_promised(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    with database.write() as session:
        take(session, clock, rng, "a", Ask(DAY, DAY, 80), ceiling=100)
        with pytest.raises(Conflict):
            take(session, clock, rng, "b", Ask(DAY, DAY, 1), ceiling=50)
        assert ledger.buckets(session, "agr_x", DAY, DAY)[DAY] == Bucket(100, 80), "a refusal writes nothing"
        take(session, clock, rng, "c", Ask(DAY, DAY, 40), ceiling=120)
        assert ledger.faults(session) == []


def test_the_books_show_a_bucket_that_was_written_past_the_ledger(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    with any_database.write() as session:
        take(session, clock, rng, "a", THREE)
        session.connection().execute(
            text("UPDATE capacity_bucket SET committed = 41 WHERE slot = :slot"), {"slot": DAY + 1}
        )
    with any_database.read() as session:
        assert ledger.faults(session) == ["agr_x 2024-11-03: 41 committed, 40 reserved"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 2), st.integers(1, 70)), max_size=8),
    st.integers(20, 100),
)
def test_the_table_does_what_the_rule_says(
    any_database: Database,
    clock: ManualClock,
    rng: SeededRng,
    steps: list[tuple[bool, int, int, int]],
    ceiling: int,
) -> None:
    last = DAY + 4
    state = {DAY + n: Bucket(0) for n in range(5)}
    held: list[tuple[str, Ask]] = []
    with Session(any_database.engine) as session:
        for number, (giving, start, length, count) in enumerate(steps):
            if giving and held:
                reservation_id, ask = held.pop()
                ledger.give_back(session, clock, reservation_id, "test")
                state = release(state, ask, DAY)
                continue
            first = DAY + start
            ask = Ask(first, first + length, count)
            for slot in ask.slots:
                state[slot] = with_ceiling(state[slot], ceiling)
            said = reserve(state, ask)
            if isinstance(said, Reservation):
                held.append((take(session, clock, rng, f"s{number}", ask, ceiling), ask))
                state = dict(said.state)
            else:
                with pytest.raises(Conflict):
                    take(session, clock, rng, f"s{number}", ask, ceiling)
        kept = ledger.buckets(session, "agr_x", DAY, last)
        assert {slot: bucket.committed for slot, bucket in kept.items() if bucket.committed} == {
            slot: bucket.committed for slot, bucket in state.items() if bucket.committed
        }
        assert ledger.faults(session) == []
        session.rollback()
