"""KVN: lines of `KEYWORD = value [unit]`. This module cuts the lines; `plain` and `tables` make blocks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown
from space_hub.orbit.ndm.fields import is_keyword
from space_hub.orbit.ndm.tree import Watch


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something: a comment, `keyword = value`, or (neither) a row of a table."""

    number: int
    text: str
    keyword: str = ""
    value: str = ""

    @property
    def is_comment(self) -> bool:
        return self.keyword == "COMMENT"


def cut(text: str, watch: Watch) -> Sequence[Line]:
    """The lines of a KVN text that are not blank; Invalid on a line too long or with a control character."""
    found: list[Line] = []
    for number, raw in enumerate(StringIO(text, newline=None), start=1):
        raw = raw.removesuffix("\n")
        watch.length(raw, number)
        if number > 4 * watch.limits.items:
            raise Invalid("ndm.too_many_items", line=number, most=4 * watch.limits.items)
        if "\t" in raw:
            watch.remark("ndm.remark_tab", "", number)
            raw = raw.replace("\t", " ")
        line = raw.strip(" ")
        if not line:
            continue
        if len(found) > 2 * watch.limits.items:
            raise Invalid("ndm.too_many_items", line=number, most=2 * watch.limits.items)
        if not line.isprintable():
            raise Invalid("ndm.control_character", line=number, given=shown(line))
        if line == "COMMENT" or line.startswith("COMMENT "):
            found.append(Line(number, line, "COMMENT", line[7:].strip(" ")))
            if not line.isascii():
                watch.remark("ndm.remark_not_ascii", "COMMENT", number)
            continue
        keyword, equals, value = line.partition("=")
        keyword = keyword.strip(" ")
        if equals and is_keyword(keyword):
            found.append(Line(number, line, keyword, value.strip(" ")))
        elif equals:
            raise Invalid("ndm.keyword_unknown", keyword=shown(keyword), line=number, block="-")
        else:
            found.append(Line(number, line, line if is_keyword(line) else "", ""))
    return found


def with_unit(value: str) -> tuple[str, str]:
    """A value and the unit that stands behind it in brackets; for numbers only, as a text may end in brackets."""
    before, opened, unit = value.rpartition("[")
    if not opened or not unit.endswith("]") or "]" in unit[:-1]:
        return value, ""
    return before.rstrip(), unit[:-1].strip(" ")
