"""The jobs process: work is claimed and ended, reactions follow the log, a stop is quick and loses nothing."""

import threading
import time
from collections.abc import Iterator

import pytest
from sqlmodel import select

from jobs import handlers, react, runner
from jobs.runner import Lane
from space_hub.clock import ManualClock, SystemClock
from space_hub.db import Database
from space_hub.delivery import cursors, log
from space_hub.errors import Unavailable
from space_hub.rng import SeededRng, SystemRng
from space_hub.settings import Settings
from space_hub.trust import audit, markings, organisations
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from space_hub.work.tables import Work
from tests.service.jobs import reactions

HERE = "tests.service.jobs.reactions"
TELL = ((f"{HERE}:tell", frozenset({"alert.raised"})),)
KINDS = {kind: f"{HERE}:{kind}" for kind in ("count", "wait", "refuse", "fault")}


@pytest.fixture(autouse=True)
def house(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(handlers, "LIGHT", handlers.LIGHT | KINDS)
    monkeypatch.setattr(handlers, "LANES", {"heavy": handlers.HEAVY, "light": handlers.LIGHT})
    reactions.seen.clear()
    reactions.release.clear()
    reactions.running.clear()
    with database.write() as session:
        organisations.ensure_hub(session, clock)
    yield
    reactions.release.set()


def start(database: Database, kind: str) -> str:
    with database.write() as session:
        return ledger.start(session, SystemClock(), SystemRng(), kind=kind, params={}, principal=HUB).id


def work(database: Database, work_id: str) -> Work:
    with database.read() as session:
        return session.get_one(Work, work_id)


def lane(database: Database) -> Lane:
    return Lane(database, SystemClock(), SystemRng(), Settings(), "test", KINDS)


def until(true: object, seconds: float = 5.0) -> None:
    deadline = time.perf_counter() + seconds
    while not true():  # type: ignore[operator]
        assert time.perf_counter() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_work_is_done_and_its_failures_carry_a_sentence(database: Database) -> None:
    ids = {kind: start(database, kind) for kind in ("count", "refuse", "fault")}
    one = lane(database)
    assert [one.turn() for _ in range(4)] == [True, True, True, False]
    assert (work(database, ids["count"]).state, work(database, ids["count"]).result) == ("done", {"counted": 3})
    refused = work(database, ids["refuse"])
    assert (refused.state, refused.error_code, refused.error_params) == (
        "failed",
        "run.window_wrong",
        {"hours": 0, "longest_h": 240},
    )
    faulty = work(database, ids["fault"])
    assert (faulty.state, faulty.error_code, faulty.error_params) == (
        "failed",
        "work.fault",
        {"fault": "ZeroDivisionError"},
    )


def test_running_work_is_cancelled_at_its_next_step(database: Database) -> None:
    work_id = start(database, "wait")
    thread = threading.Thread(target=lane(database).turn)
    thread.start()
    assert reactions.running.wait(5)
    with database.write() as session:
        ledger.cancel(session, SystemClock(), HUB, work_id)
    thread.join(5)
    assert not thread.is_alive()
    assert work(database, work_id).state == "cancelled"


def test_the_process_does_work_reacts_seals_and_stops_within_a_second(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(react, "turn", lambda *given: _turn(*given, TELL))
    monkeypatch.setattr(runner, "_DRIVE", f"{HERE}:drive")
    stop = threading.Event()
    given = (database, SystemClock(), SystemRng(), Settings(), stop)
    thread = threading.Thread(target=runner.run_forever, args=given)
    thread.start()
    try:
        counted, waiting = start(database, "count"), start(database, "wait")
        with database.write() as session:
            log.append(session, SystemClock(), "alert.raised", "alr_1", {"number": 1}, markings.public(session))
            audit.record(session, SystemClock(), HUB, "test", "thing")
            log.sequence(session)
        until(lambda: work(database, counted).state == "done")
        assert reactions.running.wait(5)
        until(lambda: reactions.seen == [1])
        until(lambda: _sealed(database))
    finally:
        began = time.perf_counter()
        stop.set()
        thread.join(10)
    assert time.perf_counter() - began < 1.5
    assert not thread.is_alive()
    back = work(database, waiting)
    assert (back.state, back.losses) == ("queued", 0), "what was under way goes back to the queue"


def test_a_heartbeat_outlives_a_fault_and_asks_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: with only Unavailable caught the thread ends at the fault and the lease runs out."""
    work_id, renew, asked = start(database, "wait"), ledger.renew, []

    def faulty(*given: object) -> bool:
        asked.append(given)
        if len(asked) == 1:
            raise ConnectionError("the server was restarted")
        return renew(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "renew", faulty)
    thread = threading.Thread(target=lane(database).turn)
    thread.start()
    try:
        until(lambda: work(database, work_id).note == "waiting")
    finally:
        reactions.release.set()
        thread.join(5)
    assert work(database, work_id).state == "done"


def test_a_busy_database_does_not_keep_the_rest_from_stopping(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: without the clause for Unavailable the stop ends at the first lane, leases still held."""
    start(database, "wait")
    one = lane(database)
    thread = threading.Thread(target=one.turn)
    thread.start()
    assert reactions.running.wait(5)

    def busy(*_given: object) -> None:
        raise Unavailable("database.busy", retry_after_s=1)

    monkeypatch.setattr(ledger, "put_back", busy)
    one.interrupt()
    thread.join(5)
    assert not thread.is_alive()


def test_an_entry_is_dealt_with_once_with_its_cursor(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: a cursor moved in a transaction of its own kept the answer of the entry that failed."""
    with database.write() as session:
        public = markings.public(session)
        for number in range(4):
            log.append(session, clock, "alert.raised", "alr", {"number": number, "bad": number == 1}, public)
            log.append(session, clock, "match.computed", "mat", {}, public)
        log.sequence(session)
    for _ in range(6):
        react.turn(database, clock, rng, TELL)
    assert reactions.seen == [0, 1, 1, 1, 2, 3], "three tries, then it is set aside"
    with database.write() as session:
        log.sequence(session)
        answers = log.read_after(session, 0, 100, topics=["offering.at_risk"])
        assert [entry.payload["number"] for entry in answers] == [0, 2, 3]
        [skipped] = cursors.skipped(session, react.READER)
        assert "a bad entry" in skipped.error
    assert react.turn(database, clock, rng, TELL)
    assert not react.turn(database, clock, rng, TELL)
    with database.read() as session:
        assert cursors.position(session, react.READER) == log.head(session)


def test_two_processes_that_both_believe_the_lease_to_be_theirs_react_once(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without the lock on the cursor the second one reacts again to the same entry."""
    with any_database.write() as session:
        public = markings.public(session)
        for number in range(2):
            log.append(session, clock, "alert.raised", "alr", {"number": number, "bad": number == 1}, public)
        log.sequence(session)
    paths = [path for path, _ in TELL]
    assert react._deal(any_database, clock, rng, 1, paths)
    assert react._deal(any_database, clock, rng, 1, paths)
    assert reactions.seen == [0]
    with any_database.write() as session:
        cursors.advance(session, clock, react.READER, 2)
        assert cursors.failed(session, clock, react.READER, 2, "late"), "the other one has passed it"
        assert cursors.skipped(session, react.READER) == []


def _turn(*given: object) -> bool:
    return react_turn(*given)  # type: ignore[arg-type]


react_turn = react.turn


def _sealed(database: Database) -> bool:
    with database.read() as session:
        return all(row.number is not None for row in session.exec(select(AuditEntry)).all())
