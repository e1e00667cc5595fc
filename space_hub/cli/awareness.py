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
    from space_hub.awareness.tables import Assessment, Conjunction


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

    from space_hub.awareness import catalogue
    from space_hub.awareness.following import conjunctions as found_in
    from space_hub.awareness.tables import Assessment, Conjunction
    from space_hub.cli import loading
    from space_hub.errors import NotFound

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    order = col(Assessment.miss_distance_m) if nearest or co_located else col(Assessment.tca)
    with house.database.read() as session:
        run = found_in.latest_run(session)
        if run is None:
            raise NotFound("run.none_published")
        ids = tuple(catalogue.resolve(session, objects)) if objects else None
        wanted = found_in.Wanted(run.id, ids, max_miss_distance_m=max_miss_m, co_located=co_located)
        statement = found_in.statement(wanted).order_by(order, col(Conjunction.id)).limit(limit)
        pairs = [(one, look) for one, look in session.execute(statement)]
        beside = found_in.statement(found_in.Wanted(run.id, ids, co_located=True)).limit(1)
        together = not pairs and not co_located and ids is not None and session.execute(beside).first() is not None
        faces = catalogue.faces(session, {id for one, _ in pairs for id in (one.object_a_id, one.object_b_id)})
    rows = [_row(one, look, faces) for one, look in pairs]
    title = "cli.title.co_located" if co_located else "cli.title.conjunctions"
    heads = (
        *("cli.column.tca", "cli.column.miss", "cli.column.speed"),
        *("cli.column.object", "cli.column.object"),
    )
    voice.table(title, heads, [encounter_cells(row) for row in rows])
    if len(rows) == limit:
        voice.tell("cli.more", limit=limit, style="dim")
    if together:
        voice.tell("cli.fly_together")
    voice.tell("cli.run_shown", run=run.id, start=shown(run.window_start), stop=shown(run.window_stop))
    if run.synthetic:
        voice.tell("awareness.synthetic_notice", style="bold yellow")
    voice.tell("awareness.triage_notice", style="dim")
    voice.answer({"run": loading.run_figures(run), "items": rows})
    return OK


def _row(one: "Conjunction", look: "Assessment", faces: "dict[str, Face]") -> dict[str, Any]:
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
    }
