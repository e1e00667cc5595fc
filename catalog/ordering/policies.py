"""How a call-off's options are tried, as the database keeps it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.ordering.fallback import Overlap, Policy, SuccessAt, Way
from catalog.ordering.tables import CallOff
from space_hub.vocabulary.money import Money, money

ANSWER_WITHIN = timedelta(hours=4)
"""How long a supplier may take to answer before its order is cancelled for the next one's sake."""


def kept(policy: Policy) -> dict[str, Any]:
    return {
        "way": policy.way.value,
        "width": policy.width,
        "success_at": policy.success_at.value,
        "give_up_after": policy.give_up_after.isoformat(),
        "overlap": policy.overlap.value,
        "most_fees": f"{policy.most_fees.amount:f}",
        "currency": policy.most_fees.currency,
    }


def policy_of(call_off: CallOff, currency: str) -> Policy:
    """What was asked for; where nothing was, one after another until the window is over, without paying for haste."""
    found = call_off.policy
    if found is None:
        return Policy(
            Way.SEQUENTIAL, 1, SuccessAt.ACCEPTED, call_off.window_to, Overlap.NEVER, Money(Decimal(0), currency)
        )
    return Policy(
        way=Way(found["way"]),
        width=found["width"],
        success_at=SuccessAt(found["success_at"]),
        give_up_after=datetime.fromisoformat(found["give_up_after"]),
        overlap=Overlap(found["overlap"]),
        most_fees=money(found["most_fees"], found["currency"]),
    )
