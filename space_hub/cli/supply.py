"""The supply at the terminal: offerings from a file, a match for a requirement, for an organisation that is named."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import examples, options
from space_hub.cli import house as houses
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson
from space_hub.cli.provider import own
from space_hub.cli.speak import FAILED, OK, Voice, language, sentence
from space_hub.errors import Conflict, HubError, Invalid, NotFound
from space_hub.text.faults import sentence_of

if TYPE_CHECKING:
    from sqlmodel import Session

offer = typer.Typer(help=sentence("cli.help.offer"), no_args_is_help=True, rich_markup_mode=None)


def install(app: typer.Typer) -> None:
    offer.command("submit", help=sentence("cli.help.offer_submit"), epilog=sentence("cli.help.offer_submit.form"))(
        submit
    )
    offer.command("template", help=sentence("cli.help.offer_template"))(template)
    offer.command("gaps", help=sentence("cli.help.offer_gaps"))(gaps)
    offer.command("demonstration", help=sentence("cli.help.offer_demonstration"))(demonstration)
    app.add_typer(offer, name="offer")
    app.command("match", help=sentence("cli.help.match"), epilog=sentence("cli.help.match.form"))(match)


def _print_manifest(wanted: bool) -> None:
    if wanted:
        print(examples.manifest(), end="")
        raise typer.Exit


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


_EXAMPLE = sentence("cli.option.example")
ManifestExample = Annotated[
    bool, typer.Option("--example", is_eager=True, callback=_print_manifest, help=_EXAMPLE, show_default=False)
]
RequirementExample = Annotated[
    bool, typer.Option("--example", is_eager=True, callback=_print_requirement, help=_EXAMPLE, show_default=False)
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


def match(file: options.File, organisation: As, example: RequirementExample = False, as_json: AsJson = False) -> int:
    from pydantic import ValidationError

    from api.routes.matches import match_out
    from api.routes.requirements import RequirementIn
    from catalog import matches
    from catalog.demand import requirements
    from catalog.matching.values import Verdict

    del example  # Answered before the command begins.
    voice = Voice(as_json)
    try:
        body = RequirementIn.model_validate_json(options.existing(file).read_bytes())
    except ValidationError as error:
        faults = "; ".join(
            ": ".join(filter(None, ("/".join(map(str, each["loc"])), sentence_of(each, language()).rstrip("."))))
            for each in error.errors()
        )
        raise Invalid("cli.requirement_wrong", file=file.name, faults=faults) from error
    house = houses.open_existing(houses.settings())
    need = body.need(house.clock.now(), house.settings.classification_ceiling)
    with house.database.write() as session:
        principal = acting_as(session, organisation, "requirement:write", "match:write")
        stated = requirements.state(
            session, house.clock, house.rng, principal, title=body.title, description=body.description, need=need
        )
    with house.database.read() as session:
        wanted, offered = matches.gather(session, house.clock, principal, stated.id)
        grounds = matches.ground(session, house.clock, principal, offered)
    record = matches.compute(wanted, offered, grounds)
    with house.database.write() as session:
        kept = matches.keep(session, house.clock, house.rng, principal, stated.id, record)
        shown: dict[str, Any] = json.loads(match_out(kept, language()).model_dump_json())
        names = _suppliers(session, [each["provider_id"] for each in shown["offerings"]])
    voice.table(
        "cli.title.match",
        ("cli.column.title", "cli.column.supplier", "cli.column.verdict", "cli.column.score", "cli.column.reason"),
        [
            [
                each["title"],
                names[each["provider_id"]],
                Verdict(each["verdict"]).label(language()),
                "" if each["score"] is None else f"{each['score']:.2f}",
                "\n".join(_said_of(each)),
            ]
            for each in shown["offerings"]
        ],
    )
    if shown["physics"]:
        _show_physics(voice, shown)
    _tell_cover(voice, shown, names)
    for found in filter(None, (shown["sole"], shown["impasse"])):
        voice.tell("cli.note", style="yellow", text=found["text"])
    for each in shown["sole"]["barriers"] if shown["sole"] else ():
        voice.tell("cli.note", text=each["text"])
    voice.tell("cli.recommends", match=shown["id"], requirement=shown["requirement_id"], style="dim")
    voice.answer(shown)
    return OK if shown["covered"] else FAILED


def _show_physics(voice: Voice, match: dict[str, Any]) -> None:
    """Claimed, answered and computed side by side, with what is to be said of it."""
    from catalog.feasibility.values import FeasibilityVerdict

    titles = {each["offering_id"]: each["title"] for each in match["offerings"]}
    columns = ("title", "subject", "claimed", "answered", "computed", "orbits", "reason")
    voice.table(
        "cli.title.physics",
        tuple(f"cli.column.{name}" for name in columns),
        [
            [
                titles[each["offering_id"]],
                f"{each['attribute_label']} ({each['unit']})",
                _span(each["claimed"]),
                _span(each["answered"]),
                _span(each["computed"]),
                FeasibilityVerdict(each["verdict_of_claim"]).label(language()),
                each["text"],
            ]
            for each in match["physics"]
        ],
    )


def _span(given: list[float] | float | None) -> str:
    """A value or a range, with the decimal sign of the language."""
    if given is None:
        return ""
    ends = given if isinstance(given, list) else [given]
    text = "–".join(f"{each:.4g}" for each in dict.fromkeys(ends))
    return text.replace(".", ",") if language() == "fr" else text


def _said_of(judged: dict[str, Any]) -> list[str]:
    """The reasons of one offering, and what would let it in."""
    enter = judged["counterfactual"]
    return [*(reason["text"] for reason in judged["reasons"]), *([enter["text"]] if enter else [])]


def _suppliers(session: "Session", provider_ids: list[str]) -> dict[str, str]:
    """The legal names of providers by their ids."""
    from sqlmodel import col, select

    from providers.tables import Provider

    found = select(Provider.id, Provider.legal_name).where(col(Provider.id).in_(provider_ids))
    return dict(session.exec(found).all())


def _tell_cover(voice: Voice, match: dict[str, Any], names: dict[str, str]) -> None:
    """What is covered at what cost, and what the loss of one supplier would leave open."""
    unit, currency = match["capacity_unit"], match["currency"]
    voice.tell("cli.covered" if match["covered"] else "cli.not_covered", style="green" if match["covered"] else "red")
    for each in match["phases"]:
        voice.tell(
            "cli.cover_of_phase",
            phase=_phase(each["phase"]),
            covered=_plain(each["covered"]),
            needed=_plain(each["needed"]),
            unit=unit,
            cost=Decimal(each["cost_per_day"]),
            currency=currency,
        )
        if each["over_budget"]:
            voice.tell(
                "cli.over_budget",
                style="yellow",
                phase=_phase(each["phase"]),
                budget=Decimal(each["budget_per_day"]),
                currency=currency,
            )
    for loss in match["losses"]:
        for phase, missing in loss["shortfall_taken"].items():
            if Decimal(missing):
                voice.tell(
                    "cli.loss",
                    supplier=names[loss["provider_id"]],
                    phase=_phase(phase),
                    missing=_plain(missing),
                    unit=unit,
                    still=_plain(loss["shortfall_pool"].get(phase, missing)),
                )


def _phase(phase: str) -> str:
    return sentence(f"vocabulary.phase.{phase}")


def _plain(number: str) -> str:
    """Without the zeros that a decimal carries along, with the decimal sign of the language."""
    plain = f"{Decimal(number).normalize():f}"
    return plain.replace(".", ",") if language() == "fr" else plain
