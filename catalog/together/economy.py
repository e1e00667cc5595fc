"""What nations pay alone and together for one capability, by way of having it: lease, buy or develop. Pure.

An option costs a fixed sum and a price for each unit, which may fall at stated quantities; that pays for
`months`. Over a longer horizon it is paid again, as often as it takes to cover the horizon. The price of
the quantity holds for all units, and nobody buys 19 where 20 cost less: the cheapest order of at least the
quantity is what counts. Prices that only fall make the cost subadditive, so that nobody pays more together
than alone.

It does not discount, does not forecast prices, and adds up quantities that are wanted at the same time; needs in
different windows are different buys.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from catalog.together import shares
from catalog.together.shares import COIN, Shares
from space_hub.errors import Invalid
from space_hub.text import Word
from space_hub.vocabulary.codes import Modality


class ShareMethod(Word, of="share_method"):
    USE = "use"
    QUOTA = "quota"
    SHAPLEY = "shapley"


@dataclass(frozen=True, slots=True)
class Break:
    """From `quantity` units on, each unit costs `unit_price`."""

    quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Option:
    """One way to have the capability; `source` says where its figures come from."""

    modality: Modality
    fixed: Decimal
    breaks: tuple[Break, ...]
    months: int
    source: str

    def __post_init__(self) -> None:
        amounts = [self.fixed, *(each.quantity for each in self.breaks), *(each.unit_price for each in self.breaks)]
        if not self.breaks or self.months < 1 or any(not each.is_finite() or each < 0 for each in amounts):
            raise Invalid("together.option_wrong", modality=self.modality)
        rising = all(one.quantity < other.quantity for one, other in pairwise(self.breaks))
        falling = all(one.unit_price >= other.unit_price for one, other in pairwise(self.breaks))
        if self.breaks[0].quantity != 0 or not rising or not falling:
            given = ", ".join(f"{each.quantity:f}: {each.unit_price:f}" for each in self.breaks)
            raise Invalid("together.breaks_wrong", modality=self.modality, given=given)

    def cost(self, quantity: Decimal, months: int) -> Decimal:
        """What `quantity` units cost over `months`, to the coin; nothing costs nothing."""
        if quantity == 0:
            return Decimal(0).quantize(COIN)
        prices = [
            max(quantity, each.quantity) * each.unit_price
            for each, after in zip(self.breaks, [*self.breaks[1:], None], strict=True)
            if after is None or quantity < after.quantity
        ]
        times = -(-months // self.months)
        return (times * (self.fixed + min(prices))).quantize(COIN, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Economy:
    """One option's bill over a horizon: each nation's alone, the common one, and each nation's share of it."""

    option: Option
    months: int
    alone: Mapping[str, Decimal]
    together: Decimal
    shares: Shares

    @property
    def saved(self) -> Decimal:
        return sum(self.alone.values(), Decimal(0)) - self.together

    @property
    def saved_by_nation(self) -> dict[str, Decimal]:
        """Less than zero for a nation that pays more together: by use or quota this can be, by Shapley value not."""
        return {name: by_itself - self.shares.amounts[name] for name, by_itself in self.alone.items()}


def economy(
    needs: Mapping[str, Decimal],
    option: Option,
    months: int,
    method: ShareMethod,
    quotas: Mapping[str, Decimal] | None = None,
    orders: Iterable[Sequence[str]] = (),
) -> Economy:
    """The bill of `needs` (units by nation) by one option. `orders` are drawn by the caller for more than
    `shares.EXACT` nations; `quotas` are what each was promised and are needed for that method alone."""
    if months < 1 or not needs or any(not each.is_finite() or each <= 0 for each in needs.values()):
        given = ", ".join(f"{name} {needs[name]}" for name in sorted(needs)) or "-"
        raise Invalid("together.needs_wrong", given=given, months=months)

    def cost(group: frozenset[str]) -> Decimal:
        return option.cost(sum((needs[name] for name in group), Decimal(0)), months)

    together = cost(frozenset(needs))
    match method:
        case ShareMethod.USE:
            parts = shares.proportional(together, needs)
        case ShareMethod.QUOTA:
            if quotas is None or set(quotas) != set(needs):
                raise Invalid("together.quotas_missing", given=", ".join(sorted(quotas or {})) or "-")
            parts = shares.proportional(together, quotas)
        case ShareMethod.SHAPLEY:
            parts = shares.shapley(needs, cost, orders)
    return Economy(option, months, shares.alone(needs, cost), together, parts)


def compare(
    needs: Mapping[str, Decimal],
    options: Iterable[Option],
    months: int,
    method: ShareMethod,
    quotas: Mapping[str, Decimal] | None = None,
    orders: Sequence[Sequence[str]] = (),
) -> list[Economy]:
    """Every option over the same horizon, the cheapest common bill first."""
    rows = [economy(needs, option, months, method, quotas, orders) for option in options]
    return sorted(rows, key=lambda row: (row.together, row.option.modality.value, row.option.source))
