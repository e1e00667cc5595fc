"""Tiny pools counted out: every set of offers, every way of sharing whole units among the demands. No solver.

Prices, breaks, guarantees, capacities, quotas and shares fall on whole units here, so that without budgets
the best plan of all does too, and the count finds it. A budget may end between two units: then the plan
lies between the count without budgets and the count within them. What a plan costs and whose bill
it is are said here a second time, from what the rules mean, in whole numbers and fractions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from random import Random

from catalog.portfolio.optimise import Search
from catalog.portfolio.values import Demand, Market, Offer, Plan, Rules, Tiers
from space_hub.vocabulary.phases import Phase

PEACE = Phase.PEACE
_CLOSE = Fraction(1, 10**6)
_BUDGET_KEPT = Fraction(4, 10**6)
"""Part of a budget that a plan leaves unused."""

Units = int | Fraction
Parts = tuple[Units, ...]
"""Units of each offer: whole ones where they are counted out, of a plan any."""


@dataclass(frozen=True, order=True)
class Count:
    """`wanting`: units that are missing, and for each supplier or jurisdiction too few a typical demand."""

    wanting: Fraction
    cost: Fraction


def run(pools: int) -> dict[str, object]:
    found = [differs(seed) for seed in range(pools)]
    wrong = {seed: said for seed, said in enumerate(found) if said}
    return {"pools": pools, "kinds": len(_KINDS), "wrong": wrong, "holds": not wrong}


def differs(seed: int) -> str:
    """What is not as counted; nothing where all is."""
    market = drawn(seed)
    search = Search(market)
    plan = search.plan()
    counter = Counter(market, int(search.pool.decimal(search.model.batch)))
    mine = counter.of(plan)
    if mine is None:
        return "the plan breaks a rule or says a cost that is not its own"
    free = Counter(replace(market, rules=replace(market.rules, budget={})), counter.batch).best()
    within = counter.best()
    if not market.rules.budget:
        return "" if _same(mine, within) else f"plan {mine}, counted {within}"
    if mine.wanting < free.wanting - _CLOSE or (_level(mine, free) and mine.cost < free.cost * (1 - _BUDGET_KEPT)):
        return f"plan {mine} is better than without budgets: {free}"
    room = _BUDGET_KEPT * sum(map(Fraction, market.rules.budget.values()), Fraction())
    if mine.wanting > within.wanting + room or (_level(mine, within) and mine.cost > within.cost + room):
        return f"plan {mine}, counted {within}"
    return ""


def _level(one: Count, other: Count) -> bool:
    return abs(one.wanting - other.wanting) < _CLOSE


def _same(one: Count, other: Count) -> bool:
    return _level(one, other) and abs(one.cost - other.cost) < _CLOSE


class Counter:
    """`batch`: the units that a missing supplier or jurisdiction counts for."""

    def __init__(self, market: Market, batch: int) -> None:
        self.market, self.rules, self.batch = market, market.rules, batch
        self.offers = market.offers
        self.demands = sorted(market.demands, key=lambda one: one.priority)
        self.asked = [int(one.quantity[PEACE]) for one in self.demands]
        everything = list(self._ways([list(self._parts(place, size)) for place, size in enumerate(self.asked)]))
        most = max(tuple(map(sum, way)) for way in everything)
        self.aims = list(most)
        self.ways = [way for way in everything if all(sum(mine) <= aim for mine, aim in zip(way, most, strict=True))]

    def best(self) -> Count:
        return min(
            count
            for kept in product((False, True), repeat=len(self.offers))
            for way in self.ways
            if (count := self.count(kept, way)) is not None
        )

    def count(self, kept: tuple[bool, ...], way: tuple[Parts, ...]) -> Count | None:
        """None where a rule forbids it."""
        if any(units and not there for parts in way for units, there in zip(parts, kept, strict=True)):
            return None
        names = {offer.id for offer, there in zip(self.offers, kept, strict=True) if there}
        if any(pair <= names for pair in self.rules.incompatible):
            return None
        for (nation, _), most in self.rules.budget.items():
            if self.bill(nation, kept, way) > Fraction(most):
                return None
        missing = sum(self.aims) - sum(map(sum, way))
        used = [sum(column) for column in zip(*way, strict=True)]
        costs = (_cost(offer, units) for offer, units, there in zip(self.offers, used, kept, strict=True) if there)
        wanting = Fraction(missing) + self.batch * self._kinds_missing(names)
        return Count(wanting, sum(costs, Fraction()))

    def bill(self, nation: str, kept: tuple[bool, ...], way: tuple[Parts, ...]) -> Fraction:
        """Use at list price, and of all else that an offer costs a part by what it could serve of the nation's."""
        found = Fraction()
        for place, (offer, there) in enumerate(zip(self.offers, kept, strict=True)):
            if not there:
                continue
            listed = Fraction(offer.tiers[PEACE][0][1])
            able = [one for one in self.demands if offer.id in one.eligible] or self.demands
            asked = sum((Fraction(one.quantity[PEACE]) for one in able), Fraction())
            part = sum((Fraction(one.quantity[PEACE]) for one in able if one.nation == nation), Fraction()) / asked
            used = sum((Fraction(parts[place]) for parts in way), Fraction())
            taken = [parts[place] for one, parts in zip(self.demands, way, strict=True) if one.nation == nation]
            mine = sum(map(Fraction, taken), Fraction())
            found += listed * mine + part * (_cost(offer, used) - listed * used)
        return found

    def of(self, plan: Plan) -> Count | None:
        """A plan by the same rules; its units need not be whole. None where it breaks one or misstates its cost."""
        kept = tuple(offer.id in plan.retained for offer in self.offers)
        way = tuple(
            tuple(Fraction(plan.use.get((one.id, offer.id, PEACE), 0)) for offer in self.offers) for one in self.demands
        )
        count = self.count(kept, way)
        if count is None or not self._kept_within(way) or abs(count.cost - Fraction(plan.cost)) > _CLOSE:
            return None
        return count

    def _kept_within(self, way: tuple[Parts, ...]) -> bool:
        return all(
            self._fits(place, parts) and sum(parts) <= self.asked[place] for place, parts in enumerate(way)
        ) and self._share_out(way)

    def _parts(self, place: int, size: int) -> Iterator[Parts]:
        rooms = [range(min(size, int(offer.capacity[PEACE])) + 1) for offer in self.offers]
        for parts in product(*rooms):
            if sum(parts) <= size and self._fits(place, parts):
                yield parts

    def _fits(self, place: int, parts: Parts) -> bool:
        """Of one demand: who may serve it, and the share of each supplier."""
        demand = self.demands[place]
        most = Fraction(self.rules.largest_share) * self.asked[place]
        by_supplier: dict[str, Units] = {}
        for offer, units in zip(self.offers, parts, strict=True):
            if units and offer.id not in demand.eligible:
                return False
            by_supplier[offer.supplier] = by_supplier.get(offer.supplier, 0) + units
        return max(by_supplier.values()) <= most

    def _share_out(self, way: tuple[Parts, ...]) -> bool:
        """Of all demands together: capacity and each nation's quota."""
        for place, offer in enumerate(self.offers):
            by_nation: dict[str, Units] = {}
            for one, parts in zip(self.demands, way, strict=True):
                by_nation[one.nation] = by_nation.get(one.nation, 0) + parts[place]
            if sum(by_nation.values()) > Fraction(offer.capacity[PEACE]):
                return False
            for nation, units in by_nation.items():
                if units > Fraction(self.rules.quota.get((nation, offer.id), offer.capacity[PEACE])):
                    return False
        return True

    def _ways(self, parts: list[list[Parts]]) -> Iterator[tuple[Parts, ...]]:
        return (way for way in product(*parts) if self._share_out(way))

    def _kinds_missing(self, names: set[str]) -> int:
        missing = 0
        for least, kind in ((self.rules.least_suppliers, "supplier"), (self.rules.least_jurisdictions, "jurisdiction")):
            for demand in self.demands:
                able = [offer for offer in self.offers if offer.id in demand.eligible]
                there = {getattr(offer, kind) for offer in able if offer.id in names}
                possible = {getattr(offer, kind) for offer in able}
                missing += max(0, min(least, len(possible)) - len(there)) if least > 1 else 0
        return missing


