"""What follows the opening: the ranking by frozen criteria, the authority's decision, and each supplier's debrief.

The hub ranks and an authority decides; it may leave the ranking and then says why. Others
that it names stand behind the first, for a call-off that the first does not serve. A debrief is
made of the supplier's own quote and of nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from catalog.competition import asks, competitions, complaints, invitations, quotes, scoring, states, telling
from catalog.competition.notice import Notice
from catalog.competition.scoring import CriterionKind, Debrief, Score, Scored
from catalog.competition.states import Actor, Event, State
from catalog.competition.tables import Award, Competition, Invitation, OpenedQuote, QuoteScore, SealedQuote
from catalog.ordering.fallback import MOST_OPTIONS
from catalog.promise.authority import Authority
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Invalid
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

_DECIDED = frozenset({State.STANDSTILL, State.AWARDED, State.UNSUCCESSFUL, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Judged:
    """One opened quote; without points where it could not be read, or asks for more than was agreed."""

    invitation: Invitation
    quote: SealedQuote
    opened: OpenedQuote
    values: dict[str, Decimal]
    record: dict[str, Decimal]
    """What the hub knew of the supplier."""
    score: Score | None
    price: Decimal = Decimal(0)
    """By the first criterion that is one; 0 where none is."""
    rank: int | None = None


def judged(session: Session, row: Competition) -> list[Judged]:
    """Every opened quote, the ranked ones first and in their order."""
    notice = competitions.frozen(session, row)
    found = {each.invitation.provider_id: each for each in _read(session, row, notice)}
    scored = [Scored(name, each.price, each.score) for name, each in found.items() if each.score is not None]
    order = [each.provider_id for each in scoring.ranked(scored, notice.sha256)]
    ranked = [replace(found[name], rank=rank) for rank, name in enumerate(order, 1)]
    return ranked + [each for name, each in found.items() if name not in order]


def _read(session: Session, row: Competition, notice: Notice, invitation_id: str | None = None) -> Iterator[Judged]:
    """Every opened quote, or that of one invitation and nothing else."""
    price = next((each.name for each in notice.criteria if each.kind is CriterionKind.PRICE), "")
    readiness = {each.name for each in notice.criteria if each.kind is CriterionKind.READINESS}
    asked = (
        select(Invitation, SealedQuote, OpenedQuote)
        .join(SealedQuote, col(SealedQuote.invitation_id) == col(Invitation.id))
        .join(OpenedQuote, col(OpenedQuote.quote_id) == col(SealedQuote.id))
        .where(OpenedQuote.competition_id == row.id)
        .order_by(col(Invitation.id))
    )
    if invitation_id is not None:
        asked = asked.where(Invitation.id == invitation_id)
    for invitation, quote, opened in session.exec(asked).all():
        kept = session.exec(select(QuoteScore).where(QuoteScore.quote_id == quote.id)).all()
        record = {each.criterion: Decimal(each.value) for each in kept if each.criterion in readiness}
        if opened.plain is None or opened.fault is not None:
            yield Judged(invitation, quote, opened, {}, record, None)
            continue
        values = dict(quotes.read(opened.plain, notice.criteria).values)
        score = scoring.score(notice.criteria, values, record)
        yield Judged(invitation, quote, opened, values, record, score, values.get(price, Decimal(0)))


def decide(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    competition_id: str,
    *,
    invitation_ids: Sequence[str],
    reason: str,
    authority: Authority,
) -> Competition:
    """The authority names whom it awards, best first, and the standstill begins; nobody means that none fits."""
    row = competitions.locked(session, clock, principal, competition_id)
    event = Event.DECIDE if invitation_ids else Event.NONE_FITS
    after = states.next_state(State(row.state), event, Actor.AUTHORITY, reason)
    complaints.none_waits(session, row.id)
    ranking = {each.invitation.id: each for each in judged(session, row) if each.rank is not None}
    if invitation_ids:
        _check(list(ranking), invitation_ids, reason)
        row.standstill_until = clock.now() + timedelta(seconds=row.standstill_s)
        for rank, invitation_id in enumerate(invitation_ids, 1):
            _award(session, clock, rng, principal, row, ranking[invitation_id], rank, authority)
    row.state = after.value
    session.add(row)
    competitions.enter(session, clock, principal, row, event, authority, reason)
    audit.record(
        session,
        clock,
        principal,
        f"competition.{event.value}",
        row.id,
        awards=list(invitation_ids),
        ranking=list(ranking),
        reason=reason,
        authority=authority.name,
        office=authority.office,
    )
    until = None if row.standstill_until is None else log.rfc3339(row.standstill_until)
    telling.lead(session, clock, "competition.decided", row, awards=list(invitation_ids), standstill_until=until)
    for to in telling.invited(session, row.id):
        awarded = to[0].id in invitation_ids[:1]
        telling.supplier(session, clock, "competition.decided", row, to, awarded=awarded, standstill_until=until)
    return row


def awards(session: Session, competition_id: str) -> list[tuple[Award, Invitation]]:
    """Whom the authority named, best first."""
    rows = session.exec(
        select(Award, Invitation)
        .join(SealedQuote, col(SealedQuote.id) == col(Award.quote_id))
        .join(Invitation, col(Invitation.id) == col(SealedQuote.invitation_id))
        .where(Award.competition_id == competition_id)
        .order_by(col(Award.rank))
    ).all()
    return [(award, invitation) for award, invitation in rows]


@dataclass(frozen=True, slots=True)
class Told:
    """A supplier's own outcome; `fault` where its quote was not judged, and then it has no points."""

    invitation_id: str
    state: State
    awarded: bool
    reasons: str
    fault: str | None
    debrief: Debrief | None


