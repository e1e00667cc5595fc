"""What waits for an answer, as both sides read it at the terminal: submission, clock, the application behind it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from space_hub.cli.speak import Voice, language, moment, sentence

if TYPE_CHECKING:
    from sqlmodel import Session

    from providers.desk_tables import Submission
    from providers.tables import Application
    from space_hub.trust.principal import Principal


def seen(session: "Session", principal: "Principal", row: "Submission", now: datetime) -> dict[str, Any]:
    """A submission as the API shows it, its title in the language of the person at the terminal."""
    from api.routes.submissions import SubmissionOut
    from providers import submissions

    found = SubmissionOut.seen_by(principal, row, now).model_dump(mode="json")
    return found | {"title": submissions.title(session, row, language())}


def history(session: "Session", principal: "Principal", row: "Submission") -> list[dict[str, Any]]:
    """All that was said. Who asked is left out where an office answers without knowing whom; a title is translated."""
    from api.routes.submissions import SubmissionEntryOut
    from providers import submissions

    steps = []
    for entry in submissions.history(session, row):
        step = SubmissionEntryOut.model_validate(entry).model_dump(mode="json")
        if entry.by_organisation_id == row.organisation_id and not submissions.names_asker(principal, row):
            step["by_organisation_id"] = None
        if entry.text == row.title:
            step["text"] = submissions.title(session, row, language())
        steps.append(step)
    return steps


def tell_history(voice: Voice, steps: list[dict[str, Any]]) -> None:
    from providers.submissions import Event

    heads = ("cli.column.at", "cli.column.step", "cli.column.text")
    rows = [[step["at"][:16], Event(step["event"]), step["text"]] for step in steps]
    voice.table("cli.title.history", heads, rows)


def clock_of(row: "Submission", now: datetime) -> str:
    """What is left of the time to answer, in working hours."""
    from providers.submissions import State
    from providers.working_days import working_seconds

    if row.clock_left_s is not None:
        return sentence("cli.clock.stands", hours=row.clock_left_s // 3600)
    if row.state != State.OPEN.value:
        return sentence("cli.clock.over", state=State(row.state))
    if row.due_at <= now:
        return sentence("cli.clock.late", due=moment(row.due_at))
    return sentence("cli.clock.left", hours=int(working_seconds(now, row.due_at) // 3600))


def application_of(session: "Session", row: "Application") -> dict[str, Any]:
    """An application as the API shows it, with the reasons of its last decision and until when it can be appealed."""
    from api.routes.applications import shown as application_out
    from providers import cases
    from providers.lifecycle import APPEAL_DAYS, State, Step
    from providers.working_days import add_working_days

    said = cases.history(session, row)
    appealed = any(entry.event == Step.APPEAL for entry in said)
    may_appeal = row.state == State.REJECTED and not appealed and row.decided_at is not None
    until = add_working_days(row.decided_at, APPEAL_DAYS) if may_appeal and row.decided_at is not None else None
    found = application_out(session, row, language()).model_dump(mode="json")
    return found | {"reasons": said[-1].reasons if said else [], "appeal_until": until}


def tell_application(voice: Voice, found: Mapping[str, Any]) -> None:
    from providers.lifecycle import State
    from providers.vetting import Tier
    from space_hub.vocabulary.codes import MissionArea

    state = State(found["state"])
    about = {
        "application": found["id"],
        "areas": tuple(MissionArea(area) for area in found["mission_areas"]),
        "tier": Tier(found["tier"]),
    }
    if state is State.APPROVED:
        voice.tell("cli.application_approved", style="green", **about)
    elif found["due_at"] is not None:
        voice.tell("cli.application_waits", **about, state=state, due=moment(found["due_at"]))
    else:
        voice.tell("cli.application_stands", **about, state=state)
    for reason in found["reasons"]:
        voice.tell("cli.application_reason", reason=reason)
    for need in found["missing"]:
        voice.tell("cli.application_lacks", style="yellow", need=need["text"])
    if state is State.RETURNED:
        voice.tell("cli.application_returned")
    if found["appeal_until"] is not None:
        voice.tell("cli.application_appeal", application=found["id"], until=moment(found["appeal_until"]))
