"""What goes on all the time, by one process at a time: a turn again and again, under a named lease.

A turn that raises is logged and tried again after a growing pause; it never
ends the loop.
"""

import threading
from collections.abc import Callable

import structlog

from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Unavailable
from space_hub.work import leases

LEASE_S = 15.0
_LONGEST_PAUSE_S = 30.0

logger = structlog.get_logger()


class Holding:
    """A lease that is renewed when a third of it has passed, so that an idle loop writes little."""

    def __init__(self, database: Database, clock: Clock, name: str, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._name = name
        self._holder = holder
        self._renewed: float | None = None

    def mine(self) -> bool:
        """Whether this process runs the loop now."""
        now = self._clock.monotonic()
        if self._renewed is not None and now - self._renewed < LEASE_S / 3:
            return True
        with self._database.write() as session:
            token = leases.hold(session, self._clock, self._name, self._holder, LEASE_S)
        self._renewed = now if token is not None else None
        return token is not None

    def release(self) -> None:
        """Let another process take over at once."""
        if self._renewed is None:
            return
        self._renewed = None
        with self._database.write() as session:
            leases.release(session, self._clock, self._name, self._holder)


def repeat(name: str, turn: Callable[[], bool], every_s: float, stop: threading.Event) -> None:
    """Call `turn` until `stop`; after a turn that found nothing to do, wait `every_s`."""
    failures = 0
    while not stop.is_set():
        try:
            busy = turn()
            failures = 0
        except Unavailable:
            busy = False  # The database is busy or being restarted: the next turn finds the same things to do.
        except Exception as error:
            failures += 1
            busy = False
            logger.error("loop failed", loop=name, failures=failures, exc_info=error)
            stop.wait(min(2.0**failures * 0.1, _LONGEST_PAUSE_S))
        if not busy:
            stop.wait(every_s)


def held(holding: Holding, turn: Callable[[], bool]) -> Callable[[], bool]:
    """`turn`, only while the lease is ours; otherwise a turn waits for it quietly."""
    waits = 0

    def guarded() -> bool:
        nonlocal waits
        if waits > 0:
            waits -= 1
            return False
        if holding.mine():
            return turn()
        waits = 5
        return False

    return guarded
