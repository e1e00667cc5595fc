"""Competitions of a lead, and what named openers do for them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from api.decided import DecidedByIn, DecidedByOut, QuantityIn, decided_by
from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import PROBLEM, Router, any_key, scope
from api.routes.openings import OpeningOut, opened
from catalog.capacity.rules import parts
from catalog.competition import awarding, competitions, complaints, publishing, telling
from catalog.competition.asks import Aim, CompetitionAsk
from catalog.competition.scoring import Criterion, CriterionKind
from catalog.competition.states import Event, State
from catalog.competition.tables import Competition, CompetitionOpening
from catalog.ordering.tables import CallOffKind, Purpose
from providers import submissions
from providers.desk_tables import Submission
from space_hub.vocabulary.interval import Interval

router = Router(prefix="/v1/competitions", tags=["competitions"])

_Number = Field(max_digits=24, decimal_places=9)


class CriterionIn(In):
    name: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_:.-]+$")
    kind: CriterionKind
    weight: Decimal = Field(gt=0, le=1, max_digits=10, decimal_places=9)
    threshold: Decimal = _Number
    objective: Decimal = _Number
    hard: bool = Field(default=False, description="Whoever does not reach the threshold is out.")
    unit: str = Field(default="", max_length=30)


class CompetitionIn(In):
    pool_id: str
    lot_id: str | None = None
    aim: Aim
    title_en: str = Field(min_length=1, max_length=90)
    title_fr: str = Field(min_length=1, max_length=90)
    text_en: str = Field(min_length=1, max_length=10_000)
    text_fr: str = Field(min_length=1, max_length=10_000)
    quantity_per_day: QuantityIn
    window_from: UtcDatetime
    window_to: UtcDatetime
    kind: CallOffKind = CallOffKind.TASKING
    purpose: Purpose = Purpose.DEFENCE
    area: dict[str, Any] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    criteria: list[CriterionIn] = Field(min_length=1, max_length=30)
    openers: list[str] = Field(min_length=2, max_length=5, description="Two of them open; with three, one may fail.")
    questions_until: UtcDatetime
    quotes_until: UtcDatetime
    standstill_days: int | None = Field(default=None, ge=0, le=60, description="Null: as the hub is set.")

    def plan(self, usual_days: int) -> publishing.Plan:
        days = usual_days if self.standstill_days is None else self.standstill_days
        ask = CompetitionAsk(
            self.aim,
            (self.title_en, self.title_fr),
            (self.text_en, self.text_fr),
            parts(self.quantity_per_day, of="quantity_per_day"),
            Interval(self.window_from, self.window_to),
            self.kind,
            self.purpose,
            self.area,
            self.parameters,
        )
        criteria = [Criterion(**each.model_dump()) for each in self.criteria]
        return publishing.Plan(
            ask, criteria, self.openers, self.questions_until, self.quotes_until, timedelta(days=days)
        )


class PublishIn(In):
    agreement_ids: list[str] = Field(min_length=1, max_length=500, description="One supplier is invited for each.")
    decided_by: DecidedByIn
    reason: str = Field(default="", max_length=2000, description="Needed where one supplier alone is invited.")


class EntryOut(Out):
    number: int
    event: Event | None = Field(description="Null: it was drafted.")
    state: State
    reason: str
    decided_by: DecidedByOut | None
    at: datetime


class CompetitionOut(Out):
    """For who runs it. How many quotes there are is told after the opening."""

    id: str
    pool_id: str
    lot_id: str
    state: State
    ask: dict[str, Any]
    criteria: list[dict[str, Any]]
    openers: list[str]
    spare_keys: int = Field(description="Openers that may lose their keys; at 0 one lost key loses every quote.")
    invitations: list[str]
    single_source: bool = Field(description="One supplier alone was invited, for the reason in the history.")
    questions_until: datetime
    quotes_until: datetime
    standstill_s: int
    notice_sha256: str | None = Field(description="Publish it, and the openers' fingerprints, by another way too.")
    opportunity_id: str | None
    opening: OpeningOut | None
    standstill_until: datetime | None = Field(description="Null while a complaint stops the clock.")
    awarded_at: datetime | None
    awards: list[str] = Field(description="Invitations, the awarded one first.")
    history: list[EntryOut]


class NoticeOut(Out):
    notice: dict[str, Any]
    notice_sha256: str


class ScoredOut(Out):
    """One opened quote with its points; those that fit are ranked and come first."""

    invitation_id: str
    provider_id: str
    agreement_id: str
    revision: int
    rank: int | None
    quote: dict[str, Any] | None
    fault: str | None
    points: dict[str, str]
    total: str | None
    failed_hard: list[str]


class QuotesOut(Out):
    items: list[ScoredOut]


class AwardIn(In):
    invitation_ids: list[str] = Field(
        max_length=8, description="Best first: who is awarded, and who stands behind. Empty: none fits."
    )
    reason: str = Field(default="", max_length=2000, description="Every supplier reads it in its debrief: name nobody.")
    decided_by: DecidedByIn


class CancelIn(In):
    reason: str = Field(min_length=1, max_length=2000)
    decided_by: DecidedByIn


class ComplaintIn(In):
    text: str = Field(min_length=1, max_length=10_000)


class ComplaintOut(Out):
    submission_id: str
    state: submissions.State
    due_at: datetime


class ComplaintAnswerIn(In):
    accepted: bool
    reason: str = Field(min_length=1, max_length=2000)
    decided_by: DecidedByIn


def _out(session: Session, asked: Asked, row: Competition) -> CompetitionOut:
    opening = session.get(CompetitionOpening, row.id)
    sent = [invitation.id for invitation, _ in telling.invited(session, row.id)]
    return CompetitionOut(
        **row.model_dump(include=set(CompetitionOut.model_fields) - {"state"}),
        state=competitions.standing(row, asked.clock.now()),
        openers=publishing.openers_of(session, row),
        spare_keys=publishing.spare_keys(session, row),
        invitations=sent,
        single_source=len(sent) == 1,
        opening=None if opening is None else opened(opening),
        awards=[invitation.id for _, invitation in awarding.awards(session, row.id)],
        history=[
            EntryOut(
                number=each.number,
                event=None if each.event == "draft" else Event(each.event),
                state=State(each.state),
                reason=each.reason,
                decided_by=decided_by(each.authority_name, each.authority_office),
                at=each.at,
            )
            for each in competitions.history(session, row.id)
        ],
    )


@router.post("", status_code=201, policy=scope("competition:write"))
def draft_competition(body: CompetitionIn, once: Once) -> CompetitionOut:
    """Prepare a competition for a pool that you lead; nobody else knows of it yet."""

    def make(session: Session) -> CompetitionOut:
        plan = body.plan(once.settings.standstill_days)
        row = publishing.draft(
            session, once.clock, once.rng, once.principal, plan, pool_id=body.pool_id, lot_id=body.lot_id
        )
        return _out(session, once, row)

    return once.run(make)


@router.get("", policy=scope("competition:write"))
def list_competitions(asked: Asked, page: Page) -> Paged[CompetitionOut]:
    """Those that you run."""
    with asked.read() as session:
        found = select(Competition).where(Competition.organisation_id == asked.principal.organisation_id)
        return page.of(session, found, key=col(Competition.id), make=lambda row: _out(session, asked, row))


@router.get("/{competition_id}", policy=scope("competition:write"))
def get_competition(competition_id: str, asked: Asked) -> CompetitionOut:
    """One that you run, with its history."""
    with asked.read() as session:
        return _out(session, asked, competitions.own(session, asked.principal, competition_id))


@router.post("/{competition_id}/publish", status_code=200, policy=scope("competition:write"))
def publish_competition(competition_id: str, body: PublishIn, once: Once) -> CompetitionOut:
    """Freeze criteria, weights, openers, deadline and standstill, and invite. Nothing of it changes afterwards."""

    def make(session: Session) -> CompetitionOut:
        row = publishing.publish(
            session,
            once.clock,
            once.rng,
            once.principal,
            competition_id,
            agreement_ids=body.agreement_ids,
            authority=body.decided_by.value(),
            reason=body.reason,
        )
        return _out(session, once, row)

    return once.run(make, status=200)


@router.post("/{competition_id}/cancel", status_code=200, policy=scope("competition:write"))
def cancel_competition(competition_id: str, body: CancelIn, once: Once) -> CompetitionOut:
    """End it without an award."""

    def make(session: Session) -> CompetitionOut:
        row = competitions.cancel(
            session,
            once.clock,
            once.rng,
            once.principal,
            competition_id,
            authority=body.decided_by.value(),
            reason=body.reason,
        )
        return _out(session, once, row)

    return once.run(make, status=200)


@router.get("/{competition_id}/notice", policy=any_key(), responses={409: PROBLEM})
def read_notice(competition_id: str, asked: Asked) -> NoticeOut:
    """The frozen notice, for who runs it, who is invited and who opens. Compute its hash yourself."""
    with asked.read() as session:
        row = competitions.get(session, asked.principal, competition_id)
        competitions.frozen(session, row)
        return NoticeOut(notice=row.notice or {}, notice_sha256=row.notice_sha256 or "")


@router.get("/{competition_id}/quotes", policy=scope("competition:write"), responses={409: PROBLEM})
def list_quotes(competition_id: str, asked: Asked) -> QuotesOut:
    """The opened quotes with their points. Nothing before the opening."""
    with asked.read() as session:
        row = competitions.own(session, asked.principal, competition_id)
        found = [] if row.opened_at is None else awarding.judged(session, row)
    return QuotesOut(items=[_scored(each) for each in found])


@router.post("/{competition_id}/award", status_code=200, policy=scope("competition:write"))
def award_competition(competition_id: str, body: AwardIn, once: Once) -> CompetitionOut:
    """The authority decides, along the ranking or with reasons for leaving it; the standstill begins."""

    def make(session: Session) -> CompetitionOut:
        row = awarding.decide(
            session,
            once.clock,
            once.rng,
            once.principal,
            competition_id,
            invitation_ids=body.invitation_ids,
            reason=body.reason,
            authority=body.decided_by.value(),
        )
        return _out(session, once, row)

    return once.run(make, status=200)


@router.post("/{competition_id}/complaints", status_code=201, policy=scope("quote:write"))
def complain(competition_id: str, body: ComplaintIn, once: Once) -> ComplaintOut:
    """Object within the standstill, which stands still until you are answered."""
    return once.run(
        lambda session: _complaint(
            complaints.complain(session, once.clock, once.rng, once.principal, competition_id, body.text)
        )
    )


@router.get("/{competition_id}/complaints", policy=scope("competition:write"))
def list_complaints(competition_id: str, asked: Asked) -> list[ComplaintOut]:
    """Those that wait for your answer; each is a submission with its history."""
    with asked.read() as session:
        row = competitions.own(session, asked.principal, competition_id)
        return [_complaint(each) for each in competitions.complaints_waiting(session, row.id)]


@router.post("/{competition_id}/complaints/{submission_id}/answer", status_code=200, policy=scope("competition:write"))
def answer_complaint(competition_id: str, submission_id: str, body: ComplaintAnswerIn, once: Once) -> CompetitionOut:
    """Accept, and decide again; or decline, and the rest of the standstill runs on."""

    def make(session: Session) -> CompetitionOut:
        row = complaints.answer(
            session,
            once.clock,
            once.rng,
            once.principal,
            competition_id,
            submission_id,
            accepted=body.accepted,
            reason=body.reason,
            authority=body.decided_by.value(),
        )
        return _out(session, once, row)

    return once.run(make, status=200)


def _complaint(row: Submission) -> ComplaintOut:
    return ComplaintOut(submission_id=row.id, state=submissions.State(row.state), due_at=row.due_at)


def _scored(each: awarding.Judged) -> ScoredOut:
    score = each.score
    return ScoredOut(
        invitation_id=each.invitation.id,
        provider_id=each.invitation.provider_id,
        agreement_id=each.invitation.agreement_id,
        revision=each.quote.revision,
        rank=each.rank,
        quote=each.opened.plain,
        fault=each.opened.fault,
        points={} if score is None else {name: f"{points:f}" for name, points in score.points.items()},
        total=None if score is None else f"{score.total:f}",
        failed_hard=[] if score is None else list(score.failed_hard),
    )
