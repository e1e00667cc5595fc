"""Objects that come down: how fast, how long still, and a word that does not flicker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from space_hub.errors import Invalid
from space_hub.orbit.decay import Fall, Level, fall, next_level
from space_hub.orbit.elements import ElementSet
from tests.support.sky import element_set

START = datetime(2024, 11, 1, tzinfo=UTC)
LOW = element_set(5, START, mean_motion_rev_day=15.9, eccentricity=0.0005)


def _lowered(days: float, km: float) -> ElementSet:
    """The axis smaller by some kilometres: dn/n = -3/2 da/a."""
    faster = LOW.mean_motion_rev_day * (1.0 + 1.5 * km / LOW.semi_major_axis_km)
    return replace(LOW, epoch=START + timedelta(days=days), mean_motion_rev_day=faster)


def test_time_left_is_the_scale_height_over_the_rate() -> None:
    """At 300 km the scale height is 53.6 km (Vallado, table 8-4): 2 km a day leave 27 days, and a e / 2 a little more.

    Sabotage seen: a e taken whole.
    """
    seen = fall([_lowered(day, 2.0 * day) for day in range(8)])
    assert seen is not None
    assert seen.rate_km_day == pytest.approx(-2.0, rel=0.01)
    assert seen.sets == 8
    oval = fall([replace(_lowered(day, 2.0 * day), eccentricity=0.004) for day in range(8)])
    assert oval is not None
    assert seen.days_left == pytest.approx((52.0 + 6672.0 * 0.0005 / 2.0) / 2.0, rel=0.05)
    assert oval.days_left == pytest.approx((50.0 + 6672.0 * 0.004 / 2.0) / 2.0, rel=0.10)
    assert oval.days_left > seen.days_left + 1.0


def test_one_bad_set_does_not_move_the_rate() -> None:
    sets = [_lowered(day, 2.0 * day) for day in range(9)]
    sets[4] = _lowered(4, 60.0)
    seen = fall(sets)
    assert seen is not None
    assert seen.rate_km_day == pytest.approx(-2.0, rel=0.1)


def test_a_single_set_speaks_for_itself() -> None:
    """MEAN_MOTION_DOT is half the rate of the mean motion. Sabotage seen: taken for the whole."""
    half_rate = 0.5 * 1.5 * 2.0 / LOW.semi_major_axis_km * LOW.mean_motion_rev_day
    seen = fall([replace(LOW, mean_motion_dot=half_rate)])
    assert seen is not None
    assert seen.rate_km_day == pytest.approx(-2.0)
    assert seen.sets == 1


def test_what_rises_or_stays_has_no_end() -> None:
    seen = fall([_lowered(day, -1.0 * day) for day in range(5)])
    assert seen is not None
    assert seen.days_left == float("inf")
    assert next_level(Level.STEADY, seen) is Level.STEADY
    assert fall([]) is None


@pytest.mark.parametrize(
    ("before", "days_left", "after"),
    [
        (Level.STEADY, 61.0, Level.STEADY),
        (Level.STEADY, 59.0, Level.DECAYING),
        (Level.DECAYING, 80.0, Level.DECAYING),
        (Level.DECAYING, 91.0, Level.STEADY),
        (Level.DECAYING, 6.0, Level.RE_ENTRY),
        (Level.RE_ENTRY, 10.0, Level.RE_ENTRY),
        (Level.RE_ENTRY, 11.0, Level.DECAYING),
        (Level.RE_ENTRY, 200.0, Level.STEADY),
    ],
)
def test_a_level_is_left_later_than_it_is_entered(before: Level, days_left: float, after: Level) -> None:
    """Sabotage seen: no slack."""
    assert next_level(before, Fall(250.0, -1.0, days_left, 5)) is after


def test_sets_of_two_objects_are_refused() -> None:
    with pytest.raises(Invalid, match="one_object"):
        fall([LOW, replace(LOW, catalog_number=6, epoch=START + timedelta(days=1))])
