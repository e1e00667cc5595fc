"""All-on-all screening: nothing lost, nothing twice, the same bytes whichever way it is run.

What is true is said by brute force on position alone, and the sgp4 package. Every trap that
cost somebody an encounter is a test here.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.approach import Pair, Span
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening import ScreeningResult, canonical_bytes, canonical_sha256, knots, screen, validity
from space_hub.orbit.screening.knots import Sky
from space_hub.orbit.screening.search import Search
from space_hub.orbit.screening.solve import BEFORE, STENCIL
from space_hub.orbit.times import DAY, SECOND, moment, ticks
from space_hub.validation.brute_force import LOW, Raster, meetings
from space_hub.validation.comparison import Part, against_truth
from tests.support.orbits import HOUR, START, circular, crossing, crowd, shell, spread, state, through, visitor

SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"step_s": 10.0},
    {"step_s": 37.0, "chunk_s": 333.3, "threads": 1},
    {"step_s": 120.0, "chunk_s": 700.0},
    {"step_s": 480.0},
    {"step_s": 600.0, "threads": 3},
)


def agrees(
    elements: Sequence[ElementSet],
    threshold_km: float,
    start: datetime = START,
    stop: datetime = START + HOUR,
    ways: Sequence[dict[str, Any]] = ({},),
    raster: Raster = LOW,
) -> int:
    """The number of encounters: all found, none beside them, the same bytes each way."""
    truth = meetings(Fleet(elements), ticks(start), ticks(stop), threshold_km, raster=raster)
    seen = set()
    for way in ways:
        result = screen(elements, start, stop, threshold_km=threshold_km, **way)
        part = against_truth(Part(str(way)), truth, result, threshold_km)
        assert (part.missed, part.spurious, part.wrong, part.notes) == (0, 0, 0, []), way
        seen.add(canonical_bytes(result, ids(elements)))
    assert len(seen) == 1
    return len(truth)


def ids(elements: Sequence[ElementSet]) -> list[int]:
    return [one.catalog_number for one in elements]


def rows_with(result: ScreeningResult, some: Sequence[int]) -> list[tuple[Any, ...]]:
    rows = result.encounters.columns
    return [tuple(one) for one in rows[np.isin(rows["a"], some) | np.isin(rows["b"], some)].tolist()]


# --- nothing lost, nothing beside ------------------------------------------------------------


@pytest.mark.parametrize("threshold_km", [0.1, 5.0, 100.0])
def test_passes_at_ends_of_slabs_at_poles_and_at_the_seam_are_found_with_every_step(threshold_km: float) -> None:
    """Turns red when `within` leaves out what the motion bends, when a band is not paired with the next, when the bins
    behind the seam are left out, or when a solution outside its slab is dropped (`OVERLAP` negative; each tried)."""
    assert agrees(crowd(1, 130, threshold_km), threshold_km, stop=START + HOUR / 2, ways=SETTINGS) > 100


def test_a_crowded_shell_has_bands_and_bins_and_loses_nothing_across_them() -> None:
    """Turns red when the bins ahead are one fewer, or those of the next band (each tried)."""
    elements = crowd(2, 400, 5.0, radii_km=(7100.0, 7180.0))
    assert agrees(elements, 5.0, stop=START + HOUR / 2, ways=SETTINGS[:2]) > 300


def test_high_passes_on_interpolated_knots_are_found_up_to_the_threshold() -> None:
    """Turns red when `solve` allows for 10 m only, or knots are left out twice as often (each tried)."""
    elements = crowd(4, 150, 5.0, radii_km=(9_000.0, 90_000.0))
    assert agrees(elements, 5.0, stop=START + HOUR / 2, ways=SETTINGS) > 100


def test_eccentric_perigees_in_long_slabs_are_not_settled_by_a_polynomial_that_errs() -> None:
    """At 480 s and more the polynomials of degrees five and seven are nearer to each other than to the path.

    Turns red when their difference alone is allowed for (`TRUST` 0.25; tried).
    """
    elements = crowd(7, 150, 0.1, radii_km=(6_530.0, 7_200.0))
    assert agrees(elements, 0.1, stop=START + HOUR / 2, ways=SETTINGS[4:]) > 100


def test_perigees_faster_than_any_circular_orbit_are_not_lost() -> None:
    """Two eccentric orbits that meet head-on at perigee, beyond the 15.5 km/s that a search might assume.

    Turns red when objects set apart are not paired with each other (tried).
    """
    at = START + timedelta(minutes=30)
    target = replace(circular(11, mean_motion_rev_day=2.3, eccentricity=0.715, mean_anomaly_deg=0.0), epoch=at)
    _position, velocity = state(target, at)
    elements = [target, visitor(target, at, 12, np.array([0.3, 0.4, 0.0]), -2.0 * velocity), *shell(40)]
    result = screen(elements, START, START + HOUR)
    (fast,) = [one for one in result.encounters if {one.a, one.b} == {0, 1}]
    assert fast.relative_speed_km_s > 18.0
    assert agrees(elements, 5.0, ways=SETTINGS) >= 1


def test_transfer_orbits_are_met_on_their_way_through_the_low_shells() -> None:
    """Turns red when objects set apart are not looked for among the regular ones (tried)."""
    transfer = circular(11, mean_motion_rev_day=2.25, eccentricity=0.73, inclination_deg=7.0, mean_anomaly_deg=0.0)
    transfer = replace(transfer, epoch=START + HOUR / 2)
    met = [crossing(transfer, START + timedelta(seconds=900 + 60 * n), 100 + n, 0.2 * n) for n in range(30)]
    assert agrees([transfer, *met, *shell(60)], 6.5, ways=SETTINGS) >= 20


def test_a_falling_eccentric_object_whose_sgp4_velocity_is_wrong_loses_nothing() -> None:
    """Perigee 89 km, e 0.71, B* 9e-4: days after its epoch SGP4's velocity is off the derivative of its position.

    Turns red when the second half of a chord is drawn with SGP4's velocity (tried).
    """
    heo = circular(31, mean_motion_rev_day=2.6, eccentricity=0.7105, bstar=9e-4, inclination_deg=63.0)
    heo = replace(heo, epoch=START - timedelta(days=6.7), mean_anomaly_deg=10.0)
    fleet = Fleet([heo])
    at = ticks(START) + SECOND * np.arange(0, 36_000, 10)
    _position, velocity, codes = fleet.states(at)
    ahead, behind = fleet.positions(0, at + SECOND), fleet.positions(0, at - SECOND)
    defect = np.linalg.norm(velocity[0] - (ahead - behind) / 2.0, axis=1)
    assert not codes.any()
    assert np.nanmax(defect) > 0.1, "the object does not show what the test is about"
    worst = START + timedelta(seconds=10 * int(np.argmax(defect)))
    near = [crossing(heo, worst + timedelta(seconds=17 * n), 100 + n) for n in range(-20, 20)]
    elements, window = [heo, *near], (worst - HOUR, worst + HOUR)
    truth = meetings(Fleet(elements), ticks(window[0]), ticks(window[1]), 0.5)
    assert sum(one.a == 0 for one in truth) >= 30
    assert agrees(elements, 0.5, *window, ways=SETTINGS) == len(truth)


def test_equal_heights_head_on_are_found_all_day() -> None:
    """Two that share a circle, one against the other, meet twice a revolution: 28 times in twelve hours or more."""
    pair = [
        circular(1, mean_anomaly_deg=0.0),
        circular(2, inclination_deg=93.6, raan_deg=300.3, mean_anomaly_deg=180.0),
    ]
    assert agrees(pair, 100.0, stop=START + 12 * HOUR, ways=SETTINGS) >= 1


def test_a_larger_threshold_loses_nothing() -> None:
    elements = shell(150)
    stop = START + 2 * HOUR
    small, large = (screen(elements, START, stop, threshold_km=km) for km in (10.0, 25.0))
    assert small.encounters
    seen = {(one.a, one.b, one.tca) for one in large.encounters}
    assert {(o.a, o.b, o.tca) for o in small.encounters if not (o.open_start or o.open_end)} <= seen


# --- pairs that stay together -----------------------------------------------------------------


def test_docked_and_formation_pairs_are_one_record_each_through_all_pieces() -> None:
    """Turns red when sightings of a slow pair are not joined and widened (`MARGIN` and `GROWTH` made 0; tried)."""
    docked = [circular(41), circular(42), circular(46)]
    formation = [circular(43, raan_deg=20.0), circular(44, raan_deg=20.0, mean_anomaly_deg=271.908)]
    passing = circular(45, raan_deg=20.0, mean_anomaly_deg=271.93, eccentricity=0.00135)
    elements = [*docked, *formation, passing]
    result = screen(elements, START, START + 6 * HOUR, chunk_s=600.0)
    pairs = [(one.a, one.b) for one in result.encounters]
    assert [pairs.count(one) for one in ((0, 1), (0, 2), (1, 2), (3, 4))] == [1, 1, 1, 1]
    together = {(one.a, one.b): one for one in result.encounters if one.co_located}
    first = together[0, 1]
    assert (first.tca, first.miss_km, first.entry, first.exit) == (START, 0.0, START, START + 6 * HOUR)
    assert first.open_start
    assert first.open_end
    assert agrees(elements, 5.0, stop=START + 6 * HOUR, ways=SETTINGS) == len(result.encounters)


def test_a_slow_pair_that_is_near_twice_in_one_long_slab_is_two_records() -> None:
    """Minima of 3.390 km and 3.428 km, 500 s apart, 3.432 km between them: two intervals within 3.431 km in one slab.

    Turns red when only the neighbourhood of a sighting is followed, not all of its slab (`wide` made 0; tried).
    """
    target = replace(circular(1, bstar=0.0), epoch=START)
    chaser = replace(
        target,
        catalog_number=2,
        mean_motion_rev_day=target.mean_motion_rev_day * (1.0 + 1.03e-5),
        eccentricity=target.eccentricity - 8.3e-4,
        inclination_deg=target.inclination_deg + 9.3e-4,
        raan_deg=target.raan_deg + 0.01153,
        mean_anomaly_deg=target.mean_anomaly_deg + 0.06763,
    )
    window = (START + timedelta(seconds=2660), START + timedelta(seconds=3215))
    assert agrees([target, chaser], 3.431, *window, ways=SETTINGS) == 2


# --- objects that end ---------------------------------------------------------------------------


def falling(number: int = 21, **changes: Any) -> ElementSet:
    """A low circular orbit with more drag than it can bear."""
    return circular(number, mean_motion_rev_day=16.25, bstar=0.02, **changes)


def end_of(elements: ElementSet, stop: datetime = START + 24 * HOUR) -> datetime:
    (failure,) = screen([elements], START, stop).failures
    return failure.at


def test_an_object_that_falls_is_screened_up_to_its_fall_and_reported() -> None:
    """Turns red when the last part of a slab is not searched (`_last` made empty; tried)."""
    probe = screen([falling(), *shell(3)], START, START + 24 * HOUR)
    (failure,) = probe.failures
    assert (failure.index, failure.code) == (0, 6)
    assert START < failure.at < START + 24 * HOUR
    assert (probe.offered, probe.screened, probe.failed) == (4, 4, {6: 1})
    end = ticks(failure.at)
    assert Fleet([falling()]).codes(0, np.array([end - 1_000, end])).tolist() == [0, 6]
    # Some that pass 30 km above it before the fall, the last of them half a second before.
    late = (0.5, 5.0, 40.0, 100.0, 200.0)
    chasers = [crossing(falling(), failure.at - timedelta(seconds=s), 22 + n, 30.0) for n, s in enumerate(late)]
    window = (failure.at - HOUR, failure.at + HOUR)
    assert agrees([falling(), *chasers], 40.0, *window, ways=SETTINGS) >= len(late)
    found = screen([falling(), *chasers], *window, threshold_km=40.0)
    assert {one.b for one in found.encounters if one.a == 0} == {1, 2, 3, 4, 5}
    assert all(one.exit < failure.at for one in found.encounters if one.a == 0)


def test_drag_as_strong_as_gravity_does_not_bend_an_object_out_of_the_search() -> None:
    """Deep-space, perigee 48 km, B* 5e-3: SGP4 moves it by 0.006 km/s2 beyond gravity until it ends.

    Turns red when its last stretch is searched with a fixed bound of 0.001 km/s2 (tried).
    """
    heo = circular(31, mean_motion_rev_day=2.219, eccentricity=0.7412, bstar=5.41e-3, inclination_deg=33.32)
    heo = replace(heo, epoch=START, mean_anomaly_deg=300.0)
    end = end_of(heo)
    met = [crossing(heo, end - timedelta(seconds=20 + 12 * n), 100 + n, 30.0) for n in range(20)]
    assert agrees([heo, *met], 30.5, end - HOUR, end + HOUR, ways=SETTINGS) >= 20


def test_an_object_whose_states_run_away_without_an_error_takes_nobody_with_it() -> None:
    """Real debris of much drag (BSTAR 1.665) is thrown out by SGP4 beyond any number, and no code says so.

    Sabotage seen: without `AWAY` in `chords`, and with radii that are made whole numbers before they are bounded, the
    process ended by reading memory that is not its own.
    """
    elements, step, start = crowd(7, 30, 5.0), 240 * SECOND, ticks(START)
    never = np.full(len(elements), validity.NEVER)
    sky = Sky.of(elements, records(elements), np.arange(len(elements)), never, 240.0, (start, start + DAY))
    search = Search(sky, start, step, 1, 500.0, 500.0, 0.05)
    at = start + step * np.arange(-BEFORE, STENCIL - BEFORE)
    positions = Fleet(elements).states(at)[0].transpose(1, 2, 0)[:, :, sky.order]
    seen = search.slab(positions)
    wild = int(seen.a[0])
    spared = (seen.a != wild) & (seen.b != wild)
    assert spared.any()
    for away in (1e4, 1e16, 1e25, np.inf):
        thrown = positions.copy()
        thrown[:, :, np.flatnonzero(sky.order == wild)] *= away
        left = search.slab(thrown)
        assert np.array_equal(np.stack([left.a, left.b]), np.stack([seen.a, seen.b])[:, spared])


def test_objects_that_fall_together_are_one_record_up_to_the_first_end() -> None:
    """Identical ones, one beside them, and one that ends earlier: docked, formation, and a pair of two that fall.

    Turns red when pairs of two objects that end in one slab are left out (tried).
    """
    first, second, beside = falling(21), falling(22), falling(23, mean_anomaly_deg=271.91)
    sooner = falling(24, mean_anomaly_deg=271.95, raan_deg=120.31)
    sooner = replace(sooner, bstar=0.0201)
    elements = [first, second, beside, sooner]
    end = end_of(first)
    window = (end - 3 * HOUR, end + HOUR)
    result = screen(elements, *window)
    pairs = [(one.a, one.b) for one in result.encounters]
    assert len(result.failures) == 4
    assert pairs.count((0, 1)) == 1
    docked = next(one for one in result.encounters if (one.a, one.b) == (0, 1))
    assert (docked.miss_km, docked.entry, docked.open_end, docked.co_located) == (0.0, window[0], True, True)
    assert timedelta(0) < result.failures[0].at - docked.exit <= timedelta(milliseconds=1)
    assert agrees(elements, 5.0, *window, ways=SETTINGS) == len(pairs)


def test_a_slow_pair_next_to_an_end_is_one_row_whichever_way_it_was_sighted() -> None:
    """Seen as a slow pair and as one at an edge, it must not come out twice, microseconds apart.

    Turns red when what has no seat is kept as the edge was followed (tried).
    """
    one = falling(21)
    end = end_of(one)
    at = end - timedelta(seconds=1)
    position, velocity = state(one, at - timedelta(seconds=2))
    position = position + 2.0 * velocity
    up = position / np.linalg.norm(position)
    other = through(position + 12.0 * up, velocity + 0.3 * np.cross(up, velocity) / 7.8, at, 22)
    assert agrees([one, other], 30.0, end - HOUR, end + HOUR, ways=SETTINGS) >= 1


def test_an_object_that_dips_below_the_surface_for_seconds_has_ended_there() -> None:
    """Three seconds below it, between two looks ten seconds apart: a knot may fall into them or not.

    Turns red, and does not end, when the lowest point between two looks is not looked at (tried).
    """
    dipping = circular(
        1, mean_motion_rev_day=15.2, arg_perigee_deg=90.0, inclination_deg=60.0, bstar=1e-9, mean_anomaly_deg=350.0
    )
    dipping = replace(dipping, epoch=START + HOUR / 2, eccentricity=0.07241477966308593)
    at = ticks(START) + SECOND * np.arange(3600)
    lost = np.flatnonzero(Fleet([dipping]).codes(0, at))
    assert lost.tolist() == [1957, 1958, 1959], "the object does not show what the test is about"
    elements = [dipping, *shell(5)]
    ends = [
        screen(elements, START + timedelta(seconds=s), START + HOUR, step_s=step).failures
        for s, step in ((0, 240.0), (0, 10.0), (8, 10.0))
    ]
    assert [[(one.index, one.at) for one in some] for some in ends] == [[(0, ends[0][0].at)]] * 3
    assert START + timedelta(seconds=1956) < ends[0][0].at < START + timedelta(seconds=1957)


def test_an_end_that_nobody_announced_is_found_by_the_search_and_all_is_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Turns red when the search does not say who had no state (`strangers` left empty; tried)."""
    low = circular(1, mean_motion_rev_day=15.2, arg_perigee_deg=90.0, inclination_deg=60.0, bstar=1e-9)
    dipping = [
        replace(low, catalog_number=n, epoch=START + HOUR / 2, eccentricity=0.075, mean_anomaly_deg=349.0 + n)
        for n in range(1, 4)
    ]
    elements = [*dipping, *shell(80)]
    expected = screen(elements, START, START + HOUR, threshold_km=30.0)
    assert len(expected.failures) == 3
    monkeypatch.setattr(validity, "LASTING_KM", -10_000.0)
    again = screen(elements, START, START + HOUR, threshold_km=30.0)
    assert again.failures == expected.failures
    assert np.array_equal(again.encounters.columns, expected.encounters.columns)


