"""Clauses of assured-access terms beside capacity and price: who may cut off, what is refunded or insured. Pure.

Every amount is in the currency of the terms that hold the clause. What a clause comes to for
one call-off is computed here alone, so that a supplier, a nation and an auditor get the same cent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from catalog.capacity.rules import PARTS, Span, seconds_of
from providers.adapters.base import OrderStatus
from space_hub.errors import Conflict
from space_hub.text import Word
from space_hub.vocabulary.money import Money

_COIN = Decimal("0.01")
_DAY_S = 86_400


class Basis(Word, of="terms_basis"):
    """How the promised capacity was agreed."""

    QUANTITY = "quantity"
    SHARE_OF_FLEET = "share_of_fleet"


class ActivationNeed(Word, of="terms_activation"):
    """Whether a phase's capacity opens with its declaration alone."""

    NONE = "none"
    REQUIRED = "required"


class InsuranceKind(Word, of="insurance_kind"):
    LAUNCH = "launch"
    IN_ORBIT = "in_orbit"
    WAR_RISK = "war_risk"
    THIRD_PARTY = "third_party"


class InsuredBy(Word, of="insured_by"):
    SUPPLIER = "supplier"
    BUYER = "buyer"


class IndemnityKind(Word, of="indemnity_kind"):
    """For what the buyer holds the supplier harmless, up to the cap."""

    LOSS_OF_ASSET = "loss_of_asset"
    THIRD_PARTY = "third_party"
    LOST_BUSINESS = "lost_business"


class IncentiveKind(Word, of="incentive_kind"):
    RETAINER = "retainer"
    """Each month, for being ready."""
    EARLY = "early"
    """For each activation that reached its capacity before its time."""
    PEACETIME_BUSINESS = "peacetime_business"
    """Bought in peace at the least, each year."""


@dataclass(frozen=True, slots=True)
class CutOffAuthority:
    """A state's body that may forbid or throttle what the supplier delivers, and by which instrument."""

    name: str
    nation: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Refund:
    """What a nation gets back when its call-off is pre-empted: a share of the price of the slots lost, up to a cap."""

    share: Decimal
    cap: Money | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Free until `free_before` the window, then this share of the price; impossible in the statuses of `not_after`."""

    free_before: timedelta
    fee_share: Decimal
    not_after: frozenset[OrderStatus] = frozenset()


@dataclass(frozen=True, slots=True)
class Insurance:
    kind: InsuranceKind
    amount: Money
    by: InsuredBy


@dataclass(frozen=True, slots=True)
class Indemnity:
    kind: IndemnityKind
    cap: Money


@dataclass(frozen=True, slots=True)
class Incentive:
    kind: IncentiveKind
    amount: Money


def price_of(price: Money, parts: int, slots: int, span: Span) -> Money:
    """What `parts` of each of so many slots cost: the price is for one unit of capacity and one day."""
    return Money(price.amount * parts * slots * seconds_of(span) / (PARTS * _DAY_S), price.currency)


def refund(clause: Refund | None, lost: Money) -> Money:
    """Compensation for slots worth `lost`, to the cent; nothing where nothing was agreed."""
    if clause is None:
        return Money(Decimal(0), lost.currency)
    amount = lost.amount * clause.share
    return _coins(amount if clause.cap is None else min(amount, clause.cap.amount), lost.currency)


def cancel_fee(
    clause: Cancellation | None, price: Money, starts: datetime, at: datetime, status: OrderStatus | None
) -> Money:
    """What cancelling costs at `at`, by the terms; refused where the order went too far for it.

    `price` is the whole call-off's, `starts` the beginning of its window, `status` what the supplier last said.
    """
    if clause is None:
        return Money(Decimal(0), price.currency)
    if status in clause.not_after:
        raise Conflict("access.cannot_cancel", status=status)
    share = Decimal(0) if at <= starts - clause.free_before else clause.fee_share
    return _coins(price.amount * share, price.currency)


def _coins(amount: Decimal, currency: str) -> Money:
    return Money(amount.quantize(_COIN, ROUND_HALF_EVEN), currency)
