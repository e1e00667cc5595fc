"""The ledger rule as values: never above capacity, and what is released is what was taken."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from catalog.capacity.rules import (
    Ask,
    Bucket,
    Refusal,
    Reservation,
    Span,
    day_slot,
    parts,
    release,
    reserve,
    slot_at,
    slot_text,
    slots,
    start_of,
    units,
    with_ceiling,
)
from space_hub.errors import Invalid

FIRST = day_slot(date(2024, 11, 2))
DAYS = 4


class Ledger(RuleBasedStateMachine):
    """Any order of taking, giving back and changing ceilings.

    Sabotage seen: `bucket.left < ask.parts - 1` in `reserve` turned it red.
    """

    @initialize(capacity=st.integers(0, 50))
    def begin(self, capacity: int) -> None:
        self.state = {FIRST + n: Bucket(capacity) for n in range(DAYS)}
        self.held: list[Ask] = []

    @rule(start=st.integers(0, DAYS), length=st.integers(0, DAYS), count=st.integers(1, 60))
    def take(self, start: int, length: int, count: int) -> None:
        first = FIRST + start
        ask = Ask(first, first + length, count)
        before = dict(self.state)
        said = reserve(self.state, ask)
        if isinstance(said, Reservation):
            self.state = dict(said.state)
            self.held.append(ask)
        else:
            assert said.left < count
            assert self.state == before
            assert said.left == before.get(said.slot, Bucket(0)).left

    @rule(which=st.integers(0, 100))
    def give_back(self, which: int) -> None:
        if self.held:
            ask = self.held.pop(which % len(self.held))
            self.state = release(self.state, ask, ask.first)

    @rule(capacity=st.integers(0, 60))
    def change_ceiling(self, capacity: int) -> None:
        self.state = {slot: with_ceiling(bucket, capacity) for slot, bucket in self.state.items()}

    @invariant()
    def committed_is_what_is_held_and_never_more_than_there_is(self) -> None:
        for slot, bucket in self.state.items():
            assert bucket.committed == sum(ask.parts for ask in self.held if slot in ask.slots)
            assert 0 <= bucket.committed <= bucket.capacity


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_a_bucket_with_more_committed_than_it_holds_cannot_exist() -> None:
    with pytest.raises(ValueError, match="5 of 4"):
        Bucket(4, 5)


def test_all_slots_or_none_and_the_first_short_one_is_named() -> None:
    state = {FIRST: Bucket(10), FIRST + 1: Bucket(10, 8)}
    said = reserve(state, Ask(FIRST, FIRST + 1, 3))
    assert said == Refusal(FIRST + 1, 3, 2)
    assert isinstance(reserve(state, Ask(FIRST, FIRST + 1, 2)), Reservation)


def test_slots_that_have_passed_stay_used_up() -> None:
    state = {FIRST + n: Bucket(10, 4) for n in range(3)}
    after = release(state, Ask(FIRST, FIRST + 2, 4), FIRST + 1)
    assert [bucket.committed for bucket in after.values()] == [4, 0, 0]


@given(st.integers(1, 10**12))
def test_parts_and_units_are_each_others_inverse(count: int) -> None:
    assert parts(Decimal(str(units(count))), of="quantity") == count


@pytest.mark.parametrize("given", ["0", "-1", "NaN", "Infinity", "1e15", "0.0005"])
def test_a_quantity_that_cannot_be_counted_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        parts(Decimal(given), of="quantity")


def test_a_window_touches_the_slots_of_its_half_open_stretch() -> None:
    """Sabotage seen: the slot of `stop` itself counted."""
    start = datetime(2024, 11, 2, 23, 59, tzinfo=UTC)
    assert slots(Span.DAY, start, datetime(2024, 11, 3, tzinfo=UTC)) == (FIRST, FIRST)
    assert slots(Span.DAY, start, datetime(2024, 11, 3, 0, 0, 1, tzinfo=UTC)) == (FIRST, FIRST + 1)
    assert slots(Span.HOUR, start, datetime(2024, 11, 3, 1, tzinfo=UTC)) == (24 * FIRST + 23, 24 * FIRST + 24)
    assert slots(Span.WHOLE, start, datetime(2025, 11, 3, tzinfo=UTC)) == (0, 0)


def test_a_slot_is_counted_from_1970_and_written_as_people_write_it() -> None:
    """By the calendar: 54 years of 365 days, 13 leap days from 1972 to 2020, and 306 days of 2024."""
    assert FIRST == 54 * 365 + 13 + 306
    assert slot_at(Span.DAY, datetime(1969, 12, 31, 23, tzinfo=UTC)) == -1
    assert slot_text(Span.DAY, FIRST) == "2024-11-02"
    assert slot_text(Span.HOUR, 24 * FIRST + 6) == "2024-11-02T06:00Z"
    assert slot_text(Span.WHOLE, 0) == "-"


@given(st.sampled_from([Span.HOUR, Span.DAY]), st.datetimes(allow_imaginary=False, timezones=st.just(UTC)))
def test_a_slot_begins_in_itself_and_holds_what_lies_in_it(span: Span, instant: datetime) -> None:
    slot = slot_at(span, instant)
    length = timedelta(hours=1) if span is Span.HOUR else timedelta(days=1)
    assert timedelta(0) <= instant - start_of(span, slot) < length
    assert slot_at(span, start_of(span, slot)) == slot
