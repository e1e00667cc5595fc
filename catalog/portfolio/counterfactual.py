"""For an offer that a plan left out: at which price it would enter, found and tried. Pure.

The best value with the offer in is concave in its price, so from a price of
nothing the tangent's crossing with the plan's value is never too high: each step is
a true statement, and the next is at least as near to the border. Only a price at which
the market was solved again, with the offer in the plan, is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from catalog.portfolio import pricing
from catalog.portfolio.optimise import Search
from catalog.portfolio.settle import quantities
from catalog.portfolio.values import ZERO, Market, Offer, Plan
from space_hub.text import Word
from space_hub.vocabulary.phases import Phase

_STEPS = 3
_FINEST = Decimal("0.001")


class Entry(Word, of="portfolio_entry"):
    PRICE = "price"
    """It enters when all its prices are `part` of what is asked."""
    BARRED = "barred"
    """It may not stand beside an offer of the plan, and is no better than it at any price."""
    SERVES_NONE = "serves_none"
    """No demand of the market may use it."""
    NOT_NEEDED = "not_needed"
    """Nothing is saved by it even for nothing."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    offer_id: str
    entry: Entry
    part: Decimal | None = None
    prices: Mapping[Phase, Decimal] | None = None
    """The unit prices that `part` makes, for the first quantity."""


def counterfactual(market: Market, value: float, plan: Plan, offer_id: str) -> Counterfactual:
    """`value`: of the plan, as `Search` gives it. About three solves of the market."""
    offer = next(one for one in market.offers if one.id == offer_id)
    if not any(
        offer_id in demand.eligible and demand.quantity.get(phase, ZERO) > 0 and offer.capacity.get(phase, ZERO) > 0
        for demand in market.demands
        for phase in offer.tiers
    ):
        return Counterfactual(offer_id, Entry.SERVES_NONE)
    true, part = None, ZERO
    for _ in range(_STEPS):
        search = Search(at(market, offer, part))
        found = search.plan()
        if offer_id not in found.retained:
            break
        true = part
        asked = _asked(market, offer, found)
        if asked <= 0:
            break
        further = part + (Decimal(value) - Decimal(search.value)) / asked
        step = (min(further, Decimal(1)) / _FINEST).to_integral_value(ROUND_FLOOR) * _FINEST - _FINEST
        if step <= part:
            break
        part = step
    if true is not None:
        prices = {phase: tiers[0][1] * true for phase, tiers in offer.tiers.items()}
        return Counterfactual(offer_id, Entry.PRICE, true, prices)
    beside = any(offer_id in pair and pair & set(plan.retained) for pair in market.rules.incompatible)
    return Counterfactual(offer_id, Entry.BARRED if beside else Entry.NOT_NEEDED)


def at(market: Market, offer: Offer, part: Decimal) -> Market:
    """The market with all prices of one offer at a part of what is asked."""
    cheaper = replace(
        offer,
        tiers={
            phase: tuple((start, price * part) for start, price in (tiers if part else tiers[:1]))
            for phase, tiers in offer.tiers.items()
        },
        retainer={phase: amount * part for phase, amount in offer.retainer.items()},
        guarantee=offer.guarantee * part,
    )
    return replace(market, offers=tuple(cheaper if one.id == offer.id else one for one in market.offers))


def _asked(market: Market, offer: Offer, plan: Plan) -> Decimal:
    """What the offer's part in a plan costs at the prices that are asked."""
    used = quantities(plan.use, offer.id)
    return sum((pricing.cost(offer, phase, used.get(phase, ZERO)) for phase in market.phases), ZERO)
