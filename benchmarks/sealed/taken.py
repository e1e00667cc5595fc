"""All that somebody has who took the whole installation: every byte of it, by the name of the place."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import make_url

from catalog.competition.sealing import SEALED_SHARE
from space_hub.db import Database
from space_hub.settings import Settings
from tests.support import canaries

_HEX = re.compile(rb"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{96})(?![0-9a-f])")
_BASE64 = re.compile(rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{43,64}={0,1}(?![A-Za-z0-9+/=_-])")
_KEY = 32
_LENGTHS = {_KEY, _KEY + 16}
"""A key, and a share with its tag."""
_QUOTES = {"table quote_release", "table sealed_quote"}


def everything(database: Database, folder: Path, settings: Settings) -> dict[str, bytes]:
    """Database, its log and its copies, every table, environment, settings, every file of the folder."""
    places = {f"file {path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    places["environment"] = json.dumps(dict(os.environ)).encode()
    places["settings"] = settings.model_dump_json().encode()
    places |= _sqlite(database, folder) if database.is_sqlite else _copied(database)
    return places


class Taken:
    """What was taken, read once: the places, and the values that a secret could be."""

    def __init__(self, places: Mapping[str, bytes]) -> None:
        self.places = places
        layers = {name: set(_layers(raw)) for name, raw in places.items()}
        # Both copies of a SQLite file hold nothing that file, log and rows do not.
        whole = set().union(*(found for name, found in layers.items() if name not in {"backup", "vacuum"}))
        self.values = _values(whole)
        """Every value of 32 bytes that is found anywhere, however it is written; of longer ones the first 32."""
        self.sealed = {each for each in whole if len(each) == SEALED_SHARE}
        """Every value that has the length of something sealed to an opener."""
        self.of_quotes = _values(set().union(*(found for name, found in layers.items() if name in _QUOTES)))
        """Values of the tables of quotes alone."""


def _values(layers: set[bytes]) -> set[bytes]:
    found = {each[:_KEY] for each in layers if len(each) in _LENGTHS}
    for layer in layers:
        found |= {bytes.fromhex(text.decode())[:_KEY] for text in _HEX.findall(layer)}
        for text in _BASE64.findall(layer):
            found |= {each[:_KEY] for each in canaries.decoded(text.decode(), 0) if len(each) in _LENGTHS}
    return found


def _layers(raw: bytes) -> Iterator[bytes]:
    yield raw
    try:
        whole = json.loads(raw)
    except ValueError:
        return
    yield from canaries.decoded(whole)


def _sqlite(database: Database, folder: Path) -> dict[str, bytes]:
    """An online backup, `VACUUM INTO`, and every row beside the files that lie there."""
    path = make_url(str(database.engine.url)).database or ""
    places = {}
    source = sqlite.connect(path)
    for name in ("backup", "vacuum"):
        copy = folder.parent / f"{name}.sqlite"
        copy.unlink(missing_ok=True)
        if name == "backup":
            target = sqlite.connect(copy)
            source.backup(target)
            target.close()
        else:
            source.execute("VACUUM INTO ?", (str(copy),))
        places[name] = copy.read_bytes()
        copy.unlink()
    tables = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in tables:
        rows = [_plain(row) for row in source.execute(f'SELECT * FROM "{name}"')]
        places[f"table {name}"] = json.dumps(rows).encode()
    source.close()
    return places


def _copied(database: Database) -> dict[str, bytes]:
    """`COPY` of every table of every schema, and its rows."""
    places = {}
    connection: Any = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT schemaname, tablename FROM pg_tables ORDER BY 1, 2")
        for schema, name in cursor.fetchall():
            with cursor.copy(f'COPY "{schema}"."{name}" TO STDOUT') as copy:
                places[f"copy {schema}.{name}"] = b"".join(map(bytes, copy))
            if schema == "public":
                cursor.execute(f'SELECT * FROM "{name}"')
                places[f"table {name}"] = json.dumps([_plain(row) for row in cursor.fetchall()]).encode()
    finally:
        connection.close()
    return places


def _plain(row: tuple[Any, ...]) -> list[Any]:
    return [
        each.hex() if isinstance(each, bytes) else each if isinstance(each, str | dict | list) else str(each)
        for each in row
    ]