def _cost(offer: Offer, units: Units) -> Fraction:
    """Tier after tier for the part within it; at least the guarantee; the retainer beside it."""
    tiers = offer.tiers[PEACE]
    paid = Fraction()
    for place, (start, price) in enumerate(tiers):
        end = Fraction(tiers[place + 1][0]) if place + 1 < len(tiers) else Fraction(units)
        paid += Fraction(price) * max(Fraction(0), min(Fraction(units), end) - Fraction(start))
    return Fraction(offer.retainer.get(PEACE, 0)) + max(paid, Fraction(offer.guarantee))


_KINDS = ("plain", "suppliers", "jurisdictions", "share", "quota", "pairs", "prices", "budget", "lone", "all")


def drawn(seed: int) -> Market:
    """Each kind of rule by itself in turn, then all of them; three or four offers, demands of 2 or 4 units."""
    kind, draw = _KINDS[seed % len(_KINDS)], Random(seed)
    names = [f"off_{place}" for place in range(3 if kind in ("budget", "all") else draw.randint(3, 4))]

    def has(*kinds: str) -> bool:
        return kind in kinds or kind == "all"

    offers = tuple(_offer(draw, name, prices=has("prices")) for name in names)
    demands = tuple(
        Demand(
            f"req_{place}",
            ("FR", "DE")[place] if has("budget", "quota") else draw.choice(("FR", "DE")),
            {PEACE: Decimal(draw.choice((2, 4)))},
            {name: 1.0 for name in names if draw.random() < 0.8},
            priority=place + 1,
        )
        for place in range(1 if kind == "lone" else 2)
    )
    pairs = list(combinations(names, 2))
    return Market(
        offers,
        demands,
        Rules(
            largest_share=Decimal("0.5") if has("share") or (kind == "lone" and draw.random() < 0.5) else Decimal(1),
            least_suppliers=draw.choice((2, 3)) if has("suppliers") else draw.choice((1, 2)) if kind == "lone" else 1,
            least_jurisdictions=2 if has("jurisdictions") else 1,
            budget={("FR", PEACE): Decimal(draw.randint(20, 110))} if has("budget") else {},
            quota={("FR", name): Decimal(draw.randint(0, 2)) for name in names[:2]} if has("quota") else {},
            incompatible=frozenset(map(frozenset, draw.sample(pairs, draw.randint(1, 2))))
            if has("pairs")
            else frozenset(),
        ),
    )


def _offer(draw: Random, name: str, *, prices: bool) -> Offer:
    listed = draw.randint(4, 20) * 2
    tiers: Tiers = ((Decimal(0), Decimal(listed)),)
    if prices and draw.random() < 0.7:
        tiers = (*tiers, (Decimal(draw.randint(1, 2)), Decimal(listed // 2)))
    offer = Offer(
        id=name,
        supplier=f"s{draw.randint(0, 3)}",
        jurisdiction=draw.choice(("FR", "DE", "US")),
        capacity={PEACE: Decimal(draw.randint(1, 4))},
        tiers={PEACE: tiers},
        tie=f"{draw.getrandbits(64):016x}",
        retainer={PEACE: Decimal(draw.choice((0, 5, 30)))},
    )
    whole = draw.choice((0, 1, 3)) if prices else 0
    return replace(offer, guarantee=_money(_cost(replace(offer, retainer={}), whole)))


def _money(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)
