"""Points of a quote by criteria that were frozen before any quote was made. Pure.

A criterion gives 0 at its threshold or worse, 1 at its objective or better, and
the linear share between: an additive value function (Keeney and Raiffa 1976). Points are absolute. They never
depend on another quote, so a quote that comes or goes turns no two others round, and a supplier's debrief
can be told from its own quote alone.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from catalog.competition.canonical import canonical
from space_hub.errors import HubError, Invalid
from space_hub.text import Word
from space_hub.vocabulary.money import CURRENCIES
from space_hub.vocabulary.units import DIMENSIONS

PLACES = Decimal("0.0001")


class CriterionKind(Word, of="criterion_kind"):
    PRICE = "price"
    """The quote's total."""
    TIME = "time"
    """How long something takes, as the quote names it."""
    ATTRIBUTE = "attribute"
    """An attribute of the offering, as the quote or the pinned version says it."""
    READINESS = "readiness"
    """What the hub knows of the supplier's record; a newcomer has the neutral value."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """More is better where the objective is above the threshold, less where it is below.

    Whoever does not reach the threshold of a `hard` criterion is out, whatever else it offers.
    """

    name: str
    kind: CriterionKind
    weight: Decimal
    threshold: Decimal
    objective: Decimal
    hard: bool = False
    unit: str = ""
    """Of threshold, objective and values: a currency for a price, a unit of time for a time, else any or none."""


@dataclass(frozen=True, slots=True)
class Score:
    """`points` by criterion from 0 to 1, `total` weighted, and the hard criteria that were not met or not answered."""

    points: Mapping[str, Decimal]
    total: Decimal
    failed_hard: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What ranking needs of one quote."""

    provider_id: str
    price: Decimal
    score: Score


@dataclass(frozen=True, slots=True)
class Debrief:
    """What a supplier reads after the decision: its own quote against the criteria, and no rival."""

    values: Mapping[str, Decimal]
    """What was judged: the quote's own figures and the hub's facts of this supplier."""
    points: Mapping[str, Decimal]
    weights: Mapping[str, Decimal]
    total: Decimal
    failed_hard: tuple[str, ...]
    awarded: bool
    reasons: str


def faults(criteria: Sequence[Criterion]) -> list[HubError]:
    """Everything that is wrong with criteria; empty when they can be frozen."""
    if not criteria:
        return [Invalid("scoring.no_criteria")]
    found: list[HubError] = []
    names = [each.name for each in criteria]
    for name in sorted({name for name in names if names.count(name) > 1}):
        found.append(Invalid("scoring.criterion_twice", name=name))
    for each in criteria:
        numbers = (each.weight, each.threshold, each.objective)
        if not all(number.is_finite() for number in numbers) or each.weight <= 0:
            found.append(Invalid("scoring.weight_wrong", name=each.name, given=str(each.weight)))
        elif each.threshold == each.objective:
            found.append(Invalid("scoring.no_margin", name=each.name, given=f"{each.threshold:f}"))
        elif each.kind in {CriterionKind.PRICE, CriterionKind.TIME} and each.objective > each.threshold:
            found.append(Invalid("scoring.wrong_way", name=each.name, kind=CriterionKind(each.kind)))
        if not _fits(each):
            found.append(Invalid("scoring.unit_wrong", name=each.name, kind=CriterionKind(each.kind), given=each.unit))
    whole = sum((each.weight for each in criteria if each.weight.is_finite()), Decimal(0))
    if whole != 1:
        found.append(Invalid("scoring.weights_sum", given=f"{whole:f}"))
    return found


def frozen(criteria: Sequence[Criterion]) -> list[dict[str, Any]]:
    """Criteria as a notice shows them, amounts as text in one spelling."""
    return [
        {
            "name": each.name,
            "kind": each.kind.value,
            "weight": _plain(each.weight),
            "threshold": _plain(each.threshold),
            "objective": _plain(each.objective),
            "hard": each.hard,
            "unit": each.unit,
        }
        for each in criteria
    ]


def freeze(criteria: Sequence[Criterion]) -> str:
    """SHA-256 of the criteria in their order. Refused when they have a fault."""
    wrong = faults(criteria)
    if wrong:
        error = Invalid("scoring.criteria_refused", count=len(wrong))
        error.causes = tuple(wrong)
        raise error
    return hashlib.sha256(canonical(frozen(criteria))).hexdigest()


def score(criteria: Sequence[Criterion], quote: Mapping[str, Decimal], facts: Mapping[str, Decimal]) -> Score:
    """Points of `quote`; readiness is taken from `facts`, which the hub knows, and from nowhere else.

    What a quote leaves out has no points, and fails where the criterion is hard.
    """
    points, failed = {}, []
    for each in criteria:
        given = _given(each, quote, facts)
        if given is not None and not given.is_finite():
            raise Invalid("scoring.value_wrong", name=each.name, given=str(given))
        share = Decimal(0) if given is None else (given - each.threshold) / (each.objective - each.threshold)
        points[each.name] = min(Decimal(1), max(Decimal(0), share)).quantize(PLACES, ROUND_HALF_EVEN)
        if each.hard and (given is None or share < 0):
            failed.append(each.name)
    total = sum((each.weight * points[each.name] for each in criteria), Decimal(0))
    return Score(points, total.quantize(PLACES, ROUND_HALF_EVEN), tuple(failed))


def ranked(quotes: Iterable[Scored], notice_sha256: str) -> list[Scored]:
    """Best first, without those that failed a hard criterion.

    Equal totals: the lower price, then a hash of notice and supplier, which nobody could choose or foresee a use of.
    """
    return sorted(
        (each for each in quotes if not each.score.failed_hard),
        key=lambda each: (-each.score.total, each.price, _lot(notice_sha256, each.provider_id)),
    )


def debrief(
    criteria: Sequence[Criterion],
    quote: Mapping[str, Decimal],
    facts: Mapping[str, Decimal],
    own: Score,
    *,
    awarded: bool,
    reasons: str,
) -> Debrief:
    judged = {each.name: _given(each, quote, facts) for each in criteria}
    values = {name: value for name, value in judged.items() if value is not None}
    weights = {each.name: each.weight for each in criteria}
    return Debrief(values, own.points, weights, own.total, own.failed_hard, awarded, reasons)


def _given(criterion: Criterion, quote: Mapping[str, Decimal], facts: Mapping[str, Decimal]) -> Decimal | None:
    return (facts if criterion.kind is CriterionKind.READINESS else quote).get(criterion.name)


def _fits(criterion: Criterion) -> bool:
    match criterion.kind:
        case CriterionKind.PRICE:
            return criterion.unit in CURRENCIES
        case CriterionKind.TIME:
            return criterion.unit in DIMENSIONS["time"]
        case CriterionKind.ATTRIBUTE:
            return not criterion.unit or any(criterion.unit in units for units in DIMENSIONS.values())
        case _:
            return not criterion.unit


def _lot(notice_sha256: str, provider_id: str) -> bytes:
    return hashlib.sha256(canonical([notice_sha256, provider_id])).digest()


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"
