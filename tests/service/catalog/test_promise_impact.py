"""The loop: an event in the sky or on the ground reaches exactly those whose supply rests on it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from catalog.capacity.rules import PARTS
from catalog.ordering import call_offs
from catalog.ordering.call_offs import CallOffAsk
from catalog.promise import agreements
from catalog.risk import impact, outages, risks
from catalog.risk.outages import Severity
from catalog.risk.tables import OfferingRisk, RiskNotice
from catalog.tables import Asset, MatchRecord, Offering, Requirement
from jobs.proofs import supply
from jobs.proofs.supply import AUTHORITY, Promise, Supplier
from providers.adapters.base import AssetRef
from space_hub.awareness.tables import (
    Assessment,
    Conjunction,
    Designation,
    ElementSetRow,
    Run,
    Snapshot,
    SourceFile,
    SpaceObject,
)
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.delivery import log
from space_hub.delivery.log import LogEntry
from space_hub.errors import Forbidden, NotFound
from space_hub.rng import SeededRng
from space_hub.trust import markings, organisations
from space_hub.trust.labels import Marking
from space_hub.trust.principal import HUB_ID, Principal
from space_hub.trust.scopes import OrganisationKind
from space_hub.vocabulary.codes import AssetKind
from space_hub.vocabulary.interval import Interval

NATION = OrganisationKind.NATION
NUMBER, DEBRIS = 25544, 99001


@dataclass
class Sky:
    """A satellite that an offering rests on, a piece of debris, and runs that look at both."""

    database: Database
    clock: ManualClock
    rng: SeededRng
    promise: Promise
    rival: Principal
    bystander: Supplier
    runs: int = 0
    entries: dict[str, int] = field(default_factory=dict)

    def run(self, *encounters: tuple[str, float], hours: float = 24, marking: str | None = None) -> LogEntry:
        """Publish a run with these encounters: (conjunction id, miss in metres), an hour ahead."""
        self.runs += 1
        now = self.clock.now()
        run_id = f"run_{self.runs}"
        with self.database.write() as session:
            public = markings.public(session)
            snapshot = Snapshot(
                id=f"snp_{self.runs}",
                sha256=f"{self.runs:064d}",
                size=2,
                synthetic=False,
                oldest_epoch=now,
                newest_epoch=now,
                element_set_ids=[],
                taken_at=now,
            )
            session.add(snapshot)
            session.flush()
            session.add(_run(run_id, snapshot.id, public, self.clock, hours))
            session.flush()
            for conjunction_id, miss_m in encounters:
                if session.get(Conjunction, conjunction_id) is None:
                    session.add(
                        Conjunction(
                            id=conjunction_id,
                            object_a_id="obj_sat",
                            object_b_id="obj_debris",
                            first_run_id=run_id,
                            latest_run_id=run_id,
                            co_located=False,
                            tca=now + timedelta(hours=1),
                            synthetic=False,
                            marking_id=marking or public,
                        )
                    )
                    session.flush()
                session.add(_look(conjunction_id, run_id, miss_m, now + timedelta(hours=1)))
            return log.append(session, self.clock, "run.published", run_id, {"run_id": run_id}, public)

    def react(self, entry: LogEntry) -> int:
        with self.database.write() as session:
            return impact.on_object_event(session, self.clock, self.rng, entry)

    def told(self, topic: str = "offering.at_risk") -> dict[str, list[dict[str, Any]]]:
        """Payloads by the one organisation that may read each."""
        found: dict[str, list[dict[str, Any]]] = {}
        with self.database.read() as session:
            for entry in session.exec(select(LogEntry).where(LogEntry.topic == topic).order_by(col(LogEntry.id))):
                (reader,) = session.exec(
                    select(markings.MarkingReader.organisation_id).where(
                        markings.MarkingReader.marking_id == entry.marking_id
                    )
                ).all()
                found.setdefault(reader, []).append(entry.payload)
        return found

    def open_risks(self) -> int:
        with self.database.read() as session:
            return len(session.exec(select(OfferingRisk).where(col(OfferingRisk.closed_at).is_(None))).all())

    @property
    def lead_id(self) -> str:
        return self.promise.lead.organisation_id

    @property
    def supplier_id(self) -> str:
        return self.promise.supplier.principal.organisation_id


@pytest.fixture
def sky(any_database: Database, clock: ManualClock, rng: SeededRng) -> Sky:
    return make_sky(any_database, clock, rng)


def make_sky(database: Database, clock: ManualClock, rng: SeededRng, *more: AssetRef) -> Sky:
    """The supplier publishes before the object is known: the asset is tied to it later."""
    satellite = AssetRef(AssetKind.SATELLITE, "EX SAT", NUMBER)
    other = AssetRef(AssetKind.SATELLITE, "OTHER SAT", 12345)
    with database.write() as session:
        organisations.ensure_hub(session, clock)
        lead = supply.principal(session, clock, rng, NATION, "FR", "Lead")
        rival = supply.principal(session, clock, rng, NATION, "DE", "Rival nation")
        promise = supply.promise(
            session, clock, rng, supply.supplier(session, clock, rng, assets=(satellite, *more)), lead
        )
        bystander = supply.supplier(session, clock, rng, name="Bystander", reference="BY-1", assets=(other,))
        supply.promise(session, clock, rng, bystander, rival)
        for object_id, number in (("obj_sat", NUMBER), ("obj_debris", DEBRIS)):
            _object(session, clock, object_id, number)
    return Sky(database, clock, rng, promise, rival, bystander)


def test_a_near_conjunction_tells_the_supplier_and_the_holder_and_nobody_else(
    database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    """Sabotage seen: leaving the offering or the pool out of `holdings.of_offering` told the rival nation too."""
    sky = make_sky(database, clock, rng)
    assert sky.react(sky.run(("cnj_1", 640.0))) == 1
    told = sky.told()
    assert set(told) == {sky.lead_id, sky.supplier_id}
    (payload,) = told[sky.lead_id]
    assert payload["cause"] == "conjunction"
    assert payload["evidence_id"] == "cnj_1"
    assert payload["asset_name"] == "EX SAT"
    assert payload["detail"]["miss_distance_m"] == 640.0
    assert payload["affected"]["agreements"] == [sky.promise.agreement_id]
    with database.read() as session:
        for nobody in (sky.rival, sky.bystander.principal):
            assert session.execute(risks.told(nobody, open_only=False)).all() == []
        assert len(session.execute(risks.told(sky.promise.lead, open_only=True)).all()) == 1


def test_the_same_entry_again_says_nothing_again(database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: leaving out the look for an existing risk turned it red (the constraint refuses)."""
    sky = make_sky(database, clock, rng)
    entry = sky.run(("cnj_1", 640.0))
    assert [sky.react(entry), sky.react(entry)] == [1, 0]
    assert sky.react(sky.run(("cnj_1", 600.0))) == 0, "a later look at the same encounter is no news"
    assert {who: len(said) for who, said in sky.told().items()} == {sky.lead_id: 1, sky.supplier_id: 1}


