"""XML in: elements by expat, with a document type refused at its first character.

Without a document type there are no entities to expand and nothing to fetch. Depth, elements and
lengths are counted while the text is read, so that a hostile one is refused before it is held.
Namespaces are the sender's affair: elements are known by their local names, as the schemas
exist with a namespace and without.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.tree import Watch

_NONE: Mapping[str, str] = MappingProxyType({})
_BREAKS = re.compile(r"(?<! )[ ]*+[\t\r\n]\s*")
"""Looked for where a run of blanks begins, and once: from each of its blanks a run would cost its square."""


@dataclass(slots=True)
class Element:
    """One element: local name, attributes, text without the blanks around it, children in order."""

    name: str
    attributes: Mapping[str, str]
    line: int
    children: "list[Element]" = field(default_factory=list)
    raw: str = ""

    @property
    def text(self) -> str:
        """The text on one line: a break with the blanks around it is one blank."""
        found = _BREAKS.sub(" ", self.raw.strip())
        if not found.isprintable():
            raise Invalid("ndm.control_character", line=self.line, given=shown(found))
        return found


class _Builder:
    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.document_type
        self.open: list[Element] = []
        self.root: Element | None = None
        self.elements = 0

    def line(self) -> int:
        return self.parser.CurrentLineNumber

    def document_type(self, *_: object) -> None:
        raise Invalid("ndm.document_type", line=self.line())

    def start(self, name: str, attributes: dict[str, str]) -> None:
        limits = self.watch.limits
        self.elements += 1
        # A row takes an element for each value, so that there may be four times as many.
        if self.elements > limits.items * 4:
            raise Invalid("ndm.too_many_items", line=self.line(), most=limits.items * 4)
        if len(self.open) >= limits.depth:
            raise Invalid("ndm.too_deep", line=self.line(), most=limits.depth)
        element = Element(sys.intern(name.rpartition(":")[2]), attributes or _NONE, self.line())
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        element = self.open[-1]
        if element.children and not text.strip():
            return
        length = len(element.raw) + len(text)
        if length > self.watch.limits.line:
            raise Invalid("ndm.line_too_long", line=self.line(), given=length, most=self.watch.limits.line)
        element.raw += text


def elements(data: bytes, watch: Watch) -> Element:
    """The root element of an XML text; Invalid when it is broken, hostile or beyond the limits."""
    builder = _Builder(watch)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Invalid("ndm.xml_broken", line=error.lineno, given=expat.ErrorString(error.code)) from None
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        raise Invalid("ndm.xml_broken", line=builder.line(), given=shown(error)) from None
    if builder.root is None:
        raise Invalid("ndm.empty")
    return builder.root
