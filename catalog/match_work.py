"""Matches that are made later: rows of work, done by the jobs process, followed and ended by who asked.

The result of the work is the id of the match, of one need or of several together, which is kept as every other.
"""

from datetime import timedelta

from sqlmodel import Session, col, func, select

from catalog import joint_matches
from catalog.demand import requirements
from catalog.joint_matches import Ask
from space_hub.clock import Clock
from space_hub.errors import Conflict
from space_hub.rng import Rng
from space_hub.trust import audit
from space_hub.trust.organisations import Organisation
from space_hub.trust.principal import Principal
from space_hub.work import ledger
from space_hub.work.tables import OPEN, Work, WorkKind

KIND, JOINT = WorkKind.MATCH.value, WorkKind.MATCH_JOINT.value
MOST_OPEN = 10
"""Of one organisation, so that nobody's needs wait for a hundred of somebody else's."""


def start(
    session: Session, clock: Clock, rng: Rng, principal: Principal, requirement_id: str, *, ask_suppliers: bool = False
) -> Work:
    """Queue a match of a requirement of the asker's own. Conflict when the asker has too many under way.

    `ask_suppliers`: the asker's consent that suppliers are asked and told (`catalog.physics`).
    """
    asked = requirements.get(session, principal, requirement_id).id
    _room(session, principal)
    params = {"requirement_id": asked, "ask_suppliers": ask_suppliers}
    work = ledger.start(session, clock, rng, kind=KIND, params=params, principal=principal)
    audit.record(session, clock, principal, "match.ask", work.id, requirement_id=asked)
    return work


def start_joint(session: Session, clock: Clock, rng: Rng, principal: Principal, ask: Ask) -> Work:
    """Queue a joint match of needs that the asker may read; it counts among its matches under way."""
    parties = joint_matches.check(session, principal, ask)
    _room(session, principal)
    params = {"requirement_ids": list(ask.requirement_ids), "joint_buy_id": ask.joint_buy_id}
    work = ledger.start(session, clock, rng, kind=JOINT, params=params, principal=principal)
    audit.record(session, clock, principal, "joint_match.ask", work.id, needs=len(parties))
    return work


def _room(session: Session, principal: Principal) -> None:
    session.get_one(Organisation, principal.organisation_id, with_for_update=True)  # One at a time counts.
    mine = select(func.count()).where(
        col(Work.kind).in_((KIND, JOINT)), Work.organisation_id == principal.organisation_id, col(Work.state).in_(OPEN)
    )
    under_way = session.exec(mine).one()
    if under_way >= MOST_OPEN:
        raise Conflict("catalog.matches_full", open=under_way, most=MOST_OPEN)


def prune(session: Session, clock: Clock, *, keep: timedelta) -> int:
    """Delete such work that ended longer than `keep` ago; how much. The matches stay."""
    ended = select(Work).where(
        col(Work.kind).in_((KIND, JOINT)),
        col(Work.state).not_in(OPEN),
        col(Work.finished_at_wall) < clock.wall() - keep,
    )
    gone = session.exec(ended).all()
    for work in gone:
        session.delete(work)
    session.flush()
    return len(gone)
