"""The contracting authority that decided: a person and an office, named with every decision. Pure.

The hub recommends and an agency awards: nothing is signed, called off,
cancelled or declared without this name.
"""

from dataclasses import dataclass

from space_hub.errors import Invalid


@dataclass(frozen=True, slots=True)
class Authority:
    name: str
    office: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.office.strip():
            raise Invalid("authority.name_missing")
