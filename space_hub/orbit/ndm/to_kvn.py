"""From the tree of a message to KVN."""

from collections.abc import Iterator

from space_hub.errors import Invalid
from space_hub.orbit.ndm.grammar import Section, Shape
from space_hub.orbit.ndm.message import Block, Comment, Entry, Message, Row
from space_hub.orbit.ndm.tables.orbit import COVARIANCE


def _entry(entry: Entry) -> str:
    return f"{entry.keyword} = {entry.value}" + (f" [{entry.unit}]" if entry.unit else "")


def _leaf(item: Entry | Comment | Row) -> str:
    if isinstance(item, Comment):
        return f"COMMENT {item.text}".rstrip(" ")
    if isinstance(item, Entry):
        return _entry(item)
    values = " ".join(item.values)
    return f"{item.keyword} = {values}" if item.keyword else values


def _matrix(block: Block) -> Iterator[str]:
    """A covariance of an OEM: its six lines, and what stands between them."""
    terms: list[str] = []
    width = 1
    for item in block.leaves():
        if isinstance(item, Entry) and item.keyword in COVARIANCE:
            terms.append(item.value)
            if len(terms) == width:
                yield " ".join(terms)
                terms, width = [], width + 1
        else:
            yield _leaf(item)


def _data(data: Block, sections: dict[str, Section]) -> Iterator[str]:
    in_matrices = False
    for item in data.items:
        matrix = isinstance(item, Block) and not sections[item.name].mark
        if matrix != in_matrices:
            yield "COVARIANCE_START" if matrix else "COVARIANCE_STOP"
            in_matrices = matrix
        if not isinstance(item, Block):
            yield _leaf(item)
        elif matrix:
            yield from _matrix(item)
        else:
            mark = sections[item.name].mark
            yield from (f"{mark}_START", *(_leaf(leaf) for leaf in item.leaves()), f"{mark}_STOP")
    if in_matrices:
        yield "COVARIANCE_STOP"


def _marked(message: Message, shape: Shape) -> Iterator[str]:
    sections = {section.name: section for section in shape.data}
    for segment in message.segments:
        metadata, data = segment.block("metadata"), segment.block("data")
        yield "META_START"
        yield from (_leaf(leaf) for leaf in (metadata.leaves() if metadata else ()))
        yield "META_STOP"
        if data is None:
            continue
        if shape.table == "observations":
            yield from ("DATA_START", *(_leaf(leaf) for leaf in data.leaves()), "DATA_STOP")
        else:
            yield from _data(data, sections)


def write(message: Message, shapes: dict[str, Shape]) -> str:
    """The message as KVN; several go one behind the other, as CelesTrak sends them.

    Invalid for a combined message with comments of its own, for which KVN has no place, and for a kept kind
    that came in another form.
    """
    if message.kind == "ndm":
        if message.header.items:
            raise Invalid("ndm.form_none", given=message.kind, form="kvn")
        return "\n".join(write(each, shapes) for each in message.messages)
    shape = shapes.get(message.kind)
    if shape is None and message.form != "kvn":
        raise Invalid("ndm.form_none", given=message.kind, form="kvn")
    lines = [f"CCSDS_{message.kind.upper()}_VERS = {message.version}", *map(_leaf, message.header.leaves())]
    if shape is not None and shape.metadata.mark:
        lines += _marked(message, shape)
    else:
        lines += map(_leaf, message.body.leaves())
    return "\n".join((*lines, ""))
