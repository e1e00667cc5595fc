"""The plan of a small market is the best of all plans, and keeps every rule."""

import pytest

from benchmarks.match import counted, optimal

POOLS, PARTS = 30, 3
"""The same seeds go on to 200 in `./hub bench match --part=optimal`."""


@pytest.mark.parametrize("part", range(PARTS))
def test_a_small_pool_costs_what_trying_every_set_of_offers_finds(part: int) -> None:
    """Sabotage seen: an offer's coefficient in the inequality of a failure doubled; five of thirty pools differ."""
    assert [seed for seed in range(part, POOLS, PARTS) if not optimal.agrees(seed)] == []


@pytest.mark.parametrize("part", range(2))
def test_under_each_kind_of_rule_nothing_that_can_be_counted_out_is_better(part: int) -> None:
    """Suppliers, jurisdictions, shares, quotas, pairs, breaks and guarantees, budgets, one demand alone, all together.

    The same seeds go on to 200 in `./hub bench match --part=rules`. Sabotage seen, each by itself: no row of a
    budget, of a pair, of variety; quotas or shares of no supplier; retainers or guarantees at nothing; a later price
    line a tenth too dear; for one demand (`lone`) whoever is not used let go, quantities filled in the order of
    scores, variety not asked.
    """
    assert {seed: said for seed in range(part, 20, 2) if (said := counted.differs(seed))} == {}
