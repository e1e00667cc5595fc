"""Suppliers in virtual time with books of their own, and a broker that follows a fallback policy among them.

Each supplier draws a course when it is made and keeps what is due to it in its own book, by its own
arithmetic. The broker learns of everything a little later. While it runs, every law that holds at
each moment is asserted; what holds at the end is left to the test.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum, auto
from random import Random

from catalog.ordering.fallback import (
    Account,
    Cancel,
    Cancellation,
    Fail,
    Option,
    Overlap,
    Place,
    Policy,
    Tried,
    Wait,
    Way,
    Win,
    outcome,
    step,
)
from providers.adapters.base import FINAL, OrderStatus
from space_hub.vocabulary.money import Money

START = datetime(2024, 11, 2, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Course(Enum):
    DELIVERS = auto()
    REJECTS = auto()
    FAILS = auto()
    SILENT = auto()
    """It has the order, never answers, and charges for cancelling it."""
    NEVER_ARRIVED = auto()


FAILING = (Course.REJECTS, Course.FAILS, Course.SILENT, Course.NEVER_ARRIVED)


class Word(Enum):
    CANCELLATION_REFUSED = auto()
    UNKNOWN_ORDER = auto()


@dataclass
class Supplier:
    """One supplier and its book. `said` is what it says and when; what lies ahead may still be cancelled."""

    rank: int
    option: Option
    course: Course
    lag: timedelta
    accepts_after: timedelta
    works_after: timedelta
    delivers_after: timedelta
    waives: bool
    placings: int = 0
    fee: Decimal = Decimal(0)
    said: list[tuple[datetime, OrderStatus | Word]] = field(default_factory=list)
    work_begins: datetime | None = None

    def place(self, now: datetime) -> None:
        self.placings += 1
        accepted = now + self.accepts_after
        match self.course:
            case Course.DELIVERS:
                self.work_begins = accepted + self.works_after
                delivered = self.work_begins + self.delivers_after
                self.said += [(now, OrderStatus.RECEIVED), (accepted, OrderStatus.ACCEPTED)]
                self.said += [(self.work_begins, OrderStatus.PROCESSING), (delivered, OrderStatus.COMPLETED)]
            case Course.REJECTS:
                self.said += [(accepted, OrderStatus.REJECTED)]
            case Course.FAILS:
                self.said += [(accepted, OrderStatus.ACCEPTED), (accepted + self.works_after, OrderStatus.FAILED)]

    def cancel(self, now: datetime) -> None:
        past = [entry for entry in self.said if entry[0] <= now]
        if past and past[-1][1] in FINAL:
            return
        if self.course is Course.NEVER_ARRIVED:
            self.said.append((now + 120 * MINUTE, Word.UNKNOWN_ORDER))
        elif self.work_begins and now >= self.work_begins:
            self.said.append((now + MINUTE, Word.CANCELLATION_REFUSED))
            self.said.sort(key=lambda entry: entry[0])
        else:
            self.said = [*past, (now + 45 * MINUTE, OrderStatus.CANCELLED)]
            terms = self.option.cancellation
            free = terms.free_until is not None and now <= terms.free_until
            if not free and not self.waives:
                price = self.option.price.amount * terms.fee_share
                self.fee = price.quantize(Decimal("0.01"), ROUND_HALF_EVEN)

    def due(self) -> Decimal:
        """What its book says is owed to it."""
        delivered = any(word is OrderStatus.COMPLETED for _, word in self.said)
        return self.fee + (self.option.price.amount if delivered else Decimal(0))


def supplier(rank: int, draw: Random, failing: float = 0.3, patience: int = 240) -> Supplier:
    """`patience`: minutes that the broker waits for an answer; below about 120 good ones are late at times."""
    price = Money(Decimal(draw.randrange(10_000, 900_000)) / 100, "EUR")
    terms = Cancellation(
        Decimal(draw.randrange(1, 60)) / 100, draw.choice([None, None, START + draw.randrange(2000) * MINUTE])
    )
    return Supplier(
        rank=rank,
        option=Option(rank, price, terms, patience * MINUTE),
        course=draw.choice(FAILING) if draw.random() < failing else Course.DELIVERS,
        lag=draw.randrange(1, 20) * MINUTE,
        accepts_after=draw.randrange(1, 100) * MINUTE,
        works_after=draw.randrange(10, 600) * MINUTE,
        delivers_after=draw.randrange(20, 900) * MINUTE,
        waives=draw.random() < 0.2,
    )


def follow(policy: Policy, suppliers: list[Supplier]) -> tuple[Account, dict[int, Tried]]:
    """Play one call-off to its very end: until no supplier has an open order."""
    by_rank = {each.rank: each for each in suppliers}
    options = [each.option for each in suppliers]
    tried: dict[int, Tried] = {}
    heard = dict.fromkeys(by_rank, 0)
    now, won, over = START, False, False
    while True:
        acts = () if over else step(policy, options, tuple(tried.values()), now)
        wake: datetime | None = None
        for act in acts:
            match act:
                case Place(rank):
                    assert not won
                    assert rank not in tried
                    _within_fees(policy, by_rank, tried, rank)
                    tried[rank] = Tried(rank, now)
                    by_rank[rank].place(now)
                case Cancel(rank):
                    assert tried[rank].open
                    assert tried[rank].asked_cancel_at is None
                    tried[rank] = replace(tried[rank], asked_cancel_at=now)
                    by_rank[rank].cancel(now)
                case Win(rank):
                    assert not won
                    won = True
                    tried[rank] = replace(tried[rank], won_at=now)
                case Wait(until):
                    wake = until
                    between = now if until is None else now + (until - now) * 0.999
                    assert step(policy, options, tuple(tried.values()), between) == acts
                case Fail():
                    assert not won
                    assert not any(each.open for each in tried.values())
                    over = True
        standing = sum(each.open for each in tried.values())
        if policy.way is Way.SEQUENTIAL and policy.overlap is Overlap.NEVER:
            assert standing <= 1
        if policy.overlap is Overlap.NEVER:
            assert standing <= policy.width
        if acts and wake is None and not any(isinstance(act, Wait) for act in acts):
            continue
        if over or (not acts and not any(each.open for each in tried.values())):
            return outcome(options, tuple(tried.values())), tried
        news = [
            (each.said[heard[rank]][0] + each.lag, rank)
            for rank, each in by_rank.items()
            if heard[rank] < len(each.said)
        ]
        next_news = min(news, default=None)
        if next_news is None or (wake is not None and wake < next_news[0]):
            assert wake is not None, "the broker waits for a word that nobody will say"
            now = wake
            continue
        now, rank = max(now, next_news[0]), next_news[1]
        word = by_rank[rank].said[heard[rank]][1]
        heard[rank] += 1
        tried[rank] = _noted(tried[rank], word, now, by_rank[rank].fee)


def _noted(known: Tried, word: OrderStatus | Word, now: datetime, charged: Decimal) -> Tried:
    if word is Word.CANCELLATION_REFUSED:
        return replace(known, cancel_refused=True)
    if word is Word.UNKNOWN_ORDER:
        return replace(known, ended=now)
    if word not in FINAL:
        return replace(known, status=word)
    return replace(known, status=word, ended=now, fee=charged)


def _within_fees(policy: Policy, suppliers: dict[int, Supplier], tried: dict[int, Tried], rank: int) -> None:
    """Placed beside others: whichever of those not being cancelled wins, the rest costs no more than allowed."""
    beside = [each for each in tried.values() if each.open]
    if not beside:
        return
    gone = sum(each.fee for each in tried.values())
    kept = [rank, *(each.rank for each in beside if not each.leaving)]
    for winner in kept:
        risked = sum((suppliers[other].option.worst_fee() for other in kept if other != winner), Decimal(0))
        risked += sum(suppliers[each.rank].option.worst_fee(each.asked_cancel_at) for each in beside if each.leaving)
        assert gone + risked <= policy.most_fees.amount
