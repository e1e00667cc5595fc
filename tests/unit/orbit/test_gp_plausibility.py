"""A new set beside its predecessor. Lines: CelesTrak Starlink group of 2026-05-24 and 2026-05-30."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from space_hub.orbit.gp import read_text
from space_hub.orbit.plausibility import Doubt, departure_km, judge
from space_hub.orbit.sample import sample_catalogue
from space_hub.text import LANGUAGES, say

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD, NEW = (
    line.elements
    for line in read_text(
        "1 44714U 19074B   26143.85005199  .00012707  00000+0  25634-3 0  9993\n"
        "2 44714  53.1534 184.9726 0002765  36.4032 323.7164 15.46930636360444\n"
        "1 44714U 19074B   26150.30936191  .00080211  00000+0  15180-2 0  9995\n"
        "2 44714  53.1513 154.1788 0003034  54.2939 305.8351 15.47704531361446\n",
        now=NOW,
    ).accepted
)


def test_a_set_does_not_depart_from_itself() -> None:
    assert departure_km(NEW, NEW) == 0.0
    assert judge(NEW, NEW, limit_km=25.0).doubt is None


def test_a_manoeuvring_craft_departs_and_is_flagged_with_its_distance() -> None:
    found = judge(NEW, OLD, limit_km=25.0)
    assert found.doubt is Doubt.DEPARTS
    assert found.departure_km is not None
    assert 25.0 < found.departure_km < 14_000.0
    assert judge(NEW, OLD, limit_km=found.departure_km).doubt is None


def test_a_tenth_of_a_degree_along_the_orbit_is_twelve_kilometres() -> None:
    """6,800 km times 0.1 degree is 11.9 km. Turns red when only one of the two sets is moved to the epoch."""
    moved = replace(OLD, mean_anomaly_deg=OLD.mean_anomaly_deg + 0.1)
    distance = departure_km(moved, OLD)
    assert distance is not None
    assert abs(distance - 11.9) < 0.2
    later = replace(OLD, epoch=OLD.epoch + timedelta(seconds=1))
    distance = departure_km(later, OLD)
    assert distance is not None
    assert abs(distance - 7.6) < 0.2


def test_what_sgp4_cannot_place_is_flagged_with_the_set_to_blame() -> None:
    sunk = replace(NEW, mean_motion_rev_day=17.9)
    assert judge(sunk, OLD, limit_km=25.0).doubt is Doubt.SET_FAILS
    assert judge(sunk, None, limit_km=25.0).doubt is Doubt.SET_FAILS
    found = judge(NEW, replace(sunk, epoch=OLD.epoch), limit_km=25.0)
    assert (found.doubt, found.departure_km) == (Doubt.PREDECESSOR_FAILS, None)
    assert found.sgp4_error > 0
    assert judge(NEW, None, limit_km=25.0) == judge(NEW, None, limit_km=0.0)
    assert departure_km(sunk, OLD) is None


@pytest.mark.parametrize("doubt", Doubt)
def test_every_doubt_has_its_sentence(doubt: Doubt) -> None:
    assert all(say(doubt.value, language) for language in LANGUAGES)


def test_every_regime_can_be_judged() -> None:
    for one in sample_catalogue(NOW):
        assert departure_km(one, one) == 0.0
