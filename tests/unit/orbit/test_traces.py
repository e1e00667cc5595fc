"""Pairs followed through whole intervals: what sampling the sgp4 package every ten seconds gives, from any sighting."""

from dataclasses import replace
from datetime import timedelta
from time import process_time

import numpy as np
import numpy.typing as npt
import pytest

from space_hub.orbit.approach import Pair, Passage, Span
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import position_at, records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.cells import DOUBT_KM, sample, spacing_of
from space_hub.orbit.screening.found import CO_LOCATED, OPEN_END, OPEN_START, Found, gathered, sorted_once
from space_hub.orbit.screening.settle import LAST_STATE, Sightings, Window, last_tick, settle
from space_hub.orbit.screening.traces import Regions, regions, trace_edges, trace_slow
from space_hub.orbit.screening.volume import Sphere, bounds
from space_hub.orbit.times import DAY, SECOND, ticks
from tests.support.orbits import HOUR, START, circular, crossing, passing
from tests.unit.orbit.test_settle import NEVER, rows, window_of

Indices = npt.NDArray[np.int64]
MINUTE = 60 * SECOND

ORBITS = {
    "low": {},
    "low and eccentric": {"mean_motion_rev_day": 11.0, "eccentricity": 0.18},
    "transfer": {"mean_motion_rev_day": 2.27, "eccentricity": 0.73, "inclination_deg": 7.0},
    "Molniya": {"mean_motion_rev_day": 2.00573, "eccentricity": 0.7, "inclination_deg": 63.4, "arg_perigee_deg": 270.0},
    "half a day": {"mean_motion_rev_day": 2.00563, "eccentricity": 0.01, "inclination_deg": 55.0},
    "belt": {"mean_motion_rev_day": 1.00272, "eccentricity": 2e-4, "inclination_deg": 0.06},
    "falling": {"mean_motion_rev_day": 16.1, "bstar": 2e-3},
}
"""Kinds of orbits that two objects can share."""


def together(kind: str, number: int, apart: float, seed: int) -> list[ElementSet]:
    """Two objects in nearly one orbit: elements differ by parts of `apart`, about the ratio of distance to radius."""
    rng = np.random.default_rng([seed, number])
    one = circular(number, **ORBITS[kind])
    turn = np.degrees(apart) * rng.normal(size=4)
    other = replace(
        one,
        catalog_number=number + 1,
        mean_anomaly_deg=(one.mean_anomaly_deg + float(turn[0])) % 360.0,
        arg_perigee_deg=(one.arg_perigee_deg - float(turn[0] * rng.uniform(0.0, 1.0))) % 360.0,
        raan_deg=(one.raan_deg + float(turn[1])) % 360.0,
        inclination_deg=one.inclination_deg + abs(float(turn[2])),
        eccentricity=one.eccentricity + 0.3 * abs(float(np.radians(turn[3]))),
        mean_motion_rev_day=one.mean_motion_rev_day * (1.0 + 1e-3 * apart * float(rng.normal())),
    )
    return [one, other]


def region(low: int, high: int) -> Regions:
    return Regions(*(np.array([one], dtype=np.int64) for one in (0, 1, low, high)))


def followed(elements: list[ElementSet], window: Window) -> Found:
    found = trace_slow(records(elements), window, region(window.start, window.stop))
    return sorted_once(found, np.arange(len(elements)))


def sampled(elements: list[ElementSet], window: Window) -> list[Passage]:
    """All of the window on whole tens of seconds, by the sgp4 package."""
    last = last_tick(window, 0, 1)
    span = Span(window.start, min(window.stop, last), last)
    threshold = float(window.bounds.halves[0, 0])
    return Pair(Fleet(elements), 0, 1, span).trace(window.start, window.stop, threshold, 10 * SECOND)


def assert_same(found: Found, passages: list[Passage]) -> None:
    """The same intervals to the millisecond; TCA to 1 ms or 1 m of motion, miss to 0.01 m."""
    assert len(found) == len(passages)
    for n, one in enumerate(passages):
        assert abs(int(found.entry[n]) - one.entry) <= 1_000
        assert abs(int(found.exit[n]) - one.exit) <= 1_000
        flags = OPEN_START * one.open_start + OPEN_END * one.open_end + CO_LOCATED * one.co_located
        assert found.flags[n] == flags
        assert abs(float(found.miss_km[n]) - one.distance_km) < 1e-5
        late = abs(int(found.tca[n]) - one.tca)
        assert late <= 1_000 or late / SECOND * one.speed_km_s < 1e-3
        assert abs(float(found.speed_km_s[n]) - one.speed_km_s) < 1e-6


