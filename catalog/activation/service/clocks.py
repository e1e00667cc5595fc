"""The clock of activations: what was missed is written down, whoever looks and whenever.

The entry of a miss carries the second that was missed. Two processes that look at once
write it once, for each activation is dealt with under its own lock, and in a transaction
of its own: one that cannot be dealt with holds up no other.
"""

import structlog
from sqlmodel import col, select

from catalog.activation import evidence
from catalog.activation.rules import turn as missed
from catalog.activation.service import book, telling
from catalog.activation.tables import ActivationRow
from catalog.exercise import running
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Unavailable
from space_hub.rng import Rng
from space_hub.trust.principal import HUB

_AT_ONCE = 200

reports = structlog.get_logger()


def turn(database: Database, clock: Clock, rng: Rng, limit: int = _AT_ONCE) -> bool:
    """Deal with the activations whose next clock has passed, and tell of evidence that counts now; whether any was."""
    with database.read() as session:
        due = session.exec(
            select(ActivationRow.id)
            .where(col(ActivationRow.next_due_at) < clock.now())
            .order_by(col(ActivationRow.next_due_at), col(ActivationRow.id))
            .limit(limit)
        ).all()
        untold = evidence.anything_to_tell(session, clock)
    done = sum([_look(database, clock, activation_id) for activation_id in due])
    if untold:
        with database.write() as session:
            done += evidence.tell_holders(session, clock)
    return done > 0


def _look(database: Database, clock: Clock, activation_id: str) -> bool:
    try:
        with database.write() as session:
            row = session.exec(select(ActivationRow).where(ActivationRow.id == activation_id).with_for_update()).one()
            before = book.read(session, row)
            after = missed(before, running.measured_until(session, row.mode, clock.now()))
            added = book.write(session, clock, HUB, row, before, after)
            telling.tell(session, clock, HUB, row, book.parties(session, row), after, added)
    except Unavailable:
        raise
    except Exception as error:
        # The others have clocks too; this one is met again at the next turn.
        reports.error("activation_clock_failed", activation=activation_id, exc_info=error)
        return False
    return True
