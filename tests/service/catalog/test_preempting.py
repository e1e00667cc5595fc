"""Pre-emption in the database: who may ask, who falls, what is kept of it, what victims are told, and races."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import Session, select

from catalog.capacity import ledger
from catalog.capacity.rules import PARTS, Span, slots
from catalog.capacity.tables import CapacityEntry, Preempted, PreemptionRow
from catalog.competition.canonical import canonical
from catalog.ordering import call_offs, orders, preempting
from catalog.ordering.call_offs import Placed
from catalog.ordering.tables import CallOff, Purpose, SupplyOrder
from jobs.proofs.alliance import Alliance, found
from jobs.proofs.supply import AUTHORITY
from providers.adapters.base import OrderStatus
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, HubError, Invalid, NotFound, Unavailable
from space_hub.rng import SeededRng
from space_hub.trust import markings
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase


def take(scene: Alliance, nation: str, parts: int, window: Interval, **more: Any) -> Placed:
    ask = scene.ask(parts, window, **({"reason": "flood"} | more))
    with scene.database.write() as session:
        return preempting.place(session, scene.clock, scene.rng, scene.nations[nation], ask, AUTHORITY)


def status(scene: Alliance, placed: Placed) -> tuple[str, str]:
    with scene.database.read() as session:
        assert ledger.faults(session) == []
        call_off = session.get_one(CallOff, placed.call_off.id)
        return call_off.status, call_offs.options_of(session, call_off.id)[0].state


def committed(scene: Alliance, window: Interval) -> int:
    assert window.stop is not None
    first, last = slots(Span.DAY, window.start, window.stop)
    with scene.database.read() as session:
        return sum(each.committed for each in ledger.buckets(session, scene.agreement_id, first, last).values())


def test_it_is_refused_without_a_reason_a_phase_that_allows_it_or_a_higher_level(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with `can_pre_empt` not looked at, a call-off in peace took from its equals."""
    scene = found(any_database, clock, rng)
    day = scene.days(2)
    scene.place("FR", 100 * PARTS, day)
    with pytest.raises(Forbidden) as in_peace:
        take(scene, "DE", PARTS, day)
    assert in_peace.value.code == "preemption.not_allowed"
    scene.declare(Phase.CRISIS, ["DE", "PL"])
    with pytest.raises(Invalid) as reasonless:
        take(scene, "DE", PARTS, day, reason=" ")
    assert reasonless.value.code == "preemption.reason_missing"
    take(scene, "DE", 100 * PARTS, day)
    with pytest.raises(Conflict) as equals:
        take(scene, "PL", PARTS, day)
    assert (equals.value.code, equals.value.params) == ("preemption.not_enough", {"day": "2024-11-04"})
    with pytest.raises(Conflict) as unasked:
        scene.place("PL", PARTS, day)
    assert unasked.value.code == "capacity.exhausted"


