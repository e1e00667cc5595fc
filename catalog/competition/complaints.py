"""Complaints against a decision: each lies at the desk with its clock, and while one waits the standstill stands still.

Who decides is the lead's authority, with reasons; the desk sees to it that somebody does. What was left of the
standstill when the first one came runs on after the last one is answered. A supplier whose quote could
not be read may also reply before anything is decided.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from catalog.competition import asks, competitions, invitations, states, telling
from catalog.competition.states import Actor, Event, State
from catalog.competition.tables import Award, Competition, Invitation, OpenedQuote, SealedQuote
from catalog.promise.authority import Authority
from catalog.promise.tables import Pool
from providers import submissions
from providers.desk_tables import Submission
from providers.offices import Matter
from providers.submissions import Outcome
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal


def complain(
    session: Session, clock: Clock, rng: Rng, principal: Principal, competition_id: str, text: str
) -> Submission:
    """An invited supplier objects within the standstill, and the clock of the standstill stops."""
    invitation = session.exec(
        select(Invitation).where(Invitation.competition_id == competition_id, invitations.visible(principal))
    ).one_or_none()
    if invitation is None:
        raise NotFound("competition.unknown", competition_id=competition_id)
    row = competitions.settled(session, clock, competition_id)
    state = State(row.state)
    if state is not State.STANDSTILL and not (state is State.OPENED and _unread(session, invitation)):
        raise Conflict("competition.no_complaint_now", state=state)
    waiting = competitions.complaints_waiting(session, row.id)
    if any(each.organisation_id == principal.organisation_id for each in waiting):
        raise Conflict("competition.complaint_waits")
    pool = session.get_one(Pool, row.pool_id)
    ask = asks.read(row.ask)
    made = submissions.open_one(
        session,
        clock,
        rng,
        kind=Matter.COMPLAINT,
        subject=row.id,
        provider=session.get_one(Provider, invitation.provider_id),
        organisation=principal.organisation_id,
        title=" / ".join(ask.titles),
        areas=(pool.mission_area,),
        text=text,
    )
    row.standstill_until = None
    session.add(row)
    audit.record(session, clock, principal, "competition.complain", row.id, submission=made.id)
    telling.lead(session, clock, "competition.decided", row, complaint=made.id)
    session.flush()
    return made


def answer(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    competition_id: str,
    submission_id: str,
    *,
    accepted: bool,
    reason: str,
    authority: Authority,
) -> Competition:
    """The lead's authority answers one. What is accepted opens the decision again; a cancellation answers all."""
    row = competitions.locked(session, clock, principal, competition_id)
    found = session.exec(
        select(Submission).where(
            Submission.id == submission_id,
            Submission.subject == row.id,
            Submission.kind == Matter.COMPLAINT.value,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("submission.unknown", submission_id=submission_id)
    if not reason.strip():
        raise Invalid("competition.reason_missing", event=Event.COMPLAINT_ACCEPTED)
    outcome = Outcome.ACCEPTED if accepted else Outcome.DECLINED
    submissions.close(session, clock, rng, principal.organisation_id, found, outcome, reason.strip())
    audit.record(
        session,
        clock,
        principal,
        "competition.answer_complaint",
        row.id,
        submission=found.id,
        accepted=accepted,
        reason=reason,
        authority=authority.name,
        office=authority.office,
    )
    session.flush()
    if accepted and row.state == State.STANDSTILL.value:
        _again(session, clock, principal, row, authority, reason)
    elif row.state == State.STANDSTILL.value and not competitions.complaints_waiting(session, row.id):
        row.standstill_until = _end(session, row)
        session.add(row)
    telling.lead(session, clock, "competition.decided", row)
    return row


def none_waits(session: Session, competition_id: str) -> None:
    """Nothing is decided over somebody who has not been answered."""
    open_ones = competitions.complaints_waiting(session, competition_id)
    if open_ones:
        raise Conflict("competition.complaints_open", count=len(open_ones))


def stopped_until(decided_at: datetime, length: timedelta, stops: Sequence[tuple[datetime, datetime]]) -> datetime:
    """When a standstill ends that stood still during `stops`; where these overlap, time is counted once. Pure."""
    end = decided_at + length
    reached = decided_at
    for begun, over in sorted(stops):
        if over > reached:
            end += over - max(begun, reached)
            reached = over
    return end


def _end(session: Session, row: Competition) -> datetime:
    decided_at = session.exec(select(Award.at).where(Award.competition_id == row.id).limit(1)).one()
    stops = session.exec(
        select(Submission.opened_at, Submission.answered_at).where(
            Submission.subject == row.id,
            Submission.kind == Matter.COMPLAINT.value,
            col(Submission.opened_at) >= decided_at,
            col(Submission.answered_at).is_not(None),
        )
    ).all()
    spans = [(begun, over) for begun, over in stops if over is not None]
    end = stopped_until(decided_at, timedelta(seconds=row.standstill_s), spans)
    for award in session.exec(select(Award).where(Award.competition_id == row.id)).all():
        award.effective_at = end
        session.add(award)
    return end


def _again(
    session: Session, clock: Clock, principal: Principal, row: Competition, authority: Authority, reason: str
) -> None:
    """Back to the decision: the awards are void."""
    row.state = states.next_state(State(row.state), Event.COMPLAINT_ACCEPTED, Actor.AUTHORITY, reason).value
    row.standstill_until = None
    competitions.void_awards(session, row.id)
    session.add(row)
    competitions.enter(session, clock, principal, row, Event.COMPLAINT_ACCEPTED, authority, reason)
    for to in telling.invited(session, row.id):
        telling.supplier(session, clock, "competition.decided", row, to, awarded=False)


def _unread(session: Session, invitation: Invitation) -> bool:
    """Whether its own quote was opened and could not be read."""
    rows = (
        select(OpenedQuote.quote_id)
        .join(SealedQuote, col(SealedQuote.id) == col(OpenedQuote.quote_id))
        .where(SealedQuote.invitation_id == invitation.id, col(OpenedQuote.fault).is_not(None))
    )
    return session.exec(rows.limit(1)).first() is not None
