"""A hub of its own for a proof: a fresh database and real API processes on loopback.

The processes are the ones an installation runs (`api.serving`); they
are started, killed and ended by the process id that was kept at their start.
"""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from jobs import migrations
from space_hub import db
from space_hub.clock import Clock, SystemClock
from space_hub.db import Database, Installation
from space_hub.rng import Rng, SystemRng
from space_hub.trust import keys, organisations
from space_hub.trust.scopes import OrganisationKind


@dataclass
class Service:
    """One installation under proof; use as a context manager."""

    url: str
    folder: Path
    workers: int = 1
    api_url: str | None = None
    """Where the API finds the database, if not where the proof does."""
    clock: Clock = field(default_factory=SystemClock)
    rng: Rng = field(default_factory=SystemRng)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.database: Database = db.connect(self.url)
        migrations.upgrade(self.database)
        with self.database.write() as session:
            session.add(Installation(clock_offset_us=0, created_at_wall=self.clock.wall()))
            organisations.ensure_hub(session, self.clock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def key(self, kind: OrganisationKind, nation: str, name: str) -> tuple[str, str]:
        """A new organisation's id and the secret of its key."""
        with self.database.write() as session:
            made = organisations.register(session, self.clock, self.rng, name=name, kind=kind, nation=nation)
            _, secret = keys.issue(session, self.clock, self.rng, organisation_id=made.id, name="proof")
            return made.id, secret

    def start(self, timeout_s: float = 120.0) -> None:
        """Start the API processes and wait until they answer."""
        command = [sys.executable, "-m", "api.serving", "127.0.0.1", str(self.port), str(self.workers)]
        environment = os.environ | {
            "SPACE_HUB_DATABASE_URL": self.api_url or self.url,
            "SPACE_HUB_DATA": str(self.folder),
        }
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        deadline = self.clock.monotonic() + timeout_s
        with httpx.Client(trust_env=False) as client:
            while self.clock.monotonic() < deadline:
                if self.process.poll() is not None:
                    break
                try:
                    if client.get(f"{self.address}/healthz", timeout=2.0).status_code == 200:
                        return
                except httpx.TransportError:
                    self.clock.sleep(0.05)
        raise RuntimeError(f"the API did not start; its log is {self.folder / 'serve.log'}")

    def kill(self) -> None:
        """SIGKILL to all processes of the API, as a crash of the machine's memory would be."""
        self._end(signal.SIGKILL)

    def kill_one(self) -> bool:
        """SIGKILL to one of the processes that answer, chosen by chance; another is started in its place.

        False when none stands just now but the one that starts them.
        """
        if self.process is None:
            return False
        found = [
            int(stat.parent.name)
            for stat in Path("/proc").glob("[0-9]*/stat")
            if _parent(stat) == self.process.pid and _answers(stat.parent)
        ]
        if not found:
            return False
        os.kill(found[int(len(found) * self.rng.scope("hub", "kill").uniform())], signal.SIGKILL)
        return True

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, how)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.database.engine.dispose()


def _parent(stat: Path) -> int:
    """The process that started it; 0 when it has ended between the listing and the reading."""
    try:
        return int(stat.read_text("utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _answers(folder: Path) -> bool:
    """Whether it is a worker: the server keeps another process, which tracks what all of them share."""
    try:
        return b"spawn_main" in (folder / "cmdline").read_bytes()
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
