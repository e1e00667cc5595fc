"""What may be called and imported where, beyond the arrows that import-linter checks."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import PACKAGES, dotted, imported_names, modules

DOORS = {Path("space_hub/clock.py"), Path("space_hub/rng.py")}

BANNED = (
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.sleep", "time.monotonic", "time.monotonic_ns"),
    *("random", "secrets", "os.urandom", "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "numpy.random"),
)

NUMERICS = {"numba", "numpy", "scipy", "sgp4", "skyfield"}

PURE = {
    "space_hub/orbit": {"space_hub.orbit", "space_hub.errors", *NUMERICS},
    "space_hub/vocabulary": {"space_hub.vocabulary", "space_hub.errors", "space_hub.text", "iso3166"},
    "catalog/feasibility": {
        "catalog.feasibility",
        "space_hub.orbit",
        "space_hub.vocabulary",
        "space_hub.errors",
        "space_hub.text",
        "numpy",
    },
    "catalog/dossier": {
        "catalog.dossier",
        "catalog.code_labels",
        "catalog.matching",
        "catalog.wording",
        "providers.working_days",
        "space_hub.text",
        "space_hub.vocabulary",
        "typst",
    },
    "catalog/joint": {
        "catalog.joint",
        "catalog.matching",
        "catalog.portfolio",
        "catalog.shelf.content",
        "catalog.together.economy",
        "catalog.together.shares",
        "space_hub.text",
        "space_hub.vocabulary",
    },
    "catalog/portfolio": {
        "catalog.portfolio",
        "space_hub.vocabulary",
        "space_hub.errors",
        "space_hub.text",
        "highspy",
        "numpy",
        "scipy",
    },
    "catalog/matching": {
        "catalog.matching",
        "catalog.portfolio",
        "space_hub.vocabulary",
        "space_hub.errors",
        "space_hub.text",
        "providers.adapters",
        "catalog.shelf.content",
        "numpy",
        "scipy",
    },
}
"""Folder -> all that its modules may import besides the standard library."""

SIDE_EFFECTS = {"os", "socket", "subprocess", "threading", "asyncio", "urllib", "http", "sqlite3", "tempfile", "shutil"}
"""Parts of the standard library that a pure room does not touch."""


def forbidden_draws(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each use of the machine's clock or randomness."""
    bound = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = dotted(node, bound)
            if name is not None and any(name == each or name.startswith(f"{each}.") for each in BANNED):
                yield node.lineno, name


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import datetime as d\nx = field(default_factory=d.now)",
        "from time import sleep as wait\nwait(1)",
        "import random as r\nr.random()",
        "import numpy as np\nnp.random.default_rng(1)",
        "def f():\n    from uuid import uuid4\n    return uuid4()",
    ],
)
def test_the_search_sees_every_way_to_write_it(source: str) -> None:
    assert list(forbidden_draws(ast.parse(source)))


def test_time_and_chance_come_through_their_two_doors() -> None:
    """Sabotage seen: `datetime.now(UTC)` in `space_hub/trust/keys.py`."""
    found = [
        f"{path}:{line} {name}"
        for path, tree in modules(*PACKAGES)
        if path not in DOORS
        for line, name in forbidden_draws(tree)
    ]
    assert found == [], "take a Clock or an Rng as an argument"


@pytest.mark.parametrize("folder", PURE)
def test_a_pure_room_imports_only_what_is_on_its_list(folder: str) -> None:
    """Sabotage seen: `import os` and `from space_hub.clock import Clock` in `space_hub/orbit/elements.py`."""
    allowed = PURE[folder]
    found = []
    for path, tree in modules(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                top = name.split(".")[0]
                if top in sys.stdlib_module_names and top not in SIDE_EFFECTS:
                    continue
                if not any(name == each or name.startswith(f"{each}.") for each in allowed):
                    found.append(f"{path}:{node.lineno} {name}")
    assert found == []


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "util", "helpers", "common", "misc"}
    assert [str(path) for path, _ in modules(*PACKAGES) if path.stem in vague] == []
