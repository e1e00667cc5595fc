"""A match at the terminal: how far it is while it is made, and the same again when it is shown later."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.demo import seed
from space_hub.cli.app import run
from space_hub.cli.speak import Tell, Voice
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.support.terminal import answer, said

PLANNER = "planning"


@pytest.fixture(autouse=True)
def demonstration(installed: Database, clock: ManualClock, rng: SeededRng) -> None:
    with installed.write() as session:
        seed.seed(session, clock, rng)


@pytest.fixture
def need(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> str:
    assert run(["match", "--example"]) == 0
    file = tmp_path / "need.json"
    file.write_text(capsys.readouterr().out)
    return str(file)


def test_the_bar_goes_through_the_stages_by_their_names(
    capsys: pytest.CaptureFixture[str], need: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage seen: a bar that was told of the offerings alone, and began anew with each stage."""
    told: list[tuple[int, int, str]] = []

    @contextmanager
    def progress(_: Voice, label: str) -> Iterator[Tell]:
        assert label == "matching"
        yield lambda done, total, step="": told.append((done, total, step))

    monkeypatch.setattr(Voice, "progress", progress)
    answer(capsys, "match", need, "--as", PLANNER)
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {total for _, total, _ in told} == {500}
    steps = list(dict.fromkeys(step for _, _, step in told))
    assert (steps[0], steps[-1]) == ("judging offerings", "finding what would let offerings in")


def test_a_kept_match_is_shown_again_to_whom_it_belongs(capsys: pytest.CaptureFixture[str], need: str) -> None:
    first = answer(capsys, "match", need, "--as", PLANNER)
    assert answer(capsys, "match", "--show", first["id"], "--as", PLANNER) == first
    other = answer(capsys, "match", "--show", first["id"], "--as", "Space Hub", status=1)
    assert other["error"]["code"] == "catalog.match_unknown"
    for words in (["match"], ["match", need, "--show", first["id"]]):
        error = answer(capsys, *words, "--as", PLANNER, status=2)["error"]
        assert error["code"] == "cli.match_one_of"


def test_several_needs_are_planned_as_one_and_each_reads_what_it_pays_and_saves(
    capsys: pytest.CaptureFixture[str], need: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.loads(Path(need).read_text())
    other = tmp_path / "other.json"
    body["phases"][0]["quantity"] /= 2
    other.write_text(json.dumps({**body, "title": "The other one"}))
    found = answer(capsys, "match", need, str(other), "--as", PLANNER)
    assert {each["title"] for each in found["needs"]} == {body["title"], "The other one"}
    assert answer(capsys, "match", "--show", found["id"], "--as", PLANNER) == found
    text = said(capsys, "match", "--show", found["id"], "--as", PLANNER)
    for words in (
        "What each need costs a day, alone and together",
        "The other one",
        "all together",
        "Retained for all",
    ):
        assert words in text
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    french = said(capsys, "match", "--show", found["id"], "--as", PLANNER)
    assert "Ce que chaque besoin coûte par jour" in french
    assert found["cost_per_day"].replace(".", ",") in french
    for wish in (["--ask-suppliers"], ["--dossier", str(tmp_path / "study.html")]):
        error = answer(capsys, "match", need, str(other), *wish, "--as", PLANNER, status=2)["error"]
        assert error["code"] == "cli.match_one_file"
