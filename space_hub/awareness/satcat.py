"""What the satellite catalogues say of objects: type, owner, status, launch, decay and size, read from CSV. Pure.

Two spellings are known, that of CelesTrak's `satcat.csv` and that of Space-Track's
class `satcat` (with or without its debut); both are recognised by their columns. Owners
stay as the source codes them. A row that is wrong is refused with its reason; an empty
cell is unknown and nothing is guessed from a name.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from space_hub.errors import Invalid
from space_hub.orbit import gp_fields
from space_hub.orbit.gp_fields import RAW_LIMIT, Refusal, Rejected, shown, storable
from space_hub.text import Word

T = TypeVar("T")


class ObjectType(Word, of="object_type"):
    PAYLOAD = "payload"
    ROCKET_BODY = "rocket_body"
    DEBRIS = "debris"
    UNKNOWN = "unknown"


class Activity(Word, of="object_activity"):
    """CelesTrak's operational status code in words."""

    OPERATIONAL = "operational"
    PARTIAL = "partial"
    BACKUP = "backup"
    SPARE = "spare"
    EXTENDED = "extended"
    INACTIVE = "inactive"
    DECAYED = "decayed"
    UNKNOWN = "unknown"


_TYPES = {
    **dict.fromkeys(("PAY", "PAYLOAD"), ObjectType.PAYLOAD),
    **dict.fromkeys(("R/B", "ROCKET BODY"), ObjectType.ROCKET_BODY),
    **dict.fromkeys(("DEB", "DEBRIS"), ObjectType.DEBRIS),
    **dict.fromkeys(("UNK", "UNKNOWN", "TBA", "OTHER", ""), ObjectType.UNKNOWN),
}
_ACTIVITIES = {
    "+": Activity.OPERATIONAL,
    "-": Activity.INACTIVE,
    "P": Activity.PARTIAL,
    "B": Activity.BACKUP,
    "S": Activity.SPARE,
    "X": Activity.EXTENDED,
    "D": Activity.DECAYED,
    "?": Activity.UNKNOWN,
    "": Activity.UNKNOWN,
}
_SIZES = ("SMALL", "MEDIUM", "LARGE", "")
_CELESTRAK = {"number": "NORAD_CAT_ID", "name": "OBJECT_NAME", "designator": "OBJECT_ID", "type": "OBJECT_TYPE"} | {
    "owner": "OWNER",
    "launch": "LAUNCH_DATE",
    "decay": "DECAY_DATE",
    "status": "OPS_STATUS_CODE",
    "rcs": "RCS",
}
_SPACETRACK = {"number": "NORAD_CAT_ID", "name": "SATNAME", "designator": "INTLDES", "type": "OBJECT_TYPE"} | {
    "owner": "COUNTRY",
    "launch": "LAUNCH",
    "decay": "DECAY",
    "size": "RCS_SIZE",
}
_LONGEST_OWNER = 10
_LARGEST_M2 = 1e6


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: who the object is, and what is said of it; None where the source says nothing."""

    catalog_number: int
    name: str
    international_designator: str
    object_type: ObjectType
    owner: str
    activity: Activity
    launched_on: date | None
    decayed_on: date | None
    rcs_m2: float | None
    rcs_size: str


def read(text: str) -> tuple[list[tuple[int, Entry]], list[Rejected]]:
    """Every row with its line number, or refused; Invalid for a text that is no satellite catalogue.

    A number that comes twice counts once: the second row is refused.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    header = _cells(lines[0]) if lines else []
    columns = next((each for each in (_CELESTRAK, _SPACETRACK) if {*each.values()} <= {*header}), None)
    if columns is None:
        raise Invalid("satcat.unrecognised", starts=shown(text[:80].strip()))
    at = {name: header.index(column) for name, column in columns.items()}
    good: list[tuple[int, Entry]] = []
    bad: list[Rejected] = []
    seen: set[int] = set()
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            cells = _cells(line)
            if len(cells) != len(header):
                raise Refusal("gp.field_count", given=len(cells), expected=len(header))
            entry = _entry({name: cells[column].strip() for name, column in at.items()})
            if entry.catalog_number in seen:
                raise Refusal("satcat.repeated", number=str(entry.catalog_number))
        except Refusal as refusal:
            bad.append(Rejected(number, refusal.code, refusal.params, storable(line)))
        else:
            seen.add(entry.catalog_number)
            good.append((number, entry))
    return good, bad


def _cells(line: str) -> list[str]:
    """One line alone, so that a stray quote spoils no other; a broken one has no cells."""
    try:
        return next(csv.reader([line[:RAW_LIMIT]], strict=True))
    except csv.Error:
        return []


def _entry(fields: Mapping[str, str]) -> Entry:
    owner = fields["owner"]
    if len(owner) > _LONGEST_OWNER or not owner.isprintable():
        raise Refusal("satcat.code_unknown", field="OWNER", given=shown(owner))
    return Entry(
        catalog_number=gp_fields.catalog_number_omm(fields["number"]),
        name=gp_fields.name(fields["name"]),
        international_designator=gp_fields.designator(fields["designator"]),
        object_type=_coded("OBJECT_TYPE", _TYPES, fields["type"]),
        owner=owner,
        activity=_coded("OPS_STATUS_CODE", _ACTIVITIES, fields.get("status", "")),
        launched_on=_day("LAUNCH_DATE", fields["launch"]),
        decayed_on=_day("DECAY_DATE", fields["decay"]),
        rcs_m2=_area(fields.get("rcs", "")),
        rcs_size=_coded("RCS_SIZE", {size: size.lower() for size in _SIZES}, fields.get("size", "")),
    )


def _coded(field: str, codes: Mapping[str, T], given: str) -> T:
    if given not in codes:
        raise Refusal("satcat.code_unknown", field=field, given=shown(given))
    return codes[given]


def _day(field: str, given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise Refusal("satcat.date_wrong", field=field, given=shown(given)) from None


def _area(given: str) -> float | None:
    """Radar cross-section in m^2."""
    if not given:
        return None
    value = gp_fields.decimal("RCS", given)
    if not 0.0 <= value <= _LARGEST_M2:
        raise Refusal("gp.field_out_of_range", field="RCS", given=shown(given), expected=f"[0, {_LARGEST_M2:g}]")
    return value
