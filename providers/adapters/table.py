"""Rows of offerings -> a listing: the one reader under CSV, spreadsheets, YAML and JSON. Pure.

A bad row is set aside with its line, its code and its text, and the others go
on. In a table a value and its unit share a cell, or the unit stands once in
the heading (`attribute:gsd [cm]`) and the cells hold plain numbers:

    reference, title, capability, modality, description, licence, maturity
    attribute:gsd      50 cm          a range is written 0.3..0.5 m; codes are separated by ;
    capacity:peace     1000 km2/d
    notice:crisis      6 h            from the call to the first delivery in that phase
    price:peace        12.50 EUR/km2
    retainer:peace     100            per day, in the currency of that price
    assets             25544;25545;ground_station:Kiruna
    dependencies       launcher:Ariane 6:FR;cloud:?      ? is: asked, and not known
    release_to         FR;DE          empty: every organisation that holds a key
    standards          STANAG 4545;STANAG 7085
    taskable, archive  yes or no
    coverage           global         or a GeoJSON geometry
    valid_from, valid_to

A mapping (JSON, YAML) has the shape of `providers.adapters.drafts`; where that
asks for a value and its unit, a text as in a cell is taken too.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.adapters.base import Listed, Listing, OfferingDraft, Refused
from providers.adapters.drafts import read_draft
from space_hub.errors import HubError, Invalid
from space_hub.vocabulary.attributes import Form, attribute
from space_hub.vocabulary.codes import AssetKind
from space_hub.vocabulary.storable import check_storable

MOST_ROWS = 20_000
UNKNOWN = "?"
"""Written for the name of a dependency that the supplier was asked for and does not know."""

_RAW = 2_000
_DIGITS = 9
_PLAIN = frozenset(
    {"reference", "title", "capability", "modality", "description", "licence", "valid_from", "valid_to", "maturity"}
)
_LISTS = frozenset({"release_to", "standards"})
_FLAGS = frozenset({"taskable", "archive"})
_YES_NO = {"true": True, "yes": True, "oui": True, "false": False, "no": False, "non": False}
_PARTS = ("attribute", "capacity", "price", "retainer", "notice")
# The digits of ASCII only: other scripts' digits would be read as numbers that nobody sees as such.
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"({_NUMBER})(?:\.\.({_NUMBER}))?\s+(\S+)")
_PRICE = re.compile(rf"({_NUMBER})\s*([A-Z]{{3}})\s*/\s*(\S+)")
_HEADING = re.compile(r"(\S.*?)\s+\[(\S+)\]")
_BARE = re.compile(rf"{_NUMBER}(?:\.\.{_NUMBER})?")


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula instead of a value: it is never worked out."""

    text: str


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of a table: its cells by heading."""

    by_column: Mapping[str, str | Formula]


def read_rows(rows: Iterable[tuple[int, Any]]) -> Listing:
    """The offerings of numbered rows. A row is `Cells`, or a mapping; anything else is set aside.

    Raises Invalid when there is no row at all or there are more than MOST_ROWS.
    """
    rows = list(rows)
    if not rows:
        raise Invalid("providers.manifest_empty")
    if len(rows) > MOST_ROWS:
        raise Invalid("providers.manifest_too_long", rows=len(rows), most=MOST_ROWS)
    reader = Reader()
    for line, row in rows:
        reader.take(line, row)
    return reader.listing()


class Reader:
    """Takes rows one by one and sorts them into what is offered and what is refused."""

    def __init__(self, read: Callable[[Any], OfferingDraft] | None = None) -> None:
        self._read = read or (lambda row: read_draft(_mapping(row)))
        self._offered: list[Listed] = []
        self._refused: list[Refused] = []
        self._seen: dict[str, int | None] = {}

    def __len__(self) -> int:
        return len(self._offered) + len(self._refused)

    def take(self, line: int | None, row: Any) -> None:
        given = dict(row.by_column) if isinstance(row, Cells) else row
        try:
            draft = self._read(row)
            if draft.reference in self._seen:
                raise self._repeated(draft.reference)
        except Invalid as error:
            self._refused.append(Refused(line, _reference(given), error.code, dict(error.params), shown(given)))
        else:
            self._seen[draft.reference] = line
            self._offered.append(Listed(draft, line))

    def listing(self, broken: HubError | None = None) -> Listing:
        """All that was taken. `broken` says why there is no more of it: the listing is then not complete."""
        refused = list(self._refused)
        if broken is not None:
            refused.append(Refused(None, None, broken.code, dict(broken.params), ""))
        return Listing(tuple(self._offered), tuple(refused), complete=broken is None)

    def _repeated(self, reference: str) -> Invalid:
        line = self._seen[reference]
        if line is None:
            return Invalid("adapter.reference_repeated", reference=reference)
        return Invalid("providers.reference_repeated", reference=reference, line=line)


def _mapping(row: Any) -> dict[str, Any]:
    if isinstance(row, Cells):
        for column, cell in row.by_column.items():
            if isinstance(cell, Formula):
                raise Invalid("spreadsheet.formula", column=column, given=cell.text[:80])
        cells = {column: cell for column, cell in row.by_column.items() if isinstance(cell, str)}
        check_storable(cells, "row")
        return from_cells(cells)
    check_storable(row, "row")
    if not isinstance(row, Mapping):
        raise Invalid("providers.shape_wrong", field="offering", expected="{...}")
    return _spelled_out(row)


def shown(row: Any) -> str:
    """What a row said, as text that can be kept and printed, cut to a screenful."""
    try:
        text = json.dumps(row, ensure_ascii=False, default=str)[:_RAW]
    except (RecursionError, ValueError):
        return "..."
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def _reference(row: Any) -> str | None:
    """What a refused row calls itself, where it does so in a way that can be kept and shown."""
    given = row.get("reference", row.get("id")) if isinstance(row, Mapping) else None
    return given if isinstance(given, str) and given.isprintable() and 0 < len(given) <= 100 else None


def from_cells(row: Mapping[str, str]) -> dict[str, Any]:
    """The cells of one row as the mapping that `read_draft` takes; empty cells are left out."""
    found: dict[str, Any] = {"attributes": {}, "capacity": {}, "prices": {}}
    beside: dict[str, dict[str, str]] = {"retainer": {}, "notice": {}}
    for heading, cell in row.items():
        value = cell.strip()
        if not value:
            continue
        column, value = _with_unit(heading, value)
        kind, _, name = column.partition(":")
        if column in _PLAIN:
            found[column] = value
        elif column in _LISTS:
            found[column] = _split(value)
        elif column in _FLAGS:
            found[column] = _YES_NO.get(value.lower(), value)
        elif column == "coverage":
            found[column] = _json_cell(value) if value.startswith("{") else value
        elif column == "assets":
            found[column] = [_asset(part) for part in _split(value)]
        elif column == "dependencies":
            found[column] = [_dependency(part) for part in _split(value)]
        elif kind == "attribute" and name:
            found["attributes"][name] = _attribute(name, value)
        elif kind == "capacity" and name:
            found["capacity"][name] = _capacity(column, value)
        elif kind == "price" and name:
            found["prices"][name] = _price(column, value)
        elif kind in beside and name:
            beside[kind][name] = value
        else:
            raise Invalid("providers.column_unknown", column=heading)
    for name, amount in beside["retainer"].items():
        if name not in found["prices"]:
            raise Invalid("providers.retainer_without_price", phase=name)
        found["prices"][name]["retainer_per_day"] = amount
    for name, notice in beside["notice"].items():
        if name not in found["capacity"]:
            raise Invalid("manifest.notice_without_capacity", phase=name)
        found["capacity"][name]["notice"] = _notice(f"notice:{name}", notice)
    return found


def _spelled_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping whose values were written as in cells, with every value and unit apart."""
    found = dict(row)
    attributes, capacity, prices = (row.get(name) for name in ("attributes", "capacity", "prices"))
    if isinstance(attributes, Mapping):
        found["attributes"] = {
            name: _attribute(name, value) if isinstance(value, str) else _bare(value)
            for name, value in attributes.items()
        }
    if isinstance(capacity, Mapping):
        found["capacity"] = {phase: _spelled_capacity(phase, value) for phase, value in capacity.items()}
    if isinstance(prices, Mapping):
        found["prices"] = {
            phase: _price(f"price:{phase}", value) if isinstance(value, str) else value
            for phase, value in prices.items()
        }
    dependencies = row.get("dependencies")
    if isinstance(dependencies, list):
        found["dependencies"] = [_dependency(each) if isinstance(each, str) else each for each in dependencies]
    return found


