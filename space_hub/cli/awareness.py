"""The sky at the terminal: take in a catalogue, look at objects and conjunctions."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import house as houses
from space_hub.cli import messages, options
from space_hub.cli.options import AsJson, Limit, MessageForm
from space_hub.cli.screening import encounter_cells
from space_hub.cli.speak import OK, Voice, sentence, shown

if TYPE_CHECKING:
    from space_hub.awareness.catalogue import Face
    from space_hub.awareness.freshness import Told
    from space_hub.awareness.tables import Assessment, Conjunction, Run


def install(app: typer.Typer) -> None:
    app.command("ingest", help=sentence("cli.help.ingest"))(ingest)
    app.command("objects", help=sentence("cli.help.objects"))(objects)
    app.command("conjunctions", help=sentence("cli.help.conjunctions"))(conjunctions)


def ingest(
    file: options.File,
    source: Annotated[str, typer.Option("--source", help=sentence("cli.option.source"))] = "file",
    as_json: AsJson = False,
) -> int:
    from space_hub.cli import loading

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    taken = loading.take_file(house, options.existing(file), voice, source=source)
    loading.tell_taken(house, taken, voice)
    voice.answer(taken.model_dump(mode="json"))
    return OK


def objects(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=sentence("cli.option.name"))] = None,
    number: Annotated[
        int | None, typer.Option("--number", min=1, max=999_999_999, help=sentence("cli.option.number"))
    ] = None,
    omm: Annotated[int | None, typer.Option("--omm", metavar="NUMBER", help=sentence("cli.option.omm"))] = None,
    form: MessageForm = "kvn",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> int:
    if omm is not None:
        return messages.show_omm(omm, form, Voice(as_json))
    from sqlmodel import col, select

    from space_hub.awareness.tables import Designation, ElementSetRow, SpaceObject

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    found: Any = (
        select(SpaceObject, Designation.catalog_number, ElementSetRow.epoch)
        .join(Designation, (col(Designation.object_id) == col(SpaceObject.id)) & col(Designation.valid_to).is_(None))
        .join(
            ElementSetRow,
            (col(ElementSetRow.object_id) == col(SpaceObject.id)) & col(ElementSetRow.is_current),
            isouter=True,
        )
        .order_by(col(Designation.catalog_number))
        .limit(limit)
    )
    if name is not None:
        found = found.where(col(SpaceObject.name_folded).contains(name.casefold(), autoescape=True))
    if number is not None:
        found = found.where(Designation.catalog_number == number)
    with house.database.read() as session:
        rows = [
            {
                "object_id": one.id,
                "catalog_number": catalog_number,
                "name": one.name,
                "international_designator": one.international_designator,
                "epoch": epoch,
                "element_age_h": None if epoch is None else round((house.clock.now() - epoch) / timedelta(hours=1), 2),
                "synthetic": one.synthetic,
            }
            for one, catalog_number, epoch in session.execute(found)
        ]
    heads = ("cli.column.number", "cli.column.name", "cli.column.designator", "cli.column.epoch", "cli.column.age")
    cells = [
        [row["catalog_number"], row["name"], row["international_designator"], row["epoch"], row["element_age_h"]]
        for row in rows
    ]
    voice.table("cli.title.objects", heads, cells)
    if len(rows) == limit:
        voice.tell("cli.more", limit=limit, style="dim")
    voice.answer({"items": rows})
    return OK


def conjunctions(
    objects: Annotated[
        list[int] | None, typer.Option("--object", metavar="NUMBER", help=sentence("cli.option.object"))
    ] = None,
    nearest: Annotated[bool, typer.Option("--nearest", help=sentence("cli.option.nearest"))] = False,
    riskiest: Annotated[bool, typer.Option("--riskiest", help=sentence("cli.option.riskiest"))] = False,
    co_located: Annotated[bool, typer.Option("--co-located", help=sentence("cli.option.co_located"))] = False,
    max_miss_m: Annotated[
        float | None, typer.Option("--max-miss-m", min=0, help=sentence("cli.option.max_miss"))
    ] = None,
    cdm: Annotated[str | None, typer.Option("--cdm", metavar="ID", help=sentence("cli.option.cdm"))] = None,
    socrates: Annotated[
        Path | None, typer.Option("--socrates", metavar="FILE", help=sentence("cli.option.socrates"))
    ] = None,
    form: MessageForm = "kvn",
    limit: Limit = 20,
    as_json: AsJson = False,
) -> int:
    if cdm is not None:
        return messages.show_cdm(cdm, form, Voice(as_json))
    if socrates is not None:
        return messages.write_socrates(socrates, Voice(as_json))
    from sqlmodel import col

    from space_hub.awareness import catalogue, freshness
    from space_hub.awareness.following import conjunctions as found_in
    from space_hub.awareness.following.levels import AMBER
    from space_hub.awareness.tables import Assessment, Conjunction
    from space_hub.cli import loading
    from space_hub.errors import NotFound

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    by_distance: Any = col(Assessment.miss_distance_m) if nearest or co_located else col(Assessment.tca)
    order = col(Assessment.pc).desc() if riskiest else by_distance
    with house.database.read() as session:
        run = found_in.latest_run(session)
        if run is None:
            raise NotFound("run.none_published")
        ids = tuple(catalogue.resolve(session, objects)) if objects else None
        wanted = found_in.Wanted(
            run.id, ids, max_miss_distance_m=max_miss_m, min_pc=AMBER if riskiest else None, co_located=co_located
        )
        statement = found_in.statement(wanted).order_by(order, col(Conjunction.id)).limit(limit)
        pairs = [(one, look) for one, look in session.execute(statement)]
        beside = found_in.statement(found_in.Wanted(run.id, ids, co_located=True)).limit(1)
        together = not pairs and not co_located and ids is not None and session.execute(beside).first() is not None
        faces = catalogue.faces(session, {id for one, _ in pairs for id in (one.object_a_id, one.object_b_id)})
        told = freshness.told(session, house.clock, run)
    rows = [_row(one, look, faces) for one, look in pairs]
    title = "cli.title.co_located" if co_located else "cli.title.conjunctions"
    heads = (
        *("cli.column.tca", "cli.column.miss", "cli.column.speed"),
        *("cli.column.object", "cli.column.object"),
        *("cli.column.pc", "cli.column.level"),
    )
    voice.table(title, heads, [[*encounter_cells(row), *_risk_cells(row)] for row in rows])
    if len(rows) == limit:
        voice.tell("cli.more", limit=limit, style="dim")
    if together:
        voice.tell("cli.fly_together")
    voice.tell("cli.run_shown", run=run.id, start=shown(run.window_start), stop=shown(run.window_stop))
    _tell_age(voice, run, told)
    if run.synthetic:
        voice.tell("awareness.synthetic_notice", style="bold yellow")
    voice.tell("awareness.triage_notice", style="dim")
    voice.answer({"run": loading.run_figures(run), "freshness": _freshness(run, told), "items": rows})
    return OK


def _row(one: "Conjunction", look: "Assessment", faces: "dict[str, Face]") -> dict[str, Any]:
    from space_hub.awareness.following.levels import Thresholds

    a, b = faces[one.object_a_id], faces[one.object_b_id]
    return {
        "conjunction_id": one.id,
        "tca": look.tca,
        "miss_distance_m": look.miss_distance_m,
        "relative_speed_m_s": look.relative_speed_m_s,
        "catalog_number_a": a.catalog_number,
        "name_a": a.name,
        "catalog_number_b": b.catalog_number,
        "name_b": b.name,
        "open_start": look.open_start,
        "open_end": look.open_end,
        "pc": look.pc,
        "level": Thresholds().level(look.miss_distance_m, look.pc, bool(look.diluted)),
        "method": look.method,
        "diluted": look.diluted,
        "sigma_a_source": look.sigma_a_source,
        "sigma_b_source": look.sigma_b_source,
    }


def _risk_cells(row: dict[str, Any]) -> list[object]:
    """A diluted probability is marked: small there means not known, not safe."""
    mark = "*" if row["diluted"] else ""
    return ["-" if row["pc"] is None else f"{row['pc']:.1e}{mark}", row["level"]]


def _freshness(run: "Run", told: "Told") -> dict[str, Any]:
    from space_hub.awareness.freshness import since_source

    spans = {
        "run_published_s": since_source(run, run.published_at),
        "last_alert_raised_s": since_source(run, told.raised_at),
        "last_alert_delivered_s": since_source(run, told.delivered_at),
    }
    seconds = {name: None if span is None else round(span.total_seconds(), 3) for name, span in spans.items()}
    return {
        "source_at": run.source_at,
        "source_basis": run.source_basis,
        "alerts": told.alerts,
        "delivered": told.delivered,
        **seconds,
        "stages_s": run.stages_s,
    }


def _tell_age(voice: Voice, run: "Run", told: "Told") -> None:
    figures = _freshness(run, told)
    if run.source_at is None or run.source_basis is None:
        return
    voice.tell(
        f"cli.freshness.{run.source_basis}", at=shown(run.source_at), seconds=f"{figures['run_published_s']:.0f}"
    )
    if told.delivered:
        voice.tell("cli.freshness.delivered", count=told.delivered, seconds=f"{figures['last_alert_delivered_s']:.0f}")
