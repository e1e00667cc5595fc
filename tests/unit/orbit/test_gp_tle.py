"""Two-line and three-line sets. The lines are published ones; what each test breaks in them is said in its name."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from space_hub.errors import Invalid
from space_hub.orbit.gp import alpha5, catalog_number, read_text, to_tle
from space_hub.orbit.tle import checksum

NOW = datetime(2024, 11, 2, tzinfo=UTC)

# The sets behind the published conjunction of 2009-02-10 (leading zeros as printed there).
IRIDIUM_33 = (
    "1 24946U 97051C   09040.36587205  .00000121  00000-0  36194-4 0  9997",
    "2 24946 086.3996 121.8779 0002273 085.9342 274.2112 14.34219614597272",
)
COSMOS_2251 = (
    "1 22675U 93036A   09040.49834364 -.00000001  00000-0  95251-5 0  9996",
    "2 22675 074.0355 019.4646 0016027 098.7014 261.5952 14.31135643817415",
)
# CelesTrak, stations group of 2026-05-30.
ISS = (
    "1 25544U 98067A   26150.51748228  .00011776  00000+0  21767-3 0  9998",
    "2 25544  51.6337  27.5746 0007245 114.7080 245.4664 15.49496548569014",
)


def text_of(*pairs: tuple[str, str], end: str = "\n") -> str:
    return end.join(line for pair in pairs for line in pair) + end


def resummed(line: str) -> str:
    return f"{line[:68]}{checksum(line)}"


def test_reads_the_sets_behind_the_collision_of_2009_with_their_leading_zeros() -> None:
    found = read_text(text_of(IRIDIUM_33, COSMOS_2251), now=NOW)
    assert (found.form, found.offered, found.rejected) == ("tle", 2, [])
    iridium, cosmos = (line.elements for line in found.accepted)
    assert iridium.catalog_number == 24946
    assert iridium.inclination_deg == 86.3996
    assert iridium.arg_perigee_deg == 85.9342
    assert iridium.mean_motion_rev_day == 14.34219614
    assert iridium.eccentricity == 0.0002273
    assert iridium.bstar == 3.6194e-05
    assert iridium.international_designator == "1997-051C"
    assert iridium.revolution_at_epoch == 59727
    # 0.36587205 d is 31,611.34512 s: a TLE epoch is a whole number of microseconds.
    assert iridium.epoch == datetime(2009, 2, 9, 8, 46, 51, 345120, tzinfo=UTC)
    assert cosmos.mean_motion_dot == -1e-8
    assert [line.line_number for line in found.accepted] == [1, 3]


def test_plus_signs_and_blank_padded_numbers_read_as_their_plain_forms() -> None:
    first, second = IRIDIUM_33
    signed = first.replace("  .00000121  00000-0  36194-4", " +.00000121 +00000-0 +36194-4")
    assert read_text(text_of((signed, second)), now=NOW).accepted[0].elements.bstar == 3.6194e-05
    low = tuple(resummed(line.replace("24946", "   11", 1)) for line in IRIDIUM_33)
    assert read_text(text_of((low[0], low[1])), now=NOW).accepted[0].elements.catalog_number == 11


@pytest.mark.parametrize("name", ["ISS (ZARYA)", "0 ISS (ZARYA)", "ISS (ZARYA)             ", "0 ISS (ZARYA)   "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_name_line_may_be_padded_prefixed_and_end_either_way(name: str, end: str) -> None:
    found = read_text(name + end + text_of(ISS, end=end), now=NOW)
    assert [line.elements.name for line in found.accepted] == ["ISS (ZARYA)"]
    assert found.accepted[0].forward_dated


def test_a_name_that_begins_like_an_element_line_is_a_name() -> None:
    text = "A\n" + text_of(IRIDIUM_33) + "1 HOPU\n" + text_of(ISS) + "B\n" + text_of(COSMOS_2251)
    assert [line.elements.name for line in read_text(text, now=NOW).accepted] == ["A", "1 HOPU", "B"]


def test_the_scrap_of_a_broken_line_does_not_become_a_name() -> None:
    """Turns red when `three_line` in tle._sets is always true."""
    broken = IRIDIUM_33[0], IRIDIUM_33[1][:30] + "\n" + IRIDIUM_33[1][30:]
    found = read_text(text_of(COSMOS_2251, broken, ISS), now=NOW)
    assert [line.elements.name for line in found.accepted] == ["", ""]
    assert [one.code for one in found.rejected] == ["gp.tle_length", "gp.tle_line_unexpected"]


def wrong(line: int, first: int, text: str, *, mend: bool = True) -> str:
    """The Iridium set with `text` from column `first` of `line`, its checksum mended."""
    lines = list(IRIDIUM_33)
    damaged = lines[line - 1][: first - 1] + text + lines[line - 1][first - 1 + len(text) :]
    lines[line - 1] = resummed(damaged) if mend and len(damaged) >= 69 else damaged
    return text_of((lines[0], lines[1]))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (wrong(1, 69, "8", mend=False), "gp.tle_checksum"),
        (wrong(1, 3, "24947"), "gp.tle_numbers_differ"),
        (wrong(1, 3, "O4946"), "gp.tle_column"),
        (wrong(1, 9, "x"), "gp.tle_column"),
        (wrong(1, 21, "   "), "gp.tle_column"),
        (wrong(1, 21, "000"), "gp.epoch_wrong"),
        (wrong(1, 21, "366"), "gp.epoch_wrong"),
        (wrong(1, 54, " 3619 -4"), "gp.tle_column"),
        (wrong(1, 54, " 36194+9"), "gp.field_out_of_range"),
        (wrong(1, 63, "4"), "gp.ephemeris_type"),
        (wrong(2, 9, "-86.3996"), "gp.tle_column"),
        (wrong(2, 9, "180.0001"), "gp.field_out_of_range"),
        (wrong(2, 18, "360.0000"), "gp.field_out_of_range"),
        (wrong(2, 44, "٣", mend=False), "gp.tle_column"),
        (wrong(2, 53, "18.00000001"), "gp.field_out_of_range"),
        (wrong(2, 53, " 0.00000000"), "gp.field_out_of_range"),
        (text_of((IRIDIUM_33[0] + " ", IRIDIUM_33[1])), "gp.tle_length"),
        (text_of((IRIDIUM_33[0], IRIDIUM_33[1][:-1])), "gp.tle_length"),
        (IRIDIUM_33[0] + "\n", "gp.tle_line_2_missing"),
        (IRIDIUM_33[1] + "\n", "gp.tle_line_1_missing"),
        (text_of((IRIDIUM_33[0], COSMOS_2251[1])), "gp.tle_numbers_differ"),
    ],
)
def test_a_wrong_set_is_rejected_with_its_reason_and_stops_no_other(text: str, code: str) -> None:
    found = read_text(text + text_of(ISS), now=NOW)
    assert [one.code for one in found.rejected] == [code]
    assert found.rejected[0].line_number == 1
    assert found.rejected[0].raw == text.rstrip("\n")
    assert [line.elements.catalog_number for line in found.accepted] == [25544]


@pytest.mark.parametrize(
    ("number", "columns"),
    [
        (1, "00001"),
        (99_999, "99999"),
        (100_000, "A0000"),
        (180_000, "J0000"),
        (230_000, "P0000"),
        (270_291, "T0291"),
        (339_999, "Z9999"),
    ],
)
def test_alpha_5_skips_i_and_o(number: int, columns: str) -> None:
    assert alpha5(number) == columns
    assert catalog_number(columns) == number


@pytest.mark.parametrize("number", [0, -1, 340_000, 799_500_124])
def test_a_number_that_no_tle_can_carry_is_refused_on_export(number: int) -> None:
    with pytest.raises(Invalid, match=r"gp\.alpha5_range"):
        alpha5(number)


@pytest.mark.parametrize(
    "columns", ["I0000", "O0000", "a0000", "00000", "     ", "1 234", "T029", "T02910", "٠٠٠٠١", "-0001"]
)
def test_five_columns_that_name_no_object_are_refused(columns: str) -> None:
    with pytest.raises(Invalid, match=r"gp\.catalog_number_wrong"):
        catalog_number(columns)


def test_a_set_is_written_as_it_was_read() -> None:
    for pair in (IRIDIUM_33, COSMOS_2251, ISS):
        elements = read_text(text_of(pair), now=NOW).accepted[0].elements
        assert read_text(text_of(to_tle(elements)), now=NOW).accepted[0].elements == elements


def test_what_the_columns_cannot_hold_is_refused_or_rounded_within_them() -> None:
    elements = read_text(text_of(ISS), now=NOW).accepted[0].elements
    with pytest.raises(Invalid, match="MEAN_MOTION_DOT"):
        to_tle(replace(elements, mean_motion_dot=1.5))
    with pytest.raises(Invalid, match="OBJECT_ID"):
        to_tle(replace(elements, international_designator="1998-067ABCD"))
    edge = replace(elements, raan_deg=359.99996, eccentricity=0.99999999, bstar=-9.99999e-5)
    back = read_text(text_of(to_tle(edge)), now=NOW).accepted[0].elements
    assert (back.raan_deg, back.eccentricity, back.bstar) == (0.0, 0.9999999, -1e-4)
