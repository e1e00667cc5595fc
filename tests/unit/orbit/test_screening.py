"""All-on-all screening: nothing lost, nothing twice, the same bytes whichever way it is run."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.approach import Pair, Span
from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening import Encounter, ScreeningResult, canonical_bytes, canonical_sha256, screen
from space_hub.orbit.screening.result import Encounters
from space_hub.orbit.times import SECOND, Floats, ticks
from space_hub.validation.brute_force import Meeting, meetings
from space_hub.validation.comparison import Part, against_truth
from tests.unit.orbit.test_approach import START, circular

HOUR = timedelta(hours=1)


def spread(number: int, turn: float) -> float:
    """The number-th of evenly spread values in [0, 1): repeatable, and alike for no two turns."""
    return (number * turn) % 1.0


def shell(count: int, **changes: Any) -> list[ElementSet]:
    """A thin crowded shell of orbits in all directions, with a few eccentric and deep-space objects among them."""
    objects = []
    for n in range(1, count + 1):
        one = circular(
            1000 + n,
            mean_motion_rev_day=14.3 + 0.02 * spread(n, 0.754877666),
            eccentricity=0.0005 + 0.002 * spread(n, 0.569840291),
            inclination_deg=40.0 + 100.0 * spread(n, 0.618033989),
            raan_deg=360.0 * spread(n, 0.414213562),
            arg_perigee_deg=360.0 * spread(n, 0.732050808),
            mean_anomaly_deg=360.0 * spread(n, 0.236067977),
        )
        if n % 10 == 0:
            one = replace(one, mean_motion_rev_day=2.2 + spread(n, 0.3), eccentricity=0.7, arg_perigee_deg=270.0)
        objects.append(replace(one, **changes))
    return objects


def against_brute_force(elements: Sequence[ElementSet], hours: float, threshold_km: float, **settings: Any) -> int:
    """The number of encounters, all found and none beside them."""
    stop = START + hours * HOUR
    truth = meetings(Fleet(elements), ticks(START), ticks(stop), threshold_km)
    result = screen(elements, START, stop, threshold_km=threshold_km, threads=1, **settings)
    part = against_truth(Part("test"), truth, result, threshold_km)
    assert (part.missed, part.spurious, part.wrong, part.at_threshold) == (0, 0, 0, 0), part.notes
    return part.cases


def ids(elements: Sequence[ElementSet]) -> list[int]:
    return [one.catalog_number for one in elements]


def test_step_pieces_order_and_threads_do_not_show_in_the_bytes() -> None:
    """Turns red when `settle` seats an encounter on the search's instant instead of a whole second (tried)."""
    elements = [*shell(260), circular(41, raan_deg=20.0), circular(42, raan_deg=20.0, mean_anomaly_deg=271.908)]
    probe = screen(elements, START, START + 3 * HOUR, threshold_km=20.0, threads=1)
    # The window ends within an encounter.
    stop = max(one.tca for one in probe.encounters if one.miss_km < 15.0 and not one.open_end)
    stop += timedelta(milliseconds=300)
    first = screen(elements, START, stop, threshold_km=20.0, threads=1)
    expected = canonical_bytes(first, ids(elements))
    assert len(first.encounters) > 100
    assert sum(one.open_end for one in first.encounters) == 2
    assert sum(one.co_located for one in first.encounters) == 1
    mixed = sorted(elements, key=lambda one: spread(one.catalog_number, 0.618033989))
    edges = [first.encounters[n].tca + timedelta(microseconds=n % 3 - 1) for n in range(0, len(first.encounters), 7)]
    edges = sorted(one for one in set(edges) if START < one < stop)
    runs = [
        (elements, {"step_s": 17.0, "chunk_s": 333.3, "threads": 1}),
        (elements, {"chunk_edges": edges, "step_s": 120.0, "threads": 1}),
        (mixed, {"step_s": 90.0, "threads": 2}),
        (elements, {"step_s": 600.0, "chunk_s": 1000.0, "threads": 2}),
    ]
    for given, settings in runs:
        again = screen(given, START, stop, threshold_km=20.0, **settings)  # type: ignore[arg-type]
        assert canonical_bytes(again, ids(given)) == expected
        assert [one.tca for one in again.encounters] == [one.tca for one in first.encounters]
        assert [(one.entry, one.exit) for one in again.encounters] == [(o.entry, o.exit) for o in first.encounters]
    assert len(canonical_sha256(first, ids(elements))) == 64


