"""The package's last word on encounters, and the table that a result is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from space_hub.orbit.approach import Pair, Span, local
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.kernels import records
from space_hub.orbit.propagation import Fleet
from space_hub.orbit.screening.confirm import confirm
from space_hub.orbit.screening.found import OPEN_END, Found, gathered, nothing, sorted_once
from space_hub.orbit.screening.result import (
    ENCOUNTER,
    Encounter,
    Encounters,
    ScreeningResult,
    canonical_bytes,
    canonical_sha256,
    encounters,
)
from space_hub.orbit.screening.settle import Window, settle
from space_hub.orbit.screening.volume import RicEllipsoid, bounds
from space_hub.orbit.times import SECOND, moment, ticks
from tests.unit.orbit.test_settle import meetings_at_noon, pairs, truth, window_of


def some(count: int, seed: int) -> tuple[list[ElementSet], Window, Found]:
    elements = meetings_at_noon(5.0, count, seed)
    window = window_of(elements, 5.0)
    a, b = pairs(count)
    return elements, window, settle(records(elements), window, a, b, truth(elements, a, b)[0]).found


def test_distance_speed_and_direction_are_those_of_the_package_at_tca() -> None:
    """Turns red when the states are put back in the order of the objects asked (tried)."""
    elements, window, found = some(60, seed=31)
    fleet = Fleet(elements)
    sure = confirm(fleet, window, found)
    assert len(sure) == len(found) > 40
    for n in range(len(sure)):
        a, b, tca = int(sure.a[n]), int(sure.b[n]), int(sure.tca[n])
        here, motion = fleet.state(a, tca)
        there, turn = fleet.state(b, tca)
        assert sure.miss_km[n] == pytest.approx(float(np.linalg.norm(there - here)), abs=1e-12)
        assert sure.speed_km_s[n] == pytest.approx(float(np.linalg.norm(turn - motion)), abs=1e-12)
        assert sure.gap[n] == pytest.approx(local(fleet, a, b, tca), abs=1e-12)
    for name in ("a", "b", "tca", "entry", "exit", "flags"):
        assert getattr(sure, name).tolist() == getattr(found, name).tolist()


def test_records_are_made_for_objects_in_encounters_only() -> None:
    elements, window, found = some(30, seed=32)
    fleet = Fleet(elements)
    confirm(fleet, window, found.take(np.array([2, 5])))
    made = {n for n in range(len(elements)) if fleet._records[n] is not None}
    assert made == {int(one) for column in (found.a, found.b) for one in column[[2, 5]]}


def test_an_encounter_that_the_package_sees_elsewhere_is_found_anew_on_the_package() -> None:
    """As if the kernels had erred by metres; turns red when the old instants are kept (tried)."""
    elements, window, found = some(20, seed=33)
    wrong = replace(
        found,
        tca=found.tca + 70_000 * (np.arange(len(found)) % 2),
        entry=found.entry + 70_000 * (np.arange(len(found)) % 2),
        gap=found.gap + np.array([0.002, 0.0, 0.0]) * (np.arange(len(found)) % 2)[:, None],
    )
    sure = confirm(Fleet(elements), window, wrong)
    assert np.abs(sure.tca - found.tca).max() <= 1
    assert np.abs(sure.entry - found.entry).max() <= 1_000
    assert np.abs(sure.exit - found.exit).max() <= 1_000
    assert np.abs(sure.miss_km - found.miss_km).max() < 1e-7


def test_an_encounter_that_the_package_does_not_know_is_left_out() -> None:
    elements, window, found = some(10, seed=34)
    minutes = 40 * 60 * SECOND
    lost = replace(found, tca=found.tca + minutes, entry=found.entry + minutes, exit=found.exit + minutes)
    assert (
        len(confirm(Fleet(elements), window, gathered([found.take(np.array([1])), lost.take(np.array([0, 3]))]))) == 1
    )


def test_in_a_volume_only_the_minimum_is_found_anew() -> None:
    elements, window, found = some(40, seed=35)
    window = window._replace(bounds=bounds(RicEllipsoid(3.0, 5.0, 5.0), len(elements)))
    a, b = pairs(40)
    found = settle(records(elements), window, a, b, truth(elements, a, b)[0]).found
    wrong = replace(found, gap=found.gap + 0.002, tca=found.tca + 5_000)
    sure = confirm(Fleet(elements), window, wrong)
    assert len(sure) == len(found) > 10
    assert np.abs(sure.tca - found.tca).max() <= 1
    assert (sure.entry.tolist(), sure.exit.tolist()) == (found.entry.tolist(), found.exit.tolist())


def test_a_strayed_encounter_cut_by_the_window_stays_open() -> None:
    elements, window, found = some(10, seed=36)
    row = found.take(np.array([0]))
    stop = int(row.tca[0]) + 20_000
    span = Span(window.start, stop, stop + 60 * SECOND)
    (cut,) = Pair(Fleet(elements), int(row.a[0]), int(row.b[0]), span).trace(stop - 5 * SECOND, stop, 5.0, SECOND)
    wrong = replace(row, exit=np.array([stop]), gap=row.gap + 1.0)
    sure = confirm(Fleet(elements), window._replace(stop=stop), wrong)
    assert (sure.exit.tolist(), sure.flags.tolist(), sure.tca.tolist()) == ([stop], [OPEN_END], [cut.tca])


def test_no_encounters_need_no_confirmation() -> None:
    elements, window, _found = some(1, seed=37)
    assert len(confirm(Fleet(elements), window, nothing())) == 0


# --- the table ----------------------------------------------------------------------------


def record(n: int) -> Encounter:
    tca = datetime(2024, 11, 2, 3, 4, n % 60, 7 * n, tzinfo=UTC)
    return Encounter(
        n % 7,
        7 + n % 5,
        tca,
        0.0012346 * n + 6e-7,
        7.5,
        tca - timedelta(seconds=1),
        tca + timedelta(milliseconds=900),
        n % 2 == 0,
        n % 3 == 0,
        n % 5 == 0,
        0.1 * n,
        -0.2 * n,
        0.3 * n,
    )


def test_a_table_reads_as_the_records_it_was_made_of() -> None:
    given = [record(n) for n in range(1, 40)]
    table = Encounters.of(given)
    assert list(table) == given
    assert [table[n] for n in range(39)] == given
    assert table[-1] == given[-1]
    assert list(table[3:9]) == given[3:9]
    assert len(table) == 39
    assert table == Encounters.of(given)
    assert table != Encounters.of(given[1:])
    assert table.columns.dtype == ENCOUNTER
    assert ENCOUNTER.itemsize <= 88
    assert given[4] in table
    with pytest.raises(IndexError):
        table[39]
    assert list(Encounters.of([])) == []


def test_canonical_bytes_are_lines_sorted_by_ids_and_tca() -> None:
    """Turns red when lines are sorted as the table is, or the miss is cut off instead of rounded (each tried)."""
    given = [record(n) for n in range(1, 60)]
    ids = [(37 * n) % 101 for n in range(12)]
    lines = sorted((*sorted((ids[one.a], ids[one.b])), ticks(one.tca), round(one.miss_km * 1e6)) for one in given)
    expected = "".join(f"{low},{high},{tca},{miss}\n" for low, high, tca, miss in lines).encode()
    result = ScreeningResult(Encounters.of(given), 12, 12, {}, [], 60)
    assert canonical_bytes(result, ids) == expected
    assert canonical_bytes(ScreeningResult(Encounters.of(given[::-1]), 12, 12, {}, [], 60), ids) == expected
    assert len(canonical_sha256(result, ids)) == 64
    assert canonical_bytes(ScreeningResult(Encounters.of([]), 0, 0, {}, [], 0), []) == b""


def test_each_encounter_comes_once_in_the_order_of_the_ranks() -> None:
    elements, window, found = some(30, seed=38)
    twice = gathered([found, found.take(np.array([4, 1])), found])
    rank = np.arange(len(elements))[::-1].copy()
    table = encounters(confirm(Fleet(elements), window, sorted_once(twice, rank)), rank)
    assert len(table) == len(found)
    keys = [(int(rank[one.a]), int(rank[one.b]), one.tca) for one in table]
    assert keys == sorted(keys)
    one = table[0]
    row = found.a.tolist().index(one.a)
    assert (one.tca, one.entry, one.exit) == tuple(moment(int(c[row])) for c in (found.tca, found.entry, found.exit))
    assert one.miss_km == round(float(found.miss_km[row]), 6)
    assert np.hypot(np.hypot(one.radial_km, one.in_track_km), one.cross_track_km) == pytest.approx(
        one.miss_km, abs=1e-6
    )
    assert not (one.open_start or one.open_end or one.co_located)
