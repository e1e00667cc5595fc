"""What a handler gets: its piece of work and the means to do it, to tell progress and to notice an end."""

import threading
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.rng import Rng
from space_hub.settings import Settings
from space_hub.trust.principal import Principal
from space_hub.work import ledger
from space_hub.work.tables import Work


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
