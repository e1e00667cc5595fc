"""Building a message: what every form shares once it has found keywords, comments and rows."""

from dataclasses import dataclass, field

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.fields import check, is_nan, same_unit
from space_hub.orbit.ndm.grammar import Section, key_of
from space_hub.orbit.ndm.message import Block, Comment, Entry, Limits, Remark, Row

Item = Entry | Comment | Row | Block


@dataclass(slots=True)
class Watch:
    """Counts what a reader takes in, and gathers what was let pass."""

    limits: Limits
    version: str = ""
    items: int = 0
    remarks: list[Remark] = field(default_factory=list)
    remarked: set[tuple[str, str]] = field(default_factory=set)

    def count(self, line: int) -> None:
        self.items += 1
        if self.items > self.limits.items:
            raise Invalid("ndm.too_many_items", line=line, most=self.limits.items)

    def remark(self, code: str, keyword: str, line: int) -> None:
        # The same departure on each of a thousand lines is one fact.
        if (code, keyword) not in self.remarked:
            self.remarked.add((code, keyword))
            self.remarks.append(Remark(code, keyword, line))

    def length(self, text: str, line: int) -> None:
        if len(text) > self.limits.line:
            raise Invalid("ndm.line_too_long", line=line, given=len(text), most=self.limits.line)

    def comment(self, text: str, line: int) -> Comment:
        self.count(line)
        self.length(text, line)
        return Comment(text, line)

    def row(self, values: tuple[str, ...], line: int, keyword: str = "") -> Row:
        self.count(line)
        return Row(values, keyword, line)

    def kept(self, keyword: str, value: str, unit: str, line: int) -> Entry:
        """An entry of a message that is kept as it came: nothing is known of its keywords."""
        self.count(line)
        self.length(value, line)
        return Entry(keyword, value, unit, line)

    def entry(self, section: Section, keyword: str, value: str, unit: str, line: int) -> Entry:
        """A keyword of `section` with its value; Invalid where the table does not allow it there."""
        self.count(line)
        self.length(value, line)
        key = key_of(section, keyword)
        if key is None:
            raise Invalid("ndm.keyword_unknown", keyword=shown(keyword), line=line, block=section.name)
        if key.since and self.version < key.since:
            raise Invalid("ndm.keyword_later", keyword=keyword, line=line, given=self.version, expected=key.since)
        if not value:
            if key.must and not key.blank:
                raise Invalid("ndm.value_missing", keyword=keyword, line=line)
            self.remark("ndm.remark_empty", keyword, line)
        else:
            check(key, value, unit, line)
            if unit and key.unit and not same_unit(unit, key.unit):
                self.remark("ndm.remark_unit", keyword, line)
            if key.grammar == "number" and is_nan(value):
                self.remark("ndm.remark_nan", keyword, line)
            elif not value.isascii():
                self.remark("ndm.remark_not_ascii", keyword, line)
        return Entry(keyword, value, unit, line)


@dataclass(slots=True)
class Draft:
    """A block that is being filled."""

    name: str
    line: int
    items: list[Item] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def add(self, entry: Entry, watch: Watch, *, many: bool = False) -> None:
        """Take an entry whose keyword was not there before; said again with the same value it is remarked and left out.

        Invalid when the values differ, for then nobody knows which one is meant.
        """
        before = self.seen.get(entry.keyword)
        if before is None or many:
            self.seen[entry.keyword] = entry.value
            self.items.append(entry)
        elif before == entry.value:
            watch.remark("ndm.remark_repeated", entry.keyword, entry.line)
        else:
            raise Invalid("ndm.keyword_repeated", keyword=entry.keyword, line=entry.line, block=self.name)

    def block(self) -> Block:
        return Block(self.name, tuple(self.items), self.line)
