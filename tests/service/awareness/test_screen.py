"""One run, from snapshot to published conjunctions: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, func, select

from space_hub.awareness import catalogue, publish, screen
from space_hub.awareness.following import conjunctions
from space_hub.awareness.tables import Assessment, Conjunction, Run, RunFailure, Snapshot, SpaceObject
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict, Invalid, Unavailable
from space_hub.orbit.sample import sample_catalogue
from space_hub.rng import SeededRng
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB
from tests.support.sky import Sky, csv_of, element_set, later, shell


def meeting(sky: Sky, *, offset_deg: float = 0.0) -> str:
    """Two satellites that pass their common node 1.9 km apart half an hour on, and a third far off.

    A degree of `offset_deg` moves the second by 110 km at the meeting.
    """
    epoch = sky.clock.now()
    north = element_set(101, epoch, mean_motion_rev_day=14.5, eccentricity=1e-4, raan_deg=10.0, arg_perigee_deg=0.0)
    east = element_set(
        102,
        epoch,
        mean_motion_rev_day=14.49,
        eccentricity=1e-4,
        inclination_deg=60.0,
        raan_deg=10.0,
        arg_perigee_deg=0.0,
    )
    return csv_of(
        element_set(103, epoch, mean_motion_rev_day=13.1),
        later(north, 0.0, mean_anomaly_deg=250.0),
        later(east, 0.0, mean_anomaly_deg=250.0 + offset_deg),
    )


def count(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


class Busy(Database):
    """A database whose write lock others hold for the first `refusals` times."""

    refusals: ClassVar[int] = 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        if Busy.refusals:
            Busy.refusals -= 1
            raise Unavailable("database.busy", retry_after_s=1)
        with Database.write(self) as session:
            yield session


def test_a_run_is_not_lost_because_others_write_when_it_is_published(sky: Sky) -> None:
    """Sabotage seen: with one try the run is lost, and with it the slot of the schedule."""
    sky.take_text(meeting(sky))
    given = {"start": sky.clock.now(), "hours": 1.0, "threshold_m": 5000.0, "threads": 1}
    Busy.refusals = 3
    run = screen.run_screening(Busy(sky.database.engine), sky.clock, sky.rng, HUB, **given)  # type: ignore[arg-type]
    Busy.refusals = 100
    with pytest.raises(Unavailable, match=r"database\.busy"):
        screen.run_screening(Busy(sky.database.engine), sky.clock, sky.rng, HUB, **given)  # type: ignore[arg-type]
    with sky.database.read() as session:
        assert session.exec(select(Run.id)).all() == [run.id]


def test_a_run_publishes_what_it_was_given_what_it_did_and_what_it_found(each_sky: Sky) -> None:
    each_sky.take_text(meeting(each_sky))
    run = each_sky.screen(hours=2.0)
    assert (run.offered, run.screened, run.excluded, run.failed) == (3, 3, {}, {})
    assert run.encounters >= 1
    assert (run.window_stop - run.window_start) == timedelta(hours=2)
    assert run.synthetic is False
    assert run.engine
    assert run.software_version
    assert run.age_max_h == 0.0
    with each_sky.database.read() as session:
        snapshot = session.get_one(Snapshot, run.snapshot_id)
        assert len(snapshot.element_set_ids) == 3
        ids = catalogue.by_catalog_number(session, [101, 102])
        found = conjunctions.conjunctions_of(session, [ids[101]], run.id, 5000.0)
        assert len(found) == run.encounters
        conjunction, look = found[0]
        assert (conjunction.object_a_id, conjunction.object_b_id) == (ids[101], ids[102])
        assert conjunction.id.startswith("cnj_")
        assert run.window_start <= look.tca <= run.window_stop
        assert 0.0 <= look.miss_distance_m <= 5000.0
        rtn_m = (look.radial_m**2 + look.in_track_m**2 + look.cross_track_m**2) ** 0.5
        assert rtn_m == pytest.approx(look.miss_distance_m, abs=0.01)
        assert look.age_a_h == pytest.approx((look.tca - each_sky.clock.now()).total_seconds() / 3600.0)
        nearer = look.miss_distance_m - 0.001
        assert conjunctions.conjunctions_of(session, [ids[101]], run.id, nearer) == found[1:]
        audit = session.exec(select(AuditEntry).where(AuditEntry.subject == run.id)).one()
        assert audit.action == "run.published"
    entry = each_sky.entries("run.published")[0]
    assert (entry.subject, entry.payload["result_sha256"]) == (run.id, run.result_sha256)
    assert entry.payload["notice"].startswith("For awareness and triage; not a basis for go/no-go")


def test_the_same_snapshot_gives_the_same_result_hash_and_the_same_conjunctions(each_sky: Sky) -> None:
    """Sabotage seen: `correlate` answering None for all gives the second run ids of its own."""
    each_sky.take_text(meeting(each_sky))
    first = each_sky.screen(hours=2.0)
    second = each_sky.screen(hours=2.0)
    assert first.id != second.id
    assert (first.snapshot_id, first.result_sha256) == (second.snapshot_id, second.result_sha256)
    with each_sky.database.read() as session:
        assert count(session, Conjunction) == first.encounters
        assert count(session, Assessment) == 2 * first.encounters
        assert set(session.exec(select(Conjunction.first_run_id))) == {first.id}
        assert set(session.exec(select(Conjunction.latest_run_id))) == {second.id}


def test_another_set_makes_another_snapshot_and_the_conjunction_is_followed(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    first = sky.screen(hours=2.0)
    changed = meeting(sky, offset_deg=0.001)
    sky.wait(seconds=1)
    sky.take_text(changed)
    second = sky.screen(hours=2.0)
    assert first.snapshot_id != second.snapshot_id
    assert first.result_sha256 != second.result_sha256
    with sky.database.read() as session:
        one = session.exec(select(Conjunction).order_by(col(Conjunction.tca))).first()
        assert one is not None
        _, looks = conjunctions.get_conjunction(session, one.id, sky.observer)
        assert [look.run_id for look in looks] == [first.id, second.id]
        assert looks[0].miss_distance_m != looks[1].miss_distance_m


def test_a_crash_before_the_commit_leaves_nothing_of_the_run(each_sky: Sky, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage seen: a commit in `publish` after the conjunctions turned it red."""
    each_sky.take_text(meeting(each_sky))
    entries = len(each_sky.entries())
    for step in ("_conjunctions", "_failures", "_decays", "_summary"):

        def crash(*_: object, at: str = step) -> None:
            raise KeyboardInterrupt(at)

        with monkeypatch.context() as patch:
            patch.setattr(publish.Publishing, step, crash)
            with pytest.raises(KeyboardInterrupt):
                each_sky.screen(hours=2.0)
    with each_sky.database.read() as session:
        for table in (Run, Snapshot, Conjunction, Assessment, RunFailure):
            assert count(session, table) == 0, table
    assert len(each_sky.entries()) == entries
    assert each_sky.screen(hours=2.0).encounters >= 1


