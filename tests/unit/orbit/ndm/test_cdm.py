"""Conjunction data messages in KVN: what they say, and what is refused with its reason."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.frames import rtn
from space_hub.orbit.ndm import Limits, read
from space_hub.orbit.ndm.cdm import Cdm, conjunction
from space_hub.text import LANGUAGES, say
from tests.support import messages


def conjunction_of(text: str) -> Cdm:
    return conjunction(read(text.encode()))


def refusal(text: str | bytes, limits: Limits | None = None) -> Invalid:
    """The refusal of a text, which must be sayable in both languages."""
    with pytest.raises(Invalid) as caught:
        read(text if isinstance(text, bytes) else text.encode(), limits=limits or Limits())
    for language in LANGUAGES:
        assert say(caught.value.code, language, **caught.value.params)
    return caught.value


def test_both_objects_have_their_states_and_covariances() -> None:
    """Sabotage seen: the upper triangle filled in the order of the lower; `covariance_km` without the turn."""
    found = conjunction_of(messages.cdm())
    assert found.tca == datetime(2026, 11, 22, 11, 12, 13, 141_000, tzinfo=UTC)
    assert (found.miss_distance_m, found.relative_speed_m_s) == (244.9, 13252.4)
    assert (found.collision_probability, found.collision_probability_printed) == (4.835e-5, "4.835E-05")
    assert (found.hard_body_radius_m, found.screening_option) == (15.0, "Covariance")
    assert found.relative_position_m is None
    for place, side in enumerate((found.one, found.other)):
        assert [f"{value:g}" for value in (*side.position_km, *side.velocity_km_s)] == [
            f"{float(value):g}" for value in messages.STATES[place]
        ]
        assert side.catalog_number == 81001 + place
        assert side.exclusion_radius_m == 5.0 + place
        assert side.parameters["OBS_USED"] == "171"
        assert side.covariance.shape == (6, 6)
        assert np.array_equal(side.covariance, side.covariance.T)
        assert side.covariance[4, 1] == pytest.approx(0.25 * 5 / 3, rel=1e-6)
        axes = rtn(side.position_km, side.velocity_km_s)
        turned = side.covariance_km()
        assert axes @ turned[:3, :3] @ axes.T * 1e6 == pytest.approx(side.covariance[:3, :3])
        assert np.trace(turned[3:, 3:]) * 1e6 == pytest.approx(np.trace(side.covariance[3:, 3:]))


def test_comments_stay_where_they_stood() -> None:
    """A comment before a block is that block's. Sabotage seen: they went to the block before."""
    message = read(messages.cdm().encode())
    assert message.header.comments == ("Written by hand",)
    first, second = message.segments
    assert first.comments == ("HBR = 15 [m]", "Object1 metadata", "EXCLUSION_VOLUME_RADIUS = 5 [m]")
    assert second.comments[-1] == "The end"


