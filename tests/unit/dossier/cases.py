"""A small market with names, kept as a record by the product's own matching, and what is beside it in the shapes of a
record that prices resilience and holds claims against orbits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.demand.adoption import Step, clocks
from catalog.dossier.study import Clock, Material
from catalog.matching.recommend import recommend
from catalog.matching.record import Record, freeze
from catalog.matching.values import (
    Candidate,
    Clause,
    Dependency,
    LossKind,
    Need,
    Operator,
    Paper,
    PaperAsked,
    PhaseNeed,
    UnitPrice,
    Wishes,
)
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.phases import Phase
from tests.unit.matching.cases import WINDOW, need, offer

STATED, AT = datetime(2024, 11, 4, 9, 30, tzinfo=UTC), datetime(2024, 11, 20, 14, 5, tzinfo=UTC)
PEACE, CRISIS, CONFLICT = Phase.PEACE, Phase.CRISIS, Phase.CONFLICT

FIRMS = (
    # name, nation, gsd, revisit, price in peace, capacity in peace, retainer
    ("Aurora Imaging", "NO", 0.30, 6.0, "9.40", 1800.0, "0"),
    ("Boreal Earth", "FI", 0.45, 9.0, "6.10", 1500.0, "180"),
    ("Cirrus Optique", "FR", 0.40, 8.0, "7.25", 2200.0, "0"),
    ("Delphi Views", "GR", 0.50, 12.0, "5.80", 900.0, "0"),
    ("Ebro Sensing", "ES", 0.35, 10.0, "8.15", 1200.0, "95"),
    ("Fjord & Field", "NO", 0.48, 7.5, "6.90", 1000.0, "0"),
    ("Garonne Imagerie", "FR", 0.60, 6.0, "3.90", 4000.0, "0"),
    ("Helvetia <Orbital>", "CH", 0.28, 5.0, "14.20", 700.0, "0"),
    ("Iberia Observación", "ES", 0.42, 30.0, "5.10", 1600.0, "0"),
    ("Jutland Space", "DK", 0.46, 11.0, "6.45", 800.0, "60"),
)


def asked(**more: Any) -> Need:
    wishes = Wishes(0.6, 3, 2, (LossKind.SUPPLIER, LossKind.COMMON_MODE), 0.8)
    made = need(
        clauses=(
            Clause("gsd", Operator.AT_MOST, threshold=0.5, objective=0.3, weight=2.0),
            Clause("revisit", Operator.AT_MOST, threshold=12.0, objective=6.0),
            Clause("stereo", Operator.IS, hard=False, flag=True, weight=0.5),
        ),
        excluded_nations=frozenset({"CH"}),
        users=frozenset({"NO", "FI"}),
        sanctioned_nations=frozenset({"RU"}),
        papers=(PaperAsked("cyber_audit", ("2",), frozenset({"NO"})),),
        wishes=wishes,
        priority=3,
        originator="Northern planning cell",
        area={"type": "Polygon", "coordinates": [[[20, 66], [31.5, 66], [31.5, 71.2], [20, 71.2], [20, 66]]]},
    )
    phases = (
        PhaseNeed(PEACE, 2500.0, Decimal(19000)),
        PhaseNeed(CRISIS, 4000.0, Decimal(52000)),
        PhaseNeed(CONFLICT, 5000.0),
    )
    return replace(made, phases=phases, **more)


def offers() -> list[Candidate]:
    found = []
    for place, (name, nation, gsd, revisit, price, capacity, retainer) in enumerate(FIRMS):
        held = {PEACE: capacity, CRISIS: capacity * 1.2, CONFLICT: capacity * 1.5}
        paper = Paper(
            f"evi_{place:02}audit", "cyber_audit", "2", ("FI", "NO"), WINDOW.start - timedelta(days=400), None
        )
        values = {
            "gsd": Measured("gsd", gsd, gsd),
            "revisit": Measured("revisit", revisit, revisit * (1.4 if name.startswith("Fjord") else 1)),
            "stereo": Measured("stereo", flag=place % 2 == 0),
        }
        found.append(
            offer(
                f"{place}",
                title=f"Optical imagery, {round(gsd * 100)} cm",
                nation=nation,
                owner_nation=nation,
                capacity=held,
                coverage="global",
                content_sha256=f"{place + 11:0>2x}" * 32,
                offering_id=f"off_{place:02}7q2m8z",
                version_id=f"ofv_{place:02}7q2m8z",
                provider_id=f"prv_{place:02}",
                attributes=values,
                prices={
                    phase: UnitPrice(Decimal(price) * factor, Decimal(retainer), "EUR")
                    for phase, factor in ((PEACE, 1), (CRISIS, Decimal("1.3")), (CONFLICT, Decimal("1.9")))
                },
                papers=() if name.startswith(("Delphi", "Jutland")) else (paper,),
                deliveries=place % 3 * 4,
                deliveries_met=place % 3 * 3,
                dependencies=()
                if name.startswith("Ebro")
                else (
                    Dependency(
                        "launcher", f"launcher{place % 2}", ("Polar Lift", "Gulf Launch")[place % 2], "US", True
                    ),
                    Dependency("ground_network", "northnet", "Northnet", "NO", place in (0, 2)),
                ),
            )
        )
    return found


def kept(wanted: Need | None = None, market: list[Candidate] | None = None) -> Record:
    wanted = asked() if wanted is None else wanted
    market = offers() if market is None else market
    return freeze(wanted, market, recommend(wanted, market))


def as_before(result: dict[str, Any]) -> dict[str, Any]:
    """As a record of the second method was kept: no plan that protects, nothing priced, no orbits."""
    return {name: value for name, value in result.items() if name not in ("plan", "resilience", "physics")}


def as_first(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and result as a record of the first method was kept: one change, no document, no firmness."""
    result = as_before(record.result)
    kept = [{name: value for name, value in each.items() if name != "stability"} for each in result["offerings"]]
    for each in kept:
        each["gates"] = [{name: gate[name] for name in gate if name != "evidence"} for gate in each["gates"]]
        change = each["counterfactual"]["changes"][0] if each["counterfactual"] else None
        if change is not None:
            code = change["code"].replace("match.change.", "match.enter.")
            each["counterfactual"] = {"code": code, "params": change["params"]}
    asked = {
        name: value for name, value in record.inputs.items() if name not in ("stability", "most_states", "physics")
    }
    unsaid = ("papers", "dependencies", "maturity", "national", "name_keys", "release_to")
    offered = [
        {name: value for name, value in each.items() if name not in unsaid} for each in record.inputs["candidates"]
    ]
    result = {name: value for name, value in result.items() if name not in ("sole", "impasse")}
    return {**asked, "method": "match/1", "candidates": offered}, {**result, "offerings": kept}


