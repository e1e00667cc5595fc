"""Small pools: the plan against trying every set of offers, and against the independent checker."""

from benchmarks.match.pools import small
from benchmarks.match.trial import Trial
from catalog.portfolio.check import violations
from catalog.portfolio.model import steep
from catalog.portfolio.optimise import Search

_RELATIVE, _ABSOLUTE = 2e-5, 0.02
"""What scaled floats, a budget's reserve and the price of ties may differ by."""


def run(pools: int) -> dict[str, object]:
    wrong = [seed for seed in range(pools) if not agrees(seed)]
    return {"pools": pools, "wrong": wrong, "holds": not wrong}


def agrees(seed: int) -> bool:
    market = small(seed)
    search = Search(market)
    plan = search.plan()
    best = Trial(market, float(steep(search.pool)), float(search.pool.decimal(search.model.batch))).best()
    return abs(search.value - best) <= _RELATIVE * abs(best) + _ABSOLUTE and not violations(market, plan)
