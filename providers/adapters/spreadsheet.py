"""A spreadsheet (XLSX) of offerings, read and made.

A workbook is a zip of XML from outside: it is looked at before it is unpacked
and unpacked in a process of its own (`spreadsheet_child`), which the system
stops when it wants too much memory or time. Formulas are never worked out; a
row that holds one is set aside.

The template that suppliers fill in has the headings of `providers.adapters.table`
with units, drop-down lists for closed lists, a guide and a filled-in example.
"""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from providers.adapters.base import Listing
from providers.adapters.table import MOST_ROWS, Formula, check_headings, headed, read_rows
from space_hub.errors import Invalid
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES, NATION_LIST, Attribute, Form
from space_hub.vocabulary.capabilities import CAPABILITIES, Capability, capability
from space_hub.vocabulary.codes import DEPENDENCY_KINDS, MATURITIES, SYMBOLS, Modality
from space_hub.vocabulary.examples import EXAMPLES
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import shown

MAGIC = b"PK\x03\x04"
MOST_UNPACKED = 64 * 1024 * 1024
_MOST_ENTRIES = 200
_MOST_RATIO = 100
_SMALL_ENTRY = 1024 * 1024
"""Below this size an entry may be packed as tightly as it likes."""
_WALL_S = 15.0
_READY_ROWS = 500
"""Rows of the template that carry drop-down lists."""
_PROPERTIES = "docProps/core.xml"
_MOMENT = re.compile(rb"(<(?:\w+:)?(?:created|modified)\b[^>]*>)[^<]*")
"""Whatever prefix the writer gives the namespace: another library may have chosen one."""
_LONGEST_LIST = 255
"""Characters of a drop-down list that stands in the cell's rule; longer lists stand on a sheet."""
_LONGEST_CODES = 1_500
"""Characters of the codes that one note names."""


def read_xlsx(given: bytes) -> Listing:
    """The offerings on the first sheet whose first row has a heading "reference".

    Raises Invalid when the file is no workbook, is too large, or cannot be read in time.
    """
    check_zip(given)
    rows = _unpacked(given)
    if not rows:
        raise Invalid("spreadsheet.no_sheet")
    columns = [str(cell).strip() for cell in rows[0][1]]
    while columns and not columns[-1]:
        columns.pop()
    check_headings(columns)
    return read_rows((line, headed(columns, _cells(cells, len(columns)))) for line, cells in rows[1:])


def check_zip(given: bytes) -> None:
    """Refuse, by its directory alone, a zip that would unpack to more than a spreadsheet has."""
    try:
        with zipfile.ZipFile(io.BytesIO(given)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise Invalid("spreadsheet.no_workbook") from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ENTRIES or unpacked > MOST_UNPACKED:
        raise Invalid("spreadsheet.too_large", entries=len(entries), size=unpacked, most=MOST_UNPACKED)
    for entry in entries:
        if entry.file_size > _SMALL_ENTRY and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1):
            raise Invalid("spreadsheet.packed_too_tightly", name=entry.filename[:80], most=_MOST_RATIO)


def _unpacked(given: bytes) -> list[tuple[int, list[Any]]]:
    command = [sys.executable, "-m", "providers.adapters.spreadsheet_child", str(MOST_ROWS + 1)]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=_WALL_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Invalid("spreadsheet.too_hard") from error
    if done.returncode != 0:
        raise Invalid("spreadsheet.too_hard" if done.returncode != 1 else "spreadsheet.no_workbook")
    return [(row[0], row[1]) for row in map(json.loads, done.stdout.splitlines())]


def _cells(cells: Sequence[Any], width: int) -> list[str | Formula]:
    """The cells of a row, as many as there are headings; empty ones beyond them do not count."""
    found = [Formula(cell["formula"]) if isinstance(cell, dict) else str(cell) for cell in cells]
    while len(found) > width and found[-1] == "":
        found.pop()
    return [*found, *[""] * (width - len(found))]


