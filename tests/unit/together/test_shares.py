"""Shares of a common bill: they add up, treat equals alike, and match a published case."""

from decimal import Decimal
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.together import shares
from space_hub.errors import Invalid

NATIONS = ("BE", "DE", "FR", "NL", "NO", "PL")
WANTED = {"BE": 3, "DE": 11, "FR": 7, "NL": 4, "NO": 2, "PL": 5}


def volume_price(group: frozenset[str]) -> Decimal:
    """Ten a unit, a tenth less above twenty units: what a lot is bought for."""
    units = sum(WANTED[name] for name in group)
    return Decimal(units) * (Decimal(9) if units > 20 else Decimal(10))


def runway(group: frozenset[str]) -> Decimal:
    """The largest member decides what is built (Littlechild and Owen 1973)."""
    return Decimal(max((WANTED[name] for name in group), default=0))


def test_the_shapley_value_of_the_runway_game_is_the_sequential_sharing_of_each_stretch() -> None:
    """Littlechild and Owen 1973: each stretch is divided among those who need it. Sabotage seen: the weight of a
    group taken as 1 over the number of groups turned it red."""
    owed, before = dict.fromkeys(WANTED, Decimal(0)), 0
    for needed in sorted(set(WANTED.values())):
        users = [name for name, wanted in WANTED.items() if wanted >= needed]
        for name in users:
            owed[name] += Decimal(needed - before) / len(users)
        before = needed
    found = shares.shapley(NATIONS, runway)
    for name, amount in found.amounts.items():
        assert abs(amount - owed[name]) <= Decimal("0.01")
    assert sum(found.amounts.values()) == Decimal(11)


def test_the_exact_value_is_the_mean_over_every_order_of_joining() -> None:
    names, total = NATIONS[:5], dict.fromkeys(NATIONS[:5], Decimal(0))
    orders = list(permutations(names))
    for order in orders:
        group: frozenset[str] = frozenset()
        for name in order:
            total[name] += volume_price(group | {name}) - volume_price(group)
            group |= {name}
    found = shares.shapley(names, volume_price).amounts
    for name in names:
        assert abs(found[name] - total[name] / len(orders)) <= Decimal("0.01")


def test_drawn_orders_come_within_four_standard_errors_of_what_all_orders_give() -> None:
    """Beyond twelve nations orders are drawn; equal nations then owe the same, which is known without a computation."""
    names = [f"N{number:02d}" for number in range(15)]

    def cost(group: frozenset[str]) -> Decimal:
        return Decimal(len(group)) * (Decimal(9) if len(group) > 9 else Decimal(10))

    draw = Random(4)
    found = shares.shapley(names, cost, [draw.sample(names, len(names)) for _ in range(2000)])
    assert found.error is not None
    for name in names:
        assert abs(found.amounts[name] - Decimal(9)) <= 4 * found.error[name] + Decimal("0.01")
    assert sum(found.amounts.values()) == cost(frozenset(names))


@given(
    bill=st.decimals(0, 10**9, places=2),
    weights=st.dictionaries(st.sampled_from(NATIONS), st.decimals(0, 10**6, places=3), min_size=1).filter(
        lambda each: any(each.values())
    ),
)
def test_shares_add_up_to_the_last_coin_and_are_within_one_coin_of_their_proportion(
    bill: Decimal, weights: dict[str, Decimal]
) -> None:
    """Sabotage seen: each share rounded by itself turned it red."""
    found = shares.proportional(bill, weights).amounts
    assert sum(found.values()) == bill
    whole = sum(weights.values())
    for name, amount in found.items():
        assert abs(amount - bill * weights[name] / whole) < Decimal("0.010001")


def test_buying_together_where_volume_is_cheaper_costs_nobody_more_than_alone() -> None:
    found = shares.shapley(NATIONS, volume_price).amounts
    for name, by_itself in shares.alone(NATIONS, volume_price).items():
        assert found[name] <= by_itself


@pytest.mark.parametrize(
    "weights", [{}, {"FR": Decimal(0)}, {"FR": Decimal(-1), "DE": Decimal(2)}, {"FR": Decimal("NaN")}]
)
def test_weights_that_divide_nothing_are_refused_by_name(weights: dict[str, Decimal]) -> None:
    with pytest.raises(Invalid) as refused:
        shares.proportional(Decimal(10), weights)
    assert refused.value.code == "together.weights_wrong"


def test_an_order_that_forgets_somebody_is_refused() -> None:
    names = [f"N{number:02d}" for number in range(13)]
    with pytest.raises(Invalid) as refused:
        shares.shapley(names, lambda group: Decimal(len(group)), [names[:-1]])
    assert refused.value.code == "together.order_wrong"
