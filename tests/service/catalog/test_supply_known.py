"""Supply at risk in a record: what this asker may know on the day of the match, and no more on any later day."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from catalog import dossiers, matches
from catalog.dossier.render import render
from catalog.risk import planned
from catalog.risk.tables import Cause, OfferingRisk
from catalog.search.shelf import one
from catalog.tables import Asset, OfferingAsset
from providers import consents
from providers.consents import Audience
from providers.tables import Provider
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.rng import SeededRng
from space_hub.trust import markings, organisations
from tests.service.catalog.test_intake import planner, publish, supplier
from tests.support.claims import stated, wanted


@pytest.fixture
def market(any_database: Database, clock: ManualClock, rng: SeededRng) -> tuple[Any, Any, str]:
    with any_database.write() as session:
        organisations.ensure_hub(session, clock)
    who = supplier(any_database, clock, rng)
    return planner(any_database, clock, rng), who, publish(any_database, clock, rng, who)


def risk(session: Session, clock: ManualClock, offering_id: str, asset_id: str, marking_id: str, **more: Any) -> None:
    number = len(session.exec(select(OfferingRisk)).all())
    values: dict[str, Any] = {
        "cause": Cause.CONJUNCTION.value,
        "probability": 1e-4,
        "probability_is_bound": True,
        "detail": {"other_object_name": "DEBRIS 7", "miss_distance_m": 300.0},
    }
    known: dict[str, Any] = {
        "evidence_marking_id": marking_id,
        "since": clock.now(),
        "from_at": clock.now(),
        "opened_by": 1,
    }
    row: dict[str, Any] = {
        "id": f"rsk_{number}",
        "offering_id": offering_id,
        "asset_id": asset_id,
        "evidence_id": f"cnj_{number}",
    }
    session.add(OfferingRisk(**row, episode=1, **known, **{**values, **more}))
    session.flush()


def test_a_record_holds_what_its_asker_may_know_and_its_paper_says_it_on_every_day(
    any_database: Database, clock: ManualClock, rng: SeededRng, market: tuple[Any, Any, str]
) -> None:
    """Sabotage seen: risks read without their markings, and a planner read the supplier's own trouble."""
    database, (reader, who, offering_id) = any_database, market
    with database.write() as session:
        version = one(session, who, clock.now(), offering_id)[1]
        (asset_id,) = session.exec(select(OfferingAsset.asset_id).where(OfferingAsset.version_id == version.id))
        asset = session.get_one(Asset, asset_id)
        other = Asset(**{**asset.model_dump(), "id": "ast_other", "name": "OLD-1"})
        session.add(other)
        session.flush()
        public, private = markings.public(session), markings.owner_only(session, who.organisation_id)
        risk(session, clock, offering_id, asset_id, public)
        risk(session, clock, offering_id, asset_id, public, probability=0.01)
        risk(session, clock, offering_id, asset_id, public, closed_at=clock.now())
        risk(session, clock, offering_id, asset_id, private, cause=Cause.OUTAGE.value, probability=1.0)
        risk(session, clock, offering_id, other.id, public, probability=1.0)
    asked = stated(database, clock, rng, reader, wanted(clock, clauses=[], area=None))
    record = matches.think(database, clock, reader, asked)
    kept = record.inputs["supply_at_risk"][offering_id]
    assert (kept["assets"], kept["open"], [each["probability"] for each in kept["gravest"]]) == (1, 2, [0.01, 1e-4])
    with database.write() as session:
        match = matches.keep(session, clock, rng, reader, asked, record)
        first = render(dossiers.material(session, reader, match.id), "html", "en")
        for row in session.exec(select(OfferingRisk)):
            row.closed_at = clock.now()
            session.add(row)
    clock.advance(timedelta(days=3))
    with database.read() as session:
        assert render(dossiers.material(session, reader, match.id), "html", "en") == first
        assert matches.again(session, record.inputs).record_sha256 == record.record_sha256
    assert b"passes DEBRIS 7 at a predicted 300 m" in first.lower().replace(b"debris", b"DEBRIS")
    assert matches.think(database, clock, reader, asked).inputs["supply_at_risk"] == {}


def test_who_withholds_its_assets_is_not_known_to_rest_on_them(
    any_database: Database, clock: ManualClock, rng: SeededRng, market: tuple[Any, Any, str]
) -> None:
    """Sabotage seen: assets read without the consent of their owner."""
    database, (reader, who, offering_id) = any_database, market
    with database.write() as session:
        version = one(session, who, clock.now(), offering_id)[1]
        (asset_id,) = session.exec(select(OfferingAsset.asset_id).where(OfferingAsset.version_id == version.id))
        risk(session, clock, offering_id, asset_id, markings.public(session))
    asked = stated(database, clock, rng, reader, wanted(clock, clauses=[], area=None))
    with database.write() as session:
        _, offered = matches.gather(session, clock, reader, asked)
        assert set(planned.known(session, reader, offered)) == {offering_id}
        provider = session.exec(select(Provider).where(Provider.organisation_id == who.organisation_id)).one()
        consents.give(session, clock, who, provider.id, datum="offering.assets", audience=Audience.NOBODY, purposes=[])
        assert planned.known(session, reader, offered) == {}
