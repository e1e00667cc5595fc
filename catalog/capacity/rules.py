"""The rule of the capacity ledger, as values: never more committed than there is. Pure.

A resource (an agreement, or an offering in one phase) has one bucket for each
UTC day. Quantities are whole parts, a thousandth of the capacity unit: sums are
then exact, and what is released is to the last part what was reserved.
The table writer (`catalog.capacity.ledger`) and simulations share these functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from space_hub.errors import Invalid

PARTS = 1000
"""Parts in one capacity unit."""

_MOST_UNITS = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Bucket:
    """One UTC day of one resource, in parts; it cannot exist with more committed than it holds."""

    capacity: int
    committed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.committed <= self.capacity:
            raise ValueError(f"{self.committed} of {self.capacity} parts committed")

    @property
    def left(self) -> int:
        return self.capacity - self.committed


@dataclass(frozen=True, slots=True)
class Ask:
    """So many parts of each of these days."""

    first_day: date
    last_day: date
    parts: int

    def __post_init__(self) -> None:
        if self.parts <= 0 or self.last_day < self.first_day:
            raise ValueError(f"nothing is asked: {self}")

    @property
    def days(self) -> tuple[date, ...]:
        return days_between(self.first_day, self.last_day)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was granted, with the state after it."""

    ask: Ask
    state: Mapping[date, Bucket]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first day that cannot carry the ask, and what is left of it."""

    day: date
    asked: int
    left: int


def reserve(state: Mapping[date, Bucket], ask: Ask) -> Reservation | Refusal:
    """All days of `ask` or none. A day without a bucket has no capacity."""
    after = dict(state)
    for day in ask.days:
        bucket = state.get(day, Bucket(0))
        if bucket.left < ask.parts:
            return Refusal(day, ask.parts, bucket.left)
        after[day] = Bucket(bucket.capacity, bucket.committed + ask.parts)
    return Reservation(ask, after)


def release(state: Mapping[date, Bucket], ask: Ask, from_day: date) -> dict[date, Bucket]:
    """Give back what `ask` had taken of the days from `from_day` on; days before it are used up."""
    after = dict(state)
    for day in ask.days:
        if day >= from_day:
            after[day] = Bucket(after[day].capacity, after[day].committed - ask.parts)
    return after


def with_ceiling(bucket: Bucket, capacity: int) -> Bucket:
    """The bucket under another ceiling; what is already promised stays promised."""
    return Bucket(max(capacity, bucket.committed), bucket.committed)


def parts(quantity: Decimal, *, of: str) -> int:
    """`quantity` in parts; refused unless it is positive, finite and a whole number of thousandths."""
    if not quantity.is_finite() or not 0 < quantity < _MOST_UNITS:
        raise Invalid("capacity.quantity_wrong", name=of, given=str(quantity))
    whole = quantity * PARTS
    if whole != whole.to_integral_value():
        raise Invalid("capacity.quantity_too_fine", name=of, given=str(quantity))
    return int(whole)


def units(count: int) -> float:
    """Parts as a number of units."""
    return count / PARTS


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from `first` to `last`, both included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def days_touched(start: datetime, stop: datetime) -> tuple[date, date]:
    """First and last UTC day that the half-open window touches."""
    last = stop.astimezone(UTC) - timedelta(microseconds=1)
    return start.astimezone(UTC).date(), last.date()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
