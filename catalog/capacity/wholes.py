"""Ceilings of resources without time: a nation's quota, the money of a lot.

What is taken of them goes through `catalog.capacity.ledger` like a day of a satellite. Here only their
ceilings move, by UPDATE and never by a value that was read before: `committed <= capacity` refuses a ceiling
below what is used, whoever used it a moment ago.
"""

from sqlalchemy import Table, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel

from catalog.capacity import ledger
from catalog.capacity.rules import Bucket, Span
from catalog.capacity.tables import CapacityBucket, ResourceKind
from space_hub.db import upsert

SLOT = 0
"""The only one that such a resource has."""

_B: Table = SQLModel.metadata.tables["capacity_bucket"]
_GUARD = "within_capacity"


def ensure(session: Session, resource: str, kind: ResourceKind, unit: str) -> None:
    """Let `resource` be counted as a whole, with nothing in it; no change where it already is."""
    ledger.count_of(session, resource, kind, Span.WHOLE, unit)
    empty = {"resource": resource, "slot": SLOT, "capacity": 0, "committed": 0}
    session.connection().execute(upsert(session, CapacityBucket).values(empty).on_conflict_do_nothing())


def set_ceiling(session: Session, resource: str, capacity: int) -> bool:
    """Make `capacity` the ceiling; False, and nothing done, where more is in use."""
    return _write(session, resource, {"capacity": capacity})


def raise_by(session: Session, resource: str, parts: int) -> bool:
    """Move the ceiling by `parts`, down where it is negative; False, and nothing done, where more is in use."""
    return _write(session, resource, {"capacity": _B.c.capacity + parts})


def of(session: Session, resource: str) -> Bucket:
    return ledger.buckets(session, resource, SLOT, SLOT).get(SLOT, Bucket(0))


def _write(session: Session, resource: str, values: dict[str, object]) -> bool:
    try:
        with session.begin_nested():
            session.connection().execute(update(_B).where(_B.c.resource == resource, _B.c.slot == SLOT).values(values))
    except IntegrityError as error:
        if _GUARD not in str(error.orig):
            raise
        return False
    return True
