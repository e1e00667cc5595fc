"""Tier 0: a file of offerings: CSV, a spreadsheet (XLSX), YAML or JSON, read row by row.

The rows and what may stand in them: `providers.adapters.table`.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from providers.adapters.base import Capabilities, Listing, ListsOnly, Tier
from providers.adapters.spreadsheet import MAGIC, read_xlsx
from providers.adapters.table import check_headings, headed, read_rows
from providers.adapters.yaml_file import read_yaml
from space_hub.errors import Invalid

MOST_BYTES = 8 * 1024 * 1024


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    YAML = "yaml"


MEDIA_TYPES = {
    "text/csv": Form.CSV,
    "application/json": Form.JSON,
    "application/yaml": Form.YAML,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Form.XLSX,
}


def read_manifest(given: str | bytes, form: str | None = None) -> Listing:
    """Read a manifest in the `form` named, or in that which its first characters tell.

    Raises Invalid when the file as a whole cannot be read.
    """
    if len(given) > MOST_BYTES:
        raise Invalid("providers.manifest_too_large", size=len(given), most=MOST_BYTES)
    if form not in {None, *Form}:
        raise Invalid("manifest.form_unknown", given=form, known=", ".join(Form))
    if isinstance(given, bytes):
        if form == Form.XLSX or (form is None and given.startswith(MAGIC)):
            return read_xlsx(given)
        given = _decoded(given)
    text = given.removeprefix("\ufeff")
    form = form or _form_of(text)
    if form == Form.JSON:
        return read_rows(_json_rows(text))
    return read_rows(_yaml_rows(text) if form == Form.YAML else _csv_rows(text))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Invalid("manifest.not_text", position=error.start) from error


def _form_of(text: str) -> Form:
    if text.lstrip()[:1] in {"[", "{"}:
        return Form.JSON
    lines = (line.strip() for line in text[:10_000].splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return Form.YAML if first.startswith(("---", "- ")) or first.endswith(":") or ": " in first else Form.CSV


def _json_rows(text: str) -> Sequence[tuple[int, Any]]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits.
        raise Invalid("providers.manifest_unreadable", reason=str(error)[:200]) from error
    return list(enumerate(_entries(given), start=1))


def _yaml_rows(text: str) -> Sequence[tuple[int, Any]]:
    given, lines = read_yaml(text)
    rows = _entries(given)
    return list(zip(lines.of(rows), rows, strict=True))


def _entries(given: Any) -> list[Any]:
    rows = given.get("offerings") if isinstance(given, dict) else given
    if not isinstance(rows, list):
        raise Invalid("providers.shape_wrong", field="offerings", expected="[...]")
    return rows


def _csv_rows(text: str) -> Sequence[tuple[int, Any]]:
    """Rows with the number of their line in the file; the separator is a comma or a semicolon by the header."""
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    rows: list[tuple[int, Any]] = []
    try:
        columns = [column.strip() for column in next(reader, [])]
        check_headings(columns)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, headed(columns, cells)))
    except csv.Error as error:
        raise Invalid("providers.manifest_unreadable", reason=str(error)) from error
    return rows


@dataclass(frozen=True, slots=True)
class ManifestAdapter(ListsOnly):
    """The adapter of a supplier that has only a file."""

    given: str | bytes
    form: str | None = None

    @property
    def name(self) -> str:
        return "manifest"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(Tier.FILE)

    def list_offerings(self) -> Listing:
        return read_manifest(self.given, self.form)
