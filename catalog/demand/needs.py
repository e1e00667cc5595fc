"""A requirement as a planner writes it -> Need, converted once and refused when it contradicts itself. Pure.

A clause is a mapping: `attribute`, `operator` (<=, >=, covers, all_of, any_of,
is), `threshold` with `unit` (a pair for covers, codes for all_of and any_of,
true or false for is), and perhaps `objective`, `hard`, `weight`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from catalog.matching.values import Clause, Need, Operator, PhaseNeed
from space_hub.errors import Invalid
from space_hub.vocabulary.attributes import Attribute, Form, attribute, number_range, read
from space_hub.vocabulary.capabilities import Capability, capability
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.nations import nations
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import convert, dimension

_BOUNDS = (Operator.AT_MOST, Operator.AT_LEAST)
_MOST_CLAUSES = 50
_BELOW_ZERO = frozenset({"power level", "ratio", "figure of merit", "magnitude", "angle"})
"""Dimensions whose numbers may be negative; all others start at zero."""


@dataclass(frozen=True, slots=True)
class PhaseGiven:
    phase: Phase
    quantity: float
    unit: str
    budget_per_day: str | None = None


def read_need(
    *,
    capability_code: str,
    currency: str,
    window: Interval,
    phases: Sequence[PhaseGiven],
    clauses: Iterable[Mapping[str, Any]],
    now: datetime,
    area: Any = None,
    allowed: Iterable[str] = (),
    excluded: Iterable[str] = (),
    owners_allowed: Iterable[str] = (),
    owners_excluded: Iterable[str] = (),
    standards: Iterable[str] = (),
    modalities: Iterable[str] = (),
    largest_share: float | None = None,
) -> Need:
    """The requirement in canonical units; refused with the contradiction named."""
    about = capability(capability_code)
    money(0, currency)
    if area is not None:
        check_geometry(area)
    if window.stop is None or window.stop <= now:
        raise Invalid("catalog.window_over", stop="-" if window.stop is None else window.stop.isoformat())
    if largest_share is not None and not 0 < largest_share <= 1:
        raise Invalid("catalog.share_wrong", given=largest_share)
    read_clauses = tuple(read_clause(each, about.area) for each in clauses)
    if len(read_clauses) > _MOST_CLAUSES:
        raise Invalid("catalog.too_many_clauses", count=len(read_clauses), most=_MOST_CLAUSES)
    need = Need(
        about.code,
        currency,
        window,
        _phases(phases, about, currency),
        read_clauses,
        area,
        nations(allowed),
        nations(excluded),
        nations(owners_allowed),
        nations(owners_excluded),
        tuple(sorted(set(standards))),
        tuple(sorted(set(modalities))),
        largest_share,
    )
    _refuse_contradictions(need)
    return need


def read_clause(given: Mapping[str, Any], area: MissionArea) -> Clause:
    about = attribute(str(given["attribute"]), area)
    operator = Operator(given["operator"])
    fitting = {
        Form.NUMBER: (*_BOUNDS, Operator.COVERS),
        Form.CODES: (Operator.ALL_OF, Operator.ANY_OF),
        Form.FLAG: (Operator.IS,),
    }[about.form]
    if operator not in fitting:
        raise Invalid(
            "catalog.operator_wrong", attribute=about.code, operator=operator.value, accepted=", ".join(fitting)
        )
    threshold, objective, unit = given.get("threshold"), given.get("objective"), given.get("unit")
    hard, weight = bool(given.get("hard", True)), float(given.get("weight", 1.0))
    if objective is not None and operator not in _BOUNDS:
        raise Invalid("catalog.objective_without_bound", attribute=about.code, operator=operator.value)
    if about.form is not Form.NUMBER:
        value = read(about.code, threshold, unit, area=area)
        return Clause(about.code, operator, hard, weight, codes=value.codes, flag=value.flag)
    low, high = number_range(about.code, threshold, unit)
    if operator is Operator.COVERS:
        return Clause(about.code, operator, hard, weight, threshold=low, upper=high)
    if low != high:
        raise Invalid("catalog.threshold_not_one_number", attribute=about.code, given=str(threshold))
    best = None if objective is None else number_range(about.code, objective, unit)[0]
    return Clause(about.code, operator, hard, weight, threshold=low, objective=best)


def _phases(given: Sequence[PhaseGiven], about: Capability, currency: str) -> tuple[PhaseNeed, ...]:
    if not given:
        raise Invalid("catalog.phases_missing")
    if len({each.phase for each in given}) < len(given):
        raise Invalid("catalog.phase_repeated", phases=tuple(each.phase for each in given))
    found = {}
    for each in given:
        quantity = convert(each.quantity, each.unit, about.capacity_unit, of=f"phases.{each.phase.value}")
        if quantity <= 0:
            raise Invalid("catalog.quantity_not_positive", phase=each.phase, given=each.quantity)
        budget: Decimal | None = None
        if each.budget_per_day is not None:
            budget = money(each.budget_per_day, currency).amount
        found[each.phase] = PhaseNeed(each.phase, quantity, budget)
    return tuple(found[phase] for phase in Phase if phase in found)


def _refuse_contradictions(need: Need) -> None:
    for clause in need.clauses:
        _refuse_impossible(clause, attribute(clause.attribute))
    for first, second in combinations([clause for clause in need.clauses if clause.hard], 2):
        if first.attribute == second.attribute and _exclude_each_other(first, second):
            raise Invalid("catalog.clauses_contradict", first=words(first), second=words(second))
    for allowed, excluded, whose in (
        (need.nations, need.excluded_nations, "nations"),
        (need.owner_nations, need.excluded_owner_nations, "owner_nations"),
    ):
        if allowed and not allowed - excluded:
            raise Invalid("catalog.nations_contradict", field=whose, nations=", ".join(sorted(allowed)))


def _refuse_impossible(clause: Clause, about: Attribute) -> None:
    """What nothing can meet, and an objective on the wrong side of its threshold."""
    if clause.threshold is None or about.unit is None:
        return
    family = dimension(about.unit)
    below = clause.operator is Operator.AT_MOST and clause.threshold < 0 and family not in _BELOW_ZERO
    above = clause.operator is Operator.AT_LEAST and clause.threshold > 100 and family == "fraction"
    if below or above:
        raise Invalid("catalog.clause_impossible", clause=words(clause))
    if clause.objective is None:
        return
    beyond = clause.objective - clause.threshold
    if beyond == 0 or (beyond > 0) is not (clause.operator is Operator.AT_LEAST):
        raise Invalid("catalog.objective_not_beyond", clause=words(clause), objective=clause.objective)


def _exclude_each_other(first: Clause, second: Clause) -> bool:
    if first.operator is Operator.IS:
        return first.flag != second.flag
    pair = {first.operator: first, second.operator: second}
    if set(pair) == set(_BOUNDS):
        most, least = pair[Operator.AT_MOST].threshold, pair[Operator.AT_LEAST].threshold
        return most is not None and least is not None and most < least
    if Operator.COVERS in pair and len(pair) == 2:
        return _outside(pair[Operator.COVERS], next(pair[each] for each in _BOUNDS if each in pair))
    return False


def _outside(wide: Clause, bound: Clause) -> bool:
    """A range that must be held whole and a bound on all of what is offered."""
    if wide.threshold is None or wide.upper is None or bound.threshold is None:
        return False
    return wide.upper > bound.threshold if bound.operator is Operator.AT_MOST else wide.threshold < bound.threshold


def words(clause: Clause) -> str:
    """A clause in signs, for a refusal: `gsd <= 0.5 m`."""
    unit = attribute(clause.attribute).unit
    if clause.flag is not None:
        value = str(clause.flag).lower()
    elif clause.codes:
        value = ", ".join(clause.codes)
    elif clause.upper is not None:
        value = f"{clause.threshold:g}..{clause.upper:g} {unit}"
    else:
        value = f"{clause.threshold:g} {unit}"
    return f"{clause.attribute} {clause.operator.value} {value}"
