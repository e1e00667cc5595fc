"""An application for a tier in some mission areas: judged by rule or by persons, with reasons, and appealable.

The rules that were in force when it was made decide what has to be shown, and
nobody may waive any of it. Where they let the rule itself decide, a complete
file is approved in the moment that completes it. Where two persons are asked,
the second must hold another key than the first; an appeal is judged by somebody
who has not judged before.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from providers import clearances, files, offices, rulebook, submissions, vetting
from providers.audience import brokers
from providers.desk_tables import Submission
from providers.lifecycle import DECISIONS, OPEN, Event, State, Status, Step, step
from providers.offices import Matter
from providers.submissions import Outcome
from providers.tables import Application, ApplicationEntry, DueTo, Evidence, Provider
from providers.vetting import Decides, Document, Facts, Judgement, Tier
from providers.working_days import add_working_days
from space_hub.clock import Clock
from space_hub.delivery import log
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea, Standing

APPEAL_DAYS = 10
"""Working days in which a rejection may be appealed."""

RETURNED_FOR = timedelta(days=30)
"""How long a returned application waits for its provider."""

_COUNTS = ("shown", "accepted")
_JUDGES = (Step.APPROVE_FIRST, Step.APPROVE, Step.REJECT, Step.OVERTURN_FIRST)


def apply(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider_id: str,
    *,
    tier: Tier,
    mission_areas: Collection[MissionArea],
) -> Application:
    """Ask for `tier` in `mission_areas`, or hand in again what was returned."""
    provider = files.own(session, principal, provider_id)
    areas = sorted({area.value for area in mission_areas})
    if not areas:
        raise Invalid("application.areas_missing")
    if provider.kind == "national":
        raise Conflict("application.national_needs_none")
    known = open_of(session, provider.id)
    if known is not None:
        if known.state != State.RETURNED:
            raise Conflict("onboarding.application_open", application_id=known.id)
        known.tier, known.mission_areas = tier.value, areas
        return _resubmit(session, clock, rng, principal, provider, known)
    return open_new(session, clock, rng, principal, provider, tier, areas, Step.APPLY)


def open_new(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    provider: Provider,
    tier: Tier,
    areas: Sequence[str],
    began: Step,
) -> Application:
    """A new application, judged at once; `began` says whether the provider or a change of its identity made it."""
    version, rules = rulebook.current(session)
    judgement = vetting.judge(rules, facts_of(provider), documents(session, provider), tier, areas, clock.now())
    application = Application(
        id=rng.scope(provider.organisation_id, "application").id("app"),
        provider_id=provider.id,
        tier=tier.value,
        mission_areas=list(areas),
        rules_version=version,
        state=State.SUBMITTED.value,
        missing=list(judgement.missing),
        created_at=clock.now(),
    )
    session.add(application)
    session.flush()
    by_rule = judgement.decides is Decides.RULE and judgement.passes
    submissions.open_one(
        session,
        clock,
        rng,
        kind=Matter.APPLICATION,
        subject=application.id,
        provider=provider,
        organisation=provider.organisation_id,
        title=f"{provider.legal_name}: {tier.value} ({', '.join(areas)})",
        areas=areas,
        by_rule=by_rule,
    )
    _enter(session, clock, principal, provider, application, began, ())
    moved = Event.APPLY if began is Step.APPLY else Event.CHANGE_MATERIAL
    files.move(session, clock, rng, principal, provider, moved)
    if by_rule:
        _approve(session, clock, rng, HUB, provider, application, judgement, areas, Step.AUTO_APPROVE, ())
    return application


def look_again(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    """The provider's file has grown: note what is still missing, and approve where the rule decides."""
    application = open_of(session, provider.id)
    if application is None or application.state not in {State.SUBMITTED, State.IN_REVIEW, State.RETURNED}:
        return
    judgement = _judge(session, clock, provider, application, application.mission_areas)
    application.missing = list(judgement.missing)
    session.add(application)
    if judgement.decides is Decides.RULE and judgement.passes and application.state != State.RETURNED:
        areas = application.mission_areas
        _approve(session, clock, rng, HUB, provider, application, judgement, areas, Step.AUTO_APPROVE, ())


