"""Everything that somebody waits for: who answers it, until when, and what was said.

`open_one` finds the office, starts its clock and tells both sides; an answer
closes the clock, a question back to the asker stops it. The asker reads the
office, the due time, every step and every word; nobody else does but the office
and the broker who stands behind it. Whose a question is, they do not read.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from providers import files, offices
from providers.desk_tables import Office, Submission, SubmissionEntry
from providers.lifecycle import APPEAL_DAYS
from providers.offices import Matter
from providers.tables import Application, Provider
from providers.vetting import Tier
from providers.working_days import add_working_days, add_working_seconds, working_seconds
from space_hub.clock import Clock
from space_hub.delivery import log, mail
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.text import Word, say
from space_hub.trust import audit, markings
from space_hub.trust.labels import REAL
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea


class Event(Word, of="submission_event"):
    """What a submission went through; the last three are told by its clock."""

    OPENED = "opened"
    ANSWERED = "answered"
    PAUSED = "paused"
    RESUMED = "resumed"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    LATE_1 = "late_1"
    LATE_2 = "late_2"
    LATE_3 = "late_3"


class Outcome(Word, of="submission_outcome"):
    """What an answer came to; the last four are those of what is judged, and of an appeal or a contest."""

    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    APPROVED = "approved"
    REJECTED = "rejected"
    OVERTURNED = "overturned"
    UPHELD = "upheld"


class State(Word, of="submission_state"):
    """Of a submission. Late is not a state: it is an open one whose due time has passed."""

    OPEN = "open"
    WAITING_FOR_ASKER = "waiting_for_asker"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


UNNAMED = frozenset({Matter.QUESTION, Matter.COMMENT})
"""Answered without knowing whose they are: an answer must not depend on who will read it."""

DECIDED_ELSEWHERE = (
    frozenset({Matter.APPLICATION, Matter.APPEAL, Matter.CLAIM, Matter.ADMISSION, Matter.COMPLAINT}) | UNNAMED
)
"""Answered by the decision itself, or to all readers at once: no second answer stands beside that."""

_ABOUT_APPLICATIONS = frozenset({Matter.APPLICATION, Matter.APPEAL, Matter.DEBRIEF})


def open_one(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    kind: str,
    subject: str,
    provider: Provider | None,
    organisation: str,
    title: str,
    areas: Collection[str] = (),
    text: str = "",
    office_id: str | None = None,
    days: int | None = None,
    by_rule: bool = False,
) -> Submission:
    """Start the clock of something that `organisation` waits for, at the office that takes it.

    `text` is what the office reads first. `office_id` and `days` name the office and the working days where the matter
    itself does; `by_rule` opens it without telling the office, because the same transaction answers it.
    """
    matter = Matter(kind)
    asker = session.get_one(Organisation, organisation)
    nation = asker.nation if provider is None else provider.nation
    if office_id is None:
        office = offices.route(session, clock, matter, areas, nation)
    else:
        office = offices.known(session, office_id)
    now = clock.now()
    made = Submission(
        id=rng.scope(organisation, "submission").id("sub"),
        kind=matter.value,
        subject=subject,
        provider_id=None if provider is None else provider.id,
        organisation_id=organisation,
        office_id=office.id,
        state=State.OPEN.value,
        title=title[:200],
        opened_at=now,
        due_at=add_working_days(now, days or office.answer_days),
        newcomer=None if provider is None else provider.newcomer,
        size_class=None if provider is None else provider.size_class,
        nation=nation,
        standing=None if provider is None else provider.standing,
    )
    session.add(made)
    session.flush()
    enter(session, clock, made, Event.OPENED, text or made.title, organisation)
    if not by_rule:
        tell_asker(session, clock, rng, made, "submission_received", office=office)
        tell_office(session, clock, rng, made, office, "submission_opened", office.officer_email)
    return made


def close(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: str,
    submission: Submission,
    outcome: Outcome,
    text: str,
) -> None:
    """Answer it; for callers that have asked who may. A clock that stood still is over too."""
    if submission.state not in {State.OPEN, State.WAITING_FOR_ASKER}:
        raise Conflict("submission.not_open", state=State(submission.state))
    submission.state, submission.answered_at = State.ANSWERED.value, clock.now()
    submission.outcome, submission.answer = outcome.value, text
    submission.clock_left_s = None
    enter(session, clock, submission, Event.ANSWERED, text, by)
    tell_asker(session, clock, rng, submission, "submission_answered", outcome=outcome, text=text)


def answer(
    session: Session, clock: Clock, rng: Rng, principal: Principal, submission_id: str, *, outcome: Outcome, text: str
) -> Submission:
    """An office answers what it was asked."""
    submission = _mine_to_answer(session, principal, submission_id)
    close(session, clock, rng, principal.organisation_id, submission, outcome, _said(text))
    audit.record(session, clock, principal, "submission.answer", submission.id, outcome=outcome.value)
    return submission


def ask_back(
    session: Session, clock: Clock, rng: Rng, principal: Principal, submission_id: str, *, text: str
) -> Submission:
    """An office needs something of the asker first: its clock stands still until the asker has replied."""
    submission = _mine_to_answer(session, principal, submission_id)
    pause(session, clock, rng, principal.organisation_id, submission, _said(text))
    audit.record(session, clock, principal, "submission.ask_back", submission.id)
    return submission


def reply(session: Session, clock: Clock, principal: Principal, submission_id: str, *, text: str) -> Submission:
    """The asker gives what it was asked for; the clock goes on with the time that was left."""
    submission = _locked(session, col(Submission.organisation_id) == principal.organisation_id, submission_id)
    if submission.kind in DECIDED_ELSEWHERE:
        raise Conflict("submission.decided_elsewhere", kind=Matter(submission.kind))
    resume(session, clock, submission, _said(text), principal.organisation_id)
    audit.record(session, clock, principal, "submission.reply", submission.id)
    return submission


def pause(session: Session, clock: Clock, rng: Rng, by: str, submission: Submission, text: str) -> None:
    if submission.state != State.OPEN:
        raise Conflict("submission.not_open", state=State(submission.state))
    submission.state = State.WAITING_FOR_ASKER.value
    submission.clock_left_s = int(working_seconds(clock.now(), submission.due_at))
    enter(session, clock, submission, Event.PAUSED, text, by)
    tell_asker(session, clock, rng, submission, "submission_paused", text=text)


def resume(session: Session, clock: Clock, submission: Submission, text: str, by: str) -> None:
    if submission.state != State.WAITING_FOR_ASKER or submission.clock_left_s is None:
        raise Conflict("submission.not_waiting", state=State(submission.state))
    submission.state = State.OPEN.value
    submission.due_at = add_working_seconds(clock.now(), submission.clock_left_s)
    submission.clock_left_s = None
    enter(session, clock, submission, Event.RESUMED, text, by)


def refer(
    session: Session, clock: Clock, rng: Rng, principal: Principal, submission_id: str, *, office_id: str, text: str
) -> Submission:
    """Hand it to the office that should have had it. The due time stays: the asker must not pay for the detour."""
    submission = _locked(session, stands_with(principal), submission_id)
    if submission.state != State.OPEN:
        raise Conflict("submission.not_open", state=State(submission.state))
    office = offices.known(session, office_id)
    if not office.active or submission.kind not in office.matters:
        raise Invalid("submission.office_does_not_take", office_id=office_id, kind=Matter(submission.kind))
    submission.office_id = office.id
    enter(session, clock, submission, Event.REFERRED, _said(text), principal.organisation_id)
    audit.record(session, clock, principal, "submission.refer", submission.id, office_id=office.id)
    tell_office(session, clock, rng, submission, office, "submission_opened", office.officer_email)
    return submission


def withdraw(session: Session, clock: Clock, principal_id: str, submission: Submission, text: str) -> None:
    """It is over without an answer; for the module that opened it."""
    submission.state, submission.clock_left_s = State.WITHDRAWN.value, None
    enter(session, clock, submission, Event.WITHDRAWN, text, principal_id)


def of_subject(session: Session, subject: str, kind: str) -> Submission | None:
    """The newest of this kind about `subject`."""
    rows = select(Submission).where(Submission.subject == subject, Submission.kind == kind)
    return session.exec(rows.order_by(col(Submission.opened_at).desc(), col(Submission.id).desc()).limit(1)).first()


def waiting(session: Session, subject: str, *kinds: str) -> Submission | None:
    """The one of these kinds about `subject` that is not answered yet."""
    rows = select(Submission).where(Submission.subject == subject, col(Submission.kind).in_(kinds))
    unanswered = col(Submission.state).in_([State.OPEN.value, State.WAITING_FOR_ASKER.value])
    return session.exec(rows.where(unanswered)).one_or_none()


def stands_with(principal: Principal) -> ColumnElement[bool]:
    """A condition on `submission`: its office is one that the principal acts for."""
    if principal.kind is OrganisationKind.BROKER:
        return col(Submission.id).is_not(None)
    mine = sa_select(col(Office.id)).where(col(Office.organisation_id) == principal.organisation_id)
    return col(Submission.office_id).in_(mine)


def readable(principal: Principal) -> ColumnElement[bool]:
    """A condition on `submission`: the principal waits for it, or answers it."""
    own = col(Submission.organisation_id) == principal.organisation_id
    return or_(own, stands_with(principal)) if "desk:answer" in principal.scopes else own


def queue(principal: Principal, office_id: str | None = None, states: Collection[State] = ()) -> Select[Any]:
    """A statement of what the principal's offices have to answer."""
    principal.require("desk:answer")
    statement: Any = select(Submission).where(stands_with(principal))
    if office_id is not None:
        statement = statement.where(Submission.office_id == office_id)
    if states:
        statement = statement.where(col(Submission.state).in_([each.value for each in states]))
    found: Select[Any] = statement
    return found


