"""What a keyword may say: its grammar, its unit, the words it knows.

Numbers are decimal and finite. `NaN` stands in real messages where a value is not known:
it is let pass where the keyword is optional, and never where the message needs a number.
A unit is checked against the keyword and never used to convert: values are read by keyword.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Literal

from space_hub.errors import Invalid
from space_hub.orbit.gp_fields import shown

Grammar = Literal["text", "number", "integer", "time", "instant", "words"]

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_TIME = re.compile(r"([0-9]{4})-(?:([0-9]{2})-([0-9]{2})|([0-9]{3}))T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?Z?")
_KEYWORD = re.compile(r"USER_DEFINED_[A-Za-z0-9_.-]+|[A-Z][A-Z0-9_]*")
_LONGEST_NUMBER = 64
_GRAMMARS: Mapping[str, Grammar] = {
    "text": "text",
    "number": "number",
    "integer": "integer",
    "time": "time",
    "instant": "instant",
}
USER_DEFINED = "USER_DEFINED_"

_PER_SECOND = re.compile(r"/s(?:ec)?(?:\*\*[0-9])?")
_SPELT = {"m/sec": "m/s", "km/sec": "km/s", "sec": "s", "day": "d", "days": "d", "percent": "%", "1/er": "1/er"}
"""Other spellings of a unit that real messages use."""


@dataclass(frozen=True, slots=True)
class Key:
    """One keyword: `must` where its block cannot do without it; `low` and `high` bound a number.

    `blank` says that it must stand there and may be empty all the same, as a great source leaves it.
    """

    name: str
    grammar: Grammar = "text"
    unit: str = ""
    must: bool = False
    words: frozenset[str] = frozenset()
    low: float | None = None
    high: float | None = None
    since: str = ""
    blank: bool = False


def keys(table: str) -> Mapping[str, Key]:
    """A table of keywords, one a line: NAME[!] [grammar] [unit]; `!` marks the mandatory, `!?` those that may be empty.

    The grammar is text (understood), number, integer, time, instant (a time, or seconds from a zero), or
    words set apart by `|`. `>=0` and `0..1` bound a number; `@2.0` marks a keyword of a later version.
    """
    found: dict[str, Key] = {}
    for line in table.split("\n"):
        parts = line.split()
        if not parts:
            continue
        blank = parts[0].endswith("?")
        name, must = parts[0].rstrip("!?"), "!" in parts[0]
        grammar: Grammar = "text"
        unit, since, words = "", "", frozenset[str]()
        low: float | None = None
        high: float | None = None
        for part in parts[1:]:
            if part in _GRAMMARS:
                grammar = _GRAMMARS[part]
            elif part.startswith("@"):
                since = part[1:]
            elif part.startswith(">="):
                low = float(part[2:])
            elif ".." in part:
                low, high = (float(end) for end in part.split(".."))
            elif "|" in part:
                grammar, words = "words", frozenset(part.replace("~", " ").split("|"))
            else:
                unit = part
        found[name] = Key(name, grammar, unit, must, words, low, high, since, blank)
    return found


def is_keyword(text: str) -> bool:
    return _KEYWORD.fullmatch(text) is not None


def same_unit(given: str, expected: str) -> bool:
    """Whether a unit, as stated, is the one that is expected; case and a few common spellings are forgiven."""
    bare = given.replace(" ", "").lower()
    return _SPELT.get(bare, bare) == expected.lower()


def same_scale(given: str, expected: str) -> bool:
    """Whether a unit is wrong only in its powers of seconds, as where a velocity is labelled [m]."""
    bare, wanted = (_PER_SECOND.sub("", unit.replace(" ", "").lower()) for unit in (given, expected))
    return bare == wanted


def is_nan(value: str) -> bool:
    return value.lower() == "nan"


def number(value: str) -> float | None:
    """The finite decimal number that `value` is, or None."""
    if len(value) > _LONGEST_NUMBER or not NUMBER.fullmatch(value):
        return None
    found = float(value)
    return found if isfinite(found) else None


def moment(value: str) -> datetime | None:
    """A calendar or day-of-year time as a datetime marked UTC, to the microsecond, or None.

    What scale it is in, the message says. Second 60 is read as the instant that follows it.
    """
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    year, month, day, day_of_year, hour, minute, second, fraction = match.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second) > 60:
        return None
    try:
        if day_of_year is not None:
            date = datetime(int(year), 1, 1, tzinfo=UTC) + timedelta(days=int(day_of_year) - 1)
            if date.year != int(year):
                return None
        else:
            date = datetime(int(year), int(month), int(day), tzinfo=UTC)
        return date + timedelta(
            hours=int(hour),
            minutes=int(minute),
            seconds=int(second),
            microseconds=round(float(f"0.{fraction or 0}") * 1e6),
        )
    except (ValueError, OverflowError):
        return None


def check(key: Key, value: str, unit: str, line: int) -> None:
    """Invalid when `value` is not what `key` may say; an empty value is no business of this check."""
    if key.grammar == "number":
        if not key.must and is_nan(value):
            return
        found = number(value)
        if found is None:
            raise Invalid("ndm.not_number", keyword=key.name, line=line, given=shown(value))
        if (key.low is not None and found < key.low) or (key.high is not None and found > key.high):
            low, high = (f"{end:g}" if end is not None else "…" for end in (key.low, key.high))
            raise Invalid(
                "ndm.out_of_range", keyword=key.name, line=line, given=shown(value), expected=f"[{low}, {high}]"
            )
    elif key.grammar == "integer":
        # Counts are printed as 12.0 by some; a fraction is not a count.
        counted = value.removesuffix(".0")
        if not _INTEGER.fullmatch(counted):
            raise Invalid("ndm.not_integer", keyword=key.name, line=line, given=shown(value))
    elif key.grammar == "time":
        if moment(value) is None:
            raise Invalid("ndm.not_time", keyword=key.name, line=line, given=shown(value))
    elif key.grammar == "instant":
        if moment(value) is None and number(value) is None:
            raise Invalid("ndm.not_time", keyword=key.name, line=line, given=shown(value))
    elif key.grammar == "words" and value.upper() not in key.words:
        known = ", ".join(sorted(key.words))
        raise Invalid("ndm.not_word", keyword=key.name, line=line, given=shown(value), known=known)
    wrong = bool(unit) and key.grammar in ("number", "integer") and not same_unit(unit, key.unit)
    if wrong and not same_scale(unit, key.unit):
        raise Invalid("ndm.unit_wrong", keyword=key.name, line=line, given=shown(unit), expected=key.unit or "-")