def test_recall_is_whole_against_brute_force_at_a_wide_and_a_narrow_threshold() -> None:
    """Turns red when the fast objects of a slab are not paired with the others (tried)."""
    assert against_brute_force(shell(180), 3.0, 30.0) > 100
    assert against_brute_force(shell(220), 3.0, 2.0, step_s=120.0) >= 1


def test_perigees_faster_than_any_circular_orbit_are_not_lost() -> None:
    """Two eccentric orbits that meet head-on at perigee, beyond the 15.5 km/s that a search might assume.

    Turns red when the ball of `candidates` is cut at 15.5 km/s times half a step (tried).
    """
    there: dict[str, Any] = {"eccentricity": 0.715, "raan_deg": 33.0, "arg_perigee_deg": 0.0, "mean_anomaly_deg": 0.0}
    back: dict[str, Any] = {"eccentricity": 0.7171729, "raan_deg": 30.3607, "arg_perigee_deg": 0.3959}
    pair = [
        circular(11, mean_motion_rev_day=2.3, inclination_deg=20.0, **there),
        circular(12, mean_motion_rev_day=2.3, inclination_deg=160.0, mean_anomaly_deg=0.1253, **back),
    ]
    # They meet at the end of a slab, where the middles of their chords are farthest apart.
    elements = [replace(one, epoch=START + timedelta(minutes=30, seconds=9)) for one in pair] + shell(40)
    result = screen(elements, START, START + HOUR, threads=1)
    (fast,) = [one for one in result.encounters if {one.a, one.b} == {0, 1}]
    assert fast.relative_speed_km_s > 18.0
    assert fast.tca.second in (0, 59)
    assert against_brute_force(elements, 1.0, 5.0) >= 1


def test_an_object_that_falls_is_screened_up_to_its_fall_and_reported() -> None:
    """Turns red when the last part of a slab is not searched (`_last` made empty; tried)."""
    falling = circular(21, mean_motion_rev_day=16.25, bstar=0.02)
    stop = START + timedelta(days=1)
    probe = screen([falling, *shell(3)], START, stop, threads=1)
    (failure,) = probe.failures
    assert (failure.index, failure.code) == (0, 6)
    assert START < failure.at < stop
    assert (probe.offered, probe.screened, probe.failed) == (4, 4, {6: 1})
    # One that passes 30 km above it 5 s before the fall, and one 40 s before.
    chaser = [crossing(falling, failure.at - timedelta(seconds=5), 22, 30.0)]
    chaser += [crossing(falling, failure.at - timedelta(seconds=40), 23, 30.0)]
    window = (failure.at - HOUR, failure.at + HOUR)
    runs = [
        screen([falling, *chaser], *window, threshold_km=40.0, threads=1, step_s=step, chunk_s=chunk)
        for step, chunk in ((60.0, 1800.0), (23.0, 700.0))
    ]
    assert len({canonical_bytes(one, [21, 22, 23]) for one in runs}) == 1
    found = [one for one in runs[0].encounters if one.a == 0]
    assert {one.b for one in found} == {1, 2}
    assert all(one.exit <= failure.at for one in found)
    assert [one.failures for one in runs] == [runs[0].failures] * 2
    assert against_window([falling, *chaser], *window, threshold_km=40.0) == len(runs[0].encounters)


def crossing(target: ElementSet, at: datetime, number: int, above_km: float = 0.0) -> ElementSet:
    """A circular orbit in another plane that passes above the target, to about 100 m, at an instant."""
    position, velocity = Fleet([target]).state(0, ticks(at))
    wanted = position * (1.0 + above_km / float(np.linalg.norm(position)))
    aim = wanted
    # The elements are mean, the aim is not: aim off by what the last shot missed by.
    for _ in range(6):
        one = circle_through(aim, velocity, at, number)
        aim = aim + wanted - Fleet([one]).state(0, ticks(at))[0]
    return one