def test_an_encounter_farther_than_the_risk_distance_is_no_risk(sky: Sky) -> None:
    assert sky.react(sky.run(("cnj_1", 1000.1))) == 0
    assert sky.told() == {}


def test_a_run_that_shows_it_wider_ends_the_risk_and_an_old_run_read_again_does_not_reopen_it(sky: Sky) -> None:
    near = sky.run(("cnj_1", 640.0))
    sky.react(near)
    sky.clock.advance(timedelta(minutes=5))
    sky.react(sky.run(("cnj_1", 2300.0)))
    assert sky.open_risks() == 0
    assert set(sky.told("offering.recovered")) == {sky.lead_id, sky.supplier_id}
    assert sky.react(near) == 0
    assert sky.open_risks() == 0
    assert sky.react(sky.run(("cnj_1", 500.0))) == 1, "near again is news again"
    assert len(sky.told()[sky.lead_id]) == 2


def test_a_risk_ends_when_the_encounter_is_past(sky: Sky) -> None:
    sky.react(sky.run(("cnj_1", 640.0)))
    sky.clock.advance(timedelta(hours=2))
    sky.react(sky.run())
    assert sky.open_risks() == 0


def test_who_may_not_know_the_conjunction_is_not_told_of_the_risk(sky: Sky) -> None:
    """Sabotage seen: without the look into `marking_reader` the lead learns of it."""
    with sky.database.write() as session:
        secret = markings.ensure(session, Marking(owner=HUB_ID, organisations=frozenset({sky.supplier_id})))
    sky.react(sky.run(("cnj_1", 640.0), marking=secret))
    assert set(sky.told()) == {sky.supplier_id}


