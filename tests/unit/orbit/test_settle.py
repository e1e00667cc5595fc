"""Candidates to encounters: against direct minimisation of the sgp4 distance, and the same bits however found."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import Records, position_at, records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.found import Found
from space_hub.orbit.screening.nodes import NODES, PAIRS, batch, fill, track
from space_hub.orbit.screening.settle import Settled, Window, settle
from space_hub.orbit.screening.volume import Sphere, bounds
from space_hub.orbit.times import SECOND, Floats, Ticks, ticks
from space_hub.validation.brute_force import apart, least, pace
from tests.support.orbits import START, circular, passing

NEVER = np.iinfo(np.int64).max
NOON = START + timedelta(hours=12)
Indices = npt.NDArray[np.int64]

ALL_FIGURES = ("a", "b", "tca", "miss_km", "speed_km_s", "entry", "exit", "flags")


def window_of(elements: list[ElementSet], threshold_km: float, hours: float = 24.0, **changes: object) -> Window:
    fails = np.full(len(elements), NEVER, dtype=np.int64)
    near = bounds(Sphere(threshold_km), len(elements))
    window = Window(ticks(START), ticks(START + timedelta(hours=hours)), fails, near)
    return window._replace(**changes)  # type: ignore[arg-type]


def meetings_at_noon(threshold_km: float, count: int, seed: int, **given: float) -> list[ElementSet]:
    """Pairs (2n, 2n + 1) that pass within the threshold about noon: all heights, directions and speeds."""
    rng = np.random.default_rng(seed)
    made: list[ElementSet] = []
    while len(made) < 2 * count:
        radius = float(rng.choice([6_800.0, 7_200.0, 8_000.0, 12_000.0, 26_600.0, 42_164.0]))
        at = NOON + timedelta(seconds=float(rng.uniform(-3600.0, 3600.0)))
        made += passing(rng, at, 100 + len(made), radius, float(rng.uniform(0.0, 0.95)) * threshold_km, **given)
    return made


def pairs(count: int) -> tuple[Indices, Indices]:
    first = 2 * np.arange(count, dtype=np.int64)
    return first, first + 1


def truth(elements: list[ElementSet], a: Indices, b: Indices) -> tuple[Ticks, Floats, Floats]:
    """TCA, miss and speed near the epochs of pairs, by golden section on the distance alone."""
    fleet, found = Fleet(elements), []
    for one, other in zip(a.tolist(), b.tolist(), strict=True):
        at = ticks(elements[one].epoch)
        tca, miss = least(fleet, one, other, at - 60 * SECOND, at + 60 * SECOND)
        found.append((tca, miss, pace(fleet, one, other, tca)))
    instants, distances, speeds = ([one[n] for one in found] for n in range(3))
    return np.array(instants, dtype=np.int64), np.array(distances), np.array(speeds)


def settled(elements: list[ElementSet], window: Window, a: Indices, b: Indices, around: Ticks) -> Settled:
    return settle(records(elements), window, a, b, around)


def rows(found: Found) -> list[tuple[object, ...]]:
    return sorted(zip(*(getattr(found, name).tolist() for name in ALL_FIGURES), strict=True))


@pytest.mark.parametrize("threshold_km", [0.1, 5.0, 100.0])
def test_tca_and_miss_are_those_of_direct_minimisation(threshold_km: float) -> None:
    """TCA to 0.01 ms and miss to 0.01 m, for a tenth of a kilometre as for a hundred.

    Turns red when the nodes stand a second off the seat (tried).
    """
    count = 60
    elements = meetings_at_noon(threshold_km, count, seed=3)
    a, b = pairs(count)
    tca, miss, speed = truth(elements, a, b)
    window = window_of(elements, threshold_km)
    answer = settled(elements, window, a, b, tca + np.arange(count) % 7 * 1_111)
    found = answer.found
    expected = [n for n in range(count) if miss[n] <= threshold_km and n not in answer.slow.source]
    assert sorted(found.source.tolist()) == expected
    assert len(expected) > count // 3
    assert np.all(speed[found.source] > 0.099)
    assert np.abs(found.tca - tca[found.source]).max() <= 10
    assert np.abs(found.miss_km - miss[found.source]).max() < 1e-5
    assert np.abs(found.speed_km_s / speed[found.source] - 1.0).max() < 1e-4


@pytest.mark.parametrize("threshold_km", [0.1, 5.0, 100.0])
def test_entry_and_exit_are_the_last_milliseconds_within_the_threshold(threshold_km: float) -> None:
    """Turns red when `leave` ends at the crossing of a straight line, or the path has no third power (each tried)."""
    count = 40
    elements = meetings_at_noon(threshold_km, count, seed=4)
    a, b = pairs(count)
    window = window_of(elements, threshold_km)
    found = settled(elements, window, a, b, truth(elements, a, b)[0]).found
    fleet = Fleet(elements)
    assert len(found) > 10
    for one, other, entry, tca, exit in zip(
        *(getattr(found, name).tolist() for name in ("a", "b", "entry", "tca", "exit")), strict=True
    ):
        assert entry <= tca <= exit
        for edge, outward in ((entry, -1_000), (exit, 1_000)):
            assert apart(fleet, one, other, edge) <= threshold_km + 2e-6
            assert apart(fleet, one, other, edge + outward) > threshold_km - 2e-6


def test_the_same_bits_from_any_instant_in_any_company() -> None:
    """Turns red when the seat is not a whole second (tried)."""
    count = 50
    elements = meetings_at_noon(20.0, count, seed=5)
    a, b = pairs(count)
    tca = truth(elements, a, b)[0]
    window, made = window_of(elements, 20.0), records(elements)
    expected = rows(settle(made, window, a, b, tca).found)
    assert len(expected) > 25
    rng = np.random.default_rng(6)
    for offset_s in (-25.0, -3.2, -0.6, 0.4999999, 0.5, 1.7, 40.0):
        order = rng.permutation(count)
        around = tca[order] + round(offset_s * SECOND)
        assert rows(settle(made, window, a[order], b[order], around).found) == expected
    alone = [settle(made, window, a[n : n + 1], b[n : n + 1], tca[n : n + 1] + 77).found for n in range(count)]
    assert sorted(row for one in alone for row in rows(one)) == expected


def test_an_encounter_on_a_whole_or_half_second_has_one_seat() -> None:
    """The near-earth theory knows no clock: epochs moved together move the encounter, to the microsecond.

    Turns red when the first second looked at is taken for the seat (tried).
    """
    pair = meetings_at_noon(5.0, 1, seed=8)
    a, b = pairs(1)
    while truth(pair, a, b)[2][0] < 1.0 or pair[0].is_deep_space or pair[1].is_deep_space:
        pair = meetings_at_noon(5.0, 1, seed=int(truth(pair, a, b)[0][0] % 10_007))
    tca = int(truth(pair, a, b)[0][0])
    window, first = window_of(pair, 5.0), settled(pair, window_of(pair, 5.0), a, b, np.array([tca])).found
    for wanted in (0, 1, 499_999, 500_000, 500_001, 999_999):
        shift = wanted - int(first.tca[0]) % SECOND
        moved = [replace(one, epoch=one.epoch + timedelta(microseconds=shift)) for one in pair]
        around = int(first.tca[0]) + shift + np.array([-700_000, -500_000, -1, 0, 1, 499_999, 500_000, 900_000])
        found = settled(moved, window, np.repeat(a, len(around)), np.repeat(b, len(around)), around).found
        assert len(found) == len(around)
        assert len(set(found.tca.tolist())) == 1
        assert abs(int(found.tca[0]) - int(first.tca[0]) - shift) <= 1


def test_what_is_beyond_the_threshold_drops_out_and_what_is_slow_is_handed_on() -> None:
    elements = meetings_at_noon(5.0, 30, seed=9) + meetings_at_noon(5.0, 10, seed=10, speed_km_s=0.05)
    a, b = pairs(40)
    tca, miss, _speed = truth(elements, a, b)
    answer = settled(elements, window_of(elements, 2.0), a, b, tca)
    slow = set(answer.slow.source.tolist())
    assert set(range(30, 40)) <= slow
    assert set(answer.found.source.tolist()) == {n for n in range(30) if miss[n] <= 2.0} - slow
    assert not len(answer.edges)


def test_an_encounter_near_an_edge_is_handed_on_with_its_seat() -> None:
    """Turns red when only the window, not the end of an object, makes an edge (tried)."""
    elements = meetings_at_noon(5.0, 20, seed=11)
    a, b = pairs(20)
    tca, _miss, speed = truth(elements, a, b)
    fast = np.flatnonzero(speed > 0.5)
    a, b, tca = a[fast], b[fast], tca[fast]
    plain = settled(elements, window_of(elements, 5.0), a, b, tca)
    assert len(plain.found) > 5
    assert not len(plain.edges)
    row = int(plain.found.source[0])
    late = window_of(elements, 5.0, stop=int(tca[row]) + 300_000)
    fails = np.full(len(elements), NEVER, dtype=np.int64)
    fails[b[row]] = tca[row] + 300_000
    for window in (late, window_of(elements, 5.0, fails=fails), window_of(elements, 5.0, start=int(tca[row]) - 1)):
        answer = settled(elements, window, a, b, tca)
        assert row not in answer.found.source
        place = answer.edges.source.tolist().index(row)
        assert abs(int(answer.edges.at[place]) - int(tca[row])) <= 510_000
        assert answer.edges.at[place] % SECOND == 0
        assert answer.edges.speed_km_s[place] == pytest.approx(plain.found.speed_km_s[0], rel=1e-3)


def test_a_missing_state_makes_an_edge_without_a_speed() -> None:
    fallen = replace(circular(1, mean_motion_rev_day=16.6, bstar=0.9), epoch=START - timedelta(days=20))
    elements = [fallen, circular(2)]
    answer = settled(elements, window_of(elements, 5.0), *pairs(1), np.array([ticks(NOON)]))
    assert not len(answer.found)
    assert np.isnan(answer.edges.speed_km_s).tolist() == [True]
    assert answer.edges.at.tolist() == [ticks(NOON)]


def test_radii_widen_the_pairs_they_are_in() -> None:
    """The threshold of a pair is that of the run and the radii of both; the miss stays from centre to centre."""
    elements = meetings_at_noon(5.0, 30, seed=12)
    a, b = pairs(30)
    tca, miss, speed = truth(elements, a, b)
    radii = np.where(np.arange(60) % 4 < 2, 0.0, 0.75)
    window = window_of(elements, 2.0, bounds=bounds(Sphere(2.0), 60, radii))
    found = settled(elements, window, a, b, tca).found
    fast = speed > 0.2
    expected = {n for n in np.flatnonzero(fast).tolist() if miss[n] <= 2.0 + radii[2 * n] + radii[2 * n + 1]}
    assert {n for n in found.source.tolist() if fast[n]} == expected
    assert np.abs(found.miss_km - miss[found.source]).max() < 1e-5


def test_no_candidates_are_no_encounters() -> None:
    none = np.empty(0, dtype=np.int64)
    answer = settled([circular(1), circular(2)], window_of([circular(1), circular(2)], 5.0), none, none, none)
    assert (len(answer.found), len(answer.edges), len(answer.slow)) == (0, 0, 0)


def test_a_batch_of_nodes_agrees_with_the_scalar_kernel() -> None:
    """Turns red when a lane of the block is read one place off, or an epoch is shifted the other way (each tried)."""
    elements = [circular(n, mean_anomaly_deg=7.0 * n, eccentricity=0.003 * n) for n in range(1, 31)]
    elements += [circular(31, mean_motion_rev_day=2.0, eccentricity=0.6), circular(32, mean_motion_rev_day=1.0027)]
    made = records(elements)
    a, b = np.arange(0, 31, dtype=np.int64), np.arange(31, 0, -1, dtype=np.int64)
    middle = ticks(NOON) + 1_234_567 * np.arange(31, dtype=np.int64)
    for spacing in (SECOND, 10 * SECOND):
        for first, beyond in pairwise([0, 1, 1 + PAIRS, 20, 31]):
            chosen = np.arange(first, beyond, dtype=np.int64)
            room = batch()
            fill(made, a, b, middle, chosen, len(chosen), spacing, room)
            for place, row in enumerate(chosen.tolist()):
                at = int(middle[row]) + spacing * np.arange(-2, 3)
                here = scalar(made, int(a[row]), at)
                assert np.abs(room.places[place] - here).max() < 2e-8
                assert np.abs(room.gaps[place] - (scalar(made, int(b[row]), at) - here)).max() < 2e-8


def test_one_object_at_many_instants_is_what_the_scalar_kernel_says() -> None:
    """Also where it falls, or is too eccentric for a block; turns red when a lane is laid for the next (tried)."""
    elements = [
        circular(1),
        circular(2, mean_motion_rev_day=11.0, eccentricity=0.15),
        circular(3, mean_motion_rev_day=16.25, bstar=0.02),
    ]
    elements += [circular(4, mean_motion_rev_day=1.0027)]
    made = records(elements)
    for k in range(4):
        first, spacing, count = ticks(START - timedelta(hours=2)) // (320 * SECOND), 320 * SECOND, 300
        out = np.empty((count, 3))
        track(made, k, first, spacing, out)
        expected = np.array([position_at(made, k, (first + n) * spacing)[1:] for n in range(count)])
        assert np.isnan(out).tolist() == np.isnan(expected).tolist()
        assert np.nanmax(np.abs(out - expected)) < 2e-8
        assert np.isnan(out[:, 0]).any() == (k == 2)
        alone = np.empty((1, 3))
        track(made, k, first + 77, spacing, alone)
        assert alone[0].tolist() == out[77].tolist()


def scalar(made: Records, k: int, at: Ticks) -> Floats:
    assert len(at) == NODES
    return np.array([position_at(made, k, int(tick))[1:] for tick in at])
