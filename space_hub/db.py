"""One metadata, one engine, and the two ways to open a session.

SQLite comes from the `pysqlite3` wheel (the interpreter's own library may carry
the WAL-reset fault of 3.7.0 to 3.51.2) in WAL mode with `synchronous=FULL`.
A write begins with BEGIN IMMEDIATE: the driver's deferred default lets two
processes read the same capacity and sell it twice. PostgreSQL is reached
through psycopg 3.
"""

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache, partial
from itertools import chain, groupby
from threading import RLock
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
import pysqlite3.dbapi2 as sqlite
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Integer,
    Table,
    any_,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from space_hub.clock import Clock, SystemClock
from space_hub.errors import HubError, Unavailable

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = SQLModel.metadata

JSON_TYPE: TypeEngine[Any] = JSON().with_variant(JSONB(), "postgresql")
"""Type of a JSON column: `Field(sa_type=JSON_TYPE)`."""

BIG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""Type of a 64-bit integer: SQLite counts an autoincrement key only when it is called INTEGER."""

_BUSY_MS = 5_000
_REST_S = 1.0


def one_of(column: str, *values: str) -> CheckConstraint:
    """The check that `column` holds one of `values`, which are words of ours; an empty column passes."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(value)) for value in values)})", name=f"known_{column}")


class Installation(SQLModel, table=True):
    """The one row that says what this database is: made once, never changed."""

    __tablename__ = "installation"

    id: int = Field(default=1, primary_key=True)
    clock_offset_us: int = Field(sa_type=BIG)
    created_at_wall: datetime
    demonstration: bool = False


class Unexplained(Exception, ABC):
    """A constraint refused something and the transaction is lost; what to say of it needs another look."""

    @abstractmethod
    def explain(self, session: Session) -> HubError:
        """The refusal in words, as things stand now."""

    def mend(self, database: "Database") -> bool:
        """Clear away what stood in the way only because nobody had looked; whether another try is worth it."""
        return False


_TURNS: WeakKeyDictionary[Engine, Any] = WeakKeyDictionary()
"""Whose turn it is to write, by SQLite engine."""


@dataclass(frozen=True, slots=True)
class Database:
    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only looks; on SQLite it takes no write lock and is rolled back at the end."""
        try:
            with self.engine.connect().execution_options(hub_read=True) as connection, Session(connection) as session:
                yield session
        except OperationalError as error:
            if error.connection_invalidated:
                raise Unavailable("database.busy", retry_after_s=1) from error
            raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer of this process at a time on SQLite, whose own waiting is sleeps that grow.

        Other processes are met by SQLite; as there, who waits too long is told that the database is busy.
        """
        if not self.is_sqlite:
            yield
            return
        turn = _TURNS.setdefault(self.engine, RLock())
        if not turn.acquire(timeout=_BUSY_MS / 1000):
            raise Unavailable("database.busy", retry_after_s=1)
        try:
            yield
        finally:
            turn.release()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed when the block ends and rolled back when it raises.

        What a constraint refused is explained afterwards, in a session of its own.
        """
        try:
            with self._turn(), Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as error:
            if is_contention(error) or error.connection_invalidated:
                raise Unavailable("database.busy", retry_after_s=1) from error
            raise
        except Unexplained as refusal:
            if refusal.mend(self):
                raise Unavailable("database.freed", retry_after_s=1) from refusal
            with self.read() as session:
                raise refusal.explain(session) from refusal


def is_contention(error: OperationalError) -> bool:
    """A lock, serialization or deadlock failure: the same transaction may be tried again."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {"40001", "40P01", "55P03"} or "database is locked" in str(error.orig)


