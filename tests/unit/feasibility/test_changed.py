"""When a satellite flies otherwise than its older set said."""

from dataclasses import replace

import pytest

from catalog.physics import changed
from catalog.physics.changed import moved
from space_hub.orbit.carried import mean_at, turn_deg
from tests.support.claims import POLAR
from tests.support.sky import later

ONE = POLAR[0]


@pytest.mark.parametrize("days", [0.1, 3, 13])
def test_an_orbit_that_nobody_changed_has_not_moved(days: float) -> None:
    """Sabotage seen: elements compared as they stand in the sets, and the turning of the plane was a change."""
    assert not moved(ONE, later(ONE, 24.0 * days))


@pytest.mark.parametrize(
    ("name", "bound", "per_unit"),
    [
        ("eccentricity", changed.ECCENTRICITY, 1.0),
        ("inclination_deg", changed.INCLINATION_DEG, 1.0),
        ("raan_deg", changed.NODE_DEG, 1.0),
        ("mean_anomaly_deg", changed.LATITUDE_DEG, 1.0),
        ("mean_motion_rev_day", changed.AXIS_KM, 1.5 * ONE.mean_motion_rev_day / (ONE.perigee_km + 6378.0)),
    ],
)
def test_beyond_the_stated_amount_it_has(name: str, bound: float, per_unit: float) -> None:
    """Sabotage seen: each of the five bounds left out made its case red."""
    new = later(ONE, 48.0)
    for part, expected in ((0.8, False), (1.3, True)):
        step = part * bound * per_unit
        assert moved(ONE, replace(new, **{name: getattr(new, name) + step})) is expected, (name, part)


def test_directions_are_told_apart_over_the_end_of_the_circle() -> None:
    assert (turn_deg(359.5, 0.5), turn_deg(10.0, 200.0), turn_deg(0.5, 359.5)) == (1.0, -170.0, -1.0)


def test_the_node_of_an_orbit_near_the_equator_lies_anywhere_and_is_no_change() -> None:
    """Sabotage seen: the node taken alone, and a satellite over the equator moved with every set."""
    over_the_equator = replace(ONE, mean_motion_rev_day=1.00272, inclination_deg=0.02, eccentricity=0.0002, bstar=0.0)
    new = later(over_the_equator, 24.0)
    elsewhere = replace(
        new, raan_deg=(new.raan_deg + 25.0) % 360.0, arg_perigee_deg=(new.arg_perigee_deg - 25.0) % 360.0
    )
    assert not moved(over_the_equator, elsewhere)
    assert moved(over_the_equator, replace(new, mean_anomaly_deg=(new.mean_anomaly_deg + 15.0) % 360.0))


def test_what_came_down_has_moved() -> None:
    falling = replace(ONE, mean_motion_rev_day=16.35, bstar=7e-3)
    assert mean_at(falling, later(ONE, 240.0).epoch) is None
    assert moved(falling, later(ONE, 240.0))
