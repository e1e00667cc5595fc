"""What was delivered is noted, judged once or by the clock, paid back where the service level was missed."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from catalog import matches
from catalog.ordering import accounts, call_offs, crediting, deliveries, orders
from catalog.ordering.delivery_rules import ACCEPT_WITHIN, DeliveryEvent, DeliveryState
from catalog.ordering.tables import Delivery, DeliveryEntry, SupplyOrder
from catalog.promise.tables import Agreement, AgreementTerms
from jobs.demo.http_supplier import Book
from jobs.proofs import fallback
from jobs.proofs.supply import AUTHORITY
from providers import doors
from providers.adapters.base import Delivered, Refused
from providers.adapters.client import Client
from providers.adapters.http_contract import HttpSupplier
from providers.tables import Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from tests.support.suppliers import URL, Served, fetched, over

LATE_BY_AN_HOUR = [
    {
        "metric": "latency",
        "bound": "1800",
        "steps": [{"beyond": "0", "share": "0.05"}, {"beyond": "1000", "share": "0.30"}],
        "cap": "0.20",
    },
    {"metric": "quantity", "bound": "0.9", "steps": [{"beyond": "0", "share": "0.10"}], "cap": "0.10"},
]
"""The supplier of `jobs.demo.http_supplier` says that each delivery took an hour."""


@dataclass
class Scene:
    database: Database
    clock: ManualClock
    rng: SeededRng
    lead: Principal
    call_off_id: str
    served: Served
    adapter: HttpSupplier

    def follow(self, hours: int = 0) -> None:
        for _ in range(30):
            orders.drive(self.database, self.clock, self.rng, adapter_of=lambda *_: self.adapter)
            self.clock.advance(timedelta(seconds=1))
        for _ in range(hours):
            self.clock.advance(timedelta(hours=1))
            orders.drive(self.database, self.clock, self.rng, adapter_of=lambda *_: self.adapter)

    @property
    def order(self) -> SupplyOrder:
        with self.database.read() as session:
            return session.exec(select(SupplyOrder)).one()

    def rows(self) -> list[Delivery]:
        with self.database.read() as session:
            return list(deliveries.of_order(session, self.order.id))

    def judge(self, delivery_id: str, event: DeliveryEvent, reason: str = "", by: Principal | None = None) -> Delivery:
        with self.database.write() as session:
            return deliveries.judge(session, self.clock, by or self.lead, delivery_id, event, AUTHORITY, reason)

    def supplier(self, session: Session) -> Principal:
        provider = session.get_one(Provider, self.order.provider_id)
        return Principal(provider.organisation_id, OrganisationKind.PROVIDER, "FI", "key_s", frozenset())


def scene(database: Database, clock: ManualClock, rng: SeededRng, *, sla: bool = False) -> Scene:
    lead, agreements = fallback.ways(database, clock, rng, ["A"], simulated=False)
    with database.write() as session:
        if sla:
            for terms in session.exec(select(AgreementTerms)):
                terms.sla = LATE_BY_AN_HOUR
        placed = call_offs.place(session, clock, rng, lead, fallback.ask(clock, agreements, None, 4), AUTHORITY)
    served = over(Book([{"reference": "A", "title": "A", "capability": "imagery.optical"}], page_size=2))
    return Scene(database, clock, rng, lead, placed.call_off.id, served, HttpSupplier(Client(served, URL)))


def test_deliveries_of_all_pages_are_noted_once_and_told_to_both_sides(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    made = scene(database, clock, rng)
    made.follow()
    rows = made.rows()
    assert [(row.number, row.parts, row.state, row.latency_s) for row in rows] == [
        (number, 1000, "delivered", 3600) for number in (1, 2, 3, 4)
    ]
    assert made.order.step == "closed"
    with database.read() as session:
        told = session.exec(select(LogEntry).where(LogEntry.topic == "delivery.noted")).all()
    assert len(told) == 8
    assert sum("call_off_id" in entry.payload for entry in told) == 4


def test_a_delivery_that_cannot_be_taken_is_set_aside_and_asked_for_again(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the first fault let out of `note`; the good deliveries beside it were never noted."""
    made = scene(any_database, clock, rng)
    orders.drive(any_database, clock, rng, adapter_of=lambda *_: made.adapter)
    link = f"orders/{made.order.provider_reference}/deliveries"
    bad = [{"reference": "D-1", "quantity": "three"}, {"reference": "D-2", "quantity": 0}]
    good = {"reference": "D-3", "quantity": 1.0}
    made.served.trouble[link] = fetched({"deliveries": [*bad, good], "next": None})
    made.follow()
    with any_database.read() as session:
        faults = deliveries.faults_of(session, made.order.id)
        assert [(each.supplier_reference, each.code) for each in faults] == [
            ("D-1", "adapter.answer_shape"),
            ("D-2", "delivery_goods.quantity_wrong"),
        ]
    assert [row.supplier_reference for row in made.rows()] == ["D-3"]
    assert made.order.step == "follow"
    mended = [{"reference": "D-1", "quantity": 3.0}, good]
    made.served.trouble[link] = fetched({"deliveries": mended, "next": None})
    made.follow(hours=2)
    assert [row.supplier_reference for row in made.rows()] == ["D-3", "D-1"]
    assert made.order.step == "closed"
    with any_database.read() as session:
        assert deliveries.faults_of(session, made.order.id) == []


