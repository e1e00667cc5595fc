"""Element sets in: every line accounted for, and nothing doubtful believed."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from time import perf_counter

import pytest
from sqlmodel import col, select

from space_hub.awareness import acceptance, catalogue, ingest
from space_hub.awareness.ingest import require_taken, unpack
from space_hub.awareness.tables import Designation, ElementSetRow, QuarantinedSet, SourceFile, SpaceObject
from space_hub.clock import ManualClock
from space_hub.db import Database
from space_hub.errors import Conflict, Invalid, NotFound
from space_hub.rng import SeededRng
from space_hub.trust.audit import AuditEntry
from space_hub.trust.principal import HUB
from tests.support.sky import Sky, csv_of, element_set, later


def state(sky: Sky) -> list[tuple[object, ...]]:
    """Everything that a file may change in the catalogue."""
    with sky.database.read() as session:
        objects = session.exec(select(SpaceObject).order_by(col(SpaceObject.id))).all()
        numbers = session.exec(select(Designation).order_by(col(Designation.object_id))).all()
        sets = session.exec(select(ElementSetRow).order_by(col(ElementSetRow.id))).all()
        return [tuple(row.model_dump().values()) for row in [*objects, *numbers, *sets]]


def current(sky: Sky, number: int) -> ElementSetRow:
    with sky.database.read() as session:
        object_id = catalogue.by_catalog_number(session, [number])[number]
        row = catalogue.current_set(session, object_id)
        assert row is not None
        return row


def accounted(file: SourceFile) -> bool:
    return file.offered == file.accepted + file.unchanged + file.quarantined + file.withheld


def test_a_file_is_accounted_for_and_taking_it_again_changes_nothing(each_sky: Sky) -> None:
    """Sabotage seen: with `_known_hashes` answering an empty set the second taking fails on the unique hash."""
    sets = [element_set(number, each_sky.clock.now() - timedelta(hours=number)) for number in (5, 11, 25544, 270001)]
    first = each_sky.take(*sets)
    assert (first.offered, first.accepted, first.unchanged, first.new_objects) == (4, 4, 0, 4)
    before = state(each_sky)
    again = each_sky.take(*sets)
    assert (again.offered, again.accepted, again.unchanged, again.new_objects) == (4, 0, 4, 0)
    assert state(each_sky) == before
    assert accounted(first)
    assert accounted(again)


def test_an_ingest_is_one_log_entry_and_one_audit_row_with_the_hash_of_the_file(sky: Sky) -> None:
    file = sky.take(element_set(5, sky.clock.now()))
    entries = sky.entries("ingest.finished")
    assert [entry.payload["sha256"] for entry in entries] == [file.sha256]
    assert entries[0].payload["accepted"] == 1
    with sky.database.read() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.subject == file.id)).all()
    assert [row.action for row in rows] == ["ingest.taken"]


def test_a_bad_set_is_quarantined_with_its_line_reason_and_text_and_the_others_proceed(each_sky: Sky) -> None:
    sets = [element_set(number, each_sky.clock.now()) for number in range(100, 140)]
    lines = csv_of(*sets).splitlines()
    lines[7] = lines[7].replace("0.0011", "1.0011")
    file = each_sky.take_text("\n".join(lines) + "\n")
    assert (file.offered, file.accepted, file.quarantined, file.refused) == (40, 39, 1, False)
    with each_sky.database.read() as session:
        bad = session.exec(select(QuarantinedSet)).one()
    assert (bad.line, bad.raw) == (8, lines[7])
    assert bad.code.startswith("gp.")
    assert file.reasons == {bad.code: 1}
    assert accounted(file)


def test_a_file_with_more_than_the_allowed_share_of_bad_sets_is_refused_whole_and_remembered(each_sky: Sky) -> None:
    """Sabotage seen: `>` turned into `>=` in `take` refuses the file of exactly 5 %."""
    each_sky.take(element_set(100, each_sky.clock.now() - timedelta(days=1)))
    before = state(each_sky)
    lines = csv_of(*(element_set(number, each_sky.clock.now()) for number in range(101, 141))).splitlines()
    two_bad, three_bad = list(lines), list(lines)
    for row in (3, 9, 20):
        three_bad[row] = "x" + three_bad[row].replace("0.0011", "-.0011")
    refused = each_sky.take_text("\n".join(three_bad))
    assert refused.refused
    assert (refused.accepted, refused.unchanged, refused.quarantined, refused.withheld) == (0, 0, 3, 37)
    assert accounted(refused)
    assert sum(refused.reasons.values()) == 3
    assert state(each_sky) == before
    with pytest.raises(Invalid, match=r"ingest\.too_many_bad"):
        require_taken(refused)
    with each_sky.database.read() as session:
        kept = session.get_one(SourceFile, refused.id)
        assert kept.refusal == {"bad": 3, "offered": 40, "limit_percent": 5.0}
    for row in (3, 9):
        two_bad[row] = "x" + two_bad[row].replace("0.0011", "-.0011")
    assert not each_sky.take_text("\n".join(two_bad)).refused


def test_a_file_with_a_set_marked_above_the_ceiling_is_a_spill_of_which_nothing_is_kept(sky: Sky) -> None:
    """Sabotage seen: leaving out the look at `above` took the set in."""
    before = state(sky)
    marked = replace(element_set(11, sky.clock.now()), classification="S", name="MARKED OBJECT")
    file = sky.take(element_set(5, sky.clock.now()), marked)
    assert (file.refused, file.refusal_code, file.refusal["count"]) == (True, "ingest.above_ceiling", 1)
    assert state(sky) == before
    with sky.database.read() as session:
        assert session.exec(select(QuarantinedSet)).all() == []
        assert "MARKED" not in str([row.model_dump() for row in session.exec(select(SourceFile))])
    with pytest.raises(Invalid):
        require_taken(file)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "No GP data found",
        "<!DOCTYPE html><html><body>403 Forbidden</body></html>",
        "a,b,c\n1,2,3\n",
        '{"error": "rate limit"}',
        "\x00\x01\x02 not text at all \x7f",
        "1 25544U 98067A   24306.51\n",
    ],
)
def test_garbage_leaves_the_catalogue_as_it_was_and_is_recorded(sky: Sky, garbage: str) -> None:
    sky.take(element_set(100, sky.clock.now()))
    before = state(sky)
    file = sky.take_text(garbage, name="garbage")
    assert file.refused
    assert file.accepted == 0
    assert accounted(file)
    assert state(sky) == before
    with pytest.raises(Invalid):
        require_taken(file)
    assert sky.entries("ingest.finished")[-1].payload["refused"] is True


def test_bytes_that_are_no_text_or_a_broken_archive_are_recorded_as_refused(sky: Sky) -> None:
    whole = gzip.compress(csv_of(element_set(5, sky.clock.now())).encode())
    for data, code in ((b"\xff\xfe\x00b", "ingest.not_text"), (whole[:-20], "ingest.gzip_damaged")):
        with sky.database.write() as session:
            file = ingest.ingest_bytes(session, sky.clock, sky.rng, HUB, data=data, name="damaged", source="upload")
        assert (file.refused, file.refusal_code) == (True, code)
    assert state(sky) == []
    with sky.database.write() as session:
        assert not ingest.ingest_bytes(
            session, sky.clock, sky.rng, HUB, data=whole, name="whole.csv.gz", source="upload"
        ).refused


def test_an_archive_that_unpacks_beyond_the_limit_is_refused_before_it_fills_the_memory() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    with pytest.raises(Invalid, match=r"ingest\.too_large"):
        unpack(bomb, max_bytes=1_000_000)


def test_a_later_set_of_the_same_orbit_becomes_current_and_the_old_one_stays_in_history(sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=8))
    new = later(old, 6)
    sky.take(old)
    file = sky.take(new)
    assert (file.accepted, file.departing, file.new_objects) == (1, 0, 0)
    row = current(sky, 7)
    assert row.epoch == new.epoch
    assert row.departure_km is not None
    assert row.departure_km < 25.0
    with sky.database.read() as session:
        assert len(session.exec(select(ElementSetRow)).all()) == 2


def test_an_older_set_that_comes_late_is_kept_and_does_not_become_current(sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=8))
    sky.take(later(old, 6))
    assert sky.take(old).accepted == 1
    assert current(sky, 7).epoch == later(old, 6).epoch


def test_a_departing_set_is_flagged_and_not_current_until_another_file_agrees(each_sky: Sky) -> None:
    """Sabotage seen: `supersedes` without the standing makes the departing set current at once."""
    old = element_set(7, each_sky.clock.now() - timedelta(hours=12))
    moved = later(old, 6, mean_anomaly_deg=200.0)
    agrees = later(moved, 3)
    each_sky.take(old)
    file = each_sky.take(moved)
    assert (file.accepted, file.departing) == (1, 1)
    assert current(each_sky, 7).epoch == old.epoch
    with each_sky.database.read() as session:
        held = session.exec(select(ElementSetRow).where(col(ElementSetRow.departs))).one()
    assert held.standing == "departs"
    assert held.departure_km is not None
    assert held.departure_km > 25.0
    each_sky.take(agrees)
    row = current(each_sky, 7)
    assert (row.epoch, row.standing, row.departs) == (agrees.epoch, "confirmed", True)
    with each_sky.database.read() as session:
        assert session.get_one(ElementSetRow, held.id).confirmed_by == row.id


def test_two_departing_sets_of_one_file_do_not_confirm_each_other(sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=12))
    moved = later(old, 6, mean_anomaly_deg=200.0)
    sky.take(old)
    assert sky.take(moved, later(moved, 3)).departing == 2
    assert current(sky, 7).epoch == old.epoch


def test_a_person_may_accept_a_departing_set_and_only_such_a_set(sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=12))
    moved = later(old, 6, mean_anomaly_deg=200.0)
    sky.take(old)
    sky.take(moved)
    with sky.database.read() as session:
        held = session.exec(select(ElementSetRow).where(ElementSetRow.standing == "departs")).one()
    with sky.database.write() as session:
        acceptance.accept(session, sky.clock, sky.rng, HUB, held.id)
    row = current(sky, 7)
    assert (row.id, row.standing, row.confirmed_by) == (held.id, "confirmed", HUB.organisation_id)
    with pytest.raises(Conflict, match=r"element_set\.not_held"), sky.database.write() as session:
        acceptance.accept(session, sky.clock, sky.rng, HUB, held.id)
    with pytest.raises(NotFound, match=r"element_set\.unknown"), sky.database.write() as session:
        acceptance.accept(session, sky.clock, sky.rng, HUB, "elm_none")


def test_sets_dated_ahead_are_accepted_and_flagged(sky: Sky) -> None:
    file = sky.take(element_set(7, sky.clock.now() + timedelta(hours=30)))
    assert (file.accepted, file.forward_dated) == (1, 1)
    assert current(sky, 7).forward_dated


def test_a_held_set_that_comes_again_names_nothing_and_the_reused_number_is_still_told_apart(each_sky: Sky) -> None:
    """Sabotage seen: learning the names of every known set gives the old object's identity to the new one."""
    old = element_set(
        79000, each_sky.clock.now() - timedelta(hours=12), international_designator="2021-005B", name="FIRST"
    )
    held = later(
        old, 6, mean_anomaly_deg=200.0, inclination_deg=51.6, international_designator="2024-190C", name="SECOND"
    )
    each_sky.take(old)
    first = current(each_sky, 79000).object_id
    each_sky.take(held)
    each_sky.take(held)
    with each_sky.database.read() as session:
        assert (catalogue.face(session, first).name, catalogue.face(session, first).international_designator) == (
            "FIRST",
            "2021-005B",
        )
    each_sky.take(later(held, 3))
    assert current(each_sky, 79000).object_id != first
    with each_sky.database.read() as session:
        assert catalogue.face(session, first).name == "FIRST"