def mine(principal: Principal) -> Select[Any]:
    """A statement of what the principal's organisation waits for, or has waited for."""
    found: Select[Any] = select(Submission).where(Submission.organisation_id == principal.organisation_id)
    return found


def names_asker(principal: Principal, submission: Submission) -> bool:
    """Whether the principal may read whose it is."""
    return submission.kind not in UNNAMED or submission.organisation_id == principal.organisation_id


def one(session: Session, principal: Principal, submission_id: str) -> Submission:
    found = session.exec(select(Submission).where(Submission.id == submission_id, readable(principal))).one_or_none()
    if found is None:
        raise NotFound("submission.unknown", submission_id=submission_id)
    return found


def history(session: Session, submission: Submission) -> Sequence[SubmissionEntry]:
    rows = select(SubmissionEntry).where(SubmissionEntry.submission_id == submission.id)
    return session.exec(rows.order_by(col(SubmissionEntry.number))).all()


def title(session: Session, submission: Submission, language: str) -> str:
    """What it is about, for a reader of `language`: an application by firm, areas and tier, all else as it was put."""
    about = session.get(Application, submission.subject) if submission.kind in _ABOUT_APPLICATIONS else None
    if about is None:
        return submission.title
    areas = tuple(MissionArea(area) for area in about.mission_areas)
    name = session.get_one(Provider, about.provider_id).legal_name
    return say(f"submission.title.{submission.kind}", language, name=name, areas=areas, tier=Tier(about.tier))


