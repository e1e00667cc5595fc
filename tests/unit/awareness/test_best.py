"""Which set of an object is used at a time: pure rules."""

from datetime import UTC, datetime, timedelta

import pytest

from space_hub.awareness.supplemental.best import NEAR, Choice, Fit, choose

USE = datetime(2025, 1, 12, tzinfo=UTC)


def fit(name: str, hours: float, *, rms_km: float | None = 0.2, held: bool = False, received: int = 0) -> Fit:
    """A fit whose epoch lies so many hours after the use."""
    return Fit(name, USE + timedelta(hours=hours), rms_km, held, USE - timedelta(hours=9 - received))


@pytest.mark.parametrize(
    ("general_hours", "fits", "expected", "choice"),
    [
        (-1, [], None, Choice.GENERAL_ALONE),
        (-1, [fit("a", -20)], "a", Choice.SUPPLEMENTAL),
        (-1, [fit("before", -5), fit("after", 3), fit("far", 9)], "after", Choice.SUPPLEMENTAL),
        (-1, [fit("held", 1, held=True)], None, Choice.SUPPLEMENTAL_HELD),
        (-1, [fit("held", 1, held=True), fit("good", 8)], "good", Choice.SUPPLEMENTAL),
        (-1, [fit("old", -25)], None, Choice.SUPPLEMENTAL_FAR),
        (-30, [fit("old", -25)], "old", Choice.SUPPLEMENTAL),
        (-1, [fit("loose", 2, rms_km=0.9), fit("close", -2, rms_km=0.1), fit("none", 2, rms_km=None)], "close", None),
        (-1, [fit("first", 2), fit("second", 2, received=4)], "second", None),
    ],
)
def test_the_nearest_fit_that_stands_is_used_unless_it_is_far(
    general_hours: float, fits: list[Fit], expected: str | None, choice: Choice | None
) -> None:
    """What is offered in another order changes nothing."""
    for offered in (fits, fits[::-1]):
        chosen, why = choose(USE + timedelta(hours=general_hours), offered, USE)
        assert (None if chosen is None else chosen.id, why) == (expected, choice or Choice.SUPPLEMENTAL)


def test_a_fit_counts_up_to_a_day_away() -> None:
    for away, choice in ((NEAR, Choice.SUPPLEMENTAL), (NEAR + timedelta(seconds=1), Choice.SUPPLEMENTAL_FAR)):
        assert choose(USE, [fit("a", away / timedelta(hours=1))], USE)[1] is choice
