"""A call-off with ranked options: which are opened, what each takes, and what a supplier may see of it."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS, Span, slots
from catalog.ordering import call_offs, options, policies
from catalog.ordering.call_offs import CallOffAsk, Placed
from catalog.ordering.fallback import Overlap, Policy, SuccessAt, Way
from catalog.ordering.tables import CallOff, CallOffKind, Purpose, SupplyOrder
from catalog.promise import agreements, pools
from catalog.promise.access import PhaseTerms
from catalog.promise.lifecycle import AgreementEvent
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Supplier
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Invalid
from space_hub.rng import SeededRng
from space_hub.trust import markings, organisations
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.phases import Phase


@dataclass
class Market:
    """One pool, three suppliers, an agreement of 10 units of each slot with each."""

    database: Database
    clock: ManualClock
    rng: SeededRng
    lead: Principal
    suppliers: list[Supplier]
    agreements: list[str]

    @property
    def window(self) -> Interval:
        start = self.clock.now() + timedelta(days=2)
        return Interval(start, start + timedelta(days=1))

    def place(self, *ways: tuple[int, int], **more: Any) -> Placed:
        """Of the numbered agreements so many units each, by rank."""
        named = tuple((self.agreements[number], quantity * PARTS) for number, quantity in ways)
        ask = CallOffAsk(named, more.pop("window", self.window), **more)
        with self.database.write() as session:
            return call_offs.place(session, self.clock, self.rng, self.lead, ask, AUTHORITY)

    def open(self, placed: Placed, rank: int) -> SupplyOrder:
        with self.database.write() as session:
            call_off = session.get_one(CallOff, placed.call_off.id)
            return options.open_option(session, self.clock, self.rng, call_off, rank)

    def states(self, placed: Placed) -> list[str]:
        with self.database.read() as session:
            assert ledger.faults(session) == []
            return [each.state for each in call_offs.options_of(session, placed.call_off.id)]


def market(database: Database, clock: ManualClock, rng: SeededRng, span: Span = Span.DAY) -> Market:
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        lead = supply.principal(session, clock, rng, OrganisationKind.NATION, "FR", "Lead")
        pool = pools.create(
            session,
            clock,
            rng,
            lead,
            name="Pool",
            authority=AUTHORITY,
            mission_area=MissionArea.IMAGERY,
            opened=pools.Openness(suppliers=False),
        )
        suppliers = [supply.supplier(session, clock, rng, name=name, reference=name) for name in ("A", "B", "C")]
        signed = []
        for number, each in enumerate(suppliers):
            terms = PhaseTerms(10 * PARTS, timedelta(hours=12), money(10 + number, "EUR"))
            drafted = agreements.draft(
                session,
                clock,
                rng,
                lead,
                pool_id=pool.id,
                offering_id=each.offering_id,
                period=Interval(clock.now(), clock.now() + timedelta(days=30)),
                terms={Phase.PEACE: terms},
                span=span,
            )
            agreements.step(session, clock, rng, each.principal, drafted.id, AgreementEvent.OFFER)
            agreements.step(session, clock, rng, lead, drafted.id, AgreementEvent.SIGN, AUTHORITY)
            signed.append(drafted.id)
        return Market(database, clock, rng, lead, suppliers, signed)


def racing(scene: Market, width: int) -> Policy:
    until = scene.clock.now() + timedelta(days=1)
    return Policy(Way.RACING, width, SuccessAt.ACCEPTED, until, Overlap.PAID, money("50", "EUR"))


def test_the_first_option_is_opened_and_the_others_hold_nothing(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(database, clock, rng)
    placed = scene.place((0, 4), (1, 5), (2, 6))
    assert scene.states(placed) == ["trying", "ready", "ready"]
    assert [order.rank for order in placed.orders] == [1]
    day, _ = slots(Span.DAY, scene.window.start, scene.window.start + timedelta(days=1))
    with database.read() as session:
        held = [ledger.buckets(session, each, day, day).get(day) for each in scene.agreements]
    assert [None if each is None else each.committed for each in held] == [4 * PARTS, None, None]


def test_a_first_option_without_capacity_makes_room_for_the_next(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without the SAVEPOINT around the opening PostgreSQL refuses all that follows."""
    scene = market(database, clock, rng)
    scene.place((0, 10))
    placed = scene.place((0, 1), (1, 1))
    assert scene.states(placed) == ["lost", "trying"]
    scene.place((1, 9))
    with pytest.raises(Conflict) as refusal:
        scene.place((0, 1), (1, 1))
    assert refusal.value.code == "capacity.exhausted"
    with database.read() as session:
        assert len(session.exec(select(CallOff)).all()) == 3, "what no option can serve is not written"