def _bare(value: Any) -> Any:
    """A flag or a list of codes needs no unit beside it."""
    codes = isinstance(value, list) and value and all(isinstance(each, str) for each in value)
    return {"value": value} if isinstance(value, bool) or codes else value


def _spelled_capacity(phase: str, value: Any) -> Any:
    if isinstance(value, str):
        return _capacity(f"capacity:{phase}", value)
    if isinstance(value, Mapping) and isinstance(value.get("notice"), str):
        return dict(value) | {"notice": _notice(f"notice:{phase}", value["notice"])}
    return value


def _with_unit(heading: str, value: str) -> tuple[str, str]:
    """Column and cell where the heading carries the unit of its plain numbers."""
    match = _HEADING.fullmatch(heading)
    if match is None or match[1].partition(":")[0] not in _PARTS:
        return heading, value
    column, unit = match.groups()
    return column, f"{value} {unit}" if _BARE.fullmatch(value) else value


def _attribute(name: str, value: str) -> dict[str, Any]:
    about = attribute(name)
    if about.form is Form.FLAG:
        return {"value": _YES_NO.get(value.lower(), value)}
    if about.form is Form.CODES:
        return {"value": _split(value)}
    low, high, unit = _quantity(f"attribute:{name}", value)
    return {"value": low if high is None else [low, high], "unit": unit}


