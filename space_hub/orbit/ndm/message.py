"""Navigation data messages as values: a tree of blocks that is the same whatever form it came in.

Nothing is converted here. A value is the text that was printed, so that what is read
and written again is what it was; numbers, instants and matrices are asked of the typed
views (`cdm`, `oem`, `omm`). Where something stood in the text (`line`) is kept for
messages to people and does not count when two messages are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["cdm", "omm", "oem", "opm", "ocm", "tdm", "rdm", "aem", "apm", "acm", "ndm"]
Form = Literal["kvn", "xml", "json"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A keyword with its value as printed; `unit` is empty where none was stated."""

    keyword: str
    value: str
    unit: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """One line of comment, without the blanks around it."""

    text: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: an ephemeris or trajectory line, or (with its keyword) an observation."""

    values: tuple[str, ...]
    keyword: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """A named part of a message: header, metadata, stateVector, covarianceMatrix and so on, in their order."""

    name: str
    items: "tuple[Entry | Comment | Row | Block, ...]"
    line: int = field(default=0, compare=False)

    def entry(self, keyword: str) -> Entry | None:
        """The entry of this block itself; an empty value counts as none."""
        for item in self.items:
            if isinstance(item, Entry) and item.keyword == keyword and item.value:
                return item
        return None

    def text(self, keyword: str) -> str | None:
        found = self.entry(keyword)
        return found.value if found else None

    def blocks(self, name: str) -> "tuple[Block, ...]":
        return tuple(item for item in self.items if isinstance(item, Block) and item.name == name)

    def block(self, name: str) -> "Block | None":
        return next(iter(self.blocks(name)), None)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(item for item in self.items if isinstance(item, Row))

    @property
    def comments(self) -> tuple[str, ...]:
        """All comments in and below this block, in the order they stand."""
        return tuple(item.text for item in self.leaves() if isinstance(item, Comment))

    def leaves(self) -> "Iterator[Entry | Comment | Row]":
        """Everything in and below this block in the order it stands, without the blocks around it."""
        for item in self.items:
            if isinstance(item, Block):
                yield from item.leaves()
            else:
                yield item


@dataclass(frozen=True, slots=True)
class Remark:
    """A departure from the standard that was let pass, as practice demands it."""

    code: str
    keyword: str
    line: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `body` holds its segments (and the relative data of a CDM); `messages` those of a combined NDM.

    `form` and `remarks` say how it came and do not count when two messages are compared.
    """

    kind: Kind
    version: str
    header: Block
    body: Block
    form: Form = field(default="kvn", compare=False)
    messages: "tuple[Message, ...]" = ()
    remarks: tuple[Remark, ...] = field(default=(), compare=False)

    @property
    def segments(self) -> tuple[Block, ...]:
        return self.body.blocks("segment")

    def content(self) -> tuple[Entry | Comment | Row, ...]:
        """All that is said, in order, equal in every form: without the blocks, as forms disagree on which one a
        comment is in, and without units, as the keyword has but one and XML must state it where KVN need not."""
        leaves = (*self.header.leaves(), *self.body.leaves())
        return (
            *(replace(item, unit="") if isinstance(item, Entry) else item for item in leaves),
            *(item for each in self.messages for item in each.content()),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader takes on before it refuses; a sender who needs more sends several messages.

    `octets` of the whole, `items` (keywords, comments, rows; four times as many lines or elements of XML, ten
    times as many marks of JSON), `line` characters in a line or a value, `depth` of nesting, `messages` in one
    NDM. A month of minutes has 44,000 rows; what every limit costs is shown by `./hub validate formats`.
    """

    octets: int = 32 * 2**20
    items: int = 250_000
    line: int = 4096
    depth: int = 12
    messages: int = 10_000
