"""What is waited for: the asker's status page and the queue of an office."""

from datetime import datetime

from fastapi import Query
from pydantic import Field
from sqlmodel import col, select

from api.deps import Ask, Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from providers import submissions
from providers.desk_tables import Submission, SubmissionEntry
from providers.offices import Matter
from providers.submissions import Event, Outcome, State
from space_hub.trust.principal import Principal

router = Router(prefix="/v1", tags=["submissions"])


class SubmissionOut(Out):
    id: str
    kind: Matter
    subject: str
    provider_id: str | None
    organisation_id: str | None = Field(description="Who waits. Null where an office answers without knowing whom.")
    office_id: str
    state: State
    title: str
    opened_at: datetime
    due_at: datetime
    late: bool
    level: int = Field(description="0 in time; 1 with the deputy, 2 with the head, 3 with the broker.")
    answered_at: datetime | None
    outcome: Outcome | None
    answer: str

    @classmethod
    def of(cls, row: Submission, asked: Ask) -> "SubmissionOut":
        return cls.seen_by(asked.principal, row, asked.clock.now())

    @classmethod
    def seen_by(cls, principal: Principal, row: Submission, now: datetime) -> "SubmissionOut":
        shown = {name: getattr(row, name) for name in cls.model_fields if name != "late"}
        if not submissions.names_asker(principal, row):
            shown |= {"provider_id": None, "organisation_id": None}
        return cls.model_validate(shown | {"late": row.state == State.OPEN and row.due_at <= now})


class SubmissionEntryOut(Out):
    number: int
    event: Event
    state: State
    text: str
    by_organisation_id: str | None = Field(description="Null: the hub's clock, or an asker who is not named.")
    at: datetime


class AnswerIn(In):
    outcome: Outcome = Outcome.ANSWERED
    text: str = Field(min_length=1, max_length=20000)
    pause: bool = Field(default=False, description="Ask the asker back: the clock stands still until it replies.")


class TextIn(In):
    text: str = Field(min_length=1, max_length=20000)


class ReferralIn(In):
    office_id: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=5000)


@router.get("/submissions", policy=any_key())
def list_submissions(
    asked: Asked,
    page: Page,
    mine: bool = Query(default=True, description="False: the queue of your offices."),
    office_id: str | None = Query(default=None, max_length=60),
    state: State | None = None,
) -> Paged[SubmissionOut]:
    """What your organisation waits for, or what your offices have to answer; the earliest due first."""
    if mine and office_id is None:
        rows = submissions.mine(asked.principal)
    else:
        rows = submissions.queue(asked.principal, office_id)
    if state is not None:
        rows = rows.where(col(Submission.state) == state.value)
    key = [col(Submission.due_at), col(Submission.id)]
    with asked.read() as session:
        return page.of(session, rows, key=key, make=lambda row: SubmissionOut.of(row, asked))


@router.get("/submissions/{submission_id}", policy=any_key())
def get_submission(submission_id: str, asked: Asked) -> SubmissionOut:
    """One of them, for who waits for it and who answers it."""
    with asked.read() as session:
        return SubmissionOut.of(submissions.one(session, asked.principal, submission_id), asked)


@router.get("/submissions/{submission_id}/history", policy=any_key())
def list_submission_history(submission_id: str, asked: Asked, page: Page) -> Paged[SubmissionEntryOut]:
    """Every step: who, when, and what was said."""
    with asked.read() as session:
        found = submissions.one(session, asked.principal, submission_id)
        named = submissions.names_asker(asked.principal, found)

        def out(row: SubmissionEntry) -> SubmissionEntryOut:
            hidden = not named and row.by_organisation_id == found.organisation_id
            return SubmissionEntryOut.model_validate(
                row.model_dump() | ({"by_organisation_id": None} if hidden else {})
            )

        rows = select(SubmissionEntry).where(SubmissionEntry.submission_id == found.id)
        return page.of(session, rows, key=col(SubmissionEntry.number), make=out)


@router.post("/submissions/{submission_id}/answer", status_code=201, policy=scope("desk:answer"))
def answer_submission(submission_id: str, body: AnswerIn, once: Once) -> SubmissionOut:
    """Answer it, or ask the asker back. What is decided, or answered to all at once, is answered there."""
    given = (once.clock, once.rng, once.principal, submission_id)
    if body.pause:
        return once.run(lambda session: SubmissionOut.of(submissions.ask_back(session, *given, text=body.text), once))
    return once.run(
        lambda session: SubmissionOut.of(
            submissions.answer(session, *given, outcome=body.outcome, text=body.text), once
        )
    )


@router.post("/submissions/{submission_id}/reply", status_code=201, policy=any_key())
def reply_to_office(submission_id: str, body: TextIn, once: Once) -> SubmissionOut:
    """Give the office what it asked for; its clock goes on."""
    return once.run(
        lambda session: SubmissionOut.of(
            submissions.reply(session, once.clock, once.principal, submission_id, text=body.text), once
        )
    )


@router.post("/submissions/{submission_id}/referral", status_code=201, policy=scope("desk:answer"))
def refer_submission(submission_id: str, body: ReferralIn, once: Once) -> SubmissionOut:
    """Hand it to the office that should have had it; the due time stays."""
    return once.run(
        lambda session: SubmissionOut.of(
            submissions.refer(
                session,
                once.clock,
                once.rng,
                once.principal,
                submission_id,
                office_id=body.office_id,
                text=body.text,
            ),
            once,
        )
    )
