"""One call of the benchmark: which parts to measure, where they are kept, what is drawn from them."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import Misused
from benchmarks.screening.catalogue import Catalogue, real
from benchmarks.screening.conditions import conditions
from benchmarks.screening.figures import Figures, figures
from benchmarks.screening.parts import PARTS, Say
from benchmarks.screening.plots import draw
from benchmarks.screening.table import write_table

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "space_hub" / "orbit" / "README.md"
KEPT = "screening.json"


def measure(options: Sequence[str], results: Path = RESULTS, readme: Path = README) -> Figures:
    """Measure, keep, draw; the figures."""
    if "--quick" in options:
        return figures(measured(["day"]), ["day"])
    kept = results / KEPT
    parts: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    for part in wanted(options):
        parts |= measured([part])
        # Kept at once: an hour's work is not lost with its last minute.
        results.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(parts, indent=1) + "\n", "utf-8")
    out = figures(parts, list(PARTS))
    draw(parts, results)
    write_table(readme, parts, out)
    return out


def wanted(options: Sequence[str]) -> list[str]:
    """The parts to measure now."""
    if "--redraw" in options:
        return []
    chosen = [one.removeprefix("--only=").split(",") for one in options if one.startswith("--only=")]
    names = [name for some in chosen for name in some] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise Misused(f"no such part: {', '.join(unknown)}; known: {', '.join(PARTS)}")
    return names


def measured(names: Sequence[str], catalogue: Catalogue | None = None) -> dict[str, Any]:
    """These parts, each with its conditions."""
    given = catalogue or real()
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="screening-") as folder, _progress() as say:
        for name in names:
            out[name] = {"conditions": conditions(), **PARTS[name](given, Path(folder), say)}
    return out


@contextmanager
def _progress() -> Iterator[Say]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:

        @contextmanager
        def say(what: str) -> Iterator[object]:
            task = progress.add_task(what, total=1)
            yield task
            progress.update(task, completed=1)

        yield say
