"""What an explanation says, applied from its own words, and judged by rules that share no search with the product."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any

from catalog.matching import eligibility
from catalog.matching.recommend import recommend
from catalog.matching.record import result_to_json
from catalog.matching.values import Candidate, Clause, Need, Operator, Outcome, Verdict
from space_hub.vocabulary.attributes import Measured

Said = Mapping[str, Any]


def counterfactuals(need: Need, offers: Sequence[Candidate], most: int) -> Counter[str]:
    """Everything said of each refused offering, applied; and all but one of it, which must not be enough."""
    seen: Counter[str] = Counter()
    known = {each.offering_id: each for each in offers}
    for kept in result_to_json(recommend(need, offers))["offerings"]:
        said = kept["counterfactual"]
        if kept["verdict"] != "refused" or seen["counterfactuals"] == most:
            continue
        seen["counterfactuals"] += 1
        changes = said["changes"]
        seen["counterfactuals_of_several_changes"] += len(changes) > 1
        seen["counterfactuals_if_answered"] += said["if_answered"]
        offer = known[kept["offering_id"]]
        then = _outcome(need, offer, changes)
        seen["counterfactuals_untrue"] += then is not (Outcome.UNKNOWN if said["if_answered"] else Outcome.PASS)
        fewer = [[each for each in changes if each is not left] for left in changes]
        seen["counterfactuals_needless"] += any(_outcome(need, offer, few) is not Outcome.FAIL for few in fewer)
        if not said["if_answered"]:
            wanted, entered = _applied(need, offer, changes)
            verdict = recommend(wanted, [entered]).judged[0].verdict
            seen["counterfactuals_untrue"] += verdict not in (Verdict.TAKEN, Verdict.RESERVE)
    return seen


def relaxation(need: Need, offers: Sequence[Candidate]) -> Counter[str]:
    """The relaxation applied, and beside it the least of all that any part of the shelf would need."""
    seen: Counter[str] = Counter()
    found = result_to_json(recommend(need, offers))["impasse"]
    if found is None:
        return seen
    if found["conflict"]:
        seen["conflicts"] += 1
        terms = [_name(each, need) for each in found["conflict"]]
        seen["conflicts_untrue"] += _enough(need, _hopeful(need, offers, terms), hopeful=True)
        seen["conflicts_not_minimal"] += not all(
            _enough(need, _hopeful(need, offers, [each for each in terms if each != left]), hopeful=True)
            for left in terms
        )
    said = found["relaxation"]
    least = _least(need, offers)
    if said is None:
        seen["relaxations_smaller_exists"] += least is not None
        return seen
    seen["relaxations"] += 1
    seen["relaxations_of_several_terms"] += len(said["eased"]) > 1
    seen["relaxations_unproven"] += not said["proven"]
    eased = _eased(need, said["eased"])
    seen["relaxations_untrue"] += not _enough(eased, _passing(eased, offers)) or not recommend(eased, offers).covered
    norm = sum(_share(need, each) for each in said["eased"])
    seen["relaxations_smaller_exists"] += least is None or least < norm - 1e-9
    return seen


def _outcome(need: Need, offer: Candidate, changes: Iterable[Said]) -> Outcome:
    return eligibility.overall(eligibility.gates(*_applied(need, offer, changes)))


def _applied(need: Need, offer: Candidate, changes: Iterable[Said]) -> tuple[Need, Candidate]:
    """As the sentences say it: "with gsd <= 0.5 m", "if the nation FR were allowed"."""
    for change in changes:
        params, name = change["params"], change["code"].removeprefix("match.change.")
        match name:
            case "clause":
                value = _as_asked(offer.attributes[params["attribute"]], params)
                offer = replace(offer, attributes={**offer.attributes, params["attribute"]: value})
            case "capability":
                offer = replace(offer, capability=params["asked"])
            case "modality":
                offer = replace(offer, modality=params["asked"].split(", ")[-1])
            case "standards":
                offer = replace(offer, standards=offer.standards | set(params["missing"].split(", ")))
            case "validity":
                offer = replace(offer, valid_from=None, valid_to=None)
            case "coverage":
                offer = replace(offer, coverage="global")
            case "capacity":
                offer = replace(offer, capacity={**offer.capacity, need.phases[0].phase: 100.0})
            case "maturity":
                offer = replace(offer, maturity=params["asked"])
            case "release":
                offer = replace(
                    offer, release_to=(offer.release_to or frozenset()) | set(params["missing"].split(", "))
                )
            case "nation":
                here = {params["offered"]}
                allowed = need.nations | here if need.nations else need.nations
                need = replace(need, nations=allowed, excluded_nations=need.excluded_nations - here)
            case "owner_nation":
                need = replace(need, excluded_owner_nations=need.excluded_owner_nations - {params["offered"]})
            case "sanctions":
                need = _unbarred(need, offer)
            case _:
                raise KeyError(name)
    return need, offer


def _unbarred(need: Need, offer: Candidate) -> Need:
    behind = {offer.nation, offer.owner_nation, *(each.nation for each in offer.dependencies)}
    names = {*offer.name_keys, *(each.name_key for each in offer.dependencies)}
    return replace(
        need,
        sanctioned_nations=need.sanctioned_nations - behind,
        sanctioned_names=need.sanctioned_names - names,
    )


def _as_asked(offered: Measured, params: Said) -> Measured:
    if params["flag"] is not None:
        return replace(offered, flag=params["flag"])
    if params["codes"]:
        return replace(offered, codes=tuple(params["codes"]))
    upper = params["threshold"] if params["upper"] is None else params["upper"]
    return replace(offered, low=params["threshold"], high=upper)


def _eased(need: Need, said: Sequence[Said]) -> Need:
    """The requirement with each term eased as it is said."""
    clauses = list(need.clauses)
    standards = set(need.standards)
    for each in said:
        params, kind = each["reason"]["params"], each["reason"]["code"].rpartition(".")[2]
        if kind == "standard":
            standards.remove(params["asked"])
        elif kind == "modality":
            need = replace(need, modalities=())
        else:
            place = next(place for place, clause in enumerate(clauses) if _is(clause, params))
            if kind == "given_up":
                clauses.pop(place)
            else:
                clauses[place] = replace(clauses[place], threshold=params["threshold"])
    return replace(need, clauses=tuple(clauses), standards=tuple(sorted(standards)))


def _is(clause: Clause, params: Said) -> bool:
    return (clause.attribute, clause.operator.value) == (params["attribute"], params["operator"])


def _share(need: Need, said: Said) -> float:
    params = said["reason"]["params"]
    if "was" not in params:
        return 1.0
    clause = next(each for each in need.clauses if _is(each, params))
    return _move(clause, params["threshold"])


def _move(clause: Clause, to: float) -> float:
    was = clause.threshold or 0.0
    whole = abs(was) if clause.objective is None else abs(clause.objective - was)
    return abs(to - was) / whole


def _least(need: Need, offers: Sequence[Candidate]) -> float | None:
    """The least norm of all subsets of the shelf: each needs the worst that any of its members needs."""
    wanted = [(offer, each) for offer in offers if (each := _needed(need, offer)) is not None]
    best: float | None = None
    for size in range(len(wanted) + 1):
        for part in combinations(wanted, size):
            worst: dict[str, float] = {}
            for _, each in part:
                for term, share in each.items():
                    worst[term] = max(worst.get(term, 0.0), share)
            norm = sum(worst.values())
            if (best is None or norm < best) and _enough(need, [offer for offer, _ in part]):
                best = norm
    return best


def _needed(need: Need, offer: Candidate) -> dict[str, float] | None:
    found: dict[str, float] = {}
    for gate in eligibility.gates(need, offer):
        if gate.outcome is Outcome.PASS:
            continue
        if gate.name == "standards":
            found |= dict.fromkeys(gate.params["missing"].split(", "), 1.0)
        elif gate.name == "modality":
            found["modality"] = 1.0
        elif gate.name == "clause":
            clause = need.clauses[gate.clause or 0]
            offered = offer.attributes.get(clause.attribute)
            if offered is None:
                return None
            certain = offered.high if clause.operator is Operator.AT_MOST else offered.low
            bound = clause.operator in (Operator.AT_MOST, Operator.AT_LEAST) and certain is not None
            found[f"clause {gate.clause}"] = _move(clause, certain or 0.0) if bound else 1.0
        else:
            return None
    return found


def _passing(need: Need, offers: Sequence[Candidate]) -> list[Candidate]:
    return [each for each in offers if eligibility.overall(eligibility.gates(need, each)) is Outcome.PASS]


def _name(reason: Said, need: Need) -> str:
    name: str = reason["code"].rpartition(".")[2]
    if name != "clause":
        return name
    return f"clause {next(place for place, each in enumerate(need.clauses) if _is(each, reason['params']))}"


def _hopeful(need: Need, offers: Sequence[Candidate], terms: Sequence[str]) -> list[Candidate]:
    """Offerings that fail in none of these terms, nor in what no requirement does without."""
    found = []
    for each in offers:
        failed = {
            gate.name if gate.clause is None else f"clause {gate.clause}"
            for gate in eligibility.gates(need, each)
            if gate.outcome is Outcome.FAIL
        }
        if not failed & {*terms, "capability", "capacity", "price"}:
            found.append(each)
    return found


def _enough(need: Need, offers: Sequence[Candidate], *, hopeful: bool = False) -> bool:
    """Quantities under the largest share, numbers of suppliers and of nations; in fractions."""
    able: list[dict[object, Fraction]] = []
    for offer in offers:
        usable = eligibility.usable_phases(need, offer)
        able.append(
            {
                asked.phase: Fraction(offer.capacity.get(asked.phase, asked.quantity if hopeful else 0.0))
                for asked in need.phases
                if hopeful or asked.phase in usable
            }
        )
    for asked in need.phases:
        by_supplier: dict[str, Fraction] = {}
        for offer, held in zip(offers, able, strict=True):
            amount = by_supplier.get(offer.provider_id, Fraction(0)) + held.get(asked.phase, Fraction(0))
            by_supplier[offer.provider_id] = amount
        share = Fraction(str(need.largest_share or 1)) if need.largest_share else None
        most = None if share is None else Fraction(str(asked.quantity)) * share
        total = sum((size if most is None else min(most, size) for size in by_supplier.values()), Fraction(0))
        if total < Fraction(str(asked.quantity)):
            return False
    useful = [offer for offer, held in zip(offers, able, strict=True) if any(size > 0 for size in held.values())]
    suppliers, nations = {each.provider_id for each in useful}, {each.nation for each in useful}
    return len(suppliers) >= need.wishes.least_suppliers and len(nations) >= need.wishes.least_jurisdictions
