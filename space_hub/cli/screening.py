"""The commands `screen` (a run that is published, or a question that is only answered) and `warmup`.

`--object`, `--volume` and `--output` make it a question: what it finds is shown or written
to a file, and no conjunction, watch or offering hears of it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import house as houses
from space_hub.cli import options, warming
from space_hub.cli.house import House
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.speak import OK, Voice, sentence, shown
from space_hub.clock import SystemClock
from space_hub.errors import Unavailable

if TYPE_CHECKING:
    from space_hub.awareness.output import File
    from space_hub.awareness.question import Question
    from space_hub.awareness.screen import Asked
    from space_hub.awareness.snapshot import Taken
    from space_hub.orbit.screening.engine import Collected, Crew, Summary


def install(app: typer.Typer) -> None:
    app.command("screen", help=sentence("cli.help.screen"), epilog=sentence("cli.help.screen.form"))(screen)
    app.command("warmup", help=sentence("cli.help.warmup"))(warmup)


def screen(
    start: Annotated[str | None, typer.Option("--start", metavar="TIME", help=sentence("cli.option.start"))] = None,
    hours: Annotated[float | None, typer.Option("--hours", help=sentence("cli.option.hours"))] = None,
    threshold_m: Annotated[float | None, typer.Option("--threshold-m", help=sentence("cli.option.threshold"))] = None,
    max_age_days: Annotated[float | None, typer.Option("--max-age-days", help=sentence("cli.option.max_age"))] = None,
    objects: Annotated[
        list[int] | None, typer.Option("--object", metavar="NUMBER", help=sentence("cli.option.asked_object"))
    ] = None,
    volume: Annotated[str | None, typer.Option("--volume", metavar="FORM", help=sentence("cli.option.volume"))] = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help=sentence("cli.option.output"))] = None,
    limit: Limit = 20,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, max=256, help=sentence("cli.option.threads"))
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help=sentence("cli.option.scheduler"))
    ] = None,
    as_json: AsJson = False,
) -> int:
    from space_hub.awareness.screen import Asked

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    asked = Asked(
        house.clock.now() if start is None else options.instant(start),
        house.settings.screen_hours if hours is None else hours,
        house.settings.threshold_m if threshold_m is None else threshold_m,
        max_age_days,
    )
    asked.check()
    threads = threads or house.settings.screen_threads
    if not objects and volume is None and output is None:
        with _crew(house, scheduler) as crew:
            return _publish(house, voice, asked, threads, crew)
    from space_hub.awareness import question

    near = None if volume is None else question.volumes(volume)
    given = question.Question(asked, tuple(dict.fromkeys(objects or ())), near)
    with _crew(house, scheduler) as crew:
        return _answer(house, voice, given, output, limit, threads, crew)


@contextlib.contextmanager
def _crew(house: House, scheduler: str | None) -> "Iterator[Crew | None]":
    """The workers of a scheduler, or nobody: then threads of this process do the work."""
    if scheduler is None:
        yield None
        return
    from space_hub.awareness.cluster import Cluster

    with Cluster(scheduler, clock=house.clock) as cluster:
        yield cluster


def _publish(house: House, voice: Voice, asked: "Asked", threads: int, crew: "Crew | None") -> int:
    from space_hub.awareness.screen import run_screening
    from space_hub.cli import loading
    from space_hub.trust.principal import HUB

    with voice.progress(sentence("up.screening")) as progress:
        run = run_screening(
            house.database,
            house.clock,
            house.rng,
            HUB,
            start=asked.start,
            hours=asked.hours,
            threshold_m=asked.threshold_m,
            max_age_days=asked.max_age_days,
            threads=threads,
            crew=crew,
            progress=progress,
        )
    loading.tell_run(voice, run)
    voice.answer(loading.run_figures(run))
    return OK


def _answer(
    house: House,
    voice: Voice,
    given: "Question",
    output: Path | None,
    limit: int,
    threads: int,
    crew: "Crew | None",
) -> int:
    from space_hub.awareness import snapshot
    from space_hub.orbit.screening.engine import Collected

    began = house.clock.monotonic()
    with house.database.read() as session:
        taken = snapshot.take(session, given.asked.start, given.asked.max_age_days)
    found = Collected()
    with (
        voice.progress(sentence("up.screening")) as progress,
        contextlib.nullcontext(found) if output is None else _file(output, taken) as sink,
    ):
        answered = given.answer(taken, sink, threads=threads, crew=crew, progress=progress)
    figures: dict[str, Any] = {
        "window_start": given.asked.start,
        "window_stop": given.asked.stop,
        "threshold_m": given.asked.threshold_m,
        "objects": list(given.objects),
        "offered": len(taken.offered),
        "screened": answered.summary.screened,
        "excluded": len(taken.excluded),
        "unusable": answered.summary.offered - answered.summary.screened,
        "failed": len(answered.summary.failures),
        "encounters": answered.encounters,
        "co_located": answered.co_located,
        "synthetic": taken.synthetic,
        "elapsed_s": round(house.clock.monotonic() - began, 1),
        "published": False,
    }
    voice.tell("screen.answered", hours=f"{given.asked.hours:g}", **figures)
    _tell_failed(voice, given, taken, answered.summary)
    if output is not None:
        figures["output"] = str(output)
        voice.tell("screen.written", path=str(output))
    else:
        items = _nearest(found, taken, limit)
        figures["items"] = items
        _show(voice, items, limit)
    if taken.synthetic:
        voice.tell("awareness.synthetic_notice", style="bold yellow")
    voice.tell("awareness.triage_notice", style="dim")
    voice.answer(figures)
    return OK


def _file(path: Path, taken: "Taken") -> "File":
    """The file for a path, by its ending: our columns, NumPy's, or those of SOCRATES."""
    from space_hub.awareness.output import file
    from space_hub.awareness.socrates import ENDING, SocratesFile

    if path.name.endswith(ENDING):
        return SocratesFile(path, [one.elements for one in taken.kept])
    return file(path, taken.numbers)


