"""A pool in earnest and two exercises of it at once: who acts, with which key, and what leaves the hub."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from sqlalchemy import make_url, text

from catalog.activation.service import clocks
from catalog.ordering import orders
from jobs import deliver, migrations, react
from space_hub import db
from space_hub.db import Database
from space_hub.delivery import outbox, send
from space_hub.delivery.wire import Reply, Wire
from space_hub.trust.labels import REAL
from space_hub.trust.principal import Principal
from tests.support import postgres
from tests.support.activation import FIRST, Supplied
from tests.support.exercises import CRISIS, PEACE, Drill, pool
from tests.support.hub import Caller, Hub
from tests.support.supply import good

EXERCISE_DAYS = 6
ROLES = ("lead", "second", "member", "sky", "sea")
READERS = ("lead", "member", "sky", "sea")


@dataclass
class Receiver:
    """Stands where the network begins. What it gets is kept by the mode that the address names."""

    posted: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        self.posted.append((url, json.loads(body), headers))
        return Reply(200)


@dataclass
class Side:
    """One mode: those who act in it, and the words that must stay in it."""

    mode: str
    callers: dict[str, Caller]
    principals: dict[str, Principal]
    words: list[str] = field(default_factory=list)
    activations: list[str] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=list)

    def word(self, draw: Random) -> str:
        """A word that nobody has said before, to be looked for everywhere else."""
        self.words.append(f"canary{self.mode[4:12]}{len(self.words)}x{draw.getrandbits(48):012x}")
        return self.words[-1]


@dataclass
class World:
    drill: Drill
    sea: Supplied
    draw: Random
    real: Side
    exercises: list[Side] = field(default_factory=list)
    receiver: Receiver = field(default_factory=Receiver)
    """What came since it was judged last."""
    past: list[str] = field(default_factory=list)
    """Words of exercises that are over."""

    @property
    def hub(self) -> Hub:
        return self.drill.hub

    @property
    def sides(self) -> list[Side]:
        return [self.real, *self.exercises]

    def agreements(self) -> tuple[str, str]:
        return self.drill.agreement_id, self.sea.agreement_id

    def turn_over(self) -> None:
        """Two new exercises in place of those before, which are closed."""
        for side in self.exercises:
            good(side.callers["lead"].post(f"/v1/exercises/{side.mode}/close", {"decided_by": FIRST}), 200)
            self.past += side.words
        self.exercises = [self._exercise(name) for name in ("one", "two")]

    def _exercise(self, name: str) -> Side:
        now = self.hub.clock.now()
        drill = self.drill
        suppliers = [drill.real.supplier.organisation_id, self.sea.caller.organisation_id]
        exercise_id = drill.plan(
            name=name,
            opens_at=now.isoformat(),
            closes_at=(now + timedelta(days=EXERCISE_DAYS)).isoformat(),
            participants=[drill.real.member.organisation_id, *suppliers],
        )
        acting = drill.take_part(exercise_id, self.sea.caller)
        good(acting[0].post(f"/v1/exercises/{exercise_id}/start", {"decided_by": FIRST}), 200)
        return side(self.hub, exercise_id, acting)

    def settle(self) -> None:
        """Let the hub do what follows: clocks, orders, reactions, messages."""
        hub = self.hub
        clocks.turn(hub.database, hub.clock, hub.rng)
        orders.drive(hub.database, hub.clock, hub.rng)
        while deliver.order(hub.database, hub.clock, hub.rng):
            pass
        while react.turn(hub.database, hub.clock, hub.rng):
            pass
        with hub.database.write() as session:
            claims = outbox.claim_due(session, hub.clock, endpoints_at_once=1000, batch=1000, slow=False)
        for claim in claims:
            send.send_claim(hub.database, hub.clock, hub.rng, claim, cast(Wire, self.receiver))


def side(hub: Hub, mode: str, callers: list[Caller]) -> Side:
    ring, database = hub.app.state.house.ring, hub.database
    principals = [ring.authenticate(database, hub.clock, each.secret) for each in callers]
    assert {each.mode for each in principals} == {mode}
    return Side(mode, dict(zip(ROLES, callers, strict=True)), dict(zip(ROLES, principals, strict=True)))


def world(hub: Hub, seed: int) -> World:
    drill = pool(hub)
    sea = drill.here.supplied("sea", PEACE, CRISIS)
    callers = [*drill.real.all, sea.caller]
    made = World(drill, sea, Random(seed), side(hub, REAL, callers))
    made.turn_over()
    return made


@contextmanager
def database_of(kind: str) -> Iterator[Database]:
    """A fresh database of this kind with all tables."""
    if kind == "sqlite":
        with TemporaryDirectory(prefix="space-hub-modes-") as folder:
            database = db.connect(f"sqlite:///{Path(folder) / 'hub.sqlite'}")
            migrations.upgrade(database)
            yield database
            database.engine.dispose()
        return
    with postgres.server() as server:
        admin = db.connect(server)
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE modes"))
        admin.engine.dispose()
        database = db.connect(make_url(server).set(database="modes").render_as_string(hide_password=False))
        migrations.upgrade(database)
        yield database
        database.engine.dispose()
