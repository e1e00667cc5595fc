"""The plan of a small market is the best of all plans, and keeps every rule."""

from random import Random

import pytest

from catalog.portfolio.check import violations
from catalog.portfolio.model import steep
from catalog.portfolio.optimise import Search
from catalog.portfolio.values import Market
from tests.unit.portfolio.pools import small
from tests.unit.portfolio.trial import Trial

POOLS = 200


@pytest.mark.parametrize("part", range(10))
def test_two_hundred_small_pools_cost_what_trying_every_set_finds(part: int) -> None:
    for seed in range(part, POOLS, 10):
        market = small(seed)
        search = Search(market)
        plan = search.plan()
        trial = Trial(market, float(steep(search.pool)), float(search.pool.decimal(search.model.batch)))
        best = trial.best()
        assert search.value == pytest.approx(best, rel=2e-5, abs=0.02), f"market {seed}"
        assert violations(market, plan) == (), f"market {seed}"
