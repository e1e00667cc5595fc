"""Call-offs among suppliers that fail and charge, in virtual time; judged by the suppliers' own books.

The suppliers are the simulated ones: of 100 orders 30 end badly, and cancelling what was accepted costs
20 % of the list price. The second is a day late when it delivers, the third cannot be cancelled once it
has accepted. What the hub says that a call-off came to is compared with what stands in the book of each
supplier, order by order, to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS
from catalog.ordering import accounts, call_offs, claiming, orders
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.fallback import Overlap, Policy, SuccessAt, Way
from catalog.ordering.tables import CallOff, SupplyOrder
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.lifecycle import AgreementEvent
from jobs import migrations
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Supplier
from providers.adapters.courses import UNIT_PRICE, Fate, fate
from providers.adapters.simulated import ACCEPTED_AFTER, SimulatedOrder, ended_after
from space_hub import db
from space_hub.clock import Clock, ManualClock
from space_hub.db import Database
from space_hub.rng import Rng, SeededRng
from space_hub.trust import organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase

REFERENCES = ("W-1+fails30+charges20", "W-2+fails30+charges20+late", "W-3+fails30+charges20+late+binds")
BATCH = 40
DAY = timedelta(days=1)

_START = datetime(2024, 11, 2, 8, 30, tzinfo=UTC)
_SOON = 8
"""Seconds after which only those that are late by a day have not ended."""


class Trial(Enum):
    """Which options are tried how."""

    SINGLE = "single"
    SEQUENTIAL = "sequential_of_3"
    RACING = "racing_of_2"


EXPECTED = {Trial.SINGLE: 0.7, Trial.SEQUENTIAL: 1 - 0.3**3, Trial.RACING: 1 - 0.3**2}


@dataclass(slots=True)
class Tally:
    """What some call-offs of one trial came to; `wrong` counts those whose account is not what the books say."""

    call_offs: int = 0
    orders: int = 0
    won: int = 0
    paid: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    surplus: Decimal = Decimal(0)
    wrong: int = 0
    ledger_faults: int = 0

    def add(self, other: "Tally") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def campaign(trial: str, count: int, seed: int) -> dict[str, Any]:
    """`count` call-offs of one trial on a database of their own, in values that pass between processes."""
    with TemporaryDirectory(prefix="space-hub-fallback-") as name:
        database = db.connect(f"sqlite:///{Path(name) / 'hub.sqlite'}")
        event.listen(database.engine, "connect", _careless)
        migrations.upgrade(database)
        clock, rng = ManualClock(_START), SeededRng(seed)
        lead, agreement_ids = ways(database, clock, rng, REFERENCES)
        tally = Tally()
        while tally.call_offs < count:
            tally.add(
                _batch(database, clock, rng, Trial(trial), lead, agreement_ids, min(BATCH, count - tally.call_offs))
            )
        with database.read() as session:
            tally.ledger_faults = len(ledger.faults(session))
        database.engine.dispose()
    return {"trial": trial, **{each.name: getattr(tally, each.name) for each in fields(tally)}}


def ways(
    database: Database, clock: Clock, rng: Rng, references: Sequence[str], *, simulated: bool = True
) -> tuple[Principal, list[str]]:
    """A nation's pool and a signed agreement with a supplier for each reference, at the list price."""
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Nation")
        pool = pools.create(
            session,
            clock,
            rng,
            lead,
            name="Proof pool",
            authority=AUTHORITY,
            mission_area=MissionArea.IMAGERY,
            opened=pools.Openness(suppliers=True),
        )
        suppliers = [
            supply.supplier(
                session, clock, rng, name=f"Supplier {each}", reference=each, offered=1e6, simulated=simulated
            )
            for each in references
        ]
        return lead, [_signed(session, clock, rng, lead, pool.id, each) for each in suppliers]


