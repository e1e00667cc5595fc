"""What others may read of a need, at the terminal: first the words themselves, then the consent to just these."""

from typing import Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson
from space_hub.cli.provider import one_of
from space_hub.cli.speak import OK, Voice, language, sentence

app = typer.Typer(help=sentence("cli.help.need"), no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def need() -> None:
    """Keeps `publish` a word of its own while it is the only one."""


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