@pytest.mark.parametrize("kind", ORBITS)
@pytest.mark.parametrize("threshold_km", [0.1, 5.0, 100.0])
def test_a_slow_pair_is_what_ten_second_samples_of_sgp4_show(kind: str, threshold_km: float) -> None:
    """Turns red when the least sample stands for the minimum (tried)."""
    intervals = 0
    for number in range(1, 9):
        elements = together(kind, number, 10.0 ** (-number % 4) * 3e-7 * max(1.0, threshold_km), seed=7)
        window = window_of(elements, threshold_km, hours=20.0, start=ticks(START) + 7_654_321)
        found, passages = followed(elements, window), sampled(elements, window)
        slow = [one for one in passages if one.speed_km_s < 0.9 * max(0.1, threshold_km / 50.0)]
        if len(slow) < len(passages):
            continue
        assert_same(found, passages)
        intervals += len(passages)
    assert intervals >= 4


def test_a_threshold_that_a_sample_barely_misses_is_decided_by_sgp4() -> None:
    """Turns red when `DOUBT_KM` is 0 (tried)."""
    elements = together("low", 6, 1e-4, seed=11)
    window = window_of(elements, 5.0, hours=6.0)
    last = last_tick(window, 0, 1)
    pair = Pair(Fleet(elements), 0, 1, Span(window.start, window.stop, last))
    at = pair.samples(window.start, window.stop, 10 * SECOND)
    far = np.linalg.norm(pair.separation(at), axis=1)
    tops = np.flatnonzero((far[1:-1] > far[:-2]) & (far[1:-1] > far[2:])) + 1
    assert len(tops) >= 4
    for top in tops.tolist():
        for miss_km in (-3e-8, 3e-8):
            near = window._replace(bounds=bounds(Sphere(float(far[top]) + miss_km), 2))
            assert_same(followed(elements, near), sampled(elements, near))


def test_identical_element_sets_are_one_record_for_as_long_as_they_exist() -> None:
    """Turns red when the end of an object is left out, or the two are propagated (each tried)."""
    elements = [circular(1), circular(2)]
    window = window_of(elements, 5.0, hours=24.0 * 7)
    for ends_at in (window.stop, window.stop - DAY + 123_000):
        fails = np.array([NEVER, ends_at + LAST_STATE if ends_at < window.stop else NEVER], dtype=np.int64)
        found = trace_slow(records(elements), window._replace(fails=fails), region(window.start + DAY, window.start))
        assert rows(found) == [
            (0, 1, window.start, 0.0, 0.0, window.start, ends_at, OPEN_START | OPEN_END | CO_LOCATED)
        ]


def test_a_docked_week_costs_milliseconds() -> None:
    """60,480 samples of ten seconds by SGP4 would cost some 50 ms; turns red when `sample` is never smooth (tried)."""
    elements = together("low", 1, 1e-6, seed=1)
    made, window = records(elements), window_of(elements, 5.0, hours=24.0 * 7)
    whole = region(window.start, window.stop)
    trace_slow(made, window, whole)
    spent = []
    for _ in range(5):
        began = process_time()
        found = trace_slow(made, window, whole)
        spent.append(process_time() - began)
    assert found.flags.tolist() == [OPEN_START | OPEN_END | CO_LOCATED]
    assert min(spent) < 0.02


@pytest.mark.parametrize("kind", ["low", "Molniya", "belt"])
def test_the_same_row_from_any_sighting_of_an_interval(kind: str) -> None:
    """Turns red when a region does not grow towards its start (tried)."""
    elements = together(kind, 3, 3e-5, seed=2)
    made, window = records(elements), window_of(elements, 20.0, hours=30.0)
    whole = followed(elements, window)
    assert len(whole) >= 1
    expected = rows(whole)
    rng = np.random.default_rng(3)
    for row in expected:
        entry, exit = int(row[5]), int(row[6])  # type: ignore[call-overload]
        for _ in range(4):
            low = int(rng.integers(entry, exit + 1))
            seen = trace_slow(made, window, region(low, int(rng.integers(low, exit + 1))))
            assert row in rows(seen)
            assert set(rows(seen)) <= set(expected)


