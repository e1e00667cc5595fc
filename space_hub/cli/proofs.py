"""`validate NAME` and `bench NAME`: what the product claims, shown.

A proof is a function that gives a report with `holds` and `as_dict()`; it holds
or it does not, and the exit status says which.
"""

import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from space_hub.cli import house
from space_hub.cli.options import AsJson
from space_hub.cli.speak import FAILED, OK, WRONG_USE, Voice, sentence
from space_hub.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.proofs.service import Service

Progress = Callable[[int, int], None]


class Report(Protocol):
    @property
    def holds(self) -> bool: ...

    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """What a proof may use: a folder of published cases, and a fresh database in place of SQLite."""

    data: Path | None
    database_url: str | None
    progress: Progress


def _access(ask: Ask) -> Report:
    from space_hub.validation import access

    return access.run(ask.data, progress=ask.progress)


def _formats(ask: Ask) -> Report:
    from space_hub.validation import formats

    return formats.run(1, ask.data)


def _manoeuvres(ask: Ask) -> Report:
    from space_hub.validation import manoeuvres

    return manoeuvres.run(ask.data, progress=ask.progress)


def _pc(ask: Ask) -> Report:
    from space_hub.validation import pc

    return pc.run(ask.data, progress=ask.progress)


def _propagation(ask: Ask) -> Report:
    from space_hub.validation import propagation

    return propagation.run(ask.data, progress=ask.progress)


def _realism(ask: Ask) -> Report:
    from space_hub.validation import realism

    return realism.run(ask.data, progress=ask.progress)


def _screening(ask: Ask) -> Report:
    from space_hub.validation import screening

    return screening.run(ask.data, progress=ask.progress)


def _tracking(ask: Ask) -> Report:
    from space_hub.validation import tracking

    return tracking.run(ask.data, progress=ask.progress)


def _durability(ask: Ask) -> Report:
    from jobs.proofs import durability

    with _service(ask) as service:
        return durability.campaign(service, kills=50, progress=ask.progress)


def _ledger(ask: Ask) -> Report:
    from jobs.proofs import ledger

    with _service(ask, workers=2) as service:
        return ledger.campaign(service, progress=ask.progress)


def _documents(ask: Ask) -> Report:
    from jobs.proofs import documents

    return documents.run(ask.data, ask.progress)


PROOFS: dict[str, Callable[[Ask], Report]] = {
    "access": _access,
    "documents": _documents,
    "durability": _durability,
    "formats": _formats,
    "ledger": _ledger,
    "manoeuvres": _manoeuvres,
    "pc": _pc,
    "propagation": _propagation,
    "realism": _realism,
    "screening": _screening,
    "tracking": _tracking,
}
ON_A_DATABASE = ("durability", "ledger")
CASES = ("gp", "manoeuvres", "messages")
"""Folders by which one that holds cases is known."""


def install(app: typer.Typer) -> None:
    app.command("validate", help=sentence("cli.help.validate"))(validate)
    app.command("bench", help=sentence("cli.help.bench"))(bench)


def validate(
    name: Annotated[str, typer.Argument(metavar="NAME", help=sentence("cli.option.proof", known=", ".join(PROOFS)))],
    data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help=sentence("cli.option.data"))] = None,
    database_url: Annotated[
        str | None, typer.Option("--database-url", metavar="URL", help=sentence("cli.option.database_url"))
    ] = None,
    as_json: AsJson = False,
) -> int:
    if name not in PROOFS:
        raise Invalid("cli.proof_unknown", name=name, known=", ".join(PROOFS))
    cases = _cases(data)
    if database_url is not None:
        if name not in ON_A_DATABASE:
            raise Invalid("cli.proof_no_database", name=name, known=", ".join(ON_A_DATABASE))
        _need_empty(database_url)
    voice = Voice(as_json)
    with _ended_in_order(), voice.progress(name) as progress:
        report = PROOFS[name](Ask(cases, database_url, progress))
    _table(voice, report)
    figures = report.as_dict()
    for label, value in figures.items():
        if not isinstance(value, list | dict):
            voice.people.print(f"{label:<32} {value}", markup=False)
    voice.tell("cli.holds" if report.holds else "cli.holds_not", style="green" if report.holds else "red", name=name)
    voice.answer({"name": name, "holds": report.holds} | figures)
    return OK if report.holds else FAILED


def _cases(given: Path | None) -> Path | None:
    """The folder that holds cases: DIR, DIR/data, or that of SPACE_HUB_SHARED; None stands for synthetic cases."""
    shared = os.environ.get("SPACE_HUB_SHARED")
    if given is None and not shared:
        return None
    folder = given or Path(shared or "")
    for each in (folder, folder / "data"):
        if any((each / kind).is_dir() for kind in CASES) or any(each.glob("manoeuvres_*.yaml")):
            return each
    raise Invalid("cli.no_cases", folder=str(folder))


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
def _service(ask: Ask, workers: int = 1) -> "Iterator[Service]":
    """An installation on the database that was given, else on SQLite in a folder that is gone afterwards."""
    from jobs.proofs.service import Service

    with tempfile.TemporaryDirectory(prefix="space-hub-proof-") as name:
        folder = Path(name)
        url = ask.database_url or f"sqlite:///{folder}/hub.sqlite"
        with Service(url, folder, workers=workers) as service:
            yield service


@contextmanager
def _ended_in_order() -> "Iterator[None]":
    """SIGTERM ends a proof as Ctrl-C does: its processes and its folder go with it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _need_empty(url: str) -> None:
    """Refuse a database that holds anything: a proof fills it with rows of its own."""
    from sqlalchemy import inspect

    database = house.connected(url)
    tables = len(inspect(database.engine).get_table_names())
    database.engine.dispose()
    if tables:
        raise Invalid("cli.database_not_empty", tables=tables)
