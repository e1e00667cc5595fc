"""The turning earth, the sun and sampled areas, against published figures, Skyfield and shapely."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from shapely.geometry import MultiPoint, Point, shape
from skyfield.api import wgs84
from skyfield.sgp4lib import theta_GMST1982

from space_hub.errors import Invalid
from space_hub.orbit.coverage.area import places, sampled
from space_hub.orbit.coverage.earth import NORMAL_OFF_CENTRE_RAD, sidereal, surface, upward, upward_at
from space_hub.orbit.coverage.sun import apparent_longitude, sunward
from space_hub.orbit.times import DAY, julian, ticks

SEASONS = (
    # Equinoxes and solstices, to the minute of UTC, as the U.S. Naval Observatory publishes them.
    ("2024-03-20T03:06", 0),
    ("2024-06-20T20:51", 90),
    ("2024-09-22T12:44", 180),
    ("2024-12-21T09:20", 270),
    ("2025-03-20T09:01", 0),
    ("2025-06-21T02:42", 90),
    ("2025-09-22T18:19", 180),
    ("2025-12-21T15:03", 270),
    ("2026-03-20T14:46", 0),
    ("2026-06-21T08:24", 90),
    ("2026-09-23T00:05", 180),
    ("2026-12-21T20:50", 270),
)


def test_the_sun_stands_where_the_seasons_begin() -> None:
    """Half a minute of rounding is 0.0004 deg.

    Sabotage seen: the term of the moon, 3136, left out.
    """
    at = np.array([ticks(datetime.fromisoformat(when).replace(tzinfo=UTC)) for when, _longitude in SEASONS])
    apart = np.degrees(apparent_longitude(at)[0]) - [longitude for _when, longitude in SEASONS]
    assert np.abs((apart + 180.0) % 360.0 - 180.0).max() < 0.001


def test_the_sun_of_a_worked_example() -> None:
    """Meeus, example 25.b: 1992-10-13 0h TD, 199 deg 54' 21.56" by the whole theory; true obliquity 23.4401443 deg."""
    at = np.array([ticks(datetime(1992, 10, 13, tzinfo=UTC) - timedelta(seconds=69.2))])
    longitude, obliquity, _nutation = apparent_longitude(at)
    assert np.degrees(longitude[0]) == pytest.approx(199.0 + 54.0 / 60.0 + 21.56 / 3600.0, abs=5e-4)
    assert np.degrees(obliquity[0]) == pytest.approx(23.4401443, abs=5e-5)


def test_at_noon_of_an_equinox_the_sun_is_over_the_equator_to_the_south_of_greenwich() -> None:
    """The equation of time is -7.4 min on that day: the sun stands 1.85 deg east of the meridian."""
    toward = sunward(np.array([ticks(datetime(2024, 3, 20, 12, tzinfo=UTC))]))[0]
    assert np.degrees(np.arctan2(toward[1], toward[0])) == pytest.approx(1.85, abs=0.05)
    assert np.degrees(np.arcsin(toward[2])) == pytest.approx(0.146, abs=0.01)


def test_sidereal_time_is_that_of_skyfield() -> None:
    at = ticks(datetime(2024, 11, 2, tzinfo=UTC)) + np.arange(0, 400 * DAY, 7 * DAY + 12_345_678_901, dtype=np.int64)
    theirs, _rate = theta_GMST1982(*julian(at))
    assert np.abs((sidereal(at) - theirs + np.pi) % (2.0 * np.pi) - np.pi).max() < 1e-9


@pytest.mark.parametrize("height", [0.0, 500.0, 1_200.0, 35_786.0])
def test_what_is_below_is_what_one_stands_above(height: float) -> None:
    latitude = np.linspace(-90.0, 90.0, 181)
    up = upward(np.linspace(-180.0, 180.0, 181), latitude)
    above = surface(up, height)
    assert np.abs(upward_at(above) - up).max() < 2e-9
    assert np.arccos(np.clip((surface(up) * up).sum(axis=1) / np.linalg.norm(surface(up), axis=1), -1, 1)).max() <= (
        NORMAL_OFF_CENTRE_RAD
    )


def test_the_surface_is_that_of_skyfield() -> None:
    one = places(np.array([[24.94, 60.17]]), 0.3).points[0]
    assert np.abs(one - wgs84.latlon(60.17, 24.94, elevation_m=300.0).itrs_xyz.km).max() < 1e-6


CRESCENT = {
    "type": "MultiPolygon",
    "coordinates": [
        [
            [[10.0, 50.0], [20.0, 49.0], [22.0, 56.0], [15.0, 52.0], [9.0, 57.0], [10.0, 50.0]],
            [[13.0, 50.5], [15.0, 50.5], [15.0, 51.5], [13.0, 51.5], [13.0, 50.5]],
        ],
        [[[25.0, 50.0], [26.0, 50.0], [26.0, 51.0], [25.0, 50.0]]],
    ],
}


def test_every_point_of_an_area_has_a_sample_nearby_and_none_lies_outside() -> None:
    """Sabotage seen: holes filled (`logical_or` in place of `logical_xor`)."""
    found = sampled(CRESCENT, spacing_km=60.0)
    area = shape(CRESCENT)
    assert all(area.buffer(1e-6).contains(Point(*each)) for each in found.tolist())
    level = np.cos(np.radians(52.0))
    cloud = MultiPoint(found * [level, 1.0])
    draw = np.random.default_rng(6)
    tried = [
        point
        for point in np.column_stack([draw.uniform(9, 26, 3000), draw.uniform(49, 57, 3000)])
        if area.contains(Point(*point))
    ]
    assert len(tried) > 300
    # Straight in longitude and latitude, with one scale for the whole: 0.71 spacings and a tenth for that.
    assert max(cloud.distance(Point(x * level, y)) for x, y in tried) * 111.2 < 0.8 * 60.0


@pytest.mark.parametrize("most", [20, 64, 300])
def test_samples_are_as_many_as_asked_and_hardly_fewer(most: int) -> None:
    assert 0.6 * most <= len(sampled(CRESCENT, most=most)) <= most


def test_points_lines_and_small_areas() -> None:
    assert sampled({"type": "Point", "coordinates": [3.0, 4.0, 100.0]}).tolist() == [[3.0, 4.0]]
    assert len(sampled({"type": "MultiPoint", "coordinates": [[3.0, 4.0], [5.0, 6.0]]})) == 2
    line = sampled({"type": "LineString", "coordinates": [[0.0, 0.0], [0.0, 10.0]]}, spacing_km=300.0)
    assert len(line) == 5
    square = [[10.0, 50.0], [10.01, 50.0], [10.01, 50.01], [10.0, 50.01], [10.0, 50.0]]
    assert 4 <= len(sampled({"type": "Polygon", "coordinates": [square]}, spacing_km=100.0)) <= 6
    with pytest.raises(Invalid, match=r"GeometryCollection.*MultiPolygon"):
        sampled({"type": "GeometryCollection", "coordinates": []})
