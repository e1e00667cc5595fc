"""What one contestant drops, invents or repeats is seen against the union of all."""

from datetime import timedelta

import numpy as np
import pytest
from sgp4.api import Satrec

from benchmarks.screening import ckdtree
from benchmarks.screening.catalogue import grown
from benchmarks.screening.rows import SLOW_KM_S, Rows
from benchmarks.screening.union import Judged, Union, confirmed, judge, near_threshold, pooled
from benchmarks.screening.window import START
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import satrec
from space_hub.orbit.sample import sample_catalogue
from space_hub.orbit.times import SECOND, ticks

LIMIT_KM = 20.0
FIRST, LAST = ticks(START), ticks(START + timedelta(hours=3))


@pytest.fixture(scope="module")
def elements() -> list[ElementSet]:
    sample = sample_catalogue(START, 1)
    return [*grown(sample, 600), *(one for one in sample if "STATION" in one.name or "FALLING" in one.name)]


@pytest.fixture(scope="module")
def records(elements: list[ElementSet]) -> list[Satrec]:
    return [satrec(one) for one in elements]


@pytest.fixture(scope="module")
def complete(records: list[Satrec]) -> Rows:
    return ckdtree.screen(records, FIRST, LAST, LIMIT_KM)[0]


def judged(records: list[Satrec], limit_km: float = LIMIT_KM, **found: Rows) -> tuple[Union, dict[str, Judged]]:
    union = pooled(records, found, FIRST, LAST, limit_km, {})
    names = range(1, len(records) + 1)
    return union, {name: judge(records, union, name, one, limit_km, names) for name, one in found.items()}


def test_all_that_is_found_twice_is_one_and_nobody_misses_it(records: list[Satrec], complete: Rows) -> None:
    union, verdicts = judged(records, one=complete, other=complete)
    fast = int((complete["speed_km_s"] >= SLOW_KM_S).sum())
    assert int(union.true.sum()) == fast > 50
    for one in verdicts.values():
        assert (one.recall, one.found, one.spurious, one.repeated, one.missed) == (1.0, fast, 0, 0, [])
        assert (one.slow_uncovered, one.slow_reported) == (0, len(complete) - fast)
        assert one.max_tca_error_ms < 0.1
        assert one.max_miss_error_m < 0.01


def test_a_dropped_encounter_is_named(records: list[Satrec], complete: Rows) -> None:
    """Sabotage seen: `judge` counting rows instead of encounters."""
    gone = np.flatnonzero(complete["speed_km_s"] >= SLOW_KM_S)[7]
    _union, verdicts = judged(records, whole=complete, short=np.delete(complete, gone))
    short = verdicts["short"]
    assert short.recall == 1.0 - 1.0 / short.true < 1.0
    assert len(short.missed) == 1
    assert short.missed[0].startswith(f"{complete['a'][gone] + 1} {complete['b'][gone] + 1} 2024-11-02T0")
    assert verdicts["whole"].recall == 1.0


def test_an_invented_a_late_and_a_repeated_row_are_spurious(records: list[Satrec], complete: Rows) -> None:
    fast = np.flatnonzero(complete["speed_km_s"] >= SLOW_KM_S)
    invented, repeated = complete[fast[:1]].copy(), complete[fast[1:2]].copy()
    invented["tca"] += 600 * SECOND
    repeated["tca"] += SECOND // 2
    late = complete.copy()
    late["tca"][fast[2]] += 3 * SECOND
    _union, verdicts = judged(
        records,
        invented=np.concatenate((complete, invented)),
        repeated=np.concatenate((complete, repeated)),
        late=late,
    )
    assert {name: (one.spurious, one.repeated) for name, one in verdicts.items()} == {
        "invented": (1, 0),
        "repeated": (1, 1),
        "late": (1, 0),
    }
    assert [verdicts[name].recall == 1.0 for name in verdicts] == [True, True, False]
    assert len(verdicts["invented"].extra) == 1


def test_what_lies_beyond_the_threshold_is_not_true(records: list[Satrec], complete: Rows) -> None:
    fast = complete[complete["speed_km_s"] >= SLOW_KM_S]
    limit_km = float(np.sort(fast["miss_km"])[len(fast) // 2]) + 1e-4
    union, verdicts = judged(records, limit_km, wide=fast, exact=fast[fast["miss_km"] <= limit_km])
    assert verdicts["exact"].recall == verdicts["wide"].recall == 1.0
    assert verdicts["exact"].spurious == 0
    assert verdicts["wide"].spurious == int((fast["miss_km"] > limit_km).sum()) > 0
    listed = near_threshold(union, {"wide": fast, "exact": fast}, limit_km, range(1, len(records) + 1))
    assert len(listed) == 1
    assert listed[0].endswith("found by wide, exact")


def test_a_stay_that_is_not_covered_is_named(records: list[Satrec], complete: Rows) -> None:
    slow = np.flatnonzero(complete["speed_km_s"] < SLOW_KM_S)
    short = complete.copy()
    short["exit"][slow[0]] = short["entry"][slow[0]]
    _union, verdicts = judged(records, whole=complete, none=np.delete(complete, slow[0]), short=short)
    assert verdicts["whole"].slow_uncovered == 0
    assert verdicts["none"].slow_uncovered == 1
    assert len(verdicts["none"].uncovered) == 1
    assert verdicts["none"].recall == 1.0


def test_an_encounter_that_the_window_cuts_off_is_kept_apart(records: list[Satrec], complete: Rows) -> None:
    """Its least distance lies 0.2 s after the end: who gives the end itself is right, who is silent misses it."""
    row = complete[np.flatnonzero(complete["speed_km_s"] >= SLOW_KM_S)[-1]]
    stop = int(row["tca"]) - SECOND // 5
    open_one = np.array([row])
    open_one["tca"] = open_one["exit"] = stop
    found = {"open": open_one, "silent": complete[:0]}
    union = pooled(records, found, FIRST, stop, LIMIT_KM, {})
    verdicts = {name: judge(records, union, name, one, LIMIT_KM, range(len(records))) for name, one in found.items()}
    assert int(union.true.sum()) == 0
    assert int(union.cut.sum()) == 1
    assert (verdicts["open"].spurious, verdicts["open"].cut_off, verdicts["open"].cut_off_uncovered) == (0, 1, 0)
    assert (verdicts["silent"].spurious, verdicts["silent"].cut_off_uncovered) == (0, 1)


def test_nobody_meets_an_object_that_has_ended(records: list[Satrec], complete: Rows) -> None:
    fast = complete[complete["speed_km_s"] >= SLOW_KM_S]
    index, tick = int(fast["a"][3]), int(fast["tca"][3])
    union = pooled(records, {"late": fast}, FIRST, LAST, LIMIT_KM, {index: (6, tick - SECOND)})
    verdict = judge(records, union, "late", fast, LIMIT_KM, range(len(records)))
    gone = (fast["a"] == index) | (fast["b"] == index)
    assert verdict.spurious == int((gone & (fast["tca"] >= tick)).sum()) >= 1
    assert verdict.true == len(fast) - verdict.spurious


def test_a_failure_counts_from_the_earliest_instant_that_sgp4_confirms(
    elements: list[ElementSet], records: list[Satrec]
) -> None:
    falling = max(n for n, one in enumerate(elements) if "FALLING" in one.name)
    late, later = (ticks(START + timedelta(hours=hours)) for hours in (20, 24))
    claims = [{falling: (6, later)}, {falling: (6, late)}, {falling: (6, FIRST), 0: (1, FIRST)}]
    ends = confirmed(records, claims)
    assert ends.keys() == {falling}
    assert ends[falling][1] == late
