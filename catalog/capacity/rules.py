"""The rule of the capacity ledger, as values: never more committed than there is. Pure.

A resource (an offering in one phase, an agreement, a quota, a sum of money) has one
bucket for each slot. A slot is a whole number: hours or days since 1970-01-01 UTC,
or 0 for a resource without time. Hours are for what is a rate: one hour of it must not
cost a day. Quantities are whole parts, a thousandth of the capacity unit: sums are
then exact, and what is released is to the last part what was reserved.
The table writer (`catalog.capacity.ledger`) and simulations share these functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from space_hub.errors import Invalid
from space_hub.text import Word

PARTS = 1000
"""Parts in one capacity unit."""

_MOST_UNITS = Decimal(10) ** 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(Word, of="span"):
    """How long a slot of a resource is."""

    HOUR = "hour"
    DAY = "day"
    WHOLE = "whole"


_LENGTH = {Span.HOUR: timedelta(hours=1), Span.DAY: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One slot of one resource, in parts; it cannot exist with more committed than it holds."""

    capacity: int
    committed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.committed <= self.capacity:
            raise ValueError(f"{self.committed} of {self.capacity} parts committed")

    @property
    def left(self) -> int:
        return self.capacity - self.committed


State = Mapping[int, Bucket]
"""The buckets of one resource by slot; a slot without a bucket has no capacity."""


@dataclass(frozen=True, slots=True)
class Ask:
    """So many parts of each slot from `first` to `last`, both included."""

    first: int
    last: int
    parts: int

    def __post_init__(self) -> None:
        if self.parts <= 0 or self.last < self.first:
            raise ValueError(f"nothing is asked: {self}")

    @property
    def slots(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was granted, with the state after it."""

    ask: Ask
    state: State


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first slot that cannot carry the ask, and what is left of it for this asker."""

    slot: int
    asked: int
    left: int


def reserve(state: State, ask: Ask) -> Reservation | Refusal:
    """All slots of `ask` or none."""
    after = dict(state)
    for slot in ask.slots:
        bucket = state.get(slot, Bucket(0))
        if bucket.left < ask.parts:
            return Refusal(slot, ask.parts, bucket.left)
        after[slot] = Bucket(bucket.capacity, bucket.committed + ask.parts)
    return Reservation(ask, after)


def release(state: State, ask: Ask, from_slot: int) -> dict[int, Bucket]:
    """Give back what `ask` had taken of the slots from `from_slot` on; slots before it are used up."""
    after = dict(state)
    for slot in ask.slots:
        if slot >= from_slot:
            after[slot] = Bucket(after[slot].capacity, after[slot].committed - ask.parts)
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


def seconds_of(span: Span) -> int:
    """How long a slot is; what has no time has no length."""
    return _LENGTH[span] // timedelta(seconds=1)


def slot_at(span: Span, instant: datetime) -> int:
    """The slot that `instant` lies in."""
    return 0 if span is Span.WHOLE else (instant - _EPOCH) // _LENGTH[span]


def slots(span: Span, start: datetime, stop: datetime) -> tuple[int, int]:
    """First and last slot that the half-open window touches."""
    return slot_at(span, start), slot_at(span, stop - timedelta(microseconds=1))


def start_of(span: Span, slot: int) -> datetime:
    """When `slot` begins; what has no time has no beginning."""
    return _EPOCH + slot * _LENGTH[span]


def slot_text(span: Span, slot: int) -> str:
    """`slot` as people write it: a day, or the hour that it begins with; nothing for what has no time."""
    if span is Span.WHOLE:
        return "-"
    start = start_of(span, slot)
    return start.date().isoformat() if span is Span.DAY else f"{start:%Y-%m-%dT%H:%MZ}"


def day_slot(day: date) -> int:
    """The slot of a UTC day."""
    return slot_at(Span.DAY, datetime.combine(day, time(), UTC))
