"""Which set is believed: pure rules, with the distance given by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from space_hub.awareness.selection import Departure, Held, Standing, judge, supersedes
from space_hub.orbit.elements import ElementSet
from tests.support.sky import element_set

EPOCH = datetime(2024, 11, 1, tzinfo=UTC)
OLD = element_set(7, EPOCH)
NEW = element_set(7, EPOCH + timedelta(hours=9))
NOW = EPOCH + timedelta(hours=12)
FAR = element_set(7, EPOCH + timedelta(hours=8), mean_anomaly_deg=200.0)


def apart(distances: dict[tuple[ElementSet, ElementSet], float | None]) -> Departure:
    return lambda new, other: distances[(new, other)]


def test_a_first_set_is_trusted_for_there_is_nothing_to_compare() -> None:
    verdict = judge(NEW, "src_1", None, [], now=NOW, limit_km=25.0, departure=lambda _a, _b: 9e9)
    assert (verdict.standing, verdict.departs, verdict.departure_km) == (Standing.TRUSTED, False, None)


def test_a_set_within_the_limit_is_trusted_and_one_beyond_it_is_held_back() -> None:
    """Sabotage seen: `<=` turned into `<` in `judge` makes the set exactly on the limit depart."""
    for distance, standing in ((0.3, Standing.TRUSTED), (25.0, Standing.TRUSTED), (25.001, Standing.DEPARTS)):
        verdict = judge(NEW, "src_1", OLD, [], now=NOW, limit_km=25.0, departure=apart({(NEW, OLD): distance}))
        assert verdict.standing is standing, distance
        assert verdict.departure_km == distance


def test_an_outdated_set_holds_nothing_back_but_the_new_one_is_flagged_and_of_the_same_launch() -> None:
    """Sabotage seen: without `_same_launch` a reused number took over the silent object that had it before."""
    later, distances = EPOCH + timedelta(days=3, hours=1), apart({(NEW, OLD): 900.0})
    verdict = judge(NEW, "src_1", OLD, [], now=later, limit_km=25.0, departure=distances)
    assert (verdict.standing, verdict.departs, verdict.departure_km) == (Standing.TRUSTED, True, 900.0)
    other = replace(NEW, international_designator="2024-199A")
    verdict = judge(other, "src_1", OLD, [], now=later, limit_km=25.0, departure=lambda _a, _b: 900.0)
    assert verdict.standing is Standing.DEPARTS
    verdict = judge(NEW, "src_1", OLD, [], now=later, limit_km=25.0, departure=lambda _a, _b: None)
    assert verdict.standing is Standing.DEPARTS


def test_a_set_without_a_position_is_held_back() -> None:
    verdict = judge(NEW, "src_1", OLD, [], now=NOW, limit_km=25.0, departure=lambda _a, _b: None)
    assert (verdict.standing, verdict.departure_km) == (Standing.DEPARTS, None)


def test_two_files_that_agree_confirm_a_departure_and_one_file_alone_does_not() -> None:
    """Sabotage seen: without the comparison of source files the second assertion turns red."""
    distances = apart({(NEW, OLD): 900.0, (NEW, FAR): 1.5})
    held = Held("elm_far", "src_1", FAR)
    other = judge(NEW, "src_2", OLD, [held], now=NOW, limit_km=25.0, departure=distances)
    assert (other.standing, other.confirms, other.departs) == (Standing.CONFIRMED, held, True)
    same = judge(NEW, "src_1", OLD, [held], now=NOW, limit_km=25.0, departure=distances)
    assert same.standing is Standing.DEPARTS


def test_the_newest_believed_set_is_current_and_a_held_one_never_is() -> None:
    assert supersedes(NEW, Standing.TRUSTED, OLD)
    assert supersedes(NEW, Standing.CONFIRMED, OLD)
    assert not supersedes(NEW, Standing.DEPARTS, OLD)
    assert not supersedes(OLD, Standing.TRUSTED, NEW)
    assert supersedes(OLD, Standing.TRUSTED, None)
