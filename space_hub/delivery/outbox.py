"""Messages: one row for each endpoint and log entry, from fan-out until it is delivered or given up.

Fan-out gives the sequence numbers, one holder at a time, so that they have no
gaps. A message is claimed before it is sent and marked only after the attempt
is recorded: a crash between the two sends it twice with the same id, never not
at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from space_hub import db
from space_hub.clock import Clock
from space_hub.db import BIG
from space_hub.delivery import cursors, endpoints, log, retry
from space_hub.delivery.endpoints import Endpoint, EndpointState
from space_hub.delivery.log import LogEntry
from space_hub.delivery.retry import Policy, Verdict
from space_hub.delivery.wire import Reply
from space_hub.rng import Rng
from space_hub.text import Word
from space_hub.trust import markings
from space_hub.trust.labels import REAL

LEASE = timedelta(seconds=30)
"""Longer than one attempt may take; a crashed sender's messages go again after it."""

SLOW_S = 2.0
"""An endpoint whose last answer took longer counts as slow."""


class MessageState(Word, of="message_state"):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    WITHHELD = "withheld"
    """Its entry was no longer for this organisation when it was to be sent."""


class Message(SQLModel, table=True):
    __tablename__ = "message"
    __table_args__ = (
        # What belongs to one exercise reaches an endpoint of that exercise or none: no code decides it.
        ForeignKeyConstraint(["endpoint_id", "mode"], ["endpoint.id", "endpoint.mode"]),
        ForeignKeyConstraint(["entry_id", "mode"], ["log_entry.id", "log_entry.mode"]),
        UniqueConstraint("endpoint_id", "sequence", name="uq_message_sequence"),
        UniqueConstraint("endpoint_id", "entry_id", name="uq_message_entry"),
        CheckConstraint("state IN ('pending', 'delivered', 'dead', 'withheld')", name="state"),
        Index("ix_message_waiting", "state", "endpoint_id", "sequence"),
    )

    id: str = Field(primary_key=True)
    """Also the `webhook-id`, at every attempt and in a replay."""
    endpoint_id: str
    entry_id: int = Field(sa_type=BIG)
    sequence: int = Field(sa_type=BIG)
    state: str = Field(default=MessageState.PENDING.value, max_length=16)
    attempts: int = 0
    created_at: datetime
    due_at_wall: datetime
    delivered_at_wall: datetime | None = None
    claimed_until_wall: datetime | None = None
    claim: int = Field(default=0, sa_type=BIG)
    """Counts the claims; a mark by an older one does not count as a failure."""
    mode: str = Field(default=REAL, max_length=40)


class Dispatch(SQLModel, table=True):
    """One attempt to deliver a message."""

    __tablename__ = "dispatch"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    message_id: str = Field(foreign_key="message.id", index=True)
    attempt: int
    at_wall: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = Field(default=None, max_length=64)
    excerpt: str = Field(default="", max_length=1000)


@dataclass(frozen=True, slots=True)
class Claim:
    """Messages of one endpoint, in order, that this sender may send until the lease ends."""

    endpoint_id: str
    messages: tuple[tuple[str, int], ...]
    """(message id, claim number)."""


def fan_out(session: Session, clock: Clock, rng: Rng, limit: int = 500) -> int:
    """Make messages of the next sequenced entries and of replays; how many entries were looked at."""
    db.exclusive(session, db.Turn.OUTBOX)
    entries = log.read_after(session, cursors.position(session, cursors.FAN_OUT), limit)
    known = endpoints.active(session)
    for endpoint in known:
        _enqueue(session, clock, rng, endpoint, _readable(session, endpoint, entries), again=False)
    if entries:
        cursors.advance(session, clock, cursors.FAN_OUT, entries[-1].position or 0)
    replaying = [endpoint for endpoint in known if endpoint.replay_until is not None]
    replayed = sum(_replay(session, clock, rng, endpoint, limit) for endpoint in replaying)
    session.flush()
    return len(entries) + replayed


