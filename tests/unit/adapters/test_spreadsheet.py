"""Workbooks: what they may hold, what they may not do, and the template that is filled in."""

import datetime
import io
import time
import zipfile
from typing import Any

import openpyxl
import pytest

from providers.adapters import spreadsheet
from providers.adapters.manifest import read_manifest
from space_hub.errors import Invalid
from space_hub.text import LANGUAGES, say
from space_hub.vocabulary.attributes import ATTRIBUTES
from space_hub.vocabulary.capabilities import CAPABILITIES


def workbook(*rows: list[Any], title: str = "Offerings") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEAD = ["reference", "title", "capability", "attribute:gsd [cm]", "attribute:stereo", "assets"]


def test_a_workbook_reads_as_the_table_it_is() -> None:
    """Numbers and flags come as what they are in a cell; the formula's row is set aside and nothing is worked out."""
    listing = read_manifest(
        workbook(
            HEAD,
            ["A", "Eye", "imagery.optical", 50, True, 25544],
            [],
            ["B", "Eye", "imagery.optical", "0.3..0.5 m", "no", "25544;25545"],
            ["C", "Eye", "imagery.optical", "=1+1", None, None],
            ["D", "Eye", "imagery.optical", "half", None, None],
        )
    )
    assert [each.line for each in listing.offered] == [2, 4]
    first, second = listing.drafts
    assert [(each.attribute, each.low, each.high) for each in first.attributes if each.low] == [("gsd", 0.5, 0.5)]
    assert [(each.low, each.high) for each in second.attributes if each.low] == [(0.3, 0.5)]
    assert [each.flag for each in first.attributes if each.flag is not None] == [True]
    assert [each.catalog_number for each in second.assets] == [25544, 25545]
    assert [(row.line, row.code) for row in listing.refused] == [
        (5, "spreadsheet.formula"),
        (6, "providers.cell_wrong"),
    ]


def test_the_sheet_is_the_first_with_a_reference() -> None:
    book = openpyxl.Workbook()
    book.active.append(["About us"])
    sheet = book.create_sheet("Ours")
    sheet.append(["reference", "title", "capability"])
    sheet.append(["A", "Eye", "imagery.optical"])
    out = io.BytesIO()
    book.save(out)
    assert [draft.reference for draft in read_manifest(out.getvalue()).drafts] == ["A"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_filled_in_is_taken_whole(language: str) -> None:
    """Its own example, moved to the first sheet, makes an offering.

    Sabotage seen: a heading misspelt in the template.
    """
    book = openpyxl.load_workbook(io.BytesIO(spreadsheet.template(["radar.sar"], language)))
    sheet, guide, example = (
        book[say(f"spreadsheet.sheet.{name}", language)] for name in ("offerings", "guide", "example")
    )
    headings = {cell.value: cell.column for cell in sheet[1]}
    assert all(cell.comment is not None for cell in sheet[1])
    assert guide.cell(1, 2).value == say("spreadsheet.guide.purpose", language)
    names = [cell.value for cell in example[1]]
    assert ["reference", *names[1:]] == list(headings)
    for place, cell in enumerate(example[2], start=1):
        sheet.cell(2, place, cell.value)
    out = io.BytesIO()
    book.save(out)
    listing = read_manifest(out.getvalue())
    assert listing.refused == ()
    assert [draft.reference for draft in listing.drafts] == ["ALPHA-1"]
    assert len(listing.drafts[0].attributes) > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_says_what_each_column_means_and_how_it_is_written(language: str) -> None:
    """By the vocabulary's labels and no unit in braces. Sabotage seen: the label left out of the notes."""
    book = openpyxl.load_workbook(io.BytesIO(spreadsheet.template((), language)))
    guide = book[say("spreadsheet.sheet.guide", language)]
    notes = {row[0].value: row[1].value for row in guide.iter_rows(min_row=1) if row[0].value}
    assert not [heading for heading in notes if "{" in heading or "[[" in heading]
    by_name = {heading.split(" [")[0]: note for heading, note in notes.items()}
    for code in ATTRIBUTES:
        assert say(f"vocabulary.attribute.{code}", language) in by_name[f"attribute:{code}"]
    assert "attribute:niirs [NIIRS]" in notes
    assert say("vocabulary.licence_tier.agency", language) in by_name["attribute:licence_tier"]
    assert say("vocabulary.look_side.both", language) in by_name["attribute:look_side"]
    assert "0.5" in by_name["attribute:gsd"]
    assert any("--as" in str(cell.value) for cell in guide["B"])


def test_an_empty_template_holds_no_offering_and_says_so() -> None:
    with pytest.raises(Invalid, match="manifest_empty"):
        read_manifest(spreadsheet.template())


def test_the_same_template_is_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it is made. Sabotage seen: the properties left as the writer made them."""
    first = spreadsheet.template(["radar.sar"])
    later = time.time() + 1e6
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr("openpyxl.writer.excel.datetime", Later)
    assert spreadsheet.template(["radar.sar"]) == first


class Moment(datetime.datetime):
    """The writer's clock, years on."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "Moment":
        return cls(2030, 1, 1, tzinfo=tz)


class Later:
    """The module `datetime` as the writer of workbooks sees it then."""

    timezone = datetime.timezone
    datetime = Moment


def test_the_template_offers_the_closed_lists() -> None:
    book = openpyxl.load_workbook(io.BytesIO(spreadsheet.template()))
    rules = [rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation]
    listed = [cell.value for column in book["lists"].columns for cell in column if cell.value is not None]
    assert '"service,lease,buy,develop"' in rules
    assert set(CAPABILITIES) <= set(listed)


def bomb(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * size)
    return out.getvalue()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (bomb(2 * 1024 * 1024), "packed_too_tightly"),
        (bomb(65 * 1024 * 1024), "too_large"),
        (b"PK\x03\x04 nothing more", "no_workbook"),
        (bomb(10), "no_workbook"),
        (workbook(["title"], ["A"]), "no_sheet"),
        (workbook(["reference", "reference"], ["A", "B"]), "header_wrong"),
    ],
)
def test_what_is_no_workbook_or_too_much_of_one_is_refused(given: bytes, code: str) -> None:
    """Sabotage seen: the ratio taken out, and two megabytes of blanks were unpacked."""
    with pytest.raises(Invalid, match=code):
        read_manifest(given)


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_WALL_S", 0.01)
    with pytest.raises(Invalid, match="too_hard"):
        read_manifest(workbook(HEAD))
