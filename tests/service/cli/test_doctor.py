"""What `doctor` finds in an installation where something went wrong that no request shows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, update

from catalog.activation.states import State
from catalog.activation.tables import ActivationRow
from catalog.capacity.rules import PARTS
from catalog.capacity.tables import CapacityBucket, CapacityReservation
from catalog.competition import publishing
from catalog.ordering.tables import AttemptKind, OrderAttempt, OrderStep, SupplyOrder
from jobs import migrations
from jobs.proofs import competing
from jobs.proofs.alliance import Alliance, found
from jobs.proofs.supply import AUTHORITY
from space_hub.cli import doctor
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import markings
from tests.support.terminal import answer, said


@pytest.fixture(autouse=True)
def at_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "current", lambda database: migrations.head())


@pytest.fixture
def scene(installed: Database, clock: ManualClock, rng: SeededRng) -> Alliance:
    return found(installed, clock, rng)


def findings(capsys: pytest.CaptureFixture[str], status: int = 0) -> dict[str, tuple[str, str]]:
    """Verdict and words by code."""
    report = answer(capsys, "doctor", status=status)["findings"]
    return {each["code"]: (each["verdict"], each["text"]) for each in report}


def overdue(scene: Alliance, by: timedelta) -> None:
    """A hold and an activation's clock that ran out so long ago, with nobody looking."""
    scene.place("FR", 10 * PARTS, scene.days(2), hold=timedelta(minutes=5))
    then = scene.clock.now() - by
    with scene.database.write() as session:
        session.execute(
            update(CapacityReservation).where(col(CapacityReservation.kind) == "hold").values(expires_at=then)
        )
        session.add(
            ActivationRow(
                id="act_1",
                agreement_id=scene.agreement_id,
                phase="crisis",
                state=State.NOTIFIED.value,
                requested_parts=PARTS,
                next_clock="acknowledge",
                next_due_at=then,
                missed=[],
                marking_id=markings.public(session),
            )
        )


def test_a_market_that_is_well_has_one_line(scene: Alliance, capsys: pytest.CaptureFixture[str]) -> None:
    """With a hold and a clock that have just run out. Sabotage seen: the minute of grace added and not taken off."""
    scene.place("FR", 10 * PARTS, scene.days(2))
    overdue(scene, timedelta(seconds=30))
    told = findings(capsys)
    assert told["doctor.ledger_holds"][0] == "good"
    quiet = {"orders_in_doubt", "no_spare_keys", "holds_overdue", "activations_overdue", "ledger_broken"}
    assert not {f"doctor.{each}" for each in quiet} & set(told)


def test_a_ledger_that_does_not_add_up_is_bad(scene: Alliance, capsys: pytest.CaptureFixture[str]) -> None:
    scene.place("FR", 10 * PARTS, scene.days(2))
    with scene.database.write() as session:
        session.execute(
            update(CapacityBucket)
            .where(col(CapacityBucket.resource) == scene.agreement_id)
            .values(committed=CapacityBucket.committed + 1)
        )
    verdict, words = findings(capsys, status=1)["doctor.ledger_broken"]
    assert verdict == "bad" and f"{scene.agreement_id} 2024-11-04: 10001 committed, 10000 reserved" in words


def test_orders_in_doubt_are_counted_from_the_last_time_their_supplier_was_asked(
    scene: Alliance, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sabotage seen: the first attempt of each order taken for the last."""
    orders = [scene.place("FR", PARTS, scene.days(2)).orders[0].id for _ in range(3)]
    asked = {orders[0]: (9, 1), orders[1]: (4, 3)}
    with scene.database.write() as session:
        session.execute(
            update(SupplyOrder).where(col(SupplyOrder.id).in_(orders[:2])).values(step=OrderStep.DOUBT.value)
        )
        for order_id, hours in asked.items():
            for number, hour in enumerate(hours, 1):
                begun = scene.clock.now() - timedelta(hours=hour)
                session.add(
                    OrderAttempt(order_id=order_id, number=number, kind=AttemptKind.PLACE.value, begun_at_wall=begun)
                )
    verdict, words = findings(capsys)["doctor.orders_in_doubt"]
    since = (scene.clock.now() - timedelta(hours=3)).isoformat(timespec="seconds")
    assert verdict == "note" and words.startswith(f"2 orders are in doubt, the first, {orders[1]}, since {since}.")


@pytest.mark.parametrize(("named", "warned"), [(2, True), (3, False)])
def test_a_competition_without_a_spare_key_is_warned_of_until_it_is_opened(
    named: int,
    warned: bool,
    installed: Database,
    clock: ManualClock,
    rng: SeededRng,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Sabotage seen: warned of while one key can still be lost."""
    with installed.write() as session:
        field = competing.made(session, clock, rng, 1)
        to = [each.opener_id for each in field.people[:named]]
        drafts = [
            publishing.draft(session, clock, rng, field.lead, plan, pool_id=field.pool_id).id
            for plan in [replace(competing.plan(field, clock), openers=to)] * 2
        ]
        publishing.publish(
            *(session, clock, rng, field.lead, drafts[1]),
            agreement_ids=[field.entrants[0].agreement_id],
            authority=AUTHORITY,
            reason="The only one there is.",
        )
    told = findings(capsys)
    assert ("doctor.no_spare_keys" in told) is warned
    if warned:
        verdict, words = told["doctor.no_spare_keys"]
        assert verdict == "note" and words.startswith("1 competition that is not opened has no spare key")
        assert drafts[1] in words, "a draft can still be given a third"


@pytest.mark.parametrize(("working", "verdict"), [(False, "note"), (True, "bad")])
def test_what_no_loop_has_ended_is_bad_while_the_loops_run(
    working: bool,
    verdict: str,
    scene: Alliance,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "at_work", lambda house, process: working)
    overdue(scene, timedelta(hours=3))
    told = findings(capsys, status=int(working))
    assert told["doctor.holds_overdue"][0] == told["doctor.activations_overdue"][0] == verdict
    monkeypatch.setenv("SPACE_HUB_LANG", "fr")
    assert "1 réservation temporaire est échue depuis" in said(capsys, "doctor", status=int(working))
