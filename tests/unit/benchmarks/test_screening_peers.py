"""The peers find what brute force finds; the refinement ends where the distance is least."""

from dataclasses import replace
from datetime import timedelta
from math import atan2, cos, degrees, radians, sin, sqrt

import numpy as np
import pytest
from astroz import Conjunctions, Constellation

from benchmarks.screening import astroz_peer, ckdtree
from benchmarks.screening.catalogue import grown, omm_json
from benchmarks.screening.refinement import CUT, MINIMUM, SLOW, refine
from benchmarks.screening.rows import ROW, SLOW_KM_S, Rows, joined, rows
from benchmarks.screening.window import START
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import Fleet, satrec
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import SECOND, ticks
from space_hub.validation.brute_force import Meeting, meetings

HOURS = 3.0
WIDE_KM = 20.0
"""A threshold that gives the small catalogue some hundred encounters."""

FIRST, LAST = ticks(START), ticks(START + timedelta(hours=HOURS))

Key = tuple[int, int, int]


@pytest.fixture(scope="module")
def elements() -> list[ElementSet]:
    """Orbits as in the sample at random angles, and its docked and formation-flying objects as they are."""
    sample = sample_catalogue(START, 1)
    together = [one for one in sample if "STATION" in one.name or "FORMATION" in one.name]
    return [*grown([one for one in sample if "FALLING" not in one.name], 600), *together]


@pytest.fixture(scope="module")
def truth(elements: list[ElementSet]) -> list[Meeting]:
    return [one for one in meetings(Fleet(elements), FIRST, LAST, WIDE_KM) if FIRST < one.tca < LAST]


def fast(found: Rows) -> dict[Key, float]:
    kept = found[found["speed_km_s"] >= SLOW_KM_S]
    return {(int(one["a"]), int(one["b"]), round(int(one["tca"]) / SECOND)): float(one["miss_km"]) for one in kept}


def expected(truth: list[Meeting]) -> dict[Key, float]:
    return {
        (min(one.a, one.b), max(one.a, one.b), round(one.tca / SECOND)): one.miss_km
        for one in truth
        if one.speed_km_s >= SLOW_KM_S
    }


def assert_same(found: dict[Key, float], wanted: dict[Key, float], tolerance_km: float) -> None:
    assert found.keys() == wanted.keys()
    assert max(abs(found[key] - wanted[key]) for key in wanted) < tolerance_km


def test_the_tree_finds_what_brute_force_finds(elements: list[ElementSet], truth: list[Meeting]) -> None:
    """Sabotage seen: half the time in the reach."""
    found, failed = ckdtree.screen([satrec(one) for one in elements], FIRST, LAST, WIDE_KM)
    assert len(expected(truth)) > 50
    assert_same(fast(found), expected(truth), 1e-6)
    assert failed == {}


def test_one_that_climbs_past_one_that_falls_is_found(elements: list[ElementSet]) -> None:
    """Two eccentric orbits cross at their common node, at a step's edge, radii changing by 3 km/s each way.

    Sabotage seen: the half width of the radii without the climb.
    """
    eccentricity, before = 0.45, radians(100.0)
    eccentric = 2.0 * atan2(sqrt(1.0 - eccentricity) * sin(before / 2.0), sqrt(1.0 + eccentricity) * cos(before / 2.0))
    mean_deg = degrees(eccentric - eccentricity * sin(eccentric))
    body = replace(elements[0], epoch=START, mean_motion_rev_day=6.6, eccentricity=eccentricity, bstar=0.0)
    node = body.mean_motion_rev_day * 360.0 * 0.5 / 24.0
    pair = [
        replace(
            body,
            inclination_deg=tilt,
            raan_deg=10.0,
            arg_perigee_deg=argument % 360.0,
            mean_anomaly_deg=anomaly % 360.0,
        )
        for tilt, argument, anomaly in ((40.0, 100.0, -mean_deg - node), (70.0, -100.0, mean_deg - node))
    ]
    stop = ticks(START + timedelta(hours=1))
    truth = meetings(Fleet(pair), FIRST, stop, WIDE_KM)
    found, _failed = ckdtree.screen([satrec(one) for one in pair], FIRST, stop, WIDE_KM)
    assert len(truth) == 1
    assert abs(truth[0].tca - ticks(START + timedelta(minutes=30))) < 3 * SECOND
    assert_same(fast(found), expected(truth), 1e-6)


def test_pairs_that_stay_together_are_one_record_of_the_tree(elements: list[ElementSet]) -> None:
    found, _failed = ckdtree.screen([satrec(one) for one in elements], FIRST, LAST, WIDE_KM)
    docked = {n for n, one in enumerate(elements) if "STATION" in one.name}
    among = found[[int(one["a"]) in docked and int(one["b"]) in docked for one in found]]
    assert len(docked) == len(among) == 3
    assert (among["entry"] == FIRST).all()
    assert (among["exit"] == LAST).all()


