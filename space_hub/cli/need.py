"""Needs at the terminal: what is published, and what others may read of an own one, first shown, then consented to."""

from typing import Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.provider import one_of
from space_hub.cli.speak import OK, Voice, language, sentence
from space_hub.errors import NotFound

app = typer.Typer(help=sentence("cli.help.need"), no_args_is_help=True, rich_markup_mode=None)


@app.command("list", help=sentence("cli.help.need_list"))
def listed(
    organisation: As,
    capability: Annotated[str | None, typer.Option("--capability", help=sentence("cli.option.capability"))] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> int:
    """The published needs that are open, the latest first: the same for every reader."""
    from sqlmodel import col

    from api.routes.demand import need_out
    from catalog.demand import statements as demand
    from catalog.demand.tables import PublishedNeed
    from space_hub.vocabulary import capabilities

    voice = Voice(as_json)
    code = None if capability is None else capabilities.capability(capability).code
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        acting_as(session, organisation, "catalog:read")
        statement = demand.published(capability_code=code).order_by(col(PublishedNeed.published_at).desc())
        rows = session.execute(statement.limit(limit)).scalars().all()
        found = [need_out(row, language()).model_dump(mode="json") for row in rows]
    heads = ("cli.column.need", "cli.column.title", "cli.column.asked")
    voice.table("cli.title.gaps", heads, [[each["id"], each["title"], each["text"]] for each in found])
    voice.answer({"items": found})
    return OK


@app.command("show", help=sentence("cli.help.need_show"))
def show(
    need: Annotated[str, typer.Argument(metavar="NEED", help=sentence("cli.option.published_need"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    """One published need, as every reader reads it."""
    from sqlmodel import col

    from api.routes.demand import need_out
    from catalog.demand import statements as demand
    from catalog.demand.tables import PublishedNeed

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        acting_as(session, organisation, "catalog:read")
        row = session.execute(demand.published().where(col(PublishedNeed.id) == need)).scalars().one_or_none()
        if row is None:
            raise NotFound("cli.need_unknown", need=need)
        found = need_out(row, language()).model_dump(mode="json")
    voice.people.print(found["title"], style="bold", markup=False)
    voice.people.print(found["text"], markup=False)
    voice.tell("cli.need_compare", style="dim")
    voice.answer(found)
    return OK


@app.command("publish", help=sentence("cli.help.need_publish"), epilog=sentence("cli.help.need_publish.form"))
def publish(
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", help=sentence("cli.option.requirement"))],
    organisation: As,
    level: Annotated[str, typer.Option("--level", help=sentence("cli.option.level"))] = "named",
    consent: Annotated[str | None, typer.Option("--consent", help=sentence("cli.option.consent"))] = None,
    as_json: AsJson = False,
) -> int:
    from catalog.demand import statements as demand
    from catalog.demand.publication import Level

    voice = Voice(as_json)
    wanted = one_of(Level, level, "--level")
    house = houses.open_existing(houses.settings())
    if consent is None:
        with house.database.read() as session:
            principal = acting_as(session, organisation, "demand:write")
            shown = demand.preview(session, principal, requirement, wanted)
        read = shown["published"]
        voice.tell("cli.need_unread" if read is None else "cli.need_read")
        if read is not None:
            voice.people.print(read[f"text_{language()}"], markup=False)
        voice.tell("cli.need_consent", reference=shown["consent_ref"])
        voice.answer({**shown, "state": "preview"})
        return OK
    with house.database.write() as session:
        principal = acting_as(session, organisation, "demand:write")
        standing = demand.publish_need(
            session,
            house.clock,
            house.rng,
            principal,
            requirement_id=requirement,
            level=wanted,
            consent_ref=consent,
        )
        found = {"requirement_id": standing.requirement_id, "level": standing.level, "state": standing.state}
    voice.tell(f"cli.need_published.{wanted}", requirement=requirement)
    voice.answer(found)
    return OK
