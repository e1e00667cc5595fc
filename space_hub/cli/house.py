"""An installation on disk: its data folder, its lock, its database with the row that says what it is.

One `up` at a time owns a data folder. The lock is the kernel's and ends with
the process that holds it, however it ends; the file's text says who that is.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from space_hub.cli.speak import language
from space_hub.clock import Clock, SystemClock
from space_hub.errors import Conflict, Invalid, Unavailable
from space_hub.settings import Settings
from space_hub.text.faults import sentence_of

if TYPE_CHECKING:
    from space_hub.db import Database, Installation
    from space_hub.rng import Rng

KEYS = "keys.json"
_LOCK = "up.lock"


@dataclass(frozen=True, slots=True)
class House:
    """An opened installation."""

    settings: Settings
    database: "Database"
    clock: Clock
    rng: "Rng"
    made_now: bool
    """The database was made by this start."""
    began: datetime
    """Hub time at which the installation began."""

    @property
    def replayed(self) -> bool:
        """Hub time is not the time of day outside."""
        return abs(self.clock.now() - self.clock.wall()) > timedelta(minutes=1)

    @property
    def keys_file(self) -> Path:
        return self.settings.data / KEYS


def settings() -> Settings:
    """The settings of this process; Invalid, naming the variables, when one does not read."""
    from pydantic import ValidationError

    from space_hub.settings import load

    try:
        return load()
    except ValidationError as error:
        faults = "; ".join(
            f"SPACE_HUB_{'_'.join(map(str, one['loc'])).upper()}={one.get('input')!s:.80}: {said}"
            for one in error.errors()
            for said in [sentence_of(one, language()).rstrip(".")]
        )
        raise Invalid("cli.settings_wrong", faults=faults) from error


def noted_port(folder: Path) -> int | None:
    """The port that the latest `up` on this folder noted; None when it ended well. It may have died since."""
    try:
        return int(json.loads((folder / _LOCK).read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prepare_folder(folder: Path) -> None:
    """Make the data folder, for its owner only."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid("up.folder_unusable", folder=str(folder), reason=error.strerror or str(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Invalid("up.folder_unusable", folder=str(folder), reason=os.strerror(13))


@contextmanager
def locked(folder: Path, address: str, port: int) -> Iterator[None]:
    """Hold the data folder; Invalid with the holder's address when another `up` holds it."""
    with (folder / _LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = _holder(lock.read())
            raise Invalid("up.already_running", folder=str(folder.resolve()), **holder) from error
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "address": address, "port": port}))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _holder(text: str) -> dict[str, str]:
    try:
        kept = json.loads(text)
        return {"pid": str(kept["pid"]), "address": str(kept["address"])}
    except (ValueError, KeyError, TypeError):
        # The holder is between taking the lock and writing its text.
        return {"pid": "?", "address": "?"}


def is_made(settings: Settings) -> bool:
    """Whether a SQLite installation of this version's schema lies in the data folder; a quick look, no more.

    It is worth its lines at a second start: the API can begin before SQLAlchemy is imported here.
    """
    file = settings.data / "hub.sqlite"
    if settings.database_url or not file.exists():
        return False
    import pysqlite3.dbapi2 as sqlite

    from jobs import migrations

    connection = sqlite.connect(f"file:{file.resolve()}?mode=ro", uri=True)
    try:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        made = connection.execute("SELECT 1 FROM installation").fetchone()
    except sqlite.Error:
        return False  # Not ours, not finished, or damaged: the careful way of opening it will say.
    finally:
        connection.close()
    return made is not None and revision == (migrations.head(),)


