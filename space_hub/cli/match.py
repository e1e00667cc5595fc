"""A match at the terminal: for a requirement in a file or several as one, with a bar; or one that was kept before."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import examples, match_joint, match_paper, match_told, options
from space_hub.cli import house as houses
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson
from space_hub.cli.speak import FAILED, OK, Voice, language, sentence
from space_hub.errors import HubError, Invalid
from space_hub.text.faults import sentence_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from api.routes.requirements import RequirementIn
    from catalog.tables import MatchRecord


def install(app: typer.Typer) -> None:
    app.command("match", help=sentence("cli.help.match"), epilog=sentence("cli.help.match.form"))(match)


def _print_requirement(wanted: bool) -> None:
    """At hub time where there is an installation: a window that is over would be of no use in a replay."""
    if not wanted:
        return
    from space_hub.clock import Clock, SystemClock

    clock: Clock = SystemClock()
    with contextlib.suppress(HubError):  # An example can be had before the first installation.
        clock = houses.open_existing(houses.settings()).clock
    print(examples.requirement(clock.now()), end="")
    raise typer.Exit


Needs = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help=sentence("cli.option.match_file"))]
Show = Annotated[str | None, typer.Option("--show", metavar="MATCH", help=sentence("cli.option.match_show"))]
AskSuppliers = Annotated[bool, typer.Option("--ask-suppliers", help=sentence("cli.option.match_ask"))]
Example = Annotated[
    bool,
    typer.Option(
        "--example",
        is_eager=True,
        callback=_print_requirement,
        help=sentence("cli.option.example"),
        show_default=False,
    ),
]


def match(
    organisation: As,
    files: Needs = None,
    show: Show = None,
    ask_suppliers: AskSuppliers = False,
    dossier: match_paper.Dossier = None,
    plots: match_paper.Plots = None,
    example: Example = False,
    as_json: AsJson = False,
) -> int:
    from catalog import matches

    del example  # Answered before the command begins.
    voice = Voice(as_json)
    match_paper.checked(dossier)
    given = files or []
    if bool(given) == (show is not None):
        raise Invalid("cli.match_one_of")
    if len(given) > 1 and (ask_suppliers or dossier or plots):
        raise Invalid("cli.match_one_file", count=len(given))
    if len(given) > 1:
        return match_joint.of_files(voice, organisation, [_requirement(file) for file in given])
    if show is not None and show.startswith(match_joint.PREFIX):
        return match_joint.show(voice, organisation, show)
    match_id = show or _made(voice, organisation, _requirement(given[0]), ask_suppliers)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        kept = matches.get(session, acting_as(session, organisation, "match:write"), match_id)
        shown, names = _shown(session, kept)
    match_told.tell(voice, shown, names)
    written = match_paper.write(voice, organisation, match_id, dossier, plots)
    voice.answer({**shown, "files": written} if written else shown)
    return OK if shown["covered"] else FAILED


def _requirement(file: Path) -> "RequirementIn":
    from pydantic import ValidationError

    from api.routes.requirements import RequirementIn

    try:
        return RequirementIn.model_validate_json(options.existing(file).read_bytes())
    except ValidationError as error:
        faults = "; ".join(
            ": ".join(filter(None, ("/".join(map(str, each["loc"])), sentence_of(each, language()).rstrip("."))))
            for each in error.errors()
        )
        raise Invalid("cli.requirement_wrong", file=file.name, faults=faults) from error


def _made(voice: Voice, organisation: str, body: "RequirementIn", ask_suppliers: bool) -> str:
    """State the requirement, match it, keep the match; its id."""
    from catalog import matches
    from catalog.demand import requirements
    from catalog.matching.watch import Stage, overall
    from catalog.physics.asking import Consent

    house = houses.open_existing(houses.settings())
    need = body.need(house.clock.now(), house.settings.classification_ceiling)
    with house.database.write() as session:
        principal = acting_as(session, organisation, "requirement:write", "match:write")
        stated = requirements.state(
            session, house.clock, house.rng, principal, title=body.title, description=body.description, need=need
        ).id
    with voice.progress(sentence("cli.matching")) as progress:

        def watch(stage: str, done: int, total: int) -> None:
            progress(*overall(stage, done, total), Stage(stage).label(language()))

        consent = Consent(house.rng, house.settings.egress_allow) if ask_suppliers else None
        record = matches.think(house.database, house.clock, principal, stated, watch, consent)
    with house.database.write() as session:
        return matches.keep(session, house.clock, house.rng, principal, stated, record).id


def _shown(session: "Session", kept: "MatchRecord") -> tuple[dict[str, Any], dict[str, str]]:
    """A match as the API answers it, and the legal names of its providers by their ids."""
    from sqlmodel import select

    from api.routes.matches import match_out
    from providers.tables import Provider

    shown: dict[str, Any] = json.loads(match_out(kept, language()).model_dump_json())
    named = {each["provider_id"] for each in shown["offerings"]}
    found = session.exec(select(Provider.id, Provider.legal_name)).all()
    return shown, {provider_id: name for provider_id, name in found if provider_id in named}
