"""Opportunities and consultations: opened to all at once, asked about in the open, answered to all at the same time.

A question or a comment is a submission: it lies at an office with a clock and
rises when it is late. Who asked is shown to nobody, the answerer included: an
answer must not depend on who will read it. A question is read by others only
together with its answer, in both languages, and everyone who may read the
opportunity is told at once.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.demand import coarsen
from catalog.demand.needs import read_clause
from catalog.demand.publication import Level
from catalog.demand.tables import Opportunity, OpportunityQuestion, PublishedNeed
from catalog.tables import Requirement
from providers import files, offices, submissions
from providers.desk_tables import Office, Submission
from providers.offices import Matter
from providers.submissions import Outcome
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal
from space_hub.vocabulary.capabilities import capability
from space_hub.vocabulary.codes import MissionArea


class Kind(Word, of="opportunity_kind"):
    OPPORTUNITY = "opportunity"
    CONSULTATION = "consultation"


class Asking(Word, of="opportunity_asking"):
    """What somebody says to an opportunity."""

    QUESTION = "question"
    COMMENT = "comment"


class State(Word, of="opportunity_state"):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


def draft(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    *,
    kind: Kind,
    titles: tuple[str, str],
    texts: tuple[str, str],
    mission_areas: Iterable[MissionArea],
    closes_at: datetime,
    office_id: str | None = None,
    published_need_id: str | None = None,
    draft_need: Mapping[str, Any] | None = None,
) -> Opportunity:
    """Prepare one; only its organisation reads it until it is opened. Titles and texts are English and French.

    `office_id` names the own office that answers; without it the remits decide.
    """
    if closes_at <= clock.now():
        raise Invalid("opportunity.closing_past", closes_at=closes_at.isoformat())
    if published_need_id is not None:
        _check_need(session, principal, published_need_id)
    if (kind is Kind.CONSULTATION) is (draft_need is None):
        raise Invalid("opportunity.draft_need_misplaced", kind=kind)
    if office_id is not None:
        _check_office(session, principal, office_id)
    row = Opportunity(
        id=rng.scope(principal.organisation_id, "opportunity").id("opp"),
        organisation_id=principal.organisation_id,
        office_id=office_id,
        kind=kind.value,
        title_en=titles[0],
        title_fr=titles[1],
        text_en=texts[0],
        text_fr=texts[1],
        mission_areas=sorted({area.value for area in mission_areas}),
        published_need_id=published_need_id,
        draft_need=None if draft_need is None else _read_draft_need(draft_need),
        opens_at=clock.now(),
        closes_at=closes_at,
        state=State.DRAFT.value,
        marking_id=markings.owner_only(session, principal.organisation_id),
    )
    session.add(row)
    session.flush()
    audit.record(session, clock, principal, "opportunity.draft", row.id)
    return row


def open_to_all(session: Session, clock: Clock, principal: Principal, opportunity_id: str) -> Opportunity:
    """From now on everybody reads the same."""
    row = _own(session, principal, opportunity_id)
    _open(session, clock, row, markings.public(session))
    payload = {"opportunity_id": row.id, "kind": row.kind, "mission_areas": row.mission_areas}
    log.append(session, clock, "opportunity.opened", row.id, payload, row.marking_id)
    audit.record(session, clock, principal, "opportunity.open", row.id)
    return row


def open_to(
    session: Session, clock: Clock, principal: Principal, row: Opportunity, organisations: Collection[str]
) -> None:
    """From now on these read the same, and nobody else; whoever opens it to them tells them."""
    _open(session, clock, row, markings.among(session, row.organisation_id, organisations))
    audit.record(session, clock, principal, "opportunity.open", row.id)


def close(session: Session, clock: Clock, principal: Principal, opportunity_id: str) -> Opportunity:
    """End an own one before its time. What was said stays readable."""
    row = _own(session, principal, opportunity_id)
    if row.state != State.CLOSED.value:
        row.state = State.CLOSED.value
        row.closes_at = min(row.closes_at, clock.now())
        session.add(row)
        audit.record(session, clock, principal, "opportunity.close", row.id)
    return row


def ask(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    opportunity_id: str,
    text: str,
    kind: Asking = Asking.QUESTION,
) -> OpportunityQuestion:
    """Ask about one that is open, or comment on it. The question itself is kept without its asker."""
    row = get(session, principal, opportunity_id)
    if not is_open(row, clock.now()):
        raise Conflict("opportunity.over", closes_at=row.closes_at.isoformat())
    matter = Matter(kind.value)
    waits = submissions.open_one(
        session,
        clock,
        rng,
        kind=matter,
        subject=row.id,
        provider=files.of_organisation(session, principal.organisation_id),
        organisation=principal.organisation_id,
        title=f"{row.title_en} / {row.title_fr}",
        text=text,
        office_id=_office(session, clock, row, matter).id,
    )
    asked = OpportunityQuestion(
        id=rng.scope(principal.organisation_id, "opportunity_question").id("opq"),
        kind=kind.value,
        opportunity_id=row.id,
        submission_id=waits.id,
        question=text,
    )
    session.add(asked)
    session.flush()
    audit.record(session, clock, principal, "opportunity.ask", row.id, question_id=asked.id, kind=kind.value)
    return asked


def answer(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    opportunity_id: str,
    question_id: str,
    answers: tuple[str, str],
) -> OpportunityQuestion:
    """Answer to everyone, once, in both languages. An answer is not changed: a correction is a new question.

    For the organisation that opened it, and for the office where the question lies.
    """
    row = get(session, principal, opportunity_id)
    asked: OpportunityQuestion | None = session.execute(
        questions(principal, row).where(col(OpportunityQuestion.id) == question_id).with_for_update()
    ).scalar_one_or_none()
    if asked is None:
        raise NotFound("opportunity.question_unknown", question_id=question_id)
    if asked.published_at is not None:
        raise Conflict("opportunity.answered", question_id=question_id)
    asked.answer_en, asked.answer_fr, asked.published_at = *answers, clock.now()
    session.add(asked)
    session.flush()
    lies = None if asked.submission_id is None else session.get_one(Submission, asked.submission_id)
    if lies is not None:
        submissions.close(session, clock, rng, principal.organisation_id, lies, Outcome.ANSWERED, "\n\n".join(answers))
    payload = {"opportunity_id": row.id, "question_id": asked.id}
    for marking_id in _told(session, row):
        log.append(session, clock, "opportunity.answered", row.id, payload, marking_id)
    audit.record(session, clock, principal, "opportunity.answer", row.id, question_id=asked.id)
    return asked


def readable(principal: Principal) -> Select[Any]:
    """The statement of those that the principal may read: all that were opened, and its own drafts."""
    statement: Any = select(Opportunity).where(markings.visible(Opportunity.marking_id, principal))
    found: Select[Any] = statement
    return found


def questions(principal: Principal, row: Opportunity) -> Select[Any]:
    """The statement of answered questions; those who have to answer see the open ones too."""
    statement: Any = select(OpportunityQuestion).where(OpportunityQuestion.opportunity_id == row.id)
    if row.organisation_id != principal.organisation_id:
        answered = col(OpportunityQuestion.published_at).is_not(None)
        statement = statement.where(or_(answered, _lies_with(principal)))
    found: Select[Any] = statement
    return found


def get(session: Session, principal: Principal, opportunity_id: str) -> Opportunity:
    row: Opportunity | None = session.execute(
        readable(principal).where(col(Opportunity.id) == opportunity_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("opportunity.unknown", opportunity_id=opportunity_id)
    return row


def is_open(row: Opportunity, now: datetime) -> bool:
    """Opened, and its time is not over: no job has to close it for this to be true."""
    return row.state == State.OPEN.value and now < row.closes_at


def _open(session: Session, clock: Clock, row: Opportunity, marking_id: str) -> None:
    if row.state != State.DRAFT.value:
        raise Conflict("opportunity.not_draft", state=State(row.state))
    if row.closes_at <= clock.now():
        raise Conflict("opportunity.over", closes_at=row.closes_at.isoformat())
    row.state, row.opens_at, row.marking_id = State.OPEN.value, clock.now(), marking_id
    session.add(row)


def _told(session: Session, row: Opportunity) -> list[str]:
    """The markings under which an answer goes out: all at once, or each of those who were named by itself.

    The name of an entry is a hash over its readers, from which one of them could guess who the others are.
    """
    marking = session.get_one(markings.MarkingRow, row.marking_id).value()
    if marking.nations is None:
        return [row.marking_id]
    return [markings.owner_only(session, each) for each in sorted({marking.owner, *marking.organisations})]


def _office(session: Session, clock: Clock, row: Opportunity, matter: Matter) -> Office:
    """The one that the opportunity names, else an own one by its remit, else the front desk; alike for every asker."""
    named = None if row.office_id is None else offices.known(session, row.office_id)
    if named is not None and named.active:
        return named
    own = offices.covering(session, matter, row.mission_areas, holder=row.organisation_id)
    return own or offices.front_desk(session, clock)


def _lies_with(principal: Principal) -> ColumnElement[bool]:
    """A condition on `opportunity_question`: an office that the principal acts for has to answer it."""
    if "desk:answer" not in principal.scopes:
        return false()
    at_office = sa_select(col(Submission.id)).where(submissions.stands_with(principal))
    return col(OpportunityQuestion.submission_id).in_(at_office)


def _check_office(session: Session, principal: Principal, office_id: str) -> None:
    """Only an own one that takes both questions and comments."""
    office = session.get(Office, office_id)
    if office is None or office.organisation_id != principal.organisation_id:
        raise NotFound("office.unknown", office_id=office_id)
    if not (office.active and {each.value for each in Asking} <= set(office.matters)):
        raise Invalid("opportunity.office_takes_none", office_id=office_id)


def _own(session: Session, principal: Principal, opportunity_id: str) -> Opportunity:
    row = session.exec(
        select(Opportunity)
        .where(Opportunity.id == opportunity_id, Opportunity.organisation_id == principal.organisation_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("opportunity.unknown", opportunity_id=opportunity_id)
    return row


def _check_need(session: Session, principal: Principal, published_need_id: str) -> None:
    """Only an own need that is published by name: a link from an anonymous one would name its owner."""
    found = session.exec(
        select(PublishedNeed)
        .join(Requirement, col(Requirement.id) == col(PublishedNeed.source_id))
        .where(
            PublishedNeed.id == published_need_id,
            PublishedNeed.level == Level.NAMED.value,
            Requirement.organisation_id == principal.organisation_id,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("opportunity.need_unknown", published_need_id=published_need_id)


def _read_draft_need(given: Mapping[str, Any]) -> dict[str, Any]:
    """Capability and clauses of a draft need, in canonical units and without weights."""
    about = capability(str(given["capability"]))
    clauses = [read_clause(each, about.area) for each in given["clauses"]]
    return {"capability": about.code, "clauses": [coarsen.clause_to_json(each) for each in clauses]}
