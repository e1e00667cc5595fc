"""Coarsening: what is published of a need, and when a cell may appear and change."""

from datetime import UTC, date, datetime
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.demand.coarsen import (
    DOMINANCE,
    ELSEWHERE,
    REGIONS,
    SEVERAL,
    Band,
    Leaf,
    Released,
    bands,
    clauses,
    leaves,
    nations_band,
    phases,
    quarter,
    quarter_ends,
    quarter_starts,
    region,
    release_cells,
    years,
)
from catalog.matching.values import Clause, Operator
from space_hub.vocabulary.phases import Phase
from tests.unit.matching.cases import CRISIS, PEACE, need

LEAF = Leaf("imagery.optical", "peace", "2027")


def nations(count: int, quantity: float = 100.0) -> dict[str, float]:
    return {f"N{number:02}": quantity for number in range(count)}


def first(given: dict[str, float], **more: Any) -> Released:
    return release_cells(1, {LEAF: given}, {}, (), year="2026", **more)


@given(st.floats(1e-6, 1e12))
def test_a_band_holds_its_value_and_stands_on_the_common_grid(value: float) -> None:
    """Sabotage seen: a band from half the value to twice the value, which gives the value away."""
    band = bands(value)
    assert band.low <= value < band.high
    assert f"{band.low:e}"[0] in "125" and float(f"{band.low:.0e}") == band.low
    assert band.high / band.low == pytest.approx(2) or band.high / band.low == pytest.approx(2.5)


def test_a_value_on_the_grid_begins_its_band() -> None:
    assert [bands(value) for value in (200, 0.5, 999.9)] == [Band(200, 500), Band(0.5, 1), Band(500, 1000)]
    with pytest.raises(ValueError):
        bands(0)


def test_quarters_follow_each_other_without_a_gap() -> None:
    names = [f"{year}-Q{number}" for year in (2026, 2027) for number in (1, 2, 3, 4)]
    assert all(quarter_ends(one) == quarter_starts(other) for one, other in pairwise(names))
    assert quarter(datetime(2026, 9, 30, 23, tzinfo=UTC)) == "2026-Q3"
    assert all(quarter(quarter_starts(name)) == name for name in names)


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    ("area", "names"),
    [
        (square(18, 57, 20, 58), ("nordic_baltic",)),
        ({"type": "Point", "coordinates": [30.5, 43.2]}, ("black_sea",)),
        (square(22, 45, 26, 46), ("black_sea", "east_mediterranean")),
        (square(-96, -62, -29, -40), (ELSEWHERE, "south_america")),
        (square(-5, 36, 50, 50), (SEVERAL,)),
        (square(-179, -89, 179, 89), (SEVERAL,)),
        ({"type": "Point", "coordinates": [-150, -70]}, (ELSEWHERE,)),
    ],
)
def test_an_area_is_said_by_one_or_two_names_or_none(area: dict[str, Any], names: tuple[str, ...]) -> None:
    """Sabotage seen: only the corners were looked at, so that a wide area lost its middle."""
    assert region(area) == names
    assert region(None) == ()


@given(st.floats(-180, 179), st.floats(-90, 89), st.floats(0, 30), st.floats(0, 30), st.floats(0, 1), st.floats(0, 1))
def test_every_point_of_an_area_lies_in_a_region_that_is_named(
    west: float, south: float, wide: float, high: float, across: float, up: float
) -> None:
    east, north = min(180.0, west + wide), min(90.0, south + high)
    named = region(square(west, south, east, north))
    spot = region({"type": "Point", "coordinates": [west + across * (east - west), south + up * (north - south)]})
    inner = 1e-9 < across < 1 - 1e-9 and 1e-9 < up < 1 - 1e-9 and wide > 1e-6 and high > 1e-6
    on_edge = any(
        abs(west + across * (east - west) - edge) < 1e-6 or abs(south + up * (north - south) - edge) < 1e-6
        for box in REGIONS.values()
        for edge in box
    )
    assert not inner or on_edge or named == (SEVERAL,) or set(spot) <= set(named)


def test_a_published_clause_keeps_its_threshold_and_loses_what_is_the_askers() -> None:
    """Sabotage seen: the objective left in; standards in the asker's own words left in."""
    asked = need(
        (PEACE, 300.0),
        (CRISIS, 5.0),
        clauses=(Clause("gsd", Operator.AT_MOST, weight=7, threshold=0.5, objective=0.3),),
        nations=frozenset({"FR"}),
        owner_nations=frozenset({"FR", "DE"}),
        standards=("STANAG 4545", "Directive de la DGA 12", "ISO 19115-2"),
        modalities=("service",),
    )
    bound, standards, modality = clauses(asked)
    assert (bound["threshold"], bound["hard"]) == (0.5, True)
    assert {"objective", "weight"} & set(bound) == set()
    assert standards == {"gate": "standards", "values": ["ISO 19115-2", "STANAG 4545"]}
    assert modality == {"gate": "modality", "values": ["service"]}
    assert not any(word in str(clauses(asked)) for word in ("FR", "DE", "DGA", "EUR"))
    assert phases(asked) == [
        {"phase": "peace", "quantity_low": 200, "quantity_high": 500},
        {"phase": "crisis", "quantity_low": 5, "quantity_high": 10},
    ]


