"""An order is made once, whatever a supplier's interface promises and whenever a worker dies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from catalog.ordering import call_offs, orders
from catalog.ordering.calling import LEASE, Doubt, Known, Later, NeverArrived, next_call
from catalog.ordering.tables import AttemptKind, CallOff, OrderAttempt, OrderStep, SupplyOrder
from catalog.promise.tables import Agreement
from jobs.demo.http_supplier import Book
from jobs.proofs import fallback
from jobs.proofs.supply import AUTHORITY
from providers.adapters.base import Adapter, Capabilities, OrderAsk, OrderState, OrderStatus, Repeats, Tier
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from providers.tables import Provider
from space_hub.clock import ManualClock, SystemClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, NotFound
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from tests.support.suppliers import SILENT, URL, Served, over

OFFERS = [{"reference": "A", "title": "A", "capability": "imagery.optical"}]


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Scene:
    """A call-off of one way, through a door of one kind of repetition to a supplier with a book."""

    database: Database
    clock: ManualClock
    rng: SeededRng
    lead: Principal
    call_off_id: str
    book: Book
    served: Served
    adapter: Adapter
    dies: list[str] = field(default_factory=list)
    """Calls after which the process dies, once each."""

    def drive(self) -> None:
        with suppress(Crash):
            orders.drive(self.database, self.clock, self.rng, adapter_of=lambda *_: self.adapter)

    def follow(self, seconds: int = 180) -> None:
        for _ in range(0, seconds, 2):
            self.drive()
            self.clock.advance(timedelta(seconds=2))

    def cancel(self) -> None:
        with self.database.write() as session:
            orders.cancel(session, self.clock, self.rng, self.lead, self.call_off_id, AUTHORITY, "no longer needed")

    @property
    def order(self) -> SupplyOrder:
        with self.database.read() as session:
            return session.exec(select(SupplyOrder)).one()

    @property
    def state(self) -> tuple[str, str]:
        """Of the call-off and of its option."""
        with self.database.read() as session:
            (option,) = call_offs.options_of(session, self.call_off_id)
            return session.get_one(CallOff, self.call_off_id).status, option.state

    def attempts(self) -> list[tuple[str, str | None]]:
        with self.database.read() as session:
            rows = session.exec(select(OrderAttempt).order_by(col(OrderAttempt.number))).all()
            return [(row.kind, row.outcome) for row in rows]


def scene(database: Database, clock: ManualClock, rng: SeededRng, repeats: Repeats, course: str = "") -> Scene:
    lead, agreements = fallback.ways(database, clock, rng, [f"A{course}"], simulated=False)
    with database.write() as session:
        ask = fallback.ask(clock, agreements, None)
        placed = call_offs.place(session, clock, rng, lead, ask, AUTHORITY).call_off
    book = Book(OFFERS, repeats=repeats)
    served = over(book)
    made = Scene(database, clock, rng, lead, placed.id, book, served, None)  # type: ignore[arg-type]

    class Dying(HttpSupplier):
        def order(self, ask: OrderAsk) -> OrderState:
            with database.read() as session:
                sent = session.exec(select(OrderAttempt).where(OrderAttempt.kind == AttemptKind.PLACE.value)).all()
            assert [each.outcome for each in sent][-1] is None, "the attempt is written before the call is made"
            said = super().order(ask)
            if "order" in made.dies:
                made.dies.remove("order")
                raise Crash
            return said

    made.adapter = Dying(Client(served, URL), {"repeats": repeats.value})
    return made


@pytest.mark.parametrize("lost", ["the answer", "the worker"])
@pytest.mark.parametrize(
    ("repeats", "placings", "looks"), [(Repeats.KEY, 2, 0), (Repeats.LOOKUP, 1, 1), (Repeats.NEVER, 1, 0)]
)
def test_an_unanswered_placing_makes_one_order_through_every_kind_of_door(
    any_database: Database, clock: ManualClock, rng: SeededRng, repeats: Repeats, placings: int, looks: int, lost: str
) -> None:
    """Sabotage seen: the attempt written after the call; every door taken for one of `key`."""
    made = scene(any_database, clock, rng, repeats, "+loses_answer" if lost == "the answer" else "")
    if lost == "the worker":
        made.dies.append("order")
    made.follow()
    ours = made.order.id
    assert (made.book.orders_under(ours), made.book.placings[ours]) == (1, placings)
    assert [kind for kind, _ in made.attempts()].count(AttemptKind.FIND.value) == looks
    if repeats is Repeats.NEVER:
        assert (made.order.step, made.order.problem) == ("doubt", "order.in_doubt")
        assert made.state == ("active", "doubt")
    else:
        assert (made.order.step, made.order.status) == ("closed", "completed")
        assert made.state == ("completed", "won")


def test_what_may_still_be_on_its_way_is_not_looked_for(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """The answer "nothing found" counts only when nobody can be sending any more.

    Sabotage seen: looked for at once; the placing that was still under way and the second one made two orders.
    """
    made = scene(any_database, clock, rng, Repeats.LOOKUP)
    made.served.trouble["orders"] = SILENT
    made.drive()
    assert made.attempts() == [("place", "no_answer")]
    made.served.trouble = {}
    begun = clock.now()
    late = made.served.asked[-1][2]
    made.follow(50)
    assert made.attempts() == [("place", "no_answer")]
    made.book.answer("POST", "/orders", late)  # It was on its way for fifty seconds.
    made.follow(60)
    assert made.attempts()[1] == ("find", "answered")
    with any_database.read() as session:
        looked = session.get_one(OrderAttempt, (made.order.id, 2))
    assert looked.begun_at_wall - begun >= LEASE
    assert (made.book.orders_under(made.order.id), made.book.placings[made.order.id]) == (1, 1)
    assert made.state == ("completed", "won")


def test_what_surely_never_arrived_is_placed_again(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    made = scene(any_database, clock, rng, Repeats.LOOKUP)
    made.served.trouble["orders"] = SILENT
    made.drive()
    made.served.trouble = {}
    made.follow()
    assert [kind for kind, _ in made.attempts()][:3] == ["place", "find", "place"]
    assert made.book.placings[made.order.id] == 1
    assert made.state == ("completed", "won")


@pytest.mark.parametrize("arrived", [True, False])
def test_to_cancel_what_nobody_knows_to_exist_it_is_looked_for_and_not_bought(
    any_database: Database, clock: ManualClock, rng: SeededRng, arrived: bool
) -> None:
    """Sabotage seen: placed again to learn its name, as it was before."""
    made = scene(any_database, clock, rng, Repeats.KEY, "+loses_answer" if arrived else "")
    if not arrived:
        made.served.trouble["orders"] = SILENT
    made.drive()
    made.served.trouble = {}
    made.cancel()
    assert made.state == ("cancelling", "trying")
    made.follow()
    assert made.book.placings[made.order.id] == int(arrived)
    assert [kind for kind, _ in made.attempts()] == ["place", "find", *(["cancel"] if arrived else [])]
    assert made.state == ("cancelled", "cancelled")


@pytest.mark.parametrize("found", [True, False])
def test_a_person_resolves_a_doubt_and_the_order_goes_on(
    any_database: Database, clock: ManualClock, rng: SeededRng, found: bool
) -> None:
    made = scene(any_database, clock, rng, Repeats.NEVER, "+loses_answer")
    made.follow(10)
    with any_database.read() as session:
        told = session.exec(select(LogEntry).where(LogEntry.topic == "order.doubtful")).all()
    assert len(told) == 2
    assert sorted("call_off_id" in entry.payload for entry in told) == [False, True]
    order = made.order
    (known,) = made.book.orders
    resolve: dict[str, Any] = {
        "provider_reference": known if found else None,
        "authority": AUTHORITY,
        "reason": "asked by telephone",
    }
    stranger = Principal("org_x", made.lead.kind, "DE", "key_x", made.lead.scopes)
    with any_database.write() as session, pytest.raises(NotFound):
        orders.resolve_doubt(session, clock, rng, stranger, order.id, **resolve)
    with any_database.write() as session:
        orders.resolve_doubt(session, clock, rng, made.lead, order.id, **resolve)
    with any_database.write() as session, pytest.raises(Conflict, match="not_in_doubt"):
        orders.resolve_doubt(session, clock, rng, made.lead, order.id, **resolve)
    made.follow()
    assert made.book.placings[order.id] == 1
    assert made.state == (("completed", "won") if found else ("failed", "lost"))


def test_an_order_that_is_found_after_its_window_is_cancelled_with_its_supplier(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the window over it was expired here, and its supplier, who had it, was never told."""
    made = scene(any_database, clock, rng, Repeats.NEVER, "+loses_answer")
    made.follow(10)
    (known,) = made.book.orders
    clock.advance(timedelta(days=30))
    with any_database.write() as session:
        orders.resolve_doubt(
            *(session, clock, rng, made.lead, made.order.id),
            provider_reference=known,
            authority=AUTHORITY,
            reason="asked by telephone",
        )
    made.follow()
    assert (made.order.status, made.order.step) == ("user_cancelled", "closed")
    assert made.book.orders[known]["ended"] == "user_cancelled"


