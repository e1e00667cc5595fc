"""Money, intervals, areas: values that cannot be wrong once they exist."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from space_hub.errors import Invalid
from space_hub.vocabulary.geometry import check_geometry, covers
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.nations import nations

NOON = datetime(2024, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rectangle(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def test_money_is_exact_and_keeps_its_currency() -> None:
    assert money("12.50", "EUR") == money("12.5", "EUR")
    assert str(money("6.42", "USD")) == "6.42 USD"
    assert str(money("1200", "USD")) == "1200 USD"
    assert money("0.1", "EUR").amount + money("0.2", "EUR").amount == Decimal("0.3")


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "twelve", "1e400", ""])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(Invalid, match="amount_wrong"):
        money(amount, "EUR")


@pytest.mark.parametrize("currency", ["eur", "XXX", "EURO", "XAU", ""])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(Invalid, match="currency_unknown"):
        money("1", currency)


def test_nations_are_iso_3166() -> None:
    assert nations(["FR", "DE", "FR"]) == {"FR", "DE"}
    for wrong in ("fr", "UK", "EU", "FRA"):
        with pytest.raises(Invalid, match="nation_unknown"):
            nations([wrong])


def test_an_interval_ends_after_it_starts_and_has_a_zone() -> None:
    with pytest.raises(Invalid, match="interval_empty"):
        Interval(NOON, NOON)
    with pytest.raises(Invalid, match="time_without_zone"):
        Interval(NOON.replace(tzinfo=None))


def test_an_interval_is_half_open() -> None:
    hour = Interval(NOON, NOON + HOUR)
    assert NOON in hour
    assert NOON + HOUR not in hour
    assert not hour.overlaps(Interval(NOON + HOUR, NOON + 2 * HOUR))
    assert Interval(NOON).covers(hour)
    assert not hour.covers(Interval(NOON))


@pytest.mark.parametrize(
    ("coverage", "area", "known"),
    [
        ("global", rectangle(0, 0, 1, 1), True),
        (None, rectangle(0, 0, 1, 1), None),
        (rectangle(-10, -10, 10, 10), rectangle(0, 0, 1, 1), True),
        (rectangle(-10, -10, 10, 10), rectangle(20, 0, 21, 1), False),
        (rectangle(-10, -10, 10, 10), rectangle(9, 0, 11, 1), None),
        ({"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [0, 10], [0, 0]]]}, rectangle(8, 8, 9, 9), None),
    ],
)
def test_coverage_is_said_only_when_the_boxes_tell_for_certain(coverage: Any, area: Any, known: bool | None) -> None:
    """Sabotage seen: taking a triangle for its box answered yes for a corner that it does not cover."""
    assert covers(coverage, area) is known


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("global", "geometry_wrong"),
        ({"type": "Circle", "coordinates": [0, 0]}, "geometry_wrong"),
        ({"type": "Point", "coordinates": [181, 0]}, "position_wrong"),
        ({"type": "Point", "coordinates": [float("nan"), 0]}, "position_wrong"),
        ({"type": "Point", "coordinates": ["0", "0"]}, "position_wrong"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "ring_open"),
        ({"type": "Polygon", "coordinates": []}, "geometry_points"),
    ],
)
def test_what_is_no_geometry_is_refused(given: Any, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        check_geometry(given)