def test_a_race_opens_as_many_as_it_is_wide(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    scene = market(any_database, clock, rng)
    scene.place((1, 10))
    placed = scene.place((0, 1), (1, 1), (2, 1), policy=racing(scene, 2))
    assert scene.states(placed) == ["trying", "lost", "trying"]
    with any_database.read() as session:
        kept = session.get_one(CallOff, placed.call_off.id)
        assert policies.policy_of(kept, "EUR") == racing(scene, 2)


def test_an_option_is_opened_later_once_and_is_lost_when_it_cannot_be(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(database, clock, rng)
    placed = scene.place((0, 1), (1, 1), (2, 1))
    assert scene.open(placed, 2).rank == 2
    assert scene.states(placed) == ["trying", "trying", "ready"]
    with pytest.raises(Conflict) as again:
        scene.open(placed, 2)
    assert again.value.code == "call_off.option_not_ready"
    clock.advance(timedelta(days=1, hours=13))
    with database.write() as session:
        call_off = session.get_one(CallOff, placed.call_off.id)
        with pytest.raises(Conflict) as late:
            options.open_option(session, clock, rng, call_off, 3)
    assert late.value.code == "call_off.notice_too_short"
    assert scene.states(placed) == ["trying", "trying", "lost"]


def test_a_supplier_learns_nothing_of_the_call_off_nor_of_who_else_was_asked(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the rank in `order.placed`, and the order's id drawn in the buyer's scope alone."""
    scene = market(any_database, clock, rng)
    placed = scene.place((0, 1), (1, 1))
    order = scene.open(placed, 2)
    supplier = scene.suppliers[1]
    forbidden = [placed.call_off.id, scene.agreements[0], scene.suppliers[0].provider_id, "rank"]
    with any_database.read() as session:
        told = session.exec(
            select(LogEntry).where(
                markings.visible(LogEntry.marking_id, supplier.principal), LogEntry.topic == "order.placed"
            )
        ).all()
        assert [each.subject for each in told] == [order.id]
        text = json.dumps([each.payload for each in told])
        assert [word for word in forbidden if word in text] == []
        assert session.exec(select(CallOff).where(call_offs.visible(supplier.principal))).all() == []
        placings = session.exec(
            select(LogEntry).where(
                markings.visible(LogEntry.marking_id, supplier.principal), LogEntry.topic == "call_off.placed"
            )
        ).all()
        assert placings == []
    alone = SeededRng(rng.seed).scope(f"{scene.lead.organisation_id}/{supplier.provider_id}", "order").id("ord")
    assert order.id == alone, "what went to another supplier before shifts nothing here"


def test_an_agreement_counted_in_hours_takes_hours_and_costs_hours(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng, Span.HOUR)
    start = scene.window.start + timedelta(minutes=30)
    window = Interval(start, start + timedelta(hours=1))
    placed = scene.place((0, 6), window=window)
    assert Decimal(placed.options[0].total_price) == Decimal(5), "6 units at 10 a day, for two hours"
    first, last = slots(Span.HOUR, start, start + timedelta(hours=1))
    with any_database.read() as session:
        held = ledger.buckets(session, scene.agreements[0], first - 1, last + 1)
    assert [(slot - first, each.committed) for slot, each in held.items()] == [(0, 6 * PARTS), (1, 6 * PARTS)]
    with pytest.raises(Conflict) as refusal:
        scene.place((0, 5), window=window)
    assert refusal.value.params["day"] == "2024-11-04T00:00Z"
    later = window.start + timedelta(hours=2)
    scene.place((0, 5), window=Interval(later, later + timedelta(hours=1)))


def test_what_exists_already_takes_no_capacity_and_is_paid_once(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng)
    window = Interval(scene.window.start, scene.window.start + timedelta(days=5))
    placed = scene.place((0, 4000), kind=CallOffKind.ARCHIVE, purpose=Purpose.CIVIL, window=window)
    option = placed.options[0]
    assert (option.total_price, option.state, option.reservation_id) == ("40000", "trying", None)


def test_options_that_make_no_sense_are_refused(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    scene = market(any_database, clock, rng)
    over = replace(racing(scene, 2), give_up_after=clock.now())
    dollars = replace(racing(scene, 2), most_fees=money("1", "USD"))
    for ways, policy, code in (
        ((), None, "call_off.options_wrong"),
        (((0, 1), (0, 2)), None, "call_off.agreement_twice"),
        (((0, 1), (1, 2)), over, "call_off.given_up_at_once"),
        (((0, 1), (1, 2)), dollars, "fallback.currencies_differ"),
    ):
        with pytest.raises(Invalid) as refusal:
            scene.place(*ways, policy=policy)
        assert refusal.value.code == code
