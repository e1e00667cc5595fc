"""Public registers of commercial space assets -> listings. Pure.

A listing says what a register says, unverified, until its owner claims it. A
register of everything that flies holds much that nobody sells: rows that name
no commercial user are refused as such, and counted.

Read are the UCS Satellite Database (a table) and networks of ground stations
(GeoJSON points with their bands).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from iso3166 import countries_by_alpha3, countries_by_name

from providers.adapters.base import Refused
from providers.adapters.table import shown
from space_hub.errors import Invalid
from space_hub.vocabulary.codes import BANDS, AssetKind

_GAP = 1_000
"""A number this far above every other of its edition belongs to nothing that had flown by then."""
_PUBLIC_NETWORKS = frozenset({"nasa dsn", "nasa nen"})
_NATIONS = {
    "USA": "US",
    "United Kingdom": "GB",
    "UK": "GB",
    "Russia": "RU",
    "South Korea": "KR",
    "Taiwan": "TW",
    "Czech Republic": "CZ",
    "Turkey": "TR",
    "Netherlands": "NL",
    "Iran": "IR",
    "Vietnam": "VN",
    "Venezuela": "VE",
    "Bolivia": "BO",
    "Laos": "LA",
}
_GUESSES = (
    ("Earth Observation", re.compile("radar|sar", re.I), "radar.sar"),
    ("Earth Observation", re.compile("hyperspectral", re.I), "imagery.hyperspectral"),
    ("Earth Observation", re.compile("infrared|thermal", re.I), "imagery.infrared"),
    ("Earth Observation", re.compile("optical|video|multispectral", re.I), "imagery.optical"),
    ("Earth Observation", re.compile("electronic|signals|radio frequency", re.I), "rf_sensing.geolocation"),
    ("Earth Observation", re.compile("meteorolog", re.I), "weather.sounding"),
    ("Meteorological", re.compile(""), "weather.sounding"),
    ("Communications", re.compile(""), "satcom.end_to_end"),
    ("Navigation", re.compile(""), "pnt.signal"),
    ("Mission Extension", re.compile(""), "servicing.life_extension"),
)
"""Purpose (its beginning), detailed purpose, and the capability that may be behind it: a guess, shown as one."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One row of a register that names something commercial."""

    row: int
    operator_name: str
    operator_nation: str | None
    asset_kind: AssetKind
    asset_name: str
    catalog_number: int | None = None
    cospar: str | None = None
    purpose: str = ""
    capability_guess: str | None = None
    orbit: str = ""
    launched: date | None = None
    site: tuple[float, float] | None = None
    """Longitude and latitude of a thing on the ground, in degrees."""
    bands: tuple[str, ...] = ()


def read_satellites(rows: Iterable[Mapping[str, str]]) -> Iterator[Registered | Refused]:
    """Every row of a UCS table, in order, as a listing or with the reason why it is none."""
    given = list(rows)
    highest = _highest(given)
    seen: dict[int, int] = {}
    for row, cells in enumerate(given, start=1):
        try:
            found = _satellite(row, cells, highest)
            number = found.catalog_number
            if number is not None and number in seen:
                raise Invalid("register.repeated", number=number, row=seen[number])
        except Invalid as error:
            name = _cell(cells, "Current Official Name of Satellite")
            yield Refused(row, name[:100] or None, error.code, dict(error.params), shown(dict(cells)))
        else:
            if number is not None:
                seen[number] = row
            yield found


