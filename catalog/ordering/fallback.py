"""A nation's ranked ways to one call-off: which order to place next, which to cancel, when one has won. Pure.

An option is one way, at most one order each. `step` says from what is known what to do now; the
caller writes each act down before it does it and asks again, until only a `Wait` is left. Nothing
is remembered here, so a restart at any point comes to the same answer.

* The first success wins; all other open orders are cancelled at once.
* One after another (`sequential`), or so many at once (`racing`). The next option is tried when a
  former one is *known* to be lost: an order that does not answer, or of which nobody knows whether
  it arrived, keeps its place. Its cancellation is asked once it is overdue and another waits.
* With `Overlap.PAID` it makes room as soon as that was asked, provided that the fees charged so
  far and the worst that may follow stay within `most_fees`.
* A cancellation counts when the supplier says so, and so does its fee. A loser that cannot be
  cancelled any more is delivered, paid and counted: a surplus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from providers.adapters.base import FINAL, OrderStatus
from space_hub.errors import Invalid
from space_hub.text import Word
from space_hub.vocabulary.money import Money

MOST_OPTIONS = 8

_COIN = Decimal("0.01")

_TAKEN = frozenset(
    {OrderStatus.ACCEPTED, OrderStatus.SCHEDULED, OrderStatus.RESERVED, OrderStatus.TASKED, OrderStatus.PROCESSING}
)
"""What a supplier says of an order that it will carry out; `received` and `held` promise nothing."""


class Way(Word, of="fallback_way"):
    SEQUENTIAL = "sequential"
    RACING = "racing"


class SuccessAt(Word, of="fallback_success"):
    ACCEPTED = "accepted"
    COMPLETED = "completed"


class Overlap(Word, of="fallback_overlap"):
    NEVER = "never"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What cancelling costs: nothing until `free_until`, afterwards this share of the price."""

    fee_share: Decimal
    free_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One way: its rank (1 is tried first), its price, and how long its supplier may take to answer."""

    rank: int
    price: Money
    cancellation: Cancellation
    answer_within: timedelta

    def worst_fee(self, asked_cancel_at: datetime | None = None) -> Decimal:
        """The most that cancelling may cost, if it was asked at that instant; None: if it is asked some day."""
        free_until = self.cancellation.free_until
        if asked_cancel_at and free_until and asked_cancel_at <= free_until:
            return Decimal(0)
        return (self.price.amount * self.cancellation.fee_share).quantize(_COIN, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Tried:
    """What is known of the order placed for one option.

    `status` None: nothing was heard yet, it may not even have arrived. `ended` is when we learnt that
    it is over; an order of which the supplier knows nothing ends without a status. `fee` is what was
    charged. `won_at` is when it was written down as the winner.
    """

    rank: int
    placed_at: datetime
    status: OrderStatus | None = None
    asked_cancel_at: datetime | None = None
    cancel_refused: bool = False
    ended: datetime | None = None
    fee: Decimal = Decimal(0)
    won_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.ended is not None) != (self.status in FINAL) and self.status is not None:
            raise ValueError(f"option {self.rank} is {self.status} and ended {self.ended}")
        if self.cancel_refused and self.asked_cancel_at is None:
            raise ValueError(f"option {self.rank} refused a cancellation that nobody asked")

    @property
    def open(self) -> bool:
        return self.ended is None

    @property
    def leaving(self) -> bool:
        """Its cancellation is asked and not answered yet."""
        return self.open and self.asked_cancel_at is not None and not self.cancel_refused


@dataclass(frozen=True, slots=True)
class Policy:
    """How a nation lets its options be tried; from `give_up_after` on nothing is placed and all is cancelled."""

    way: Way
    width: int
    success_at: SuccessAt
    give_up_after: datetime
    overlap: Overlap
    most_fees: Money

    def __post_init__(self) -> None:
        least, most = (1, 1) if self.way is Way.SEQUENTIAL else (2, MOST_OPTIONS)
        if not least <= self.width <= most:
            raise Invalid("fallback.width_wrong", way=self.way, given=self.width, least=least, most=most)


@dataclass(frozen=True, slots=True)
class Place:
    rank: int


@dataclass(frozen=True, slots=True)
class Cancel:
    rank: int


@dataclass(frozen=True, slots=True)
class Win:
    rank: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until` unless a supplier says something; None: only a supplier's word counts."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Fail:
    """Every option is known to be lost, or it is too late."""


Act = Place | Cancel | Win | Wait | Fail


def step(policy: Policy, options: Sequence[Option], tried: Sequence[Tried], now: datetime) -> tuple[Act, ...]:
    """What to do now, in this order; empty once there is a winner and every other order is over."""
    plan = _plan(options, tried, policy.most_fees)
    standing = [each for each in tried if each.open]
    winner = next((each for each in tried if each.won_at), None) or _winner(policy, tried)
    if winner is not None:
        losers = [each for each in standing if each is not winner]
        acts: list[Act] = [] if winner.won_at else [Win(winner.rank)]
        acts += _cancel(losers, plan)
        return tuple(acts) or ((Wait(None),) if losers else ())
    if now >= policy.give_up_after:
        return _cancel(standing, plan) or ((Wait(None),) if standing else (Fail(),))
    known = {each.rank for each in tried}
    untried = [plan[rank] for rank in sorted(plan) if rank not in known]
    if not untried:
        return (Wait(policy.give_up_after),) if standing else (Fail(),)
    due = {each.rank: each.placed_at + plan[each.rank].answer_within for each in standing if _unanswered(each)}
    overdue = [each for each in standing if each.rank in due and now >= due[each.rank]]
    return (*_cancel(overdue, plan), *_places(policy, plan, untried, tried)) or (
        Wait(min([policy.give_up_after, *due.values()])),
    )


@dataclass(frozen=True, slots=True)
class Account:
    """What a call-off came to: `paid` for its winner, `surplus` for losers that were delivered all the same.

    `seconds` run from the first placing to the win; None without one. While orders are `pending`,
    more fees and surplus may follow.
    """

    success: bool
    paid: Decimal
    fees: Decimal
    surplus: Decimal
    seconds: int | None
    pending: tuple[int, ...] = ()

    @property
    def total(self) -> Decimal:
        return self.paid + self.fees + self.surplus


def outcome(options: Sequence[Option], tried: Sequence[Tried]) -> Account:
    """The account from what suppliers said; a winner that failed later is no success and is not paid."""
    plan = _plan(options, tried)
    winner = next((each for each in tried if each.won_at), None)
    success = winner is not None and (winner.open or winner.status is OrderStatus.COMPLETED)
    paid, seconds = Decimal(0), None
    if winner and winner.won_at:
        paid = plan[winner.rank].price.amount if success else paid
        seconds = int((winner.won_at - min(each.placed_at for each in tried)).total_seconds())
    surplus = [each for each in tried if each is not winner and each.status is OrderStatus.COMPLETED]
    return Account(
        success=success,
        paid=paid,
        fees=sum((each.fee for each in tried), Decimal(0)),
        surplus=sum((plan[each.rank].price.amount for each in surplus), Decimal(0)),
        seconds=seconds,
        pending=tuple(sorted(each.rank for each in tried if each.open)),
    )


def _winner(policy: Policy, tried: Sequence[Tried]) -> Tried | None:
    """What is delivered is owed anyway, so it comes before what is only promised; then the rank decides."""
    won = [each for each in tried if _succeeded(policy, each)]
    return min(won, key=lambda each: (each.open, each.rank), default=None)


def _succeeded(policy: Policy, each: Tried) -> bool:
    """An order that is being cancelled has not succeeded by being accepted: it may end at any moment."""
    if each.status is OrderStatus.COMPLETED:
        return True
    return policy.success_at is SuccessAt.ACCEPTED and each.status in _TAKEN and not each.leaving


def _unanswered(each: Tried) -> bool:
    return each.status not in _TAKEN and each.asked_cancel_at is None


def _cancel(orders: Sequence[Tried], plan: dict[int, Option]) -> tuple[Cancel, ...]:
    """The dearest fee first: whatever interrupts us, the least is then left to be charged."""
    unasked = [each for each in orders if each.asked_cancel_at is None]
    return tuple(Cancel(each.rank) for each in sorted(unasked, key=lambda one: (-plan[one.rank].worst_fee(), one.rank)))


def _places(
    policy: Policy, plan: dict[int, Option], untried: Sequence[Option], tried: Sequence[Tried]
) -> tuple[Place, ...]:
    """The next options by rank, as long as there is room for them and the fees that they risk are allowed."""
    standing = [each for each in tried if each.open]
    leaving = [each for each in standing if each.leaving]
    kept = [plan[each.rank].worst_fee() for each in standing if not each.leaving]
    charged = sum((each.fee for each in tried), Decimal(0))
    charged += sum((plan[each.rank].worst_fee(each.asked_cancel_at) for each in leaving), Decimal(0))
    room = policy.width - (len(kept) if policy.overlap is Overlap.PAID else len(standing))
    places: list[Place] = []
    for option in untried[: max(room, 0)]:
        kept.append(option.worst_fee())
        beside_others = len(kept) + len(leaving) > 1
        if beside_others and charged + sum(kept) - min(kept) > policy.most_fees.amount:
            break  # One of those kept wins and owes no fee; a lower rank is not tried before a higher one.
        places.append(Place(option.rank))
    return tuple(places)


def _plan(options: Sequence[Option], tried: Sequence[Tried], *amounts: Money) -> dict[int, Option]:
    plan = {option.rank: option for option in options}
    ranks, used = [each.rank for each in options], [each.rank for each in tried]
    wrong = len(plan) < len(ranks) or len(set(used)) < len(used) or not set(used) <= set(plan)
    if wrong or not all(1 <= rank <= MOST_OPTIONS for rank in ranks):
        raise Invalid(
            "fallback.ranks_wrong",
            options=", ".join(map(str, ranks)) or "-",
            tried=", ".join(map(str, used)) or "-",
            most=MOST_OPTIONS,
        )
    currencies = {option.price.currency for option in options} | {amount.currency for amount in amounts}
    if len(currencies) > 1:
        raise Invalid("fallback.currencies_differ", given=", ".join(sorted(currencies)))
    return plan
