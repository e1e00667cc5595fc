"""`space-hub up`: one command to a running hub.

It holds the data folder, makes or opens the database, starts the API first and
then everything else, fills a new installation, and stays as the supervisor until
Ctrl-C. With `--once` it ends after the first screening run is published.
"""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli import options, warming
from space_hub.cli.health import answers
from space_hub.cli.house import House
from space_hub.cli.options import AsJson
from space_hub.cli.speak import Voice, sentence
from space_hub.cli.supervisor import Supervisor, memory_bytes
from space_hub.cli.warming import Warming
from space_hub.clock import SystemClock
from space_hub.errors import Invalid, Unavailable
from space_hub.settings import Settings

_START_S = 30.0
_TRIES = 3
_LOOK_S = 0.2


def install(app: typer.Typer) -> None:
    app.command("up", help=sentence("cli.help.up"))(up)


def up(
    once: Annotated[bool, typer.Option("--once", help=sentence("cli.option.once"))] = False,
    now: Annotated[str | None, typer.Option("--now", metavar="TIME", help=sentence("cli.option.now"))] = None,
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", metavar="FILE", help=sentence("cli.option.catalogue"))
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help=sentence("cli.option.port"))] = None,
    as_json: AsJson = False,
) -> int:
    voice = Voice(as_json)
    settings = houses.settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    began = None if now is None else options.instant(now)
    if catalogue is not None:
        options.existing(catalogue)
    houses.prepare_folder(settings.data)
    _stop_on_signals()
    with houses.locked(settings.data, settings.base_url, settings.port):
        _need_free(settings.host, settings.port)
        with _supervised(settings, voice) as children, warming.beside(children.clock) as warmth:
            try:
                if began is None and houses.is_made(settings):
                    # Alone on the machine until it answers: all else can wait the second that it takes.
                    _serve(settings, children, voice)
                house = houses.open_or_make(settings, began)
                return _run(house, children, warmth, voice, catalogue, once)
            except KeyboardInterrupt:
                voice.tell("up.stopping")
                return 130 if once else 0


def _run(house: House, children: Supervisor, warmth: Warming, voice: Voice, catalogue: Path | None, once: bool) -> int:
    from space_hub.cli import loading

    if "serve" not in children.children:
        _serve(house.settings, children, voice)
    warmth.begin(missing=True)
    taken = loading.load_catalogue(house, catalogue, voice)
    loading.load_demonstration(house)
    first = loading.queue_first_screening(house) if taken is not None or not loading.has_run(house) else None
    children.start("deliver")
    _welcome(house, voice)
    if first is not None:
        # Otherwise the run would compile the same once more, beside those who do it.
        _wait_for(warmth, children, voice)
    children.start("jobs")
    peak = None if first is None else _follow(house, children, voice, first.id, sample=once)
    if once or first is not None:
        published = loading.published_run(house)
        loading.tell_run(voice, published)
        figures = loading.run_figures(published) | {"memory_mib": None if peak is None else peak // 2**20}
        if peak:
            voice.tell("up.memory", memory_mib=peak // 2**20)
        if once:
            voice.answer(figures)
            return 0
    voice.answer({"address": house.settings.base_url})
    voice.tell("up.next")
    voice.tell("up.stay")
    while True:
        children.turn()
        house.clock.sleep(_LOOK_S)


def _wait_for(warmth: Warming, children: Supervisor, voice: Voice) -> None:
    """Wait until what a plain run needs is compiled. It can do without, so a fault is only told."""
    with voice.people.status(sentence("up.warming")):
        while not warmth.ready:
            children.turn()
            children.clock.sleep(_LOOK_S)
    if warmth.over and (fault := warmth.outcome()["fault"]):
        voice.tell("up.warmup_failed", style="yellow", fault=fault)


def _follow(house: House, children: Supervisor, voice: Voice, work_id: str, *, sample: bool) -> int:
    """Show the progress of a piece of work until it is over; the most memory seen. Raises when it fails."""
    from space_hub.cli import loading
    from space_hub.work.tables import OPEN

    peak = 0
    with voice.progress(sentence("up.screening")) as progress:
        while True:
            children.turn()
            work = loading.look_at(house, work_id)
            if work.state not in OPEN:
                break
            progress(work.done, work.total)
            if sample:
                peak = max(
                    peak, memory_bytes([each.process.pid for each in children.children.values() if each.process])
                )
            house.clock.sleep(_LOOK_S)
    if work.state != "done":
        raise loading.failure_of(work)
    return peak


def _welcome(house: House, voice: Voice) -> None:
    if house.replayed:
        voice.tell("up.replay", now=_z(house.clock.now()), began=_z(house.began))
    if house.keys_file.exists():
        voice.tell("up.keys", path=str(house.keys_file))


@contextlib.contextmanager
def _supervised(settings: Settings, voice: Voice) -> Iterator[Supervisor]:
    """A supervisor whose children are gone when the block ends, however it ends."""

    def ended(name: str, status: int, pause_s: float, log: Path) -> None:
        voice.tell("up.child_ended", style="yellow", name=name, status=status, pause_s=f"{pause_s:g}", log=str(log))

    environment = os.environ | {"SPACE_HUB_DATA": str(settings.data.resolve()), "SPACE_HUB_PORT": str(settings.port)}
    children = Supervisor(SystemClock(), settings.data.resolve(), environment, ended)
    try:
        yield children
    finally:
        # A second Ctrl-C must not leave half of them running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        children.stop()


def _serve(settings: Settings, children: Supervisor, voice: Voice) -> None:
    """Start the API and wait until it answers; Unavailable, naming its log, when it does not."""
    clock = children.clock
    children.start("serve")
    deadline = clock.monotonic() + _START_S
    while not answers(settings):
        if clock.monotonic() > deadline or children.children["serve"].failures >= _TRIES:
            raise Unavailable("up.api_silent", log=str(children.log_of("serve")))
        children.turn()
        clock.sleep(0.02)
    voice.tell("up.ready", style="bold green", address=settings.base_url)
    voice.tell("up.docs", address=f"{settings.base_url}/docs")


def _need_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Invalid("up.port_taken", host=host, port=port, reason=error.strerror or str(error)) from error


def _stop_on_signals() -> None:
    """Both signals stop the hub, also when it was started with SIGINT ignored (a shell's `&`)."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _z(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
