"""What starts soon imports little: the compiler and the cluster come with the first screening, never before."""

import subprocess
import sys

import pytest

HEAVY = ("numba", "llvmlite", "distributed", "dask", "scipy", "skyfield", "highspy", "typst")

_EVERYTHING = """
import importlib, pkgutil, sys
import api.routes
for module in pkgutil.iter_modules(api.routes.__path__):
    importlib.import_module(f"api.routes.{module.name}")
import api.app, jobs.runner, jobs.deliver, jobs.screen, space_hub.cli.app, space_hub.cli.loading
"""


@pytest.mark.parametrize("first", [_EVERYTHING, "import sys, space_hub.cli.running, api.app"])
def test_no_process_of_the_hub_starts_with_the_compiler(first: str) -> None:
    """Sabotage seen: `from space_hub.orbit import screening` at the top of `space_hub/awareness/screen.py`."""
    script = f"{first}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
