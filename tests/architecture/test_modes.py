"""Who may read what is asked of one table, and always together with the mode."""

import ast
import re

from tests.support.source import PACKAGES, ROOT

HOME = "space_hub/trust/markings.py"


def test_readers_are_asked_for_in_one_place() -> None:
    """Sabotage seen: the table of readers imported again by `catalog/demand/arrivals.py`."""
    named = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\bMarkingReader\b|\bmarking_reader\b", path.read_text("utf-8"))
    }
    assert {path for path in named if not path.startswith("jobs/migrations/")} == {HOME}


def test_whoever_asks_for_readers_asks_for_a_mode() -> None:
    """Sabotage seen: `readers` without the mode."""
    tree = ast.parse((ROOT / HOME).read_text("utf-8"))
    asking = {}
    for function in tree.body:
        text = ast.unparse(function)
        if isinstance(function, ast.FunctionDef) and "col(MarkingReader." in text:
            asking[function.name] = (
                "col(MarkingReader.mode) == mode" in text or "readable(organisation_id, mode)" in text
            )
    assert asking
    assert all(asking.values()), asking
