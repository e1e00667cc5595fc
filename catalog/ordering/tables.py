"""Tables of what is called off and ordered.

Quantities, prices and statuses are kept as `catalog.promise.tables` keeps them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE
from space_hub.text import Word


class CallOff(SQLModel, table=True):
    """A planner's use of an agreement, decided by a named contracting authority."""

    __tablename__ = "call_off"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'cancelling', 'cancelled', 'completed', 'failed')", name="known_status"),
        CheckConstraint("authority_name <> '' AND authority_office <> ''", name="decided_by_somebody"),
    )

    id: str = Field(primary_key=True)
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    parts_per_day: int = Field(sa_type=BIG)
    window_from: datetime
    window_to: datetime
    phase: str = Field(max_length=10)
    """The phase of the pool at the moment of the decision: its terms apply."""
    unit_price: str = Field(max_length=30)
    currency: str = Field(max_length=3)
    total_price: str = Field(max_length=40)
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    parameters: dict[str, Any] = Field(sa_type=JSON_TYPE)
    area: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    reservation_id: str = Field(foreign_key="capacity_reservation.id")
    status: str = Field(max_length=10, index=True)
    created_at: datetime


class CallOffEntry(SQLModel, table=True):
    __tablename__ = "call_off_entry"
    __table_args__ = (UniqueConstraint("call_off_id", "number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    call_off_id: str = Field(foreign_key="call_off.id")
    number: int
    status: str = Field(max_length=10)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    authority_name: str = Field(default="", max_length=200)
    authority_office: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=500)
    at: datetime


class OrderStep(Word, of="order_step"):
    """What the hub does next with an order."""

    PLACE = "place"
    FOLLOW = "follow"
    CANCEL = "cancel"
    CLOSED = "closed"


class SupplyOrder(SQLModel, table=True):
    """What goes to the supplier for a call-off, and where it stands. Its id is the key the supplier sees.

    `step` is what the hub does next; `status` is what the supplier last said (STAPI's
    codes), empty until it said anything, with its own word in `raw`.
    """

    __tablename__ = "supply_order"
    __table_args__ = (
        CheckConstraint("step IN ('place', 'follow', 'cancel', 'closed')", name="known_step"),
        Index("ix_supply_order_due", "step", "due_at_wall"),
    )

    id: str = Field(primary_key=True)
    call_off_id: str = Field(foreign_key="call_off.id", unique=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    step: str = Field(max_length=10)
    status: str | None = Field(default=None, max_length=20)
    raw: str = Field(default="", max_length=200)
    provider_reference: str | None = Field(default=None, max_length=200)
    attempts: int = 0
    """Calls in a row that gave no answer."""
    problem: str = Field(default="", max_length=100)
    """Code of the last failure to reach the supplier; empty after an answer."""
    due_at_wall: datetime
    lease: str | None = Field(default=None, max_length=40)
    leased_until_wall: datetime | None = None
    created_at: datetime


class OrderStatusEntry(SQLModel, table=True):
    __tablename__ = "order_status_entry"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    order_id: str = Field(foreign_key="supply_order.id")
    number: int
    status: str = Field(max_length=20)
    raw: str = Field(max_length=200)
    reason: str = Field(max_length=500)
    supplier_at: datetime | None = None
    """The supplier's own time: kept, never trusted."""
    at: datetime
