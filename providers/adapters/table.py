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
    valid_from, valid_to              an RFC 3339 time, or a day: it counts whole, in UTC

A cell is read as people write where that can mean one thing only
(`providers.adapters.cells`): `0,5`, `1 500`, `6,50 €/km2`, `31/12/2026`. What can
mean two things is set aside with both. All faults of a row are said at once.

A mapping (JSON, YAML) has the shape of `providers.adapters.drafts`; where that
asks for a value and its unit, a text as in a cell is taken too.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.adapters import cells
from providers.adapters.base import Listed, Listing, OfferingDraft, Refused
from providers.adapters.drafts import read_draft
from providers.adapters.faults import Faults, single, together
from space_hub.errors import HubError, Invalid
from space_hub.vocabulary.attributes import Form, attribute
from space_hub.vocabulary.capabilities import CAPABILITIES, Capability
from space_hub.vocabulary.codes import AssetKind
from space_hub.vocabulary.examples import EXAMPLES
from space_hub.vocabulary.geometry import GLOBAL
from space_hub.vocabulary.storable import check_storable

MOST_ROWS = 20_000
UNKNOWN = "?"
"""Written for the name of a dependency that the supplier was asked for and does not know."""

_RAW = 2_000
_DIGITS = 9
_PLAIN = frozenset({"reference", "title", "capability", "modality", "description", "licence", "maturity"})
_DAYS = frozenset({"valid_from", "valid_to"})
_LISTS = frozenset({"release_to", "standards"})
_FLAGS = frozenset({"taskable", "archive"})
_PARTS = ("attribute", "capacity", "price", "retainer", "notice")
_HEADING = re.compile(r"(\S.*?)\s+\[(\S+)\]")


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
        self._read = read or _draft
        self._offered: list[Listed] = []
        self._refused: list[Refused] = []
        self._seen: dict[str, int | None] = {}

    def __len__(self) -> int:
        return len(self._offered) + len(self._refused)

    def take(self, line: int | None, row: Any) -> None:
        given = dict(row.by_column) if isinstance(row, Cells) else row
        reference = _reference(given)
        try:
            draft = self._read(row)
            if draft.reference in self._seen:
                raise self._repeated(draft.reference)
        except Invalid as error:
            faults = single(error)
            if reference in self._seen and "reference" not in {each.params.get("column") for each in faults}:
                faults.append(self._repeated(reference))
            error = together(faults)
            self._refused.append(Refused(line, reference, error.code, dict(error.params), shown(given)))
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
            return Invalid("adapter.reference_repeated", reference=reference, column="reference")
        return Invalid("providers.reference_repeated", reference=reference, line=line, column="reference")


def _draft(row: Any) -> OfferingDraft:
    faults = Faults()
    if isinstance(row, Cells):
        for column, cell in row.by_column.items():
            if isinstance(cell, Formula):
                faults.note(column, Invalid("spreadsheet.formula", column=column, given=cell.text[:80]))
        plain = {column: cell for column, cell in row.by_column.items() if isinstance(cell, str)}
        check_storable(plain, "row")
        return read_draft(_of_cells(plain, faults), faults)
    check_storable(row, "row")
    if not isinstance(row, Mapping):
        raise Invalid("providers.shape_wrong", field="offering", expected="{...}")
    return read_draft(_spelled_out(row, faults), faults)


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
    faults = Faults()
    found = _of_cells(row, faults)
    faults.refuse()
    return found


def _of_cells(row: Mapping[str, str], faults: Faults) -> dict[str, Any]:
    """The same, without the cells that cannot be read: they stand in `faults`."""
    about = CAPABILITIES.get(row.get("capability", "").strip())
    found: dict[str, Any] = {"attributes": {}, "capacity": {}, "prices": {}}
    beside: dict[str, dict[str, str]] = {"retainer": {}, "notice": {}}
    named: set[str] = set()
    for heading, cell in row.items():
        if not (value := cell.strip()):
            continue
        column, value = _with_unit(heading, value)
        named.add(column)
        kind, _, name = column.partition(":")
        if column in _PLAIN:
            found[column] = value
        elif column in _LISTS:
            found[column] = cells.several(value, column)
        elif column in _FLAGS:
            found[column] = faults.take(column, None, cells.flag, column, value)
        elif column in _DAYS:
            found[column] = faults.take(column, None, cells.day, column, value)
        elif column == "coverage":
            found[column] = faults.take(column, None, _coverage, value)
        elif column == "assets":
            found[column] = [_asset(part) for part in cells.several(value, column)]
        elif column == "dependencies":
            found[column] = [_dependency(part) for part in cells.several(value, column)]
        elif kind == "attribute" and name:
            _put(found["attributes"], name, faults.take(column, None, _attribute, name, value))
        elif kind == "capacity" and name:
            _put(found["capacity"], name, faults.take(column, None, _capacity, column, value, about))
        elif kind == "price" and name:
            _put(found["prices"], name, faults.take(column, None, _price, column, value, about))
        elif kind in beside and name:
            beside[kind][name] = value
        else:
            faults.note(heading, Invalid("providers.column_unknown", column=heading))
    for name, amount in beside["retainer"].items():
        column = f"retainer:{name}"
        if name in found["prices"]:
            found["prices"][name]["retainer_per_day"] = faults.take(column, None, cells.amount, column, amount)
        elif f"price:{name}" not in named:
            faults.note(column, Invalid("providers.retainer_without_price", phase=name))
    for name, notice in beside["notice"].items():
        column = f"notice:{name}"
        if name in found["capacity"]:
            found["capacity"][name]["notice"] = faults.take(column, None, _notice, column, notice)
        elif f"capacity:{name}" not in named:
            faults.note(column, Invalid("manifest.notice_without_capacity", phase=name))
    return found


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if value is not None:
        into[name] = value


