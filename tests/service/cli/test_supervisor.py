"""Children: started, started again with a growing pause, ended with all that they started."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from space_hub.cli.supervisor import Supervisor, memory_bytes, pause_s
from space_hub.clock import SystemClock

# A child that starts a helper of its own, says both ids, and waits for its end.
PROGRAM = """
import os, signal, subprocess, sys
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), helper.pid, flush=True)
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[1] == "stubborn" else lambda *_: sys.exit(0))
signal.pause()
"""

Told = list[tuple[str, int, float]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def children(tmp_path: Path, told: Told) -> Iterator[Supervisor]:
    made = Supervisor(
        SystemClock(),
        tmp_path,
        os.environ,
        lambda name, status, pause, _log: told.append((name, status, pause)),
        program=(sys.executable, "-c", PROGRAM),
    )
    yield made
    if made.children:
        made.stop()


def pids(children: Supervisor, name: str, line: int = 0) -> tuple[int, int]:
    """Ids of a child and its helper, from the child's log."""
    clock, log = children.clock, children.log_of(name)
    deadline = clock.monotonic() + 20
    while clock.monotonic() < deadline:
        text = log.read_text() if log.exists() else ""
        # Only whole lines: an unbuffered child writes one in pieces.
        lines = text.split("\n")[:-1]
        if len(lines) > line:
            first, second = map(int, lines[line].split())
            return first, second
        clock.sleep(0.02)
    raise AssertionError("the child did not start")


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has reaped yet counts as ended."""
    clock = SystemClock()
    deadline = clock.monotonic() + 10
    while clock.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        clock.sleep(0.02)
    return False


def test_a_crashed_child_is_started_again_after_a_pause_and_its_helpers_end_first(
    children: Supervisor, told: Told
) -> None:
    """Sabotage seen: without `_sweep` the helper lived on."""
    children.start("steady")
    child, helper = pids(children, "steady")
    os.kill(child, signal.SIGKILL)
    clock = children.clock
    deadline = clock.monotonic() + 20
    while children.children["steady"].failures == 0 or children.children["steady"].process is None:
        assert clock.monotonic() < deadline
        children.turn()
        clock.sleep(0.02)
    assert told == [("steady", -signal.SIGKILL, 0.5)]
    assert gone(helper)
    again, _ = pids(children, "steady", line=1)
    assert again != child


def test_stopping_leaves_nothing_behind(children: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a child that does not listen: it is killed when its time is over."""
    monkeypatch.setattr("space_hub.cli.supervisor._GRACE_S", 0.5)
    children.start("polite")
    children.start("stubborn")
    ids = [*pids(children, "polite"), *pids(children, "stubborn")]
    assert memory_bytes([ids[0], ids[2]]) > memory_bytes([])
    children.stop()
    assert all(gone(each) for each in ids)


def test_the_pause_doubles_up_to_half_a_minute() -> None:
    assert [pause_s(failures) for failures in (1, 2, 3, 7, 50)] == [0.5, 1.0, 2.0, 30.0, 30.0]