def test_what_was_noted_never_changes_and_what_cannot_be_counted_is_no_delivery(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    made = scene(any_database, clock, rng)
    given: list[Delivered | Refused] = [
        Delivered("D-1", 1.0),
        Delivered("D-1", 1.0),
        Delivered("D-1", 2.0),
        *(Delivered("D-2", quantity) for quantity in (0.0, -1.0, float("nan"), float("inf"), 1e300)),
        Refused(None, None, "adapter.answer_shape", {"expected": "reference"}, "{}"),
        Delivered("D-3", 0.5004),
    ]
    with any_database.write() as session:
        order = session.exec(select(SupplyOrder)).one()
        faults = deliveries.note(session, clock, rng, order, given)
    assert [fault.reason.code for fault in faults] == [
        "delivery_goods.differs",
        *["delivery_goods.quantity_wrong"] * 5,
        "adapter.answer_shape",
    ]
    assert [(row.supplier_reference, row.parts) for row in made.rows()] == [("D-1", 1000), ("D-3", 500)]


def test_the_buyers_authority_judges_once_and_a_rejection_has_a_reason(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    made = scene(any_database, clock, rng)
    made.follow()
    first, second, *_ = [row.id for row in made.rows()]
    stranger = Principal("org_x", OrganisationKind.NATION, "DE", "key_x", frozenset())
    with pytest.raises(NotFound):
        made.judge(first, DeliveryEvent.ACCEPT, by=stranger)
    with any_database.read() as session:
        supplier = made.supplier(session)
    with pytest.raises(Forbidden):
        made.judge(first, DeliveryEvent.ACCEPT, by=supplier)
    with pytest.raises(Invalid):
        made.judge(second, DeliveryEvent.REJECT, " ")
    assert made.judge(first, DeliveryEvent.ACCEPT).state == "accepted"
    assert made.judge(second, DeliveryEvent.REJECT, "clouds").reason == "clouds"
    with pytest.raises(Conflict):
        made.judge(second, DeliveryEvent.ACCEPT)
    with any_database.read() as session:
        entries = session.exec(select(DeliveryEntry).order_by(col(DeliveryEntry.event))).all()
        told = session.exec(select(LogEntry.payload).where(LogEntry.topic == "delivery.decided")).all()
    assert [(each.event, each.authority_name, each.by_key_id) for each in entries] == [
        (event, AUTHORITY.name, made.lead.key_id) for event in ("accept", "reject")
    ]
    assert [each["state"] for each in told] == ["accepted", "accepted", "rejected", "rejected"]


def test_silence_accepts_at_the_very_moment_whenever_somebody_looks(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the moment of the look written in place of the moment that was due."""
    made = scene(any_database, clock, rng)
    made.follow()
    row = made.rows()[0]
    clock.current = row.acceptance_due_at - timedelta(seconds=1)
    with any_database.write() as session:
        assert deliveries.deem(session, clock) == 0
    clock.advance(timedelta(hours=7, seconds=1))
    with pytest.raises(Conflict):
        made.judge(row.id, DeliveryEvent.REJECT, "too late")
    with any_database.write() as session:
        assert deliveries.deem(session, clock) == 4
        assert deliveries.deem(session, clock) == 0
    with any_database.read() as session:
        entry = session.get_one(DeliveryEntry, (row.id, 1))
        assert (entry.state, entry.at, entry.authority_name) == ("deemed", row.noted_at + ACCEPT_WITHIN, "")
        assert {each.state for each in made.rows()} == {DeliveryState.DEEMED.value}


def test_what_missed_the_service_level_is_paid_back_in_steps_to_its_cap_and_once(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """400 EUR: 20 % for the latency (30 % by its step, capped), 10 % because one of four was rejected.

    Sabotage seen: settled before all was judged.
    """
    made = scene(any_database, clock, rng, sla=True)
    made.follow()
    *good, bad = [row.id for row in made.rows()]
    for each in good:
        made.judge(each, DeliveryEvent.ACCEPT)
        with any_database.read() as session:
            assert crediting.of_order(session, made.order.id) == []
    made.judge(bad, DeliveryEvent.REJECT, "clouds")
    for _ in range(2):
        with any_database.write() as session:
            crediting.settle(session, clock, session.exec(select(SupplyOrder)).one())
    with any_database.read() as session:
        said = accounts.of_call_off(session, made.lead, made.call_off_id)
        found = [(each.metric, each.share, each.amount) for each in crediting.of_order(session, made.order.id)]
    assert [(metric, Decimal(share), Decimal(amount)) for metric, share, amount in found] == [
        ("latency", Decimal("0.20"), Decimal(80)),
        ("quantity", Decimal("0.10"), Decimal(40)),
    ]
    assert (said.account.paid, said.credits, said.due) == (Decimal(400), Decimal(120), Decimal(280))


def test_of_two_who_judge_the_last_two_at_once_one_settles(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the order not locked each saw the other's delivery unjudged, and nothing was paid back."""
    made = scene(postgres_database, clock, rng, sla=True)
    made.follow()
    *good, bad = [row.id for row in made.rows()]
    for each in good[:-1]:
        made.judge(each, DeliveryEvent.ACCEPT)
    other = threading.Thread(target=made.judge, args=(bad, DeliveryEvent.REJECT, "clouds"))
    with postgres_database.write() as session:
        deliveries.judge(session, clock, made.lead, good[-1], DeliveryEvent.ACCEPT, AUTHORITY)
        other.start()
        other.join(0.7)
    other.join(30)
    with postgres_database.read() as session:
        assert [each.metric for each in crediting.of_order(session, made.order.id)] == ["latency", "quantity"]


def test_less_than_ordered_is_settled_when_the_time_to_judge_is_over(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    made = scene(any_database, clock, rng, sla=True)
    orders.drive(any_database, clock, rng, adapter_of=lambda *_: made.adapter)
    link = f"orders/{made.order.provider_reference}/deliveries"
    made.served.trouble[link] = fetched({"deliveries": [{"reference": "D-1", "quantity": 2.0}], "next": None})
    made.follow()
    made.judge(made.rows()[0].id, DeliveryEvent.ACCEPT)
    with any_database.write() as session:
        deliveries.deem(session, clock)
        assert crediting.of_order(session, made.order.id) == []
    clock.advance(ACCEPT_WITHIN)
    with any_database.write() as session:
        deliveries.deem(session, clock)
    with any_database.read() as session:
        (credit,) = crediting.of_order(session, made.order.id)
        assert (credit.metric, credit.measured, Decimal(credit.amount)) == ("quantity", "0.5", Decimal(40))


def test_a_supplier_without_a_door_hands_over_by_itself_and_others_know_no_such_order(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    made = scene(any_database, clock, rng)
    order_id = made.order.id
    with any_database.write() as session:
        supplier = made.supplier(session)
        with pytest.raises(NotFound):
            deliveries.hand_over(session, clock, rng, made.lead, order_id, Delivered("D-1", 1.0))
        for _ in range(2):
            row = deliveries.hand_over(session, clock, rng, supplier, order_id, Delivered("D-1", 1.0))
        with pytest.raises(Conflict, match="differs"):
            deliveries.hand_over(session, clock, rng, supplier, order_id, Delivered("D-1", 2.0))
        provider_id = session.get_one(SupplyOrder, order_id).provider_id
        doors.open_door(session, clock, supplier, provider_id, "simulated")
        with pytest.raises(Conflict, match="adapter_speaks"):
            deliveries.hand_over(session, clock, rng, supplier, order_id, Delivered("D-2", 1.0))
    assert [each.id for each in made.rows()] == [row.id]
    assert deliveries.late(row, row.noted_at - timedelta(hours=2)) == timedelta(hours=2)
    assert deliveries.late(row, row.noted_at) == timedelta()


def test_a_buyers_own_deliveries_are_its_suppliers_record_and_no_others(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: everybody's deliveries counted."""
    made = scene(any_database, clock, rng)
    made.follow()
    first, second, *rest = made.rows()
    with any_database.read() as session:
        assert matches.records(session, made.lead) == {}
    made.judge(first.id, DeliveryEvent.ACCEPT)
    made.judge(second.id, DeliveryEvent.REJECT, "clouds")
    with any_database.write() as session:
        late = session.get_one(Delivery, rest[0].id)
        late.noted_at += timedelta(days=9)
        session.add(late)
    made.judge(rest[0].id, DeliveryEvent.ACCEPT)
    other = Principal("org_x", OrganisationKind.NATION, "DE", "key_x", frozenset())
    with any_database.read() as session:
        provider_id = session.exec(select(Agreement.provider_id)).one()
        assert matches.records(session, made.lead) == {provider_id: (3, 1)}
        assert matches.records(session, other) == {}
