"""What matching takes and gives: requirement, candidates, gates, recommendation. Pure.

Quantities are in the capability's capacity unit, prices in one currency per
price unit (one unit of capacity for one day), so that cost is per day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from space_hub.text import Word
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase


class Operator(StrEnum):
    AT_MOST = "<="
    AT_LEAST = ">="
    COVERS = "covers"
    """The offered range holds the whole asked range."""
    ALL_OF = "all_of"
    ANY_OF = "any_of"
    IS = "is"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is asked of an offering.

    A bound fills `threshold` (and perhaps `objective`, the value beyond which
    more is worth nothing) in the canonical unit; `covers` fills `threshold` and
    `upper`; codes fill `codes`; a flag fills `flag`. A hard clause decides, a
    soft one only scores, with `weight`.
    """

    attribute: str
    operator: Operator
    hard: bool = True
    weight: float = 1.0
    threshold: float | None = None
    objective: float | None = None
    upper: float | None = None
    codes: tuple[str, ...] = ()
    flag: bool | None = None


@dataclass(frozen=True, slots=True)
class PhaseNeed:
    phase: Phase
    quantity: float
    budget_per_day: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement as a value. Empty `nations` or `owner_nations` means every nation that is not excluded."""

    capability: str
    currency: str
    window: Interval
    phases: tuple[PhaseNeed, ...]
    clauses: tuple[Clause, ...] = ()
    area: Any = None
    nations: frozenset[str] = frozenset()
    excluded_nations: frozenset[str] = frozenset()
    owner_nations: frozenset[str] = frozenset()
    excluded_owner_nations: frozenset[str] = frozenset()
    standards: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    largest_share: float | None = None
    """Most that one supplier may hold of the quantity of a phase, 0 to 1."""


@dataclass(frozen=True, slots=True)
class UnitPrice:
    unit_price: Decimal
    retainer_per_day: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offering as matching sees it; `deliveries_met` of `deliveries` is its supplier's record."""

    offering_id: str
    version_id: str
    content_sha256: str
    provider_id: str
    title: str
    nation: str
    owner_nation: str | None
    capability: str
    modality: str
    attributes: Mapping[str, Measured]
    capacity: Mapping[Phase, float]
    prices: Mapping[Phase, UnitPrice]
    standards: frozenset[str] = frozenset()
    coverage: Any = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    deliveries: int = 0
    deliveries_met: int = 0


class Outcome(Word, of="gate_outcome"):
    PASS = "pass"  # noqa: S105 -- an answer, not a secret.
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition that was judged. `name` and `params` make its sentence; `clause` is the place of its clause."""

    name: str
    outcome: Outcome
    params: Mapping[str, Any] = field(default_factory=dict)
    clause: int | None = None


@dataclass(frozen=True, slots=True)
class Margin:
    """How far an offering goes from threshold (0) to objective (1) in one clause; None when it did not say."""

    clause: int
    value: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Fit:
    margins: tuple[Margin, ...]
    record: float
    """The supplier's record, 0 to 1; a newcomer has the neutral value."""
    score: float


class Verdict(Word, of="match_verdict"):
    TAKEN = "taken"
    RESERVE = "reserve"
    """Eligible; the quantity is covered at less cost without it."""
    QUESTION = "question"
    """Nothing speaks against it and something is not known: ask the supplier."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence of the message catalogue and its parameters."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one candidate."""

    candidate: Candidate
    verdict: Verdict
    gates: tuple[Gate, ...]
    fit: Fit | None
    quantities: Mapping[Phase, Decimal]
    reasons: tuple[Reason, ...]
    counterfactual: Reason | None = None


@dataclass(frozen=True, slots=True)
class PhaseCover:
    """How one phase is covered: quantities in the capacity unit, cost per day in the requirement's currency."""

    phase: Phase
    needed: Decimal
    covered: Decimal
    cost_per_day: Decimal
    budget_per_day: Decimal | None

    @property
    def shortfall(self) -> Decimal:
        return self.needed - self.covered

    @property
    def over_budget(self) -> bool:
        return self.budget_per_day is not None and self.cost_per_day > self.budget_per_day


@dataclass(frozen=True, slots=True)
class Loss:
    """What is missing in each phase when one supplier falls out.

    `taken`: with the full capacity of the other offerings taken; `pool`: with
    every other eligible offering called in as well.
    """

    provider_id: str
    taken: Mapping[Phase, Decimal]
    pool: Mapping[Phase, Decimal]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A proposal. It awards nothing: an agency does."""

    judged: tuple[Judged, ...]
    phases: tuple[PhaseCover, ...]
    losses: tuple[Loss, ...]
    suppliers: int
    """Distinct suppliers among the eligible offerings."""

    @property
    def covered(self) -> bool:
        return all(phase.shortfall == 0 for phase in self.phases)

    @property
    def single_supplier(self) -> bool:
        return self.suppliers == 1

    @property
    def cost_per_day(self) -> Decimal:
        """Over all phases asked, each counted once: what the set was chosen to make least."""
        return sum((phase.cost_per_day for phase in self.phases), Decimal(0))