def circle_through(position: Floats, velocity: Floats, at: datetime, number: int) -> ElementSet:
    """The Keplerian circle through a position, its plane turned against the velocity."""
    radius = float(np.linalg.norm(position))
    across = np.cross(position, velocity)
    along = velocity / np.linalg.norm(velocity) + 0.7 * across / np.linalg.norm(across)
    normal = np.cross(position, along)
    normal /= np.linalg.norm(normal)
    node = np.array([-normal[1], normal[0], 0.0]) / np.hypot(normal[0], normal[1])
    argument = np.degrees(np.arctan2(position @ np.cross(normal, node), position @ node))
    return ElementSet(
        catalog_number=number,
        epoch=at,
        mean_motion_rev_day=float(np.sqrt(MU_KM3_S2 / radius**3) * 86400.0 / (2.0 * np.pi)),
        eccentricity=1e-6,
        inclination_deg=float(np.degrees(np.arccos(normal[2]))),
        raan_deg=float(np.degrees(np.arctan2(node[1], node[0]))) % 360.0,
        arg_perigee_deg=0.0,
        mean_anomaly_deg=float(argument) % 360.0,
        bstar=0.0,
    )


def against_window(elements: Sequence[ElementSet], start: datetime, stop: datetime, *, threshold_km: float) -> int:
    truth = meetings(Fleet(elements), ticks(start), ticks(stop), threshold_km)
    result = screen(elements, start, stop, threshold_km=threshold_km, threads=1)
    part = against_truth(Part("test"), truth, result, threshold_km)
    assert (part.missed, part.spurious, part.wrong, part.at_threshold) == (0, 0, 0, 0), part.notes
    return part.cases