def enter(session: Session, clock: Clock, submission: Submission, event: Event, text: str, by: str | None) -> None:
    """One row of history and one event to both sides; `by` None is the hub's clock."""
    session.add(submission)
    entries = select(func.count()).select_from(SubmissionEntry)
    count = session.exec(entries.where(SubmissionEntry.submission_id == submission.id)).one()
    session.add(
        SubmissionEntry(
            submission_id=submission.id,
            number=count + 1,
            event=event.value,
            state=submission.state,
            text=text,
            by_organisation_id=by,
            at=clock.now(),
        )
    )
    office = offices.known(session, submission.office_id)
    payload = {
        "submission_id": submission.id,
        "kind": submission.kind,
        "subject": submission.subject,
        "event": event.value,
        "state": submission.state,
        "office_id": office.id,
        "due_at": log.rfc3339(submission.due_at),
        "level": submission.level,
    }
    marking = markings.among(session, submission.organisation_id, {office.organisation_id})
    log.append(session, clock, "submission.status_changed", submission.id, payload, marking)


def tell_asker(
    session: Session,
    clock: Clock,
    rng: Rng,
    submission: Submission,
    template: str,
    *,
    office: Office | None = None,
    outcome: Outcome | None = None,
    text: str = "",
) -> None:
    """A letter to the provider that waits. Others that ask hold keys and read the event."""
    provider = None if submission.provider_id is None else session.get_one(Provider, submission.provider_id)
    if provider is None or not files.address(provider):
        return
    language = mail.language_for(provider.nation)
    named = office or offices.known(session, submission.office_id)
    by_rule = outcome is Outcome.APPROVED and not text
    params = {
        "title": title(session, submission, language),
        "office": offices.name_of(named, language),
        "due": _moment(submission.due_at),
        "outcome": "" if outcome is None else outcome.label(language),
        "text": say("submission.by_rule", language) if by_rule else text,
        "further": _further(submission, outcome, language),
    }
    to = files.address(provider)
    about = submission.id
    mail.queue(session, clock, rng, to=to, template=template, params=params, language=language, about=about, mode=REAL)


