"""Element sets as OMM (CCSDS 502.0) in CSV and JSON, read strictly; CSV written.

Two spellings are known. CelesTrak gives the mean elements alone, numbers may begin
with a point. Space-Track gives every value as a string and adds CENTER_NAME, REF_FRAME,
TIME_SYSTEM and MEAN_ELEMENT_THEORY: where these stand they must say EARTH, TEME, UTC and
SGP4, for a set of another frame or theory looks the same and means something else.
Columns that are not known are ignored; a mandatory one that is missing is named.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from space_hub.errors import Invalid
from space_hub.orbit import gp_fields
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp_fields import RAW_LIMIT, Line, Refusal, Rejected, shown, storable

MANDATORY = (
    "OBJECT_NAME",
    "OBJECT_ID",
    "EPOCH",
    "MEAN_MOTION",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
    "NORAD_CAT_ID",
    "BSTAR",
    "MEAN_MOTION_DOT",
    "MEAN_MOTION_DDOT",
)
COLUMNS = (
    *MANDATORY[:9],
    "EPHEMERIS_TYPE",
    "CLASSIFICATION_TYPE",
    "NORAD_CAT_ID",
    "ELEMENT_SET_NO",
    "REV_AT_EPOCH",
    *MANDATORY[10:],
)
"""The columns of CelesTrak's CSV, in its order; this is what `to_omm_csv` writes."""

CONSTANTS = {"CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4"}

_MAY_BE_EMPTY = frozenset({"OBJECT_NAME", "OBJECT_ID"})
_TEXT_FIELDS = frozenset({"OBJECT_NAME", "OBJECT_ID", "EPOCH", "CLASSIFICATION_TYPE", *CONSTANTS})
_KNOWN = frozenset({*COLUMNS, *CONSTANTS})


def element_set(fields: Mapping[str, str]) -> ElementSet:
    """The element set that OMM fields, as text, describe; Refusal with the first that is wrong."""
    for field, expected in CONSTANTS.items():
        if fields.get(field, expected) != expected:
            raise Refusal("gp.constant_wrong", field=field, given=shown(fields[field]), expected=expected)
    for field in MANDATORY:
        if not fields.get(field) and (field not in fields or field not in _MAY_BE_EMPTY):
            raise Refusal("gp.field_missing", field=field)
    number = gp_fields.number
    return ElementSet(
        catalog_number=gp_fields.catalog_number_omm(fields["NORAD_CAT_ID"]),
        epoch=gp_fields.epoch(fields["EPOCH"]),
        mean_motion_rev_day=number("MEAN_MOTION", fields["MEAN_MOTION"]),
        eccentricity=number("ECCENTRICITY", fields["ECCENTRICITY"]),
        inclination_deg=number("INCLINATION", fields["INCLINATION"]),
        raan_deg=number("RA_OF_ASC_NODE", fields["RA_OF_ASC_NODE"]),
        arg_perigee_deg=number("ARG_OF_PERICENTER", fields["ARG_OF_PERICENTER"]),
        mean_anomaly_deg=number("MEAN_ANOMALY", fields["MEAN_ANOMALY"]),
        bstar=number("BSTAR", fields["BSTAR"]),
        mean_motion_dot=number("MEAN_MOTION_DOT", fields["MEAN_MOTION_DOT"]),
        mean_motion_ddot=number("MEAN_MOTION_DDOT", fields["MEAN_MOTION_DDOT"]),
        name=gp_fields.name(fields["OBJECT_NAME"]),
        international_designator=gp_fields.designator(fields["OBJECT_ID"]),
        classification=gp_fields.classification(fields.get("CLASSIFICATION_TYPE") or "U"),
        ephemeris_type=gp_fields.ephemeris_type(fields.get("EPHEMERIS_TYPE") or "0"),
        element_set_number=gp_fields.integer("ELEMENT_SET_NO", fields.get("ELEMENT_SET_NO") or "0"),
        revolution_at_epoch=gp_fields.integer("REV_AT_EPOCH", fields.get("REV_AT_EPOCH") or "0"),
    )


def _cells(line: str) -> Sequence[str]:
    """The cells of one CSV line. No cell holds a line end, so a stray quote spoils its own line and no other."""
    if len(line) > RAW_LIMIT:
        raise Refusal("gp.line_too_long", given=len(line), most=RAW_LIMIT)
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        raise Refusal("gp.csv_quoting", given=shown(line)) from None


def csv_columns(text: str) -> Sequence[str]:
    """The column names of a CSV text; empty when its first line cannot be one of names."""
    first = text.lstrip("\r\n").split("\n", 1)[0].removesuffix("\r")
    try:
        return [cell.strip() for cell in _cells(first)]
    except Refusal:
        return []


