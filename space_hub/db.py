"""One metadata, one engine, and the two ways to open a session.

SQLite comes from the `pysqlite3` wheel (the interpreter's own library may carry
the WAL-reset fault of 3.7.0 to 3.51.2) in WAL mode with `synchronous=FULL`.
A write begins with BEGIN IMMEDIATE: the driver's deferred default lets two
processes read the same capacity and sell it twice. PostgreSQL is reached
through psycopg 3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Connection,
    Engine,
    Integer,
    Table,
    create_engine,
    event,
    insert,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, Session, SQLModel

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


class Unexplained(Exception):
    """A constraint refused something and the transaction is lost; what to say of it needs another look."""

    def explain(self, session: Session) -> HubError:
        """The refusal in words, as things stand now."""
        raise NotImplementedError

    def mend(self, database: "Database") -> bool:
        """Clear away what stood in the way only because nobody had looked; whether another try is worth it."""
        return False


@dataclass(frozen=True, slots=True)
class Database:
    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only looks; on SQLite it takes no write lock and is rolled back at the end."""
        with self.engine.connect().execution_options(hub_read=True) as connection, Session(connection) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed when the block ends and rolled back when it raises.

        What a constraint refused is explained afterwards, in a session of its own.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as error:
            if is_contention(error):
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
    return Database(create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    deferred = connection.get_execution_options().get("hub_read", False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def put(session: Session, row: SQLModel) -> None:
    """Insert `row` by one statement, now; it stays a value and no object of the session.

    For rows that are written on every request and not changed in the same transaction:
    a flush of the session costs several times as much.
    """
    table = _table_of(type(row))
    values = {column.key: getattr(row, column.key) for column in table.columns}
    session.connection().execute(insert(table), {key: each for key, each in values.items() if each is not None})


def upsert(session: Session, model: type[SQLModel]) -> postgresql.Insert | sqlite_dialect.Insert:
    """An INSERT of this database that may be told what to do on a conflict."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(_table_of(model))
    return sqlite_dialect.insert(_table_of(model))


def _table_of(model: type[SQLModel]) -> Table:
    table: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return table


def exclusive(session: Session, key: int) -> None:
    """Let one transaction at a time pass on PostgreSQL; a SQLite writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def stored_clock(database: Database) -> Clock:
    """The clock of this installation: the machine's, shifted by the offset it was made with."""
    with database.read() as session:
        installation = session.get(Installation, 1)
    if installation is None:
        raise Unavailable("database.not_installed")
    return SystemClock(timedelta(microseconds=installation.clock_offset_us))
