"""How the command line talks: sentences from the message catalogue, and one JSON line for programs.

With `--json` standard output carries exactly one line, the answer; what is meant
for people then goes to standard error, without the tables, which the answer holds.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from space_hub.errors import HubError, Kind
from space_hub.text import Word, choose, say

OK, FAILED, WRONG_USE = 0, 1, 2

_FILE_WIDTH = 160
_NUMBERS = {
    f"cli.column.{name}"
    for name in (
        *("age", "cases", "accepted", "days", "departed", "failed", "line", "miss", "speed"),
        *("alone", "amount", "balance", "saved", "share"),
    )
}
_WHOLE = {f"cli.column.{name}" for name in ("at", "epoch", "id", "need", "since", "tca")}
"""Columns whose cells are never folded."""


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the person at the terminal: SPACE_HUB_LANG, else the usual variables, else English."""
    for name in ("SPACE_HUB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return choose(environment[name].replace("_", "-").split(".")[0])
    return "en"


def sentence(code: str, **params: object) -> str:
    return say(code, language(), **params)


class Tell(Protocol):
    """Tells a bar how far the work is, and at which step if it has some."""

    def __call__(self, done: int, total: int, step: str = "") -> None: ...


@dataclass
class Voice:
    """One command's way to speak; `json` says whether a program listens."""

    json: bool = False
    people: Console = field(init=False)

    def __post_init__(self) -> None:
        self.people = Console(stderr=self.json, highlight=False)
        if not self.people.is_terminal:
            self.people.width = _FILE_WIDTH  # A file or a pipe has no edge to fold at.

    def tell(self, code: str, /, *, style: str | None = None, **params: object) -> None:
        self.people.print(sentence(code, **params), style=style, markup=False, soft_wrap=True)

    def warn(self, code: str, /, **params: object) -> None:
        warn(code, **params)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table with a title and column heads given by their codes; only for people."""
        if self.json:
            return
        made = Table(title=sentence(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            right = column in _NUMBERS
            made.add_column(sentence(column), justify="right" if right else "left", no_wrap=right or column in _WHOLE)
        for row in rows:
            made.add_row(*map(_cell, row))
        if made.row_count:
            self.people.print(made)
        else:
            self.people.print(sentence(title), style="bold", markup=False)
            self.tell("cli.none")

    def figures(self, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table of measured figures under their own names; only for people."""
        if self.json:
            return
        made = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in names:
            made.add_column(name)
        for row in rows:
            made.add_row(*map(_cell, row))
        self.people.print(made)

    def secret(self, key_id: str, expires: datetime, secret: str) -> None:
        """A key's secret, shown once: to people here, to a program in its one line, never in both."""
        if not self.json:
            self.tell("admin.key_made", key_id=key_id, expires=expires.date().isoformat())
            self.people.print(secret, markup=False)

    @contextmanager
    def progress(self, label: str) -> Iterator["Tell"]:
        """A bar to be told (done, total) while the block runs; a file or a pipe gets none."""
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        hidden = not self.people.is_terminal
        with Progress(*columns, console=self.people, transient=True, disable=hidden) as bar:
            task = bar.add_task(label, total=None)

            def tell(done: int, total: int, step: str = "") -> None:
                bar.update(task, completed=done, total=total or None, description=step or label)

            yield tell

    def answer(self, payload: Mapping[str, Any]) -> None:
        """The one line for programs; silent when a person is reading."""
        if self.json:
            print(json.dumps(payload, default=shown, ensure_ascii=False), flush=True)


def warn(code: str, /, **params: object) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(sentence(code, **params), style="yellow", markup=False)


def refuse(error: HubError, *, as_json: bool) -> int:
    """Say what went wrong; the exit status that belongs to it."""
    detail = sentence(error.code, **error.params)
    Console(stderr=True, highlight=False, soft_wrap=True).print(detail, style="red", markup=False)
    for cause in error.causes:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"- {sentence(cause.code, **cause.params)}", style="red", markup=False
        )
    if as_json:
        answer_fault(error.code, detail)
    return WRONG_USE if error.kind is Kind.INVALID else FAILED


def answer_fault(code: str, detail: str) -> None:
    """The one line for programs when a command was refused."""
    print(json.dumps({"error": {"code": code, "detail": detail}}, ensure_ascii=False), flush=True)


def shown(value: object) -> str:
    """A value as people and JSON read it: times in UTC with Z, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def moment(value: object) -> str:
    """A time as people read it: to the minute, in UTC; nothing for None."""
    return shown(value)[:16].replace("T", " ") + (" UTC" if value else "")


def _cell(value: object) -> Text:
    """A `Word` by its label, all else as it is: what a supplier writes in brackets is no style of ours."""
    return Text(value.label(language()) if isinstance(value, Word) else shown(value))


def interrupted() -> int:
    sys.stderr.write("\n")
    return 130
