"""An application for a tier in some mission areas: judged by rule or by persons, with reasons, and appealable.

The rules that were in force when it was made decide what has to be shown, and
nobody may waive any of it. Where they let the rule itself decide, a complete
file is approved in the moment that completes it. Where two persons are asked,
the second must hold another key than the first; an appeal is judged by somebody
who has not judged before. Here stands what is asked of an application; its row
is kept by `providers.cases`, and what a verdict does by `providers.verdicts`.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlmodel import Session

from providers import cases, clearances, files, rulebook, submissions, verdicts, vetting
from providers.desk_tables import Submission
from providers.lifecycle import APPEAL_DAYS, DECISIONS, Event, State, Status, Step, step
from providers.offices import Matter
from providers.tables import Application, DueTo, Provider
from providers.vetting import Decides, Tier
from providers.working_days import add_working_days
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden, Invalid
from space_hub.rng import Rng
from space_hub.trust.principal import HUB, Principal
from space_hub.vocabulary.codes import MissionArea

RETURNED_FOR = timedelta(days=30)
"""How long a returned application waits for its provider."""


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
    known = cases.open_of(session, provider.id)
    if known is not None:
        if known.state != State.RETURNED:
            raise Conflict("onboarding.application_open", application_id=known.id)
        known.tier, known.mission_areas = tier.value, areas
        return _resubmit(session, clock, rng, principal, provider, known)
    if provider.status == Status.VERIFIED and set(areas) <= _held(session, clock, provider, tier):
        raise Conflict("application.held_already", areas=tuple(MissionArea(area) for area in areas))
    return open_new(session, clock, rng, principal, provider, tier, areas, Step.APPLY)


def _held(session: Session, clock: Clock, provider: Provider, tier: Tier) -> set[str]:
    """Areas in which clearances of this tier or a higher one are in force and do not end soon."""
    soon = clock.now() + vetting.SOON
    return {
        row.mission_area
        for row in clearances.of(session, provider.id)
        if row.state == clearances.State.ACTIVE
        and vetting.RANK[Tier(row.tier)] >= vetting.RANK[tier]
        and (row.valid_to is None or row.valid_to > soon)
    }


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
    shown = verdicts.documents(session, provider)
    judgement = vetting.judge(rules, verdicts.facts_of(provider), shown, tier, areas, clock.now())
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
    cases.enter(session, clock, principal, provider, application, began, ())
    moved = Event.APPLY if began is Step.APPLY else Event.CHANGE_MATERIAL
    files.move(session, clock, rng, principal, provider, moved)
    if by_rule:
        verdicts.approve(session, clock, rng, HUB, provider, application, judgement, areas, Step.AUTO_APPROVE, ())
    return application


def look_again(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    """The provider's file has grown: note what is still missing, and approve where the rule decides."""
    application = cases.open_of(session, provider.id)
    if application is None or application.state not in {State.SUBMITTED, State.IN_REVIEW, State.RETURNED}:
        return
    judgement = verdicts.judge(session, clock, provider, application, application.mission_areas)
    application.missing = list(judgement.missing)
    session.add(application)
    if judgement.decides is Decides.RULE and judgement.passes and application.state != State.RETURNED:
        areas = application.mission_areas
        verdicts.approve(session, clock, rng, HUB, provider, application, judgement, areas, Step.AUTO_APPROVE, ())


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
    owner = cases.one(session, principal, application_id, to_decide=True).provider_id
    provider = files.locked(session, owner)
    application = session.get_one(Application, application_id, populate_existing=True)
    if provider.organisation_id == principal.organisation_id:
        raise Forbidden("application.own")
    step(State(application.state), taken)
    completes = taken is Step.APPROVE and application.state == State.HALF_APPROVED
    if completes or taken in {Step.OVERTURN, Step.UPHOLD}:
        verdicts.need_another(session, principal, application, taken)
    if taken in {Step.APPROVE, Step.OVERTURN}:
        chosen = sorted({area.value for area in areas}) if areas else application.mission_areas
        if not set(chosen) <= set(application.mission_areas):
            raise Invalid("application.areas_not_asked", given=", ".join(chosen))
        judgement = verdicts.judge(session, clock, provider, application, chosen)
        if not judgement.passes:
            raise Conflict("application.incomplete", missing=", ".join(judgement.missing))
        if judgement.decides is Decides.TWO_PERSONS and application.state != State.HALF_APPROVED:
            half = Step.APPROVE_FIRST if taken is Step.APPROVE else Step.OVERTURN_FIRST
            application.mission_areas = list(chosen)
            cases.enter(session, clock, principal, provider, application, half, said)
            return application
        verdicts.approve(session, clock, rng, principal, provider, application, judgement, chosen, taken, said)
    elif taken is Step.LOOK:
        cases.enter(session, clock, principal, provider, application, taken, said)
    elif taken is Step.RETURN:
        verdicts.hand_back(session, clock, rng, principal, provider, application, said)
    else:
        verdicts.reject(session, clock, rng, principal, provider, application, taken, said)
    return application


