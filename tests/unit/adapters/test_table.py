"""The one reader of rows, and the files it stands under: CSV, YAML, JSON."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from providers.adapters import cells
from providers.adapters.base import Dependency, Refused
from providers.adapters.faults import by_column
from providers.adapters.manifest import MOST_BYTES, read_manifest
from providers.adapters.table import MOST_ROWS
from space_hub.errors import Invalid
from space_hub.text import LANGUAGES, say
from space_hub.vocabulary.attributes import ATTRIBUTES, Form, number_range
from space_hub.vocabulary.examples import EXAMPLES
from space_hub.vocabulary.units import shown

YAML = """
offerings:
  - reference: NOR-1
    title: Radar images
    capability: radar.sar
    attributes: {"sar:resolution_range": 50 cm, revisit: 6..8 h}
    capacity: {peace: 4000 km2/d, crisis: {quantity: 8000, unit: km2/d, notice: 6 h}}
    prices: {peace: 11.00 EUR/km2}
    release_to: [NO, FR]
    dependencies: ["launcher:Ariane 6:FR", "cloud:?"]
    maturity: operational
    coverage: global
"""
CELLS = {
    "reference": "NOR-1",
    "title": "Radar images",
    "capability": "radar.sar",
    "attribute:sar:resolution_range [cm]": "50",
    "attribute:revisit": "6..8 h",
    "capacity:peace": "4000 km2/d",
    "capacity:crisis": "8000 km2/d",
    "notice:crisis": "6 h",
    "price:peace [EUR/km2]": "11.00",
    "release_to": "NO;FR",
    "dependencies": "launcher:Ariane 6:FR;cloud:?",
    "maturity": "operational",
    "coverage": "global",
}
CSV = ",".join(CELLS) + "\n" + ",".join(CELLS.values()) + "\n"


def test_a_table_with_units_in_its_headings_and_yaml_say_the_same() -> None:
    """Norway stays Norway: YAML's own reading of NO is false. Sabotage seen: NO read as false."""
    sheet, file = (read_manifest(each) for each in (CSV, YAML))
    assert not sheet.refused and not file.refused
    assert sheet.drafts[0] == file.drafts[0]
    draft = file.drafts[0]
    assert draft.release_to == frozenset({"NO", "FR"})
    assert [each.notice_h for each in draft.capacity] == [None, 6.0]
    assert draft.dependencies == (Dependency("cloud", None), Dependency("launcher", "Ariane 6", "FR"))
    assert (draft.taskable, draft.archive, draft.maturity) == (True, False, "operational")


def test_a_refused_entry_of_yaml_is_named_by_its_line() -> None:
    text = (
        YAML
        + "  - reference: NOR-2\n    title: No such unit\n    capability: radar.sar\n    attributes: {revisit: 6 kg}\n"
    )
    listing = read_manifest(text)
    assert [each.draft.reference for each in listing.offered] == ["NOR-1"]
    assert [(row.line, row.reference, row.code) for row in listing.refused] == [
        (13, "NOR-2", "vocabulary.unit_unknown")
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1, 2]\nofferings: *x\n", "manifest.yaml_alias"),
        ("offerings: &x\n  - *x\n", "manifest.yaml_alias"),
        ("offerings: !!python/object/apply:os.system [ls]\n", "manifest.yaml_tag"),
        ("offerings:\n  - reference: A\n    reference: B\n", "manifest.yaml_key_repeated"),
        ("offerings:\n  - {[1]: 2}\n", "manifest.yaml_key"),
        ("offerings:\n  - reference: [\n", "manifest.yaml_wrong"),
        ("offerings: " + "[" * 3_000, "manifest_unreadable"),
        ("--- 1\n--- 2\n", "manifest.yaml_wrong"),
    ],
)
def test_yaml_that_is_more_than_plain_data_is_refused(text: str, code: str) -> None:
    """The second is the bomb that unfolds for ever. Sabotage seen: aliases let through by the loader."""
    with pytest.raises(Invalid, match=code):
        read_manifest(text, "yaml")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1e999 m", "vocabulary.number_not_finite"),
        ("٣ m", "providers.cell_wrong"),
        ("³ m", "providers.cell_wrong"),
        ("0x10 m", "providers.cell_wrong"),
        ("nan m", "providers.cell_wrong"),
    ],
)
def test_what_only_looks_like_a_number_is_set_aside(cell: str, code: str) -> None:
    """Sabotage seen: `\\d` in the pattern took Arabic digits, which `float` reads."""
    listing = read_manifest(f"reference,title,capability,attribute:gsd\nA,B,imagery.optical,{cell}\n")
    assert [row.code for row in listing.refused] == [code]


def test_a_catalogue_number_in_other_digits_is_no_catalogue_number() -> None:
    listing = read_manifest("reference,title,capability,assets\nA,B,imagery.optical,٢٥٥٤٤\n")
    assert [row.code for row in listing.refused] == ["providers.code_unknown"]


def test_ten_bad_rows_of_ten_thousand_are_named_and_the_others_go_on() -> None:
    bad = {1_000 * each + 7 for each in range(10)}
    rows = [
        {"reference": f"R{row}", "title": "" if row in bad else "Eye", "capability": "imagery.optical"}
        for row in range(1, 10_001)
    ]
    listing = read_manifest(json.dumps(rows))
    assert len(listing.offered) == 9_990
    assert [row.line for row in listing.refused] == sorted(bad)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"dependencies": [{"kind": "launcher"}]}, "manifest.dependency_wrong"),
        ({"dependencies": [{"kind": "weather", "name": "x"}]}, "providers.code_unknown"),
        ({"dependencies": ["cloud:?", "cloud:?"]}, "manifest.dependency_repeated"),
        ({"maturity": "magic"}, "providers.code_unknown"),
        ({"archive": "perhaps"}, "providers.shape_wrong"),
        ({"capacity": {"peace": {"quantity": 1, "unit": "km2/d", "notice": "-1 h"}}}, "providers.quantity_wrong"),
    ],
)
def test_the_new_fields_are_checked(row: dict[str, object], code: str) -> None:
    listing = read_manifest(json.dumps([{"reference": "A", "title": "B", "capability": "imagery.optical"} | row]))
    assert [each.code for each in listing.refused] == [code]


