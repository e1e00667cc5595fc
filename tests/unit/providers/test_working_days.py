"""Clocks of offices, against a calendar on paper."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.working_days import CLOSED, add_working_days, add_working_seconds, easter, is_working, working_seconds

DAY_S = 86_400


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        # The Astronomical Almanac's dates, with the earliest and the latest of the century, and two other centuries.
        (1961, date(1961, 4, 2)),
        (2100, date(2100, 3, 28)),
        (2008, date(2008, 3, 23)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_is_where_the_almanac_has_it(year: int, sunday: date) -> None:
    """Sabotage seen: `rest` instead of `2 * rest` moved Easter of 1961 by four days."""
    assert easter(year) == sunday


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2024-11-01T10:00", 2, "2024-11-05T10:00"),  # Friday to Tuesday.
        ("2024-11-02T10:00", 2, "2024-11-06T00:00"),  # Saturday counts from Monday's midnight.
        ("2024-12-24T12:00", 1, "2024-12-27T12:00"),  # Christmas and the day after are closed.
        ("2025-04-17T09:00", 2, "2025-04-23T09:00"),  # Good Friday and Easter Monday are closed.
    ],
)
def test_due_times_skip_weekends_and_closed_days(start: str, days: int, due: str) -> None:
    """Sabotage seen: leaving out the closed days answered on Good Friday."""
    assert add_working_days(at(start), days) == at(due)


moments = st.integers(0, 20 * 365 * DAY_S).map(lambda seconds: at("2020-01-01") + timedelta(seconds=seconds))


@given(moments, st.integers(0, 40 * DAY_S))
def test_what_was_added_is_what_has_passed_and_it_ends_in_working_time(start: datetime, seconds: int) -> None:
    due = add_working_seconds(start, seconds)
    assert working_seconds(start, due) == seconds
    if seconds:
        assert is_working((due - timedelta(microseconds=1)).date())


@given(moments, moments, moments)
def test_working_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    a, b, c = sorted((a, b, c))
    assert working_seconds(a, b) + working_seconds(b, c) == pytest.approx(working_seconds(a, c))
    assert working_seconds(c, a) == 0.0


def test_seven_days_of_a_year_at_most_are_closed() -> None:
    assert all(5 <= sum(day.year == year for day in CLOSED) <= 7 for year in range(2020, 2041))
