"""What a plan costs, exactly, and which nation pays what of it. Pure.

A volume price holds for the part above its quantity, so the price of a quantity
is the least of a few straight lines (a fixed part and a unit price each): the
form that the optimiser needs, and one in which buying more never costs less.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from catalog.portfolio.values import ZERO, Demand, Market, Offer, Tiers, Use
from space_hub.vocabulary.phases import Phase


def lines(tiers: Tiers) -> tuple[tuple[Decimal, Decimal], ...]:
    """(fixed part, unit price) of each line; the first has no fixed part."""
    found = [(ZERO, tiers[0][1])]
    for start, price in tiers[1:]:
        fixed, before = found[-1]
        found.append((fixed + (before - price) * start, price))
    return tuple(found)


def price(tiers: Tiers, quantity: Decimal) -> Decimal:
    return min(fixed + unit * quantity for fixed, unit in lines(tiers))


def standing(offer: Offer, phase: Phase) -> Decimal:
    """What is paid for being retained: the retainer, and the guarantee that use counts against."""
    return offer.retainer.get(phase, ZERO) + guaranteed(offer, phase)


def guaranteed(offer: Offer, phase: Phase) -> Decimal:
    return offer.guarantee if phase in offer.tiers else ZERO


def cost(offer: Offer, phase: Phase, quantity: Decimal) -> Decimal:
    """A day of one phase of a retained offer."""
    used = price(offer.tiers[phase], quantity) if phase in offer.tiers else ZERO
    return offer.retainer.get(phase, ZERO) + max(used, guaranteed(offer, phase))


def asked_shares(offer: Offer, phase: Phase, demands: Iterable[Demand]) -> dict[str, Decimal]:
    """How much of what an offer could serve each nation asked: by this its standing charges are shared.

    Known before any plan, so that a nation's budget is a straight inequality
    and nobody's bill depends on who happened to be allotted which unit.
    """
    asked: dict[str, Decimal] = {}
    for demand in demands:
        quantity = demand.quantity.get(phase, ZERO)
        if quantity > 0 and offer.id in demand.eligible:
            asked[demand.nation] = asked.get(demand.nation, ZERO) + quantity
    return asked


def bills(market: Market, retained: Iterable[str], use: Use) -> dict[tuple[str, Phase], Decimal]:
    """A nation pays its use at list price, and its share of what an offer costs above or below that.

    Above are retainers and what a guarantee asks beyond use, below is what
    volume saved. An offer that nobody of a phase may use is shared over all of that phase.
    """
    names = set(retained)
    nations = {demand.id: demand.nation for demand in market.demands}
    used: dict[tuple[str, Phase], dict[str, Decimal]] = {}
    for (demand_id, offer_id, phase), quantity in use.items():
        mine = used.setdefault((offer_id, phase), {})
        mine[nations[demand_id]] = mine.get(nations[demand_id], ZERO) + quantity
    found: dict[tuple[str, Phase], Decimal] = {}
    for phase in market.phases:
        everyone = asked_by_nation(market, phase)
        for offer in market.offers:
            if offer.id not in names:
                continue
            mine = used.get((offer.id, phase), {})
            quantity = sum(mine.values(), ZERO)
            listed = offer.tiers[phase][0][1] if phase in offer.tiers else ZERO
            rest = cost(offer, phase, quantity) - listed * quantity
            shares = asked_shares(offer, phase, market.demands) or everyone
            for nation, part in mine.items():
                found[nation, phase] = found.get((nation, phase), ZERO) + listed * part
            for nation, part in _split(rest, shares).items():
                found[nation, phase] = found.get((nation, phase), ZERO) + part
    return found


def total(market: Market, retained: Iterable[str], use: Use) -> Decimal:
    """A day of each phase, added."""
    quantities: dict[tuple[str, Phase], Decimal] = {}
    for (_, offer_id, phase), quantity in use.items():
        quantities[offer_id, phase] = quantities.get((offer_id, phase), ZERO) + quantity
    names = set(retained)
    return sum(
        (
            cost(offer, phase, quantities.get((offer.id, phase), ZERO))
            for offer in market.offers
            if offer.id in names
            for phase in market.phases
        ),
        ZERO,
    )


def asked_by_nation(market: Market, phase: Phase) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for demand in market.demands:
        found[demand.nation] = found.get(demand.nation, ZERO) + demand.quantity.get(phase, ZERO)
    return {nation: quantity for nation, quantity in found.items() if quantity > 0}


def _split(amount: Decimal, shares: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """By share; what division leaves over goes to the last name, so that the parts make the whole."""
    whole = sum(shares.values(), ZERO)
    names = sorted(shares)
    found = {name: amount * shares[name] / whole for name in names[:-1]}
    found[names[-1]] = amount - sum(found.values(), ZERO)
    return found
