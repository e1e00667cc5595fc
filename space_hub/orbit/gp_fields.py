"""The fields of an element set: their grammar, their ranges, and how a set is refused.

Shared by the readers of OMM and TLE. Numbers are ASCII decimal only, finite and in
range; nothing is guessed, rounded into range or filled in. Field names are those of
CCSDS 502.0 (OMM), also when a TLE is read, so that one reason reads the same in
every form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from space_hub.orbit.elements import ElementSet

RAW_LIMIT = 4096
"""Characters of raw text kept with a set; a real one has at most about 700."""

FIRST_YEAR, LAST_YEAR = 1957, 2056
"""What the two-digit year of a TLE can say: 57 is 1957, 56 is 2056."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_INTEGER = re.compile(r"[0-9]{1,9}")
_EPOCH = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)Z?")
_DESIGNATOR = re.compile(r"[0-9]{4}-[0-9]{3}[A-Z]{0,3}")
_LONGEST_NUMBER = 32
_LONGEST_NAME = 100


class Refusal(Exception):
    """One set cannot be accepted: a stable code and the parameters of its sentence."""

    def __init__(self, code: str, /, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Line:
    """One accepted set: where it began in the text (1 is the first line) and what stood there."""

    elements: ElementSet
    line_number: int
    raw: str
    forward_dated: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """One refused set, to be quarantined with its reason."""

    line_number: int
    code: str
    params: Mapping[str, object]
    raw: str


@dataclass(frozen=True, slots=True)
class Range:
    """The values a quantity may take; an end is open where its flag says so."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def __str__(self) -> str:
        return f"{'(' if self.low_open else '['}{self.low:g}, {self.high:g}{')' if self.high_open else ']'}"


_ANGLE = Range(0.0, 360.0, high_open=True)
RANGES: Mapping[str, Range] = {
    # SGP4 describes nothing faster than a grazing orbit (about 17.0 revolutions a day); 18 leaves room for
    # the last sets of falling objects.
    "MEAN_MOTION": Range(0.0, 18.0, low_open=True),
    "ECCENTRICITY": Range(0.0, 1.0, high_open=True),
    "INCLINATION": Range(0.0, 180.0),
    "RA_OF_ASC_NODE": _ANGLE,
    "ARG_OF_PERICENTER": _ANGLE,
    "MEAN_ANOMALY": _ANGLE,
    # The largest drag terms of the public catalogue are near 4; beyond these bounds a column has slipped.
    "BSTAR": Range(-100.0, 100.0),
    "MEAN_MOTION_DOT": Range(-10.0, 10.0),
    "MEAN_MOTION_DDOT": Range(-10.0, 10.0),
}


def shown(given: object) -> str:
    """What was given, short and printable enough to stand in a sentence."""
    text = str(given)
    text = "".join(mark if mark.isprintable() else "?" for mark in text[:41])
    return text if len(text) <= 40 else text[:40] + "…"


def storable(raw: str) -> str:
    """Raw text as a database can keep it: cut at RAW_LIMIT; NUL and lone surrogates, which none stores, escaped."""
    raw = raw[:RAW_LIMIT]
    if "\0" in raw:
        raw = raw.replace("\0", "\\x00")
    return raw if raw.isascii() else raw.encode("utf-8", "backslashreplace").decode("utf-8")


def in_range(field: str, value: float, given: str) -> float:
    """`value` itself; Refusal when it lies outside the range of `field`."""
    allowed = RANGES[field]
    if value not in allowed:
        raise Refusal("gp.field_out_of_range", field=field, given=shown(given), expected=str(allowed))
    return value


def number(field: str, given: str) -> float:
    """A finite decimal number within the range of `field`."""
    return in_range(field, decimal(field, given), given)


def decimal(field: str, given: str) -> float:
    """A finite decimal number."""
    if len(given) > _LONGEST_NUMBER or not _NUMBER.fullmatch(given):
        raise Refusal("gp.field_not_number", field=field, given=shown(given))
    return float(given)


def integer(field: str, given: str) -> int:
    """A whole number of one to nine digits, without a sign."""
    if not _INTEGER.fullmatch(given):
        raise Refusal("gp.field_not_integer", field=field, given=shown(given))
    return int(given)


def catalog_number_omm(given: str) -> int:
    """A catalogue number of one to nine digits, at least 1; leading zeros are allowed, Alpha-5 is not."""
    if not _INTEGER.fullmatch(given) or int(given) == 0:
        raise Refusal("gp.catalog_number_wrong", given=shown(given))
    return int(given)


def epoch(given: str) -> datetime:
    """An OMM epoch, `YYYY-MM-DDTHH:MM:SS[.ffffff][Z]`, as aware UTC to the microsecond."""
    match = _EPOCH.fullmatch(given)
    if match is None:
        raise Refusal("gp.epoch_wrong", given=shown(given))
    try:
        at = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError:
        raise Refusal("gp.epoch_wrong", given=shown(given)) from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Refusal("gp.epoch_year", given=shown(given), first=FIRST_YEAR, last=LAST_YEAR)
    return at


def name(given: str) -> str:
    """An object's name without the blanks around it; empty when the source gives none."""
    given = given.strip(" ")
    if len(given) > _LONGEST_NAME or not given.isprintable():
        raise Refusal("gp.name_wrong", given=shown(given), most=_LONGEST_NAME)
    return given


def designator(given: str) -> str:
    """An international designator such as 1998-067A; empty when the source gives none or says UNKNOWN."""
    if given in ("", "UNKNOWN"):
        return ""
    if not _DESIGNATOR.fullmatch(given):
        raise Refusal("gp.designator_wrong", given=shown(given))
    return given


def classification(given: str) -> str:
    if given not in ("U", "C", "S"):
        raise Refusal("gp.classification_wrong", given=shown(given))
    return given


def ephemeris_type(given: str) -> int:
    """Zero; other types (4 is SGP4-XP) name a theory that SGP4 must not be fed with."""
    if given != "0":
        raise Refusal("gp.ephemeris_type", given=shown(given))
    return 0
