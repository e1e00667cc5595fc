"""An office at the terminal: what waits for it, with its clock; look at one; answer it, or decide it.

An application, and the appeal against its rejection, are answered by their
decision (`decide`); everything else by words (`answer`).
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from space_hub.cli import house as houses
from space_hub.cli import waiting
from space_hub.cli.acting import As, acting_as
from space_hub.cli.options import AsJson, Limit
from space_hub.cli.provider import one_of
from space_hub.cli.speak import OK, Voice, language, moment, sentence
from space_hub.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sqlmodel import Session

app = typer.Typer(help=sentence("cli.help.desk"), no_args_is_help=True, rich_markup_mode=None)

Waiting = Annotated[str, typer.Argument(metavar="SUBMISSION", help=sentence("cli.option.submission"))]
Words = Annotated[str, typer.Argument(metavar="TEXT", help=sentence("cli.option.answer"))]


@app.command("offices", help=sentence("cli.help.desk_offices"))
def list_offices(organisation: As, as_json: AsJson = False) -> int:
    from sqlmodel import col, select

    from providers import offices
    from providers.desk_tables import Office
    from providers.offices import Matter
    from space_hub.vocabulary.codes import MissionArea

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.read() as session:
        principal = acting_as(session, organisation, "desk:answer")
        rows = session.exec(select(Office).where(col(Office.active)).order_by(col(Office.rank), col(Office.id))).all()
        items: list[dict[str, Any]] = [
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
    cells = [
        [
            row["office_id"],
            row["name"],
            ", ".join(Matter(each).label(language()) for each in row["matters"]),
            ", ".join(MissionArea(each).label(language()) for each in row["mission_areas"]),
            row["answer_days"],
        ]
        for row in items
    ]
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

    from providers import offices, submissions
    from providers.desk_tables import Submission
    from providers.offices import Matter
    from providers.submissions import State

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    now = house.clock.now()
    with house.database.read() as session:
        principal = acting_as(session, organisation, "desk:answer")
        if office is not None:
            offices.known(session, office)
        rows = submissions.queue(principal, office, (State.OPEN, State.WAITING_FOR_ASKER))
        oldest = session.execute(rows.order_by(col(Submission.opened_at), col(Submission.id)).limit(limit)).scalars()
        found = [(waiting.seen(session, principal, row, now), waiting.clock_of(row, now)) for row in oldest]
    heads = ("cli.column.id", "cli.column.kind", "cli.column.title", "cli.column.since", "cli.column.clock")
    cells = [[row["id"], Matter(row["kind"]), row["title"], row["opened_at"][:16], clock] for row, clock in found]
    voice.table("cli.title.queue", heads, cells)
    if len(found) == limit:
        voice.tell("cli.more", limit=limit, style="dim")
    voice.answer({"items": [row for row, _ in found]})
    return OK


@app.command("show", help=sentence("cli.help.desk_show"))
def show(submission: Waiting, organisation: As, as_json: AsJson = False) -> int:
    from providers import offices, submissions
    from providers.offices import Matter
    from providers.tables import Application

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    now = house.clock.now()
    with house.database.read() as session:
        principal = acting_as(session, organisation, "desk:answer")
        row = submissions.one(session, principal, submission)
        clock = waiting.clock_of(row, now)
        office = offices.name_of(offices.known(session, row.office_id), language())
        found = waiting.seen(session, principal, row, now)
        steps = waiting.history(session, principal, row)
        application = session.get(Application, row.subject)
        judged = None if application is None else waiting.application_of(session, application)
        decided_here = application is not None and row.kind in {Matter.APPLICATION, Matter.APPEAL}
        applicant = _file(session, application.provider_id) if application is not None and decided_here else None
    voice.tell("cli.waits", title=found["title"], office=office, kind=Matter(found["kind"]), clock=clock)
    if applicant is not None:
        _tell_file(voice, applicant)
    if judged is not None:
        waiting.tell_application(voice, judged)
    waiting.tell_history(voice, steps)
    voice.answer({**found, "history": steps, "application": judged, "applicant": applicant})
    return OK


def _file(session: "Session", provider_id: str) -> dict[str, Any]:
    """What the applicant has shown, for who decides; with the profiles that bear the same number."""
    from api.routes.providers import EvidenceOut, full
    from providers import files, onboarding
    from providers.tables import Provider

    provider = session.get_one(Provider, provider_id)
    alike = files.same_firm(session, provider.nation, provider.legal_id)
    return {
        **full(provider).model_dump(mode="json"),
        "evidence": [
            EvidenceOut.model_validate(each).model_dump(mode="json") for each in onboarding.evidence(session, provider)
        ],
        "same_number": [{"id": each.id, "name": each.legal_name} for each in alike if each.id != provider.id],
    }


def _tell_file(voice: Voice, found: dict[str, Any]) -> None:
    from catalog.code_labels import label
    from providers.tables import EvidenceState
    from providers.vetting import EvidenceKind
    from space_hub.vocabulary.codes import Standing

    owner = found["owner_nation"]
    voice.tell(
        "cli.applicant",
        name=found["legal_name"],
        legal_id=found["legal_id"],
        nation=label("nation", found["nation"], language()),
        standing=Standing(found["standing"]),
        owner="-" if owner is None else label("nation", owner, language()),
        confirmed=moment(found["email_verified_at"]) or "-",
    )
    if found["same_number"]:
        again = ", ".join(f"{each['name']} ({each['id']})" for each in found["same_number"])
        voice.tell("cli.applicant_again", style="yellow", found=again)
    heads = ("cli.column.kind", "cli.column.issuer", "cli.column.from", "cli.column.until", "cli.column.state")
    rows = [
        [
            EvidenceKind(each["kind"]),
            each["issuer"],
            each["valid_from"][:10],
            (each["valid_to"] or "-")[:10],
            EvidenceState(each["state"]),
        ]
        for each in found["evidence"]
    ]
    voice.table("cli.title.evidence", heads, rows)


@app.command("answer", help=sentence("cli.help.desk_answer"))
def answer(
    submission: Waiting,
    text: Words,
    organisation: As,
    ask_back: Annotated[bool, typer.Option("--ask-back", help=sentence("cli.option.ask_back"))] = False,
    as_json: AsJson = False,
) -> int:
    from providers import submissions
    from providers.offices import Matter
    from providers.submissions import Outcome

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "desk:answer")
        if submissions.one(session, principal, submission).kind in {Matter.APPLICATION, Matter.APPEAL}:
            raise Conflict("cli.decided_not_answered", submission=submission)
        asked = (session, house.clock, house.rng, principal, submission)
        row = (
            submissions.ask_back(*asked, text=text)
            if ask_back
            else submissions.answer(*asked, outcome=Outcome.ANSWERED, text=text)
        )
        found = waiting.seen(session, principal, row, house.clock.now())
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
    from providers import submissions

    voice = Voice(as_json)
    house = houses.open_existing(houses.settings())
    with house.database.write() as session:
        principal = acting_as(session, organisation, "desk:answer")
        row = submissions.refer(session, house.clock, house.rng, principal, submission, office_id=office, text=text)
        found = waiting.seen(session, principal, row, house.clock.now())
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
    from providers import applications, submissions
    from providers.lifecycle import DECISIONS, State, Step
    from providers.offices import Matter
    from providers.vetting import Tier
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
        found = waiting.application_of(session, made)
    voice.tell("cli.application_is", application=made.id, state=State(made.state), tier=Tier(made.tier))
    voice.answer(found)
    return OK