def debrief(session: Session, clock: Clock, principal: Principal, invitation_id: str) -> Told:
    """What an invited supplier reads after the decision; whether there were rivals is not in it, nor in its time."""
    invitation = invitations.get(session, principal, invitation_id)
    row = session.get_one(Competition, invitation.competition_id)
    if row.opened_at is None or State(row.state) not in _DECIDED:
        raise Conflict("competition.not_decided")
    notice = competitions.frozen(session, row)
    own = next(_read(session, row, notice, invitation.id), None)
    if own is None:
        raise Conflict("competition.no_quote_of_yours")
    first = select(Award.id).where(Award.quote_id == own.quote.id, Award.rank == 1)
    awarded = session.exec(first).first() is not None
    reasons = next(
        (
            each.reason
            for each in reversed(competitions.history(session, row.id))
            if each.event in {Event.DECIDE, Event.NONE_FITS, Event.CANCEL}
        ),
        "",
    )
    read = None
    if own.score is not None:
        read = scoring.debrief(notice.criteria, own.values, own.record, own.score, awarded=awarded, reasons=reasons)
    state = competitions.standing(row, clock.now())
    return Told(invitation.id, state, awarded, reasons, own.opened.fault, read)


def _check(ranking: list[str], named: Sequence[str], reason: str) -> None:
    if len(named) > MOST_OPTIONS or len(set(named)) < len(named):
        raise Invalid("competition.awards_wrong", most=MOST_OPTIONS)
    left = list(ranking)
    for invitation_id in named:
        states.check_award(left, invitation_id, reason)
        left.remove(invitation_id)


def _award(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    row: Competition,
    won: Judged,
    rank: int,
    authority: Authority,
) -> None:
    valid_until = (won.opened.plain or {}).get("valid_until")
    effective = row.standstill_until or clock.now()
    if valid_until is not None and datetime.fromisoformat(valid_until) <= effective:
        raise Conflict("competition.quote_expired", given=won.invitation.id, until=log.rfc3339(effective))
    session.add(
        Award(
            id=rng.scope(row.organisation_id, "award").id("awd"),
            competition_id=row.id,
            quote_id=won.quote.id,
            rank=rank,
            parts=asks.read(row.ask).parts_per_day,
            total_points="0" if won.score is None else f"{won.score.total:f}",
            effective_at=effective,
            by_organisation_id=principal.organisation_id,
            by_key_id=principal.key_id,
            authority_name=authority.name,
            authority_office=authority.office,
            at=clock.now(),
        )
    )
