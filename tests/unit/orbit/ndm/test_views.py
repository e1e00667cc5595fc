"""Ephemerides, element sets and a message of our own, as values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import cos, radians, sin, sqrt
from pathlib import Path

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.ndm import Form, read, write
from space_hub.orbit.ndm.cdm import conjunction
from space_hub.orbit.ndm.drafting import PURPOSE, Party, conjunction_message
from space_hub.orbit.ndm.elements import element_sets, omm_message
from space_hub.orbit.ndm.inertial import teme_to_eme2000
from space_hub.orbit.ndm.oem import ephemeris
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import SECOND, Floats, ticks

START = datetime(2026, 11, 22, tzinfo=UTC)
ONE_METRE = 1e-3
MOTION = sqrt(398600.4418 / 7000.0**3)


def circle(seconds: float, shift_km: float = 0.0) -> Floats:
    """A circular orbit of 7,000 km, inclined by 40 deg; `shift_km` is what a burn made of it."""
    angle, tilt, radius = MOTION * seconds, radians(40.0), 7000.0 + shift_km
    place = radius * np.array([cos(angle), sin(angle) * cos(tilt), sin(angle) * sin(tilt)])
    moving = radius * MOTION * np.array([-sin(angle), cos(angle) * cos(tilt), cos(angle) * sin(tilt)])
    return np.concatenate([place, moving])


def oem(method: str = "HERMITE", degree: int = 7, system: str = "UTC") -> bytes:
    """Two segments of an hour, at 2 min, with a jump of 1 km between them."""
    lines = ["CCSDS_OEM_VERS = 2.0", "CREATION_DATE = 2026-11-22T00:00:00", "ORIGINATOR = SOMEBODY"]
    for hour, shift in ((0, 0.0), (1, 1.0)):
        first, last = (START + timedelta(hours=hour + more) for more in (0, 1))
        lines += ["META_START", "OBJECT_NAME = SAT", "OBJECT_ID = 2020-001A", "CENTER_NAME = EARTH"]
        lines += ["REF_FRAME = EME2000", f"TIME_SYSTEM = {system}", f"START_TIME = {first:%Y-%m-%dT%H:%M:%S}"]
        lines += [f"STOP_TIME = {last:%Y-%m-%dT%H:%M:%S}", f"INTERPOLATION = {method}"]
        lines += [f"INTERPOLATION_DEGREE = {degree}", "META_STOP"]
        for minute in range(0, 61, 2):
            at = first + timedelta(minutes=minute)
            state = " ".join(f"{value:.9f}" for value in circle((at - START).total_seconds(), shift))
            lines.append(f"{at:%Y-%m-%dT%H:%M:%S} {state}")
        lines += ["COVARIANCE_START", f"EPOCH = {first:%Y-%m-%dT%H:%M:%S}", "COV_REF_FRAME = RTN"]
        lines += [" ".join(f"{row + 1}.{column}e-4" for column in range(row + 1)) for row in range(6)]
        lines += [f"EPOCH = {last:%Y-%m-%dT%H:%M:%S}"]
        lines += [" ".join(f"{row + 2}.{column}e-4" for column in range(row + 1)) for row in range(6)]
        lines += ["COVARIANCE_STOP"]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(("method", "degree"), [("HERMITE", 7), ("LAGRANGE", 9)])
def test_an_ephemeris_is_interpolated_within_its_segment_and_never_across_a_discontinuity(
    method: str, degree: int
) -> None:
    """Sabotage seen: velocities not scaled to the span; the earlier of two segments asked where they meet."""
    found = ephemeris(read(oem(method, degree)))
    for seconds in (1.5, 61.0, 1799.0, 3541.0, 3599.9, 3660.5, 7199.0):
        expected = circle(seconds, 1.0 if seconds >= 3600 else 0.0)
        state = found.state(ticks(START) + round(seconds * SECOND))
        assert state[:3] == pytest.approx(expected[:3], abs=0.1 * ONE_METRE), seconds
        assert state[3:] == pytest.approx(expected[3:], abs=0.01 * ONE_METRE), seconds
    boundary = ticks(START) + 3600 * SECOND
    assert found.state(boundary) == pytest.approx(circle(3600.0, 1.0), abs=1e-8)
    assert found.segments[0].state(boundary) == pytest.approx(circle(3600.0), abs=1e-8)
    for outside in (-1, 7200 * SECOND + 1):
        with pytest.raises(Invalid, match=r"ndm\.instant_outside"):
            found.state(ticks(START) + outside)


def test_covariances_of_an_ephemeris_keep_their_frame_and_time() -> None:
    first, second = ephemeris(read(oem())).segments[1].covariances
    assert (first.at, second.at) == tuple(ticks(START) + hour * 3600 * SECOND for hour in (1, 2))
    assert (first.frame, second.frame) == ("RTN", "RTN")
    assert first.matrix[4, 2] == first.matrix[2, 4] == pytest.approx(5.2e-4)
    assert second.matrix[5, 5] == pytest.approx(7.5e-4)


def test_another_time_system_is_not_taken_for_utc() -> None:
    with pytest.raises(Invalid, match=r"ndm\.time_system"):
        ephemeris(read(oem(system="GPS")))
    with pytest.raises(Invalid, match=r"ndm\.kind_other"):
        ephemeris(omm_message(sample_catalogue(START, 3)[0], START, "X"))


@pytest.mark.parametrize("form", ["kvn", "xml", "json"])
def test_element_sets_come_back_bit_for_bit(form: Form) -> None:
    """Sabotage seen: a number printed with `:g`."""
    for one in sample_catalogue(START, 5)[:100:7]:
        assert list(element_sets(read(write(omm_message(one, START, "SOMEBODY"), form).encode()))) == [one]


def test_elements_that_sgp4_cannot_use_are_refused() -> None:
    text = write(omm_message(sample_catalogue(START, 5)[0], START, "SOMEBODY"), "kvn")
    for damage in (
        ("= SGP4", "= SGP4-XP"),
        ("ECCENTRICITY = 0", "ECCENTRICITY = 1"),
        ("REF_FRAME = TEME", "REF_FRAME = GCRF"),
    ):
        assert damage[0] in text
        with pytest.raises(Invalid, match=r"gp\."):
            list(element_sets(read(text.replace(*damage).encode())))


def test_real_combined_elements_are_read(shared: Path) -> None:
    path = shared / "data" / "messages" / "ccsds_blue_book_examples" / "xml" / "ndm_g21.xml"
    assert [one.catalog_number for one in element_sets(read(path.read_bytes()))] == [44914, 44915, 44916]


def test_teme_is_turned_to_eme2000_as_published() -> None:
    """Vallado, Crawford, Hujsak, Kelso 2006 (AIAA 2006-6753), appendix C: 2004-04-06 07:51:28.386009 UTC."""
    at = datetime(2004, 4, 6, 7, 51, 28, 386009, tzinfo=UTC)
    place = teme_to_eme2000(np.array([5094.18016210, 6127.64465950, 6380.34453270]), at)
    moving = teme_to_eme2000(np.array([-4.746131487, 0.785818041, 5.531931288]), at)
    assert place == pytest.approx([5102.50960000, 6123.01152000, 6378.13630000], abs=3 * ONE_METRE)
    assert moving == pytest.approx([-4.74321960, 0.79053660, 5.53375619], abs=3e-6)


def _party(number: int, shift_km: float, turned: float) -> Party:
    state = circle(600.0, shift_km)
    velocity = state[3:] * np.array([1.0, turned, turned])
    covariance = np.diag([1e4, 4e6, 1e4, 4.0, 0.01, 0.01]) + 7.0
    return Party(number, f"SAT {number}", "2020-001A", state[:3], velocity, covariance, "history, 2.5 d, 31 samples")


@pytest.mark.parametrize("form", ["kvn", "xml", "json"])
def test_a_message_of_our_own_says_what_it_is_and_what_it_is_not(form: Form) -> None:
    """Sabotage seen: TEME states written as they are; RELATIVE_ figures of object 1 less object 2."""
    tca = START + timedelta(seconds=600.123456)
    parties = _party(25544, 0.0, 1.0), _party(100001, 0.25, -1.0)
    message = conjunction_message(
        "OURS-1", START, "SPACE HUB", tca, parties, probability=(3.2e-5, "foster-1992"), radius_m=12.5
    )
    found = conjunction(read(write(message, form).encode()))
    assert found.tca == tca and found.comments[0] == PURPOSE
    assert found.hard_body_radius_m == 12.5
    assert (found.collision_probability, found.collision_probability_method) == (3.2e-5, "FOSTER-1992")
    assert found.miss_distance_m == pytest.approx(250.0, abs=1e-3)
    assert found.relative_position_m == pytest.approx((250.0, 0.0, 0.0), abs=0.01)
    for side, party in zip((found.one, found.other), parties, strict=True):
        assert (side.frame, side.covariance_method, side.catalog_number) == ("EME2000", "DEFAULT", party.catalog_number)
        assert "Estimated covariance: history, 2.5 d, 31 samples" in side.comments
        assert side.covariance == pytest.approx(party.covariance)
        assert np.linalg.norm(side.position_km - party.position_km) > 10.0, "26 years of precession"
    with pytest.raises(Invalid, match=r"ndm\.covariance_missing"):
        broken = replace(parties[0], covariance=np.full((6, 6), np.nan))
        conjunction_message("X", START, "X", tca, (broken, parties[1]))