def tell_office(
    session: Session, clock: Clock, rng: Rng, submission: Submission, office: Office, template: str, to: str
) -> None:
    """A letter to an officer; none where the office has named nobody."""
    if not to:
        return
    language = mail.language_for(session.get_one(Organisation, office.organisation_id).nation)
    params = {
        "title": title(session, submission, language),
        "office": offices.name_of(office, language),
        "due": _moment(submission.due_at),
        "reference": submission.id,
    }
    about = submission.id
    mail.queue(session, clock, rng, to=to, template=template, params=params, language=language, about=about, mode=REAL)


def _further(submission: Submission, outcome: Outcome | None, language: str) -> str:
    """What the reader of a letter can do next, at the terminal and by the API."""
    judged = submission.kind == Matter.APPLICATION
    if judged and outcome is Outcome.REJECTED:
        step = "rejected"
    elif submission.state == State.WAITING_FOR_ASKER:
        step = "returned" if judged else "reply"
    else:
        step = "follow"
    return say(
        f"submission.further.{step}",
        language,
        reference=submission.id,
        organisation=submission.organisation_id,
        provider=submission.provider_id,
        application=submission.subject,
        days=APPEAL_DAYS,
    )


def _mine_to_answer(session: Session, principal: Principal, submission_id: str) -> Submission:
    principal.require("desk:answer")
    submission = _locked(session, stands_with(principal), submission_id)
    if submission.kind in DECIDED_ELSEWHERE:
        raise Conflict("submission.decided_elsewhere", kind=Matter(submission.kind))
    return submission


def _locked(session: Session, condition: ColumnElement[bool], submission_id: str) -> Submission:
    rows = select(Submission).where(Submission.id == submission_id, condition).with_for_update()
    found = session.exec(rows).one_or_none()
    if found is None:
        raise NotFound("submission.unknown", submission_id=submission_id)
    return found


def _said(text: str) -> str:
    if not text.strip():
        raise Invalid("submission.text_missing")
    return text.strip()


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