CASES: dict[str, tuple[Callable[[str], str], str, str | None]] = {
    "no TCA": (lambda text: messages.without(text, "TCA"), "ndm.keyword_missing", "TCA"),
    "TCA in words": (lambda text: messages.with_value(text, "TCA", "yesterday"), "ndm.not_time", "TCA"),
    "day 366 of 2026": (lambda text: messages.with_value(text, "TCA", "2026-366T00:00:00"), "ndm.not_time", "TCA"),
    "an empty mandatory value": (lambda text: messages.with_value(text, "TCA", ""), "ndm.value_missing", "TCA"),
    "one object": (lambda text: text[: text.index("COMMENT Object2")], "ndm.segments_wrong", None),
    "object 1 twice": (lambda text: text.replace("OBJECT2", "OBJECT1"), "ndm.objects_wrong", None),
    "no covariance": (lambda text: messages.without(text, "CNDOT_NDOT"), "ndm.keyword_missing", "CNDOT_NDOT"),
    "no state": (lambda text: messages.without(text, "Z_DOT"), "ndm.keyword_missing", "Z_DOT"),
    "an unknown keyword": (lambda text: text.replace("OBS_USED", "OBS_WASTED", 1), "ndm.keyword_unknown", "OBS_WASTED"),
    "a keyword twice": (
        lambda text: text.replace("ORIGINATOR = ", "ORIGINATOR = A\nORIGINATOR = "),
        "ndm.keyword_repeated",
        "ORIGINATOR",
    ),
    "a block too late": (lambda text: text + "MISS_DISTANCE = 1 [m]\n", "ndm.keyword_order", "MISS_DISTANCE"),
    "metres for kilometres": (lambda text: messages.with_value(text, "X", "7000100.0 [m]"), "ndm.unit_wrong", "X"),
    "NaN in a state": (lambda text: messages.with_value(text, "X", "NaN [km]"), "ndm.not_number", "X"),
    "1e999": (lambda text: messages.with_value(text, "CR_R", "1e999 [m**2]"), "ndm.not_number", "CR_R"),
    "a probability of two": (
        lambda text: messages.with_value(text, "COLLISION_PROBABILITY", "2.0"),
        "ndm.out_of_range",
        "COLLISION_PROBABILITY",
    ),
    "TEME": (lambda text: messages.with_value(text, "REF_FRAME", "TEME"), "ndm.not_word", "REF_FRAME"),
    "half an observation": (lambda text: messages.with_value(text, "OBS_USED", "1.5"), "ndm.not_integer", "OBS_USED"),
    "version 7": (
        lambda text: messages.with_value(text, "CCSDS_CDM_VERS", "7.0"),
        "ndm.version_unknown",
        "CCSDS_CDM_VERS",
    ),
    "a keyword of the draft": (
        lambda text: text.replace("COMMENT HBR = 15 [m]", "CONJUNCTION_ID = 7"),
        "ndm.keyword_later",
        "CONJUNCTION_ID",
    ),
    "a line of nothing": (lambda text: text + "nothing at all\n", "ndm.line_wrong", None),
    "a bell": (lambda text: text + "COMMENT \a\n", "ndm.control_character", None),
    "a page": (lambda text: "GP data has not updated\n" + text, "ndm.unrecognised", None),
    "nothing": (lambda text: " \n\n", "ndm.empty", None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_message_that_the_standard_does_not_allow_is_refused_with_its_place(case: str) -> None:
    """The text without damage is accepted in the tests above."""
    damage, code, keyword = CASES[case]
    refused = refusal(damage(messages.cdm()))
    assert refused.code == code
    if keyword is not None:
        assert refused.params["keyword"] == keyword
    if code not in ("ndm.segments_wrong", "ndm.unrecognised", "ndm.empty"):
        assert isinstance(refused.params["line"], int) and refused.params["line"] > 0


def test_what_practice_demands_is_let_pass_and_remarked() -> None:
    text = messages.with_value(messages.cdm(), "COLLISION_PROBABILITY", "NaN")
    text = messages.with_value(messages.with_value(text, "MESSAGE_FOR", ""), "OBJECT_NAME", "ÉTÉ\t1")
    message = read(text.encode())
    assert {remark.code for remark in message.remarks} == {
        "ndm.remark_nan",
        "ndm.remark_empty",
        "ndm.remark_not_ascii",
        "ndm.remark_tab",
    }
    found = conjunction(message)
    assert (found.collision_probability, found.message_for, found.one.name) == (None, None, "ÉTÉ 1")


def test_limits_are_kept() -> None:
    text = messages.cdm()
    assert refusal(text, Limits(octets=len(text) - 1)).code == "ndm.too_large"
    assert refusal(text, Limits(items=50)).code == "ndm.too_many_items"
    assert refusal(text, Limits(line=20)).code == "ndm.line_too_long"
    assert refusal(b"CCSDS_CDM_VERS = 1.0\nCOMMENT \xff\n").code == "ndm.encoding"


def test_a_turning_frame_is_not_turned_into() -> None:
    found = conjunction_of(messages.cdm().replace("REF_FRAME = EME2000", "REF_FRAME = ITRF"))
    with pytest.raises(Invalid, match=r"ndm\.frame_turns"):
        found.one.covariance_km()


def test_real_messages_state_what_their_states_give(shared: Path) -> None:
    """RELATIVE_POSITION is object 2 less object 1 in RTN of object 1, to the 0.1 m that is printed (18 CARA messages).

    Sabotage seen: the second state taken for both objects.
    """
    found = [
        conjunction(read(path.read_bytes()))
        for path in sorted((shared / "data" / "messages" / "cara_real_cdms").glob("*.cdm"))
    ]
    assert len(found) == 18
    for one in found:
        assert one.relative_position_m is not None and one.hard_body_radius_m is not None
        apart = (one.other.position_km - one.one.position_km) * 1e3
        turned = rtn(one.one.position_km, one.one.velocity_km_s) @ apart
        assert turned == pytest.approx(one.relative_position_m, abs=0.06)
        assert np.linalg.norm(apart) == pytest.approx(one.miss_distance_m, abs=0.51)
