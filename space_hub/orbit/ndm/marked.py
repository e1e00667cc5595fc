"""KVN with delimiters (OEM, TDM, OCM): X_START and X_STOP around each block, rows of tables between.

What an ephemeris line or a covariance says by its place becomes entries under their keywords, as
the XML form has them, so that a message is one tree in every form.
"""

from collections.abc import Sequence

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.fields import USER_DEFINED
from space_hub.orbit.ndm.grammar import Section, Shape, key_of
from space_hub.orbit.ndm.kvn import Line, with_unit
from space_hub.orbit.ndm.message import Block, Comment, Entry
from space_hub.orbit.ndm.tables.orbit import COVARIANCE
from space_hub.orbit.ndm.tree import Draft, Watch


class _Reader:
    def __init__(self, shape: Shape, watch: Watch) -> None:
        self.shape = shape
        self.watch = watch
        self.marks = {section.mark: section for section in (shape.metadata, *shape.data) if section.mark}
        self.header = Draft("header", 1)
        self.body = Draft("body", 1)
        self.segment: Draft | None = None
        self.data: Draft | None = None
        self.section: Section | None = shape.header
        self.draft = self.header
        self.mark = ""
        self.matrix: Draft | None = None
        self.waiting: list[Comment] = []

    def refuse(self, line: Line) -> Invalid:
        return Invalid("ndm.line_wrong", line=line.number, given=shown(line.text))

    def start(self, mark: str, line: Line) -> None:
        if self.mark:
            raise Invalid("ndm.block_open", block=self.mark, line=line.number)
        self.mark = mark
        if mark == "META":
            self.close_segment()
            self.segment = Draft("segment", line.number)
            self.section, self.draft = self.shape.metadata, Draft("metadata", line.number)
            return
        if self.segment is None or self.data is None:
            raise self.refuse(line)
        if mark in ("DATA", "COVARIANCE"):
            self.section = self.shape.data[0] if mark == "COVARIANCE" else None
            self.draft = self.data
        else:
            self.section = self.marks[mark]
            self.draft = Draft(self.section.name, line.number)
        # Comments between blocks are the next block's; those within the data of an OEM stay where they are.
        self.data.items += self.waiting
        self.waiting = []

    def stop(self, mark: str, line: Line) -> None:
        if mark != self.mark:
            raise Invalid("ndm.block_open", block=self.mark or "-", line=line.number)
        self.draft.items += self.waiting
        self.waiting = []
        self.close_matrix(line)
        if mark == "META" and self.segment is not None:
            self.segment.items.append(self.draft.block())
            self.data = Draft("data", line.number)
        elif self.data is not None and self.draft is not self.data:
            self.data.items.append(self.draft.block())
        self.mark, self.section = "", None

    def close_matrix(self, line: Line) -> None:
        if self.matrix is None or self.data is None:
            return
        terms = [item for item in self.matrix.items if isinstance(item, Entry) and item.keyword in COVARIANCE]
        if len(terms) != len(COVARIANCE):
            raise Invalid("ndm.row_width", line=line.number, given=len(terms), expected=len(COVARIANCE))
        self.data.items.append(self.matrix.block())
        self.matrix = None

    def close_segment(self) -> None:
        if self.segment is None:
            return
        data = self.data or Draft("data", self.segment.line)
        data.items += self.waiting
        self.waiting = []
        self.segment.items.append(data.block())
        self.body.items.append(self.segment.block())
        self.segment = self.data = None

    def keyword(self, line: Line) -> None:
        if self.mark == "DATA":
            self.observation(line)
            return
        section, draft = self.section, self.draft
        if section is None:
            raise self.refuse(line)
        if self.mark == "COVARIANCE":
            if line.keyword == "EPOCH":
                self.close_matrix(line)
                self.matrix = Draft("covarianceMatrix", line.number)
            if self.matrix is None or line.keyword in COVARIANCE:
                raise self.refuse(line)
            draft = self.matrix
        draft.items += self.waiting
        self.waiting = []
        if section.row and any(not isinstance(item, Entry | Comment) for item in draft.items):
            raise Invalid("ndm.keyword_order", keyword=line.keyword, line=line.number, block=section.row)
        key = key_of(section, line.keyword)
        numeric = key is not None and key.grammar in ("number", "integer", "instant")
        value, unit = with_unit(line.value) if numeric else (line.value, "")
        entry = self.watch.entry(section, line.keyword, value, unit, line.number)
        draft.add(entry, self.watch, many=line.keyword.startswith(USER_DEFINED))

    def observation(self, line: Line) -> None:
        self.draft.items += self.waiting
        self.waiting = []
        self.draft.items.append(self.watch.row(tuple(line.value.split()), line.number, line.keyword))

    def row(self, line: Line) -> None:
        values = tuple(line.text.split())
        if self.mark == "COVARIANCE" and self.matrix is not None:
            self.matrix.items += self.waiting
            self.waiting = []
            done = sum(item.keyword in COVARIANCE for item in self.matrix.items if isinstance(item, Entry))
            wide = next((width for width in range(1, 7) if width * (width - 1) // 2 == done), 0)
            if len(values) != wide:
                raise Invalid("ndm.row_width", line=line.number, given=len(values), expected=wide)
            section = self.shape.data[0]
            for name, value in zip(COVARIANCE[done:], values, strict=False):
                self.matrix.add(self.watch.entry(section, name, value, "", line.number), self.watch)
        elif not self.mark and self.shape.table == "ephemeris" and self.data is not None:
            self.data.items += self.waiting
            self.waiting = []
            self.data.items.append(self.watch.row(values, line.number))
        elif self.section is not None and self.section.row:
            self.draft.items += self.waiting
            self.waiting = []
            self.draft.items.append(self.watch.row(values, line.number))
        else:
            raise self.refuse(line)

    def take(self, line: Line) -> None:
        mark, _, end = line.text.rpartition("_")
        if line.is_comment:
            self.waiting.append(self.watch.comment(line.value, line.number))
        elif "=" in line.text and line.keyword:
            self.keyword(line)
        elif end in ("START", "STOP") and self._knows(mark):
            if self.section is self.shape.header and not self.mark:
                self.draft.items += self.waiting
                self.waiting = []
            (self.start if end == "START" else self.stop)(mark, line)
        else:
            self.row(line)

    def _knows(self, mark: str) -> bool:
        extra = {"ephemeris": "COVARIANCE", "observations": "DATA"}.get(self.shape.table)
        return mark in self.marks or mark == extra

    def end(self) -> tuple[Block, Block]:
        if self.mark:
            raise Invalid("ndm.block_open", block=self.mark, line=self.draft.line)
        if self.segment is None:
            self.header.items += self.waiting
        self.close_segment()
        return self.header.block(), self.body.block()


def read(shape: Shape, lines: Sequence[Line], watch: Watch) -> tuple[Block, Block]:
    """Header and body of a message with delimiters, from the lines behind its version."""
    reader = _Reader(shape, watch)
    for line in lines:
        reader.take(line)
    return reader.end()
