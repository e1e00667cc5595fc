"""Tables of the promise: pools, agreements, the capacity ledger, call-offs, orders, outages, supply at risk.

Quantities are whole parts of a thousandth of the capacity unit (`catalog.capacity.rules`).
Prices are kept as decimal text beside their currency: SQLite has no exact decimal
type and would round them through a float. Every status repeats the last row of
its history, for joins.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from space_hub.db import BIG, JSON_TYPE
from space_hub.text import Word


class Pool(SQLModel, table=True):
    """Nations that buy together under a lead, whose named authority contracts."""

    __tablename__ = "pool"

    id: str = Field(primary_key=True)
    name: str = Field(max_length=200)
    lead_organisation_id: str = Field(foreign_key="organisation.id", index=True)
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    mission_area: str = Field(max_length=20)
    open_to_suppliers: bool
    created_at: datetime


class PoolMember(SQLModel, table=True):
    __tablename__ = "pool_member"
    __table_args__ = (CheckConstraint("status IN ('invited', 'joined', 'left')", name="known_status"),)

    pool_id: str = Field(primary_key=True, foreign_key="pool.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    status: str = Field(max_length=10)


class PoolMemberEntry(SQLModel, table=True):
    """One change of a membership."""

    __tablename__ = "pool_member_entry"
    __table_args__ = (UniqueConstraint("pool_id", "organisation_id", "number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    pool_id: str = Field(foreign_key="pool.id")
    organisation_id: str = Field(foreign_key="organisation.id")
    number: int
    event: str = Field(max_length=10)
    status: str = Field(max_length=10)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    at: datetime


class PhaseDeclaration(SQLModel, table=True):
    """Who declared which phase for a pool, since when. The last one that has begun is in force."""

    __tablename__ = "phase_declaration"
    __table_args__ = (
        CheckConstraint("phase IN ('peace', 'crisis', 'conflict')", name="known_phase"),
        UniqueConstraint("pool_id", "number"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    number: int
    phase: str = Field(max_length=10)
    since: datetime
    reason: str = Field(max_length=500)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    authority_name: str = Field(max_length=200)
    authority_office: str = Field(max_length=200)
    at: datetime


class Agreement(SQLModel, table=True):
    """Assured access of a pool to one version of one offering; its content never changes."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'offered', 'signed', 'ended', 'withdrawn')", name="known_status"),
        CheckConstraint("period_to > period_from", name="period"),
    )

    id: str = Field(primary_key=True)
    pool_id: str = Field(foreign_key="pool.id", index=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    offering_id: str = Field(foreign_key="offering.id", index=True)
    version_id: str = Field(foreign_key="offering_version.id", index=True)
    version_sha256: str = Field(max_length=64)
    """Content of the version when it was agreed: a later edit cannot reach what was promised."""
    period_from: datetime
    period_to: datetime
    unit: str = Field(max_length=30)
    price_unit: str = Field(max_length=30)
    status: str = Field(max_length=10, index=True)
    created_by_id: str = Field(foreign_key="organisation.id")
    created_at: datetime


class AgreementTerms(SQLModel, table=True):
    """The promise for one phase (`catalog.promise.access.PhaseTerms`)."""

    __tablename__ = "agreement_terms"
    __table_args__ = (
        CheckConstraint("phase IN ('peace', 'crisis', 'conflict')", name="known_phase"),
        CheckConstraint("parts_per_day > 0", name="some_capacity"),
        CheckConstraint("priority BETWEEN 1 AND 15", name="known_priority"),
        CheckConstraint("exclusivity IN ('none', 'area_time', 'full')", name="known_exclusivity"),
    )

    agreement_id: str = Field(primary_key=True, foreign_key="agreement.id")
    phase: str = Field(primary_key=True, max_length=10)
    parts_per_day: int = Field(sa_type=BIG)
    notice_s: int = Field(sa_type=BIG)
    unit_price: str = Field(max_length=30)
    currency: str = Field(max_length=3)
    priority: int
    exclusivity: str = Field(max_length=10)
    civil_floor: str = Field(max_length=20)


class AgreementEntry(SQLModel, table=True):
    """One step of an agreement: whose side, and for the buyer the authority that decided."""

    __tablename__ = "agreement_entry"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("status <> 'signed' OR authority_name <> ''", name="signed_by_somebody"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    agreement_id: str = Field(foreign_key="agreement.id")
    number: int
    event: str = Field(max_length=10)
    status: str = Field(max_length=10)
    side: str = Field(max_length=10)
    by_organisation_id: str = Field(foreign_key="organisation.id")
    authority_name: str = Field(default="", max_length=200)
    authority_office: str = Field(default="", max_length=200)
    at: datetime


class CapacityBucket(SQLModel, table=True):
    """One UTC day of one resource, in parts. Only `catalog.capacity.ledger` writes here; the check is the guard."""

    __tablename__ = "capacity_bucket"
    __table_args__ = (CheckConstraint("committed >= 0 AND committed <= capacity", name="within_capacity"),)

    resource: str = Field(primary_key=True, max_length=80)
    day: date = Field(primary_key=True)
    capacity: int = Field(sa_type=BIG)
    committed: int = Field(sa_type=BIG)


class CapacityReservation(SQLModel, table=True):
    """So many parts of each day from `first_day` to `last_day`, for one subject."""

    __tablename__ = "capacity_reservation"
    __table_args__ = (
        CheckConstraint("parts > 0", name="something"),
        CheckConstraint("last_day >= first_day", name="days"),
        UniqueConstraint("subject", "resource"),
        Index("ix_capacity_reservation_days", "resource", "first_day"),
    )

    id: str = Field(primary_key=True)
    resource: str = Field(max_length=80)
    subject: str = Field(max_length=80)
    """The agreement or call-off that holds it; one holds a resource once."""
    first_day: date
    last_day: date
    parts: int = Field(sa_type=BIG)


class CapacityEntry(SQLModel, table=True):
    """History of a reservation: taken once, given back at most once."""

    __tablename__ = "capacity_entry"
    __table_args__ = (
        UniqueConstraint("reservation_id", "kind"),
        CheckConstraint("kind IN ('reserved', 'released')", name="known_kind"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    reservation_id: str = Field(foreign_key="capacity_reservation.id")
    kind: str = Field(max_length=10)
    from_day: date
    """First day that it concerns: a release leaves the days that are already used up."""
    reason: str = Field(max_length=60)
    at: datetime


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


class Outage(SQLModel, table=True):
    """Somebody said that an asset does not work."""

    __tablename__ = "outage"
    __table_args__ = (CheckConstraint("severity IN ('degraded', 'lost')", name="known_severity"),)

    id: str = Field(primary_key=True)
    asset_id: str = Field(foreign_key="asset.id", index=True)
    reported_by_id: str = Field(foreign_key="organisation.id")
    severity: str = Field(max_length=10)
    description: str = Field(max_length=1000)
    began_at: datetime
    expected_end_at: datetime | None = None
    closed_at: datetime | None = None
    marking_id: str = Field(foreign_key="marking.id", index=True)
    created_at: datetime


class OfferingRisk(SQLModel, table=True):
    """An offering rests on an asset to which something happened; closed when that is over."""

    __tablename__ = "offering_risk"
    __table_args__ = (
        UniqueConstraint("offering_id", "asset_id", "cause", "evidence_id", "episode", name="uq_offering_risk_once"),
        CheckConstraint("cause IN ('conjunction', 'decay', 'outage')", name="known_cause"),
    )

    id: str = Field(primary_key=True)
    offering_id: str = Field(foreign_key="offering.id", index=True)
    asset_id: str = Field(foreign_key="asset.id", index=True)
    object_id: str | None = Field(default=None, foreign_key="space_object.id")
    cause: str = Field(max_length=12)
    evidence_id: str = Field(max_length=80)
    """The conjunction, the object or the outage."""
    episode: int
    """The same evidence can threaten again after it was over."""
    evidence_marking_id: str = Field(foreign_key="marking.id")
    """Who may know the evidence may know the risk, nobody else."""
    detail: dict[str, Any] = Field(sa_type=JSON_TYPE)
    since: datetime
    opened_by: int = Field(sa_type=BIG)
    """The log entry that showed it, so that an older entry, read again, changes nothing."""
    closed_at: datetime | None = Field(default=None, index=True)
    closed_by: int | None = Field(default=None, sa_type=BIG)


class RiskNotice(SQLModel, table=True):
    """An organisation was told of a risk: once, and later that it is over."""

    __tablename__ = "risk_notice"

    risk_id: str = Field(primary_key=True, foreign_key="offering_risk.id")
    organisation_id: str = Field(primary_key=True, foreign_key="organisation.id", index=True)
    told_at: datetime
    payload: dict[str, Any] = Field(sa_type=JSON_TYPE)
    recovered_told_at: datetime | None = None
