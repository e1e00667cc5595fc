"""Public registers of commercial space assets -> listings. Pure.

A listing says what a register says, unverified, until its owner claims it. A
register of everything that flies holds much that nobody sells: rows that name
no commercial user are refused as such, and counted. A bad row is set aside with
its reason and the others go on.

Two forms are read. The UCS Satellite Database is a CSV table of active satellites,
typed by hand (edition of 1 May 2023: 7,560 rows); the capability is a guess from
the purpose and called one. A network of ground stations is a GeoJSON
FeatureCollection of points in degrees, each with the properties `name`, `provider`
and, if it likes, `frequency_bands`, a list of letters such as "S", "X" and "Ka".
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from iso3166 import countries_by_name

from providers.adapters.base import Refused
from providers.adapters.table import shown
from space_hub.errors import Invalid
from space_hub.vocabulary.codes import BANDS, AssetKind

SATELLITES = "UCS Satellite Database"
STATIONS = "Ground stations"
"""The names under which the hub keeps the two registers."""

_NEEDED = ("Current Official Name of Satellite", "Operator/Owner", "Users", "Purpose", "Class of Orbit", "NORAD Number")
_GAP = 1_000
"""A number this far above every other of its edition belongs to nothing that had flown by then."""
_PUBLIC_NETWORKS = frozenset({"nasa dsn", "nasa nen"})
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
    """As the register says it; of a ground station, with its bands."""
    capability_guess: str | None = None
    orbit: str | None = None
    launched: date | None = None
    site: tuple[float, float] | None = None
    """Longitude and latitude of a thing on the ground, in degrees."""


def read_table(text: str) -> list[Registered | Refused]:
    """The UCS table as it is published; Invalid when it is another table."""
    reader = csv.DictReader(io.StringIO(text))
    lacking = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if lacking:
        raise Invalid("register.column_missing", columns=", ".join(lacking))
    return list(read_satellites(reader))


def read_network(text: str) -> list[Registered | Refused]:
    """A network of ground stations as it is published; Invalid when it is something else."""
    try:
        collection = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("register.no_stations") from error
    return list(read_stations(collection))


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
    users = _cell(cells, "Users")
    if "commercial" not in users.lower():
        raise Invalid("register.not_commercial", users=users)
    if not operator:
        raise Invalid("register.operator_missing")
    number = _number(_cell(cells, "NORAD Number"), highest)
    purpose = _cell(cells, "Purpose")
    purposes = f"{_cell(cells, 'Detailed Purpose')} {purpose}".lower()
    return Registered(
        row=row,
        operator_name=operator[:200],
        operator_nation=nation_of(_cell(cells, "Country of Operator/Owner")),
        asset_kind=AssetKind.SATELLITE,
        asset_name=(_cell(cells, "Current Official Name of Satellite") or f"NORAD {number}")[:100],
        catalog_number=number,
        cospar=_cell(cells, "COSPAR Number")[:12] or None,
        purpose=purpose[:40],
        capability_guess=next((code for word, code in _GUESSES if word in purposes), None),
        orbit=_ORBITS.get(_cell(cells, "Class of Orbit").upper()),
        launched=_day(_cell(cells, "Date of Launch")),
    )


def _number(text: str, highest: int) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0
    if not 0 < number <= highest:
        raise Invalid("register.number_unreadable", given=text[:20], highest=highest)
    return number


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
    seen: dict[tuple[str, str], int] = {}
    for row, feature in enumerate(features, start=1):
        try:
            found = _station(row, feature)
            name = (found.operator_name, found.asset_name)
            if name in seen:
                raise Invalid("register.name_repeated", name=found.asset_name, row=seen[name])
        except Invalid as error:
            yield Refused(row, None, error.code, dict(error.params), shown(feature))
        else:
            seen[name] = row
            yield found


def _station(row: int, feature: Any) -> Registered:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
    place = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if not isinstance(properties, Mapping) or not _is_place(place):
        raise Invalid("register.no_place")
    operator, name = _words(properties.get("provider")), _words(properties.get("name"))
    if not operator or not name:
        raise Invalid("register.operator_missing")
    if not (operator + name).isprintable():
        raise Invalid("register.name_unprintable")
    if operator.casefold() in _PUBLIC_NETWORKS:
        raise Invalid("register.not_commercial", users=operator)
    stated = properties.get("frequency_bands")
    bands = [each for each in stated if isinstance(each, str) and each in BANDS] if isinstance(stated, list) else []
    return Registered(
        row=row,
        operator_name=operator[:200],
        operator_nation=None,
        asset_kind=AssetKind.GROUND_STATION,
        asset_name=name[:100],
        purpose=" ".join(["Ground station", *dict.fromkeys(bands)])[:40],
        capability_guess="ground_station.contact",
        site=(float(place[0]), float(place[1])),  # type: ignore[index]
    )


def _words(given: Any) -> str:
    """A name as one line; what is no text names nothing."""
    return " ".join(given.split()) if isinstance(given, str) else ""


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
    name = words.strip().upper()
    known = countries_by_name.get(name)
    return _NATIONS.get(name) or (None if known is None else str(known.alpha2))


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone.
    except ValueError:
        return None


def _cell(cells: Mapping[str, str], name: str) -> str:
    return " ".join((cells.get(name) or "").split())