def test_whole_victims_fall_by_the_written_order_which_is_kept_with_its_hash(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: compensation for one slot of two."""
    scene = found(database, clock, rng)
    for nation, parts in (("FR", 100), ("DE", 1000), ("PL", 1000)):
        scene.grant(nation, parts * PARTS)
    both, day = scene.days(2, 2), scene.days(2)
    used_most = scene.place("FR", 40 * PARTS, both)
    kept = scene.place("PL", 50 * PARTS, day)
    civil = scene.place("PL", 10 * PARTS, day, purpose=Purpose.HUMANITARIAN)
    scene.declare(Phase.CRISIS, ["DE"])
    taken = take(scene, "DE", 30 * PARTS, day)
    assert status(scene, used_most) == ("pre_empted", "pre_empted")
    assert [status(scene, each)[0] for each in (kept, civil, taken)] == ["active"] * 3
    assert committed(scene, both) == 90 * PARTS
    with database.read() as session:
        (row,) = session.exec(select(PreemptionRow)).all()
        assert row.order_sha256 == sha256(canonical(row.order)).hexdigest()
        verdicts = {each["call_off_id"]: each["verdict"] for each in row.order}
        assert verdicts == {
            used_most.call_off.id: "falls",
            kept.call_off.id: "not_reached",
            civil.call_off.id: "protected",
        }
        (fell,) = session.exec(select(Preempted)).all()
        assert (fell.compensation, fell.currency) == ("800", "EUR"), "0.8 of 40 units, two days, 12.50 each"
        order = session.exec(select(SupplyOrder).where(SupplyOrder.call_off_id == used_most.call_off.id)).one()
        assert (order.step, order.status) == ("closed", "cancelled"), "it had not left yet"
        endings = session.exec(select(CapacityEntry.kind).where(CapacityEntry.kind == "pre_empted")).all()
        assert len(endings) == 2, "capacity and quota"


def test_a_victim_is_told_alone_and_not_for_whom_it_fell(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the asker's call-off in the payload; the asker as the author of the last step of its history."""
    scene = found(any_database, clock, rng)
    victim = scene.place("PL", 100 * PARTS, scene.days(2))
    scene.declare(Phase.CRISIS, ["DE"])
    taken = take(scene, "DE", PARTS, scene.days(2))
    with any_database.read() as session:
        (row,) = session.exec(select(PreemptionRow)).all()

        def told(nation: str) -> list[dict[str, Any]]:
            seen = markings.visible(LogEntry.marking_id, scene.nations[nation])
            return [
                each.payload
                for each in session.exec(select(LogEntry).where(seen, LogEntry.topic == "call_off.pre_empted"))
            ]

        (mine,) = told("PL")
        assert (mine["phase"], mine["reason"], mine["compensation"]) == ("crisis", "flood", "1000")
        assert (told("DE"), len(told("FR"))) == ([], 1)
        asker = scene.nations["DE"].organisation_id
        assert not [each for each in (asker, taken.call_off.id) if each in json.dumps(mine)]
        own = preempting.get(session, scene.nations["PL"], row.id)[2]
        assert [each.call_off_id for each, _ in own] == [victim.call_off.id]
        assert asker not in [each.by_organisation_id for each in call_offs.history(session, victim.call_off.id)]
    outsider = found(any_database, clock, SeededRng(2), ["IT"]).lead
    with any_database.read() as session, pytest.raises(NotFound):
        preempting.get(session, outsider, row.id)


def test_who_falls_is_judged_by_what_its_supplier_said_a_moment_ago(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: call-offs locked by the statement that reads what they hold: one that had begun was to fall."""
    scene = found(postgres_database, clock, rng)
    day = scene.days(2)
    first = scene.place("PL", 50 * PARTS, day)
    clock.advance(timedelta(minutes=1))
    begun = scene.place("FR", 50 * PARTS, day)
    scene.declare(Phase.CRISIS, ["DE"])
    take(scene, "DE", PARTS, scene.days(9))  # Its markings are known then, and nothing else is waited for.

    def begins(session: Session) -> None:
        orders.report(
            *(session, clock, rng, scene.supplier.principal, begun.orders[0].id),
            status=OrderStatus.SCHEDULED,
            raw="",
            reason="",
            provider_reference="S-1",
        )

    beside(begins, postgres_database, lambda: take(scene, "DE", 10 * PARTS, day))
    assert status(scene, begun) == ("active", "won")
    assert status(scene, first) == ("pre_empted", "pre_empted")


def beside(held: Callable[[Session], object], database: Database, other: Callable[[], object]) -> None:
    """Run `other` while what `held` did is not committed yet; it commits once the other waits."""
    with database.write() as session:
        held(session)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.7)
        assert thread.is_alive(), "it waits"
    thread.join(30)
    assert not thread.is_alive()


def test_of_thirty_pre_emptors_at_once_one_wins_and_none_waits_for_ever(
    postgres_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = found(postgres_database, clock, rng)
    day = scene.days(2)
    scene.place("FR", 60 * PARTS, day)
    scene.place("FR", 40 * PARTS, day)
    scene.declare(Phase.CRISIS, ["DE", "PL"])
    said: list[str] = []
    ready = threading.Barrier(30)

    def attempt(nation: str) -> None:
        ready.wait()
        for _ in range(20):
            try:
                take(scene, nation, 100 * PARTS, day)
                said.append("won")
            except Unavailable:
                continue
            except HubError as error:
                said.append(error.code)
            return
        said.append("gave up")

    threads = [threading.Thread(target=attempt, args=(nation,)) for nation in ["DE", "PL"] * 15]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(said) == ["preemption.not_enough"] * 29 + ["won"]
    assert committed(scene, day) == 100 * PARTS
    with postgres_database.read() as session:
        assert ledger.faults(session) == []
        assert len(session.exec(select(Preempted)).all()) == 2
