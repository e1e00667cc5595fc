"""What follows from what happened: the hub's own reader of the event log.

Each entry is dealt with in one transaction together with the cursor, so that a
crash repeats it and never loses it. An entry that fails three times is set
aside and the rest flows on. What happens in an exercise has no consequences here.
"""

from collections.abc import Callable
from typing import Any

import structlog
from sqlmodel import Session

from jobs.handlers import load
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import cursors, log
from space_hub.delivery.log import LogEntry
from space_hub.errors import Unavailable
from space_hub.rng import Rng
from space_hub.trust.labels import REAL

READER = "react"

REACTIONS: tuple[tuple[str, frozenset[str]], ...] = (
    ("space_hub.awareness.following.told:on_run", frozenset({"run.published"})),
    ("space_hub.awareness.following.alerts:on_run", frozenset({"run.published"})),
    ("space_hub.awareness.element_watch:on_ingest", frozenset({"ingest.finished"})),
    (
        "catalog.risk.impact:on_object_event",
        frozenset(
            {"object.decayed", "outage.reported", "run.published"}
            | {"agreement.cut_off", "offering.published", "offering.withdrawn"}
            | {"agreement.signed", "call_off.placed", "match.computed"}
        ),
    ),
    (
        "catalog.search.saved:run_due",
        frozenset({"offering.published", "offering.withdrawn", "provider.status_changed", "clearance.changed"}),
    ),
    (
        "catalog.demand.arrivals:on_offering_published",
        frozenset({"clearance.changed", "offering.published", "offering.withdrawn", "provider.status_changed"}),
    ),
    ("catalog.physics.claims:on_published", frozenset({"offering.published"})),
    ("catalog.physics.looks:on_sky_changed", frozenset({"ingest.finished", "object.decayed"})),
    ("catalog.competition.placing:on_decided", frozenset({"competition.decided"})),
    ("catalog.demand.gaps:on_demand_changed", frozenset({"demand.released"})),
    (
        "catalog.ocds.releases:on_event",
        frozenset(
            {"agreement.ended", "agreement.signed", "award.reused", "lot.published", "pool_supplier.changed"}
            | {"call_off.placed", "call_off.pre_empted", "order.placed", "order.status_changed"}
            | {"delivery.decided", "delivery.noted"}
            | {"competition.decided", "competition.opened", "competition.published"}
        ),
    ),
)
"""Who is called (session, clock, rng, entry) for which topics, in this order."""

_PAGE = 200

logger = structlog.get_logger()

Reaction = Callable[[Session, Clock, Rng, LogEntry], Any]


def turn(
    database: Database, clock: Clock, rng: Rng, reactions: tuple[tuple[str, frozenset[str]], ...] = REACTIONS
) -> bool:
    """Deal with what lies behind the cursor, one page at most; False when there was nothing."""
    with database.read() as session:
        entries = log.read_after(session, cursors.position(session, READER), _PAGE)
        todo = [(entry.position or 0, _paths(entry, reactions)) for entry in entries]
    if not todo:
        return False
    for index, (position, paths) in enumerate(todo):
        quiet_next = index + 1 < len(todo) and not todo[index + 1][1]
        if not paths and quiet_next:
            continue  # The cursor passes a row of entries that concern nobody in one step.
        if not _deal(database, clock, rng, position, paths):
            return False
    return True


def _paths(entry: LogEntry, reactions: tuple[tuple[str, frozenset[str]], ...]) -> list[str]:
    if entry.mode != REAL:
        return []
    return [path for path, topics in reactions if entry.topic in topics]


def _deal(database: Database, clock: Clock, rng: Rng, position: int, paths: list[str]) -> bool:
    """One entry; False when it failed and is to be met again."""
    try:
        with database.write() as session:
            if cursors.lock(session, clock, READER) >= position:
                return True  # Another process, which believed the lease to be its own, was here before.
            if paths:
                entry = log.read_after(session, position - 1, 1)[0]
                for path in paths:
                    reaction: Reaction = load(path)
                    reaction(session, clock, rng, entry)
            cursors.advance(session, clock, READER, position)
    except Unavailable:
        raise
    except Exception as error:
        logger.error("reaction failed", position=position, exc_info=error)
        with database.write() as session:
            return cursors.failed(session, clock, READER, position, f"{type(error).__name__}: {error}")
    return True
