"""What a plan is worth: beside the two ways it is done without one, and the price of its resilience."""

from statistics import median

from benchmarks.match.generator import market
from catalog.portfolio import baselines
from catalog.portfolio.optimise import optimise
from catalog.portfolio.resilience import concentration, price, service
from catalog.portfolio.values import Market, Plan


def beside(seeds: int) -> dict[str, object]:
    """Holds when the plan keeps, in its worst failure, at least what both others keep, and misses no more."""
    found: dict[str, list[tuple[float, float, float]]] = {"plan": [], "greedy": [], "sole": []}
    held = True
    for seed in range(seeds):
        drawn = market(seed, 60, 12, 8)
        plans = {
            "plan": optimise(drawn),
            "greedy": baselines.greedy_cheapest(drawn),
            "sole": baselines.sole_award(drawn),
        }
        for name, plan in plans.items():
            found[name].append((float(plan.cost), concentration(drawn, plan).hhi, _worst(drawn, plan)))
        held &= found["plan"][-1][2] >= max(found["greedy"][-1][2], found["sole"][-1][2]) - 1e-9
        held &= len(plans["plan"].shortfall) <= min(len(plans["greedy"].shortfall), len(plans["sole"].shortfall))
    names = ("median_cost", "median_hhi", "median_kept_in_worst_failure")
    figures = {
        f"{name}_{of}": round(median(column), 3)
        for name, rows in found.items()
        for of, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return {**figures, "holds": held}


def premiums(seeds: int) -> dict[str, object]:
    """The price of N-1 over pools of growing size. Holds when each is stated, or given as the interval it is."""
    figures: dict[str, object] = {}
    held = True
    for offers, demands, groups in ((30, 8, 6), (60, 12, 8), (120, 20, 12)):
        found = [price(market(seed, offers, demands, groups)) for seed in range(seeds)]
        every = [one for each in found for one in (each.premium, *each.by_group)]
        held &= all(one.low <= one.high for one in every)
        name = f"{offers}x{demands}x{groups}"
        figures[f"{name}_median_premium"] = round(median(each.premium.share for each in found), 4)
        figures[f"{name}_stated"] = f"{sum(one.stated for one in every)} of {len(every)}"
    return {**figures, "holds": held}


def _worst(drawn: Market, plan: Plan) -> float:
    return min(service(drawn, plan).values())