def connect(url: str) -> Database:
    """Open the database at `url`; nothing is created but the SQLite file itself."""
    if url.startswith("sqlite"):
        engine = create_engine(url, module=sqlite, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return Database(engine)
    engine = create_engine(url, hide_parameters=True, pool_size=10, max_overflow=20, paramstyle="numeric_dollar")
    event.listen(engine, "connect", _number_parameters, insert=True)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", partial(_ping_rested, engine.dialect))
    return Database(engine)


def _number_parameters(connection: Any, _record: object) -> None:
    """Parameters are numbered as the server numbers them: else the driver reads a long statement anew each time."""
    connection.cursor_factory, connection.server_cursor_factory = psycopg.RawCursor, psycopg.RawServerCursor


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = SystemClock().monotonic()


def _ping_rested(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Look whether a connection that rested still stands; a busy one was just heard of and is not asked.

    What breaks in between is `Unavailable`, and every write is tried again or said to be.
    """
    if SystemClock().monotonic() - record.info.get("rests_since", math.inf) > _REST_S:
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    deferred = connection.get_execution_options().get("hub_read", False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


@dataclass(frozen=True, slots=True)
class _Insertion:
    """How rows of one table are inserted in the words of one driver; a number that the database draws is left out."""

    head: str
    marks: str
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def words(self, rows: int, after: int) -> str:
        """For so many rows, where so many values stand before theirs; only PostgreSQL's driver numbers them."""
        each = len(self.columns)
        marks = (_NUMBERED.sub(partial(_moved, after + row * each), self.marks) for row in range(rows))
        return self.head + ", ".join(marks)

    def values(self, row: SQLModel) -> Iterator[Any]:
        for key, convert in self.columns:
            value = getattr(row, key)
            yield value if value is None or convert is None else convert(value)


def _moved(by: int, mark: re.Match[str]) -> str:
    return f"${by + int(mark[1])}"


_NUMBERED = re.compile(r"\$(\d+)")
_INSERTIONS: dict[tuple[str, type[SQLModel]], _Insertion] = {}


def put(session: Session, *rows: SQLModel) -> None:
    """Insert these rows now, in this order; they stay values and are no objects of the session.

    For what is written on every request: a flush of the session costs several times as
    much. PostgreSQL gets one statement for all of them and so one round trip; their
    foreign keys are judged at its end. Rows of one table stand together.
    """
    session.flush()
    connection = session.connection()
    parts = [(_insertion(connection.dialect, model), list(alike)) for model, alike in groupby(rows, type)]
    given = [tuple(value for row in alike for value in insertion.values(row)) for insertion, alike in parts]
    if connection.dialect.name == "postgresql":
        words = _together(tuple((insertion, len(alike)) for insertion, alike in parts))
        connection.exec_driver_sql(words, tuple(chain.from_iterable(given)))
        return
    for (insertion, alike), values in zip(parts, given, strict=True):
        connection.exec_driver_sql(insertion.words(len(alike), 0), values)


def pour(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of one table now; a column that a row does not name must have a default in the database or none.

    For tens of thousands at once, each naming the same columns: an insert of the ORM costs several times as much.
    PostgreSQL is given them by COPY.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    table, dialect = _table_of(model), connection.dialect
    keys = [column.key for column in table.columns if column.key in rows[0]]
    converters = [_converter(table.columns[key].type, dialect) for key in keys]
    columns = (_converted([row[key] for row in rows], convert) for key, convert in zip(keys, converters, strict=True))
    values = list(zip(*columns, strict=True))
    if dialect.name == "postgresql":
        quote = dialect.identifier_preparer.quote
        words = f"COPY {quote(table.name)} ({', '.join(map(quote, keys))}) FROM STDIN"
        driver: Any = connection.connection
        with driver.cursor() as cursor, cursor.copy(words) as copy:
            for each in values:
                copy.write_row(each)
        return
    words = str(insert(table).inline().compile(dialect=dialect, column_keys=keys))
    connection.exec_driver_sql(words, values)


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What writes a value of this type for the driver."""
    usual: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return _sqlite_moment if dialect.name == "sqlite" and isinstance(kind, UTCDateTime) else usual


def _sqlite_moment(at: datetime) -> str:
    """As SQLAlchemy writes it, in a fraction of its time: a run has a million of them."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _converted(values: list[Any], convert: Callable[[Any], Any] | None) -> list[Any]:
    return values if convert is None else [value if value is None else convert(value) for value in values]


def among(session: Session, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """`column IN values` as one parameter, however many values: strings or whole numbers.

    Tens of thousands of parameters cost more to write down than to look up, and both databases have a most.
    """
    given = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return cast(ColumnElement[bool], column == any_(literal(given, ARRAY(column.type))))
    listed = func.json_each(json.dumps(given)).table_valued("value")
    return cast(ColumnElement[bool], column.in_(select(listed.c.value)))


@lru_cache(maxsize=512)
def _together(parts: tuple[tuple[_Insertion, int], ...]) -> str:
    """One statement that inserts so many rows of each."""
    words, after = [], 0
    for insertion, rows in parts:
        words.append(insertion.words(rows, after))
        after += rows * len(insertion.columns)
    former = ", ".join(f"part{number} AS ({each})" for number, each in enumerate(words[:-1]))
    return f"WITH {former} {words[-1]}" if former else words[-1]


def _insertion(dialect: Dialect, model: type[SQLModel]) -> _Insertion:
    found = _INSERTIONS.get((dialect.name, model))
    if found is None:
        table = _table_of(model)
        kept = [column for column in table.columns if column is not table.autoincrement_column]
        compiled = insert(table).inline().compile(dialect=dialect, column_keys=[column.key for column in kept])
        head, _, marks = str(compiled).partition(" VALUES ")
        found = _INSERTIONS[dialect.name, model] = _Insertion(
            f"{head} VALUES ",
            marks,
            tuple((column.key, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in kept),
        )
    return found


def upsert(session: Session, model: type[SQLModel]) -> postgresql.Insert | sqlite_dialect.Insert:
    """An INSERT of this database that may be told what to do on a conflict."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(_table_of(model))
    return sqlite_dialect.insert(_table_of(model))


def _table_of(model: type[SQLModel]) -> Table:
    table: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return table


class Turn(IntEnum):
    """What only one transaction at a time may do. The numbers are any, but each stands here once."""

    MARKINGS = 7_310_001
    LOG = 7_310_002
    OUTBOX = 7_310_003
    AUDIT = 7_310_004
    ELEMENT_SETS = 7_310_010
    SCREENING = 7_310_011
    CONTRACTING = 7_310_021
    ORDERS = 7_310_031


def exclusive(session: Session, turn: Turn) -> None:
    """Let one transaction at a time pass on PostgreSQL; a SQLite writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": turn.value})


def stored_clock(database: Database) -> Clock:
    """The clock of this installation: the machine's, shifted by the offset it was made with."""
    with database.read() as session:
        installation = session.get(Installation, 1)
    if installation is None:
        raise Unavailable("database.not_installed")
    return SystemClock(timedelta(microseconds=installation.clock_offset_us))
