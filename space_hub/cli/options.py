"""Options that several commands share."""

import errno
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from space_hub.cli.speak import sentence
from space_hub.clock import Clock, SystemClock
from space_hub.errors import Invalid

AsJson = Annotated[bool, typer.Option("--json", help=sentence("cli.option.json"))]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help=sentence("cli.option.limit"))]
Offset = Annotated[int, typer.Option("--hub-offset", metavar="SECONDS", help=sentence("cli.option.hub_offset"))]
MessageForm = Annotated[str, typer.Option("--format", metavar="FORM", help=sentence("cli.option.message_form"))]
File = Annotated[Path, typer.Argument(metavar="FILE", help=sentence("cli.option.file"))]


def instant(text: str) -> datetime:
    """An RFC 3339 time with its zone, in UTC; Invalid otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("cli.time_wrong", given=text) from error
    if at.tzinfo is None:
        raise Invalid("cli.time_wrong", given=text)
    return at.astimezone(UTC)


def shifted(offset: int) -> Clock:
    """This machine's clock, as far from the time of day as the hub's."""
    try:
        clock = SystemClock(timedelta(seconds=offset))
        clock.now()
    except OverflowError as error:
        raise Invalid("cli.offset_wrong", given=offset) from error
    return clock


_WHY = {
    errno.EACCES: "denied",
    errno.EEXIST: "exists",
    errno.EISDIR: "folder",
    errno.ENOENT: "missing",
    errno.ENOSPC: "full",
    errno.ENOTDIR: "missing",
    errno.EPERM: "denied",
    errno.EROFS: "denied",
}


def why(error: OSError) -> str:
    """What the system says against a file, in the language of the person at the terminal."""
    return sentence(f"cli.os.{_WHY.get(error.errno or 0, 'other')}", number=error.errno or "-")


def existing(path: Path) -> Path:
    """A file that is there and can be read; Invalid otherwise, before any work begins."""
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise Invalid("cli.file_unreadable", path=str(path), reason=why(error)) from error


def content(path: Path, parse_float: Callable[[str], Any] | None = None) -> Any:
    """What a file of JSON holds; Invalid, saying where it stops to be JSON, otherwise. None of it is repeated."""
    try:
        return json.loads(existing(path).read_bytes(), parse_float=parse_float)
    except (ValueError, RecursionError) as error:
        place = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "-"
        raise Invalid("cli.json_unreadable", path=str(path), place=place) from error
