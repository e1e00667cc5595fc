"""A supplier's own way at the terminal: register, confirm the address, show papers, apply, open a door, read notices.

Each command is what the API does under the same name, for who has no program
that speaks HTTP; `offer` puts what is offered on the shelf.
"""

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from space_hub.cli import house as houses
from space_hub.cli import options, waiting
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.speak import OK, Voice, language, moment, sentence, shown
from space_hub.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sqlmodel import Session

    from providers.tables import Provider
    from space_hub.trust.principal import Principal

app = typer.Typer(help=sentence("cli.help.provider"), no_args_is_help=True, rich_markup_mode=None)

_Code = TypeVar("_Code", bound=StrEnum)
_NOTICES = ("gap.changed", "application.status_changed", "submission.status_changed", "supplier.sync_finished")
"""What a supplier is told about itself; all else that it may read stands in GET /v1/events."""


def one_of(codes: type[_Code], given: str, option: str) -> _Code:
    """The code of a closed list; Invalid with the whole list otherwise."""
    try:
        return codes(given)
    except ValueError as error:
        known = ", ".join(each.value for each in codes)
        raise Invalid("cli.code_unknown", option=option, given=given, known=known) from error


def own(session: "Session", organisation: str, scope: str) -> "tuple[Principal, Provider]":
    """Who acts, and its profile; Conflict for an organisation that never came to the front door."""
    from providers import files

    principal = acting_as(session, organisation, scope)
    provider = files.of_organisation(session, principal.organisation_id)
    if provider is None:
        raise Conflict("cli.no_profile", organisation_id=principal.organisation_id)
    return principal, provider


@app.command("register", help=sentence("cli.help.provider_register"))
def register(
    name: Annotated[str, typer.Argument(metavar="NAME", help=sentence("cli.option.legal_name"))],
    legal_id: Annotated[str, typer.Option("--legal-id", help=sentence("cli.option.legal_id"))],
    nation: Annotated[str, typer.Option("--nation", help=sentence("cli.option.nation"))],
    email: Annotated[str, typer.Option("--email", help=sentence("cli.option.email"))],
    contact: Annotated[str, typer.Option("--contact", help=sentence("cli.option.contact"))],
    owner_nation: Annotated[
        str | None, typer.Option("--owner-nation", help=sentence("cli.option.owner_nation"))
    ] = None,
    size: Annotated[str, typer.Option("--size", help=sentence("cli.option.size"))] = "small",
    anyway: Annotated[bool, typer.Option("--anyway", help=sentence("cli.option.anyway"))] = False,
    as_json: AsJson = False,
) -> int:
    from providers import files, front_door
    from providers.onboarding import Contact, Profile, SizeClass

    voice = Voice(as_json)
    profile = Profile(
        legal_name=name,
        legal_id=legal_id,
        nation=nation,
        size_class=one_of(SizeClass, size, "--size"),
        contacts=(Contact(contact, email),),
        owner_nation=owner_nation,
    )
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        for known in files.same_firm(session, nation, legal_id)[:1]:
            if not anyway:
                who = {"legal_id": legal_id, "nation": nation, "name": known.legal_name}
                raise Conflict("cli.registered_already", organisation=known.organisation_id, **who)
        organisation, provider, key, secret = front_door.arrive(session, house.clock, house.rng, profile)
        found = {
            "organisation_id": organisation.id,
            "provider_id": provider.id,
            "key_id": key.id,
            "secret": secret,
            "expires_at": key.expires_at,
        }
    voice.tell("cli.provider_registered", name=name, organisation=found["organisation_id"], email=email)
    voice.secret(key.id, key.expires_at, secret)
    voice.answer(found)
    return OK


@app.command("confirm", help=sentence("cli.help.provider_confirm"))
def confirm(
    code: Annotated[str, typer.Argument(metavar="CODE", help=sentence("cli.option.code"))], as_json: AsJson = False
) -> int:
    from providers import onboarding

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        provider = onboarding.verify_email(session, house.clock, house.rng, code)
        found = {"provider_id": provider.id, "email_verified_at": provider.email_verified_at}
        name = provider.legal_name
    voice.tell("cli.address_confirmed", name=name)
    voice.answer(found)
    return OK


