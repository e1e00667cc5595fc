"""Supplemental sets beside the catalogue's: how they are judged, which are in force, and what a run is given."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from math import degrees, pi
from pathlib import Path

import httpx
from sqlmodel import col, select

from space_hub.awareness import catalogue, snapshot, sources
from space_hub.awareness.supplemental import keeping
from space_hub.awareness.supplemental.best import Choice
from space_hub.awareness.supplemental.tables import SupplementalSet
from space_hub.awareness.tables import ElementSetRow, SourceFile
from space_hub.awareness.upstream.answers import Answer
from space_hub.awareness.upstream.budget import Outcome
from space_hub.awareness.upstream.celestrak import CelesTrak
from space_hub.orbit.elements import ElementSet
from space_hub.trust.principal import HUB
from tests.support.sky import Sky, csv_of, element_set, later

Fitted = tuple[ElementSet, str, str]
"""A set, its RMS and whose ephemeris it was fitted to, as a file says them."""


def body(*fits: Fitted) -> bytes:
    header, *rows = csv_of(*(each for each, _rms, _source in fits)).splitlines()
    more = [f"{row},{rms},{source}" for row, (_each, rms, source) in zip(rows, fits, strict=True)]
    return "\n".join([f"{header},RMS,DATA_SOURCE", *more, ""]).encode()


def fitted(sky: Sky, *fits: Fitted) -> SourceFile:
    sky.wait(minutes=1)
    with sky.database.write() as session:
        return keeping.ingest_supplemental(
            session, sky.clock, sky.rng, HUB, data=body(*fits), name="sup.csv", source="test"
        )


def used(sky: Sky, at: datetime) -> dict[int, tuple[str, Choice]]:
    """By number: whose set is used, and why."""
    with sky.database.read() as session:
        chosen = keeping.in_use(session, catalogue.current_sets(session), at)
    return {
        each.set.elements.catalog_number: ("" if each.row is None else each.row.data_source, each.choice)
        for each in chosen
    }


def test_the_set_of_the_operator_is_used_and_the_catalogue_keeps_its_own(each_sky: Sky) -> None:
    """A snapshot of current sets alone gives the run the catalogue's set."""
    now = each_sky.clock.now()
    mine, other = element_set(101, now - timedelta(hours=6)), element_set(102, now)
    each_sky.take(mine, other)
    fit = later(mine, 5.0)
    file = fitted(each_sky, (fit, "0.21", "SpaceX-E"), (element_set(999, now), "", "SpaceX-E"))
    assert (file.offered, file.accepted, file.unchanged, file.quarantined) == (2, 1, 1, 0)
    assert used(each_sky, now) == {101: ("SpaceX-E", Choice.SUPPLEMENTAL), 102: ("", Choice.GENERAL_ALONE)}
    with each_sky.database.read() as session:
        taken = snapshot.take(session, now, None)
        assert [one.elements.epoch for one in taken.kept] == [fit.epoch, now]
        assert [one.elements.epoch for one in catalogue.current_sets(session)] == [mine.epoch, now]
        # What a run refers to is a row of the one table of sets, with every set that it may be given.
        assert set(catalogue.sets_by_id(session, (one.id for one in taken.kept)).values()) == {
            fit,
            taken.kept[1].elements,
        }


def test_what_a_source_says_no_more_is_not_in_force(each_sky: Sky) -> None:
    """Without ending the former sets, the plan that was given up is still used."""
    now = each_sky.clock.now()
    mine = element_set(101, now - timedelta(hours=6))
    each_sky.take(mine)
    old, new, theirs = later(mine, 6.0), later(mine, 4.0), later(mine, 3.0)
    fitted(each_sky, (old, "0.2", "A"), (theirs, "0.1", "B"))
    assert used(each_sky, now)[101][0] == "A"
    fitted(each_sky, (new, "0.2", "A"))
    with each_sky.database.read() as session:
        rows = session.exec(
            select(SupplementalSet.data_source, ElementSetRow.epoch)
            .join(ElementSetRow, col(ElementSetRow.id) == col(SupplementalSet.element_set_id))
            .where(col(SupplementalSet.in_force))
        ).all()
    assert {*rows} == {("A", new.epoch), ("B", theirs.epoch)}
    again = fitted(each_sky, (old, "0.2", "A"))
    assert (again.accepted, again.unchanged) == (0, 1)
    assert used(each_sky, now)[101] == ("A", Choice.SUPPLEMENTAL)


def test_a_set_that_departs_is_held_back_until_another_file_agrees(sky: Sky) -> None:
    """Were every set taken as trusted, the run would go by a line that nobody confirmed."""
    now = sky.clock.now()
    mine = element_set(101, now - timedelta(hours=6))
    sky.take(mine)
    burnt = later(mine, 5.0, mean_anomaly_deg=200.0)
    fitted(sky, (burnt, "0.2", "A"), (later(burnt, 1.0), "0.2", "A"))
    assert used(sky, now)[101] == ("", Choice.SUPPLEMENTAL_HELD)
    fitted(sky, (later(burnt, 0.5), "0.2", "A"))
    assert used(sky, now)[101] == ("A", Choice.SUPPLEMENTAL)


