"""The bounds that the search rests on, held against SGP4 itself, with objects that strain them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest

from space_hub.orbit.elements import MU_KM3_S2, ElementSet
from space_hub.orbit.kernels import records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.bounds import DIRECTION_RAD, KNOT_ERROR_KM, within
from space_hub.orbit.screening.chords import HIGH, LATITUDE, LONGITUDE, LOW, REST, ROWS, chords
from space_hub.orbit.screening.knots import Knots, Sky
from space_hub.orbit.screening.validity import NEVER
from space_hub.orbit.times import SECOND, Floats, Singles, ticks
from tests.support.orbits import START, circular, shell

PARTS = np.linspace(0.05, 0.95, 19)


def strained() -> list[ElementSet]:
    """A shell with eccentric objects, perigees near the ground, and a falling one whose SGP4 velocity is wrong."""
    falling = circular(1, mean_motion_rev_day=2.6, eccentricity=0.7105, bstar=9e-4, inclination_deg=63.0)
    transfer = circular(2, mean_motion_rev_day=2.25, eccentricity=0.73, inclination_deg=7.0, mean_anomaly_deg=350.0)
    low = circular(3, mean_motion_rev_day=16.2, bstar=1e-3)
    return [replace(falling, epoch=START - timedelta(days=6.7), mean_anomaly_deg=10.0), transfer, low, *shell(60)]


@dataclass(frozen=True, slots=True)
class Slab:
    """A table of chords and the fleet it is of."""

    fleet: Fleet
    start: int
    step_s: int
    table: Singles

    def positions(self, parts: Floats) -> Floats:
        """Positions at parts of the slab: (T, N, 3) km."""
        at = self.start + np.round(parts * self.step_s * SECOND).astype(np.int64)
        return self.fleet.states(at)[0].transpose(1, 0, 2)


def slabs(elements: list[ElementSet], hours: float, step_s: int) -> Iterator[Slab]:
    fleet, start, step = Fleet(elements), ticks(START), step_s * SECOND
    for first in range(start, start + round(hours * 3600) * SECOND, 3 * step):
        at = first + step * np.arange(-1, 3, dtype=np.int64)
        knots = np.ascontiguousarray(fleet.states(at)[0].transpose(1, 2, 0), dtype=np.float32)
        table = np.zeros((ROWS, len(elements)), dtype=np.float32)
        chords(knots[0], knots[1], knots[2], knots[3], float(step_s), table.shape[1], table)
        yield Slab(fleet, first, step_s, table)


@pytest.mark.parametrize("step_s", [60, 240, 480])
def test_chords_come_as_near_as_their_objects_within_the_bound(step_s: int) -> None:
    """Turns red when the attraction is left out of `within`, or the slab's square is divided by four (each tried)."""
    elements = strained()
    a, b = np.triu_indices(len(elements), 1)
    tightest = 0.0
    for slab in slabs(elements, 8.0 * step_s / 60.0, step_s):
        table = slab.table.astype(np.float64)
        gap, turn = table[:3, a] - table[:3, b], table[3:6, a] - table[3:6, b]
        sigma = np.clip(-(gap * turn).sum(axis=0) / (turn * turn).sum(axis=0), -1.0, 1.0)
        chord = np.linalg.norm(gap + sigma * turn, axis=0)
        position = slab.positions(PARTS)
        real = np.linalg.norm(position[:, a] - position[:, b], axis=2).min(axis=0)
        for pair in np.flatnonzero(real < 1500.0).tolist():
            one, other = a[pair], b[pair]
            lowest = float(min(table[LOW, one], table[LOW, other]))
            rest = float(table[REST, one] + table[REST, other])
            bound = within(float(real[pair]), float(step_s), lowest, float(np.linalg.norm(turn[:, pair])), rest)
            assert chord[pair] <= bound
            tightest = max(tightest, float((chord[pair] - real[pair]) / (bound - real[pair])))
    assert tightest > 0.2, "a bound this loose is not the one that was derived"


def test_the_measured_rest_covers_the_acceleration_beyond_the_central_one() -> None:
    """Turns red when REST_FACTOR is 0.5 (tried)."""
    largest = 0.0
    for slab in slabs(strained(), 12.0, 120):
        for at in np.linspace(slab.start, slab.start + slab.step_s * SECOND, 5).astype(np.int64):
            real = beyond_central(slab.fleet, int(at))
            assert np.all(real <= slab.table[REST])
            largest = max(largest, float((real / slab.table[REST]).max()))
    assert largest > 0.45, "the rest measured has little to do with the real one"


def beyond_central(fleet: Fleet, at: int) -> Floats:
    """Second difference of positions 10 s apart less the central attraction, km/s^2: (N,)."""
    position = fleet.states(at + 10 * SECOND * np.arange(-1, 2, dtype=np.int64))[0]
    pull = -MU_KM3_S2 * position / np.linalg.norm(position, axis=2, keepdims=True) ** 3
    bend = (position[:, 0] - 2.0 * position[:, 1] + position[:, 2]) / 100.0
    rest: Floats = np.linalg.norm(bend - (pull[:, 0] + 10.0 * pull[:, 1] + pull[:, 2]) / 12.0, axis=1)
    return rest


@pytest.mark.parametrize("step_s", [60, 240, 480])
def test_the_radius_stays_in_its_range(step_s: int) -> None:
    """Turns red when the curve is left out of `low` and `high` (tried)."""
    for slab in slabs(strained(), 8.0 * step_s / 60.0, step_s):
        radius = np.linalg.norm(slab.positions(PARTS), axis=2)
        assert np.all(radius >= slab.table[LOW])
        assert np.all(radius <= slab.table[HIGH])


def test_directions_are_as_good_as_the_bins_allow_for() -> None:
    """Turns red when the last of the polynomial's factors is left out (tried)."""
    worst = 0.0
    for slab in slabs(strained(), 24.0, 240):
        x, y, z = slab.table[:3].astype(np.float64)
        worst = max(worst, float(np.abs(np.arctan2(z, np.hypot(x, y)) - slab.table[LATITUDE]).max()))
        worst = max(worst, float(np.abs(np.arctan2(y, x) - slab.table[LONGITUDE]).max()))
    assert 5e-6 < worst < DIRECTION_RAD


def test_knots_left_out_are_where_sgp4_has_them() -> None:
    """Turns red when the weights of `_between` are off by 1e-6 (tried)."""
    high = [circular(n, mean_motion_rev_day=1.0 + 0.3 * n, eccentricity=0.02 * n) for n in range(1, 8)]
    step, start = 240 * SECOND, ticks(START)
    table = records(high)
    never = np.full(len(high), NEVER)
    sky = Sky.of(high, table, np.arange(len(high)), never, 240.0, (start, start + 400 * step))
    assert {one.every for one in sky.flocks} >= {2, 4, 8}
    knots, fleet = Knots(sky, start, step), Fleet(high)
    for knot in range(200):
        knots.fill(knot)
        real = fleet.states(np.array([start + knot * step], dtype=np.int64))[0][sky.order, 0]
        off = np.linalg.norm(knots.exact[knots.slot(knot)].T - real, axis=1)
        assert off.max() < KNOT_ERROR_KM


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
