"""Tier 0: a file of offerings, JSON or a spreadsheet saved as CSV, read line by line. Pure.

A bad row is set aside with its line, its code and its text, and the others go
on. In a spreadsheet a value and its unit share a cell:

    reference, title, capability, modality, description, licence
    attribute:gsd      50 cm          a range is written 0.3..0.5 m; codes are separated by ;
    capacity:peace     1000 km2/d
    price:peace        12.50 EUR/km2
    retainer:peace     100            per day, in the currency of that price
    assets             25544;25545;ground_station:Kiruna
    release_to         FR;DE          empty: every organisation that holds a key
    standards          STANAG 4545;STANAG 7085
    coverage           global         or a GeoJSON geometry
    valid_from, valid_to
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.adapters.base import (
    Capabilities,
    FeasibilityAsk,
    Listed,
    Listing,
    OrderAsk,
    OrderState,
    Quote,
    Refused,
    Tier,
)
from providers.adapters.drafts import read_draft
from space_hub.errors import Invalid, Unavailable
from space_hub.vocabulary.attributes import Form, attribute
from space_hub.vocabulary.codes import AssetKind
from space_hub.vocabulary.storable import check_storable

MOST_ROWS = 5_000
_RAW = 2_000
_DIGITS = 9
_PLAIN = frozenset({"reference", "title", "capability", "modality", "description", "licence", "valid_from", "valid_to"})
_LISTS = frozenset({"release_to", "standards"})
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"({_NUMBER})(?:\.\.({_NUMBER}))?\s+(\S+)")
_PRICE = re.compile(rf"({_NUMBER})\s*([A-Z]{{3}})\s*/\s*(\S+)")


def read_manifest(text: str, form: str | None = None) -> Listing:
    """Read a manifest; `form` is "json" or "csv", or None to tell by the first character.

    Raises Invalid when the file as a whole cannot be read or has more than MOST_ROWS rows.
    """
    text = text.removeprefix("\ufeff")
    form = form or ("json" if text.lstrip()[:1] in {"[", "{"} else "csv")
    rows = _json_rows(text) if form == "json" else _csv_rows(text)
    if not rows:
        raise Invalid("providers.manifest_empty")
    if len(rows) > MOST_ROWS:
        raise Invalid("providers.manifest_too_long", rows=len(rows), most=MOST_ROWS)
    offered: list[Listed] = []
    refused: list[Refused] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        try:
            check_storable(row, "row")
            if not isinstance(row, Mapping):
                raise Invalid("providers.shape_wrong", field="offering", expected="{...}")
            draft = read_draft(row if form == "json" else from_cells(row))
            if draft.reference in seen:
                raise Invalid("providers.reference_repeated", reference=draft.reference, line=seen[draft.reference])
        except Invalid as error:
            refused.append(Refused(line, _reference(row), error.code, dict(error.params), _shown(row)))
        else:
            seen[draft.reference] = line
            offered.append(Listed(draft, line))
    return Listing(tuple(offered), tuple(refused))


def _reference(row: Any) -> str | None:
    """What a refused row calls itself, where it does so in a way that can be kept and shown."""
    given = row.get("reference") if isinstance(row, Mapping) else None
    return given if isinstance(given, str) and given.isprintable() and 0 < len(given) <= 100 else None


def _shown(row: Any) -> str:
    try:
        text = json.dumps(row, ensure_ascii=False, default=str)[:_RAW]
    except RecursionError:
        return "..."
    return text.encode("utf-8", "backslashreplace").decode()


def from_cells(row: Mapping[str, str]) -> dict[str, Any]:
    """The cells of one spreadsheet row as the mapping that `read_draft` takes; empty cells are left out."""
    found: dict[str, Any] = {"attributes": {}, "capacity": {}, "prices": {}}
    retainers: dict[str, str] = {}
    for column, cell in row.items():
        kind, _, name = column.partition(":")
        value = cell.strip()
        if not value:
            continue
        if column in _PLAIN:
            found[column] = value
        elif column in _LISTS:
            found[column] = _split(value)
        elif column == "coverage":
            found[column] = _json_cell(value) if value.startswith("{") else value
        elif column == "assets":
            found[column] = [_asset(part) for part in _split(value)]
        elif kind == "attribute" and name:
            found["attributes"][name] = _attribute(name, value)
        elif kind == "capacity" and name:
            low, _, unit = _quantity(column, value)
            found["capacity"][name] = {"quantity": low, "unit": unit}
        elif kind == "price" and name:
            found["prices"][name] = _price(column, value)
        elif kind == "retainer" and name:
            retainers[name] = value
        else:
            raise Invalid("providers.column_unknown", column=column)
    for name, amount in retainers.items():
        if name not in found["prices"]:
            raise Invalid("providers.retainer_without_price", phase=name)
        found["prices"][name]["retainer_per_day"] = amount
    return found


def _attribute(name: str, value: str) -> dict[str, Any]:
    about = attribute(name)
    if about.form is Form.FLAG:
        return {"value": {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)}
    if about.form is Form.CODES:
        return {"value": _split(value)}
    low, high, unit = _quantity(f"attribute:{name}", value)
    return {"value": low if high is None else [low, high], "unit": unit}


def _quantity(column: str, value: str) -> tuple[float, float | None, str]:
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise Invalid("providers.cell_wrong", column=column, given=value, expected="0.5 m")
    low, high, unit = match.groups()
    return float(low), None if high is None else float(high), unit


def _price(column: str, value: str) -> dict[str, Any]:
    match = _PRICE.fullmatch(value)
    if match is None:
        raise Invalid("providers.cell_wrong", column=column, given=value, expected="12.50 EUR/km2")
    amount, currency, per = match.groups()
    return {"amount": amount, "currency": currency, "per": per}


def _asset(part: str) -> dict[str, Any]:
    if part.isdecimal() and len(part) <= _DIGITS:
        return {"kind": AssetKind.SATELLITE.value, "catalog_number": int(part)}
    kind, _, name = part.partition(":")
    return {"kind": kind, "name": name}


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


def _json_cell(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Invalid("providers.cell_wrong", column="coverage", given=value[:80], expected="global") from None


def _json_rows(text: str) -> Sequence[tuple[int, Any]]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits.
        raise Invalid("providers.manifest_unreadable", reason=str(error)[:200]) from error
    rows = given.get("offerings") if isinstance(given, dict) else given
    if not isinstance(rows, list):
        raise Invalid("providers.shape_wrong", field="offerings", expected="[...]")
    return list(enumerate(rows, start=1))


def _csv_rows(text: str) -> Sequence[tuple[int, Any]]:
    """Rows with the number of their line in the file; the separator is a comma or a semicolon by the header."""
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    rows: list[tuple[int, Any]] = []
    try:
        columns = [column.strip() for column in next(reader, [])]
        if "reference" not in columns or len(set(columns)) < len(columns):
            raise Invalid("providers.header_wrong", given=", ".join(columns)[:200])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            complete = len(cells) == len(columns)
            rows.append((reader.line_num, dict(zip(columns, cells, strict=True)) if complete else cells))
    except csv.Error as error:
        raise Invalid("providers.manifest_unreadable", reason=str(error)) from error
    return rows


@dataclass(frozen=True, slots=True)
class ManifestAdapter:
    """The adapter of a supplier that has only a file."""

    text: str
    form: str | None = None
    name: str = "manifest"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Tier.FILE)

    def list_offerings(self) -> Listing:
        return read_manifest(self.text, self.form)

    def feasibility(self, ask: FeasibilityAsk) -> Quote:
        raise self._cannot("feasibility")

    def quote(self, ask: FeasibilityAsk) -> Quote:
        raise self._cannot("quote")

    def order(self, ask: OrderAsk) -> OrderState:
        raise self._cannot("order")

    def status(self, provider_reference: str) -> OrderState:
        raise self._cannot("status")

    def cancel(self, provider_reference: str) -> OrderState:
        raise self._cannot("cancel")

    def _cannot(self, what: str) -> Unavailable:
        return Unavailable("providers.adapter_cannot", adapter=self.name, what=what)
