"""What is written down about the product is true, and runs. The top README's walkthrough has a test of its own."""

import os
import re
import subprocess
import sys
from codeop import CommandCompiler
from pathlib import Path

import pytest

from space_hub.settings import OUTSIDE, Settings
from tests.support import walkthrough
from tests.support.source import ROOT

ROOMS = (
    *(
        "space_hub",
        "space_hub/orbit",
        "space_hub/orbit/ndm",
        "space_hub/orbit/probability",
        "space_hub/awareness",
        "space_hub/delivery",
        "space_hub/trust",
        "space_hub/work",
    ),
    *("providers", "catalog", "catalog/activation", "catalog/competition", "catalog/dossier", "api", "jobs"),
)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_has_a_readme_with_an_example_and_decisions(room: str) -> None:
    text = (ROOT / room / "README.md").read_text("utf-8")
    assert _BLOCK.search(text), "one runnable example in a ```python block"
    assert re.search(r"^#+ Decisions", text, re.MULTILINE)


@pytest.mark.parametrize("room", ROOMS)
def test_the_examples_run_on_their_own(room: str, tmp_path: Path) -> None:
    """Sabotage seen: a misspelt function in the example of `space_hub/trust/README.md`."""
    environment = os.environ | {"SPACE_HUB_DATA": str(tmp_path / "var"), "PYTHONWARNINGS": "error"}
    for block in _BLOCK.findall((ROOT / room / "README.md").read_text("utf-8")):
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("number", range(len(walkthrough.blocks())))
def test_a_block_of_the_walkthrough_can_be_pasted_line_by_line(number: int) -> None:
    """As the interpreter of Python 3.11 reads it: a blank line, and nothing else, ends a `for` or a `class`.

    Sabotage seen: no blank line after a `for`; a blank line between two methods.
    """
    compiler, pending = CommandCompiler(), ""
    for line in walkthrough.blocks()[number].splitlines():
        pending += f"{line}\n"
        if compiler(pending.removesuffix("\n"), symbol="single") is not None:
            pending = ""
    assert pending.strip() == "", "the block's last statement waits for a blank line"


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    """Sabotage seen: the row of SPACE_HUB_PORT removed; its default changed to 8001."""
    text = (ROOT / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `SPACE_HUB_([A-Z_]+)` \| (.*?) \|", text, re.MULTILINE))
    assert set(rows) == {name.upper() for name in Settings.model_fields} | OUTSIDE
    for name, field in Settings.model_fields.items():
        shown = "empty" if field.default in ("", []) else f"`{field.default}`"
        assert rows[name.upper()] == shown, name
