"""The children of `up`: started, watched, started again after a crash, ended together.

A child that ends by itself is started again after a pause that doubles from half
a second to half a minute; one that has run for a minute begins with half a second
again. Each child leads its own process group, so that its helpers end with it,
and writes its log into `logs/` of the data folder.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from space_hub.clock import Clock

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _STEADY_S = 0.5, 30.0, 60.0
_GRACE_S = 6.0
_LOG_BYTES = 10 * 1024 * 1024

Ended = Callable[[str, int, float, Path], None]


def pause_s(failures: int) -> float:
    """How long to wait before the start after so many failures in a row."""
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))


@dataclass
class Child:
    name: str
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    again_at: float = 0.0


@dataclass
class Supervisor:
    """`ended(name, status, pause_s, log)` is told of each child that ended by itself."""

    clock: Clock
    folder: Path
    environment: Mapping[str, str]
    ended: Ended
    program: Sequence[str] = (sys.executable, "-m", "space_hub.cli.running")
    children: dict[str, Child] = field(default_factory=dict)
    _lifeline: tuple[int, int] = field(default_factory=os.pipe)

    def start(self, name: str) -> None:
        """Start the process of this name; a second call for the same name does nothing."""
        if name in self.children:
            return
        self.children[name] = child = Child(name)
        self._begin(child)

    def turn(self) -> None:
        """Look at every child once; start again what has ended and has waited long enough."""
        now = self.clock.monotonic()
        for child in self.children.values():
            if child.process is not None:
                status = child.process.poll()
                if status is None:
                    continue
                self._sweep(child.process)
                child.process = None
                child.failures = 1 if now - child.started > _STEADY_S else child.failures + 1
                child.again_at = now + pause_s(child.failures)
                self.ended(child.name, status, pause_s(child.failures), self.log_of(child.name))
            elif now >= child.again_at:
                self._begin(child)

    def stop(self) -> None:
        """End all children: asked at once, killed when they take too long."""
        running = [child.process for child in self.children.values() if child.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = self.clock.monotonic() + _GRACE_S
        for process in running:
            try:
                process.wait(max(0.05, deadline - self.clock.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._sweep(process)
        self.children.clear()
        for end in self._lifeline:
            os.close(end)

    def log_of(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _begin(self, child: Child) -> None:
        log = self.log_of(child.name)
        log.parent.mkdir(mode=0o700, exist_ok=True)
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as sink:
            child.process = subprocess.Popen(
                [*self.program, child.name, str(self._lifeline[0])],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                pass_fds=[self._lifeline[0]],
                start_new_session=True,
            )
        child.started = self.clock.monotonic()

    @staticmethod
    def _sweep(process: "subprocess.Popen[bytes]") -> None:
        """End what a dead child has left of its group."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def memory_bytes(leaders: Sequence[int]) -> int:
    """Memory held now by this process and all processes of the children's sessions; 0 where it cannot be read."""
    page = os.sysconf("SC_PAGE_SIZE")
    wanted, total = {*leaders}, 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # It ended between the listing and the look.
        fields = text.rpartition(")")[2].split()
        if int(fields[3]) in wanted or stat.parent.name == str(os.getpid()):
            total += int(fields[21]) * page
    return total
