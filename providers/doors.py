"""Which adapter reaches which supplier.

A supplier without a door is asked by nobody: it reads its orders and reports
their status itself.
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, select

from providers.adapters import simulated
from providers.adapters.base import Adapter
from providers.tables import Provider
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Invalid, NotFound
from space_hub.trust import audit
from space_hub.trust.principal import Principal

ADAPTERS: dict[str, Callable[[Database, Clock], Adapter]] = {simulated.NAME: simulated.SimulatedSupplier}


class SupplierDoor(SQLModel, table=True):
    __tablename__ = "supplier_door"

    provider_id: str = Field(primary_key=True, foreign_key="provider.id")
    adapter: str = Field(max_length=40)
    at: datetime


def open_door(session: Session, clock: Clock, principal: Principal, provider_id: str, adapter: str) -> SupplierDoor:
    """Let `adapter` speak for a provider: the provider's own choice, or broker staff's."""
    statement = select(Provider).where(Provider.id == provider_id)
    if "broker:verify" not in principal.scopes:
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
