"""What nations save by one plan for all, against each going alone to the same shelf. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.portfolio.optimise import optimise
from catalog.portfolio.values import ZERO, Market, Plan


@dataclass(frozen=True, slots=True)
class Saving:
    """`together` is the nation's bill in the common plan; `missing` is what each way leaves short of its demands."""

    nation: str
    alone: Decimal
    together: Decimal
    missing_alone: Decimal
    missing_together: Decimal

    @property
    def saved(self) -> Decimal:
        return self.alone - self.together


def alone(market: Market, nation: str) -> Market:
    """The market as if this nation came first: the whole shelf, its own demands, budgets and quotas."""
    rules = market.rules
    return replace(
        market,
        demands=tuple(demand for demand in market.demands if demand.nation == nation),
        rules=replace(
            rules,
            budget={key: most for key, most in rules.budget.items() if key[0] == nation},
            quota={key: most for key, most in rules.quota.items() if key[0] == nation},
        ),
    )


def savings(market: Market, plan: Plan) -> tuple[Saving, ...]:
    """By nation. A saving may be negative where others' needs took what was cheapest: that is said, not hidden."""
    found = []
    for nation in sorted({demand.nation for demand in market.demands}):
        by_itself = optimise(alone(market, nation))
        mine = {demand.id for demand in market.demands if demand.nation == nation}
        found.append(
            Saving(
                nation,
                by_itself.cost,
                sum((amount for (name, _), amount in plan.bills.items() if name == nation), ZERO),
                sum(by_itself.shortfall.values(), ZERO),
                sum((size for (name, _), size in plan.shortfall.items() if name in mine), ZERO),
            )
        )
    return tuple(found)
