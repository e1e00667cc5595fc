"""The audit trail: one row for each change, written with the change, then chained.

Rows are added inside the business transaction. One sealer gives them, within a
second, a gapless number and a hash over the row and its predecessor, so that an
edit, a deletion or a new order shows. Truncation at the end shows only against
a head (`number`, `hash`) that was kept elsewhere: `head` gives it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, select

from space_hub import db
from space_hub.clock import Clock
from space_hub.db import BIG, JSON_TYPE, put
from space_hub.trust.principal import Principal


class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    at: datetime
    at_wall: datetime
    organisation_id: str = Field(index=True)
    key_id: str
    action: str = Field(index=True)
    subject: str = Field(index=True)
    detail: dict[str, Any] = Field(sa_type=JSON_TYPE)
    number: int | None = Field(default=None, sa_type=BIG, unique=True)
    hash: str | None = Field(default=None, max_length=64)


@dataclass(frozen=True, slots=True)
class Head:
    number: int
    hash: str


def record(session: Session, clock: Clock, principal: Principal, action: str, subject: str, **detail: object) -> None:
    """Say in the caller's transaction that `principal` did `action` to `subject`."""
    put(session, entry(clock, principal, action, subject, **detail))


def entry(clock: Clock, principal: Principal, action: str, subject: str, **detail: object) -> AuditEntry:
    """The row that says so, for who writes it together with others (`space_hub.db.put`)."""
    return AuditEntry(
        at=clock.now(),
        at_wall=clock.wall(),
        organisation_id=principal.organisation_id,
        key_id=principal.key_id,
        action=action,
        subject=subject,
        detail=json.loads(json.dumps(detail, default=str)),
    )


def seal(session: Session, limit: int = 10_000) -> int:
    """Chain the rows that are committed and not yet chained; how many were. One transaction at a time does this."""
    db.exclusive(session, db.Turn.AUDIT)
    last = head(session)
    rows = session.exec(
        select(AuditEntry).where(col(AuditEntry.number).is_(None)).order_by(col(AuditEntry.id)).limit(limit)
    ).all()
    for row in rows:
        row.number = last.number + 1
        row.hash = _hash(row, last.hash)
        session.add(row)
        last = Head(row.number, row.hash)
    session.flush()
    return len(rows)


def head(session: Session) -> Head:
    """The last sealed number and its hash; keep it outside to see a truncation."""
    number = session.exec(select(func.max(AuditEntry.number))).one()
    if number is None:
        return Head(0, "")
    row = session.exec(select(AuditEntry).where(AuditEntry.number == number)).one()
    return Head(number, row.hash or "")


def faults(session: Session, kept: Head | None = None) -> list[str]:
    """What is wrong with the chain, one line each; empty when it holds (and still reaches `kept`)."""
    found: list[str] = []
    last = Head(0, "")
    for row in session.exec(
        select(AuditEntry).where(col(AuditEntry.number).is_not(None)).order_by(col(AuditEntry.number))
    ):
        number = row.number or 0
        if number != last.number + 1:
            found.append(f"entry {last.number + 1} is missing")
            last = Head(number - 1, last.hash)
        if row.hash != _hash(row, last.hash):
            found.append(f"entry {number} does not match its hash")
        last = Head(number, row.hash or "")
        if kept is not None and kept.number == number and kept.hash != row.hash:
            found.append(f"entry {number} differs from the head kept outside")
    if kept is not None and last.number < kept.number:
        found.append(f"the chain ends at {last.number}, the head kept outside is {kept.number}")
    return found


def _hash(row: AuditEntry, before: str) -> str:
    body = json.dumps(
        [
            before,
            row.number,
            row.at.isoformat(),
            row.at_wall.isoformat(),
            row.organisation_id,
            row.key_id,
            row.action,
            row.subject,
            row.detail,
        ],
        sort_keys=True,
    )
    return hashlib.sha256(body.encode()).hexdigest()
