"""The linters are tests: one command checks all.

Sabotage seen, one each: a line of 130 characters; an unsorted argument list left
unformatted; `def f() -> int: return "x"` in a module; `import api.app` in `catalog`;
`import httpx` in `space_hub.orbit.elements`.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.source import ROOT


def run(*words: str) -> None:
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"


def test_ruff_finds_nothing_to_complain_about() -> None:
    run("ruff", "check", "--quiet", ".", "hub")


def test_every_file_is_formatted() -> None:
    run("ruff", "format", "--check", "--quiet", ".", "hub")


def test_types_hold_under_strict_mypy() -> None:
    run("mypy", "--no-error-summary")


def test_imports_point_down() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"
