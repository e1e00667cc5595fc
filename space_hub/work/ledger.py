"""Start, claim, renew and end pieces of work, so that each is done once.

`api` starts work and `jobs` does it; they know only these rows. A claim gives a
lease in real time and a token. Whoever let the lease run out finds the token
grown and is refused in the very transaction in which it wants to write: a
process that was paused cannot overwrite what its successor did.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from space_hub.clock import Clock
from space_hub.errors import Conflict, NotFound
from space_hub.rng import Rng
from space_hub.trust.principal import Principal
from space_hub.work.tables import OPEN, Work, WorkState

MAX_LOSSES = 3


def start(
    session: Session,
    clock: Clock,
    rng: Rng,
    *,
    kind: str,
    params: dict[str, Any],
    principal: Principal,
    slot: str | None = None,
) -> Work:
    """Queue a piece of work. For a `slot` that exists already, the work that holds it is returned instead."""
    work = Work(
        id=rng.scope(principal.organisation_id, "work").id("wrk"),
        kind=kind,
        slot=slot,
        params=params,
        organisation_id=principal.organisation_id,
        key_id=principal.key_id,
        created_at=clock.now(),
        created_at_wall=clock.wall(),
    )
    if slot is None:
        session.add(work)
        session.flush()
        return work
    # Two tickers may want the same slot at the same moment: the unique constraint decides, without an error.
    row = {name: getattr(work, name) for name in Work.model_fields}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.connection().execute(insert(Work).values(**row).on_conflict_do_nothing())
    return session.exec(select(Work).where(Work.kind == kind, Work.slot == slot)).one()


def claim(
    session: Session, clock: Clock, rng: Rng, *, holder: str, kinds: Iterable[str], lease_s: int = 60
) -> Work | None:
    """The oldest piece of work that is free or whose lease has run out, now held by `holder`; None if there is none.

    Of the same moment the kind decides and then the slot: ids are drawn in one row for all
    organisations, so that an order by them would tell one how much there was to do for another.

    Work that has cost three leases is failed (`work.poisoned`), so that what
    ends every worker does not end them for ever.
    """
    del rng  # Claims draw nothing; the argument keeps the four functions alike.
    while True:
        wall = clock.wall()
        expired = and_(col(Work.state) == WorkState.RUNNING.value, col(Work.lease_until_wall) <= wall)
        work = session.exec(
            select(Work)
            .where(col(Work.kind).in_(list(kinds)), or_(col(Work.state) == WorkState.QUEUED.value, expired))
            .order_by(col(Work.created_at_wall), col(Work.kind), col(Work.slot), col(Work.id))
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).first()
        if work is None:
            return None
        if work.state == WorkState.RUNNING:
            work.losses += 1
        work.token += 1
        if work.cancel_asked:
            _end(session, clock, work, WorkState.CANCELLED)
        elif work.losses >= MAX_LOSSES:
            work.error_code, work.error_params = "work.poisoned", {"times": work.losses}
            _end(session, clock, work, WorkState.FAILED)
        else:
            work.state, work.holder = WorkState.RUNNING.value, holder
            work.started_at_wall = work.started_at_wall or wall
            work.lease_s, work.lease_until_wall = lease_s, wall + timedelta(seconds=lease_s)
            session.add(work)
            session.flush()
            return work


def renew(session: Session, clock: Clock, work: Work, done: int, total: int, note: str = "") -> bool:
    """Extend the lease and tell the progress; True when somebody asked to cancel. Conflict on a stale token."""
    held = fence(session, work)
    held.done, held.total, held.note = done, total, note[:200]
    held.lease_until_wall = clock.wall() + timedelta(seconds=held.lease_s)
    session.add(held)
    session.flush()
    return held.cancel_asked


def fence(session: Session, work: Work) -> Work:
    """The row of `work`, locked until the end of the transaction; Conflict `work.lease_lost` on a stale token.

    A handler calls this in the transaction in which it writes its result.
    """
    held = session.exec(
        select(Work).where(Work.id == work.id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if held is None or held.token != work.token or held.state != WorkState.RUNNING:
        raise Conflict("work.lease_lost", work_id=work.id)
    return held


def finish(session: Session, clock: Clock, work: Work, result: dict[str, Any]) -> None:
    held = fence(session, work)
    held.result = result
    held.done = held.total
    _end(session, clock, held, WorkState.DONE)


def fail(session: Session, clock: Clock, work: Work, code: str, params: dict[str, Any]) -> None:
    """End it with the code and the parameters of a sentence in the message catalogue."""
    held = fence(session, work)
    held.error_code, held.error_params = code, params
    _end(session, clock, held, WorkState.FAILED)


def give_up(session: Session, clock: Clock, work: Work) -> None:
    """End it as cancelled, by its holder."""
    _end(session, clock, fence(session, work), WorkState.CANCELLED)


def put_back(session: Session, work: Work) -> None:
    """Return it to the queue because its worker is being stopped; that is not a loss."""
    held = fence(session, work)
    held.state, held.holder, held.lease_until_wall = WorkState.QUEUED.value, None, None
    session.add(held)
    session.flush()


def cancel(session: Session, clock: Clock, principal: Principal, work_id: str) -> Work:
    """Ask for the end of a piece of work of the asker's organisation: at once if queued, else at its next renewal."""
    work = get(session, principal, work_id, lock=True)
    if work.state not in OPEN:
        raise Conflict("work.over", work_id=work_id, state=WorkState(work.state))
    work.cancel_asked = True
    if work.state == WorkState.QUEUED:
        _end(session, clock, work, WorkState.CANCELLED)
    session.add(work)
    session.flush()
    return work


