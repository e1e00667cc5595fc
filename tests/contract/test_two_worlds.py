"""Non-interference: what A is told is the same bytes whatever B keeps secret.

Two worlds are built from one seed and one clock. B, a supplier and a planner,
exists in both; its prices, capacities, quantities and requirements differ, and
in the second world it does more of everything. A rival supplier, a newcomer, a
second planner and an operations centre then act and read: status, headers and
body of every answer, and every message that is sent to them, must be equal.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any, cast

import pytest
from httpx2 import Response
from sqlmodel import Session, select

from api.app import routes
from benchmarks.disclosure.assured import ASSURED
from benchmarks.disclosure.buyer import BUYER
from benchmarks.disclosure.front_door import FRONT_DOOR
from benchmarks.disclosure.worlds import Worlds
from catalog.demand import gaps
from catalog.ordering import orders
from catalog.tables import Requirement
from jobs import deliver, handlers, react
from jobs.runner import Lane
from space_hub import db
from space_hub.clock import ManualClock
from space_hub.delivery import outbox, send
from space_hub.delivery.wire import Reply, Wire
from space_hub.rng import SeededRng
from tests.support.hub import Caller, Hub, Standing, stood
from tests.support.supply import arrive, good, offering, requirement, verified

DECIDED = {"name": "A. Lambert", "office": "Procurement directorate"}


@dataclass(frozen=True)
class Secret:
    """What B keeps to itself."""

    price: str
    capacity: float
    quantity: float
    times: int


MODEST = Secret("10", 1000, 100, 1)
GREAT = Secret("7.77", 52_000, 31_000, 3)


@dataclass
class Receiver:
    """Stands where the network begins: what would be posted, and where."""

    posted: list[tuple[str, bytes, str]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        self.posted.append((url, body, str(headers)))
        return Reply(503 if b"endpoint.tested" in body else 200)


@dataclass
class World:
    hub: Hub
    broker: Caller
    rival: Caller
    newcomer: Caller
    planner: Caller
    centre: Caller
    b_supplier: Caller
    b_planner: Caller
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Ids by the name of a path parameter: A's own and B's."""
    seen: list[tuple[str, int, str, list[tuple[str, str]]]] = field(default_factory=list)
    receiver: Receiver = field(default_factory=Receiver)

    def note(self, what: str, answer: Response) -> Any:
        headers = sorted((name, text) for name, text in answer.headers.items() if name.lower() != "date")
        self.seen.append((what, answer.status_code, answer.text, headers))
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    def keep(self, name: str, made: Any, part: str = "id") -> str:
        self.ids.setdefault(name, []).append(made[part])
        return str(made[part])

    def settle(self) -> None:
        """Let the hub do what follows from what was asked."""
        for _ in range(4):
            orders.drive(self.hub.database, self.hub.clock, self.hub.rng)
            while deliver.order(self.hub.database, self.hub.clock, self.hub.rng):
                pass
            while react.turn(self.hub.database, self.hub.clock, self.hub.rng):
                pass
            hub = self.hub
            lane = Lane(hub.database, hub.clock, hub.rng, hub.settings, "worlds", handlers.LIGHT | handlers.TELLING)
            while lane.turn():
                pass
            with self.hub.database.write() as session:
                claims = outbox.claim_due(session, self.hub.clock, endpoints_at_once=50, batch=50, slow=False)
            for claim in claims:
                wire = cast(Wire, self.receiver)
                send.send_claim(self.hub.database, self.hub.clock, self.hub.rng, claim, wire)
            self.hub.clock.advance(timedelta(seconds=10))


def world(template: Path, folder: Path, secret: Secret, standing: Standing) -> World:
    database = db.connect(f"sqlite:///{copyfile(template, folder / f'{secret.times}.sqlite')}")
    hub = stood(database, ManualClock(datetime(2024, 11, 2, tzinfo=UTC)), SeededRng(7), standing)
    broker = hub.key("broker", "BE")
    b_supplier, b_provider = verified(hub, broker, "B", "PL")
    rival, a_provider = verified(hub, broker, "A", "FR")
    newcomer, _ = arrive(hub, "Newcomer", "FR")
    made = World(
        hub,
        broker,
        rival,
        newcomer,
        planner=hub.key("nation", "FR"),
        centre=hub.key("operations_centre", "FR"),
        b_supplier=b_supplier,
        b_planner=hub.key("nation", "PL"),
    )
    made.ids["provider_id"] = [a_provider, b_provider]
    good(b_supplier.put(f"/v1/providers/{b_provider}/door", {"adapter": "simulated"}), 200)
    good(rival.put(f"/v1/providers/{a_provider}/door", {"adapter": "simulated"}), 200)
    return made