def test_a_decay_is_a_risk_until_the_object_is_followed_again(sky: Sky) -> None:
    with sky.database.write() as session:
        thing = session.get_one(SpaceObject, "obj_sat")
        thing.decay_predicted_at = sky.clock.now() + timedelta(hours=3)
        session.add(thing)
        entry = log.append(
            session,
            sky.clock,
            "object.decayed",
            "obj_sat",
            {"decayed_at": "2024-11-02T03:00:00Z"},
            markings.public(session),
        )
    assert [sky.react(entry), sky.react(entry)] == [1, 0]
    assert sky.told()[sky.lead_id][0]["cause"] == "decay"
    sky.react(sky.run())
    assert sky.open_risks() == 1
    with sky.database.write() as session:
        thing = session.get_one(SpaceObject, "obj_sat")
        thing.decay_predicted_at = None
        session.add(thing)
    sky.react(sky.run())
    assert sky.open_risks() == 0


def test_an_outage_is_told_to_the_holders_and_its_end_too(sky: Sky) -> None:
    outage_id, entry = _outage(sky, sky.promise.supplier.principal)
    assert [sky.react(entry), sky.react(entry)] == [1, 0]
    assert sky.told()[sky.lead_id][0]["detail"]["severity"] == "lost"
    with sky.database.write() as session:
        with pytest.raises(NotFound):
            outages.close(session, sky.clock, sky.rng, sky.rival, outage_id)
        with pytest.raises(Forbidden):
            outages.close(session, sky.clock, sky.rng, sky.promise.lead, outage_id)
        outages.close(session, sky.clock, sky.rng, sky.promise.supplier.principal, outage_id)
    assert set(sky.told("offering.recovered")) == {sky.lead_id, sky.supplier_id}
    assert sky.react(entry) == 0, "an outage that is over opens nothing"
    assert sky.open_risks() == 0


def test_an_outage_is_reported_by_who_knows(sky: Sky) -> None:
    for stranger in (sky.bystander.principal, sky.rival):
        with pytest.raises((NotFound, Forbidden)):
            _outage(sky, stranger)
    with sky.database.write() as session:
        centre = supply.principal(
            session, sky.clock, sky.rng, OrganisationKind.OPERATIONS_CENTRE, "BE", "Operations centre"
        )
    _, entry = _outage(sky, centre)
    with sky.database.read() as session:
        readers = set(
            session.exec(
                select(markings.MarkingReader.organisation_id).where(
                    markings.MarkingReader.marking_id == entry.marking_id
                )
            )
        )
    assert readers == {centre.organisation_id, sky.supplier_id, sky.lead_id}


