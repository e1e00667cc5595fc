"""The one event log: what happened, written in the transaction in which it happened.

`append` only adds a row. The order that readers follow, `position`, is given
afterwards by one sequencer to rows that are committed: a number drawn at
insertion would let a transaction that commits late slip in behind a reader
who has already passed it. Positions have no gaps and are never shown outside,
because the gaps one asker sees would count what others are told; outside, an
entry is known by `event_id`, which depends on its own content alone.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlmodel import Field, Session, SQLModel, col, select

from space_hub import db
from space_hub.clock import Clock
from space_hub.db import BIG, JSON_TYPE
from space_hub.delivery.topics import TOPICS
from space_hub.errors import Invalid, NotFound
from space_hub.trust import markings
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal

MAX_PAYLOAD_BYTES = 256 * 1024
"""A message is for one look at a screen; bulk is one entry that carries a hash and a link."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "space-hub:event-log")


class LogEntry(SQLModel, table=True):
    __tablename__ = "log_entry"
    __table_args__ = (
        ForeignKeyConstraint(["marking_id", "mode"], ["marking.id", "marking.mode"]),
        UniqueConstraint("id", "mode"),
        Index(
            "ix_log_entry_unsequenced",
            "id",
            postgresql_where=text("position IS NULL"),
            sqlite_where=text("position IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    position: int | None = Field(default=None, sa_type=BIG, unique=True)
    event_id: str | None = Field(default=None, max_length=40, unique=True)
    at: datetime
    """Hub time of the change."""
    at_wall: datetime
    topic: str = Field(max_length=64, index=True)
    subject: str = Field(max_length=200, index=True)
    payload: dict[str, Any] = Field(sa_type=JSON_TYPE)
    marking_id: str = Field(index=True)
    mode: str = Field(default=REAL, max_length=40)
    """That of its marking."""


def append(
    session: Session,
    clock: Clock,
    topic: str,
    subject: str,
    payload: dict[str, Any],
    marking_id: str,
    *,
    mode: str = REAL,
) -> LogEntry:
    """Say in the caller's transaction that `topic` happened to `subject` (`entry` says how)."""
    row = entry(clock, topic, subject, payload, marking_id, mode=mode)
    session.add(row)
    session.flush()
    return row


def entry(
    clock: Clock, topic: str, subject: str, payload: dict[str, Any], marking_id: str, *, mode: str = REAL
) -> LogEntry:
    """The row that says so, for who writes it together with others (`space_hub.db.put`).

    `payload` is what a receiver sees: JSON with finite numbers, units in names,
    times as RFC 3339 `Z`. `marking_id` says who may know; the database refuses a
    `mode` that is not its own. An unlisted topic is a programming error (KeyError),
    a payload that is not JSON a ValueError.
    """
    if topic not in TOPICS:
        raise KeyError(f"{topic} is not listed in space_hub/delivery/topics.py")
    size = len(json.dumps(payload, allow_nan=False).encode())
    if size > MAX_PAYLOAD_BYTES:
        raise Invalid("delivery.payload_too_large", topic=topic, size=size, most=MAX_PAYLOAD_BYTES)
    return LogEntry(
        at=clock.now(),
        at_wall=clock.wall(),
        topic=topic,
        subject=subject,
        payload=payload,
        marking_id=marking_id,
        mode=mode,
    )


def sequence(session: Session, limit: int = 1000) -> int:
    """Give the next positions to committed entries that have none; how many got one.

    The caller commits. Only one transaction at a time does this: SQLite has one
    writer, PostgreSQL takes an advisory lock.
    """
    db.exclusive(session, db.Turn.LOG)
    fresh = session.exec(
        select(LogEntry).where(col(LogEntry.position).is_(None)).order_by(col(LogEntry.id)).limit(limit)
    ).all()
    ids = _event_ids(session, fresh)
    for position, entry in enumerate(fresh, head(session) + 1):
        entry.position, entry.event_id = position, ids[entry.id]
    session.flush()
    return len(fresh)


def anything_unsequenced(session: Session) -> bool:
    """Whether `sequence` would find something; a look that takes no lock."""
    return session.exec(select(LogEntry.id).where(col(LogEntry.position).is_(None)).limit(1)).first() is not None


def head(session: Session) -> int:
    """The last position given, 0 for an empty log."""
    return session.exec(select(func.max(LogEntry.position))).one() or 0


def read_after(
    session: Session,
    position: int,
    limit: int,
    *,
    topics: Sequence[str] | None = None,
    principal: Principal | None = None,
    until: int | None = None,
) -> list[LogEntry]:
    """Sequenced entries after `position`, in order.

    With a `principal`, only what it may read; without one, all: that is for the
    hub's own readers and never for an answer to somebody.
    """
    statement = select(LogEntry).where(col(LogEntry.position) > position)
    if until is not None:
        statement = statement.where(col(LogEntry.position) <= until)
    if topics:
        statement = statement.where(col(LogEntry.topic).in_(topics))
    if principal is not None:
        statement = statement.where(markings.visible(LogEntry.marking_id, principal))
    return list(session.exec(statement.order_by(col(LogEntry.position)).limit(limit)).all())


def position_of(session: Session, event_id: str | None, principal: Principal) -> int:
    """The position behind an event id, 0 for None; an entry that `principal` may not read is not found."""
    if event_id is None:
        return 0
    found = session.exec(
        select(LogEntry.position).where(LogEntry.event_id == event_id, markings.visible(LogEntry.marking_id, principal))
    ).first()
    if found is None:
        raise NotFound("delivery.event_unknown", event_id=event_id)
    return found


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _event_ids(session: Session, fresh: Sequence[LogEntry]) -> dict[int | None, str]:
    """For each entry the id that its content alone gives; a literal repetition at the same instant takes the next."""
    given: dict[int | None, str] = {}
    taken: set[str] = set()
    waiting, ordinal = list(fresh), 0
    while waiting:
        wanted = {entry.id: _event_id(entry, ordinal) for entry in waiting}
        found = session.exec(select(LogEntry.event_id).where(col(LogEntry.event_id).in_(wanted.values())))
        taken.update(each for each in found if each)
        again = []
        for entry in waiting:
            if wanted[entry.id] in taken:
                again.append(entry)
            else:
                taken.add(wanted[entry.id])
                given[entry.id] = wanted[entry.id]
        waiting, ordinal = again, ordinal + 1
    return given


def _event_id(entry: LogEntry, ordinal: int) -> str:
    content = [entry.marking_id, entry.topic, entry.subject, rfc3339(entry.at), entry.payload]
    return f"evt_{uuid.uuid5(_NAMESPACE, json.dumps([*content, ordinal], sort_keys=True)).hex}"
