"""The supply at the terminal: offerings from a file and what keeps them out of needs, for a supplier that is named."""

from pathlib import Path
from typing import Annotated, Any

import typer

from space_hub.cli import examples, options
from space_hub.cli import house as houses
from space_hub.cli.acting import As
from space_hub.cli.options import AsJson
from space_hub.cli.provider import own
from space_hub.cli.speak import FAILED, OK, Voice, language, sentence
from space_hub.errors import Conflict, Invalid, NotFound

offer = typer.Typer(help=sentence("cli.help.offer"), no_args_is_help=True, rich_markup_mode=None)


def install(app: typer.Typer) -> None:
    offer.command("submit", help=sentence("cli.help.offer_submit"), epilog=sentence("cli.help.offer_submit.form"))(
        submit
    )
    offer.command("template", help=sentence("cli.help.offer_template"))(template)
    offer.command("gaps", help=sentence("cli.help.offer_gaps"))(gaps)
    offer.command("demonstration", help=sentence("cli.help.offer_demonstration"))(demonstration)
    app.add_typer(offer, name="offer")


def _print_manifest(wanted: bool) -> None:
    if wanted:
        print(examples.manifest(), end="")
        raise typer.Exit


_EXAMPLE = sentence("cli.option.example")
ManifestExample = Annotated[
    bool, typer.Option("--example", is_eager=True, callback=_print_manifest, help=_EXAMPLE, show_default=False)
]


def submit(file: options.File, organisation: As, example: ManifestExample = False, as_json: AsJson = False) -> int:
    from catalog.shelf import offerings
    from providers.adapters.faults import by_column
    from providers.adapters.manifest import read_manifest

    del example  # Answered before the command begins.
    voice = Voice(as_json)
    manifest = read_manifest(options.existing(file).read_bytes(), _form(file))
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal, _ = own(session, organisation, "offering:write")
        done, aside = offerings.from_manifest(session, house.clock, house.rng, principal, manifest)
        taken: list[dict[str, Any]] = [
            {
                "offering_id": each.offering.id,
                "reference": each.offering.reference,
                "title": each.version.title,
                "changed": each.changed,
                "version": each.version.number,
            }
            for each in done.taken
        ]
    refused: list[dict[str, Any]] = [
        {
            "line": row.line,
            "reference": row.reference,
            "code": row.code,
            "reason": sentence(row.code, **row.params),
            "faults": [
                {"column": column, "code": code, "reason": sentence(code, **params)}
                for column, code, params in by_column(row.code, row.params)
            ],
            "raw": row.raw,
        }
        for row in aside
    ]
    voice.table(
        "cli.title.offerings",
        ("cli.column.id", "cli.column.title", "cli.column.change"),
        [[row["offering_id"], row["title"], sentence(_change(row["changed"], row["version"]))] for row in taken],
    )
    if refused:
        voice.table(
            "cli.title.refused",
            ("cli.column.line", "cli.column.reference", "cli.column.column", "cli.column.reason"),
            [
                [row["line"], row["reference"], fault["column"], fault["reason"]]
                for row in refused
                for fault in row["faults"]
            ],
        )
    voice.answer({"taken": taken, "refused": refused})
    return FAILED if refused else OK


def _change(changed: bool, number: int) -> str:
    if not changed:
        return "cli.unchanged"
    return "cli.new_offering" if number == 1 else "cli.new_version"