def test_many_objects_that_fail_at_once_and_within_one_slab_are_all_accounted_for() -> None:
    gone = [
        replace(circular(50 + n, mean_motion_rev_day=16.5, bstar=0.5), epoch=START - timedelta(days=20))
        for n in range(3)
    ]
    ending = [falling(60 + n) for n in range(5)]
    stop = START + 24 * HOUR
    result = screen([*gone, *ending, *shell(5)], START, stop)
    assert (result.offered, result.screened, result.failed_at_once) == (13, 10, 3)
    assert [one.index for one in result.failures] == list(range(8))
    assert [one.at for one in result.failures[:3]] == [START] * 3
    assert len({one.at for one in result.failures[3:]}) == 1
    assert sum(result.failed.values()) == 8
    pairs = [(one.a, one.b) for one in result.encounters if one.b < 8]
    assert pairs == [(a, b) for a in range(3, 8) for b in range(a + 1, 8)]


# --- windows, targets, order --------------------------------------------------------------------


def test_step_pieces_order_and_threads_do_not_show_in_the_bytes() -> None:
    """Turns red when `settle` seats an encounter on the search's instant instead of a whole second (tried)."""
    elements = [*shell(260), circular(41, raan_deg=20.0), circular(42, raan_deg=20.0, mean_anomaly_deg=271.908)]
    probe = screen(elements, START, START + 3 * HOUR, threshold_km=20.0)
    # The window ends within an encounter.
    stop = max(one.tca for one in probe.encounters if one.miss_km < 15.0 and not one.open_end)
    stop += timedelta(milliseconds=300)
    first = screen(elements, START, stop, threshold_km=20.0)
    expected = canonical_bytes(first, ids(elements))
    assert len(first.encounters) > 100
    assert sum(one.open_end for one in first.encounters) == 2
    assert sum(one.co_located for one in first.encounters) == 1
    mixed = sorted(elements, key=lambda one: spread(one.catalog_number, 0.618033989))
    edges = [first.encounters[n].tca + timedelta(microseconds=n % 3 - 1) for n in range(0, len(first.encounters), 7)]
    edges = sorted(one for one in set(edges) if START < one < stop)
    runs: list[tuple[list[ElementSet], dict[str, Any]]] = [
        (elements, {"step_s": 17.0, "chunk_s": 333.3, "threads": 1}),
        (elements, {"chunk_edges": edges, "step_s": 120.0, "threads": 2}),
        (mixed, {"step_s": 600.0, "threads": 3}),
    ]
    for given, settings in runs:
        again = screen(given, START, stop, threshold_km=20.0, **settings)
        assert canonical_bytes(again, ids(given)) == expected
        for name in ("tca", "entry", "exit", "miss_km", "relative_speed_km_s", "in_track_km", "open_end"):
            assert np.array_equal(again.encounters.columns[name], first.encounters.columns[name])
    assert len(canonical_sha256(first, ids(elements))) == 64


