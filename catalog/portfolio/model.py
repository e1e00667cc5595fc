"""The mixed-integer program of a pool, in scaled floats, for HiGHS. Pure.

Columns: retain x, use y by pair and phase, and what turns costs that are not
straight into straight ones (top-up of a guarantee, a line of a volume price).
Failures have no columns: their inequalities are added in x as they are found
(`Aims.cuts`). Every wish that the rules together may forbid has a slack that
is dearer than any offer, so there is always an answer.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np

from catalog.portfolio import pricing
from catalog.portfolio.aims import Aims, Cut, Scenario
from catalog.portfolio.pool import Pool
from catalog.portfolio.values import ZERO
from space_hub.vocabulary.phases import Phase

_TIE = 1e-6
"""Of the price of a typical demand: what separates plans of equal cost, by score and hash of what they retain."""
_LOOSE = 1e-3
"""Of a typical demand: a use that is less than this beyond what is retained is not worth a row."""
_ROOM = Decimal("0.000002")
"""Part of a budget that stays unused, so that what floats leave over cannot exceed it."""


Row = tuple[dict[int, float], float, float]
"""Terms by column, low, high."""


def steep(pool: Pool) -> Decimal:
    """More for one unit than any offer asks for serving the smallest demand with it alone, and than any penalty."""
    dearest = max((demand.penalty or ZERO for demand in pool.demands), default=ZERO)
    for offer in pool.offers:
        charges = sum((pricing.standing(offer, phase) for phase in pool.phases), ZERO)
        for phase in pool.phases:
            if phase in offer.tiers and offer.capacity.get(phase, ZERO) > 0:
                part = min(offer.capacity[phase], pool.decimal(min(need for need in pool.need[phase] if need > 0)))
                dearest = max(dearest, offer.tiers[phase][0][1] + charges / part)
    return 10 * max(dearest, Decimal(1))


class Model:
    """Columns and rows as lists until they are handed to the solver; `x`, `y` and `t` say where columns stand."""

    def __init__(self, pool: Pool, aims: Aims) -> None:
        self.pool, self.aims = pool, aims
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.whole: list[int] = []
        self.rows: list[Row] = []
        asked = sorted(size for sizes in aims.nominal.values() for size in sizes if size > 0) or [1]
        self.batch = asked[len(asked) // 2]
        """Units of quantity in one of the model."""
        prices = sorted(tiers[0][1] for offer in pool.offers for tiers in offer.tiers.values()) or [Decimal(1)]
        self.money = max(prices[len(prices) // 2], Decimal("0.000001")) * pool.decimal(self.batch)
        """Money in one of the model."""
        self.steep = float(steep(pool) * pool.decimal(self.batch) / self.money)
        count = max(1, len(pool.offers))
        self.x = [
            self.column(
                float(sum((offer.retainer.get(phase, ZERO) for phase in pool.phases), ZERO) / self.money)
                + _TIE * (place + 1) / count,
                1.0,
                whole=True,
            )
            for place, offer in enumerate(pool.offers)
        ]
        self.y: dict[tuple[int, int, Phase], int] = {}
        self.extra: dict[tuple[int, Phase], dict[int, float]] = {}
        """What an offer costs in a phase above its use at list price and its retainer."""
        self.slack: dict[Scenario, int] = {}
        self.missing: list[int] = []
        self._used: dict[tuple[int, Phase], list[int]] = {}
        for phase in pool.phases:
            self._uses(phase)
            for offer in range(len(pool.offers)):
                self._charges(offer, phase)
            self._shares(phase)
        self.own = self._own()
        self.flows = len(self.rows)
        """Rows up to here say what can flow at all; those after, what may be chosen."""
        self._pairs()
        self._variety()
        self._budgets()

    def column(self, cost: float, upper: float, *, whole: bool = False) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        if whole:
            self.whole.append(len(self.cost) - 1)
        return len(self.cost) - 1

    def row(self, terms: dict[int, float], low: float = -np.inf, high: float = np.inf) -> None:
        self.rows.append((terms, low, high))

    def cut_row(self, cut: Cut) -> Row:
        """The inequality of a failure, over what it asks; the first of a scenario brings its slack, a new column."""
        terms = {self.x[offer]: most / cut.least for offer, most in cut.carried}
        if cut.scenario not in self.slack:
            self.slack[cut.scenario] = self.column(self.steep, np.inf)
        terms[self.slack[cut.scenario]] = self.batch / cut.least
        return terms, 1.0, np.inf

    def ties(self, values: Sequence[float]) -> list[Row]:
        """No use of an offer beyond the part of it that is retained: each pair where a relaxed answer does so."""
        found: list[Row] = []
        for (offer, _, _), column in self.y.items():
            kept, most = self.x[offer], self.upper[column]
            if values[column] > most * values[kept] + _LOOSE:
                found.append(({column: 1.0, kept: -most}, -np.inf, 0.0))
        return found

    def _uses(self, phase: Phase) -> None:
        pool = self.pool
        served: dict[int, dict[int, float]] = {}
        for offer, demand in pool.pairs[phase]:
            listed = float(pool.offers[offer].tiers[phase][0][1] * pool.decimal(self.batch) / self.money)
            size = min(pool.capacity[phase][offer], pool.share[phase][demand])
            size = min(size, pool.quota.get((offer, pool.demands[demand].nation), size))
            self.y[offer, demand, phase] = column = self.column(listed, size / self.batch)
            served.setdefault(demand, {})[column] = 1.0
            self._used.setdefault((offer, phase), []).append(column)
        for demand, terms in served.items():
            penalty = pool.demands[demand].penalty
            price = self.steep if penalty is None else float(penalty * pool.decimal(self.batch) / self.money)
            missing = self.column(price, np.inf)
            self.missing.append(missing)
            aim = self.aims.nominal[phase][demand] / self.batch
            self.row({**terms, missing: 1.0}, aim, aim)

    def _charges(self, place: int, phase: Phase) -> None:
        """Capacity, volume prices and guarantee of one offer in one phase."""
        pool, offer = self.pool, self.pool.offers[place]
        used = dict.fromkeys(self._used.get((place, phase), ()), 1.0)
        size = pool.capacity[phase][place] / self.batch
        self.extra[place, phase] = extra = {}
        if used:
            self.row({**used, self.x[place]: -size}, high=0.0)
        if phase not in offer.tiers:
            return
        unit = pool.decimal(self.batch) / self.money
        listed = offer.tiers[phase][0][1]
        if used and len(offer.tiers[phase]) > 1:
            on_lines: dict[int, float] = {}
            chosen: dict[int, float] = {}
            for fixed, price in pricing.lines(offer.tiers[phase])[1:]:
                taken = self.column(float(fixed / self.money), 1.0, whole=True)
                amount = self.column(-float((listed - price) * unit), size)
                extra[taken], extra[amount] = self.cost[taken], self.cost[amount]
                self.row({amount: 1.0, taken: -size}, high=0.0)
                on_lines[amount], chosen[taken] = 1.0, 1.0
            self.row({**on_lines, **dict.fromkeys(used, -1.0)}, high=0.0)
            self.row({**chosen, self.x[place]: -1.0}, high=0.0)
        least = float(pricing.guaranteed(offer, phase) / self.money)
        if least > 0:
            paid = dict.fromkeys(used, float(listed * unit)) | extra
            beyond = self.column(1.0, np.inf)
            extra[beyond] = 1.0
            self.row({beyond: 1.0, **paid, self.x[place]: -least}, low=0.0)

    def _shares(self, phase: Phase) -> None:
        """Of one supplier's offers together; quotas of a nation likewise. One alone is bounded in its column."""
        pool = self.pool
        suppliers: dict[tuple[str, int], dict[int, float]] = {}
        nations: dict[tuple[int, str], dict[int, float]] = {}
        for offer, demand in pool.pairs[phase]:
            column = self.y[offer, demand, phase]
            suppliers.setdefault((pool.offers[offer].supplier, demand), {})[column] = 1.0
            nation = pool.demands[demand].nation
            if (offer, nation) in pool.quota:
                nations.setdefault((offer, nation), {})[column] = 1.0
        for (_, demand), terms in suppliers.items():
            most = pool.share[phase][demand]
            if len(terms) > 1 and most < pool.need[phase][demand]:
                self.row(terms, high=most / self.batch)
        for key, terms in nations.items():
            self.row(terms, high=pool.quota[key] / self.batch)

    def _pairs(self) -> None:
        for pair in sorted(self.pool.rules.incompatible, key=sorted):
            places = sorted(self.pool.place[name] for name in pair if name in self.pool.place)
            if len(places) > 1:
                self.row({self.x[place]: 1.0 for place in places}, high=1.0)

    def _variety(self) -> None:
        """Retained offers of enough suppliers and jurisdictions for each demand, as far as there are so many."""
        rules = self.pool.rules
        for least, names in (
            (rules.least_suppliers, [offer.supplier for offer in self.pool.offers]),
            (rules.least_jurisdictions, [offer.jurisdiction for offer in self.pool.offers]),
        ):
            if least < 2:
                continue
            for demand in range(len(self.pool.demands)):
                kinds: dict[str, set[int]] = {}
                for offers in self.aims.reach[demand].values():
                    for offer in offers:
                        kinds.setdefault(names[offer], set()).add(offer)
                terms = {self.column(self.steep, np.inf): 1.0}
                for name in sorted(kinds):
                    there = self.column(0.0, 1.0)
                    terms[there] = 1.0
                    self.row({there: 1.0, **{self.x[offer]: -1.0 for offer in sorted(kinds[name])}}, high=0.0)
                self.row(terms, low=float(min(least, len(kinds))))

    def _budgets(self) -> None:
        """As `pricing.bills` shares costs: use at list price, standing charges by what was asked."""
        pool = self.pool
        for (nation, phase), most in sorted(pool.rules.budget.items()):
            if phase not in pool.phases:
                continue
            terms = {
                column: self.cost[column]
                for (_, demand, at), column in self.y.items()
                if at is phase and pool.demands[demand].nation == nation
            }
            everyone = pricing.asked_by_nation(pool.market, phase)
            for place, offer in enumerate(pool.offers):
                shares = pricing.asked_shares(offer, phase, pool.demands) or everyone
                part = float(shares.get(nation, ZERO) / sum(shares.values(), ZERO))
                if part > 0:
                    terms[self.x[place]] = part * float(offer.retainer.get(phase, ZERO) / self.money)
                    for column, value in self.extra[place, phase].items():
                        terms[column] = terms.get(column, 0.0) + part * value
            self.row(terms, high=float(most * (1 - _ROOM) / self.money))

    def _own(self) -> dict[Phase, dict[int, float]]:
        """By phase the columns by which national capacity serves its owner."""
        pool = self.pool
        found: dict[Phase, dict[int, float]] = {}
        for (offer, demand, phase), column in self.y.items():
            if pool.offers[offer].owner_nation == pool.demands[demand].nation:
                found.setdefault(phase, {})[column] = 1.0
        return found


def starts(rows: Iterable[Row]) -> tuple[list[int], list[int], list[float]]:
    """Rows as the solver takes them: where each begins, columns, values."""
    begins, columns, values = [], list[int](), list[float]()
    for terms, _, _ in rows:
        begins.append(len(columns))
        columns += terms.keys()
        values += terms.values()
    return begins, columns, values
