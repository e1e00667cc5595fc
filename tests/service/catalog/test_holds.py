"""Holds end to the second without anybody sweeping; civil share, quota and money are used up by the constraint."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from catalog.capacity import ledger, wholes
from catalog.capacity.rules import PARTS
from catalog.capacity.tables import CapacityReservation
from catalog.framework import lots
from catalog.ordering import call_offs, holds, orders
from catalog.ordering.tables import CallOff, Purpose, SupplyOrder
from catalog.promise.tables import Pool
from jobs.proofs.alliance import Alliance, found
from jobs.proofs.supply import AUTHORITY
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict, Invalid, Unavailable
from space_hub.rng import SeededRng
from space_hub.vocabulary.money import money

MINUTE = timedelta(minutes=1)


def confirm(scene: Alliance, call_off_id: str) -> CallOff:
    with scene.database.write() as session:
        return holds.confirm(session, scene.clock, scene.rng, scene.nations["FR"], call_off_id, AUTHORITY)


def sound(scene: Alliance) -> None:
    with scene.database.read() as session:
        assert ledger.faults(session) == []


def test_a_hold_keeps_capacity_and_orders_nothing_until_it_is_confirmed(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = found(any_database, clock, rng)
    held = scene.place("FR", 60 * PARTS, scene.days(2), hold=MINUTE).call_off
    with pytest.raises(Conflict) as refusal:
        scene.place("DE", 41 * PARTS, scene.days(2))
    assert refusal.value.code == "capacity.exhausted"
    with any_database.read() as session:
        assert session.exec(select(SupplyOrder)).all() == []
    clock.advance(timedelta(seconds=59))
    assert confirm(scene, held.id).status == "active"
    clock.advance(MINUTE)
    assert holds.sweep(any_database, clock, rng) == 0
    with any_database.read() as session:
        (order,) = session.exec(select(SupplyOrder)).all()
        assert (order.call_off_id, order.step) == (held.id, "place")
        assert [each.status for each in call_offs.history(session, held.id)] == ["held", "active"]
    sound(scene)


def test_a_hold_is_free_again_in_its_second_whoever_has_swept_or_not(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without `mend` in the refusal the capacity stayed taken until the next sweep; with `>=` for
    `>` in `confirm` the hold was confirmed in the second in which it was over."""
    scene = found(database, clock, rng)
    held = scene.place("FR", 60 * PARTS, scene.days(2), hold=MINUTE).call_off
    clock.advance(timedelta(seconds=59))
    with pytest.raises(Conflict):
        scene.place("DE", 41 * PARTS, scene.days(2))
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Conflict) as late:
        confirm(scene, held.id)
    assert late.value.code == "capacity.hold_expired"
    with pytest.raises(Unavailable) as freed:
        scene.place("DE", 100 * PARTS, scene.days(2))
    assert freed.value.code == "database.freed"
    scene.place("DE", 100 * PARTS, scene.days(2))
    assert holds.sweep(database, clock, rng) == 1
    with database.read() as session:
        assert session.get_one(CallOff, held.id).status == "cancelled"
    sound(scene)


def test_a_hold_can_be_given_up_and_only_a_sensible_one_is_made(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    scene = found(database, clock, rng)
    held = scene.place("FR", 60 * PARTS, scene.days(2), hold=MINUTE).call_off
    with database.write() as session:
        ended = orders.cancel(session, clock, rng, scene.nations["FR"], held.id, AUTHORITY, "no need")
        assert ended.status == "cancelled"
    with pytest.raises(Conflict) as not_held:
        confirm(scene, held.id)
    assert not_held.value.code == "call_off.not_held"
    with pytest.raises(Invalid) as too_long:
        scene.place("FR", PARTS, scene.days(2), hold=timedelta(hours=2))
    assert too_long.value.code == "call_off.hold_wrong"
    sound(scene)


def test_the_civil_share_is_not_stretched_by_naming_everything_humanitarian(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: with the civil resource not taken, everything named so was protected."""
    scene = found(any_database, clock, rng)
    scene.place("PL", 10 * PARTS, scene.days(2), purpose=Purpose.HUMANITARIAN)
    with pytest.raises(Conflict) as refusal:
        scene.place("FR", PARTS, scene.days(2), purpose=Purpose.CIVIL)
    assert (refusal.value.code, refusal.value.params["left"]) == ("capacity.civil_exhausted", 0)
    scene.place("FR", PARTS, scene.days(2))
    sound(scene)


def test_quota_and_money_of_a_lot_are_used_up_by_the_constraint_and_given_back(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: without `of_lot` a nation used what it had not been granted."""
    scene = found(database, clock, rng, ceiling=money("1000", "EUR"))
    for nation, parts in (("FR", 50 * PARTS), ("DE", 200 * PARTS)):
        scene.grant(nation, parts)
    first = scene.place("FR", 50 * PARTS, scene.days(2)).call_off
    with pytest.raises(Conflict) as used_up:
        scene.place("FR", 1, scene.days(3))
    assert used_up.value.code == "capacity.quota_exhausted"
    with pytest.raises(Conflict) as too_dear:
        scene.place("DE", 30_001, scene.days(3))
    assert (too_dear.value.code, too_dear.value.params["asked"]) == ("capacity.money_exhausted", "375.01")
    scene.place("DE", 30 * PARTS, scene.days(3))
    with database.read() as session:
        assert wholes.of(session, f"{scene.lot_id}/money").left == 0
    with database.write() as session:
        orders.cancel(session, clock, rng, scene.nations["FR"], first.id, AUTHORITY, "no need")
    with database.read() as session:
        assert wholes.of(session, f"{scene.lot_id}/money").left == 625_00
        ended = select(CapacityReservation.id).where(CapacityReservation.subject == f"{first.id}/1")
        assert len(session.exec(ended.where(CapacityReservation.state == "ended")).all()) == 3
    scene.place("FR", 50 * PARTS, scene.days(4))
    sound(scene)


def test_a_lot_gets_no_first_ceiling_once_something_is_called_off_that_nobody_counted(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: what was spent before was not counted, and a ceiling below it was taken."""
    scene = found(any_database, clock, rng)
    with any_database.write() as session:
        session.get_one(Pool, scene.pool_id).currency = "EUR"
    scene.place("FR", 10 * PARTS, scene.days(2))
    with any_database.write() as session, pytest.raises(Conflict) as refusal:
        lots.set_ceiling(session, clock, scene.lead, scene.lot_id, Decimal(1), AUTHORITY)
    assert refusal.value.code == "lot.ceiling_too_late"
