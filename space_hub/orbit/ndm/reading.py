"""One front for all messages: which form, which kind, which version, and then the reader that knows it."""

import re
from collections.abc import Mapping

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm import plain, rules
from space_hub.orbit.ndm.grammar import Shape
from space_hub.orbit.ndm.kvn import cut
from space_hub.orbit.ndm.message import Limits, Message
from space_hub.orbit.ndm.tables import cdm
from space_hub.orbit.ndm.tree import Watch

SHAPES: Mapping[str, Shape] = {shape.kind: shape for shape in (cdm.SHAPE,)}

_VERSION = re.compile(r"CCSDS_([A-Z]+)_VERS")


def shape_of(kind: str, version: str, line: int) -> Shape:
    """The table of a kind; Invalid when the kind or its version is not known."""
    shape = SHAPES.get(kind)
    if shape is None:
        raise Invalid("ndm.kind_unknown", given=shown(kind), known=", ".join(SHAPES))
    if version not in shape.versions:
        expected = ", ".join(shape.versions)
        raise Invalid(
            "ndm.version_unknown", keyword=shape.version_keyword, given=shown(version), expected=expected, line=line
        )
    return shape


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("ndm.encoding", line=data.count(b"\n", 0, error.start) + 1) from None


def _kvn(data: bytes, limits: Limits) -> Message:
    watch = Watch(limits)
    lines = cut(_text(data), watch)
    if not lines:
        raise Invalid("ndm.empty")
    first = lines[0]
    match = _VERSION.fullmatch(first.keyword)
    if match is None:
        raise Invalid("ndm.unrecognised", starts=shown(first.text))
    watch.version = first.value
    shape = shape_of(match[1].lower(), first.value, first.number)
    header, body = plain.read(shape, lines[1:], watch)
    message = Message(shape.kind, first.value, header, body, "kvn", remarks=tuple(watch.remarks))
    rules.check(shape, message)
    return message


def read(data: bytes, *, limits: Limits = Limits()) -> Message:  # noqa: B008
    """The message that `data` is; the form is found from its beginning.

    Raises Invalid, and nothing else, with a stable code, the keyword, the line and what was
    expected. Time and memory are bounded by `limits`, the whole by its size before a byte is read.
    """
    if len(data) > limits.octets:
        raise Invalid("ndm.too_large", given=len(data), most=limits.octets)
    return _kvn(data, limits)
