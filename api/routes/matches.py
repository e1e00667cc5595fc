"""Matches: a recommendation with its reasons, kept as a decision record. It awards nothing."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from catalog import matches
from catalog.matching.values import Outcome, Verdict
from catalog.tables import MatchRecord
from catalog.wording import sentence
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/matches", tags=["matches"])


class MatchIn(In):
    requirement_id: str


class ReasonOut(Out):
    code: str
    text: str


class GateOut(Out):
    gate: str
    outcome: Outcome
    clause: int | None
    text: str


class MarginOut(Out):
    clause: int
    margin: float | None
    weight: float


class JudgedOut(Out):
    offering_id: str
    version_id: str
    provider_id: str
    title: str
    verdict: Verdict
    quantities: dict[Phase, str]
    score: float | None
    record: float | None
    margins: list[MarginOut]
    gates: list[GateOut]
    reasons: list[ReasonOut]
    counterfactual: ReasonOut | None


class PhaseOut(Out):
    phase: Phase
    needed: str
    covered: str
    shortfall: str
    cost_per_day: str
    budget_per_day: str | None
    over_budget: bool


class LossOut(Out):
    provider_id: str
    shortfall_taken: dict[Phase, str]
    shortfall_pool: dict[Phase, str]


class MatchOut(Out):
    """Quantities in `capacity_unit`, costs per day in `currency`."""

    id: str
    requirement_id: str
    at: datetime
    recommendation_only: bool = True
    capacity_unit: str
    currency: str
    covered: bool
    single_supplier: bool
    suppliers: int
    cost_per_day: str
    phases: list[PhaseOut]
    losses: list[LossOut]
    offerings: list[JudgedOut]
    inputs_sha256: str
    record_sha256: str


class MatchSummaryOut(Out):
    id: str
    requirement_id: str
    at: datetime
    covered: bool
    single_supplier: bool
    record_sha256: str


@router.post("", status_code=201, policy=scope("match:write"))
def create_match(body: MatchIn, once: Once) -> MatchOut:
    """Match a requirement with the shelf as you see it now. It recommends; your agency awards."""
    with once.read() as session:
        need, candidates = matches.gather(session, once.clock, once.principal, body.requirement_id)
    record = matches.compute(need, candidates)

    def make(session: Session) -> MatchOut:
        row = matches.keep(session, once.clock, once.rng, once.principal, body.requirement_id, record)
        return match_out(row, once.language)

    return once.run(make)


@router.get("", policy=scope("match:write"))
def list_matches(asked: Asked, page: Page, requirement_id: str | None = None) -> Paged[MatchSummaryOut]:
    """Your organisation's matches."""
    statement = select(MatchRecord).where(MatchRecord.organisation_id == asked.principal.organisation_id)
    if requirement_id is not None:
        statement = statement.where(MatchRecord.requirement_id == requirement_id)
    with asked.read() as session:
        return page.of(session, statement, key=col(MatchRecord.id), make=MatchSummaryOut.model_validate)


@router.get("/{match_id}", policy=scope("match:write"))
def get_match(match_id: str, asked: Asked) -> MatchOut:
    """One match with the reasons for each offering taken and each refused."""
    with asked.read() as session:
        return match_out(matches.get(session, asked.principal, match_id), asked.language)


@router.get("/{match_id}/record", policy=scope("match:write"))
def get_match_record(match_id: str, asked: Asked) -> dict[str, Any]:
    """Everything the match was made from and what it said, as it was hashed."""
    with asked.read() as session:
        row = matches.get(session, asked.principal, match_id)
        return {
            "inputs": row.inputs,
            "result": row.result,
            "inputs_sha256": row.inputs_sha256,
            "record_sha256": row.record_sha256,
        }


def match_out(row: MatchRecord, language: str) -> MatchOut:
    """A kept match in the words of `language`."""
    need = row.inputs["need"]
    unit = capability(need["capability"]).capacity_unit
    plain = {name: row.result[name] for name in ("suppliers", "cost_per_day", "phases", "losses")}
    return MatchOut.model_validate(
        {
            **row.model_dump(include={"id", "requirement_id", "at", "covered", "single_supplier"}),
            **plain,
            "capacity_unit": unit,
            "currency": need["currency"],
            "offerings": [_judged(each, unit, language) for each in row.result["offerings"]],
            "inputs_sha256": row.inputs_sha256,
            "record_sha256": row.record_sha256,
        }
    )


def _judged(kept: dict[str, Any], unit: str, language: str) -> dict[str, Any]:
    def words(reason: dict[str, Any]) -> dict[str, str]:
        text = sentence(reason["code"], reason["params"], language, capacity_unit=unit)
        return {"code": reason["code"], "text": text}

    return {
        **kept,
        "reasons": [words(reason) for reason in kept["reasons"]],
        "counterfactual": None if kept["counterfactual"] is None else words(kept["counterfactual"]),
        "gates": [
            {**gate, **words({"code": f"match.{gate['gate']}.{gate['outcome']}", "params": gate["params"]})}
            for gate in kept["gates"]
        ],
    }
