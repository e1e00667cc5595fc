"""The ledger of calls: every request to a source is a row, spent before it is made.

The row is committed before the first byte leaves, so that no crash, restart or clock
that jumps back can call twice. What came of the call is written in the transaction
that takes its answer. A row that nobody settles stops the source: the process that
knew the answer is gone, and it may have been a refusal.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, or_, select

from space_hub.awareness.tables import SourceCall
from space_hub.awareness.upstream.answers import TABLES, Answer, Unreachable, fault
from space_hub.awareness.upstream.budget import CLOSED, IN_FLIGHT, REMEMBERED, Outcome, Past, Policy, Verdict, verdict
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.errors import Conflict, NotFound
from space_hub.trust import audit, markings
from space_hub.trust.principal import Principal

_SENT_WITHIN_S = 60.0
"""A process that slept longer between spending and sending sends nothing: its row may have been given up by then."""

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an answer."""

    outcome: Outcome = Outcome.TAKEN
    source_file_id: str | None = None
    code: str = ""
    params: dict[str, object] = field(default_factory=dict)


Take = Callable[[Session, Answer], Taken]
"""Keeps an answer, in the transaction that settles the call."""


def ask(
    database: Database,
    clock: Clock,
    principal: Principal,
    policy: Policy,
    kind: str,
    fetch: Callable[[], Answer],
    take: Take,
    kinds: Collection[str] = TABLES,
) -> Taken:
    """Ask a source once for `kind`, if its rules allow it now.

    Nothing is raised for what the source does wrong: the outcome says it, the row of
    the call keeps it, the log tells a person.
    """
    begun = clock.monotonic()
    number = _spend(database, clock, principal, policy, kind)
    if isinstance(number, Outcome):
        return Taken(number)
    if clock.monotonic() - begun > _SENT_WITHIN_S:
        return _settle(database, clock, principal, policy, number, _unreachable("delayed"))
    try:
        answer = fetch()
    except Unreachable as error:
        return _settle(database, clock, principal, policy, number, _unreachable(str(error)))
    wrong = fault(answer, kinds)
    if wrong is not None:
        code, params = wrong
        return _settle(database, clock, principal, policy, number, Taken(Outcome.STOPPED, None, code, params))
    with database.write() as session:
        taken = take(session, answer)
        _write(session, clock, principal, policy.source, number, taken)
    if taken.outcome is Outcome.REFUSED:
        logger.error("source file refused", source=policy.source, code=taken.code, file=taken.source_file_id)
    return taken


def release(session: Session, clock: Clock, principal: Principal, source: str) -> SourceCall:
    """A person has looked at why the source stopped us; the time between two calls still counts.

    Raises NotFound `source.never_called`, Conflict `source.not_stopped`.
    """
    last = last_call(session, source)
    if last is None:
        raise NotFound("source.never_called", source=source)
    closed = session.exec(
        select(SourceCall)
        .where(SourceCall.source == source, col(SourceCall.outcome).in_(CLOSED))
        .order_by(col(SourceCall.number))
    ).all()
    if not closed:
        raise Conflict("source.not_stopped", source=source, outcome=Outcome(last.outcome))
    for each in closed:
        each.outcome = Outcome.RELEASED.value
        session.add(each)
        audit.record(session, clock, principal, "source.release", source, call=each.number)
    return closed[-1]


def last_call(session: Session, source: str) -> SourceCall | None:
    return session.exec(
        select(SourceCall).where(SourceCall.source == source).order_by(col(SourceCall.number).desc()).limit(1)
    ).first()


def calls(session: Session, limit: int = 100) -> Iterable[SourceCall]:
    """The latest calls, newest first: what an operator looks at."""
    return session.exec(select(SourceCall).order_by(col(SourceCall.spent_at_wall).desc()).limit(limit)).all()


def _spend(database: Database, clock: Clock, principal: Principal, policy: Policy, kind: str) -> int | Outcome:
    """The number of a call that may be made now, its row committed; or TOO_SOON, or STOPPED."""
    try:
        with database.write() as session:
            now = clock.wall()
            judged = verdict(policy, kind, _past(session, policy.source, clock), now)
            if judged is Verdict.LOST:
                _give_up(session, clock, principal, policy.source)
            if judged in (Verdict.LOST, Verdict.CLOSED):
                return Outcome.STOPPED
            if judged is Verdict.WAIT:
                return Outcome.TOO_SOON
            number = 1 + (
                session.exec(select(func.max(SourceCall.number)).where(SourceCall.source == policy.source)).one() or 0
            )
            session.add(
                SourceCall(
                    source=policy.source, number=number, kind=kind, spent_at_wall=now, outcome=Outcome.SPENT.value
                )
            )
    except IntegrityError:
        # Another scheduler has spent the same number in this moment: the call is theirs.
        return Outcome.TOO_SOON
    return number


def _past(session: Session, source: str, clock: Clock) -> list[Past]:
    open_or_recent = or_(
        col(SourceCall.outcome).in_([*CLOSED, Outcome.SPENT.value]),
        col(SourceCall.spent_at_wall) > clock.wall() - REMEMBERED,
    )
    rows = session.exec(
        select(SourceCall.kind, SourceCall.spent_at_wall, SourceCall.settled_at_wall, SourceCall.outcome).where(
            SourceCall.source == source, open_or_recent
        )
    )
    return [Past(*row) for row in rows]


def _give_up(session: Session, clock: Clock, principal: Principal, source: str) -> None:
    """Nobody will write the end of these calls any more, and a refusal may have come: a person must look."""
    old = select(SourceCall).where(
        SourceCall.source == source,
        SourceCall.outcome == Outcome.SPENT.value,
        col(SourceCall.spent_at_wall) <= clock.wall() - IN_FLIGHT,
    )
    for call in session.exec(old).all():
        call.outcome, call.code, call.params = Outcome.UNKNOWN.value, "source.stopped_unknown", {}
        session.add(call)
        _tell(session, clock, principal, call)


def _settle(database: Database, clock: Clock, principal: Principal, policy: Policy, number: int, taken: Taken) -> Taken:
    with database.write() as session:
        _write(session, clock, principal, policy.source, number, taken)
    return taken


def _write(session: Session, clock: Clock, principal: Principal, source: str, number: int, taken: Taken) -> None:
    call = session.get_one(SourceCall, (source, number))
    call.outcome, call.code, call.params = taken.outcome.value, taken.code, dict(taken.params)
    call.settled_at_wall, call.source_file_id = clock.wall(), taken.source_file_id
    session.add(call)
    if taken.outcome is Outcome.STOPPED:
        _tell(session, clock, principal, call)
    elif taken.outcome is Outcome.UNREACHABLE:
        _note(session, clock, principal, call)


def _tell(session: Session, clock: Clock, principal: Principal, call: SourceCall) -> None:
    """Those who run the hub are told that a source waits for a person."""
    payload = {"source": call.source, "number": call.number, "kind": call.kind, "code": call.code, **call.params}
    marking = markings.owner_only(session, principal.organisation_id)
    log.append(session, clock, "source.stopped", call.source, payload, marking)
    _note(session, clock, principal, call)
    logger.error("source stopped", source=call.source, code=call.code, **call.params)


def _note(session: Session, clock: Clock, principal: Principal, call: SourceCall) -> None:
    action = f"source.{call.outcome}"
    audit.record(session, clock, principal, action, call.source, call=call.number, code=call.code, **call.params)


def _unreachable(reason: str) -> Taken:
    return Taken(Outcome.UNREACHABLE, None, "source.unreachable", {"reason": reason})
