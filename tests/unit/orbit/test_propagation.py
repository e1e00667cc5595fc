"""One door to SGP4: exact epochs, failures as data."""

from datetime import UTC, datetime, timedelta

import numpy as np
from sgp4.api import Satrec

from space_hub.orbit.propagation import Fleet, satrec, states
from space_hub.orbit.times import SECOND, ticks
from space_hub.validation.pairs import IRIDIUM_33_COSMOS_2251
from tests.unit.orbit.test_approach import START, circular

ONE_MILLIMETRE = 1e-6


def test_an_element_set_flies_as_its_two_lines_do() -> None:
    """Against the parser of the sgp4 package. The epoch of a line has 1e-8 day, rounded here to 1 us: 4 mm."""
    lines = IRIDIUM_33_COSMOS_2251.lines.splitlines()
    theirs = Satrec.twoline2rv(lines[0], lines[1])
    ours = satrec(IRIDIUM_33_COSMOS_2251.elements()[0])
    for fraction in (0.0, 0.3, 0.77):
        _code, mine, _v = ours.sgp4(2454872.5, fraction)
        _code, their, _v = theirs.sgp4(2454872.5, fraction)
        assert np.linalg.norm(np.subtract(mine, their)) < 5 * ONE_MILLIMETRE


def test_a_microsecond_of_epoch_moves_an_object_by_its_speed_times_a_microsecond() -> None:
    """Turns red when the epoch goes in as one number of days: the step is then 0 or 2.4 mm, not 7.5 (tried)."""
    early, late = circular(1), circular(1)
    object.__setattr__(late, "epoch", early.epoch + timedelta(microseconds=1))
    r, v, _codes = states([early, late], [START])
    moved = np.linalg.norm(r[1, 0] - r[0, 0])
    assert abs(moved - np.linalg.norm(v[0, 0]) * 1e-6) < 0.1 * ONE_MILLIMETRE


def test_catalogue_numbers_of_nine_digits_propagate() -> None:
    r, _v, codes = states([circular(799_500_124)], [START])
    assert codes.tolist() == [[0]]
    assert 7000.0 < np.linalg.norm(r[0, 0]) < 7300.0


def test_states_come_as_objects_by_times_with_codes_and_nan_for_the_fallen() -> None:
    fallen = circular(3, mean_motion_rev_day=16.6, bstar=0.9)
    times = [START, START + timedelta(days=1), START + timedelta(days=3)]
    r, v, codes = states([circular(1), fallen], times)
    assert r.shape == v.shape == (2, 3, 3)
    assert codes[0].tolist() == [0, 0, 0]
    assert codes[1, -1] != 0
    assert np.isnan(r[codes != 0]).all()
    assert np.isfinite(r[codes == 0]).all()


def test_a_state_is_the_same_bits_whichever_way_it_is_asked() -> None:
    """The canonical result rests on this: near-earth and deep-space, alone and in company, after other times."""
    geo = circular(9, mean_motion_rev_day=1.0027, eccentricity=0.0003, inclination_deg=4.0)
    fleet = Fleet([circular(1), geo])
    at = ticks(datetime(2024, 11, 12, tzinfo=UTC)) + SECOND * np.array([0, 86_400, 3, -900_000])
    together = fleet.states(at)[0]
    for index in (1, 0):
        for place in (3, 0, 2, 1):
            alone = fleet.positions(index, at[place : place + 1])[0]
            assert alone.tobytes() == together[index, place].tobytes()
            paired = fleet.positions_of(np.array([index]), at[place : place + 1][None])[0, 0]
            assert paired.tobytes() == alone.tobytes()
