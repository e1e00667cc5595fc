"""Eight suppliers write to the shelf at once while a reader polls its number: it never goes back, nothing is missed.

Threads, because each has a connection of its own and the database alone keeps them
apart: the same statements come from processes.
"""

import threading
from dataclasses import replace

from sqlmodel import Session, col, select

from catalog.search.index import Index
from catalog.search.tables import ShelfEntry
from catalog.shelf import intake
from jobs.proofs import supply
from jobs.proofs.supply import Supplier
from providers import generation
from providers.adapters.base import OfferingDraft
from providers.tables import Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Unavailable
from space_hub.rng import Rng, SeededRng
from space_hub.trust import organisations

WRITERS, CHANGES = 8, 5
DRAFT = OfferingDraft(reference="EX-1", title="Optical imagery", capability="imagery.optical")


def change(database: Database, clock: ManualClock, rng: Rng, mine: Supplier, step: int) -> None:
    """A new version and a new offering in one transaction; a database that is busy is asked again."""
    drafts = [replace(DRAFT, title=f"Change {step}"), replace(DRAFT, reference=f"NEW-{step}")]
    while True:
        try:
            with database.write() as session:
                provider = session.exec(select(Provider).where(Provider.id == mine.provider_id).with_for_update()).one()
                intake.take(session, clock, rng, mine.principal, provider, drafts, source="test")
            return
        except Unavailable:
            continue


class Reader:
    """Holds a copy by the rule of the shelf alone: ask the number, pull what is above its own."""

    def __init__(self) -> None:
        self.numbers = [0]
        self.held: dict[str, int] = {}

    def pull(self, session: Session) -> None:
        number = generation.current(session)
        above = select(ShelfEntry.offering_id, ShelfEntry.generation).where(ShelfEntry.generation > self.numbers[-1])
        self.held.update((name, at) for name, at in session.exec(above))
        self.numbers.append(number)

    def missed(self, session: Session) -> list[str]:
        """What stands at or below the reader's number in a newer look, and is not what the reader holds."""
        below = select(ShelfEntry.offering_id, ShelfEntry.generation).where(
            col(ShelfEntry.generation) <= self.numbers[-1]
        )
        return [name for name, at in session.exec(below) if self.held.get(name, -1) < at]


def test_the_number_never_goes_back_and_a_reader_misses_nothing(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen on PostgreSQL: the number committed by itself, before the rows that carry it."""
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        suppliers = [
            supply.supplier(session, clock, rng, name=f"Writer {number}", simulated=False) for number in range(WRITERS)
        ]
        began = generation.current(session)
    faults: list[BaseException] = []
    begin = threading.Barrier(WRITERS + 1)

    def write(number: int, mine: Supplier) -> None:
        own = SeededRng(1000 + number)
        try:
            begin.wait(20)
            for step in range(CHANGES):
                change(database, clock, own, mine, step)
        except BaseException as error:  # Told to the test, whose thread this is not.
            faults.append(error)

    threads = [threading.Thread(target=write, args=pair) for pair in enumerate(suppliers)]
    for thread in threads:
        thread.start()
    reader, index, missed = Reader(), Index(), []
    begin.wait(20)
    while True:
        over = not any(thread.is_alive() for thread in threads)
        with database.read() as session:
            reader.pull(session)
            seen = index.refresh(session).generation
        with database.read() as session:
            missed += reader.missed(session)
            assert seen <= generation.current(session)
        if over:
            break
    assert faults == []
    assert missed == []
    assert reader.numbers == sorted(reader.numbers)
    assert reader.numbers[-1] == began + WRITERS * CHANGES
    assert len(set(reader.numbers)) > 3, "the reader looked in between"
    assert len(reader.held) == WRITERS * (1 + CHANGES)
    with database.read() as session:
        fresh = Index().refresh(session)
        assert index.refresh(session).generation == fresh.generation
        assert index.refresh(session).columns.alive.sum() == fresh.columns.alive.sum() == len(reader.held)
