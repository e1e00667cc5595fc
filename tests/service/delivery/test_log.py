"""The event log on both databases: order, readership, and what an id tells."""

import threading
from shutil import copyfile

import pytest
from sqlmodel import Session, select

from space_hub import db
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import cursors, log
from space_hub.errors import Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import markings
from tests.support.deliveries import World


@pytest.fixture
def world(database: Database, clock: ManualClock, rng: SeededRng) -> World:
    return World(database, clock, rng)


def test_positions_are_contiguous_and_follow_the_order_of_commits(world: World) -> None:
    for number in range(5):
        world.happen(number=number)
        if number % 2:
            world.order()
    world.order()
    with world.database.read() as session:
        entries = log.read_after(session, 0, 100)
    assert [entry.position for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.payload["number"] for entry in entries] == [0, 1, 2, 3, 4]


def test_what_is_rolled_back_leaves_no_entry_and_no_gap(world: World) -> None:
    world.happen(number=1)
    with pytest.raises(RuntimeError), world.database.write() as session:
        log.append(session, world.clock, "alert.raised", "alr_x", {}, markings.public(session))
        raise RuntimeError
    world.happen(number=2)
    world.order()
    with world.database.read() as session:
        assert [entry.position for entry in log.read_after(session, 0, 100)] == [1, 2]


def test_a_transaction_that_commits_late_is_not_skipped(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: a reader that follows `id` instead of `position` misses the late entry."""
    world = World(postgres_database, clock, rng)
    world.happen(number=0)
    world.order()
    with world.database.write() as session:
        marking_id = markings.public(session)
    begun, commit = threading.Event(), threading.Event()

    def late() -> None:
        with Session(postgres_database.engine) as session, session.begin():
            log.append(session, clock, "alert.raised", "alr_late", {"number": 1}, marking_id)
            begun.set()
            assert commit.wait(10)

    thread = threading.Thread(target=late, daemon=True)
    thread.start()
    assert begun.wait(10)
    world.happen(number=2)
    world.order()
    with world.database.write() as session:
        seen = log.read_after(session, 1, 100)
        assert [entry.payload["number"] for entry in seen] == [2]
        cursors.advance(session, clock, "reader", seen[-1].position or 0)
        passed = max(entry.id or 0 for entry in seen)
    commit.set()
    thread.join()
    world.order()
    with world.database.read() as session:
        rest = log.read_after(session, cursors.position(session, "reader"), 100)
    assert [entry.payload["number"] for entry in rest] == [1]
    assert (rest[0].id or 0) < passed, "the late entry has the smaller id, so ids would have skipped it"


def test_sequencers_that_run_at_once_give_each_position_once(world: World) -> None:
    for number in range(60):
        world.happen(number=number)
    faults: list[Exception] = []

    def run() -> None:
        try:
            for _ in range(30):
                with world.database.write() as session:
                    log.sequence(session, limit=3)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with world.database.read() as session:
        assert [entry.position for entry in log.read_after(session, 0, 100)] == list(range(1, 61))


def test_a_reader_sees_only_what_its_marking_lets_it_read(world: World) -> None:
    """Sabotage seen: dropping the `visible` clause from `read_after` showed the rival's entry."""
    french, german = world.nation("FR"), world.nation("DE")
    world.happen(subject="alr_fr", owner=french)
    world.happen(subject="alr_de", owner=german)
    world.happen(subject="alr_all")
    world.order()
    with world.database.read() as session:
        seen = log.read_after(session, 0, 100, principal=french)
        assert [entry.subject for entry in seen] == ["alr_fr", "alr_all"]
        hidden = session.exec(select(log.LogEntry.event_id).where(log.LogEntry.subject == "alr_de")).one()
        with pytest.raises(NotFound):
            log.position_of(session, hidden, french)


def test_an_event_id_tells_nothing_of_what_others_did(sqlite_url: str, clock: ManualClock) -> None:
    """Two worlds that differ only in what a rival did show the same ids.

    Sabotage seen: the position as part of what the id is made of.
    """
    path = sqlite_url.removeprefix("sqlite:///")
    copyfile(path, f"{path}.other")
    shown = []
    for address, rivals in ((path, 0), (f"{path}.other", 3)):
        world = World(db.connect(f"sqlite:///{address}"), clock, SeededRng(1))
        french, german = world.nation("FR"), world.nation("DE")
        for number in range(rivals):
            world.happen(owner=german, number=number)
        world.happen(owner=french, number=1)
        world.order()
        with world.database.read() as session:
            shown.append([entry.event_id for entry in log.read_after(session, 0, 10, principal=french)])
        world.database.engine.dispose()
    assert len(shown[0]) == 1
    assert shown[0] == shown[1]


def test_the_same_thing_said_twice_in_one_instant_has_two_ids(world: World) -> None:
    world.happen()
    world.happen()
    world.order()
    with world.database.read() as session:
        assert len({entry.event_id for entry in log.read_after(session, 0, 10)}) == 2


def test_an_unlisted_topic_and_a_payload_that_is_no_json_or_too_large_are_refused(world: World) -> None:
    with world.database.write() as session:
        marking_id = markings.public(session)
        with pytest.raises(KeyError):
            log.append(session, world.clock, "alert.rose", "alr_1", {}, marking_id)
        with pytest.raises(ValueError, match="JSON compliant"):
            log.append(session, world.clock, "alert.raised", "alr_1", {"x": float("inf")}, marking_id)
        with pytest.raises(Invalid):
            log.append(session, world.clock, "alert.raised", "alr_1", {"x": "y" * 300_000}, marking_id)


def test_a_cursor_never_goes_back_and_a_bad_entry_is_set_aside_after_three_tries(world: World) -> None:
    with world.database.write() as session:
        cursors.advance(session, world.clock, "reader", 4)
        with pytest.raises(ValueError, match="cannot go back"):
            cursors.advance(session, world.clock, "reader", 3)
        assert [cursors.failed(session, world.clock, "reader", 5, "boom") for _ in range(3)] == [False, False, True]
        assert cursors.position(session, "reader") == 5
        assert [one.position for one in cursors.skipped(session, "reader")] == [5]
