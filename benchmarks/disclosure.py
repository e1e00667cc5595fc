"""Pairs of worlds that differ only in what others keep to themselves, and whether a supplier can tell them apart.

In both worlds of a pair the same organisations exist: a rival supplier, three
ministries with needs of their own, a broker. Their prices, capacities, drafts,
documents, needs and claims of register listings differ, in value and in number. Then one supplier makes its
round: it arrives, shows evidence, is verified, publishes, is told, asks, and
reads every page there is, with its own ids and with those of others.

Compared are status, headers and body of every answer, page by page, every
message that leaves for it, and, for its requests alone, the SQL statements with
the number of rows that each gave: what takes longer for a reason tells it too.

A campaign follows chains: each world of a chain is compared with the one before it,
so that a pair costs little more than one world.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any, cast

from anyio.from_thread import start_blocking_portal
from httpx2 import Response
from sqlalchemy import Engine, event

from api.app import routes
from api.deps import House
from benchmarks._campaign import cores, numbers, shared
from catalog.ordering import orders
from catalog.tables import OfferingDraftRow
from jobs import deliver, handlers, migrations, react
from jobs.runner import Lane
from providers.adapters.register_rows import STATIONS
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import outbox, send
from space_hub.delivery.wire import Reply, Wire
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from tests.support.hub import Caller, Hub, build
from tests.support.supply import AREAS, arrive, confirm, evidence, good, offering, requirement, verified

OPTIONS = {
    "--pairs=N": "pairs of worlds; 1000 unless told",
    "--first=N": "seed of the first chain of twenty-five pairs, so that a campaign can be split; 1 unless told",
    "--workers=N": "processes that share them; one for each core unless told",
}

CHAIN = 25
"""Pairs that follow one another from one seed."""

START = datetime(2024, 11, 2, tzinfo=UTC)
B_NATIONS = ("PL", "DE", "IT")
"""Fewer than five: what they let be counted stays uncounted."""

_LISTINGS = 4
"""Rows of a public register in both worlds; the last one is nobody's but the supplier's."""

Noted = tuple[str, int, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Secret:
    """What the others keep to themselves in one world."""

    prices: tuple[str, ...]
    capacities: tuple[float, ...]
    sharpness: tuple[float, ...]
    drafts: int
    documents: int
    quantities: tuple[float, ...]
    levels: tuple[str, ...]
    claims: int
    accepted: int
    """Of its claims of register listings."""


MOST_OFFERINGS, MOST_NEEDS = 3, 4


def secret(draw: Random, *, fullest: bool = False) -> Secret:
    """What others keep in a world drawn at random; in the fullest, as much of it as any world has."""
    count = MOST_OFFERINGS if fullest else draw.randint(0, MOST_OFFERINGS)
    needs = MOST_NEEDS if fullest else draw.randint(0, MOST_NEEDS)
    return Secret(
        tuple(f"{draw.uniform(1, 99):.2f}" for _ in range(count)),
        tuple(round(draw.uniform(10, 90_000), 1) for _ in range(count)),
        tuple(round(draw.uniform(0.2, 2), 2) for _ in range(count)),
        draw.randint(0, 3),
        draw.randint(0, 3),
        tuple(round(draw.uniform(1, 50_000), 1) for _ in range(needs)),
        tuple(draw.choice(("private", "aggregated", "anonymous")) for _ in range(needs)),
        claims := _LISTINGS - 1 if fullest else draw.randint(0, _LISTINGS - 1),
        draw.randint(0, claims),
    )


@dataclass
class Receiver:
    """Stands where the network begins."""

    posted: list[tuple[str, bytes, str]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        self.posted.append((url, body, str(headers)))
        return Reply(200)


@dataclass
class World:
    hub: Hub
    broker: Caller
    rival: Caller
    rival_id: str
    ministries: list[Caller]
    asked: Counter[str] = field(default_factory=Counter)
    """SQL of the supplier's own requests."""
    rows: Counter[str] = field(default_factory=Counter)
    seen: list[Noted] = field(default_factory=list)
    receiver: Receiver = field(default_factory=Receiver)
    secrets: list[str] = field(default_factory=list)
    """Ids of others."""
    listings: list[str] = field(default_factory=list)
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
        lane = Lane(hub.database, hub.clock, hub.rng, hub.settings, "bench", handlers.LIGHT)
        busy = True
        while busy:
            busy = False
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


