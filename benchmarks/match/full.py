"""The same program with a copy of all flows for every failure: what lazily found inequalities are compared with."""

import numpy as np

from catalog.portfolio.aims import Aims
from catalog.portfolio.model import Model
from catalog.portfolio.pool import Pool
from catalog.portfolio.solver import Solver
from catalog.portfolio.values import Market


def full(market: Market) -> tuple[float, float, int]:
    """Value, bound and number of columns."""
    pool = Pool(market)
    aims = Aims(pool)
    model = Model(pool, aims)
    for place, phase in aims.telling:
        least, hit = aims.failing[place, phase], aims.hit[place]
        missing = model.column(model.steep, np.inf)
        total: dict[int, float] = {missing: 1.0}
        by_offer: dict[int, dict[int, float]] = {}
        by_demand: dict[int, dict[int, float]] = {}
        for offer, demand in pool.pairs[phase]:
            if offer in hit:
                continue
            column = model.column(0.0, least[demand] / model.batch)
            total[column] = 1.0
            by_offer.setdefault(offer, {})[column] = 1.0
            by_demand.setdefault(demand, {})[column] = 1.0
        for offer, terms in by_offer.items():
            model.row({**terms, model.x[offer]: -pool.capacity[phase][offer] / model.batch}, high=0.0)
        for demand, terms in by_demand.items():
            model.row(terms, high=least[demand] / model.batch)
        model.row(total, low=sum(least) / model.batch)
    answer = Solver(model).solve(market.rules.gap, market.rules.nodes)
    unit = float(model.money)
    return answer.objective * unit, answer.bound * unit, len(model.cost)