@app.command("evidence", help=sentence("cli.help.provider_evidence"))
def evidence(
    file: options.File,
    organisation: As,
    issuer: Annotated[str, typer.Option("--issuer", help=sentence("cli.option.issuer"))],
    kind: Annotated[str, typer.Option("--kind", help=sentence("cli.option.evidence_kind"))] = "company_register",
    scope: Annotated[str, typer.Option("--scope", help=sentence("cli.option.evidence_scope"))] = "",
    valid_from: Annotated[str | None, typer.Option("--from", help=sentence("cli.option.valid_from"))] = None,
    valid_to: Annotated[str | None, typer.Option("--to", help=sentence("cli.option.valid_to"))] = None,
    as_json: AsJson = False,
) -> int:
    """Only the document's hash is kept: the file itself does not leave this machine."""
    from providers import onboarding

    voice = Voice(as_json)
    digest = hashlib.sha256(options.existing(file).read_bytes()).hexdigest()
    house = houses.open_existing(houses.settings())
    today = house.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    with house.database.write() as session:
        principal, provider = own(session, organisation, "provider:write")
        made = onboarding.add_evidence(
            session,
            house.clock,
            house.rng,
            principal,
            provider.id,
            kind=one_of(onboarding.EvidenceKind, kind, "--kind"),
            issuer=issuer,
            scope=scope,
            valid_from=today if valid_from is None else options.instant(valid_from),
            valid_to=None if valid_to is None else options.instant(valid_to),
            document_sha256=digest,
        )
        found = {"evidence_id": made.id, "kind": made.kind, "document_sha256": digest, "valid_from": made.valid_from}
    voice.tell("cli.evidence_kept", file=file.name, sha256=digest[:16])
    voice.answer(found)
    return OK


@app.command("apply", help=sentence("cli.help.provider_apply"))
def apply(
    organisation: As,
    areas: Annotated[list[str], typer.Option("--area", help=sentence("cli.option.apply_area"))],
    tier: Annotated[str, typer.Option("--tier", help=sentence("cli.option.tier"))] = "listed",
    as_json: AsJson = False,
) -> int:
    from providers import applications
    from providers.vetting import Tier
    from space_hub.vocabulary.codes import MissionArea

    voice = Voice(as_json)
    wanted = [one_of(MissionArea, area, "--area") for area in areas]
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal, provider = own(session, organisation, "provider:write")
        made = applications.apply(
            session,
            house.clock,
            house.rng,
            principal,
            provider.id,
            tier=one_of(Tier, tier, "--tier"),
            mission_areas=wanted,
        )
        found = waiting.application_of(session, made)
    waiting.tell_application(voice, found)
    voice.answer(found)
    return OK


@app.command("status", help=sentence("cli.help.provider_status"))
def status(organisation: As, as_json: AsJson = False) -> int:
    from sqlmodel import col, select

    from api.routes.doors import door_out, report_out
    from api.routes.providers import full
    from providers import clearances
    from providers.doors import DoorState, SupplierDoor, SyncReport
    from providers.lifecycle import Status
    from providers.tables import Application
    from providers.vetting import Tier
    from space_hub.vocabulary.codes import MissionArea

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        _, provider = own(session, organisation, "provider:write")
        mine = select(Application).where(Application.provider_id == provider.id).order_by(col(Application.created_at))
        applied = [waiting.application_of(session, row) for row in session.exec(mine)]
        cleared = [
            {"mission_area": row.mission_area, "tier": row.tier, "state": row.state, "valid_to": row.valid_to}
            for row in clearances.of(session, provider.id)
        ]
        held = [
            [MissionArea(row.mission_area), Tier(row.tier), clearances.State(row.state), moment(row.valid_to)]
            for row in clearances.of(session, provider.id)
        ]
        door = session.get(SupplierDoor, provider.id)
        rows = select(SyncReport).where(SyncReport.provider_id == provider.id)
        last = session.exec(rows.order_by(col(SyncReport.finished_at).desc()).limit(1)).first()
        found = {
            "provider": full(provider).model_dump(mode="json"),
            "applications": applied,
            "clearances": cleared,
            "door": None if door is None else door_out(door).model_dump(mode="json"),
            "last_listing": None if last is None else report_out(last, language()).model_dump(mode="json"),
        }
    voice.tell("cli.provider_stands", name=provider.legal_name, provider=provider.id, status=Status(provider.status))
    if provider.email_verified_at is None:
        voice.tell("cli.address_open", style="yellow")
    for application in applied:
        waiting.tell_application(voice, application)
    heads = ("cli.column.areas", "cli.column.tier", "cli.column.state", "cli.column.until")
    voice.table("cli.title.clearances", heads, held)
    if door is not None:
        voice.tell("cli.door_stands", adapter=door.adapter, url=door.url or "-", state=DoorState(door.state))
    if last is not None:
        _tell_listing(voice, found["last_listing"])
    voice.answer(found)
    return OK


