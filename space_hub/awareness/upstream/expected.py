"""What should have come and has not: a source that used to answer and is silent is told of, once for each silence.

Only what was taken once is expected again: an installation without the internet, or
one that never asked for something, is not told of it each day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from space_hub.awareness.selection import STALE_AFTER
from space_hub.awareness.tables import ElementSetRow, SourceCall
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import CELESTRAK
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.trust import markings
from space_hub.trust.principal import Principal

LONGEST: Mapping[tuple[str, str], timedelta] = {
    # The source publishes about three times a day; three slots of ours may fail before a person is called.
    (CELESTRAK, "gp:active"): timedelta(hours=8),
    (CELESTRAK, "satcat"): timedelta(days=3),
}
"""How long after the last good answer the next one is missed, by source and kind."""

TOPIC = "source.overdue"


@dataclass(frozen=True, slots=True)
class Silence:
    source: str
    kind: str
    since: datetime
    """End of the last call whose answer was taken."""

    @property
    def subject(self) -> str:
        return f"{self.source} {self.kind}"


def silences(session: Session, clock: Clock) -> list[Silence]:
    """What is overdue now, whether somebody was told or not."""
    found = []
    for (source, kind), longest in LONGEST.items():
        last = session.exec(
            select(func.max(SourceCall.settled_at_wall)).where(
                SourceCall.source == source, SourceCall.kind == kind, SourceCall.outcome == Outcome.TAKEN.value
            )
        ).one()
        if last is not None and clock.wall() - last > longest:
            found.append(Silence(source, kind, last))
    return found


def tell(session: Session, clock: Clock, principal: Principal) -> list[Silence]:
    """Log each silence that nobody was told of yet, with how old the catalogue has become."""
    new = [each for each in silences(session, clock) if not _told(session, each)]
    if not new:
        return []
    current, old = aged(session, clock)
    marking = markings.owner_only(session, principal.organisation_id)
    for each in new:
        payload = {
            "source": each.source,
            "kind": each.kind,
            "last_taken_at": each.since.isoformat(),
            "silent_h": round((clock.wall() - each.since) / timedelta(hours=1), 1),
            "current_sets": current,
            "stale_sets": old,
        }
        log.append(session, clock, TOPIC, each.subject, payload, marking)
    return new


def aged(session: Session, clock: Clock) -> tuple[int, int]:
    """How many objects have a current set, and of how many it is older than `selection.STALE_AFTER`."""
    count = select(func.count()).select_from(ElementSetRow).where(col(ElementSetRow.is_current))
    old = count.where(col(ElementSetRow.epoch) < clock.now() - STALE_AFTER)
    return session.exec(count).one(), session.exec(old).one()


def _told(session: Session, silence: Silence) -> bool:
    said = select(LogEntry.id).where(
        LogEntry.topic == TOPIC, LogEntry.subject == silence.subject, LogEntry.at_wall > silence.since
    )
    return session.exec(said.limit(1)).first() is not None