def test_the_supplier_itself_may_end_a_doubt(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    made = scene(any_database, clock, rng, Repeats.NEVER, "+loses_answer")
    made.follow(10)
    made.cancel()
    assert made.order.step == OrderStep.DOUBT.value, "nothing can be cancelled that nobody knows of"
    with any_database.write() as session:
        supplier = session.get_one(Provider, made.order.provider_id).organisation_id
        speaks = Principal(supplier, made.lead.kind, "FI", "key_s", made.lead.scopes)
        (known,) = made.book.orders
        said = {"status": OrderStatus.ACCEPTED, "raw": "yes", "reason": "", "provider_reference": known}
        orders.report(session, clock, rng, speaks, made.order.id, **said)  # type: ignore[arg-type]
    made.follow()
    assert made.state == ("cancelled", "cancelled")
    assert made.book.orders[known]["ended"] == "user_cancelled"


KEY = Capabilities(Tier.ORDERS, order=True, find=True, repeats=Repeats.KEY)
BLIND = Capabilities(Tier.ORDERS, order=True, repeats=Repeats.KEY)
LOOKUP = Capabilities(Tier.ORDERS, order=True, find=True, repeats=Repeats.LOOKUP)
NONE = Capabilities(Tier.ORDERS, order=True, repeats=Repeats.NEVER)
AT = SystemClock().wall()


@pytest.mark.parametrize(
    ("step", "sent_s_ago", "in_vain", "can", "expected"),
    [
        (OrderStep.PLACE, None, False, NONE, AttemptKind.PLACE),
        (OrderStep.PLACE, 5, False, KEY, AttemptKind.PLACE),
        (OrderStep.PLACE, 5, False, LOOKUP, Later(AT + timedelta(seconds=55))),
        (OrderStep.PLACE, 60, False, LOOKUP, AttemptKind.FIND),
        (OrderStep.PLACE, 70, True, LOOKUP, AttemptKind.PLACE),
        (OrderStep.PLACE, 900, False, NONE, Doubt()),
        (OrderStep.CANCEL, None, False, NONE, NeverArrived()),
        (OrderStep.CANCEL, 5, False, KEY, Later(AT + timedelta(seconds=55))),
        (OrderStep.CANCEL, 60, False, KEY, AttemptKind.FIND),
        (OrderStep.CANCEL, 70, True, KEY, NeverArrived()),
        (OrderStep.CANCEL, 5, False, BLIND, AttemptKind.PLACE),
        (OrderStep.CANCEL, 5, False, NONE, Doubt()),
    ],
)
def test_the_next_call_of_an_order_without_a_name(
    step: OrderStep, sent_s_ago: int | None, in_vain: bool, can: Capabilities, expected: object
) -> None:
    sent = None if sent_s_ago is None else AT - timedelta(seconds=sent_s_ago)
    assert next_call(Known(step, None, None, sent, in_vain), can, AT) == expected


@pytest.mark.parametrize(
    ("step", "status", "expected"),
    [
        (OrderStep.FOLLOW, OrderStatus.ACCEPTED, AttemptKind.STATUS),
        (OrderStep.FOLLOW, OrderStatus.COMPLETED, AttemptKind.DELIVERIES),
        (OrderStep.CANCEL, OrderStatus.ACCEPTED, AttemptKind.CANCEL),
    ],
)
def test_the_next_call_of_an_order_that_has_a_name(step: OrderStep, status: OrderStatus, expected: object) -> None:
    assert next_call(Known(step, "S-1", status, AT), KEY, AT) is expected


def test_one_supplier_that_hangs_delays_no_other(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Ten suppliers with three orders each, four workers; one supplier never answers while the others are served.

    Sabotage seen: a second order of the supplier that hangs taken by another worker, and a third by the next.
    """
    names = [f"S-{number}" for number in range(10)]
    lead, agreements = fallback.ways(any_database, clock, rng, names, simulated=False)
    for agreement in agreements * 3:
        with any_database.write() as session:
            ask = fallback.ask(clock, [agreement], None)
            call_offs.place(session, clock, rng, lead, ask, AUTHORITY)
    hangs, let_go, asked = threading.Event(), threading.Event(), []
    stuck = _provider_of(any_database, agreements[0])

    class Answering(HttpSupplier):
        def order(self, ask: OrderAsk) -> OrderState:
            asked.append(ask.offering_reference)
            if ask.offering_reference == "S-0":
                hangs.set()
                let_go.wait(30)
            return OrderState(f"X-{ask.our_reference}", OrderStatus.RECEIVED, "ok")

    adapter = Answering(Client(Served(lambda *_: (404, None)), URL))

    def work() -> None:
        while orders.drive(any_database, clock, rng, adapter_of=lambda *_: adapter):
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    assert hangs.wait(20)
    served: list[SupplyOrder] = []
    deadline = SystemClock().monotonic() + 20
    while len(served) < 27 and SystemClock().monotonic() < deadline:
        SystemClock().sleep(0.05)
        with any_database.read() as session:
            rows = session.exec(select(SupplyOrder)).all()
        served = [row for row in rows if row.status == "received"]
    assert len(served) == 27
    assert {row.provider_id for row in rows if row.status is None} == {stuck}
    assert asked.count("S-0") == 1
    let_go.set()
    for worker in workers:
        worker.join(20)
    with any_database.read() as session:
        assert {row.status for row in session.exec(select(SupplyOrder))} == {"received"}


def _provider_of(database: Database, agreement_id: str) -> str:
    with database.read() as session:
        return session.get_one(Agreement, agreement_id).provider_id


def test_a_worker_that_was_stopped_before_the_call_sends_nothing(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Between the claim and the call the machine may stand still; then somebody else may have looked already.

    Sabotage seen: the check left out.
    """
    made = scene(any_database, clock, rng, Repeats.LOOKUP)

    class Stopping(Database):
        @contextmanager
        def write(self) -> Iterator[Session]:
            with super().write() as session:
                yield session
            clock.advance(timedelta(seconds=20))

    stopping = Stopping(any_database.engine)
    assert orders.drive(stopping, clock, rng, adapter_of=lambda *_: made.adapter, limit=1) == 1
    assert made.attempts() == [("place", None)]
    assert made.served.asked == []
    made.follow()
    assert [kind for kind, _ in made.attempts()][1:3] == ["find", "place"]
    assert made.book.placings[made.order.id] == 1
