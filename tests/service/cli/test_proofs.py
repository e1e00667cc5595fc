import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.proofs import durability, ledger
from jobs.proofs.service import Service
from space_hub.cli import proofs
from space_hub.cli.speak import Voice
from space_hub.clock import SystemClock
from space_hub.errors import Invalid
from tests.support.terminal import answer


@dataclass
class Report:
    """A report as the proofs give it: with rows of its own kind."""

    table: list[dict[str, object]]
    holds: bool = True

    def rows(self) -> list[dict[str, object]]:
        return self.table

    def as_dict(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "digit_damaged", "cases": 5000, "failed": 0}, ["One digit damaged", "5000"]),
        ({"run": "step 37 s", "cases": 558, "max_tca_error_ms": 0.015}, ["step 37 s", "558", "max_tca_error_ms"]),
    ],
)
def test_the_rows_of_every_proof_are_shown(
    row: dict[str, object], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A report without `kind` once ended a two-minute campaign with a fault at its last line."""
    proofs._table(Voice(False), Report([row]))
    shown = capsys.readouterr()
    assert all(word in shown.out + shown.err for word in words)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases on which campaigns were asked to run; the campaigns themselves are left to their own tests."""
    urls: list[str] = []

    def campaign(service: Service, *, kills: int = 0, progress: Callable[[int, int], None]) -> Report:
        urls.append(service.url)
        progress(1, 1)
        return Report([])

    monkeypatch.setattr(ledger, "campaign", campaign)
    monkeypatch.setattr(durability, "campaign", campaign)
    return urls


@pytest.mark.parametrize("name", ["ledger", "durability"])
def test_a_proof_runs_on_the_database_that_is_given_or_on_one_of_its_own(
    name: str, seen: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = f"sqlite:///{tmp_path}/fresh.sqlite"
    assert answer(capsys, "validate", name, "--database-url", given) == {"name": name, "holds": True}
    answer(capsys, "validate", name)
    assert seen[0] == given
    assert not Path(seen[1].removeprefix("sqlite:///")).exists(), "its own is gone afterwards"


def test_a_database_that_holds_anything_is_left_alone(
    seen: list[str], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sabotage seen: without `_need_empty` the proof went on to fill it."""
    error = answer(capsys, "validate", "ledger", "--database-url", database_url, status=2)["error"]
    assert error["code"] == "cli.database_not_empty"
    assert seen == []


def of_this_proof(folder: Path) -> list[str]:
    """The processes that were started with this temporary folder."""
    mark, found = f"TMPDIR={folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # Not ours, or gone in this moment.
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
    return found


def test_a_proof_that_is_ended_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    """Sabotage seen: without `_ended_in_order` the folder stayed; without the clients' end in `ledger.campaign` they
    asked for ever."""
    proof = subprocess.Popen(
        [sys.executable, "-m", "space_hub.cli", "validate", "ledger"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    clock = SystemClock()
    deadline = clock.monotonic() + 30
    while not [*tmp_path.glob("space-hub-proof-*/client_*.jsonl")]:
        assert proof.poll() is None
        assert clock.monotonic() < deadline
        clock.sleep(0.05)
    assert len(of_this_proof(tmp_path)) > 8
    proof.send_signal(signal.SIGTERM)
    assert proof.wait(timeout=30) == 130
    assert [*tmp_path.glob("space-hub-proof-*")] == []
    assert of_this_proof(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (["formats", "--database-url", "sqlite://"], "cli.proof_no_database", 2),
        (["ledger", "--database-url", "nonsense"], "cli.database_url_wrong", 2),
        (["ledger", "--database-url", "oracle://nowhere/none"], "cli.database_url_wrong", 2),
        (["ledger", "--database-url", "postgresql+psycopg://me:sesame@127.0.0.1:1/x"], "cli.database_unreachable", 1),
    ],
)
def test_a_database_that_cannot_be_used_is_said_without_its_password(
    words: list[str], code: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = answer(capsys, "validate", *words, status=status)["error"]
    assert error["code"] == code
    assert "sesame" not in error["detail"]


def test_published_cases_are_found_or_said_to_be_missing_never_replaced_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: answering None for a folder without cases ran the synthetic ones instead."""
    monkeypatch.delenv("SPACE_HUB_SHARED", raising=False)
    assert proofs._cases(None) is None
    (tmp_path / "data" / "gp").mkdir(parents=True)
    assert proofs._cases(tmp_path) == proofs._cases(tmp_path / "data") == tmp_path / "data"
    monkeypatch.setenv("SPACE_HUB_SHARED", str(tmp_path))
    assert proofs._cases(None) == tmp_path / "data"
    with pytest.raises(Invalid, match=r"cli\.no_cases"):
        proofs._cases(tmp_path / "elsewhere")
