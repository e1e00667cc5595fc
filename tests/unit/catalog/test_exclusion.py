"""Whom, when and where an activation keeps out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.promise.exclusion import Exclusive, areas, excludes
from catalog.promise.in_force import Declared
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

NOTICE = datetime(2024, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NORTH = {"type": "Polygon", "coordinates": [[[0, 50], [9, 50], [9, 60], [0, 60], [0, 50]]]}
SOUTH = {"type": "Polygon", "coordinates": [[[0, 30], [9, 30], [9, 40], [0, 40], [0, 30]]]}
IN_NORTH = {"type": "Point", "coordinates": [5, 55]}
WIDER = {"type": "Polygon", "coordinates": [[[0, 30], [9, 30], [9, 60], [0, 60], [0, 30]]]}


@pytest.mark.parametrize(
    ("who", "first", "last", "kept", "area", "expected"),
    [
        ("org_other", 1, 2, (NORTH,), IN_NORTH, True),
        ("org_other", 1, 2, (NORTH,), WIDER, True),
        ("org_other", 1, 2, (NORTH,), SOUTH, False),
        ("org_other", 1, 2, (NORTH,), None, True),
        ("org_other", 1, 2, (None,), SOUTH, True),
        ("org_other", 1, 2, (NORTH, SOUTH), SOUTH, True),
        ("org_asker", 1, 2, (None,), None, False),
        ("org_other", -1, 0, (None,), None, False),
        ("org_other", -1, 1, (None,), None, True),
        ("org_other", 29, 31, (None,), None, True),
        ("org_other", 30, 31, (None,), None, False),
    ],
)
def test_whom_it_keeps_out(who: str, first: int, last: int, kept: Any, area: Any, expected: bool) -> None:
    """It has its notice's second and not that in which its agreement ends.

    Sabotage seen: with `is True` for `is not False` who asked for more than the area came in.
    """
    exclusive = Exclusive("org_asker", Interval(NOTICE, NOTICE + 30 * DAY), kept)
    assert excludes(exclusive, who, Interval(NOTICE + first * DAY, NOTICE + last * DAY), area) is expected


def test_where_is_what_was_declared_when_it_was_activated() -> None:
    """Sabotage seen: with what began before a declaration for all, an area whose crisis was over stayed closed."""
    old = Declared(Phase.CRISIS, NOTICE - 5 * DAY, area=SOUTH)
    over = Declared(Phase.PEACE, NOTICE - 3 * DAY)
    north = Declared(Phase.CRISIS, NOTICE - DAY, area=NORTH)
    graver = Declared(Phase.CONFLICT, NOTICE, nations=frozenset({"FR"}), area=SOUTH)
    past = Declared(Phase.CRISIS, NOTICE - DAY, until=NOTICE, area=SOUTH)
    coming = Declared(Phase.CRISIS, NOTICE + DAY, area=SOUTH)
    calm = Declared(Phase.PEACE, NOTICE - DAY, area=SOUTH)
    assert areas([coming, north, over, old, past, calm], Phase.CRISIS, NOTICE) == (NORTH,)
    assert areas([old, north], Phase.CRISIS, NOTICE) == (SOUTH, NORTH)
    assert areas([north, graver], Phase.CONFLICT, NOTICE) == (SOUTH,)
    assert areas([north, graver], Phase.CRISIS, NOTICE) == (NORTH, SOUTH)
    assert areas([old, over], Phase.CRISIS, NOTICE) == (None,), "no declaration names a place"
