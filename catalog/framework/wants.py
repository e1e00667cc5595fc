"""What a call-off takes of its lot, beside the agreement: its nation's quota, year by year, and the lot's money.

The ceilings stand in rows that are locked shared by whoever calls off (`catalog.ordering.standing`) and for
themselves where they move, so that a ceiling which was read is still true when the ledger counts.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from sqlmodel import Session

from catalog.capacity import wholes
from catalog.capacity.ledger import CENTS, Want
from catalog.capacity.rules import Ask, Span, start_of
from catalog.capacity.tables import ResourceKind
from catalog.framework.lot_rows import money_resource
from catalog.framework.quotas import quota_resource
from catalog.promise.tables import Agreement
from space_hub.errors import Conflict
from space_hub.vocabulary.money import Money

_WHOLE = (wholes.SLOT, wholes.SLOT)


@dataclass(frozen=True, slots=True)
class LotLimits:
    """What a lot limits, read with its row locked shared so that it stays true until the ledger has counted."""

    id: str
    unit: str | None
    ceiling: str | None
    currency: str | None


def of_lot(session: Session, lot: LotLimits, organisation_id: str, *, used: dict[int, int], price: Money) -> list[Want]:
    """Wants for `used` parts by year (`by_year`) at `price` in all; none where the lot limits nothing.

    Raises Conflict `quota.not_granted` for a nation without a quota where others have one.
    """
    found = []
    if lot.unit is not None:  # Without a unit there are no quotas.
        for year, parts in sorted(used.items()):
            quota = quota_resource(session, lot.id, organisation_id, year)
            if quota is not None:
                ask = Ask(*_WHOLE, parts)
                found.append(Want(quota.resource, ResourceKind.QUOTA, Span.WHOLE, lot.unit, ask, quota.granted))
    cents = cents_of(price)
    if lot.ceiling is not None and cents:
        if price.currency != lot.currency:
            raise Conflict("lot.other_currency", given=price.currency, wanted=lot.currency)
        ask, ceiling = Ask(*_WHOLE, cents), int(Decimal(lot.ceiling) * CENTS)
        resource = money_resource(lot.id)
        found.append(Want(resource, ResourceKind.MONEY, Span.WHOLE, price.currency, ask, ceiling))
    return found


def of_agreement(agreement: Agreement, price: Money) -> list[Want]:
    """The money of an agreement that has a ceiling of its own."""
    cents = cents_of(price)
    if agreement.ceiling is None or not cents:
        return []
    ask, ceiling = Ask(*_WHOLE, cents), int(Decimal(agreement.ceiling) * CENTS)
    return [Want(f"{agreement.id}/money", ResourceKind.MONEY, Span.WHOLE, price.currency, ask, ceiling)]


def cents_of(price: Money) -> int:
    return int((price.amount * CENTS).quantize(Decimal(1), ROUND_HALF_EVEN))


def by_year(span: Span, ask: Ask) -> dict[int, int]:
    """The parts that `ask` uses in each year, added up over its slots."""
    slots = Counter(start_of(span, slot).year for slot in ask.slots)
    return {year: count * ask.parts for year, count in slots.items()}
