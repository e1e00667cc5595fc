"""Gates: what an offering must be, each with its clause and its answer. Pure.

Three answers. *Unknown is not fail*: what a supplier did not say becomes a
question to it. A range that meets a bound only in part is unknown too, because
the supplier may be able to hold the better end. What an answer rests on is named
by the id of its document. A document that is not shown never refuses anybody: it
may exist, or be for others to see.
"""

from collections.abc import Iterator
from typing import Any

from catalog.matching.values import Candidate, Clause, Gate, Need, Operator, Outcome, Paper, PaperAsked
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.codes import MATURITIES
from space_hub.vocabulary.geometry import covers
from space_hub.vocabulary.phases import Phase

THE_OWNER = "owner"
"""Stands for an owner that is not named, among the names of what is open."""

_PASS, _FAIL, _UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def gates(need: Need, candidate: Candidate) -> tuple[Gate, ...]:
    """Every gate of `candidate`, in a fixed order."""
    return tuple(_gates(need, candidate))


def overall(judged: tuple[Gate, ...]) -> Outcome:
    outcomes = {gate.outcome for gate in judged}
    return _FAIL if _FAIL in outcomes else _UNKNOWN if _UNKNOWN in outcomes else _PASS


def usable_phases(need: Need, candidate: Candidate) -> frozenset[Phase]:
    """Phases asked for in which the offering has capacity and a price in the requirement's currency."""
    return frozenset(
        asked.phase
        for asked in need.phases
        if candidate.capacity.get(asked.phase, 0) > 0
        and asked.phase in candidate.prices
        and candidate.prices[asked.phase].currency == need.currency
    )


def _gates(need: Need, candidate: Candidate) -> Iterator[Gate]:
    yield _is(
        candidate.capability == need.capability, "capability", asked=need.capability, offered=candidate.capability
    )
    if need.modalities:
        asked = ", ".join(need.modalities)
        yield _is(candidate.modality in need.modalities, "modality", asked=asked, offered=candidate.modality)
    yield from _nation("nation", need.nations, need.excluded_nations, candidate.nation)
    yield from _nation("owner_nation", need.owner_nations, need.excluded_owner_nations, candidate.owner_nation)
    if need.sanctioned_nations or need.sanctioned_names:
        yield _sanctions(need, candidate)
    if need.users:
        yield _release(need, candidate)
    if need.least_maturity is not None:
        yield _maturity(need.least_maturity, candidate.maturity)
    for asked_paper in need.papers:
        yield _paper(need, asked_paper, candidate)
    if need.standards:
        missing = ", ".join(sorted(set(need.standards) - candidate.standards))
        yield _is(not missing, "standards", missing=missing, asked=", ".join(need.standards))
    yield _validity(need, candidate)
    if need.area is not None:
        yield _three("coverage", covers(candidate.coverage, need.area))
    yield _capacity(need, candidate)
    yield _price(need, candidate)
    for place, clause in enumerate(need.clauses):
        if clause.hard:
            yield clause_gate(place, clause, candidate.attributes.get(clause.attribute))


def clause_gate(place: int, clause: Clause, offered: Measured | None) -> Gate:
    params = {**asked_params(clause), **offered_params(offered)}
    return Gate("clause", judge(clause, offered), params, place)


def judge(clause: Clause, offered: Measured | None) -> Outcome:
    """Whether what is offered meets the clause for certain, for certain not, or perhaps."""
    if offered is None:
        return _UNKNOWN
    if clause.operator is Operator.IS:
        return _PASS if offered.flag == clause.flag else _FAIL
    if clause.operator is Operator.ALL_OF:
        return _PASS if set(clause.codes) <= set(offered.codes) else _FAIL
    if clause.operator is Operator.ANY_OF:
        return _PASS if set(clause.codes) & set(offered.codes) else _FAIL
    low, high, bound = offered.low, offered.high, clause.threshold
    if low is None or high is None or bound is None:
        return _UNKNOWN
    if clause.operator is Operator.COVERS:
        upper = bound if clause.upper is None else clause.upper
        return _PASS if low <= bound and upper <= high else _FAIL
    if clause.operator is Operator.AT_MOST:
        return _PASS if high <= bound else _UNKNOWN if low <= bound else _FAIL
    return _PASS if low >= bound else _UNKNOWN if high >= bound else _FAIL


def asked_params(clause: Clause) -> dict[str, Any]:
    return {
        "attribute": clause.attribute,
        "operator": clause.operator.value,
        "threshold": clause.threshold,
        "upper": clause.upper,
        "codes": list(clause.codes),
        "flag": clause.flag,
    }


def offered_params(offered: Measured | None) -> dict[str, Any]:
    if offered is None:
        return {"offered": None}
    if offered.flag is not None:
        return {"offered": offered.flag}
    return {"offered": list(offered.codes) if offered.codes else [offered.low, offered.high]}


def _nation(name: str, allowed: frozenset[str], excluded: frozenset[str], offered: str | None) -> Iterator[Gate]:
    if not allowed and not excluded:
        return
    if offered is None:
        yield Gate(name, _UNKNOWN)
    else:
        yield _is((not allowed or offered in allowed) and offered not in excluded, name, offered=offered)


