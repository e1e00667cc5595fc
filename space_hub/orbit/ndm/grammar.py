"""What a kind of message is made of: sections in their order, and how KVN marks them."""

from collections.abc import Mapping
from dataclasses import dataclass

from space_hub.orbit.ndm.fields import USER_DEFINED, Key, is_keyword
from space_hub.orbit.ndm.message import Kind


@dataclass(frozen=True, slots=True)
class Section:
    """One block.

    `start` begins the next of its kind, `mark` stands in X_START and X_STOP, `row` names its lines
    in XML. `group` is an XML element around some of the keywords (its name and theirs); it says
    nothing more, so the tree leaves it out. `users` takes USER_DEFINED_ keywords. `units` says that
    the schema of XML demands the attribute.
    """

    name: str
    keys: Mapping[str, Key]
    must: bool = False
    many: bool = False
    start: str = ""
    mark: str = ""
    row: str = ""
    group: tuple[str, frozenset[str]] | None = None
    users: bool = False
    units: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of message. `lead` stands before the segments; `least` and `most` count these."""

    kind: Kind
    versions: tuple[str, ...]
    header: Section
    metadata: Section
    data: tuple[Section, ...]
    lead: Section | None = None
    segment_start: str = ""
    least: int = 1
    most: int | None = 1
    table: str = ""
    """Data lines beside the sections: `ephemeris` (OEM) or `observations` (TDM)."""

    @property
    def version_keyword(self) -> str:
        return f"CCSDS_{self.kind.upper()}_VERS"

    @property
    def sections(self) -> tuple[Section, ...]:
        return (self.header, *((self.lead,) if self.lead else ()), self.metadata, *self.data)

    def owner(self, keyword: str) -> Section | None:
        """The section that knows `keyword`, for the kinds in which each keyword has one place."""
        for section in self.sections:
            if keyword in section.keys or (section.users and keyword.startswith(USER_DEFINED)):
                return section
        return None


def key_of(section: Section, keyword: str) -> Key | None:
    if section.users and keyword.startswith(USER_DEFINED) and keyword != USER_DEFINED and is_keyword(keyword):
        return Key(keyword)
    return section.keys.get(keyword)


def implied_unit(section: Section | None, keyword: str) -> str:
    """The unit that XML must state for a keyword: none where its schema does not ask for one."""
    key = section.keys.get(keyword) if section is not None and section.units else None
    return key.unit if key is not None else ""