def promise(here: World, supplier: Caller, planner: Caller, offering_id: str, capacity: float, price: str) -> None:
    """A closed pool, an agreement, a call-off and its order."""
    pool = good(
        planner.post(
            "/v1/pools",
            {
                "name": "Pool",
                "contracting_authority": DECIDED,
                "mission_area": "imagery",
                "open_to_suppliers": False,
            },
        )
    )
    term = {
        "phase": "peace",
        "capacity_per_day": capacity,
        "notice": "PT12H",
        "unit_price": price,
        "currency": "EUR",
        "civil_floor": "0.1",
    }
    agreement = good(
        planner.post(
            "/v1/agreements",
            {
                "pool_id": here.keep("pool_id", pool),
                "offering_id": offering_id,
                "period_from": "2024-11-02T00:00:00Z",
                "period_to": "2024-12-02T00:00:00Z",
                "terms": [term],
            },
        )
    )
    agreement_id = here.keep("agreement_id", agreement)
    good(supplier.post(f"/v1/agreements/{agreement_id}/offer", {}), 200)
    good(planner.post(f"/v1/agreements/{agreement_id}/sign", {"decided_by": DECIDED}), 200)
    placed = good(
        planner.post(
            "/v1/call-offs",
            {
                "options": [{"agreement_id": agreement_id, "quantity": 1}],
                "window_from": "2024-11-03T06:00:00Z",
                "window_to": "2024-11-04T18:00:00Z",
                "decided_by": DECIDED,
            },
        )
    )
    here.keep("order_id", {"id": placed["options"][0]["order_id"]})
    here.keep("call_off_id", placed)


def trouble(here: World, supplier: Caller, asset_id: str) -> None:
    report = {
        "asset_id": asset_id,
        "severity": "lost",
        "description": "No contact",
        "began_at": "2024-11-01T23:00:00Z",
    }
    here.keep("outage_id", good(supplier.post("/v1/outages", report)))


def hook(here: World, caller: Caller, number: int) -> None:
    made = good(caller.post("/v1/endpoints", {"url": f"https://hooks.example.org/{caller.organisation_id}/{number}"}))
    good(caller.post(f"/v1/endpoints/{here.keep('endpoint_id', made)}/test"), 202)


def b_acts(here: World, secret: Secret) -> None:
    for number in range(secret.times):
        offered = good(
            here.b_supplier.post(
                "/v1/offerings",
                offering(f"B{number}", price=secret.price, capacity=secret.capacity, release_to=["PL"]),
            )
        )
        hook(here, here.b_supplier, number)
        hook(here, here.b_planner, number)
        good(here.b_planner.post("/v1/keys", {"name": f"second {number}"}))
        good(
            here.b_planner.post(
                "/v1/watches", {"name": "all", "every_object": True, "miss_distance_m": secret.capacity / 200}
            )
        )
        phases = [{"phase": "peace", "quantity": secret.quantity, "unit": "km2/d"}]
        stated = good(here.b_planner.post("/v1/requirements", requirement(phases=phases)))
        matched = good(here.b_planner.post("/v1/matches", {"requirement_id": stated["id"]}))
        promise(here, here.b_supplier, here.b_planner, offered["id"], secret.quantity / 100, secret.price)
        trouble(here, here.b_supplier, offered["assets"][0]["id"])
        if number == 0:
            here.keep("offering_id", offered)
            here.keep("requirement_id", stated)
            here.keep("match_id", matched)
        here.settle()
    here.hub.clock.advance(datetime(2024, 11, 2, 1, tzinfo=UTC) - here.hub.clock.now())
    for name in ("pool_id", "agreement_id", "order_id", "call_off_id", "outage_id", "endpoint_id"):
        del here.ids[name][1:]  # The same ids are asked for in both worlds.


def a_acts(here: World) -> None:
    """A's own creates: each answer counts."""
    offered = here.note("offer", here.rival.post("/v1/offerings", offering("EYE", release_to=["FR"])))
    here.keep("offering_id", offered)
    here.note("manifest", here.rival.post("/v1/offerings/manifest", [offering("A2"), offering("A3") | {"title": ""}]))
    hook(here, here.rival, 0)
    hook(here, here.planner, 0)
    stated = here.note("require", here.planner.post("/v1/requirements", requirement()))
    here.keep("requirement_id", stated)
    matched = here.note("match", here.planner.post("/v1/matches", {"requirement_id": stated["id"]}))
    here.keep("match_id", matched)
    watch = {"name": "all", "every_object": True, "miss_distance_m": 100}
    here.keep("watch_id", here.note("watch", here.planner.post("/v1/watches", watch)))
    here.note("dry", here.planner.post("/v1/watches/dry-run", watch))
    promise(here, here.rival, here.planner, offered["id"], 10, "12.50")
    trouble(here, here.rival, offered["assets"][0]["id"])
    here.settle()
    here.note("key", here.planner.post("/v1/keys", {"name": "another"}))
    theirs = {name: ids[0] for name, ids in here.ids.items()}
    here.note("their requirement", here.planner.post("/v1/matches", {"requirement_id": theirs["requirement_id"]}))
    here.note("their agreement", here.planner.post(f"/v1/agreements/{theirs['agreement_id']}/withdraw", {}))
    for caller, endpoint in zip((here.rival, here.planner), here.ids["endpoint_id"][1:], strict=True):
        sent = caller.get(f"/v1/endpoints/{endpoint}/messages").json()["items"]
        here.keep("message_id", next(each for each in sent if each["attempts"] > 1))
    here.note("their pool", here.planner.post(f"/v1/pools/{theirs['pool_id']}/join"))
    here.settle()


