"""`validate NAME` and `bench NAME`: what the product claims, shown.

A proof is a function that gives a report with `holds` and `as_dict()`; it holds
or it does not, and the exit status says which.
"""

import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from space_hub.cli.options import AsJson
from space_hub.cli.speak import FAILED, OK, WRONG_USE, Voice, sentence
from space_hub.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

Progress = Callable[[int, int], None]


class Report(Protocol):
    @property
    def holds(self) -> bool: ...

    def as_dict(self) -> dict[str, Any]: ...


def _formats(data: Path | None, _progress: Progress) -> Report:
    from space_hub.validation import formats

    return formats.run(1, data)


def _screening(data: Path | None, progress: Progress) -> Report:
    from space_hub.validation import screening

    return screening.run(data, progress=progress)


def _durability(_data: Path | None, progress: Progress) -> Report:
    from jobs.proofs import durability
    from jobs.proofs.service import Service

    with _folder() as folder, Service(f"sqlite:///{folder}/hub.sqlite", folder) as service:
        return durability.campaign(service, kills=50, progress=progress)


def _ledger(_data: Path | None, progress: Progress) -> Report:
    from jobs.proofs import ledger
    from jobs.proofs.service import Service

    with _folder() as folder, Service(f"sqlite:///{folder}/hub.sqlite", folder, workers=2) as service:
        return ledger.campaign(service, progress=progress)


PROOFS: dict[str, Callable[[Path | None, Progress], Report]] = {
    "durability": _durability,
    "formats": _formats,
    "ledger": _ledger,
    "screening": _screening,
}


def install(app: typer.Typer) -> None:
    app.command("validate", help=sentence("cli.help.validate"))(validate)
    app.command("bench", help=sentence("cli.help.bench"))(bench)


def validate(
    name: Annotated[str, typer.Argument(metavar="NAME", help=sentence("cli.option.proof", known=", ".join(PROOFS)))],
    data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help=sentence("cli.option.data"))] = None,
    as_json: AsJson = False,
) -> int:
    if name not in PROOFS:
        raise Invalid("cli.proof_unknown", name=name, known=", ".join(PROOFS))
    if data is not None and not data.is_dir():
        raise Invalid("cli.file_unreadable", path=str(data), reason=sentence("cli.no_folder"))
    voice = Voice(as_json)
    with voice.progress(name) as progress:
        report = PROOFS[name](data, progress)
    _table(voice, report)
    figures = report.as_dict()
    for label, value in figures.items():
        if not isinstance(value, list | dict):
            voice.people.print(f"{label:<32} {value}", markup=False)
    voice.tell("cli.holds" if report.holds else "cli.holds_not", style="green" if report.holds else "red", name=name)
    voice.answer({"name": name, "holds": report.holds} | figures)
    return OK if report.holds else FAILED


def _table(voice: Voice, report: Report) -> None:
    """The rows of a report that has some, under the names that `--json` uses too; a kind of damage is said in words."""
    rows: list[dict[str, object]] = getattr(report, "rows", list)()
    if rows:
        cells = [
            [sentence(f"formats.{value}") if name == "kind" else value for name, value in row.items()] for row in rows
        ]
        voice.figures(list(rows[0]), cells)


def bench(name: Annotated[str, typer.Argument(metavar="NAME", help=sentence("cli.option.bench"))]) -> int:
    """Only a checkout holds the benchmarks; `./hub bench` runs them there."""
    del name
    Voice().warn("cli.bench_needs_checkout")
    return WRONG_USE


@contextmanager
def _folder() -> "Iterator[Path]":
    """An empty folder that is gone when the proof is over."""
    with tempfile.TemporaryDirectory(prefix="space-hub-proof-") as folder:
        yield Path(folder)