def test_an_old_set_that_comes_again_does_not_bring_the_old_name_back(sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=12), name="OBJECT A")
    sky.take(old)
    sky.take(later(old, 6, name="SENTINEL"))
    sky.take(old)
    sky.take(later(old, 3, name="OBJECT A"))
    with sky.database.read() as session:
        assert catalogue.face(session, current(sky, 7).object_id).name == "SENTINEL"


def test_the_newer_of_two_sets_that_confirm_each_other_is_current_whichever_came_first(each_sky: Sky) -> None:
    """Sabotage seen: without the second `supersedes` the set nine hours old is current instead of the newer one."""
    believed = element_set(7, each_sky.clock.now() - timedelta(hours=12))
    moved = later(believed, 3, mean_anomaly_deg=200.0)
    newer = later(moved, 6)
    each_sky.take(believed)
    each_sky.take(newer)
    assert current(each_sky, 7).epoch == believed.epoch
    each_sky.take(moved)
    assert current(each_sky, 7).epoch == newer.epoch
    assert current(each_sky, 7).standing == "confirmed"


def test_a_reused_number_becomes_another_object_once_two_files_agree(each_sky: Sky) -> None:
    """Sabotage seen: `is_another` answering False merges both into one object."""
    old = element_set(
        79000, each_sky.clock.now() - timedelta(hours=12), international_designator="2021-005B", name="FIRST"
    )
    other = later(
        old, 6, mean_anomaly_deg=200.0, inclination_deg=51.6, international_designator="2024-190C", name="SECOND"
    )
    each_sky.take(old)
    with each_sky.database.read() as session:
        first = catalogue.by_catalog_number(session, [79000])[79000]
    each_sky.take(other)
    with each_sky.database.read() as session:
        assert catalogue.by_catalog_number(session, [79000]) == {79000: first}
        assert catalogue.face(session, first).name == "FIRST"
    again = later(other, 2)
    file = each_sky.take(again)
    assert file.new_objects == 1
    with each_sky.database.read() as session:
        second = catalogue.by_catalog_number(session, [79000])[79000]
        assert second != first
        assert catalogue.face(session, second).name == "SECOND"
        assert catalogue.face(session, first).catalog_number is None
        assert catalogue.current_set(session, first) is None
        assert [one.elements.name for one in catalogue.current_sets(session)] == ["SECOND"]
        held = session.exec(select(ElementSetRow).where(col(ElementSetRow.epoch) == other.epoch)).one()
        assert held.object_id == second


