"""Drafts and manifests: one reader, line by line, nothing guessed and nothing lost."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import Tier
from providers.adapters.drafts import read_draft
from providers.adapters.manifest import ManifestAdapter, read_manifest
from space_hub.errors import Invalid, Unavailable
from space_hub.vocabulary.phases import Phase

OFFERING: dict[str, Any] = {
    "reference": "KA",
    "title": "Ka capacity",
    "capability": "satcom.end_to_end",
    "attributes": {"link_latency": {"value": 0.6, "unit": "s"}, "band": {"value": "Ka"}},
    "capacity": {"conflict": {"quantity": 1.5, "unit": "Gbit/s"}, "peace": {"quantity": 200, "unit": "Mbps"}},
    "prices": {"peace": {"amount": "3043.75", "currency": "EUR", "per": "Mbit/s.mo", "retainer_per_day": "40"}},
    "assets": [{"catalog_number": 40069}, {"kind": "ground_station", "name": "Kiruna", "nation": "SE"}],
    "release_to": ["DE", "FR"],
    "valid_from": "2024-01-01T00:00:00Z",
}


def test_a_draft_is_in_canonical_units_whatever_was_written() -> None:
    draft = read_draft(OFFERING)
    assert {each.attribute: (each.low, each.codes) for each in draft.attributes} == {
        "link_latency": (600.0, ()),
        "band": (None, ("Ka",)),
    }
    assert [(each.phase, each.quantity) for each in draft.capacity] == [(Phase.PEACE, 200.0), (Phase.CONFLICT, 1500.0)]
    assert draft.release_to == frozenset({"DE", "FR"})


def test_a_price_by_the_month_becomes_a_price_by_the_day() -> None:
    """3043.75 for a month of 30.4375 days is 100 a day; sabotage seen: multiplying instead of dividing."""
    price = read_draft(OFFERING).prices[0]
    assert price.unit_price.amount == Decimal(100)
    assert price.retainer_per_day is not None
    assert price.retainer_per_day.amount == Decimal(40)
    assert (price.given, price.given_unit) == ("3043.75", "Mbit/s.mo")


def test_assets_keep_their_kind_and_number() -> None:
    assets = read_draft(OFFERING).assets
    assert [(each.kind.value, each.name, each.catalog_number) for each in assets] == [
        ("ground_station", "Kiruna", None),
        ("satellite", "NORAD 40069", 40069),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"colour": "red"}, "field_unknown"),
        ({"reference": ""}, "field_missing"),
        ({"reference": "x" * 101}, "text_wrong"),
        ({"title": 5}, "text_wrong"),
        ({"modality": "gift"}, "code_unknown"),
        ({"capacity": {"war": {"quantity": 1, "unit": "Mbit/s"}}}, "code_unknown"),
        ({"capacity": {"peace": {"quantity": -1, "unit": "Mbit/s"}}}, "quantity_wrong"),
        ({"capacity": {"peace": {"quantity": 1, "unit": "km2/d"}}}, "unit_unknown"),
        ({"prices": {"peace": {"amount": 1.5, "currency": "EUR", "per": "Mbit/s.d"}}}, "amount_not_text"),
        ({"prices": {"peace": {"amount": "-1", "currency": "EUR", "per": "Mbit/s.d"}}}, "amount_wrong"),
        ({"prices": {"peace": {"amount": "1", "currency": "EUR"}}}, "field_missing"),
        ({"assets": [{"kind": "ground_station"}]}, "asset_wrong"),
        ({"assets": [{"catalog_number": 0}]}, "catalog_number_wrong"),
        ({"assets": [{"catalog_number": 1}, {"catalog_number": 1}]}, "asset_repeated"),
        ({"valid_from": "yesterday"}, "time_wrong"),
        ({"valid_to": "2023-01-01T00:00:00Z"}, "interval_empty"),
        ({"attributes": []}, "shape_wrong"),
        ({"attributes": {"gsd": {"value": 1, "unit": "m"}}}, "attribute_unknown"),
    ],
)
def test_a_wrong_field_is_refused_by_its_code(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_draft(OFFERING | change)


def test_a_spreadsheet_and_json_say_the_same() -> None:
    columns = {
        "reference": "KA",
        "title": "Ka capacity",
        "capability": "satcom.end_to_end",
        "attribute:link_latency": "0.6 s",
        "attribute:band": "Ka",
        "capacity:peace": "200 Mbps",
        "capacity:conflict": "1.5 Gbit/s",
        "price:peace": "3043.75 EUR/Mbit/s.mo",
        "retainer:peace": "40",
        "assets": "40069,ground_station:Kiruna",
        "release_to": "DE,FR",
        "valid_from": "2024-01-01T00:00:00Z",
    }
    text = ";".join(columns) + "\r\n" + ";".join(f'"{cell.replace(",", ";")}"' for cell in columns.values()) + "\r\n"
    sheet = read_manifest("\ufeff" + text).drafts[0]
    plain = OFFERING | {"assets": [{"catalog_number": 40069}, {"kind": "ground_station", "name": "Kiruna"}]}
    file = read_manifest(json.dumps([plain])).drafts[0]
    assert sheet.capacity == file.capacity
    assert sheet.prices == file.prices
    assert sheet.assets == file.assets
    assert sheet.valid == file.valid
    assert [each.low for each in sheet.attributes] == [each.low for each in file.attributes]


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_every_row_is_accepted_or_rejected_and_never_both(good: list[bool]) -> None:
    """Sabotage seen: stopping at the first bad row lost the others."""
    rows = [OFFERING | {"reference": f"R{place}"} | ({} if fine else {"title": ""}) for place, fine in enumerate(good)]
    manifest = read_manifest(json.dumps({"offerings": rows}))
    assert [line.line for line in manifest.offered] == [place for place, fine in enumerate(good, 1) if fine]
    assert [line.line for line in manifest.refused] == [place for place, fine in enumerate(good, 1) if not fine]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "header_wrong"),
        ("reference,title\n", "manifest_empty"),
        ("name,title\nA,B\n", "header_wrong"),
        ("reference,reference\nA,B\n", "header_wrong"),
        ('reference,title\n"A,B\n', "manifest_unreadable"),
        ('{"offerings": ', "manifest_unreadable"),
        ('{"rows": []}', "shape_wrong"),
        ("[" * 100_000, "manifest_unreadable"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_whole(text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_manifest(text)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("colour", "red", "column_unknown"),
        ("attribute:gsd", "0.5m", "cell_wrong"),
        ("attribute:gsd", "half a metre", "cell_wrong"),
        ("attribute:stereo", "perhaps", "cell_wrong"),
        ("price:peace", "1,250 EUR/km2", "number_unclear"),
        ("retainer:crisis", "10", "retainer_without_price"),
        ("coverage", "{not json", "coverage_wrong"),
        ("coverage", "France", "coverage_wrong"),
    ],
)
def test_a_wrong_cell_sets_its_row_aside(column: str, cell: str, code: str) -> None:
    text = f'reference;title;capability;{column}\nA;Eye;imagery.optical;"{cell}"\nB;Eye;imagery.optical;\n'
    manifest = read_manifest(text)
    assert [row.code.split(".")[1] for row in manifest.refused] == [code]
    assert [(each.line, each.draft.reference) for each in manifest.offered] == [(3, "B")]
    assert [each.reference for each in manifest.refused] == ["A"]


def test_a_file_cannot_be_asked_or_ordered_from() -> None:
    adapter = ManifestAdapter(json.dumps([OFFERING]))
    assert adapter.capabilities.tier is Tier.FILE
    assert [draft.reference for draft in adapter.list_offerings().drafts] == ["KA"]
    with pytest.raises(Unavailable, match="adapter_cannot"):
        adapter.status("x")
