"""Volumes: what is inside, how far they reach, and encounters cut out of passes."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet, Regime
from space_hub.orbit.frames import rtn
from space_hub.orbit.kernels import records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.found import Found, gathered, sorted_once
from space_hub.orbit.screening.settle import Window, settle
from space_hub.orbit.screening.traces import regions, trace_edges, trace_slow
from space_hub.orbit.screening.volume import (
    NASA_2011,
    RicBox,
    RicEllipsoid,
    Sphere,
    Volume,
    bounds,
    by_regime,
    crossing,
    gauge,
    inside,
    lasting,
    pair_reach,
)
from space_hub.orbit.times import SECOND, Floats, Ticks, julian, ticks
from tests.support.orbits import START, circular, direction, shell
from tests.unit.orbit.test_settle import meetings_at_noon, pairs, rows, truth, window_of
from tests.unit.orbit.test_traces import together

VOLUMES = [Sphere(12.0), RicBox(0.5, 8.0, 11.0), RicEllipsoid(1.5, 12.0, 7.0), RicBox(4.0, 0.3, 9.0)]


def states(rng: np.random.Generator, count: int, spread_km: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Places and velocities of pairs near each other, at low and high orbits: (P, 3) each."""
    place = np.array([direction(rng) for _ in range(count)]) * rng.choice([6_500.0, 7_500.0, 42_164.0], (count, 1))
    motion = np.cross(place, np.array([direction(rng) for _ in range(count)]))
    motion *= np.sqrt(398600.8 / np.linalg.norm(place, axis=1) / (motion * motion).sum(axis=1))[:, None]
    gap = spread_km * rng.normal(size=(count, 3))
    other = motion + rng.choice([0.001, 0.5, 5.0], (count, 1)) * rng.normal(size=(count, 3))
    return place, motion, place + gap, other


def out_of(volume: Volume, place: Floats, motion: Floats, gap: Floats, grow: float = 0.0) -> Floats:
    """How far out in a volume, as its definition says: (P,)."""
    along = np.abs(np.einsum("pij,pj->pi", rtn(place, motion), gap)) / (np.array(volume.half_widths) + grow)
    if isinstance(volume, RicBox):
        return np.asarray(along.max(axis=1))
    return np.asarray(np.sqrt((along * along).sum(axis=1)))


@pytest.mark.parametrize("volume", VOLUMES, ids=lambda one: type(one).__name__)
def test_inside_means_one_in_the_volume_of_the_other(volume: Volume) -> None:
    """Turns red when the axes of a are used for both, or in-track and cross-track are exchanged (each tried)."""
    rng = np.random.default_rng(1)
    a, va, b, vb = states(rng, 4_000, 4.0)
    first, second = np.zeros(len(a), dtype=np.int64), np.ones(len(a), dtype=np.int64)
    near = bounds(volume, 2, [0.1, 0.2])
    expected = (out_of(volume, a, va, b - a, 0.3) <= 1.0) | (out_of(volume, b, vb, a - b, 0.3) <= 1.0)
    assert inside(near, first, second, a, va, b, vb).tolist() == expected.tolist()
    assert 50 < expected.sum() < 3_950
    for n in range(0, 4_000, 400):
        out = float(out_of(volume, a[n : n + 1], va[n : n + 1], (b - a)[n : n + 1], 0.3)[0])
        assert gauge(near, 0, 1, a[n], va[n], b[n] - a[n]) == pytest.approx(out, rel=1e-12)


@pytest.mark.parametrize("volume", VOLUMES, ids=lambda one: type(one).__name__)
def test_nothing_inside_is_farther_than_the_reach(volume: Volume) -> None:
    """Turns red when the reach of a box is its longest half-width, or the bow is left out (each tried)."""
    rng = np.random.default_rng(2)
    place, motion, _other, _turn = states(rng, 20_000, 1.0)
    # Anywhere in the volume, and most on its surface, where the reach is found.
    within = rng.uniform(-1.0, 1.0, (20_000, 3))
    if not isinstance(volume, RicBox):
        within /= np.maximum(1.0, np.linalg.norm(within, axis=1))[:, None]
        within[::2] /= np.linalg.norm(within[::2], axis=1)[:, None]
    else:
        within[::2] = np.sign(within[::2])
    gap = np.einsum("pji,pj->pi", rtn(place, motion), within * np.array(volume.half_widths))
    far = np.linalg.norm(gap, axis=1)
    assert 0.98 * volume.reach_km < far.max() <= volume.reach_km * (1.0 + 1e-12)
    radii = np.abs(np.linalg.norm(place + gap, axis=1) - np.linalg.norm(place, axis=1))
    for least in (6_500.0, 42_164.0):
        here = np.linalg.norm(place, axis=1) >= least - 1.0
        assert radii[here].max() <= volume.radial_reach_km(least) + 1e-9
    low = np.linalg.norm(place, axis=1) < 6_501.0
    assert radii[low].max() > 0.9 * min(volume.radial_reach_km(6_500.0), volume.half_widths[0])
    assert volume.radial_reach_km() <= max(volume.half_widths[0], 1.0) + 0.02


