"""Curved orbits, tests of use, samples and the whole way through `assess`."""

from dataclasses import replace

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.probability.assess import assess
from space_hub.orbit.probability.elements import equinoctial, states, states_and_slopes
from space_hub.orbit.probability.encounter import plane
from space_hub.orbit.probability.many import probabilities
from space_hub.orbit.probability.monte_carlo import monte_carlo
from space_hub.orbit.probability.nonlinear import nonlinear_2d, nonlinear_3d
from space_hub.orbit.probability.overlap import pair_of
from space_hub.orbit.probability.state import State
from space_hub.orbit.probability.usage import usage
from space_hub.validation.pc_slow import CASES, made, plain

BENT, LONG = (made(case) for case in CASES)
RADIUS_KM = 0.02


def round_state(covariance_km2: float = 0.01) -> State:
    covariance = np.diag([covariance_km2] * 3 + [1e-10] * 3)
    covariance[0, 4] = covariance[4, 0] = 1e-8
    return State(np.array([7000.0, 10.0, 20.0]), np.array([0.1, 5.0, 5.5]), covariance)


def head_on() -> tuple[State, State]:
    one = round_state()
    moves = np.array([0.1, 5.0, -5.5])
    return one, replace(one, position_km=one.position_km + np.array([0.05, 0.02, 0.0]), velocity_km_s=moves)


def test_elements_give_their_states_back_and_their_slopes_are_those_of_differences() -> None:
    """Sabotage seen: the sign of chi in `_plane`."""
    state = round_state()
    elements = equinoctial(state.position_km, state.velocity_km_s)
    back = states(elements[None], np.zeros(1))[0]
    assert np.abs(back[:3] - state.position_km).max() < 1e-8 and np.abs(back[3:] - state.velocity_km_s).max() < 1e-11
    after = np.array([900.0])
    slopes = states_and_slopes(elements[None], after)[1][0]
    for place in range(6):
        step = np.zeros(6)
        step[place] = 1e-9 if place == 0 else 1e-6
        ends = states(elements + step[None], after) - states(elements - step[None], after)
        assert np.allclose(ends[0] / (2.0 * step[place]), slopes[:, place], rtol=1e-5, atol=1e-2)


def test_a_fast_encounter_of_known_objects_passes_the_tests_and_all_roads_agree() -> None:
    one, other = head_on()
    risk = assess(one, other, RADIUS_KM)
    assert (risk.method, risk.flags) == ("foster-1992", ())
    pair = pair_of(one, other, RADIUS_KM)
    tests = usage(one, other, pair)
    assert tests.peak is not None and risk.pc_2d is not None
    curved = nonlinear_3d(pair, tests.peak)
    assert curved is not None and curved.whole
    assert curved.pc == pytest.approx(risk.pc_2d, rel=1e-4)
    assert nonlinear_2d(pair, tests.peak) == pytest.approx(risk.pc_2d, rel=1e-4)
    drawn = monte_carlo(pair, -1.0, 1.0, (curved.times_s, curved.rates), samples=4_096)
    assert abs(drawn.pc - risk.pc_2d) < 4.0 * drawn.standard_error < 0.2 * risk.pc_2d


def test_tracks_that_bend_are_seen_and_three_roads_agree_where_the_plane_is_lost() -> None:
    """The campaign has the truth of plain draws. Sabotage seen: expansions around the mean states."""
    one, other = BENT
    risk = assess(one, other, RADIUS_KM)
    assert risk.method == "nonlinear-3d" and risk.flags == ("inaccurate",)
    assert risk.pc_2d is not None and risk.pc_2d < 1e-10 < 1e-4 < risk.pc <= risk.pc_max
    pair = pair_of(one, other, RADIUS_KM)
    assert risk.usage is not None and risk.usage.peak is not None
    assert nonlinear_2d(pair, risk.usage.peak) == pytest.approx(risk.pc, rel=0.01)
    drawn = monte_carlo(pair, -3.0, 3.0, samples=4_096)
    assert abs(drawn.pc - risk.pc) < 4.0 * drawn.standard_error < 0.5 * risk.pc


def test_a_pair_that_stays_together_is_left_to_samples() -> None:
    risk = assess(*LONG, CASES[1].radius_m * 1e-3, samples=1_024)
    assert risk.method == "monte-carlo" and {"extended", "offset"} <= set(risk.flags)
    assert 0.0 < risk.standard_error < 0.2 * risk.pc
    again = assess(*LONG, CASES[1].radius_m * 1e-3, samples=1_024)
    assert again.pc == risk.pc


