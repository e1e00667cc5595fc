"""Opportunities and consultations, and the questions that everybody reads with their answers."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col

from api.deps import Asked, Once
from api.models import In, Out, UtcDatetime
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from api.routes.requirements import ClauseIn
from catalog.demand import opportunities
from catalog.demand.opportunities import Asking, Kind, State
from catalog.demand.tables import Opportunity, OpportunityQuestion
from space_hub.vocabulary.codes import MissionArea

router = Router(prefix="/v1/opportunities", tags=["opportunities"])


class DraftNeedIn(In):
    capability: str
    clauses: list[ClauseIn] = Field(min_length=1, max_length=50)


class OpportunityIn(In):
    kind: Kind
    title_en: str = Field(min_length=1, max_length=200)
    title_fr: str = Field(min_length=1, max_length=200)
    text_en: str = Field(min_length=1, max_length=10_000)
    text_fr: str = Field(min_length=1, max_length=10_000)
    mission_areas: list[MissionArea] = Field(min_length=1, max_length=11)
    closes_at: UtcDatetime
    published_need_id: str | None = Field(default=None, description="An own need that is published by name.")
    draft_need: DraftNeedIn | None = Field(default=None, description="What a consultation asks about.")
    office_id: str | None = Field(default=None, max_length=60, description="Your office that answers; null: by remit.")


class OpportunityOut(Out):
    """In the language asked for; the texts of both languages were given together."""

    id: str
    kind: Kind
    state: State
    title: str
    text: str
    mission_areas: list[MissionArea]
    organisation_id: str
    published_need_id: str | None
    draft_need: dict[str, Any] | None
    opens_at: datetime
    closes_at: datetime


class QuestionIn(In):
    question: str = Field(min_length=1, max_length=4000)


class CommentIn(In):
    comment: str = Field(min_length=1, max_length=10_000)


class AnswerIn(In):
    answer_en: str = Field(min_length=1, max_length=10_000)
    answer_fr: str = Field(min_length=1, max_length=10_000)


class QuestionOut(Out):
    """Who asked is shown to nobody."""

    id: str
    kind: Asking
    question: str
    answer: str | None
    published_at: datetime | None
    submission_id: str | None = Field(description="Its place at the office, for who asks and who answers.")


@router.post("", status_code=201, policy=scope("demand:write"))
def create_opportunity(body: OpportunityIn, once: Once) -> OpportunityOut:
    """Prepare an opportunity or a consultation; nobody else reads it until you open it."""

    def make(session: Session) -> OpportunityOut:
        row = opportunities.draft(
            session,
            once.clock,
            once.rng,
            once.principal,
            kind=body.kind,
            titles=(body.title_en, body.title_fr),
            texts=(body.text_en, body.text_fr),
            mission_areas=body.mission_areas,
            closes_at=body.closes_at,
            published_need_id=body.published_need_id,
            draft_need=None if body.draft_need is None else body.draft_need.model_dump(),
            office_id=body.office_id,
        )
        return _out(row, once.clock.now(), once.language)

    return once.run(make)


@router.get("", policy=any_key())
def list_opportunities(asked: Asked, page: Page, kind: Kind | None = None) -> Paged[OpportunityOut]:
    """All that were opened, and your own drafts."""
    statement = opportunities.readable(asked.principal)
    if kind is not None:
        statement = statement.where(col(Opportunity.kind) == kind.value)
    now = asked.clock.now()
    with asked.read() as session:
        return page.of(session, statement, key=col(Opportunity.id), make=lambda row: _out(row, now, asked.language))


@router.get("/{opportunity_id}", policy=any_key())
def get_opportunity(opportunity_id: str, asked: Asked) -> OpportunityOut:
    """One opportunity."""
    with asked.read() as session:
        row = opportunities.get(session, asked.principal, opportunity_id)
        return _out(row, asked.clock.now(), asked.language)


@router.put("/{opportunity_id}/opening", policy=scope("demand:write"))
def open_opportunity(opportunity_id: str, asked: Asked) -> OpportunityOut:
    """Open it: from now on everybody reads the same."""
    with asked.write() as session:
        row = opportunities.open_to_all(session, asked.clock, asked.principal, opportunity_id)
        return _out(row, asked.clock.now(), asked.language)


@router.put("/{opportunity_id}/closing", policy=scope("demand:write"))
def close_opportunity(opportunity_id: str, asked: Asked) -> OpportunityOut:
    """End it before its time; what was said stays readable."""
    with asked.write() as session:
        row = opportunities.close(session, asked.clock, asked.principal, opportunity_id)
        return _out(row, asked.clock.now(), asked.language)


@router.post("/{opportunity_id}/questions", status_code=201, policy=any_key())
def ask_question(opportunity_id: str, body: QuestionIn, once: Once) -> QuestionOut:
    """Ask. Question and answer are read by everybody at the same time; who asked is shown to nobody."""

    def make(session: Session) -> QuestionOut:
        row = opportunities.ask(session, once.clock, once.rng, once.principal, opportunity_id, body.question)
        return _question_out(row, once.language, submission_id=row.submission_id)

    return once.run(make)


@router.post("/{opportunity_id}/comments", status_code=201, policy=any_key())
def comment_on(opportunity_id: str, body: CommentIn, once: Once) -> QuestionOut:
    """Comment, as on a draft need. Comment and answer are read like a question: by everybody, without your name."""

    def make(session: Session) -> QuestionOut:
        given = (once.clock, once.rng, once.principal, opportunity_id, body.comment, Asking.COMMENT)
        row = opportunities.ask(session, *given)
        return _question_out(row, once.language, submission_id=row.submission_id)

    return once.run(make)


@router.get("/{opportunity_id}/questions", policy=any_key())
def list_questions(opportunity_id: str, asked: Asked, page: Page) -> Paged[QuestionOut]:
    """Questions and comments that are answered; for those who have to answer, the open ones too."""
    with asked.read() as session:
        row = opportunities.get(session, asked.principal, opportunity_id)
        statement = opportunities.questions(asked.principal, row)
        return page.of(
            session,
            statement,
            key=col(OpportunityQuestion.id),
            make=lambda each: _question_out(
                each, asked.language, submission_id=each.submission_id if each.published_at is None else None
            ),
        )


@router.put("/{opportunity_id}/questions/{question_id}/answer", policy=scope("demand:write"))
def answer_question(opportunity_id: str, question_id: str, body: AnswerIn, asked: Asked) -> QuestionOut:
    """Answer to everybody, once, in both languages: by who opened it, or by the office where it lies."""
    with asked.write() as session:
        row = opportunities.answer(
            session,
            asked.clock,
            asked.rng,
            asked.principal,
            opportunity_id,
            question_id,
            (body.answer_en, body.answer_fr),
        )
        return _question_out(row, asked.language, submission_id=None)


def _out(row: Opportunity, now: datetime, language: str) -> OpportunityOut:
    over = row.state == State.OPEN.value and not opportunities.is_open(row, now)
    french = language == "fr"
    return OpportunityOut.model_validate(
        {
            **row.model_dump(include=set(OpportunityOut.model_fields) - {"title", "text", "state"}),
            "state": State.CLOSED if over else row.state,
            "title": row.title_fr if french else row.title_en,
            "text": row.text_fr if french else row.text_en,
        }
    )


def _question_out(row: OpportunityQuestion, language: str, *, submission_id: str | None) -> QuestionOut:
    answer = row.answer_fr if language == "fr" else row.answer_en
    return QuestionOut(
        id=row.id,
        kind=Asking(row.kind),
        question=row.question,
        answer=answer if row.published_at is not None else None,
        published_at=row.published_at,
        submission_id=submission_id,
    )
