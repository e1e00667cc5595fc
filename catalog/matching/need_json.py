"""A requirement as JSON and back, for its row and for the decision record. Pure."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.matching.values import LEAST_URGENT, Clause, LossKind, Need, Operator, PaperAsked, PhaseNeed, Wishes
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

_UNASKED: Mapping[str, Any] = {
    "users": (),
    "sanctioned_nations": (),
    "sanctioned_names": (),
    "papers": (),
    "least_maturity": None,
    "least_suppliers": 1,
    "least_jurisdictions": 1,
    "survive": (),
    "service_kept": 1.0,
    "priority": LEAST_URGENT,
    "originator": "",
    "nation": "",
}
"""A requirement that was stated before there were words for these asked for none of them."""


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
        "window": [time(need.window.start), time(need.window.stop)],
        "phases": [
            {"phase": each.phase.value, "quantity": each.quantity, "budget_per_day": amount(each.budget_per_day)}
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
        "users": sorted(need.users),
        "sanctioned_nations": sorted(need.sanctioned_nations),
        "sanctioned_names": sorted(need.sanctioned_names),
        "papers": [
            {"kind": each.kind, "levels": list(each.levels), "recognised_by": sorted(each.recognised_by)}
            for each in need.papers
        ],
        "least_maturity": need.least_maturity,
        "largest_share": need.wishes.largest_share,
        "least_suppliers": need.wishes.least_suppliers,
        "least_jurisdictions": need.wishes.least_jurisdictions,
        "survive": [each.value for each in need.wishes.survive],
        "service_kept": need.wishes.service_kept,
        "priority": need.priority,
        "originator": need.originator,
        "nation": need.nation,
    }


def need_from_json(kept: Mapping[str, Any]) -> Need:
    kept = {**_UNASKED, **kept}
    start, stop = kept["window"]
    return Need(
        capability=kept["capability"],
        currency=kept["currency"],
        window=Interval(datetime.fromisoformat(start), None if stop is None else datetime.fromisoformat(stop)),
        phases=tuple(
            PhaseNeed(Phase(each["phase"]), each["quantity"], decimal(each["budget_per_day"]))
            for each in kept["phases"]
        ),
        clauses=tuple(clause_from_json(each) for each in kept["clauses"]),
        area=kept["area"],
        nations=frozenset(kept["nations"]),
        excluded_nations=frozenset(kept["excluded_nations"]),
        owner_nations=frozenset(kept["owner_nations"]),
        excluded_owner_nations=frozenset(kept["excluded_owner_nations"]),
        standards=tuple(kept["standards"]),
        modalities=tuple(kept["modalities"]),
        users=frozenset(kept["users"]),
        sanctioned_nations=frozenset(kept["sanctioned_nations"]),
        sanctioned_names=frozenset(kept["sanctioned_names"]),
        papers=tuple(
            PaperAsked(each["kind"], tuple(each["levels"]), frozenset(each["recognised_by"])) for each in kept["papers"]
        ),
        least_maturity=kept["least_maturity"],
        wishes=Wishes(
            kept["largest_share"],
            kept["least_suppliers"],
            kept["least_jurisdictions"],
            tuple(LossKind(each) for each in kept["survive"]),
            kept["service_kept"],
        ),
        priority=kept["priority"],
        originator=kept["originator"],
        nation=kept["nation"],
    )


def amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def decimal(kept: str | None) -> Decimal | None:
    return None if kept is None else Decimal(kept)


def time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
