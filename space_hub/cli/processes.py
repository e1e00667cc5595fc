"""The three processes of an installation: `serve`, `jobs`, `deliver`.

Each can be run alone, as containers do, or as a child of `up`. A child holds the
reading end of a pipe whose other end only `up` has: when `up` is gone, however
it went, the pipe ends and the child stops itself.
"""

import os
import signal
import threading
from typing import Annotated

import typer

from space_hub.cli import house
from space_hub.cli.speak import sentence

Lifeline = Annotated[int, typer.Option("--lifeline", hidden=True)]


def install(app: typer.Typer) -> None:
    app.command("serve", help=sentence("cli.help.serve"))(serve)
    app.command("jobs", help=sentence("cli.help.jobs"))(jobs)
    app.command("deliver", help=sentence("cli.help.deliver"))(deliver)


def serve(
    host: Annotated[str | None, typer.Option("--host", help=sentence("cli.option.host"))] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help=sentence("cli.option.port"))] = None,
    lifeline: Lifeline = -1,
) -> int:
    import uvicorn

    settings = house.settings()
    _hold(lifeline)
    # Asked here, so that a missing installation is one sentence and not the server's traceback.
    house.open_existing(settings).database.engine.dispose()
    uvicorn.run(
        "api.app:create",
        factory=True,
        host=host or settings.host,
        port=port or settings.port,
        workers=settings.api_workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    return 0


def jobs(lifeline: Lifeline = -1) -> int:
    from jobs.runner import main

    _hold(lifeline)
    settings = house.settings()
    house.open_existing(settings).database.engine.dispose()
    main(settings)
    return 0


def deliver(lifeline: Lifeline = -1) -> int:
    from jobs.deliver import main

    _hold(lifeline)
    settings = house.settings()
    house.open_existing(settings).database.engine.dispose()
    main(settings)
    return 0


def _hold(lifeline: int) -> None:
    """Stop this process, as SIGTERM does, when the pipe's other end is gone."""
    if lifeline < 0:
        return

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
