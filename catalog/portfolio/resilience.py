"""What it costs not to depend on anyone, as a number that the solver's gap cannot make up. Pure.

Premium = cost of the plan that survives, less cost of the cheapest one. Each is
known to its gap; the premium is stated once the two gaps together are below a
tenth of it, and as an interval where the nodes do not reach so far. What pairs or
budgets leave no way to survive counts at the price of a shortage; `Plan.exposed` tells it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.portfolio.aims import Aims
from catalog.portfolio.optimise import Search
from catalog.portfolio.pool import Pool
from catalog.portfolio.values import ZERO, Failure, Kind, Market, Plan, Rules
from space_hub.vocabulary.phases import Phase

_GAPS = (1e-2, 1e-3, 1e-4, 1e-6)
_PART = 0.1
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Premium:
    """What survival costs above `base`, between `low` and `high`; the same when `stated`."""

    protected: str
    """A group, or nothing for all that the rules protect."""
    base: float
    low: float
    high: float

    @property
    def stated(self) -> bool:
        return self.high - self.low <= max(_CENT, _PART * (self.low + self.high) / 2)

    @property
    def share(self) -> float:
        return (self.low + self.high) / 2 / self.base if self.base else 0.0


@dataclass(frozen=True, slots=True)
class Price:
    cheapest: Plan
    secured: Plan
    premium: Premium
    by_group: tuple[Premium, ...]


@dataclass(frozen=True, slots=True)
class Concentration:
    """Of the money paid to suppliers. HHI 0 to 10,000; `effective` = how many equal suppliers would give it."""

    hhi: float
    effective: float
    largest: float


def price(market: Market) -> Price:
    base = _Priced(replace(market, rules=_bare(market.rules)))
    secured = _Priced(market)
    whole = _premium("", base, secured)
    groups = sorted({group for offer in market.offers for group in offer.groups})
    each = tuple(
        _premium(group, base, _Priced(replace(market, rules=_only(market.rules, Failure((), (group,))))))
        for group in (groups if Kind.GROUP in market.rules.protect else ())
    )
    return Price(base.plan, secured.plan, whole, each)


def concentration(market: Market, plan: Plan) -> Concentration:
    """By supplier, of use at list price over all phases: what HHI is reported of, never limited by."""
    offers = {offer.id: offer for offer in market.offers}
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for (_, name, phase), size in plan.use.items():
        paid[offers[name].supplier] += size * offers[name].tiers[phase][0][1]
    total = sum(paid.values(), ZERO)
    if not total:
        return Concentration(0.0, 0.0, 0.0)
    shares = [float(amount / total) for amount in paid.values()]
    index = sum(share * share for share in shares)
    return Concentration(10_000 * index, 1 / index, max(shares))


def service(market: Market, plan: Plan) -> Mapping[tuple[Failure, Phase], float]:
    """The share of everything asked that each failure leaves, whatever a plan was asked to survive."""
    kinds = frozenset(Kind)
    full = {(phase, demand.priority): Decimal(1) for phase in Phase for demand in market.demands}
    pool = Pool(replace(market, rules=replace(market.rules, protect=kinds, service=full)))
    aims = Aims(pool)
    retained = [float(offer.id in plan.retained) for offer in pool.offers]
    found = {}
    for phase in pool.phases:
        asked = sum(pool.kept(phase))
        for failure, stays in zip(pool.failures, aims.staying(retained, phase), strict=True):
            found[failure, phase] = stays / asked
    return found


class _Priced:
    """A market solved as finely as it turns out to be needed."""

    def __init__(self, market: Market) -> None:
        self.market, self.step = market, -1
        self.low, self.high = 0.0, 0.0
        self.finer()

    def finer(self) -> bool:
        """Solve with the next smaller gap; False when there is none."""
        if self.step + 1 == len(_GAPS):
            return False
        self.step += 1
        search = Search(replace(self.market, rules=replace(self.market.rules, gap=_GAPS[self.step])))
        self.plan = search.plan()
        self.low, self.high = max(self.low, search.bound), search.value
        return True


def _premium(name: str, base: _Priced, secured: _Priced) -> Premium:
    while True:
        low, high = max(0.0, secured.low - base.high), max(0.0, secured.high - base.low)
        found = Premium(name, base.high, low, high)
        if found.stated:
            return found
        wider, other = sorted((base, secured), key=lambda one: one.low - one.high)
        if not wider.finer() and not other.finer():
            return found


def _bare(rules: Rules) -> Rules:
    return replace(rules, protect=frozenset(), chosen=frozenset())


def _only(rules: Rules, failure: Failure) -> Rules:
    return replace(rules, protect=frozenset(), chosen=frozenset({failure}))