def open_or_make(settings: Settings, now: datetime | None = None) -> House:
    """The installation that `settings` name, made or brought to the newest schema where needed.

    `now` is the hub time to begin at; a database that began at another time refuses.
    """
    from jobs import migrations
    from space_hub import db
    from space_hub.rng import SystemRng
    from space_hub.trust import organisations

    if not settings.database_url:
        prepare_folder(settings.data)
    database = connected(settings.url)
    migrations.upgrade(database)
    _fill_shelf(database)
    wall = SystemClock()
    with database.read() as session:
        found = session.get(db.Installation, 1)
    if found is None:
        began = wall.wall()
        offset = timedelta() if now is None else now - began
        clock = SystemClock(offset)
        with database.write() as session:
            # Looked at again under the write lock: another process may have made it in the meantime.
            found = session.get(db.Installation, 1)
            if found is None:
                offset_us = offset // timedelta(microseconds=1)
                session.add(db.Installation(clock_offset_us=offset_us, created_at_wall=began))
                organisations.ensure_hub(session, clock)
                return House(settings, database, clock, SystemRng(), True, began + offset)
    house = _existing(settings, database, found, now)
    _look_for_needs(house)
    return house


def _fill_shelf(database: "Database") -> None:
    """Write what search is fed with where it is missing: after an upgrade, or after a restore of part of the tables."""
    from sqlalchemy import text

    lacking = (
        "SELECT 1 FROM offering LEFT JOIN shelf_entry ON shelf_entry.offering_id = offering.id "
        "WHERE offering.status = 'published' AND shelf_entry.offering_id IS NULL LIMIT 1"
    )
    with database.read() as session:
        found = session.execute(text(lacking)).first()
    if found is not None:
        from jobs import shelf  # Brings numpy along, which opening a hub does not need otherwise.

        shelf.fill(database)


def _look_for_needs(house: House) -> None:
    """Queue the look along the shelf of needs that were stated under a schema that knew none."""
    from sqlalchemy import text

    unlooked = "SELECT 1 FROM need_standing WHERE state = 'open' AND suppliers_meeting IS NULL LIMIT 1"
    with house.database.read() as session:
        found = session.execute(text(unlooked)).first()
    if found is not None:
        from jobs import demand  # Brings numpy along, which opening a hub does not need otherwise.

        with house.database.write() as session:
            demand.queue_looks(session, house.clock, house.rng)


def open_existing(settings: Settings) -> House:
    """The installation that `settings` name, as it is; Unavailable when none has been made. Makes nothing."""
    if not settings.database_url and not (settings.data / "hub.sqlite").exists():
        raise Unavailable("database.not_installed")
    from space_hub import db

    database = connected(settings.url)
    if not _has_schema(database):
        raise Unavailable("database.not_installed")
    with database.read() as session:
        found = session.get(db.Installation, 1)
    if found is None:
        raise Unavailable("database.not_installed")
    return _existing(settings, database, found, None)


def _existing(settings: Settings, database: "Database", found: "Installation", now: datetime | None) -> House:
    from space_hub.rng import SystemRng

    clock = SystemClock(timedelta(microseconds=found.clock_offset_us))
    began = found.created_at_wall + clock.offset
    if now is not None and abs(now - began) >= timedelta(seconds=1):
        raise Conflict(
            "up.other_time",
            asked=_z(now),
            began=_z(began),
            now=_z(clock.now()),
            folder=str(settings.data.resolve()),
        )
    return House(settings, database, clock, SystemRng(), False, began)


def connected(url: str) -> "Database":
    """The database at `url`, tried once; Invalid when it is no address, Unavailable when nothing answers there."""
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from space_hub import db

    try:
        database = db.connect(url)
        database.engine.connect().close()
    except (ArgumentError, ModuleNotFoundError) as error:
        raise Invalid("cli.database_url_wrong") from error
    except DBAPIError as error:
        # The driver's text, never the URL: that one may carry a password.
        reason = str(error.orig).strip().splitlines()[0]
        raise Unavailable("cli.database_unreachable", reason=reason) from error
    return database


def _has_schema(database: "Database") -> bool:
    from sqlalchemy import inspect

    return inspect(database.engine).has_table("installation")


def _z(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
