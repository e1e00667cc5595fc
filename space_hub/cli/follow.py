"""A supplier and the offices at the terminal: read what was said, reply, appeal, ask for a debrief or another code."""

from typing import Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli import waiting
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.provider import app
from space_hub.cli.speak import OK, Voice, language, sentence
from space_hub.errors import Conflict

__all__ = ["app"]
"""The commands of `provider`, with those that are added here."""

ApplicationId = Annotated[str, typer.Argument(metavar="APPLICATION", help=sentence("cli.option.application"))]


@app.command("follow", help=sentence("cli.help.provider_follow"))
def follow(
    organisation: As,
    submission: Annotated[
        str | None, typer.Argument(metavar="[SUBMISSION]", help=sentence("cli.option.submission"))
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> int:
    from sqlmodel import col

    from providers import offices, submissions
    from providers.desk_tables import Submission
    from providers.offices import Matter

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    now = house.clock.now()
    with house.database.read() as session:
        principal = acting_as(session, organisation)
        if submission is None:
            newest = (
                submissions.mine(principal).order_by(col(Submission.opened_at).desc(), col(Submission.id)).limit(limit)
            )
            rows = [
                (waiting.seen(session, principal, row, now), waiting.clock_of(row, now))
                for row in session.execute(newest).scalars()
            ]
        else:
            row = submissions.one(session, principal, submission)
            found = waiting.seen(session, principal, row, now)
            steps = waiting.history(session, principal, row)
            office = offices.name_of(offices.known(session, row.office_id), language())
            clock = waiting.clock_of(row, now)
    if submission is None:
        heads = ("cli.column.id", "cli.column.kind", "cli.column.title", "cli.column.since", "cli.column.clock")
        cells = [[each["id"], Matter(each["kind"]), each["title"], each["opened_at"][:16], left] for each, left in rows]
        voice.table("cli.title.submissions", heads, cells)
        if len(rows) == limit:
            voice.tell("cli.more", limit=limit, style="dim")
        voice.answer({"items": [each for each, _ in rows]})
        return OK
    voice.tell("cli.waits", title=found["title"], office=office, kind=Matter(found["kind"]), clock=clock)
    waiting.tell_history(voice, steps)
    voice.answer({**found, "history": steps})
    return OK


@app.command("reply", help=sentence("cli.help.provider_reply"))
def reply(
    submission: Annotated[str, typer.Argument(metavar="SUBMISSION", help=sentence("cli.option.submission"))],
    text: Annotated[str, typer.Argument(metavar="TEXT", help=sentence("cli.option.answer"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    from providers import submissions
    from providers.offices import Matter

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation)
        if submissions.one(session, principal, submission).kind == Matter.APPLICATION:
            raise Conflict("cli.resubmit_not_reply")
        row = submissions.reply(session, house.clock, principal, submission, text=text)
        found = waiting.seen(session, principal, row, house.clock.now())
    voice.tell("cli.replied", title=found["title"])
    voice.answer(found)
    return OK


@app.command("appeal", help=sentence("cli.help.provider_appeal"))
def appeal(
    application: ApplicationId,
    grounds: Annotated[str, typer.Argument(metavar="GROUNDS", help=sentence("cli.option.grounds"))],
    organisation: As,
    as_json: AsJson = False,
) -> int:
    from providers import applications

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "provider:write")
        made = applications.appeal(session, house.clock, house.rng, principal, application, grounds)
        found = waiting.application_of(session, made)
    waiting.tell_application(voice, found)
    voice.answer(found)
    return OK


@app.command("debrief", help=sentence("cli.help.provider_debrief"))
def debrief(application: ApplicationId, organisation: As, as_json: AsJson = False) -> int:
    from providers import applications, offices
    from providers.offices import Matter

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    now = house.clock.now()
    with house.database.write() as session:
        principal = acting_as(session, organisation, "provider:write")
        row = applications.ask_debrief(session, house.clock, house.rng, principal, application)
        found = waiting.seen(session, principal, row, now)
        office = offices.name_of(offices.known(session, row.office_id), language())
        clock = waiting.clock_of(row, now)
    voice.tell("cli.waits", title=found["title"], office=office, kind=Matter(found["kind"]), clock=clock)
    voice.answer(found)
    return OK


@app.command("code", help=sentence("cli.help.provider_code"))
def code(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help=sentence("cli.option.address"))],
    as_json: AsJson = False,
) -> int:
    from providers import onboarding

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        onboarding.send_code_again(session, house.clock, house.rng, address)
    voice.tell("cli.code_on_its_way", address=address)
    voice.answer({"address": address, "accepted": True})
    return OK
