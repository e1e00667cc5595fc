"""Search against both databases: the same answers as plain Python, for each asker its own shelf, never a stale one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from benchmarks.search import queries, shelf, stock
from benchmarks.search.shelf import NOW, ORGANISATIONS
from catalog.search import answer, index
from catalog.search.answer import Answer
from catalog.search.index import Index
from catalog.search.query import Facet, normalise
from catalog.search.tables import ShelfEntry
from catalog.shelf import offerings
from catalog.shelf.intake import take
from catalog.tables import Offering, OfferingVersion
from providers import generation
from providers.adapters.drafts import read_draft
from providers.tables import Clearance, Consent, Provider, ShelfState
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import markings
from space_hub.trust.principal import Principal
from tests.service.catalog.test_intake import planner, publish, supplier
from tests.support import search_oracle
from tests.support.supply import offering


def find(
    database: Database, held: Index, who: Principal, clock: ManualClock, limit: int = 500, **body: object
) -> Answer:
    with database.read() as session:
        return answer.find(session, held, who, clock.now(), normalise(body), limit=limit)


def ids(found: Answer) -> list[str]:
    return [hit.offering.id for hit in found.items]


def test_answers_are_those_of_the_oracle(database: Database) -> None:
    """Sabotage seen: the clearance of a mission area left out of the mask."""
    market = shelf.draw(300, 30)
    planners = stock.put(database, market)
    held = index.of(database)
    found_any = 0
    for place, body in enumerate(queries.draw(60)):
        who, query = planners[place % ORGANISATIONS], normalise(body)
        expected = search_oracle.answer(market.shelf, query, shelf.organisation(place % ORGANISATIONS), NOW)
        with database.read() as session:
            found = answer.find(session, held, who, NOW, query, limit=1000)
        assert ids(found) == expected.ids, body
        assert {name: list(each.values) for name, each in found.facets.items()} == expected.facets, body
        assert found.not_stated == expected.not_stated, body
        found_any += bool(expected.ids)
    assert found_any > 25


def test_a_restricted_offering_changes_nothing_for_who_may_not_see_it(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Hits, order, explanations, counts and the place to go on are equal before and after.

    Sabotage seen: the mask applied after scoring let the restricted title change what a word is worth."""
    reader, held = planner(any_database, clock, rng), index.of(any_database)
    who = supplier(any_database, clock, rng)
    for place in range(12):
        words = "optical imagery of ports" if place % 3 else "optical optical harbour pictures by night"
        publish(any_database, clock, rng, who, reference=f"R{place}", title=words)

    def asked() -> list[Answer]:
        bodies: list[dict[str, Any]] = [
            {"text": "optical ports night", "facets": ["nation", "capability", "coverage"]},
            {"text": "optical ports night", "limit": 5},
            {"area": "region:baltic", "facets": ["phase", "maturity"]},
        ]
        return [find(any_database, held, reader, clock, **{"limit": 500, **body}) for body in bodies]

    before = asked()
    for place in range(20):
        publish(
            any_database, clock, rng, who, reference=f"X{place}", title="ports night", release_to=["FR"], coverage=None
        )
    after = asked()
    for one, other in zip(before, after, strict=True):
        assert ids(one) == ids(other) != []
        assert [hit.why for hit in one.items] == [hit.why for hit in other.items]
        assert (one.facets, one.not_stated, one.next) == (other.facets, other.not_stated, other.next)


