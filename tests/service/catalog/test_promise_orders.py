"""From agreement to call-off to a supplier's answer, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS, Span, slot_at
from catalog.ordering import call_offs, orders
from catalog.ordering.call_offs import CallOffAsk
from catalog.ordering.calling import LEASE
from catalog.ordering.tables import CallOff, CallOffEntry, SupplyOrder
from catalog.promise import agreements, pools
from catalog.promise.authority import Authority
from catalog.promise.lifecycle import AgreementEvent
from catalog.promise.tables import AgreementEntry
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Promise
from providers import onboarding
from providers.adapters.base import Adapter, OrderAsk, OrderState, OrderStatus
from providers.adapters.simulated import SimulatedOrder, SimulatedSupplier
from providers.lifecycle import Event
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

NATION = OrganisationKind.NATION


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Market:
    database: Database
    clock: ManualClock
    rng: SeededRng
    promise: Promise

    def place(self, quantity: int = 10, *, by: Principal | None = None, days: int = 1) -> CallOff:
        start = self.clock.now() + timedelta(days=1)
        ways = ((self.promise.agreement_id, quantity * PARTS),)
        ask = CallOffAsk(ways, Interval(start, start + timedelta(days=days)))
        with self.database.write() as session:
            return call_offs.place(session, self.clock, self.rng, by or self.promise.lead, ask, AUTHORITY).call_off

    def drive(self, adapter: Callable[[Database, Any, str], Adapter | None] | None = None) -> int:
        if adapter is None:
            return orders.drive(self.database, self.clock, self.rng)
        return orders.drive(self.database, self.clock, self.rng, adapter_of=adapter)

    def until_quiet(self) -> None:
        for _ in range(20):
            self.drive()
            self.clock.advance(timedelta(seconds=1))

    def order(self, call_off: CallOff) -> tuple[SupplyOrder, list[str], str]:
        """The order, the statuses in its history, and the status of its call-off."""
        with self.database.read() as session:
            (order,) = call_offs.orders_of(session, call_off.id)
            said = [each.status for each in orders.history(session, order.id)]
            kept = session.get_one(CallOff, call_off.id)
            return order, said, kept.status

    def committed(self) -> int:
        day = slot_at(Span.DAY, self.clock.now()) + 1
        with self.database.read() as session:
            assert ledger.faults(session) == []
            found = ledger.buckets(session, self.promise.agreement_id, day - 2, day)
            return max((bucket.committed for bucket in found.values()), default=0)

    def at_supplier(self) -> list[SimulatedOrder]:
        with self.database.read() as session:
            return list(session.exec(select(SimulatedOrder)).all())


def market(database: Database, clock: ManualClock, rng: SeededRng, **options: Any) -> Market:
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        lead = supply.principal(session, clock, rng, NATION, "FR", "Lead")
        return Market(
            database,
            clock,
            rng,
            supply.promise(session, clock, rng, supply.supplier(session, clock, rng, **options), lead),
        )


def test_an_order_goes_its_way_and_every_status_is_told(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    scene = market(database, clock, rng)
    call_off = scene.place()
    scene.until_quiet()
    order, said, status = scene.order(call_off)
    assert said == ["received", "accepted", "completed"]
    assert (order.step, order.raw, status) == ("closed", "DELIVERED", "completed")
    assert scene.committed() == 10 * PARTS, "what was delivered is used"
    with database.read() as session:
        told = session.exec(
            select(LogEntry).where(LogEntry.topic == "order.status_changed").order_by(col(LogEntry.id))
        ).all()
    theirs, ours = told[::2], told[1::2]
    assert [entry.payload["status"] for entry in theirs] == [entry.payload["status"] for entry in ours] == said
    assert {entry.payload.get("call_off_id") for entry in ours} == {call_off.id}
    assert len({entry.marking_id for entry in theirs}) == len({entry.marking_id for entry in ours}) == 1


@pytest.mark.parametrize(
    ("course", "said", "status"),
    [
        ("rejects", ["received", "rejected"], "failed"),
        ("fails", ["received", "accepted", "failed"], "failed"),
        ("expires", ["received", "accepted", "expired"], "failed"),
        ("revokes", ["received", "accepted", "cancelled"], "failed"),
    ],
)
def test_an_order_that_ends_badly_gives_its_capacity_back(
    any_database: Database, clock: ManualClock, rng: SeededRng, course: str, said: list[str], status: str
) -> None:
    scene = market(any_database, clock, rng, reference=f"EX-1+{course}")
    call_off = scene.place()
    assert scene.committed() == 10 * PARTS
    scene.until_quiet()
    assert scene.order(call_off)[1:] == (said, status)
    assert scene.committed() == 0


def test_a_crash_between_placing_and_recording_leaves_one_order(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: a fresh reference for each placing gives the supplier two orders."""
    scene = market(database, clock, rng)
    call_off = scene.place()

    class Dying(SimulatedSupplier):
        def order(self, ask: OrderAsk) -> OrderState:
            super().order(ask)
            raise Crash

    with pytest.raises(Crash):
        scene.drive(lambda database, clock, _: Dying(database, clock))
    assert len(scene.at_supplier()) == 1
    assert scene.order(call_off)[1] == []
    assert scene.drive() == 0, "the dead worker's lease still runs"
    clock.advance(LEASE)
    scene.until_quiet()
    (kept,) = scene.at_supplier()
    assert kept.placings == 2
    assert scene.order(call_off)[1][-1] == "completed"