def appeal(
    session: Session, clock: Clock, rng: Rng, principal: Principal, application_id: str, grounds: str
) -> Application:
    """Ask for another judge, once, within ten working days of the rejection."""
    provider, application = cases.own(session, principal, application_id)
    step(State(application.state), Step.APPEAL)
    if not grounds.strip():
        raise Invalid("application.grounds_missing")
    if any(row.event == Step.APPEAL for row in cases.history(session, application)):
        raise Conflict("application.appealed_already")
    until = add_working_days(application.decided_at or application.created_at, APPEAL_DAYS)
    if clock.now() > until:
        raise Conflict("application.appeal_late", until=until.isoformat())
    other = cases.open_of(session, provider.id)
    if other is not None:
        raise Conflict("onboarding.application_open", application_id=other.id)
    cases.enter(session, clock, principal, provider, application, Step.APPEAL, (grounds.strip(),))
    if provider.status == Status.REFUSED:
        files.move(session, clock, rng, principal, provider, Event.APPEAL)
    cases.wait_for(session, clock, rng, provider, application, Matter.APPEAL)
    return application


def ask_debrief(session: Session, clock: Clock, rng: Rng, principal: Principal, application_id: str) -> Submission:
    """Ask to be told at length why; the office answers it like any other submission."""
    provider, application = cases.own(session, principal, application_id)
    step(State(application.state), Step.DEBRIEF)
    if submissions.of_subject(session, application.id, Matter.DEBRIEF) is not None:
        raise Conflict("application.debriefed_already")
    cases.enter(session, clock, principal, provider, application, Step.DEBRIEF, ())
    return cases.wait_for(session, clock, rng, provider, application, Matter.DEBRIEF)


def withdraw(session: Session, clock: Clock, rng: Rng, principal: Principal, application_id: str) -> Application:
    """Ask no longer. An appeal that is withdrawn leaves the rejection; what was cleared before stays cleared.

    A changed identity has to be judged: its application cannot be withdrawn.
    """
    provider, application = cases.own(session, principal, application_id)
    step(State(application.state), Step.WITHDRAW)
    if cases.is_recheck(session, application):
        raise Conflict("application.recheck_stays")
    cases.enter(session, clock, principal, provider, application, Step.WITHDRAW, ())
    waited = cases.waiting(session, application)
    if waited is not None:
        submissions.withdraw(session, clock, principal.organisation_id, waited, "")
    if provider.status in {Status.SUBMITTED, Status.RETURNED, Status.APPEALED}:
        files.move(session, clock, rng, principal, provider, Event.WITHDRAW)
    return application


def expire_returned(session: Session, clock: Clock, rng: Rng, application: Application) -> None:
    """Nobody handed it in again: it is over. A verified provider whose identity it was about is suspended."""
    provider = files.locked(session, application.provider_id)
    cases.enter(session, clock, HUB, provider, application, Step.EXPIRE, ())
    waited = cases.waiting(session, application)
    if waited is not None:
        submissions.withdraw(session, clock, HUB.organisation_id, waited, "")
    if provider.status == Status.RETURNED:
        files.move(session, clock, rng, HUB, provider, Event.WITHDRAW, due_to=DueTo.CLOCK)
    elif provider.status == Status.VERIFIED and cases.is_recheck(session, application):
        files.move(session, clock, rng, HUB, provider, Event.SUSPEND, due_to=DueTo.CLOCK)
        clearances.suspend(session, clock, provider)


def expire_approved(session: Session, clock: Clock, provider: Provider, application_id: str) -> None:
    """None of the clearances that it gave is in force any more."""
    application = session.get_one(Application, application_id)
    if application.state == State.APPROVED:
        cases.enter(session, clock, HUB, provider, application, Step.EXPIRE, ())


def _resubmit(
    session: Session, clock: Clock, rng: Rng, principal: Principal, provider: Provider, application: Application
) -> Application:
    judgement = verdicts.judge(session, clock, provider, application, application.mission_areas)
    application.missing = list(judgement.missing)
    cases.enter(session, clock, principal, provider, application, Step.RESUBMIT, ())
    waited = cases.waiting(session, application)
    if waited is not None:
        submissions.resume(session, clock, waited, "", principal.organisation_id)
    if provider.status == Status.RETURNED:
        files.move(session, clock, rng, principal, provider, Event.APPLY)
    look_again(session, clock, rng, provider)
    return application