def run(*options: str) -> dict[str, object]:
    given = numbers(options, pairs=1000, first=1, workers=cores())
    pairs = given["pairs"]
    started = time.monotonic()
    total: Counter[str] = Counter()
    told: list[str] = []
    chains = [(seed, min(CHAIN, pairs - done)) for seed, done in enumerate(range(0, pairs, CHAIN), given["first"])]
    for chain in shared("chains of worlds", _chain, chains, given["workers"]):
        for name, found in chain:
            total.update(found.counts)
            told += [f"{name}: {each}" for each in found.differences]
    figures: dict[str, object] = {"pairs": pairs, "first": given["first"], **{name: total[name] for name in COUNTED}}
    figures["differing"] = len(told)
    figures["first_differences"] = told[:5]
    figures["seconds"] = round(time.monotonic() - started, 1)
    figures["holds"] = not told and total["pairs_that_others_tell_apart"] > 0
    return figures


COUNTED = ("answers", "answers_with_items", "messages", "statements", "rows", "pairs_that_others_tell_apart")


@dataclass(frozen=True)
class Found:
    """What was compared in one pair, and each difference in words."""

    counts: Counter[str]
    differences: list[str]


def _chain(seed: int, pairs: int) -> list[tuple[str, Found]]:
    with TemporaryDirectory() as folder, Worlds(Path(folder)) as worlds:
        return [(f"seed {seed}, pair {number}", found) for number, found in enumerate(worlds.pairs(seed, pairs), 1)]


class Worlds:
    """One application and one engine after which the file is exchanged: to make both anew is what takes long."""

    def __init__(self, folder: Path, template: Path | None = None) -> None:
        self._template = template or _template(folder)
        self._file = folder / "world.sqlite"
        copyfile(self._template, self._file)
        self._engine = db.connect(f"sqlite:///{self._file}").engine
        self._hub = build(Database(self._engine), ManualClock(START), SeededRng(0))
        self._now: World | None = None
        self._portal = start_blocking_portal()
        _watch(self._engine, lambda: self._now)

    def __enter__(self) -> "Worlds":
        self._hub.client.portal = self._portal.__enter__()
        return self

    def __exit__(self, *fault: Any) -> None:
        self._portal.__exit__(*fault)
        self._engine.dispose()

    def pairs(self, seed: int, count: int) -> Iterator[Found]:
        """`count` worlds after a first one, each compared with the one before it."""
        fullest = self._world(seed)
        others_act(fullest, secret(Random(seed), fullest=True))
        ids = sorted(fullest.secrets)
        before: World | None = None
        for number in range(count + 1):
            world = self._world(seed)
            others_act(world, secret(Random(f"{seed}/{number}")))
            assert {*world.secrets} <= {*ids}, "an id in this world that none is asked for"
            full = supplier_acts(world, ids)
            if before:
                yield _compared([before, world], full)
            before = world

    def _world(self, seed: int) -> World:
        self._now = None
        self._engine.dispose()
        for left in self._file.parent.glob(f"{self._file.name}-*"):
            left.unlink()
        copyfile(self._template, self._file)
        # An engine of its own for what is kept by engine, with the connections and compiled statements of the one.
        database = Database(self._engine.execution_options(world=f"{seed}"))
        clock, rng = ManualClock(START), SeededRng(seed)
        hub = Hub(self._hub.app, self._hub.client, database, clock, rng, self._hub.settings)
        self._hub.app.state.house = House(hub.settings, database, clock, rng)
        with database.write() as session:
            organisations.ensure_hub(session, clock)
        broker = hub.key("broker", "BE")
        rival, rival_id = verified(hub, broker, "Rival", "PL")
        self._now = world = World(hub, broker, rival, rival_id, [hub.key("nation", nation) for nation in B_NATIONS])
        _public(hub.key("nation", "NO"))
        _register(world)
        return world