def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng, reference="EX-1+loses_answer")
    call_off = scene.place()
    scene.drive()
    assert scene.order(call_off)[0].problem == "simulated.answer_lost"
    scene.until_quiet()
    assert [kept.placings for kept in scene.at_supplier()] == [2]
    assert scene.order(call_off)[1][-1] == "completed"


def test_a_worker_whose_lease_was_taken_over_records_nothing(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without the comparison of leases the slow worker's answer is recorded."""
    scene = market(database, clock, rng)
    call_off = scene.place()

    class Slow(SimulatedSupplier):
        def order(self, ask: OrderAsk) -> OrderState:
            clock.advance(LEASE)
            assert scene.drive() == 1
            return OrderState("WRONG", OrderStatus.REJECTED, "too late")

    scene.drive(lambda database, clock, _: Slow(database, clock))
    order, said, status = scene.order(call_off)
    assert (said, status) == (["received"], "active")
    assert order.provider_reference != "WRONG"


def test_a_supplier_that_is_silent_is_asked_until_the_window_is_over(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng, reference="EX-1+silent")
    call_off = scene.place()
    scene.until_quiet()
    order, said, status = scene.order(call_off)
    assert (said, status, order.problem) == ([], "active", "simulated.silent")
    assert 3 <= order.attempts < 8, "each wait is longer than the one before"
    clock.advance(timedelta(days=3))
    scene.drive()
    assert scene.order(call_off)[1:] == (["expired"], "failed")


def test_a_fault_of_an_adapter_is_noted_and_the_next_order_goes_on(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng)
    first, second = scene.place(), scene.place()
    bad = scene.order(first)[0].id

    class Faulty(SimulatedSupplier):
        def order(self, ask: OrderAsk) -> OrderState:
            if ask.our_reference == bad:
                raise ZeroDivisionError
            return super().order(ask)

    scene.drive(lambda database, clock, _: Faulty(database, clock))
    assert scene.order(first)[0].problem == "order.adapter_fault"
    assert scene.order(second)[1] == ["received"]


def test_cancelling_what_never_left_ends_at_once(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    scene = market(any_database, clock, rng)
    call_off = scene.place()
    with any_database.write() as session:
        orders.cancel(session, clock, rng, scene.promise.lead, call_off.id, AUTHORITY, "no longer needed")
    assert scene.order(call_off)[1:] == (["cancelled"], "cancelled")
    assert scene.committed() == 0
    scene.until_quiet()
    assert scene.at_supplier() == []
    with any_database.write() as session, pytest.raises(Conflict):
        orders.cancel(session, clock, rng, scene.promise.lead, call_off.id, AUTHORITY, "again")


def test_cancelling_what_the_supplier_has_goes_through_the_supplier(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng, reference="EX-1+holds")
    call_off = scene.place()
    scene.drive()
    with any_database.write() as session:
        orders.cancel(session, clock, rng, scene.promise.lead, call_off.id, AUTHORITY, "no longer needed")
    assert scene.order(call_off)[2] == "cancelling"
    assert scene.committed() == 10 * PARTS, "until the supplier lets go"
    scene.drive()
    assert scene.order(call_off)[1:] == (["received", "user_cancelled"], "cancelled")
    assert scene.committed() == 0
    with any_database.read() as session:
        rows = session.exec(select(CallOffEntry).order_by(col(CallOffEntry.number))).all()
    assert [(row.status, row.authority_name) for row in rows] == [
        ("active", AUTHORITY.name),
        ("cancelling", AUTHORITY.name),
        ("cancelled", ""),
    ]


def test_a_cancellation_that_comes_too_late_leaves_the_call_off_standing(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng)
    call_off = scene.place()
    scene.drive()
    clock.advance(timedelta(seconds=5))
    with any_database.write() as session:
        orders.cancel(session, clock, rng, scene.promise.lead, call_off.id, AUTHORITY, "late")
    scene.until_quiet()
    assert scene.order(call_off)[1:] == (["received", "completed"], "completed")
    assert scene.committed() == 10 * PARTS


def test_a_supplier_without_an_adapter_reports_by_itself(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng, simulated=False)
    call_off = scene.place()
    scene.drive()
    order = scene.order(call_off)[0]
    supplier = scene.promise.supplier.principal
    stranger: Principal
    with any_database.write() as session:
        stranger = supply.principal(session, clock, rng, OrganisationKind.PROVIDER, "SE", "Rival")
        said = {"status": OrderStatus.ACCEPTED, "raw": "ok", "reason": "", "provider_reference": "A-1"}
        with pytest.raises(NotFound):
            orders.report(session, clock, rng, stranger, order.id, **said)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            orders.report(session, clock, rng, scene.promise.lead, order.id, **said)  # type: ignore[arg-type]
        orders.report(session, clock, rng, supplier, order.id, **said)  # type: ignore[arg-type]
    assert scene.order(call_off)[1] == ["accepted"]
    with any_database.write() as session:
        said["status"] = OrderStatus.COMPLETED
        orders.report(session, clock, rng, supplier, order.id, **said)  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            orders.report(session, clock, rng, supplier, order.id, **said)  # type: ignore[arg-type]
    assert scene.order(call_off)[2] == "completed"


def test_nothing_is_called_off_without_the_name_of_who_decided(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng)
    with pytest.raises(Invalid):
        Authority(" ", "Procurement")
    call_off = scene.place()
    with any_database.read() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "call_off.place")).all()
        assert entry.subject == call_off.id
        assert (entry.detail["authority"], entry.detail["office"]) == (AUTHORITY.name, AUTHORITY.office)
        signed = session.exec(select(AgreementEntry).where(AgreementEntry.status == "signed")).one()
        assert signed.authority_name == AUTHORITY.name


