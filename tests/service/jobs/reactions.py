"""Reactions and handlers that tests register by name."""

import threading
from typing import Any

from sqlmodel import Session

from jobs.task import Task
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.errors import Invalid
from space_hub.rng import Rng

seen: list[int] = []
release = threading.Event()
running = threading.Event()


def tell(session: Session, clock: Clock, _rng: Rng, entry: LogEntry) -> None:
    """Answers each alert with an entry of its own, and fails where the payload says so."""
    seen.append(entry.payload["number"])
    log.append(session, clock, "offering.at_risk", "off_1", {"number": entry.payload["number"]}, entry.marking_id)
    if entry.payload.get("bad"):
        raise RuntimeError("a bad entry")


def count(task: Task) -> dict[str, Any]:
    for number in range(3):
        task.progress(number, 3)
    return {"counted": 3}


def wait(task: Task) -> dict[str, Any]:
    running.set()
    while not release.wait(0.02):
        task.progress(1, 2, "waiting")
    return {}


def refuse(_task: Task) -> dict[str, Any]:
    raise Invalid("run.window_wrong", hours=0, longest_h=240)


def fault(_task: Task) -> dict[str, Any]:
    raise ZeroDivisionError


def drive(_database: object, _clock: Clock, _rng: Rng) -> bool:
    return False
