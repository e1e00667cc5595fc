"""Messages at the terminal: to standard output as they are, or in the one line for programs."""

import csv
from pathlib import Path

import pytest

from space_hub.cli.app import run
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.orbit.ndm import cdm, read
from space_hub.orbit.ndm.elements import element_sets
from space_hub.rng import SeededRng
from tests.service.awareness.test_screen import meeting
from tests.support.sky import Sky
from tests.support.terminal import answer


def test_an_encounter_an_object_and_a_run_come_out_as_messages(
    installed: Database, clock: ManualClock, rng: SeededRng, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sky = Sky(installed, clock, rng)
    sky.take_text(meeting(sky))
    sky.screen(hours=1.0)
    (item,) = answer(capsys, "conjunctions")["items"]
    told = answer(capsys, "conjunctions", "--cdm", item["conjunction_id"], "--format", "xml")
    assert run(["conjunctions", "--cdm", item["conjunction_id"], "--format", "xml"]) == 0
    assert capsys.readouterr().out == told["text"]
    ours = cdm.conjunction(read(told["text"].encode()))
    assert ours.message_id == told["message_id"]
    assert run(["objects", "--omm", "101"]) == 0
    (elements,) = element_sets(read(capsys.readouterr().out.encode()))
    assert elements.catalog_number == 101
    file = tmp_path / "run.socrates.csv"
    assert answer(capsys, "conjunctions", "--socrates", str(file))["encounters"] == 1
    (row,) = csv.DictReader(file.read_text().splitlines())
    assert row["NORAD_CAT_ID_2"] == "102"
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".part"] == []
    assert run(["conjunctions", "--cdm", item["conjunction_id"], "--format", "pdf"]) == 2
    assert "kvn, xml, json" in capsys.readouterr().err
