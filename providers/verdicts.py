"""What a verdict on an application does: to it, its provider, the papers that it rests on, and the clearances.

Whether a file is complete is said by the rules of the version under which the
application was made (`providers.vetting`); nothing here asks who may judge but
`need_another`, because the second judge must be another than the first.
"""

from collections.abc import Collection

from sqlmodel import Session, col, select

from providers import cases, clearances, files, rulebook, submissions, vetting
from providers.lifecycle import Event, Status, Step
from providers.submissions import Outcome
from providers.tables import Application, DueTo, Evidence, Provider
from providers.vetting import Document, Facts, Judgement, Tier
from space_hub.clock import Clock
from space_hub.errors import Conflict, Forbidden
from space_hub.rng import Rng
from space_hub.trust.principal import Principal
from space_hub.vocabulary.codes import Standing

_COUNTS = ("shown", "accepted")
_JUDGES = (Step.APPROVE_FIRST, Step.APPROVE, Step.REJECT, Step.OVERTURN_FIRST)


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


def judge(
    session: Session, clock: Clock, provider: Provider, application: Application, areas: Collection[str]
) -> Judgement:
    rules = rulebook.of_version(session, application.rules_version)
    shown = documents(session, provider)
    return vetting.judge(rules, facts_of(provider), shown, Tier(application.tier), areas, clock.now())


def need_another(session: Session, principal: Principal, application: Application, taken: Step) -> None:
    """Refuse who has judged this application before, whatever organisation's name is on the key."""
    judged = {
        (row.by_organisation_id, row.by_key_id) for row in cases.history(session, application) if row.event in _JUDGES
    }
    if (principal.organisation_id, principal.key_id) in judged:
        raise Forbidden("application.another_person", step=taken)


def approve(
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
    """Approve it in these areas, by a rule, a person or on appeal; the shelf shows them from now on."""
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
    cases.enter(session, clock, by, provider, application, taken, reasons)
    if not by_rule:
        _accept(session, clock, judgement)
    clearances.grant(session, clock, provider, application.id, Tier(application.tier), areas, judgement.valid_to)
    cases.close(session, clock, rng, by, application, (Outcome.APPROVED, Outcome.OVERTURNED), reasons)


def _accept(session: Session, clock: Clock, judgement: Judgement) -> None:
    """Note on the documents that a person has looked at them."""
    for row in session.exec(select(Evidence).where(col(Evidence.id).in_(judgement.rests_on))):
        row.state, row.checked_at = "accepted", clock.now()
        session.add(row)


def hand_back(
    session: Session,
    clock: Clock,
    rng: Rng,
    by: Principal,
    provider: Provider,
    application: Application,
    reasons: tuple[str, ...],
) -> None:
    """Return it to its provider, whose office's clock stands still meanwhile."""
    cases.enter(session, clock, by, provider, application, Step.RETURN, reasons)
    if provider.status == Status.SUBMITTED:
        files.move(session, clock, rng, by, provider, Event.RETURN, reasons)
    waited = cases.waiting(session, application)
    if waited is not None:
        submissions.pause(session, clock, rng, by.organisation_id, waited, "\n".join(reasons))


def reject(
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
    cases.enter(session, clock, by, provider, application, taken, reasons)
    if provider.status == Status.SUBMITTED:
        files.move(session, clock, rng, by, provider, Event.REFUSE, reasons)
    elif provider.status == Status.APPEALED:
        files.move(session, clock, rng, by, provider, Event.UPHOLD, reasons)
    elif provider.status == Status.VERIFIED and cases.is_recheck(session, application):
        files.move(session, clock, rng, by, provider, Event.SUSPEND, reasons)
        clearances.suspend(session, clock, provider)
    cases.close(session, clock, rng, by, application, (Outcome.REJECTED, Outcome.UPHELD), reasons)
