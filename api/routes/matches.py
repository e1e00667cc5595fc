"""Matches: a recommendation with its reasons, kept as a decision record. It awards nothing."""

from datetime import datetime
from typing import Any, cast

from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.physics import AnswerOut, PhysicsOut, answers_out, physics_out
from api.policy import Router, scope
from api.prefer import APPLIED, ASYNC, Later, preferred
from api.routes.work import StartedOut, started
from catalog import match_work, matches
from catalog.matching import older
from catalog.matching.survival import lost_for_good, nothing_survived
from catalog.matching.values import LossKind, Outcome, Verdict
from catalog.physics.asking import Consent
from catalog.tables import MatchRecord
from catalog.wording import barrier, counterfactual, impasse, premium, sentence, sole
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/matches", tags=["matches"])


class MatchIn(In):
    requirement_id: str
    ask_suppliers: bool = Field(
        default=False,
        description="Your consent that suppliers who fit may read area, window, phase and quantity, are asked whether"
        " they can, and are told where orbits contradict their claims.",
    )


class ReasonOut(Out):
    code: str
    text: str


class GateOut(Out):
    gate: str
    outcome: Outcome
    clause: int | None
    evidence: str | None
    text: str


class MarginOut(Out):
    clause: int
    margin: float | None
    weight: float


class CounterfactualOut(Out):
    """What would let a refused offering in; `if_answered`: and its open questions answered well."""

    text: str
    changes: list[ReasonOut]
    if_answered: bool


class StabilityOut(Out):
    """Shares of samples with every weight up to a fifth higher or lower."""

    keeps_place: float
    among_first: float
    first: int


class BarrierOut(Out):
    text: str
    suppliers: int
    alone: int


class SoleOut(Out):
    """One supplier alone fits; `might_join` others would if they answered well."""

    provider_id: str
    might_join: int
    text: str
    barriers: list[BarrierOut]


class EasedOut(Out):
    term: str
    text: str
    share: float
    to: float | None


class RelaxationOut(Out):
    norm: float
    proven: bool
    eased: list[EasedOut]


class ImpasseOut(Out):
    """Why it cannot be met. `conflict` null: open questions may do; empty: the shelf holds too little."""

    text: str
    relaxation: RelaxationOut | None
    conflict: list[ReasonOut] | None
    questions: int


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
    counterfactual: CounterfactualOut | None
    stability: StabilityOut | None


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


class FailureOut(Out):
    """What fails at once."""

    suppliers: list[str]
    groups: list[str]


class ExposureOut(Out):
    """A failure that the set was asked to survive and does not, whole: what `stays`, and the `best` that could."""

    failure: FailureOut
    phase: Phase
    asked: str
    stays: str
    best: str


class PlanOut(Out):
    """`gap`: how far at most the cost of the set is from the least, as a share."""

    protects: list[LossKind]
    gap: float
    exposed: list[ExposureOut]


class ServiceLeftOut(Out):
    """The share of everything asked in a phase that is left after a failure."""

    failure: FailureOut
    name: str
    phase: Phase
    share: float


class SideOut(Out):
    """One of two sets compared. `hhi`: of the money paid, 0 to 10,000; no quantity of an offering: it is kept ready."""

    cost_per_day: str
    by_phase: dict[Phase, str]
    suppliers: int
    hhi: float
    effective_suppliers: float
    largest_share: float
    offerings: dict[str, dict[Phase, str]]
    service: list[ServiceLeftOut]


class PremiumOut(Out):
    """What survival costs a day above `base`: between `low` and `high` unless it is `stated`."""

    base: str
    low: str
    high: str
    stated: bool
    share: float
    text: str


class GroupPremiumOut(PremiumOut):
    group: str
    name: str


class ResilienceOut(Out):
    """The price of not depending on anyone, without budgets: the cheapest set beside the one that survives any loss."""

    cheapest: SideOut
    secured: SideOut
    premium: PremiumOut
    by_group: list[GroupPremiumOut]
    survives_none: bool = Field(description="No single loss of a supplier can be survived, whatever is paid.")


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
    sole: SoleOut | None
    impasse: ImpasseOut | None
    plan: PlanOut | None
    resilience: ResilienceOut | None
    offerings: list[JudgedOut]
    physics: list[PhysicsOut]
    answers: list[AnswerOut] | None
    inputs_sha256: str
    record_sha256: str


class MatchSummaryOut(Out):
    id: str
    requirement_id: str
    at: datetime
    covered: bool
    single_supplier: bool
    record_sha256: str


