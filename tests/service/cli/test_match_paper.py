"""The market study of a match on disk, from the README's own example."""

import json
from pathlib import Path

import pytest

from jobs.demo import seed
from space_hub.cli.app import run
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.support.terminal import answer, said

PLANNER = "planning"


@pytest.fixture
def need(
    installed: Database, clock: ManualClock, rng: SeededRng, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> str:
    with installed.write() as session:
        seed.seed(session, clock, rng)
    assert run(["match", "--example"]) == 0
    file = tmp_path / "need.json"
    file.write_text(json.dumps({**json.loads(capsys.readouterr().out), "title": "Radar <of> the north"}))
    return str(file)


def test_a_match_leaves_a_paper_a_table_and_its_figures(
    capsys: pytest.CaptureFixture[str], need: str, tmp_path: Path
) -> None:
    paper, plots = tmp_path / "study.pdf", tmp_path / "plots"
    status = run(["match", need, "--as", PLANNER, "--dossier", str(paper), "--plots", str(plots), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert paper.read_bytes().startswith(b"%PDF")
    table = paper.with_suffix(".csv").read_text("utf-8-sig").splitlines()
    assert len(table) == 1 + len(found["offerings"])
    assert {"verdicts.svg", "verdicts.png", "dates.svg"} <= {each.name for each in plots.iterdir()}
    assert str(paper) in found["files"]
    page = tmp_path / "study.html"
    told = said(capsys, "match", "--show", found["id"], "--as", PLANNER, "--dossier", str(page), status=status)
    assert f"Market study: {page}" in told
    assert "Radar &lt;of&gt; the north" in page.read_text()


def test_a_name_that_tells_no_form_is_refused_before_anything_is_kept(
    capsys: pytest.CaptureFixture[str], need: str, tmp_path: Path
) -> None:
    """Sabotage seen: checked after the match, which was then made and kept for nothing."""
    error = answer(capsys, "match", need, "--as", PLANNER, "--dossier", str(tmp_path / "study.docx"), status=2)["error"]
    assert error["code"] == "cli.dossier_form"
    missing = tmp_path / "nowhere" / "study.pdf"
    error = answer(capsys, "match", need, "--as", PLANNER, "--dossier", str(missing), status=2)["error"]
    assert error["code"] == "cli.file_unwritable"
