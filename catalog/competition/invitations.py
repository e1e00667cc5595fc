"""What an invited supplier does: read the notice, send an envelope, replace it, take it back.

Only sealed quotes are taken. Of a text in clear the hub would keep at least a hash with the request,
and whoever hashes every likely price has read it. What was withdrawn or
replaced is read by nobody; what was withdrawn is not even kept.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.competition import competitions, opening, sealing, states
from catalog.competition.canonical import canonical
from catalog.competition.states import Clocks, State
from catalog.competition.tables import Competition, Invitation, SealedQuote
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal

MOST_BYTES = 96 * 1024
"""Of an envelope: five openers and the longest quote."""


def visible(principal: Principal) -> ColumnElement[bool]:
    """Those of one's own supplier."""
    mine = sa_select(col(Provider.id)).where(col(Provider.organisation_id) == principal.organisation_id)
    return col(Invitation.provider_id).in_(mine)


def readable(principal: Principal) -> Select[Any]:
    """The statement of one's own, each with its competition."""
    statement: Any = (
        select(Invitation, Competition)
        .join(Competition, col(Competition.id) == col(Invitation.competition_id))
        .where(visible(principal))
    )
    found: Select[Any] = statement
    return found


def get(session: Session, principal: Principal, invitation_id: str, *, lock: bool = False) -> Invitation:
    statement = select(Invitation).where(Invitation.id == invitation_id, visible(principal))
    found = session.exec(statement.with_for_update() if lock else statement).one_or_none()
    if found is None:
        raise NotFound("competition.invitation_unknown", invitation_id=invitation_id)
    return found


def latest(session: Session, invitation_id: str) -> SealedQuote | None:
    """The envelope that counts today."""
    rows = select(SealedQuote).where(SealedQuote.invitation_id == invitation_id)
    return session.exec(rows.order_by(col(SealedQuote.revision).desc()).limit(1)).first()


def submit(
    session: Session, clock: Clock, rng: Rng, principal: Principal, invitation_id: str, given: Any
) -> SealedQuote:
    """Keep an envelope until the opening. The same one again is the same quote; another has a higher revision."""
    invitation = get(session, principal, invitation_id, lock=True)
    row, now = _taking(session, clock, invitation)
    notice = competitions.frozen(session, row)
    if len(canonical(given)) > MOST_BYTES:
        raise Invalid("quote.envelope_too_long", most=MOST_BYTES)
    envelope = sealing.from_json(given)
    if envelope.notice_sha256 != notice.sha256:
        raise Invalid("quote.of_another_notice", invitation=envelope.invitation_id)
    if envelope.invitation_id != invitation.id:
        raise Invalid("quote.of_another_invitation", given=envelope.invitation_id, expected=invitation.id)
    if envelope.openers != tuple(each.id for each in notice.openers):
        raise Invalid("quote.for_other_openers", invitation=invitation.id)
    digest, before = opening.envelope_sha256(envelope), latest(session, invitation.id)
    if before is not None and before.envelope_sha256 == digest:
        return before
    if before is not None and envelope.revision <= before.revision:
        raise Conflict("quote.revision_not_higher", given=envelope.revision, latest=before.revision)
    stream = rng.scope(f"{row.organisation_id}/{principal.organisation_id}", "sealed_quote")
    quote = SealedQuote(
        id=stream.id("qte"),
        invitation_id=invitation.id,
        revision=envelope.revision,
        envelope=sealing.to_json(envelope),
        envelope_sha256=digest,
        received_at=now,
    )
    session.add(quote)
    audit.record(
        session, clock, principal, "quote.submit", invitation.id, revision=quote.revision, envelope_sha256=digest
    )
    session.flush()
    return quote


def withdraw(session: Session, clock: Clock, principal: Principal, invitation_id: str) -> Invitation:
    """Take back every revision before the deadline; without any nothing happens."""
    invitation = get(session, principal, invitation_id, lock=True)
    _taking(session, clock, invitation)
    kept = session.exec(select(SealedQuote).where(SealedQuote.invitation_id == invitation.id)).all()
    for each in kept:
        session.delete(each)
    if kept:
        audit.record(
            session,
            clock,
            principal,
            "quote.withdraw",
            invitation.id,
            envelopes=[each.envelope_sha256 for each in kept],
        )
    session.flush()
    return invitation


def _taking(session: Session, clock: Clock, invitation: Invitation) -> tuple[Competition, datetime]:
    """The competition while it takes quotes, and the one moment by which this is judged and written.

    Its row is shared until the transaction ends: what was in time is there before anybody closes it, or opens.
    """
    row = session.exec(
        select(Competition).where(Competition.id == invitation.competition_id).with_for_update(read=True)
    ).one()
    now = clock.now()
    states.quotable(State(row.state), Clocks(row.quotes_until), now)
    return row, now
