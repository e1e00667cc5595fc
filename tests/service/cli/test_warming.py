"""The engine compiled ahead: as a command, and beside `up`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from space_hub.cli import warming
from space_hub.cli.warming import Warming
from space_hub.clock import SystemClock
from tests.support.terminal import answer, said


def test_the_second_warm_up_finds_everything_on_disk(capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "warmup")
    again = answer(capsys, "warmup")
    assert again["kernels"] > 50
    assert again["compiled"] == 0
    assert again["elapsed_s"] < 20.0


def test_a_part_that_fails_is_told_with_its_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: without the look at the exit status the command says that all is ready."""
    monkeypatch.setattr(warming, "PARTS", (("nothing",), ("nothing",)))
    assert "KeyError: 'nothing'" in said(capsys, "warmup", status=1)


def test_what_still_compiles_ends_with_whoever_began_it() -> None:
    """Sabotage seen: without the `kill` in `stop` the processes go on."""
    with warming.beside(SystemClock()) as beside:
        beside.begin()
        assert not beside.over
        running = list(beside.running)
        assert running
    assert all(each.returncode == -9 for each in running)


def test_a_part_is_not_longer_there_than_the_process_that_began_it(tmp_path: Path) -> None:
    """As when `up` is killed. Sabotage seen: without the pipe its parts went on."""
    script = (
        "from space_hub.cli.warming import Warming\n"
        "import os, time\n"
        "made = Warming(); made.begin()\n"
        "print(*(one.pid for one in made.running), flush=True)\n"
        "time.sleep(0.2); os.kill(os.getpid(), 9)\n"
    )
    # With nothing on disk they would be busy for much longer than the test waits.
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60, env=environment
    )
    assert done.returncode == -9
    assert gone(list(map(int, done.stdout.split())))


def gone(pids: list[int]) -> bool:
    """Whether all these processes end soon."""
    clock = SystemClock()
    deadline = clock.monotonic() + 5.0
    while clock.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        clock.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_one_core_does_without_the_second_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0})
    made = Warming(SystemClock())
    made.begin()
    assert len(made.running) == 1
    made.stop()
