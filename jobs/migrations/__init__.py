"""The schema through time: Alembic revisions and the functions that apply them.

Revisions are files `NNNN_words.py`; the number is the revision. `head` reads the
folder, so that a start on a database that is up to date imports no Alembic.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from space_hub.db import Database

HERE = Path(__file__).parent

TABLE_MODULES = (
    "catalog.activation.tables",
    "catalog.capacity.tables",
    "catalog.competition.tables",
    "catalog.demand.tables",
    "catalog.exercise.tables",
    "catalog.framework.tables",
    "catalog.ocds.tables",
    "catalog.ordering.tables",
    "catalog.promise.tables",
    "catalog.risk.tables",
    "catalog.shelf.register_tables",
    "catalog.search.tables",
    "catalog.tables",
    "catalog.together.tables",
    "providers.adapters.simulated",
    "providers.desk_tables",
    "providers.doors",
    "providers.tables",
    "space_hub.awareness.following.tables",
    "space_hub.awareness.supplemental.tables",
    "space_hub.awareness.tables",
    "space_hub.db",
    "space_hub.delivery.cursors",
    "space_hub.delivery.endpoints",
    "space_hub.delivery.log",
    "space_hub.delivery.mail",
    "space_hub.delivery.outbox",
    "space_hub.trust.audit",
    "space_hub.trust.idempotency",
    "space_hub.trust.keys",
    "space_hub.trust.markings",
    "space_hub.trust.tables",
    "space_hub.work.tables",
)


def load_tables() -> None:
    """Import every module that defines tables, so that the one metadata is complete."""
    for name in TABLE_MODULES:
        import_module(name)


def head() -> str:
    return max(path.stem.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def current(database: "Database") -> str | None:
    """The revision that the database is at; None for a database without the schema."""
    from sqlalchemy import inspect, text

    if not inspect(database.engine).has_table("alembic_version"):
        return None
    with database.read() as session:
        found = session.connection().execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(database: "Database", to: str | None = None) -> bool:
    """Bring the schema to the head (or `to` an older revision) in one transaction; whether anything was done."""
    to = to or head()
    if current(database) == to:
        return False
    from alembic import command
    from alembic.config import Config

    load_tables()
    config = Config()
    config.set_main_option("script_location", str(HERE))
    with database.engine.connect() as connection, _tables_may_be_remade(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if database.is_sqlite:
            _check_references(connection)
    return True


@contextmanager
def _tables_may_be_remade(connection: "Connection") -> Iterator[None]:
    """SQLite alters a table by making it anew and dropping the old one, which deletes what others refer to.

    Its references are therefore not watched meanwhile, and checked at the end; the
    switch is only heard outside a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    bare: Any = connection.connection.driver_connection
    bare.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        bare.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: "Connection") -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the upgrade would leave references to nothing, so it was undone: {broken[:10]}")
