"""Which adapter reaches which supplier.

A supplier without a door is asked by nobody: it reads its orders and reports
their status itself.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, select

from providers.adapters import simulated
from providers.adapters.base import Adapter
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.db import JSON_TYPE, Database, one_of
from space_hub.errors import Invalid, NotFound
from space_hub.trust import audit
from space_hub.trust.principal import Principal

ADAPTERS: dict[str, Callable[[Database, Clock], Adapter]] = {simulated.NAME: simulated.SimulatedSupplier}


class SupplierDoor(SQLModel, table=True):
    """How one supplier is reached, and how the last attempts went."""

    __tablename__ = "supplier_door"
    __table_args__ = (one_of("state", "open", "failing", "held", "closed"),)

    provider_id: str = Field(primary_key=True, foreign_key="provider.id")
    adapter: str = Field(max_length=40)
    url: str | None = Field(default=None, max_length=2000)
    """None for an adapter that needs none."""
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=JSON_TYPE)
    """What this supplier's adapter must know: the product map, a filter of collections, the size of a page."""
    credential: str | None = None
    """Sent to the supplier; no answer of ours ever shows it."""
    state: str = Field(default="open", max_length=10)
    failures: int = 0
    last_started_at: datetime | None = None
    last_done_at: datetime | None = None
    next_at: datetime | None = Field(default=None, index=True)
    """When its offerings are listed again; None: never."""
    etag: str | None = Field(default=None, max_length=200)
    listing_sha256: str | None = Field(default=None, max_length=64)
    """Of the last listing that was taken: the same again changes nothing."""
    at: datetime


class SyncReport(SQLModel, table=True):
    """What one listing of a supplier brought. Rows are added, and pruned by age."""

    __tablename__ = "sync_report"
    __table_args__ = (one_of("outcome", "changed", "same", "held", "failed"),)

    id: str = Field(primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    started_at: datetime
    finished_at: datetime
    outcome: str = Field(max_length=10)
    listed: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    refused: int = 0
    error_code: str | None = Field(default=None, max_length=80)
    refusals: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON_TYPE)
    """The first 500: {reference, line, code, params}."""


def open_door(session: Session, clock: Clock, principal: Principal, provider_id: str, adapter: str) -> SupplierDoor:
    """Let `adapter` speak for a provider: the provider's own choice, or broker staff's."""
    statement = select(Provider).where(Provider.id == provider_id)
    if not principal.is_broker_staff:
        statement = statement.where(Provider.organisation_id == principal.organisation_id)
    if session.exec(statement).first() is None:
        raise NotFound("providers.unknown", provider_id=provider_id)
    if adapter not in ADAPTERS:
        raise Invalid("providers.adapter_unknown", given=adapter, known=", ".join(sorted(ADAPTERS)))
    door = session.get(SupplierDoor, provider_id) or SupplierDoor(
        provider_id=provider_id, adapter=adapter, at=clock.now()
    )
    door.adapter, door.at = adapter, clock.now()
    session.add(door)
    audit.record(session, clock, principal, "provider.door", provider_id, adapter=adapter)
    session.flush()
    return door


def has_door(session: Session, provider_id: str) -> bool:
    return session.get(SupplierDoor, provider_id) is not None


def adapter_of(database: Database, clock: Clock, provider_id: str) -> Adapter | None:
    """The adapter that reaches this provider, None when there is no door. Opens no transaction that lasts."""
    with database.read() as session:
        door = session.get(SupplierDoor, provider_id)
        name = None if door is None else door.adapter
    return None if name is None else ADAPTERS[name](database, clock)
