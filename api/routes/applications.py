"""Applications: made by a provider, judged by an office, debriefed and appealed."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from api.routes.submissions import SubmissionOut
from providers import applications, cases, submissions
from providers.lifecycle import State, Step
from providers.offices import Matter
from providers.tables import Application, ApplicationEntry
from providers.vetting import Tier
from space_hub.text import say
from space_hub.vocabulary.codes import MissionArea

router = Router(prefix="/v1", tags=["applications"])


class ApplicationIn(In):
    tier: Tier = Tier.LISTED
    mission_areas: list[MissionArea] = Field(min_length=1, max_length=len(MissionArea))


class MissingOut(Out):
    code: str
    text: str


class ApplicationOut(Out):
    id: str
    provider_id: str
    tier: Tier
    mission_areas: list[MissionArea]
    rules_version: int
    state: State
    missing: list[MissingOut] = Field(description="What the file still lacks; nothing is approved before it is there.")
    submission_id: str | None = Field(description="Its place at the office, with the clock.")
    office_id: str | None
    due_at: datetime | None = Field(description="When the first answer is due; null once it is given.")
    created_at: datetime
    decided_at: datetime | None


class ApplicationEntryOut(Out):
    number: int
    event: Step
    state: State
    reasons: list[str]
    by_organisation_id: str
    at: datetime


class ApplicationDecisionIn(In):
    event: Step = Field(description="look, return, approve, reject, overturn or uphold.")
    reasons: list[str] = Field(min_length=1, max_length=20, description="Read by the provider.")
    areas: list[MissionArea] | None = Field(default=None, description="Approve these only; null: all that were asked.")


class GroundsIn(In):
    grounds: str = Field(min_length=1, max_length=5000)


@router.post("/providers/{provider_id}/applications", status_code=201, policy=scope("provider:write"))
def apply(provider_id: str, body: ApplicationIn, once: Once) -> ApplicationOut:
    """Apply for a tier in some mission areas, or hand in again what was returned.

    Where the rule decides and nothing is missing, you are approved in this answer.
    """

    def make(session: Session) -> ApplicationOut:
        made = applications.apply(
            session,
            once.clock,
            once.rng,
            once.principal,
            provider_id,
            tier=body.tier,
            mission_areas=body.mission_areas,
        )
        return shown(session, made, once.language)

    return once.run(make)


@router.get("/applications", policy=any_key())
def list_applications(asked: Asked, page: Page, state: State | None = None) -> Paged[ApplicationOut]:
    """Your own applications, and those that stand with your offices."""
    rows = select(Application).where(cases.readable(asked.principal))
    if state is not None:
        rows = rows.where(Application.state == state.value)
    with asked.read() as session:
        return page.of(session, rows, key=col(Application.id), make=lambda row: shown(session, row, asked.language))


@router.get("/applications/{application_id}", policy=any_key())
def get_application(application_id: str, asked: Asked) -> ApplicationOut:
    """One application: its state, what it lacks, its office and its clock."""
    with asked.read() as session:
        return shown(session, cases.one(session, asked.principal, application_id), asked.language)


@router.get("/applications/{application_id}/history", policy=any_key())
def list_application_history(application_id: str, asked: Asked, page: Page) -> Paged[ApplicationEntryOut]:
    """Every step with its reasons."""
    with asked.read() as session:
        found = cases.one(session, asked.principal, application_id)
        rows = select(ApplicationEntry).where(ApplicationEntry.application_id == found.id)
        return page.of(session, rows, key=col(ApplicationEntry.number), make=ApplicationEntryOut.model_validate)


@router.post("/applications/{application_id}/decisions", status_code=201, policy=scope("application:decide"))
def decide_application(application_id: str, body: ApplicationDecisionIn, once: Once) -> ApplicationOut:
    """The office looks, returns, approves or rejects, or judges an appeal; always with reasons."""

    def make(session: Session) -> ApplicationOut:
        made = applications.decide(
            session, once.clock, once.rng, once.principal, application_id, body.event, body.reasons, body.areas
        )
        return shown(session, made, once.language)

    return once.run(make)


@router.post("/applications/{application_id}/appeal", status_code=201, policy=scope("provider:write"))
def appeal_application(application_id: str, body: GroundsIn, once: Once) -> ApplicationOut:
    """Have a rejection judged by somebody who has not judged it; once, within ten working days."""

    def make(session: Session) -> ApplicationOut:
        made = applications.appeal(session, once.clock, once.rng, once.principal, application_id, body.grounds)
        return shown(session, made, once.language)

    return once.run(make)


@router.post("/applications/{application_id}/withdrawal", status_code=201, policy=scope("provider:write"))
def withdraw_application(application_id: str, once: Once) -> ApplicationOut:
    """Ask no longer; an appeal that is withdrawn leaves the rejection."""

    def make(session: Session) -> ApplicationOut:
        made = applications.withdraw(session, once.clock, once.rng, once.principal, application_id)
        return shown(session, made, once.language)

    return once.run(make)


@router.post("/applications/{application_id}/debrief", status_code=201, policy=scope("provider:write"))
def ask_debrief(application_id: str, once: Once) -> SubmissionOut:
    """Ask to be told at length why it was rejected."""
    return once.run(
        lambda session: SubmissionOut.of(
            applications.ask_debrief(session, once.clock, once.rng, once.principal, application_id), once
        )
    )


def shown(session: Session, row: Application, language: str) -> ApplicationOut:
    appealed = submissions.of_subject(session, row.id, Matter.APPEAL)
    waited = appealed or submissions.of_subject(session, row.id, Matter.APPLICATION)
    running = waited is not None and waited.state == submissions.State.OPEN
    return ApplicationOut(
        id=row.id,
        provider_id=row.provider_id,
        tier=Tier(row.tier),
        mission_areas=[MissionArea(area) for area in row.mission_areas],
        rules_version=row.rules_version,
        state=State(row.state),
        missing=[MissingOut(code=code, text=say(f"vetting.need.{code}", language)) for code in row.missing],
        submission_id=None if waited is None else waited.id,
        office_id=None if waited is None else waited.office_id,
        due_at=waited.due_at if waited is not None and running else None,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
