"""Catalogue numbers in the five columns of a TLE, with the Alpha-5 scheme of Space-Track.

The first of five characters may be a letter for the ten-thousands: A is 10, Z is 33,
I and O are left out. So a TLE can name 1 to 339999 and no more; nine-digit numbers
travel in OMM only.
"""

import re

from space_hub.errors import Invalid

LARGEST = 339_999
"""Z9999."""

PATTERN = r"[A-HJ-NP-Z][0-9]{4}|[0-9]{5}| [0-9]{4}| {2}[0-9]{3}| {3}[0-9]{2}| {4}[0-9]"
"""Five columns: Alpha-5, or digits padded with zeros or blanks on the left."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_FIVE = re.compile(PATTERN)


def alpha5(number: int) -> str:
    """The five columns for `number`; Invalid `gp.alpha5_range` where a TLE cannot carry it."""
    if not 1 <= number <= LARGEST:
        raise Invalid("gp.alpha5_range", given=number, most=LARGEST)
    if number < 100_000:
        return f"{number:05d}"
    return f"{_LETTERS[number // 10_000 - 10]}{number % 10_000:04d}"


def catalog_number(text: str) -> int:
    """The number that five columns name; Invalid `gp.catalog_number_wrong` where they name none."""
    if not _FIVE.fullmatch(text):
        raise Invalid("gp.catalog_number_wrong", given=text[:40])
    number = int(text) if text[0] not in _LETTERS else (_LETTERS.index(text[0]) + 10) * 10_000 + int(text[1:])
    if number == 0:
        raise Invalid("gp.catalog_number_wrong", given=text)
    return number
