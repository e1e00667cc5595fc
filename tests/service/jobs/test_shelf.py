"""The rows that search is fed with, written where they are missing: as work, and when an installation is opened."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, delete, select

from catalog.search import entries
from catalog.search.tables import ShelfEntry
from catalog.tables import Offering
from jobs import handlers, shelf
from jobs.proofs import supply
from jobs.runner import LEASE_S, Lane
from space_hub.cli import house
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.settings import Settings
from space_hub.trust import organisations
from space_hub.trust.principal import HUB
from space_hub.work import ledger
from space_hub.work.tables import Work

SUPPLIERS = 5


@pytest.fixture
def stocked(database: Database, clock: ManualClock, rng: SeededRng) -> Database:
    stock(database, clock, rng)
    return database


def stock(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Five offerings; the rows of all but the first are lost, one of them stands for an older version."""
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        for number in range(SUPPLIERS):
            supply.supplier(session, clock, rng, name=f"Supplier {number}", simulated=False)
        kept, stale, *lost = session.exec(select(ShelfEntry).order_by(col(ShelfEntry.offering_id))).all()
        stale.version_id = kept.version_id
        session.add(stale)
        session.exec(delete(ShelfEntry).where(col(ShelfEntry.offering_id).in_([each.offering_id for each in lost])))


def do_work(database: Database, clock: ManualClock, rng: SeededRng) -> Work:
    with database.write() as session:
        queued = ledger.start(session, clock, rng, kind="shelf.rebuild", params={}, principal=HUB)
    assert Lane(database, clock, rng, Settings(), "test", handlers.LIGHT).turn()
    with database.read() as session:
        return session.get_one(Work, queued.id)


def test_the_work_writes_what_is_missing_or_stale_and_nothing_the_second_time(
    stocked: Database, clock: ManualClock, rng: SeededRng, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps of a transaction each. Sabotage seen: rows of an older version taken for good."""
    monkeypatch.setattr(entries, "CHUNK", 2)
    done = do_work(stocked, clock, rng)
    assert (done.state, done.result) == ("done", {"written": SUPPLIERS - 1})
    with stocked.read() as session:
        assert entries.missing(session) == 0
        current = {each.id: each.current_version_id for each in session.exec(select(Offering))}
        rows = session.exec(select(ShelfEntry)).all()
        assert {each.offering_id: each.version_id for each in rows} == current
        assert len({each.generation for each in rows}) >= 3, "each step takes a number of its own"
        before = {each.offering_id: each.generation for each in rows}
    assert do_work(stocked, clock, rng).result == {"written": 0}
    with stocked.read() as session:
        assert {each.offering_id: each.generation for each in session.exec(select(ShelfEntry))} == before


def test_work_that_lost_its_lease_writes_nothing(
    stocked: Database, clock: ManualClock, rng: SeededRng, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: the fence left out, and the rows were written by two."""

    def another_takes_over(session: object) -> int:
        clock.advance(timedelta(seconds=LEASE_S + 1))
        with stocked.write() as other:
            ledger.claim(other, clock, rng, holder="second", kinds=["shelf.rebuild"])
        return SUPPLIERS

    monkeypatch.setattr(entries, "missing", another_takes_over)
    with stocked.write() as session:
        queued = ledger.start(session, clock, rng, kind="shelf.rebuild", params={}, principal=HUB)
    Lane(stocked, clock, rng, Settings(), "first", handlers.LIGHT).turn()
    monkeypatch.undo()
    with stocked.read() as session:
        assert session.get_one(Work, queued.id).holder == "second"
        assert entries.missing(session) == SUPPLIERS - 1


def test_opening_an_installation_fills_the_shelf_that_an_upgrade_left_empty(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: opened without a look at the shelf."""
    settings = Settings(data=tmp_path / "var", database_url=sqlite_url)
    made = house.open_or_make(settings)
    stock(made.database, clock, rng)
    made.database.engine.dispose()
    again = house.open_or_make(settings)
    with again.database.read() as session:
        assert entries.missing(session) == 0
        assert len(session.exec(select(ShelfEntry)).all()) == SUPPLIERS
    assert shelf.fill(again.database) == 0
    again.database.engine.dispose()
