"""The schema through time: Alembic revisions and the functions that apply them.

Revisions are files `NNNN_words.py`; the number is the revision. `head` reads the
folder, so that a start on a database that is up to date imports no Alembic.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from space_hub.db import Database

HERE = Path(__file__).parent

TABLE_MODULES = (
    "catalog.promise_tables",
    "catalog.tables",
    "providers.adapters.simulated",
    "providers.doors",
    "providers.tables",
    "space_hub.awareness.tables",
    "space_hub.db",
    "space_hub.delivery.cursors",
    "space_hub.delivery.endpoints",
    "space_hub.delivery.log",
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


def upgrade(database: "Database") -> bool:
    """Bring the schema to the head in one transaction; whether anything was done."""
    if current(database) == head():
        return False
    from alembic import command
    from alembic.config import Config

    load_tables()
    config = Config()
    config.set_main_option("script_location", str(HERE))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True
