"""The hub's side of an opening: envelopes handed out, a release kept, and the one transaction that opens all.

Nothing is handed out, taken or opened before the deadline of the notice. A release is a list of shares that are
sealed again, and one that is not is refused: shares in clear would open everything to whoever reads
the database. The second opener brings the key of every quote; the hub decrypts,
checks and scores all of them at once or none. An opening is a row whose key is the competition.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from catalog.activation import evidence
from catalog.competition import ceilings, competitions, openers, opening, quotes, scoring, sealing, states, telling
from catalog.competition.notice import Notice
from catalog.competition.scoring import CriterionKind
from catalog.competition.states import Actor, Clocks, Event, State
from catalog.competition.tables import (
    Competition,
    CompetitionOpening,
    Invitation,
    OpenedQuote,
    Opener,
    QuoteRelease,
    QuoteScore,
    SealedQuote,
)
from catalog.promise.authority import Authority
from space_hub.clock import Clock
from space_hub.errors import Conflict, HubError, Invalid
from space_hub.trust import audit
from space_hub.trust.principal import Principal

CLAIMS = frozenset(
    {
        "quote.envelope_members_wrong",
        "quote.envelope_wrong",
        "quote.for_other_openers",
        "quote.key_not_committed",
        "quote.not_released",
        "quote.of_another_notice",
        "quote.share_of_another_quote",
        "quote.share_unreadable",
        "quote.unreadable",
    }
)
"""Codes by which the second opener says that a quote does not open with this pair."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What an opener works on: every envelope that counts, and the releases that were made for it."""

    notice_sha256: str
    opener_id: str
    envelopes: list[dict[str, Any]]
    releases: list[dict[str, Any]]


def hand_out(session: Session, clock: Clock, principal: Principal, competition_id: str) -> HandedOut:
    row, own = _row(session, principal, competition_id)
    notice = competitions.frozen(session, row)
    opening.due(notice, clock.now())
    openable(row, clock)
    kept = session.exec(
        select(QuoteRelease)
        .where(QuoteRelease.competition_id == row.id, QuoteRelease.to_opener_id == own.id)
        .order_by(col(QuoteRelease.at))
    ).all()
    envelopes = [quote.envelope for _, quote in competitions.quotes_standing(session, row).values()]
    return HandedOut(notice.sha256, own.id, envelopes, [each.shares for each in kept])


def release(session: Session, clock: Clock, principal: Principal, competition_id: str, given: Any) -> QuoteRelease:
    """Keep the own shares, sealed to another opener. Once for each: with a pair that fails, another pair goes on."""
    row, own = _row(session, principal, competition_id)
    row = competitions.settled(session, clock, row.id)
    notice = competitions.frozen(session, row)
    opening.due(notice, clock.now())
    openable(row, clock)
    shares = opening.shares_of(notice, given)
    if given["from"] != own.id:
        raise Invalid("opener.release_wrong", member="from")
    if given["to"] == own.id:
        raise Invalid("competition.opener_twice", first=own.id, second=own.id)
    if given["to"] not in {each.id for each in notice.openers}:
        raise Invalid("opener.release_wrong", member="to")
    if any(len(each) != sealing.SEALED_SHARE for each in shares.values()):
        raise Invalid("opener.release_not_sealed")
    known = {quote.envelope_sha256 for _, quote in competitions.quotes_standing(session, row).values()}
    if set(shares) - known:
        raise Invalid("opener.release_wrong", member="shares")
    before = session.get(QuoteRelease, (row.id, own.id, given["to"]))
    if before is not None and before.shares == given:
        return before
    if before is not None:
        raise Conflict("opener.already_released", to=before.to_opener_id)
    kept = QuoteRelease(competition_id=row.id, opener_id=own.id, to_opener_id=given["to"], shares=given, at=clock.now())
    session.add(kept)
    states.next_state(State(row.state), Event.RELEASE, Actor.OPENER)
    competitions.enter(session, clock, principal, row, Event.RELEASE)
    audit.record(
        session, clock, principal, "competition.release", row.id, opener=own.id, to=given["to"], shares=len(shares)
    )
    return kept


