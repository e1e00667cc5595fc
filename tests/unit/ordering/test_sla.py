"""Service credits: stepped, capped, never for what was kept, and never more than the price."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.ordering.delivery_rules import DeliveryState
from catalog.ordering.sla import TIMES, Goods, Metric, Ordered, Sla, Step, credits, faults, measure
from space_hub.vocabulary.money import Money

PLACED = datetime(2024, 11, 2, 9, 12, tzinfo=UTC)
LATENCY = Sla(
    Metric.LATENCY,
    Decimal(7200),
    (Step(Decimal(0), Decimal("0.05")), Step(Decimal(3600), Decimal("0.10")), Step(Decimal(14400), Decimal("0.40"))),
    Decimal("0.25"),
)
QUANTITY = Sla(Metric.QUANTITY, Decimal("0.95"), (Step(Decimal("0.10"), Decimal("0.15")),), Decimal("0.15"))


def order(**known: object) -> Ordered:
    facts: dict[str, object] = {"price": Money(Decimal("4310.77"), "EUR"), "parts": 8000, "placed_at": PLACED}
    return Ordered(**(facts | known))  # type: ignore[arg-type]


def goods(parts: int, seconds: int | None = None, state: DeliveryState = DeliveryState.ACCEPTED) -> Goods:
    return Goods(parts, state, None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "share", "amount"),
    [
        (7200, None, None),
        (7201, "0.05", "215.53"),
        (10800, "0.05", "215.53"),
        (10801, "0.10", "431.07"),
        (21600, "0.10", "431.07"),
        (21601, "0.25", "1077.69"),
    ],
)
def test_the_deepest_step_passed_counts_up_to_the_cap_and_a_bound_just_kept_is_kept(
    seconds: int, share: str | None, amount: str | None
) -> None:
    """Sabotage seen: `>=` for `>` credited what was just kept; steps added up; the cap left out."""
    found = credits([LATENCY], order(), [goods(3000, 500), goods(5000, seconds)])
    if share is None or amount is None:
        assert found == ()
    else:
        (credit,) = found
        assert (credit.measured, credit.promised) == (Decimal(seconds), Decimal(7200))
        assert credit.share == Decimal(share)
        assert credit.amount == Money(Decimal(amount), "EUR")


def test_quantity_counts_what_was_accepted_or_deemed_and_waits_until_all_is_judged() -> None:
    """Sabotage seen: what was deemed accepted not counted; credits given while a delivery still awaited judgement."""
    taken = [goods(3000), goods(2500, state=DeliveryState.DEEMED), goods(2500, state=DeliveryState.REJECTED)]
    assert measure(order(), taken) == {Metric.QUANTITY: Decimal("0.6875")}
    (credit,) = credits([QUANTITY], order(), taken)
    assert credit.amount == Money(Decimal("646.61"), "EUR")
    assert credits([QUANTITY], order(), [*taken, goods(2500, state=DeliveryState.DELIVERED)]) == ()
    assert measure(order(), []) == {Metric.QUANTITY: Decimal(0)}


def test_each_metric_is_measured_where_it_can_be() -> None:
    """A rejected delivery counts neither as slow nor as there."""
    known = order(answered_at=PLACED + timedelta(minutes=37, milliseconds=250), available=Decimal("0.9871"))
    assert measure(known, [goods(8000, 640), goods(100, 99999, DeliveryState.REJECTED)]) == {
        Metric.RESPONSE_TIME: Decimal("2220.25"),
        Metric.LATENCY: Decimal(640),
        Metric.AVAILABILITY: Decimal("0.9871"),
        Metric.QUANTITY: Decimal(1),
    }


def test_all_metrics_together_never_exceed_the_price() -> None:
    """Sabotage seen: without the rest of the price looked at, 120 % was credited."""
    harsh = [
        Sla(metric, bound, (Step(Decimal(0), Decimal("0.6")),), Decimal(1))
        for metric, bound in ((Metric.AVAILABILITY, Decimal("0.99")), (Metric.QUANTITY, Decimal("0.9")))
    ]
    first, second = credits(harsh, order(available=Decimal("0.5")), [])
    assert (first.share, second.share) == (Decimal("0.6"), Decimal("0.4"))
    assert first.amount.amount + second.amount.amount <= Decimal("4310.77")


@st.composite
def slas(draw: st.DrawFn) -> Sla:
    metric = draw(st.sampled_from(Metric))
    scale = 7200 if metric in TIMES else 1
    rising = [sorted(draw(st.sets(st.integers(1, 99), min_size=3, max_size=3))) for _ in range(2)]
    steps = tuple(Step(Decimal(one * scale) / 100, Decimal(two) / 100) for one, two in zip(*rising, strict=True))
    return Sla(
        metric, Decimal(draw(st.integers(1, 100)) * scale) / 100, steps, Decimal(draw(st.integers(1, 100))) / 100
    )


@settings(max_examples=200, deadline=None)
@given(
    terms=st.lists(slas(), min_size=1, max_size=4, unique_by=lambda sla: sla.metric),
    price=st.decimals("0.01", 10**6, places=2),
    shares=st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
    seconds=st.tuples(st.integers(0, 30000), st.integers(0, 30000)),
)
def test_worse_never_gives_less_back_and_caps_hold(
    terms: list[Sla], price: Decimal, shares: tuple[int, int], seconds: tuple[int, int]
) -> None:
    """Sabotage seen: the cap left out; amounts rounded up."""
    assert faults(terms) == []
    caps = {sla.metric: sla.cap for sla in terms}
    totals = []
    for share, time in ((max(shares), min(seconds)), (min(shares), max(seconds))):
        known = order(
            price=Money(price, "EUR"),
            answered_at=PLACED + timedelta(seconds=time),
            available=Decimal(share) / 1000,
        )
        found = credits(terms, known, [goods(8 * share, time)])
        for credit in found:
            assert credit.amount.amount <= price * credit.share <= price * caps[credit.metric]
            missed = (credit.measured - credit.promised) * (1 if credit.metric in TIMES else -1)
            assert missed > 0
        assert sum(credit.share for credit in found) <= 1
        totals.append(sum(credit.share for credit in found))
    assert totals[0] <= totals[1]


def test_terms_that_cannot_be_applied_are_named_all_at_once() -> None:
    fine = Step(Decimal(60), Decimal("0.1"))
    wrong = [
        Sla(Metric.LATENCY, Decimal(0), (fine,), Decimal("0.2")),
        Sla(Metric.LATENCY, Decimal(90), (fine,), Decimal("1.2")),
        Sla(Metric.AVAILABILITY, Decimal("1.01"), (), Decimal("NaN")),
        Sla(Metric.QUANTITY, Decimal("0.9"), (fine, Step(Decimal(50), Decimal("0.2"))), Decimal("0.2")),
        Sla(Metric.RESPONSE_TIME, Decimal("Infinity"), (fine, Step(Decimal(70), Decimal("0.1"))), Decimal("0.2")),
    ]
    assert [(fault.code, fault.params["metric"]) for fault in faults(wrong)] == [
        ("sla.bound_wrong", "latency"),
        ("sla.metric_twice", "latency"),
        ("sla.cap_wrong", "latency"),
        ("sla.bound_wrong", "availability"),
        ("sla.cap_wrong", "availability"),
        ("sla.steps_wrong", "availability"),
        ("sla.steps_wrong", "quantity"),
        ("sla.bound_wrong", "response_time"),
        ("sla.steps_wrong", "response_time"),
    ]
    assert faults([LATENCY, QUANTITY]) == []
