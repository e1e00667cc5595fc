"""Burns in element sets: found where they are, with their size, and nowhere else."""

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from space_hub.errors import Invalid
from space_hub.orbit.manoeuvres.detection import Settings, detect
from space_hub.orbit.manoeuvres.evidence import evidence
from space_hub.orbit.times import DAY, ticks
from space_hub.validation.manoeuvre_cases import History, made_up

CASE = made_up(days=200.0, burns=5)
CALM = made_up(days=150.0, burns=0)


def test_burns_are_found_with_their_instant_and_their_size() -> None:
    """Burns of 4, -7.2, 10.4, -13.6 and 16.8 mm/s. Sabotage seen: the drift taken for once the change of speed, not
    thrice.
    """
    found = detect(CASE.sets)
    assert len(found) == 5
    for one, stated, size in zip(found, CASE.stated, (4.0, -7.2, 10.4, -13.6, 16.8), strict=True):
        assert abs(ticks(one.at) - stated) < 0.2 * DAY
        assert one.change_mm_s == pytest.approx(size, abs=1.0)
        assert one.confirmed
        assert one.times_threshold > 1.0


def test_a_calm_history_has_no_burns() -> None:
    assert detect(CALM.sets) == []


def test_one_bad_set_is_not_a_burn() -> None:
    """It is 20 km late. Sabotage seen: the first pair of sets alone asked."""
    bad = list(CALM.sets)
    bad[60] = replace(bad[60], mean_motion_rev_day=bad[60].mean_motion_rev_day + 4e-4)
    assert np.abs(np.diff([one.mean_motion_rev_day for one in bad])).max() > 3e-4
    assert detect(bad) == []


def test_the_order_of_sets_does_not_matter() -> None:
    assert detect(CASE.sets[::-1]) == detect(CASE.sets)


def test_the_newest_gap_is_suspected_before_it_is_confirmed() -> None:
    """One set after the burn is enough for a doubt, two for more."""
    first = next(index for index, one in enumerate(CASE.sets) if ticks(one.epoch) > CASE.stated[2])
    newest = detect(CASE.sets[: first + 1])[-1]
    assert newest.after == CASE.sets[first].epoch
    assert not newest.confirmed
    assert detect(CASE.sets[: first + 3])[-1].confirmed


def test_of_two_changes_that_are_near_the_stronger_is_kept() -> None:
    found, thinned = detect(CASE.sets), detect(CASE.sets, Settings(apart_days=50.0))
    assert len(thinned) < len(found)
    assert max(found, key=lambda one: one.times_threshold) in thinned
    assert all(b.at - a.at >= timedelta(days=50) for a, b in itertools.pairwise(thinned))


def test_too_few_sets_show_nothing_and_two_objects_are_refused() -> None:
    assert detect([]) == [] == detect(CASE.sets[:1])
    assert detect(CASE.sets[:2]) == []
    with pytest.raises(Invalid, match="one_object"):
        detect([CASE.sets[0], replace(CASE.sets[1], catalog_number=7)])


def test_sets_without_a_state_are_left_out() -> None:
    fallen = [replace(one, mean_motion_rev_day=17.5, bstar=0.1) for one in CASE.sets[:4]]
    assert np.isfinite(evidence([*fallen, *CASE.sets[4:]]).change_mm_s).all()


def test_stated_times_outside_the_sets_are_not_asked_for() -> None:
    begin = ticks(CASE.sets[0].epoch)
    stated = np.array([begin - DAY, begin + 5.0 * DAY, begin + 5.3 * DAY, begin + 9.0 * DAY], dtype=np.float64)
    asked = History("x", CASE.sets, stated).asked()
    assert asked == [(stated[1], stated[2]), (stated[3], stated[3])]
    assert CASE.sets[-1].epoch - CASE.sets[0].epoch > timedelta(days=150)
