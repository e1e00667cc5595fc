"""What the optimiser takes and gives: a market of offers and demands, the rules of a plan, the plan. Pure.

Amounts are Decimal: quantities in one capacity unit, money in one currency for
one day. Gates and fit were judged before: a demand names the offers that may
serve it. One plan serves all phases: what is retained is retained in each, how
much of it is used differs, and the cost is that of a day of each phase, added.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from space_hub.text import Word
from space_hub.vocabulary.phases import Phase

ZERO = Decimal(0)

Tiers = tuple[tuple[Decimal, Decimal], ...]
"""(from quantity, unit price), the first from 0: a lower price holds for the part above its quantity."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One offering. `tie` is the hash of its content, `groups` what it shares with others and can fail with them.

    Retained, it costs `retainer` in each phase that is asked, and at least
    `guarantee` of its use is paid in each, used or not. `owner_nation` is set
    on national capacity: its owner's demands use it before anything else.
    """

    id: str
    supplier: str
    jurisdiction: str
    capacity: Mapping[Phase, Decimal]
    tiers: Mapping[Phase, Tiers]
    tie: str
    score: float = 0.0
    groups: frozenset[str] = frozenset()
    owner_nation: str | None = None
    retainer: Mapping[Phase, Decimal] = field(default_factory=dict)
    guarantee: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Demand:
    """One requirement of one nation; `priority` 1 is served first when there is not enough.

    `eligible` gives the fit of each offer that may serve it. `penalty` is what
    one missing unit costs for a day; without it, shortage is dearer than any offer. `tie` orders those of one
    priority; where it is empty, nation, quantity and id do.
    """

    id: str
    nation: str
    quantity: Mapping[Phase, Decimal]
    eligible: Mapping[str, float]
    priority: int = 1
    penalty: Decimal | None = None
    tie: str = ""


class Kind(Word, of="failure_kind"):
    SUPPLIER = "supplier"
    GROUP = "group"


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """What fails at once: suppliers, common-mode groups, or a pair chosen of them."""

    suppliers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def hits(self, offer: Offer) -> bool:
        return offer.supplier in self.suppliers or not offer.groups.isdisjoint(self.groups)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a plan must keep to. `service` is the share of a demand that a failure must leave, by phase and priority.

    `largest_share`: of each demand in each phase, by one supplier, when nothing
    fails. `least_suppliers`, `least_jurisdictions`: among the retained offers
    that may serve a demand, as far as the market has so many. `quota`: the most
    that a nation may take of an offer. A failure is judged on capacity and quotas
    alone: who has lost a supplier does not refuse the rest for shares or budgets.
    """

    largest_share: Decimal = Decimal(1)
    least_suppliers: int = 1
    least_jurisdictions: int = 1
    budget: Mapping[tuple[str, Phase], Decimal] = field(default_factory=dict)
    quota: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    incompatible: frozenset[frozenset[str]] = frozenset()
    protect: frozenset[Kind] = frozenset()
    chosen: frozenset[Failure] = frozenset()
    service: Mapping[tuple[Phase, int], Decimal] = field(default_factory=dict)
    gap: float = 0.0
    nodes: int = 20_000

    def kept(self, phase: Phase, priority: int) -> Decimal:
        return self.service.get((phase, priority), Decimal(1))


@dataclass(frozen=True, slots=True)
class Market:
    offers: tuple[Offer, ...]
    demands: tuple[Demand, ...]
    rules: Rules = field(default_factory=Rules)

    @property
    def phases(self) -> tuple[Phase, ...]:
        return tuple(phase for phase in Phase if any(each.quantity.get(phase, ZERO) > 0 for each in self.demands))


Use = Mapping[tuple[str, str, Phase], Decimal]
"""Quantity by demand id, offer id and phase; only what is above zero."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A failure that not everything asked survives: what `stays` of what was asked to stay, in one phase."""

    failure: Failure
    phase: Phase
    asked: Decimal
    stays: Decimal
    best: Decimal
    """What would stay with every offer of the market retained: less than asked means that no plan survives."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Offers retained, quantities and what they cost; a proposal, as all of matching is."""

    retained: tuple[str, ...]
    use: Use
    shortfall: Mapping[tuple[str, Phase], Decimal]
    cost: Decimal
    bills: Mapping[tuple[str, Phase], Decimal]
    """Cost by nation and phase; together they are `cost`, but for what the 28th digit of a share leaves."""
    exposed: tuple[Exposure, ...]
    gap: float
    """How far at most the value is from the best one, as a share of it."""
    nodes: int
    scenarios: int
    """Failures whose inequalities entered the model."""
    cuts: int