@pytest.mark.parametrize("many", [1, 5, 40, 41, 200])
def test_some_on_all_are_the_rows_of_all_on_all_that_hold_them(many: int) -> None:
    """With objects that end, slow pairs and deep space among them; also where neither of a pair is a target.

    Turns red when the last stretch of an object is searched for pairs without a target (tried).
    """
    ending = falling(900)
    end = end_of(ending)
    low = [crossing(ending, end - timedelta(seconds=3 + 20 * n), 901 + n, 30.0) for n in range(5)]
    high = [replace(one, epoch=one.epoch + (end - HOUR / 2 - START)) for one in crowd(5, 100, 5.0)]
    elements = [replace(one, catalog_number=n + 1) for n, one in enumerate([ending, *low, *high])]
    window = (end - HOUR / 2, end + HOUR / 4)
    whole = screen(elements, *window, threshold_km=40.0)
    first = 1 if many == 1 else 10
    targets = [(first + 7 * n) % len(elements) for n in range(many)]
    expected = rows_with(whole, targets)
    assert expected
    ways: tuple[dict[str, Any], ...] = ({}, {"step_s": 240.0}, {"step_s": 37.0, "chunk_s": 300.0})
    for way in ways:
        given = screen(elements, *window, threshold_km=40.0, targets=targets, **way)
        assert [tuple(one) for one in given.encounters.columns.tolist()] == expected


