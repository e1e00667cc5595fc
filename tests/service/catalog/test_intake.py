"""The shelf against both databases: versions, assets, search, and the match as it is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from catalog import matches
from catalog.demand import requirements
from catalog.demand.needs import PhaseGiven, read_need
from catalog.matching.recommend import recommend
from catalog.matching.record import freeze, thaw
from catalog.search.query import read_condition
from catalog.search.shelf import shelf
from catalog.shelf import assets, offerings
from catalog.shelf.content import fingerprint
from catalog.tables import Asset, Offering, OfferingVersion
from providers import clearances, generation
from providers.adapters.drafts import read_draft
from providers.adapters.manifest import read_manifest
from providers.front_door import arrive
from providers.lifecycle import Status
from providers.onboarding import Contact, Profile, SizeClass
from providers.vetting import Tier
from space_hub.awareness.tables import Designation, SpaceObject
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery.log import LogEntry
from space_hub.errors import Conflict
from space_hub.rng import SeededRng
from space_hub.trust import organisations
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import Principal
from space_hub.trust.scopes import SCOPES_OF, OrganisationKind
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase
from tests.support.supply import offering


def supplier(database: Database, clock: ManualClock, rng: SeededRng, name: str = "Clear Sky") -> Principal:
    """A verified supplier; how it came to be verified is proven elsewhere."""
    profile = Profile(name, "RCS 1", "FR", SizeClass.SMALL, (Contact("A", "a@example.org"),), "FR")
    with database.write() as session:
        organisation, provider, _, _ = arrive(session, clock, rng, profile)
        provider.status = Status.VERIFIED.value
        provider.shelf_generation = generation.bump(session)
        session.add(provider)
        clearances.grant(session, clock, provider, None, Tier.LISTED, tuple(MissionArea), None)
        return Principal(organisation.id, OrganisationKind.PROVIDER, "FR", "k", SCOPES_OF[OrganisationKind.PROVIDER])


def planner(database: Database, clock: ManualClock, rng: SeededRng) -> Principal:
    with database.write() as session:
        made = organisations.register(session, clock, rng, name="M", kind=OrganisationKind.NATION, nation="DE")
        return Principal(made.id, OrganisationKind.NATION, "DE", "k", SCOPES_OF[OrganisationKind.NATION])


def publish(database: Database, clock: ManualClock, rng: SeededRng, who: Principal, **more: Any) -> str:
    with database.write() as session:
        return offerings.publish(session, clock, rng, who, read_draft(offering(**more))).offering.id


def test_the_same_content_makes_no_version_and_no_event(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: leaving out the comparison of hashes made a second version."""
    who = supplier(database, clock, rng)
    offering_id = publish(database, clock, rng, who)
    for price, changed in (("10", False), ("10.00", False), ("11", True), ("11", False), ("10", True)):
        with database.write() as session:
            done = offerings.change(session, clock, rng, who, offering_id, read_draft(offering(price=price)))
            assert done.changed is changed, price
    with database.read() as session:
        numbers = session.exec(select(OfferingVersion.number).order_by(col(OfferingVersion.number))).all()
        assert list(numbers) == [1, 2, 3]
        assert len(session.exec(select(LogEntry).where(LogEntry.topic == "offering.published")).all()) == 3


def test_one_intake_is_one_audit_row_however_many_offerings(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    who = supplier(database, clock, rng)
    rows = ["reference,title,capability", *(f"R{number},Eye,imagery.optical" for number in range(20)), "BAD,,"]
    with database.write() as session:
        done, aside = offerings.from_manifest(session, clock, rng, who, read_manifest("\n".join(rows)))
        assert (len(done.taken), len(aside)) == (20, 1)
    with database.read() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "offering.intake")).one()
        assert len(entry.detail["versions"]) == 20