def _capacity(column: str, value: str) -> dict[str, Any]:
    low, _, unit = _quantity(column, value)
    return {"quantity": low, "unit": unit}


def _notice(column: str, value: str) -> dict[str, Any]:
    low, _, unit = _quantity(column, value)
    return {"value": low, "unit": unit}


def _quantity(column: str, value: str) -> tuple[float, float | None, str]:
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise Invalid("providers.cell_wrong", column=column, given=value[:80], expected="0.5 m")
    low, high, unit = match.groups()
    return float(low), None if high is None else float(high), unit


def _price(column: str, value: str) -> dict[str, Any]:
    match = _PRICE.fullmatch(value)
    if match is None:
        raise Invalid("providers.cell_wrong", column=column, given=value[:80], expected="12.50 EUR/km2")
    amount, currency, per = match.groups()
    return {"amount": amount, "currency": currency, "per": per}


def _asset(part: str) -> dict[str, Any]:
    if part.isascii() and part.isdecimal() and len(part) <= _DIGITS:
        return {"kind": AssetKind.SATELLITE.value, "catalog_number": int(part)}
    kind, _, name = part.partition(":")
    return {"kind": kind, "name": name}


def _dependency(part: str) -> dict[str, Any]:
    kind, _, rest = part.partition(":")
    name, colon, flag = rest.rpartition(":")
    if not colon:
        name, flag = rest, ""
    return {"kind": kind, "name": None if name == UNKNOWN else name, "nation": flag or None}


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


def _json_cell(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Invalid("providers.cell_wrong", column="coverage", given=value[:80], expected="global") from None


def headed(columns: Sequence[str], cells: Sequence[str | Formula]) -> Cells | list[str]:
    """A row under its headings; as it stands, to be set aside, when it has more or fewer cells than headings."""
    if len(cells) != len(columns):
        return [cell.text if isinstance(cell, Formula) else cell for cell in cells]
    return Cells(dict(zip(columns, cells, strict=True)))


def check_headings(columns: Sequence[str]) -> None:
    if "reference" not in columns or len(set(columns)) < len(columns):
        raise Invalid("providers.header_wrong", given=", ".join(columns)[:200])
