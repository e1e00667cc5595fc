"""Commands as a person and as a program see them: words, JSON, exit statuses, two languages."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from jobs import migrations
from jobs.proofs.service import free_port
from providers import rulebook
from space_hub.awareness.cluster import Cluster
from space_hub.cli.app import run
from space_hub.cli.speak import language
from space_hub.clock import ManualClock
from space_hub.orbit.sample import sample_catalogue, to_omm_csv
from tests.support.terminal import answer, said

pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def catalogue(tmp_path: Path, clock: ManualClock) -> Path:
    file = tmp_path / "sample.csv"
    file.write_text(to_omm_csv(sample_catalogue(clock.now(), 1)[:40]))
    return file


def test_a_catalogue_goes_in_and_its_objects_come_out(capsys: pytest.CaptureFixture[str], catalogue: Path) -> None:
    taken = answer(capsys, "ingest", str(catalogue))
    assert (taken["offered"], taken["accepted"]) == (40, 40)
    found = answer(capsys, "objects", "synthetic", "--limit", "5")
    items = found["items"]
    assert isinstance(items, list)
    assert [item["catalog_number"] for item in items] == [900_000_001 + step for step in range(5)]
    assert run(["objects", "--number", "900000001"]) == 0
    assert "900000001" in capsys.readouterr().out


def test_a_file_is_accounted_for_and_its_bad_sets_are_shown(
    capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    header, first, *others = catalogue.read_text().splitlines()
    bad = first.replace("SYNTHETIC", "BAD").replace(first.split(",")[3], "many")
    catalogue.write_text("\n".join([header, *others, bad]) + "\n")
    told = said(capsys, "ingest", str(catalogue))
    assert "40 element sets offered, of which 39 new, 0 known already, 1 set aside" in told
    assert "MEAN_MOTION" in told
    assert "39 known already" in said(capsys, "ingest", str(catalogue))


def test_objects_that_only_fly_together_are_pointed_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Sabotage seen: asking for pairs of any object pointed to them for everyone."""
    sets = sample_catalogue(datetime(2024, 11, 2, tzinfo=UTC), 1)
    station = [one for one in sets if "STATION" in one.name]
    file = tmp_path / "station.csv"
    file.write_text(to_omm_csv([*sets[:2], *station]))
    answer(capsys, "ingest", str(file))
    answer(capsys, "screen", "--hours", "1", "--threads", "1")
    core, alone = (str(one.catalog_number) for one in (station[0], sets[0]))
    assert "--co-located" in said(capsys, "conjunctions", "--object", core)
    assert "--co-located" not in said(capsys, "conjunctions", "--object", alone)
    assert answer(capsys, "conjunctions", "--object", core, "--co-located")["items"]


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
    codes = {finding["code"] for finding in report["findings"]}
    assert {"doctor.replay", "doctor.no_catalogue", "doctor.not_at_work", "doctor.audit_holds"} <= codes
    assert answer(capsys, "doctor", "--process", "jobs", status=1) == {"process": "jobs", "at_work": False}


@pytest.mark.parametrize(
    ("hours", "words"), [(-6, "40 element sets are current; the newest is 6.0 h old."), (6, "dated 6.0 h ahead")]
)
def test_doctor_says_how_old_the_catalogue_is(
    hours: int, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, clock: ManualClock
) -> None:
    file = tmp_path / "sample.csv"
    epoch = clock.now() + timedelta(hours=hours)
    file.write_text(to_omm_csv([replace(one, epoch=epoch) for one in sample_catalogue(clock.now(), 1)[:40]]))
    answer(capsys, "ingest", str(file))
    assert words in said(capsys, "doctor")


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
        ["conjunctions", "--max-miss-m", "-5"],
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