def test_each_holder_is_told_of_its_own_holdings_and_what_else_there_is(sky: Sky) -> None:
    """A planner holds it by a match alone; the lead by agreement and call-off. Neither learns of the other."""
    start = sky.clock.now() + timedelta(days=1)
    with sky.database.write() as session:
        call_off = call_offs.place(
            session,
            sky.clock,
            sky.rng,
            sky.promise.lead,
            CallOffAsk(((sky.promise.agreement_id, PARTS),), Interval(start, start + timedelta(days=1))),
            AUTHORITY,
        ).call_off
        planner = supply.principal(session, sky.clock, sky.rng, NATION, "NL", "Planner")
        _match(session, sky.clock, planner, "taken", sky.promise.supplier.offering_id, sky.bystander.offering_id)
        _match(session, sky.clock, sky.rival, "reserve", sky.promise.supplier.offering_id, "off_else")
    sky.react(sky.run(("cnj_1", 640.0)))
    told = sky.told()
    assert set(told) == {sky.lead_id, sky.supplier_id, planner.organisation_id}
    assert told[sky.lead_id][0]["affected"] == {
        "agreements": [sky.promise.agreement_id],
        "call_offs": [call_off.id],
        "requirements": [],
    }
    mine = told[planner.organisation_id][0]
    requirement_id = f"req_{planner.organisation_id}"
    assert mine["affected"] == {"agreements": [], "call_offs": [], "requirements": [requirement_id]}
    (proposal,) = mine["proposals"]
    assert [each["offering_id"] for each in proposal["alternatives"]] == [sky.bystander.offering_id]
    assert proposal["match_again"]["body"] == {"requirement_id": requirement_id}
    assert told[sky.supplier_id][0]["affected"]["requirements"] == [], "who plans with it is not the supplier's to know"


def test_who_comes_to_hold_supply_that_is_at_risk_already_is_told_then(sky: Sky) -> None:
    """Sabotage seen: leaving out `match.computed` in `impact._newly_held` told the planner nothing."""
    run = sky.run(("cnj_1", 640.0))
    sky.react(run)
    with sky.database.write() as session:
        planner = supply.principal(session, sky.clock, sky.rng, NATION, "NL", "Planner")
        _match(session, sky.clock, planner, "taken", sky.promise.supplier.offering_id, sky.bystander.offering_id)
        record = session.exec(select(MatchRecord).where(MatchRecord.organisation_id == planner.organisation_id)).one()
        own = markings.owner_only(session, planner.organisation_id)
        matched = log.append(session, sky.clock, "match.computed", record.id, {}, own)
    assert planner.organisation_id not in sky.told()
    for entry in (matched, matched, run):
        sky.react(entry)
    told = sky.told()
    assert [each["affected"]["requirements"] for each in told[planner.organisation_id]] == [
        [f"req_{planner.organisation_id}"]
    ]
    assert len(told[sky.lead_id]) == 1, "nothing changed for who was told before"


def test_an_agreement_keeps_resting_on_the_version_it_pinned(sky: Sky) -> None:
    """The supplier withdraws the offering; the nation that signed still learns what happens to its satellite."""
    with sky.database.write() as session:
        offering = session.get_one(Offering, sky.promise.supplier.offering_id)
        offering.status = "withdrawn"
        session.add(offering)
    assert sky.react(sky.run(("cnj_1", 640.0))) == 1
    assert sky.lead_id in sky.told()
    with sky.database.read() as session:
        assert agreements.get(session, sky.promise.lead, sky.promise.agreement_id).status == "signed"
        assert len(session.exec(select(RiskNotice)).all()) == 2


def _outage(sky: Sky, by: Principal) -> tuple[str, LogEntry]:
    with sky.database.write() as session:
        asset_id = session.exec(select(Asset.id).where(Asset.catalog_number == NUMBER)).one()
        outage = outages.report(
            session,
            sky.clock,
            sky.rng,
            by,
            asset_id=asset_id,
            catalog_number=None,
            severity=Severity.LOST,
            description="No contact since the morning pass",
            began_at=sky.clock.now(),
            expected_end_at=None,
        )
        return outage.id, session.exec(select(LogEntry).where(LogEntry.subject == outage.id)).one()


