"""What not depending on anyone costs, as values: two plans side by side, and what each failure leaves of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.portfolio.values import Failure
from space_hub.vocabulary.phases import Phase


@dataclass(frozen=True, slots=True)
class ServiceLeft:
    """The share of everything asked in a phase that is left after a failure; `name` is that of what failed."""

    failure: Failure
    name: str
    phase: Phase
    share: float


@dataclass(frozen=True, slots=True)
class Side:
    """One of two plans that are compared: what it costs, whom it depends on, what each failure leaves of it."""

    cost_per_day: Decimal
    by_phase: Mapping[Phase, Decimal]
    suppliers: int
    hhi: float
    """Of the money paid at list price, 0 to 10,000."""
    effective_suppliers: float
    """How many equal suppliers would be as concentrated."""
    largest_share: float
    offerings: Mapping[str, Mapping[Phase, Decimal]]
    """What each offering serves; nothing: it is kept ready."""
    service: tuple[ServiceLeft, ...]
    """The worst first."""


@dataclass(frozen=True, slots=True)
class PriceOfSurvival:
    """What it costs a day above `base`; an interval unless `stated`. Without `group`: to survive any one of all."""

    group: str | None
    name: str
    base: Decimal
    low: Decimal
    high: Decimal
    stated: bool
    share: float


@dataclass(frozen=True, slots=True)
class Resilience:
    cheapest: Side
    secured: Side
    """Survives the loss of any supplier and of any common-mode group, as far as the shelf can."""
    premium: PriceOfSurvival
    by_group: tuple[PriceOfSurvival, ...]


_ROUNDED = 1e-6
"""Shares are kept to six digits."""


def lost_for_good(kept: Mapping[str, Any], least: float) -> frozenset[tuple[str, str]]:
    """Of a resilience as it is kept: the ("suppliers" or "groups", id) whose loss leaves too little of a phase.

    `least` is the share that must be left. Read off the secured set, which loses no more than any set must.
    """
    return frozenset(
        (kind, name)
        for each in kept["secured"]["service"]
        if each["share"] < least - _ROUNDED
        for kind, names in each["failure"].items()
        for name in names
    )


def nothing_survived(kept: Mapping[str, Any], least: float) -> bool:
    """Whether there are suppliers to lose, and not one of them could be lost: whatever is paid."""
    named = {name for each in kept["secured"]["service"] for name in each["failure"]["suppliers"]}
    lost = lost_for_good(kept, least)
    return bool(named) and all(("suppliers", name) in lost for name in named)