def with_resilience(result: dict[str, Any], *, stated: bool = True) -> dict[str, Any]:
    """The shapes that a record of the third method adds, filled by hand."""
    ids = [each["provider_id"] for each in result["offerings"] if each["verdict"] in ("taken", "reserve")]
    kinds = [("supplier", each) for each in ids] + [("group", "launcher:launcher0"), ("group", "launcher:launcher1")]

    def service(worst: float) -> list[dict[str, Any]]:
        return [
            {
                "failure": {
                    "suppliers": [name] if kind == "supplier" else [],
                    "groups": [name] if kind == "group" else [],
                },
                "name": name,
                "phase": phase,
                "share": round(min(1.0, worst + 0.11 * place + shift), 6),
            }
            for place, (kind, name) in enumerate(kinds)
            for phase, shift in (("conflict", 0.0), ("crisis", 0.12), ("peace", 0.2))
        ]

    def side(cost: str, suppliers: int, hhi: float, worst: float) -> dict[str, Any]:
        whole = Decimal(cost)
        return {
            "cost_per_day": cost,
            "by_phase": {"peace": str(whole / 4), "crisis": str(whole / 4), "conflict": str(whole / 2)},
            "suppliers": suppliers,
            "hhi": hhi,
            "effective_suppliers": round(10_000 / hhi, 3),
            "largest_share": round((hhi / 10_000) ** 0.5, 6),
            "offerings": {},
            "service": service(worst),
        }

    def price(low: str, high: str, share: str, known: bool = True) -> dict[str, Any]:
        return {"base": "86250.00", "low": low, "high": high, "stated": known, "share": share}

    narrow, wide = ("6115.00", "6125.80"), ("5200.00", "7010.00")
    premium = {"group": None, "name": "", **price(*(narrow if stated else wide), share="0.071", known=stated)}
    groups = [
        {"group": "launcher:launcher0", "name": "Polar Lift", **price("4200.00", "4200.00", "0.049")},
        {"group": "launcher:launcher1", "name": "Gulf Launch", **price("900.00", "1800.00", "0.015", stated)},
        {"group": "ground_network:northnet", "name": "Northnet", **price("0", "0", "0")},
    ]
    exposed = [
        {
            "failure": {"suppliers": [], "groups": ["launcher:launcher0"]},
            "phase": "conflict",
            "asked": "4000.0",
            "stays": "3600.0",
            "best": "3900.0",
        }
    ]
    return {
        **result,
        "plan": {"protects": ["supplier", "common_mode"], "gap": 0.0, "exposed": exposed},
        "resilience": {
            "cheapest": side("86250.00", 3, 4100.0, 0.38),
            "secured": side("92370.40", 5, 2250.0, 0.81),
            "premium": premium,
            "by_group": groups,
        },
        "physics": [
            {
                "offering_id": result["offerings"][place]["offering_id"],
                "attribute": "revisit",
                "claimed": [6.0, 8.0],
                "answered": None if place else [7.0, 7.0],
                "computed": 9.412,
                "limit": 7.65,
                "verdict_of_claim": verdict,
                "verdict_of_answer": None if place else "disagree",
                "reason": {"code": "feasibility.not_claimed", "params": {}},
                "for_reply": verdict == "disagree",
            }
            for place, verdict in enumerate(("disagree", "agree", "cannot_tell"))
        ],
    }


