"""Slots: named by hub time, queued once, made up by what the table says."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs import schedule
from jobs.schedule import SCHEDULE, Missed, Regular, due, slot_of, tick
from space_hub.awareness import sources
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import RecordedSource
from space_hub.clock import Clock, ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.principal import HUB
from space_hub.work import ledger

NOON = datetime(2024, 11, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(missed: Missed) -> Regular:
    return Regular("screen", HOUR, missed)


def test_a_slot_is_named_by_the_hour_it_begins_and_names_sort_by_time() -> None:
    assert slot_of(hourly(Missed.ONCE), NOON) == "at:2024-11-02T12:00:00Z"
    names = [slot_of(regular, NOON + number * regular.every) for regular in SCHEDULE for number in range(5)]
    for start in range(0, len(names), 5):
        assert names[start : start + 5] == sorted(set(names[start : start + 5]))


@pytest.mark.parametrize(
    ("missed", "expected"),
    [(Missed.ONCE, ["12"]), (Missed.EACH, ["10", "11", "12"]), (Missed.SKIP, [])],
)
def test_what_a_missed_slot_means(missed: Missed, expected: list[str]) -> None:
    last = "at:2024-11-02T09:00:00Z"
    assert [slot[14:16] for slot in due(hourly(missed), last, NOON, NOON)] == expected


def test_a_slot_that_is_never_made_up_is_done_in_its_time() -> None:
    at = NOON.replace(minute=0, second=3)
    assert due(hourly(Missed.SKIP), "at:2024-11-02T09:00:00Z", NOON, at) == ["at:2024-11-02T12:00:00Z"]


def test_a_new_installation_waits_for_the_next_slot_and_then_does_not_forget_it() -> None:
    made = NOON
    assert due(hourly(Missed.ONCE), None, made, NOON + timedelta(minutes=29)) == []
    assert due(hourly(Missed.ONCE), None, made, NOON + 5 * HOUR) == ["at:2024-11-02T17:00:00Z"]


def test_a_clock_that_goes_back_queues_nothing_again() -> None:
    assert due(hourly(Missed.EACH), "at:2024-11-02T15:00:00Z", NOON, NOON) == []


def test_a_month_of_missed_slots_is_no_storm() -> None:
    assert len(due(hourly(Missed.EACH), "at:2024-10-02T00:00:00Z", NOON, NOON)) == 24


def test_two_tickers_queue_a_slot_once_and_follow_hub_time(database: Database, rng: SeededRng) -> None:
    """Sabotage seen: a slot name with the wall time in it queued two."""
    plan = (hourly(Missed.ONCE),)
    first = ManualClock(datetime(2026, 1, 1, tzinfo=UTC), offset=NOON - datetime(2026, 1, 1, tzinfo=UTC))
    second = ManualClock(datetime(2026, 1, 5, tzinfo=UTC), offset=NOON - datetime(2026, 1, 5, tzinfo=UTC))

    def once(clock: Clock) -> list[str]:
        with database.write() as session:
            return tick(session, clock, rng, NOON - 2 * HOUR, plan)

    with database.write() as session:
        organisations.ensure_hub(session, first)
    assert len(once(first)) == 1
    assert once(second) == []
    with database.read() as session:
        assert ledger.last_slot(session, "screen") == "at:2024-11-02T12:00:00Z"
    second.advance(HOUR)
    assert len(once(second)) == 1


def test_a_download_that_begins_minutes_late_does_not_cost_the_next_slot(
    any_database: Database, rng: SeededRng
) -> None:
    """Sabotage seen: slots two hours apart make the second call too soon for the source's own two hours."""
    [regular] = [regular for regular in SCHEDULE if regular.kind == "ingest.celestrak"]
    clock = ManualClock(datetime(2026, 1, 1, 12, 30, tzinfo=UTC))
    with any_database.write() as session:
        organisations.ensure_hub(session, clock)
    source = RecordedSource()
    last, outcomes = slot_of(regular, clock.now()), []
    for late in (timedelta(minutes=5), timedelta(0), timedelta(seconds=3)):
        while not (slots := due(regular, last, clock.now(), clock.now())):
            clock.advance(timedelta(minutes=1))
        [last] = slots
        clock.advance(late)
        outcomes.append(sources.refresh(any_database, clock, rng, HUB, source).outcome)
    assert (outcomes, source.asked) == ([Outcome.UNREACHABLE] * 3, 3)


def test_a_replayed_day_does_not_fetch_today_s_data(database: Database, rng: SeededRng) -> None:
    replayed = ManualClock(datetime(2026, 1, 1, tzinfo=UTC), offset=timedelta(days=-400))
    now = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    celestrak = tuple(regular for regular in SCHEDULE if regular.kind == "ingest.celestrak")
    with database.write() as session:
        organisations.ensure_hub(session, now)
        assert tick(session, replayed, rng, replayed.now() - timedelta(days=1), celestrak) == []
        assert len(tick(session, now, rng, now.now() - timedelta(days=1), celestrak)) == 1


def test_the_ticker_keeps_no_late_tick_and_never_runs_twice_at_once(any_database: Database, rng: SeededRng) -> None:
    clock = ManualClock(NOON)
    ticker = schedule.ticker(any_database, clock, rng)
    ticker.start(paused=True)
    try:
        [job] = ticker.get_jobs()
        assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)
    finally:
        ticker.shutdown(wait=True)
