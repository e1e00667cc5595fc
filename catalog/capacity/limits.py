"""What replans have left of a resource: it bounds every call-off after them, until another one raises or lifts it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from catalog.capacity.tables import ReplanRow


@dataclass(frozen=True, slots=True)
class Limits:
    """Stretches of slots with what is left of each, the newest first; None of them is a limit lifted."""

    stretches: Sequence[tuple[int, int, int | None]]

    def bound(self, slot: int, parts: int) -> int:
        """`parts`, or what is left of them in `slot`."""
        for first, last, left in self.stretches:
            if first <= slot <= last:
                return parts if left is None else min(parts, left)
        return parts


NONE = Limits(())


def of(session: Session, resource: str) -> Limits:
    rows = session.exec(
        select(ReplanRow.capacities)
        .where(ReplanRow.resource == resource)
        .order_by(col(ReplanRow.at).desc(), col(ReplanRow.id).desc())
    ).all()
    return Limits(tuple((each["first"], each["last"], each["left"]) for each in rows))
