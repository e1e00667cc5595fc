"""The price of not depending on anyone, read off two plans: costs, concentration, what each failure leaves. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.matching import plan as plans
from catalog.matching.survival import PriceOfSurvival, Resilience, ServiceLeft, Side
from catalog.matching.values import Candidate
from catalog.portfolio.values import ZERO, Failure, Market, Plan
from space_hub.vocabulary.phases import Phase

if TYPE_CHECKING:
    from catalog.portfolio.resilience import Premium

_CENT = Decimal("0.01")


def resilience(planned: plans.Planned, candidates: Iterable[Candidate]) -> Resilience:
    market, price = planned.market, planned.price
    both = {*price.cheapest.plan.retained, *price.secured.plan.retained}
    names = {
        each.group: each.name
        for candidate in candidates
        for each in sorted(candidate.dependencies, reverse=True)
        if each.known
    }
    failures = _failures(market, both)

    def side(plan: Plan) -> Side:
        return _side(market, plan, failures, names)

    def premium(found: "Premium") -> PriceOfSurvival:
        group = found.protected or None
        return PriceOfSurvival(
            group,
            names[group] if group else "",
            price.cheapest.plan.cost,
            _cents(found.low),
            _cents(found.high),
            found.stated,
            round(found.share, 6),
        )

    return Resilience(
        side(price.cheapest.plan),
        side(price.secured.plan),
        premium(price.premium),
        tuple(premium(each) for each in price.by_group),
    )


def _failures(market: Market, retained: set[str]) -> list[Failure]:
    """Of each supplier of the two plans, and of each common-mode group that these rest on."""
    offers = [offer for offer in market.offers if offer.id in retained]
    shared = set(plans.common_mode(market.offers))
    suppliers = sorted({offer.supplier for offer in offers})
    groups = sorted({group for offer in offers for group in offer.groups & shared})
    return [*(Failure((each,)) for each in suppliers), *(Failure((), (each,)) for each in groups)]


def _side(market: Market, plan: Plan, failures: Iterable[Failure], names: Mapping[str, str]) -> Side:
    from catalog.portfolio.resilience import concentration

    spread = concentration(market, plan)
    retained = set(plan.retained)
    taken = [offer for offer in market.offers if offer.id in retained]
    asked = market.demands[0].quantity
    service = []
    for failure in failures:
        left = [offer for offer in taken if not failure.hits(offer)]
        name = failure.suppliers[0] if failure.suppliers else names[failure.groups[0]]
        for phase in market.phases:
            stays = min(asked[phase], sum((offer.capacity.get(phase, ZERO) for offer in left), ZERO))
            service.append(ServiceLeft(failure, name, phase, round(float(stays / asked[phase]), 6)))
    order = list(Phase)
    service.sort(key=lambda one: (one.share, one.failure, order.index(one.phase)))
    return Side(
        plan.cost,
        {phase: amount for (_, phase), amount in plan.bills.items()},
        len({offer.supplier for offer in taken}),
        round(spread.hhi, 1),
        round(spread.effective, 3),
        round(spread.largest, 6),
        plans.quantities(plan),
        tuple(service),
    )


def _cents(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(_CENT)
