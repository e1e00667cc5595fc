"""Commands as a person and as a program see them."""

import json
from typing import Any

import pytest

from space_hub.cli.app import run


def answer(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> dict[str, Any]:
    """Run a command with --json; what it answers in its one line."""
    assert run([*words, "--json"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1, "one line of JSON and nothing else"
    found: dict[str, Any] = json.loads(lines[0])
    return found


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """Run a command for a person; all that it says, on both streams."""
    assert run(words) == status
    both = capsys.readouterr()
    return both.out + both.err
