"""Tables of the capacity ledger: what there is of each resource, slot by slot, and who holds it.

Only `catalog.capacity.ledger` writes here, and `wholes` the ceilings of what has no time. What a slot is says
`catalog.capacity.rules`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from catalog.capacity.rules import Span
from catalog.promise.signed import Signed
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word
from space_hub.vocabulary.phases import Phase


class ResourceKind(Word, of="resource_kind"):
    OFFERING = "offering"
    AGREEMENT = "agreement"
    CIVIL = "civil"
    """The share of an agreement that civil and humanitarian use may hold as protected."""
    QUOTA = "quota"
    MONEY = "money"


class ReservationKind(Word, of="reservation_kind"):
    FIRM = "firm"
    HOLD = "hold"
    """Until a stated moment; it ends by itself unless it is confirmed before."""


class ReservationState(Word, of="reservation_state"):
    HELD = "held"
    ENDED = "ended"


class ReservationEvent(Word, of="reservation_event"):
    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"
    PRE_EMPTED = "pre_empted"
    REPLANNED = "replanned"


ENDINGS = (
    ReservationEvent.RELEASED,
    ReservationEvent.EXPIRED,
    ReservationEvent.PRE_EMPTED,
    ReservationEvent.REPLANNED,
)
_ENDS = text(f"kind IN ({', '.join(repr(each.value) for each in ENDINGS)})")
_OVERDUE = text("kind = 'hold' AND state = 'held'")


class CapacityResource(SQLModel, table=True):
    """What capacity is counted of: an offering in one phase, an agreement, a quota, money; and in which slots."""

    __tablename__ = "capacity_resource"
    __table_args__ = (one_of("kind", *ResourceKind), one_of("bucket", *Span))

    resource: str = Field(primary_key=True, max_length=80)
    kind: str = Field(max_length=10)
    bucket: str = Field(max_length=5)
    unit: str = Field(max_length=30)


class CapacityBucket(SQLModel, table=True):
    """One slot of one resource, in parts; the check is the guard."""

    __tablename__ = "capacity_bucket"
    __table_args__ = (CheckConstraint("committed >= 0 AND committed <= capacity", name="within_capacity"),)

    resource: str = Field(primary_key=True, max_length=80, foreign_key="capacity_resource.resource")
    slot: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    capacity: int = Field(sa_type=BIG)
    committed: int = Field(sa_type=BIG)


class CapacityReservation(SQLModel, table=True):
    """So many parts of each slot from `first_slot` to `last_slot`, for one subject."""

    __tablename__ = "capacity_reservation"
    __table_args__ = (
        CheckConstraint("parts > 0", name="something"),
        CheckConstraint("last_slot >= first_slot", name="slots"),
        CheckConstraint("(kind = 'hold') = (expires_at IS NOT NULL)", name="hold_ends"),
        one_of("kind", *ReservationKind),
        one_of("state", *ReservationState),
        UniqueConstraint("subject", "resource"),
        Index("ix_capacity_reservation_slots", "resource", "first_slot"),
        Index("ix_capacity_reservation_overdue", "expires_at", sqlite_where=_OVERDUE, postgresql_where=_OVERDUE),
    )

    id: str = Field(primary_key=True)
    resource: str = Field(max_length=80)
    subject: str = Field(max_length=80)
    """The agreement or the option of a call-off that holds it; one holds a resource once."""
    first_slot: int = Field(sa_type=BIG)
    last_slot: int = Field(sa_type=BIG)
    parts: int = Field(sa_type=BIG)
    kind: str = Field(max_length=5)
    expires_at: datetime | None = None
    state: str = Field(max_length=5)


class CapacityEntry(SQLModel, table=True):
    """History of a reservation: taken once, ended at most once."""

    __tablename__ = "capacity_entry"
    __table_args__ = (
        UniqueConstraint("reservation_id", "kind"),
        one_of("kind", *ReservationEvent),
        Index("ix_capacity_entry_end", "reservation_id", unique=True, sqlite_where=_ENDS, postgresql_where=_ENDS),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    reservation_id: str = Field(foreign_key="capacity_reservation.id")
    kind: str = Field(max_length=10)
    from_slot: int = Field(sa_type=BIG)
    """First slot that it concerns: a release leaves the slots that are already used up."""
    reason: str = Field(max_length=60)
    at: datetime


class PreemptionRow(Signed, table=True):
    """One decision to take from others, with the whole list that was judged."""

    __tablename__ = "preemption"
    __table_args__ = (one_of("phase", *Phase),)

    id: str = Field(primary_key=True)
    call_off_id: str = Field(foreign_key="call_off.id", index=True)
    """Of whoever asked."""
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    phase: str = Field(max_length=10)
    order: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    order_sha256: str = Field(max_length=64)


class Preempted(SQLModel, table=True):
    """A call-off that fell; it falls once."""

    __tablename__ = "preempted"

    preemption_id: str = Field(primary_key=True, foreign_key="preemption.id")
    call_off_id: str = Field(primary_key=True, foreign_key="call_off.id", unique=True)
    parts: int = Field(sa_type=BIG)
    first_slot: int = Field(sa_type=BIG)
    last_slot: int = Field(sa_type=BIG)
    compensation: str = Field(max_length=40)
    currency: str = Field(max_length=3)


class ReplanRow(Signed, table=True):
    """What became of a resource of which there was less than was promised."""

    __tablename__ = "replan"

    id: str = Field(primary_key=True)
    resource: str = Field(max_length=80, foreign_key="capacity_resource.resource", index=True)
    cause: str = Field(max_length=20)
    evidence_id: str = Field(max_length=80)
    capacities: dict[str, Any] = Field(sa_type=JSON_TYPE)
    kept: int
    dropped: int
