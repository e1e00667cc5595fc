"""The demonstration alliance: who is in it, what it offers, and that it comes to the shelf like anyone."""

from collections import Counter

from sqlmodel import col, func, select

from catalog.search import shelf
from catalog.tables import Asset, Offering
from jobs.demo import companies, seed
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import keys, organisations
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import MissionArea


def test_forty_companies_offer_two_hundred_things_over_every_capability() -> None:
    found = companies.load()
    drafts = [draft for _, _, listing in found for draft in listing.drafts]
    assert [row for _, _, listing in found for row in listing.refused] == []
    assert (len(found), len(drafts)) == (40, 200)
    assert {draft.capability for draft in drafts} == set(CAPABILITIES)
    assert {CAPABILITIES[draft.capability].area for draft in drafts} == set(MissionArea)
    assert len({draft.reference for draft in drafts}) == 200
    numbers = [asset.catalog_number for draft in drafts for asset in draft.assets if asset.catalog_number]
    assert len(numbers) == len(set(numbers)) == 60


def test_the_companies_are_of_every_size_of_many_nations_and_of_two_languages() -> None:
    given = [profile for profile, _, _ in companies.load()]
    assert set(Counter(each["size_class"] for each in given)) == {"micro", "small", "medium", "large"}
    assert len({each["nation"] for each in given}) >= 20
    assert {each["language"] for each in given} == {"en", "fr"}
    assert all("(d" in each["legal_name"] and each["email"].endswith(".example") for each in given)
    assert len({each["legal_name"] for each in given}) == 40


def test_they_come_through_the_front_door_and_stand_on_the_shelf(
    any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Without a catalogue the numbers of the files stay; they are tied to their satellites at the first ingest."""
    with any_database.write() as session:
        organisations.ensure_hub(session, clock)
        secrets = seed.seed(session, clock, rng)
        broker = keys.authenticate(session, clock, secrets["broker"])
        made = companies.seed(session, clock, rng, broker)
    assert len(made) == 40
    with any_database.read() as session:
        planner = keys.authenticate(session, clock, secrets["nation"])
        shown = shelf.shelf(planner, clock.now()).subquery()
        on_shelf = session.exec(select(func.count()).select_from(shown)).one()
        everything = session.exec(select(func.count()).select_from(Offering)).one()
        numbers = session.exec(select(Asset.catalog_number).where(col(Asset.catalog_number).is_not(None))).all()
    assert everything == 205
    assert 180 <= on_shelf <= everything, "a few are released to some nations only"
    assert len(set(numbers)) == 60
