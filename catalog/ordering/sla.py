"""Service credits: what a supplier gives back when an order came late, slow, short or was not available. Pure.

For each metric the terms state a bound and steps: missed by more than so much, this share of the
order's price. The deepest step that was reached counts, never their sum, up to the metric's cap; all
metrics together never exceed the price. A metric that nobody measured gives nothing. Amounts are
rounded down to the coin, so that no cap is passed by rounding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from catalog.ordering.delivery_rules import GOOD, DeliveryState
from space_hub.errors import HubError, Invalid
from space_hub.text import Word
from space_hub.vocabulary.money import Money

_COIN = Decimal("0.01")
_WHOLE = Decimal(1)


class Metric(Word, of="sla_metric"):
    RESPONSE_TIME = "response_time"
    """Seconds from placing an order to the supplier's answer."""
    LATENCY = "latency"
    """Seconds from the observation or request to its delivery, for the slowest delivery that was not rejected."""
    AVAILABILITY = "availability"
    """Share of the agreed time in which a service worked."""
    QUANTITY = "quantity"
    """Share of what was ordered that was accepted, or deemed so."""


TIMES = frozenset({Metric.RESPONSE_TIME, Metric.LATENCY})
"""Metrics of which less is better; of the others more is."""


@dataclass(frozen=True, slots=True)
class Step:
    """Missed by more than `beyond` (seconds or a share, as the metric has it): `share` of the price."""

    beyond: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True)
class Sla:
    metric: Metric
    bound: Decimal
    steps: tuple[Step, ...]
    cap: Decimal


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is known of an order that is over; `available` is None for what is no service."""

    price: Money
    parts: int
    placed_at: datetime
    answered_at: datetime | None = None
    available: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """One delivery of it."""

    parts: int
    state: DeliveryState
    latency: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """`amount` is `share` of the price, because `promised` was not kept."""

    metric: Metric
    measured: Decimal
    promised: Decimal
    share: Decimal
    amount: Money


def credits(terms: Sequence[Sla], order: Ordered, deliveries: Sequence[Goods]) -> tuple[Credit, ...]:
    """One credit for each metric that was missed, in the order of `terms`, which have no `faults`."""
    measured, left, found = measure(order, deliveries), _WHOLE, []
    for sla in terms:
        if sla.metric not in measured:
            continue
        share = min(_share(sla, measured[sla.metric]), left)
        if share > 0:
            left -= share
            amount = (order.price.amount * share).quantize(_COIN, ROUND_DOWN)
            found.append(
                Credit(sla.metric, measured[sla.metric], sla.bound, share, Money(amount, order.price.currency))
            )
    return tuple(found)


def measure(order: Ordered, deliveries: Sequence[Goods]) -> Mapping[Metric, Decimal]:
    """What can be measured; the quantity only once every delivery is judged."""
    found: dict[Metric, Decimal] = {}
    if order.answered_at is not None:
        found[Metric.RESPONSE_TIME] = _seconds(order.answered_at - order.placed_at)
    latencies = [
        each.latency for each in deliveries if each.latency is not None and each.state is not DeliveryState.REJECTED
    ]
    if latencies:
        found[Metric.LATENCY] = _seconds(max(latencies))
    if order.available is not None:
        found[Metric.AVAILABILITY] = order.available
    if all(each.state is not DeliveryState.DELIVERED for each in deliveries):
        found[Metric.QUANTITY] = Decimal(sum(each.parts for each in deliveries if each.state in GOOD)) / order.parts
    return found


def faults(terms: Iterable[Sla]) -> list[HubError]:
    """Everything that is wrong with `terms` at once; empty when fit."""
    found: list[HubError] = []
    seen: set[Metric] = set()
    for sla in terms:
        metric = sla.metric.value
        if sla.metric in seen:
            found.append(Invalid("sla.metric_twice", metric=metric))
        seen.add(sla.metric)
        positive = sla.bound.is_finite() and sla.bound > 0
        if not positive or (sla.metric not in TIMES and sla.bound > 1):
            found.append(Invalid("sla.bound_wrong", metric=metric, given=str(sla.bound)))
        if not _is_share(sla.cap):
            found.append(Invalid("sla.cap_wrong", metric=metric, given=str(sla.cap)))
        if not _rise(sla.steps):
            given = ", ".join(f"{step.beyond}: {step.share}" for step in sla.steps) or "-"
            found.append(Invalid("sla.steps_wrong", metric=metric, given=given))
    return found


def _share(sla: Sla, measured: Decimal) -> Decimal:
    missed = measured - sla.bound if sla.metric in TIMES else sla.bound - measured
    reached = [step.share for step in sla.steps if missed > step.beyond]
    return min(max(reached, default=Decimal(0)), sla.cap)


def _rise(steps: Sequence[Step]) -> bool:
    sound = all(step.beyond.is_finite() and step.beyond >= 0 and _is_share(step.share) for step in steps)
    return (
        bool(steps)
        and sound
        and all(one.beyond < other.beyond and one.share < other.share for one, other in pairwise(steps))
    )


def _is_share(value: Decimal) -> bool:
    return value.is_finite() and 0 < value <= 1


def _seconds(value: timedelta) -> Decimal:
    return Decimal(value // timedelta(microseconds=1)) / 1_000_000