def decide(
    session: Session,
    clock: Clock,
    rng: Rng,
    principal: Principal,
    application_id: str,
    taken: Step,
    reasons: Sequence[str],
    areas: Collection[MissionArea] | None = None,
) -> Application:
    """Staff look, return, approve, reject, overturn or uphold, and always say why.

    `areas` narrows an approval. Where two persons are asked, the first approval
    is a half and the second completes it.
    """
    principal.require("application:decide")
    if taken not in DECISIONS:
        raise Invalid("application.decision_unknown", given=taken.value, accepted=", ".join(sorted(DECISIONS)))
    said = tuple(reason.strip() for reason in reasons if reason.strip())
    if not said:
        raise Invalid("providers.reasons_missing", event=taken)
    owner = one(session, principal, application_id, to_decide=True).provider_id
    provider = files.locked(session, owner)
    application = session.get_one(Application, application_id, populate_existing=True)
    if provider.organisation_id == principal.organisation_id:
        raise Forbidden("application.own")
    step(State(application.state), taken)
    completes = taken is Step.APPROVE and application.state == State.HALF_APPROVED
    if completes or taken in {Step.OVERTURN, Step.UPHOLD}:
        _need_another(session, principal, application, taken)
    if taken in {Step.APPROVE, Step.OVERTURN}:
        chosen = sorted({area.value for area in areas}) if areas else application.mission_areas
        if not set(chosen) <= set(application.mission_areas):
            raise Invalid("application.areas_not_asked", given=", ".join(chosen))
        judgement = _judge(session, clock, provider, application, chosen)
        if not judgement.passes:
            raise Conflict("application.incomplete", missing=", ".join(judgement.missing))
        if judgement.decides is Decides.TWO_PERSONS and application.state != State.HALF_APPROVED:
            half = Step.APPROVE_FIRST if taken is Step.APPROVE else Step.OVERTURN_FIRST
            application.mission_areas = list(chosen)
            _enter(session, clock, principal, provider, application, half, said)
            return application
        _approve(session, clock, rng, principal, provider, application, judgement, chosen, taken, said)
    elif taken is Step.LOOK:
        _enter(session, clock, principal, provider, application, taken, said)
    elif taken is Step.RETURN:
        _return(session, clock, rng, principal, provider, application, said)
    else:
        _reject(session, clock, rng, principal, provider, application, taken, said)
    return application


def appeal(
    session: Session, clock: Clock, rng: Rng, principal: Principal, application_id: str, grounds: str
) -> Application:
    """Ask for another judge, once, within ten working days of the rejection."""
    provider, application = _own(session, principal, application_id)
    step(State(application.state), Step.APPEAL)
    if not grounds.strip():
        raise Invalid("application.grounds_missing")
    if any(row.event == Step.APPEAL for row in history(session, application)):
        raise Conflict("application.appealed_already")
    until = add_working_days(application.decided_at or application.created_at, APPEAL_DAYS)
    if clock.now() > until:
        raise Conflict("application.appeal_late", until=until.isoformat())
    other = open_of(session, provider.id)
    if other is not None:
        raise Conflict("onboarding.application_open", application_id=other.id)
    _enter(session, clock, principal, provider, application, Step.APPEAL, (grounds.strip(),))
    if provider.status == Status.REFUSED:
        files.move(session, clock, rng, principal, provider, Event.APPEAL)
    _wait_for(session, clock, rng, provider, application, Matter.APPEAL)
    return application


def ask_debrief(session: Session, clock: Clock, rng: Rng, principal: Principal, application_id: str) -> Submission:
    """Ask to be told at length why; the office answers it like any other submission."""
    provider, application = _own(session, principal, application_id)
    step(State(application.state), Step.DEBRIEF)
    if submissions.of_subject(session, application.id, Matter.DEBRIEF) is not None:
        raise Conflict("application.debriefed_already")
    _enter(session, clock, principal, provider, application, Step.DEBRIEF, ())
    return _wait_for(session, clock, rng, provider, application, Matter.DEBRIEF)


