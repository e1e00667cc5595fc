"""An alliance to prove things on: some nations in one pool, one supplier, one agreement for peace and crisis.

In peace call-offs have a low importance and give way; in a crisis, which is declared for some nations
alone, they are important and may take from others. A tenth is for civil and humanitarian use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from catalog.capacity.rules import PARTS
from catalog.framework import quotas
from catalog.ordering import call_offs
from catalog.ordering.call_offs import CallOffAsk, Placed
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.clauses import Refund
from catalog.promise.lifecycle import AgreementEvent
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Supplier
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.rng import Rng
from space_hub.trust import organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import Money, money
from space_hub.vocabulary.phases import Phase

PEACE_LEVEL, CRISIS_LEVEL = 9, 2
REFUND = Refund(Decimal("0.8"))
FLOOR = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Alliance:
    database: Database
    clock: Clock
    rng: Rng
    nations: dict[str, Principal]
    supplier: Supplier
    pool_id: str
    lot_id: str
    agreement_id: str

    @property
    def lead(self) -> Principal:
        return next(iter(self.nations.values()))

    def days(self, first: int, count: int = 1) -> Interval:
        """From `first` days after today on, that many whole days."""
        start = _midnight(self.clock) + timedelta(days=first)
        return Interval(start, start + timedelta(days=count))

    def ask(self, parts: int, window: Interval, **more: Any) -> CallOffAsk:
        return CallOffAsk(((self.agreement_id, parts),), window, **more)

    def place(self, nation: str, parts: int, window: Interval, **more: Any) -> Placed:
        with self.database.write() as session:
            return call_offs.place(
                *(session, self.clock, self.rng, self.nations[nation], self.ask(parts, window, **more), AUTHORITY)
            )

    def declare(self, phase: Phase, nations: Sequence[str]) -> None:
        with self.database.write() as session:
            pools.declare(
                *(session, self.clock, self.rng, self.lead, self.pool_id),
                phase=phase,
                since=None,
                reason="proof",
                authority=AUTHORITY,
                nations=nations,
            )

    def grant(self, nation: str, parts: int) -> None:
        """A quota of this year."""
        with self.database.write() as session:
            quotas.grant(
                *(session, self.clock, self.lead, self.lot_id, self.nations[nation].organisation_id),
                year=self.clock.now().year,
                parts=parts,
                authority=AUTHORITY,
            )


def found(
    database: Database,
    clock: Clock,
    rng: Rng,
    nations: Sequence[str] = ("FR", "DE", "PL"),
    *,
    capacity: int = 100,
    days: int = 30,
    simulated: bool = False,
    ceiling: Money | None = None,
) -> Alliance:
    """`capacity` units of each day, the same in crisis: who is in one then takes from who is not."""
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng, offered=10.0 * capacity, simulated=simulated)
        principals = {
            nation: supply.principal(session, clock, rng, OrganisationKind.NATION, nation, f"Ministry {nation}")
            for nation in nations
        }
        lead, *others = principals.values()
        pool = pools.create(
            *(session, clock, rng, lead),
            name="Alliance",
            authority=AUTHORITY,
            mission_area=MissionArea.IMAGERY,
            opened=pools.Openness(suppliers=False),
            frame=_frame(clock, ceiling),
        )
        for member in others:
            pools.invite(session, clock, lead, pool.id, member.organisation_id)
            pools.join(session, clock, member, pool.id)
        agreement_id = _signed(session, clock, rng, lead, supplier, pool.id, capacity, days)
        lot_id = pools.first_lot(session, pool.id)
    return Alliance(database, clock, rng, principals, supplier, pool.id, lot_id, agreement_id)


def _signed(
    session: Session,
    clock: Clock,
    rng: Rng,
    lead: Principal,
    supplier: Supplier,
    pool_id: str,
    capacity: int,
    days: int,
) -> str:
    def terms(level: int, price: str, *, can_pre_empt: bool) -> PhaseTerms:
        return PhaseTerms(
            *(capacity * PARTS, timedelta(), money(price, "EUR"), level),
            civil_floor=FLOOR,
            preemptible=True,
            can_pre_empt=can_pre_empt,
            refund=REFUND,
        )

    midnight = _midnight(clock)
    drafted = agreements.draft(
        *(session, clock, rng, lead),
        pool_id=pool_id,
        offering_id=supplier.offering_id,
        period=Interval(midnight, midnight + timedelta(days=days)),
        terms={
            Phase.PEACE: terms(PEACE_LEVEL, "12.50", can_pre_empt=False),
            Phase.CRISIS: terms(CRISIS_LEVEL, "20", can_pre_empt=True),
        },
    )
    agreements.step(session, clock, rng, supplier.principal, drafted.id, AgreementEvent.OFFER)
    agreements.step(session, clock, rng, lead, drafted.id, AgreementEvent.SIGN, AUTHORITY)
    return drafted.id


def _frame(clock: Clock, ceiling: Money | None) -> pools.Frame:
    start = _midnight(clock)
    period = None if ceiling is None else Interval(start, start + timedelta(days=365))
    return pools.Frame(capability="imagery.optical", ceiling=ceiling, period=period)


def _midnight(clock: Clock) -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