def test_a_notice_without_capacity_says_so() -> None:
    listing = read_manifest("reference,title,capability,notice:crisis\nA,B,imagery.optical,6 h\n")
    assert [row.code for row in listing.refused] == ["manifest.notice_without_capacity"]


def test_a_file_that_is_too_large_or_too_long_is_refused_whole() -> None:
    with pytest.raises(Invalid, match="too_large"):
        read_manifest("x" * (MOST_BYTES + 1))
    with pytest.raises(Invalid, match="too_long"):
        read_manifest("reference\n" + "A\n" * (MOST_ROWS + 1))
    with pytest.raises(Invalid, match="form_unknown"):
        read_manifest("reference\nA\n", "pdf")


def test_what_a_row_said_is_kept_as_text_that_can_be_shown() -> None:
    listing = read_manifest('[{"reference": "A\\u0000", "title": "\\ud800"}]')
    assert listing.refused == (
        Refused(1, None, "vocabulary.character_unstorable", {"where": "row/title"}, listing.refused[0].raw),
    )
    listing.refused[0].raw.encode()


HALF = "reference;title;capability;attribute:gsd;capacity:peace;price:peace;valid_to\n"


def test_a_sheet_as_it_is_written_in_french_is_taken() -> None:
    """Sabotage seen: the comma dropped instead of read, and half a metre was five."""
    text = HALF + "A;Œil;imagery.optical;0,3..0,5 m;1 500 km²/d;6,50 €/km2;31/12/2026\n"
    listing = read_manifest(text)
    assert listing.refused == ()
    draft = listing.drafts[0]
    assert [(each.low, each.high) for each in draft.attributes] == [(0.3, 0.5)]
    assert [each.quantity for each in draft.capacity] == [1500.0]
    assert [(each.unit_price.amount, each.unit_price.currency) for each in draft.prices] == [(Decimal("6.50"), "EUR")]
    assert draft.valid is not None
    assert draft.valid.stop == datetime(2027, 1, 1, tzinfo=UTC), "a day counts whole"


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("attribute:gsd", "1,500 m", "manifest.number_unclear"),
        ("attribute:gsd", "0,500 m", None),
        ("attribute:gsd", "1234,567 m", None),
        ("attribute:gsd", "1 50 m", "providers.cell_wrong"),
        ("attribute:gsd [m]", "1 500", None),
        ("attribute:gsd", "1 500", "providers.cell_wrong"),
        ("capacity:peace", "1 000..2 000 km2/d", "providers.cell_wrong"),
        ("price:peace", "6,50 $/km2", "providers.cell_wrong"),
        ("price:peace", "1,250 EUR/km2", "manifest.number_unclear"),
        ("valid_to", "01/12/2026", "manifest.day_unclear"),
        ("valid_to", "05/05/2026", None),
        ("valid_to", "12/31/2026", None),
        ("valid_to", "31/31/2026", "providers.time_wrong"),
        ("valid_to", "2026-12-31", None),
        ("coverage", "Global", None),
        ("coverage", "France", "providers.coverage_wrong"),
        ("archive", "vrai", None),
        ("attribute:licence_tier", "nation, agency", None),
        ("attribute:niirs", "5 NIIRS", None),
    ],
)
def test_what_can_mean_two_things_is_set_aside(column: str, cell: str, code: str | None) -> None:
    """Sabotage seen: the first of two readings taken, and the first of December was the twelfth of January."""
    listing = read_manifest(f'reference;title;capability;{column}\nA;B;imagery.optical;"{cell}"\n')
    assert [row.code for row in listing.refused] == ([] if code is None else [code])


def test_all_faults_of_a_row_are_said_at_once_each_with_its_column() -> None:
    """Sabotage seen: only the first kept; a wrong capacity said again as a notice without capacity."""
    text = "reference;title;capability;attribute:gsd;attribute:niirs;capacity:peace;notice:peace;coverage\n"
    listing = read_manifest(text + "A;;imagery.optical;half;bon;beaucoup;6 h;France\n")
    row = listing.refused[0]
    assert (row.line, row.reference, row.code) == (2, "A", "providers.row_faults")
    found = {column: say(code, "en", **params) for column, code, params in by_column(row.code, row.params)}
    assert set(found) == {"title", "attribute:gsd", "attribute:niirs", "capacity:peace", "coverage"}
    assert "0.5 m" in found["attribute:gsd"]
    assert "5.5 NIIRS" in found["attribute:niirs"]
    assert "100 km2/d" in found["capacity:peace"]
    assert "global" in found["coverage"]
    for language in LANGUAGES:
        whole = say(row.code, language, **row.params)
        assert whole.startswith("5 ")
        assert all(say(code, language, **params) in whole for _, code, params in by_column(row.code, row.params))


def test_every_number_has_an_example_that_reads() -> None:
    """In its canonical unit and as people write that. Sabotage seen: `gsd` left out."""
    numbers = {code: about for code, about in ATTRIBUTES.items() if about.form is Form.NUMBER}
    assert set(EXAMPLES) == set(numbers)
    for code, about in numbers.items():
        low, high, unit = cells.quantity(code, f"{EXAMPLES[code]} {shown(about.unit or '')}", "", "1")
        number_range(code, low if high is None else [low, high], unit)
