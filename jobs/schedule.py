"""What is done regularly, as a table one can read, and the ticker that turns it into work.

The truth is the row of work with its slot, unique for each kind: APScheduler
only ticks, and however many processes tick, a slot is done once. Slots follow
hub time, so a replayed day keeps its hours. What was missed while nothing ran
is computed from the table, never from memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import Session

from space_hub.clock import Clock
from space_hub.db import Database, Installation
from space_hub.rng import Rng
from space_hub.trust.principal import HUB
from space_hub.work import ledger

PREFIX = "at:"
"""Slots of the schedule begin with it; work that something else starts has other slots or none."""

TICK_S = 1.0
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST_CATCH_UP = 24
"""Slots that are made up at most for a job whose every slot counts."""

logger = structlog.get_logger()


class Missed(StrEnum):
    """What a slot means that passed while nothing ran."""

    ONCE = "once"
    """The latest one is done, late; the others are covered by it."""
    EACH = "each"
    """Every one is done, in order."""
    SKIP = "skip"
    """None is done; the next one comes in its time."""


def _always(_clock: Clock) -> bool:
    return True


def _in_real_time(clock: Clock) -> bool:
    """A replayed day must not draw today's data."""
    return abs(clock.now() - clock.wall()) < timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Regular:
    kind: str
    every: timedelta
    missed: Missed
    when: Callable[[Clock], bool] = _always
    after: timedelta = timedelta()
    """From midnight, of a Saturday for what is done weekly, to the moment at which a slot begins."""


SCHEDULE = (
    # Ten minutes more than the source wants between two calls: at two hours sharp, a call that
    # begins a second late makes the next slot too soon, and every other slot would be lost.
    Regular("ingest.celestrak", timedelta(hours=2, minutes=10), Missed.ONCE, _in_real_time),
    # Away from the full hour, when everybody asks; a day and some minutes, so that no slot comes too soon.
    Regular("ingest.satcat", timedelta(days=1, minutes=10), Missed.ONCE, _in_real_time, after=timedelta(minutes=37)),
    Regular("sources.look", timedelta(minutes=30), Missed.ONCE, _in_real_time),
    Regular("screen", timedelta(hours=8), Missed.ONCE),
    # A look at who is due, not the asking itself: with it, a change shows within `sync_minutes` and one minute.
    Regular("supplier.due", timedelta(minutes=1), Missed.ONCE),
    # Mondays at six: who reads of new demand has the week before it. Late is better than never, twice is not.
    Regular("demand.release", timedelta(weeks=1), Missed.ONCE, after=timedelta(days=2, hours=6)),
    Regular("work.prune", timedelta(days=1), Missed.SKIP),
    # Some threats end, or last longer than was expected, without anybody saying so.
    Regular("commitments.recompute", timedelta(hours=1), Missed.ONCE),
    # A late answer rises late rather than never; five minutes are what an office can notice.
    Regular("front_door.clocks", timedelta(minutes=5), Missed.ONCE),
    # A delivery is deemed accepted at its own moment, whenever this comes to write it down.
    Regular("deliveries.deem", timedelta(minutes=5), Missed.ONCE),
    Regular("evidence.recheck", timedelta(days=1), Missed.ONCE),
    Regular("registrations.lapse", timedelta(days=1), Missed.ONCE),
    # It looks every day and releases once a quarter, on the first working day that it meets.
    Regular("fairness.release", timedelta(days=1), Missed.ONCE),
    Regular("award_shares.release", timedelta(days=1), Missed.ONCE),
    # The state follows the clock to the second anyway; a minute is how late it is told.
    Regular("competition.clocks", timedelta(minutes=1), Missed.ONCE),
)


def slot_of(regular: Regular, at: datetime) -> str:
    """The name of the slot that `at` lies in; names sort by time."""
    first = _EPOCH + regular.after
    start = first + (at - first) // regular.every * regular.every
    return f"{PREFIX}{start.strftime('%Y-%m-%dT%H:%M:%SZ')}"


def due(regular: Regular, last: str | None, since: datetime, now: datetime) -> list[str]:
    """The slots to be done at `now`, oldest first.

    `last` is the latest slot in the table; without one, slots count from the
    one after `since`, when the installation was made.
    """
    behind = slot_of(regular, since) if last is None else last
    current = slot_of(regular, now)
    if current <= behind:
        return []
    if regular.missed is Missed.ONCE:
        return [current]
    if regular.missed is Missed.SKIP:
        start = _start(current)
        return [current] if now - start < timedelta(seconds=10 * TICK_S) else []
    first = _start(behind) + regular.every
    count = (_start(current) - first) // regular.every + 1
    return [
        slot_of(regular, first + index * regular.every) for index in range(max(0, count - _LONGEST_CATCH_UP), count)
    ]


def _start(slot: str) -> datetime:
    return datetime.fromisoformat(slot.removeprefix(PREFIX))


def tick(
    session: Session, clock: Clock, rng: Rng, since: datetime, schedule: tuple[Regular, ...] = SCHEDULE
) -> list[str]:
    """Queue what is due; the ids of the work, also of slots that another ticker has queued meanwhile."""
    queued = []
    for regular in schedule:
        if not regular.when(clock):
            continue
        for slot in due(regular, ledger.last_slot(session, regular.kind, PREFIX), since, clock.now()):
            work = ledger.start(session, clock, rng, kind=regular.kind, params={}, principal=HUB, slot=slot)
            queued.append(work.id)
    return queued


def anything_due(session: Session, clock: Clock, since: datetime, schedule: tuple[Regular, ...] = SCHEDULE) -> bool:
    """Whether `tick` would queue something; a look that takes no lock."""
    return any(
        due(regular, ledger.last_slot(session, regular.kind, PREFIX), since, clock.now())
        for regular in schedule
        if regular.when(clock)
    )


def made_at(database: Database, clock: Clock) -> datetime:
    """Hub time at which the installation was made; now, for a database that does not say."""
    with database.read() as session:
        installation = session.get(Installation, 1)
    if installation is None:
        return clock.now()
    return installation.created_at_wall + timedelta(microseconds=installation.clock_offset_us)


def ticker(database: Database, clock: Clock, rng: Rng) -> BackgroundScheduler:
    """A scheduler, not yet started, that ticks every second. Late or missed ticks lose nothing."""
    since = made_at(database, clock)

    def once() -> None:
        with database.read() as session:
            if not anything_due(session, clock, since):
                return
        with database.write() as session:
            tick(session, clock, rng, since)

    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    scheduler.add_job(
        once, "interval", seconds=TICK_S, id="tick", misfire_grace_time=None, coalesce=True, max_instances=1
    )
    scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    return scheduler


def _report(event: object) -> None:
    error = getattr(event, "exception", None)
    logger.error("tick failed" if error else "tick missed", exc_info=error)