def _spelled_out(row: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """A mapping whose values were written as in cells, with every value and unit apart."""
    found = dict(row)
    attributes, capacity, prices = (row.get(name) for name in ("attributes", "capacity", "prices"))
    given = row.get("capability")
    about = CAPABILITIES.get(given.strip()) if isinstance(given, str) else None
    for column in _DAYS & set(row):
        if isinstance(row[column], str):
            found[column] = faults.take(column, None, cells.day, column, row[column].strip())
    if isinstance(attributes, Mapping):
        found["attributes"] = {}
        for name, value in attributes.items():
            if isinstance(value, str):
                value = faults.take(f"attribute:{name}", None, _attribute, name, value)
            _put(found["attributes"], name, _bare(value))
    if isinstance(capacity, Mapping):
        found["capacity"] = {}
        for phase, value in capacity.items():
            _put(found["capacity"], phase, _spelled_capacity(phase, value, about, faults))
    if isinstance(prices, Mapping):
        found["prices"] = {}
        for phase, value in prices.items():
            if isinstance(value, str):
                value = faults.take(f"price:{phase}", None, _price, f"price:{phase}", value, about)
            _put(found["prices"], phase, value)
    dependencies = row.get("dependencies")
    if isinstance(dependencies, list):
        found["dependencies"] = [_dependency(each) if isinstance(each, str) else each for each in dependencies]
    return found


def _bare(value: Any) -> Any:
    """A flag or a list of codes needs no unit beside it."""
    codes = isinstance(value, list) and value and all(isinstance(each, str) for each in value)
    return {"value": value} if isinstance(value, bool) or codes else value


def _spelled_capacity(phase: str, value: Any, about: Capability | None, faults: Faults) -> Any:
    column = f"capacity:{phase}"
    if isinstance(value, str):
        return faults.take(column, None, _capacity, column, value, about)
    if isinstance(value, Mapping) and isinstance(value.get("notice"), str):
        column = f"notice:{phase}"
        return dict(value) | {"notice": faults.take(column, None, _notice, column, value["notice"])}
    return value


def _with_unit(heading: str, value: str) -> tuple[str, str]:
    """Column and cell where the heading carries the unit of its plain numbers."""
    match = _HEADING.fullmatch(heading)
    if match is None or match[1].partition(":")[0] not in _PARTS:
        return heading, value
    column, unit = match.groups()
    return column, f"{value} {unit}" if cells.is_bare(value) else value


def _attribute(name: str, value: str) -> dict[str, Any]:
    about, column = attribute(name), f"attribute:{name}"
    if about.form is Form.FLAG:
        return {"value": cells.flag(column, value)}
    if about.form is Form.CODES:
        return {"value": cells.several(value, column)}
    unit = about.unit or ""
    low, high, given = cells.quantity(column, value, EXAMPLES[name], unit)
    return {"value": low if high is None else [low, high], "unit": given}


def _capacity(column: str, value: str, about: Capability | None) -> dict[str, Any]:
    amount, unit = cells.one(column, value, "100", "km2/d" if about is None else about.capacity_unit)
    return {"quantity": amount, "unit": unit}


def _notice(column: str, value: str) -> dict[str, Any]:
    amount, unit = cells.one(column, value, "24", "h")
    return {"value": amount, "unit": unit}


def _price(column: str, value: str, about: Capability | None) -> dict[str, Any]:
    amount, currency, per = cells.price(column, value, "km2" if about is None else about.price_unit)
    return {"amount": amount, "currency": currency, "per": per}


def _coverage(value: str) -> Any:
    if value.startswith("{"):
        return _json_cell(value)
    return value.lower() if value.lower() == GLOBAL else value


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


def _json_cell(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Invalid("providers.coverage_wrong", given=value[:80]) from None


def headed(columns: Sequence[str], row: Sequence[str | Formula]) -> Cells | list[str]:
    """A row under its headings; as it stands, to be set aside, when it has more or fewer cells than headings."""
    if len(row) != len(columns):
        return [cell.text if isinstance(cell, Formula) else cell for cell in row]
    return Cells(dict(zip(columns, row, strict=True)))


def check_headings(columns: Sequence[str]) -> None:
    if "reference" not in columns or len(set(columns)) < len(columns):
        raise Invalid("providers.header_wrong", given=", ".join(columns)[:200])