def with_told(record: Record) -> dict[str, Any]:
    """The inputs of a record whose asker let suppliers be asked, and whose plan rests on what is at risk."""
    taken = [each["offering_id"] for each in record.result["offerings"] if each["verdict"] == "taken"]

    def answer(offering_id: str, code: str, **more: Any) -> dict[str, Any]:
        nothing: dict[str, Any] = {
            "quantity": None,
            "price": None,
            "valid_until": None,
            "answered_at": None,
            "reason": "",
            "values": [],
        }
        asked = {"offering_id": offering_id, "phase": "peace", "asked": 900.0, "asked_at": AT.isoformat()}
        return {**asked, "answer": code, **nothing, **more}

    given = {
        "quantity": 900.0,
        "price": ["0.004", "EUR"],
        "valid_until": "2024-12-24T00:00:00+00:00",
        "answered_at": AT.isoformat(),
        "reason": "=We have <room>",
    }
    answers = [
        answer(taken[0], "feasible", **given),
        answer(taken[1], "silent"),
        answer(taken[2], "no_interface", asked_at=None),
    ]

    def risk(cause: str, **more: Any) -> dict[str, Any]:
        nothing = {"other": None, "miss_m": None, "until": None, "loss": 1.0, "probability": 1.0, "is_bound": False}
        known = {"asset": "EYE-1", "catalog_number": 99001, "from": "2024-11-22T04:05:06+00:00", "evidence_id": "x"}
        return {"cause": cause, **known, **nothing, **more}

    near = risk("conjunction", other="DEBRIS 7", miss_m=412.4, probability=5.4e-5, is_bound=True)
    out = risk("outage", until="2024-12-01T00:00:00+00:00", loss=0.5)
    return {
        **record.inputs,
        "physics": {"answers": answers},
        "supply_at_risk": {
            taken[0]: {"assets": 4, "open": 9, "gravest": [risk("decay"), near]},
            taken[1]: {"assets": 1, "open": 1, "gravest": [out]},
        },
    }


def material(record: Record | None = None, **more: Any) -> Material:
    record = kept() if record is None else record
    steps = (
        (Step.NEED_STATED, STATED),
        (Step.CANDIDATES_FOUND, STATED + timedelta(hours=2)),
        (Step.STUDY_STARTED, STATED + timedelta(days=7)),
    )
    values: dict[str, Any] = {
        "match_id": "mat_4k2v9x7c1b",
        "at": AT,
        "inputs": record.inputs,
        "result": record.result,
        "inputs_sha256": record.inputs_sha256,
        "record_sha256": record.record_sha256,
        "requirement_id": "req_8h3n5d2s6f",
        "requirement_sha256": "5e" * 32,
        "title": "Imagery of the northern flank",
        "description": "Daily optical imagery of the north, in quantities that hold in crisis and in conflict.",
        "organisation": "Ministry of Defence of Norway",
        "suppliers": {f"prv_{place:02}": firm[0] for place, firm in enumerate(FIRMS)},
        "level": "unclassified",
        "readers": ("Ministry of Defence of Norway",),
        "steps": tuple((step.value, at) for step, at in steps),
        "clocks": tuple(Clock(each.step.value, each.months, each.due, each.done_at) for each in clocks(steps, AT)),
    }
    return Material(**{**values, **more})