@pytest.mark.parametrize(
    ("words", "fault"),
    [(["screen", "--hours", "many"], "--hours"), (["no-such-command"], "no-such-command"), (["match"], "--as")],
)
def test_a_program_learns_of_wrong_use_in_its_one_line_too(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = answer(capsys, *words, status=2)["error"]
    assert error["code"] == "cli.usage_wrong"
    assert fault in error["detail"]


def test_a_program_gets_no_table_and_a_person_no_json(capsys: pytest.CaptureFixture[str], catalogue: Path) -> None:
    answer(capsys, "ingest", str(catalogue))
    assert run(["objects", "--json"]) == 0
    assert "SYNTHETIC" not in capsys.readouterr().err
    assert "{" not in said(capsys, "objects")


def test_what_others_write_in_brackets_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Sabotage seen: a cell given to the table as text lost its brackets, for they read as a style."""
    made = answer(capsys, "admin", "organisation", "Desk [red]", "--kind", "broker", "--nation", "BE")
    assert made["name"] == "Desk [red]"
    assert "Desk [red]" in said(capsys, "admin", "organisations")


def test_a_file_or_a_pipe_gets_no_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["screen", "--hours", "0"]) == 2
    assert capsys.readouterr().out == ""


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


# --- screen ---------------------------------------------------------------------------------


@pytest.fixture
def sky(capsys: pytest.CaptureFixture[str], tmp_path: Path, clock: ManualClock) -> list[int]:
    """A small sky that has been taken in: its catalogue numbers."""
    sets = sample_catalogue(clock.now(), 1)[:240]
    file = tmp_path / "sky.csv"
    file.write_text(to_omm_csv(sets))
    answer(capsys, "ingest", str(file))
    return [one.catalog_number for one in sets]


def test_a_question_is_answered_and_nothing_is_published(capsys: pytest.CaptureFixture[str], sky: list[int]) -> None:
    """Sabotage seen: `--object` given to a run that is published."""
    words = ("screen", "--hours", "6", "--threshold-m", "20000", "--object", str(sky[0]), "--object", str(sky[5]))
    given = answer(capsys, *words, "--limit", "3", "--threads", "1")
    assert given["published"] is False
    assert given["objects"] == [sky[0], sky[5]]
    assert given["encounters"] + given["co_located"] > len(given["items"]) == 3
    assert all({item["catalog_number_a"], item["catalog_number_b"]} & {sky[0], sky[5]} for item in given["items"])
    misses = [item["miss_distance_m"] for item in given["items"]]
    assert misses == sorted(misses)
    told = said(capsys, *words)
    assert "nothing is published" in told
    assert "SYNTHETIC SHELL-A" in told
    assert run(["conjunctions"]) == 1


def test_an_answer_goes_to_a_file_in_columns(
    capsys: pytest.CaptureFixture[str], sky: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "week.csv"
    words = ("screen", "--hours", "6", "--volume", "ellipsoid:20,25,25", "--output", str(path))
    given = answer(capsys, *words)
    assert given["output"] == str(path)
    assert "items" not in given
    assert len(path.read_text().splitlines()) == 1 + given["encounters"] + given["co_located"] > 1
    assert run(["conjunctions"]) == 1


def test_threads_do_not_show_in_a_run(capsys: pytest.CaptureFixture[str], sky: list[int]) -> None:
    assert sky
    one, two = (answer(capsys, "screen", "--hours", "2", "--threads", threads) for threads in ("1", "2"))
    assert one["result_sha256"] == two["result_sha256"]
    assert one["run_id"] != two["run_id"]


def test_a_scheduler_that_is_not_there_is_named_in_both_languages(
    capsys: pytest.CaptureFixture[str], sky: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sky
    monkeypatch.setattr("space_hub.awareness.cluster.Cluster", partial(Cluster, answer_s=0.3))
    address = f"tcp://127.0.0.1:{free_port()}"
    assert "No Dask scheduler answers" in said(capsys, "screen", "--scheduler", address, status=1)
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    told = said(capsys, "screen", "--scheduler", address, status=1)
    assert address in told
    assert "Aucun ordonnanceur Dask" in told
    assert (
        answer(capsys, "screen", "--scheduler", "pigeon://roof", status=2)["error"]["code"] == "cluster.address_wrong"
    )


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["--volume", "cube:3"], 2, "screen.volume_unknown"),
        (["--output", "answer.xlsx"], 2, "screen.output_unknown"),
        (["--object", "4"], 1, "awareness.object_unknown"),
        (
            ["--object", "900000001", "--max-age-days", "0.5", "--start", "2024-11-05T00:00:00Z"],
            1,
            "run.catalogue_empty",
        ),
        (["--object", "900000001", "--hours", "300"], 2, "run.window_wrong"),
        (["--threads", "0"], 2, "cli.usage_wrong"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    words: list[str], status: int, code: str, capsys: pytest.CaptureFixture[str], sky: list[int]
) -> None:
    assert sky
    assert answer(capsys, "screen", *words, status=status)["error"]["code"] == code


def test_the_vetting_rules_are_shown_and_replaced_by_a_file_that_reads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Sabotage seen: publishing what was in force already made a second version of the same rules."""
    shown = answer(capsys, "admin", "vetting")
    assert (shown["version"], shown["rules"][0]["decides"]) == (1, "rule")
    shipped = json.loads(rulebook.SHIPPED.read_text("utf-8"))
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(shipped))
    error = answer(capsys, "admin", "vetting", str(file), status=2)["error"]
    assert error["code"] == "vetting.rules_unchanged"
    shipped["rules"][0]["decides"] = "person"
    file.write_text(json.dumps(shipped))
    changed = answer(capsys, "admin", "vetting", str(file))
    assert (changed["version"], changed["rules"][0]["decides"]) == (2, "person")
    file.write_text('{"rules": [{"standing": "friend"}]}')
    error = answer(capsys, "admin", "vetting", str(file), status=2)["error"]
    assert error["code"] == "vetting.rule_unreadable"