def get(session: Session, principal: Principal, work_id: str, *, lock: bool = False) -> Work:
    """A piece of work of the asker's organisation; `admin` sees every one."""
    statement = select(Work).where(Work.id == work_id)
    if "admin" not in principal.scopes:
        statement = statement.where(Work.organisation_id == principal.organisation_id)
    found = session.exec(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotFound("work.unknown", work_id=work_id)
    return found


def prune(session: Session, clock: Clock, *, keep: timedelta, prefix: str) -> int:
    """Delete work in slots of this `prefix` that ended longer than `keep` ago; the latest slot of a kind stays."""
    old = session.exec(
        select(Work).where(
            col(Work.slot).startswith(prefix),
            col(Work.state).not_in(OPEN),
            col(Work.finished_at_wall) < clock.wall() - keep,
        )
    ).all()
    latest = {kind: last_slot(session, kind, prefix) for kind in {work.kind for work in old}}
    gone = [work for work in old if work.slot != latest[work.kind]]
    for work in gone:
        session.delete(work)
    session.flush()
    return len(gone)


def anything_open(session: Session, clock: Clock, kinds: Iterable[str]) -> bool:
    """Whether `claim` would find something; a look that takes no lock."""
    expired = and_(col(Work.state) == WorkState.RUNNING.value, col(Work.lease_until_wall) <= clock.wall())
    found = session.exec(
        select(Work.id)
        .where(col(Work.kind).in_(list(kinds)), or_(col(Work.state) == WorkState.QUEUED.value, expired))
        .limit(1)
    ).first()
    return found is not None


def last_slot(session: Session, kind: str, prefix: str = "") -> str | None:
    """The greatest slot of `kind`, which for slots named by time is the latest."""
    return session.exec(
        select(Work.slot)
        .where(Work.kind == kind, col(Work.slot).is_not(None), col(Work.slot).startswith(prefix))
        .order_by(col(Work.slot).desc())
        .limit(1)
    ).first()


def _end(session: Session, clock: Clock, work: Work, state: WorkState) -> None:
    work.state = state.value
    work.finished_at_wall = clock.wall()
    work.holder, work.lease_until_wall = None, None
    session.add(work)
    session.flush()
