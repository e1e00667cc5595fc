"""What would have let a refused offering in, and proof that it would. Pure.

One change for every gate that fails: no smaller set exists, because a gate that
fails stays failed until what it judges changes. A change is one of the offering
where its supplier could make it, and of the requirement where no supplier can:
a nation, a sanction. What is proposed is applied and judged again before it is
said; what then stays open is said as a question.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from catalog.matching import eligibility
from catalog.matching.values import Candidate, Clause, Counterfactual, Gate, Need, Operator, Outcome
from space_hub.text import Reason
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.geometry import GLOBAL


def counterfactual(need: Need, candidate: Candidate, gates: Iterable[Gate]) -> Counterfactual | None:
    """The changes that leave no gate failed; None where none fails, or where the requirement contradicts itself."""
    failed = tuple(gate for gate in gates if gate.outcome is Outcome.FAIL)
    if not failed:
        return None
    then = eligibility.overall(eligibility.gates(*applied(need, candidate, failed)))
    if then is Outcome.FAIL:
        return None
    changes = tuple(Reason(f"match.change.{gate.name}", gate.params) for gate in failed)
    return Counterfactual(changes, if_answered=then is Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Both:
    need: Need
    candidate: Candidate


def applied(need: Need, candidate: Candidate, failed: Sequence[Gate]) -> tuple[Need, Candidate]:
    """Requirement and offering as they would be with every one of these gates mended, and nothing else changed."""
    both = _Both(need, candidate)
    for gate in failed:
        both = _mended(both, gate)
    return both.need, both.candidate


def _mended(both: _Both, gate: Gate) -> _Both:
    need, offer = both.need, both.candidate
    match gate.name:
        case "clause":
            clause = need.clauses[gate.clause or 0]
            value = mended(offer.attributes[clause.attribute], [clause])
            return _Both(need, replace(offer, attributes={**offer.attributes, clause.attribute: value}))
        case "capability":
            return _Both(need, replace(offer, capability=need.capability))
        case "modality":
            return _Both(need, replace(offer, modality=need.modalities[0]))
        case "standards":
            return _Both(need, replace(offer, standards=offer.standards | set(need.standards)))
        case "validity":
            return _Both(need, replace(offer, valid_from=need.window.start, valid_to=need.window.stop))
        case "coverage":
            return _Both(need, replace(offer, coverage=GLOBAL))
        case "capacity":
            # One unit in the first phase asked for; the price of a phase that had none is then a question.
            first = need.phases[0].phase
            return _Both(need, replace(offer, capacity={**offer.capacity, first: 1.0}))
        case "release":
            return _Both(need, replace(offer, release_to=(offer.release_to or frozenset()) | need.users))
        case "maturity":
            return _Both(need, replace(offer, maturity=need.least_maturity))
    return _Both(_allowing(need, offer, gate.name), offer)


def _allowing(need: Need, offer: Candidate, name: str) -> Need:
    """The requirement as it would have to be: what no supplier can change of itself."""
    if name == "nation":
        return replace(
            need,
            nations=need.nations and need.nations | {offer.nation},
            excluded_nations=need.excluded_nations - {offer.nation},
        )
    owner = {offer.owner_nation or ""}
    if name == "owner_nation":
        return replace(
            need,
            owner_nations=need.owner_nations and need.owner_nations | owner,
            excluded_owner_nations=need.excluded_owner_nations - owner,
        )
    behind = {offer.nation} | owner | {each.nation for each in offer.dependencies}
    names = offer.name_keys | {each.name_key for each in offer.dependencies}
    return replace(
        need,
        sanctioned_nations=need.sanctioned_nations - behind,
        sanctioned_names=need.sanctioned_names - names,
    )


def mended(offered: Measured, clauses: Iterable[Clause]) -> Measured:
    """`offered`, moved just so far that it meets all of `clauses`, which are on its attribute.

    The clauses do not contradict each other: `catalog.demand.needs` refuses those that do.
    """
    least, most = float("-inf"), float("inf")
    value = offered
    low, high = offered.low, offered.high
    for clause in clauses:
        if clause.operator is Operator.IS:
            value = replace(value, flag=clause.flag)
        elif clause.operator is Operator.ALL_OF:
            value = replace(value, codes=tuple(sorted({*value.codes, *clause.codes})))
        elif clause.operator is Operator.ANY_OF:
            if not set(value.codes) & set(clause.codes):
                value = replace(value, codes=tuple(sorted({*value.codes, clause.codes[0]})))
        elif clause.threshold is None or low is None or high is None:
            continue
        elif clause.operator is Operator.AT_MOST:
            most = min(most, clause.threshold)
        elif clause.operator is Operator.AT_LEAST:
            least = max(least, clause.threshold)
        else:
            upper = clause.threshold if clause.upper is None else clause.upper
            low, high = min(low, clause.threshold), max(high, upper)
    if low is None or high is None:
        return value
    return replace(value, low=min(max(low, least), most), high=min(max(high, least), most))
