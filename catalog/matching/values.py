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

from catalog.matching.survival import Resilience
from catalog.portfolio.values import Exposure
from space_hub.text import Reason, Word
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
class PaperAsked:
    """A document that the supplier must hold through the whole window: a cyber level, a licence, an approval to export.

    `kind` is one of the kinds of evidence at the front door. Empty `levels`: any; every one of `recognised_by`
    (nations or bodies) must accept it.
    """

    kind: str
    levels: tuple[str, ...] = ()
    recognised_by: frozenset[str] = frozenset()


class LossKind(Word, of="loss_kind"):
    """What a plan may be asked to survive the loss of, one at a time."""

    SUPPLIER = "supplier"
    COMMON_MODE = "common_mode"
    """Everything that rests on one thing: an owner, a launcher, a ground network."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of the set of suppliers and not of one of them."""

    largest_share: float | None = None
    """Most that one supplier may hold of the quantity of a phase, 0 to 1."""
    least_suppliers: int = 1
    least_jurisdictions: int = 1
    """Nations that the suppliers of the set are registered in."""
    survive: tuple[LossKind, ...] = ()
    service_kept: float = 1.0
    """Share of each phase's quantity that must be left after such a loss, 0 to 1."""


NO_WISHES = Wishes()
LEAST_URGENT = 15
"""1 is served first; fifteen levels, as in the terms of assured access (`catalog.promise.access`)."""


@dataclass(frozen=True, slots=True)
class Need:
    """A requirement as a value. Empty `nations` or `owner_nations` means every nation that is not excluded.

    `users` are the nations that must be able to use what is delivered. `sanctioned_nations` and
    `sanctioned_names` (keys of names, `catalog.shelf.names`) bar a supplier, its owner and whatever it is
    known to rest on.
    """

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
    users: frozenset[str] = frozenset()
    sanctioned_nations: frozenset[str] = frozenset()
    sanctioned_names: frozenset[str] = frozenset()
    papers: tuple[PaperAsked, ...] = ()
    least_maturity: str | None = None
    wishes: Wishes = NO_WISHES
    priority: int = LEAST_URGENT
    originator: str = ""
    """The office or unit that the need comes from, in its own words."""
    nation: str = ""
    """Of the asker: its own capacity comes first. Empty: of nobody yet, as in a template."""

    @property
    def largest_share(self) -> float | None:
        return self.wishes.largest_share


@dataclass(frozen=True, slots=True)
class UnitPrice:
    unit_price: Decimal
    retainer_per_day: Decimal
    currency: str


@dataclass(frozen=True, slots=True, order=True)
class Paper:
    """A document of a supplier that the asker may know of: neither doubted nor withdrawn."""

    id: str
    kind: str
    level: str
    recognised_by: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True, order=True)
class Dependency:
    """What an offering or its supplier rests on. Two that share `group` may fail together.

    `known` False: the supplier says that it does not know; `nation` empty: it did not say.
    """

    kind: str
    name_key: str
    name: str
    nation: str
    known: bool

    @property
    def group(self) -> str:
        return f"{self.kind}:{self.name_key}"


@dataclass(frozen=True, slots=True)
class Counted:
    """A value that counts for the score in place of a claim that it contradicts: its supplier could reply first.

    `replied`: it did; else the clock for it has run out. `finding` is where both can be read.
    """

    value: Measured
    finding: str
    replied: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offering as matching sees it; `deliveries_met` of `deliveries` is its supplier's record.

    What the asker may not know stands here as if it had not been said: it becomes a question. `release_to`
    None: everybody who may buy; `name_keys` are those of the supplier and of its owner.
    """

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
    release_to: frozenset[str] | None = None
    maturity: str | None = None
    national: bool = False
    name_keys: frozenset[str] = frozenset()
    papers: tuple[Paper, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    counted: Mapping[str, Counted] = field(default_factory=dict)
    """By attribute; only the score reads it, gates go by what is claimed."""


class Outcome(Word, of="gate_outcome"):
    PASS = "pass"  # noqa: S105 -- an answer, not a secret.
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition that was judged. `name` and `params` make its sentence; `clause` is the place of its clause.

    `evidence` is the id of the document that the answer rests on.
    """

    name: str
    outcome: Outcome
    params: Mapping[str, Any] = field(default_factory=dict)
    clause: int | None = None
    evidence: str | None = None

    @property
    def term(self) -> str:
        """Which term of the requirement it judges: the same for every offering."""
        if self.clause is not None:
            return f"clause.{self.clause:03}"
        return f"paper.{self.params['kind']}" if self.name == "paper" else self.name


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
class Stability:
    """Shares of the samples of weights in which an offering keeps its place by score, and is among the `first`."""

    keeps_place: float
    among_first: float
    first: int


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What would let a refused offering in: every gate that fails, mended; or one in reserve: its price.

    `if_answered`: and its open questions answered well.
    """

    changes: tuple[Reason, ...]
    if_answered: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one candidate."""

    candidate: Candidate
    verdict: Verdict
    gates: tuple[Gate, ...]
    fit: Fit | None
    quantities: Mapping[Phase, Decimal]
    reasons: tuple[Reason, ...]
    counterfactual: Counterfactual | None = None
    stability: Stability | None = None


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
class Barrier:
    """A term of the requirement that keeps other suppliers out.

    Each supplier is judged by its offering that misses the fewest terms: that one misses this term (`suppliers`),
    and nothing else (`alone`).
    """

    term: Reason
    suppliers: int
    alone: int


@dataclass(frozen=True, slots=True)
class Sole:
    """One supplier alone fits: a second look at the requirement is due before it is published.

    `might_join`: suppliers that only have questions to answer.
    """

    provider_id: str
    might_join: int
    barriers: tuple[Barrier, ...]


@dataclass(frozen=True, slots=True)
class Eased:
    """One term of the requirement asked for less: a bound moved `to` another value, or given up (None).

    `share`: of the way from threshold to objective, or of `relax.scale` where there is no objective.
    """

    term: str
    reason: Reason
    share: float
    to: float | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least to give up for the requirement to be met. Not `proven`: the search ended at its limit."""

    eased: tuple[Eased, ...]
    norm: float
    proven: bool


@dataclass(frozen=True, slots=True)
class Impasse:
    """Why the requirement cannot be met, and what would do.

    `conflict`: terms that no pool of what is offered can meet together, whatever is answered, and of which none
    can be left out; None when the open `questions` (offerings that have no other fault) may do. Empty: not even
    without any of them, the shelf holds too little.
    """

    relaxation: Relaxation | None
    conflict: tuple[Reason, ...] | None
    questions: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A proposal. It awards nothing: an agency does."""

    judged: tuple[Judged, ...]
    phases: tuple[PhaseCover, ...]
    losses: tuple[Loss, ...]
    suppliers: int
    """Distinct suppliers among the eligible offerings."""
    sole: Sole | None = None
    impasse: Impasse | None = None
    protects: tuple[LossKind, ...] = ()
    """What the set was asked to survive."""
    gap: float = 0.0
    """How far at most its cost is from the least, as a share."""
    exposed: tuple[Exposure, ...] = ()
    """What of that it does not survive whole."""
    resilience: Resilience | None = None
    """None where nothing is eligible."""

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
