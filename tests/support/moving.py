"""One engine that goes from database to database, so that statements are compiled once and not for each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, make_url

from space_hub import db
from space_hub.db import Database


class Moving:
    """Connects to the database it stands at; to one at a time."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._url = make_url({"sqlite": "sqlite:///none", "postgresql": "postgresql+psycopg:///none"}[kind])
        self._engine = db.connect(str(self._url)).engine
        event.listen(self._engine, "do_connect", self._redirect)

    @contextmanager
    def to(self, url: str) -> Iterator[Database]:
        self._url = make_url(url)
        # What the hub keeps by engine is kept for this database alone.
        yield Database(self._engine.execution_options(database=url))
        self._engine.dispose()

    def _redirect(self, dialect: Any, _record: Any, positional: list[Any], named: dict[str, Any]) -> None:
        positional[:], found = dialect.create_connect_args(self._url)
        named.clear()
        named.update(found)
