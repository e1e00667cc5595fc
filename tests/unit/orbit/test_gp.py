"""The front of the readers: what is no file of element sets, whole real files, and hostile text."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from space_hub.errors import Invalid
from space_hub.orbit import gp_fields, omm, tle
from space_hub.orbit.gp import Form, GpFile, read_text, to_omm_csv
from space_hub.text import LANGUAGES, say

NOW = datetime(2024, 11, 2, tzinfo=UTC)
ROW = "X,1958-002B,2024-10-29T12:18:43,10.8,.18,34.2,352.8,332.7,18.6,0,U,5,999,37861,.16E-2,.1E-4,0"
CSV = f"{','.join(omm.COLUMNS)}\n{ROW}\n"
RECORD = dict(zip(omm.COLUMNS, ROW.split(","), strict=True))
TLE = (
    "1 25544U 98067A   26150.51748228  .00011776  00000+0  21767-3 0  9998\n"
    "2 25544  51.6337  27.5746 0007245 114.7080 245.4664 15.49496548569014\n"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "gp.empty"),
        (" \r\n\t\n", "gp.empty"),
        ("No GP data found", "gp.none_found"),
        ("[]", "gp.none_found"),
        ("<!DOCTYPE html><html><body>Forbidden</body></html>", "gp.markup"),
        ('<?xml version="1.0"?><ndm/>', "gp.markup"),
        ('{"error": "You must be logged in"}', "gp.json_shape"),
        ('[{"error": "rate"}, 5]', "gp.json_shape"),
        (json.dumps([RECORD])[:-5], "gp.json_broken"),
        (json.dumps([RECORD]) + "x", "gp.json_broken"),
        ("[" * 100_000, "gp.json_broken"),
        ("[1 2]", "gp.json_broken"),
        ("name,price\nbread,2\n", "gp.unrecognised"),
        ("1 apple\n2 bananas\n", "gp.unrecognised"),
        ("norad_id,cospar_id,tle_line1\n5,1958-002B,1 00005U", "gp.unrecognised"),
        ("EPOCH,NORAD_CAT_ID\n1,2\n", "gp.columns_missing"),
    ],
)
def test_a_text_that_is_no_file_of_element_sets_is_refused_as_a_whole(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_text(text, now=NOW)
    assert refused.value.code == code
    for language in LANGUAGES:
        assert say(code, language, **refused.value.params)


@pytest.mark.parametrize(("text", "form"), [(CSV, "json"), (CSV, "tle"), (TLE, "csv"), (TLE, "json")])
def test_a_text_of_another_form_than_the_one_asked_for_is_refused(text: str, form: Form) -> None:
    with pytest.raises(Invalid):
        read_text(text, form=form, now=NOW)


@pytest.mark.parametrize(("text", "form"), [(CSV, "csv"), (json.dumps([RECORD]), "json"), (TLE, "tle")])
def test_the_form_is_found_also_behind_a_byte_order_mark_and_blank_lines(text: str, form: Form) -> None:
    for found in (read_text("\ufeff\n" + text, now=NOW), read_text(text, form=form, now=NOW)):
        assert (found.form, len(found.accepted), found.rejected, found.bad_share) == (form, 1, [], 0.0)


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    texts = [
        CSV + ROW.replace(".18", "one") + "\nx\n",
        f"[{json.dumps(RECORD)}, 5]",
        TLE + TLE.replace("9998", "9997"),
        TLE + TLE[:69],
    ]
    for text in texts:
        for one in read_text(text, now=NOW).rejected:
            for language in LANGUAGES:
                assert say(one.code, language, **one.params)


def real_files() -> Iterator[tuple[str, str, int]]:
    """Files and the sets each holds, as counted independently of the readers in the description of the data."""
    yield "celestrak_on_orbit_20241101.csv.gz", "csv", 26_834
    yield "spacetrack_20240705.tle.gz", "tle", 26_389
    for group, count in (
        ("stations", 25),
        ("starlink", 10_395),
        ("oneweb", 651),
        ("geo", 574),
        ("weather", 74),
        ("resource", 167),
        ("science", 49),
        ("military", 23),
    ):
        yield f"celestrak_{group}_20260530.3le.gz", "tle", count
    yield "celestrak_starlink_20260524.3le.gz", "tle", 10_356


def load(shared: Path, name: str) -> str:
    return gzip.decompress((shared / "data" / "gp" / name).read_bytes()).decode("utf-8")


@pytest.mark.parametrize(("name", "form", "count"), list(real_files()))
def test_every_set_of_the_real_files_is_accepted(shared: Path, name: str, form: str, count: int) -> None:
    found = read_text(load(shared, name), now=NOW)
    assert (found.form, found.offered) == (form, count)
    assert Counter(one.code for one in found.rejected) == {}
    if name.endswith(".3le.gz"):
        assert all(line.elements.name for line in found.accepted)


def test_the_real_catalogue_reads_the_same_as_csv_as_json_and_after_writing(shared: Path) -> None:
    text = load(shared, "celestrak_on_orbit_20241101.csv.gz")
    elements = [line.elements for line in read_text(text, now=NOW).accepted]
    as_json = json.dumps(list(csv.DictReader(io.StringIO(text))))
    assert [line.elements for line in read_text(as_json, now=NOW).accepted] == elements
    assert [line.elements for line in read_text(to_omm_csv(elements), now=NOW).accepted] == elements
    assert max(one.catalog_number for one in elements) > 270_000


def accounted(text: str, form: Form | None) -> GpFile | None:
    """Read; anything but Invalid is a failure of the test."""
    try:
        found = read_text(text, form=form, now=NOW)
    except Invalid as refused:
        assert say(refused.code, "fr", **refused.params)
        return None
    for one in found.rejected:
        assert say(one.code, "en", **one.params)
        assert "\0" not in one.raw
        one.raw.encode("utf-8")
        assert len(one.raw) <= gp_fields.RAW_LIMIT + 32
    return found


FORMS = st.sampled_from([None, *get_args(Form)])
CUT = st.tuples(
    st.integers(0, 200), st.integers(0, 200), st.text(max_size=12) | st.text('0123456789 .-+eE,"\n{}[]:', max_size=12)
)


@settings(max_examples=300, deadline=None)
@given(st.text(), FORMS)
def test_any_text_is_read_or_refused_and_never_crashes(text: str, form: Form | None) -> None:
    accounted(text, form)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from([CSV, json.dumps([RECORD, RECORD]), TLE, "NAME\n" + TLE]),
    st.lists(CUT, min_size=1, max_size=3),
    FORMS,
)
def test_any_damaged_file_is_read_or_refused_and_never_crashes(
    text: str, cuts: list[tuple[int, int, str]], form: Form | None
) -> None:
    for start, length, put in cuts:
        text = text[:start] + put + text[start + length :]
    accounted(text, form)


FIELDS = st.sampled_from(omm.COLUMNS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.text(max_size=4), inner),
    max_leaves=8,
)
CHANGED = st.dictionaries(FIELDS, JSON).map(lambda changed: {**RECORD, **changed})


@settings(max_examples=100, deadline=None)
@given(st.lists(CHANGED | JSON, max_size=6))
def test_every_member_of_any_json_list_is_accounted_for(members: list[object]) -> None:
    found = accounted(json.dumps(members), None)
    assert found is None or found.offered == len(members)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("012 ABU.+-", min_size=1, max_size=72), max_size=8))
def test_lines_that_look_like_elements_are_read_or_refused(lines: list[str]) -> None:
    assert all(fault or len(group) >= 2 for _, group, _, fault in tle._sets("\n".join(lines)))
    accounted("\n".join(lines) + "\n" + TLE, None)
