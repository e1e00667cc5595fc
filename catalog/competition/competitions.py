"""Competitions: who knows of one, in which state it is, and whether it still says what was frozen.

The notice holds everything by which quotes are judged, and its hash stands in every
envelope. What the columns repeat of it is compared before each step: somebody who changes a row past the
API changes nothing but is found.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.competition import notice, openers, states, telling
from catalog.competition.notice import Notice
from catalog.competition.states import Actor, Clocks, Event, State
from catalog.competition.tables import (
    Award,
    Competition,
    CompetitionEntry,
    CompetitionOpener,
    Invitation,
    Opener,
    SealedQuote,
)
from catalog.promise.authority import Authority
from providers import submissions
from providers.desk_tables import Submission
from providers.offices import Matter
from providers.submissions import Outcome
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Conflict, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB, Principal


def cancel(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    competition_id: str,
    *,
    authority: Authority,
    reason: str,
) -> Competition:
    """The authority ends it without an award. Envelopes that nobody opened stay closed; who complained is answered."""
    row = locked(session, clock, principal, competition_id)
    row.state = states.next_state(State(row.state), Event.CANCEL, Actor.AUTHORITY, reason).value
    row.standstill_until = None
    session.add(row)
    void_awards(session, row.id)
    enter(session, clock, principal, row, Event.CANCEL, authority, reason)
    for each in complaints_waiting(session, row.id):
        submissions.close(session, clock, rng, principal.organisation_id, each, Outcome.ACCEPTED, reason.strip())
    audit.record(session, clock, principal, "competition.cancel", row.id, authority=authority.name, reason=reason)
    telling.lead(session, clock, "competition.decided", row)
    for to in telling.invited(session, row.id):
        telling.supplier(session, clock, "competition.decided", row, to, awarded=False)
    return row


def visible(principal: Principal) -> ColumnElement[bool]:
    """One's own; and published ones where one's supplier is invited or one's service key acts for an opener."""
    me = principal.organisation_id
    invited = (
        sa_select(col(Invitation.competition_id))
        .join(Provider, col(Provider.id) == col(Invitation.provider_id))
        .where(col(Provider.organisation_id) == me)
    )
    named = (
        sa_select(col(CompetitionOpener.competition_id))
        .join(Opener, col(Opener.id) == col(CompetitionOpener.opener_id))
        .where(
            col(Opener.organisation_id) == me,
            col(Opener.key_id) == principal.key_id,
            col(Opener.confirmed_at).is_not(None),
        )
    )
    published = (col(Competition.state) != State.DRAFT.value) & col(Competition.id).in_(named)
    return or_(col(Competition.organisation_id) == me, col(Competition.id).in_(invited), published)


def get(session: Session, principal: Principal, competition_id: str) -> Competition:
    found = session.exec(select(Competition).where(Competition.id == competition_id, visible(principal))).one_or_none()
    if found is None:
        raise NotFound("competition.unknown", competition_id=competition_id)
    return found


