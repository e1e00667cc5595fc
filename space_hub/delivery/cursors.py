"""How far each reader of the log has come, and what it had to leave behind.

A reader moves its cursor in the transaction that holds what it did, so that an
entry is either dealt with or met again. An entry that fails three times is set
aside as a `skipped_entry`, so that one bad entry does not stop the rest.
"""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from space_hub.clock import Clock
from space_hub.db import BIG

MAX_FAILURES = 3

FAN_OUT = "fan-out"
"""The reader that makes messages of entries."""


class ReaderCursor(SQLModel, table=True):
    __tablename__ = "reader_cursor"

    reader: str = Field(primary_key=True, max_length=64)
    position: int = Field(default=0, sa_type=BIG)
    failures: int = 0
    """How often the entry after `position` has failed."""
    error: str | None = Field(default=None, max_length=500)
    moved_at_wall: datetime


class SkippedEntry(SQLModel, table=True):
    __tablename__ = "skipped_entry"

    reader: str = Field(primary_key=True, max_length=64)
    position: int = Field(primary_key=True, sa_type=BIG)
    error: str = Field(max_length=500)
    at_wall: datetime


def position(session: Session, reader: str) -> int:
    row = session.get(ReaderCursor, reader)
    return 0 if row is None else row.position


def lock(session: Session, clock: Clock, reader: str) -> int:
    """The position of `reader`, held until the transaction ends: who comes second sees how far the first has come."""
    row = _row(session, clock, reader)
    session.add(row)
    session.flush()
    return row.position


def advance(session: Session, clock: Clock, reader: str, to: int) -> None:
    """Say that `reader` has dealt with everything up to `to`; a cursor never goes back."""
    row = _row(session, clock, reader)
    if to < row.position:
        raise ValueError(f"the cursor of {reader} stands at {row.position} and cannot go back to {to}")
    row.position, row.failures, row.error, row.moved_at_wall = to, 0, None, clock.wall()
    session.add(row)
    session.flush()


def failed(session: Session, clock: Clock, reader: str, at: int, error: str) -> bool:
    """Count a failure of the entry at `at`; True when it was the last try and the entry is set aside."""
    row = _row(session, clock, reader)
    if row.position >= at:
        return True  # Another process has dealt with it.
    row.failures, row.error = row.failures + 1, error[:500]
    session.add(row)
    if row.failures < MAX_FAILURES:
        session.flush()
        return False
    session.add(SkippedEntry(reader=reader, position=at, error=error[:500], at_wall=clock.wall()))
    advance(session, clock, reader, at)
    return True


def skipped(session: Session, reader: str) -> list[SkippedEntry]:
    return list(
        session.exec(
            select(SkippedEntry).where(SkippedEntry.reader == reader).order_by(col(SkippedEntry.position))
        ).all()
    )


def _row(session: Session, clock: Clock, reader: str) -> ReaderCursor:
    known = session.get(ReaderCursor, reader, with_for_update=True, populate_existing=True)
    return known or ReaderCursor(reader=reader, moved_at_wall=clock.wall())
