"""Assured-access terms by phase: what a supplier promises in peace, crisis and conflict. Pure.

Terms may only grow as things get worse: capacity does not shrink, notice does
not lengthen, priority does not fall. A civil and humanitarian share of the
offering's capacity stays untouched under every term, and exclusivity needs one.
`faults` names everything that is wrong at once, so that nobody mends by trial.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from space_hub.errors import HubError, Invalid
from space_hub.text import Word
from space_hub.vocabulary.money import Money
from space_hub.vocabulary.phases import Phase

FIRST_PRIORITY, LAST_PRIORITY = 1, 15
"""1 is served first; fifteen levels, as allocation and retention priority in mobile networks has."""

_DURATION = re.compile(
    r"P(?:(\d{1,5})W|(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?)", re.ASCII
)


class Exclusivity(Word, of="exclusivity"):
    NONE = "none"
    AREA_TIME = "area_time"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class PhaseTerms:
    """The promise for one phase: `parts` of capacity each UTC day, at `notice`, for `price` a unit and day.

    `civil_floor` is the share of the offering's capacity that no call-off may touch.
    """

    parts: int
    notice: timedelta
    price: Money
    priority: int = LAST_PRIORITY
    exclusivity: Exclusivity = Exclusivity.NONE
    civil_floor: Decimal = Decimal(0)


def notice(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, or of days, hours, minutes and seconds.

    Years and months are refused: they have no fixed length.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise Invalid("access.notice_wrong", given=text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def notice_text(value: timedelta) -> str:
    """The shortest ISO 8601 spelling of a duration of whole seconds."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    days = f"{value.days}D" if value.days else ""
    return f"P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


def ceiling(offered_parts: int, civil_floor: Decimal) -> int:
    """What may be promised of an offering's capacity once the civil share is kept back, rounded down."""
    return int(offered_parts * (1 - civil_floor))


def faults(terms: Mapping[Phase, PhaseTerms], offered: Mapping[Phase, int]) -> list[HubError]:
    """Everything that is wrong with `terms` against the capacity the version offers by phase; empty when fit."""
    found: list[HubError] = []
    if not terms:
        found.append(Invalid("access.no_phase"))
    for phase, term in terms.items():
        found += _faults_of(phase, term, offered.get(phase))
    present = [phase for phase in Phase if phase in terms]
    for milder, graver in pairwise(present):
        before, after = terms[milder], terms[graver]
        if after.parts < before.parts:
            found.append(Invalid("access.capacity_shrinks", milder=milder, graver=graver))
        if after.notice > before.notice:
            found.append(
                Invalid(
                    "access.notice_lengthens",
                    milder=milder,
                    graver=graver,
                    before=notice_text(before.notice),
                    after=notice_text(after.notice),
                )
            )
        if after.priority > before.priority:
            found.append(
                Invalid(
                    "access.priority_falls",
                    milder=milder,
                    graver=graver,
                    before=before.priority,
                    after=after.priority,
                )
            )
    return found


def _faults_of(phase: Phase, term: PhaseTerms, offered: int | None) -> list[HubError]:
    found: list[HubError] = []
    floor_known = term.civil_floor.is_finite() and 0 <= term.civil_floor < 1
    if not floor_known:
        found.append(Invalid("access.civil_floor_wrong", phase=phase, given=str(term.civil_floor)))
    if not FIRST_PRIORITY <= term.priority <= LAST_PRIORITY:
        found.append(
            Invalid(
                "access.priority_wrong",
                phase=phase,
                given=term.priority,
                first=FIRST_PRIORITY,
                last=LAST_PRIORITY,
            )
        )
    if term.parts <= 0:
        found.append(Invalid("access.capacity_missing", phase=phase))
    if term.exclusivity is not Exclusivity.NONE and floor_known and term.civil_floor == 0:
        found.append(Invalid("access.exclusive_without_floor", phase=phase, exclusivity=term.exclusivity))
    if offered is None:
        found.append(Invalid("access.phase_not_offered", phase=phase))
    elif floor_known and term.parts > ceiling(offered, term.civil_floor):
        found.append(
            Invalid(
                "access.capacity_above_offer",
                phase=phase,
                asked=term.parts / 1000,
                most=ceiling(offered, term.civil_floor) / 1000,
                offered=offered / 1000,
                floor=f"{term.civil_floor:f}",
            )
        )
    return found
