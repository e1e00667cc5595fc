"""What the README has its reader run: the walkthrough's Python blocks in one namespace, the three ways' commands."""

import re
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[2] / "README.md"


def blocks(section: str = "Walkthrough", language: str = "python") -> list[str]:
    text = README.read_text("utf-8")
    found = text.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(rf"```{language}\n(.*?)```", found, re.DOTALL)


def run() -> dict[str, Any]:
    """Run every block; the names they leave behind. A block that fails raises."""
    names: dict[str, Any] = {"__name__": "walkthrough"}
    for number, block in enumerate(blocks(), start=1):
        exec(compile(block, f"README.md walkthrough block {number}", "exec"), names)
    return names