def test_an_object_that_fails_is_not_there_from_then_on(elements: list[ElementSet]) -> None:
    falling = next(one for one in sample_catalogue(START, 1) if "FALLING" in one.name)
    day = ticks(START + timedelta(hours=24))
    records = [satrec(one) for one in (falling, falling, *elements[:5])]
    found, failed = ckdtree.screen(records, FIRST, day, WIDE_KM)
    code, tick = failed[0]
    assert failed.keys() == {0, 1}
    assert code == int(Fleet([falling]).codes(0, np.array([tick]))[0]) > 0
    together = found[(found["a"] == 0) & (found["b"] == 1)]
    assert len(together) == 1
    assert FIRST == together["entry"][0] < together["exit"][0] <= tick


def test_astroz_finds_what_brute_force_finds(elements: list[ElementSet], truth: list[Meeting]) -> None:
    """To its own accuracy of 0.3 m."""
    constellation = Constellation(omm_json(elements))  # type: ignore[no-untyped-call]
    found, given = astroz_peer.screen(constellation, START, HOURS * 60.0, WIDE_KM)
    assert constellation.num_satellites == len(elements)
    assert len(found) <= given
    assert_same(fast(found), expected(truth), 1e-3)


def test_rows_of_distance_zero_are_one_record_and_places_are_ours(
    elements: list[ElementSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """astroz counts near-earth objects first; two deep-space ones stand first here, so its 0 and 1 are not ours."""
    deep = [one for one in elements if one.is_deep_space][:2]
    near = [one for one in elements if not one.is_deep_space][:2]
    constellation = Constellation(omm_json([*deep, *near]))  # type: ignore[no-untyped-call]
    answer = Conjunctions(
        np.array([0, 0, 0, 1]),
        np.array([1, 1, 1, 2]),
        np.array([1.0, 7.5, 60.0, 3.0]),
        np.array([0.0, 1e-9, 0.0, 4.0]),
        np.array([0.0, 0.0, 0.0, 7.0]),
    )
    monkeypatch.setattr(astroz_peer, "astroz_screen", lambda *_words, **_options: answer)
    found, given = astroz_peer.screen(constellation, START, 60.0, WIDE_KM)
    assert given == 4
    assert found[["a", "b", "tca", "exit"]].tolist() == [
        (0, 3, FIRST + 180 * SECOND, FIRST + 180 * SECOND),
        (2, 3, FIRST + 60 * SECOND, FIRST + 3600 * SECOND),
    ]


def test_the_refinement_ends_at_the_least_distance(elements: list[ElementSet], truth: list[Meeting]) -> None:
    """Begun up to five seconds off. Sabotage seen: one round only; nodes two steps to the left."""
    quick = [one for one in truth if one.speed_km_s >= SLOW_KM_S]
    a, b = np.array([one.a for one in quick]), np.array([one.b for one in quick])
    off = (np.arange(len(quick)) % 11 - 5) * SECOND
    tca = np.array([one.tca for one in quick])
    refined = refine([satrec(one) for one in elements], a, b, tca + off)
    assert (refined.kind == MINIMUM).all()
    assert np.abs(refined.tca - tca).max() <= 20
    assert np.abs(refined.miss_km - [one.miss_km for one in quick]).max() < 1e-7
    assert np.abs(refined.speed_km_s / [one.speed_km_s for one in quick] - 1.0).max() < 1e-3


def test_pairs_without_an_instant_are_said_to_have_none(elements: list[ElementSet]) -> None:
    falling = next(one for one in sample_catalogue(START, 1) if "FALLING" in one.name)
    core, ferry = (next(one for one in elements if name in one.name) for name in ("CORE", "FERRY"))
    records = [satrec(one) for one in (core, ferry, falling)]
    after_its_end = ticks(START + timedelta(hours=24))
    refined = refine(records, np.array([0, 0]), np.array([1, 2]), np.array([FIRST, after_its_end]))
    assert refined.kind.tolist() == [SLOW, CUT]
    assert refined.tca[0] == FIRST


def test_only_rows_that_follow_each_other_and_are_alike_become_one() -> None:
    minute = 60 * SECOND
    found = rows(
        [1, 1, 1, 2, 1], [2, 2, 2, 1, 3], np.array([0, 1, 2, 5, 1]) * minute, [3.0, 1.0, 2.0, 0.5, 9.0], [0.001] * 5
    )
    assert found.dtype == ROW
    out = joined(found, minute, np.ones(5, dtype=bool))
    assert out[["a", "b", "tca", "miss_km", "entry", "exit"]].tolist() == [
        (1, 2, minute, 1.0, 0, 2 * minute),
        (1, 2, 5 * minute, 0.5, 5 * minute, 5 * minute),
        (1, 3, minute, 9.0, minute, minute),
    ]
    assert len(joined(found, minute, found["miss_km"] < 2.5)) == 4
    assert len(joined(found[:0], minute, np.ones(0, dtype=bool))) == 0


def test_the_window_is_that_of_the_validation() -> None:
    from space_hub.validation import screening as validation

    assert START == validation.START
