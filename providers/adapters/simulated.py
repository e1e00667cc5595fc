"""A supplier that does not exist, for demonstrations and tests: orders are answered on the clock.

It keeps its own book (`simulated_order`) and survives restarts like a real one.
An order is received when placed, accepted after one second and completed after
two, on hub time. A word after a plus sign in the offering's reference chooses
another course, for example `SAR-1+rejects`:

* `rejects`, `fails`, `expires`, `revokes`: the order ends that way;
* `holds`: it is accepted and never completed;
* `loses_answer`: the first placing is written down and its answer is lost;
* `silent`: the supplier cannot be reached.

Placing the same `our_reference` again is the same order. A completed order
cannot be cancelled.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, select

from providers.adapters.base import (
    Answer,
    Capabilities,
    FeasibilityAsk,
    Listing,
    OrderAsk,
    OrderState,
    OrderStatus,
    Quote,
    Tier,
)
from space_hub.clock import Clock
from space_hub.db import Database
from space_hub.errors import Conflict, NotFound, Unavailable

NAME = "simulated"

ACCEPTED_AFTER = timedelta(seconds=1)
ENDED_AFTER = timedelta(seconds=2)


class Course(StrEnum):
    COMPLETES = "completes"
    REJECTS = "rejects"
    FAILS = "fails"
    EXPIRES = "expires"
    REVOKES = "revokes"
    HOLDS = "holds"
    LOSES_ANSWER = "loses_answer"
    SILENT = "silent"


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
    Course.LOSES_ANSWER: "DELIVERED",
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


def course_of(offering_reference: str) -> Course:
    """The course named after a plus sign; without one the order completes."""
    _, _, word = offering_reference.rpartition("+")
    return Course(word) if word in set(Course) and "+" in offering_reference else Course.COMPLETES


def word_at(course: Course, since: timedelta, cancelled: bool) -> str:
    """What the supplier says of an order `since` after it was placed. Pure."""
    if cancelled:
        return "CANCELLED BY CUSTOMER"
    if course is Course.REJECTS:
        return _ENDS[course] if since >= ACCEPTED_AFTER else "NEW"
    if since >= ENDED_AFTER and course in _ENDS:
        return _ENDS[course]
    return "CONFIRMED" if since >= ACCEPTED_AFTER else "NEW"


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
        return Capabilities(Tier.ORDERS, feasibility=True, quote=True, order=True, status=True, cancel=True)

    def list_offerings(self) -> Listing:
        """It lists none, and does not claim that there are none: they are published like anyone's."""
        return Listing(complete=False)

    def feasibility(self, ask: FeasibilityAsk) -> Quote:
        course = self._reached(ask.offering_reference)
        answer = Answer.INFEASIBLE if course is Course.REJECTS else Answer.FEASIBLE
        quantity = 0.0 if answer is Answer.INFEASIBLE else ask.quantity
        valid_until = self.clock.now() + timedelta(hours=1)
        return Quote(f"SIM-Q-{ask.offering_reference}", answer, quantity, None, valid_until)

    def quote(self, ask: FeasibilityAsk) -> Quote:
        return self.feasibility(ask)

    def order(self, ask: OrderAsk) -> OrderState:
        course = self._reached(ask.offering_reference)
        with self.database.write() as session:
            row = session.get(SimulatedOrder, ask.our_reference)
            known = row is not None
            if row is None:
                digest = hashlib.sha256(ask.our_reference.encode()).hexdigest()
                row = SimulatedOrder(
                    our_reference=ask.our_reference,
                    provider_reference=f"SIM-{digest[:16].upper()}",
                    offering_reference=ask.offering_reference,
                    course=course.value,
                    quantity=ask.quantity,
                    placed_at=self.clock.now(),
                )
            else:
                row.placings += 1
            session.add(row)
            state = self._state(row)
        if course is Course.LOSES_ANSWER and not known:
            raise Unavailable("simulated.answer_lost")
        return state

    def status(self, provider_reference: str) -> OrderState:
        with self.database.read() as session:
            row = self._find(session, provider_reference)
            self._reached(row.offering_reference)
            return self._state(row)

    def cancel(self, provider_reference: str) -> OrderState:
        with self.database.write() as session:
            row = self._find(session, provider_reference)
            self._reached(row.offering_reference)
            state = self._state(row)
            if state.status is OrderStatus.COMPLETED:
                raise Conflict("simulated.already_delivered", reference=provider_reference)
            if state.status in (OrderStatus.RECEIVED, OrderStatus.ACCEPTED):
                row.cancelled_at = self.clock.now()
                session.add(row)
            return self._state(row)

    def _reached(self, offering_reference: str) -> Course:
        course = course_of(offering_reference)
        if course is Course.SILENT:
            raise Unavailable("simulated.silent")
        return course

    def _state(self, row: SimulatedOrder) -> OrderState:
        now = self.clock.now()
        word = word_at(Course(row.course), now - row.placed_at, row.cancelled_at is not None)
        status = WORDS[word]
        delivered = row.quantity if status is OrderStatus.COMPLETED else None
        return OrderState(row.provider_reference, status, word, at=now, quantity_delivered=delivered)

    @staticmethod
    def _find(session: Session, provider_reference: str) -> SimulatedOrder:
        row = session.exec(
            select(SimulatedOrder).where(SimulatedOrder.provider_reference == provider_reference)
        ).first()
        if row is None:
            raise NotFound("simulated.order_unknown", reference=provider_reference)
        return row
