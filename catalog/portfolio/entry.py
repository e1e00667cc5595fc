"""At which price an offer that a plan of one demand left out would enter: in closed form, for every one. Pure.

At a part of its prices an offer takes the place of the dearest quantities that
are used, as far as its capacity and its supplier's share go. What that saves, less its retainers at that part, is
convex in the part and falls: so Newton's steps from a price of nothing
reach the border from below in as many steps as there are prices, and each is true.
Said is only a part at which the swap saves more than the solver's gap and the price of a tie: then every plan
without the offer is dearer than this one with it. It is sufficient and not always the highest such
part, because no other offer is let go for it; so the best by score in small markets are tried by solving
(`counterfactual`), which also tells where nothing can be saved even for nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from catalog.portfolio.counterfactual import Counterfactual, Entry, counterfactual
from catalog.portfolio.values import ZERO, Market, Offer, Plan
from space_hub.vocabulary.phases import Phase

REFINED = 30
"""How many are tried by solving at most, the best by score first."""
REFINING_WORK = 600
"""Offers times trials: in a large market each solve takes seconds, and fewer are tried."""
_FINEST = Decimal("0.001")
_TIES = Decimal("0.00001")
"""More than what separates ties, as a part of the price of a typical demand."""


@dataclass(frozen=True, slots=True)
class _Used:
    supplier: str
    price: Decimal
    size: Decimal


def entries(
    market: Market,
    plan: Plan,
    value: float,
    ceilings: Mapping[Phase, Decimal],
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Counterfactual]:
    """For each offer that `plan` left out and of which something true can be said; `value` as `Search` gives it.

    `ceilings`: budgets, whether the plan was made within them or not. Where there are some, nothing is tried by
    solving, and no price is said at which a phase that is within its budget would be beyond it.
    """
    retained = set(plan.retained)
    left = [offer for offer in market.offers if offer.id not in retained]
    left.sort(key=lambda offer: (-offer.score, offer.tie, offer.id))
    swaps = _Swaps(market, plan, ceilings)
    least = _least(market, plan, value)
    tried = 0 if ceilings else min(REFINED, REFINING_WORK // max(1, len(market.offers)))
    found: dict[str, Counterfactual] = {}
    for place, offer in enumerate(left):
        part = swaps.part(offer, least)
        said = None if part is None else Counterfactual(offer.id, Entry.PRICE, part, _prices(offer, part))
        if place < tried:
            told(place, len(left))
            said = _better(said, counterfactual(market, value, plan, offer.id))
        if said is not None:
            found[offer.id] = said
    told(len(left), len(left))
    return found


def _better(said: Counterfactual | None, tried: Counterfactual) -> Counterfactual | None:
    """The higher of two prices; that it is not needed only where no price is known."""
    if tried.part is not None and tried.part >= _FINEST:
        return tried if said is None or said.part is None or tried.part > said.part else said
    return tried if said is None and tried.entry is Entry.NOT_NEEDED else said


def _least(market: Market, plan: Plan, value: float) -> Decimal:
    """What must be saved for certain: the gap on both solves, and what separates ties."""
    asked = max(market.demands[0].quantity.values(), default=ZERO)
    prices = sorted(tiers[0][1] for offer in market.offers for tiers in offer.tiers.values()) or [ZERO]
    gap = Decimal(repr(2 * plan.gap + market.rules.gap)) * Decimal(repr(abs(value)))
    return gap + _TIES * prices[len(prices) // 2] * asked


def _prices(offer: Offer, part: Decimal) -> Mapping[Phase, Decimal]:
    return {phase: tiers[0][1] * part for phase, tiers in offer.tiers.items()}


class _Swaps:
    """The used quantities of each phase, the dearest first; national capacity of the asker is not swapped."""

    def __init__(self, market: Market, plan: Plan, ceilings: Mapping[Phase, Decimal]) -> None:
        self._market = market
        bills = {phase: amount for (_, phase), amount in plan.bills.items()}
        self._spare = {phase: most - bills.get(phase, ZERO) for phase, most in ceilings.items()}
        """What each budget leaves; below zero where the plan is beyond it."""
        demand = market.demands[0]
        offers = {offer.id: offer for offer in market.offers}
        self._used: dict[Phase, list[_Used]] = {phase: [] for phase in market.phases}
        self._of_supplier: dict[tuple[str, Phase], Decimal] = {}
        for (_, name, phase), size in plan.use.items():
            offer = offers[name]
            key = offer.supplier, phase
            self._of_supplier[key] = self._of_supplier.get(key, ZERO) + size
            if offer.owner_nation != demand.nation:
                self._used[phase].append(_Used(offer.supplier, offer.tiers[phase][0][1], size))
        for used in self._used.values():
            used.sort(key=lambda one: (-one.price, one.supplier, one.size))

    def part(self, offer: Offer, least: Decimal) -> Decimal | None:
        """The highest part, in thousandths, that this finds at which more than `least` is saved."""
        if any(offer.id in pair for pair in self._market.rules.incompatible):
            return None
        part, best = ZERO, None
        while True:
            swapped = {phase: self._swapped(offer, phase, part) for phase in self._market.phases}
            gain = sum((each for each, _ in swapped.values()), ZERO)
            asked = sum((each for _, each in swapped.values()), ZERO)
            if gain - part * asked <= least:
                return best
            if part >= _FINEST and not self._beyond(swapped, part):
                best = part
            further = min((gain - least) / asked, Decimal(1)) if asked > 0 else Decimal(1)
            step = (further / _FINEST).to_integral_value(ROUND_CEILING) * _FINEST - _FINEST
            if step <= part:
                return best
            part = step

    def _beyond(self, swapped: Mapping[Phase, tuple[Decimal, Decimal]], part: Decimal) -> bool:
        """Whether the swap leaves a phase beyond its budget."""
        more = {phase: part * asked - gain for phase, (gain, asked) in swapped.items()}
        return any(more.get(phase, ZERO) > spare for phase, spare in self._spare.items())

    def _swapped(self, offer: Offer, phase: Phase, part: Decimal) -> tuple[Decimal, Decimal]:
        """What the replaced quantities of a phase cost, and what the offer asks in full for replacing them."""
        gain, asked = ZERO, offer.retainer.get(phase, ZERO)
        if phase in offer.tiers:
            price = offer.tiers[phase][0][1]
            for used, size in self._replaced(offer, phase, price * part):
                gain += used.price * size
                asked += price * size
        return gain, asked

    def _replaced(self, offer: Offer, phase: Phase, price: Decimal) -> Iterator[tuple[_Used, Decimal]]:
        """The dearest first, as far as capacity and, of other suppliers' quantities, the share go."""
        room = offer.capacity.get(phase, ZERO)
        most = self._market.rules.largest_share * self._market.demands[0].quantity[phase]
        share = most - self._of_supplier.get((offer.supplier, phase), ZERO)
        for used in self._used[phase]:
            if used.price <= price or room <= 0:
                return
            own = used.supplier == offer.supplier
            size = min(used.size, room) if own else min(used.size, room, share)
            if size > 0:
                room -= size
                share -= ZERO if own else size
                yield used, size
