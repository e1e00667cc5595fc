"""Offerings and needs from files: what `--example` prints is taken, and what is wrong is said."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlmodel import col, select

from jobs.demo import companies, demand, seed
from providers.adapters.manifest import read_manifest
from space_hub.cli.app import run
from space_hub.clock import ManualClock
from space_hub.db import Database, Installation
from space_hub.rng import SeededRng
from space_hub.trust.audit import AuditEntry
from space_hub.trust.tables import Organisation
from tests.support.terminal import answer, said

SUPPLIER, PLANNER = "Aurora", "planning"
"""Each a part of one demonstration name only."""


@pytest.fixture(autouse=True)
def demonstration(installed: Database, clock: ManualClock, rng: SeededRng) -> Database:
    with installed.write() as session:
        seed.seed(session, clock, rng)
    return installed


def example(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run([*words, "--example"]) == 0
    return capsys.readouterr().out


@pytest.fixture
def manifest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    file = tmp_path / "offerings.csv"
    file.write_text(example(capsys, "offer", "submit"))
    return file


@pytest.fixture
def need(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(example(capsys, "match"))
    return found


def kept(tmp_path: Path, need: dict[str, Any]) -> str:
    file = tmp_path / "need.json"
    file.write_text(json.dumps(need))
    return str(file)


def test_the_example_manifest_goes_on_the_shelf_and_again_changes_nothing(
    capsys: pytest.CaptureFixture[str], manifest: Path, demonstration: Database
) -> None:
    first = answer(capsys, "offer", "submit", str(manifest), "--as", SUPPLIER)
    assert [each["changed"] for each in first["taken"]] == [True, True]
    assert first["refused"] == []
    again = answer(capsys, "offer", "submit", str(manifest), "--as", SUPPLIER)
    assert [each["changed"] for each in again["taken"]] == [False, False]
    assert {each["offering_id"] for each in again["taken"]} == {each["offering_id"] for each in first["taken"]}
    with demonstration.read() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == "offering.intake")).all()
        aurora = session.exec(select(Organisation.id).where(col(Organisation.name).contains(SUPPLIER))).one()
        # The demonstration itself was submitted with a key.
        assert [(row.organisation_id, row.key_id) for row in rows][-2:] == [(aurora, "")] * 2


def test_the_same_offerings_as_json_read_as_the_spreadsheet_does(manifest: Path) -> None:
    from providers.adapters.table import from_cells

    rows = [from_cells(row) for row in csv.DictReader(io.StringIO(manifest.read_text()))]
    sheet, plain = read_manifest(manifest.read_text()), read_manifest(json.dumps(rows))
    assert sheet.drafts == plain.drafts
    assert not sheet.refused


@pytest.mark.parametrize("suffix", ["xlsx", "yaml"])
def test_a_filled_in_workbook_and_yaml_go_on_the_shelf(
    suffix: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / f"offerings.{suffix}"
    if suffix == "xlsx":
        made = answer(capsys, "offer", "template", str(file), "--area", "radar", "--fr")
        assert made["capabilities"] == ["radar.sar"]
        assert made["language"] == "fr"
        assert answer(capsys, "offer", "template", str(file), status=2)["error"]["code"] == "cli.file_exists"
        assert answer(capsys, "offer", "template", str(file), "--area", "radar", "--fr", "--force") == made
        book = openpyxl.load_workbook(file)
        for column, cell in enumerate(("W-1", "Radar images", "radar.sar"), start=1):
            book.worksheets[0].cell(2, column, cell)
        book.save(file)
    else:
        file.write_text("- reference: W-1\n  title: Radar images\n  capability: radar.sar\n")
    done = answer(capsys, "offer", "submit", str(file), "--as", SUPPLIER)
    assert [each["title"] for each in done["taken"]] == ["Radar images"]


def test_the_template_speaks_the_language_of_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: English unless `--fr` was said."""
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    made = answer(capsys, "offer", "template", str(tmp_path / "a.xlsx"), "--area", "radar")
    assert made["language"] == "fr"
    assert answer(capsys, "offer", "template", str(tmp_path / "b.xlsx"), "--en")["language"] == "en"


def test_a_template_for_no_area_of_ours_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    error = answer(capsys, "offer", "template", str(file), "--area", "farming", status=2)["error"]
    assert error["code"] == "cli.area_unknown"


def test_a_bad_row_is_set_aside_with_its_reason_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str], manifest: Path
) -> None:
    manifest.write_text(manifest.read_text().replace("0.3..0.5 m", "0.3 parsec"))
    done = answer(capsys, "offer", "submit", str(manifest), "--as", SUPPLIER, status=1)
    assert [each["title"] for each in done["taken"]] == ["Radar images, half a metre"]
    assert [(each["line"], each["code"]) for each in done["refused"]] == [(3, "vocabulary.unit_unknown")]
    assert done["refused"][0]["reference"] == "EX-OPT"
    assert done["refused"][0]["faults"][0]["column"] == "attribute:gsd"
    assert "ft, mi, nmi" in said(capsys, "offer", "submit", str(manifest), "--as", SUPPLIER, status=1)


