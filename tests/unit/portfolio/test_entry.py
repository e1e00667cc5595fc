"""At the price that is said an offer enters, by solving again; and what is said to be needless is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.portfolio.counterfactual import Entry, at
from catalog.portfolio.entry import entries
from catalog.portfolio.optimise import Search
from catalog.portfolio.values import Demand, Kind, Market, Offer, Rules
from space_hub.rng import SeededRng
from space_hub.vocabulary.phases import Phase

SEEDS = 12
"""60 were drawn once: every price that was said was true."""
PHASES = (Phase.PEACE, Phase.CRISIS)


def drawn(seed: int, offers: int = 9) -> Market:
    """Retainers on two thirds, shares, groups, one national offer, protection or none."""
    stream = SeededRng(seed).scope("test", "entry")

    def whole(low: int, high: int) -> int:
        return low + int((high - low + 1) * stream.uniform())

    def offer(place: int) -> Offer:
        able = PHASES[: whole(1, 2)]
        return Offer(
            id=f"off_{place}",
            supplier=f"supplier {whole(0, 5)}",
            jurisdiction="FR",
            capacity={phase: Decimal(whole(10, 80)) for phase in able},
            tiers={phase: ((Decimal(0), Decimal(whole(100, 3000)) / 100),) for phase in able},
            tie=f"{whole(0, 10**9)}",
            score=whole(0, 9) / 10,
            groups=frozenset({"launcher"} if whole(0, 2) == 0 else ()),
            owner_nation="FR" if whole(0, 9) == 0 else None,
            retainer={phase: Decimal(whole(0, 60) if place % 3 else 0) for phase in able},
        )

    shelf = tuple(offer(place) for place in range(offers))
    asked = {phase: Decimal(whole(60, 140)) for phase in PHASES}
    rules = Rules(
        Decimal(("1", "0.6")[whole(0, 1)]),
        protect=(frozenset[Kind](), frozenset({Kind.SUPPLIER}), frozenset(Kind))[whole(0, 2)],
        service={(phase, 1): Decimal("0.8") for phase in PHASES},
    )
    return Market(shelf, (Demand("need", "FR", asked, dict.fromkeys((each.id for each in shelf), 1.0)),), rules)


@pytest.mark.parametrize("part", range(4))
def test_an_offer_enters_at_the_price_that_is_said(part: int) -> None:
    """Solved again at that price, with nothing else changed.

    Sabotage seen: a part that is a tenth too high, and retainers that are not asked for in what an offer asks.
    """
    said = needless = 0
    for seed in range(part, SEEDS, 4):
        market = drawn(seed)
        search = Search(market)
        plan = search.plan()
        for found in (
            entries(market, plan, search.value, {}),
            entries(market, plan, search.value, {Phase.CONFLICT: Decimal(1)}),  # In closed form alone.
        ):
            for name, each in found.items():
                offer = next(one for one in market.offers if one.id == name)
                if each.entry is Entry.PRICE:
                    assert each.part is not None
                    assert name in Search(at(market, offer, each.part)).plan().retained, (seed, name, each.part)
                    said += 1
                else:
                    free = Search(at(market, offer, Decimal(0)))
                    assert free.plan().cost >= plan.cost - Decimal("0.01"), (seed, name)
                    needless += 1
    assert said > SEEDS / 4


def test_no_price_is_said_that_would_take_a_phase_beyond_its_budget() -> None:
    """What the plan spends is all there is: a swap that saves in one phase and costs more in the other is not said.

    Sabotage seen: budgets not looked at by the swaps.
    """
    said = kept_back = 0
    for seed in range(40, 52):
        market = drawn(seed)
        search = Search(market)
        plan = search.plan()
        ceilings = {phase: plan.bills.get(("FR", phase), Decimal(0)) for phase in PHASES}
        within = replace(market, rules=replace(market.rules, budget={("FR", p): most for p, most in ceilings.items()}))
        free = entries(market, plan, search.value, {Phase.CONFLICT: Decimal(1)})
        for name, each in entries(market, plan, search.value, ceilings).items():
            assert each.part is not None
            offer = next(one for one in market.offers if one.id == name)
            entered = Search(at(within, offer, each.part)).plan()
            assert name in entered.retained, (seed, name, each.part)
            assert all(entered.bills.get(("FR", phase), Decimal(0)) <= most for phase, most in ceilings.items())
            kept_back += each != free[name]
            said += 1
        kept_back += sum(name not in entries(market, plan, search.value, ceilings) for name in free)
    assert said > 3 and kept_back > 0
