"""An application's row: whose it is, who may read it, what its provider waits for, and moving it.

A move is a row of history, an audit row and an event in one transaction. Who may
make it, and what it does to the provider, is said by `providers.applications`
and `providers.verdicts`.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from providers import files, offices, submissions
from providers.audience import brokers
from providers.desk_tables import Submission
from providers.lifecycle import OPEN, State, Step, step
from providers.offices import Matter
from providers.submissions import Outcome
from providers.tables import Application, ApplicationEntry, Provider
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind


def open_of(session: Session, provider_id: str) -> Application | None:
    rows = select(Application).where(Application.provider_id == provider_id)
    return session.exec(rows.where(col(Application.state).in_([each.value for each in OPEN]))).one_or_none()


def readable(principal: Principal, *, to_decide: bool = False) -> ColumnElement[bool]:
    """A condition on `application`: the principal's own, or one that stands with an office that it acts for."""
    own = col(Application.provider_id).in_(
        sa_select(col(Provider.id)).where(col(Provider.organisation_id) == principal.organisation_id)
    )
    if "application:decide" not in principal.scopes:
        return own
    if principal.kind is OrganisationKind.BROKER:
        return col(Application.id).is_not(None)
    standing = sa_select(col(Submission.subject)).where(
        submissions.stands_with(principal), col(Submission.kind).in_([Matter.APPLICATION.value, Matter.APPEAL.value])
    )
    theirs = col(Application.id).in_(standing)
    return theirs if to_decide else or_(own, theirs)


def one(session: Session, principal: Principal, application_id: str, *, to_decide: bool = False) -> Application:
    """An application that the principal may read; any other does not exist for it."""
    rows = select(Application).where(Application.id == application_id, readable(principal, to_decide=to_decide))
    found = session.exec(rows).one_or_none()
    if found is None:
        raise NotFound("application.unknown", application_id=application_id)
    return found


def history(session: Session, application: Application) -> Sequence[ApplicationEntry]:
    rows = select(ApplicationEntry).where(ApplicationEntry.application_id == application.id)
    return session.exec(rows.order_by(col(ApplicationEntry.number))).all()


def is_recheck(session: Session, application: Application) -> bool:
    """Whether a change of identity made it, not a wish of the provider's."""
    return history(session, application)[0].event == Step.RECHECK


def own(session: Session, principal: Principal, application_id: str) -> tuple[Provider, Application]:
    """The principal's own, locked with its provider."""
    provider = files.of_organisation(session, principal.organisation_id)
    found = session.get(Application, application_id)
    if provider is None or found is None or found.provider_id != provider.id:
        raise NotFound("application.unknown", application_id=application_id)
    provider = files.own(session, principal, provider.id)
    return provider, session.get_one(Application, application_id, populate_existing=True)


def close(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: Principal,
    application: Application,
    outcomes: tuple[Outcome, Outcome],
    reasons: tuple[str, ...],
) -> None:
    """Answer what the provider waits for, with the outcome for an application or for an appeal."""
    waited = waiting(session, application)
    if waited is not None:
        outcome = outcomes[waited.kind == Matter.APPEAL]
        submissions.close(session, clock, rng, by.organisation_id, waited, outcome, "\n".join(reasons))


def waiting(session: Session, application: Application) -> Submission | None:
    """What the provider waits for now: its appeal, or else its application; None when all is answered."""
    return submissions.waiting(session, application.id, Matter.APPEAL, Matter.APPLICATION)


def wait_for(
    session: Session, clock: Clock, rng: Rng, provider: Provider, application: Application, matter: Matter
) -> Submission:
    return submissions.open_one(
        session,
        clock,
        rng,
        kind=matter,
        subject=application.id,
        provider=provider,
        organisation=provider.organisation_id,
        title=f"{provider.legal_name}: {application.tier} ({', '.join(application.mission_areas)})",
        areas=application.mission_areas,
    )


def enter(
    session: Session,
    clock: Clock,
    by: Principal,
    provider: Provider,
    application: Application,
    taken: Step,
    reasons: Sequence[str],
) -> None:
    """Move the application; history, audit and event, in the caller's transaction. Buyers are not told."""
    if taken not in {Step.APPLY, Step.RECHECK}:
        application.state = step(State(application.state), taken).value
    session.add(application)
    entries = select(func.count()).select_from(ApplicationEntry)
    count = session.exec(entries.where(ApplicationEntry.application_id == application.id)).one()
    session.add(
        ApplicationEntry(
            application_id=application.id,
            number=count + 1,
            event=taken.value,
            state=application.state,
            reasons=list(reasons),
            by_organisation_id=by.organisation_id,
            by_key_id=by.key_id,
            at=clock.now(),
        )
    )
    audit.record(session, clock, by, f"application.{taken.value}", application.id, state=application.state)
    payload = {
        "application_id": application.id,
        "provider_id": provider.id,
        "event": taken.value,
        "state": application.state,
        "tier": application.tier,
        "mission_areas": application.mission_areas,
    }
    log.append(
        session, clock, "application.status_changed", application.id, payload, _marking(session, provider, application)
    )


def _marking(session: Session, provider: Provider, application: Application) -> str:
    """The provider, the broker, and the organisation whose office judges."""
    waited = submissions.of_subject(session, application.id, Matter.APPLICATION)
    judge = None if waited is None else offices.known(session, waited.office_id).organisation_id
    return brokers(session, provider.organisation_id, () if judge is None else (judge,))
