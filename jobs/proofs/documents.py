"""Every vendor's published document through our adapters, and what became of each.

A document is an offering, a listing, something that belongs to one, or refused
with a reason. What is counted is what the files hold: each product of a
collection, each row of a register, each site of a network. The proof holds when
the verdicts add up to the input and none lacks a reason.
"""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from providers.adapters.base import FeasibilityAsk, Refused
from providers.adapters.register_rows import read_satellites, read_stations
from providers.adapters.stac import read_collection
from providers.adapters.stapi import read_opportunities, read_search, read_status
from providers.adapters.stapi_map import read_product
from space_hub.errors import Invalid, Unavailable
from space_hub.text import catalogue, say
from space_hub.vocabulary.interval import Interval

Progress = Callable[[int, int], None]
_FOLDERS = ("stapi", "stac", "groundstations")
_SATELLITES = "ucs_satellite_database.csv.gz"
_ITEMS = "commercial_sar_open_archive_items.csv.gz"
_STATED_OF_OPPORTUNITIES = ("stapi_type", "stapi_version", "bbox")
_ANY_WINDOW = Interval(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one document became: `offering`, `listing`, `queryables`, `ask`, `quote`, ... or `refused` with its code."""

    document: str
    became: str
    code: str = ""
    reason: str = ""
    note: str = ""


@dataclass(slots=True)
class Report:
    read: int = 0
    """Documents, products, rows and sites that the files hold."""
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        """Refusals without a sentence, and verdicts that are none."""
        return sum(each.became == "refused" and not each.reason for each in self.verdicts)

    @property
    def holds(self) -> bool:
        return self.read > 0 and len(self.verdicts) == self.read and self.unexplained == 0

    def rows(self) -> list[dict[str, object]]:
        """One row a document; the many rows of a register that share a verdict stand together, with their number."""
        together: dict[tuple[str, str, str], list[Verdict]] = {}
        for each in self.verdicts:
            together.setdefault((each.document, each.became, each.code), []).append(each)
        return [
            {
                "document": document,
                "count": len(found),
                "became": became,
                "why": found[0].reason or found[0].note,
            }
            for (document, became, _), found in together.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        return {
            "documents": self.read,
            "verdicts": len(self.verdicts),
            "unexplained": self.unexplained,
            "became": dict(sorted(Counter(each.became for each in self.verdicts).items())),
            "refused_by_code": dict(sorted(Counter(each.code for each in self.verdicts if each.code).items())),
        } | {f"{name}s": sum(each.became == name for each in self.verdicts) for name in ("offering", "listing")}


def run(data: Path | None, progress: Progress = lambda _done, _total: None) -> Report:
    """Read everything under DIR/catalogue. Invalid when it is not there."""
    folder = None if data is None else data / "catalogue"
    if folder is None or not all((folder / name).exists() for name in (*_FOLDERS, _SATELLITES, _ITEMS)):
        raise Invalid("document.no_data", folder="-" if data is None else str(data))
    report = Report(read=_held(folder))
    parts: list[Callable[[Path], Iterator[Verdict]]] = [_stapi, _stac, _stations, _satellites, _items]
    for number, part in enumerate(parts, start=1):
        report.verdicts += part(folder)
        progress(number, len(parts))
    return report


def _held(folder: Path) -> int:
    """What the files hold, counted without any of the readers that are judged by it."""
    count = sum(path.suffix != ".json" for path in (folder / "stapi").rglob("*") if path.is_file())
    for name in _FOLDERS:
        for path in (folder / name).rglob("*.json"):
            value = _json(path)
            inside = value.get("products") or (value.get("features") if name == "groundstations" else None)
            count += 1 if inside is None else len(inside)
    for name in (_SATELLITES, _ITEMS):
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as text:
            count += sum(1 for _ in csv.reader(text)) - 1
    return count


def _refused(document: str, error: Invalid | Unavailable | Refused) -> Verdict:
    known = error.code in catalogue("en")
    return Verdict(document, "refused", error.code, say(error.code, "en", **error.params) if known else "")


def _stapi(folder: Path) -> Iterator[Verdict]:
    """Constraints stand in files of their own and belong to a product of another file: collections come first."""
    root = folder / "stapi"
    files = sorted(path for path in root.rglob("*") if path.is_file())
    given = {path: _json(path) for path in files if path.suffix == ".json"}
    constraints = {path: value for path, value in given.items() if path.name.startswith("ProductConstraints")}
    taken: set[Path] = set()
    for path, value in given.items():
        for product in value.get("products", []) if isinstance(value, dict) else []:
            name = f"{path.relative_to(folder)}#{product.get('id')}"
            own = _constraints_of(str(product.get("id")), constraints)
            try:
                draft = read_product(product, None, None if own is None else given[own])
            except Invalid as error:
                yield _refused(name, error)
                continue
            stated = ", ".join(each.attribute for each in draft.attributes) or "-"
            kind = "archive" if draft.archive else "tasking"
            yield Verdict(name, "offering", note=f"{draft.capability}, {kind}; {stated}")
            if own is not None:
                taken.add(own)
    for path in files:
        name = str(path.relative_to(folder))
        value = given.get(path)
        if path.suffix != ".json":
            yield _refused(name, Invalid("document.is_a_schema"))
        elif path in constraints:
            known = path in taken
            without = Invalid("stapi.constraints_without_product", name=path.stem)
            yield Verdict(name, "queryables") if known else _refused(name, without)
        elif not (isinstance(value, dict) and "products" in value):
            yield _stapi_words(name, value)


def _constraints_of(product_id: str, constraints: dict[Path, Any]) -> Path | None:
    """The file named after vendor and product, in which a colon became a line."""
    name = product_id.replace(":", "_")
    return next((path for path in constraints if path.stem.partition("_")[2] == name), None)


def _stapi_words(name: str, value: Any) -> Verdict:
    """What is no product: it is read by the types that the adapter speaks in, with what it leaves out."""
    try:
        if "status_code" in value:
            return Verdict(name, "order_state", note=read_status("-", value).status.value)
        if value.get("type") == "FeatureCollection":
            quote = read_opportunities(value, FeasibilityAsk("-", 1.0, "km2/d", _ANY_WINDOW))
            first = (value["features"] or [{}])[0]
            missing = [each for each in _STATED_OF_OPPORTUNITIES if each not in first]
            return Verdict(name, "quote", note=f"{quote.answer.value}; without {', '.join(missing) or '-'}")
        if "conformsTo" in value:
            return Verdict(name, "landing_page", note=f"{len(value['conformsTo'])} classes")
        window, _, condition = read_search(value)
        return Verdict(name, "ask", note=f"{window.start.isoformat()}, {'with' if condition else 'without'} filter")
    except (Invalid, Unavailable) as error:
        return _refused(name, error)


def _stac(folder: Path) -> Iterator[Verdict]:
    for path in sorted((folder / "stac").rglob("*.json")):
        name = str(path.relative_to(folder))
        try:
            draft = read_collection(_json(path), {})
        except Invalid as error:
            yield _refused(name, error)
        else:
            yield Verdict(name, "offering", note=f"{draft.capability}, archive; {draft.licence}")


def _stations(folder: Path) -> Iterator[Verdict]:
    for path in sorted((folder / "groundstations").glob("*.json")):
        yield from _registered(str(path.relative_to(folder)), read_stations(_json(path)))


def _satellites(folder: Path) -> Iterator[Verdict]:
    yield from _registered(_SATELLITES, read_satellites(_table(folder / _SATELLITES)))


def _registered(name: str, rows: Iterator[Any]) -> Iterator[Verdict]:
    for each in rows:
        if isinstance(each, Refused):
            yield _refused(name, each)
        else:
            yield Verdict(name, "listing", note=each.asset_kind.value)


def _items(folder: Path) -> Iterator[Verdict]:
    """Acquisitions that exist: seen values of a constellation's archive, never offerings."""
    for cells in _table(folder / _ITEMS):
        name = f"{_ITEMS}#{cells['constellation'] or '?'}"
        if cells["constellation"] and cells["datetime"]:
            yield Verdict(name, "observed", note="an acquisition of its archive")
        else:
            yield _refused(name, Invalid("stac.field_missing", collection=cells["id"][:100], field="constellation"))


def _table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
