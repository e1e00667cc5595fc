"""From the tree of a message to XML: one element a line. `units` stand where the message states them, and always in
conjunction messages, whose schema asks for them."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from space_hub.orbit.ndm.fields import USER_DEFINED
from space_hub.orbit.ndm.grammar import Section, Shape, implied_unit
from space_hub.orbit.ndm.message import Block, Comment, Entry, Message, Row
from space_hub.orbit.ndm.tables.orbit import EPHEMERIS_STATE


def _leaf(name: str, text: str, unit: str = "") -> str:
    if name.startswith(USER_DEFINED):
        attributes = f" parameter={quoteattr(name.removeprefix(USER_DEFINED))}"
        name = USER_DEFINED.removesuffix("_")
    else:
        attributes = f" units={quoteattr(unit)}" if unit else ""
    return f"<{name}{attributes}>{escape(text)}</{name}>"


def _row(row: Row, section: Section | None) -> Iterator[str]:
    if section is not None and section.row:
        yield _leaf(section.row, " ".join(row.values))
    elif row.keyword:
        yield from ("<observation>", _leaf("EPOCH", row.values[0]), _leaf(row.keyword, row.values[1]), "</observation>")
    else:
        yield "<stateVector>"
        yield from (_leaf(name, value) for name, value in zip(EPHEMERIS_STATE, row.values, strict=False))
        yield "</stateVector>"


def _items(block: Block, section: Section | None, sections: dict[str, Section]) -> Iterator[str]:
    group = section.group if section else None
    inside = False
    for item in block.items:
        if group and not isinstance(item, Comment):
            member = isinstance(item, Entry) and item.keyword in group[1]
            if member != inside:
                yield f"<{group[0]}>" if member else f"</{group[0]}>"
                inside = member
        if isinstance(item, Comment):
            yield _leaf("COMMENT", item.text)
        elif isinstance(item, Entry):
            yield _leaf(item.keyword, item.value, item.unit or implied_unit(section, item.keyword))
        elif isinstance(item, Row):
            yield from _row(item, section)
        else:
            yield f"<{item.name}>"
            yield from _items(item, sections.get(item.name), sections)
            yield f"</{item.name}>"
    if group and inside:
        yield f"</{group[0]}>"


def _message(message: Message, shapes: dict[str, Shape]) -> Iterator[str]:
    if message.kind == "ndm":
        yield "<ndm>"
        yield from _items(message.header, None, {})
        for each in message.messages:
            yield from _message(each, shapes)
        yield "</ndm>"
        return
    shape = shapes.get(message.kind)
    sections = {section.name: section for section in shape.sections} if shape else {}
    name = f"CCSDS_{message.kind.upper()}_VERS"
    yield f'<{message.kind} id="{name}" version={quoteattr(message.version)}>'
    for block in (message.header, message.body):
        yield f"<{block.name}>"
        yield from _items(block, sections.get(block.name), sections)
        yield f"</{block.name}>"
    yield f"</{message.kind}>"


def write(message: Message, shapes: dict[str, Shape]) -> str:
    """The message as XML without a namespace, as CDM 1.0 and OMM 2.0 are exchanged."""
    return "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', *_message(message, shapes), ""))