def open_all(
    session: Session,
    clock: Clock,
    principal: Principal,
    competition_id: str,
    *,
    first_opener_id: str,
    keys: Mapping[str, str],
    unreadable: Mapping[str, str],
    authority: Authority,
) -> CompetitionOpening:
    """Open every quote, by the second opener. `keys` by envelope hash, in base64; `unreadable` the code of each other.

    A key that is not the one of its envelope refuses the whole: it is the opener's mistake and not the supplier's.
    """
    row, second = _row(session, principal, competition_id)
    row = competitions.settled(session, clock, row.id)
    notice = competitions.frozen(session, row)
    opening.due(notice, clock.now())
    openable(row, clock)
    first = _first(session, row, first_opener_id, second)
    standing = competitions.quotes_standing(session, row)
    read = _read_all(notice, standing, keys, unreadable)
    read = {each: _within_agreement(session, row, notice, standing[each][0], found) for each, found in read.items()}
    made = CompetitionOpening(
        competition_id=row.id,
        first_opener_id=first.id,
        second_opener_id=second.id,
        opened=sum(each.content is not None for each in read.values()),
        unreadable=sum(each.content is None for each in read.values()),
        by_organisation_id=principal.organisation_id,
        by_key_id=principal.key_id,
        authority_name=authority.name,
        authority_office=authority.office,
        at=clock.now(),
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("competition.already_opened") from error
    for invitation_id, found in read.items():
        invitation, quote = standing[invitation_id]
        _keep(session, clock, row, notice, invitation, quote, found)
    row.state = states.next_state(State(row.state), Event.OPEN, Actor.OPENER).value
    row.opened_at = clock.now()
    session.add(row)
    competitions.enter(session, clock, principal, row, Event.OPEN, authority)
    audit.record(
        session,
        clock,
        principal,
        "competition.open",
        row.id,
        first=first.id,
        first_person=first.person_name,
        second=second.id,
        second_person=second.person_name,
        authority=authority.name,
        office=authority.office,
        quotes=[
            {"envelope": standing[each][1].envelope_sha256, "plain_sha256": found.plain_sha256, "fault": found.fault}
            for each, found in read.items()
        ],
    )
    telling.lead(session, clock, "competition.opened", row, opened=made.opened, unreadable=made.unreadable)
    for to in telling.invited(session, row.id):
        own = read.get(to[0].id)
        fault = None if own is None else own.fault
        telling.supplier(session, clock, "competition.opened", row, to, quoted=own is not None, fault=fault)
    return made


def openable(row: Competition, clock: Clock) -> None:
    states.openable(State(row.state), Clocks(row.quotes_until, row.standstill_until), clock.now())


@dataclass(frozen=True, slots=True)
class _Read:
    content: Mapping[str, Any] | None
    plain_sha256: str | None
    fault: str | None
    """Of one with content: it is out for what it says."""


def _row(session: Session, principal: Principal, competition_id: str) -> tuple[Competition, Opener]:
    row = competitions.get(session, principal, competition_id)
    return row, openers.acting(session, principal, row)


def _first(session: Session, row: Competition, first_id: str, second: Opener) -> Opener:
    if first_id == second.id:
        raise Invalid("competition.opener_twice", first=first_id, second=second.id)
    if session.get(QuoteRelease, (row.id, first_id, second.id)) is None:
        raise Conflict("competition.not_released", first=first_id, second=second.id)
    return session.get_one(Opener, first_id)


def _read_all(
    notice: Notice,
    standing: Mapping[str, tuple[Invitation, SealedQuote]],
    keys: Mapping[str, str],
    unreadable: Mapping[str, str],
) -> dict[str, _Read]:
    """Each quote by its invitation; refused unless the opener has said something of every one."""
    digests = {quote.envelope_sha256 for _, quote in standing.values()}
    if (set(keys) | set(unreadable)) != digests or set(keys) & set(unreadable):
        said = len(digests & (set(keys) | set(unreadable)))
        raise Invalid("competition.quotes_missing", given=said, expected=len(digests))
    if set(unreadable.values()) - CLAIMS:
        raise Invalid("competition.claim_unknown", known=", ".join(sorted(CLAIMS)))
    found = {}
    for invitation_id, (_, quote) in standing.items():
        digest = quote.envelope_sha256
        if digest in unreadable:
            found[invitation_id] = _Read(None, None, unreadable[digest])
        else:
            found[invitation_id] = _read(notice, invitation_id, quote, keys[digest])
    return found


def _read(notice: Notice, invitation_id: str, quote: SealedQuote, key: str) -> _Read:
    try:
        envelope = sealing.from_json(quote.envelope)
        if envelope.notice_sha256 != notice.sha256 or envelope.invitation_id != invitation_id:
            raise Invalid("quote.of_another_notice", invitation=envelope.invitation_id)
        plain = sealing.unseal(envelope, _bytes(key))
    except HubError as error:
        if error.code in {"quote.key_not_committed", "competition.key_wrong"}:
            raise
        return _Read(None, None, error.code)
    content, fault = opening.judged(plain, notice)
    return _Read(content, hashlib.sha256(plain).hexdigest(), None if fault is None else fault.code)


def _within_agreement(
    session: Session, row: Competition, notice: Notice, invitation: Invitation, found: _Read
) -> _Read:
    if found.content is None:
        return found
    values = quotes.read(found.content, notice.criteria).values
    above = ceilings.exceeded(row, values, ceilings.of(session, row, invitation))
    return replace(found, fault="quote.above_agreed_price") if above else found


def _keep(
    session: Session,
    clock: Clock,
    row: Competition,
    notice: Notice,
    invitation: Invitation,
    quote: SealedQuote,
    found: _Read,
) -> None:
    """The quote in clear, and its points by the criteria that were frozen."""
    plain = None if found.content is None else dict(found.content)
    session.add(
        OpenedQuote(
            quote_id=quote.id,
            competition_id=row.id,
            plain=plain,
            fault=found.fault,
            plain_sha256=found.plain_sha256,
        )
    )
    if plain is None or found.fault is not None:
        return
    session.flush()
    values = quotes.read(plain, notice.criteria).values
    record = {each.name: _record(session, clock, row, invitation) for each in notice.criteria}
    points = scoring.score(notice.criteria, values, record).points
    for each in notice.criteria:
        value = record[each.name] if each.kind is CriterionKind.READINESS else values[each.name]
        session.add(
            QuoteScore(
                quote_id=quote.id,
                criterion=each.name,
                value=f"{value:f}",
                points=f"{points[each.name]:f}",
                rule=f"linear {each.threshold:f} {each.objective:f} {each.unit}".strip(),
            )
        )


def _record(session: Session, clock: Clock, row: Competition, invitation: Invitation) -> Decimal:
    """What the lead may know of the supplier at the moment of the opening; a newcomer has the neutral value.

    A lead reads the points: what a supplier failed to do for pools of others must not be in them.
    """
    known = evidence.known_to(session, clock, row.organisation_id, invitation.provider_id)
    return Decimal(repr(known.overall.value)).quantize(scoring.PLACES)


def _bytes(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("competition.key_wrong") from error
