"""One front for all messages: which form, which kind, which version, and then the reader that knows it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm import from_xml, json_form, marked, markup, plain, rules, to_kvn, to_xml
from space_hub.orbit.ndm.grammar import Shape
from space_hub.orbit.ndm.kvn import Line, cut, with_unit
from space_hub.orbit.ndm.markup import Element
from space_hub.orbit.ndm.message import Block, Form, Kind, Limits, Message
from space_hub.orbit.ndm.tables import cdm, comprehensive, orbit, reentry, tracking
from space_hub.orbit.ndm.tree import Draft, Watch

_SHAPES = (cdm.SHAPE, orbit.OMM, orbit.OEM, orbit.OPM, comprehensive.SHAPE, tracking.SHAPE, reentry.SHAPE)
SHAPES: dict[str, Shape] = {shape.kind: shape for shape in _SHAPES}
KEPT: Mapping[str, Kind] = {"aem": "aem", "apm": "apm", "acm": "acm"}
"""Attitude messages: named and kept as they came."""

_VERSION = re.compile(r"CCSDS_([A-Z]+)_VERS")
_WRITERS = {"kvn": to_kvn.write, "xml": to_xml.write, "json": json_form.write}


def _shape(kind: str, version: str, line: int) -> Shape:
    """The table of a kind; Invalid when the kind or its version is not known."""
    shape = SHAPES.get(kind)
    if shape is None:
        raise Invalid("ndm.kind_unknown", given=shown(kind), known=", ".join((*SHAPES, *KEPT, "ndm")))
    if version not in shape.versions:
        expected = ", ".join(shape.versions)
        raise Invalid(
            "ndm.version_unknown", keyword=shape.version_keyword, given=shown(version), expected=expected, line=line
        )
    return shape


def _finish(shape: Shape, version: str, blocks: tuple[Block, Block], form: Form, watch: Watch) -> Message:
    message = Message(shape.kind, version, *blocks, form)
    rules.check(shape, message, watch)
    return replace(message, remarks=tuple(watch.remarks))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("ndm.encoding", line=data.count(b"\n", 0, error.start) + 1) from None


def _kept(kind: Kind, version: str, lines: list[Line], watch: Watch) -> Message:
    draft = Draft("body", 1)
    for line in lines:
        if line.is_comment:
            draft.items.append(watch.comment(line.value, line.number))
        elif "=" in line.text:
            draft.items.append(watch.kept(line.keyword, *with_unit(line.value), line.number))
        else:
            draft.items.append(watch.row(tuple(line.text.split()), line.number))
    return Message(kind, version, Block("header", ()), draft.block(), "kvn", remarks=tuple(watch.remarks))


def _kvn(data: bytes, watch: Watch) -> Message:
    lines = cut(_text(data), watch)
    if not lines:
        raise Invalid("ndm.empty")
    first = lines[0]
    if _VERSION.fullmatch(first.keyword) is None:
        raise Invalid("ndm.unrecognised", starts=shown(first.text))
    starts = [at for at, line in enumerate(lines) if _VERSION.fullmatch(line.keyword)]
    if len(starts) == 1:
        return _one(lines, watch)
    _few(len(starts), watch, lines[starts[1]].number)
    messages = [_one(lines[at:end], watch) for at, end in zip(starts, (*starts[1:], len(lines)), strict=True)]
    return _combined(messages, Draft("header", 1), "kvn", watch)


def _one(lines: Sequence[Line], watch: Watch) -> Message:
    """The message of lines of which the first names kind and version."""
    first = lines[0]
    match = _VERSION.fullmatch(first.keyword)
    if match is None:
        raise Invalid("ndm.unrecognised", starts=shown(first.text))
    kind, watch.version = match[1].lower(), first.value
    if kind in KEPT:
        return _kept(KEPT[kind], first.value, list(lines[1:]), watch)
    shape = _shape(kind, first.value, first.number)
    reader = marked if shape.metadata.mark else plain
    return _finish(shape, first.value, reader.read(shape, lines[1:], watch), "kvn", watch)


def _element(root: Element, watch: Watch) -> Message:
    watch.version = root.attributes.get("version", "").strip()
    if root.name in KEPT:
        block = from_xml.kept(root, watch)
        header, body = block.block("header"), block.block("body")
        if header is None or body is None:
            raise Invalid("ndm.keyword_missing", keyword="header", line=root.line, block=root.name)
        return Message(KEPT[root.name], watch.version, header, body, "xml")
    shape = _shape(root.name, watch.version, root.line)
    return _finish(shape, watch.version, from_xml.read(shape, root, watch), "xml", watch)


def _combined(messages: list[Message], comments: Draft, form: Form, watch: Watch) -> Message:
    if not messages:
        raise Invalid("ndm.empty")
    remarks = tuple(watch.remarks)
    return Message("ndm", "", comments.block(), Block("body", ()), form, tuple(messages), remarks)


def _few(count: int, watch: Watch, line: int) -> None:
    if count > watch.limits.messages:
        raise Invalid("ndm.too_many_messages", given=count, most=watch.limits.messages, line=line)


def _xml(data: bytes, watch: Watch) -> Message:
    root = markup.elements(data, watch)
    if root.name != "ndm":
        return _element(root, watch)
    comments = Draft("header", root.line)
    _few(sum(child.name != "COMMENT" for child in root.children), watch, root.line)
    messages = []
    for child in root.children:
        if child.name == "COMMENT":
            comments.items.append(watch.comment(child.text, child.line))
        elif child.name in ("MESSAGE_ID", "CREATION_DATE", "ORIGINATOR") and not child.children:
            comments.items.append(watch.kept(child.name, child.text, "", child.line))
        else:
            messages.append(_element(child, watch))
    return _combined(messages, comments, "xml", watch)


def _object(reader: json_form.Reader, value: object, watch: Watch) -> Message:
    members = list(reader.members(value, "message"))
    if len(members) != 1:
        raise Invalid("ndm.json_shape", line=reader.line)
    kind, inner, line = members[0]
    if kind == "ndm":
        comments = Draft("header", line)
        messages = []
        for name, member, here in reader.members(inner, kind):
            if name == "COMMENT":
                comments.items += reader.comments(member, here)
            elif name == "messages":
                _few(len(reader.each(member)), watch, here)
                messages += [_object(reader, each, watch) for each in reader.each(member)]
            else:
                raise Invalid("ndm.keyword_unknown", keyword=shown(name), line=here, block=kind)
        return _combined(messages, comments, "json", watch)
    version = inner.get("version") if isinstance(inner, dict) else None
    watch.version = version if isinstance(version, str) else ""
    shape = _shape(kind, watch.version, line)
    return _finish(shape, watch.version, reader.message(inner, shape), "json", watch)


def read(data: bytes, *, limits: Limits = Limits()) -> Message:  # noqa: B008
    """The message that `data` is; the form is found from its beginning.

    Raises Invalid, and nothing else, with a stable code, the keyword, the line and what was
    expected. Time and memory are bounded by `limits`, the whole by its size before a byte is read.
    """
    if len(data) > limits.octets:
        raise Invalid("ndm.too_large", given=len(data), most=limits.octets)
    watch = Watch(limits)
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<") or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _xml(data, watch)
    if head.startswith((b"{", b"[")):
        text = _text(data)
        reader = json_form.Reader(text, watch)
        return _object(reader, json_form.decoded(text, watch), watch)
    return _kvn(data, watch)


def write(message: Message, form: Form) -> str:
    """The message in a form; what is read from it again says the same, and in the form it came in is equal to it.

    Invalid where the kind has no such form: a combined message in KVN, a kept kind in a form other than its own.
    """
    if form not in get_args(Form):
        raise Invalid("ndm.form_none", given=message.kind, form=shown(form))
    return _WRITERS[form](message, SHAPES)
