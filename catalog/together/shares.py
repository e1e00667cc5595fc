"""How nations that buy together divide what it costs. Pure.

A buy is a cost function over groups of nations: what a group would pay if it bought
alone. Three ways to divide the cost of all of them are offered, and which one holds is
agreed before anything is bought:

* by use: in proportion to what each takes;
* by quota: in proportion to what each was promised, whether it takes it or not;
* by Shapley value (Shapley 1953): what each adds to the cost, averaged over every order in
  which the nations could have joined. Up to `EXACT` nations it is computed from all groups;
  beyond, from orders that are drawn (Castro, Gomez and Tejada 2009), with its standard error.

Amounts are divided in whole smallest coins, by largest remainder, so that shares add up to
the bill to the last coin.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial, sqrt

from space_hub.errors import Invalid

EXACT = 12
"""Nations up to which every group is priced: 4,096 of them."""

COIN = Decimal("0.01")

Cost = Callable[[frozenset[str]], Decimal]
"""What a group of nations would pay together; the empty group pays nothing."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Each nation's part of the bill; with drawn orders also the standard error of each part."""

    amounts: Mapping[str, Decimal]
    error: Mapping[str, Decimal] | None = None


def proportional(bill: Decimal, weights: Mapping[str, Decimal]) -> Shares:
    """`bill` in proportion to `weights` (what each used, or each one's quota)."""
    if not weights or any(not weight.is_finite() or weight < 0 for weight in weights.values()):
        raise Invalid("together.weights_wrong", given=", ".join(f"{name} {weights[name]}" for name in sorted(weights)))
    whole = sum(map(Fraction, weights.values()), Fraction())
    if whole == 0:
        raise Invalid("together.weights_wrong", given=", ".join(f"{name} 0" for name in sorted(weights)))
    return Shares(_coins(bill, {name: Fraction(weight) / whole * Fraction(bill) for name, weight in weights.items()}))


def shapley(nations: Iterable[str], cost: Cost, orders: Iterable[Sequence[str]] = (), exact: int = EXACT) -> Shares:
    """Shares by Shapley value, exact up to `exact` nations and from `orders` beyond.

    `orders` are permutations of the nations, drawn by the caller; at least two are needed for an error.
    """
    names = sorted(set(nations))
    if not names:
        raise Invalid("together.nobody")
    bill = cost(frozenset(names))
    if len(names) <= exact:
        return Shares(_coins(bill, _exact(names, cost)))
    return _drawn(names, bill, cost, orders)


def alone(nations: Iterable[str], cost: Cost) -> dict[str, Decimal]:
    """What each would pay by itself, for the line that says what buying together saves."""
    return {name: cost(frozenset({name})).quantize(COIN, ROUND_HALF_EVEN) for name in sorted(set(nations))}


def _exact(names: Sequence[str], cost: Cost) -> dict[str, Fraction]:
    n = len(names)
    known = {
        frozenset(group): Fraction(cost(frozenset(group)))
        for size in range(n + 1)
        for group in combinations(names, size)
    }
    weight = [Fraction(factorial(size) * factorial(n - size - 1), factorial(n)) for size in range(n)]
    value = dict.fromkeys(names, Fraction())
    for group, price in known.items():
        for name in names:
            if name not in group:
                value[name] += weight[len(group)] * (known[group | {name}] - price)
    return value


def _drawn(names: Sequence[str], bill: Decimal, cost: Cost, orders: Iterable[Sequence[str]]) -> Shares:
    sums, squares, drawn = dict.fromkeys(names, Fraction()), dict.fromkeys(names, 0.0), 0
    for order in orders:
        if sorted(order) != names:
            raise Invalid("together.order_wrong", given=", ".join(order), expected=", ".join(names))
        drawn += 1
        before, group = cost(frozenset()), frozenset[str]()
        for name in order:
            group |= {name}
            after = cost(group)
            sums[name] += Fraction(after - before)
            squares[name] += float(after - before) ** 2
            before = after
    if drawn < 2:
        raise Invalid("together.orders_few", given=drawn, nations=len(names))
    mean = {name: total / drawn for name, total in sums.items()}
    error = {name: sqrt(max(squares[name] / drawn - float(mean[name]) ** 2, 0.0) / (drawn - 1)) for name in names}
    return Shares(_coins(bill, mean), {name: Decimal(str(round(error[name], 2))) for name in names})


def _coins(bill: Decimal, parts: Mapping[str, Fraction]) -> dict[str, Decimal]:
    """`parts` in whole coins that add up to the bill: rounded down, the coins left over to the largest remainders."""
    coins = {name: part / Fraction(COIN) for name, part in parts.items()}
    kept = {name: coin.numerator // coin.denominator for name, coin in coins.items()}
    left = int((bill / COIN).to_integral_value(ROUND_HALF_EVEN)) - sum(kept.values())
    for name in sorted(coins, key=lambda each: (kept[each] - coins[each], each))[:left]:
        kept[name] += 1
    return {name: kept[name] * COIN for name in sorted(kept)}
