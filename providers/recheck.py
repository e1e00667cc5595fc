"""Papers end, and clearances with them: warnings before, the end on time, renewal when new papers come.

The shelf compares the end of a clearance with the clock at every look, so that
nothing outlives its papers. The daily turn writes down what has ended, warns
thirty, fourteen and three days before, and closes what nobody handed in again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from providers import applications, clearances, files, rulebook, verdicts, vetting
from providers.clearances import State
from providers.lifecycle import Event, Status
from providers.lifecycle import State as ApplicationState
from providers.tables import Application, ApplicationEntry, Clearance, DueTo, EmailCheck, Evidence, Provider
from providers.vetting import Decides, EvidenceKind, Tier
from space_hub.clock import Clock
from space_hub.delivery import log, mail
from space_hub.rng import Rng
from space_hub.trust import audit, markings
from space_hub.trust.labels import REAL
from space_hub.trust.principal import HUB
from space_hub.vocabulary.codes import Standing

WARNINGS = (timedelta(days=30), timedelta(days=14), timedelta(days=3))
"""Before the end of a document: time to order another, to ask for it again, and a last word."""

UNVERIFIED_FOR = timedelta(days=7)
"""How long a registration may wait for its address to be verified before its personal data go."""


def plan(session: Session, clock: Clock, provider: Provider, row: Evidence) -> None:
    """Set when the document is looked at next: at its next warning, then at its end."""
    end = _end(session, provider, row)
    moments = [] if end is None else [*(end - before for before in WARNINGS), end]
    row.next_check_at = min((each for each in moments if each > clock.now()), default=None)


def renew(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    """Judge again what the provider is or was cleared for; longer where new papers say so, ended where none do.

    A tier that persons decide is renewed only by documents that a person has accepted.
    """
    _, rules = rulebook.current(session)
    facts, shown = verdicts.facts_of(provider), verdicts.documents(session, provider)
    accepted = set(
        session.exec(select(Evidence.id).where(Evidence.provider_id == provider.id, Evidence.state == "accepted")).all()
    )
    changed = []
    for row in clearances.of(session, provider.id):
        if row.state == State.SUSPENDED or row.application_id is None:
            continue
        judged = vetting.judge(rules, facts, shown, Tier(row.tier), [row.mission_area], clock.now())
        holds = judged.passes and (judged.decides is Decides.RULE or set(judged.rests_on) <= accepted)
        over = row.valid_to is not None and row.valid_to <= clock.now()
        if holds and (row.state != State.ACTIVE or row.valid_to != judged.valid_to):
            row.state, row.valid_to = State.ACTIVE.value, judged.valid_to
            changed.append(row)
        elif not holds and over and row.state == State.ACTIVE:
            row.state = State.EXPIRED.value
            changed.append(row)
    clearances.settle(session, clock, provider, changed)
    settle(session, clock, rng, provider)


def without(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    """A document was withdrawn: what no longer passes ends now, not when the document would have ended."""
    _, rules = rulebook.current(session)
    facts, shown = verdicts.facts_of(provider), verdicts.documents(session, provider)
    changed = []
    for row in clearances.of(session, provider.id):
        if row.state == State.ACTIVE and row.application_id is not None:
            judged = vetting.judge(rules, facts, shown, Tier(row.tier), [row.mission_area], clock.now())
            if not judged.passes:
                row.state, row.valid_to = State.EXPIRED.value, clock.now()
                changed.append(row)
    clearances.settle(session, clock, provider, changed)
    settle(session, clock, rng, provider)


def settle(session: Session, clock: Clock, rng: Rng, provider: Provider) -> None:
    """Let the provider's status and its applications follow its clearances."""
    rows = clearances.of(session, provider.id)
    active = [row for row in rows if row.state == State.ACTIVE]
    if provider.status == Status.VERIFIED and rows and not active:
        files.move(session, clock, rng, HUB, provider, Event.EXPIRE, due_to=DueTo.CLOCK)
    elif provider.status == Status.LAPSED and active:
        files.move(session, clock, rng, HUB, provider, Event.RENEW, due_to=DueTo.RULE)
    standing = {row.application_id for row in rows if row.state != State.EXPIRED}
    for application_id in sorted({row.application_id for row in rows if row.application_id} - standing):
        applications.expire_approved(session, clock, provider, application_id)


