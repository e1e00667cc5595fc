"""Joint matches: several needs planned as one; what each pays, and saves against going alone. They award nothing."""

from datetime import datetime
from typing import Any, cast

from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, scope
from api.prefer import APPLIED, ASYNC, Later, preferred
from api.routes.matches import PremiumOut, ServiceLeftOut
from api.routes.work import StartedOut, started
from catalog import joint_matches, match_work
from catalog.joint.wording import shared, shared_by, spared
from catalog.joint_matches import MOST, Ask
from catalog.matching.survival import nothing_survived
from catalog.portfolio.values import Kind
from catalog.tables import Requirement
from catalog.together.economy import ShareMethod
from catalog.together.tables import JointMatch
from catalog.wording import premium
from space_hub.trust import markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.phases import Phase

router = Router(prefix="/v1/joint-matches", tags=["joint matches"])


class JointMatchIn(In):
    """One of both."""

    requirement_ids: list[str] = Field(
        default=[], max_length=MOST, description="Requirements of your own, in one currency."
    )
    joint_buy_id: str | None = Field(
        default=None,
        description="A priced joint buy in which you take part: the needs that its nations stated, each under the terms"
        " of its own requirement, which stays its owner's.",
    )

    def ask(self) -> Ask:
        return Ask(tuple(self.requirement_ids), self.joint_buy_id)


class NeedPhaseOut(Out):
    phase: Phase
    needed: str
    covered: str
    shortfall: str
    shortfall_alone: str = Field(description="What would be missing for this need alone on the same shelf.")


class JointNeedOut(Out):
    """One need: what it would cost alone on the same shelf, and its part of what all cost together, a day."""

    id: str
    organisation_id: str
    nation: str
    requirement_id: str | None
    title: str | None = Field(description="Of your own requirement; another's stays its owner's.")
    capability: str
    capacity_unit: str
    phases: list[NeedPhaseOut]
    alone: str
    bill: str
    saved: str = Field(description="Below zero where it pays more together than alone.")
    comparable: bool = Field(description="It gets as much together as alone; else the difference is no saving.")
    stderr: str | None = Field(description="Standard error, where orders of joining were drawn.")
    text: str


class JointOfferingOut(Out):
    """One offering of the plan and what it serves, by need and phase; nothing: it is kept ready."""

    offering_id: str
    version_id: str
    provider_id: str
    title: str
    quantities: dict[str, dict[Phase, str]]


class JointPlanOut(Out):
    """`gap`: how far at most its cost is from the least; `service`: of everything asked, the worst loss first."""

    protects: list[Kind]
    gap: float
    service: list[ServiceLeftOut]


class CostOut(Out):
    cost_per_day: str


class SecuredOut(CostOut):
    service: list[ServiceLeftOut]


class JointResilienceOut(Out):
    """The price for all together of surviving any one loss."""

    cheapest: CostOut
    secured: SecuredOut
    premium: PremiumOut
    survives_none: bool = Field(description="No single loss of a supplier can be survived, whatever is paid.")


class JointMatchOut(Out):
    """Costs per day in `currency`; the bills add up to `cost_per_day`."""

    id: str
    organisation_id: str
    joint_buy_id: str | None
    at: datetime
    recommendation_only: bool = True
    currency: str
    method: ShareMethod
    rule: str = Field(description="How the cost is divided, in words.")
    covered: bool
    cost_per_day: str
    alone: str = Field(description="What all of them pay, each alone.")
    saved: str
    comparable: bool = Field(description="Every need gets as much together as alone; else the difference is no saving.")
    text: str
    needs: list[JointNeedOut]
    offerings: list[JointOfferingOut]
    plan: JointPlanOut
    resilience: JointResilienceOut | None
    inputs_sha256: str
    record_sha256: str


class JointMatchSummaryOut(Out):
    id: str
    organisation_id: str
    joint_buy_id: str | None
    at: datetime
    covered: bool
    record_sha256: str