def test_names_follow_the_source_but_not_a_set_that_is_held_back(sky: Sky) -> None:
    old = element_set(7, sky.clock.now() - timedelta(hours=12), name="OBJECT A")
    sky.take(old)
    sky.take(later(old, 6, mean_anomaly_deg=200.0, name="WRONG"))
    with sky.database.read() as session:
        object_id = catalogue.by_catalog_number(session, [7])[7]
        assert catalogue.face(session, object_id).name == "OBJECT A"
    sky.take(later(old, 3, name="METEOSAT"))
    with sky.database.read() as session:
        assert catalogue.face(session, object_id).name == "METEOSAT"


def test_real_sets_end_a_synthetic_catalogue_and_the_reverse_is_refused(each_sky: Sky) -> None:
    """Sabotage seen: without `_retire_synthetic` both are current at once."""
    each_sky.take(element_set(900000001, each_sky.clock.now(), name="SYNTHETIC 1"), synthetic=True)
    each_sky.take(element_set(25544, each_sky.clock.now()))
    with each_sky.database.read() as session:
        assert [one.synthetic for one in catalogue.current_sets(session)] == [False]
        assert catalogue.by_catalog_number(session, [900000001]) == {}
    refused = each_sky.take(element_set(900000002, each_sky.clock.now()), synthetic=True)
    assert refused.refusal_code == "ingest.synthetic_beside_real"