def test_a_worker_that_lost_its_lease_publishes_nothing(sky: Sky) -> None:
    """Sabotage seen: without the call of `guard` the run is there."""
    sky.take_text(meeting(sky))

    def refuse(session: Session) -> None:
        raise Conflict("work.lease_lost", work="wrk_1")

    with pytest.raises(Conflict):
        screen.run_screening(
            sky.database,
            sky.clock,
            sky.rng,
            HUB,
            start=sky.clock.now(),
            hours=2.0,
            threshold_m=5000.0,
            threads=1,
            guard=refuse,
        )
    with sky.database.read() as session:
        assert count(session, Run) == 0


def test_old_sets_are_left_out_only_when_asked_and_counted(sky: Sky) -> None:
    sky.take_text(meeting(sky))
    sky.take(element_set(900, sky.clock.now() - timedelta(days=16)))
    run = screen.run_screening(
        sky.database,
        sky.clock,
        sky.rng,
        HUB,
        start=sky.clock.now(),
        hours=1.0,
        threshold_m=5000.0,
        max_age_days=15.0,
        threads=1,
    )
    assert (run.offered, run.screened, run.excluded) == (4, 3, {"age": 1})
    with sky.database.read() as session:
        lost = session.exec(select(RunFailure).where(RunFailure.run_id == run.id)).one()
        assert lost.reason == "age"
    assert sky.screen(hours=1.0).excluded == {}


def test_an_object_that_decays_in_the_window_is_told_once(each_sky: Sky) -> None:
    """Sabotage seen: without `decay_predicted_at` the second run tells of it again."""
    falling = next(one for one in sample_catalogue(each_sky.clock.now(), 1) if one.name == "SYNTHETIC FALLING BODY")
    each_sky.take(falling, element_set(900000777, each_sky.clock.now(), name="SYNTHETIC STEADY"), synthetic=True)
    run = each_sky.screen(hours=24.0)
    assert run.failed.get("6") == 1
    assert run.synthetic
    each_sky.screen(hours=24.0)
    told = each_sky.entries("object.decayed")
    assert [entry.payload["catalog_number"] for entry in told] == [falling.catalog_number]
    with each_sky.database.read() as session:
        thing = session.get_one(SpaceObject, told[0].subject)
        assert thing.decay_predicted_at is not None
        assert session.exec(select(RunFailure.code).where(RunFailure.run_id == run.id)).all() == [6]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hours": 0.0}, "run.window_wrong"),
        ({"hours": 241.0}, "run.window_wrong"),
        ({"threshold_m": 0.0}, "run.threshold_wrong"),
        ({"threshold_m": 50_001.0}, "run.threshold_wrong"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(sky: Sky, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code.replace(".", r"\.")):
        sky.screen(**changes)


def test_an_empty_catalogue_gives_no_run_rather_than_no_conjunctions(sky: Sky) -> None:
    with pytest.raises(Conflict, match=r"run\.catalogue_empty"):
        sky.screen()


def test_a_real_shell_is_screened_from_file_to_conjunctions(
    shared: Path, any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    sky = Sky(any_database, clock, rng)
    file = sky.take_text(shell(shared, 760.0, 840.0, 400))
    assert file.accepted == 400
    run = sky.screen(hours=2.0)
    assert run.offered == 400
    assert run.screened <= 400
    assert run.encounters + run.co_located > 0
    assert sky.screen(hours=2.0).result_sha256 == run.result_sha256


def test_answers_come_from_indexes(sqlite_database: Database, clock: ManualClock, rng: SeededRng) -> None:
    """Sabotage seen: without `ix_assessment_run_miss` the plan of the nearest scans and sorts."""
    sky = Sky(sqlite_database, clock, rng)
    wanted = conjunctions.Wanted("run_x")
    nearest = conjunctions.statement(wanted).order_by(col(Assessment.miss_distance_m)).limit(10)
    by_object = conjunctions.statement(conjunctions.Wanted("run_x", ("obj_x",)))
    plans = []
    with sky.database.read() as session:
        for statement in (nearest, by_object):
            sql = statement.compile(sqlite_database.engine, compile_kwargs={"literal_binds": True})
            rows = session.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all()
            plans.append(" / ".join(str(row[-1]) for row in rows))
    assert "ix_assessment_run_miss" in plans[0]
    assert "TEMP B-TREE" not in plans[0]
    assert "ix_conjunction_pair" in plans[1]
    assert "ix_conjunction_object_b_id" in plans[1]
    assert "SCAN" not in " ".join(plans)