def _tell_listing(voice: Voice, last: Any) -> None:
    if last["outcome"] == "failed":
        voice.tell("cli.listing_failed", style="red", at=moment(last["finished_at"]), reason=last["error"])
        return
    counts = {name: last[name] for name in ("listed", "new", "changed", "withdrawn", "refused")}
    voice.tell("cli.listing_was", at=moment(last["finished_at"]), **counts)
    if last["error"] is not None:
        voice.tell("cli.listing_held", style="yellow", reason=last["error"])
    if last["refusals"]:
        rows = [[each["reference"], each["reason"]] for each in last["refusals"]]
        voice.table("cli.title.refused", ("cli.column.reference", "cli.column.reason"), rows)


@app.command("door", help=sentence("cli.help.provider_door"))
def door(
    url: Annotated[str, typer.Argument(metavar="URL", help=sentence("cli.option.door_url"))],
    organisation: As,
    adapter: Annotated[str, typer.Option("--adapter", help=sentence("cli.option.adapter"))] = "stapi",
    as_json: AsJson = False,
) -> int:
    from api.routes.doors import door_out
    from providers import doors
    from space_hub.work import ledger

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal, provider = own(session, organisation, "provider:write")
        made = doors.open_door(
            session, house.clock, principal, provider.id, adapter, url=url, allow=house.settings.egress_allow
        )
        params = {"provider_id": provider.id}
        ledger.start(session, house.clock, house.rng, kind="supplier.sync", params=params, principal=principal)
        found = door_out(made).model_dump(mode="json")
    voice.tell("cli.door_opened", adapter=adapter, url=url)
    voice.answer(found)
    return OK


@app.command("notices", help=sentence("cli.help.provider_notices"))
def notices(
    organisation: As,
    after: Annotated[str | None, typer.Option("--after", help=sentence("cli.option.after"))] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> int:
    from catalog.tables import Offering
    from space_hub.delivery import log

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    items: list[dict[str, Any]] = []
    with house.database.read() as session:
        principal, _ = own(session, organisation, "event:read")
        position = log.position_of(session, after, principal)
        entries = log.read_after(session, position, limit, topics=_NOTICES, principal=principal)
        for entry in entries:
            about = {"id": entry.event_id, "at": entry.at, "topic": entry.topic, "subject": entry.subject}
            if entry.topic == "gap.changed":
                reference = session.get_one(Offering, entry.subject).reference
                for change in entry.payload["changed"]:
                    code = f"cli.notice.{change['outcome']}"
                    text = sentence(code, offering=reference, need=change["need"], misses=change["misses"])
                    items.append({**about, "text": text, **change})
            else:
                text = sentence(
                    "cli.notice.state", topic=sentence(f"topic.{entry.topic}"), state=entry.payload["state"]
                )
                items.append({**about, "text": text, "state": entry.payload["state"]})
    heads = ("cli.column.at", "cli.column.notice", "cli.column.subject")
    voice.table("cli.title.notices", heads, [[shown(row["at"])[:16], row["text"], row["subject"]] for row in items])
    if any(row["topic"] == "gap.changed" for row in items):
        voice.tell("cli.notices_needs", style="dim")
    if any(row["topic"] != "gap.changed" for row in items):
        voice.tell("cli.notices_answers", style="dim")
    if len(entries) == limit:
        voice.tell("cli.more_after", last=entries[-1].event_id, style="dim")
    voice.answer({"items": items, "next": entries[-1].event_id if entries else after})
    return OK
