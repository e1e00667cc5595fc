"""A drill on a file: played by the rules that hold in earnest, with nothing kept and nobody called."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from space_hub.cli import examples, options
from space_hub.cli.options import AsJson
from space_hub.cli.speak import OK, Voice, language, sentence
from space_hub.errors import Invalid
from space_hub.text.faults import sentence_of

if TYPE_CHECKING:
    from catalog.activation.rules import Entry
    from catalog.exercise.scenario import ScenarioIn

app = typer.Typer(help=sentence("cli.help.exercise"), no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def exercise() -> None:
    """Keeps `run` a word of its own while it is the only one."""


def _print_example(wanted: bool) -> None:
    if wanted:
        print(examples.SCENARIO, end="")
        raise typer.Exit


Example = Annotated[
    bool,
    typer.Option(
        "--example",
        is_eager=True,
        callback=_print_example,
        help=sentence("cli.option.example"),
        show_default=False,
    ),
]


@app.command("run", help=sentence("cli.help.exercise_run"), epilog=sentence("cli.help.exercise_run.form"))
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=sentence("cli.option.scenario"))],
    seed: Annotated[int | None, typer.Option("--seed", min=0, max=2**31 - 1, help=sentence("cli.option.draw"))] = None,
    example: Example = False,
    as_json: AsJson = False,
) -> int:
    from catalog.activation.readiness import Outcome
    from catalog.capacity.rules import units
    from catalog.exercise.scenario import played, steps, told

    del example  # Answered before the command begins.
    voice = Voice(as_json)
    written = _read(file)
    if seed is not None:
        written = written.model_copy(update={"seed": seed})
    report = played(written)
    voice.table(
        "cli.title.drill",
        (
            "cli.column.at",
            "cli.column.agreement",
            "cli.column.step",
            "cli.column.quantity",
            "cli.column.time_limit",
            "cli.column.due",
            "cli.column.late",
        ),
        [
            [
                _second(entry.at),
                name,
                entry.event,
                "" if entry.parts is None else f"{units(entry.parts):g}",
                _limit(entry),
                "" if entry.due_at is None else _second(entry.due_at),
                _late(entry.late),
            ]
            for name, entry in steps(report)
        ],
    )
    voice.table(
        "cli.title.drill_outcomes",
        ("cli.column.agreement", "cli.column.outcome"),
        [[name, "" if each.outcome is None else Outcome(each.outcome)] for name, each in report.played.items()],
    )
    if report.reached_at is None:
        voice.tell("cli.drill_short", wanted=f"{units(written.value().wanted):g}", open=f"{units(report.uncovered):g}")
    else:
        voice.tell("cli.drill_reached", wanted=f"{units(written.value().wanted):g}", at=_second(report.reached_at))
    voice.answer(told(report))
    return OK


def _read(file: Path) -> "ScenarioIn":
    """A scenario of YAML or JSON, which is YAML too; everything that is wrong with it at once."""
    from pydantic import ValidationError

    from catalog.exercise.scenario import ScenarioIn
    from providers.adapters.yaml_file import read_yaml

    try:
        given, _ = read_yaml(options.existing(file).read_text("utf-8"))
        return ScenarioIn.model_validate(given)
    except UnicodeDecodeError as error:
        raise Invalid("cli.file_not_text", path=str(file), position=error.start) from error
    except ValidationError as error:
        faults = "; ".join(
            ": ".join(filter(None, ("/".join(map(str, each["loc"])), sentence_of(each, language()).rstrip("."))))
            for each in error.errors()
        )
        raise Invalid("cli.scenario_wrong", file=file.name, faults=faults) from error


def _second(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _limit(entry: "Entry") -> str:
    if entry.clock is None:
        return ""
    name, _, number = entry.clock.partition(".")
    return sentence(f"activation.clock.{name}", number=number)


def _late(late: timedelta | None) -> str:
    return "" if not late else str(late)