def test_a_need_stands_in_every_year_of_its_horizon() -> None:
    assert years(date(2026, 5, 1), date(2028, 1, 1)) == ["2026", "2027", "2028"]
    assert len(years(date(2026, 1, 1), date(2090, 1, 1))) == 10
    found = leaves("radar.sar", {Phase.PEACE: 3.0}, ["2026", "2027"])
    assert found == {Leaf("radar.sar", "peace", "2026"): 3.0, Leaf("radar.sar", "peace", "2027"): 3.0}


def test_a_cell_needs_five_nations_and_none_that_dominates() -> None:
    """Sabotage seen: `k - 1` nations let in; the dominance rule dropped."""
    assert first(nations(4)).cells == ()
    cell = first(nations(5)).cells[0]
    assert (cell.nations, cell.quantity, cell.as_of) == ("5-9", Band(500, 1000), 1)
    assert first(nations(5) | {"N00": 300.0}).cells == (), "300 of 700 is more than 40 %"
    assert first(nations(5) | {"N00": 260.0}).cells != (), "260 of 660 is not"
    assert [nations_band(count) for count in (3, 5, 9, 10, 19, 20, 32)] == [
        *("1-4", "5-9", "5-9", "10-19", "10-19", "20+", "20+")
    ]


def test_a_cell_changes_only_when_five_nations_have_moved() -> None:
    """Sabotage seen: the rule of what has moved left out."""
    one = first(nations(8))
    four = nations(8) | {f"N{number:02}": 300.0 for number in range(4)}
    two = release_cells(2, {LEAF: four}, one.bases, one.cells, year="2026")
    assert (two.cells, two.changed, two.bases) == (one.cells, frozenset(), one.bases)
    five = four | {"N04": 300.0}
    three = release_cells(3, {LEAF: five}, two.bases, two.cells, year="2026")
    assert three.changed == {LEAF}
    assert three.cells[0].as_of == 3


def test_one_large_change_among_five_is_not_published() -> None:
    one = first(nations(20))
    moved = nations(20) | {f"N{number:02}": 101.0 for number in range(4)} | {"N04": 700.0}
    two = release_cells(2, {LEAF: moved}, one.bases, one.cells, year="2026")
    assert two.changed == frozenset()


def test_a_cell_stays_when_all_have_left_and_ends_with_its_year() -> None:
    """Sabotage seen: a cell with fewer than five contributors was dropped, which told who had left."""
    one = first(nations(6))
    two = release_cells(2, {}, one.bases, one.cells, year="2027")
    assert two.cells == one.cells
    assert release_cells(3, {}, two.bases, two.cells, year="2028").cells == ()


QUANTITIES = st.dictionaries(
    st.sampled_from([f"N{number:02}" for number in range(12)]), st.sampled_from([0.0, 1.0, 2.0, 5.0, 40.0]), max_size=12
)


@given(st.lists(QUANTITIES, min_size=1, max_size=12))
def test_over_any_history_no_release_and_no_difference_rests_on_fewer_than_five(
    history: list[dict[str, float]],
) -> None:
    """Sabotage seen: only the value before was looked at, and five steps forth and four back left one nation bare."""
    last = Released((), {}, frozenset())
    for number, contributed in enumerate(history, 1):
        last = release_cells(number, {LEAF: contributed}, last.bases, last.cells, year="2026")
    bases = last.bases.get(LEAF, ())
    for basis in bases:
        assert len(basis) >= 5
        assert max(basis.values()) <= DOMINANCE * sum(basis.values()) + 1e-9
    for one, other in combinations(bases, 2):
        moved = [abs(one.get(name, 0) - other.get(name, 0)) for name in one.keys() | other.keys()]
        assert sum(part > 0 for part in moved) >= 5
        assert max(moved) <= DOMINANCE * sum(moved) + 1e-9


def test_five_steps_forth_and_four_back_are_not_two_releases_that_one_nation_tells_apart() -> None:
    one = first(nations(12))
    forth = nations(12) | {f"N{number:02}": 200.0 for number in range(5)}
    two = release_cells(2, {LEAF: forth}, one.bases, one.cells, year="2026")
    assert two.changed == {LEAF}
    back = nations(12) | {"N04": 200.0, "N05": 150.0}
    three = release_cells(3, {LEAF: back}, two.bases, two.cells, year="2026")
    assert three.changed == frozenset()
