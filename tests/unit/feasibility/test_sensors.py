"""A sensor read from an offering's own words: every doubt widens it."""

from math import atan, degrees

import pytest

from catalog.feasibility.sensors import AREA_BOUND, JUDGED, sensor_of
from space_hub.orbit.coverage.sensor import LookSide, Sensor
from space_hub.vocabulary.attributes import ATTRIBUTES, Measured
from space_hub.vocabulary.codes import MissionArea

OPTICAL, RADAR = MissionArea.IMAGERY, MissionArea.RADAR


def said(**values: float | tuple[float, float]) -> dict[str, Measured]:
    """`off_nadir` stands for `view:off_nadir`, `sun` for `view:sun_elevation`."""
    names = {"off_nadir": "view:off_nadir", "sun": "view:sun_elevation"}
    pairs = {names.get(name, name): each if isinstance(each, tuple) else (each, each) for name, each in values.items()}
    return {name: Measured(name, *pair) for name, pair in pairs.items()}


def test_who_says_nothing_of_its_sensor_is_asked_nothing() -> None:
    assert sensor_of(OPTICAL, said(swath=20.0), 500.0, sun=True) == Sensor()
    assert sensor_of(RADAR, said(incidence_angle=35.0), 500.0, sun=True) == Sensor()


def test_half_a_swath_comes_on_top_of_the_angle_to_the_middle_of_a_scene() -> None:
    """45 deg from 500 km is 500 km aside, and with half of 100 km 550 km."""
    plain = sensor_of(OPTICAL, said(off_nadir=(0.0, 45.0)), 500.0, sun=False)
    wide = sensor_of(OPTICAL, said(off_nadir=(-10.0, 45.0), swath=100.0), 500.0, sun=False)
    assert plain.off_nadir is not None and list(plain.off_nadir) == pytest.approx([0.0, 45.0])
    assert wide.off_nadir is not None and list(wide.off_nadir) == pytest.approx([0.0, degrees(atan(1.1))])


def test_who_looks_straight_down_sees_its_swath() -> None:
    assert sensor_of(OPTICAL, said(off_nadir=0.0, swath=20.0), 500.0, sun=False) == Sensor(swath_km=20.0)
    assert sensor_of(OPTICAL, said(off_nadir=0.0), 500.0, sun=False) == Sensor()


def test_incidence_and_grazing_are_one_thing_and_the_wider_counts() -> None:
    both = said(incidence_angle=(20.0, 40.0), grazing_angle=(40.0, 75.0))
    assert sensor_of(RADAR, both, 500.0, sun=False).incidence == (15.0, 50.0)


def test_the_sun_counts_where_it_was_asked_for_and_is_near() -> None:
    limits = said(sun=(15.0, 90.0))
    assert sensor_of(OPTICAL, limits, 500.0, sun=True).sun_elevation == (15.0, 90.0)
    assert sensor_of(OPTICAL, limits, 500.0, sun=False).sun_elevation is None


@pytest.mark.parametrize(("codes", "side"), [(("left",), LookSide.LEFT), (("left", "right"), LookSide.BOTH)])
def test_one_side_bars_the_other(codes: tuple[str, ...], side: LookSide) -> None:
    given = {"look_side": Measured("look_side", codes=codes)}
    assert sensor_of(RADAR, given, 500.0, sun=False).look_side is side
    assert sensor_of(OPTICAL, given, 500.0, sun=False).look_side is LookSide.BOTH


def test_only_what_belongs_to_an_area_is_judged_there() -> None:
    for area, names in JUDGED.items():
        assert all(ATTRIBUTES[name].fits(area) for name in names)
    assert set().union(*JUDGED.values()) >= AREA_BOUND
