"""The number that says how new the shelf is.

Whoever changes what the shelf shows (an offering, a provider's status, a
clearance, a consent) takes the next number as the last statement of its
transaction and writes it on what changed; a reader that holds a copy pulls the
rows above its own number. The one row is held until the commit, so numbers
appear in the order of commits on both databases.
"""

from sqlalchemy import update
from sqlmodel import Session, col, select

from providers.tables import ShelfState


def bump(session: Session) -> int:
    """Take the next number."""
    taken = update(ShelfState).where(col(ShelfState.id) == 1).values(generation=ShelfState.generation + 1)
    number: int = session.execute(taken.returning(col(ShelfState.generation))).scalar_one()
    return number


def current(session: Session) -> int:
    """The number of the last change that was committed."""
    return session.exec(select(ShelfState.generation).where(ShelfState.id == 1)).one()
