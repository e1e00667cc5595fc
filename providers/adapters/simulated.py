"""A supplier that does not exist, for demonstrations and tests: orders are answered on the clock.

It keeps its own book (`simulated_order`) and survives restarts like a real one.
An order is received when placed, accepted after one second and completed after
two, on hub time; then it was delivered in two halves. Words after plus signs in
the offering's reference choose another course: `providers.adapters.courses`.

Placing the same `our_reference` again is the same order. A completed order
cannot be cancelled.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel, select

from providers.adapters.base import (
    Answer,
    Capabilities,
    Delivered,
    FeasibilityAsk,
    Listing,
    OrderAsk,
    OrderState,
    OrderStatus,
    Quote,
    Repeats,
    Tier,
)
from providers.adapters.courses import Course, Fate, fate, words
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Conflict, NotFound, Unavailable

NAME = "simulated"

ACCEPTED_AFTER = timedelta(seconds=1)
ENDED_AFTER = timedelta(seconds=2)
LATE_BY = timedelta(days=1)

WORDS = {
    "NEW": OrderStatus.RECEIVED,
    "CONFIRMED": OrderStatus.ACCEPTED,
    "DECLINED": OrderStatus.REJECTED,
    "DELIVERED": OrderStatus.COMPLETED,
    "ABORTED": OrderStatus.FAILED,
    "LAPSED": OrderStatus.EXPIRED,
    "REVOKED": OrderStatus.CANCELLED,
    "CANCELLED BY CUSTOMER": OrderStatus.USER_CANCELLED,
}
"""The supplier's own words, as every supplier has them, and what they mean."""

_ENDS = {
    Course.COMPLETES: "DELIVERED",
    Course.REJECTS: "DECLINED",
    Course.FAILS: "ABORTED",
    Course.EXPIRES: "LAPSED",
    Course.REVOKES: "REVOKED",
}


class SimulatedOrder(SQLModel, table=True):
    __tablename__ = "simulated_order"

    our_reference: str = Field(primary_key=True, max_length=80)
    provider_reference: str = Field(max_length=40, unique=True)
    offering_reference: str = Field(max_length=100)
    course: str = Field(max_length=20)
    quantity: float
    placed_at: datetime
    cancelled_at: datetime | None = None
    placings: int = 1
    """How often the order arrived: more than one after a lost answer or a crash, and still one order."""


def word_at(fate: Fate, since: timedelta, cancelled: bool = False) -> str:
    """What the supplier says of an order `since` after it was placed. Pure."""
    if cancelled:
        return "CANCELLED BY CUSTOMER"
    if fate.course is Course.REJECTS:
        return _ENDS[fate.course] if since >= ACCEPTED_AFTER else "NEW"
    if since >= ended_after(fate) and fate.course in _ENDS:
        return _ENDS[fate.course]
    return "CONFIRMED" if since >= ACCEPTED_AFTER else "NEW"


def ended_after(fate: Fate) -> timedelta:
    return ENDED_AFTER + (LATE_BY if fate.late else timedelta())