def a_reads(here: World) -> int:
    """Every GET route of the application, by each of A's organisations; how many answers were not empty."""
    full = 0
    paths: list[str] = []
    for route in routes(here.hub.app):
        if "GET" not in (route.methods or ()) or route.path in ("/", "/docs", "/v1/openapi.json"):
            continue
        waiting = [str(route.path)]
        for name in route.param_convertors:
            ids = here.ids.get(name, ["unknown"])
            waiting = [path.replace("{" + name + "}", each) for path in waiting for each in ids]
        paths += waiting
    for caller in (here.rival, here.newcomer, here.planner, here.centre):
        for path in paths:
            asked = {"agreement_id": here.ids["agreement_id"][-1]} if path == "/v1/capacity" else {}
            answer = caller.get(path, **asked)
            told = here.note(path, answer)
            if answer.status_code != 200 or not isinstance(told, dict) or "next" not in told:
                continue
            full += bool(told["items"])
            first = here.note(f"{path} limit=1", caller.get(path, limit=1))
            if first["next"] is not None:
                further = {"cursor": first["next"], "after": first["next"]}
                here.note(f"{path} second page", caller.get(path, limit=1, **further))
    return full


def test_two_worlds_that_differ_in_anothers_secrets_answer_the_same_bytes(
    sqlite_template: Path, tmp_path: Path, _standing: Standing
) -> None:
    """Sabotage seen: ids of risks from one stream for all, and cursors made of a number that counts everyone's
    attempts, each turned it red; so does a shelf without `markings.visible`."""
    worlds = []
    for secret in (MODEST, GREAT):
        here = world(sqlite_template, tmp_path, secret, _standing)
        b_acts(here, secret)
        a_acts(here)
        worlds.append((here, a_reads(here)))
    (one, full), (other, also) = worlds
    assert full == also
    assert full > 30
    for left, right in zip(one.seen, other.seen, strict=True):
        assert left == right
    mine = (one.rival.organisation_id, one.planner.organisation_id)
    told = [[post for post in here.receiver.posted if any(id in post[0] for id in mine)] for here in (one, other)]
    assert len(told[0]) > 5
    assert told[0] == told[1]
    assert len(one.receiver.posted) < len(other.receiver.posted), "B was told of other things"
    for here, _ in worlds:
        here.hub.database.engine.dispose()


def test_pairs_that_differ_in_value_and_number_of_secrets_are_one_world_to_a_supplier(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Answers, pages, messages, SQL statements and row counts; the campaign is `./hub bench disclosure`."""
    with Worlds(tmp_path, FRONT_DOOR, sqlite_template) as made:
        for found in made.pairs(1, 3):
            assert found.differences == []
            assert found.counts["pairs_that_others_tell_apart"] == 1
            assert found.counts["answers_with_items"] > 10
            assert found.counts["messages"] > 3


def test_pairs_of_assured_access_are_one_world_to_a_supplier(sqlite_template: Path, tmp_path: Path) -> None:
    """A supplier activated, drilled, ordered from and quoting beside a rival; `./hub bench disclosure --part=assured`.

    Sabotages seen: a debrief that reads the quotes of all took as many rows as there were rivals' quotes; ids of
    orders drawn for the buyer alone told how many others it had placed.
    """
    with Worlds(tmp_path, ASSURED, sqlite_template) as made:
        for found in made.pairs(2, 2):
            assert found.differences == []
            assert found.counts["pairs_that_others_tell_apart"] == 1
            assert found.counts["answers_with_items"] > 20
            assert found.counts["messages"] > 20


def test_pairs_of_anothers_trouble_are_one_world_to_a_buyer(sqlite_template: Path, tmp_path: Path) -> None:
    """A nation under one agreement of a supplier that is in trouble under another's; `--part=buyer`.

    Sabotages seen: trouble told to whoever matched the offering; ids of outages and risks drawn for the supplier alone.
    """
    with Worlds(tmp_path, BUYER, sqlite_template) as made:
        for found in made.pairs(1, 2):
            assert found.differences == []
            assert found.counts["pairs_that_others_tell_apart"] == 1
            assert found.counts["answers_with_items"] > 15
            assert found.counts["messages"] > 10


def test_the_comparison_sees_a_leak_that_no_answer_shows(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap report that merely looks at private needs takes other rows, and so another time."""

    def looks_at_all(session: Session, area: str, nation: str, language: str) -> None:
        session.exec(select(Requirement.id)).all()

    monkeypatch.setattr(gaps, "_office", looks_at_all)
    with Worlds(tmp_path, FRONT_DOOR, sqlite_template) as made:
        found = [each.differences for each in made.pairs(1, 3)]
    assert any("SQL rows" in each and "requirement" in each for told in found for each in told)
    assert all(each.startswith("SQL rows") for told in found for each in told)
