"""Own SGP4, one object at an instant: the sgp4 package's numbers, whatever was asked before."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import cos, isnan, pow, radians, sin

import numpy as np
import pytest

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import constants as c
from space_hub.orbit.kernels import position_at, positions_over, records, state_at
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import DAY, SECOND, ticks

EPOCH = datetime(2024, 11, 1, 7, 3, 2, 123457, tzinfo=UTC)
START = ticks(EPOCH)
ONE_MILLIMETRE = 1e-6
ROUNDING = 1e-8


def orbit(**changes: float) -> ElementSet:
    base = ElementSet(7, EPOCH, 15.1, 0.0011, 51.6, 211.0, 33.0, 127.0, 3e-4)
    return replace(base, **changes)  # type: ignore[arg-type]


GEO = {"mean_motion_rev_day": 1.00271, "eccentricity": 2.1e-4, "bstar": 0.0}
MOLNIYA = {"mean_motion_rev_day": 2.00613, "eccentricity": 0.712, "inclination_deg": 63.4, "arg_perigee_deg": 270.3}

CASES = {
    "near earth": orbit(),
    "perigee of 200 km": orbit(mean_motion_rev_day=16.05, eccentricity=0.005),
    "perigee of 140 km": orbit(mean_motion_rev_day=14.0, eccentricity=0.11, bstar=1e-5),
    "perigee of 90 km": orbit(mean_motion_rev_day=12.0, eccentricity=0.2, bstar=1e-6),
    "nearly circular": orbit(eccentricity=9.9e-5),
    "circular": orbit(eccentricity=0.0),
    "eccentric, not deep": orbit(mean_motion_rev_day=6.5, eccentricity=0.45, bstar=1e-5),
    "retrograde": orbit(inclination_deg=179.999),
    "turned over": orbit(inclination_deg=180.0),
    "equatorial": orbit(inclination_deg=0.0),
    "climbing": orbit(bstar=-0.01),
    "225 minutes less a little": orbit(mean_motion_rev_day=6.4005, bstar=1e-6),
    "225 minutes and a little": orbit(mean_motion_rev_day=6.3995, bstar=1e-6),
    "geostationary": orbit(**GEO, inclination_deg=0.03),
    "geosynchronous": orbit(**GEO, inclination_deg=7.7),
    "geosynchronous, steep": orbit(**GEO, inclination_deg=63.0),
    "equatorial, deep": orbit(**GEO, inclination_deg=0.0),
    "turned over, deep": orbit(**GEO, inclination_deg=180.0),
    "at Lyddane's limit": orbit(**GEO, inclination_deg=11.4592),
    "Molniya": orbit(**MOLNIYA),
    "Molniya, e 0.6": orbit(**{**MOLNIYA, "eccentricity": 0.6}),
    "Molniya, e 0.68": orbit(**{**MOLNIYA, "eccentricity": 0.68}),
    "transfer": orbit(mean_motion_rev_day=2.26, eccentricity=0.727, inclination_deg=6.0, bstar=2e-4),
    "navigation": orbit(mean_motion_rev_day=2.00563, eccentricity=0.01, inclination_deg=55.0, bstar=0.0),
    "very high": orbit(mean_motion_rev_day=0.21, eccentricity=0.4, inclination_deg=40.0, bstar=0.0),
    "falls": orbit(mean_motion_rev_day=16.4, bstar=0.05),
    "eccentricity above one": orbit(eccentricity=1.01),
    "below the surface": orbit(mean_motion_rev_day=17.5),
}


@pytest.mark.parametrize("name", CASES)
def test_a_state_is_that_of_the_sgp4_package(name: str) -> None:
    """Turns red with the sign of one long-period term, the guard at 180 degrees, a step of 719 minutes (each tried)."""
    one = CASES[name]
    made, fleet = records([one]), Fleet([one])
    at = START + np.array([0, 1, -3 * DAY, DAY // 2, DAY - 1, 6 * DAY, 30 * DAY, -30 * DAY, 5 * DAY], dtype=np.int64)
    position, velocity, codes = fleet.states(at)
    for place, tick in enumerate(at.tolist()):
        code, *numbers = state_at(made, 0, tick)
        assert code == codes[0, place]
        if code:
            assert all(map(isnan, numbers))
        else:
            assert np.abs(numbers[:3] - position[0, place]).max() < ROUNDING
            assert np.abs(numbers[3:] - velocity[0, place]).max() < ROUNDING
        assert position_at(made, 0, tick)[0] == code
        assert np.array_equal(position_at(made, 0, tick)[1:], numbers[:3], equal_nan=True)


def test_a_catalogue_agrees_from_the_epoch_to_a_month_around_it() -> None:
    elements = sample_catalogue(EPOCH, 5)
    made, fleet = records(elements), Fleet(elements)
    at = START + np.array([0, DAY, 30 * DAY, -30 * DAY], dtype=np.int64)
    position, _velocity, codes = fleet.states(at)
    out, own = np.empty_like(position), np.empty_like(codes)
    for k in range(len(elements)):
        positions_over(made, k, at, out[k], own[k])
    assert np.array_equal(own, codes)
    assert (made.deep >= 0).sum() > 50
    assert np.nanmax(np.abs(out - position)) < 0.1 * ONE_MILLIMETRE


@pytest.mark.parametrize("name", ["near earth", "geosynchronous", "Molniya", "transfer"])
def test_a_state_does_not_depend_on_the_path_to_it(name: str) -> None:
    """Turns red when the integrator does not start again at the epoch as time goes back: it never ends then (tried)."""
    made = records([CASES["near earth"], CASES[name]])
    hours = np.array([200, 3, 30, 29, -5, -50, -49, 700, 0, 12, -12, 12, 24], dtype=np.int64)
    at = START + hours * 3600 * SECOND
    out, codes = np.empty((len(at), 3)), np.empty(len(at), dtype=np.uint8)
    positions_over(made, 1, at, out, codes)
    for place, tick in enumerate(at.tolist()):
        assert (codes[place], *out[place]) == position_at(made, 1, tick)


def test_objects_that_fail_at_once_do_so_at_every_instant_or_come_back() -> None:
    made = records([CASES["near earth"], CASES["below the surface"], CASES["eccentricity above one"]])
    assert [position_at(made, k, START)[0] for k in range(3)] == [0, 6, 1]
    assert made.deep.tolist() == [-1, -1, -1]


def test_elements_that_are_no_numbers_are_a_code_and_never_an_error() -> None:
    broken = [
        orbit(mean_motion_rev_day=float("nan")),
        orbit(eccentricity=float("nan")),
        orbit(mean_motion_rev_day=0.0),
        orbit(mean_motion_rev_day=-1.0),
        orbit(bstar=float("inf")),
        orbit(inclination_deg=float("nan")),
    ]
    made = records([*broken, orbit()])
    for k in range(len(broken)):
        assert position_at(made, k, START + DAY)[0] != 0
    assert position_at(made, len(broken), START + DAY)[0] == 0


def test_coefficients_come_from_the_c_library_to_the_last_bit() -> None:
    """Turns red with numpy's own powers, one in twenty of which differs in the last place (tried)."""
    angles = [0.03 + 0.0799 * n for n in range(2000)]
    made = records([orbit(inclination_deg=angle) for angle in angles])
    assert made.near_rows[:, c.SIN_I].tolist() == [sin(radians(angle)) for angle in angles]
    assert made.near_rows[:, c.COS_I].tolist() == [cos(radians(angle)) for angle in angles]
    motions = made.near_rows[:, c.MOTION].tolist()
    assert made.near_rows[:, c.AXIS].tolist() == [pow(c.XKE / motion, c.TWO_THIRDS) for motion in motions]


