"""KVN without delimiters (CDM, OMM, OPM, RDM): a keyword says itself which block it opens.

A comment stands at the beginning of a block, so comments before a keyword that opens a
block are that block's; others stay where they are.
"""

from collections.abc import Sequence

from space_hub.errors import Invalid
from space_hub.orbit.ndm.fields import USER_DEFINED
from space_hub.orbit.ndm.grammar import Section, Shape, key_of
from space_hub.orbit.ndm.kvn import Line, with_unit
from space_hub.orbit.ndm.message import Block, Comment
from space_hub.orbit.ndm.tree import Draft, Watch


class _Reader:
    def __init__(self, shape: Shape, watch: Watch) -> None:
        self.shape = shape
        self.watch = watch
        self.order = {section.name: at for at, section in enumerate(shape.sections)}
        self.header = Draft("header", 1)
        self.body = Draft("body", 1)
        self.segment: Draft | None = None
        self.data: Draft | None = None
        self.section = shape.header
        self.draft = self.header
        self.waiting: list[Comment] = []

    def close(self) -> None:
        """Put the block that is being filled where it belongs."""
        if self.section is self.shape.header:
            return
        if self.section is self.shape.lead:
            self.body.items.append(self.draft.block())
        elif self.section is self.shape.metadata:
            self._segment().items.append(self.draft.block())
        else:
            if self.data is None:
                self.data = Draft("data", self.draft.line)
            self.data.items.append(self.draft.block())

    def _segment(self) -> Draft:
        if self.segment is None:
            self.segment = Draft("segment", self.draft.line)
        return self.segment

    def close_segment(self) -> None:
        if self.segment is None and self.data is None:
            return
        segment = self._segment()
        if self.data is not None:
            segment.items.append(self.data.block())
        self.body.items.append(segment.block())
        self.segment = self.data = None

    def open(self, section: Section, line: Line) -> None:
        self.close()
        if section is self.shape.metadata:
            self.close_segment()
        self.section = section
        self.draft = Draft(section.name, line.number)

    def keyword(self, line: Line) -> None:
        section = self.shape.owner(line.keyword)
        if section is None:
            raise Invalid(
                "ndm.keyword_unknown", keyword=line.keyword, line=line.number, block=self.shape.version_keyword
            )
        again = (section.many and line.keyword == section.start) or line.keyword == self.shape.segment_start
        if section is not self.section or (again and line.keyword in self.draft.seen):
            if self.order[section.name] < self.order[self.section.name] and not again:
                raise Invalid("ndm.keyword_order", keyword=line.keyword, line=line.number, block=self.section.name)
            self.open(section, line)
        self.draft.items += self.waiting
        self.waiting = []
        key = key_of(section, line.keyword)
        numeric = key is not None and key.grammar in ("number", "integer", "instant")
        value, unit = with_unit(line.value) if numeric else (line.value, "")
        entry = self.watch.entry(section, line.keyword, value, unit, line.number)
        self.draft.add(entry, self.watch, many=line.keyword.startswith(USER_DEFINED))

    def take(self, line: Line) -> None:
        if line.is_comment:
            self.waiting.append(self.watch.comment(line.value, line.number))
        elif "=" in line.text:
            self.keyword(line)
        else:
            raise Invalid("ndm.line_wrong", line=line.number, given=line.text[:40])

    def end(self) -> tuple[Block, Block]:
        self.draft.items += self.waiting
        self.close()
        self.close_segment()
        return self.header.block(), self.body.block()


def read(shape: Shape, lines: Sequence[Line], watch: Watch) -> tuple[Block, Block]:
    """Header and body of a message without delimiters, from the lines behind its version."""
    reader = _Reader(shape, watch)
    for line in lines:
        reader.take(line)
    return reader.end()
