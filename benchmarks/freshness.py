"""How old an alert is: from a catalogue update's bytes to the alerts at a receiver on loopback, on both databases.

The catalogue is the real one of 2024-11-01; the update brings every object eight hours later. Each is read,
judged and kept, screened all-on-all over seven days within 5 km, its encounters followed, their risk computed, all
of it published, what the watches say raised, and sent to a web server in this process. The first round meets an empty
hub, the second one that knows every encounter already. The budget is 60 s of wall time for a round on
two cores. It holds when each round keeps it, each alert arrived once and the run names its snapshot.
"""

import gzip
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time, sleep

from sqlmodel import func, select

from benchmarks._campaign import numbers, words
from benchmarks._databases import KINDS, fresh
from benchmarks._shared import shared_folder
from jobs import deliver, react
from jobs.migrations import load_tables
from space_hub import db
from space_hub.awareness import freshness, watches
from space_hub.awareness.following.levels import Level
from space_hub.awareness.ingest import ingest_bytes
from space_hub.awareness.screen import run_screening
from space_hub.awareness.tables import Alert, Run, Snapshot
from space_hub.awareness.watches import WatchAsk
from space_hub.clock import SystemClock
from space_hub.orbit import gp
from space_hub.orbit.elements import ElementSet
from space_hub.rng import SystemRng
from space_hub.settings import Settings
from space_hub.trust import organisations
from space_hub.trust.principal import HUB, Principal
from tests.support.deliveries import World
from tests.support.receiver import Receiver, listening
from tests.support.sky import later

OPTIONS = {
    "--database=NAME": "sqlite, postgresql, or both as it is without this option",
    "--hours=N": "how long the window is; 168 unless told",
    "--rounds=N": "1 for the empty hub alone; 2 with an update unless told",
    "--threads=N": "how many threads screen; 2 unless told",
}
BUDGET_S = 60.0
NOW = datetime(2024, 11, 2, tzinfo=UTC)
_UPDATE_H = 8.0
_FLEET = 200
"""Objects of the second watch: as many as a constellation's operator has."""

_PATIENCE_S = 120.0


def run(*options: str) -> dict[str, object]:
    given = numbers(options, hours=168, rounds=2, threads=2)
    kind = words(options, database=("both", *KINDS))["database"]
    path = shared_folder() / "data" / "gp" / "celestrak_on_orbit_20241101.csv.gz"
    read = gp.read_text(gzip.decompress(path.read_bytes()).decode(), now=NOW)
    sets = [line.elements for line in read.accepted]
    figures: dict[str, object] = {"sets": len(sets), "budget_s": BUDGET_S, **given}
    whole, slowest = True, 0.0
    for each in KINDS if kind == "both" else (kind,):
        with tempfile.TemporaryDirectory() as folder, fresh(each, Path(folder)) as url:
            rounds = measured(url, sets, hours=float(given["hours"]), rounds=given["rounds"], threads=given["threads"])
        for name, one in zip(("first", "update"), rounds, strict=False):
            whole = whole and one.whole
            slowest = max(slowest, one.total_s)
            figures |= {f"{each}_{name}_{key}": value for key, value in one.figures().items()}
    return figures | {"slowest_s": round(slowest, 2), "holds": whole and slowest < BUDGET_S}


@dataclass(slots=True)
class Round:
    """One update and what came of it."""

    stages_s: dict[str, float] = field(default_factory=dict)
    inside_s: dict[str, float] = field(default_factory=dict)
    """The steps of the stage `run`."""
    cpu_s: float = 0.0
    encounters: int = 0
    alerts: int = 0
    arrived: int = 0
    twice: int = 0
    told: int = 0
    since_source_s: float | None = None
    pinned: bool = False

    @property
    def total_s(self) -> float:
        return sum(self.stages_s.values())

    @property
    def whole(self) -> bool:
        """Every alert arrived once, the hub knows of each, and the run names what it was given."""
        return self.pinned and self.alerts == self.arrived == self.told > 0 and self.twice == 0

    def figures(self) -> dict[str, object]:
        stages = {f"{name}_s": round(seconds, 2) for name, seconds in (self.stages_s | self.inside_s).items()}
        return stages | {
            "total_s": round(self.total_s, 2),
            "cpu_s": round(self.cpu_s, 2),
            "encounters": self.encounters,
            "alerts": self.alerts,
            "arrived": self.arrived,
            "source_to_last_delivery_s": self.since_source_s,
        }


