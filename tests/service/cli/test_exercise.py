"""A drill on a file: the same drill for a person, for a program, and in the server's report."""

from pathlib import Path

import pytest

from catalog.exercise.scenario import ScenarioIn, played, told
from providers.adapters.yaml_file import read_yaml
from space_hub.cli import examples
from tests.support.terminal import answer, said


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("SPACE_HUB_LANG", "en")
    file = tmp_path / "drill.yaml"
    file.write_text(said(capsys, "exercise", "run", "--example", "-"))
    return str(file)


def test_the_example_is_played_to_the_second_and_printed(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By hand from the terms: approved at 08:31:05, so Meridian's eight hours end at 16:31:05 and it comes later.

    Sabotage seen: times to the minute; the pace of the supplier left out of the file's reading.
    """
    text = said(capsys, "exercise", "run", example)
    assert "2024-11-02 16:31:05   Meridian     miss a time limit" in text
    assert "Northlight   approve                150" in text
    assert "full capacity    2024-11-02 16:31:05   1:13:25" in text
    assert "The 300 wanted were never all there; 100 were left with nobody to call." in text


def test_a_program_gets_what_the_report_of_an_exercise_holds(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    written = ScenarioIn.model_validate(read_yaml(examples.SCENARIO)[0])
    assert answer(capsys, "exercise", "run", example) == told(played(written))
    assert answer(capsys, "exercise", "run", example, "--seed", "8") != told(played(written))


def test_what_is_no_scenario_is_refused_with_all_that_is_wrong(
    example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong"
    for raw, expected in (
        (b"wanted: many\nspeed: 1", "wanted: A decimal number is expected"),
        (b"wanted: many\nspeed: 1", "speed: This field is not known here"),
        (b"a: [", "The YAML cannot be read on line 1"),
        (b"\xff", "is not UTF-8 text: byte 0"),
        (examples.SCENARIO.replace("refuses: 0.9", "answers_: 1").encode(), "agreements/1/supplier/answers_"),
        (examples.SCENARIO.replace("notice: PT12H", "notice: soon").encode(), "soon"),
        (examples.SCENARIO.replace("name: Halo", "name: Boreal").encode(), "Each agreement is called once"),
    ):
        file.write_bytes(raw)
        assert expected in said(capsys, "exercise", "run", str(file), status=2)
