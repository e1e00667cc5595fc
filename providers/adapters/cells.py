"""What stands in one cell of a table -> a number, a day, a flag, a list, as people write them. Pure.

Suppliers write in the manner of their country. What can mean one thing only is
taken; what can mean two is refused with both, because a price that is a thousand
times too high would be believed.

    0.5  0,5           the decimal sign is a point or a comma
    1 500  12 345,6    blanks part groups of three digits
    1,500              refused: 1500 in English, 1.500 in French (0,500 and 1234,567 are clear)
    1.500              one and a half: a point is always the decimal sign
    0,3..0,5 m         a range
    6,50 €/km2         the euro has a sign of its own; $ and £ stand for several currencies and are refused
    2026-12-31  31/12/2026  12/31/2026     a day, in UTC, where only one reading is in the calendar
    01/12/2026         refused: the first of December or the twelfth of January
    yes  no  oui  non  true  false  vrai  faux

A day counts whole: `valid_to` 2026-12-31 ends at the midnight after it.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from space_hub.errors import Invalid
from space_hub.vocabulary.units import shown

_FLAGS = {
    **dict.fromkeys(("true", "yes", "oui", "vrai"), True),
    **dict.fromkeys(("false", "no", "non", "faux"), False),
}
_PRICE_EXAMPLE = "12.50 EUR/"
_FLAGS_SHOWN = "yes, no, oui, non"
_CODED = ("attribute", "release_to")
"""Columns of codes, which hold no comma: there it parts them too."""

# The digits of ASCII only: other scripts' digits would be read as numbers that nobody sees as such.
_BLANK = "[ \u00a0\u2009\u202f]"
_WHOLE = rf"(?:[1-9][0-9]{{0,2}}(?:{_BLANK}[0-9]{{3}})+|[0-9]+)"
_NUMBER = rf"[+-]?(?:{_WHOLE}(?:\.[0-9]*|,[0-9]+)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
_UNIT = r"(1|[^\s0-9]\S*)"
_BARE = re.compile(rf"{_NUMBER}(?:\.\.{_NUMBER})?")
_QUANTITY = re.compile(rf"({_NUMBER})(?:\.\.({_NUMBER}))?\s+{_UNIT}")
_PRICE = re.compile(rf"({_NUMBER})\s*(€|[A-Z]{{3}})\s*/\s*(\S+)")
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")


def is_bare(cell: str) -> bool:
    """Whether it is a number, or a range, and nothing besides."""
    return _BARE.fullmatch(cell) is not None


def quantity(column: str, cell: str, example: str, unit: str) -> tuple[float, float | None, str]:
    """The number, or both ends of the range, and the unit as written; `example` and `unit` are for the refusal."""
    match = _QUANTITY.fullmatch(cell)
    if match is None:
        raise Invalid("providers.cell_wrong", column=column, given=cell[:80], expected=f"{example} {shown(unit)}")
    low, high, given = match.groups()
    return float(_plain(column, low)), None if high is None else float(_plain(column, high)), given


def one(column: str, cell: str, example: str, unit: str) -> tuple[float, str]:
    """As `quantity`, where a range has no meaning."""
    low, high, given = quantity(column, cell, example, unit)
    if high is not None:
        raise Invalid("providers.cell_wrong", column=column, given=cell[:80], expected=f"{example} {shown(unit)}")
    return low, given


def price(column: str, cell: str, unit: str) -> tuple[str, str, str]:
    """Amount, currency, and what it buys."""
    match = _PRICE.fullmatch(cell)
    if match is None:
        raise Invalid("providers.cell_wrong", column=column, given=cell[:80], expected=_PRICE_EXAMPLE + shown(unit))
    given, currency, per = match.groups()
    return _plain(column, given), "EUR" if currency == "€" else currency, per


def amount(column: str, cell: str) -> str:
    return _plain(column, cell) if is_bare(cell) and ".." not in cell else cell


def flag(column: str, cell: str) -> bool:
    found = _FLAGS.get(cell.casefold())
    if found is None:
        raise Invalid("providers.cell_wrong", column=column, given=cell[:80], expected=_FLAGS_SHOWN)
    return found


def several(cell: str, column: str) -> list[str]:
    signs = "[;,]" if column.partition(":")[0] in _CODED else ";"
    return [part.strip() for part in re.split(signs, cell) if part.strip()]


def day(column: str, cell: str) -> str:
    """A day as the time at which it begins, or ends where it is the last; what is no day is left as it stands."""
    if found := _YEAR_FIRST.fullmatch(cell):
        readings = {(int(found[1]), int(found[3]), int(found[4]))}
    elif found := _YEAR_LAST.fullmatch(cell):
        year, first, second = int(found[4]), int(found[1]), int(found[3])
        readings = {(year, second, first), (year, first, second)}
    else:
        return cell
    days = sorted(each for parts in readings if (each := _day(*parts)) is not None)
    if not days:
        raise Invalid("providers.time_wrong", field=column, given=cell)
    if len(days) > 1:
        first_day, second_day = (each.isoformat() for each in days)
        raise Invalid("manifest.day_unclear", column=column, given=cell, first=first_day, second=second_day)
    begins = datetime.combine(days[0], time(), UTC)
    return (begins + timedelta(days=1) if column == "valid_to" else begins).isoformat()


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _plain(column: str, number: str) -> str:
    """A number that was written with a comma or with blanks, as programs write it."""
    if _TWO_READINGS.fullmatch(number):
        whole, part = number.split(",")
        raise Invalid(
            "manifest.number_unclear", column=column, given=number, first=f"{whole}{part}", second=f"{whole}.{part}"
        )
    return re.sub(_BLANK, "", number).replace(",", ".")
