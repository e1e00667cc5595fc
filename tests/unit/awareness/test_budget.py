"""What may be asked of a source now: one call at a time, below its limits, and never past a refusal."""

from datetime import UTC, datetime, timedelta

import pytest

from space_hub.awareness.upstream import spacetrack
from space_hub.awareness.upstream.budget import IN_FLIGHT, Past, Verdict, verdict

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def asked(kind: str, ago: timedelta, outcome: str = "taken", took: timedelta | None = SECOND) -> Past:
    return Past(kind, NOW - ago, None if took is None else NOW - ago + took, outcome)


def judged(kind: str, *past: Past, now: datetime = NOW) -> Verdict:
    return verdict(spacetrack.POLICY, kind, past, now)


@pytest.mark.parametrize(("ago_min", "expected"), [(60, Verdict.WAIT), (61, Verdict.GO)])
def test_the_time_between_two_calls_counts_from_the_end_of_the_first(ago_min: int, expected: Verdict) -> None:
    assert judged("gp", asked("gp", timedelta(minutes=ago_min))) is expected


@pytest.mark.parametrize(("hour", "expected"), [(16, Verdict.WAIT), (17, Verdict.GO), (23, Verdict.GO)])
def test_the_satellite_catalogue_waits_for_its_hour(hour: int, expected: Verdict) -> None:
    assert judged("satcat", now=NOW.replace(hour=hour)) is expected


def test_twenty_calls_in_a_minute_are_all_though_thirty_are_allowed() -> None:
    crowd = [asked(f"gp:{number}", 10 * SECOND) for number in range(20)]
    assert (judged("cdm_public", *crowd[:19]), judged("cdm_public", *crowd)) == (Verdict.GO, Verdict.WAIT)


def test_one_call_at_a_time_and_one_that_nobody_ended_is_lost() -> None:
    under_way = asked("gp", IN_FLIGHT - SECOND, "spent", None)
    assert judged("satcat", under_way) is Verdict.WAIT
    assert judged("satcat", asked("gp", IN_FLIGHT, "spent", None)) is Verdict.LOST


@pytest.mark.parametrize("outcome", ["stopped", "unknown"])
def test_what_is_closed_stays_closed_for_every_kind_however_long(outcome: str) -> None:
    assert judged("satcat", asked("gp", timedelta(days=300), outcome)) is Verdict.CLOSED


def test_a_clock_that_went_back_waits() -> None:
    assert judged("satcat", asked("gp", -timedelta(hours=5))) is Verdict.WAIT
