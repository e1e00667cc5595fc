"""When an award that another body made may stand for a new competition. Pure.

An innovation body of a participating Ally chose this supplier for this capability, by competition, not long ago,
and the document that says so is at hand and in force. Anything less is bought by a competition of its own.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from providers.standing import ALLIES
from space_hub.errors import HubError, Invalid

MONTHS = 48
"""How long an award lasts: four years is what European law gives a framework."""


@dataclass(frozen=True, slots=True)
class EarlierAward:
    """What is said of it. `evidence_sha256` is the document's own, empty where there is none."""

    body_nation: str
    awarded_at: datetime
    by_competition: bool
    provider_id: str
    capability: str
    evidence_sha256: str
    evidence_in_force: bool


@dataclass(frozen=True, slots=True)
class Buyers:
    """Who wants to use it, for what."""

    nations: Set[str]
    """Of the members that have joined."""
    provider_id: str
    capability: str
    now: datetime


def faults(award: EarlierAward, pool: Buyers) -> list[HubError]:
    """All that is wrong; empty when the award may be used."""
    found: list[HubError] = []
    if not award.by_competition:
        found.append(Invalid("reuse.without_competition"))
    if award.body_nation not in ALLIES or award.body_nation not in pool.nations:
        found.append(Invalid("reuse.body_not_participating", nation=award.body_nation))
    if not award.evidence_sha256:
        found.append(Invalid("reuse.evidence_missing"))
    elif not award.evidence_in_force:
        found.append(Invalid("reuse.evidence_not_in_force"))
    if award.provider_id != pool.provider_id:
        found.append(Invalid("reuse.other_supplier"))
    if award.capability != pool.capability:
        found.append(Invalid("reuse.other_capability", given=award.capability, wanted=pool.capability))
    if award.awarded_at > pool.now:
        found.append(Invalid("reuse.not_yet_awarded"))
    elif months_later(award.awarded_at, MONTHS) < pool.now:
        found.append(Invalid("reuse.too_old", months=MONTHS))
    return found


def months_later(at: datetime, months: int) -> datetime:
    """The same day and time `months` later; where that month is shorter, its last day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1)
