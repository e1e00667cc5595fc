"""Tables of what is called off and ordered.

Quantities, prices and statuses are kept as `catalog.promise.tables` keeps them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from catalog.ordering.delivery_rules import DeliveryState
from catalog.ordering.fallback import MOST_OPTIONS
from catalog.ordering.sla import Metric
from catalog.promise.lifecycle import CallOffStatus
from catalog.promise.signed import Signed
from space_hub.db import BIG, JSON_TYPE, one_of
from space_hub.text import Word
from space_hub.vocabulary.phases import Phase


class CallOffKind(Word, of="call_off_kind"):
    ARCHIVE = "archive"
    """What exists already: it takes no capacity."""
    TASKING = "tasking"
    SERVICE = "service"


class CallOffMethod(Word, of="call_off_method"):
    DIRECT = "direct"
    COMPETITION = "competition"


class Purpose(Word, of="use_purpose"):
    DEFENCE = "defence"
    CIVIL = "civil"
    HUMANITARIAN = "humanitarian"


class OptionState(Word, of="option_state"):
    READY = "ready"
    TRYING = "trying"
    WON = "won"
    LOST = "lost"
    CANCELLED = "cancelled"
    PRE_EMPTED = "pre_empted"
    DOUBT = "doubt"
    """Nobody knows whether the supplier has it; a person finds out."""


class CallOff(SQLModel, table=True):
    """A nation's decision to use what its pool is assured, by a named contracting authority."""

    __tablename__ = "call_off"
    __table_args__ = (
        one_of("status", *CallOffStatus),
        one_of("kind", *CallOffKind),
        one_of("method", *CallOffMethod),
        one_of("purpose", *Purpose),
        CheckConstraint("authority_name <> '' AND authority_office <> ''", name="decided_by_somebody"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    organisation_id: str = Field(foreign_key="organisation.id", index=True)
    kind: str = Field(max_length=10)
    method: str = Field(max_length=12)
    competition_id: str | None = None
    purpose: str = Field(max_length=12)
    policy: dict[str, Any] | None = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    """How its options are tried (`catalog.ordering.fallback.Policy`); null where there is one and no other way."""
    parts_per_day: int = Field(sa_type=BIG)
    window_from: datetime
    window_to: datetime
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    parameters: dict[str, Any] = Field(sa_type=JSON_TYPE)
    area: Any = Field(default=None, sa_type=JSON_TYPE, nullable=True)
    won_option: int | None = None
    won_at: datetime | None = None
    look_at: datetime | None = Field(default=None, index=True)
    """When its options are looked at again though no supplier said anything."""
    status: str = Field(max_length=10, index=True)
    created_at: datetime


class CallOffOption(SQLModel, table=True):
    """One of a call-off's ranked ways: an agreement with the terms that held when it was decided.

    A supplier sees its own order, never the rank or another option.
    """

    __tablename__ = "call_off_option"
    __table_args__ = (
        CheckConstraint(f"rank BETWEEN 1 AND {MOST_OPTIONS}", name="known_rank"),
        one_of("phase", *Phase),
        one_of("state", *OptionState),
        UniqueConstraint("call_off_id", "agreement_id"),
    )

    call_off_id: str = Field(primary_key=True, foreign_key="call_off.id")
    rank: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    agreement_id: str = Field(foreign_key="agreement.id", index=True)
    parts_per_slot: int = Field(sa_type=BIG)
    phase: str = Field(max_length=10)
    """The phase of the pool at the moment of the decision: its terms apply."""
    unit_price: str = Field(max_length=30)
    currency: str = Field(max_length=3)
    total_price: str = Field(max_length=40)
    priority: int
    reservation_id: str | None = Field(default=None, foreign_key="capacity_reservation.id")
    civil_reservation_id: str | None = Field(default=None, foreign_key="capacity_reservation.id")
    quota_reservation_id: str | None = Field(default=None, foreign_key="capacity_reservation.id")
    state: str = Field(max_length=10)
    fee: str = Field(default="0", max_length=30)


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
    DOUBT = "doubt"
    """Nothing by itself: a person finds out whether the supplier has the order."""
    CLOSED = "closed"


class SupplyOrder(SQLModel, table=True):
    """What goes to the supplier for one option of a call-off, and where it stands. Its id is the key the supplier sees.

    `step` is what the hub does next; `status` is what the supplier last said (STAPI's
    codes), empty until it said anything, with its own word in `raw`.
    """

    __tablename__ = "supply_order"
    __table_args__ = (
        one_of("step", *OrderStep),
        ForeignKeyConstraint(["call_off_id", "rank"], ["call_off_option.call_off_id", "call_off_option.rank"]),
        UniqueConstraint("call_off_id", "rank"),
        Index("ix_supply_order_due", "step", "due_at_wall"),
        Index(
            "ix_supply_order_leased",
            "leased_until_wall",
            sqlite_where=text("lease IS NOT NULL"),
            postgresql_where=text("lease IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    call_off_id: str
    rank: int
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
    answer_due_at: datetime | None = None
    fee: str | None = Field(default=None, max_length=30)
    """What the supplier charged beside the price, written once at the end; in the currency of the option."""
    cancel_asked_at: datetime | None = None
    cancel_refused_at: datetime | None = None
    ended_at: datetime | None = None
    """When the hub learnt that it is over; what was delivered may still have to be fetched."""
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


class AttemptKind(Word, of="attempt_kind"):
    FIND = "find"
    PLACE = "place"
    STATUS = "status"
    CANCEL = "cancel"
    DELIVERIES = "deliveries"


class AttemptOutcome(Word, of="attempt_outcome"):
    ANSWERED = "answered"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


class OrderAttempt(SQLModel, table=True):
    """One call to a supplier, written before it is made: a row without an outcome may have arrived."""

    __tablename__ = "order_attempt"
    __table_args__ = (one_of("kind", *AttemptKind), one_of("outcome", *AttemptOutcome))

    order_id: str = Field(primary_key=True, foreign_key="supply_order.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(max_length=10)
    begun_at_wall: datetime
    ended_at_wall: datetime | None = None
    outcome: str | None = Field(default=None, max_length=10)
    code: str = Field(default="", max_length=100)
    fee: str | None = Field(default=None, max_length=40)
    """What the answer says is charged beside the price, in all so far: amount and currency."""


class Delivery(SQLModel, table=True):
    """What a supplier delivered for an order, and whether it was accepted."""

    __tablename__ = "delivery"
    __table_args__ = (one_of("state", *DeliveryState), UniqueConstraint("order_id", "supplier_reference"))

    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="supply_order.id")
    number: int
    supplier_reference: str = Field(max_length=200)
    parts: int = Field(sa_type=BIG)
    supplier_at: datetime | None = None
    noted_at: datetime
    latency_s: int | None = Field(default=None, sa_type=BIG)
    links: list[dict[str, Any]] = Field(sa_type=JSON_TYPE)
    quality: dict[str, Any] = Field(sa_type=JSON_TYPE)
    state: str = Field(max_length=10)
    acceptance_due_at: datetime = Field(index=True)
    reason: str = Field(default="", max_length=1000)


class DeliveryFault(SQLModel, table=True):
    """A delivery that the supplier names and that could not be taken, as it stood at the last look."""

    __tablename__ = "delivery_fault"

    order_id: str = Field(primary_key=True, foreign_key="supply_order.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    supplier_reference: str | None = Field(default=None, max_length=200)
    code: str = Field(max_length=100)
    params: dict[str, Any] = Field(sa_type=JSON_TYPE)
    at: datetime


class DeliveryEntry(Signed, table=True):
    __tablename__ = "delivery_entry"

    delivery_id: str = Field(primary_key=True, foreign_key="delivery.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    event: str = Field(max_length=10)
    state: str = Field(max_length=10)
    reason: str = Field(default="", max_length=1000)


class ServiceCredit(SQLModel, table=True):
    """What a supplier gives back of an order's price because it did not keep one metric."""

    __tablename__ = "service_credit"
    __table_args__ = (one_of("metric", *Metric),)

    order_id: str = Field(primary_key=True, foreign_key="supply_order.id")
    metric: str = Field(primary_key=True, max_length=14)
    measured: str = Field(max_length=40)
    promised: str = Field(max_length=40)
    share: str = Field(max_length=20)
    amount: str = Field(max_length=40)
    currency: str = Field(max_length=3)
    at: datetime
