"""JSON, in and out. No standard has this form; it is the XML form with objects for elements.

A block is an object with its keywords in capitals, in order; a value is the text that was printed, or
`{"value", "units"}` where the message states a unit. Runs of comments are `COMMENT`, runs of rows carry the name
that their element has in XML, blocks of one name in a row are a list. What comes a second time in
one object has `#2` behind its name, so that everything stays where it stood.
"""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.fields import USER_DEFINED
from space_hub.orbit.ndm.grammar import Section, Shape
from space_hub.orbit.ndm.message import Block, Comment, Entry, Message, Row
from space_hub.orbit.ndm.tree import Draft, Watch

_TABLE_ROWS = {"ephemeris": "stateVector", "observations": "observation"}
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]},]')
"""Strings as a whole (to the end where one is not closed), brackets and commas."""
_LOST = 100
"""A text that spells so many keywords in escapes is not searched for more: each costs a look at all of it."""
_NUMBERED = re.compile(r"(.+)#[0-9]{1,6}")


class _Number(str):
    """A JSON number as its own text, so that 1e999 and NaN meet the grammar and no digit is rounded away."""

    __slots__ = ()


class _Repeated(dict[str, object]):
    """An object in which a name came twice."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(found)


def decoded(text: str, watch: Watch) -> object:
    """The value of a JSON text, numbers as text; Invalid when it is broken, too deep or too much."""
    most = 10 * watch.limits.items
    depth = 0
    for marks, mark in enumerate(_MARKS.finditer(text), start=1):
        depth += (mark[0] in "[{") - (mark[0] in "]}")
        line = text.count("\n", 0, mark.start()) + 1 if depth > watch.limits.depth or marks > most else 0
        if depth > watch.limits.depth:
            raise Invalid("ndm.too_deep", line=line, most=watch.limits.depth)
        if marks > most:
            raise Invalid("ndm.too_many_items", line=line, most=most)
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_Number
        )
    except json.JSONDecodeError as error:
        raise Invalid("ndm.json_broken", line=error.lineno, given=shown(error.msg)) from None
    except (ValueError, RecursionError):
        raise Invalid("ndm.json_broken", line=1, given=shown(text)) from None


class Reader:
    """Reads one JSON text; a refusal names the line by counting how often its keyword was met."""

    def __init__(self, text: str, watch: Watch) -> None:
        self.text = text
        self.watch = watch
        self.place = 0
        self.line = 1
        self.lost = 0

    def at(self, keyword: str) -> int:
        """The line of the next `keyword` in the text: objects are walked in the order of the text."""
        if self.lost > _LOST:
            return self.line
        found = self.text.find(json.dumps(keyword), self.place)
        if found < 0:
            self.lost += 1
        else:
            self.line += self.text.count("\n", self.place, found)
            self.place = found
        return self.line

    def value(self, value: object, keyword: str, line: int) -> tuple[str, str]:
        unit: object = ""
        if isinstance(value, dict) and set(value) == {"value", "units"}:
            unit = value["units"]
            value = value["value"]
        if value is None:
            value = ""
        if not isinstance(value, str) or not isinstance(unit, str):
            raise Invalid("ndm.json_type", keyword=shown(keyword), line=line, given=type(value).__name__)
        if not value.isprintable():
            raise Invalid("ndm.control_character", line=line, given=shown(value))
        return str(value).strip(), str(unit).strip()

    def members(self, value: object, name: str) -> Iterator[tuple[str, object, int]]:
        """Name without its number, value and line of each member of an object."""
        if not isinstance(value, dict) or isinstance(value, _Repeated):
            raise Invalid("ndm.json_object", keyword=shown(name), line=self.line, given=type(value).__name__)
        for given, member in value.items():
            numbered = _NUMBERED.fullmatch(given)
            yield numbered[1] if numbered else given, member, self.at(given)

    def each(self, value: object) -> list[object]:
        return value if isinstance(value, list) else [value]

    def comments(self, value: object, line: int) -> Iterator[Comment]:
        for text in self.each(value):
            yield self.watch.comment(self.value(text, "COMMENT", line)[0], line)

    def row(self, value: object, line: int, *, named: bool) -> Row:
        if not isinstance(value, list) or not all(isinstance(part, str) and part.isprintable() for part in value):
            raise Invalid("ndm.json_type", keyword="row", line=line, given=type(value).__name__)
        parts = tuple(str(part) for part in value)
        for part in parts:
            self.watch.length(part, line)
            if not part or " " in part:
                raise Invalid("ndm.line_wrong", line=line, given=shown(part))
        return self.watch.row(parts[1:], line, parts[0] if parts else "") if named else self.watch.row(parts, line)

    def block(self, value: object, name: str, section: Section, line: int) -> Block:
        draft = Draft(name, line)
        for keyword, member, here in self.members(value, name):
            if keyword == "COMMENT":
                draft.items += self.comments(member, here)
            elif section.row and keyword == section.row:
                draft.items += [self.row(row, here, named=False) for row in self.each(member)]
            else:
                text, unit = self.value(member, keyword, here)
                entry = self.watch.entry(section, keyword, text, unit, here)
                draft.add(entry, self.watch, many=keyword.startswith(USER_DEFINED))
        return draft.block()

    def data(self, value: object, shape: Shape, line: int) -> Block:
        draft = Draft("data", line)
        sections = {section.name: section for section in shape.data}
        for name, member, here in self.members(value, "data"):
            if name == "COMMENT":
                draft.items += self.comments(member, here)
            elif name == _TABLE_ROWS.get(shape.table):
                named = shape.table == "observations"
                draft.items += [self.row(row, here, named=named) for row in self.each(member)]
            elif name in sections:
                draft.items += [self.block(each, name, sections[name], here) for each in self.each(member)]
            else:
                raise Invalid("ndm.keyword_unknown", keyword=shown(name), line=here, block="data")
        return draft.block()

    def segment(self, value: object, shape: Shape, line: int) -> Block:
        draft = Draft("segment", line)
        for name, member, here in self.members(value, "segment"):
            if name == "metadata":
                draft.items.append(self.block(member, name, shape.metadata, here))
            elif name == "data":
                draft.items.append(self.data(member, shape, here))
            else:
                raise Invalid("ndm.keyword_unknown", keyword=shown(name), line=here, block="segment")
        return draft.block()

    def message(self, value: object, shape: Shape) -> tuple[Block, Block]:
        """Header and body from the object that holds `version`, `header` and `body`."""
        header, body = Block("header", ()), Draft("body", self.line)
        for part, member, line in self.members(value, shape.kind):
            if part == "header":
                header = self.block(member, part, shape.header, line)
            elif part == "body":
                for name, inner, here in self.members(member, part):
                    if shape.lead and name == shape.lead.name:
                        body.items.append(self.block(inner, name, shape.lead, here))
                    elif name == "segment":
                        body.items += [self.segment(each, shape, here) for each in self.each(inner)]
                    else:
                        raise Invalid("ndm.keyword_unknown", keyword=shown(name), line=here, block="body")
            elif part != "version":
                raise Invalid("ndm.keyword_unknown", keyword=shown(part), line=line, block=shape.version_keyword)
        return header, body.block()


def _value(entry: Entry) -> object:
    return {"value": entry.value, "units": entry.unit} if entry.unit else entry.value


def _kind(item: object, row: str) -> tuple[str, bool]:
    """The name under which an item goes, and whether neighbours of the same name go with it."""
    if isinstance(item, Comment):
        return "COMMENT", True
    if isinstance(item, Row):
        return row, True
    if isinstance(item, Entry):
        return item.keyword, False
    return (item.name, True) if isinstance(item, Block) else ("", False)


def _plain(block: Block, shape: Shape, section: Section | None) -> dict[str, object]:
    sections = {each.name: each for each in shape.sections}
    row = section.row if section and section.row else _TABLE_ROWS.get(shape.table, "")
    found: dict[str, object] = {}
    for (name, _), run in groupby(enumerate(block.items), key=lambda item: _run(item, row)):
        items = [item for _, item in run]
        value: Any
        first = items[0]
        if isinstance(first, Entry):
            value = _value(first)
        elif isinstance(first, Comment):
            value = [item.text for item in items if isinstance(item, Comment)]
        elif isinstance(first, Row):
            value = [
                [*((item.keyword,) if item.keyword else ()), *item.values] for item in items if isinstance(item, Row)
            ]
        else:
            value = [_plain(item, shape, sections.get(item.name)) for item in items if isinstance(item, Block)]
            several = name == "segment" or (name in sections and sections[name].many)
            value = value if several or len(value) > 1 else value[0]
        key, count = name, 1
        while key in found:
            count += 1
            key = f"{name}#{count}"
        found[key] = value
    return found


def _run(item: tuple[int, object], row: str) -> tuple[str, int]:
    place, what = item
    name, together = _kind(what, row)
    return name, -1 if together else place


def plain(message: Message, shapes: dict[str, Shape]) -> dict[str, object]:
    """The message as objects, lists and texts; Invalid for a kind that is only named and kept."""
    if message.kind == "ndm":
        found: dict[str, object] = {}
        if message.header.comments:
            found["COMMENT"] = list(message.header.comments)
        return {"ndm": {**found, "messages": [plain(each, shapes) for each in message.messages]}}
    shape = shapes.get(message.kind)
    if shape is None:
        raise Invalid("ndm.form_none", given=message.kind, form="json")
    sections = {section.name: section for section in shape.sections}
    return {
        message.kind: {
            "version": message.version,
            "header": _plain(message.header, shape, sections["header"]),
            "body": _plain(message.body, shape, None),
        }
    }


def write(message: Message, shapes: dict[str, Shape]) -> str:
    return json.dumps(plain(message, shapes), ensure_ascii=False, indent=1) + "\n"