def _template(folder: Path) -> Path:
    path = folder / "template.sqlite"
    database = db.connect(f"sqlite:///{path}")
    migrations.upgrade(database)
    database.engine.dispose()
    return path


def _public(planner: Caller) -> None:
    """What both worlds publish: a need by name, and an opportunity."""
    stated = good(planner.post("/v1/requirements", requirement()))
    path = f"/v1/requirements/{stated['id']}/publication"
    shown = good(planner.get(f"{path}/preview", level="named"), 200)
    good(planner.put(path, {"level": "named", "consent_ref": shown["consent_ref"]}), 200)
    both = {"title_en": "North", "title_fr": "Nord", "text_en": "Images.", "text_fr": "Images."}
    body = {"kind": "opportunity", **both, "mission_areas": ["imagery"], "closes_at": "2025-11-02T00:00:00Z"}
    made = good(planner.post("/v1/opportunities", body))
    good(planner.put(f"/v1/opportunities/{made['id']}/opening"), 200)


def _register(world: World) -> None:
    """A public register, read in both worlds alike."""
    place = {"type": "Point", "coordinates": [15.4, 78.2]}
    sites = [
        {"geometry": place, "properties": {"name": f"Site {number}", "provider": "Ground"}}
        for number in range(_LISTINGS)
    ]
    body = {"name": STATIONS, "edition": "1", "licence_note": "None", "table": json.dumps({"features": sites})}
    good(world.broker.post("/v1/registers", body))
    listed = good(world.broker.get("/v1/register-listings"), 200)["items"]
    world.listings = [each["id"] for each in sorted(listed, key=lambda each: str(each["asset_name"]))]


def _claim(caller: Caller, provider_id: str, listing_id: str) -> Response:
    document = good(caller.post(f"/v1/providers/{provider_id}/evidence", evidence(kind="reference")))
    body = {"grounds": "It is ours.", "evidence_id": document["id"]}
    return caller.post(f"/v1/register-listings/{listing_id}/claim", body)


def _watch(engine: Engine, now: Callable[[], World | None]) -> None:
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


def others_act(world: World, kept: Secret) -> None:
    """The rival and the ministries do what they do, and nobody else is meant to know."""
    rival = world.rival
    for number, (price, capacity, sharp) in enumerate(zip(kept.prices, kept.capacities, kept.sharpness, strict=True)):
        values = {"gsd": {"value": sharp, "unit": "m"}}
        body = offering(f"B{number}", price=price, capacity=capacity, attributes=values)
        world.secrets.append(good(rival.post("/v1/offerings", body))["id"])
    for number in range(kept.documents):
        document = evidence() | {"document_sha256": sha256(f"{kept}{number}".encode()).hexdigest()}
        good(rival.post(f"/v1/providers/{world.rival_id}/evidence", document))
    with world.hub.database.write() as session:
        for number in range(kept.drafts):
            session.add(
                OfferingDraftRow(
                    id=world.hub.rng.scope(rival.organisation_id, "offering_draft").id("ofd"),
                    provider_id=world.rival_id,
                    reference=f"D{number}",
                    body=offering(f"D{number}"),
                    faults=[],
                    updated_at=world.hub.clock.now(),
                )
            )
    for number, (quantity, level) in enumerate(zip(kept.quantities, kept.levels, strict=True)):
        ministry = world.ministries[number % len(world.ministries)]
        phases = [{"phase": "peace", "quantity": quantity, "unit": "km2/d"}]
        stated = good(ministry.post("/v1/requirements", requirement(title=f"Secret {quantity}", phases=phases)))
        world.secrets.append(stated["id"])
        good(ministry.post("/v1/matches", {"requirement_id": stated["id"]}))
        path = f"/v1/requirements/{stated['id']}/publication"
        if level != "private":
            shown = good(ministry.get(f"{path}/preview", level=level), 200)
            good(ministry.put(path, {"level": level, "consent_ref": shown["consent_ref"]}), 200)
    for number in range(kept.claims):
        claimed = good(_claim(rival, world.rival_id, world.listings[number]))["id"]
        world.secrets.append(claimed)
        if number < kept.accepted:
            said = {"event": "accept", "reasons": ["The licence names it."]}
            good(world.broker.post(f"/v1/claims/{claimed}/decisions", said))
    world.settle()
    world.hub.clock.advance(START + timedelta(hours=1) - world.hub.clock.now())