def read_csv(text: str, now: datetime) -> tuple[list[Line], list[Rejected]]:
    """Every row of an OMM CSV; Invalid when its first line does not name the mandatory columns once each."""
    columns = csv_columns(text)
    missing = [field for field in MANDATORY if field not in columns]
    if missing:
        raise Invalid("gp.columns_missing", missing=", ".join(missing))
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise Invalid("gp.columns_repeated", repeated=shown(", ".join(repeated)))
    accepted: list[Line] = []
    rejected: list[Rejected] = []
    header_seen = False
    for line_number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line or line.isspace():
            continue
        if not header_seen:
            header_seen = True
            continue
        raw = storable(line)
        try:
            cells = _cells(line)
            if len(cells) != len(columns):
                raise Refusal("gp.field_count", given=len(cells), expected=len(columns))
            elements = element_set(dict(zip(columns, cells, strict=True)))
        except Refusal as refusal:
            rejected.append(Rejected(line_number, refusal.code, refusal.params, raw))
        else:
            accepted.append(Line(elements, line_number, raw, elements.epoch > now))
    return accepted, rejected


class _Number(str):
    """A JSON number as its own text, so that 1e999 and NaN meet the grammar and no digit is rounded away."""

    __slots__ = ()


_REPEATED = "\0repeated"
"""Where a decoded record says which of its keys came twice; no key of a sane record begins with NUL."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        last = {name: at for at, (name, _) in enumerate(pairs)}
        found[_REPEATED] = next(name for at, (name, _) in enumerate(pairs) if last[name] != at)
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_Number, strict=True
)
_BLANKS = re.compile(r"[ \t\r\n]*")


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _records(text: str) -> Iterator[tuple[int, str, object]]:
    """The members of a JSON array, or a lone object: (line number, raw text, value).

    Members are decoded one by one to know where each stands; broken JSON is Invalid
    for the whole file, since what follows the break cannot be told from it.
    """
    at = _skip(text, 0)
    listed = text[at : at + 1] == "["
    at = _skip(text, at + 1) if listed else at
    line_number, counted = 1, 0
    if listed and text[at : at + 1] == "]":
        at += 1
    else:
        while True:
            try:
                value, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                raise Invalid("gp.json_broken", line=text.count("\n", 0, at) + 1) from None
            line_number += text.count("\n", counted, at)
            counted = at
            yield line_number, text[at : min(end, at + RAW_LIMIT)], value
            at = _skip(text, end)
            if not listed:
                break
            mark = text[at : at + 1]
            if mark not in (",", "]") or not mark:
                raise Invalid("gp.json_broken", line=text.count("\n", 0, at) + 1)
            at = _skip(text, at + 1)
            if mark == "]":
                break
    if _skip(text, at) != len(text):
        raise Invalid("gp.json_broken", line=text.count("\n", 0, at) + 1)


def _as_text(record: object) -> Mapping[str, str]:
    """The known fields of a record as text; null is an empty field."""
    if not isinstance(record, dict):
        raise Refusal("gp.record_not_object")
    if _REPEATED in record:
        raise Refusal("gp.key_repeated", field=shown(record[_REPEATED]))
    fields: dict[str, str] = {}
    for field in record.keys() & _KNOWN:
        value = record[field]
        if value is None:
            value = ""
        if not isinstance(value, str) or (isinstance(value, _Number) and field in _TEXT_FIELDS):
            raise Refusal("gp.field_type", field=field)
        fields[field] = value
    return fields


def read_json(text: str, now: datetime) -> tuple[list[Line], list[Rejected]]:
    """Every record of an OMM JSON; Invalid when it is broken, or holds no record that could be an element set."""
    accepted: list[Line] = []
    rejected: list[Rejected] = []
    recognised = False
    members = 0
    for line_number, raw, record in _records(text):
        members += 1
        recognised = recognised or (isinstance(record, dict) and {"EPOCH", "NORAD_CAT_ID"} <= record.keys())
        raw = storable(raw)
        try:
            elements = element_set(_as_text(record))
        except Refusal as refusal:
            rejected.append(Rejected(line_number, refusal.code, refusal.params, raw))
        else:
            accepted.append(Line(elements, line_number, raw, elements.epoch > now))
    if not members:
        raise Invalid("gp.none_found")
    if not recognised:
        raise Invalid("gp.json_shape")
    return accepted, rejected


def to_omm_csv(sets: Sequence[ElementSet]) -> str:
    """An OMM CSV with the columns of CelesTrak; `read_csv` gives back the same values, bit for bit."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sets:
        writer.writerow(
            (
                one.name,
                one.international_designator,
                one.epoch.strftime("%Y-%m-%dT%H:%M:%S.%f"),
                one.mean_motion_rev_day,
                one.eccentricity,
                one.inclination_deg,
                one.raan_deg,
                one.arg_perigee_deg,
                one.mean_anomaly_deg,
                one.ephemeris_type,
                one.classification,
                one.catalog_number,
                one.element_set_number,
                one.revolution_at_epoch,
                one.bstar,
                one.mean_motion_dot,
                one.mean_motion_ddot,
            )
        )
    return out.getvalue()