def test_the_whole_real_catalogue_is_accounted_for_in_seconds(
    shared: Path, any_database: Database, clock: ManualClock, rng: SeededRng
) -> None:
    sky = Sky(any_database, clock, rng)
    path = shared / "data" / "gp" / "celestrak_on_orbit_20241101.csv.gz"
    began = perf_counter()
    with sky.database.write() as session:
        file = ingest.ingest_file(session, clock, rng, HUB, path=path)
    took_s = perf_counter() - began
    assert (file.offered, file.accepted, file.quarantined, file.new_objects) == (26_834, 26_834, 0, 26_834)
    assert file.forward_dated == 10
    assert file.refused is False
    with sky.database.read() as session:
        assert len(catalogue.current_sets(session)) == 26_834
        assert catalogue.face(session, catalogue.by_catalog_number(session, [25544])[25544]).name == "ISS (ZARYA)"
    assert took_s < 30.0, "a catalogue must be taken in seconds, also on a busy machine"


def test_two_files_at_once_are_taken_one_after_the_other(each_sky: Sky) -> None:
    """Sabotage seen: without `log.exclusive` PostgreSQL refuses one of the two for a number that is in force twice."""
    text = csv_of(*(element_set(number, each_sky.clock.now()) for number in range(1, 300)))
    each_sky.take(element_set(900, each_sky.clock.now()))
    together = Barrier(4)

    def take(_: int) -> SourceFile:
        together.wait(timeout=30)
        return each_sky.take_text(text)

    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(take, range(4)))
    assert sorted(file.accepted for file in files) == [0, 0, 0, 299]
    assert all(accounted(file) for file in files)
