"""Two-dimensional methods against an integrator that shares nothing with them, against each other and at their ends."""

from collections.abc import Callable
from math import e, erf, exp, log, pi, sqrt

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.probability.alfano import alfano_2005, pc_against_radius
from space_hub.orbit.probability.chan import chan_1997, estimated_error, series
from space_hub.orbit.probability.foster import foster_1992
from space_hub.orbit.probability.given import principal
from space_hub.orbit.probability.laas import laas_2015
from space_hub.orbit.probability.maximum import alfano_maximum, scaled_maximum, socrates_2005
from space_hub.orbit.times import Floats
from space_hub.validation.pc_integral import adaptive

Method = Callable[[Floats, Floats, Floats | float], Floats]

EXACT: tuple[Method, ...] = (foster_1992, alfano_2005, laas_2015)


def drawn(count: int, seed: int, *, least: float = 0.3, most: float = 300.0, aspect: float = 3.0) -> tuple[Floats, ...]:
    """Random misses (to six sigma), covariances in any orientation, radii: km."""
    rng = np.random.default_rng(seed)
    radius = 10.0 ** rng.uniform(-3.0, -1.5, count)
    small = radius * np.exp(rng.uniform(log(least), log(most), count))
    sigma = np.stack([small, small * 10.0 ** rng.uniform(0.0, aspect, count)], axis=1)
    axis = rng.uniform(0.0, pi, count)
    turn = np.array([[np.cos(axis), -np.sin(axis)], [np.sin(axis), np.cos(axis)]]).transpose(2, 0, 1)
    bearing = rng.uniform(0.0, 2.0 * pi, count)
    away = rng.uniform(0.0, 6.0, (count, 1)) * np.stack([np.cos(bearing), np.sin(bearing)], axis=1) * sigma
    covariance = np.einsum("nij,nj,nkj->nik", turn, sigma**2, turn)
    return np.einsum("nij,nj->ni", turn, away), covariance, radius


def one(x: float, y: float, sx: float, sy: float) -> tuple[Floats, Floats]:
    return np.array([[x, y]]), np.diag([sx**2, sy**2])[None]


@pytest.mark.parametrize("method", EXACT)
def test_the_methods_agree_with_an_independent_integral(method: Method) -> None:
    """Sabotage seen: `1.5 * p * q * q` as `p * q * q` in `laas`; 12 for 40 angles in `foster`."""
    miss, covariance, radius = drawn(40, 7)
    found = method(miss, covariance, radius)
    truth = [adaptive(*each) for each in zip(miss, covariance, radius.tolist(), strict=True)]
    assert np.abs(found / truth - 1.0).max() < 1e-7


def test_a_thousand_encounters_of_every_shape_come_out_alike_by_three_methods() -> None:
    """Sabotage seen: `_AGREES` at a hundredth."""
    miss, covariance, radius = drawn(1000, 8, least=0.02, aspect=4.0)
    by_strips = alfano_2005(miss, covariance, radius)
    assert np.abs(foster_1992(miss, covariance, radius) / by_strips - 1.0).max() < 1e-9
    assert np.abs(laas_2015(miss, covariance, radius) / by_strips - 1.0).max() < 1e-7
    assert by_strips.max() <= 1.0


@pytest.mark.parametrize("method", EXACT)
def test_a_circular_density_around_the_middle_has_a_closed_form(method: Method) -> None:
    for sigma in (0.01, 0.3, 40.0):
        found = method(*one(0.0, 0.0, sigma, sigma), 0.02)[0]
        assert found == pytest.approx(-np.expm1(-0.5 * (0.02 / sigma) ** 2), rel=1e-12)


def test_far_out_nothing_is_lost_until_doubles_end() -> None:
    """A small disk far away: density times area, with the second derivative of the density."""
    for sigmas in (5.0, 15.0, 25.0, 36.9):
        miss, covariance = one(0.0, sigmas * 0.7, 0.2, 0.7)
        by_hand = 1e-6 / (2.0 * 0.2 * 0.7) * exp(-0.5 * sigmas**2)
        by_hand *= 1.0 + 1e-6 / 8.0 * ((sigmas**2 - 1.0) / 0.49 - 1.0 / 0.04)
        for method in (*EXACT, chan_1997):
            assert method(miss, covariance, 1e-3)[0] == pytest.approx(by_hand, rel=1e-7), (method, sigmas)
    assert 0.0 < by_hand < 1e-300
    for method in EXACT:
        assert method(*one(0.0, 60.0, 0.2, 0.7), 1e-3)[0] == 0.0


def test_a_needle_of_a_density_is_not_stepped_over() -> None:
    """Sigmas of a millimetre and of 100 km: the chord of the disk in y.

    Sabotage seen: no panels around the peak.
    """
    radius, thin, long = 0.02, 1e-6, 100.0
    for x in (0.0, 0.007, 0.019):
        chord = sqrt(radius**2 - x**2)
        found = alfano_2005(*one(x, 30.0, thin, long), radius)[0]
        by_hand = 2.0 * chord / (sqrt(2.0 * pi) * long) * exp(-0.5 * 0.3**2)
        assert found == pytest.approx(by_hand, rel=1e-6)
    assert alfano_2005(*one(radius + 8e-6, 0.0, thin, 2e-6), radius)[0] == pytest.approx(
        0.5 * (1 - erf(8 / sqrt(2))), rel=1e-3
    )
    assert alfano_2005(*one(0.01, 0.01, thin, 2e-6), radius)[0] == pytest.approx(1.0, rel=1e-12)
    assert np.isnan(foster_1992(*one(0.01, 0.01, thin, 2e-6), radius)[0])
    assert np.isnan(laas_2015(*one(0.01, 0.01, thin, 2e-6), radius)[0])


