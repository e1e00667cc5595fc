"""The bound on a probability against the exact maximum, and what is short by slot against sums done by hand."""

from fractions import Fraction
from math import exp, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ncx2

from catalog.risk.availability import (
    AssetState,
    AtRisk,
    Availability,
    Probability,
    at_risk,
    availability,
    either,
    probability_bound,
)
from space_hub.errors import Invalid

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def exact_maximum(ratio: float) -> float:
    """The largest chance over all isotropic errors that a point at distance 1 is hit within `ratio`: the squared
    distance is non-central chi-square with two degrees of freedom."""
    deviations = np.logspace(-4, 1.5, 4000)
    return float(ncx2.cdf((ratio / deviations) ** 2, 2, deviations**-2).max())


def test_the_bound_lies_above_the_exact_maximum_at_every_ratio_and_close_where_it_matters() -> None:
    """Sabotage seen: r^2 / (e d^2), without the square of the radius taken off, turned it red."""
    for ratio in np.linspace(0.005, 0.999, 120):
        exact, bound = exact_maximum(ratio), probability_bound(1.0, ratio)
        assert bound.is_bound and bound.value >= exact
        if ratio <= 0.1:
            assert bound.value <= exact * 1.011


def test_two_hundred_metres_and_five_give_two_point_three_in_ten_thousand_labelled_as_a_bound() -> None:
    """Sabotage seen: the label left out turned it red."""
    found = probability_bound(200.0, 5.0)
    assert found.value == pytest.approx(25 / (exp(1) * 40_000), rel=1e-3)
    assert round(found.value, 5) == 2.3e-4
    assert found.is_bound


def test_within_the_radius_nothing_is_excluded() -> None:
    assert probability_bound(5.0, 5.0) == probability_bound(0.0, 5.0) == Probability(1.0, is_bound=True)


@given(miss=st.floats(0, 1e6), further=st.floats(0, 1e6), radius=st.floats(1e-3, 1e3))
def test_further_away_is_never_likelier(miss: float, further: float, radius: float) -> None:
    near, far = probability_bound(miss, radius), probability_bound(miss + further, radius)
    assert 0 <= far.value <= near.value <= 1


@pytest.mark.parametrize(("miss", "radius"), [(-1.0, 5.0), (nan, 5.0), (200.0, 0.0), (200.0, nan), (200.0, -5.0)])
def test_an_encounter_that_cannot_be_is_refused(miss: float, radius: float) -> None:
    with pytest.raises(Invalid) as refused:
        probability_bound(miss, radius)
    assert refused.value.code == "commitment.encounter_wrong"


def test_threats_to_one_asset_are_joined_and_one_bound_makes_all_a_bound() -> None:
    joined = either([Probability(0.5), Probability(0.25, is_bound=True)])
    assert joined == Probability(1 - 0.5 * 0.75, is_bound=True)
    assert either([]) == Probability(0.0)
    with pytest.raises(Invalid):
        Probability(1.5)


@pytest.mark.parametrize(
    ("assets", "expected"),
    [
        ([], Availability(Fraction(1), Fraction(1))),
        ([AssetState(Fraction(1))], Availability(Fraction(1), Fraction(1))),
        ([AssetState(THIRD, lost=Fraction(1))], Availability(2 * THIRD, 2 * THIRD)),
        ([AssetState(THIRD, lost=HALF)] * 3, Availability(HALF, HALF)),
        ([AssetState(HALF, threat=Probability(0.25)), AssetState(HALF)], Availability(Fraction(7, 8), HALF)),
        (
            [AssetState(HALF, HALF, Probability(0.5, is_bound=True)), AssetState(Fraction(1, 4))],
            Availability(Fraction(5, 8), HALF, is_bound=True),
        ),
    ],
)
def test_what_is_left_is_what_was_summed_by_hand(assets: list[AssetState], expected: Availability) -> None:
    """Sabotage seen: the threat applied to what was already lost, and the worst case without its loss, each turned
    rows red."""
    assert availability(assets) == expected


@pytest.mark.parametrize(
    "assets",
    [
        [AssetState(Fraction(2, 3)), AssetState(HALF)],
        [AssetState(Fraction(-1, 3))],
        [AssetState(HALF, lost=Fraction(3, 2))],
    ],
)
def test_shares_that_make_more_than_a_whole_are_refused(assets: list[AssetState]) -> None:
    with pytest.raises(Invalid) as refused:
        availability(assets)
    assert refused.value.code == "commitment.shares_wrong"


def test_slots_are_told_with_what_would_be_missing_and_neighbours_alike_are_one_line() -> None:
    """Sabotage seen: neighbours joined over a gap, and the whole parts of the worst case rounded down, each turned it
    red."""
    threatened = Availability(Fraction(7, 8), THIRD, is_bound=True)
    commitments = {10: 80, 11: 80, 13: 80, 14: 95, 15: 33, 16: 34, 20: 100}
    capacity = dict.fromkeys(commitments, 100)
    available = dict.fromkeys(range(10, 17), threatened)
    assert at_risk(commitments, capacity, available) == (
        AtRisk(10, 11, 80, Fraction(0), 47, is_bound=True),
        AtRisk(13, 13, 80, Fraction(0), 47, is_bound=True),
        AtRisk(14, 14, 95, Fraction(15, 2), 62, is_bound=True),
        AtRisk(16, 16, 34, Fraction(0), 1, is_bound=True),
    )
    with pytest.raises(Invalid) as refused:
        at_risk({1: 5}, {}, {})
    assert refused.value.code == "commitment.slot_unknown"


shares = st.integers(1, 4).flatmap(
    lambda count: st.lists(
        st.builds(
            AssetState,
            st.just(Fraction(1, count)),
            st.fractions(0, 1, max_denominator=10),
            st.builds(Probability, st.floats(0, 1), st.booleans()),
        ),
        max_size=count,
    )
)


@settings(max_examples=100)
@given(
    assets=shares,
    commitments=st.dictionaries(st.integers(0, 30), st.integers(0, 100)),
)
def test_laws_of_availability_and_of_what_is_short(assets: list[AssetState], commitments: dict[int, int]) -> None:
    found = availability(assets)
    assert 0 <= found.worst <= found.expected <= 1
    assert found == availability(assets[::-1])
    lines = at_risk(commitments, dict.fromkeys(commitments, 100), dict.fromkeys(commitments, found))
    told = {slot: line for line in lines for slot in range(line.first, line.last + 1)}
    assert len(told) == sum(line.last - line.first + 1 for line in lines)
    for slot, committed in commitments.items():
        if slot in told:
            assert 0 <= told[slot].expected_short <= told[slot].worst_short <= committed == told[slot].committed
        else:
            assert committed <= 100 * found.worst