def _satellite(row: int, cells: Mapping[str, str], highest: int) -> Registered:
    operator = _cell(cells, "Operator/Owner")
    users = [each.strip() for each in _cell(cells, "Users").split("/")]
    if not operator:
        raise Invalid("register.operator_missing")
    if "Commercial" not in users:
        raise Invalid("register.not_commercial", users="/".join(users))
    purpose, detail = _cell(cells, "Purpose"), _cell(cells, "Detailed Purpose")
    return Registered(
        row=row,
        operator_name=operator[:200],
        operator_nation=nation_of(_cell(cells, "Country of Operator/Owner")),
        asset_kind=AssetKind.SATELLITE,
        asset_name=_cell(cells, "Current Official Name of Satellite")[:100],
        catalog_number=_number(_cell(cells, "NORAD Number"), highest),
        cospar=_cell(cells, "COSPAR Number")[:12] or None,
        purpose=purpose[:40],
        capability_guess=_guess(purpose, detail),
        orbit=_cell(cells, "Class of Orbit")[:12].upper(),
        launched=_day(_cell(cells, "Date of Launch")),
    )


def _number(text: str, highest: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Invalid("register.number_unreadable", given=text[:20], highest=highest)
    if int(text) > highest:
        raise Invalid("register.number_unreadable", given=text, highest=highest)
    return int(text)


def _highest(rows: Iterable[Mapping[str, str]]) -> int:
    """The highest number of an edition that does not stand far above the others: numbers are given in order."""
    texts = (_cell(each, "NORAD Number") for each in rows)
    numbers = sorted({int(each) for each in texts if each.isascii() and each.isdecimal() and len(each) <= 9})
    middle = len(numbers) // 2  # The old ones lie far apart; only what stands above the many is in doubt.
    for lower, upper in zip(numbers[middle:], numbers[middle + 1 :], strict=False):
        if upper - lower > _GAP:
            return lower
    return numbers[-1] if numbers else 0


def read_stations(collection: Any) -> Iterator[Registered | Refused]:
    """Every site of a network of ground stations, as a listing or with the reason why it is none."""
    features = collection.get("features") if isinstance(collection, Mapping) else None
    if not isinstance(features, list):
        raise Invalid("register.no_stations")
    seen: dict[str, int] = {}
    for row, feature in enumerate(features, start=1):
        try:
            found = _station(row, feature)
            if found.asset_name in seen:
                raise Invalid("register.repeated", number=found.asset_name, row=seen[found.asset_name])
        except Invalid as error:
            yield Refused(row, None, error.code, dict(error.params), shown(feature))
        else:
            seen[found.asset_name] = row
            yield found


def _station(row: int, feature: Any) -> Registered:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
    place = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if not isinstance(properties, Mapping) or not _is_place(place):
        raise Invalid("register.no_place")
    operator, name = str(properties.get("provider") or "").strip(), str(properties.get("name") or "").strip()
    if not operator or not name:
        raise Invalid("register.operator_missing")
    if operator.casefold() in _PUBLIC_NETWORKS:
        raise Invalid("register.not_commercial", users=operator)
    bands = tuple(band for band in properties.get("frequency_bands") or () if band in BANDS)
    return Registered(
        row=row,
        operator_name=operator[:200],
        operator_nation=None,
        asset_kind=AssetKind.GROUND_STATION,
        asset_name=name[:100],
        purpose="Ground station",
        capability_guess="ground_station.contact",
        site=(float(place[0]), float(place[1])),  # type: ignore[index]
        bands=bands,
    )


def _is_place(given: Any) -> bool:
    return (
        isinstance(given, list)
        and len(given) in (2, 3)
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in given)
        and abs(given[0]) <= 180
        and abs(given[1]) <= 90
    )


def nation_of(words: str) -> str | None:
    """ISO 3166 alpha-2 of a nation as a register writes it; None for several, for none and for what is unknown."""
    name = words.strip()
    if name in _NATIONS:
        return _NATIONS[name]
    known = countries_by_name.get(name.upper()) or countries_by_alpha3.get(name)
    return None if known is None else str(known.alpha2)


def _guess(purpose: str, detail: str) -> str | None:
    for start, words, code in _GUESSES:
        if purpose.startswith(start) and words.search(detail):
            return code
    return None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone.
    except ValueError:
        return None


def _cell(cells: Mapping[str, str], name: str) -> str:
    return (cells.get(name) or "").strip()
