"""Idempotency keys: a create that is sent twice happens once.

The row is written in the business transaction. It is inserted before the work,
so that a second request with the same key waits for the first instead of
doing the work beside it, and completed with the answer at the end. Rows are
kept for at least seven days.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlmodel import Field, Session, SQLModel, col

from space_hub.clock import Clock
from space_hub.db import JSON_TYPE
from space_hub.errors import Invalid


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency"

    organisation_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=200)
    route: str
    body_sha256: str = Field(max_length=64)
    status: int = 0
    answer: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    at_wall: datetime


def find(session: Session, organisation_id: str, key: str, route: str, body_sha256: str) -> IdempotencyRow | None:
    """The completed answer under this key, or None; the same key for something else is refused."""
    row = session.get(IdempotencyRow, (organisation_id, key))
    if row is not None and (row.route, row.body_sha256) != (route, body_sha256):
        raise Invalid("trust.idempotency_key_reused", key=key)
    return row


def open_row(
    session: Session, clock: Clock, organisation_id: str, key: str, route: str, body_sha256: str
) -> IdempotencyRow:
    row = IdempotencyRow(
        organisation_id=organisation_id, key=key, route=route, body_sha256=body_sha256, at_wall=clock.wall()
    )
    session.add(row)
    session.flush()
    return row


def prune(session: Session, clock: Clock, *, keep: timedelta) -> int:
    """Forget answers older than `keep` of real time; how many. A key used again after that is a new request."""
    old = delete(IdempotencyRow).where(col(IdempotencyRow.at_wall) < clock.wall() - keep)
    return cast("CursorResult[Any]", session.execute(old)).rowcount
