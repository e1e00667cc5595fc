"""The commands `serve`, `jobs` and `deliver`: one process of the hub each, as containers run them."""

from typing import Annotated

import typer

from space_hub.cli import running
from space_hub.cli.speak import sentence


def install(app: typer.Typer) -> None:
    app.command("serve", help=sentence("cli.help.serve"))(serve)
    app.command("jobs", help=sentence("cli.help.jobs"))(jobs)
    app.command("deliver", help=sentence("cli.help.deliver"))(deliver)


def serve(
    host: Annotated[str | None, typer.Option("--host", help=sentence("cli.option.host"))] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help=sentence("cli.option.port"))] = None,
) -> int:
    return running.serve(host, port)


def jobs() -> int:
    return running.jobs()


def deliver() -> int:
    return running.deliver()