def test_a_falling_eccentric_object_whose_sgp4_velocity_is_wrong_loses_nothing() -> None:
    """Perigee 89 km, e 0.71, B* 9e-4: days after its epoch SGP4's velocity is off the derivative of its position.

    Turns red when the chord of a slab is drawn with SGP4's velocity (tried).
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
    elements = [heo, *near]
    truth = meetings(Fleet(elements), ticks(worst - HOUR), ticks(worst + HOUR), 0.5)
    assert sum(one.a == 0 for one in truth) >= 10
    assert against_window(elements, worst - HOUR, worst + HOUR, threshold_km=0.5) == len(truth)


def test_docked_and_formation_pairs_are_one_record_each_through_all_pieces() -> None:
    """Turns red when sightings of a slow pair are not joined and widened (`MARGIN` and `JOINED` made 0; tried)."""
    docked = [circular(41), circular(42)]
    formation = [circular(43, raan_deg=20.0), circular(44, raan_deg=20.0, mean_anomaly_deg=271.908)]
    passing = circular(45, raan_deg=20.0, mean_anomaly_deg=271.93, eccentricity=0.00135)
    elements = [*docked, *formation, passing]
    result = screen(elements, START, START + 6 * HOUR, chunk_s=600.0, threads=1)
    pairs = [(one.a, one.b) for one in result.encounters]
    assert pairs.count((0, 1)) == pairs.count((2, 3)) == 1
    together = {(one.a, one.b): one for one in result.encounters if one.co_located}
    first = together[0, 1]
    assert (first.tca, first.miss_km, first.entry, first.exit) == (START, 0.0, START, START + 6 * HOUR)
    assert first.open_start
    assert first.open_end
    assert against_brute_force(elements, 6.0, 5.0) == len(result.encounters)


def test_a_minimum_beyond_the_edge_of_the_window_is_flagged_open() -> None:
    elements = shell(150)
    stop = START + 2 * HOUR
    whole = screen(elements, START, stop, threshold_km=30.0, threads=1)
    one = next(o for o in whole.encounters if not (o.open_start or o.open_end) and o.relative_speed_km_s > 1.0)
    early = screen(elements, START, one.tca - timedelta(milliseconds=400), threshold_km=30.0, threads=1)
    late = screen(elements, one.tca + timedelta(milliseconds=400), stop, threshold_km=30.0, threads=1)
    (before,) = [o for o in early.encounters if (o.a, o.b) == (one.a, one.b) and o.open_end]
    (after,) = [o for o in late.encounters if (o.a, o.b) == (one.a, one.b) and o.open_start]
    assert before.tca == before.exit == one.tca - timedelta(milliseconds=400)
    assert after.tca == after.entry == one.tca + timedelta(milliseconds=400)
    assert min(before.miss_km, after.miss_km) > one.miss_km


def test_entry_and_exit_lie_on_the_threshold_and_around_the_minimum() -> None:
    elements = shell(150)
    result = screen(elements, START, START + 2 * HOUR, threshold_km=30.0, threads=1)
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
    result = screen(elements, START, stop, threshold_km=5.0, threads=1)
    fleet = Fleet(elements)
    span = Span(ticks(START), ticks(stop), ticks(stop) + 60 * SECOND)
    plain = [one for one in result.encounters if one.relative_speed_km_s > 1.0 and not (one.open_start or one.open_end)]
    assert plain
    for one in plain:
        pair = Pair(fleet, one.a, one.b, span)
        tick = ticks(one.tca)
        (traced,) = pair.trace(tick - 20 * SECOND, tick + 20 * SECOND, 5.0, SECOND)
        assert abs(traced.tca - tick) <= 1
        assert abs(traced.distance_km - one.miss_km) < 1e-6
        assert abs(traced.entry - ticks(one.entry)) <= 1000
        assert abs(traced.exit - ticks(one.exit)) <= 1000


def test_a_larger_threshold_loses_nothing() -> None:
    elements = shell(150)
    stop = START + 2 * HOUR
    small, large = (screen(elements, START, stop, threshold_km=km, threads=1) for km in (10.0, 25.0))
    assert small.encounters
    seen = {(one.a, one.b, one.tca) for one in large.encounters}
    assert {(o.a, o.b, o.tca) for o in small.encounters if not (o.open_start or o.open_end)} <= seen


def test_the_lower_id_is_the_first_of_a_pair() -> None:
    elements = shell(150)
    backwards = [10_000 - n for n in range(len(elements))]
    named = screen(elements, START, START + 2 * HOUR, threshold_km=30.0, threads=1, ids=backwards)
    assert named.encounters
    assert all(backwards[one.a] < backwards[one.b] for one in named.encounters)
    keys = [(backwards[one.a], backwards[one.b], one.tca) for one in named.encounters]
    assert keys == sorted(keys)
    for one in named.encounters:
        length = np.hypot(np.hypot(one.radial_km, one.in_track_km), one.cross_track_km)
        assert length == pytest.approx(one.miss_km, abs=1e-6)


def test_an_object_that_fails_at_once_is_accounted_for() -> None:
    gone = replace(circular(51, mean_motion_rev_day=16.5, bstar=0.5), epoch=START - timedelta(days=20))
    result = screen([gone, *shell(5)], START, START + HOUR, threads=1)
    assert (result.offered, result.screened, result.failed_at_once) == (6, 5, 1)
    assert [(one.index, one.at) for one in result.failures] == [(0, START)]
    assert sum(result.failed.values()) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_catalogue_of_none_or_few_is_no_accident(count: int) -> None:
    result = screen(shell(count), START, START + HOUR, threads=1)
    assert result == ScreeningResult(Encounters.of([]), count, count, {}, [], result.candidates)


def test_progress_rises_to_the_total_and_what_it_raises_ends_the_run() -> None:
    seen: list[tuple[int, int]] = []
    screen(shell(3), START, START + HOUR, chunk_s=900.0, threads=1, progress=lambda *one: seen.append(one))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]

    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen(shell(3), START, START + HOUR, threads=1, progress=cancel)


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("screening.threshold_wrong", {"threshold_km": 0.0}),
        ("screening.threshold_wrong", {"threshold_km": float("nan")}),
        ("screening.step_wrong", {"step_s": 601.0}),
        ("screening.chunk_wrong", {"chunk_s": 0.0}),
        ("screening.workers_wrong", {"threads": 0}),
        ("screening.ids_wrong", {"ids": [1, 1, 2]}),
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


def test_the_comparison_sees_a_lost_a_spurious_and_a_late_encounter() -> None:
    elements = shell(150)
    stop = START + 2 * HOUR
    truth = meetings(Fleet(elements), ticks(START), ticks(stop), 20.0)
    result = screen(elements, START, stop, threshold_km=20.0, threads=1)

    def report(truth: list[Meeting], encounters: list[Encounter]) -> tuple[int, int, int]:
        part = against_truth(Part("test"), truth, replace(result, encounters=Encounters.of(encounters)), 20.0)
        return part.missed, part.spurious, part.wrong

    good = list(result.encounters)
    assert report(truth, good) == (0, 0, 0)
    assert report(truth, good[1:]) == (1, 0, 0)
    assert report(truth[1:], good) == (0, 1, 0)
    late = replace(good[0], tca=good[0].tca + timedelta(milliseconds=2))
    assert report(truth, [late, *good[1:]]) == (0, 0, 1)
    far = replace(good[0], miss_km=good[0].miss_km + 0.002)
    assert report(truth, [far, *good[1:]]) == (0, 0, 1)
