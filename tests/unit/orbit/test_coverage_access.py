"""Windows against the same conditions asked every second; visits, contacts and service against plain counting."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from math import cos, radians

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.coverage.access import Accesses, accesses
from space_hub.orbit.coverage.area import places
from space_hub.orbit.coverage.contacts import contact_time, latency
from space_hub.orbit.coverage.earth import earth_fixed, surface, upward_at
from space_hub.orbit.coverage.paths import flown, step_of
from space_hub.orbit.coverage.sensor import LookSide, Places, Sensor, conditions
from space_hub.orbit.coverage.service import seen, service
from space_hub.orbit.coverage.sun import sunward
from space_hub.orbit.coverage.visits import over_area, revisit, union
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import DAY, SECOND, ticks

START = ticks(datetime(2024, 11, 2, tzinfo=UTC))
WHERE = places(np.array([[30.5, 50.4], [15.6, 78.2], [-78.5, -0.2], [147.3, -42.9], [30.7, 50.4]]))
HOUR = 3_600 * SECOND
STOP = START + 3 * HOUR

SENSORS = {
    "agile by day": Sensor(off_nadir=(0.0, 40.0), sun_elevation=(5.0, 90.0)),
    "a ring": Sensor(off_nadir=(15.0, 35.0)),
    "radar to the left": Sensor(incidence=(20.0, 50.0), look_side=LookSide.LEFT, squint=25.0),
    "narrow": Sensor(swath_km=60.0),
    "narrow, slow to see": Sensor(off_nadir=(0.0, 1.5)),
    "all that is up": Sensor(elevation=5.0),
    "at night, low": Sensor(incidence=(60.0, 85.0), sun_elevation=(-90.0, -6.0)),
}


@cache
def _sky() -> list[ElementSet]:
    """A few of every kind: low, high, resonant, eccentric, geostationary."""
    sky = sample_catalogue(datetime(2024, 11, 2, tzinfo=UTC), 1)
    kinds = (
        "SHELL-A 01",
        "SHELL-B 01-0",
        "SHELL-C 01-0",
        "NAVIGATION 0",
        "GEO 0",
        "HEO 0",
        "TRANSFER 0",
        "DEBRIS X 00",
    )
    return [one for kind in kinds for one in [each for each in sky if kind in each.name][:3]]


@cache
def _track(satellite: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every second, from the sgp4 package and no polynomial: position, velocity, sun; (T, 3) each."""
    at = np.arange(START, STOP + 1, SECOND, dtype=np.int64)
    fleet = Fleet([_sky()[satellite]])
    position, beside = (earth_fixed(fleet.positions(0, one), one) for one in (at, at + SECOND // 10))
    return position, (beside - position) * 10.0, sunward(at)


@cache
def _below() -> Places:
    """Places 25 km beside where low satellites stand at some instants, so that narrow sensors see something too."""
    chosen = [_track(satellite)[0][second] for satellite, second in ((0, 1_003), (3, 2_518), (6, 5_377), (21, 9_001))]
    up = upward_at(np.array(chosen) + np.array([0.0, 0.0, 25.0]))
    return Places(np.concatenate([WHERE.points, surface(up)]), np.concatenate([WHERE.up, up]))


@pytest.mark.parametrize("name", SENSORS)
def test_windows_are_what_asking_every_second_finds(name: str) -> None:
    """Nothing longer than a second is missed or invented, for any kind of orbit.

    Sabotage seen: a reach 0.004 rad short of the bend of the path; humps between samples not looked for.
    """
    sky, where = _sky(), _below()
    at = np.arange(START, STOP + 1, SECOND, dtype=np.int64)
    found = accesses(sky, where, SENSORS[name], START, STOP)
    count = 0
    for satellite, one in enumerate(sky):
        for place in range(len(where.up)):
            held = conditions(SENSORS[name], *_track(satellite), where.points[place], where.up[place])
            truth = np.logical_and.reduce([each > 0.0 for each in held])
            mine = found.of_satellite(satellite).of_place(place)
            count += len(mine)
            inside = np.zeros(len(at), dtype=bool)
            for begin, end in zip(mine.begin.tolist(), mine.end.tolist(), strict=True):
                inside |= (at >= begin) & (at <= end)
            wrong = np.flatnonzero(inside != truth)
            # A second that falls on an edge may be told either way.
            edges = np.concatenate([mine.begin, mine.end])
            assert all(np.abs(edges - at[each]).min(initial=10 * SECOND) < 3_000 for each in wrong), (one.name, place)
    assert count >= 3
    assert not found.failed


def test_one_piece_or_many_places_or_few_give_the_same_windows() -> None:
    sky = _sky()
    whole = accesses(sky, WHERE, SENSORS["all that is up"], START, STOP)
    for place in range(5):
        alone = accesses(sky, places(_lon_lat(place)), SENSORS["all that is up"], START, STOP)
        mine = whole.of_place(place)
        assert np.abs(alone.begin - mine.begin).max() <= 10
        assert np.abs(alone.end - mine.end).max() <= 10


def test_a_later_start_moves_no_window_by_a_millisecond() -> None:
    sky = _sky()
    one = accesses(sky, WHERE, SENSORS["a ring"], START, STOP)
    other = accesses(sky, WHERE, SENSORS["a ring"], START + 17 * SECOND, STOP)
    later = one.begin > START + 17 * SECOND
    assert len(one) >= 3
    assert np.abs(one.begin[later] - other.begin[other.begin > START + 17 * SECOND]).max() <= 1_000


def test_permanence_needs_no_case_of_its_own() -> None:
    high = [one for one in sample_catalogue(datetime(2024, 11, 2, tzinfo=UTC), 1) if "GEO" in one.name]
    above = revisit(accesses(high, WHERE, Sensor(elevation=5.0), START, START + DAY), 2)
    assert (above.gaps, above.worst_s, above.mean_s, above.covered) == (0, 0.0, 0.0, 1.0)


def test_what_has_no_state_is_named_and_the_others_go_on() -> None:
    sky = _sky()[:2]
    lost = replace(sky[0], mean_motion_rev_day=16.6, bstar=0.05)
    found = accesses([lost, *sky], WHERE, Sensor(elevation=5.0), START, STOP)
    alone = accesses(sky, WHERE, Sensor(elevation=5.0), START, STOP)
    assert found.failed == (0,)
    assert np.array_equal(found.begin[found.satellite > 0], alone.begin)


def test_a_path_between_nodes_is_that_of_sgp4_to_a_metre() -> None:
    """Sabotage seen: nodes twice as far apart."""
    sky = _sky()
    draw = np.random.default_rng(3)
    for path in flown(sky, START, STOP):
        rows, cells = draw.integers(0, len(path.satellites), 200), draw.integers(0, path.cells, 200)
        x = draw.random(200)
        position, _velocity, _sun = path.at(rows, cells, x, True, True)
        at = START + cells * path.step + np.rint(x * path.step).astype(np.int64)
        for k in range(200):
            tick = at[k : k + 1]
            there = earth_fixed(Fleet([sky[path.satellites[rows[k]]]]).positions(0, tick), tick)[0]
            # The tick is rounded to a microsecond: 8 mm.
            assert np.linalg.norm(position[k] - there) < 1e-3
    assert {step_of(one) // SECOND for one in sky} >= {60, 120, 480, 960}


def test_no_place_is_served_beyond_the_reach() -> None:
    """The bound of the first step, over radii and places. Sabotage seen: off-nadir without the ellipsoid's share."""
    draw = np.random.default_rng(11)
    for sensor in SENSORS.values():
        where = places(
            np.column_stack([draw.uniform(-180, 180, 4000), np.degrees(np.arcsin(draw.uniform(-1, 1, 4000)))])
        )
        radius = draw.choice([6_650.0, 6_900.0, 7_600.0, 26_000.0, 42_164.0], 4000)
        aimed = where.points + draw.normal(size=(4000, 3)) * 1_500.0
        position = aimed / np.linalg.norm(aimed, axis=1, keepdims=True) * radius[:, None]
        values = conditions(
            replace(sensor, sun_elevation=None), position, position[:, [1, 2, 0]], position, where.points, where.up
        )
        holds = np.logical_and.reduce([each > 0.0 for each in values])
        apart = np.arccos(
            np.clip((position * where.points).sum(axis=1) / radius / np.linalg.norm(where.points, axis=1), -1.0, 1.0)
        )
        assert (apart[holds] <= sensor.reach(radius[holds])).all()


def test_a_sensor_that_cannot_be_is_refused() -> None:
    wrong: list[tuple[str, Callable[[], Sensor]]] = [
        ("off_nadir", lambda: Sensor(off_nadir=(30.0, 20.0))),
        ("incidence", lambda: Sensor(incidence=(0.0, 91.0))),
        ("elevation", lambda: Sensor(elevation=95.0)),
        ("swath_km", lambda: Sensor(swath_km=-1.0)),
    ]
    for name, made in wrong:
        with pytest.raises(Invalid, match=name):
            made()


def _made(rows: list[tuple[int, int, int, int]], hours: int = 24) -> Accesses:
    columns = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    satellite, place, begin, end = columns
    return Accesses(satellite, place, START + begin * HOUR, START + end * HOUR, START, START + hours * HOUR)


def test_revisit_counts_gaps_between_visits_and_says_which_end_is_open() -> None:
    """Sabotage seen: windows of two satellites not united."""
    found = _made([(0, 0, 2, 3), (1, 0, 3, 4), (0, 0, 6, 7), (1, 0, 13, 14), (0, 1, 1, 2)])
    one = revisit(found, 0)
    assert (one.visits, one.gaps, one.mean_s, one.worst_s, one.worst_is_open) == (3, 2, 4 * 3600.0, 10 * 3600.0, True)
    assert one.covered == pytest.approx(4 / 24)
    assert one.error_s == pytest.approx(np.std([2, 6], ddof=1) * 3600 / np.sqrt(2))
    other = revisit(found, 1)
    assert (other.visits, other.mean_s, other.worst_s, other.worst_is_open) == (1, None, 22 * 3600.0, True)
    assert revisit(found, 2).visits == 0
    whole = over_area([one, other, revisit(found, 2)])
    assert (whole.unseen, whole.mean_s, whole.worst_s, whole.least_covered) == (1, None, 24 * 3600.0, 0.0)
    assert revisit(found, 0, apart_s=2.5 * 3600).visits == 2


def test_a_union_is_disjoint_and_in_order() -> None:
    begin, end = union(np.array([5, 1, 2, 9]), np.array([6, 4, 3, 12]))
    assert (begin.tolist(), end.tolist()) == ([1, 5, 9], [4, 6, 12])
    assert [each.tolist() for each in union(np.array([5, 1]), np.array([6, 4]), apart=1)] == [[1], [6]]


def test_a_station_is_one_antenna_or_enough_of_them() -> None:
    found = _made([(0, 0, 2, 4), (1, 0, 3, 5), (2, 0, 8, 9)])
    time = contact_time(found, 0, least_s=3600.0)
    assert (time.contacts, time.one_antenna_min_day, time.all_antennas_min_day) == (3, 240.0, 300.0)
    assert contact_time(found, 0, least_s=4000.0).contacts == 2


def test_a_collection_waits_for_the_next_contact_of_its_own_satellite() -> None:
    """Sabotage seen: contacts of any satellite."""
    collected = _made([(0, 0, 1, 2), (0, 1, 1, 3), (0, 0, 10, 11), (1, 0, 20, 21), (1, 0, 4, 5)])
    contacts = _made([(0, 0, 5, 6), (0, 1, 10, 12), (1, 0, 4, 8), (2, 0, 3, 4)])
    one = latency(collected, contacts)
    assert (one.collections, one.open) == (4, 1)
    assert one.mean_s == pytest.approx(2 / 3 * 3600)
    assert one.worst_s == 2 * 3600.0


def test_what_a_terminal_sees_of_a_geostationary_satellite() -> None:
    """Elevation and range of one that hangs over the equator, from the triangle of earth radius and orbit radius."""
    geo = next(one for one in _sky() if "GEO" in one.name)
    below = earth_fixed(Fleet([geo]).states(np.array([START]))[0], np.array([START]))[0, 0]
    longitude = float(np.degrees(np.arctan2(below[1], below[0])))
    where = places(np.array([[longitude, 0.0], [longitude + 60.0, 0.0], [longitude + 180.0, 0.0]]))
    found = seen([geo], where, 5.0, START, START + HOUR)
    over, aside, beyond = (service(found, place) for place in range(3))
    assert over.mean_elevation_deg == pytest.approx(90.0, abs=0.5)
    tilt = np.degrees(np.arctan((cos(radians(60.0)) - 6378.137 / np.linalg.norm(below)) / np.sin(radians(60.0))))
    assert aside.mean_elevation_deg == pytest.approx(tilt, abs=0.5)
    assert over.one_way_ms == pytest.approx(2.0 * 35_786.0 / 299.792458, abs=1.0)
    assert (beyond.covered, beyond.one_way_ms, beyond.fewest) == (0.0, None, 0)


def _lon_lat(place: int) -> np.ndarray:
    return np.array([[30.5, 50.4], [15.6, 78.2], [-78.5, -0.2], [147.3, -42.9], [30.7, 50.4]])[place : place + 1]