@router.post(
    "",
    status_code=201,
    policy=scope("match:write"),
    responses={202: {"model": StartedOut, "description": "The work whose result will be the joint match."}},
)
def create_joint_match(body: JointMatchIn, once: Once, prefer: Later = None) -> JointMatchOut:
    """Plan several needs as one on the shelf that all who will read it see. It recommends; agencies award.

    With `Prefer: respond-async` it is queued: the work tells its stages, can be cancelled, and ends with
    `joint_match_id`.
    """
    ask = body.ask()
    if ASYNC in preferred(prefer):
        return _later(ask, once)
    with once.read() as session:
        joint_matches.check_at_once(session, once.clock, once.principal, ask)
    made = joint_matches.think(once.database, once.clock, once.rng, once.principal, ask)

    def make(session: Session) -> JointMatchOut:
        row = joint_matches.keep(session, once.clock, once.rng, once.principal, ask, made)
        return joint_match_out(session, once.principal, row, once.language)

    return once.run(make)


def _later(ask: Ask, once: Once) -> JointMatchOut:
    """Queue it; the answer is the work, ready, typed as what the route declares first."""

    def make(session: Session) -> StartedOut:
        return started(match_work.start_joint(session, once.clock, once.rng, once.principal, ask))

    answered = cast(JSONResponse, once.run(make, status=202))
    if answered.status_code == 202:  # The key may have been used for one that was waited for.
        answered.headers[APPLIED] = ASYNC
    return cast(JointMatchOut, answered)


@router.get("", policy=scope("match:write"))
def list_joint_matches(asked: Asked, page: Page, joint_buy_id: str | None = None) -> Paged[JointMatchSummaryOut]:
    """Those that your organisation may read."""
    statement = select(JointMatch).where(markings.visible(JointMatch.marking_id, asked.principal))
    if joint_buy_id is not None:
        statement = statement.where(JointMatch.joint_buy_id == joint_buy_id)
    with asked.read() as session:
        return page.of(session, statement, key=col(JointMatch.id), make=JointMatchSummaryOut.model_validate)


@router.get("/{joint_match_id}", policy=scope("match:write"))
def get_joint_match(joint_match_id: str, asked: Asked) -> JointMatchOut:
    """One joint match: needs with what they cost alone and together, who is retained, what a loss leaves."""
    with asked.read() as session:
        row = joint_matches.get(session, asked.principal, joint_match_id)
        return joint_match_out(session, asked.principal, row, asked.language)


@router.get("/{joint_match_id}/record", policy=scope("match:write"))
def get_joint_match_record(joint_match_id: str, asked: Asked) -> dict[str, Any]:
    """What it was made from and what it said, as it was hashed; of the needs your own, of others' the hashes."""
    with asked.read() as session:
        row = joint_matches.get(session, asked.principal, joint_match_id)
        return {
            "inputs": row.inputs,
            "result": row.result,
            "contents": joint_matches.own_contents(asked.principal, row),
            "inputs_sha256": row.inputs_sha256,
            "record_sha256": row.record_sha256,
        }


def joint_match_out(session: Session, principal: Principal, row: JointMatch, language: str) -> JointMatchOut:
    """A kept joint match for one reader, in the words of `language`; also for the terminal."""
    currency, method = row.inputs["currency"], ShareMethod(row.inputs["shares"]["method"])
    own = select(Requirement.id, Requirement.title).where(
        Requirement.organisation_id == principal.organisation_id,
        col(Requirement.id).in_([each["requirement_id"] for each in row.result["needs"] if each["requirement_id"]]),
    )
    titles = dict(session.exec(own).all())
    return JointMatchOut.model_validate(
        {
            **row.model_dump(include={"id", "organisation_id", "joint_buy_id", "at", "inputs_sha256", "record_sha256"}),
            **{
                name: row.result[name]
                for name in ("covered", "cost_per_day", "alone", "saved", "comparable", "offerings", "plan")
            },
            "currency": currency,
            "method": method,
            "rule": shared_by(method, language),
            "text": shared(row.result, currency, language),
            "needs": [
                {
                    **each,
                    "title": titles.get(each["requirement_id"]),
                    "capacity_unit": capability(each["capability"]).capacity_unit,
                    "text": spared(each, currency, language),
                }
                for each in row.result["needs"]
            ],
            "resilience": _resilience(row.result, currency, language),
        }
    )


def _resilience(result: dict[str, Any], currency: str, language: str) -> dict[str, Any] | None:
    kept = result["resilience"]
    if kept is None:
        return None
    nothing = nothing_survived(kept, kept["least"])
    said = premium(kept["premium"], currency, language, survived=not nothing)
    return {
        "cheapest": kept["cheapest"],
        "secured": kept["secured"],
        "premium": {**kept["premium"], "text": said},
        "survives_none": nothing,
    }