def expire_returned(session: Session, clock: Clock, rng: Rng, application: Application) -> None:
    """Nobody handed it in again: it is over. A verified provider whose identity it was about is suspended."""
    provider = files.locked(session, application.provider_id)
    _enter(session, clock, HUB, provider, application, Step.EXPIRE, ())
    waited = _waited(session, application)
    if waited is not None:
        submissions.withdraw(session, clock, HUB.organisation_id, waited, "")
    if provider.status == Status.RETURNED:
        files.move(session, clock, rng, HUB, provider, Event.WITHDRAW, due_to=DueTo.CLOCK)
    elif provider.status == Status.VERIFIED and is_recheck(session, application):
        files.move(session, clock, rng, HUB, provider, Event.SUSPEND, due_to=DueTo.CLOCK)
        clearances.suspend(session, clock, provider)


def expire_approved(session: Session, clock: Clock, provider: Provider, application_id: str) -> None:
    """None of the clearances that it gave is in force any more."""
    application = session.get_one(Application, application_id)
    if application.state == State.APPROVED:
        _enter(session, clock, HUB, provider, application, Step.EXPIRE, ())


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


def facts_of(provider: Provider) -> Facts:
    return Facts(
        standing=Standing(provider.standing),
        nation=provider.nation,
        email_verified=provider.email_verified_at is not None,
        owner_stated=provider.owner_nation is not None,
        dependencies_stated=bool(provider.dependencies),
    )