def test_a_transfer_orbit_wakes_each_shell_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it may meet on its way through sleeps until then.

    Turns red when a shell wakes only when the target is seen in it (`reach` 0 in `visits`; tried), and when a slab's
    own knots are not computed for it (no `shift` in `_awake`; tried).
    """
    monkeypatch.setattr(knots, "SHELL", 2)
    transfer = circular(11, mean_motion_rev_day=2.25, eccentricity=0.73, inclination_deg=7.0, mean_anomaly_deg=0.0)
    transfer = replace(transfer, epoch=START + HOUR / 2)
    met = [crossing(transfer, START + timedelta(seconds=900 + 24 * n), 100 + n, 0.2 * n) for n in range(90)]
    elements = [*shell(60), transfer, *met]
    elements = [replace(one, catalog_number=n + 1) for n, one in enumerate(elements)]
    window = (START, START + 6 * HOUR)
    expected = rows_with(screen(elements, *window, threshold_km=25.0), [60])
    assert len(expected) > 60
    for step_s in (240.0, 600.0):
        given = screen(elements, *window, threshold_km=25.0, targets=[60], step_s=step_s)
        assert [tuple(one) for one in given.encounters.columns.tolist()] == expected


def test_a_minimum_beyond_the_edge_of_the_window_is_flagged_open() -> None:
    elements = shell(150)
    stop = START + 2 * HOUR
    whole = screen(elements, START, stop, threshold_km=30.0)
    one = next(o for o in whole.encounters if not (o.open_start or o.open_end) and o.relative_speed_km_s > 1.0)
    early = screen(elements, START, one.tca - timedelta(milliseconds=400), threshold_km=30.0)
    late = screen(elements, one.tca + timedelta(milliseconds=400), stop, threshold_km=30.0)
    (before,) = [o for o in early.encounters if (o.a, o.b) == (one.a, one.b) and o.open_end]
    (after,) = [o for o in late.encounters if (o.a, o.b) == (one.a, one.b) and o.open_start]
    assert before.tca == before.exit == one.tca - timedelta(milliseconds=400)
    assert after.tca == after.entry == one.tca + timedelta(milliseconds=400)
    assert min(before.miss_km, after.miss_km) > one.miss_km


def test_windows_that_begin_and_end_at_encounters_hold_what_is_within_them() -> None:
    """Edges of the window at, a microsecond and a second around TCAs, entries and exits; each against brute force."""
    elements = crowd(6, 40, 5.0, minutes=10.0)
    probe = screen(elements, START, START + HOUR / 4).encounters.columns
    row = probe[np.flatnonzero(probe["relative_speed_km_s"] > 1.0)[3]]
    for middle in (row["tca"], row["entry"], row["exit"]):
        for shift in (-1_000_000, -1, 0, 1, 1_000_000):
            edge = moment(int(middle) + shift)
            agrees(elements, 5.0, START, edge)
            agrees(elements, 5.0, edge, START + HOUR / 4)


def test_entry_and_exit_lie_on_the_threshold_and_around_the_minimum() -> None:
    elements = shell(150)
    result = screen(elements, START, START + 2 * HOUR, threshold_km=30.0)
    fleet = Fleet(elements)
    assert result.encounters
    for one in result.encounters:
        assert one.entry <= one.tca <= one.exit
        for end, open_ in ((one.entry, one.open_start), (one.exit, one.open_end)):
            gap = fleet.positions(one.a, np.array([ticks(end)])) - fleet.positions(one.b, np.array([ticks(end)]))
            distance = float(np.linalg.norm(gap))
            assert distance <= 30.0 + 1e-6
            if not open_:
                assert distance >= 30.0 - one.relative_speed_km_s * 0.0011 - 1e-6


def test_a_plain_encounter_is_what_a_trace_of_the_pair_gives() -> None:
    elements = shell(150)
    stop = START + 2 * HOUR
    result = screen(elements, START, stop, threshold_km=5.0)
    fleet, span = Fleet(elements), Span(ticks(START), ticks(stop), ticks(stop) + 60 * SECOND)
    plain = [one for one in result.encounters if one.relative_speed_km_s > 1.0 and not (one.open_start or one.open_end)]
    assert plain
    for one in plain:
        tick = ticks(one.tca)
        (traced,) = Pair(fleet, one.a, one.b, span).trace(tick - 20 * SECOND, tick + 20 * SECOND, 5.0, SECOND)
        assert abs(traced.tca - tick) <= 1
        assert abs(traced.distance_km - one.miss_km) < 1e-6
        assert abs(traced.entry - ticks(one.entry)) <= 1000
        assert abs(traced.exit - ticks(one.exit)) <= 1000


def test_the_lower_id_is_the_first_of_a_pair() -> None:
    elements = shell(150)
    backwards = [10_000 - n for n in range(len(elements))]
    named = screen(elements, START, START + 2 * HOUR, threshold_km=30.0, ids=backwards)
    assert named.encounters
    assert all(backwards[one.a] < backwards[one.b] for one in named.encounters)
    keys = [(backwards[one.a], backwards[one.b], one.tca) for one in named.encounters]
    assert keys == sorted(keys)
    for one in named.encounters:
        length = np.hypot(np.hypot(one.radial_km, one.in_track_km), one.cross_track_km)
        assert length == pytest.approx(one.miss_km, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_catalogue_of_none_or_few_is_no_accident(count: int) -> None:
    result = screen(shell(count), START, START + HOUR)
    assert (len(result.encounters), result.offered, result.screened) == (0, count, count)
    assert (result.failed, result.failures) == ({}, [])


def test_progress_rises_to_the_total_and_what_it_raises_ends_the_run() -> None:
    seen: list[tuple[int, int]] = []
    screen(shell(3), START, START + HOUR, chunk_s=900.0, threads=1, progress=lambda *one: seen.append(one))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]

    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            screen(shell(3), START, START + HOUR, threads=threads, chunk_s=900.0, progress=cancel)


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("screening.threshold_wrong", {"threshold_km": 0.0}),
        ("screening.threshold_wrong", {"threshold_km": float("nan")}),
        ("screening.threshold_wrong", {"threshold_km": 201.0}),
        ("screening.step_wrong", {"step_s": 9.9}),
        ("screening.step_wrong", {"step_s": 601.0}),
        ("screening.chunk_wrong", {"chunk_s": 0.0}),
        ("screening.workers_wrong", {"threads": 0}),
        ("screening.ids_wrong", {"ids": [1, 1, 2]}),
        ("screening.targets_wrong", {"targets": [3]}),
        ("screening.chunk_edges_wrong", {"chunk_edges": [START + HOUR, START]}),
    ],
)
def test_settings_that_make_no_sense_are_refused(code: str, settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        screen(shell(3), START, START + HOUR, **settings)
    assert refused.value.code == code
    with pytest.raises(Invalid) as empty:
        screen(shell(3), START, START)
    assert empty.value.code == "screening.window_wrong"
