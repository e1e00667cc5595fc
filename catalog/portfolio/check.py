"""Is a plan what it says, and does it keep every rule? Judged from the market alone. Pure.

It shares nothing with the model that made the plan: prices are summed tier by
tier, shares demand by demand, and each failure is judged by a maximum flow of
its own (scipy), on all failures that the rules name and on no others' word.
What cannot be had is no violation when it cannot be had with everything retained either.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from catalog.portfolio.values import Demand, Failure, Kind, Market, Offer, Plan
from space_hub.vocabulary.phases import Phase

_NONE = Decimal(0)
_FINEST = 2**30
_CENT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` names the clause, `about` whom it concerns, `by` how much is wrong."""

    rule: str
    about: str
    by: Decimal


def violations(market: Market, plan: Plan) -> tuple[Violation, ...]:
    return (*_quantities(market, plan), *_choices(market, plan), *_money(market, plan), *_failures(market, plan))


def _quantities(market: Market, plan: Plan) -> Iterable[Violation]:
    offers = {offer.id: offer for offer in market.offers}
    demands = {demand.id: demand for demand in market.demands}
    by_offer: dict[tuple[str, Phase], Decimal] = defaultdict(Decimal)
    by_demand: dict[tuple[str, Phase], Decimal] = defaultdict(Decimal)
    by_supplier: dict[tuple[str, str, Phase], Decimal] = defaultdict(Decimal)
    by_nation: dict[tuple[str, str, Phase], Decimal] = defaultdict(Decimal)
    for (demand_id, offer_id, phase), size in plan.use.items():
        if size <= 0 or offer_id not in plan.retained or offer_id not in demands[demand_id].eligible:
            yield Violation("eligible", f"{demand_id} {offer_id}", size)
        by_offer[offer_id, phase] += size
        by_demand[demand_id, phase] += size
        by_supplier[demand_id, offers[offer_id].supplier, phase] += size
        by_nation[demands[demand_id].nation, offer_id, phase] += size
    for (offer_id, phase), size in by_offer.items():
        yield from _above("capacity", f"{offer_id} {phase}", size, offers[offer_id].capacity.get(phase, _NONE))
    for (demand_id, supplier, phase), size in by_supplier.items():
        most = market.rules.largest_share * demands[demand_id].quantity[phase]
        yield from _above("share", f"{demand_id} {supplier} {phase}", size, most)
    for (nation, offer_id, phase), size in by_nation.items():
        yield from _above(
            "quota", f"{nation} {offer_id} {phase}", size, market.rules.quota.get((nation, offer_id), size)
        )
    for demand in market.demands:
        for phase, asked in demand.quantity.items():
            missing = asked - by_demand[demand.id, phase]
            told = plan.shortfall.get((demand.id, phase), _NONE)
            if missing != told:
                yield Violation("shortfall", f"{demand.id} {phase}", missing - told)


def _choices(market: Market, plan: Plan) -> Iterable[Violation]:
    rules = market.rules
    for pair in rules.incompatible:
        if pair <= set(plan.retained):
            yield Violation("incompatible", " ".join(sorted(pair)), Decimal(1))
    for demand in market.demands:
        able = [offer for offer in market.offers if _able(offer, demand)]
        kept = [offer for offer in able if offer.id in plan.retained]
        for rule, least, there, possible in (
            ("suppliers", rules.least_suppliers, {one.supplier for one in kept}, {one.supplier for one in able}),
            (
                "jurisdictions",
                rules.least_jurisdictions,
                {one.jurisdiction for one in kept},
                {one.jurisdiction for one in able},
            ),
        ):
            missing = min(least, len(possible)) - len(there)
            if least > 1 and missing > 0 and not (rules.incompatible or rules.budget):
                yield Violation(rule, demand.id, Decimal(missing))


