"""A market in whole units and places, in an order that only content decides. Pure.

Offers stand by score, then hash; demands by priority, then tie and what they ask. So
the same market is the same model, whatever order it came in. The unit is the
finest that capacities, quantities, quotas and kept shares are written in and some
digits finer, so that flows of whole units are exact.
"""

import itertools
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property

from catalog.portfolio.network import Network
from catalog.portfolio.values import ZERO, Failure, Kind, Market
from space_hub.errors import Invalid
from space_hub.vocabulary.phases import Phase

_PLACES = 18
FINER = 6
"""Digits below the finest that is written: where a guarantee or a budget ends, a quantity is no round number."""


class Pool:
    """`capacity[phase][offer]` and `need[phase][demand]` in units; `pairs[phase]`: who may serve whom there."""

    def __init__(self, market: Market) -> None:
        self.market, self.rules = market, market.rules
        self.offers = sorted(market.offers, key=lambda each: (-each.score, each.tie, each.id))
        self.demands = sorted(
            market.demands,
            key=lambda each: (
                each.priority,
                each.tie,
                each.nation,
                [-each.quantity.get(phase, ZERO) for phase in Phase],
                each.id,
            ),
        )
        self.phases = market.phases
        _refuse(market)
        self.unit = _unit(market)
        self.place = {offer.id: place for place, offer in enumerate(self.offers)}
        self.capacity = {
            phase: [self.floor(offer.capacity.get(phase, ZERO)) if phase in offer.tiers else 0 for offer in self.offers]
            for phase in self.phases
        }
        self.need = {
            phase: [self.floor(demand.quantity.get(phase, ZERO)) for demand in self.demands] for phase in self.phases
        }
        known = [sorted(self.place[name] for name in demand.eligible if name in self.place) for demand in self.demands]
        self.pairs = {
            phase: [
                (offer, demand)
                for demand, able in enumerate(known)
                if self.need[phase][demand] > 0
                for offer in able
                if self.capacity[phase][offer] > 0
            ]
            for phase in self.phases
        }

    def floor(self, quantity: Decimal) -> int:
        return int((quantity / self.unit).to_integral_value(ROUND_FLOOR))

    def decimal(self, units: int) -> Decimal:
        return units * self.unit

    def kept(self, phase: Phase) -> list[int]:
        """What a failure must leave of each demand."""
        return [
            int((need * self.rules.kept(phase, demand.priority)).to_integral_value(ROUND_CEILING))
            for need, demand in zip(self.need[phase], self.demands, strict=True)
        ]

    @cached_property
    def share(self) -> dict[Phase, list[int]]:
        """The most that one supplier may serve of each demand."""
        return {
            phase: [int((need * self.rules.largest_share).to_integral_value(ROUND_FLOOR)) for need in self.need[phase]]
            for phase in self.phases
        }

    @cached_property
    def quota(self) -> dict[tuple[int, str], int]:
        return {
            (self.place[offer], nation): self.floor(quantity)
            for (nation, offer), quantity in self.rules.quota.items()
            if offer in self.place
        }

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """All that must be survived."""
        found = set(self.rules.chosen)
        if Kind.SUPPLIER in self.rules.protect:
            found |= {Failure(suppliers=(offer.supplier,)) for offer in self.offers}
        if Kind.GROUP in self.rules.protect:
            found |= {Failure(groups=(group,)) for offer in self.offers for group in offer.groups}
        return tuple(sorted(found))

    def hit(self, failure: Failure) -> frozenset[int]:
        return frozenset(place for place, offer in enumerate(self.offers) if failure.hits(offer))

    def nominal(self, phase: Phase, retained: Sequence[bool] | None = None, *, own: bool = False) -> Network:
        """Capacity, quotas and shares, nothing flowing yet; `own`: national capacity for its owner only."""
        network = Network(self.capacity[phase], self.need[phase])
        quotas: dict[tuple[int, str], int] = {}
        shares: dict[tuple[str, int], int] = {}
        for offer, demand in self.pairs[phase]:
            if retained is not None and not retained[offer]:
                continue
            nation, supplier = self.demands[demand].nation, self.offers[offer].supplier
            if own and self.offers[offer].owner_nation != nation:
                continue
            tail = self._quota_node(network, quotas, offer, nation, self.quota.get((offer, nation)))
            head = None
            if self.share[phase][demand] < self.need[phase][demand]:
                if (supplier, demand) not in shares:
                    shares[supplier, demand] = network.node()
                    network.edge(shares[supplier, demand], network.offers + demand, self.share[phase][demand])
                head = shares[supplier, demand]
            network.link(offer, demand, self.need[phase][demand], tail, head)
        return network

    def strained(self, phase: Phase, need: Sequence[int], retained: Sequence[float]) -> Network:
        """Capacity and quotas of what is retained (perhaps in part), as a failure is judged.

        An edge carries at most what the demand needs, in the part retained: so
        the least cut of a part retained is the strongest inequality there is of its kind.
        """
        network = Network(
            [int(size * part) if part < 1 else size for size, part in zip(self.capacity[phase], retained, strict=True)],
            need,
        )
        quotas: dict[tuple[int, str], int] = {}
        for offer, demand in self.pairs[phase]:
            part = retained[offer]
            if part <= 0 or need[demand] <= 0:
                continue
            nation = self.demands[demand].nation
            quota = self.quota.get((offer, nation))
            if quota is not None and part < 1:
                quota = int(quota * part)
            tail = self._quota_node(network, quotas, offer, nation, quota)
            most = need[demand]
            network.link(offer, demand, most if part >= 1 else int(most * part), tail)
        return network

    def carried(self, phase: Phase, offer: int, need: Sequence[int], demands: Sequence[int]) -> int:
        """The most that one offer can bring to these demands."""
        by_nation: dict[str, int] = {}
        for demand in demands:
            nation = self.demands[demand].nation
            by_nation[nation] = by_nation.get(nation, 0) + need[demand]
        limited = (min(size, self.quota.get((offer, nation), size)) for nation, size in by_nation.items())
        return min(self.capacity[phase][offer], sum(limited))

    @staticmethod
    def _quota_node(
        network: Network, known: dict[tuple[int, str], int], offer: int, nation: str, quota: int | None
    ) -> int | None:
        if quota is None:
            return None
        if (offer, nation) not in known:
            known[offer, nation] = network.node()
            network.edge(offer, known[offer, nation], quota)
        return known[offer, nation]