def test_without_relative_velocity_there_is_no_plane_but_an_answer() -> None:
    one = LONG[0]
    still = replace(one, position_km=one.position_km + np.array([0.0, 0.0, 0.001]))
    with pytest.raises(Invalid) as caught:
        plane(one, still)
    assert caught.value.code == "pc.no_relative_velocity"
    risk = assess(one, still, 0.02, samples=1_024)
    truth, error = plain(one, still, 0.02, 1e9, 2_048, 1)
    assert risk.pc_2d is None and risk.method == "monte-carlo"
    assert abs(risk.pc - truth) < 4.0 * np.hypot(error, risk.standard_error) < 0.2


def test_a_covariance_that_is_not_positive_definite_is_repaired_and_said() -> None:
    """Sabotage seen: no clipping."""
    one, other = head_on()
    bad = one.covariance.copy()
    bad[0, 1] = bad[1, 0] = 0.0102
    one = replace(one, covariance=bad * 1.0)
    risk = assess(one, replace(other, covariance=other.covariance * 1e-6), RADIUS_KM, samples=512)
    assert risk.repaired and "not-positive-definite" in risk.flags and 0.0 <= risk.pc <= 1.0


def test_positions_alone_give_the_plane_and_say_so() -> None:
    one, other = head_on()
    bare = one.covariance.copy()
    bare[3:] = bare[:, 3:] = 0.0
    risk = assess(replace(one, covariance=bare), other, RADIUS_KM)
    assert (risk.method, risk.flags, risk.usage) == ("foster-1992", ("no-velocity-covariance",), None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"position_km": np.full(3, np.nan)}, "pc.state_wrong"),
        ({"velocity_km_s": np.array([7500.0, 0.0, 0.0])}, "pc.state_wrong"),
        ({"position_km": np.zeros(2)}, "pc.state_wrong"),
        ({"covariance": np.diag([-1.0, 1.0, 1.0, 1.0, 1.0, 1.0])}, "pc.covariance_wrong"),
        ({"covariance": np.eye(6) * 1e12}, "pc.covariance_wrong"),
        ({"covariance": np.triu(np.ones((6, 6)))}, "pc.covariance_not_symmetric"),
    ],
)
def test_states_that_are_absurd_are_refused(change: dict[str, np.ndarray], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        replace(round_state(), **change)
    assert caught.value.code == code


def test_what_does_not_orbit_and_a_radius_of_nothing_are_refused() -> None:
    one, other = head_on()
    with pytest.raises(Invalid, match="not_an_orbit"):
        assess(one, replace(other, velocity_km_s=np.array([0.0, 9.0, 9.0])), RADIUS_KM)
    with pytest.raises(Invalid, match="radius_wrong"):
        assess(one, other, 0.0)


def test_the_fast_road_gives_the_figures_of_the_slow_one_and_fails_one_by_one() -> None:
    rng = np.random.default_rng(3)
    count = 300
    axes = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
    variances = (rng.uniform(0.01, 1.0, (count, 3)) * [0.3, 3.0, 0.3]) ** 2
    covariance = np.einsum("nij,nj,nkj->nik", axes, variances, axes)
    position, velocity = rng.normal(size=(count, 3)), rng.normal(size=(count, 3)) * 7.0
    radius = rng.uniform(0.001, 0.02, count)
    velocity[7], covariance[9], radius[11] = 0.0, np.nan, -1.0
    found = probabilities(position, velocity, covariance, radius)
    assert np.flatnonzero(found.failed).tolist() == [7, 9, 11]
    for place in (0, 1, 2, 50, 299):
        one = State(np.array([7000.0, 0.0, 0.0]), np.array([0.0, 7.5, 0.1]), _whole(covariance[place]))
        other = State(
            one.position_km + position[place], one.velocity_km_s + velocity[place], _whole(covariance[place] * 1e-9)
        )
        flat = plane(one, other)
        assert found.miss_km[place] == pytest.approx(flat.miss_km[0], rel=1e-6)
        slow = probabilities(position[[place]], velocity[[place]], covariance[[place]], radius[[place]])
        assert slow.pc[0] == found.pc[place] and slow.pc_max[0] == found.pc_max[place]


def _whole(covariance: np.ndarray) -> np.ndarray:
    whole = np.zeros((6, 6))
    whole[:3, :3] = covariance
    return whole
