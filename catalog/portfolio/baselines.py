"""How it is done without a portfolio: the cheapest first, or one award for each requirement. Pure.

Both keep capacities, quotas and incompatible pairs, the first also shares; neither looks
at failures, budgets or ahead. They are what a plan is compared with.
"""

from collections.abc import Iterable
from decimal import Decimal

from catalog.portfolio import pricing
from catalog.portfolio.aims import Aims
from catalog.portfolio.pool import Pool
from catalog.portfolio.settle import exposed
from catalog.portfolio.values import ZERO, Market, Plan
from space_hub.vocabulary.phases import Phase


def greedy_cheapest(market: Market) -> Plan:
    """Demand after demand by priority, phase after phase: the lowest list price that has room."""
    filling = _Filling(market)
    for demand in range(len(filling.pool.demands)):
        filling.serve(demand, filling.able(demand))
    return filling.plan()


def sole_award(market: Market) -> Plan:
    """Each demand goes to the one offer that serves most of it, at the least cost; shares are not asked of it."""
    filling = _Filling(market, shares=False)
    for demand in range(len(filling.pool.demands)):
        if able := filling.able(demand):
            filling.serve(demand, [min(able, key=lambda one: (*filling.alone(one, demand), one))])
    return filling.plan()


class _Filling:
    def __init__(self, market: Market, *, shares: bool = True) -> None:
        self.market, self.pool, self.shares = market, Pool(market), shares
        self.room = {phase: list(self.pool.capacity[phase]) for phase in self.pool.phases}
        self.use: dict[tuple[str, str, Phase], Decimal] = {}
        self.quota = {(*key, phase): size for key, size in self.pool.quota.items() for phase in self.pool.phases}
        self.retained: set[int] = set()

    def able(self, demand: int) -> list[int]:
        return sorted({offer for pairs in self.pool.pairs.values() for offer, one in pairs if one == demand})

    def alone(self, offer: int, demand: int) -> tuple[int, Decimal]:
        """What it leaves missing of a demand, and what it costs."""
        missing, cost = 0, ZERO
        for phase in self.pool.phases:
            need = self.pool.need[phase][demand]
            size = min(need, self.room[phase][offer])
            missing += need - size
            cost += pricing.cost(self.pool.offers[offer], phase, self.pool.decimal(size))
        return missing, cost

    def serve(self, demand: int, offers: Iterable[int]) -> None:
        for phase in self.pool.phases:
            self._serve(demand, phase, [one for one in offers if phase in self.pool.offers[one].tiers])

    def plan(self) -> Plan:
        names = tuple(offer.id for place, offer in enumerate(self.pool.offers) if place in self.retained)
        missing = {
            (one.id, phase): one.quantity.get(phase, ZERO) for one in self.pool.demands for phase in self.pool.phases
        }
        for (name, _, phase), size in self.use.items():
            missing[name, phase] -= size
        kept = [place in self.retained for place in range(len(self.pool.offers))]
        return Plan(
            retained=names,
            use=self.use,
            shortfall={key: size for key, size in missing.items() if size > 0},
            cost=pricing.total(self.market, names, self.use),
            bills=pricing.bills(self.market, names, self.use),
            exposed=exposed(self.pool, Aims(self.pool), kept),
            gap=float("nan"),
            nodes=0,
            scenarios=0,
            cuts=0,
        )

    def _serve(self, demand: int, phase: Phase, offers: list[int]) -> None:
        pool = self.pool
        nation = pool.demands[demand].nation
        left = pool.need[phase][demand]
        of_supplier: dict[str, int] = {}
        for place in sorted(offers, key=lambda one: (pool.offers[one].tiers[phase][0][1], one)):
            offer = pool.offers[place]
            if self._barred(place):
                continue
            most = pool.share[phase][demand] - of_supplier.get(offer.supplier, 0) if self.shares else left
            size = min(left, self.room[phase][place], most, self.quota.get((place, nation, phase), left))
            if size <= 0:
                continue
            self.retained.add(place)
            self.use[pool.demands[demand].id, offer.id, phase] = pool.decimal(size)
            self.room[phase][place] -= size
            if (place, nation, phase) in self.quota:
                self.quota[place, nation, phase] -= size
            of_supplier[offer.supplier] = of_supplier.get(offer.supplier, 0) + size
            left -= size

    def _barred(self, place: int) -> bool:
        names = {self.pool.offers[one].id for one in self.retained} | {self.pool.offers[place].id}
        return any(pair <= names for pair in self.pool.rules.incompatible)
