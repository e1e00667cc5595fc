"""What it costs not to depend on anyone, as a number that the solver's gap cannot make up. Pure.

Premium = cost of the plan that survives, less cost of the cheapest one. Each is
known to its gap; the premium is stated once the two gaps together are below a
tenth of it, and as an interval where the nodes do not reach so far. What pairs or
budgets leave no way to survive counts at the price of a shortage; `Plan.exposed` tells it.
A group whose failure the cheapest plan survives costs nothing, without a solve; and no
group costs more than surviving all: that is the interval of those beyond `most_groups`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from catalog.portfolio import lone, settle
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
    cheapest: "Solved"
    secured: "Solved"
    premium: Premium
    by_group: tuple[Premium, ...]


@dataclass(frozen=True, slots=True)
class Concentration:
    """Of the money paid to suppliers. HHI 0 to 10,000; `effective` = how many equal suppliers would give it."""

    hhi: float
    effective: float
    largest: float


def price(
    market: Market,
    *,
    gaps: Sequence[float] = _GAPS,
    groups: Sequence[str] | None = None,
    most_groups: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> Price:
    """`gaps`: each finer than the last, as far as needed. `groups`: those to be priced one by one, all without it.

    Of these at most `most_groups` are solved, those first of which the cheapest plan loses most; `told` is
    called after each solve.
    """
    base = Solved(replace(market, rules=_bare(market.rules)), gaps)
    if groups is None:
        groups = sorted({group for offer in market.offers for group in offer.groups})
    if Kind.GROUP not in market.rules.protect:
        groups = ()
    lost = _lost(base, market.rules, groups)
    solved = sorted(lost, key=lambda group: (-lost[group], group))[:most_groups]
    told(1, 2 + len(solved))
    secured = Solved(market, gaps)
    whole = _premium("", base, secured)
    told(2, 2 + len(solved))
    found = {group: Premium(group, base.high, 0.0, whole.high if group in lost else 0.0) for group in groups}
    for done, group in enumerate(solved):
        only = replace(market, rules=_only(market.rules, Failure((), (group,))))
        found[group] = _premium(group, base, Solved(only, gaps))
        told(3 + done, 2 + len(solved))
    return Price(base, secured, whole, tuple(found.values()))


def _lost(base: "Solved", rules: Rules, groups: Sequence[str]) -> dict[str, Decimal]:
    """The groups that the cheapest plan does not survive as well as any plan could, and what it loses by them."""
    failures = frozenset(Failure((), (group,)) for group in groups)
    pool = Pool(replace(base.market, rules=replace(rules, protect=frozenset(), chosen=failures)))
    retained = [offer.id in base.plan.retained for offer in pool.offers]
    found: dict[str, Decimal] = {}
    for each in settle.exposed(pool, Aims(pool), retained):
        if each.stays < each.best:
            group = each.failure.groups[0]
            found[group] = found.get(group, ZERO) + each.best - each.stays
    return found


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


class Solved:
    """A market solved as finely as it turns out to be needed: its plan, and between what its least cost lies."""

    def __init__(self, market: Market, gaps: Sequence[float] = _GAPS) -> None:
        self.market, self.gaps, self.step = market, gaps, -1
        self.low, self.high = 0.0, 0.0
        self.finer()

    def finer(self) -> bool:
        """Solve with the next smaller gap; False when there is none."""
        if self.step + 1 == len(self.gaps):
            return False
        self.step += 1
        search = Search(replace(self.market, rules=replace(self.market.rules, gap=self.gaps[self.step])))
        self.plan, self.value = search.plan(), search.value
        self.low, self.high = max(self.low, search.bound), search.value
        if lone.applies(self.market) and not (self.market.rules.incompatible or self.market.rules.budget):
            # Everything that can be had is had, so the value is the cost and what separates ties: the cost is exact.
            self.high = float(self.plan.cost)
            self.low = min(self.low, self.high)
        return True


def _premium(name: str, base: Solved, secured: Solved) -> Premium:
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
