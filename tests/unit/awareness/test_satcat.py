"""Satellite catalogues in both spellings: what is said is taken word for word, what is wrong is refused by its row."""

import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from space_hub.awareness import satcat
from space_hub.awareness.satcat import Activity, ObjectType
from space_hub.errors import Invalid

HEADER = (
    "OBJECT_NAME,OBJECT_ID,NORAD_CAT_ID,OBJECT_TYPE,OPS_STATUS_CODE,OWNER,LAUNCH_DATE,LAUNCH_SITE,DECAY_DATE,"
    "PERIOD,INCLINATION,APOGEE,PERIGEE,RCS,DATA_STATUS_CODE,ORBIT_CENTER,ORBIT_TYPE"
)
GOOD = "ISS (ZARYA),1998-067A,25544,PAY,+,ISS,1998-11-20,TYMSC,,92.9,51.64,421,414,399.0524,,EA,ORB"


def test_a_row_says_what_it_says() -> None:
    good, bad = satcat.read(f"{HEADER}\r\n{GOOD}\r\n")
    assert not bad
    line, entry = good[0]
    assert (line, entry.catalog_number, entry.name, entry.international_designator) == (
        2,
        25544,
        "ISS (ZARYA)",
        "1998-067A",
    )
    assert (entry.object_type, entry.activity, entry.owner) == (ObjectType.PAYLOAD, Activity.OPERATIONAL, "ISS")
    assert (entry.launched_on, entry.decayed_on, entry.rcs_m2, entry.rcs_size) == (
        date(1998, 11, 20),
        None,
        399.0524,
        "",
    )


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("PAY,+", "PAX,+", "satcat.code_unknown"),
        ("PAY,+", "PAY,!", "satcat.code_unknown"),
        ("1998-11-20", "1998-11-31", "satcat.date_wrong"),
        ("399.0524", "1e999", "gp.field_not_number"),
        ("399.0524", "NaN", "gp.field_not_number"),
        ("399.0524", "-1.0", "gp.field_out_of_range"),
        ("25544", "T5544", "gp.catalog_number_wrong"),
        (",EA,ORB", ",EA", "gp.field_count"),
        ("ISS (ZARYA)", '"ISS', "gp.field_count"),
    ],
)
def test_a_row_that_is_wrong_is_refused_and_the_next_one_is_taken(was: str, becomes: str, code: str) -> None:
    text = f"{HEADER}\n{GOOD.replace(was, becomes)}\n{GOOD.replace('25544', '25545')}\n"
    good, bad = satcat.read(text)
    assert [(each.line_number, each.code) for each in bad] == [(2, code)]
    assert [entry.catalog_number for _line, entry in good] == [25545]


def test_a_number_counts_once() -> None:
    good, bad = satcat.read(f"{HEADER}\n{GOOD}\n{GOOD}\n")
    assert (len(good), [each.code for each in bad]) == (1, ["satcat.repeated"])


@pytest.mark.parametrize("text", ["", "<html></html>", "No data", "OBJECT_NAME,NORAD_CAT_ID\nA,1\n"])
def test_a_text_that_is_no_satellite_catalogue_is_refused_whole(text: str) -> None:
    with pytest.raises(Invalid, match=r"satcat\.unrecognised"):
        satcat.read(text)


def test_the_whole_catalogue_of_2021_is_read(shared: Path) -> None:
    """Counts as the data's own page gives them: rows by type, none refused."""
    packed = shared / "data" / "satcat" / "spacetrack_satcat_debut_20210119.csv.gz"
    good, bad = satcat.read(gzip.decompress(packed.read_bytes()).decode())
    assert (len(good), bad) == (47_315, [])
    assert Counter(entry.object_type.value for _line, entry in good) == {
        "debris": 30_922,
        "payload": 10_024,
        "rocket_body": 6_212,
        "unknown": 157,
    }
    assert sum(entry.decayed_on is None for _line, entry in good) == 22_039
