"""Each history lived through by each way to buy: before, on the day, and after it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from benchmarks.backtests.histories import History, histories
from catalog.portfolio import baselines
from catalog.portfolio.check import violations
from catalog.portfolio.optimise import optimise
from catalog.portfolio.resilience import concentration
from catalog.portfolio.values import Kind, Market, Plan, Rules
from space_hub.vocabulary.phases import Phase

WAYS = ("sole award", "cheapest", "any supplier", "anything shared too")
_PROTECT = {"any supplier": {Kind.SUPPLIER}, "anything shared too": {Kind.SUPPLIER, Kind.GROUP}}


@dataclass(frozen=True, slots=True)
class Lived:
    """One plan through one history. Costs are for a day; `kept` and `after` of what was retained before."""

    way: str
    served: float
    cost: Decimal
    premium: float
    largest: float
    hhi: float
    kept: float
    after: Decimal
    violations: int


def run() -> dict[str, object]:
    """Holds when the plan against all that is shared keeps everything on each day, and the cheapest does not."""
    figures: dict[str, object] = {}
    held = True
    for history in histories():
        lived = live(history)
        Console(stderr=True).print(_table(history, lived))
        found = {each.way: each for each in lived}
        for way, each in found.items():
            name = f"{history.name}: {way}".replace(" ", "_").replace(":", "")
            figures |= {f"{name}_kept": round(each.kept, 3), f"{name}_premium": round(each.premium, 3)}
        held &= found["anything shared too"].kept == 1.0 and found["cheapest"].kept < 1.0
        held &= not any(each.violations for each in lived)
    return {**figures, "holds": held}


def live(history: History) -> list[Lived]:
    plans = {way: _plan(history, way) for way in WAYS}
    base = plans["cheapest"][1].cost
    return [_lived(history, way, market, plan, base) for way, (market, plan) in plans.items()]


def _plan(history: History, way: str) -> tuple[Market, Plan]:
    market = Market(history.offers, (history.demand,), Rules(protect=frozenset(_PROTECT.get(way, ()))))
    return market, baselines.sole_award(market) if way == "sole award" else optimise(market)


def _lived(history: History, way: str, market: Market, plan: Plan, base: Decimal) -> Lived:
    standing = tuple(offer for offer in market.offers if offer.id in plan.retained and not history.event.hits(offer))
    left = replace(market, offers=standing, rules=Rules())
    after = optimise(left)
    asked = history.demand.quantity[Phase.CRISIS]
    served, kept = (float(1 - sum(each.shortfall.values(), Decimal(0)) / asked) for each in (plan, after))
    spread = concentration(market, plan)
    wrong = 0 if way == "sole award" else len(violations(market, plan))
    premium = float(plan.cost / base) - 1
    return Lived(way, served, plan.cost, premium, spread.largest, spread.hhi, kept, after.cost, wrong)


def _table(history: History, lived: list[Lived]) -> Table:
    table = Table(
        *("bought", "serves", "a day", "premium", "largest", "HHI", "kept", "a day after"),
        title=f"{history.what}\n{history.demand.quantity[Phase.CRISIS]} {history.unit} asked; {history.source}",
    )
    for each in lived:
        table.add_row(
            each.way,
            f"{each.served:.0%}",
            f"{each.cost:.0f}",
            f"{each.premium:+.1%}",
            f"{each.largest:.0%}",
            f"{each.hhi:.0f}",
            f"{each.kept:.0%}",
            f"{each.after:.0f}",
        )
    return table