def test_of_several_minima_of_an_interval_the_lowest_counts() -> None:
    """A pair that drifts past dips twice a revolution; turns red when `lowest_of` takes the first (tried)."""
    elements = together("low", 5, 1.2e-4, seed=5)
    window = window_of(elements, 5.0, hours=24.0)
    found = followed(elements, window)
    at = np.arange(window.start, window.stop, SECOND)
    fleet = Fleet(elements)
    far = np.linalg.norm(fleet.positions(1, at) - fleet.positions(0, at), axis=1)
    several = 0
    for row in range(len(found)):
        inside = (at >= found.entry[row]) & (at <= found.exit[row])
        here = far[inside]
        several += int(((here[1:-1] < here[:-2]) & (here[1:-1] <= here[2:])).sum()) > 2
        assert here.min() - 1e-5 <= found.miss_km[row] <= here.min() + 1e-12
        assert abs(int(found.tca[row]) - int(at[inside][here.argmin()])) <= SECOND
    assert several >= 1


def test_a_fast_pass_in_the_region_of_a_slow_pair_is_settled_from_its_seat() -> None:
    """Both are the same row, so that it is counted once; turns red when `_trace_slow` keeps what it found (tried)."""
    rng = np.random.default_rng(4)
    when = START + 3 * HOUR + timedelta(seconds=3.7)
    elements = passing(rng, when, 1, 7_200.0, 1.0, speed_km_s=0.4)
    made, window = records(elements), window_of(elements, 5.0)
    around = np.array([ticks(when)], dtype=np.int64)
    one, other = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    plain = settle(made, window, one, other, around).found
    assert len(plain) == 1
    assert rows(trace_slow(made, window, region(int(around[0]), int(around[0])))) == rows(plain)


def edges_of(elements: list[ElementSet], window: Window, around: int) -> Sightings:
    one, other = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    return settle(records(elements), window, one, other, np.array([around], dtype=np.int64)).edges


def test_an_encounter_cut_by_the_window_is_open_there() -> None:
    """Turns red when the ends of the span are not sampled (tried)."""
    elements = passing(np.random.default_rng(6), START + 3 * HOUR, 1, 7_000.0, 2.0)
    made, middle = records(elements), ticks(START + 3 * HOUR)
    (whole,) = sampled(elements, window_of(elements, 5.0))
    for cut in (-40_123, -1, 0, 1, 7, 30_000):
        before = window_of(elements, 5.0, stop=whole.tca + cut)
        after = window_of(elements, 5.0, start=whole.tca + cut)
        for window, mark in ((before, OPEN_END), (after, OPEN_START)):
            found = trace_edges(made, window, edges_of(elements, window, middle))
            assert found.flags.tolist() == [mark]
            assert_same(found, sampled(elements, window))
            inner = cut >= 0 if mark == OPEN_END else cut <= 0
            assert abs(int(found.tca[0]) - (whole.tca if inner else whole.tca + cut)) <= 1