def _money(market: Market, plan: Plan) -> Iterable[Violation]:
    phases = {phase for demand in market.demands for phase, asked in demand.quantity.items() if asked > 0}
    cost = _NONE
    for offer in market.offers:
        if offer.id not in plan.retained:
            continue
        for phase in phases:
            used = sum((size for (_, name, at), size in plan.use.items() if name == offer.id and at is phase), _NONE)
            paid = _tier_by_tier(offer, phase, used)
            least = offer.guarantee if phase in offer.tiers else _NONE
            cost += offer.retainer.get(phase, _NONE) + (paid if paid > least else least)
    if cost != plan.cost:
        yield Violation("cost", "all", plan.cost - cost)
    billed = sum(plan.bills.values(), _NONE)
    if abs(billed - cost) > _CENT:
        yield Violation("bills", "all", billed - cost)
    for (nation, phase), most in market.rules.budget.items():
        yield from _above("budget", f"{nation} {phase}", plan.bills.get((nation, phase), _NONE), most)


def _failures(market: Market, plan: Plan) -> Iterable[Violation]:
    rules = market.rules
    failures = set(rules.chosen)
    if Kind.SUPPLIER in rules.protect:
        failures |= {Failure((offer.supplier,)) for offer in market.offers}
    if Kind.GROUP in rules.protect:
        failures |= {Failure((), (group,)) for offer in market.offers for group in offer.groups}
    told = {(each.failure, each.phase): each for each in plan.exposed}
    retained = [offer for offer in market.offers if offer.id in plan.retained]
    for phase in {phase for demand in market.demands for phase in demand.quantity}:
        needs = {
            demand.id: demand.quantity.get(phase, _NONE) * rules.service.get((phase, demand.priority), Decimal(1))
            for demand in market.demands
        }
        asked = sum(needs.values(), _NONE)
        for failure in failures:
            stays, error = _stays(market, [one for one in retained if not failure.hits(one)], needs, phase)
            said = told[failure, phase].stays if (failure, phase) in told else asked
            if abs(stays - said) > error:
                yield Violation("told", f"{failure} {phase}", said - stays)
            if stays < asked - error and not (rules.incompatible or rules.budget):
                best, error = _stays(market, [one for one in market.offers if not failure.hits(one)], needs, phase)
                if stays < best - error:
                    yield Violation("survives", f"{failure} {phase}", best - stays)


def _stays(market: Market, offers: list[Offer], needs: Mapping[str, Decimal], phase: Phase) -> tuple[Decimal, Decimal]:
    """The maximum flow, and by how much whole units of 32 bits may have moved it."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    quotas = market.rules.quota
    unit = max(_CENT, sum(needs.values(), _NONE) / _FINEST)
    nodes: dict[object, int] = {"source": 0, "sink": 1}
    edges: dict[tuple[int, int], int] = {}

    def edge(tail: object, head: object, size: Decimal) -> None:
        key = nodes.setdefault(tail, len(nodes)), nodes.setdefault(head, len(nodes))
        edges[key] = min(_FINEST, int(size / unit))

    for demand in market.demands:
        edge(("demand", demand.id), "sink", needs[demand.id])
        for offer in offers:
            if offer.id in demand.eligible and phase in offer.tiers and demand.quantity.get(phase, _NONE) > 0:
                size = offer.capacity.get(phase, _NONE)
                edge("source", ("offer", offer.id), size)
                door = ("door", offer.id, demand.nation)
                edge(("offer", offer.id), door, min(size, quotas.get((demand.nation, offer.id), size)))
                edge(door, ("demand", demand.id), size)
    tails, heads = zip(*edges, strict=True)
    graph = csr_array((np.array(list(edges.values()), dtype=np.int32), (tails, heads)), shape=(len(nodes), len(nodes)))
    return maximum_flow(graph, 0, 1).flow_value * unit, unit * (len(offers) + len(market.demands) + 2)


def _tier_by_tier(offer: Offer, phase: Phase, used: Decimal) -> Decimal:
    tiers = offer.tiers.get(phase, ())
    ends = [start for start, _ in tiers[1:]] + [used]
    return sum(
        (
            price * (min(used, end) - start)
            for (start, price), end in zip(tiers, ends, strict=bool(tiers))
            if used > start
        ),
        _NONE,
    )


def _able(offer: Offer, demand: Demand) -> bool:
    return offer.id in demand.eligible and any(
        asked > 0 and phase in offer.tiers and offer.capacity.get(phase, _NONE) > 0
        for phase, asked in demand.quantity.items()
    )


def _above(rule: str, about: str, size: Decimal, most: Decimal) -> Iterable[Violation]:
    if size > most:
        yield Violation(rule, about, size - most)
