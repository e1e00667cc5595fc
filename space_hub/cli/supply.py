"""The supply at the terminal: offerings from a file, a match for a requirement, for an organisation that is named.

The person at the terminal has the database itself; `--as` says in whose name
they act, and the audit trail keeps it, with the key left empty.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import house as houses
from space_hub.cli import options
from space_hub.cli.options import AsJson
from space_hub.cli.speak import FAILED, OK, Voice, language, sentence
from space_hub.errors import Invalid

if TYPE_CHECKING:
    from sqlmodel import Session

    from space_hub.trust.principal import Principal

As = Annotated[str, typer.Option("--as", metavar="ORGANISATION", help=sentence("cli.option.as"))]

offer = typer.Typer(help=sentence("cli.help.offer"), no_args_is_help=True, rich_markup_mode=None)


def install(app: typer.Typer) -> None:
    offer.command("submit", help=sentence("cli.help.offer_submit"))(submit)
    app.add_typer(offer, name="offer")
    app.command("match", help=sentence("cli.help.match"))(match)


def acting_as(session: "Session", organisation_id: str) -> "Principal":
    """The organisation with all that its kind may do; NotFound when there is none of this id."""
    from space_hub.errors import NotFound
    from space_hub.trust.principal import Principal
    from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
    from space_hub.trust.tables import Organisation

    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("trust.organisation_unknown", organisation_id=organisation_id)
    kind = OrganisationKind(found.kind)
    return Principal(found.id, kind, found.nation, "", SCOPES_OF[kind])


def submit(file: options.File, organisation: As, as_json: AsJson = False) -> int:
    from catalog import offerings
    from providers.adapters.manifest import read_manifest

    voice = Voice(as_json)
    manifest = read_manifest(_text(file))
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation)
        principal.require("offering:write")
        done, aside = offerings.from_manifest(session, house.clock, house.rng, principal, manifest)
        taken = [
            {"offering_id": each.offering.id, "title": each.version.title, "changed": each.changed}
            for each in done.taken
        ]
    refused = [
        {"line": row.line, "code": row.code, "reason": sentence(row.code, **row.params), "raw": row.raw}
        for row in aside
    ]
    voice.table(
        "cli.title.offerings",
        ("cli.column.id", "cli.column.title", "cli.column.change"),
        [
            [row["offering_id"], row["title"], sentence("cli.new_version" if row["changed"] else "cli.unchanged")]
            for row in taken
        ],
    )
    if refused:
        voice.table(
            "cli.title.refused",
            ("cli.column.line", "cli.column.reason"),
            [[row["line"], row["reason"]] for row in refused],
        )
    voice.answer({"taken": taken, "refused": refused})
    return FAILED if refused else OK


def _text(file: Path) -> str:
    raw = options.existing(file).read_bytes()
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Invalid("providers.manifest_unreadable", reason=f"no UTF-8 at byte {error.start}") from error


def match(file: options.File, organisation: As, as_json: AsJson = False) -> int:
    from pydantic import ValidationError

    from api.routes.matches import match_out
    from api.routes.requirements import RequirementIn
    from catalog import matches, requirements

    voice = Voice(as_json)
    try:
        body = RequirementIn.model_validate_json(options.existing(file).read_bytes())
    except ValidationError as error:
        faults = "; ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Invalid("cli.requirement_wrong", file=file.name, faults=faults) from error
    house = houses.open_existing(houses.settings())
    need = body.need(house.clock.now())
    with house.database.write() as session:
        principal = acting_as(session, organisation)
        principal.require("requirement:write")
        principal.require("match:write")
        stated = requirements.state(
            session, house.clock, house.rng, principal, title=body.title, description=body.description, need=need
        )
    with house.database.read() as session:
        gathered = matches.gather(session, house.clock, principal, stated.id)
    record = matches.compute(*gathered)
    with house.database.write() as session:
        kept = matches.keep(session, house.clock, house.rng, principal, stated.id, record)
        shown: dict[str, Any] = json.loads(match_out(kept, language()).model_dump_json())
    voice.table(
        "cli.title.match",
        ("cli.column.title", "cli.column.verdict", "cli.column.score", "cli.column.reason"),
        [
            [each["title"], sentence(f"cli.verdict.{each['verdict']}"), each["score"], _reasons(each)]
            for each in shown["offerings"]
        ],
    )
    voice.tell("cli.recommends", match=shown["id"], style="dim")
    voice.answer(shown)
    return OK if shown["covered"] else FAILED


def _reasons(judged: dict[str, Any]) -> str:
    return "\n".join(reason["text"] for reason in judged["reasons"])
