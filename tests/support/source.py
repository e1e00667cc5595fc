"""The project's own files as values, for tests that read the source."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("space_hub", "providers", "catalog", "api", "jobs")


@cache
def files() -> list[Path]:
    """Every file that is or would be in the repository."""
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file())


def modules(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Path from the root, and syntax tree, of every module of these packages."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT), _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted name of what an import bound to it, wherever in the module the import stands."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.split(".")[0]
                bound[alias.asname or head] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return bound


def dotted(node: ast.expr, bound: dict[str, str]) -> str | None:
    """The dotted name that an expression stands for, imports resolved; None for anything else."""
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Attribute):
        left = dotted(node.value, bound)
        return None if left is None else f"{left}.{node.attr}"
    return None
