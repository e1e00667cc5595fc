"""How old the news is: from a file's publication by its source to the run, and to the alerts that went out.

A source that says when it last changed its file (Last-Modified) is believed, unless that lies ahead of our
clock; else the moment counts at which the hub got the file, which is later and never flatters the source. The epochs
of element sets say when an orbit was measured, not when it was published.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from space_hub.awareness.tables import Alert, ElementSetRow, Run, SourceFile
from space_hub.clock import Clock
from space_hub.delivery.log import LogEntry
from space_hub.delivery.outbox import Message
from space_hub.text import Word


class Basis(Word, of="source_basis"):
    """How the moment of publication is known."""

    LAST_MODIFIED = "last_modified"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Published:
    at: datetime
    basis: Basis


@dataclass(slots=True)
class Stages:
    """Seconds of the steps of some work, by name, in order."""

    clock: Clock
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock.monotonic()

    def ended(self, name: str) -> None:
        now = self.clock.monotonic()
        self.seconds[name], self._since = round(now - self._since, 3), now


def last_modified(header: str | None, now: datetime) -> datetime | None:
    """What a Last-Modified header says; None for none, for one that is no date and for one that lies ahead of us."""
    if not header:
        return None
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return at if at.tzinfo is not None and at <= now else None


def of_current_sets(session: Session) -> Published | None:
    """Publication of the newest file that gave a current set; None without a set."""
    files = select(ElementSetRow.source_file_id).where(col(ElementSetRow.is_current)).distinct()
    newest = session.exec(
        select(SourceFile.received_at, SourceFile.published_at)
        .where(col(SourceFile.id).in_(files))
        .order_by(col(SourceFile.received_at).desc(), col(SourceFile.id).desc())
        .limit(1)
    ).first()
    if newest is None:
        return None
    received_at, published_at = newest
    if published_at is None:
        return Published(received_at, Basis.RECEIVED)
    return Published(published_at, Basis.LAST_MODIFIED)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a run's alerts: how many were raised, the last one's moment, and the last one's delivery."""

    alerts: int
    raised_at: datetime | None
    delivered: int
    delivered_at: datetime | None


def told(session: Session, clock: Clock, run: Run) -> Told:
    """Over the alerts of all owners: for who runs the hub, since how many watch is nobody else's business."""
    alerts, raised_at = session.exec(
        select(func.count(), func.max(Alert.raised_at)).where(Alert.run_id == run.id)
    ).one()
    delivered, last_wall = session.exec(
        select(func.count(), func.max(Message.delivered_at_wall))
        .join(LogEntry, col(LogEntry.id) == col(Message.entry_id))
        .join(Alert, col(Alert.id) == col(LogEntry.subject))
        .where(LogEntry.topic == "alert.raised", Alert.run_id == run.id, col(Message.delivered_at_wall).is_not(None))
    ).one()
    offset = clock.now() - clock.wall()
    return Told(alerts, raised_at, delivered, None if last_wall is None else last_wall + offset)


def since_source(run: Run, at: datetime | None) -> timedelta | None:
    return None if at is None or run.source_at is None else at - run.source_at