def test_an_asset_is_tied_to_its_object_when_the_catalogue_knows_it(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    who = supplier(database, clock, rng)
    publish(database, clock, rng, who)
    with database.read() as session:
        assert session.exec(select(Asset.space_object_id)).all() == [None]
    with database.write() as session:
        session.add(SpaceObject(id="obj_iss", name="ISS", synthetic=False, created_at=clock.now()))
        session.flush()
        session.add(Designation(object_id="obj_iss", catalog_number=25544, valid_from=clock.now()))
    with database.write() as session:
        assert assets.resolve(session) == 1
        assert assets.resolve(session) == 0
    publish(database, clock, rng, who, reference="SECOND")
    with database.read() as session:
        assert session.exec(select(Asset.space_object_id)).all() == ["obj_iss", "obj_iss"]


def test_a_name_never_moves_to_another_satellite_and_nothing_of_the_draft_is_kept(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    who = supplier(database, clock, rng)
    publish(database, clock, rng, who)
    moved = offering("NEW", assets=[{"name": "EYE-1", "catalog_number": 5}, {"name": "EYE-2", "catalog_number": 6}])
    with database.write() as session, pytest.raises(Conflict, match="asset_number_differs"):
        offerings.publish(session, clock, rng, who, read_draft(moved))
    with database.read() as session:
        assert session.exec(select(Asset.name)).all() == ["EYE-1"]
        assert session.exec(select(Offering.reference)).all() == ["EYE"]


def test_an_offering_leaves_the_shelf_when_it_ends(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    who, reader = supplier(database, clock, rng), planner(database, clock, rng)
    publish(database, clock, rng, who, valid_to="2024-11-03T00:00:00Z")
    with database.read() as session:
        assert len(session.execute(shelf(reader, clock.now())).all()) == 1
        assert session.execute(shelf(reader, clock.now() + timedelta(days=1))).all() == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("gsd <= 50 cm", 1),
        ("gsd <= 49 cm", 0),
        ("delivery_latency >= 3 h", 1),
        ("stereo = true", 1),
        ("stereo = false", 0),
    ],
)
def test_a_condition_is_compared_in_the_canonical_unit(
    database: Database, clock: ManualClock, rng: SeededRng, condition: str, found: int
) -> None:
    who, reader = supplier(database, clock, rng), planner(database, clock, rng)
    publish(database, clock, rng, who)
    statement = shelf(reader, clock.now(), conditions=(read_condition(condition),))
    with database.read() as session:
        assert len(session.execute(statement).all()) == found


def test_a_kept_match_can_be_computed_again_from_its_record_years_later(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: adding one to a kept price broke the hash."""
    reader = planner(database, clock, rng)
    for number in range(3):
        who = supplier(database, clock, rng, f"S{number}")
        publish(database, clock, rng, who, price=f"{7 + number}", capacity=300)
    need = read_need(
        capability_code="imagery.optical",
        currency="EUR",
        window=Interval(datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
        phases=[PhaseGiven(Phase.PEACE, 500, "km2/d", "4000")],
        clauses=[{"attribute": "gsd", "operator": "<=", "threshold": 60, "unit": "cm"}],
        now=clock.now(),
        largest_share=0.6,
    )
    with database.write() as session:
        stated = requirements.state(session, clock, rng, reader, title="T", description="", need=need)
    with database.read() as session:
        again = requirements.need_of(requirements.get(session, reader, stated.id))
        assert again == need
        gathered, candidates = matches.gather(session, clock, reader, stated.id)
    with database.write() as session:
        kept = matches.keep(session, clock, rng, reader, stated.id, matches.compute(gathered, candidates)).id
    with database.read() as session:
        row = matches.get(session, reader, kept)
        assert (row.covered, row.single_supplier) == (True, False)
        thawed, offered = thaw(row.inputs)
        record = freeze(thawed, offered, recommend(thawed, offered))
        assert (record.result, record.record_sha256) == (row.result, row.record_sha256)
        assert fingerprint(row.inputs) == row.inputs_sha256
        assert len(session.exec(select(LogEntry).where(LogEntry.topic == "match.computed")).all()) == 1