@router.post(
    "",
    status_code=201,
    policy=scope("match:write"),
    responses={202: {"model": StartedOut, "description": "The work whose result will be the match."}},
)
def create_match(body: MatchIn, once: Once, prefer: Later = None) -> MatchOut:
    """Match a requirement with the shelf as you see it now. It recommends; your agency awards.

    With `Prefer: respond-async` it is queued: the work tells its stages, can be cancelled, and ends with `match_id`.
    """
    if ASYNC in preferred(prefer):
        return _later(body, once)
    with once.read() as session:
        matches.check_at_once(session, once.clock, once.principal, body.requirement_id)
    consent = Consent(once.rng, once.settings.egress_allow) if body.ask_suppliers else None
    record = matches.think(once.database, once.clock, once.principal, body.requirement_id, consent=consent)

    def make(session: Session) -> MatchOut:
        row = matches.keep(session, once.clock, once.rng, once.principal, body.requirement_id, record)
        return match_out(row, once.language)

    return once.run(make)


def _later(body: MatchIn, once: Once) -> MatchOut:
    """Queue the match; the answer is the work, ready, typed as what the route declares first."""

    def make(session: Session) -> StartedOut:
        work = match_work.start(
            session,
            once.clock,
            once.rng,
            once.principal,
            body.requirement_id,
            ask_suppliers=body.ask_suppliers,
        )
        return started(work)

    answered = cast(JSONResponse, once.run(make, status=202))
    if answered.status_code == 202:  # The key may have been used for a match that was waited for.
        answered.headers[APPLIED] = ASYNC
    return cast(MatchOut, answered)


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
    offerings = older.offerings(row.inputs, row.result)
    unit = capability(need["capability"]).capacity_unit
    plain = {name: row.result[name] for name in ("suppliers", "cost_per_day", "phases", "losses")}
    return MatchOut.model_validate(
        {
            **row.model_dump(include={"id", "requirement_id", "at", "covered", "single_supplier"}),
            **plain,
            "sole": _sole(row.result.get("sole"), language),
            "impasse": _impasse(row.result.get("impasse"), language),
            "plan": row.result.get("plan"),
            "resilience": _resilience(row.result.get("resilience"), need, language),
            "capacity_unit": unit,
            "currency": need["currency"],
            "offerings": [_judged(each, unit, language) for each in offerings],
            "physics": physics_out(row.result.get("physics", ()), language),
            "answers": answers_out((row.inputs.get("physics") or {}).get("answers"), unit, language),
            "inputs_sha256": row.inputs_sha256,
            "record_sha256": row.record_sha256,
        }
    )


def _words(reason: dict[str, Any], unit: str, language: str) -> dict[str, str]:
    text = sentence(reason["code"], reason["params"], language, capacity_unit=unit)
    return {"code": reason["code"], "text": text}


def _judged(kept: dict[str, Any], unit: str, language: str) -> dict[str, Any]:
    counted = kept["counterfactual"]
    return {
        **kept,
        "reasons": [_words(reason, unit, language) for reason in kept["reasons"]],
        "counterfactual": counted
        and {
            "text": counterfactual(counted, language, capacity_unit=unit),
            "changes": [_words(each, unit, language) for each in counted["changes"]],
            "if_answered": counted["if_answered"],
        },
        "gates": [
            {
                **gate,
                **_words({"code": f"match.{gate['gate']}.{gate['outcome']}", "params": gate["params"]}, unit, language),
            }
            for gate in kept["gates"]
        ],
    }


def _sole(kept: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    return kept and {
        **kept,
        "text": sole(kept, language),
        "barriers": [{**each, "text": barrier(each, language)} for each in kept["barriers"]],
    }


def _resilience(kept: dict[str, Any] | None, need: dict[str, Any], language: str) -> dict[str, Any] | None:
    if kept is None:
        return None
    least, currency = need.get("service_kept", 1.0), need["currency"]
    lost, nothing = lost_for_good(kept, least), nothing_survived(kept, least)

    def group(each: dict[str, Any]) -> dict[str, Any]:
        return {**each, "text": premium(each, currency, language, survived=("groups", each["group"]) not in lost)}

    return {
        **kept,
        "survives_none": nothing,
        "premium": {**kept["premium"], "text": premium(kept["premium"], currency, language, survived=not nothing)},
        "by_group": [group(each) for each in kept["by_group"]],
    }


def _impasse(kept: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    if kept is None:
        return None
    relaxation, conflict = kept["relaxation"], kept["conflict"]
    return {
        **kept,
        "text": impasse(kept, language),
        "relaxation": relaxation
        and {
            **relaxation,
            "eased": [{**each, **_words(each["reason"], "", language)} for each in relaxation["eased"]],
        },
        "conflict": None if conflict is None else [_words(each, "", language) for each in conflict],
    }
