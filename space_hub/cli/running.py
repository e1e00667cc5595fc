"""The three processes of an installation, and how a child of `up` begins and ends.

`python -m space_hub.cli.running NAME FD` is what `up` starts: without the command
line's own imports, for the API shall answer soon. FD is the reading end of a pipe
whose other end only `up` has: when `up` is gone, however it went, the pipe ends
and the child stops itself.
"""

import gc
import os
import signal
import sys
import threading

from space_hub.cli import house
from space_hub.settings import Settings


def serve(host: str | None = None, port: int | None = None) -> int:
    """Answer HTTP until SIGTERM or SIGINT."""
    # Start-up makes a hundred thousand objects that stay: looking for garbage among them costs a sixth of it.
    gc.disable()
    from api import serving

    settings = house.settings()
    chosen = settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})
    opened = house.open_existing(chosen)
    several = settings.api_workers > 1
    if several:
        opened.database.engine.dispose()
        app = None
    else:
        from api.app import create

        app = create(chosen, database=opened.database, clock=opened.clock, rng=opened.rng)
    gc.freeze()
    gc.enable()
    serving.run(app, host=chosen.host, port=chosen.port, workers=settings.api_workers)
    return 0


def jobs() -> int:
    """Do queued and scheduled work until SIGTERM or SIGINT."""
    from jobs.runner import main

    main(_made())
    return 0


def deliver() -> int:
    """Deliver messages until SIGTERM or SIGINT."""
    from jobs.deliver import main

    main(_made())
    return 0


def _made() -> Settings:
    """The settings of an installation that has been made: a missing one is one sentence and no traceback."""
    settings = house.settings()
    house.open_existing(settings).database.engine.dispose()
    return settings


def hold(lifeline: int) -> None:
    """Stop this process, as SIGTERM does, when the pipe's other end is gone."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    name, pipe = sys.argv[1:]
    hold(int(pipe))
    sys.exit({"serve": serve, "jobs": jobs, "deliver": deliver}[name]())
