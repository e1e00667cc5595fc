"""`up` as it is typed: the real program, its real children, real signals, a real port."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from jobs.proofs.service import free_port

START_S = 60.0


class Up:
    """One `up` on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[str] | None = None

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPACE_HUB_")}
        return kept | {"SPACE_HUB_DATA": str(self.folder / "var"), "SPACE_HUB_LANG": "en"}

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "space_hub.cli", "up", "--port", str(self.port), *words]
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        return self.process

    def until(self, path: str, status: int = 200) -> None:
        """Wait until the API answers `path` with `status`."""
        deadline = time.monotonic() + START_S
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as client:
            while time.monotonic() < deadline:
                assert self.process is not None
                if self.process.poll() is not None:
                    out, error = self.process.communicate()
                    raise AssertionError(f"up ended with {self.process.returncode}: {out}\n{error}")
                try:
                    if client.get(path, timeout=5.0).status_code == status:
                        return
                except httpx.TransportError:
                    pass  # It has not begun to listen.
                time.sleep(0.05)
        raise AssertionError(f"{path} did not answer {status}: {self.logs()}")

    def logs(self) -> str:
        return "\n".join(file.read_text()[-2000:] for file in (self.folder / "var" / "logs").glob("*.log"))

    def children(self) -> dict[str, int]:
        """Process ids of the three children by name."""
        assert self.process is not None
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if parent == self.process.pid and "space_hub.cli.running" in words:
                found[words[words.index("space_hub.cli.running") + 1]] = int(entry.name)
        return found

    def all_children(self) -> dict[str, int]:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            found = self.children()
            if len(found) == 3:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not all children run: {self.children()}")

    def end(self, how: signal.Signals) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(how)
        out, error = self.process.communicate(timeout=30)
        return self.process.returncode, out + error


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.send_signal(signal.SIGTERM)
        made.process.communicate(timeout=30)


def alive(pids: dict[str, int]) -> list[str]:
    """Names of those that still run after a fair wait."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        running = [name for name, pid in pids.items() if (Path("/proc") / str(pid) / "cmdline").exists()]
        if not running:
            return []
        time.sleep(0.05)
    return running


def test_one_command_makes_a_hub_keeps_it_up_and_ends_it_whole(up: Up) -> None:
    """A new installation of a replayed day, from nothing to ready; then everything that can happen to it.

    Sabotage seen, one each: no restart in `Supervisor.turn`; no lifeline given to the
    children; no lock on the folder. Children that are not stopped in `_supervised` stay
    unseen, because the lifeline ends them: two guards for one promise.
    """
    up.begin("--now", "2024-11-02T00:00:00Z")
    up.until("/readyz")
    keys = up.folder / "var" / "keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    header = {"Authorization": f"Bearer {json.loads(keys.read_text())['operations_centre']}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{up.port}", trust_env=False, headers=header) as client:
        assert client.get("/v1/conjunctions").json()["items"]

    second = subprocess.run(
        [sys.executable, "-m", "space_hub.cli", "up", "--port", str(free_port())],
        env=up.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert second.returncode == 2
    assert f"http://127.0.0.1:{up.port}" in second.stderr

    first = up.all_children()
    os.kill(first["serve"], signal.SIGKILL)
    assert alive({"serve": first["serve"]}) == []
    up.until("/healthz")

    running = up.all_children()
    status, said = up.end(signal.SIGINT)
    assert status == 0, said
    assert "SYNTHETIC" in said
    assert alive(running) == []

    # A second start: the same time is taken, the catalogue stays, and a death leaves no orphan.
    up.begin("--now", "2024-11-02T00:00:00Z")
    up.until("/readyz")
    running = up.all_children()
    up.end(signal.SIGKILL)
    assert alive(running) == []

    up.begin("--now", "2025-01-01T00:00:00Z")
    assert up.process is not None
    _, error = up.process.communicate(timeout=30)
    assert up.process.returncode == 1
    assert "2024-11-02T00:00:00Z" in error


def test_once_ends_with_the_figures_of_the_run(up: Up) -> None:
    out, error = up.begin("--once", "--now", "2024-11-02T00:00:00Z", "--json").communicate(timeout=120)
    assert up.process is not None
    assert up.process.returncode == 0, error
    figures = json.loads(out.splitlines()[-1])
    assert figures["offered"] == figures["screened"] + figures["excluded"] + figures["unusable"]
    assert figures["window_start"] == "2024-11-02T00:00:00.000Z"
    assert figures["encounters"] > 0
    assert figures["synthetic"] is True
    assert figures["memory_mib"] > 0
    assert "SYNTHETIC" in error
