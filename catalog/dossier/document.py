"""A paper as a value: sections of paragraphs, facts, tables and figures, each statement with what it rests on. Pure.

It knows nothing of matches, and what sets it (`html`, `pdf`) knows nothing of
them either. All words are in one language; numbers of sections, tables and
figures are given by who sets it, in reading order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

Align = Literal["left", "right", "centre"]


Tone = Literal["plain", "good", "care", "bad", "quiet"]
"""How a thing is meant: told by colour and by a word or a sign, never by colour alone."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A source in few characters, `O3` or `C1`; `target` is the place in the paper that gives it in full, if any."""

    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement and what it rests on."""

    text: str
    refs: tuple[Ref, ...] = ()
    strong: bool = False
    code: bool = False
    """An identifier or a hash: set in one width, broken anywhere."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Bullets:
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A statement that must not be overlooked."""

    head: str
    lines: tuple[Line, ...]
    tone: Tone = "care"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values in two columns."""

    rows: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is read first: the value large, what it is small."""

    value: str
    label: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Tiles:
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    align: Align = "left"
    share: float = 0
    """Of the width that is left beside columns as wide as their content, which have 0."""


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Line, ...]
    anchor: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    source: str
    """Where its figures stand in the record."""
    note: str = ""
    small: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """`name` is that of its file among the plots; `spoken` says what it shows to who cannot see it."""

    name: str
    caption: str
    spoken: str
    svg: str
    source: str


Block = Paragraph | Bullets | Notice | Facts | Tiles | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str
    blocks: tuple[Block, ...]
    annex: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """`words` are those of the frame: what a table, a figure, the contents, a page are called.

    `issued` is the day in words, `dated` the same as `2026-11-22`.
    """

    language: str
    kind: str
    title: str
    subtitle: str
    marking: str
    reference: str
    author: str
    maxim: str
    issued: str
    dated: str
    facts: Facts
    brief: tuple[Block, ...]
    sections: tuple[Section, ...]
    words: Mapping[str, str]

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Figure))


def plain(value: Any) -> Any:
    """As JSON holds it; a block says what it is under `is`."""
    if is_dataclass(value) and not isinstance(value, type):
        made = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        return {"is": type(value).__name__.lower(), **made} if isinstance(value, Block) else made
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return value
