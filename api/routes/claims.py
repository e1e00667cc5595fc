"""Claims of register listings: made by a verified supplier, judged by an office, withdrawn or contested."""

from datetime import datetime

from pydantic import Field
from sqlmodel import Session, col, select

from api.deps import Asked, Once
from api.models import In, Out
from api.paging import Page, Paged
from api.policy import Router, any_key, scope
from catalog.promise.lifecycle import ClaimEvent, ClaimState
from catalog.shelf import claims
from catalog.shelf.register_tables import RegisterClaim, RegisterClaimEntry, RegisterListing
from providers import submissions
from providers.offices import Matter

router = Router(prefix="/v1", tags=["registers"])


class ClaimIn(In):
    grounds: str = Field(min_length=1, max_length=5000, description="Why it is yours; read by the office.")
    evidence_id: str | None = Field(
        default=None, max_length=60, description="A document of your file that shows it; a nation needs none."
    )


class ClaimDecisionIn(In):
    event: ClaimEvent = Field(
        description="Not `claim` or `withdraw`. An accepted claim is released only after it was contested."
    )
    reasons: list[str] = Field(min_length=1, max_length=20, description="Read by the supplier.")


class ClaimOut(Out):
    id: str
    listing_id: str
    asset_name: str
    operator_name: str
    provider_id: str
    grounds: str
    evidence_id: str | None
    state: ClaimState
    submission_id: str | None = Field(description="Its place at the office, with the clock.")
    office_id: str | None
    due_at: datetime | None = Field(description="When the answer is due; null once it is given.")
    created_at: datetime
    decided_at: datetime | None


class ClaimEntryOut(Out):
    number: int
    event: ClaimEvent
    state: ClaimState
    reasons: list[str]
    by_organisation_id: str
    at: datetime


@router.post("/register-listings/{listing_id}/claim", status_code=201, policy=scope("provider:write"))
def claim_listing(listing_id: str, body: ClaimIn, once: Once) -> ClaimOut:
    """Claim an asset of a public register as yours; a person judges it. One claim stands at a time."""

    def make(session: Session) -> ClaimOut:
        row = claims.claim(
            session,
            once.clock,
            once.rng,
            once.principal,
            listing_id,
            grounds=body.grounds,
            evidence_id=body.evidence_id,
        )
        return _out(session, row, session.get_one(RegisterListing, row.listing_id))

    return once.run(make)


@router.get("/claims", policy=any_key())
def list_claims(asked: Asked, page: Page, state: ClaimState | None = None) -> Paged[ClaimOut]:
    """Your own claims, and those that lie with your offices."""
    rows = claims.readable_claims(asked.principal)
    if state is not None:
        rows = rows.where(col(RegisterClaim.state) == state.value)
    with asked.read() as session:
        return page.of(
            session,
            rows,
            key=col(RegisterClaim.id),
            make=lambda row, listing: _out(session, row, listing),
        )


@router.get("/claims/{claim_id}", policy=any_key())
def get_claim(claim_id: str, asked: Asked) -> ClaimOut:
    """One claim: its state, its office and its clock."""
    with asked.read() as session:
        return _out(session, *claims.one(session, asked.principal, claim_id))


@router.get("/claims/{claim_id}/history", policy=any_key())
def list_claim_history(claim_id: str, asked: Asked, page: Page) -> Paged[ClaimEntryOut]:
    """Every step with its reasons."""
    with asked.read() as session:
        found, _ = claims.one(session, asked.principal, claim_id)
        rows = select(RegisterClaimEntry).where(RegisterClaimEntry.claim_id == found.id)
        return page.of(session, rows, key=col(RegisterClaimEntry.number), make=_entry_out)


@router.post("/claims/{claim_id}/decisions", status_code=201, policy=scope("application:decide"))
def decide_claim(claim_id: str, body: ClaimDecisionIn, once: Once) -> ClaimOut:
    """The office accepts or refuses, or contests, upholds or releases what was accepted; always with reasons."""

    def make(session: Session) -> ClaimOut:
        row = claims.decide(session, once.clock, once.rng, once.principal, claim_id, body.event, body.reasons)
        return _out(session, row, session.get_one(RegisterListing, row.listing_id))

    return once.run(make)


@router.post("/claims/{claim_id}/withdrawal", status_code=201, policy=scope("provider:write"))
def withdraw_claim(claim_id: str, once: Once) -> ClaimOut:
    """Give your claim up; the listing is unclaimed again."""

    def make(session: Session) -> ClaimOut:
        row = claims.withdraw(session, once.clock, once.principal, claim_id)
        return _out(session, row, session.get_one(RegisterListing, row.listing_id))

    return once.run(make)


def _out(session: Session, row: RegisterClaim, listing: RegisterListing) -> ClaimOut:
    waiting = submissions.waiting(session, row.id, Matter.CLAIM)
    lies = waiting or submissions.of_subject(session, row.id, Matter.CLAIM)
    return ClaimOut(
        id=row.id,
        listing_id=row.listing_id,
        asset_name=listing.asset_name,
        operator_name=listing.operator_name,
        provider_id=row.provider_id,
        grounds=row.grounds,
        evidence_id=row.evidence_id,
        state=ClaimState(row.state),
        submission_id=None if lies is None else lies.id,
        office_id=None if lies is None else lies.office_id,
        due_at=None if waiting is None else waiting.due_at,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )


def _entry_out(row: RegisterClaimEntry) -> ClaimEntryOut:
    return ClaimEntryOut(
        number=row.number,
        event=ClaimEvent(row.event),
        state=ClaimState(row.state),
        reasons=row.reasons,
        by_organisation_id=row.by_organisation_id,
        at=row.at,
    )
