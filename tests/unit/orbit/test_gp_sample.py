"""The synthetic catalogue: invented beyond mistaking, the same every time, and with something to find."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from sgp4.api import SatrecArray

from space_hub.orbit.elements import Regime
from space_hub.orbit.gp import read_text, to_omm_csv, to_tle
from space_hub.orbit.propagation import satrec
from space_hub.orbit.sample import FIRST_NUMBER, sample_catalogue

EPOCH = datetime(2024, 11, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_no_set_can_be_taken_for_a_real_one() -> None:
    sets = sample_catalogue(EPOCH)
    assert 600 <= len(sets) <= 1000
    assert all(one.name.startswith("SYNTHETIC ") for one in sets)
    assert [one.catalog_number for one in sets] == list(range(FIRST_NUMBER, FIRST_NUMBER + len(sets)))
    assert len({one.name for one in sets}) == len(sets)
    assert all(EPOCH - timedelta(hours=12) <= one.epoch <= EPOCH for one in sets)


def test_the_same_arguments_give_the_same_sets_and_another_seed_others() -> None:
    assert sample_catalogue(EPOCH, 5) == sample_catalogue(EPOCH, 5)
    assert sample_catalogue(EPOCH, 5) != sample_catalogue(EPOCH, 6)


def test_all_regimes_are_there() -> None:
    regimes = {one.regime for one in sample_catalogue(EPOCH)}
    assert {Regime.LEO2, Regime.LEO3, Regime.MEO, Regime.GEO, Regime.HEO1} <= regimes


def test_it_reads_the_same_as_omm_and_as_tle() -> None:
    odd_moment = datetime(2023, 7, 9, 13, 14, 15, 123457, tzinfo=UTC)
    sets = sample_catalogue(odd_moment)
    assert [line.elements for line in read_text(to_omm_csv(sets), now=odd_moment).accepted] == sets
    low = [replace(one, catalog_number=one.catalog_number - FIRST_NUMBER + 1) for one in sets]
    text = "".join("\n".join((one.name, *to_tle(one), "")) for one in low)
    assert [line.elements for line in read_text(text, now=odd_moment).accepted] == low


def test_each_visitor_passes_something_within_four_kilometres_in_the_day() -> None:
    """By direct SGP4 every 20 seconds. Turns red when `_meeting` leaves out Newton's steps."""
    seconds = np.arange(0.0, 86400.0, 20.0)
    julian, parts = np.full_like(seconds, 2460616.5), seconds / 86400.0
    for seed in (1, 2):
        low = [one for one in sample_catalogue(EPOCH, seed) if one.semi_major_axis_km < 7400.0]
        _, places, speeds = SatrecArray([satrec(one) for one in low]).sgp4(julian, parts)
        visitors = [at for at, one in enumerate(low) if "VISITOR" in one.name]
        assert len(visitors) == 6
        for visitor in visitors:
            apart = places - places[visitor]
            apart[visitor] = 1e6
            near = (apart * apart).sum(axis=2) < 160.0**2
            offset, speed = apart[near], (speeds - speeds[visitor])[near]
            wait = np.clip(-(offset * speed).sum(axis=1) / (speed * speed).sum(axis=1), -10.0, 10.0)
            nearest_km = np.linalg.norm(offset + wait[:, None] * speed, axis=1).min()
            assert nearest_km < 4.0, (seed, low[visitor].name)


def test_one_object_falls_within_the_day_and_all_others_last() -> None:
    fallen = [
        one.name
        for one in sample_catalogue(EPOCH)
        if satrec(one).sgp4_tsince((EPOCH + timedelta(days=1) - one.epoch) / MINUTE)[0]
    ]
    assert fallen == ["SYNTHETIC FALLING BODY"]
    falling = next(one for one in sample_catalogue(EPOCH) if one.name in fallen)
    assert satrec(falling).sgp4_tsince(360.0)[0] == 0


def test_docked_modules_and_the_formation_stay_together_all_day() -> None:
    sets = {one.name.removeprefix("SYNTHETIC "): one for one in sample_catalogue(EPOCH)}
    for a, b, most_km in (("STATION CORE", "STATION FERRY", 0.1), ("FORMATION 1", "FORMATION 2", 3.0)):
        for minute in range(0, 1441, 30):
            (_, here, _), (_, there, _) = (satrec(sets[name]).sgp4_tsince(float(minute)) for name in (a, b))
            assert 0.0 < np.linalg.norm(np.subtract(here, there)) < most_km
