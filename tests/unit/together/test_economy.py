"""What buying together saves: costs by hand, nobody worse off where prices fall with quantity, ways compared."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.together import economy as together
from catalog.together.economy import Break, Option, ShareMethod
from space_hub.errors import Invalid
from space_hub.vocabulary.codes import Modality

NEEDS = {"BE": Decimal(4), "NO": Decimal(9), "PL": Decimal(14)}
LEASE = Option(
    Modality.LEASE,
    Decimal(50),
    (Break(Decimal(0), Decimal(100)), Break(Decimal(10), Decimal(80)), Break(Decimal(20), Decimal(60))),
    12,
    "quote of a lessor",
)
BUY = Option(Modality.BUY, Decimal(6000), (Break(Decimal(0), Decimal(30)),), 84, "budget estimate")


@pytest.mark.parametrize(
    ("quantity", "months", "cost"),
    [
        (4, 12, 450),  # 50 + 4 * 100
        (9, 12, 850),  # 50 + 10 * 80: ten cost less than nine at 100
        (14, 12, 1170),  # 50 + 14 * 80
        (16, 12, 1250),  # 50 + 20 * 60: twenty cost less than sixteen at 80
        (27, 12, 1670),  # 50 + 27 * 60
        (27, 13, 3340),  # A second year is paid for one month of it.
        (0, 12, 0),
    ],
)
def test_an_option_costs_what_is_reckoned_by_hand(quantity: int, months: int, cost: int) -> None:
    """Sabotage seen: no larger order tried; the horizon divided and rounded down; the last break alone looked at."""
    assert LEASE.cost(Decimal(quantity), months) == cost


def test_the_bill_says_what_each_pays_alone_together_and_saves() -> None:
    found = together.economy(NEEDS, LEASE, 12, ShareMethod.USE)
    assert found.alone == {"BE": Decimal(450), "NO": Decimal(850), "PL": Decimal(1170)}
    assert (found.together, found.saved) == (Decimal(1670), Decimal(800))
    assert found.shares.amounts == {"BE": Decimal("247.41"), "NO": Decimal("556.67"), "PL": Decimal("865.92")}
    assert found.saved_by_nation == {"BE": Decimal("202.59"), "NO": Decimal("293.33"), "PL": Decimal("304.08")}


def test_the_ways_are_compared_over_one_horizon_the_cheapest_first() -> None:
    """A lease for seven years is paid seven times: 7 * 1,670 against 6,000 + 27 * 30 once."""
    for months, first in ((12, [1670, 6810]), (84, [6810, 11690])):
        rows = together.compare(NEEDS, [LEASE, BUY], months, ShareMethod.SHAPLEY)
        assert [row.together for row in rows] == first
        assert all(sum(row.shares.amounts.values()) == row.together for row in rows)


breaks = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 100)), max_size=3, unique_by=lambda each: each[0])


@given(
    steps=breaks,
    fixed=st.integers(0, 500),
    needs=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    months=st.integers(1, 40),
)
@settings(max_examples=60)
def test_where_prices_only_fall_nobody_pays_more_together_and_more_never_costs_less(
    steps: list[tuple[int, int]], fixed: int, needs: list[int], months: int
) -> None:
    """Sabotage seen: without the larger order more units cost less, and this turned red."""
    prices = sorted((price for _, price in steps), reverse=True)
    levels = [Break(Decimal(0), Decimal(100))] + [
        Break(Decimal(quantity), Decimal(price))
        for quantity, price in zip(sorted(quantity for quantity, _ in steps), prices, strict=True)
    ]
    option = Option(Modality.SERVICE, Decimal(fixed), tuple(levels), 12, "drawn")
    found = together.economy(
        {f"N{place}": Decimal(need) for place, need in enumerate(needs)}, option, months, ShareMethod.SHAPLEY
    )
    assert found.saved >= 0
    assert all(saved >= Decimal("-0.01") for saved in found.saved_by_nation.values())
    costs = [option.cost(Decimal(quantity), months) for quantity in range(60)]
    assert costs == sorted(costs)


def test_quotas_share_the_same_bill_otherwise_and_are_needed_for_everyone() -> None:
    quotas = {"BE": Decimal(1), "NO": Decimal(1), "PL": Decimal(2)}
    found = together.economy(NEEDS, LEASE, 12, ShareMethod.QUOTA, quotas)
    assert found.shares.amounts == {"BE": Decimal("417.50"), "NO": Decimal("417.50"), "PL": Decimal("835.00")}
    for given_quotas in (None, {"BE": Decimal(1)}, {**quotas, "SE": Decimal(1)}):
        with pytest.raises(Invalid) as refused:
            together.economy(NEEDS, LEASE, 12, ShareMethod.QUOTA, given_quotas)
        assert refused.value.code == "together.quotas_missing"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fixed": Decimal(-1)}, "together.option_wrong"),
        ({"fixed": Decimal("NaN")}, "together.option_wrong"),
        ({"months": 0}, "together.option_wrong"),
        ({"breaks": ()}, "together.option_wrong"),
        ({"breaks": (Break(Decimal(1), Decimal(9)),)}, "together.breaks_wrong"),
        ({"breaks": (Break(Decimal(0), Decimal(9)), Break(Decimal(5), Decimal(10)))}, "together.breaks_wrong"),
        ({"breaks": (Break(Decimal(0), Decimal(9)), Break(Decimal(0), Decimal(8)))}, "together.breaks_wrong"),
    ],
)
def test_an_option_that_cannot_be_priced_is_refused(changed: dict[str, Any], code: str) -> None:
    plain: dict[str, Any] = {
        "modality": Modality.LEASE,
        "fixed": Decimal(1),
        "breaks": (Break(Decimal(0), Decimal(9)),),
        "months": 12,
        "source": "quote",
    }
    with pytest.raises(Invalid) as refused:
        Option(**(plain | changed))
    assert refused.value.code == code


@pytest.mark.parametrize(("needs", "months"), [({}, 12), ({"BE": Decimal(0)}, 12), ({"BE": Decimal(1)}, 0)])
def test_needs_of_nothing_or_nobody_are_refused(needs: dict[str, Decimal], months: int) -> None:
    with pytest.raises(Invalid) as refused:
        together.economy(needs, LEASE, months, ShareMethod.USE)
    assert refused.value.code == "together.needs_wrong"
