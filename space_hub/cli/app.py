"""The commands, by name, and what every one of them shares: language, settings, errors, exit statuses."""

import os
import sys
from collections.abc import Sequence

import typer

from space_hub.cli import (
    admin,
    awareness,
    desk,
    doctor,
    exchange,
    exercise,
    follow,
    match,
    need,
    processes,
    proofs,
    screening,
    supply,
    together,
    up,
)
from space_hub.cli.speak import FAILED, OK, WRONG_USE, answer_fault, interrupted, refuse, sentence, warn
from space_hub.errors import HubError

app = typer.Typer(
    name="space-hub",
    help=sentence("cli.help"),
    epilog=sentence("cli.help.more"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for part in (up, processes, awareness, screening, supply, match, doctor, proofs):
    part.install(app)
for name, group in (
    ("provider", follow.app),
    ("need", need.app),
    ("quote", exchange.quotes),
    ("opener", exchange.openers),
    ("exercise", exercise.app),
    ("joint-buy", together.joint_buys),
    ("settlement", together.settlements),
    ("desk", desk.app),
    ("admin", admin.app),
):
    app.add_typer(group, name=name)


def run(words: Sequence[str]) -> int:
    """Run one command line; its exit status: 0 done, 1 failed or not holding, 2 wrongly used."""
    _report_unknown_variables()
    try:
        status = app(list(words), standalone_mode=False, prog_name="space-hub")
    except HubError as error:
        return refuse(error, as_json="--json" in words)
    except typer.TyperException as error:
        return _misused(error, as_json="--json" in words)
    except typer.Abort:
        return interrupted()
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        # The reader of our output has gone, as in `space-hub objects | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status if isinstance(status, int) else OK


def _report_unknown_variables() -> None:
    names = [name for name in os.environ if name.startswith("SPACE_HUB_")]
    if names:
        from space_hub.settings import unknown_variables

        for name in unknown_variables(dict(os.environ)):
            warn("cli.variable_unknown", name=name)


def _misused(error: typer.TyperException, *, as_json: bool) -> int:
    """Say how the command is used and what was wrong; the class that can is not public, its method is."""
    show = getattr(error, "show", None)
    if show is None:
        sys.stderr.write(f"{error}\n")
    else:
        show()
    if as_json:
        answer_fault("cli.usage_wrong", sentence("cli.usage_wrong", fault=error.format_message()))
    return WRONG_USE
