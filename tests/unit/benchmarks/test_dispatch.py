"""`python -m benchmarks`: it names what it knows and runs one by name."""

import json
import sys
from types import ModuleType

import pytest

from benchmarks import __main__ as dispatch


@pytest.mark.parametrize("words", [[], ["no-such"], ["__main__"], ["a", "b"]])
def test_a_command_that_names_no_benchmark_lists_the_known_ones(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dispatch, "known", lambda: ["planted"])
    assert dispatch.main(words) == 2
    assert "known benchmarks:\n  planted" in capsys.readouterr().err


def test_help_says_what_each_benchmark_measures_and_what_its_options_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    assert len([line for line in lines if not line.strip().startswith("--")]) == len(dispatch.known()) > 1
    assert any(line.strip().startswith("--quick ") for line in lines)
    assert all(len(line.split()) > 5 for line in lines)


def test_a_benchmark_prints_its_figures_for_people_and_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = ModuleType("benchmarks.planted")
    figures: dict[str, object] = {"wall_s": 1.5, "holds": True}
    planted.run = lambda: figures  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.planted", planted)
    monkeypatch.setattr(dispatch, "known", lambda: ["planted"])
    assert dispatch.main(["planted"]) == 0
    assert capsys.readouterr().out == "wall_s  1.5\nholds   True\n"
    assert dispatch.main(["planted", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"name": "planted", **figures}
    figures["holds"] = False
    assert dispatch.main(["planted"]) == 1


def test_options_are_handed_to_the_benchmark_that_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planted, given = ModuleType("benchmarks.planted"), list[str]()

    def run(*options: str) -> dict[str, object]:
        given.extend(options)
        return {"holds": True}

    planted.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.planted", planted)
    monkeypatch.setattr(dispatch, "known", lambda: ["planted"])
    assert dispatch.main(["planted", "--quick"]) == 2
    monkeypatch.setattr(dispatch, "described", lambda _: ("", {"--only=PART,...": "", "--quick": ""}))
    assert dispatch.main(["--only=a,b", "planted", "--json"]) == 0
    assert given == ["--only=a,b"]


def test_a_part_that_does_not_exist_is_a_mistake_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(["screening", "--only=moon"]) == 2
    assert "moon" in capsys.readouterr().err


def test_private_modules_are_no_benchmarks() -> None:
    assert "__main__" not in dispatch.known()