def _unit(market: Market) -> Decimal:
    rules = market.rules
    plain = [*rules.quota.values()]
    for offer in market.offers:
        plain += offer.capacity.values()
    asked = [size for demand in market.demands for size in demand.quantity.values()]
    shares = [rules.largest_share, *rules.service.values()]
    places = max(max(map(_places, [*plain, ZERO])), max(map(_places, [*asked, ZERO])) + max(map(_places, shares)))
    if places > _PLACES:
        raise Invalid("portfolio.too_fine", places=places, most=_PLACES)
    return Decimal(1).scaleb(-places - FINER)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else _PLACES + 1


def _refuse(market: Market) -> None:
    for offer in market.offers:
        for phase, tiers in offer.tiers.items():
            starts, prices = [start for start, _ in tiers], [price for _, price in tiers]
            falling = all(later < earlier for earlier, later in itertools.pairwise(prices))
            rising = all(later > earlier for earlier, later in itertools.pairwise(starts))
            if not tiers or starts[0] != 0 or min(prices) < 0 or not falling or not rising:
                raise Invalid("portfolio.tiers", offer=offer.id, phase=phase)
    for what, names in (
        ("offer", [each.id for each in market.offers]),
        ("demand", [each.id for each in market.demands]),
    ):
        if len(set(names)) < len(names):
            raise Invalid("portfolio.twice", what=what)