def due(session: Session, clock: Clock) -> Sequence[str]:
    """The providers that have something to be looked at, by id."""
    now = clock.now()
    papers = select(Evidence.provider_id).where(col(Evidence.next_check_at) <= now)
    ended = select(Clearance.provider_id).where(Clearance.state == State.ACTIVE.value, col(Clearance.valid_to) <= now)
    rows = select(Provider.id).where(or_(col(Provider.id).in_(papers), col(Provider.id).in_(ended)))
    return session.exec(rows.order_by(col(Provider.id))).all()


def turn(session: Session, clock: Clock, rng: Rng, provider_id: str) -> None:
    """Warn one provider, and end what has ended."""
    provider = files.locked(session, provider_id)
    papers = select(Evidence).where(Evidence.provider_id == provider_id, col(Evidence.next_check_at) <= clock.now())
    for row in session.exec(papers.order_by(col(Evidence.id))).all():
        end = _end(session, provider, row)
        if end is not None and end > clock.now():
            _warn(session, clock, rng, provider, row, end)
        plan(session, clock, provider, row)
        session.add(row)
    session.flush()
    renew(session, clock, rng, provider)


def forgotten(session: Session, clock: Clock) -> Sequence[Application]:
    """The applications that were returned and not handed in again for a month."""
    since = clock.now() - applications.RETURNED_FOR
    last = (
        select(ApplicationEntry.application_id)
        .group_by(col(ApplicationEntry.application_id))
        .having(func.max(ApplicationEntry.at) <= since)
    )
    rows = select(Application).where(
        Application.state == ApplicationState.RETURNED.value, col(Application.id).in_(last)
    )
    return session.exec(rows.order_by(col(Application.id))).all()


def lapse(session: Session, clock: Clock, rng: Rng) -> int:
    """Clear the personal data of registrations whose address nobody verified in a week; how many."""
    waiting = select(Provider).where(
        Provider.status == Status.DRAFT.value,
        Provider.kind == "commercial",
        col(Provider.email_verified_at).is_(None),
        col(Provider.created_at) <= clock.now() - UNVERIFIED_FOR,
    )
    rows = session.exec(waiting.order_by(col(Provider.id)).with_for_update()).all()
    for provider in rows:
        provider.contacts, provider.owner_name = [], ""
        session.add(provider)
        for check in session.exec(select(EmailCheck).where(EmailCheck.provider_id == provider.id)).all():
            session.delete(check)
        for letter in mail.waiting(session, provider.id):
            session.delete(letter)
        files.move(session, clock, rng, HUB, provider, Event.EXPIRE, due_to=DueTo.CLOCK)
        audit.record(session, clock, HUB, "provider.lapse", provider.id)
    return len(rows)


def prune_codes(session: Session, clock: Clock, keep: timedelta) -> int:
    """Forget codes that were used or have expired for long."""
    old = select(EmailCheck).where(col(EmailCheck.expires_at) <= clock.wall() - keep)
    rows = session.exec(old).all()
    for row in rows:
        session.delete(row)
    return len(rows)


def _end(session: Session, provider: Provider, row: Evidence) -> datetime | None:
    """When the document stops counting: its own end, or when it grows too old for some tier."""
    if row.state not in {"shown", "accepted"}:
        return None
    _, rules = rulebook.current(session)
    age = vetting.oldest(rules, Standing(provider.standing), row.kind)
    ends = [row.valid_to, None if age is None else row.valid_from + age]
    return min((each for each in ends if each is not None), default=None)


def _warn(session: Session, clock: Clock, rng: Rng, provider: Provider, row: Evidence, end: datetime) -> None:
    days = max(1, (end - clock.now()).days)
    payload = {
        "provider_id": provider.id,
        "evidence_id": row.id,
        "kind": row.kind,
        "ends_at": log.rfc3339(end),
        "days": days,
    }
    log.append(
        session,
        clock,
        "evidence.expiring",
        row.id,
        payload,
        markings.owner_only(session, provider.organisation_id),
    )
    if files.address(provider):
        language = mail.language_for(provider.nation)
        params = {
            "kind": EvidenceKind(row.kind).label(language),
            "issuer": row.issuer,
            "date": end.date().isoformat(),
            "days": days,
        }
        to = files.address(provider)
        mail.queue(
            session,
            clock,
            rng,
            to=to,
            template="evidence_expiring",
            params=params,
            language=language,
            about=row.id,
            mode=REAL,
        )
