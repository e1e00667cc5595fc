"""What the keeper of an installation does: make it, give organisations and keys, set the rules, look at the trail."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import house as houses
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.speak import FAILED, OK, Voice, language, sentence
from space_hub.errors import Invalid

if TYPE_CHECKING:
    from providers.vetting import Requirement

app = typer.Typer(help=sentence("cli.help.admin"), no_args_is_help=True, rich_markup_mode=None)

Organisation = Annotated[str, typer.Argument(metavar="ORGANISATION", help=sentence("cli.option.organisation"))]


@app.command("migrate", help=sentence("cli.help.migrate"))
def migrate(as_json: AsJson = False) -> int:
    from jobs import migrations

    voice = Voice(as_json)
    house = houses.open_or_make(houses.settings())
    revision = migrations.current(house.database)
    voice.tell("admin.migrated", revision=revision)
    voice.answer({"revision": revision, "made_now": house.made_now})
    return OK


@app.command("organisation", help=sentence("cli.help.organisation"))
def organisation(
    name: Annotated[str, typer.Argument(metavar="NAME", help=sentence("cli.option.organisation_name"))],
    kind: Annotated[str, typer.Option("--kind", help=sentence("cli.option.kind"))],
    nation: Annotated[str, typer.Option("--nation", help=sentence("cli.option.nation"))],
    as_json: AsJson = False,
) -> int:
    from space_hub.trust import audit, organisations
    from space_hub.trust.principal import HUB
    from space_hub.trust.scopes import OrganisationKind

    voice = Voice(as_json)
    known = [each.value for each in OrganisationKind]
    if kind not in known:
        raise Invalid("admin.kind_unknown", kind=kind, known=", ".join(known))
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        made = organisations.register(
            session, house.clock, house.rng, name=name, kind=OrganisationKind(kind), nation=nation
        )
        audit.record(session, house.clock, HUB, "organisation.create", made.id, kind=kind, nation=nation)
    voice.tell("admin.organisation_made", organisation_id=made.id, name=made.name)
    voice.answer(made.model_dump(mode="json"))
    return OK


@app.command("organisations", help=sentence("cli.help.organisations"))
def list_organisations(limit: Limit = 100, as_json: AsJson = False) -> int:
    from sqlmodel import col, select

    from space_hub.trust.scopes import OrganisationKind
    from space_hub.trust.tables import Organisation as Row

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        rows = session.exec(select(Row).order_by(col(Row.created_at), col(Row.id)).limit(limit)).all()
        shown = [row.model_dump(mode="json") for row in rows]
    heads = ("cli.column.id", "cli.column.name", "cli.column.kind", "cli.column.nation")
    voice.table(
        "cli.title.organisations",
        heads,
        [[row["id"], row["name"], OrganisationKind(row["kind"]), row["nation"]] for row in shown],
    )
    voice.answer({"items": shown})
    return OK


@app.command("key", help=sentence("cli.help.key"))
def key(
    organisation: Organisation,
    name: Annotated[str, typer.Option("--name", help=sentence("cli.option.key_name"))] = "admin",
    scopes: Annotated[list[str] | None, typer.Option("--scope", help=sentence("cli.option.scope"))] = None,
    days: Annotated[int, typer.Option("--days", min=1, help=sentence("cli.option.days"))] = 90,
    as_json: AsJson = False,
) -> int:
    from space_hub.cli import acting
    from space_hub.trust import audit, keys
    from space_hub.trust.principal import HUB

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        holder = acting.organisation(session, organisation).id
        made, secret = keys.issue(
            session, house.clock, house.rng, organisation_id=holder, name=name, scopes=scopes, days=days
        )
        audit.record(session, house.clock, HUB, "key.create", made.id, organisation=holder, scopes=made.scopes)
    voice.secret(made.id, made.expires_at, secret)
    voice.answer({"key_id": made.id, "secret": secret, "expires_at": made.expires_at, "scopes": made.scopes})
    return OK


@app.command("revoke", help=sentence("cli.help.revoke"))
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help=sentence("cli.option.key"))], as_json: AsJson = False
) -> int:
    from space_hub.trust import audit, keys
    from space_hub.trust.principal import HUB

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        ended = keys.revoke(session, house.clock, HUB, key_id)
        audit.record(session, house.clock, HUB, "key.revoke", key_id)
    voice.tell("admin.key_revoked", key_id=key_id)
    voice.answer({"key_id": key_id, "revoked_at": ended.revoked_at})
    return OK


@app.command("audit", help=sentence("cli.help.audit"))
def audit_check(as_json: AsJson = False) -> int:
    from space_hub.trust import audit

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        faults = audit.faults(session)
        head = audit.head(session)
    for fault in faults:
        voice.tell("admin.audit_fault", style="red", fault=fault)
    if not faults:
        voice.tell("admin.audit_holds", number=head.number, hash=head.hash[:16])
    voice.answer({"holds": not faults, "faults": faults, "number": head.number, "hash": head.hash})
    return FAILED if faults else OK


@app.command("vetting", help=sentence("cli.help.vetting"))
def vetting(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help=sentence("cli.option.vetting"))] = None,
    as_json: AsJson = False,
) -> int:
    from providers import rulebook
    from space_hub.cli import options
    from space_hub.trust.principal import HUB

    voice = Voice(as_json)
    given = None if file is None else _rules_in(options.existing(file))
    house = houses.open_existing(houses.settings())
    if given is not None:
        with house.database.write() as session:
            version = rulebook.publish(session, house.clock, HUB, given).version
        voice.tell("admin.vetting_published", version=version)
    with house.database.read() as session:
        version, rules = rulebook.current(session)
    heads = ("cli.column.standing", "cli.column.tier", "cli.column.areas", "cli.column.decides", "cli.column.needs")
    shown = [
        {
            "standing": rule.standing.value,
            "tier": rule.tier.value,
            "areas": sorted(rule.areas),
            "decides": rule.decides.value,
            "needs": [need.kind for need in rule.needs],
        }
        for rule in rules
    ]
    cells = [[rule.standing, rule.tier, _areas(rule.areas), rule.decides, _needs(rule.needs)] for rule in rules]
    voice.table("cli.title.vetting", heads, cells)
    voice.answer({"version": version, "rules": shown})
    return OK


def _areas(areas: Iterable[str]) -> str:
    """By their labels; the sign for all of them stays."""
    from space_hub.vocabulary.codes import MissionArea

    return ", ".join(
        MissionArea(area).label(language()) if area in set(MissionArea) else area for area in sorted(areas)
    )


def _needs(needs: "Iterable[Requirement]") -> str:
    return "\n".join(sentence(f"vetting.need.{need.kind}") for need in needs)


def _rules_in(file: Path) -> list[dict[str, Any]]:
    """The rules of a file in the form of the shipped one; Invalid, saying why, when it is none."""
    try:
        rules = json.loads(file.read_bytes())["rules"]
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise TypeError("rules")
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("admin.vetting_unreadable", path=str(file), reason=str(error)) from error
    return rules