@pytest.mark.parametrize("early_s", [1.4, 5.0, 40.0])
def test_an_encounter_at_the_end_of_an_object_is_followed_up_to_there(early_s: float) -> None:
    """The last states of a falling object; turns red when the end is overlooked (tried)."""
    falling = circular(1, mean_motion_rev_day=16.25, bstar=0.02)
    made = records([falling])
    fails = next(t for t in range(ticks(START), ticks(START) + 2 * DAY, SECOND) if position_at(made, 0, t)[0] != 0)
    first, last = fails - SECOND, fails
    while last - first > 1_000:
        middle = (first + last) // 2
        first, last = (first, middle) if position_at(made, 0, middle)[0] else (middle, last)
    fails = -(-last // 1_000) * 1_000
    when = START + timedelta(microseconds=fails - ticks(START)) - timedelta(seconds=early_s)
    elements = [falling, crossing(falling, when, 2, 30.0)]
    window = window_of(elements, 40.0, hours=48.0, fails=np.array([fails, NEVER], dtype=np.int64))
    one, other = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    settled = settle(records(elements), window, one, other, np.array([ticks(when)], dtype=np.int64))
    found = gathered([settled.found, trace_edges(records(elements), window, settled.edges)])
    assert_same(found, sampled_near(elements, window, ticks(when)))
    assert len(found) == 1
    assert found.exit[0] <= fails - LAST_STATE
    assert bool(found.flags[0] & OPEN_END) == (early_s < 40.0)


def sampled_near(elements: list[ElementSet], window: Window, around: int) -> list[Passage]:
    last = last_tick(window, 0, 1)
    pair = Pair(Fleet(elements), 0, 1, Span(window.start, min(window.stop, last), last))
    return pair.trace(around - MINUTE, around + MINUTE, float(window.bounds.halves[0, 0]), SECOND)


@pytest.mark.parametrize("kind", ORBITS)
def test_an_interpolated_sample_is_nearer_to_sgp4_than_the_doubt(kind: str) -> None:
    """Turns red when every cell passes for good enough (tried)."""
    for number, apart in ((1, 1e-6), (2, 1e-4), (3, 2e-3)):
        elements = together(kind, number, apart, seed=9)
        made = records(elements)
        spacing = spacing_of(made, 0, 1)
        first = ticks(START + 10 * HOUR) // spacing
        last = first + 6 * 3600 * SECOND // spacing
        count = last - first + 1
        smooth, exact, places = np.empty((count, 3)), np.empty((count, 3)), np.empty((count, 3))
        far, true = np.empty(count), np.empty(count)
        sample(made, 0, 1, first, last, spacing, True, smooth, far, places)
        sample(made, 0, 1, first, last, spacing, False, exact, true, np.empty((0, 3)))
        assert np.abs(far - np.linalg.norm(smooth, axis=1)).max() < 1e-9
        apart_km = np.linalg.norm(exact, axis=1)
        assert np.linalg.norm(smooth - exact, axis=1).max() < 0.2 * DOUBT_KM + 2e-6 * apart_km.max()
        # Where a is only turns the axes of a volume: it matters as far as the other is.
        there = Fleet(elements).positions(0, (first + np.arange(count)) * spacing)
        turned = np.linalg.norm(places - there, axis=1) / np.linalg.norm(there, axis=1)
        assert (turned * apart_km).max() < 0.2 * DOUBT_KM + 2e-6 * apart_km.max()


def test_samples_are_as_far_apart_as_the_perigee_allows() -> None:
    expected = {"low": 10, "low and eccentric": 10, "transfer": 10, "Molniya": 10, "half a day": 80, "belt": 160}
    for kind, seconds in expected.items():
        made = records(together(kind, 1, 1e-4, seed=1))
        assert spacing_of(made, 0, 1) == seconds * SECOND


def test_sightings_become_the_regions_that_a_loop_over_them_makes() -> None:
    """Joined at once, or the regions of some joined with those of others; turns red when the pairs run together."""
    rng = np.random.default_rng(8)
    a, b = rng.integers(0, 4, 500), rng.integers(4, 7, 500)
    low = rng.integers(0, 3 * DAY, 500)
    high = low + rng.integers(0, 2, 500) * rng.integers(0, 9 * MINUTE, 500)
    whole = regions(a, b, low, high)
    expected: list[list[int]] = []
    for row in sorted(zip(a.tolist(), b.tolist(), low.tolist(), high.tolist(), strict=True)):
        same = bool(expected) and expected[-1][:2] == list(row[:2])
        if same and row[2] - expected[-1][3] <= 20 * MINUTE:
            expected[-1][3] = max(expected[-1][3], row[3])
        else:
            expected.append(list(row))
    assert np.stack([whole.a, whole.b, whole.low, whole.high], axis=1).tolist() == expected
    assert 12 < len(whole) < 500
    parts = [regions(a[n::3], b[n::3], low[n::3], high[n::3]) for n in range(3)]
    joined = regions(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("a", "b", "low", "high")))
    assert np.stack([joined.a, joined.b, joined.low, joined.high], axis=1).tolist() == expected
    none = regions(*(np.empty(0, dtype=np.int64),) * 4)
    assert len(none) == 0


def test_radii_widen_what_is_followed() -> None:
    elements = together("low", 2, 1e-4, seed=3)
    window = window_of(elements, 1.0, bounds=bounds(Sphere(1.0), 2, [0.5, 0.25]))
    assert_same(followed(elements, window), sampled(elements, window_of(elements, 1.75)))