def gaps(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help=sentence("cli.option.reference"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    """Which published needs an own offering meets, and what would get it into the others."""
    from sqlmodel import col, select

    from api.routes.demand import need_out
    from api.routes.gaps import gap_report_out
    from catalog.demand import gaps as reports
    from catalog.demand.tables import PublishedNeed
    from catalog.tables import Offering

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal, provider = own(session, organisation, "offering:write")
        mine = select(Offering.id).where(Offering.provider_id == provider.id, Offering.reference == reference)
        offering_id = session.exec(mine).one_or_none()
        if offering_id is None:
            raise NotFound("cli.reference_unknown", reference=reference)
        report = gap_report_out(reports.for_offering(session, principal, offering_id, language()))
        found = report.model_dump(mode="json")
        named = col(PublishedNeed.id).in_([entry["need"] for entry in found["entries"]])
        texts = {row.id: need_out(row, language()).text for row in session.exec(select(PublishedNeed).where(named))}
    rows = []
    for entry in found["entries"]:
        changes = [entry["one_change"]] if entry["one_change"] else entry["smallest_set"] or []
        said = [*(change["text"] for change in changes), *entry["questions"]]
        entry["text"] = texts[entry["need"]]
        asked = f"{entry['title']}\n{entry['text']}"
        office = "-" if entry["office"] is None else entry["office"]["name"]
        outcome = sentence(f"cli.outcome.{entry['outcome']}")
        rows.append([entry["need"], asked, outcome, "\n".join(said), office])
    heads = ("cli.column.need", "cli.column.asked", "cli.column.outcome", "cli.column.to_do", "cli.column.office")
    voice.table("cli.title.gaps", heads, rows)
    if rows:
        voice.tell("cli.gaps_next", style="dim", reference=reference)
    voice.answer({"offering_id": offering_id, **found})
    return OK


def demonstration(as_json: AsJson = False) -> int:
    """Only beside the demonstration: an installation in use is not filled with companies that do not exist."""
    from jobs.demo import companies, demand, seed
    from space_hub.db import Installation
    from space_hub.trust import keys
    from space_hub.trust.principal import HUB

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        if not session.get_one(Installation, 1).demonstration:
            raise Conflict("cli.no_demonstration")
        secrets = companies.seed(session, house.clock, house.rng, HUB)
        asker = keys.authenticate(session, house.clock, next(iter(secrets.values())))
        nations = demand.seed(session, house.clock, house.rng, asker)
        path = house.keys_file.with_name("alliance-keys.json")
        seed.write_keys(secrets | nations, path)
    voice.tell("cli.alliance_loaded", companies=len(secrets), path=str(path))
    voice.answer({"companies": len(secrets), "keys": str(path)})
    return OK


def _form(file: Path) -> str | None:
    """The form that the file's name tells; None leaves it to its first characters."""
    from providers.adapters.manifest import Form

    suffix = file.suffix.lower().removeprefix(".")
    return {"yml": Form.YAML.value}.get(suffix, suffix if suffix in set(Form) else None)


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=sentence("cli.option.template_file"))],
    area: Annotated[list[str] | None, typer.Option("--area", help=sentence("cli.option.template_area"))] = None,
    french: Annotated[
        bool | None, typer.Option("--fr/--en", help=sentence("cli.option.template_language"), show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help=sentence("cli.option.template_force"))] = False,
    as_json: AsJson = False,
) -> int:
    from providers.adapters.spreadsheet import template as make
    from space_hub.vocabulary.capabilities import CAPABILITIES
    from space_hub.vocabulary.codes import MissionArea

    known = [each.value for each in MissionArea]
    for each in area or ():
        if each not in known:
            raise Invalid("cli.area_unknown", given=each, known=", ".join(known))
    voice = Voice(as_json)
    chosen = [each.code for each in CAPABILITIES.values() if not area or each.area.value in area]
    spoken = language() if french is None else "fr" if french else "en"
    raw = make(chosen, spoken)
    try:
        with file.open("wb" if force else "xb") as out:
            out.write(raw)
    except FileExistsError as error:
        raise Invalid("cli.file_exists", path=str(file)) from error
    except OSError as error:
        raise Invalid("cli.file_unwritable", path=str(file), reason=error.strerror or str(error)) from error
    voice.tell("cli.template_written", path=str(file), capabilities=len(chosen))
    voice.answer({"file": str(file), "language": spoken, "capabilities": chosen, "bytes": len(raw)})
    return OK
