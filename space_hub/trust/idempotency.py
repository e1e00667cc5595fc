"""Idempotency keys: a create that is sent twice happens once.

The row is written in the business transaction. It is inserted before the work,
so that a second request with the same key waits for the first instead of
doing the work beside it, and completed with the answer at the end. Rows are
kept for at least seven days.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col

from space_hub.clock import Clock
from space_hub.db import JSON_TYPE
from space_hub.errors import Invalid
from space_hub.trust.labels import REAL


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency"

    organisation_id: str = Field(primary_key=True)
    mode: str = Field(default=REAL, primary_key=True, max_length=40)
    """An exercise has names of its own: one that is used there refuses nothing real."""
    key: str = Field(primary_key=True, max_length=200)
    route: str
    body_sha256: str = Field(max_length=64)
    status: int = 0
    answer: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    at_wall: datetime


_ROWS: Table = SQLModel.metadata.tables["idempotency"]
"""As a table: a row is made and completed by one statement each, built once, which every create pays."""

_BEGIN = {
    name: insert(_ROWS).on_conflict_do_nothing().returning(_ROWS.c.key)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_COMPLETE = (
    update(_ROWS)
    .where(
        _ROWS.c.organisation_id == bindparam("of"),
        _ROWS.c.mode == bindparam("in"),
        _ROWS.c.key == bindparam("under"),
    )
    .values(status=bindparam("status"), answer=bindparam("answer"))
)


def begin(
    session: Session,
    clock: Clock,
    organisation_id: str,
    key: str,
    route: str,
    body_sha256: str,
    *,
    mode: str = REAL,
) -> IdempotencyRow | None:
    """The answer kept under this key, or None with the row made; the same key for something else is refused."""
    values = {
        "organisation_id": organisation_id,
        "mode": mode,
        "key": key,
        "route": route,
        "body_sha256": body_sha256,
        "status": 0,
        "at_wall": clock.wall(),
    }
    if session.connection().execute(_BEGIN[session.get_bind().dialect.name], values).first() is not None:
        return None
    row = session.get_one(IdempotencyRow, (organisation_id, mode, key))
    if (row.route, row.body_sha256) != (route, body_sha256):
        raise Invalid("trust.idempotency_key_reused", key=key)
    return row


def complete(session: Session, organisation_id: str, key: str, status: int, answer: Any, *, mode: str = REAL) -> None:
    given = {"of": organisation_id, "in": mode, "under": key, "status": status, "answer": answer}
    session.connection().execute(_COMPLETE, given)


def prune(session: Session, clock: Clock, *, keep: timedelta) -> int:
    """Forget answers older than `keep` of real time; how many. A key used again after that is a new request."""
    old = delete(IdempotencyRow).where(col(IdempotencyRow.at_wall) < clock.wall() - keep)
    return cast("CursorResult[Any]", session.execute(old)).rowcount
