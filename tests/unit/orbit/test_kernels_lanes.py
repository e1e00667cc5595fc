"""Own SGP4 over many objects at one instant: the scalar kernel's numbers to rounding, in any company and order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import (
    Records,
    deep_columns,
    deep_positions,
    deep_state,
    deep_states,
    near_columns,
    near_positions,
    near_states,
    records,
    split,
    state_at,
)
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import DAY, ticks
from tests.unit.orbit.test_kernels import CASES, EPOCH, GEO, MOLNIYA, START, orbit

KEPLER = 1e-12
"""SGP4 takes the angle before the last step of Kepler's equation: up to this, in rad, of the distance."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]

OFFSETS = [0, 1, DAY // 3, -DAY, 7 * DAY, 6 * DAY, 12 * 3600_000_000, -3 * DAY, 30 * DAY, 2 * DAY]


def scalar(made: Records, indices: npt.NDArray[np.int64], tick: int) -> tuple[Floats, Codes]:
    states = np.array([state_at(made, k, tick) for k in indices.tolist()]).reshape(-1, 7).T
    return states[1:], states[0].astype(np.uint8)


def lanes(made: Records, indices: npt.NDArray[np.int64], instants: list[int], rows: int) -> list[tuple[Floats, Codes]]:
    """All of `indices`, near or deep, at ticks in their order, with one integrator carried along."""
    deep = len(indices) > 0 and made.deep[indices[0]] >= 0
    columns = (deep_columns if deep else near_columns)(made, indices)
    state, found = deep_state(columns), []
    for tick in instants:
        out, codes = np.full((rows, len(indices)), 7.0), np.full(len(indices), 77, dtype=np.uint8)
        if deep:
            (deep_positions if rows == 3 else deep_states)(columns, state, tick, out, codes)
        else:
            (near_positions if rows == 3 else near_states)(columns, tick, out, codes)
        found.append((out, codes))
    return found


def crowd() -> list[ElementSet]:
    """Every case of the scalar tests, and a synthetic catalogue with epochs of its own."""
    awkward = [
        orbit(mean_motion_rev_day=12.0, eccentricity=0.55),
        orbit(mean_motion_rev_day=6.41, eccentricity=0.62, bstar=1e-6),
        orbit(mean_motion_rev_day=1.1, eccentricity=0.93, inclination_deg=28.0),
        orbit(mean_motion_rev_day=0.09, eccentricity=0.985, inclination_deg=28.0),
        orbit(mean_motion_rev_day=3.0, eccentricity=0.999),
        orbit(mean_motion_rev_day=16.0, bstar=0.2),
        orbit(mean_motion_rev_day=float("nan")),
        orbit(eccentricity=float("nan")),
        orbit(**GEO, inclination_deg=float("nan")),
        orbit(mean_motion_rev_day=-1.0),
        orbit(**{**MOLNIYA, "inclination_deg": 0.5}),
        orbit(mean_motion_rev_day=1.0027, eccentricity=0.3, inclination_deg=11.45),
    ]
    return [
        *(replace(one, epoch=EPOCH - timedelta(hours=7 * n)) for n, one in enumerate([*CASES.values(), *awkward])),
        *sample_catalogue(EPOCH, 5),
    ]


CROWD = crowd()


@pytest.mark.parametrize("rows", [3, 6])
@pytest.mark.parametrize("deep", [False, True])
def test_lanes_and_the_scalar_kernel_agree_at_instants_in_any_order(deep: bool, rows: int) -> None:
    """Turns red with another sign in `_flat`, and with the filling lanes of a block taken for resonant (tried)."""
    made = records(CROWD)
    indices = split(made, np.arange(len(CROWD)))[deep]
    assert len(indices) > 60
    instants = [START + offset for offset in OFFSETS]
    for tick, (out, codes) in zip(instants, lanes(made, indices, instants, rows), strict=True):
        state, expected = scalar(made, indices, tick)
        assert codes.tolist() == expected.tolist()
        assert np.array_equal(np.isnan(out).any(axis=0), codes != 0)
        good = codes == 0
        distance = np.linalg.norm(state[:3, good], axis=0)
        apart = np.linalg.norm(out[:3, good] - state[:3, good], axis=0)
        assert (apart < 4 * KEPLER * distance).all(), apart.max()
        if rows == 6:
            assert np.abs(out[3:, good] - state[3:, good]).max() < 1e-9


def test_an_object_alone_in_its_block_decides_by_itself_how_its_equation_is_solved() -> None:
    """Turns red when two steps of Kepler's equation are thought enough at 1e-12 for 1e-28 and 1 for 0.1 (tried)."""
    made = records([*CROWD[:50], *(orbit(eccentricity=0.01 * n, mean_motion_rev_day=9.0) for n in range(40))])
    for k in range(len(made.epoch)):
        alone = np.array([k])
        for tick, (out, codes) in zip(OFFSETS, lanes(made, alone, [START + o for o in OFFSETS], 3), strict=True):
            state, expected = scalar(made, alone, START + tick)
            assert codes[0] == expected[0]
            if codes[0] == 0:
                assert np.abs(out - state[:3]).max() < 4 * KEPLER * np.linalg.norm(state[:3])


def test_what_drag_has_torn_apart_is_asked_of_the_scalar_kernel() -> None:
    """Weeks after its fall SGP4 gives numbers that mean nothing, and the same ones here.

    56980, CelesTrak, epoch 2024-10-31.
    Turns red when small latera recta are left to the series for small turns (tried).
    """
    epoch = datetime(2024, 10, 31, 5, 28, 53, 470560, tzinfo=UTC)
    fallen = ElementSet(56980, epoch, 15.96819774, 0.0010294, 97.5317, 74.5568, 281.4117, 78.6003, 0.0033646)
    made, alone = records([fallen]), np.array([0])
    month = [ticks(epoch) + hours * DAY // 24 for hours in range(7 * 24, 45 * 24)]
    far = 0
    for tick, (out, codes) in zip(month, lanes(made, alone, month, 3), strict=True):
        state, expected = scalar(made, alone, tick)
        assert codes.tolist() == expected.tolist()
        if codes[0] == 0:
            distance = np.linalg.norm(state[:3])
            far += int(distance > 50_000.0)
            assert np.linalg.norm(out - state[:3]) < 1e-6 * distance
    assert far >= 3


@pytest.mark.parametrize("deep", [False, True])
def test_lanes_do_not_depend_on_where_an_object_stands(deep: bool) -> None:
    """Alone, in another order, in a block of other company: to what Kepler's equation is left short by."""
    made = records(CROWD)
    indices = split(made, np.arange(len(CROWD)))[deep]
    tick = START + 5 * DAY
    out, codes = lanes(made, indices, [tick], 3)[0]
    back, back_codes = lanes(made, np.ascontiguousarray(indices[::-1]), [tick], 3)[0]
    assert np.array_equal(codes, back_codes[::-1])
    scale = np.linalg.norm(out, axis=0)
    assert np.nanmax(np.linalg.norm(out - back[:, ::-1], axis=0) / scale) < 1e-14
    for place in (0, len(indices) // 2, len(indices) - 1):
        alone, code = lanes(made, indices[place : place + 1], [tick], 3)[0]
        assert code[0] == codes[place]
        if code[0] == 0:
            assert np.abs(alone[:, 0] - out[:, place]).max() < 1e-14 * scale[place]


def test_a_carried_integrator_gives_the_bits_of_a_fresh_one() -> None:
    """Turns red when the integrator stays where it was as time goes back, or is let fall behind (tried)."""
    made = records(CROWD)
    deep = split(made, np.arange(len(CROWD)))[1]
    instants = [START + offset for offset in OFFSETS]
    for tick, (out, codes) in zip(instants, lanes(made, deep, instants, 3), strict=True):
        fresh, fresh_codes = lanes(made, deep, [tick], 3)[0]
        assert np.array_equal(out, fresh, equal_nan=True)
        assert np.array_equal(codes, fresh_codes)
    # One object by itself, for in company another one may send for the integrator.
    alone = np.array([list(CASES).index("Molniya")])
    hours = [300, 295, 289, 288, 3, -3, -13, -12, -11, 13]
    instants = [START + hour * DAY // 24 for hour in hours]
    for tick, (out, _codes) in zip(instants, lanes(made, alone, instants, 3), strict=True):
        assert np.array_equal(out, lanes(made, alone, [tick], 3)[0][0])


def test_more_objects_than_a_block_and_none_at_all() -> None:
    made = records(CROWD)
    near, deep = split(made, np.arange(len(CROWD)))
    assert sorted([*near, *deep]) == list(range(len(CROWD)))
    for some in (near, deep):
        many = np.resize(some, 300)
        out, codes = lanes(made, many, [START], 3)[0]
        assert codes.tolist() == scalar(made, many, START)[1].tolist()
        out, codes = lanes(made, some[:0], [START], 3)[0]
        assert (out.shape, codes.shape) == ((3, 0), (0,))


def test_near_and_deep_objects_are_not_mixed() -> None:
    made = records([CASES["near earth"], CASES["Molniya"]])
    for wrong in (near_columns, deep_columns):
        with pytest.raises(ValueError, match="split"):
            wrong(made, np.arange(2))