def test_what_was_withdrawn_is_gone_from_the_next_answer(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Even from an index that has not heard of it: the page is fetched by the statement that judges.

    Sabotage seen: the page made from the index alone showed it."""
    reader, held, who = planner(any_database, clock, rng), index.of(any_database), supplier(any_database, clock, rng)
    kept, gone = (publish(any_database, clock, rng, who, reference=each) for each in ("A", "B"))
    assert set(ids(find(any_database, held, reader, clock, text="optical"))) == {kept, gone}
    with any_database.write() as session:
        offerings.withdraw(session, clock, who, gone)
    with any_database.write() as session:
        # As if the number had not moved: this process believes that its copy is new.
        number = held._held.generation
        session.execute(update(ShelfEntry).where(col(ShelfEntry.offering_id) == gone).values(generation=number))
        session.execute(update(ShelfState).values(generation=number))
    assert ids(find(any_database, held, reader, clock, text="optical")) == [kept]
    with any_database.write() as session:
        generation.bump(session)
        session.execute(update(ShelfEntry).where(col(ShelfEntry.offering_id) == gone).values(generation=number + 1))
    found = find(any_database, held, reader, clock, text="optical", facets=["nation"])
    assert (ids(found), found.facets[Facet.NATION].values) == ([kept], (("FR", 1),))


def test_a_clearance_that_ends_takes_its_offerings_along_at_that_moment(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    reader, held, who = planner(any_database, clock, rng), index.of(any_database), supplier(any_database, clock, rng)
    publish(any_database, clock, rng, who)
    with any_database.write() as session:
        row = session.exec(select(Clearance).where(Clearance.mission_area == "imagery")).one()
        row.valid_to, row.shelf_generation = clock.now() + timedelta(hours=1), generation.bump(session)
        session.add(row)
    assert len(ids(find(any_database, held, reader, clock))) == 1
    clock.advance(timedelta(hours=1))
    assert ids(find(any_database, held, reader, clock)) == []


def test_a_supplier_that_is_suspended_is_gone_with_one_row(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    reader, held, who = planner(any_database, clock, rng), index.of(any_database), supplier(any_database, clock, rng)
    publish(any_database, clock, rng, who)
    for status, seen in (("suspended", 0), ("verified", 1)):
        with any_database.write() as session:
            provider = session.exec(select(Provider)).one()
            provider.status, provider.shelf_generation = status, generation.bump(session)
            session.add(provider)
        found = find(any_database, held, reader, clock, facets=["nation"])
        assert len(ids(found)) == seen == sum(count for _, count in found.facets[Facet.NATION].values)


def test_a_hit_says_which_words_values_and_area_made_it_one(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    reader, held, who = planner(any_database, clock, rng), index.of(any_database), supplier(any_database, clock, rng)
    publish(any_database, clock, rng, who, attributes={"gsd": {"value": [0.3, 0.9], "unit": "m"}})
    body: dict[str, Any] = {
        "text": "imagerie optique 50 cm",
        "where": ["gsd <= 1 m"],
        "area": [0, 40, 10, 50],
        "phases": ["peace"],
    }
    (hit,) = find(any_database, held, reader, clock, **body).items
    told = [(reason.code, reason.params.get("field") or reason.params.get("number")) for reason in hit.why]
    assert told == [
        ("search.why.text", "t"),
        ("search.why.condition_part", 0.5),
        ("search.why.condition", 1.0),
        ("search.why.phase", None),
        ("search.why.area_global", None),
    ]


def test_what_is_withheld_is_not_found_by(any_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: values indexed whatever their consent."""
    reader, held, who = planner(any_database, clock, rng), index.of(any_database), supplier(any_database, clock, rng)
    with any_database.write() as session:
        session.add(
            Consent(
                owner_id=who.organisation_id,
                subject="",
                datum="offering.attributes",
                audience="staff",
                purposes=["match"],
                marking_id=markings.owner_only(session, who.organisation_id),
                given_at=clock.now(),
            )
        )
    publish(any_database, clock, rng, who)
    assert len(ids(find(any_database, held, reader, clock))) == 1
    assert ids(find(any_database, held, reader, clock, where=["gsd <= 1 m"])) == []


def test_one_intake_asks_the_database_little_and_takes_one_number(
    sqlite_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: the number taken for each offering."""
    from sqlalchemy import event

    who = supplier(sqlite_database, clock, rng)
    drafts = [read_draft(offering(reference=f"R{place}")) for place in range(100)]
    asked: list[str] = []
    with sqlite_database.write() as session:
        before = generation.current(session)
        provider = session.exec(select(Provider)).one()
        listener = lambda _c, _u, statement, *_: asked.append(statement)  # noqa: E731
        event.listen(sqlite_database.engine, "before_cursor_execute", listener)
        take(session, clock, rng, who, provider, drafts, source="manifest")
        event.remove(sqlite_database.engine, "before_cursor_execute", listener)
        assert generation.current(session) == before + 1
        assert len(session.exec(select(ShelfEntry)).all()) == 100
    assert len(asked) < 300, "three round trips for an offering at most"


@pytest.mark.parametrize("published", [True, False])
def test_entries_that_are_missing_are_written_again_and_nothing_else(
    any_database: Database, clock: ManualClock, rng: SeededRng, published: bool
) -> None:
    from catalog.search import entries

    who = supplier(any_database, clock, rng)
    offering_id = publish(any_database, clock, rng, who)
    with any_database.write() as session:
        entry = session.get_one(ShelfEntry, offering_id)
        kept = entry.model_dump(exclude={"generation"})
        session.delete(entry)
        session.get_one(Offering, offering_id).status = "published" if published else "withdrawn"
    with any_database.write() as session:
        assert entries.missing(session) == published
        assert [entries.rebuild(session), entries.rebuild(session)] == [int(published), 0]
    with any_database.read() as session:
        again = session.get(ShelfEntry, offering_id)
        assert (again is not None) == published
        assert again is None or again.model_dump(exclude={"generation"}) == kept
        assert len(session.exec(select(OfferingVersion)).all()) == 1
