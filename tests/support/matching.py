"""Matches that stand still at a step, in a thread or a process of their own, to be looked at, cancelled or killed."""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

import jobs.matches
from catalog import matches
from catalog.matching.record import Record
from catalog.matching.values import Candidate, Need
from catalog.matching.watch import Watch, silent
from jobs import handlers
from jobs.runner import Lane
from space_hub import db
from space_hub.clock import Clock, ManualClock
from space_hub.db import Database
from space_hub.rng import SystemRng
from space_hub.settings import Settings
from tests.support.hub import Caller, Hub
from tests.support.supply import good, offering, requirement, verified

T = TypeVar("T")

PATIENCE_S = 30.0
LATER = {"Prefer": "respond-async"}

_COMPUTE = matches.compute


def lane(database: Database, clock: Clock) -> Lane:
    """A worker of matches. Its ids are drawn by chance, as those of any two processes."""
    return Lane(database, clock, SystemRng(), Settings(egress_allow=[]), "test", handlers.MATCHING)


@dataclass
class Market:
    """Three offerings of two suppliers, and a planner with a requirement."""

    hub: Hub
    planner: Caller = field(init=False)
    requirement_id: str = field(init=False)

    def __post_init__(self) -> None:
        broker = self.hub.key("broker")
        for name, nation, references in (("Near", "FR", ("EYE", "OWL")), ("Far", "NO", ("ELK",))):
            supplier, _ = verified(self.hub, broker, name, nation)
            for place, reference in enumerate(references):
                good(supplier.post("/v1/offerings", offering(reference, price=str(10 + place), capacity=400)))
        self.planner = self.hub.key("nation", "NO")
        self.requirement_id = good(self.planner.post("/v1/requirements", requirement()))["id"]

    def ask(self, caller: Caller | None = None, *, key: str = "", headers: Mapping[str, str] | None = None) -> Any:
        asker = caller or self.planner
        named = {"Idempotency-Key": key or SystemRng().scope("test", "key").id("key")}
        body = {"requirement_id": self.requirement_id}
        return self.hub.client.post("/v1/matches", headers={**asker.headers(), **named, **(headers or {})}, json=body)

    def later(self) -> str:
        """The id of the work."""
        return str(good(self.ask(headers=LATER), 202)["work_id"])

    def work(self, work_id: str) -> dict[str, Any]:
        found: dict[str, Any] = good(self.planner.get(f"/v1/work/{work_id}"), 200)
        return found

    def kept(self) -> list[str]:
        """The hashes of all matches that are kept."""
        return [each["record_sha256"] for each in good(self.planner.get("/v1/matches"), 200)["items"]]


@dataclass
class Steps:
    """The computing of a match, held at the beginning of each stage until `go`."""

    reached: "queue.Queue[str]" = field(default_factory=queue.Queue)
    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _at: str = ""

    def __call__(self, need: Need, found: Iterable[Candidate], watch: Watch = silent, *physics: Any) -> Record:
        def told(stage: str, done: int, total: int) -> None:
            watch(stage, done, total)
            if stage != self._at:
                self._at = stage
                self.reached.put(stage)
                self._go.acquire(timeout=PATIENCE_S)
                watch(stage, done, total)

        return _COMPUTE(need, found, told, *physics)

    def next(self) -> str:
        return self.reached.get(timeout=PATIENCE_S)

    def go(self) -> None:
        self._go.release()


@dataclass
class Place:
    """Where a process of its own stands still: it says `reached` and waits for `go`."""

    name: str
    reached: Event
    go: Event

    def stand(self) -> None:
        self.reached.set()
        self.go.wait(PATIENCE_S)


def one_held(url: str, now: datetime, place: Place) -> None:
    """Do one match, standing still at a stage, before its record is committed (`keep`) or after (`kept`)."""
    if place.name == "keep":
        matches.keep = _after(matches.keep, place)
    elif place.name == "kept":
        jobs.matches.match = _after(jobs.matches.match, place)
    else:
        matches.compute = _at_stage(place)
    lane(db.connect(url), ManualClock(now)).turn()


def every_one(url: str, now: datetime) -> None:
    """Do matches until none is left."""
    one = lane(db.connect(url), ManualClock(now))
    while one.turn():
        pass


def _after(done: Callable[..., T], place: Place) -> Callable[..., T]:
    def held(*given: Any) -> T:
        found = done(*given)
        place.stand()
        return found

    return held


def _at_stage(place: Place) -> Callable[..., Record]:
    def held(need: Need, found: Iterable[Candidate], watch: Watch = silent, *physics: Any) -> Record:
        def told(stage: str, done: int, total: int) -> None:
            if stage == place.name and not place.reached.is_set():
                place.stand()
            watch(stage, done, total)

        return _COMPUTE(need, found, told, *physics)

    return held
