"""A conjunction data message as values: both objects with states and covariances, and what practice hides in comments.

Units are those of the message (CCSDS 508.0-B-1): m and m/s for relative figures and covariances,
km and km/s for states. RELATIVE_ figures are object 2 less object 1 in RTN of object 1; each
covariance is in RTN of its own object. A value that is absent, or `NaN`, is None.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from space_hub.errors import Invalid
from space_hub.orbit.frames import rtn
from space_hub.orbit.ndm.fields import moment, number
from space_hub.orbit.ndm.message import Block, Entry, Message
from space_hub.orbit.ndm.tables.cdm import COVARIANCE
from space_hub.orbit.times import Floats

_NOTE = re.compile(r"=?\s*([A-Za-z][A-Za-z0-9_ ]*?)\s*[=:]\s*(.+?)\s*(?:\[([^\[\]]*)\])?")
_PER_KM2 = 1e-6
_EMPTY = Block("", ())


@dataclass(frozen=True, slots=True)
class Side:
    """One object of a conjunction.

    `position_km` and `velocity_km_s` (3,) are in `frame`; `covariance` (n, n), n from 6 to 9, is in RTN of this
    object, in the units of the message: m and m/s, then the drag, radiation and thrust terms.
    """

    designator: str
    catalog: str
    name: str
    international_designator: str
    frame: str
    covariance_method: str
    maneuverable: str
    position_km: Floats
    velocity_km_s: Floats
    covariance: Floats
    metadata: Mapping[str, str]
    parameters: Mapping[str, str]
    notes: Mapping[str, str]
    comments: tuple[str, ...]

    @property
    def catalog_number(self) -> int | None:
        """The number in the satellite catalogue; None where the designator is no number."""
        return int(self.designator) if re.fullmatch(r"[0-9]{1,9}", self.designator) else None

    @property
    def exclusion_radius_m(self) -> float | None:
        return number(self.notes.get("EXCLUSION_VOLUME_RADIUS", ""))

    def covariance_km(self) -> Floats:
        """Covariance of position and velocity (6, 6) in `frame`: km**2, km**2/s, km**2/s**2.

        The axes of RTN are those of this state, which needs a frame that does not turn; Invalid for ITRF.
        """
        if self.frame == "ITRF":
            raise Invalid("ndm.frame_turns", given=self.frame)
        axes = rtn(self.position_km, self.velocity_km_s)
        turn = np.zeros((6, 6))
        turn[:3, :3] = turn[3:, 3:] = axes
        turned: Floats = turn.T @ self.covariance[:6, :6] @ turn * _PER_KM2
        return turned


@dataclass(frozen=True, slots=True)
class Cdm:
    """The conjunction that a message is about. `tca` is UTC."""

    message: Message
    message_id: str
    originator: str
    created: datetime
    message_for: str | None
    tca: datetime
    miss_distance_m: float
    relative_speed_m_s: float | None
    relative_position_m: tuple[float, float, float] | None
    relative_velocity_m_s: tuple[float, float, float] | None
    collision_probability: float | None
    collision_probability_printed: str | None
    collision_probability_method: str | None
    one: Side
    other: Side
    notes: Mapping[str, str]
    comments: tuple[str, ...]

    @property
    def hard_body_radius_m(self) -> float | None:
        """The combined radius that a comment states (`HBR = 15 [m]`), or None."""
        return number(self.notes.get("HBR", ""))

    @property
    def screening_option(self) -> str | None:
        return self.notes.get("SCREENING_OPTION")


def _notes(comments: tuple[str, ...]) -> Mapping[str, str]:
    """What comments of the form `Name = value [unit]` say, by the name in capitals with underscores."""
    found: dict[str, str] = {}
    for comment in comments:
        if match := _NOTE.fullmatch(comment):
            found.setdefault("_".join(match[1].upper().split()), match[2])
    return found


def _texts(*blocks: Block | None) -> Mapping[str, str]:
    entries: Iterator[Entry] = (
        item for block in blocks if block for item in block.items if isinstance(item, Entry) and item.value
    )
    return {entry.keyword: entry.value for entry in entries}


def _required(block: Block, keyword: str) -> float:
    found = number(block.text(keyword) or "")
    if found is None:
        raise Invalid("ndm.keyword_missing", keyword=keyword, line=block.line, block=block.name)
    return found


def _covariance(block: Block) -> Floats:
    given = _texts(block)
    size = 6
    for axes in (7, 8, 9):
        row = COVARIANCE[axes * (axes - 1) // 2 : axes * (axes + 1) // 2]
        if not all(number(given.get(f"C{name}_{column}", "")) is not None for name, column in row):
            break
        size = axes
    matrix = np.zeros((size, size))
    rows, columns = np.tril_indices(size)
    matrix[rows, columns] = [_required(block, f"C{name}_{column}") for name, column in COVARIANCE[: len(rows)]]
    matrix[columns, rows] = matrix[rows, columns]
    return matrix


def _side(segment: Block) -> Side:
    metadata = segment.block("metadata") or _EMPTY
    data = segment.block("data") or _EMPTY
    state = data.block("stateVector") or _EMPTY
    about = _texts(metadata)
    return Side(
        designator=about["OBJECT_DESIGNATOR"],
        catalog=about["CATALOG_NAME"],
        name=about["OBJECT_NAME"],
        international_designator=about["INTERNATIONAL_DESIGNATOR"],
        frame=about["REF_FRAME"].upper(),
        covariance_method=about["COVARIANCE_METHOD"].upper(),
        maneuverable=about["MANEUVERABLE"].upper(),
        position_km=np.array([_required(state, axis) for axis in "XYZ"]),
        velocity_km_s=np.array([_required(state, f"{axis}_DOT") for axis in "XYZ"]),
        covariance=_covariance(data.block("covarianceMatrix") or _EMPTY),
        metadata=about,
        parameters=_texts(data.block("odParameters"), data.block("additionalParameters")),
        notes=_notes(segment.comments),
        comments=segment.comments,
    )


def _vector(relative: Block, what: str) -> tuple[float, float, float] | None:
    parts = [number(relative.text(f"RELATIVE_{what}_{axis}") or "") for axis in "RTN"]
    found = [part for part in parts if part is not None]
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def conjunction(message: Message) -> Cdm:
    """What a CDM says; Invalid for a message of another kind."""
    if message.kind != "cdm":
        raise Invalid("ndm.kind_other", given=message.kind, expected="cdm")
    relative = message.body.block("relativeMetadataData") or _EMPTY
    one, other = (_side(segment) for segment in message.segments)
    created, tca = moment(message.header.text("CREATION_DATE") or ""), moment(relative.text("TCA") or "")
    if created is None or tca is None:
        raise Invalid("ndm.keyword_missing", keyword="TCA", line=relative.line, block=relative.name)
    comments = (*message.header.comments, *message.body.comments)
    return Cdm(
        message=message,
        message_id=message.header.text("MESSAGE_ID") or "",
        originator=message.header.text("ORIGINATOR") or "",
        created=created,
        message_for=message.header.text("MESSAGE_FOR"),
        tca=tca,
        miss_distance_m=_required(relative, "MISS_DISTANCE"),
        relative_speed_m_s=number(relative.text("RELATIVE_SPEED") or ""),
        relative_position_m=_vector(relative, "POSITION"),
        relative_velocity_m_s=_vector(relative, "VELOCITY"),
        collision_probability=number(relative.text("COLLISION_PROBABILITY") or ""),
        collision_probability_printed=relative.text("COLLISION_PROBABILITY"),
        collision_probability_method=relative.text("COLLISION_PROBABILITY_METHOD"),
        one=one,
        other=other,
        notes=_notes(comments),
        comments=comments,
    )