def _sanctions(need: Need, candidate: Candidate) -> Gate:
    """Barred is what is named or lies in a barred nation: the supplier, its owner, what it is known to rest on.

    Of what was not named at all nothing is assumed; an owner or a dependency without a nation is a question.
    """
    barred = sorted({candidate.nation, candidate.owner_nation or ""} & need.sanctioned_nations)
    named = bool(candidate.name_keys & need.sanctioned_names)
    through = [
        each.name
        for each in sorted(candidate.dependencies)
        if each.nation in need.sanctioned_nations or each.name_key in need.sanctioned_names
    ]
    if barred or named or through:
        what = [*barred, *([candidate.title] if named else []), *through]
        return Gate("sanctions", _FAIL, {"barred": ", ".join(dict.fromkeys(what))})
    silent = [
        each.name
        for each in sorted(candidate.dependencies)
        if not each.known or (need.sanctioned_nations and not each.nation)
    ]
    open_at = silent if candidate.owner_nation else [THE_OWNER, *silent]
    if open_at:
        return Gate("sanctions", _UNKNOWN, {"open": ", ".join(dict.fromkeys(open_at))})
    return Gate("sanctions", _PASS)


def _release(need: Need, candidate: Candidate) -> Gate:
    missing = sorted(need.users - candidate.release_to) if candidate.release_to is not None else []
    return _is(not missing, "release", missing=", ".join(missing), asked=", ".join(sorted(need.users)))


def _maturity(least: str, offered: str | None) -> Gate:
    params = {"asked": least, "offered": offered}
    if offered is None:
        return Gate("maturity", _UNKNOWN, params)
    reached = MATURITIES.index(offered) >= MATURITIES.index(least)
    return Gate("maturity", _PASS if reached else _FAIL, params)


def _paper(need: Need, asked: PaperAsked, candidate: Candidate) -> Gate:
    """Held when one document that fits is in force through the whole window; otherwise it is asked for.

    Of several the one that holds longest is named.
    """
    fitting = [each for each in candidate.papers if _fits(asked, each)]
    params: dict[str, Any] = {
        "kind": asked.kind,
        "levels": ", ".join(asked.levels),
        "recognised_by": ", ".join(sorted(asked.recognised_by)),
    }
    if not fitting:
        return Gate("paper", _UNKNOWN, {**params, "until": None})
    held = [each for each in fitting if _in_force(each, need)]
    best = max(held or fitting, key=lambda each: (each.valid_to is None, each.valid_to or each.valid_from, each.id))
    params["until"] = None if best.valid_to is None else best.valid_to.date().isoformat()
    return Gate("paper", _PASS if held else _UNKNOWN, params, evidence=best.id)


def _in_force(paper: Paper, need: Need) -> bool:
    """Through the whole window."""
    stop = need.window.stop
    lasts = paper.valid_to is None or (stop is not None and paper.valid_to >= stop)
    return lasts and paper.valid_from <= need.window.start


def _fits(asked: PaperAsked, held: Paper) -> bool:
    level = not asked.levels or held.level in asked.levels
    return held.kind == asked.kind and level and asked.recognised_by <= set(held.recognised_by)


def _validity(need: Need, candidate: Candidate) -> Gate:
    """The offering holds for the whole window."""
    late = candidate.valid_from is not None and candidate.valid_from > need.window.start
    stop = need.window.stop
    early = candidate.valid_to is not None and (stop is None or candidate.valid_to < stop)
    return _is(
        not late and not early,
        "validity",
        valid_from=None if candidate.valid_from is None else candidate.valid_from.isoformat(),
        valid_to=None if candidate.valid_to is None else candidate.valid_to.isoformat(),
    )


def _capacity(need: Need, candidate: Candidate) -> Gate:
    """Capacity in some phase that is asked for: no offering has to cover them all."""
    asked = [each.phase for each in need.phases]
    phases = ", ".join(phase.value for phase in asked)
    if any(candidate.capacity.get(phase, 0) > 0 for phase in asked):
        return Gate("capacity", _PASS, {"phases": phases})
    said = all(phase in candidate.capacity for phase in asked)
    return Gate("capacity", _FAIL if said else _UNKNOWN, {"phases": phases})


def _price(need: Need, candidate: Candidate) -> Gate:
    """A price in the requirement's currency where there is capacity; no rate between currencies is assumed."""
    able = [each.phase for each in need.phases if candidate.capacity.get(each.phase, 0) > 0]
    usable = usable_phases(need, candidate)
    if not able or usable:
        phases = ", ".join(phase.value for phase in able if phase in usable)
        return Gate("price", _PASS, {"currency": need.currency, "phases": phases})
    others = sorted({candidate.prices[phase].currency for phase in able if phase in candidate.prices})
    return Gate("price", _UNKNOWN, {"currency": need.currency, "offered": ", ".join(others) or "-"})


def _is(met: bool, name: str, **params: Any) -> Gate:
    return Gate(name, _PASS if met else _FAIL, params)


def _three(name: str, met: bool | None) -> Gate:
    return Gate(name, _UNKNOWN if met is None else _PASS if met else _FAIL)