def test_the_reach_of_all_covers_that_of_each_pair() -> None:
    volumes = [RicEllipsoid(1.0, 20.0, 3.0), RicEllipsoid(2.0, 5.0, 6.0), RicEllipsoid(0.5, 9.0, 30.0)]
    near = bounds(volumes, 3, [0.0, 0.5, 0.25])
    each = [pair_reach(near, a, b) for a in range(3) for b in range(3) if a != b]
    assert each[0] == 20.5
    assert max(each) <= near.reach_km == 31.0
    assert near.radial_reach_km() >= 2.0 + 0.75
    boxes = bounds(RicBox(1.0, 2.0, 2.0), 2, [0.5, 0.5])
    assert pair_reach(boxes, 0, 1) == pytest.approx(np.sqrt(4.0 + 9.0 + 9.0)) == pytest.approx(boxes.reach_km)
    assert bounds(Sphere(5.0), 2, [1.0, 2.0]).radial_reach_km() >= 8.0


@pytest.mark.parametrize("volume", VOLUMES[1:], ids=lambda one: type(one).__name__)
def test_a_step_of_the_walk_never_passes_the_surface(volume: Volume) -> None:
    """Along straight lines, seen on axes that turn; turns red when `lasting` leaves out the turn (tried)."""
    rng = np.random.default_rng(3)
    place, motion, other, turn = states(rng, 600, 8.0)
    near = bounds(volume, 2)
    closest = np.inf
    for n in range(600):
        out = gauge(near, 0, 1, place[n], motion[n], other[n] - place[n]) - 1.0
        lasts = lasting(near, 0, 1, place[n], motion[n], other[n] - place[n], turn[n] - motion[n], abs(out))
        for part in np.linspace(0.1, 1.0, 10):
            t = part * min(lasts, 100.0)
            here, there, pull = (
                moved(place[n], motion[n], t),
                moved(other[n], turn[n], t),
                velocity(place[n], motion[n], t),
            )
            then = gauge(near, 0, 1, here, pull, there - here) - 1.0
            assert (then > 0.0) == (out > 0.0)
            closest = min(closest, abs(then / out))
    assert closest < 0.8


def moved(place: Floats, motion: Floats, t: float) -> Floats:
    """Two-body motion to the third order: a hundred seconds to 0.1 km of each, which both have alike."""
    pull = -398600.8 / np.linalg.norm(place) ** 3
    return place + t * motion + 0.5 * t * t * pull * place + t**3 / 6.0 * pull * motion


def velocity(place: Floats, motion: Floats, t: float) -> Floats:
    pull = -398600.8 / np.linalg.norm(place) ** 3
    return motion + t * pull * place + 0.5 * t * t * pull * motion


def test_a_pass_is_cut_to_what_can_be_inside_and_not_more() -> None:
    """Turns red when `crossing` takes the half-widths without their slack (tried)."""
    rng = np.random.default_rng(4)
    volume = RicBox(0.5, 8.0, 11.0)
    near = bounds(volume, 2)
    place, motion, other, turn = states(rng, 2_000, 8.0)
    empty = cut = 0
    for n in range(2_000):
        half_s = 14.0 / float(np.linalg.norm(turn[n] - motion[n]))
        if half_s > 50.0:
            continue
        low, high = crossing(near, 0, 1, place[n], motion[n], other[n] - place[n], turn[n] - motion[n], half_s)
        empty += low > high
        cut += 0.0 <= high - low < half_s
        for t in np.linspace(-half_s, half_s, 41):
            here, there = moved(place[n], motion[n], t), moved(other[n], turn[n], t)
            if gauge(near, 0, 1, here, velocity(place[n], motion[n], t), there - here) <= 1.0:
                assert low <= t <= high
    assert empty > 300
    assert cut > 100


