"""What clauses come to: price of slots, compensation and the fee for cancelling, to the cent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.capacity.rules import Span
from catalog.promise.clauses import Cancellation, Refund, cancel_fee, price_of, refund
from providers.adapters.base import OrderStatus
from space_hub.errors import Conflict
from space_hub.vocabulary.money import Money, money

STARTS = datetime(2024, 11, 4, tzinfo=UTC)


def euros(amount: str) -> Money:
    return money(amount, "EUR")


def test_a_price_is_for_one_unit_and_one_day_however_finely_it_is_counted() -> None:
    """Sabotage seen: with every slot taken for a day, an hour cost twenty-four times its price."""
    assert price_of(euros("12.50"), 1_500, 3, Span.DAY) == euros("56.25")
    assert price_of(euros("12.50"), 1_500, 72, Span.HOUR) == euros("56.25")
    assert price_of(euros("7"), 1_000, 1, Span.HOUR) == euros("0.291667")


def test_a_refund_is_a_share_of_what_was_lost_to_the_cent_and_up_to_its_cap() -> None:
    lost = euros("100.05")
    assert refund(None, lost) == euros("0")
    assert refund(Refund(Decimal("0.5")), lost) == euros("50.02")
    assert refund(Refund(Decimal("0.5"), euros("30")), lost) == euros("30")


@pytest.mark.parametrize(
    ("hours_before", "fee"),
    [(49, "0"), (48, "0"), (47, "25")],
)
def test_cancelling_is_free_until_the_very_second(hours_before: int, fee: str) -> None:
    """Sabotage seen: `<` for `<=` charged the fee in the last free second."""
    clause = Cancellation(timedelta(hours=48), Decimal("0.25"), frozenset({OrderStatus.TASKED}))
    at = STARTS - timedelta(hours=hours_before)
    assert cancel_fee(clause, euros("100"), STARTS, at, OrderStatus.ACCEPTED) == euros(fee)
    assert cancel_fee(None, euros("100"), STARTS, at, OrderStatus.TASKED) == euros("0")


def test_what_went_too_far_is_not_cancelled() -> None:
    clause = Cancellation(timedelta(), Decimal(0), frozenset({OrderStatus.TASKED}))
    with pytest.raises(Conflict) as refusal:
        cancel_fee(clause, euros("100"), STARTS, STARTS, OrderStatus.TASKED)
    assert refusal.value.code == "access.cannot_cancel"