def test_records_of_nothing_are_empty_and_records_travel_between_processes() -> None:
    assert [len(one) for one in records([])] == [0, 0, 0, 0]
    made = records([CASES["Molniya"]])
    assert state_at(pickle.loads(pickle.dumps(made)), 0, START) == state_at(made, 0, START)


def test_the_epoch_counts_to_the_microsecond() -> None:
    """Turns red when time since the epoch is formed from days as one number (tried)."""
    early, late = orbit(), replace(orbit(), epoch=EPOCH + timedelta(microseconds=1))
    made = records([early, late])
    a, b = (np.array(state_at(made, k, START + 2 * DAY)[1:]) for k in (0, 1))
    moved = np.linalg.norm(a[:3] - b[:3])
    assert abs(moved - np.linalg.norm(a[3:]) * 1e-6) < 0.01 * ONE_MILLIMETRE


def test_the_limit_of_lyddane_lies_where_the_perturbed_inclination_crosses_it() -> None:
    """The two formulas agree but for terms of second order: there is no jump to be seen, only the same numbers."""
    around = [orbit(**GEO, inclination_deg=11.459 + 0.00002 * k) for k in range(-100, 100)]
    fleet, made = Fleet(around), records(around)
    position = fleet.states(np.array([START + 3 * DAY]))[0][:, 0]
    own = np.array([position_at(made, k, START + 3 * DAY)[1:] for k in range(len(around))])
    assert np.abs(own - position).max() < ROUNDING