def test_a_bad_line_is_set_aside_and_the_others_go_on(sky: Sky) -> None:
    """Without the comparison of launches the fit of another object is used."""
    now = sky.clock.now()
    sets = [element_set(number, now - timedelta(hours=2)) for number in (101, 102, 103, 104)]
    sky.take(*sets)
    fits = [later(each, 1.0) for each in sets]
    other = later(sets[1], 1.0, international_designator="2026-001A")
    file = fitted(sky, (fits[0], "0.1", "A"), (other, "0.1", "A"), (fits[2], "-1", "A"), (fits[3], "", "x" * 61))
    assert file.reasons == {"satcat.other_object": 1, "gp.field_out_of_range": 1, "supplemental.source_wrong": 1}
    assert (file.offered, file.accepted, file.quarantined) == (4, 1, 3)
    with sky.database.write() as session:
        plain = keeping.ingest_supplemental(
            session, sky.clock, sky.rng, HUB, data=csv_of(*sets).encode(), name="gp.csv", source="test"
        )
    assert (plain.refused, plain.refusal_code, plain.withheld) == (True, "gp.columns_missing", 4)


def test_the_door_asks_for_csv_and_each_file_has_its_own_budget(sky: Sky) -> None:
    """Without FORMAT the source answers in two lines a set."""
    mine = element_set(101, sky.clock.now() - timedelta(hours=2))
    sky.take(mine)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=body((later(mine, 1.0), "0.1", "A")), headers={"content-type": "text/csv"})

    def ask(file: str) -> Outcome:
        fetch = CelesTrak(httpx.MockTransport(answer)).supplemental
        return sources.refresh_supplemental(sky.database, sky.clock, sky.rng, HUB, fetch, file)

    assert [ask(file) for file in ("iss", "iss", "starlink")] == [Outcome.TAKEN, Outcome.TOO_SOON, Outcome.TAKEN]
    path = "https://celestrak.org/NORAD/elements/supplemental/sup-gp.php"
    assert asked == [f"{path}?FILE={file}&FORMAT=csv" for file in ("iss", "starlink")]
    page = Answer(200, "text/html", b"<html>")
    assert sources.refresh_supplemental(sky.database, sky.clock, sky.rng, HUB, lambda _file: page, "oneweb") is (
        Outcome.STOPPED
    )


def test_of_the_real_fits_the_nearest_that_stands_is_used(sky: Sky, shared: Path) -> None:
    """Objects with several fits on 2025-01-11 (laser targets, GPS, the station in its segments).

    The catalogue is given the earliest fit of each; the file has no other set of them. Truth
    is counted anew from the file: the least distance in time among the fits of an object.
    """
    use = datetime(2025, 1, 12, 12, tzinfo=UTC)
    sky.clock.advance(use - sky.clock.now())
    several = [each for each in real_fits(shared).values() if len(each) > 1]
    sky.take(*(min(each, key=lambda one: one[0].epoch)[0] for each in several))
    offered = [one for each in several for one in each]
    file = fitted(sky, *offered)
    assert file.quarantined == 0 and file.accepted > 250
    with sky.database.read() as session:
        chosen = keeping.in_use(session, catalogue.current_sets(session), use)
        back = set(session.exec(select(SupplementalSet.element_set_id).where(SupplementalSet.standing == "departs")))
        held = set(catalogue.sets_by_id(session, back).values())
    assert len(held) < 0.02 * file.accepted
    for each in chosen:
        fits = next(one for one in several if one[0][0].catalog_number == each.set.elements.catalog_number)
        standing = [one for one, _rms, _source in fits if one not in held]
        nearest = min(abs(one.epoch - use) for one in standing)
        assert (abs(each.set.elements.epoch - use), each.choice) == (nearest, Choice.SUPPLEMENTAL)


def real_fits(shared: Path) -> dict[int, list[Fitted]]:
    """The fits of the merged file by number; its elements are radians and radians a minute."""
    path = shared / "data" / "gp" / "gp_supgp_satcat_merged_20250111.csv.gz"
    found: dict[int, list[Fitted]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row["rms"]:
                continue
            days = (float(row["epoch_jd1"]) - 2451544.5) + float(row["epoch_jd2"])
            turn = {name: degrees(float(row[f"{name}0"])) % 360.0 for name in ("node", "omega", "m")}
            made = ElementSet(
                catalog_number=int(row["norad_id"]),
                epoch=datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=days),
                mean_motion_rev_day=float(row["n0"]) * 1440.0 / (2.0 * pi),
                eccentricity=float(row["e0"]),
                inclination_deg=degrees(float(row["i0"])),
                raan_deg=turn["node"],
                arg_perigee_deg=turn["omega"],
                mean_anomaly_deg=turn["m"],
                bstar=float(row["bstar"]),
                name=row["name"],
                international_designator=row["cospar_id"],
            )
            found[made.catalog_number].append((made, row["rms"], row["name"].rpartition("[")[2].rstrip("]")))
    return found
