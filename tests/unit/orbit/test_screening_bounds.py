"""The bounds that the search rests on, held against SGP4 itself, with objects that strain them."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.candidates import _Lines
from space_hub.orbit.screening.slabs import Knots
from space_hub.orbit.times import SECOND, Floats, ticks
from tests.unit.orbit.test_approach import START, circular
from tests.unit.orbit.test_screening import shell

PARTS = np.linspace(0.05, 0.95, 19)


def strained() -> list[ElementSet]:
    """A shell with eccentric objects, perigees near the ground, and a falling one whose SGP4 velocity is wrong."""
    falling = circular(1, mean_motion_rev_day=2.6, eccentricity=0.7105, bstar=9e-4, inclination_deg=63.0)
    transfer = circular(2, mean_motion_rev_day=2.25, eccentricity=0.73, inclination_deg=7.0, mean_anomaly_deg=350.0)
    low = circular(3, mean_motion_rev_day=16.2, bstar=1e-3)
    return [replace(falling, epoch=START - timedelta(days=6.7), mean_anomaly_deg=10.0), transfer, low, *shell(60)]


def knots(elements: list[ElementSet], hours: float, step_s: int) -> Knots:
    start = ticks(START)
    fails = np.full(len(elements), np.iinfo(np.int64).max)
    return Knots(Fleet(elements), start, start + round(hours * 3600) * SECOND, step_s * SECOND, fails)


@pytest.mark.parametrize("step_s", [20, 60, 120])
def test_the_relative_path_stays_within_its_bound_of_the_chord(step_s: int) -> None:
    """Turns red when the attraction is left out of `margin`, or `bow` is divided by four (each tried)."""
    grid = knots(strained(), 6.0 * step_s / 60.0, step_s)
    tightest = 0.0
    for number in range(0, grid.count, 3):
        slab = grid.slab(number)
        lines = _Lines.of(slab, 5.0)
        a, b = np.triu_indices(len(slab.index), 1)
        gap, turn = slab.middle[a] - slab.middle[b], slab.half[a] - slab.half[b]
        reach = np.linalg.norm(gap, axis=1) + np.linalg.norm(turn, axis=1)
        bound = lines.margin(np.maximum(lines.gradient[a], lines.gradient[b]), reach, slab.rest[a] + slab.rest[b])
        at = slab.start + np.round(PARTS * (slab.stop - slab.start)).astype(np.int64)
        position = grid.fleet.states(at)[0]
        for part, now in zip(PARTS, position.transpose(1, 0, 2), strict=True):
            strayed = np.linalg.norm(now[a] - now[b] - (gap + (2.0 * part - 1.0) * turn), axis=1)
            assert np.all(strayed <= bound)
            tightest = max(tightest, float((strayed / bound).max()))
    assert tightest > 0.5, "a bound this loose is not the one that was derived"


def test_the_measured_rest_covers_the_acceleration_beyond_the_central_one() -> None:
    """Turns red when REST_FACTOR is 0.5 (tried)."""
    grid = knots(strained(), 12.0, 60)
    largest = 0.0
    for number in range(0, grid.count, 5):
        slab = grid.slab(number)
        for at in np.linspace(slab.start, slab.stop, 5).astype(np.int64):
            real = beyond_central(grid.fleet, int(at))[slab.index]
            assert np.all(real <= slab.rest)
            largest = max(largest, float((real / slab.rest).max()))
    assert largest > 0.45, "the rest measured has little to do with the real one"


def beyond_central(fleet: Fleet, at: int) -> Floats:
    """Second difference of positions 10 s apart less the central attraction, km/s^2: (N,)."""
    position = fleet.states(at + 10 * SECOND * np.arange(-1, 2, dtype=np.int64))[0]
    pull = -MU_KM3_S2 * position / np.linalg.norm(position, axis=2, keepdims=True) ** 3
    bend = (position[:, 0] - 2.0 * position[:, 1] + position[:, 2]) / 100.0
    rest: Floats = np.linalg.norm(bend - (pull[:, 0] + 10.0 * pull[:, 1] + pull[:, 2]) / 12.0, axis=1)
    return rest


def test_the_radius_along_a_chord_stays_in_its_shell() -> None:
    """Turns red when the square of the half length is left out of `highest` (tried)."""
    grid = knots(strained(), 6.0, 120)
    for number in range(0, grid.count, 3):
        slab = grid.slab(number)
        lines = _Lines.of(slab, 5.0)
        for part in PARTS:
            radius = np.linalg.norm(slab.middle + (2.0 * part - 1.0) * slab.half, axis=1)
            assert np.all(radius >= lines.lowest - 1e-9)
            assert np.all(radius <= lines.highest + 1e-9)


def test_central_attractions_differ_by_at_most_two_mu_over_r_cubed_times_the_distance() -> None:
    """The lemma of the README, on points at all distances and angles. Turns red with 1.9 for 2 (tried)."""
    directions = np.array([(np.cos(t), np.sin(t), 0.0) for t in np.linspace(0.0, np.pi, 181)])
    here = np.array([7000.0, 0.0, 0.0])
    tightest = 0.0
    for radius in (7000.0, 7000.5, 7010.0, 7500.0, 20_000.0):
        there = radius * directions
        distance = np.linalg.norm(there - here, axis=1)
        apart = distance > 0.0
        differ = np.linalg.norm(there / radius**3 - here / 7000.0**3, axis=1)[apart]
        ratio = differ / (2.0 / 7000.0**3 * distance[apart])
        tightest = max(tightest, float(ratio.max()))
        assert np.all(ratio <= 1.0)
    assert tightest > 0.99