def supplier_acts(world: World, ids: list[str]) -> int:
    """The round of one supplier; how many of its lists were not empty."""
    hub = world.hub
    with world.watched():
        me, provider_id = arrive(hub, "Newcomer", "FR")
        path = f"/v1/providers/{provider_id}"
        world.note("evidence", me.post(f"{path}/evidence", evidence()))
    confirm(hub, provider_id)
    with world.watched():
        asked = {"tier": "listed", "mission_areas": list(AREAS)}
        world.note("apply", me.post(f"{path}/applications", asked))
    world.settle()
    with world.watched():
        hook = world.note("endpoint", me.post("/v1/endpoints", {"url": "https://hooks.example.org/me"}))
        mine = world.note("offer", me.post("/v1/offerings", offering("EYE")))
        blurred = offering("BLUR", attributes={"gsd": {"value": 0.9, "unit": "m"}})
        second = world.note("offer", me.post("/v1/offerings", blurred))
        world.note("manifest", me.post("/v1/offerings/manifest", [offering("M1"), offering("M2") | {"title": ""}]))
        world.note("door", me.put(f"{path}/door", {"adapter": "simulated"}))
        open_now = world.note("opportunities", me.get("/v1/opportunities"))["items"][0]["id"]
        asked = world.note("ask", me.post(f"/v1/opportunities/{open_now}/questions", {"question": "By night?"}))
        made = world.note("claim", _claim(me, provider_id, world.listings[-1]))
    world.settle()
    with world.watched():
        better = offering("BLUR", attributes={"gsd": {"value": 0.5, "unit": "m"}})
        world.note("change", me.put(f"/v1/offerings/{second['id']}", better))
        for each in ids:
            world.note(f"their {each}", me.get(f"/v1/offerings/{each}"))
            world.note(f"their gap {each}", me.get(f"/v1/offerings/{each}/gap-report"))
            world.note(f"their need {each}", me.get(f"/v1/requirements/{each}"))
            world.note(f"their claim {each}", me.get(f"/v1/claims/{each}"))
    world.settle()
    given = {
        "provider_id": [provider_id, world.rival_id],
        "offering_id": [mine["id"], second["id"], *ids[:2]],
        "requirement_id": ids[-1:] or ["req_none"],
        "opportunity_id": [open_now],
        "question_id": [asked["id"]],
        "claim_id": [made["id"], *ids[-1:]],
        "submission_id": [asked["submission_id"], made["submission_id"]],
        "endpoint_id": [hook["id"]],
        "organisation_id": [me.organisation_id, world.rival.organisation_id],
    }
    with world.watched():
        full = reads(world, me, given)
    theirs = [world.rival.get(f"/v1/{path}") for path in ("offerings", "claims")]
    theirs += [each.get("/v1/requirements") for each in world.ministries]
    world.others = "".join(answer.text for answer in theirs)
    return full


def reads(world: World, me: Caller, given: dict[str, list[str]]) -> int:
    """Every GET route of the application, whole and page by page."""
    full = 0
    for route in routes(world.hub.app):
        if "GET" not in (route.methods or ()) or route.path in ("/", "/docs", "/v1/openapi.json"):
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


def _compared(worlds: list[World], full: int) -> Found:
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