def everything(elements: list[ElementSet], window: Window, a: npt.NDArray[np.int64], around: Ticks) -> Found:
    """All encounters of pairs (a, a + 1) that sightings lead to."""
    made = records(elements)
    answer = settle(made, window, a, a + 1, around)
    slow = trace_slow(made, window, regions(answer.slow.a, answer.slow.b, answer.slow.at, answer.slow.at))
    found = gathered([answer.found, slow, trace_edges(made, window, answer.edges)])
    return sorted_once(found, np.arange(len(elements)))


def in_volume(
    elements: list[ElementSet], volumes: Sequence[Volume], spheres: Found
) -> list[tuple[int, int, int, int, float]]:
    """Intervals with one in the volume of the other, seen on many instants of each sphere: a, from, to, step, miss."""
    fleet, intervals = Fleet(elements), []
    for a, b, entry, exit in zip(
        *(getattr(spheres, name).tolist() for name in ("a", "b", "entry", "exit")), strict=True
    ):
        step = max(500, (exit - entry) // 20_000)
        at = np.arange(entry, exit + 1, step)
        (_c, place, motion), (_d, other, turn) = (fleet.record(one).sgp4_array(*julian(at)) for one in (a, b))
        there = out_of(volumes[a], place, motion, other - place) <= 1.0
        there |= out_of(volumes[b], other, turn, place - other) <= 1.0
        far = np.linalg.norm(other - place, axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]])))
        for low, beyond in zip(edges[::2], edges[1::2], strict=True):
            intervals.append((a, int(at[low]), int(at[beyond - 1]), step, float(far[low:beyond].min())))
    return intervals


