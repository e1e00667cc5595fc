"""Matches that nobody waits for: followed, ended, begun anew by another process, never kept twice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from catalog import match_work, matches
from catalog.matching.watch import PARTS, Stage
from jobs.prune import KEEP
from space_hub.work.tables import Work
from tests.support import matching
from tests.support.hub import Hub
from tests.support.matching import LATER, PATIENCE_S, Market, Place, Steps, lane
from tests.support.supply import good, requirement

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

HEARTBEAT = timedelta(seconds=1)
LEASE = timedelta(seconds=61)


@pytest.fixture
def market(hub_on_both: Hub) -> Market:
    """On both kinds of database."""
    return Market(hub_on_both)


@pytest.fixture
def alone(hub: Hub) -> Market:
    """For what is the same on both."""
    return Market(hub)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    made = Steps()
    monkeypatch.setattr(matches, "compute", made)
    return made


class Worker:
    """A worker in a thread, for one piece of work."""

    def __init__(self, market: Market) -> None:
        self._thread = threading.Thread(target=lane(market.hub.database, market.hub.clock).turn)
        self._thread.start()

    def ended(self) -> None:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def until(market: Market, work_id: str, **wanted: object) -> dict[str, Any]:
    """The work once it shows this; the heartbeat tells it within a second."""
    wait = threading.Event()
    for _ in range(round(PATIENCE_S / 0.05)):
        found = market.work(work_id)
        if wanted.items() <= found.items():
            return found
        wait.wait(0.05)
    raise AssertionError(f"{wanted} was not seen, {found} was")


def test_a_match_is_followed_stage_by_stage_and_is_the_one_that_would_have_been_waited_for(
    market: Market, steps: Steps
) -> None:
    """Sabotage seen: progress told within each stage alone, and it fell at the next one."""
    answer = market.ask(headers=LATER)
    began = good(answer, 202)
    work_id = began["work_id"]
    assert (began["state"], began["follow"]) == ("queued", f"/v1/work/{work_id}")
    assert answer.headers["Location"] == began["follow"]
    assert answer.headers["Preference-Applied"] == "respond-async"
    worker, reached = Worker(market), []
    for stage in ("gates", "plan", "entries"):
        while steps.next() != stage:
            steps.go()
        seen = until(market, work_id, note=stage)
        reached.append(seen["done"])
        assert (seen["state"], seen["result"], seen["total"]) == ("running", None, PARTS * len(Stage))
        steps.go()
    worker.ended()
    assert reached == sorted(set(reached))
    done = market.work(work_id)
    assert (done["state"], done["kind"], done["error"], done["done"]) == ("done", "match", None, done["total"])
    made = good(market.planner.get(f"/v1/matches/{done['result']['match_id']}"), 200)
    steps.go()
    for _ in Stage:
        steps.go()
    waited = good(market.ask())
    assert waited["record_sha256"] == made["record_sha256"]
    assert waited["offerings"] == made["offerings"]


@pytest.mark.parametrize("noticed", [True, False], ids=["at the next step", "where it would be kept"])
def test_a_match_that_is_cancelled_ends_and_keeps_nothing(market: Market, steps: Steps, noticed: bool) -> None:
    """Sabotage seen: the row not asked when the match is kept, and what was cancelled at last was kept."""
    work_id = market.later()
    worker = Worker(market)
    while steps.next() != "entries":
        steps.go()
    asked = good(market.planner.put(f"/v1/work/{work_id}/cancel"), 200)
    assert (asked["state"], asked["cancel_asked"]) == ("running", True)
    if noticed:
        threading.Event().wait(1.5 * HEARTBEAT.total_seconds())
    steps.go()
    worker.ended()
    assert market.work(work_id)["state"] == "cancelled"
    assert market.kept() == []


def test_a_match_that_waits_is_cancelled_at_once(market: Market) -> None:
    work_id = market.later()
    assert good(market.planner.put(f"/v1/work/{work_id}/cancel"), 200)["state"] == "cancelled"
    assert not lane(market.hub.database, market.hub.clock).turn()
    assert market.kept() == []


@contextmanager
def process(market: Market, url: str, at: str) -> Iterator[tuple["ForkServerProcess", Place]]:
    """A worker in a process of its own, which stands still `at` a place."""
    context = get_context("forkserver")
    context.set_forkserver_preload([matching.__name__])
    place = Place(at, context.Event(), context.Event())
    child = context.Process(target=matching.one_held, args=(url, market.hub.clock.now(), place), daemon=True)
    child.start()
    try:
        assert place.reached.wait(PATIENCE_S), at
        yield child, place
    finally:
        child.kill()
        child.join()


def take_over(market: Market) -> None:
    """Do what another left, once its lease is over; a row that is locked at this moment is free at the next."""
    market.hub.clock.advance(LEASE)
    for _ in range(round(PATIENCE_S / 0.05)):
        if lane(market.hub.database, market.hub.clock).turn():
            return
        threading.Event().wait(0.05)
    raise AssertionError("nothing was left to do")


def test_a_worker_that_is_killed_leaves_one_match_of_its_work(market: Market, database_url: str) -> None:
    """Killed while it thinks, before what it keeps is committed, and after.

    Sabotage seen: the work ended in a transaction after the match's; killed between the two, it kept a second.
    """
    hub = market.hub
    for count, (at, again) in enumerate((("plan", True), ("keep", True), ("kept", False)), start=1):
        work_id = market.later()
        with process(market, database_url, at) as (child, _):
            child.kill()
        if again:
            take_over(market)
        hub.clock.advance(LEASE)
        assert not lane(hub.database, hub.clock).turn()
        assert (market.work(work_id)["state"], len(market.kept())) == ("done", count), at
        with hub.database.read() as session:
            assert session.get_one(Work, work_id).losses == again
    assert len(set(market.kept())) == 1


def test_a_worker_that_wakes_up_late_keeps_nothing(market: Market, database_url: str) -> None:
    """Sabotage seen: kept without proof that the work is still held."""
    work_id = market.later()
    with process(market, database_url, "entries") as (child, place):
        take_over(market)
        place.go.set()
        child.join(PATIENCE_S)
        assert child.exitcode == 0
    assert (market.work(work_id)["state"], len(market.kept())) == ("done", 1)


def test_several_processes_keep_one_match_of_each_work_and_all_say_the_same(market: Market, database_url: str) -> None:
    context = get_context("forkserver")
    context.set_forkserver_preload([matching.__name__])
    asked = [market.later() for _ in range(4)]
    workers = [
        context.Process(target=matching.every_one, args=(database_url, market.hub.clock.now()), daemon=True)
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_S)
        assert worker.exitcode == 0
    made = [market.work(work_id)["result"]["match_id"] for work_id in asked]
    assert len(set(made)) == len(market.kept()) == 4
    good(market.ask())
    assert len(set(market.kept())) == 1


def test_the_same_key_asks_once(alone: Market) -> None:
    first, again = (alone.ask(key="one", headers=LATER) for _ in range(2))
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"] == first.json()["follow"]
    with alone.hub.database.read() as session:
        assert len(session.exec(select(Work).where(Work.kind == match_work.KIND)).all()) == 1
    waited = alone.ask(key="two")
    replayed = alone.ask(key="two", headers=LATER)
    assert (replayed.status_code, replayed.json()) == (201, waited.json())
    assert not {"Location", "Preference-Applied"} & {*replayed.headers}


def test_only_who_may_is_answered(alone: Market) -> None:
    """Another's requirement does not exist, and another's work neither."""
    work_id = alone.later()
    other = alone.hub.key("nation", "DE")
    refused = alone.ask(other, headers=LATER)
    assert (refused.status_code, refused.json()["code"]) == (404, "catalog.requirement_unknown")
    for answer in (other.get(f"/v1/work/{work_id}"), other.put(f"/v1/work/{work_id}/cancel")):
        assert answer.status_code == 404
    assert alone.ask(alone.hub.key("provider", "NO"), headers=LATER).status_code == 403


def test_an_organisation_has_ten_under_way_and_another_is_not_held_up(alone: Market) -> None:
    """Sabotage seen: those of everybody counted together."""
    for _ in range(match_work.MOST_OPEN):
        work_id = alone.later()
    full = alone.ask(headers=LATER)
    assert (full.status_code, full.json()["code"]) == (409, "catalog.matches_full")
    other = alone.hub.key("nation", "DE")
    own = good(other.post("/v1/requirements", requirement()))["id"]
    asked = {**other.headers(), **LATER, "Idempotency-Key": "other"}
    good(alone.hub.client.post("/v1/matches", headers=asked, json={"requirement_id": own}), 202)
    good(alone.planner.put(f"/v1/work/{work_id}/cancel"), 200)
    alone.later()


def test_what_is_too_large_to_wait_for_is_told_how_to_be_asked_for(
    alone: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "MOST_AT_ONCE", 3)
    good(alone.ask())
    monkeypatch.setattr(matches, "MOST_AT_ONCE", 2)
    refused = alone.ask()
    assert (refused.status_code, refused.json()["code"]) == (422, "catalog.match_too_large")
    assert "3 offerings" in refused.json()["detail"] and "respond-async" in refused.json()["detail"]
    alone.later()
    assert lane(alone.hub.database, alone.hub.clock).turn()
    assert len(alone.kept()) == 2


def test_work_that_is_long_over_is_forgotten_and_its_match_is_not(alone: Market) -> None:
    hub, work_id = alone.hub, alone.later()
    assert lane(hub.database, hub.clock).turn()
    hub.clock.advance(KEEP + timedelta(seconds=1))
    waiting = alone.later()
    with hub.database.write() as session:
        assert match_work.prune(session, hub.clock, keep=KEEP) == 1
    assert alone.planner.get(f"/v1/work/{work_id}").status_code == 404
    assert alone.work(waiting)["state"] == "queued"
    assert len(alone.kept()) == 1
