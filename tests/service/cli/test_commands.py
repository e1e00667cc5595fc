"""Commands as a person and as a program see them: words, JSON, exit statuses, two languages."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jobs import migrations
from space_hub import settings
from space_hub.cli.app import run
from space_hub.cli.speak import language
from space_hub.clock import ManualClock, SystemClock
from space_hub.db import Database, Installation
from space_hub.orbit.sample import sample_catalogue, to_omm_csv
from space_hub.trust import organisations


@pytest.fixture(autouse=True)
def installed(
    sqlite_database: Database, sqlite_url: str, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """An installation that replays the day of the tests, named by the environment."""
    offset = clock.now() - SystemClock().wall()
    with sqlite_database.write() as session:
        session.add(
            Installation(clock_offset_us=offset // timedelta(microseconds=1), created_at_wall=SystemClock().wall())
        )
        organisations.ensure_hub(session, clock)
    for name, value in {
        "SPACE_HUB_DATA": str(tmp_path / "var"),
        "SPACE_HUB_DATABASE_URL": sqlite_url,
        "SPACE_HUB_LANG": "en",
        "SPACE_HUB_PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()


@pytest.fixture
def catalogue(tmp_path: Path, clock: ManualClock) -> Path:
    file = tmp_path / "sample.csv"
    file.write_text(to_omm_csv(sample_catalogue(clock.now(), 1)[:40]))
    return file


def answer(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> dict[str, object]:
    assert run([*words, "--json"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1, "one line of JSON and nothing else"
    found: dict[str, object] = json.loads(lines[0])
    return found


def test_a_catalogue_goes_in_and_its_objects_come_out(capsys: pytest.CaptureFixture[str], catalogue: Path) -> None:
    taken = answer(capsys, "ingest", str(catalogue))
    assert (taken["offered"], taken["accepted"]) == (40, 40)
    found = answer(capsys, "objects", "synthetic", "--limit", "5")
    items = found["items"]
    assert isinstance(items, list)
    assert [item["catalog_number"] for item in items] == [900_000_001 + step for step in range(5)]
    assert run(["objects", "--number", "900000001"]) == 0
    assert "900000001" in capsys.readouterr().out


def test_a_refused_file_is_wrong_use_and_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    garbage = tmp_path / "page.html"
    garbage.write_text("<html>not here</html>")
    error = answer(capsys, "ingest", str(garbage), status=2)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "gp.markup"
    assert answer(capsys, "objects")["items"] == []


def test_asking_for_conjunctions_before_a_run_fails_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conjunctions"]) == 1
    assert "No screening run has been published yet" in capsys.readouterr().err


def test_an_organisation_gets_a_key_that_can_be_ended(capsys: pytest.CaptureFixture[str]) -> None:
    made = answer(capsys, "admin", "organisation", "Desk", "--kind", "broker", "--nation", "BE")
    key = answer(capsys, "admin", "key", str(made["id"]), "--days", "7")
    assert str(key["secret"]).startswith("sh_")
    listed = answer(capsys, "admin", "organisations")["items"]
    assert isinstance(listed, list)
    assert str(made["id"]) in {item["id"] for item in listed}
    assert answer(capsys, "admin", "revoke", str(key["key_id"]))["revoked_at"]
    assert answer(capsys, "admin", "audit")["holds"] is True


def test_doctor_finds_a_new_installation_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "current", lambda database: migrations.head())
    report = answer(capsys, "doctor")
    assert report["well"] is True
    codes = {finding["code"] for finding in report["findings"]}  # type: ignore[attr-defined]
    assert {"doctor.replay", "doctor.no_catalogue", "doctor.not_at_work", "doctor.audit_holds"} <= codes
    assert answer(capsys, "doctor", "--process", "jobs", status=1) == {"process": "jobs", "at_work": False}


def test_doctor_finds_a_schema_that_is_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "current", lambda database: "0000")
    assert answer(capsys, "doctor", status=1)["well"] is False


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["screen", "--hours", "many"],
        ["screen", "--start", "yesterday"],
        ["screen", "--start", "2024-11-02T00:00:00"],
        ["ingest", "/nowhere/at/all.csv"],
        ["validate", "luck"],
        ["admin", "organisation", "X", "--kind", "pirate", "--nation", "FR"],
        ["up", "--now", "noon"],
        ["up", "--catalogue", "/nowhere/at/all.csv"],
        ["bench", "anything"],
    ],
)
def test_wrong_use_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err


def test_french_is_spoken_to_those_who_ask_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    assert run(["conjunctions"]) == 1
    assert "Aucune analyse" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "SPACE_HUB_LANG": "en"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "fr_BE", "LANG": "en_GB"}, "fr"),
    ],
)
def test_the_language_is_that_of_the_terminal(environment: dict[str, str], spoken: str) -> None:
    assert language(environment) == spoken


def test_a_misspelt_variable_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HUB_PROT", "9000")
    run(["objects"])
    assert "SPACE_HUB_PROT" in capsys.readouterr().err
