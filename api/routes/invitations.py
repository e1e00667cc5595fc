"""What an invited supplier reads and sends. Quotes come sealed: no route takes one in clear."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import Session, col

from api.deps import Asked
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import PROBLEM, Router, scope
from catalog.competition import awarding, ceilings, competitions, invitations
from catalog.competition.states import State
from catalog.competition.tables import Competition, Invitation
from space_hub.clock import Clock

router = Router(prefix="/v1/invitations", tags=["competitions"])


class ShareIn(In):
    pair: list[int] = Field(min_length=2, max_length=2)
    sealed: list[str] = Field(min_length=2, max_length=2)


class EnvelopeIn(In):
    """A sealed quote as `quote seal` makes it; `catalog/competition/README.md` describes every byte."""

    v: int
    notice: str = Field(max_length=64)
    invitation: str = Field(max_length=80)
    revision: int = Field(ge=1, le=1_000_000)
    openers: list[str] = Field(max_length=5)
    nonce: str = Field(max_length=40)
    body: str = Field(max_length=90_000)
    commitment: str = Field(max_length=64)
    shares: list[ShareIn] = Field(max_length=10)


class QuoteOut(Out):
    """Your envelope as it was received; nobody else is told that there is one."""

    revision: int
    envelope_sha256: str
    received_at: datetime


class InvitationOut(Out):
    id: str
    competition_id: str
    agreement_id: str
    state: State
    notice_sha256: str = Field(description="Of `GET /v1/competitions/{id}/notice`; compute it yourself.")
    questions_until: datetime
    quotes_until: datetime
    opportunity_id: str = Field(description="Where you ask; everybody invited reads the same answer.")
    sent_at: datetime
    highest_total: str | None = Field(
        description="What your agreement comes to for this use: a quote that asks for more is out. Null where the "
        "award becomes an agreement, and where no price is asked for."
    )
    currency: str | None = Field(description="Of `highest_total`.")
    quote: QuoteOut | None


class OwnCriterionOut(Out):
    name: str
    weight: str
    value: str | None = Field(description="What was judged: your figure, or what the hub knows of you.")
    points: str


class DebriefOut(Out):
    """Your own quote against the criteria; nothing of anybody else."""

    invitation_id: str
    state: State
    awarded: bool
    reasons: str
    fault: str | None = Field(description="Why your quote was not judged; you may reply by a complaint.")
    criteria: list[OwnCriterionOut]
    total: str | None
    failed_hard: list[str]


def _out(session: Session, clock: Clock, row: Invitation, of: Competition) -> InvitationOut:
    kept, most = invitations.latest(session, row.id), ceilings.of(session, of, row)
    return InvitationOut.model_validate(
        {
            **row.model_dump(),
            "state": competitions.standing(of, clock.now()),
            "notice_sha256": of.notice_sha256,
            "questions_until": of.questions_until,
            "quotes_until": of.quotes_until,
            "opportunity_id": of.opportunity_id,
            "highest_total": None if most is None else f"{most.amount:f}",
            "currency": None if most is None else most.currency,
            "quote": kept,
        }
    )


@router.get("", policy=scope("quote:write"))
def list_invitations(asked: Asked, page: Page) -> Paged[InvitationOut]:
    """Yours."""
    with asked.read() as session:
        return page.of(
            session,
            invitations.readable(asked.principal),
            key=col(Invitation.id),
            make=lambda row, of: _out(session, asked.clock, row, of),
        )


@router.get("/{invitation_id}", policy=scope("quote:write"))
def get_invitation(invitation_id: str, asked: Asked) -> InvitationOut:
    """One of yours, with the envelope that counts today."""
    with asked.read() as session:
        row = invitations.get(session, asked.principal, invitation_id)
        return _out(session, asked.clock, row, session.get_one(Competition, row.competition_id))


@router.put("/{invitation_id}/quote", policy=scope("quote:write"))
def send_quote(invitation_id: str, body: EnvelopeIn, asked: Asked) -> QuoteOut:
    """Send an envelope, or replace it by one with a higher revision, until the deadline."""
    given: dict[str, Any] = body.model_dump()
    with asked.write() as session:
        kept = invitations.submit(session, asked.clock, asked.rng, asked.principal, invitation_id, given)
        return QuoteOut.model_validate(kept)


@router.delete("/{invitation_id}/quote", policy=scope("quote:write"))
def withdraw_quote(invitation_id: str, asked: Asked) -> InvitationOut:
    """Take your quote back before the deadline. The envelopes are deleted."""
    with asked.write() as session:
        row = invitations.withdraw(session, asked.clock, asked.principal, invitation_id)
        return _out(session, asked.clock, row, session.get_one(Competition, row.competition_id))


@router.get("/{invitation_id}/debrief", policy=scope("quote:write"), responses={409: PROBLEM})
def read_debrief(invitation_id: str, asked: Asked) -> DebriefOut:
    """How your quote was judged, once it is decided."""
    with asked.read() as session:
        told = awarding.debrief(session, asked.clock, asked.principal, invitation_id)
    read = told.debrief
    return DebriefOut(
        invitation_id=told.invitation_id,
        state=told.state,
        awarded=told.awarded,
        reasons=told.reasons,
        fault=told.fault,
        criteria=[]
        if read is None
        else [
            OwnCriterionOut(
                name=name,
                weight=f"{weight:f}",
                value=f"{read.values[name]:f}" if name in read.values else None,
                points=f"{read.points[name]:f}",
            )
            for name, weight in read.weights.items()
        ],
        total=None if read is None else f"{read.total:f}",
        failed_hard=[] if read is None else list(read.failed_hard),
    )