def _signed(session: Session, clock: Clock, rng: Rng, lead: Principal, pool_id: str, seller: Supplier) -> str:
    drafted = agreements.draft(
        session,
        clock,
        rng,
        lead,
        pool_id=pool_id,
        offering_id=seller.offering_id,
        period=Interval(clock.now() - DAY, clock.now() + 1500 * DAY),
        terms={Phase.PEACE: PhaseTerms(500_000 * PARTS, timedelta(), UNIT_PRICE)},
    )
    agreements.step(session, clock, rng, seller.principal, drafted.id, AgreementEvent.OFFER)
    agreements.step(session, clock, rng, lead, drafted.id, AgreementEvent.SIGN, AUTHORITY)
    return drafted.id


def ask(clock: Clock, agreement_ids: Sequence[str], policy: Policy | None, quantity: int = 1) -> CallOffAsk:
    """So many units of the day after tomorrow, by these ways."""
    start = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + 2 * DAY
    return CallOffAsk(
        tuple((each, quantity * PARTS) for each in agreement_ids), Interval(start, start + DAY), policy=policy
    )


def _batch(
    database: Database,
    clock: ManualClock,
    rng: Rng,
    trial: Trial,
    lead: Principal,
    agreement_ids: list[str],
    count: int,
) -> Tally:
    placed = []
    for number in range(count):
        until = clock.now() + 20 * DAY
        tried, policy = _policy(trial, agreement_ids, number, until)
        with database.write() as session:
            asked = ask(clock, tried, policy, 1 + number % 3)
            placed.append(call_offs.place(session, clock, rng, lead, asked, AUTHORITY).call_off.id)
    second = 0
    while _due(database) is not None:
        while orders.drive(database, clock, rng):
            pass
        second += 1
        clock.advance(timedelta(seconds=1) if second % _SOON else DAY)
    tally = Tally()
    with database.read() as session:
        for call_off_id in placed:
            _judge(session, clock, tally, session.get_one(CallOff, call_off_id))
    return tally


def _policy(trial: Trial, agreement_ids: list[str], number: int, until: datetime) -> tuple[Sequence[str], Policy]:
    first, second, third = agreement_ids
    one_by_one = Policy(Way.SEQUENTIAL, 1, SuccessAt.COMPLETED, until, Overlap.NEVER, money("0", "EUR"))
    if trial is Trial.SINGLE:
        return agreement_ids[:1], one_by_one
    if trial is Trial.SEQUENTIAL:
        return agreement_ids, one_by_one
    race = Policy(Way.RACING, 2, SuccessAt.COMPLETED, until, Overlap.NEVER, money("1000", "EUR"))
    return [first, third if number % 4 == 0 else second], race


def _judge(session: Session, clock: Clock, tally: Tally, call_off: CallOff) -> None:
    account = accounts.statement(session, call_off).account
    rows = session.exec(
        select(SupplyOrder, SimulatedOrder)
        .join(SimulatedOrder, SimulatedOrder.our_reference == SupplyOrder.id)  # type: ignore[arg-type]
        .where(SupplyOrder.call_off_id == call_off.id)
    ).all()
    owed = sum((_owed(book, clock) for _, book in rows), Decimal(0))
    tally.call_offs += 1
    tally.orders += len(rows)
    tally.won += account.success
    tally.paid += account.paid
    tally.fees += account.fees
    tally.surplus += account.surplus
    tally.wrong += account.total != owed or account.pending != () or any(book.placings != 1 for _, book in rows)


def _owed(book: SimulatedOrder, clock: Clock) -> Decimal:
    """What the supplier would write on its bill, from its own book and the course that it drew. Not the hub's sums."""
    drawn: Fate = fate(book.offering_reference, book.our_reference)
    if book.cancelled_at is not None:
        fee = drawn.fee(book.quantity)
        return fee.amount if fee is not None and book.cancelled_at - book.placed_at >= ACCEPTED_AFTER else Decimal(0)
    delivered = drawn.course == "completes" and clock.now() >= book.placed_at + ended_after(drawn)
    return UNIT_PRICE.amount * Decimal(str(book.quantity)) if delivered else Decimal(0)


def _due(database: Database) -> datetime | None:
    with database.read() as session:
        return claiming.due_at(session)


def _careless(connection: Any, _record: object) -> None:
    """Nothing is killed here: what the machine would lose with its power is not asked for."""
    connection.execute("PRAGMA synchronous=OFF")