def test_a_call_off_must_fit_the_agreement(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    scene = market(any_database, clock, rng)
    lead, agreement_id = scene.promise.lead, scene.promise.agreement_id
    now = clock.now()

    def refused(window: Interval, by: Principal = lead, quantity: int = 1) -> str:
        with pytest.raises((Conflict, Invalid, NotFound)) as refusal, any_database.write() as session:
            call_offs.place(session, clock, rng, by, CallOffAsk(((agreement_id, quantity),), window), AUTHORITY)
        code: str = refusal.value.code
        return code

    day = Interval(now + timedelta(days=1), now + timedelta(days=2))
    with any_database.write() as session:
        stranger = supply.principal(session, clock, rng, NATION, "DE", "Not a member")
    assert refused(day, stranger) == "agreement.unknown"
    assert refused(day, quantity=100 * PARTS + 1) == "capacity.exhausted"
    assert refused(Interval(now - timedelta(days=1), now)) == "call_off.outside_period"
    assert refused(Interval(now + timedelta(days=29), now + timedelta(days=31))) == "call_off.outside_period"
    assert refused(Interval(now)) == "call_off.window_wrong"
    with any_database.write() as session:
        onboarding.decide(session, clock, rng, HUB, scene.promise.supplier.provider_id, Event.SUSPEND, ("proof",))
    assert refused(day) == "agreement.provider_not_verified"


def test_the_declared_phase_decides_which_terms_apply(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng)
    peace = scene.place(100)
    with pytest.raises(Conflict):
        scene.place(1)
    with any_database.write() as session:
        pools.declare(
            session,
            clock,
            rng,
            scene.promise.lead,
            scene.promise.pool_id,
            phase=Phase.CRISIS,
            since=clock.now() + timedelta(hours=1),
            reason="exercise",
            authority=AUTHORITY,
        )
    with pytest.raises(Conflict):
        scene.place(1)
    clock.advance(timedelta(hours=1))
    crisis = scene.place(100)
    with any_database.read() as session:
        options = [option for each in (peace, crisis) for option in call_offs.options_of(session, each.id)]
        assert [(each.phase, each.total_price) for each in options] == [("peace", "1250"), ("crisis", "4000")]


def test_two_pools_cannot_be_promised_the_same_capacity(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: without `_promise` in the signing both pools get 60 % of the offering."""
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        supplier = supply.supplier(session, clock, rng, offered=100.0)
        leads = [supply.principal(session, clock, rng, NATION, nation, nation) for nation in ("FR", "DE")]
        supply.promise(session, clock, rng, supplier, leads[0], capacity=60)
    with pytest.raises(Conflict) as refusal, database.write() as session:
        supply.promise(session, clock, rng, supplier, leads[1], capacity=60)
    assert refusal.value.code == "agreement.capacity_promised"


def test_an_agreement_ends_only_when_nothing_runs_and_frees_the_offering(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = market(any_database, clock, rng)
    call_off = scene.place()
    lead, agreement_id = scene.promise.lead, scene.promise.agreement_id
    with any_database.write() as session, pytest.raises(Conflict):
        agreements.step(session, clock, rng, lead, agreement_id, AgreementEvent.END, AUTHORITY)
    with any_database.write() as session:
        orders.cancel(session, clock, rng, lead, call_off.id, AUTHORITY, "end")
        with pytest.raises(Forbidden):
            agreements.step(
                session, clock, rng, scene.promise.supplier.principal, agreement_id, AgreementEvent.END, AUTHORITY
            )
        agreements.step(session, clock, rng, lead, agreement_id, AgreementEvent.END, AUTHORITY)
    today = slot_at(Span.DAY, clock.now())
    with any_database.read() as session:
        resource = agreements.offering_resource(scene.promise.supplier.offering_id, Phase.PEACE)
        left = ledger.buckets(session, resource, today, today + 40)
        assert {bucket.committed for bucket in left.values()} == {0}
        assert len(left) == 30
        assert ledger.faults(session) == []


def test_members_see_the_agreement_and_not_each_others_call_offs(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: adding members' agreements to `call_offs.visible` turned it red.

    The supplier sees its order, not the call-off.
    """
    scene = market(database, clock, rng)
    lead, pool_id = scene.promise.lead, scene.promise.pool_id
    with database.write() as session:
        first, second, outside = (
            supply.principal(session, clock, rng, NATION, nation, nation) for nation in ("BE", "NL", "PL")
        )
        for member in (first, second):
            pools.invite(session, clock, lead, pool_id, member.organisation_id)
            pools.join(session, clock, member, pool_id)
    call_off = scene.place(by=first)

    def sees(session: Session, who: Principal) -> bool:
        return session.exec(select(CallOff.id).where(call_offs.visible(who))).first() == call_off.id

    with database.read() as session:
        supplier = scene.promise.supplier.principal
        assert [sees(session, who) for who in (first, lead, supplier, second, outside)] == [
            True,
            True,
            False,
            False,
            False,
        ]
        agreements.get(session, second, scene.promise.agreement_id)
        with pytest.raises(NotFound):
            agreements.get(session, outside, scene.promise.agreement_id)
        assert len(pools.members(session, first, pool_id)) == 3
        assert pools.members(session, outside, pool_id) == ()


def test_an_answer_that_cannot_be_recorded_does_not_keep_the_other_orders_waiting(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the failed recording ended the round, again and again, before the order behind it."""
    scene = market(postgres_database, clock, rng)
    bad, good = scene.place(), scene.place()

    class Babbling(SimulatedSupplier):
        def order(self, ask: OrderAsk) -> OrderState:
            said = super().order(ask)
            return replace(said, raw="x" * 201) if ask.our_reference == scene.order(bad)[0].id else said

    scene.drive(lambda database, clock, _: Babbling(database, clock))
    assert scene.order(good)[1] == ["received"]
    waiting = scene.order(bad)[0]
    assert (waiting.status, waiting.problem, waiting.attempts) == (None, "order.adapter_fault", 1)
