"""An office at the terminal: what waits for it, with its clock; look at one; answer it, or decide it.

An application, and the appeal against its rejection, are answered by their
decision (`decide`); everything else by words (`answer`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from space_hub.cli import house as houses
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.provider import one_of
from space_hub.cli.speak import OK, Voice, language, sentence, shown
from space_hub.errors import Conflict, Invalid

if TYPE_CHECKING:
    from providers.desk_tables import Submission

app = typer.Typer(help=sentence("cli.help.desk"), no_args_is_help=True, rich_markup_mode=None)

Waiting = Annotated[str, typer.Argument(metavar="SUBMISSION", help=sentence("cli.option.submission"))]
Words = Annotated[str, typer.Argument(metavar="TEXT", help=sentence("cli.option.answer"))]


@app.command("offices", help=sentence("cli.help.desk_offices"))
def list_offices(organisation: As, as_json: AsJson = False) -> int:
    from sqlmodel import col, select

    from providers import offices
    from providers.desk_tables import Office

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal = acting_as(session, organisation, "desk:answer")
        rows = session.exec(select(Office).where(col(Office.active)).order_by(col(Office.rank), col(Office.id))).all()
        items = [
            {
                "office_id": row.id,
                "name": offices.name_of(row, language()),
                "matters": row.matters,
                "mission_areas": row.mission_areas,
                "answer_days": row.answer_days,
            }
            for row in rows
            if offices.works_at(principal, row)
        ]
    heads = ("cli.column.id", "cli.column.name", "cli.column.matters", "cli.column.areas", "cli.column.days")
    cells = [[", ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in items]
    voice.table("cli.title.offices", heads, cells)
    voice.answer({"items": items})
    return OK


@app.command("queue", help=sentence("cli.help.desk_queue"))
def queue(
    organisation: As,
    office: Annotated[str | None, typer.Option("--office", help=sentence("cli.option.office"))] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> int:
    from sqlmodel import col

    from api.routes.submissions import SubmissionOut
    from providers import offices, submissions
    from providers.desk_tables import Submission
    from providers.submissions import State

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    now = house.clock.now()
    with house.database.read() as session:
        principal = acting_as(session, organisation, "desk:answer")
        if office is not None:
            offices.known(session, office)
        rows = submissions.queue(principal, office, (State.OPEN, State.WAITING_FOR_ASKER))
        waiting = session.execute(rows.order_by(col(Submission.opened_at), col(Submission.id)).limit(limit)).scalars()
        found = [
            (SubmissionOut.seen_by(principal, row, now).model_dump(mode="json"), _clock(row, now)) for row in waiting
        ]
    heads = ("cli.column.id", "cli.column.kind", "cli.column.title", "cli.column.since", "cli.column.clock")
    cells = [[row["id"], row["kind"], row["title"], row["opened_at"][:16], clock] for row, clock in found]
    voice.table("cli.title.queue", heads, cells)
    if len(found) == limit:
        voice.tell("cli.more", limit=limit, style="dim")
    voice.answer({"items": [row for row, _ in found]})
    return OK


@app.command("show", help=sentence("cli.help.desk_show"))
def show(submission: Waiting, organisation: As, as_json: AsJson = False) -> int:
    from api.routes.applications import shown as application_out
    from api.routes.submissions import SubmissionEntryOut, SubmissionOut
    from providers import offices, submissions
    from providers.tables import Application

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    now = house.clock.now()
    with house.database.read() as session:
        principal = acting_as(session, organisation, "desk:answer")
        row = submissions.one(session, principal, submission)
        clock = _clock(row, now)
        office = offices.name_of(offices.known(session, row.office_id), language())
        found = SubmissionOut.seen_by(principal, row, now).model_dump(mode="json")
        steps = [
            SubmissionEntryOut.model_validate(entry).model_dump(mode="json")
            for entry in submissions.history(session, row)
        ]
        application = session.get(Application, row.subject)
        judged = None if application is None else application_out(session, application, language())
    voice.tell("cli.waits", title=found["title"], office=office, kind=found["kind"], clock=clock)
    if judged is not None:
        voice.tell("cli.application_is", application=judged.id, state=judged.state.value, tier=judged.tier.value)
        for need in judged.missing:
            voice.tell("cli.application_lacks", style="yellow", need=need.text)
    heads = ("cli.column.at", "cli.column.step", "cli.column.text")
    voice.table("cli.title.history", heads, [[step["at"][:16], step["event"], step["text"]] for step in steps])
    application_json = None if judged is None else judged.model_dump(mode="json")
    voice.answer({**found, "history": steps, "application": application_json})
    return OK


@app.command("answer", help=sentence("cli.help.desk_answer"))
def answer(
    submission: Waiting,
    text: Words,
    organisation: As,
    ask_back: Annotated[bool, typer.Option("--ask-back", help=sentence("cli.option.ask_back"))] = False,
    as_json: AsJson = False,
) -> int:
    from api.routes.submissions import SubmissionOut
    from providers import submissions
    from providers.submissions import Outcome

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "desk:answer")
        asked = (session, house.clock, house.rng, principal, submission)
        row = (
            submissions.ask_back(*asked, text=text)
            if ask_back
            else submissions.answer(*asked, outcome=Outcome.ANSWERED, text=text)
        )
        found = SubmissionOut.seen_by(principal, row, house.clock.now()).model_dump(mode="json")
    voice.tell("cli.asked_back" if ask_back else "cli.answered", title=found["title"])
    voice.answer(found)
    return OK


@app.command("refer", help=sentence("cli.help.desk_refer"))
def refer(
    submission: Waiting,
    office: Annotated[str, typer.Argument(metavar="OFFICE", help=sentence("cli.option.office"))],
    text: Words,
    organisation: As,
    as_json: AsJson = False,
) -> int:
    from api.routes.submissions import SubmissionOut
    from providers import submissions

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "desk:answer")
        row = submissions.refer(session, house.clock, house.rng, principal, submission, office_id=office, text=text)
        found = SubmissionOut.seen_by(principal, row, house.clock.now()).model_dump(mode="json")
    voice.tell("cli.referred", title=found["title"], office=office)
    voice.answer(found)
    return OK


@app.command("decide", help=sentence("cli.help.desk_decide"))
def decide(
    submission: Waiting,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help=sentence("cli.option.decision"))],
    organisation: As,
    reasons: Annotated[list[str], typer.Option("--reason", help=sentence("cli.option.reason"))],
    areas: Annotated[list[str] | None, typer.Option("--area", help=sentence("cli.option.decide_area"))] = None,
    as_json: AsJson = False,
) -> int:
    from api.routes.applications import shown as application_out
    from providers import applications, submissions
    from providers.lifecycle import DECISIONS, Step
    from providers.offices import Matter
    from space_hub.vocabulary.codes import MissionArea

    voice = Voice(as_json)
    if decision not in {each.value for each in DECISIONS}:
        raise Invalid("application.decision_unknown", given=decision, accepted=", ".join(sorted(DECISIONS)))
    chosen = [one_of(MissionArea, area, "--area") for area in areas or ()]
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "application:decide")
        row = submissions.one(session, principal, submission)
        if row.kind not in {Matter.APPLICATION, Matter.APPEAL}:
            raise Conflict("cli.not_decided_here", kind=Matter(row.kind))
        made = applications.decide(
            session,
            house.clock,
            house.rng,
            principal,
            row.subject,
            Step(decision),
            reasons,
            chosen or None,
        )
        found = application_out(session, made, language()).model_dump(mode="json")
    voice.tell("cli.application_is", application=found["id"], state=found["state"], tier=found["tier"])
    voice.answer(found)
    return OK


def _clock(row: "Submission", now: datetime) -> str:
    """What is left of the time to answer, in working hours."""
    from providers.submissions import State
    from providers.working_days import working_seconds

    if row.clock_left_s is not None:
        return sentence("cli.clock.stands", hours=row.clock_left_s // 3600)
    if row.state != State.OPEN.value:
        return sentence("cli.clock.over", state=row.state)
    if row.due_at <= now:
        return sentence("cli.clock.late", due=shown(row.due_at)[:16])
    return sentence("cli.clock.left", hours=int(working_seconds(now, row.due_at) // 3600))
