"""A plan for one demand alone, made exact: quantities cheapest first, and nobody retained for nothing. Pure.

A solver answers in floats and stops within its gap. For one demand with plain
prices and no quotas, an offer's capacity lies within its supplier's share; such
nested bounds form a polymatroid, on which the greedy order is the linear
optimum (Edmonds, 1970). So what a plan retains is filled again in decimals,
national capacity of the asker first, then by price; and whoever is then neither used nor
needed for a failure or for variety is let go, the dearest first.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter

from catalog.portfolio import pricing, settle
from catalog.portfolio.aims import Aims
from catalog.portfolio.pool import Pool
from catalog.portfolio.values import ZERO, Market, Offer, Plan
from space_hub.vocabulary.phases import Phase


def applies(market: Market) -> bool:
    return (
        len(market.demands) == 1
        and market.demands[0].penalty is None
        and not market.rules.quota
        and all(not offer.guarantee and all(len(each) == 1 for each in offer.tiers.values()) for offer in market.offers)
    )


def tidied(pool: Pool, aims: Aims, plan: Plan) -> Plan:
    """As much is served in each phase as the plan serves, at no more cost, and no failure takes more."""
    market, demand = pool.market, pool.market.demands[0]
    served: dict[Phase, Decimal] = defaultdict(Decimal)
    for (_, _, phase), size in plan.use.items():
        served[phase] += size
    kept = set(plan.retained)
    retained = [offer for offer in pool.offers if offer.id in kept]
    use = {
        (demand.id, name, phase): size
        for phase in pool.phases
        for name, size in filled(market, retained, phase, min(demand.quantity[phase], served[phase])).items()
    }
    used = {name for _, name, _ in use}
    needed = _Needed(pool, aims, retained)
    for offer in sorted(retained, key=lambda one: (-_standing(pool, one), -pool.place[one.id])):
        if offer.id not in used:
            needed.let_go(offer)
    names = tuple(offer.id for offer in retained if offer.id in needed.names)
    exposed = plan.exposed
    if names != plan.retained:
        exposed = settle.exposed(pool, aims, [offer.id in needed.names for offer in pool.offers])
    return replace(
        plan,
        retained=names,
        use=use,
        cost=pricing.total(market, names, use),
        bills=pricing.bills(market, names, use),
        exposed=exposed,
    )


def filled(market: Market, retained: Iterable[Offer], phase: Phase, quantity: Decimal) -> dict[str, Decimal]:
    """What each serves of one phase; `retained` stand in the order that decides among equal prices."""
    demand = market.demands[0]
    most = market.rules.largest_share * demand.quantity.get(phase, ZERO)
    able = [offer for offer in retained if phase in offer.tiers and offer.id in demand.eligible]
    able.sort(key=lambda one: (one.owner_nation != demand.nation, one.tiers[phase][0][1]))
    room: dict[str, Decimal] = {}
    found: dict[str, Decimal] = {}
    for offer in able:
        left = room.setdefault(offer.supplier, most)
        size = min(quantity, left, offer.capacity.get(phase, ZERO))
        if size > 0:
            found[offer.id] = size
            quantity -= size
            room[offer.supplier] = left - size
    return found


def _standing(pool: Pool, offer: Offer) -> Decimal:
    return sum((pricing.standing(offer, phase) for phase in pool.phases), ZERO)


class _Needed:
    """What is retained, and whether one of it can be spared: with one demand what stays is a sum."""

    def __init__(self, pool: Pool, aims: Aims, retained: Iterable[Offer]) -> None:
        self._pool, self._rules = pool, pool.rules
        self._offers = {offer.id: offer for offer in retained}
        self._able = {pool.offers[place].id for offers in aims.reach[0].values() for place in offers}
        self._left: list[tuple[frozenset[int], Phase, int, int]] = []
        for phase in pool.phases:
            kept = sum(pool.kept(phase))
            whole = sum(pool.capacity[phase][pool.place[name]] for name in self._offers)
            for place, hit in enumerate(aims.hit):
                lost = sum(pool.capacity[phase][at] for at in hit if pool.offers[at].id in self._offers)
                least = min(kept, whole - lost, sum(aims.failing[place, phase]))
                self._left.append((hit, phase, whole - lost, least))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._offers)

    def let_go(self, offer: Offer) -> None:
        place = self._pool.place[offer.id]
        then = [
            (hit, phase, left - (self._pool.capacity[phase][place] if place not in hit else 0), least)
            for hit, phase, left, least in self._left
        ]
        others = [each for name, each in self._offers.items() if name != offer.id]
        if all(left >= least for _, _, left, least in then) and self._varied(others):
            self._left = then
            del self._offers[offer.id]

    def _varied(self, others: Iterable[Offer]) -> bool:
        left = [one for one in others if one.id in self._able]
        now = [one for one in self._offers.values() if one.id in self._able]
        return all(
            len({kind(one) for one in left}) >= min(least, len({kind(one) for one in now}))
            for least, kind in (
                (self._rules.least_suppliers, attrgetter("supplier")),
                (self._rules.least_jurisdictions, attrgetter("jurisdiction")),
            )
        )
