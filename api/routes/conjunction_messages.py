"""Conjunction data messages of other sources: given to the hub, kept as they came, joined with what is known."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import Out
from api.paging import Page, Paged
from api.policy import Router, scope
from space_hub.awareness.following import messages
from space_hub.awareness.following.tables import ReceivedMessage, SourceAssessment
from space_hub.errors import NotFound
from space_hub.text import say
from space_hub.trust import markings

router = Router(prefix="/v1/conjunctions/messages", tags=["conjunctions"])


class MessageOut(Out):
    id: str
    kind: Literal["cdm"]
    form: str = Field(description="`kvn`, `xml` or `json`.")
    sha256: str
    originator: str
    message_id: str
    stated_at: datetime | None
    received_at: datetime
    conjunction_id: str | None = Field(description="What it is about; null while the hub does not know both objects.")
    problem: str = Field(description="Why it stands alone, as a code; empty when it joined.")
    problem_text: str


class MessageTextOut(MessageOut):
    text: str = Field(description="As it came.")


async def _body(request: Request) -> bytes:
    return await request.body()


_GIVEN = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {"schema": {"type": "string", "description": "CCSDS CDM, keyword = value notation."}},
            "application/xml": {"schema": {"type": "string", "description": "CCSDS CDM, XML."}},
            "application/json": {"schema": {"type": "object", "description": "CCSDS CDM, JSON."}},
        },
    }
}


@router.post("", status_code=201, policy=scope("watch:write"), openapi_extra=_GIVEN)
def give_conjunction_message(once: Once, body: Annotated[bytes, Depends(_body)]) -> MessageOut:
    """Put a CDM that you received beside what the hub knows. Only your organisation sees it; its form is found."""

    def make(session: Session) -> MessageOut:
        found = messages.receive(session, once.clock, once.rng, once.principal, body)
        return _out(found.message, found.assessment, once.language)

    return once.run(make)


@router.get("", policy=scope("awareness:read"))
def list_conjunction_messages(asked: Asked, page: Page) -> Paged[MessageOut]:
    """The messages that you may see, newest first."""
    visible = select(ReceivedMessage).where(markings.visible(ReceivedMessage.marking_id, asked.principal))
    with asked.read() as session:
        return page.of(
            session,
            visible,
            key=[col(ReceivedMessage.received_at), col(ReceivedMessage.id)],
            make=lambda row: _out(row, _assessment(session, row), asked.language),
            descending=True,
        )


@router.get("/{message_id}", policy=scope("awareness:read"))
def get_conjunction_message(message_id: str, asked: Asked) -> MessageTextOut:
    """One message, with its text as it came."""
    with asked.read() as session:
        row = session.exec(
            select(ReceivedMessage).where(
                ReceivedMessage.id == message_id, markings.visible(ReceivedMessage.marking_id, asked.principal)
            )
        ).first()
        if row is None:
            raise NotFound("conjunction.message_unknown", message=message_id)
        out = _out(row, _assessment(session, row), asked.language)
        return MessageTextOut(**out.model_dump(), text=row.text)


def _assessment(session: Session, row: ReceivedMessage) -> SourceAssessment | None:
    return session.exec(select(SourceAssessment).where(SourceAssessment.message_id == row.id)).first()


def _out(row: ReceivedMessage, assessment: SourceAssessment | None, language: str) -> MessageOut:
    return MessageOut.model_validate(
        row.model_dump()
        | {
            "conjunction_id": None if assessment is None else assessment.conjunction_id,
            "problem_text": say(row.problem, language) if row.problem else "",
        }
    )
