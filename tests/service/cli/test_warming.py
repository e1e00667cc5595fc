"""The engine compiled ahead: as a command, and beside `up`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from space_hub.cli import warmed, warming
from space_hub.cli.warming import Warming
from space_hub.clock import SystemClock
from tests.support.terminal import answer, said


def test_the_second_warm_up_finds_everything_on_disk(capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "warmup")
    again = answer(capsys, "warmup")
    assert again["kernels"] > 50
    assert again["compiled"] == 0
    assert again["elapsed_s"] < 20.0
    assert all(map(warmed.holds, warming.PARTS)), "and notes it, so that `up` need not look again"


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


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an engine of one source, and in `kept` what its one kernel was compiled to."""
    for name, text in (("engine/one.py", "1"), ("kept/one.nbi", "index"), ("kept/one.1.nbc", "code")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(warmed, "_ENGINE", tmp_path / "engine")
    cached: Any = SimpleNamespace(
        _index_path=str(tmp_path / "kept" / "one.nbi"),
        _load_index=lambda: {"signature": "one.1.nbc"},
        _data_path=lambda name: str(tmp_path / "kept" / name),
    )
    warmed.note(["all"], [SimpleNamespace(_cache=SimpleNamespace(_cache_file=cached))])
    assert warmed.holds(["all"])
    assert not warmed.holds(["other"])
    yield tmp_path


@pytest.mark.parametrize("lost", ["kept/one.nbi", "kept/one.1.nbc"])
def test_a_note_does_not_hold_without_a_file_that_it_names(noted: Path, lost: str) -> None:
    (noted / lost).unlink()
    assert not warmed.holds(["all"])


def test_a_note_does_not_hold_for_another_engine_or_processor(noted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: without the processor in `_made_of` the note of another machine held."""
    with monkeypatch.context() as changed:
        changed.setattr(warmed, "_PROCESSOR", noted / "engine" / "one.py")
        assert not warmed.holds(["all"])
    with monkeypatch.context() as changed:
        changed.setenv("NUMBA_CPU_NAME", "generic")
        assert not warmed.holds(["all"])
    assert warmed.holds(["all"])
    (noted / "engine" / "one.py").write_text("2")
    assert not warmed.holds(["all"])


def test_a_damaged_note_does_not_hold(noted: Path) -> None:
    (noted / "kept" / "warmed-all.json").write_text('{"made_of": ')
    assert not warmed.holds(["all"])


def test_only_what_is_missing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: with `missing` not looked at, `up` started every part each time."""
    monkeypatch.setattr(warmed, "holds", lambda part: part == warming.PARTS[0])
    with warming.beside(SystemClock()) as beside:
        beside.begin(missing=True)
        assert len(beside.running) == 1
        assert ",".join(warming.PARTS[1]) in str(beside.running[0].args)
    monkeypatch.setattr(warmed, "holds", lambda part: True)
    with warming.beside(SystemClock()) as beside:
        beside.begin(missing=True)
        assert beside.ready
        assert beside.outcome()["fault"] == ""
