"""The risk of a run's encounters, held against the same encounter computed one by one by another method."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from space_hub.awareness import hard_body, risk
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.frames import rtn
from space_hub.orbit.probability.encounter import plane
from space_hub.orbit.probability.foster import foster_1992
from space_hub.orbit.probability.state import State
from space_hub.orbit.propagation import states
from space_hub.orbit.screening import ScreeningResult, screen
from space_hub.orbit.screening.result import ENCOUNTER
from space_hub.orbit.times import ticks
from space_hub.orbit.uncertainty import table

EPOCH = datetime(2024, 11, 1, tzinfo=UTC)
FIRST = ElementSet(900_001, EPOCH, 14.9, 0.001, 51.0, 10.0, 0.0, 0.0, 1e-4, name="ALPHA 1")
Found = tuple[ScreeningResult, list[dict[str, Any]]]
SETS = (
    FIRST,
    replace(FIRST, catalog_number=900_002, inclination_deg=97.0, name="BRAVO DEB"),
    replace(FIRST, catalog_number=900_003, inclination_deg=70.0, mean_anomaly_deg=0.01, name="CHARLIE R/B"),
    replace(FIRST, catalog_number=900_004, mean_anomaly_deg=0.02, name="ALPHA 1 COMPANION"),
)
"""Three that cross at the node at their epoch, and a fourth that flies with the first."""


@pytest.fixture(scope="module")
def found() -> tuple[ScreeningResult, list[dict[str, Any]]]:
    start = EPOCH - timedelta(minutes=20)
    result = screen(SETS, start, start + timedelta(minutes=60), threshold_km=5.0, threads=1)
    risks = risk.of_run(SETS, [one.name for one in SETS], result.encounters.columns)
    return result, [*risks.rows(0, 2), *risks.rows(2, 5_000)]


def _alone(one: ElementSet, other: ElementSet, tca: datetime, radius_km: float) -> float:
    def state(each: ElementSet) -> State:
        position, velocity, codes = states([each], [tca])
        assert not codes.any()
        axes = rtn(position[0, 0], velocity[0, 0])
        age = (tca - each.epoch) / timedelta(days=1)
        covariance = np.zeros((6, 6))
        covariance[:3, :3] = axes.T @ np.diag(table.of_regime(each.regime).sigmas_km(age) ** 2) @ axes
        return State(position[0, 0], velocity[0, 0], covariance)

    flat = plane(state(one), state(other))
    return float(foster_1992(flat.miss_km[None], flat.covariance_km2[None], radius_km)[0])


def test_each_encounter_of_a_run_has_the_probability_it_has_alone(found: Found) -> None:
    """Sabotage seen: the covariance of the second object turned by the axes of the first."""
    result, rows = found
    compared = 0
    for one, row in zip(result.encounters, rows, strict=True):
        if row["pc"] is not None:
            alone = _alone(SETS[one.a], SETS[one.b], one.tca, 1e-3 * row["hard_body_radius_m"])
            assert row["pc"] == pytest.approx(alone, rel=1e-6)
            assert row["pc_max"] >= row["pc"] * (1.0 - 1e-9) > 0.0
            compared += 1
    assert compared >= 3


def test_what_has_no_plane_has_no_figure_and_says_why(found: Found) -> None:
    result, rows = found
    together = [row for one, row in zip(result.encounters, rows, strict=True) if one.co_located]
    assert {(row["pc"], row["method"], row["flags"]) for row in together} == {(None, None, "co_located")}


def test_a_window_that_cuts_an_encounter_after_its_closest_approach_takes_nothing_from_it(found: Found) -> None:
    """Sabotage seen: what is open at either end has no figure."""
    result, rows = found
    one, whole = max(zip(result.encounters, rows, strict=True), key=lambda each: each[1]["pc"] or 0.0)
    for late_s, flags, pc in ((-0.2, "", pytest.approx(whole["pc"], rel=1e-6, abs=0.0)), (0.3, "open", None)):
        start = one.tca + timedelta(seconds=late_s)
        cut = screen(SETS, start, start + timedelta(minutes=20), threshold_km=5.0, threads=1)
        risks = risk.of_run(SETS, [each.name for each in SETS], cut.encounters.columns)
        looks = zip(cut.encounters, risks.rows(0, 9), strict=True)
        again = next(each for each in looks if (each[0].a, each[0].b) == (one.a, one.b))
        assert again[0].open_start
        assert (again[1]["flags"], again[1]["pc"]) == (flags, pc)


def test_an_encounter_of_a_set_that_says_nothing_any_more_takes_nothing_from_the_others() -> None:
    """Sabotage seen: errors of a million kilometres asked for like others, which has no figure and no word for it."""
    slow = [replace(one, mean_motion_rev_day=1.0027, inclination_deg=2.0 + at) for at, one in enumerate(SETS[:2])]
    encounters = np.zeros(2, dtype=ENCOUNTER)
    encounters["b"] = 1
    encounters["tca"] = [ticks(EPOCH + timedelta(days=days)) for days in (1, 2000)]
    fresh, old = risk.of_run(slow, [one.name for one in slow], encounters).rows(0, 2)
    assert fresh["flags"] == "" and fresh["method"]
    assert (old["flags"], old["pc"], old["sigma_in_track_m"]) == ("lost", None, None)


def test_an_encounter_of_a_set_without_a_state_has_no_figure_and_says_so() -> None:
    """Sabotage seen: only errors beyond all measure called lost, and no word for a state that SGP4 does not give."""
    gone = [replace(SETS[0], mean_motion_rev_day=16.4, bstar=0.5), SETS[1]]
    encounters = np.zeros(1, dtype=ENCOUNTER)
    encounters["b"], encounters["tca"] = 1, ticks(EPOCH + timedelta(days=3))
    (row,) = risk.of_run(gone, [one.name for one in gone], encounters).rows(0, 1)
    assert (row["flags"], row["pc"], row["method"]) == ("lost", None, None)


def test_radii_say_where_they_are_from() -> None:
    names = ["ALPHA 1", "BRAVO DEB", "CZ-4 R/B", "OBJECT A", "", "SL-14 R/B DEB", "DEBUT"]
    radii, sources = hard_body.of_names(names)
    assert radii.tolist() == [5.0, 0.5, 5.0, 1.0, 1.0, 0.5, 5.0]
    assert sources == ["table", "table", "table", "default", "default", "table", "table"]