def claim_due(
    session: Session, clock: Clock, *, endpoints_at_once: int, batch: int, slow: bool, busy: Iterable[str] = ()
) -> list[Claim]:
    """Claim due messages, in order, of endpoints that are active, rested and have none under way.

    Endpoints take turns: who was claimed longest ago comes first. `slow` picks
    between those that answered slowly last time and the others.
    """
    if endpoints_at_once < 1:
        return []
    wall = clock.wall()
    db.exclusive(session, db.Turn.OUTBOX)
    waiting = col(Message.state) == MessageState.PENDING.value
    under_way = select(Message.endpoint_id).where(waiting, col(Message.claimed_until_wall) > wall)
    ready = session.exec(
        select(Endpoint.id)
        .where(
            Endpoint.state == EndpointState.ACTIVE.value,
            col(Endpoint.slow).is_(slow),
            or_(col(Endpoint.rest_until_wall).is_(None), col(Endpoint.rest_until_wall) <= wall),
            col(Endpoint.id).not_in(list(busy)),
            col(Endpoint.id).not_in(under_way),
            select(Message.id).where(Message.endpoint_id == Endpoint.id, waiting, Message.due_at_wall <= wall).exists(),
        )
        .order_by(col(Endpoint.claimed_at_wall).asc().nulls_first(), col(Endpoint.id))
        .limit(endpoints_at_once)
    ).all()
    return [_claim(session, wall, endpoint_id, batch) for endpoint_id in ready]


def anything_due(session: Session, wall: datetime) -> bool:
    """Whether a message may be waiting to be sent; a look that takes no lock."""
    due = select(Message.id).where(Message.state == MessageState.PENDING.value, Message.due_at_wall <= wall).limit(1)
    return session.exec(due).first() is not None


def anything_to_fan_out(session: Session) -> bool:
    """Whether an entry lies behind the cursor of the fan-out or a replay is under way; takes no lock."""
    if log.head(session) > cursors.position(session, cursors.FAN_OUT):
        return True
    replaying = select(Endpoint.id).where(
        Endpoint.state == EndpointState.ACTIVE.value, col(Endpoint.replay_until).is_not(None)
    )
    return session.exec(replaying.limit(1)).first() is not None


def withhold(session: Session, message_id: str) -> None:
    """Give up a message whose entry is no longer for its receiver."""
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is not None and message.state == MessageState.PENDING:
        message.state, message.claimed_until_wall = MessageState.WITHHELD.value, None
        session.add(message)
        session.flush()


def release(session: Session, messages: Iterable[tuple[str, int]]) -> None:
    """Give back what was claimed and not sent, or sent without a known outcome."""
    for message_id, claim in messages:
        session.connection().execute(
            update(Message)
            .where(col(Message.id) == message_id, col(Message.claim) == claim)
            .values(claimed_until_wall=None)
        )


def record(
    session: Session,
    clock: Clock,
    rng: Rng,
    policy: Policy,
    message_id: str,
    claim: int,
    reply: Reply,
    *,
    at_wall: datetime,
    duration_s: float,
    rest_of_claim: Iterable[str] = (),
) -> Verdict:
    """Write the attempt, then what follows from it for the message and its endpoint."""
    found = session.get(Message, message_id)
    if found is None:
        raise KeyError(message_id)
    endpoint = session.get(Endpoint, found.endpoint_id, with_for_update=True, populate_existing=True)
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if endpoint is None or message is None:
        raise KeyError(message_id)
    message.attempts += 1
    endpoint.slow = duration_s > SLOW_S
    session.add(endpoint)
    session.add(
        Dispatch(
            message_id=message_id,
            attempt=message.attempts,
            at_wall=at_wall,
            duration_ms=round(duration_s * 1000),
            status=reply.status,
            error=reply.error,
            excerpt=reply.excerpt,
        )
    )
    verdict = retry.verdict(reply.status)
    if message.state == MessageState.PENDING and (verdict is Verdict.DONE or message.claim == claim):
        _mark(session, clock, rng, policy, endpoint, message, verdict, reply)
    until = clock.wall() + LEASE if verdict is Verdict.DONE else None
    session.connection().execute(
        update(Message)
        .where(
            col(Message.id).in_(list(rest_of_claim)),
            col(Message.state) == MessageState.PENDING.value,
            col(Message.claimed_until_wall).is_not(None),
        )
        .values(claimed_until_wall=until)
    )
    session.flush()
    return verdict


