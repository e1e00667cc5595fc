"""The closest approach of one pair: published figures, and what must hold of any."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.approach import Pair, Path, Span, closest
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.frames import rtn
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.times import SECOND, julian, moment, ticks
from space_hub.validation.pairs import IRIDIUM_33_COSMOS_2251

START = datetime(2024, 11, 2, tzinfo=UTC)


def circular(number: int, **changes: Any) -> ElementSet:
    """A nearly circular orbit at about 780 km."""
    fields: dict[str, Any] = {
        "mean_motion_rev_day": 14.35,
        "eccentricity": 0.0011,
        "inclination_deg": 86.4,
        "raan_deg": 120.3,
        "arg_perigee_deg": 80.7,
        "mean_anomaly_deg": 271.9,
        "bstar": 2.1e-5,
    }
    return ElementSet(catalog_number=number, epoch=START - timedelta(hours=7), **(fields | changes))


def test_iridium_33_and_cosmos_2251_pass_at_the_published_584_metres() -> None:
    """T. S. Kelso, AMOS 2009: 584 m at 2009-02-10 16:55:59.806 UTC.

    Turns red when `satrec` leaves out the right ascension, or takes WGS84 for WGS72 (tried).
    """
    case = IRIDIUM_33_COSMOS_2251
    found = case.approach()
    assert abs(found.miss_km * 1000.0 - case.miss_m) <= case.miss_tolerance_m
    assert abs((found.tca - case.tca).total_seconds()) * 1000.0 <= case.tca_tolerance_ms
    assert found.relative_speed_km_s == pytest.approx(11.647, abs=0.001)


def test_the_parts_in_rtn_have_the_length_of_the_miss() -> None:
    found = IRIDIUM_33_COSMOS_2251.approach()
    length = np.sqrt(found.radial_km**2 + found.in_track_km**2 + found.cross_track_km**2)
    assert length == pytest.approx(found.miss_km, abs=1e-9)


def test_swapping_the_pair_keeps_instant_and_distance() -> None:
    a, b = IRIDIUM_33_COSMOS_2251.elements()
    window = (datetime(2009, 2, 10, tzinfo=UTC), datetime(2009, 2, 11, tzinfo=UTC))
    there, back = closest(a, b, *window), closest(b, a, *window)
    assert (there.tca, there.miss_km, there.relative_speed_km_s) == (back.tca, back.miss_km, back.relative_speed_km_s)


def test_a_minimum_cut_off_by_the_window_is_found_at_its_edge() -> None:
    a, b = IRIDIUM_33_COSMOS_2251.elements()
    stop = datetime(2009, 2, 10, 16, 55, 59, 500_000, tzinfo=UTC)
    found = closest(a, b, stop - timedelta(minutes=5), stop)
    assert found.tca == stop
    assert found.miss_km == pytest.approx(np.hypot(0.584, 0.306 * 11.647), abs=0.01)


def test_an_empty_window_and_a_fallen_object_are_refused() -> None:
    a, b = circular(1), circular(2, raan_deg=121.0)
    with pytest.raises(Invalid, match=r"approach\.window_wrong"):
        closest(a, b, START, START)
    fallen = circular(3, mean_motion_rev_day=16.6, bstar=0.9)
    with pytest.raises(Invalid, match=r"approach\.no_state"):
        closest(a, fallen, START, START + timedelta(days=3))


def test_rtn_of_a_prograde_equatorial_orbit_is_radius_motion_and_pole() -> None:
    axes = rtn(np.array([7000.0, 0.0, 0.0]), np.array([0.1, 7.5, 0.0]))
    assert axes.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_a_tick_becomes_an_exact_julian_date_and_back() -> None:
    tick = ticks(datetime(2024, 11, 2, 6, 0, 0, 1, tzinfo=UTC))
    assert moment(tick) == datetime(2024, 11, 2, 6, 0, 0, 1, tzinfo=UTC)
    day, fraction = julian(np.array([tick]))
    assert day[0] == 2460616.5
    assert fraction[0] == (6 * 3600 * SECOND + 1) / (86_400 * SECOND)


def test_the_polynomial_meets_sgp4_between_and_beyond_its_nodes() -> None:
    """The errors that the module states, with twice the rounding of SGP4 on top."""
    fleet = Fleet([circular(1), circular(2, inclination_deg=52.0, raan_deg=119.0)])
    pair = Pair(fleet, 0, 1, Span(0, 0, 0))
    seat = ticks(START)
    for spacing, offset_s, error_km in ((1, 0.37, 2e-8), (1, 5.0, 5e-7), (10, 3.7, 2e-8)):
        nodes = pair.separation(seat + spacing * SECOND * np.arange(-2, 3))
        tau = np.array([offset_s / spacing])
        there = pair.separation(np.array([seat + round(offset_s * SECOND)]))
        assert np.abs(Path.through(nodes[None]).position(tau) - there).max() < error_km


def test_a_pair_that_flies_together_all_day_is_one_interval_with_its_lowest_minimum() -> None:
    """Turns red when the minima of an interval are not joined (`interval` of `_passages` made `n`; tried)."""
    fleet = Fleet([circular(1), circular(2, mean_anomaly_deg=271.905, eccentricity=0.00115)])
    start, stop = ticks(START), ticks(START) + 86_400 * SECOND
    pair = Pair(fleet, 0, 1, Span(start, stop, stop + 60 * SECOND))
    passages = pair.trace(start + 3600 * SECOND, start + 3700 * SECOND, 5.0, 10 * SECOND)
    assert len(passages) == 1
    (one,) = passages
    assert (one.entry, one.exit, one.open_start, one.open_end, one.co_located) == (start, stop, True, True, True)
    at = np.arange(start, stop, 10 * SECOND)
    distance = np.linalg.norm(pair.separation(at), axis=1)
    assert one.distance_km <= distance.min() < one.distance_km + 1e-3


def test_identical_orbits_are_together_from_the_start_at_distance_zero() -> None:
    fleet = Fleet([circular(1), circular(2)])
    start, stop = ticks(START) + 7, ticks(START) + 5_000 * SECOND
    (one,) = Pair(fleet, 0, 1, Span(start, stop, stop + 60 * SECOND)).trace(start, start + SECOND, 5.0, 10 * SECOND)
    assert (one.tca, one.distance_km, one.speed_km_s, one.co_located) == (start, 0.0, 0.0, True)
