"""The best plan of a small market by trying every set of offers.

It shares no code with the optimiser, only the price of what is missing. Flows
come from Hall's theorem (the least over all sets of demands of what can reach
them), quantities of a set from a program of their own, tier by tier.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product

import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from catalog.portfolio.values import Demand, Failure, Kind, Market, Offer
from space_hub.vocabulary.phases import Phase

Chosen = tuple[bool, ...]


@dataclass(frozen=True)
class Case:
    hit: frozenset[int]
    phase: Phase
    least: tuple[float, ...]

    def implied_by(self, other: "Case") -> bool:
        less = all(mine <= theirs + 1e-9 for mine, theirs in zip(self.least, other.least, strict=True))
        return self != other and self.phase is other.phase and self.hit <= other.hit and less


class Trial:
    """`steep`: the price of a unit that should not be missing, `batch`: the units that a missing kind counts for."""

    def __init__(self, market: Market, steep: float, batch: float) -> None:
        self.offers, self.rules = market.offers, market.rules
        self.demands = sorted(
            market.demands, key=lambda one: (one.priority, one.nation, [-one.quantity.get(p, 0) for p in Phase], one.id)
        )
        self.steep, self.batch = steep, batch
        self.phases = [phase for phase in Phase if any(one.quantity.get(phase, 0) > 0 for one in self.demands)]
        self.aims = {phase: self._reachable(phase) for phase in self.phases}
        self.own = {phase: self._own(phase) for phase in self.phases}
        found = {self._case(one, phase) for one in self._failures() for phase in self.phases}
        self.cases = [one for one in found if not any(one.implied_by(other) for other in found)]

    def best(self) -> float:
        return min(self.value(chosen) for chosen in product((False, True), repeat=len(self.offers)))

    def value(self, chosen: Chosen) -> float:
        names = {offer.id for offer, kept in zip(self.offers, chosen, strict=True) if kept}
        if any(pair <= names for pair in self.rules.incompatible):
            return float("inf")
        lost = sum(max(0.0, sum(one.least) - self._flow(one.phase, chosen, one.hit, one.least)) for one in self.cases)
        wanting = self.steep * (lost + self.batch * self._kinds_missing(chosen))
        return wanting + sum(self._phase(chosen, phase) for phase in self.phases)

    def _failures(self) -> set[Failure]:
        found = set(self.rules.chosen)
        for offer in self.offers:
            if Kind.SUPPLIER in self.rules.protect:
                found.add(Failure((offer.supplier,)))
            if Kind.GROUP in self.rules.protect:
                found |= {Failure((), (group,)) for group in offer.groups}
        return found

    def _case(self, failure: Failure, phase: Phase) -> Case:
        hit = frozenset(place for place, offer in enumerate(self.offers) if failure.hits(offer))
        kept = [
            float(one.quantity.get(phase, 0) * self.rules.service.get((phase, one.priority), 1)) for one in self.demands
        ]
        everything = (True,) * len(self.offers)
        upto = [
            self._flow(phase, everything, hit, [*kept[:count], *[0.0] * (len(kept) - count)])
            for count in range(len(kept) + 1)
        ]
        return Case(hit, phase, tuple(float(round(step, 9)) for step in np.diff(upto)))

    def _flow(self, phase: Phase, chosen: Chosen, hit: frozenset[int], needs: list[float] | tuple[float, ...]) -> float:
        return min(
            sum(need for place, need in enumerate(needs) if place not in some)
            + sum(
                self._brings(offer, phase, some, needs)
                for place, offer in enumerate(self.offers)
                if chosen[place] and place not in hit
            )
            for some in _subsets(len(needs))
        )

    def _brings(
        self, offer: Offer, phase: Phase, some: tuple[int, ...], needs: list[float] | tuple[float, ...]
    ) -> float:
        nations: dict[str, float] = {}
        for place in some:
            demand = self.demands[place]
            if offer.id in demand.eligible:
                nations[demand.nation] = nations.get(demand.nation, 0.0) + needs[place]
        quotas = self.rules.quota
        limited = [
            min(need, float(quotas[nation, offer.id])) if (nation, offer.id) in quotas else need
            for nation, need in nations.items()
        ]
        return min(float(offer.capacity.get(phase, 0)), sum(limited))

    def _kinds_missing(self, chosen: Chosen) -> int:
        missing = 0
        for demand in self.demands:
            able = [(k, offer) for k, offer in enumerate(self.offers) if offer.id in demand.eligible]
            for least, name in (
                (self.rules.least_suppliers, "supplier"),
                (self.rules.least_jurisdictions, "jurisdiction"),
            ):
                if least > 1:
                    possible = {getattr(offer, name) for _, offer in able}
                    there = {getattr(offer, name) for k, offer in able if chosen[k]}
                    missing += max(0, min(least, len(possible)) - len(there))
        return missing

    def _pairs(self, phase: Phase) -> list[tuple[Offer, Demand]]:
        return [
            (offer, demand)
            for offer in self.offers
            for demand in self.demands
            if offer.id in demand.eligible and demand.quantity.get(phase, 0) > 0
        ]

    def _bounds(self, phase: Phase, chosen: Chosen) -> tuple[list[list[float]], list[float]]:
        """Capacity, share and quota, as rows over the pairs."""
        pairs = self._pairs(phase)
        rows: list[list[float]] = []
        most: list[float] = []
        for offer, kept in zip(self.offers, chosen, strict=True):
            rows.append([float(one is offer) for one, _ in pairs])
            most.append(float(offer.capacity[phase]) * kept)
            for nation in {demand.nation for demand in self.demands}:
                if (nation, offer.id) in self.rules.quota:
                    rows.append([float(one is offer and demand.nation == nation) for one, demand in pairs])
                    most.append(float(self.rules.quota[nation, offer.id]))
        for demand in self.demands:
            for supplier in {offer.supplier for offer in self.offers}:
                rows.append([float(o.supplier == supplier and d is demand) for o, d in pairs])
                most.append(float(self.rules.largest_share * demand.quantity.get(phase, 0)))
        for demand in self.demands:
            rows.append([float(one is demand) for _, one in pairs])
            most.append(float(demand.quantity.get(phase, 0)))
        return rows, most

    def _reachable(self, phase: Phase) -> list[float]:
        pairs = self._pairs(phase)
        if not pairs:
            return [0.0] * len(self.demands)
        rows, most = self._bounds(phase, (True,) * len(self.offers))
        upto = [0.0]
        for count in range(1, len(self.demands) + 1):
            wanted = [-float(demand in self.demands[:count]) for _, demand in pairs]
            upto.append(-linprog(wanted, A_ub=rows, b_ub=most).fun)
        return [float(round(step, 7)) for step in np.diff(upto)]

    def _own(self, phase: Phase) -> float:
        """The most that national capacity can serve its owners while nothing more is missing."""
        pairs = self._pairs(phase)
        if not pairs:
            return 0.0
        rows, most = self._bounds(phase, (True,) * len(self.offers))
        served = [[float(demand is one) for _, demand in pairs] for one in self.demands]
        wanted = [-float(offer.owner_nation == demand.nation) for offer, demand in pairs]
        aims = [min(aim, sum(row) * 1e9) for aim, row in zip(self.aims[phase], served, strict=True)]
        return float(-linprog(wanted, A_ub=rows, b_ub=most, A_eq=served, b_eq=aims).fun)

    def _phase(self, chosen: Chosen, phase: Phase) -> float:
        """Pairs, missing by demand, missing own, then by offer: paid, amount in each tier, tier full or not."""
        pairs = self._pairs(phase)
        rows, most = self._bounds(phase, chosen)
        tiers = [(place, tier) for place, offer in enumerate(self.offers) for tier in range(len(offer.tiers[phase]))]
        first = len(pairs)
        own, paid = first + len(self.demands), first + len(self.demands) + 1
        amount = paid + len(self.offers)
        full = amount + len(tiers)
        width = full + len(tiers)
        table = [row + [0.0] * (width - first) for row in rows]
        low, high = [-np.inf] * len(rows), list(most)

        def add(terms: dict[int, float], least: float, largest: float) -> None:
            table.append([terms.get(column, 0.0) for column in range(width)])
            low.append(least)
            high.append(largest)

        cost = [0.0] * width
        for place, demand in enumerate(self.demands):
            cost[first + place] = self.steep if demand.penalty is None else float(demand.penalty)
            mine = {column: 1.0 for column, (_, one) in enumerate(pairs) if one is demand}
            add(mine | {first + place: 1.0}, self.aims[phase][place] - 1e-7, np.inf)
        cost[own] = self.steep / 4
        home = {column: 1.0 for column, (offer, demand) in enumerate(pairs) if offer.owner_nation == demand.nation}
        add(home | {own: 1.0}, self.own[phase] * (1 - 1e-6), np.inf)
        for place, (offer, kept) in enumerate(zip(self.offers, chosen, strict=True)):
            cost[paid + place] = 1.0
            steps = offer.tiers[phase]
            mine = {column: 1.0 for column, (one, _) in enumerate(pairs) if one is offer}
            columns = [k for k, (owner, _) in enumerate(tiers) if owner == place]
            add(mine | {amount + k: -1.0 for k in columns}, 0.0, 0.0)
            add({paid + place: 1.0} | {amount + k: -float(steps[tiers[k][1]][1]) for k in columns}, 0.0, np.inf)
            add({paid + place: 1.0}, float(offer.guarantee) * kept, np.inf)
            for k in columns:
                tier = tiers[k][1]
                if tier + 1 < len(steps):
                    size = float(steps[tier + 1][0] - steps[tier][0])
                    add({amount + k: 1.0}, -np.inf, size)
                    add({amount + k: 1.0, full + k: -size}, 0.0, np.inf)
                    add({amount + k + 1: 1.0, full + k: -1e3}, -np.inf, 0.0)
        for (nation, at), limit in self.rules.budget.items():
            if at is phase:
                terms, standing = self._bill(nation, phase, chosen, pairs, paid)
                add(terms, -np.inf, float(limit) * (1 - 2e-6) - standing)
        several = [len(self.offers[place].tiers[phase]) > 1 for place, _ in tiers]
        whole = [0.0] * full + [float(one) for one in several]
        upper = [np.inf] * full + [1.0] * len(tiers)
        solved = milp(
            cost,
            constraints=LinearConstraint(np.array(table), low, high),
            integrality=whole,
            bounds=(np.zeros(width), upper),
            options={"mip_rel_gap": 0.0},
        )
        if solved.status == 2:
            return float("inf")
        assert solved.status == 0, solved.message
        retainers = sum(float(offer.retainer[phase]) for offer, kept in zip(self.offers, chosen, strict=True) if kept)
        return float(solved.fun) + retainers

    def _bill(
        self, nation: str, phase: Phase, chosen: Chosen, pairs: list[tuple[Offer, Demand]], paid: int
    ) -> tuple[dict[int, float], float]:
        terms: dict[int, float] = {}
        standing = 0.0
        for place, offer in enumerate(self.offers):
            able = [one for one in self.demands if offer.id in one.eligible] or self.demands
            asked = sum(float(one.quantity.get(phase, 0)) for one in able)
            part = sum(float(one.quantity.get(phase, 0)) for one in able if one.nation == nation) / asked
            listed = float(offer.tiers[phase][0][1])
            if not chosen[place]:
                continue
            standing += part * float(offer.retainer[phase])
            terms[paid + place] = part
            for column, (one, demand) in enumerate(pairs):
                if one is offer:
                    terms[column] = listed * ((demand.nation == nation) - part)
        return terms, standing


def _subsets(count: int) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(count), size) for size in range(count + 1))
