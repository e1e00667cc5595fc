"""Courtesy to the sources: 30 virtual days, two schedulers, 1,000 kills between any two steps of a call.

An emulator of CelesTrak and Space-Track counts every request against the limits that
they publish, and refuses some by its seed. Two processes that share the database ask
for all that there is as often as they are let; each is killed and begun anew, before,
within and after every step of a call, and the other acts while a call is under way.
A person looks now and then and releases what is stopped. No request may be above a
limit, and none may follow a refusal that no person has seen.
"""

import logging
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlmodel import col, select

from benchmarks._campaign import numbers
from jobs.migrations import load_tables
from space_hub import db, logs
from space_hub.awareness.tables import SourceCall
from space_hub.awareness.upstream import calls, celestrak
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.budget import CLOSED
from space_hub.awareness.upstream.calls import Taken
from space_hub.awareness.upstream.spacetrack import SpaceTrackSession
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.trust import organisations
from space_hub.trust.principal import HUB
from tests.support.upstreams import CELESTRAK, SPACETRACK, Upstreams

T = TypeVar("T")

OPTIONS = {
    "--days=N": "how many virtual days are played; 30 unless told",
    "--restarts=N": "how often a scheduler is killed; 1000 unless told",
    "--seed=N": "of all that is drawn; 1 unless told",
}

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_CELESTRAK = ("gp:active", "gp:starlink", "supgp:starlink", "satcat")
_SPACETRACK = ("gp", "satcat", "cdm_public")
_WAKES_A_DAY = 40
"""Of each process; at least as often as the most eager of the limits lets a call through."""

_LOOKS_A_DAY = 24
_STEPS = 24
"""A process that is to die does so at one of so many steps; one with fewer left dies as it falls asleep."""


class Killed(BaseException):
    """The process is gone: nothing of it catches this."""


@dataclass(eq=False)
class Process:
    """One scheduler: asks for everything when it wakes; what it knew of its login dies with it."""

    world: "World"
    fatal: int | None = None
    """Steps until it dies."""
    account: SpaceTrackSession = field(init=False)

    def __post_init__(self) -> None:
        self.account = SpaceTrackSession(self)

    def wall(self) -> datetime:
        # Read within every transaction of the ledger: so a process dies inside of each, too.
        self.step("in a transaction")
        return self.world.clock.wall()

    def now(self) -> datetime:
        return self.world.clock.now()

    def monotonic(self) -> float:
        return self.world.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.world.clock.sleep(seconds)

    def step(self, where: str) -> None:
        if self.fatal is not None:
            self.fatal -= 1
            if self.fatal <= 0:
                self.world.killed[where] += 1
                raise Killed

    def wake(self) -> None:
        database, sources = self.world.database, self.world.sources
        for kind in _CELESTRAK:
            fetch = self._asking(partial(sources.celestrak, kind))
            calls.ask(database, self, HUB, celestrak.POLICY, kind, fetch, self._take)
        for kind in _SPACETRACK:
            self.account.ask(self.world.database, self, HUB, kind, self._take)

    def login(self) -> tuple[Answer, str]:
        return self._asking(self.world.sources.login)()

    def fetch(self, kind: str, cookie: str) -> Answer:
        return self._asking(partial(self.world.sources.spacetrack, kind, cookie))()

    def _asking(self, ask: Callable[[], T]) -> Callable[[], T]:
        def asked() -> T:
            self.step("spent, not sent")
            self.world.meanwhile(self)
            answer = ask()
            self.world.pass_by()
            self.step("answered, not read")
            self.world.meanwhile(self)
            self.step("read, not kept")
            return answer

        return asked

    def _take(self, _session: object, _answer: Answer) -> Taken:
        self.step("in keeping the answer")
        return Taken()


@dataclass(eq=False)
class World:
    database: Database
    seed: int
    clock: ManualClock = field(default_factory=lambda: ManualClock(_BEGIN))
    killed: Counter[str] = field(default_factory=Counter)
    released: int = 0
    sources: Upstreams = field(init=False)
    processes: list[Process] = field(init=False)
    _draw: random.Random = field(init=False)
    _nested: bool = False

    def __post_init__(self) -> None:
        self.sources = Upstreams(self.clock, self.seed)
        self.processes = [Process(self), Process(self)]
        self._draw = random.Random(f"courtesy/{self.seed}")

    def live(self, days: int, restarts: int) -> None:
        wakes = 2 * _WAKES_A_DAY * days
        deaths = set(self._draw.sample(range(wakes), min(restarts, wakes)))
        for wake in range(wakes):
            self.clock.advance(timedelta(days=self._draw.expovariate(1.0) / (2 * _WAKES_A_DAY)))
            self._run(self._draw.randrange(2), fatal=wake in deaths)
            if self._draw.random() < _LOOKS_A_DAY / (2 * _WAKES_A_DAY):
                self._look()

    def meanwhile(self, other: Process) -> None:
        """The other process wakes while a call of this one is under way."""
        if self._nested or self._draw.random() > 0.3:
            return
        self._nested = True
        try:
            self._run(1 - self.processes.index(other), fatal=False)
        finally:
            self._nested = False

    def pass_by(self) -> None:
        """What an answer takes to arrive."""
        self.clock.advance(timedelta(seconds=self._draw.uniform(0.1, 90.0)))

    def _run(self, which: int, *, fatal: bool) -> None:
        process = self.processes[which]
        if fatal:
            process.fatal = self._draw.randint(1, _STEPS)
        try:
            process.wake()
            if fatal:
                self.killed["asleep"] += 1
                raise Killed
        except Killed:
            self.processes[which] = Process(self)

    def _look(self) -> None:
        """A person releases what is stopped, having dealt with the refusal."""
        with self.database.write() as session:
            closed = select(SourceCall.source).where(col(SourceCall.outcome).in_(CLOSED)).distinct()
            for source in session.exec(closed).all():
                calls.release(session, self.clock, HUB, source)
                self.sources.person_looked(source)
                self.released += 1


def lived(days: int, restarts: int, seed: int) -> World:
    """A world that has been lived through, on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        database = db.connect(f"sqlite:///{Path(folder) / 'hub.sqlite'}")
        load_tables()
        db.metadata.create_all(database.engine)
        world = World(database, seed)
        with database.write() as session:
            organisations.ensure_hub(session, world.clock)
        world.live(days, restarts)
        database.engine.dispose()
    return world


def run(*options: str) -> dict[str, object]:
    logs.configure(logging.CRITICAL)  # Each refusal is an error to the hub, and one line of a table here.
    given = numbers(options, days=30, restarts=1000, seed=1)
    world = lived(**given)
    sources = world.sources
    requests = Counter(f"{source} {kind}" for source, kind, _at in sources.seen)
    figures: dict[str, object] = {**given, "schedulers": 2, "killed": world.killed.total()}
    figures |= {f"killed {where}": times for where, times in sorted(world.killed.items())}
    figures |= {f"requests to {kind}": times for kind, times in sorted(requests.items())}
    for source in (CELESTRAK, SPACETRACK):
        figures |= {f"{source} answered": sources.answered[source], f"{source} refused": sources.refused[source]}
    figures |= {"released by a person": world.released, "rules broken": len(sources.broken)}
    figures |= {f"broken {number}": what for number, what in enumerate(sources.broken[:10], 1)}
    lively = all(sources.answered[source] and sources.refused[source] for source in (CELESTRAK, SPACETRACK))
    return figures | {"holds": not sources.broken and lively and world.killed.total() == given["restarts"]}
