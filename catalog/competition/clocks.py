"""What time alone does to competitions, written down: quotes are over, a standstill is over.

Every other function computes the state by the clock itself; this is what tells those who wait.
"""

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from catalog.competition import competitions
from catalog.competition.states import State
from catalog.competition.tables import Competition
from space_hub.clock import Clock


def due(session: Session, clock: Clock) -> list[str]:
    """Competitions that the clock has moved and nobody has looked at since."""
    now = clock.now()
    closed = and_(col(Competition.state) == State.OPEN.value, col(Competition.quotes_until) <= now)
    over = and_(col(Competition.state) == State.STANDSTILL.value, col(Competition.standstill_until) <= now)
    return list(session.exec(select(Competition.id).where(or_(closed, over)).order_by(col(Competition.id))).all())


def turn(session: Session, clock: Clock, competition_id: str) -> None:
    competitions.settled(session, clock, competition_id)