def test_chan_refuses_where_it_would_err_by_more_than_a_hundredth() -> None:
    """Sabotage seen: eight hundredths allowed."""
    miss, covariance, radius = drawn(3000, 9, least=0.1)
    truth = alfano_2005(miss, covariance, radius)
    error = np.abs(series(principal(miss, covariance, radius)) / truth - 1.0)
    estimate = estimated_error(principal(miss, covariance, radius))
    answered = chan_1997(miss, covariance, radius)
    inside = ~np.isnan(answered)
    assert inside.sum() > 900 and error[inside].max() <= 0.01
    assert error[~inside].max() > 0.5
    assert (error[inside] <= 1.001 * estimate[inside]).all()


def test_the_probability_grows_with_the_radius() -> None:
    radii = np.linspace(0.001, 0.5, 40)
    curve = pc_against_radius(np.array([0.2, 0.0]), np.diag([0.01, 0.04]), radii)
    assert (np.diff(curve) > 0.0).all() and curve[-1] < 1.0


def test_the_maximum_over_scales_is_where_no_scale_gives_more() -> None:
    """Sabotage seen: v for v / 2; the search left out for large disks."""
    miss, covariance, radius = drawn(60, 10, least=0.3)
    found = scaled_maximum(miss, covariance, radius)
    for shift in (0.99, 1.01):
        scale = np.maximum(found.scale * shift, 1e-9)[:, None, None] ** 2
        there = alfano_2005(miss, covariance * scale, radius)
        assert (there <= found.pc * (1.0 + 1e-9)).all()
    at = np.maximum(found.scale, 1e-9)[:, None, None] ** 2
    assert np.allclose(alfano_2005(miss, covariance * at, radius), found.pc, rtol=1e-7)
    assert 0 < found.diluted.sum() < 60


def test_the_model_of_socrates_is_its_published_formula_for_small_objects() -> None:
    """MAX_PROB = AR R^2 / (e d^2), DILUTION = d / (sqrt(2) AR): aspect 3 when both fly across the line of sight.

    Sabotage seen: the sigmas of in-track and cross-track exchanged.
    """
    distance, radius = np.array([1.0, 0.35]), 0.002
    for aspect in (1.0, 2.0, 3.0):
        pc, sigma = alfano_maximum(distance, aspect, radius)
        assert pc == pytest.approx(aspect * radius**2 / (e * distance**2), rel=1e-3)
        assert sigma == pytest.approx(distance / (sqrt(2.0) * aspect), rel=1e-3)
    assert alfano_maximum(np.array([0.001]), 2.0, radius)[0][0] == 1.0
    head_on = np.array([np.eye(3), np.diag([1.0, -1.0, -1.0])])
    miss, velocity = np.array([[1.0, 0.0, 0.0]] * 2), np.array([[0.0, 15.0, 0.0], [0.0, 0.0, 0.5]])
    pc, dilution = socrates_2005(miss, velocity, np.stack([np.eye(3)] * 2), head_on, radius)
    assert pc * e / radius**2 == pytest.approx([1.0, 3.0], rel=1e-4)
    assert dilution == pytest.approx([1.0 / sqrt(2.0), 1.0 / (3.0 * sqrt(2.0))], rel=1e-4)


@pytest.mark.parametrize(
    ("miss", "covariance", "radius", "code"),
    [
        ([[1.0, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], 0.0, "pc.radius_wrong"),
        ([[1.0, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], float("nan"), "pc.radius_wrong"),
        ([[float("nan"), 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], 0.01, "pc.miss_wrong"),
        ([[1e9, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], 0.01, "pc.miss_wrong"),
        ([[1.0, 0.0]], [[[1.0, 2.0], [2.0, 1.0]]], 0.01, "pc.covariance_wrong"),
        ([[1.0, 0.0]], [[[float("inf"), 0.0], [0.0, 1.0]]], 0.01, "pc.covariance_wrong"),
        ([[1.0, 0.0]], [[[0.0, 0.0], [0.0, 0.0]]], 0.01, "pc.covariance_wrong"),
        ([[1.0, 0.0, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], 0.01, "pc.shape_wrong"),
        ([[1.0, 0.0]], [[[1.0, 0.0], [0.0, 1.0]]], [0.01, 0.02], "pc.shape_wrong"),
    ],
)
def test_what_is_absurd_is_refused_by_every_method(
    miss: list[list[float]], covariance: list[list[list[float]]], radius: float, code: str
) -> None:
    for method in (*EXACT, chan_1997):
        with pytest.raises(Invalid) as caught:
            method(np.array(miss), np.array(covariance), np.asarray(radius))
        assert caught.value.code == code
