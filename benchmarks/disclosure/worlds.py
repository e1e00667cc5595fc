"""Worlds of one beginning, one after another on one application: what the others did differs, what one reads must not.

A round says how a world begins (`prepare`), what the others keep to themselves (`secret`), what they do with it, and
what the one does that is watched. The beginning is made once for a chain and copied: file, draws, clock, callers.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Any, Generic, TypeVar, cast

from anyio.from_thread import start_blocking_portal
from httpx2 import Response
from sqlalchemy import Engine, event

from api.app import routes
from api.deps import House
from catalog.activation.service import clocks
from catalog.ordering import orders
from jobs import deliver, handlers, migrations, react
from jobs.runner import Lane
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import outbox, send
from space_hub.delivery.wire import Reply, Wire
from space_hub.rng import SeededRng
from space_hub.trust import markings, organisations
from tests.support.hub import Caller, Hub, build

START = datetime(2024, 11, 2, tzinfo=UTC)

Noted = tuple[str, int, str, tuple[tuple[str, str], ...]]
C = TypeVar("C")
S = TypeVar("S")


@dataclass
class Receiver:
    """Stands where the network begins."""

    posted: list[tuple[str, bytes, str]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        self.posted.append((url, body, str(headers)))
        return Reply(200)


@dataclass
class World(Generic[C]):
    hub: Hub
    cast: C
    """Who acts, and what stood before they did."""
    asked: Counter[str] = field(default_factory=Counter)
    """SQL of the watched requests."""
    rows: Counter[str] = field(default_factory=Counter)
    seen: list[Noted] = field(default_factory=list)
    receiver: Receiver = field(default_factory=Receiver)
    secrets: list[str] = field(default_factory=list)
    """Ids of others."""
    others: str = ""
    """What the others read of their own: this does differ, or the pair would prove nothing."""
    watching: bool = False
    statement: str = ""

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.watching = True
        try:
            yield
        finally:
            self.watching = False

    def note(self, what: str, answer: Response) -> Any:
        headers = tuple(sorted((name, text) for name, text in answer.headers.items() if name.lower() != "date"))
        self.seen.append((what, answer.status_code, answer.text, headers))
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None

    def settle(self) -> None:
        """Let the hub do what follows. Work of one lane at a time, orders, reactions, messages."""
        hub = self.hub
        lane = Lane(hub.database, hub.clock, hub.rng, hub.settings, "bench", handlers.LIGHT | handlers.TELLING)
        busy = True
        while busy:
            busy = False
            clocks.turn(hub.database, hub.clock, hub.rng)
            orders.drive(hub.database, hub.clock, hub.rng)
            while deliver.order(hub.database, hub.clock, hub.rng):
                busy = True
            while react.turn(hub.database, hub.clock, hub.rng):
                busy = True
            while lane.turn():
                busy = True
        with hub.database.write() as session:
            claims = outbox.claim_due(session, hub.clock, endpoints_at_once=50, batch=50, slow=False)
        for claim in claims:
            send.send_claim(hub.database, hub.clock, hub.rng, claim, cast(Wire, self.receiver))


@dataclass(frozen=True)
class Round(Generic[C, S]):
    prepare: Callable[[Hub], C]
    secret: Callable[[Random, bool], S]
    """What the others keep in a world drawn at random; or, in the fullest, as much of it as any world has."""
    others_act: Callable[[World[C], S], None]
    one_acts: Callable[[World[C], list[str]], int]
    """The watched round, given the ids of others; how many of its lists were not empty."""


@dataclass(frozen=True)
class Found:
    """What was compared in one pair, and each difference in words."""

    counts: Counter[str]
    differences: list[str]


class Worlds(Generic[C, S]):
    """One application and one engine after which the file is exchanged: to make both anew is what takes long."""

    def __init__(self, folder: Path, played: Round[C, S], template: Path | None = None) -> None:
        self._round = played
        self._template = template or _template(folder)
        self._begun = folder / "begun.sqlite"
        self._file = folder / "world.sqlite"
        copyfile(self._template, self._file)
        self._engine = db.connect(f"sqlite:///{self._file}").engine
        self._hub = build(Database(self._engine), ManualClock(START), SeededRng(0))
        self._now: World[C] | None = None
        self._portal = start_blocking_portal()
        _watch(self._engine, lambda: self._now)

    def __enter__(self) -> "Worlds[C, S]":
        self._hub.client.portal = self._portal.__enter__()
        return self

    def __exit__(self, *fault: Any) -> None:
        self._portal.__exit__(*fault)
        self._engine.dispose()

    def pairs(self, seed: int, count: int) -> Iterator[Found]:
        """`count` worlds after a first one, each compared with the one before it."""
        played = self._round
        self._open(self._template, SeededRng(seed), START)
        with self._hub.database.write() as session:
            organisations.ensure_hub(session, self._hub.clock)
        cast = played.prepare(self._hub)
        begun = self._hub.rng, self._hub.clock.now()
        self._engine.dispose()
        copyfile(self._file, self._begun)

        def world() -> World[C]:
            rng, at = begun
            self._open(self._begun, deepcopy(rng), at)
            with self._hub.database.write() as session:
                # A process looks the marking of everyone up once: who of all was first to need it is no secret.
                markings.public(session)
            self._now = World(self._hub, deepcopy(cast, {id(self._hub): self._hub}))
            return self._now

        fullest = world()
        played.others_act(fullest, played.secret(Random(seed), True))
        ids = sorted(fullest.secrets)
        before: World[C] | None = None
        for number in range(count + 1):
            here = world()
            played.others_act(here, played.secret(Random(f"{seed}/{number}"), False))
            assert {*here.secrets} <= {*ids}, "an id in this world that none is asked for"
            full = played.one_acts(here, ids)
            if before:
                yield _compared([before, here], full)
            before = here

    def _open(self, beginning: Path, rng: SeededRng, at: datetime) -> None:
        """Go on from a copy of this file; with an engine of its own for what is kept by engine."""
        self._now = None
        self._engine.dispose()
        for left in self._file.parent.glob(f"{self._file.name}-*"):
            left.unlink()
        copyfile(beginning, self._file)
        hub = self._hub
        # The connections and compiled statements stay those of the one engine.
        hub.database, hub.clock, hub.rng = Database(self._engine.execution_options(world=id(rng))), ManualClock(at), rng
        hub.app.state.house = House(hub.settings, hub.database, hub.clock, hub.rng)


def _template(folder: Path) -> Path:
    path = folder / "template.sqlite"
    database = db.connect(f"sqlite:///{path}")
    migrations.upgrade(database)
    database.engine.dispose()
    return path


def _watch(engine: Engine, now: Callable[[], World[Any] | None]) -> None:
    """Note each statement of a watched request, and each row that it gave."""

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        world = now()
        if world and world.watching:
            world.statement = statement
            world.asked[statement] += 1

    def counted(_cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        world = now()
        if world and world.watching:
            world.rows[world.statement] += 1
        return row

    def connected(connection: Any, *_: Any) -> None:
        connection.row_factory = counted
        connection.execute("PRAGMA synchronous=OFF")  # These worlds need not outlive a loss of power.

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "checkout", connected)


def reads(world: World[C], me: Caller, given: dict[str, list[str]], only: tuple[str, ...] = ()) -> int:
    """Every GET route of the application, or those of these resources, whole and page by page."""
    full = 0
    for route in routes(world.hub.app):
        if "GET" not in (route.methods or ()) or route.path in ("/", "/docs", "/v1/openapi.json"):
            continue
        if only and not str(route.path).startswith(tuple(f"/v1/{each}" for each in only)):
            continue
        waiting = [str(route.path)]
        for name in route.param_convertors:
            waiting = [
                path.replace("{" + name + "}", each) for path in waiting for each in given.get(name, ["unknown"])
            ]
        for path in waiting:
            answer = me.get(path)
            told = world.note(path, answer)
            if answer.status_code != 200 or not isinstance(told, dict) or "next" not in told:
                continue
            full += bool(told["items"])
            part = world.note(f"{path} limit=1", me.get(path, limit=1))
            while part and part["items"] and part["next"] is not None:
                further = {"cursor": part["next"], "after": part["next"]}
                part = world.note(f"{path} next", me.get(path, limit=1, **further))
    return full


def _compared(worlds: list[World[C]], full: int) -> Found:
    left, right = worlds
    differences = [
        f"{mine[0]}: {mine[1:3]} / {theirs[1:3]}"[:2000]
        for mine, theirs in zip(left.seen, right.seen, strict=False)
        if mine != theirs
    ]
    if len(left.seen) != len(right.seen):
        differences.append(f"{len(left.seen)} answers / {len(right.seen)}")
    told = [[post for post in world.receiver.posted if post[0].endswith("/me")] for world in worlds]
    if told[0] != told[1]:
        differences.append(f"messages: {told[0]} / {told[1]}"[:2000])
    for what, mine, theirs in (("asked", left.asked, right.asked), ("rows", left.rows, right.rows)):
        differences += [
            f"SQL {what} {mine[statement]} / {theirs[statement]}: {statement[:600]}"
            for statement in sorted({*mine, *theirs})
            if mine[statement] != theirs[statement]
        ]
    counts = Counter(
        answers=len(left.seen),
        answers_with_items=full,
        messages=len(told[0]),
        statements=left.asked.total(),
        rows=left.rows.total(),
    )
    counts["pairs_that_others_tell_apart"] = int(left.others != right.others)
    return Found(counts, differences)
