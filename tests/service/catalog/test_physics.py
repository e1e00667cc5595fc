"""Claims held against the hub's own element sets in a match, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from catalog import matches
from catalog.matching.recommend import recommend
from catalog.matching.record import Record, freeze, thaw
from catalog.physics import ground, held
from catalog.physics.ground import Grounds
from providers import consents
from providers.consents import Audience
from providers.tables import Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from tests.service.catalog.test_intake import planner, publish, supplier
from tests.support.claims import POLAR, claims, matched, polar, stated, wanted
from tests.support.sky import Sky


def verdicts(record: Record) -> dict[str, str]:
    return {f"{row['offering_id']} {row['attribute']}": row["verdict_of_claim"] for row in record.result["physics"]}


@pytest.fixture
def sky(database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    return polar(database, clock, rng)


def test_a_claim_stands_beside_what_the_orbits_of_its_satellites_allow(
    sky: Sky, database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """The score is the same with and without what was computed: nothing follows before the supplier could reply."""
    reader = planner(database, clock, rng)
    modest = publish(database, clock, rng, supplier(database, clock, rng, "A"), **claims(12))
    bold = publish(database, clock, rng, supplier(database, clock, rng, "B"), **claims(0.2))
    plain = publish(database, clock, rng, supplier(database, clock, rng, "C"))
    record = matched(database, clock, reader, stated(database, clock, rng, reader, wanted(clock)))
    assert verdicts(record) == {
        f"{modest} revisit": "agree",
        f"{bold} revisit": "disagree",
        f"{plain} delivery_latency": "cannot_tell",
        f"{plain} revisit": "cannot_tell",
    }
    row = next(each for each in record.result["physics"] if each["offering_id"] == bold)
    assert (row["claimed"], row["answered"], row["for_reply"]) == ([0.2, 0.2], None, True)
    assert 0.5 < row["limit"] < row["computed"] < 6.0
    need, offered = thaw(record.inputs)
    alone = freeze(need, offered, recommend(need, offered))
    assert alone.result["offerings"] == record.result["offerings"]


def test_what_was_computed_can_be_computed_again_when_newer_sets_have_come(
    sky: Sky, database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    from tests.support.sky import later

    reader = planner(database, clock, rng)
    publish(database, clock, rng, supplier(database, clock, rng), **claims(0.2))
    record = matched(database, clock, reader, stated(database, clock, rng, reader, wanted(clock)))
    clock.advance(timedelta(days=1))
    sky.take(*(later(one, 24.0) for one in POLAR), synthetic=True)
    with database.read() as session:
        again = matches.again(session, record.inputs)
    assert again.record_sha256 == record.record_sha256


def test_who_withholds_its_assets_is_not_computed(
    sky: Sky, database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)
    publish(database, clock, rng, who, **claims(0.2))
    asked = stated(database, clock, rng, reader, wanted(clock))
    assert set(verdicts(matched(database, clock, reader, asked)).values()) == {"disagree"}
    with database.write() as session:
        from sqlmodel import select

        provider = session.exec(select(Provider).where(Provider.organisation_id == who.organisation_id)).one()
        consents.give(session, clock, who, provider.id, datum="offering.assets", audience=Audience.NOBODY, purposes=[])
    assert matched(database, clock, reader, asked).result["physics"] == []


def test_many_offerings_are_read_in_as_many_queries_as_few(
    sky: Sky, database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    reader, who = planner(database, clock, rng), supplier(database, clock, rng)

    def statements() -> tuple[int, Grounds]:
        asked = stated(database, clock, rng, reader, wanted(clock))
        count = 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        with database.read() as session:
            _, candidates = matches.gather(session, clock, reader, asked)
            event.listen(session.get_bind(), "before_cursor_execute", note)
            try:
                return count, ground.gather(session, reader, clock.now(), candidates)
            finally:
                event.remove(session.get_bind(), "before_cursor_execute", note)

    publish(database, clock, rng, who, **claims(12))
    few, _ = statements()
    for number in range(5):
        publish(database, clock, rng, who, reference=f"R{number}", **claims(12 + number))
    many, grounds = statements()
    assert (many, len(grounds.of)) == (few, 6)


def test_beyond_the_budget_it_is_said_to_be_not_computed(
    sky: Sky, database: Database, clock: ManualClock, rng: SeededRng, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = planner(database, clock, rng)
    publish(database, clock, rng, supplier(database, clock, rng), **claims(0.2))
    asked = stated(database, clock, rng, reader, wanted(clock))
    monkeypatch.setattr(held, "BUDGET", 100)
    (row,) = matched(database, clock, reader, asked).result["physics"]
    assert (row["computed"], row["verdict_of_claim"], row["for_reply"]) == (None, "cannot_tell", False)
    assert row["reason"]["code"] == "feasibility.over_budget"
