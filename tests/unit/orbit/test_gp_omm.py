"""OMM as CSV and JSON, in the spelling of CelesTrak and of Space-Track."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from space_hub.errors import Invalid
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import GpFile, is_forward_dated, read_text, to_omm_csv

NOW = datetime(2024, 11, 2, tzinfo=UTC)

# CelesTrak on-orbit catalogue, downloaded 2024-11-01.
HEADER = (
    "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,"
    "EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT"
)
VANGUARD_1 = (
    "VANGUARD 1,1958-002B,2024-10-29T12:18:43.492896,10.85746790,.1843421,34.2551,352.8583,332.7861,18.6796,"
    "0,U,5,999,37861,.16091E-2,.1286E-4,0"
)
VANGUARD_2 = (
    "VANGUARD 2,1959-001A,2024-10-31T07:15:45.666432,11.88861557,.1454801,32.8756,170.5612,280.5426,63.4993,"
    "0,U,11,999,46471,.10428E-2,.2025E-4,0"
)


def read_csv(*rows: str, header: str = HEADER) -> GpFile:
    return read_text("\r\n".join((header, *rows)) + "\r\n", now=NOW)


def row(**changed: str) -> str:
    cells = dict(zip(HEADER.split(","), VANGUARD_1.split(","), strict=True)) | changed
    return ",".join(cells.values())


def record(**changed: object) -> dict[str, object]:
    """VANGUARD 1 as Space-Track spells it: every value a string, the constants stated."""
    constants = {"CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4"}
    return {**dict(zip(HEADER.split(","), VANGUARD_1.split(","), strict=True)), **constants, "GP_ID": "1", **changed}


def test_reads_a_row_of_celestrak() -> None:
    found = read_csv(VANGUARD_1, VANGUARD_2)
    assert (found.form, found.offered, found.rejected) == ("csv", 2, [])
    assert found.accepted[0].elements == ElementSet(
        catalog_number=5,
        epoch=datetime(2024, 10, 29, 12, 18, 43, 492896, tzinfo=UTC),
        mean_motion_rev_day=10.8574679,
        eccentricity=0.1843421,
        inclination_deg=34.2551,
        raan_deg=352.8583,
        arg_perigee_deg=332.7861,
        mean_anomaly_deg=18.6796,
        bstar=0.0016091,
        mean_motion_dot=1.286e-05,
        name="VANGUARD 1",
        international_designator="1958-002B",
        element_set_number=999,
        revolution_at_epoch=37861,
    )
    assert (found.accepted[1].line_number, found.accepted[1].raw) == (3, VANGUARD_2)


def test_strings_of_space_track_and_numbers_of_celestrak_read_the_same() -> None:
    texts = ("OBJECT_NAME", "OBJECT_ID", "EPOCH", "CLASSIFICATION_TYPE")
    fields = {key: str(value) for key, value in record().items() if key in HEADER.split(",")}
    numbers = {
        key: value if key in texts else float(value) if "." in value else int(value) for key, value in fields.items()
    }
    expected = read_csv(VANGUARD_1).accepted[0].elements
    found = read_text(json.dumps([record(), numbers], indent=1), now=NOW)
    assert found.form == "json"
    assert [line.elements for line in found.accepted] == [expected, expected]
    assert found.accepted[1].line_number == 26
    assert json.loads(found.accepted[1].raw) == numbers


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("NORAD_CAT_ID", "0", "gp.catalog_number_wrong"),
        ("NORAD_CAT_ID", "1234567890", "gp.catalog_number_wrong"),
        ("NORAD_CAT_ID", "T0291", "gp.catalog_number_wrong"),
        ("NORAD_CAT_ID", "", "gp.field_missing"),
        ("ECCENTRICITY", "1.0", "gp.field_out_of_range"),
        ("ECCENTRICITY", "0.99999999999999999999", "gp.field_out_of_range"),
        ("ECCENTRICITY", "-.1", "gp.field_out_of_range"),
        ("INCLINATION", "180.0001", "gp.field_out_of_range"),
        ("RA_OF_ASC_NODE", "360", "gp.field_out_of_range"),
        ("MEAN_ANOMALY", "-0.0001", "gp.field_out_of_range"),
        ("MEAN_MOTION", "0", "gp.field_out_of_range"),
        ("MEAN_MOTION", "1e999", "gp.field_not_number"),
        ("MEAN_MOTION", "1e99", "gp.field_out_of_range"),
        ("MEAN_MOTION", "NaN", "gp.field_not_number"),
        ("MEAN_MOTION", "inf", "gp.field_not_number"),
        ("MEAN_MOTION", "15_1.0", "gp.field_not_number"),
        ("MEAN_MOTION", "١٥.٥", "gp.field_not_number"),
        ("MEAN_MOTION", " 15.5", "gp.field_not_number"),
        ("MEAN_MOTION", "0x0f", "gp.field_not_number"),
        ("BSTAR", "1e3", "gp.field_out_of_range"),
        ("EPHEMERIS_TYPE", "4", "gp.ephemeris_type"),
        ("CLASSIFICATION_TYPE", "X", "gp.classification_wrong"),
        ("ELEMENT_SET_NO", "-1", "gp.field_not_integer"),
        ("OBJECT_ID", "58-002B", "gp.designator_wrong"),
        ("OBJECT_NAME", "VANGUARD\0", "gp.name_wrong"),
        ("EPOCH", "2024-10-29 12:18:43", "gp.epoch_wrong"),
        ("EPOCH", "2024-10-29", "gp.epoch_wrong"),
        ("EPOCH", "2024-10-29T12:18:60.0", "gp.epoch_wrong"),
        ("EPOCH", "2023-02-29T12:18:43", "gp.epoch_wrong"),
        ("EPOCH", "2024-10-29T12:18:43.4928961", "gp.epoch_wrong"),
        ("EPOCH", "2024-10-29T12:18:43+01:00", "gp.epoch_wrong"),
        ("EPOCH", "1956-10-29T12:18:43", "gp.epoch_year"),
    ],
)
def test_a_wrong_value_rejects_its_set_in_csv_and_json_and_no_other(field: str, value: str, code: str) -> None:
    in_csv = read_csv(row(**{field: value}), VANGUARD_2)
    in_json = read_text(json.dumps([record(**{field: value}), record()]), now=NOW)
    for found in (in_csv, in_json):
        assert [one.code for one in found.rejected] == [code]
        assert len(found.accepted) == 1
    assert in_csv.rejected[0].line_number == 2
    assert "\0" not in in_csv.rejected[0].raw


@pytest.mark.parametrize("field", ["CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY"])
def test_a_set_of_another_frame_time_or_theory_is_rejected(field: str) -> None:
    """Turns red when `element_set` skips CONSTANTS."""
    found = read_text(json.dumps([record(**{field: "J2000"}), record()]), now=NOW)
    assert [(one.code, one.params["field"]) for one in found.rejected] == [("gp.constant_wrong", field)]
    assert len(found.accepted) == 1
    in_csv = read_csv(VANGUARD_1 + ",J2000", header=HEADER + f",{field}")
    assert [one.code for one in in_csv.rejected] == ["gp.constant_wrong"]


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("17", "gp.record_not_object"),
        ("[[]]", "gp.record_not_object"),
        ('{"EPOCH": "2024-10-29T12:18:43"}', "gp.field_missing"),
        ('{"NORAD_CAT_ID": 5, "NORAD_CAT_ID": 6}', "gp.key_repeated"),
        (json.dumps(record(OBJECT_NAME=5)), "gp.field_type"),
        (json.dumps(record(BSTAR=[1])), "gp.field_type"),
        (json.dumps(record(BSTAR=True)), "gp.field_type"),
        (json.dumps(record(BSTAR=None)), "gp.field_missing"),
        (json.dumps(record(ECCENTRICITY=float("nan"))), "gp.field_not_number"),
        (json.dumps(record(OBJECT_NAME="\ud800")), "gp.name_wrong"),
    ],
)
def test_a_wrong_member_of_a_json_list_stops_no_other(member: str, code: str) -> None:
    found = read_text(f"[{member}, {json.dumps(record(OBJECT_ID=None))}]", now=NOW)
    assert [one.code for one in found.rejected] == [code]
    assert found.rejected[0].raw == member
    assert [line.elements.international_designator for line in found.accepted] == [""]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (VANGUARD_1 + ",1", "gp.field_count"),
        (VANGUARD_1[:-2], "gp.field_count"),
        ('"' + VANGUARD_1, "gp.csv_quoting"),
        ("x" * 5000, "gp.line_too_long"),
    ],
)
def test_a_broken_row_stops_no_other(broken: str, code: str) -> None:
    found = read_csv(broken, VANGUARD_2)
    assert [one.code for one in found.rejected] == [code]
    assert [line.elements.catalog_number for line in found.accepted] == [11]


def test_unknown_columns_are_ignored_and_quoted_cells_are_read() -> None:
    quoted = ",".join(f'"{cell}"' for cell in VANGUARD_1.split(","))
    found = read_csv(quoted + ',"1,5"', header=HEADER + ",RMS")
    assert found.accepted[0].elements == read_csv(VANGUARD_1).accepted[0].elements


def test_a_missing_mandatory_column_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(header=HEADER.replace("BSTAR,", "").replace("OBJECT_ID,", ""))
    assert (refused.value.code, refused.value.params["missing"]) == ("gp.columns_missing", "OBJECT_ID, BSTAR")
    with pytest.raises(Invalid, match=r"gp\.columns_repeated.*EPOCH"):
        read_csv(header=HEADER + ",EPOCH")


def test_nine_digit_numbers_and_leading_zeros_are_read() -> None:
    found = read_csv(row(NORAD_CAT_ID="799500124"), row(NORAD_CAT_ID="000025994"))
    assert [line.elements.catalog_number for line in found.accepted] == [799_500_124, 25_994]


def test_a_set_dated_after_now_is_accepted_and_marked() -> None:
    found = read_csv(VANGUARD_1, row(EPOCH="2024-11-02T00:00:00.000001Z"))
    assert [line.forward_dated for line in found.accepted] == [False, True]
    assert is_forward_dated(found.accepted[1].elements, NOW)
    assert not is_forward_dated(replace(found.accepted[1].elements, epoch=NOW), NOW)


def test_what_is_written_reads_back_bit_for_bit() -> None:
    odd = replace(read_csv(VANGUARD_1).accepted[0].elements, name='A "B", C', bstar=-1.2345678901234567e-17)
    later = replace(odd, catalog_number=900_000_001, epoch=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), name="")
    assert [line.elements for line in read_text(to_omm_csv([odd, later]), now=NOW).accepted] == [odd, later]
