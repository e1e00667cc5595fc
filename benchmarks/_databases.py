"""An empty database of either kind for a benchmark, gone with it; what is committed is on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from space_hub import db
from tests.support import postgres

KINDS = ("postgresql", "sqlite")


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[str]:
    """Its address."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'hub.sqlite'}"
        return
    with postgres.server(durable=True) as server:
        admin = db.connect(server)
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE space_hub_bench"))
        admin.engine.dispose()
        yield make_url(server).set(database="space_hub_bench").render_as_string(False)
