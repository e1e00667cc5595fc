"""What a requirement cannot ask together, named in its own words. Pure.

Refused is what no offering and no set of suppliers can meet whatever the shelf
holds. What the shelf of today cannot meet is no contradiction: matching says so
(`catalog.matching.relax`).
"""

from itertools import combinations

from catalog.matching.values import Clause, Need, Operator
from space_hub.errors import Invalid
from space_hub.vocabulary.attributes import Attribute, attribute
from space_hub.vocabulary.units import dimension

_BOUNDS = (Operator.AT_MOST, Operator.AT_LEAST)
_BELOW_ZERO = frozenset({"power level", "ratio", "figure of merit", "magnitude", "angle"})
"""Dimensions whose numbers may be negative; all others start at zero."""


def refuse_contradictions(need: Need) -> None:
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
        if allowed and not allowed - need.sanctioned_nations:
            raise Invalid("catalog.nations_all_sanctioned", field=whose, nations=", ".join(sorted(allowed)))
    sanctioned_users = need.users & need.sanctioned_nations
    if sanctioned_users:
        raise Invalid("catalog.users_sanctioned", nations=", ".join(sorted(sanctioned_users)))
    _refuse_wishes(need)
    for each in need.phases:
        if each.budget_per_day == 0:
            raise Invalid("catalog.budget_buys_nothing", phase=each.phase)


def _refuse_wishes(need: Need) -> None:
    """Wishes for the set that no set can meet."""
    wishes = need.wishes
    open_nations = need.nations - need.excluded_nations - need.sanctioned_nations
    if need.nations and len(open_nations) < wishes.least_jurisdictions:
        raise Invalid(
            "catalog.jurisdictions_contradict",
            least=wishes.least_jurisdictions,
            nations=", ".join(sorted(open_nations)),
        )
    if wishes.service_kept < 1 and not wishes.survive:
        raise Invalid("catalog.kept_without_loss", given=wishes.service_kept)


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
