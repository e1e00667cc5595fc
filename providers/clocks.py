"""Late answers rise: to the deputy when one is due, to the head a working day later, to the broker after three.

Every level is a row of history, an event and a letter. Due times never move
because somebody is late, and a clock that stands still raises nothing.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from providers import offices, submissions
from providers.desk_tables import Submission
from providers.submissions import State
from providers.working_days import add_working_days
from space_hub.clock import Clock
from space_hub.rng import Rng

LEVELS = (0, 1, 3)
"""Working days after the due time at which levels 1, 2 and 3 are reached."""


def level_at(due_at: datetime, now: datetime) -> int:
    """How far an open submission has risen: 0 while it is not due."""
    return sum(now >= add_working_days(due_at, days) for days in LEVELS)


def turn(session: Session, clock: Clock, rng: Rng) -> int:
    """Raise what is late; how many levels were reached."""
    now = clock.now()
    late = select(Submission).where(
        Submission.state == State.OPEN.value, col(Submission.due_at) <= now, Submission.level < len(LEVELS)
    )
    raised = 0
    for row in session.exec(late.order_by(col(Submission.id)).with_for_update()).all():
        for level in range(row.level + 1, level_at(row.due_at, now) + 1):
            row.level = level
            _raise(session, clock, rng, row)
            raised += 1
    return raised


def _raise(session: Session, clock: Clock, rng: Rng, row: Submission) -> None:
    submissions.enter(session, clock, row, submissions.Event(f"late_{row.level}"), "", None)
    office = offices.known(session, row.office_id)
    desk = offices.front_desk(session, clock)
    to = {1: office.deputy_email, 2: office.head_email, 3: desk.officer_email}[row.level]
    submissions.tell_office(session, clock, rng, row, office, "submission_late", to)
    if row.level == 1:
        submissions.tell_asker(session, clock, rng, row, "submission_delayed")