def own(session: Session, principal: Principal, competition_id: str) -> Competition:
    """One that the principal's organisation runs; to any other it is unknown."""
    found = session.exec(
        select(Competition).where(
            Competition.id == competition_id, Competition.organisation_id == principal.organisation_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound("competition.unknown", competition_id=competition_id)
    return found


def locked(session: Session, clock: Clock, principal: Principal, competition_id: str) -> Competition:
    """An own one, locked until the transaction ends, in the state that the clock gives it."""
    return settled(session, clock, own(session, principal, competition_id).id)


def settled(session: Session, clock: Clock, competition_id: str) -> Competition:
    """Locked, and what the clock has made of it written down first."""
    row = session.exec(
        select(Competition)
        .where(Competition.id == competition_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    state, after = State(row.state), standing(row, clock.now())
    if state is State.OPEN and after is State.CLOSED:
        _move(session, clock, row, Event.CLOSE)
        if not quotes_standing(session, row):
            _move(session, clock, row, Event.NO_QUOTE)
            telling.lead(session, clock, "competition.decided", row)
    elif state is State.STANDSTILL and after is State.AWARDED:
        row.awarded_at = row.standstill_until
        _move(session, clock, row, Event.STANDSTILL_OVER)
        telling.lead(session, clock, "competition.decided", row)
        for to in telling.invited(session, row.id):
            telling.supplier(session, clock, "competition.decided", row, to)
    return row


def standing(row: Competition, now: datetime) -> State:
    """The state that holds at `now`."""
    return states.standing(State(row.state), Clocks(row.quotes_until, row.standstill_until), now)


def frozen(session: Session, row: Competition) -> Notice:
    """The notice, with the proof that row, openers and notice still say the same."""
    if row.notice is None:
        raise Conflict("competition.not_published")
    read = notice.read({"notice": row.notice, "notice_sha256": row.notice_sha256})
    keys = tuple((each.id, each.public_key) for each in read.openers)
    said = {
        "criteria": row.criteria == row.notice["criteria"],
        "quotes_until": row.quotes_until == read.quotes_until,
        "standstill": row.standstill_s == row.notice["standstill_s"],
        "ask": row.ask == row.notice["ask"],
        "openers": keys == tuple((each.id, bytes.fromhex(each.public_key)) for each in openers.of(session, row.id)),
    }
    for member, same in said.items():
        if not same:
            raise Conflict("competition.row_changed", member=member)
    return read


def quotes_standing(session: Session, row: Competition) -> dict[str, tuple[Invitation, SealedQuote]]:
    """By invitation the quote that counts: the highest revision that came before the deadline."""
    rows = session.exec(
        select(Invitation, SealedQuote)
        .join(SealedQuote, col(SealedQuote.invitation_id) == col(Invitation.id))
        .where(Invitation.competition_id == row.id, col(SealedQuote.received_at) < row.quotes_until)
        .order_by(col(Invitation.id), col(SealedQuote.revision))
    ).all()
    return {invitation.id: (invitation, quote) for invitation, quote in rows}


def void_awards(session: Session, competition_id: str) -> None:
    """Nobody is awarded any more; what was said of it stays in history and audit."""
    for award in session.exec(select(Award).where(Award.competition_id == competition_id)).all():
        session.delete(award)


def complaints_waiting(session: Session, competition_id: str) -> Sequence[Submission]:
    """Complaints that are not answered."""
    return session.exec(
        select(Submission).where(
            Submission.subject == competition_id,
            Submission.kind == Matter.COMPLAINT.value,
            Submission.state == submissions.State.OPEN.value,
        )
    ).all()


def history(session: Session, competition_id: str) -> Sequence[CompetitionEntry]:
    return session.exec(
        select(CompetitionEntry)
        .where(CompetitionEntry.competition_id == competition_id)
        .order_by(col(CompetitionEntry.number))
    ).all()


def enter(
    session: Session,
    clock: Clock,
    principal: Principal,
    row: Competition,
    event: str,
    authority: Authority | None = None,
    reason: str = "",
) -> None:
    """A history row with the state that the competition has now."""
    last = session.exec(
        select(func.max(CompetitionEntry.number)).where(CompetitionEntry.competition_id == row.id)
    ).one()
    session.add(
        CompetitionEntry(
            competition_id=row.id,
            number=(last or 0) + 1,
            event=str(event),
            state=row.state,
            reason=reason.strip(),
            by_organisation_id=principal.organisation_id,
            by_key_id=principal.key_id,
            authority_name="" if authority is None else authority.name,
            authority_office="" if authority is None else authority.office,
            at=clock.now(),
        )
    )
    session.flush()


def _move(session: Session, clock: Clock, row: Competition, event: Event) -> None:
    row.state = states.next_state(State(row.state), event, Actor.CLOCK).value
    session.add(row)
    enter(session, clock, HUB, row, event)
    audit.record(session, clock, HUB, f"competition.{event.value}", row.id)
