"""Who pays whom at the end of a period, once all debts between nations are set against each other. Pure.

Only what remains of each nation's debts and claims is paid: multilateral netting. Each pays its balance to the one
who leads, or has it from there, which takes at most one payment for each other nation. Paying each other might take
fewer, and would tell a nation whose capacity was taken who took it: a payment names its payer.

Service rendered in kind counts like money once its receiver confirmed it, and only up to the share of a
nation's debts that the pool declared; what is left over is carried and told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from catalog.together.shares import COIN
from space_hub.errors import Invalid
from space_hub.text import Word


class LineKind(Word, of="settlement_line"):
    USE = "use"
    SHARE = "share"
    GUARANTEE = "guarantee"
    CANCEL_FEE = "cancel_fee"
    CREDIT = "credit"
    COMPENSATION = "compensation"
    IN_KIND = "in_kind"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Line:
    """`payer` owes `payee` this for `subject`; all lines of a settlement are in one currency."""

    payer: str
    payee: str
    kind: LineKind
    subject: str
    amount: Decimal

    def __post_init__(self) -> None:
        given = f"{self.payer} -> {self.payee}: {self.amount}"
        if self.payer == self.payee:
            raise Invalid("together.line_to_itself", given=given, subject=self.subject)
        if not self.amount.is_finite() or self.amount < 0 or self.amount % COIN:
            raise Invalid("together.line_amount_wrong", given=given, subject=self.subject)


@dataclass(frozen=True, slots=True)
class Owed:
    """As a line, but as fine as prices are, and in whatever currency."""

    payer: str
    payee: str
    kind: LineKind
    subject: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class InKind:
    """A service of `giver` for `receiver`, worth `equivalents` of money at the rate that the pool declared."""

    id: str
    giver: str
    receiver: str
    equivalents: Decimal
    confirmed: bool

    def __post_init__(self) -> None:
        if self.giver == self.receiver or not self.equivalents.is_finite() or self.equivalents < 0:
            given = f"{self.giver} -> {self.receiver}: {self.equivalents}"
            raise Invalid("together.in_kind_wrong", given=given, subject=self.id)


@dataclass(frozen=True, slots=True)
class Payment:
    payer: str
    payee: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Offset:
    """The lines that services in kind add, and what of each entry does not count in this period."""

    lines: tuple[Line, ...]
    carried: Mapping[str, Decimal]


def balances(lines: Iterable[Line]) -> dict[str, Decimal]:
    """What each receives, less what it owes; the sum of all is zero."""
    found: dict[str, Decimal] = {}
    for line in lines:
        found[line.payer] = found.get(line.payer, Decimal(0)) - line.amount
        found[line.payee] = found.get(line.payee, Decimal(0)) + line.amount
    return {name: found[name] for name in sorted(found)}


def net(lines: Iterable[Line], through: str) -> tuple[Payment, ...]:
    """The payments that settle `lines`, each to or from `through`; those that it receives come first, then by name."""
    owed = {name: amount for name, amount in balances(lines).items() if amount and name != through}
    received = [Payment(name, through, -amount) for name, amount in owed.items() if amount < 0]
    return (*received, *(Payment(through, name, amount) for name, amount in owed.items() if amount > 0))


def in_coins(owed: Iterable[Owed]) -> tuple[Line, ...]:
    """Each amount in whole coins; between any two parties what rounding added up to is a line of its own."""
    lines = []
    lost: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    exact: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in owed:
        coins = each.amount.quantize(COIN, ROUND_HALF_EVEN)
        exact[each.payer, each.payee] += each.amount
        lost[each.payer, each.payee] -= coins
        if coins:
            lines.append(Line(each.payer, each.payee, each.kind, each.subject, coins))
    for (payer, payee), amount in exact.items():
        off = lost[payer, payee] + amount.quantize(COIN, ROUND_HALF_EVEN)
        if off:
            ends = (payer, payee) if off > 0 else (payee, payer)
            lines.append(Line(*ends, LineKind.ROUNDING, "-", abs(off)))
    return tuple(sorted(lines, key=lambda line: (line.payer, line.payee, line.kind, line.subject)))


def in_kind(entries: Iterable[InKind], lines: Iterable[Line], largest_share: Decimal) -> Offset:
    """What services of the period offset: in the order given, up to `largest_share` of what each giver owes by `lines`.

    Rounded down to the coin, because a coin that nobody earned would have to be paid by somebody.
    """
    if not largest_share.is_finite() or not 0 <= largest_share <= 1:
        raise Invalid("together.in_kind_share_wrong", given=str(largest_share))
    room: dict[str, Decimal] = {}
    for line in lines:
        room[line.payer] = room.get(line.payer, Decimal(0)) + line.amount * largest_share
    added, carried = [], {}
    for entry in entries:
        most = room.get(entry.giver, Decimal(0)) if entry.confirmed else Decimal(0)
        counted = min(most, entry.equivalents).quantize(COIN, ROUND_DOWN)
        if counted:
            added.append(Line(entry.receiver, entry.giver, LineKind.IN_KIND, entry.id, counted))
            room[entry.giver] -= counted
        if counted < entry.equivalents:
            carried[entry.id] = entry.equivalents - counted
    return Offset(tuple(added), carried)
