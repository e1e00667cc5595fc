"""What a supplier's new listing does to its shelf. Pure.

The last good state stays until a better one is known: only a complete listing
takes anything away, and one that is empty or has lost more than half is held
for a person, because a broken page looks like a closed business.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from providers.adapters.base import Listing, OfferingDraft


@dataclass(frozen=True, slots=True)
class Plan:
    """`hold` says why nothing is done: `empty` or `shrunk`."""

    take: tuple[OfferingDraft, ...] = ()
    withdraw: tuple[str, ...] = ()
    hold: str | None = None


def decide(known: Collection[str], listing: Listing, *, confirmed: bool = False) -> Plan:
    """`known`: references on the shelf that came through this door. `confirmed`: a person let this listing pass.

    What the supplier still lists and we refuse is not gone: its last good version stays.
    """
    drafts = listing.drafts
    if not listing.complete:
        return Plan(drafts)
    listed = {draft.reference for draft in drafts} | {each.reference for each in listing.refused}
    gone = tuple(sorted(reference for reference in known if reference not in listed))
    if not confirmed and known:
        if not listed:
            return Plan(hold="empty")
        if 2 * len(gone) > len(known):
            return Plan(hold="shrunk")
    return Plan(drafts, gone)


def digest(listing: Listing) -> str:
    """The same for two listings that name the same things, in whatever order, with the same faults."""
    parts: list[Any] = [["offered", repr(draft)] for draft in listing.drafts]
    parts += [["refused", each.reference, each.code, each.raw] for each in listing.refused]
    text = json.dumps([sorted(parts, key=str), listing.complete], default=str)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
