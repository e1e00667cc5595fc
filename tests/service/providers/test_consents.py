"""Consent by datum: defaults, narrowing, widening, and what an index may not hold."""

import pytest
from sqlmodel import select

from providers import consents, generation
from providers.consents import Audience, Purpose
from providers.tables import ConsentEntry, Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust.markings import MarkingReader
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import OrganisationKind
from tests.service.providers.test_onboarding import BROKER, Door, principal

PLANNER = principal("org_planner", OrganisationKind.NATION, "DE")
OTHER = principal("org_other", OrganisationKind.NATION, "NO")
RIVAL = principal("org_rival")


@pytest.fixture
def door(database: Database, clock: ManualClock, rng: SeededRng) -> Door:
    return Door(database, clock, rng)


def sees(door: Door, owner: Principal, asker: Principal, datum: str, purpose: Purpose = Purpose.MATCH) -> bool:
    with door.database.read() as session:
        return consents.allowed(session, asker, {"off_1": owner.organisation_id}, purpose).may("off_1", datum)


def give(door: Door, who: Principal, provider_id: str, datum: str, audience: Audience, **more: object) -> None:
    given: dict[str, object] = {"purposes": [Purpose.MATCH, Purpose.SEARCH], **more}
    with door.database.write() as session:
        consents.give(session, door.clock, who, provider_id, datum=datum, audience=audience, **given)  # type: ignore[arg-type]


def test_the_defaults_hold_without_a_word(door: Door) -> None:
    """Sabotage seen: skipping the purpose let prices into the statistics."""
    who, _ = door.enter()
    assert sees(door, who, PLANNER, "offering.prices")
    assert not sees(door, who, PLANNER, "offering.prices", Purpose.STATISTICS)
    assert not sees(door, who, PLANNER, "profile.contacts", Purpose.VERIFICATION)
    assert sees(door, who, BROKER, "profile.contacts", Purpose.VERIFICATION)
    assert not sees(door, who, RIVAL, "offering.attributes")
    assert sees(door, who, who, "profile.contacts", Purpose.STATISTICS)


def test_a_narrower_word_about_one_offering_goes_before_the_word_about_all(door: Door) -> None:
    """Sabotage seen: looking at the word about all first showed the price that was withheld."""
    who, provider_id = door.enter()
    give(door, who, provider_id, "offering.prices", Audience.PUBLIC)
    assert sees(door, who, RIVAL, "offering.prices")
    give(door, who, provider_id, "offering.prices", Audience.NATIONS, nations=["NO"], subject="off_1")
    assert sees(door, who, OTHER, "offering.prices")
    assert not sees(door, who, PLANNER, "offering.prices")
    give(door, who, provider_id, "offering.prices", Audience.NOBODY, subject="off_1")
    assert not sees(door, who, OTHER, "offering.prices")
    assert not sees(door, who, BROKER, "offering.prices")
    with door.database.read() as session:
        rows = session.exec(select(ConsentEntry).where(ConsentEntry.subject == "off_1")).all()
        assert [(row.number, row.audience) for row in rows] == [(1, "nations"), (2, "nobody")]


def test_a_word_moves_the_number_of_the_shelf_so_that_every_index_reads_it_again(door: Door) -> None:
    """Sabotage seen: without `bump` the index kept the datum until the supplier published again."""
    who, provider_id = door.enter()
    with door.database.read() as session:
        before = generation.current(session)
    give(door, who, provider_id, "offering.prices", Audience.NOBODY)
    with door.database.read() as session:
        assert session.get_one(Provider, provider_id).shelf_generation == generation.current(session) == before + 1


def test_a_changed_word_is_told_to_its_owner_alone(door: Door) -> None:
    """Sabotage seen: marked like the datum itself, planners read that something had been narrowed."""
    who, provider_id = door.enter()
    give(door, who, provider_id, "offering.prices", Audience.PLANNERS)
    with door.database.read() as session:
        told = session.exec(select(LogEntry).where(LogEntry.topic == "consent.changed")).one()
        assert (told.subject, told.payload["datum"], told.payload["audience"]) == (
            provider_id,
            "offering.prices",
            "planners",
        )
        readers = select(MarkingReader.organisation_id).where(MarkingReader.marking_id == told.marking_id)
        assert session.exec(readers).all() == [who.organisation_id]


def test_what_is_not_one_s_own_and_what_does_not_fit_is_refused(door: Door) -> None:
    who, provider_id = door.enter()
    rival, rival_id = door.enter()
    shown = door.show(rival, rival_id)
    for wrong in (
        {"datum": "offering.soul", "audience": Audience.PUBLIC},
        {"datum": "offering.prices", "audience": Audience.NATIONS},
        {"datum": "offering.prices", "audience": Audience.PUBLIC, "nations": ["NO"]},
        {"datum": "evidence.document", "audience": Audience.PUBLIC, "subject": shown},
        {"datum": "profile.owner", "audience": Audience.PUBLIC, "subject": "off_1"},
    ):
        with pytest.raises(Invalid, match="consent"):
            give(door, who, provider_id, **wrong)
    with pytest.raises(NotFound):
        give(door, who, rival_id, "offering.prices", Audience.PUBLIC)