def documents(session: Session, provider: Provider) -> list[Document]:
    """The evidence that counts: what is neither doubted nor withdrawn."""
    rows = select(Evidence).where(Evidence.provider_id == provider.id, col(Evidence.state).in_(_COUNTS))
    return [
        Document(
            id=row.id,
            kind=row.kind,
            level=row.level,
            recognised_by=frozenset(row.recognised_by),
            mission_areas=None if row.mission_areas is None else frozenset(row.mission_areas),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in session.exec(rows.order_by(col(Evidence.id)))
    ]


def _judge(
    session: Session, clock: Clock, provider: Provider, application: Application, areas: Collection[str]
) -> Judgement:
    rules = rulebook.of_version(session, application.rules_version)
    shown = documents(session, provider)
    return vetting.judge(rules, facts_of(provider), shown, Tier(application.tier), areas, clock.now())


def _own(session: Session, principal: Principal, application_id: str) -> tuple[Provider, Application]:
    """The principal's own, locked with its provider."""
    provider = files.of_organisation(session, principal.organisation_id)
    found = session.get(Application, application_id)
    if provider is None or found is None or found.provider_id != provider.id:
        raise NotFound("application.unknown", application_id=application_id)
    provider = files.own(session, principal, provider.id)
    return provider, session.get_one(Application, application_id, populate_existing=True)


def _resubmit(
    session: Session, clock: Clock, rng: Rng, principal: Principal, provider: Provider, application: Application
) -> Application:
    judgement = _judge(session, clock, provider, application, application.mission_areas)
    application.missing = list(judgement.missing)
    _enter(session, clock, principal, provider, application, Step.RESUBMIT, ())
    waited = _waited(session, application)
    if waited is not None:
        submissions.resume(session, clock, waited, "", principal.organisation_id)
    if provider.status == Status.RETURNED:
        files.move(session, clock, rng, principal, provider, Event.APPLY)
    look_again(session, clock, rng, provider)
    return application


def _approve(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: Principal,
    provider: Provider,
    application: Application,
    judgement: Judgement,
    areas: Collection[str],
    taken: Step,
    reasons: tuple[str, ...],
) -> None:
    by_rule = taken is Step.AUTO_APPROVE
    event = {
        Status.SUBMITTED: Event.AUTO if by_rule else Event.VERIFY,
        Status.APPEALED: Event.OVERTURN,
        Status.LAPSED: Event.RENEW,
    }.get(Status(provider.status))
    if event is not None:
        files.move(session, clock, rng, by, provider, event, reasons, DueTo.RULE if by_rule else DueTo.PERSON)
    elif provider.status != Status.VERIFIED:
        raise Conflict("application.provider_not_open", status=Status(provider.status))
    application.mission_areas = sorted(areas)
    application.missing = []
    application.decided_at, application.decided_by = clock.now(), by.organisation_id
    _enter(session, clock, by, provider, application, taken, reasons)
    if not by_rule:
        _accept(session, clock, judgement)
    clearances.grant(session, clock, provider, application.id, Tier(application.tier), areas, judgement.valid_to)
    _close(session, clock, rng, by, application, (Outcome.APPROVED, Outcome.OVERTURNED), reasons)


def _accept(session: Session, clock: Clock, judgement: Judgement) -> None:
    """Note on the documents that a person has looked at them."""
    for row in session.exec(select(Evidence).where(col(Evidence.id).in_(judgement.rests_on))):
        row.state, row.checked_at = "accepted", clock.now()
        session.add(row)


def _return(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: Principal,
    provider: Provider,
    application: Application,
    reasons: tuple[str, ...],
) -> None:
    _enter(session, clock, by, provider, application, Step.RETURN, reasons)
    if provider.status == Status.SUBMITTED:
        files.move(session, clock, rng, by, provider, Event.RETURN, reasons)
    waited = _waited(session, application)
    if waited is not None:
        submissions.pause(session, clock, rng, by.organisation_id, waited, "\n".join(reasons))


def _reject(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: Principal,
    provider: Provider,
    application: Application,
    taken: Step,
    reasons: tuple[str, ...],
) -> None:
    """Reject, or uphold a rejection. Who was verified stays so, unless its changed identity was in question."""
    application.decided_at, application.decided_by = clock.now(), by.organisation_id
    _enter(session, clock, by, provider, application, taken, reasons)
    if provider.status == Status.SUBMITTED:
        files.move(session, clock, rng, by, provider, Event.REFUSE, reasons)
    elif provider.status == Status.APPEALED:
        files.move(session, clock, rng, by, provider, Event.UPHOLD, reasons)
    elif provider.status == Status.VERIFIED and is_recheck(session, application):
        files.move(session, clock, rng, by, provider, Event.SUSPEND, reasons)
        clearances.suspend(session, clock, provider)
    _close(session, clock, rng, by, application, (Outcome.REJECTED, Outcome.UPHELD), reasons)


def _close(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: Principal,
    application: Application,
    outcomes: tuple[Outcome, Outcome],
    reasons: tuple[str, ...],
) -> None:
    """Answer what the provider waits for, with the outcome for an application or for an appeal."""
    waited = _waited(session, application)
    if waited is not None:
        outcome = outcomes[waited.kind == Matter.APPEAL]
        submissions.close(session, clock, rng, by.organisation_id, waited, outcome, "\n".join(reasons))


def _waited(session: Session, application: Application) -> Submission | None:
    """What the provider waits for now: its appeal, or else its application; None when all is answered."""
    for matter in (Matter.APPEAL, Matter.APPLICATION):
        found = submissions.of_subject(session, application.id, matter)
        if found is not None and found.state in {submissions.State.OPEN, submissions.State.WAITING_FOR_ASKER}:
            return found
    return None


def _need_another(session: Session, principal: Principal, application: Application, taken: Step) -> None:
    """Refuse who has judged this application before, whatever organisation's name is on the key."""
    judged = {(row.by_organisation_id, row.by_key_id) for row in history(session, application) if row.event in _JUDGES}
    if (principal.organisation_id, principal.key_id) in judged:
        raise Forbidden("application.another_person", step=taken)


def _wait_for(
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


def _enter(
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
