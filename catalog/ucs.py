"""Rows of the UCS Satellite Database -> listings of commercial assets, or a refusal with its reason each. Pure.

The Union of Concerned Scientists publishes it as a table of active satellites,
typed by hand (edition of 1 May 2023: 7,560 rows). What its columns say is taken
over; the capability is a guess from the purpose and is called one. Rows without a
commercial user are refused as not commercial, not hidden. A catalogue number far
above all others of the table is a slip of the hand and refused.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from iso3166 import countries_by_name

from catalog.names import name_key
from space_hub.vocabulary.codes import AssetKind

NAME = "UCS Satellite Database"

_NEEDED = ("Current Official Name of Satellite", "Operator/Owner", "Users", "Purpose", "Class of Orbit", "NORAD Number")
_LARGEST_GAP = 2000
"""Numbers are given in turn; the rows of the edition of 2023 leave no gap above 700 near its end."""
_NATIONS = {
    "USA": "US",
    "UNITED KINGDOM": "GB",
    "UK": "GB",
    "RUSSIA": "RU",
    "SOUTH KOREA": "KR",
    "TAIWAN": "TW",
    "TURKEY": "TR",
    "CZECH REPUBLIC": "CZ",
    "VIETNAM": "VN",
    "IRAN": "IR",
    "VENEZUELA": "VE",
    "BOLIVIA": "BO",
    "LAOS": "LA",
    "NETHERLANDS": "NL",
    "UNITED ARAB EMIRATES": "AE",
}
_ORBITS = {"LEO": "LEO", "MEO": "MEO", "GEO": "GEO", "ELLIPTICAL": "HEO"}
_GUESSES = (
    ("radar", "radar.sar"),
    ("synthetic aperture", "radar.sar"),
    ("hyperspectral", "imagery.hyperspectral"),
    ("infrared", "imagery.infrared"),
    ("thermal", "imagery.infrared"),
    ("electronic intelligence", "rf_sensing.geolocation"),
    ("signals intelligence", "rf_sensing.geolocation"),
    ("automatic identification", "rf_sensing.geolocation"),
    ("radio", "rf_sensing.survey"),
    ("meteorolog", "weather.sounding"),
    ("imaging", "imagery.optical"),
    ("mission extension", "servicing.life_extension"),
    ("space observation", "sda.observations"),
    ("navigation", "pnt.signal"),
    ("communications", "satcom.end_to_end"),
    ("earth observation", "imagery.optical"),
)
"""Word of the purposes -> capability; the first that occurs."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A commercial asset as a register names it."""

    line: int
    operator_name: str
    operator_key: str
    operator_nation: str | None
    asset_kind: str
    asset_name: str
    catalog_number: int | None
    cospar: str | None
    purpose: str
    capability_guess: str | None
    orbit: str | None
    launched: date | None
    site: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    code: str
    params: dict[str, Any]
    raw: str


def read(text: str) -> Iterator[Listed | Refusal]:
    """Every row of the table, in order; line 1 is the first after the header."""
    rows = list(csv.DictReader(io.StringIO(text)))
    missing = [] if not rows else [name for name in _NEEDED if name not in rows[0]]
    if missing:
        yield Refusal(0, "register.column_missing", {"columns": ", ".join(missing)}, "")
        return
    ceiling = _ceiling(rows)
    seen: set[int] = set()
    for line, row in enumerate(rows, start=1):
        yield _one(line, row, ceiling, seen)


def _one(line: int, row: Mapping[str, str | None], ceiling: int, seen: set[int]) -> Listed | Refusal:
    def said(name: str) -> str:
        return " ".join((row.get(name) or "").split())

    raw = ", ".join(said(name) for name in _NEEDED)[:500]
    if "commercial" not in said("Users").lower():
        return Refusal(line, "register.not_commercial", {"users": said("Users")}, raw)
    operator = said("Operator/Owner")
    if not operator:
        return Refusal(line, "register.operator_missing", {}, raw)
    digits = said("NORAD Number")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else 0
    if not 0 < number <= ceiling:
        return Refusal(line, "register.number_unreadable", {"given": digits}, raw)
    if number in seen:
        return Refusal(line, "register.repeated", {"number": number}, raw)
    seen.add(number)
    purposes = f"{said('Detailed Purpose')} {said('Purpose')}".lower()
    return Listed(
        line=line,
        operator_name=operator[:200],
        operator_key=name_key(operator),
        operator_nation=nation_of(said("Country of Operator/Owner")),
        asset_kind=AssetKind.SATELLITE.value,
        asset_name=(said("Current Official Name of Satellite") or f"NORAD {number}")[:100],
        catalog_number=number,
        cospar=said("COSPAR Number")[:12] or None,
        purpose=said("Purpose")[:40],
        capability_guess=next((code for word, code in _GUESSES if word in purposes), None),
        orbit=_ORBITS.get(said("Class of Orbit").upper()),
        launched=_day(said("Date of Launch")),
    )


def nation_of(name: str) -> str | None:
    """The one nation of a name; several, a body of nations or an unknown name are none."""
    upper = name.upper()
    known = countries_by_name.get(upper)
    return _NATIONS.get(upper) or (None if known is None else known.alpha2)


def _ceiling(rows: Iterable[Mapping[str, str | None]]) -> int:
    """The largest number that follows the others without a great gap."""
    given = ((row.get("NORAD Number") or "").strip() for row in rows)
    numbers = sorted({int(each) for each in given if each.isascii() and each.isdigit() and len(each) <= 9})
    upper = numbers[len(numbers) // 2 :]
    last = upper[0] if upper else 0
    for number in upper:
        if number - last > _LARGEST_GAP:
            break
        last = number
    return last


def _day(given: str) -> date | None:
    parts = given.split("/")
    try:
        month, day, year = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None