def assert_cut(elements: list[ElementSet], volumes: Volume | Sequence[Volume], around: Ticks) -> int:
    """Encounters in a volume are exactly the intervals inside it of those in the sphere around it."""
    a = 2 * np.arange(len(elements) // 2, dtype=np.int64)
    near = bounds(volumes, len(elements))
    window = window_of(elements, 1.0, hours=24.0, bounds=near)
    found = everything(elements, window, a, around)
    spheres = everything(elements, window_of(elements, near.reach_km), a, around)
    each = volumes if isinstance(volumes, Sequence) else [volumes] * len(elements)
    expected = in_volume(elements, each, spheres)
    assert found.a.tolist() == [one[0] for one in expected]
    for row, (_a, low, high, step, miss) in enumerate(expected):
        assert abs(low - int(found.entry[row])) <= step + 1_000
        assert abs(high - int(found.exit[row])) <= step + 1_000
        assert found.entry[row] <= found.tca[row] <= found.exit[row]
        assert miss - 16.0 * step / SECOND <= found.miss_km[row] <= miss + 16.0 * 0.001
        assert np.linalg.norm(found.gap[row]) == pytest.approx(found.miss_km[row], abs=1e-9)
    return len(expected)


@pytest.mark.parametrize("volume", VOLUMES, ids=lambda one: type(one).__name__)
def test_encounters_in_a_volume_are_the_intervals_inside_it(volume: Volume) -> None:
    """Turns red when the walk looks only into the volume of a, or ends at the first exit (each tried)."""
    count = 150
    elements = meetings_at_noon(12.0, count, seed=21)
    around = truth(elements, *pairs(count))[0]
    assert assert_cut(elements, volume, around) > 15


def test_slow_pairs_in_a_volume_are_cut_as_well() -> None:
    """Turns red when `carve_followed` starts each piece outside (tried)."""
    elements = [
        one for kind in ("low", "belt", "half a day") for n in (1, 3, 5, 7) for one in together(kind, n, 6e-4, 4)
    ]
    around = np.full(len(elements) // 2, ticks(START + timedelta(hours=6)), dtype=np.int64)
    assert assert_cut(elements, RicEllipsoid(1.0, 40.0, 3.0), around) > 5
    assert assert_cut(elements, RicBox(3.0, 12.0, 30.0), around) > 5


def test_each_object_may_have_a_volume_of_its_own() -> None:
    """Turns red when both are measured with the half-widths of a (tried)."""
    count = 100
    elements = meetings_at_noon(12.0, count, seed=22)
    volumes = [RicEllipsoid(0.4, 12.0, 3.0) if n % 3 else RicEllipsoid(3.0, 2.0, 9.0) for n in range(2 * count)]
    assert assert_cut(elements, volumes, truth(elements, *pairs(count))[0]) > 15


def test_an_ellipsoid_with_equal_axes_is_the_sphere() -> None:
    count = 60
    elements = meetings_at_noon(5.0, count, seed=23)
    a, b = pairs(count)
    around = truth(elements, a, b)[0]
    window = window_of(elements, 5.0)
    sphere = everything(elements, window, a, around)
    round_ = everything(elements, window._replace(bounds=bounds(RicEllipsoid(5.0, 5.0, 5.0), 2 * count)), a, around)
    assert len(sphere) > 40
    assert round_.a.tolist() == sphere.a.tolist()
    assert np.abs(round_.entry - sphere.entry).max() <= 1_000
    assert np.abs(round_.exit - sphere.exit).max() <= 1_000
    assert np.abs(round_.tca - sphere.tca).max() <= 1
    assert np.abs(round_.miss_km - sphere.miss_km).max() < 1e-8


def test_the_same_rows_from_any_instant_in_any_company() -> None:
    count = 60
    elements = meetings_at_noon(12.0, count, seed=24)
    a, b = pairs(count)
    around = truth(elements, a, b)[0]
    made = records(elements)
    window = window_of(elements, 1.0, bounds=bounds(RicBox(1.0, 8.0, 11.0), 2 * count))
    expected = rows(settle(made, window, a, b, around).found)
    assert len(expected) > 10
    order = np.random.default_rng(5).permutation(count)
    assert rows(settle(made, window, a[order], b[order], around[order] + 2_300_001).found) == expected


def test_published_volumes_go_by_the_regime_of_each_object() -> None:
    """Narvet, Frigm and Hejduk 2011 (AAS 11-434), table 6: radial x in-track x cross-track, km, seven days."""
    assert NASA_2011[Regime.LEO1].half_widths == (1.5, 69.0, 145.0)
    assert NASA_2011[Regime.LEO2].half_widths == (0.75, 20.0, 22.0)
    assert NASA_2011[Regime.LEO3].half_widths == (0.5, 11.0, 9.0)
    assert NASA_2011[Regime.LEO4].half_widths == (0.5, 8.0, 10.0)
    assert NASA_2011[Regime.GEO].half_widths == (1.5, 18.0, 3.0)
    otherwise = RicEllipsoid(2.0, 2.0, 2.0)
    objects = shell(10)
    chosen = by_regime(objects, NASA_2011, otherwise)
    assert {one.regime for one in objects} == {Regime.LEO3, Regime.HEO1}
    assert chosen == [NASA_2011.get(one.regime, otherwise) for one in objects]
    assert bounds(chosen, 10).halves[0].tolist() == [0.5, 11.0, 9.0]


@pytest.mark.parametrize(
    ("code", "volume", "radii"),
    [
        ("screening.volume_wrong", Sphere(0.0), None),
        ("screening.volume_wrong", RicBox(1.0, float("nan"), 2.0), None),
        ("screening.volume_wrong", RicEllipsoid(1.0, float("inf"), 2.0), None),
        ("screening.volume_wrong", [Sphere(1.0), RicBox(1.0, 1.0, 1.0)], None),
        ("screening.volume_wrong", [Sphere(1.0)] * 3, None),
        ("screening.radii_wrong", Sphere(1.0), [0.1]),
        ("screening.radii_wrong", Sphere(1.0), [0.1, -0.1]),
        ("screening.radii_wrong", Sphere(1.0), [0.1, float("nan")]),
    ],
)
def test_volumes_that_make_no_sense_are_refused(
    code: str, volume: Volume | list[Volume], radii: list[float] | None
) -> None:
    with pytest.raises(Invalid) as refused:
        bounds(volume, 2, radii)
    assert refused.value.code == code


def test_no_objects_reach_nowhere() -> None:
    near = bounds(Sphere(1.0), 0)
    assert (near.reach_km, near.radial_reach_km()) == (0.0, 0.0)
    assert circular(1).regime is Regime.LEO3
