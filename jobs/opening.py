"""How a process of the hub begins and ends: the database with its stored clock, and a stop on signals."""

import signal
import threading
from types import FrameType

from space_hub import db, logs
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.rng import Rng, SystemRng
from space_hub.settings import Settings


def open_hub(settings: Settings) -> tuple[Database, Clock, Rng]:
    """The installation that `settings` name; Unavailable when it has not been made yet."""
    logs.configure()
    database = db.connect(settings.url)
    return database, db.stored_clock(database), SystemRng()


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop
