"""A requirement as a planner writes it -> Need, converted once and refused when it contradicts itself. Pure.

A clause is a mapping: `attribute`, `operator` (<=, >=, covers, all_of, any_of,
is), `threshold` with `unit` (a pair for covers, codes for all_of and any_of,
true or false for is), and perhaps `objective`, `hard`, `weight`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.demand.contradictions import refuse_contradictions
from catalog.matching.values import LEAST_URGENT, NO_WISHES, Clause, Need, Operator, PaperAsked, PhaseNeed, Wishes
from catalog.shelf.names import name_key
from providers.vetting import EvidenceKind
from space_hub.errors import Invalid
from space_hub.trust.labels import above
from space_hub.vocabulary.attributes import Form, attribute, number_range, read
from space_hub.vocabulary.capabilities import Capability, capability
from space_hub.vocabulary.codes import MATURITIES, MissionArea
from space_hub.vocabulary.geometry import check_geometry
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.nations import nations
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import convert

_BOUNDS = (Operator.AT_MOST, Operator.AT_LEAST)
_MOST_CLAUSES = 50
_MOST_ASKED = 100
"""Suppliers or jurisdictions."""


@dataclass(frozen=True, slots=True)
class PhaseGiven:
    phase: Phase
    quantity: float
    unit: str
    budget_per_day: str | None = None


@dataclass(frozen=True, slots=True)
class PaperGiven:
    """A document that suppliers must hold through the whole window."""

    kind: EvidenceKind
    levels: tuple[str, ...] = ()
    recognised_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermsGiven:
    """What is asked of suppliers and of their set beyond clauses and nations."""

    users: Iterable[str] = ()
    """Nations that must be able to use what is delivered."""
    sanctioned_nations: Iterable[str] = ()
    sanctioned_names: Iterable[str] = ()
    papers: Sequence[PaperGiven] = ()
    least_maturity: str | None = None
    wishes: Wishes = NO_WISHES
    priority: int = LEAST_URGENT
    originator: str = ""
    level: str = "unclassified"
    """What the requirement is marked as; refused above `ceiling`."""
    ceiling: str = "unclassified"


_NO_TERMS = TermsGiven()


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
    terms: TermsGiven = _NO_TERMS,
) -> Need:
    """The requirement in canonical units; refused with the contradiction named."""
    about = capability(capability_code)
    money(0, currency)
    if area is not None:
        check_geometry(area)
    if window.stop is None or window.stop <= now:
        raise Invalid("catalog.window_over", stop="-" if window.stop is None else window.stop.isoformat())
    if above(terms.level, terms.ceiling):
        raise Invalid("catalog.requirement_above_ceiling", given=terms.level, ceiling=terms.ceiling)
    read_clauses = tuple(read_clause(each, about.area) for each in clauses)
    if len(read_clauses) > _MOST_CLAUSES:
        raise Invalid("catalog.too_many_clauses", count=len(read_clauses), most=_MOST_CLAUSES)
    need = Need(
        capability=about.code,
        currency=currency,
        window=window,
        phases=_phases(phases, about, currency),
        clauses=read_clauses,
        area=area,
        nations=nations(allowed),
        excluded_nations=nations(excluded),
        owner_nations=nations(owners_allowed),
        excluded_owner_nations=nations(owners_excluded),
        standards=tuple(sorted(set(standards))),
        modalities=tuple(sorted(set(modalities))),
        users=nations(terms.users),
        sanctioned_nations=nations(terms.sanctioned_nations),
        sanctioned_names=frozenset(filter(None, map(name_key, terms.sanctioned_names))),
        papers=_papers(terms.papers),
        least_maturity=terms.least_maturity,
        wishes=replace(terms.wishes, largest_share=largest_share),
        priority=terms.priority,
        originator=terms.originator,
    )
    _check_wishes(need)
    refuse_contradictions(need)
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


def _papers(given: Sequence[PaperGiven]) -> tuple[PaperAsked, ...]:
    kinds = [each.kind for each in given]
    twice = tuple(dict.fromkeys(kind for kind in kinds if kinds.count(kind) > 1))
    if twice:
        raise Invalid("catalog.paper_repeated", kinds=twice)
    return tuple(
        PaperAsked(each.kind.value, tuple(sorted(set(each.levels))), frozenset(each.recognised_by))
        for each in sorted(given, key=lambda one: one.kind.value)
    )


def _check_wishes(need: Need) -> None:
    wishes = need.wishes
    for name, share in (("largest_share", wishes.largest_share), ("service_kept", wishes.service_kept)):
        if share is not None and not 0 < share <= 1:
            raise Invalid("catalog.share_wrong", field=name, given=share)
    for name, count in (
        ("least_suppliers", wishes.least_suppliers),
        ("least_jurisdictions", wishes.least_jurisdictions),
    ):
        if not 1 <= count <= _MOST_ASKED:
            raise Invalid("catalog.count_wrong", field=name, given=count, most=_MOST_ASKED)
    if not 1 <= need.priority <= LEAST_URGENT:
        raise Invalid("catalog.priority_wrong", given=need.priority, last=LEAST_URGENT)
    if need.least_maturity is not None and need.least_maturity not in MATURITIES:
        raise Invalid("catalog.maturity_unknown", given=need.least_maturity, known=", ".join(MATURITIES))
