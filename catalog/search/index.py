"""The columns of one process, kept as new as the shelf, and what of them an asker may see.

A request asks one number (`providers.generation`). When it has moved, the rows
above the number that is held are pulled: entries, providers, clearances. One
thread pulls; the others wait for it, because an answer from yesterday's shelf
would be wrong without saying so.

Providers never come here: their catalogue is their own shelf, in plain SQL.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Table
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from catalog.search import columns as held_columns
from catalog.search.columns import Bools, Columns, instant
from catalog.search.entries import row_of_entry
from catalog.search.suppliers import Clearance, Supplier, Suppliers
from catalog.search.tables import ShelfEntry
from providers import generation
from providers.lifecycle import Status
from providers.tables import Clearance as ClearanceRow
from providers.tables import Provider
from space_hub.db import Database
from space_hub.trust import markings
from space_hub.trust.principal import Principal

MOST_ASKERS = 256
"""Organisations whose readable markings are remembered: a bit for each marking of the shelf."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The shelf at one generation; never altered."""

    generation: int
    columns: Columns
    suppliers: Suppliers


class Index:
    """One per process and database (`of`)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._supplier_rows: dict[str, Supplier] = {}
        self._clearance_rows: dict[tuple[str, str], Clearance] = {}
        empty = held_columns.empty()
        self._held = Snapshot(-1, empty, Suppliers(empty, {}, {}))
        self._readable: OrderedDict[tuple[str, str, int], Bools] = OrderedDict()

    def refresh(self, session: Session) -> Snapshot:
        """The shelf as the database has it now."""
        number = generation.current(session)
        if self._held.generation < number:
            with self._lock:
                if self._held.generation < number:
                    self._held = self._pulled(session, number)
        return self._held

    def visible(self, session: Session, held: Snapshot, principal: Principal, now: datetime) -> Bools:
        """What the asker may see at this moment, before anything is scored or counted."""
        readable = self._may_read(session, held, principal)
        found: Bools = held.columns.alive & readable[held.columns.coded["marking"]]
        found &= held.columns.valid_to > instant(now)
        found &= held.suppliers.shown(held.columns, now)
        return found

    def _may_read(self, session: Session, held: Snapshot, principal: Principal) -> Bools:
        key = (principal.organisation_id, principal.mode, held.generation)
        with self._lock:
            known = self._readable.get(key)
            if known is not None:
                self._readable.move_to_end(key)
                return known
        statement = markings.readable(principal.organisation_id, principal.mode)
        table = held.columns.dictionaries["marking"].table(session.execute(statement).scalars())
        with self._lock:
            self._readable[key] = table
            while len(self._readable) > MOST_ASKERS:
                self._readable.popitem(last=False)
        return table

    def _pulled(self, session: Session, number: int) -> Snapshot:
        """The next snapshot; the caller holds the lock."""
        held = self._held
        table: Table = ShelfEntry.__table__  # type: ignore[attr-defined]
        entries = sa_select(table).where(table.c.generation > held.generation)
        rows = map(row_of_entry, session.execute(entries.execution_options(yield_per=2000)))
        if held.generation < 0:
            found = held_columns.build(rows)
        else:
            changed = list(rows)
            found = held_columns.changed(held.columns, changed) if changed else held.columns
        self._pull_suppliers(session, held.generation)
        return Snapshot(number, found, Suppliers(found, self._supplier_rows, self._clearance_rows))

    def _pull_suppliers(self, session: Session, above: int) -> None:
        providers: Table = Provider.__table__  # type: ignore[attr-defined]
        held = providers.c
        wanted = sa_select(held.id, held.status, held.nation, held.owner_nation, held.standing)
        for row in session.execute(wanted.where(held.shelf_generation > above)):
            self._supplier_rows[row.id] = Supplier(
                row.id, row.status == Status.VERIFIED.value, row.nation, row.owner_nation, row.standing
            )
        for cleared in session.execute(
            select(
                ClearanceRow.provider_id, ClearanceRow.mission_area, ClearanceRow.state, ClearanceRow.valid_to
            ).where(col(ClearanceRow.shelf_generation) > above)
        ):
            self._clearance_rows[cleared.provider_id, cleared.mission_area] = Clearance(
                cleared.provider_id, cleared.mission_area, cleared.state == "active", cleared.valid_to
            )


_INDEXES: WeakKeyDictionary[Engine, Index] = WeakKeyDictionary()
_MAKING = Lock()


def of(database: Database) -> Index:
    """The index of this process for a database."""
    with _MAKING:
        return _INDEXES.setdefault(database.engine, Index())


def warm(database: Database) -> int:
    """Load the whole shelf now, so that no request waits for it; how many offerings stand in it."""
    with database.read() as session:
        return int(of(database).refresh(session).columns.alive.sum())