def _tell_failed(voice: Voice, given: "Question", taken: "Taken", summary: "Summary") -> None:
    """An object that was asked about and has no position for all of the window is named."""
    for failure in summary.failures:
        number = taken.kept[failure.index].elements.catalog_number
        if number in given.objects:
            voice.tell("screen.object_failed", style="yellow", object=number, code=failure.code, at=shown(failure.at))


def _nearest(found: "Collected", taken: "Taken", limit: int) -> list[dict[str, Any]]:
    """The nearest encounters, apart from pairs that fly together unless there is nothing else."""
    import numpy as np

    from space_hub.awareness.output import columns
    from space_hub.orbit.screening.found import gathered

    table = columns(gathered(found.parts), taken.numbers)
    order = np.lexsort((table["tca"], table["miss_distance_m"], table["co_located"]))[:limit]
    rows = zip(*(column[order].tolist() for column in table.values()), strict=True)
    names = {one.elements.catalog_number: one.elements.name for one in taken.kept}
    items = []
    for row in rows:
        item = dict(zip(table, row, strict=True))
        for instant in ("tca", "entry_at", "exit_at"):
            item[instant] = item[instant].replace(tzinfo=UTC)
        items.append(item | {f"name_{side}": names[item[f"catalog_number_{side}"]] for side in "ab"})
    return items


def _show(voice: Voice, items: list[dict[str, Any]], limit: int) -> None:
    heads = (
        *("cli.column.tca", "cli.column.miss", "cli.column.speed"),
        *("cli.column.object", "cli.column.object"),
    )
    voice.table("cli.title.nearest", heads, [encounter_cells(item) for item in items])
    if len(items) == limit:
        voice.tell("cli.more", limit=limit, style="dim")


def warmup(as_json: AsJson = False) -> int:
    voice = Voice(as_json)
    with warming.beside(SystemClock()) as beside, voice.people.status(sentence("up.warming")):
        beside.begin()
        told = beside.outcome()
    if told["fault"]:
        raise Unavailable("warmup.failed", fault=told["fault"])
    voice.tell("warmup.done", **told)
    voice.answer({name: value for name, value in told.items() if name != "fault"})
    return OK


def encounter_cells(row: Mapping[str, Any]) -> list[object]:
    """An encounter as a row of a table for people: when, how near, how fast, who and who."""
    return [
        row["tca"].strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        f"{row['miss_distance_m']:,.0f}".replace(",", " "),
        f"{row['relative_speed_m_s']:,.0f}".replace(",", " "),
        *(f"{row[f'catalog_number_{side}'] or '-'} {row[f'name_{side}']}" for side in "ab"),
    ]