def _mark(
    session: Session,
    clock: Clock,
    rng: Rng,
    policy: Policy,
    endpoint: Endpoint,
    message: Message,
    verdict: Verdict,
    reply: Reply,
) -> None:
    wall = clock.wall()
    message.claimed_until_wall = None
    if verdict is Verdict.DONE:
        message.state, message.delivered_at_wall = MessageState.DELIVERED.value, wall
        endpoint.failures, endpoint.rest_until_wall = 0, None
    else:
        jitter = rng.scope(endpoint.organisation_id, "retry").uniform()
        wait = retry.delay(policy, message.attempts, jitter, retry.seconds_of(reply.retry_after))
        if wait is None:
            message.state = MessageState.DEAD.value
        else:
            message.due_at_wall = wall + wait
        endpoint.failures += 1
        endpoint.rest_until_wall = wall + retry.rest(policy, endpoint.failures, jitter)
        if verdict is Verdict.GONE:
            endpoints.disable(session, clock, endpoint, "gone")
    session.add(message)
    session.add(endpoint)


def _readable(session: Session, endpoint: Endpoint, entries: list[LogEntry]) -> list[LogEntry]:
    """Those of `entries` that go to `endpoint`: topic wanted and marking readable, decided now."""
    wanted = [entry for entry in entries if endpoints.wants(endpoint, entry.topic, entry.subject)]
    marked = {entry.marking_id for entry in wanted}
    readable = markings.read_by(session, endpoint.organisation_id, marked, endpoint.mode)
    return [entry for entry in wanted if entry.marking_id in readable]


def _enqueue(
    session: Session, clock: Clock, rng: Rng, endpoint: Endpoint, entries: list[LogEntry], *, again: bool
) -> None:
    """A message for each entry. One that exists keeps its id and number, and waits `again` in a replay."""
    if not entries:
        return
    session.refresh(endpoint, with_for_update=True)
    known = {
        message.entry_id: message
        for message in session.exec(
            select(Message)
            .where(Message.endpoint_id == endpoint.id, col(Message.entry_id).in_([entry.id for entry in entries]))
            .with_for_update()
        )
    }
    ids = rng.scope(endpoint.organisation_id, "message")
    for entry in entries:
        if entry.id is None:
            raise ValueError("the entry is not stored")
        message = known.get(entry.id)
        if message is None:
            endpoint.last_sequence += 1
            message = Message(
                id=ids.id("msg"),
                endpoint_id=endpoint.id,
                entry_id=entry.id,
                mode=endpoint.mode,
                sequence=endpoint.last_sequence,
                created_at=clock.now(),
                due_at_wall=clock.wall(),
            )
        elif again:
            message.state, message.attempts, message.due_at_wall = MessageState.PENDING.value, 0, clock.wall()
            message.claim, message.claimed_until_wall = message.claim + 1, None
        session.add(message)
    session.add(endpoint)
    session.flush()


def _replay(session: Session, clock: Clock, rng: Rng, endpoint: Endpoint, limit: int) -> int:
    session.refresh(endpoint, with_for_update=True)
    entries = log.read_after(session, endpoint.replay_position or 0, limit, until=endpoint.replay_until)
    _enqueue(session, clock, rng, endpoint, _readable(session, endpoint, entries), again=True)
    if len(entries) < limit:
        endpoint.replay_position = endpoint.replay_until = None
    else:
        endpoint.replay_position = entries[-1].position
    session.add(endpoint)
    session.flush()
    return len(entries)


def _claim(session: Session, wall: datetime, endpoint_id: str, batch: int) -> Claim:
    session.connection().execute(update(Endpoint).where(col(Endpoint.id) == endpoint_id).values(claimed_at_wall=wall))
    due = session.exec(
        select(Message)
        .where(
            Message.endpoint_id == endpoint_id,
            Message.state == MessageState.PENDING.value,
            Message.due_at_wall <= wall,
        )
        .order_by(col(Message.sequence))
        .limit(batch)
        .with_for_update()
    ).all()
    for message in due:
        message.claim += 1
        message.claimed_until_wall = wall + LEASE
        session.add(message)
    session.flush()
    return Claim(endpoint_id, tuple((message.id, message.claim) for message in due))
