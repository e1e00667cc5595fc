"""The decision record: everything a recommendation was made from and what it said, with hashes. Pure.

`inputs` can be read back and matched again; the same inputs give the same
record, byte for byte.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.matching import fit, plan, relax, stability
from catalog.matching.need_json import amount, moment, need_from_json, need_to_json, time
from catalog.matching.survival import PriceOfSurvival, Resilience, ServiceLeft, Side
from catalog.matching.values import (
    Candidate,
    Counted,
    Counterfactual,
    Dependency,
    Gate,
    Impasse,
    Judged,
    Need,
    Paper,
    Recommendation,
    Sole,
    UnitPrice,
    Verdict,
)
from catalog.portfolio.values import Exposure, Failure
from catalog.shelf.content import fingerprint, measured_from_json, measured_to_json
from space_hub.text import Reason
from space_hub.vocabulary.phases import Phase

METHOD = "match/3"
"""Raised whenever the same inputs could give another recommendation."""


@dataclass(frozen=True, slots=True)
class Record:
    inputs: dict[str, Any]
    result: dict[str, Any]
    inputs_sha256: str
    record_sha256: str


@dataclass(frozen=True, slots=True)
class Physics:
    """What orbits say of claims and answers, beside the recommendation, which reads nothing of it."""

    inputs: Mapping[str, Any] | None = None
    rows: Sequence[Mapping[str, Any]] = ()


NO_PHYSICS = Physics()


def freeze(
    need: Need,
    candidates: Iterable[Candidate],
    recommendation: Recommendation,
    physics: Physics = NO_PHYSICS,
    supply: Mapping[str, Any] | None = None,
) -> Record:
    """`supply`: by offering, what was known to threaten it; of those taken it is kept beside the recommendation,
    which reads nothing of it. None: nobody looked, and the record says nothing of it."""
    inputs = {
        "method": METHOD,
        "neutral_record": fit.NEUTRAL_RECORD,
        "prior_deliveries": fit.PRIOR_DELIVERIES,
        "record_weight": fit.RECORD_WEIGHT,
        "stability": {"samples": stability.SAMPLES, "spread": stability.SPREAD, "seed": stability.SEED},
        "most_states": relax.MOST_STATES,
        "optimiser": plan.settings(),
        "need": need_to_json(need),
        "candidates": sorted(
            (candidate_to_json(each) for each in candidates), key=lambda kept: str(kept["offering_id"])
        ),
        "physics": None if physics.inputs is None else dict(physics.inputs),
    }
    if supply is not None:
        taken = (each.candidate.offering_id for each in recommendation.judged if each.verdict is Verdict.TAKEN)
        inputs["supply_at_risk"] = {name: supply[name] for name in sorted(taken) if name in supply}
    result = {**result_to_json(recommendation), "physics": [dict(row) for row in physics.rows]}
    digest = fingerprint(inputs)
    return Record(inputs, result, digest, fingerprint({"inputs_sha256": digest, "result": result}))


def thaw(inputs: Mapping[str, Any]) -> tuple[Need, list[Candidate]]:
    """Requirement and candidates of a frozen record."""
    return need_from_json(inputs["need"]), [candidate_from_json(each) for each in inputs["candidates"]]


def candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    return {
        "offering_id": candidate.offering_id,
        "version_id": candidate.version_id,
        "content_sha256": candidate.content_sha256,
        "provider_id": candidate.provider_id,
        "title": candidate.title,
        "nation": candidate.nation,
        "owner_nation": candidate.owner_nation,
        "capability": candidate.capability,
        "modality": candidate.modality,
        "attributes": [measured_to_json(value) for _, value in sorted(candidate.attributes.items())],
        "capacity": {phase.value: quantity for phase, quantity in candidate.capacity.items()},
        "prices": {
            phase.value: [amount(price.unit_price), amount(price.retainer_per_day), price.currency]
            for phase, price in candidate.prices.items()
        },
        "standards": sorted(candidate.standards),
        "coverage": candidate.coverage,
        "valid_from": time(candidate.valid_from),
        "valid_to": time(candidate.valid_to),
        "deliveries": candidate.deliveries,
        "deliveries_met": candidate.deliveries_met,
        "release_to": None if candidate.release_to is None else sorted(candidate.release_to),
        "maturity": candidate.maturity,
        "national": candidate.national,
        "name_keys": sorted(candidate.name_keys),
        "papers": [_paper_to_json(each) for each in sorted(candidate.papers, key=lambda each: each.id)],
        "dependencies": [
            [each.kind, each.name_key, each.name, each.nation, each.known] for each in sorted(candidate.dependencies)
        ],
        "counted": [
            [measured_to_json(each.value), each.finding, each.replied] for _, each in sorted(candidate.counted.items())
        ],
    }


def _paper_to_json(paper: Paper) -> dict[str, Any]:
    return {
        "id": paper.id,
        "kind": paper.kind,
        "level": paper.level,
        "recognised_by": sorted(paper.recognised_by),
        "valid_from": time(paper.valid_from),
        "valid_to": time(paper.valid_to),
    }


def _paper_from_json(kept: Mapping[str, Any]) -> Paper:
    return Paper(
        kept["id"],
        kept["kind"],
        kept["level"],
        tuple(kept["recognised_by"]),
        datetime.fromisoformat(kept["valid_from"]),
        moment(kept["valid_to"]),
    )


def candidate_from_json(kept: Mapping[str, Any]) -> Candidate:
    plain = {
        name: kept[name]
        for name in (
            *("offering_id", "version_id", "content_sha256", "provider_id", "title", "nation", "owner_nation"),
            *("capability", "modality", "coverage", "deliveries", "deliveries_met", "maturity", "national"),
        )
    }
    values = [measured_from_json(each) for each in kept["attributes"]]
    return Candidate(
        **plain,
        attributes={value.attribute: value for value in values},
        capacity={Phase(phase): quantity for phase, quantity in kept["capacity"].items()},
        prices={
            Phase(phase): UnitPrice(Decimal(unit), Decimal(retainer), currency)
            for phase, (unit, retainer, currency) in kept["prices"].items()
        },
        standards=frozenset(kept["standards"]),
        valid_from=moment(kept["valid_from"]),
        valid_to=moment(kept["valid_to"]),
        release_to=None if kept["release_to"] is None else frozenset(kept["release_to"]),
        name_keys=frozenset(kept["name_keys"]),
        papers=tuple(_paper_from_json(each) for each in kept["papers"]),
        dependencies=tuple(Dependency(*each) for each in kept["dependencies"]),
        counted={value["attribute"]: Counted(measured_from_json(value), *rest) for value, *rest in kept["counted"]},
    )


def result_to_json(recommendation: Recommendation) -> dict[str, Any]:
    return {
        "covered": recommendation.covered,
        "single_supplier": recommendation.single_supplier,
        "suppliers": recommendation.suppliers,
        "cost_per_day": amount(recommendation.cost_per_day),
        "sole": None if recommendation.sole is None else _sole_to_json(recommendation.sole),
        "impasse": None if recommendation.impasse is None else _impasse_to_json(recommendation.impasse),
        "phases": [
            {
                "phase": each.phase.value,
                "needed": amount(each.needed),
                "covered": amount(each.covered),
                "shortfall": amount(each.shortfall),
                "cost_per_day": amount(each.cost_per_day),
                "budget_per_day": amount(each.budget_per_day),
                "over_budget": each.over_budget,
            }
            for each in recommendation.phases
        ],
        "losses": [
            {
                "provider_id": each.provider_id,
                "shortfall_taken": _by_phase(each.taken),
                "shortfall_pool": _by_phase(each.pool),
            }
            for each in recommendation.losses
        ],
        "plan": {
            "protects": [each.value for each in recommendation.protects],
            "gap": recommendation.gap,
            "exposed": [_exposure_to_json(each) for each in recommendation.exposed],
        },
        "resilience": None if recommendation.resilience is None else _resilience_to_json(recommendation.resilience),
        "offerings": [_judged_to_json(each) for each in _in_reading_order(recommendation.judged)],
    }


def _exposure_to_json(each: Exposure) -> dict[str, Any]:
    return {
        "failure": _failure_to_json(each.failure),
        "phase": each.phase.value,
        "asked": amount(each.asked),
        "stays": amount(each.stays),
        "best": amount(each.best),
    }


def _failure_to_json(failure: Failure) -> dict[str, list[str]]:
    return {"suppliers": list(failure.suppliers), "groups": list(failure.groups)}


def _resilience_to_json(found: Resilience) -> dict[str, Any]:
    return {
        "cheapest": _side_to_json(found.cheapest),
        "secured": _side_to_json(found.secured),
        "premium": _price_to_json(found.premium),
        "by_group": [{"group": each.group, "name": each.name, **_price_to_json(each)} for each in found.by_group],
    }


def _price_to_json(found: PriceOfSurvival) -> dict[str, Any]:
    return {
        "base": amount(found.base),
        "low": amount(found.low),
        "high": amount(found.high),
        "stated": found.stated,
        "share": found.share,
    }


def _side_to_json(side: Side) -> dict[str, Any]:
    return {
        "cost_per_day": amount(side.cost_per_day),
        "by_phase": _by_phase(side.by_phase),
        "suppliers": side.suppliers,
        "hhi": side.hhi,
        "effective_suppliers": side.effective_suppliers,
        "largest_share": side.largest_share,
        "offerings": {name: _by_phase(sizes) for name, sizes in sorted(side.offerings.items())},
        "service": [_service_to_json(each) for each in side.service],
    }


def _service_to_json(left: ServiceLeft) -> dict[str, Any]:
    return {
        "failure": _failure_to_json(left.failure),
        "name": left.name,
        "phase": left.phase.value,
        "share": left.share,
    }


def _in_reading_order(judged: Sequence[Judged]) -> list[Judged]:
    """Taken first, then reserve, questions, refused; better fit first within each."""
    order = {"taken": 0, "reserve": 1, "question": 2, "refused": 3}
    return sorted(
        judged,
        key=lambda each: (
            order[each.verdict.value],
            -(each.fit.score if each.fit else 0.0),
            each.candidate.content_sha256,
            each.candidate.offering_id,
        ),
    )


def _judged_to_json(judged: Judged) -> dict[str, Any]:
    return {
        "offering_id": judged.candidate.offering_id,
        "version_id": judged.candidate.version_id,
        "provider_id": judged.candidate.provider_id,
        "title": judged.candidate.title,
        "verdict": judged.verdict.value,
        "quantities": _by_phase(judged.quantities),
        "score": None if judged.fit is None else round(judged.fit.score, 6),
        "record": None if judged.fit is None else round(judged.fit.record, 6),
        "margins": []
        if judged.fit is None
        else [
            {
                "clause": each.clause,
                "margin": None if each.value is None else round(each.value, 6),
                "weight": each.weight,
            }
            for each in judged.fit.margins
        ],
        "gates": [_gate_to_json(gate) for gate in judged.gates],
        "reasons": [_reason_to_json(reason) for reason in judged.reasons],
        "counterfactual": None if judged.counterfactual is None else _counterfactual_to_json(judged.counterfactual),
        "stability": None
        if judged.stability is None
        else {
            "keeps_place": judged.stability.keeps_place,
            "among_first": judged.stability.among_first,
            "first": judged.stability.first,
        },
    }


def _counterfactual_to_json(found: Counterfactual) -> dict[str, Any]:
    return {"changes": [_reason_to_json(each) for each in found.changes], "if_answered": found.if_answered}


def _sole_to_json(sole: Sole) -> dict[str, Any]:
    return {
        "provider_id": sole.provider_id,
        "might_join": sole.might_join,
        "barriers": [
            {"term": _reason_to_json(each.term), "suppliers": each.suppliers, "alone": each.alone}
            for each in sole.barriers
        ],
    }


def _impasse_to_json(impasse: Impasse) -> dict[str, Any]:
    eased = impasse.relaxation
    return {
        "relaxation": None
        if eased is None
        else {
            "norm": round(eased.norm, 9),
            "proven": eased.proven,
            "eased": [
                {
                    "term": each.term,
                    "reason": _reason_to_json(each.reason),
                    "share": round(each.share, 9),
                    "to": each.to,
                }
                for each in eased.eased
            ],
        },
        "conflict": None if impasse.conflict is None else [_reason_to_json(each) for each in impasse.conflict],
        "questions": impasse.questions,
    }


def _gate_to_json(gate: Gate) -> dict[str, Any]:
    return {
        "gate": gate.name,
        "outcome": gate.outcome.value,
        "clause": gate.clause,
        "evidence": gate.evidence,
        "params": dict(gate.params),
    }


def _reason_to_json(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "params": dict(reason.params)}


def _by_phase(quantities: Mapping[Phase, Decimal]) -> dict[str, str | None]:
    return {phase.value: amount(quantity) for phase, quantity in quantities.items()}
