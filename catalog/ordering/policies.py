"""How a call-off's options are tried, as it is kept in its row.

    {"way": "sequential", "width": 1, "success_at": "completed", "give_up_after": "2024-11-09T00:00:00Z",
     "overlap": "never", "most_fees": "0", "currency": "EUR", "answer_within_s": 14400}

A call-off without a policy has one way: its only order is followed to its end, however long that takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.ordering.fallback import Overlap, Policy, SuccessAt, Way
from space_hub.delivery import log
from space_hub.vocabulary.money import Money, money

ANSWER_WITHIN = timedelta(hours=4)
"""How long a supplier may take to answer before the next one is thought of, where nothing else was decided."""

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tries:
    """A policy, and how long each supplier may take to answer."""

    policy: Policy
    answer_within: timedelta = ANSWER_WITHIN


def kept(tries: Tries) -> dict[str, Any]:
    """As JSON of the row."""
    policy = tries.policy
    return {
        "way": policy.way.value,
        "width": policy.width,
        "success_at": policy.success_at.value,
        "give_up_after": log.rfc3339(policy.give_up_after),
        "overlap": policy.overlap.value,
        "most_fees": f"{policy.most_fees.amount:f}",
        "currency": policy.most_fees.currency,
        "answer_within_s": tries.answer_within // timedelta(seconds=1),
    }


def read(value: Mapping[str, Any] | None, currency: str) -> Tries:
    """What `kept` wrote; without it, the one way."""
    if value is None:
        nothing = Money(Decimal(0), currency)
        return Tries(Policy(Way.SEQUENTIAL, 1, SuccessAt.COMPLETED, NEVER, Overlap.NEVER, nothing))
    return Tries(
        Policy(
            Way(value["way"]),
            value["width"],
            SuccessAt(value["success_at"]),
            datetime.fromisoformat(value["give_up_after"]),
            Overlap(value["overlap"]),
            money(value["most_fees"], value["currency"]),
        ),
        timedelta(seconds=value["answer_within_s"]),
    )