def _match(
    session: Session, clock: ManualClock, planner: Principal, verdict: str, offering_id: str, other_id: str
) -> None:
    marking = markings.owner_only(session, planner.organisation_id)
    requirement = Requirement(
        id=f"req_{planner.organisation_id}",
        organisation_id=planner.organisation_id,
        title="Images",
        description="",
        mission_area="imagery",
        capability="imagery.optical",
        clauses=[],
        phases=[],
        currency="EUR",
        window_from=clock.now(),
        window_to=clock.now() + timedelta(days=30),
        terms={},
        content_sha256="0" * 64,
        marking_id=marking,
        created_at=clock.now(),
    )
    session.add(requirement)
    session.flush()
    judged = [
        {"offering_id": offering_id, "title": "Optical imagery", "verdict": verdict},
        {"offering_id": other_id, "title": "Other imagery", "verdict": "reserve"},
    ]
    session.add(
        MatchRecord(
            id=f"mat_{planner.organisation_id}",
            requirement_id=requirement.id,
            organisation_id=planner.organisation_id,
            at=clock.now(),
            inputs_sha256="0" * 64,
            record_sha256="0" * 64,
            covered=True,
            single_supplier=False,
            inputs={},
            result={"offerings": judged},
            marking_id=marking,
        )
    )


def _object(session: Session, clock: ManualClock, object_id: str, number: int) -> None:
    now = clock.now()
    session.add(SpaceObject(id=object_id, name=f"OBJECT {number}", synthetic=False, created_at=now))
    file = SourceFile(
        id=f"src_{number}",
        source="file",
        name="proof",
        sha256=f"{number:064d}",
        form="csv",
        received_at=now,
        organisation_id=HUB_ID,
        synthetic=False,
        offered=1,
        accepted=1,
        marking_id=markings.public(session),
    )
    session.add(file)
    session.flush()
    session.add(Designation(object_id=object_id, catalog_number=number, valid_from=now))
    session.add(
        ElementSetRow(
            id=f"els_{object_id}",
            object_id=object_id,
            source_file_id=file.id,
            line=1,
            content_hash=f"{number:064d}",
            catalog_number=number,
            name=f"OBJECT {number}",
            international_designator="",
            epoch=now,
            mean_motion_rev_day=15.5,
            eccentricity=0.001,
            inclination_deg=51.6,
            raan_deg=10.0,
            arg_perigee_deg=20.0,
            mean_anomaly_deg=30.0,
            bstar=1e-4,
            mean_motion_dot=1e-5,
            mean_motion_ddot=0.0,
            classification="U",
            ephemeris_type=0,
            element_set_number=999,
            revolution_at_epoch=1,
            synthetic=False,
            forward_dated=False,
            standing="trusted",
            departs=False,
            is_current=True,
            received_at=now,
        )
    )
    session.flush()


def _run(run_id: str, snapshot_id: str, marking_id: str, clock: ManualClock, hours: float) -> Run:
    now = clock.now()
    return Run(
        id=run_id,
        snapshot_id=snapshot_id,
        organisation_id=HUB_ID,
        marking_id=marking_id,
        synthetic=False,
        window_start=now,
        window_stop=now + timedelta(hours=hours),
        threshold_m=5000.0,
        offered=2,
        screened=2,
        excluded={},
        failed={},
        encounters=1,
        co_located=0,
        result_sha256="0" * 64,
        engine="proof",
        software_version="0",
        started_at=now,
        published_at=now,
        elapsed_s=1.0,
    )


def _look(conjunction_id: str, run_id: str, miss_m: float, tca: Any) -> Assessment:
    return Assessment(
        conjunction_id=conjunction_id,
        run_id=run_id,
        co_located=False,
        tca=tca,
        miss_distance_m=miss_m,
        relative_speed_m_s=11_000.0,
        radial_m=miss_m,
        in_track_m=1.0,
        cross_track_m=1.0,
        entry_at=tca - timedelta(seconds=1),
        exit_at=tca + timedelta(seconds=1),
        open_start=False,
        open_end=False,
        set_a_id="els_obj_sat",
        set_b_id="els_obj_debris",
        age_a_h=1.0,
        age_b_h=1.0,
    )