def test_the_example_need_is_covered_and_the_loss_of_a_supplier_is_said(
    capsys: pytest.CaptureFixture[str], manifest: Path, need: dict[str, Any], tmp_path: Path
) -> None:
    answer(capsys, "offer", "submit", str(manifest), "--as", SUPPLIER)
    found = answer(capsys, "match", kept(tmp_path, need), "--as", PLANNER)
    assert found["covered"] is True
    verdicts = {each["title"]: each["verdict"] for each in found["offerings"]}
    assert verdicts["Radar images, half a metre"] == "taken"
    assert verdicts["Wide radar images"] == "refused"
    told = said(capsys, "match", kept(tmp_path, need), "--as", PLANNER)
    assert "The need is covered.\nIn peace: 2500 of 2500 km2/d, for 16250.00 EUR a day." in told
    assert "If Aurora Radar (demonstration) fails, 2500 km2/d of the need are missing in peace; 2500 km2/d once" in told
    assert "an agency awards" in told


def test_the_example_need_lies_ahead_of_hub_time(need: dict[str, Any], clock: ManualClock) -> None:
    assert need["window_from"] == "2024-11-04T00:00:00+00:00"


def test_a_need_that_is_not_covered_ends_with_one_and_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], need: dict[str, Any], tmp_path: Path
) -> None:
    need["phases"][0]["quantity"] = 400_000
    need["phases"][0]["budget_per_day"] = "100"
    told = said(capsys, "match", kept(tmp_path, need), "--as", PLANNER, status=1)
    assert "The need is NOT covered.\nIn peace: 4000 of 400000 km2/d, for 44000.00 EUR a day." in told
    assert "more than the budget of 100.00 EUR a day" in told


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{", "The body is not JSON"), ('{"title": 1}', "capability: This field is needed"), ("[1]", "requirement")],
)
def test_a_file_that_is_no_requirement_is_wrong_use_and_says_how_to_begin(
    text: str, fault: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "need.json"
    file.write_text(text)
    told = said(capsys, "match", str(file), "--as", PLANNER, status=2)
    assert fault in told
    assert ": :" not in told
    assert "space-hub match --example" in told


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ("nobody", 1, "cli.organisation_unknown"),
        ("", 1, "cli.organisation_unknown"),
        ("(demonstration)", 2, "cli.organisation_ambiguous"),
        ("operations centre", 1, "cli.organisation_may_not"),
        (PLANNER, 1, "cli.no_profile"),
    ],
)
def test_who_cannot_be_acted_for_is_said(
    given: str, status: int, code: str, capsys: pytest.CaptureFixture[str], manifest: Path
) -> None:
    """Sabotage seen: taking the first of several names that fit let "(demonstration)" through."""
    error = answer(capsys, "offer", "submit", str(manifest), "--as", given, status=status)["error"]
    assert error["code"] == code


def test_an_exact_name_wins_over_names_that_hold_it(capsys: pytest.CaptureFixture[str]) -> None:
    short = answer(capsys, "admin", "organisation", "Desk", "--kind", "nation", "--nation", "BE")
    answer(capsys, "admin", "organisation", "Desk of another", "--kind", "nation", "--nation", "BE")
    key = answer(capsys, "admin", "key", "desk")
    assert answer(capsys, "admin", "key", str(short["id"]))["scopes"] == key["scopes"]
    assert answer(capsys, "admin", "key", "Desk o")["key_id"] != key["key_id"]


def test_a_provider_that_never_came_to_the_front_door_is_sent_there(
    capsys: pytest.CaptureFixture[str], manifest: Path
) -> None:
    answer(capsys, "admin", "organisation", "Lonely", "--kind", "provider", "--nation", "FR")
    assert "/v1/front-door" in said(capsys, "offer", "submit", str(manifest), "--as", "Lonely", status=1)


def test_a_file_that_is_no_text_is_wrong_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\xff")
    assert answer(capsys, "offer", "submit", str(file), "--as", SUPPLIER, status=2)["error"]["code"] == (
        "manifest.not_text"
    )


def test_the_alliance_comes_only_beside_the_demonstration(
    capsys: pytest.CaptureFixture[str], demonstration: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One company stands for the forty here; `tests/service/demo` brings them all."""
    everybody = companies.load()
    monkeypatch.setattr(companies, "load", lambda: everybody[:1])
    error = answer(capsys, "offer", "demonstration", status=1)["error"]
    assert error["code"] == "cli.no_demonstration"
    with demonstration.write() as session:
        session.get_one(Installation, 1).demonstration = True
    done = answer(capsys, "offer", "demonstration")
    assert done["companies"] == 1
    nations = demand.load()["nations"].values()
    assert list(json.loads(Path(done["keys"]).read_text())) == [everybody[0][0]["legal_name"], *nations]