def measured(
    url: str, sets: Sequence[ElementSet], *, hours: float, rounds: int, threads: int, reach_m: float = 1_000.0
) -> list[Round]:
    """The rounds over the empty database at `url`; `reach_m` is how near the fleet is told of."""
    with ExitStack() as stack:
        database = db.connect(url)
        stack.callback(database.engine.dispose)
        load_tables()
        db.metadata.create_all(database.engine)
        world = World(database, _clock(0), SystemRng())
        receiver = stack.enter_context(listening(Receiver()))
        with database.write() as session:
            organisations.ensure_hub(session, world.clock)
        owner = world.nation("FR")
        world.endpoint(owner, receiver.url, "alert.raised", allow=receiver.allow)
        found = []
        for number in range(rounds):
            world.clock = _clock(number)
            update = [later(each, _UPDATE_H) for each in sets] if number else list(sets)
            data = gp.to_omm_csv(update).encode()
            step = _Step(world, receiver, len(receiver.received))
            step.take(data)
            if number == 0:
                _watch(world, owner, sets, reach_m)
            found.append(step.on(hours, threads))
        return found


def _clock(round_number: int) -> SystemClock:
    """A clock that runs, at the time of this round's update."""
    return SystemClock(NOW + round_number * timedelta(hours=_UPDATE_H) - datetime.now(UTC))


def _watch(world: World, owner: Principal, sets: Sequence[ElementSet], reach_m: float) -> None:
    """A fleet by distance and by probability, and the whole catalogue within 100 m or by red."""
    fleet = tuple(each.catalog_number for each in sets[:: max(1, len(sets) // _FLEET)])
    asks = (
        WatchAsk("fleet", fleet, False, reach_m, 168.0, level_from=Level.AMBER),
        WatchAsk("all", (), True, 100.0, 24.0),
    )
    with world.database.write() as session:
        for ask in asks:
            watches.create(session, world.clock, world.rng, owner, ask)


@dataclass(slots=True)
class _Step:
    """One update on its way from bytes to the receiver."""

    world: World
    receiver: Receiver
    before: int
    round: Round = field(default_factory=Round)

    def _timed(self, name: str, began: float, cpu: float) -> None:
        self.round.stages_s[name] = perf_counter() - began
        self.round.cpu_s += process_time() - cpu

    def take(self, data: bytes) -> None:
        began, cpu = perf_counter(), process_time()
        with self.world.database.write() as session:
            ingest_bytes(session, self.world.clock, self.world.rng, HUB, data=data, name="gp.csv", source="file")
        self._timed("ingest", began, cpu)

    def on(self, hours: float, threads: int) -> Round:
        world, done = self.world, self.round
        given = (world.database, world.clock, world.rng)
        began, cpu = perf_counter(), process_time()
        run = run_screening(*given, HUB, start=world.clock.now(), hours=hours, threshold_m=5_000.0, threads=threads)
        self._timed("run", began, cpu)
        began, cpu = perf_counter(), process_time()
        while deliver.order(*given) or react.turn(*given):
            pass
        self._timed("alerts", began, cpu)
        began, cpu = perf_counter(), process_time()
        with world.database.read() as session:
            alerts = session.exec(select(func.count()).select_from(Alert).where(Alert.run_id == run.id)).one()
        self._send(run, alerts)
        self._timed("dispatch", began, cpu)
        with world.database.read() as session:
            kept = session.get_one(Run, run.id)
            told = freshness.told(session, world.clock, kept)
            steps = kept.stages_s or {}
            done.pinned = session.get_one(Snapshot, kept.snapshot_id).size > 0
        inside = {f"run_{name}": seconds for name, seconds in steps.items()}
        inside["run_commit"] = done.stages_s["run"] - sum(steps.values())
        done.inside_s = inside
        ids = self.receiver.ids[self.before :]
        done.encounters, done.alerts, done.told = kept.encounters, alerts, told.delivered
        done.arrived, done.twice = len(set(ids)), len(ids) - len(set(ids))
        since = freshness.since_source(kept, told.delivered_at)
        done.since_source_s = None if since is None else round(since.total_seconds(), 2)
        return done

    def _send(self, run: Run, wanted: int) -> None:
        """By the delivery process, whole, until the hub has noted that all arrived, or patience ends."""
        world, stop = self.world, threading.Event()
        settings = Settings(egress_allow=[self.receiver.allow])
        given = (world.database, world.clock, world.rng, settings, stop)
        process = threading.Thread(target=deliver.run_forever, args=given)
        began = perf_counter()
        process.start()
        while self._noted(run) < wanted and perf_counter() - began < _PATIENCE_S:
            sleep(0.05)
        stop.set()
        process.join()

    def _noted(self, run: Run) -> int:
        with self.world.database.read() as session:
            return freshness.told(session, self.world.clock, run).delivered
