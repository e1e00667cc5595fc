"""Saved searches: told once of what newly answers, to the one who keeps the search."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from catalog.search import saved
from catalog.search.query import normalise
from catalog.search.tables import SavedHit
from catalog.shelf import offerings
from providers.adapters.drafts import read_draft
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict, Forbidden, NotFound
from space_hub.rng import SeededRng
from space_hub.trust.principal import Principal
from tests.service.catalog.test_intake import planner, publish, supplier
from tests.support.supply import offering


def keep(database: Database, clock: ManualClock, rng: SeededRng, who: Principal, **body: Any) -> str:
    with database.write() as session:
        return saved.save(session, clock, rng, who, "mine", body, True).id


def change(
    database: Database, clock: ManualClock, rng: SeededRng, who: Principal, offering_id: str, **more: Any
) -> None:
    with database.write() as session:
        offerings.change(session, clock, rng, who, offering_id, read_draft(offering(**more)))


def react(database: Database, clock: ManualClock, rng: SeededRng) -> list[dict[str, Any]]:
    """Deal with every entry that was not dealt with yet; the messages of saved searches so far."""
    with database.write() as session:
        topics = ("offering.published", "offering.withdrawn")
        for entry in session.exec(select(LogEntry).where(col(LogEntry.topic).in_(topics)).order_by(col(LogEntry.id))):
            saved.run_due(session, clock, rng, entry)
        told = select(LogEntry).where(LogEntry.topic == "search.matched").order_by(col(LogEntry.id))
        return [entry.payload for entry in session.exec(told)]


def test_what_newly_answers_is_told_once(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: the hit not kept told of it with every change."""
    who, reader = supplier(any_database, clock, rng), planner(any_database, clock, rng)
    search_id = keep(any_database, clock, rng, reader, text="optical", where=["gsd <= 0.6 m"])
    clock.advance(timedelta(minutes=1))
    offering_id = publish(any_database, clock, rng, who)
    publish(any_database, clock, rng, who, reference="FAR", attributes={"gsd": {"value": 3, "unit": "m"}})
    for price in ("11", "12"):
        (told,) = react(any_database, clock, rng)
        assert (told["saved_search_id"], told["offering_id"], told["gone"]) == (search_id, offering_id, False)
        change(any_database, clock, rng, who, offering_id, price=price)


def test_what_answered_before_is_no_news_and_what_comes_to_answer_is(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the version before not looked at told of every old offering that changed its price."""
    who, reader = supplier(any_database, clock, rng), planner(any_database, clock, rng)
    old = publish(any_database, clock, rng, who)
    coarse = publish(any_database, clock, rng, who, reference="B", attributes={"gsd": {"value": 3, "unit": "m"}})
    keep(any_database, clock, rng, reader, where=["gsd <= 0.6 m"])
    change(any_database, clock, rng, who, old, price="11")
    change(any_database, clock, rng, who, coarse, reference="B", attributes={"gsd": {"value": 30, "unit": "cm"}})
    assert [told["offering_id"] for told in react(any_database, clock, rng)] == [coarse]


def test_a_supplier_that_comes_onto_the_shelf_brings_all_its_offerings(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: only published offerings looked at, those that waited for the verification were never told of."""
    from providers.tables import Provider
    from space_hub.trust import markings

    who, reader = supplier(any_database, clock, rng), planner(any_database, clock, rng)
    offering_id = publish(any_database, clock, rng, who)
    keep(any_database, clock, rng, reader, text="optical")
    with any_database.write() as session:
        provider = session.exec(select(Provider)).one()
        for status, told in (("suspended", 0), ("verified", 1), ("verified", 1)):
            payload = {"provider_id": provider.id, "status": status, "event": "x"}
            entry = log.append(
                session, clock, "provider.status_changed", provider.id, payload, markings.public(session)
            )
            saved.run_due(session, clock, rng, entry)
            matched = session.exec(select(LogEntry).where(LogEntry.topic == "search.matched")).all()
            assert [each.payload["offering_id"] for each in matched] == [offering_id] * told


def test_who_was_told_is_told_when_it_leaves(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    who, reader = supplier(any_database, clock, rng), planner(any_database, clock, rng)
    keep(any_database, clock, rng, reader, text="optical")
    offering_id = publish(any_database, clock, rng, who)
    with any_database.write() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.topic == "offering.published")).one()
        saved.run_due(session, clock, rng, entry)
        offerings.withdraw(session, clock, who, offering_id)
        gone = session.exec(select(LogEntry).where(LogEntry.topic == "offering.withdrawn")).one()
        assert gone.payload["reason"] == "owner"
        saved.run_due(session, clock, rng, gone)
        told = session.exec(select(LogEntry).where(LogEntry.topic == "search.matched").order_by(col(LogEntry.id))).all()
        assert [each.payload["gone"] for each in told] == [False, True]
        assert session.exec(select(SavedHit)).all() == []


def test_what_the_keeper_may_not_see_is_not_told(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: the shelf of the keeper not asked."""
    who, reader = supplier(any_database, clock, rng), planner(any_database, clock, rng)
    keep(any_database, clock, rng, reader, text="optical")
    publish(any_database, clock, rng, who, release_to=["FR"])
    assert react(any_database, clock, rng) == []


def test_only_its_keeper_reads_the_message(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    who, reader = supplier(any_database, clock, rng), planner(any_database, clock, rng)
    keep(any_database, clock, rng, reader, text="optical")
    publish(any_database, clock, rng, who)
    react(any_database, clock, rng)
    with any_database.read() as session:
        from space_hub.trust.markings import MarkingReader

        entry = session.exec(select(LogEntry).where(LogEntry.topic == "search.matched")).one()
        readers = session.exec(
            select(MarkingReader.organisation_id).where(MarkingReader.marking_id == entry.marking_id)
        ).all()
        assert list(readers) == [reader.organisation_id]


def test_the_same_question_is_kept_once_and_a_hundred_are_the_most(
    any_database: Database, clock: ManualClock, rng: SeededRng, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "MOST", 2)
    reader = planner(any_database, clock, rng)
    first = keep(any_database, clock, rng, reader, text="radar images", nations=["FR", "DE"])
    assert keep(any_database, clock, rng, reader, text="Radar  images", nations=["DE", "FR"]) == first
    keep(any_database, clock, rng, reader, text="other")
    with pytest.raises(Conflict, match="too_many"):
        keep(any_database, clock, rng, reader, text="third")
    with any_database.write() as session:
        saved.remove(session, clock, reader, first)
        with pytest.raises(NotFound):
            saved.remove(session, clock, reader, first)
    keep(any_database, clock, rng, reader, text="third")


def test_a_supplier_keeps_none(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    with pytest.raises(Forbidden):
        keep(any_database, clock, rng, supplier(any_database, clock, rng), text="rivals")


def test_a_kept_question_means_what_it_meant(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    body: dict[str, Any] = {
        "text": "radar 50 cm",
        "area": [170, -10, -170, 10],
        "relation": "covers",
        "window": (datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)),
        "taskable": False,
        "facets": ["nation"],
    }
    assert normalise(saved._read(saved._kept(body))).meaning() == normalise(body).meaning()
