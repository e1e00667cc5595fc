"""What a call-off came to: paid, fees, surplus, credits; from what suppliers said and were seen to deliver."""

from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from catalog.ordering import call_offs, crediting, fallback, trying
from catalog.ordering.fallback import Account
from catalog.ordering.tables import CallOff
from providers.adapters.base import OrderStatus
from space_hub.trust.principal import Principal


@dataclass(frozen=True, slots=True)
class Line:
    """One option's part. `price` is owed for what was delivered, whether or not it won."""

    rank: int
    agreement_id: str
    order_id: str | None
    state: str
    price: Decimal
    fee: Decimal
    credits: Decimal
    won: bool


@dataclass(frozen=True, slots=True)
class Statement:
    account: Account
    credits: Decimal
    currency: str
    lines: tuple[Line, ...]

    @property
    def due(self) -> Decimal:
        """What the buyer owes to its suppliers in all."""
        return self.account.total - self.credits


def of_call_off(session: Session, principal: Principal, call_off_id: str) -> Statement:
    """For the buyer and the pool's lead; its suppliers each know their own order, and nobody else's."""
    return statement(session, call_offs.get(session, principal, call_off_id))


def statement(session: Session, call_off: CallOff) -> Statement:
    known = trying.tally(session, call_off)
    lines = []
    for rank, row in sorted(known.rows.items()):
        order = known.orders.get(rank)
        delivered = order is not None and order.status == OrderStatus.COMPLETED.value
        given = [] if order is None else crediting.of_order(session, order.id)
        lines.append(
            Line(
                rank,
                row.agreement_id,
                None if order is None else order.id,
                row.state,
                Decimal(row.total_price) if delivered else Decimal(0),
                Decimal(0) if order is None else Decimal(order.fee or 0),
                sum((Decimal(each.amount) for each in given), Decimal(0)),
                rank == call_off.won_option,
            )
        )
    account = fallback.outcome(known.options, known.tried)
    currency = known.policy.most_fees.currency
    return Statement(account, sum((line.credits for line in lines), Decimal(0)), currency, tuple(lines))