def template(capabilities: Iterable[str] = (), language: str = "en") -> bytes:
    """A workbook to fill in, for these capabilities, or for all."""
    # Not at the top: only this function needs the writer.
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    chosen = [capability(code) for code in capabilities] or list(CAPABILITIES.values())
    columns = _columns(chosen, language)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = say("spreadsheet.sheet.offerings", language)
    lists = book.create_sheet("lists")
    lists.sheet_state = "hidden"
    for place, (heading, note, accepted) in enumerate(columns, start=1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place, heading)
        head.font = Font(bold=True)
        head.comment = Comment(note, "Space Hub", width=320, height=120)
        sheet.column_dimensions[letter].width = max(14, len(heading) + 2)
        if accepted:
            rule = DataValidation(
                type="list", formula1=_choices(lists, accepted), allow_blank=True, errorStyle="warning"
            )
            rule.add(f"{letter}2:{letter}{_READY_ROWS + 1}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = "B2"
    _guide(book.create_sheet(say("spreadsheet.sheet.guide", language), 1), columns, language)
    example = book.create_sheet(say("spreadsheet.sheet.example", language), 2)
    for place, (heading, cell) in enumerate(_example(columns, chosen[0], language), start=1):
        # Its first heading is said in words, so that this sheet is never taken for the offerings.
        shown = heading if place > 1 else say("spreadsheet.example.reference", language)
        example.cell(1, place, shown).font = Font(bold=True)
        example.cell(2, place, cell)
        example.column_dimensions[get_column_letter(place)].width = max(14, len(heading) + 2)
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _timeless(given: bytes) -> bytes:
    """The same workbook without the moment at which it was made: the same template is the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(given)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for entry in made.infolist():
            part = made.read(entry)
            if entry.filename == _PROPERTIES:
                part = _MOMENT.sub(rb"\g<1>2000-01-01T00:00:00Z", part)
            kept.writestr(zipfile.ZipInfo(entry.filename), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _choices(lists: Any, accepted: Sequence[str]) -> str:
    inline = ",".join(accepted)
    if len(inline) <= _LONGEST_LIST:
        return f'"{inline}"'
    from openpyxl.utils import get_column_letter

    place = lists.max_column + 1 if lists.cell(1, 1).value is not None else 1
    for row, value in enumerate(accepted, start=1):
        lists.cell(row, place, value)
    letter = get_column_letter(place)
    return f"={lists.title}!${letter}$1:${letter}${len(accepted)}"


Column = tuple[str, str, tuple[str, ...]]
"""Heading, what to write there, and the closed list that it is chosen from."""


def _columns(chosen: Sequence[Capability], language: str) -> list[Column]:
    def note(name: str, **params: object) -> str:
        return say(f"spreadsheet.note.{name}", language, **params)

    yes_no = ("yes", "no")
    codes = tuple(each.code for each in chosen)
    found: list[Column] = [
        ("reference", note("reference"), ()),
        ("title", note("title"), ()),
        ("capability", note("capability", accepted=_labelled(codes, "capability", language)), codes),
        ("modality", note("modality"), tuple(Modality)),
        ("description", note("description"), ()),
    ]
    areas = {each.area for each in chosen}
    for about in ATTRIBUTES.values():
        if not about.areas or about.areas & areas:
            found.append(_attribute_column(about, language))
    capacity_units = sorted({each.capacity_unit for each in chosen})
    price_units = sorted({each.price_unit for each in chosen})
    for phase in Phase:
        one_unit = f" [{shown(capacity_units[0])}]" if len(capacity_units) == 1 else ""
        words = say(f"vocabulary.phase.{phase.value}", language)
        found += [
            (
                f"capacity:{phase.value}{one_unit}",
                note("capacity", phase=words, units=", ".join(map(shown, capacity_units))),
                (),
            ),
            (f"notice:{phase.value} [h]", note("notice", phase=words), ()),
            (f"price:{phase.value}", note("price", phase=words, units=", ".join(map(shown, price_units))), ()),
            (f"retainer:{phase.value}", note("retainer", phase=words), ()),
        ]
    found += [
        ("assets", note("assets"), ()),
        ("dependencies", note("dependencies", kinds=_labelled(DEPENDENCY_KINDS, "dependency_kind", language)), ()),
        ("maturity", note("maturity", accepted=_labelled(MATURITIES, "maturity", language)), MATURITIES),
        ("taskable", note("taskable"), yes_no),
        ("archive", note("archive"), yes_no),
        ("coverage", note("coverage"), ("global",)),
        ("standards", note("standards"), ()),
        ("licence", note("licence"), ()),
        ("release_to", note("release_to"), ()),
        ("valid_from", note("valid"), ()),
        ("valid_to", note("valid"), ()),
    ]
    return found


def _attribute_column(about: Attribute, language: str) -> Column:
    heading, label = f"attribute:{about.code}", say(f"vocabulary.attribute.{about.code}", language)
    if about.form is Form.FLAG:
        return heading, say("spreadsheet.note.flag", language, label=label), ("yes", "no")
    if about.form is Form.CODES:
        accepted = _labelled(about.codes, about.list_name, language)
        note = say("spreadsheet.note.codes", language, label=label, accepted=accepted)
        # Nations and other long lists are written, not chosen.
        return heading, note, about.codes[:100]
    unit = shown(about.unit or "")
    note = say("spreadsheet.note.number", language, label=label, unit=unit, example=EXAMPLES[about.code])
    return f"{heading} [{unit}]", note, ()


def _labelled(codes: Sequence[str], name: str, language: str) -> str:
    """Codes as they are written, each with its label where it has one, cut to what a note holds."""
    if name in SYMBOLS or name == NATION_LIST:
        return ", ".join(codes)[:_LONGEST_CODES]
    labels = {code: say(f"vocabulary.{name}.{code}", language) for code in codes}
    return ", ".join(code if code == label else f"{code} ({label})" for code, label in labels.items())[:_LONGEST_CODES]


def _guide(sheet: Any, columns: Sequence[Column], language: str) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width = 36
    sheet.column_dimensions["B"].width = 100
    lines = [say(f"spreadsheet.guide.{step}", language) for step in ("purpose", "rows", "units", "lists", "send")]
    for row, line in enumerate(lines, start=1):
        sheet.cell(row, 2, line).alignment = Alignment(wrap_text=True)
    start = len(lines) + 2
    for place, name in enumerate(("column", "meaning"), start=1):
        sheet.cell(start, place, say(f"spreadsheet.guide.{name}", language)).font = Font(bold=True)
    for row, (heading, note, _) in enumerate(columns, start=start + 1):
        sheet.cell(row, 1, heading)
        sheet.cell(row, 2, note).alignment = Alignment(wrap_text=True)


def _example(columns: Sequence[Column], about: Capability, language: str) -> list[tuple[str, str]]:
    """One row under the headings of the first sheet: what fits the capability is filled in, the rest is empty."""
    plain = {
        "reference": "ALPHA-1",
        "title": say("spreadsheet.example.title", language),
        "capability": about.code,
        "modality": Modality.SERVICE.value,
        "capacity:peace": f"100 {shown(about.capacity_unit)}",
        "notice:peace": "24 h",
        "price:peace": f"12.50 EUR/{shown(about.price_unit)}",
        "retainer:peace": "100",
        "assets": "25544;ground_station:Kiruna",
        "dependencies": "launcher:Ariane 6:FR;cloud:?",
        "maturity": "operational",
        "taskable": "yes",
        "archive": "no",
        "coverage": "global",
        "release_to": "FR;DE",
        "valid_from": "2027-01-01",
    }
    plain |= {f"attribute:{each.code}": _value(each) for each in ATTRIBUTES.values() if each.fits(about.area)}
    return [(heading, plain.get(heading.split(" [")[0], "")) for heading, _, _ in columns]


def _value(about: Attribute) -> str:
    if about.form is Form.NUMBER:
        return f"{EXAMPLES[about.code]} {shown(about.unit or '')}"
    if about.form is Form.FLAG:
        return "yes"
    return "FR" if about.list_name == NATION_LIST else about.codes[0]
