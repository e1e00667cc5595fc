"""The decision record: everything a recommendation was made from and what it said, with hashes. Pure.

`inputs` can be read back and matched again; the same inputs give the same
record, byte for byte.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.matching import fit
from catalog.matching.values import (
    Candidate,
    Clause,
    Gate,
    Judged,
    Need,
    Operator,
    PhaseNeed,
    Reason,
    Recommendation,
    UnitPrice,
)
from catalog.shelf.content import fingerprint, measured_from_json, measured_to_json
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

METHOD = "match/1"
"""Raised whenever the same inputs could give another recommendation."""


@dataclass(frozen=True, slots=True)
class Record:
    inputs: dict[str, Any]
    result: dict[str, Any]
    inputs_sha256: str
    record_sha256: str


def freeze(need: Need, candidates: Iterable[Candidate], recommendation: Recommendation) -> Record:
    inputs = {
        "method": METHOD,
        "neutral_record": fit.NEUTRAL_RECORD,
        "prior_deliveries": fit.PRIOR_DELIVERIES,
        "record_weight": fit.RECORD_WEIGHT,
        "need": need_to_json(need),
        "candidates": sorted(
            (candidate_to_json(each) for each in candidates), key=lambda kept: str(kept["offering_id"])
        ),
    }
    result = result_to_json(recommendation)
    digest = fingerprint(inputs)
    return Record(inputs, result, digest, fingerprint({"inputs_sha256": digest, "result": result}))


def thaw(inputs: Mapping[str, Any]) -> tuple[Need, list[Candidate]]:
    """Requirement and candidates of a frozen record."""
    return need_from_json(inputs["need"]), [candidate_from_json(each) for each in inputs["candidates"]]


def clause_to_json(clause: Clause) -> dict[str, Any]:
    return {
        "attribute": clause.attribute,
        "operator": clause.operator.value,
        "hard": clause.hard,
        "weight": clause.weight,
        "threshold": clause.threshold,
        "objective": clause.objective,
        "upper": clause.upper,
        "codes": list(clause.codes),
        "flag": clause.flag,
    }


def clause_from_json(kept: Mapping[str, Any]) -> Clause:
    return Clause(**{**kept, "operator": Operator(kept["operator"]), "codes": tuple(kept["codes"])})


def need_to_json(need: Need) -> dict[str, Any]:
    return {
        "capability": need.capability,
        "currency": need.currency,
        "window": [_time(need.window.start), _time(need.window.stop)],
        "phases": [
            {"phase": each.phase.value, "quantity": each.quantity, "budget_per_day": _amount(each.budget_per_day)}
            for each in need.phases
        ],
        "clauses": [clause_to_json(clause) for clause in need.clauses],
        "area": need.area,
        "nations": sorted(need.nations),
        "excluded_nations": sorted(need.excluded_nations),
        "owner_nations": sorted(need.owner_nations),
        "excluded_owner_nations": sorted(need.excluded_owner_nations),
        "standards": list(need.standards),
        "modalities": list(need.modalities),
        "largest_share": need.largest_share,
    }


def need_from_json(kept: Mapping[str, Any]) -> Need:
    start, stop = kept["window"]
    return Need(
        kept["capability"],
        kept["currency"],
        Interval(datetime.fromisoformat(start), None if stop is None else datetime.fromisoformat(stop)),
        tuple(
            PhaseNeed(Phase(each["phase"]), each["quantity"], _decimal(each["budget_per_day"]))
            for each in kept["phases"]
        ),
        tuple(clause_from_json(each) for each in kept["clauses"]),
        kept["area"],
        frozenset(kept["nations"]),
        frozenset(kept["excluded_nations"]),
        frozenset(kept["owner_nations"]),
        frozenset(kept["excluded_owner_nations"]),
        tuple(kept["standards"]),
        tuple(kept["modalities"]),
        kept["largest_share"],
    )


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
            phase.value: [_amount(price.unit_price), _amount(price.retainer_per_day), price.currency]
            for phase, price in candidate.prices.items()
        },
        "standards": sorted(candidate.standards),
        "coverage": candidate.coverage,
        "valid_from": _time(candidate.valid_from),
        "valid_to": _time(candidate.valid_to),
        "deliveries": candidate.deliveries,
        "deliveries_met": candidate.deliveries_met,
    }


def candidate_from_json(kept: Mapping[str, Any]) -> Candidate:
    plain = {
        name: kept[name]
        for name in (
            *("offering_id", "version_id", "content_sha256", "provider_id", "title", "nation", "owner_nation"),
            *("capability", "modality", "coverage", "deliveries", "deliveries_met"),
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
        valid_from=_moment(kept["valid_from"]),
        valid_to=_moment(kept["valid_to"]),
    )


def result_to_json(recommendation: Recommendation) -> dict[str, Any]:
    return {
        "covered": recommendation.covered,
        "single_supplier": recommendation.single_supplier,
        "suppliers": recommendation.suppliers,
        "cost_per_day": _amount(recommendation.cost_per_day),
        "phases": [
            {
                "phase": each.phase.value,
                "needed": _amount(each.needed),
                "covered": _amount(each.covered),
                "shortfall": _amount(each.shortfall),
                "cost_per_day": _amount(each.cost_per_day),
                "budget_per_day": _amount(each.budget_per_day),
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
        "offerings": [_judged_to_json(each) for each in _in_reading_order(recommendation.judged)],
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
        "counterfactual": None if judged.counterfactual is None else _reason_to_json(judged.counterfactual),
    }


def _gate_to_json(gate: Gate) -> dict[str, Any]:
    return {"gate": gate.name, "outcome": gate.outcome.value, "clause": gate.clause, "params": dict(gate.params)}


def _reason_to_json(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "params": dict(reason.params)}


def _by_phase(quantities: Mapping[Phase, Decimal]) -> dict[str, str | None]:
    return {phase.value: _amount(quantity) for phase, quantity in quantities.items()}


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _decimal(kept: str | None) -> Decimal | None:
    return None if kept is None else Decimal(kept)


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
