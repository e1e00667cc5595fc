"""From one requirement and the offerings that pass it to a market of one demand, its plan and its price of resilience.

The plan is the least costly one that leaves the least short and survives what
the requirement asks to survive. Beside it stand always the cheapest plan and
the one that survives any supplier and any common-mode group, so that the price of not depending on
anyone is a number, asked for or not. That price is told without budgets: they are what it is weighed
against. A plan keeps to the budgets where that leaves nothing more short; where it would,
what is asked is covered first, and by how much it is over is said. Pure.

Up to `EXACT` offerings the plans are the best there are (a gap of zero, bounded in nodes); beyond, within
`GAPS` of it: a ten-thousandth is less than what prices are rounded to, and is stated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from catalog.matching.eligibility import usable_phases
from catalog.matching.values import Candidate, Counterfactual, Loss, LossKind, Need, PhaseCover
from catalog.matching.watch import Stage, Watch
from catalog.portfolio.values import Demand, Kind, Market, Offer, Plan, Rules
from space_hub.text import Reason
from space_hub.vocabulary.phases import Phase

if TYPE_CHECKING:
    from catalog.portfolio.resilience import Price, Solved

EXACT = 60
GAPS = (1e-4, 1e-6)
NODES = 5_000
GROUPS_WORK = 24_000
"""Offerings times groups: so many groups of a large market are priced one by one, the rest as an interval."""
THE_NEED = "need"
_ZERO = Decimal(0)
_DIGITS = 12
_FINEST = Decimal(1).scaleb(-_DIGITS)
_PART_DIGITS = 6
KINDS = {LossKind.SUPPLIER: Kind.SUPPLIER, LossKind.COMMON_MODE: Kind.GROUP}


@dataclass(frozen=True, slots=True)
class Planned:
    """`market` holds the rules that the recommended plan keeps to, `value` what it is worth to the optimiser."""

    market: Market
    plan: Plan
    value: float
    price: "Price"


def settings() -> dict[str, Any]:
    """What a plan depends on beside the market, for the record."""
    from catalog.portfolio.entry import REFINED, REFINING_WORK
    from catalog.portfolio.solver import VERSION

    return {
        "solver": VERSION,
        "exact_up_to": EXACT,
        "gaps": list(GAPS),
        "nodes": NODES,
        "groups_work": GROUPS_WORK,
        "entries_tried": REFINED,
        "entries_work": REFINING_WORK,
    }


def exact(quantity: float) -> Decimal:
    """As written, but no finer than a billionth of a thousandth: that is what a conversion of units left behind."""
    written = Decimal(repr(float(quantity)))
    places = written.as_tuple().exponent
    return written.quantize(_FINEST) if isinstance(places, int) and places < -_DIGITS else written


def market(need: Need, passing: Iterable[tuple[Candidate, float]]) -> Market:
    """The requirement as the one demand of a market, of offerings with their scores; nothing is protected yet."""
    offers = tuple(offer(candidate, usable_phases(need, candidate), score) for candidate, score in passing)
    wishes = need.wishes
    return Market(
        offers,
        (
            Demand(
                THE_NEED,
                need.nation,
                {asked.phase: exact(asked.quantity) for asked in need.phases},
                {offer.id: offer.score for offer in offers},
            ),
        ),
        Rules(
            largest_share=part(1.0 if wishes.largest_share is None else wishes.largest_share),
            least_suppliers=wishes.least_suppliers,
            least_jurisdictions=wishes.least_jurisdictions,
            service={(asked.phase, 1): part(wishes.service_kept) for asked in need.phases},
            gap=gaps(offers)[0],
            nodes=NODES,
        ),
    )


def solve(need: Need, bare: Market, watch: Watch) -> Planned:
    """`bare` as `market` gives it, with at least one offer."""
    # Late: whoever only reads a match needs no solver.
    from catalog.portfolio import resilience

    watch(Stage.PLAN, 0, 2)
    every = replace(bare.rules, protect=frozenset(Kind))
    groups = common_mode(bare.offers)

    def told(done: int, total: int) -> None:
        if done <= 2:
            watch(Stage.PLAN, done, 2)
        if done >= 2:
            watch(Stage.RESILIENCE, done - 2, total - 2)

    price = resilience.price(
        replace(bare, rules=every),
        gaps=gaps(bare.offers),
        groups=groups,
        most_groups=max(8, GROUPS_WORK // len(bare.offers)),
        told=told,
    )
    protect = frozenset(KINDS[kind] for kind in need.wishes.survive)
    return _within_budgets(need, bare, protect, price)


def common_mode(offers: Iterable[Offer]) -> list[str]:
    """The groups that offers of several suppliers rest on: what one supplier alone rests on fails with it."""
    suppliers: dict[str, set[str]] = {}
    for offer in offers:
        for group in offer.groups:
            suppliers.setdefault(group, set()).add(offer.supplier)
    return sorted(group for group, names in suppliers.items() if len(names) > 1)


def cover(need: Need, planned: Planned | None) -> tuple[PhaseCover, ...]:
    """Coverage and cost per day of each phase; a retainer is paid in every phase in which it is asked."""
    found = []
    for asked in need.phases:
        covered = cost = _ZERO
        if planned is not None:
            cost = planned.plan.bills.get((need.nation, asked.phase), _ZERO)
            covered = sum((size for (_, _, at), size in planned.plan.use.items() if at is asked.phase), _ZERO)
        found.append(PhaseCover(asked.phase, exact(asked.quantity), covered, cost, asked.budget_per_day))
    return tuple(found)


def losses(need: Need, planned: Planned | None) -> tuple[Loss, ...]:
    """For each supplier of the plan: what would be missing without it."""
    if planned is None:
        return ()
    offers = planned.market.offers
    retained = set(planned.plan.retained)
    taken = [offer for offer in offers if offer.id in retained]
    return tuple(
        Loss(supplier, _missing(need, taken, supplier), _missing(need, offers, supplier))
        for supplier in sorted({offer.supplier for offer in taken})
    )


def entries(need: Need, planned: Planned, watch: Watch) -> dict[str, Counterfactual]:
    """For offerings in reserve: the price at which each would be taken, or that it is not needed even for nothing."""
    from catalog.portfolio.counterfactual import Entry
    from catalog.portfolio.entry import entries as found

    ceilings = {each.phase: each.budget_per_day for each in need.phases if each.budget_per_day is not None}
    said = {}
    for name, each in found(
        planned.market, planned.plan, planned.value, ceilings, lambda done, total: watch(Stage.ENTRIES, done, total)
    ).items():
        params = {}
        if each.entry is Entry.PRICE:
            prices = {phase.value: f"{_rounded(price):f}" for phase, price in (each.prices or {}).items()}
            params = {"part": f"{each.part:f}", "prices": prices}
        said[name] = Counterfactual((Reason(f"match.change.{each.entry.value}", params),), if_answered=False)
    return said


def _rounded(price: Decimal) -> Decimal:
    """Down, to cents and to four digits at least: a lower price enters all the more."""
    places = max(2, 3 - price.adjusted()) if price else 2
    return price.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)


def quantities(plan: Plan) -> Mapping[str, Mapping[Phase, Decimal]]:
    """By offering, in the order of the phases; empty for what is kept ready."""
    found: dict[str, dict[Phase, Decimal]] = {name: {} for name in plan.retained}
    for phase in Phase:
        for (_, name, at), size in plan.use.items():
            if at is phase:
                found[name][phase] = size
    return found


def offer(candidate: Candidate, phases: Iterable[Phase], score: float) -> Offer:
    """A candidate in the phases in which it has capacity and a price that can be read."""
    phases = sorted(phases, key=list(Phase).index)
    prices = {phase: candidate.prices[phase] for phase in phases}
    return Offer(
        id=candidate.offering_id,
        supplier=candidate.provider_id,
        jurisdiction=candidate.nation,
        capacity={phase: exact(candidate.capacity[phase]) for phase in phases},
        tiers={phase: ((_ZERO, price.unit_price),) for phase, price in prices.items()},
        tie=candidate.content_sha256,
        score=score,
        groups=frozenset(each.group for each in candidate.dependencies if each.known),
        owner_nation=candidate.nation if candidate.national else None,
        retainer={phase: price.retainer_per_day for phase, price in prices.items()},
    )


def _within_budgets(need: Need, bare: Market, protect: frozenset[Kind], price: "Price") -> Planned:
    from catalog.portfolio.resilience import Solved

    def solved(rules: Rules) -> "Solved":
        return Solved(replace(bare, rules=rules), gaps(bare.offers)[:1])

    rules = replace(bare.rules, protect=protect)
    ready = {frozenset(): price.cheapest, frozenset(Kind): price.secured}
    free = ready.get(protect) or solved(rules)
    chosen, kept = free, rules
    budget = {
        (need.nation, asked.phase): asked.budget_per_day for asked in need.phases if asked.budget_per_day is not None
    }
    if any(free.plan.bills.get(key, _ZERO) > most for key, most in budget.items()):
        tight = replace(rules, budget=budget)
        within = solved(tight)
        if _wanting(within.plan) <= _wanting(free.plan):
            chosen, kept = within, tight
    return Planned(replace(bare, rules=kept), chosen.plan, chosen.value, price)


def _wanting(plan: Plan) -> tuple[Decimal, Decimal]:
    """What it leaves short, and what of that which must be survived is lost all the same."""
    lost = sum((each.asked - each.stays for each in plan.exposed), _ZERO)
    return sum(plan.shortfall.values(), _ZERO), lost


def _missing(need: Need, offers: Iterable[Offer], lost: str) -> dict[Phase, Decimal]:
    left = [offer for offer in offers if offer.supplier != lost]
    return {
        asked.phase: max(
            _ZERO, exact(asked.quantity) - sum((offer.capacity.get(asked.phase, _ZERO) for offer in left), _ZERO)
        )
        for asked in need.phases
    }


def gaps(offers: Sequence[Offer]) -> tuple[float, ...]:
    return (0.0,) if len(offers) <= EXACT else GAPS


def part(share: float) -> Decimal:
    return round(exact(share), _PART_DIGITS).normalize()