@dataclass(frozen=True, slots=True)
class SimulatedSupplier:
    """Implements `providers.adapters.base.Adapter` over its own table."""

    database: Database
    clock: Clock

    @property
    def name(self) -> str:
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            Tier.ORDERS,
            feasibility=True,
            quote=True,
            order=True,
            status=True,
            cancel=True,
            find=True,
            deliveries=True,
            repeats=Repeats.KEY,
        )

    def list_offerings(self) -> Listing:
        """It lists none, and does not claim that there are none: they are published like anyone's."""
        return Listing(complete=False)

    def feasibility(self, ask: FeasibilityAsk) -> Quote:
        _reach(ask.offering_reference)
        answer = Answer.INFEASIBLE if Course.REJECTS in words(ask.offering_reference) else Answer.FEASIBLE
        quantity = 0.0 if answer is Answer.INFEASIBLE else ask.quantity
        valid_until = self.clock.now() + timedelta(hours=1)
        return Quote(f"SIM-Q-{ask.offering_reference}", answer, quantity, None, valid_until)

    def quote(self, ask: FeasibilityAsk) -> Quote:
        return self.feasibility(ask)

    def order(self, ask: OrderAsk) -> OrderState:
        _reach(ask.offering_reference)
        drawn = fate(ask.offering_reference, ask.our_reference)
        with self.database.write() as session:
            row = session.get(SimulatedOrder, ask.our_reference)
            known = row is not None
            if row is None:
                digest = hashlib.sha256(ask.our_reference.encode()).hexdigest()
                row = SimulatedOrder(
                    our_reference=ask.our_reference,
                    provider_reference=f"SIM-{digest[:16].upper()}",
                    offering_reference=ask.offering_reference,
                    course=drawn.course.value,
                    quantity=ask.quantity,
                    placed_at=self.clock.now(),
                )
            else:
                row.placings += 1
            session.add(row)
            state = self._state(row)
        if drawn.loses_answer and not known:
            raise Unavailable("simulated.answer_lost")
        return state

    def status(self, provider_reference: str) -> OrderState:
        with self.database.read() as session:
            return self._state(_known(session, provider_reference))

    def find(self, our_reference: str) -> OrderState | None:
        with self.database.read() as session:
            row = session.get(SimulatedOrder, our_reference)
            return None if row is None else self._state(row)

    def cancel(self, provider_reference: str) -> OrderState:
        with self.database.write() as session:
            row = _known(session, provider_reference)
            state = self._state(row)
            if state.status is OrderStatus.COMPLETED:
                raise Conflict("simulated.already_delivered", reference=provider_reference)
            if state.status is OrderStatus.ACCEPTED and _fate(row).binds:
                raise Conflict("simulated.binding", reference=provider_reference)
            if state.status in (OrderStatus.RECEIVED, OrderStatus.ACCEPTED):
                row.cancelled_at = self.clock.now()
                session.add(row)
            return self._state(row)

    def deliveries(self, provider_reference: str) -> tuple[Delivered, ...]:
        with self.database.read() as session:
            row = _known(session, provider_reference)
            if self._state(row).status is not OrderStatus.COMPLETED:
                return ()
            done = ended_after(_fate(row))
            return tuple(
                Delivered(
                    f"{row.provider_reference}-{number}",
                    row.quantity / 2,
                    row.placed_at + done,
                    (done - ACCEPTED_AFTER).total_seconds(),
                )
                for number in (1, 2)
            )

    def _state(self, row: SimulatedOrder) -> OrderState:
        """What it says of `row` now; the fee is owed for cancelling what had been accepted."""
        _reach(row.offering_reference)
        now, drawn = self.clock.now(), _fate(row)
        cancelled_after = None if row.cancelled_at is None else row.cancelled_at - row.placed_at
        word = word_at(drawn, now - row.placed_at, cancelled_after is not None)
        status = WORDS[word]
        delivered = row.quantity if status is OrderStatus.COMPLETED else None
        charged = cancelled_after is not None and cancelled_after >= ACCEPTED_AFTER
        fee = drawn.fee(row.quantity) if charged else None
        return OrderState(row.provider_reference, status, word, at=now, quantity_delivered=delivered, fee=fee)


def _reach(offering_reference: str) -> None:
    if "silent" in words(offering_reference):
        raise Unavailable("simulated.silent")


def _fate(row: SimulatedOrder) -> Fate:
    return fate(row.offering_reference, row.our_reference)


def _known(session: Session, provider_reference: str) -> SimulatedOrder:
    found = select(SimulatedOrder).where(SimulatedOrder.provider_reference == provider_reference)
    row = session.exec(found).first()
    if row is None:
        raise NotFound("simulated.order_unknown", reference=provider_reference)
    return row
