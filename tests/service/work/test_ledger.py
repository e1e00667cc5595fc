"""Work is done once: slots, leases, fencing, cancellation, poison; on both databases."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.work import leases, ledger
from space_hub.work.tables import Work

ROOT = Path(__file__).resolve().parents[3]
KINDS = ["screen"]


@pytest.fixture(autouse=True)
def house(database: Database, clock: ManualClock) -> None:
    with database.write() as session:
        organisations.ensure_hub(session, clock)


def start(database: Database, clock: ManualClock, rng: SeededRng, slot: str | None = None) -> Work:
    with database.write() as session:
        return ledger.start(session, clock, rng, kind="screen", params={}, principal=HUB, slot=slot)


def claim(database: Database, clock: ManualClock, rng: SeededRng, holder: str = "one") -> Work | None:
    with database.write() as session:
        return ledger.claim(session, clock, rng, holder=holder, kinds=KINDS, lease_s=60)


def state(database: Database, work: Work) -> Work:
    with database.read() as session:
        return session.get_one(Work, work.id)


def test_two_processes_that_want_the_same_slots_do_each_once(database_url: str) -> None:
    """Sabotage seen: with the unique constraint dropped a slot was held by two pieces of work."""
    command = [sys.executable, "-m", "tests.service.work.claimer", database_url]
    running = [
        subprocess.Popen([*command, holder], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for holder in ("first", "second")
    ]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in running]
    assert [code for _, _, code in ends] == [0, 0], [error for _, error, _ in ends]
    done = [slot for out, _, _ in ends for slot in out.split()]
    assert sorted(done) == [f"at:{number:03}" for number in range(20)]


def test_a_slot_that_is_taken_gives_the_work_that_holds_it(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    first, second = start(database, clock, rng, "at:1"), start(database, clock, rng, "at:1")
    assert first.id == second.id
    assert start(database, clock, rng).id != start(database, clock, rng).id


def test_a_holder_whose_lease_ran_out_is_fenced(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: comparing the holder's name only let the paused one finish."""
    start(database, clock, rng)
    paused = claim(database, clock, rng)
    assert paused is not None
    assert claim(database, clock, rng) is None
    clock.advance(timedelta(seconds=61))
    successor = claim(database, clock, rng)
    assert successor is not None
    assert (successor.id, successor.token) == (paused.id, paused.token + 1)
    for act in (
        lambda session: ledger.renew(session, clock, paused, 1, 2),
        lambda session: ledger.finish(session, clock, paused, {}),
        lambda session: ledger.fail(session, clock, paused, "work.fault", {}),
        lambda session: ledger.fence(session, paused),
    ):
        with pytest.raises(Conflict, match="lease_lost"), database.write() as session:
            act(session)
    with database.write() as session:
        ledger.finish(session, clock, successor, {"run_id": "run_1"})
    assert state(database, successor).result == {"run_id": "run_1"}


def test_a_holder_who_is_late_but_not_replaced_may_go_on(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    start(database, clock, rng)
    work = claim(database, clock, rng)
    assert work is not None
    clock.advance(timedelta(seconds=90))
    with database.write() as session:
        assert not ledger.renew(session, clock, work, 3, 10, "chunk 3")
    assert claim(database, clock, rng, "two") is None
    held = state(database, work)
    assert (held.done, held.total, held.note, held.losses) == (3, 10, "chunk 3", 0)


def test_work_that_ends_its_worker_three_times_is_set_aside(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    queued = start(database, clock, rng)
    for _ in range(3):
        assert claim(database, clock, rng) is not None
        clock.advance(timedelta(seconds=61))
    assert claim(database, clock, rng) is None
    held = state(database, queued)
    assert (held.state, held.error_code, held.error_params) == ("failed", "work.poisoned", {"times": 3})


def test_cancelling_ends_queued_work_at_once_and_running_work_at_its_next_step(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    queued = start(database, clock, rng)
    with database.write() as session:
        assert ledger.cancel(session, clock, HUB, queued.id).state == "cancelled"
    assert claim(database, clock, rng) is None
    running = start(database, clock, rng)
    work = claim(database, clock, rng)
    assert work is not None
    with database.write() as session:
        ledger.cancel(session, clock, HUB, running.id)
    with database.write() as session:
        assert ledger.renew(session, clock, work, 1, 2)
        ledger.give_up(session, clock, work)
    assert state(database, running).state == "cancelled"
    with database.write() as session, pytest.raises(Conflict, match=r"work\.over"):
        ledger.cancel(session, clock, HUB, running.id)


def test_work_put_back_is_not_a_loss(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    queued = start(database, clock, rng)
    for _ in range(5):
        work = claim(database, clock, rng)
        assert work is not None
        with database.write() as session:
            ledger.put_back(session, work)
        with database.write() as session, pytest.raises(Conflict):
            ledger.finish(session, clock, work, {})
    assert state(database, queued).losses == 0


def test_another_organisation_s_work_is_not_found(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    work = start(database, clock, rng)
    other = Principal("org_other", OrganisationKind.NATION, "FR", "key_1", frozenset({"awareness:read"}))
    with database.read() as session:
        assert ledger.get(session, HUB, work.id).id == work.id
        with pytest.raises(NotFound):
            ledger.get(session, other, work.id)


def test_a_lease_has_one_holder_and_its_token_grows_with_each_change(database: Database, clock: ManualClock) -> None:
    def hold(holder: str) -> int | None:
        with database.write() as session:
            return leases.hold(session, clock, "deliver", holder, 15)

    assert (hold("one"), hold("two"), hold("one")) == (1, None, 1)
    clock.advance(timedelta(seconds=16))
    assert (hold("two"), hold("one")) == (2, None)
    with database.write() as session:
        leases.release(session, clock, "deliver", "two")
    assert hold("one") == 3


def test_old_slots_are_forgotten_but_not_the_latest(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    for number in range(3):
        start(database, clock, rng, f"at:{number}")
        work = claim(database, clock, rng)
        assert work is not None
        with database.write() as session:
            ledger.finish(session, clock, work, {})
    clock.advance(timedelta(days=31))
    with database.write() as session:
        assert ledger.prune(session, clock, keep=timedelta(days=30), prefix="at:") == 2
        assert ledger.last_slot(session, "screen", "at:") == "at:2"
