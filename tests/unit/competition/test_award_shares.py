"""How awards fell, and how long a standstill lasts that stood still."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from catalog.competition.award_shares import Cell, Fallen, cells
from catalog.competition.complaints import stopped_until

DAY = timedelta(days=1)
BEGUN = datetime(2027, 3, 1, tzinfo=UTC)


def fallen(
    count: int, *, size: str = "small", nation: str = "FI", new: str = "no", currency: str = "EUR"
) -> list[Fallen]:
    return [
        Fallen(f"{size}-{nation}-{new}-{currency}-{number}", (size, nation, new), Decimal(1000), currency)
        for number in range(count)
    ]


def test_a_group_of_fewer_than_five_suppliers_is_not_shown_and_cannot_be_subtracted() -> None:
    """Sabotage seen: the small group alone left out, which the total of another grouping gives away."""
    found = cells(fallen(8, size="large") + fallen(6) + fallen(3, size="micro"))
    assert [(each.dimension, each.value, each.awards) for each in found if each.dimension == "size_class"] == [
        ("size_class", "large", 8)
    ]
    assert Cell("nation", "FI", 17, Decimal(17000), "EUR") in found


def test_many_awards_to_few_suppliers_are_few() -> None:
    """Sabotage seen: awards counted instead of suppliers."""
    one = fallen(1)[0]
    assert cells([one] * 20) == []


def test_only_the_commonest_currency_is_counted() -> None:
    found = cells(fallen(7) + fallen(5, currency="USD"))
    assert {(each.awards, each.currency) for each in found} == {(7, "EUR")}
    assert cells([]) == []


def test_a_standstill_that_stood_still_ends_later_by_just_that() -> None:
    """Sabotage seen: two complaints at once counted twice."""
    assert stopped_until(BEGUN, 10 * DAY, []) == BEGUN + 10 * DAY
    once = (BEGUN + 2 * DAY, BEGUN + 5 * DAY)
    assert stopped_until(BEGUN, 10 * DAY, [once]) == BEGUN + 13 * DAY
    beside = (BEGUN + 3 * DAY, BEGUN + 6 * DAY)
    assert stopped_until(BEGUN, 10 * DAY, [beside, once]) == BEGUN + 14 * DAY
    within = (BEGUN + 3 * DAY, BEGUN + 4 * DAY)
    assert stopped_until(BEGUN, 10 * DAY, [once, within]) == BEGUN + 13 * DAY
