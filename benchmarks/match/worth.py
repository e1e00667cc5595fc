"""What a plan is worth: beside the two ways it is done without one, and the price of its resilience."""

from statistics import median

from benchmarks.match.generator import market
from catalog.portfolio import baselines
from catalog.portfolio.check import violations
from catalog.portfolio.optimise import optimise
from catalog.portfolio.resilience import concentration, price, service
from catalog.portfolio.values import Market, Plan


def beside(seeds: int) -> dict[str, object]:
    """Holds when the plan breaks no rule, misses no more than the others, and none that breaks no rule is cheaper.

    What is kept is no rank of its own: who pays for more than the rules ask may keep more, as the figures say.
    """
    found: dict[str, list[tuple[float, float, float]]] = {"plan": [], "greedy": [], "sole": []}
    held, lawful, kept_more = True, dict.fromkeys(("greedy", "sole"), 0), dict.fromkeys(("greedy", "sole"), 0)
    for seed in range(seeds):
        drawn = market(seed, 60, 12, 8)
        plan = optimise(drawn)
        others = {"greedy": baselines.greedy_cheapest(drawn), "sole": baselines.sole_award(drawn)}
        for name, one in {"plan": plan, **others}.items():
            found[name].append((float(one.cost), concentration(drawn, one).hhi, _worst(drawn, one)))
        held &= not violations(drawn, plan)
        for name, other in others.items():
            held &= len(plan.shortfall) <= len(other.shortfall)
            kept_more[name] += found[name][-1][2] > found["plan"][-1][2] + 1e-9
            # The others do not say what they fail to survive; that they survive what can be survived is judged.
            if all(each.rule == "told" for each in violations(drawn, other)):
                lawful[name] += 1
                held &= float(plan.cost) * (1.0 - drawn.rules.gap) <= float(other.cost)
    names = ("median_cost", "median_hhi", "median_kept_in_worst_failure")
    figures: dict[str, object] = {
        f"{name}_{of}": round(median(column), 3)
        for name, rows in found.items()
        for of, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    for name in lawful:
        figures |= {f"{name}_breaks_no_rule": lawful[name], f"{name}_keeps_more": kept_more[name]}
    return {"pools": seeds, **figures, "holds": held}


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
