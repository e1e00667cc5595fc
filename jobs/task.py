"""What a handler gets: its piece of work and the means to do it, to tell progress and to notice an end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlmodel import Session

from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Unavailable
from space_hub.rng import Rng
from space_hub.settings import Settings
from space_hub.trust.principal import Principal
from space_hub.work import ledger
from space_hub.work.tables import Work

T = TypeVar("T")

_TRIES = 8


class Cancelled(Exception):
    """Somebody asked for the end of this work."""


class Interrupted(Exception):
    """The process is stopping or the lease is lost; nothing more may be written."""


@dataclass
class Task:
    database: Database
    clock: Clock
    rng: Rng
    settings: Settings
    work: Work
    principal: Principal
    """The organisation that asked for the work, with what its kind may do."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    interrupted: threading.Event = field(default_factory=threading.Event)
    reached: tuple[int, int, str] = (0, 0, "")

    @property
    def params(self) -> dict[str, Any]:
        return self.work.params

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Tell how far it is; raises Cancelled or Interrupted when it is to end here."""
        self.reached = (done, total, note)
        if self.interrupted.is_set():
            raise Interrupted
        if self.cancelled.is_set():
            raise Cancelled

    def guard(self, session: Session) -> None:
        """Prove in the transaction that writes the result that the work is still held; raises Conflict."""
        ledger.fence(session, self.work)

    def finish(self, make: Callable[[Session], dict[str, Any]]) -> None:
        """Write what `make` writes and end the work with its result, in one transaction: both or neither.

        Raises Cancelled when somebody asked for the end before, and Conflict when the work is another's by now.
        """

        def write(session: Session) -> None:
            if ledger.fence(session, self.work).cancel_asked:
                raise Cancelled
            ledger.finish(session, self.clock, self.work, make(session))

        patiently(self.database, self.clock, write)


def patiently(database: Database, clock: Clock, write: Callable[[Session], T]) -> T:
    """Write in a transaction of its own; a busy database is asked again."""
    for attempt in range(_TRIES):
        try:
            with database.write() as session:
                return write(session)
        except Unavailable:
            if attempt == _TRIES - 1:
                raise
        clock.sleep(0.05 * 2**attempt)
    raise AssertionError("the last try returns or raises")
