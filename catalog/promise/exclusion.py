"""When capacity that some have activated keeps others' call-offs out: the exclusivity by area and time. Pure.

From its notice until it is stood down, no longer than its agreement lasts, and in the area of the declaration
by which it was activated. Whether areas meet is judged by their boxes, as for declarations: what may meet does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.promise.in_force import Declared
from space_hub.vocabulary.geometry import covers
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.phases import Phase

_GRAVENESS = list(Phase)


@dataclass(frozen=True, slots=True)
class Exclusive:
    """An activation at work that keeps out whoever did not ask for it; an area None is everywhere."""

    organisation_id: str
    time: Interval
    areas: tuple[Mapping[str, Any] | None, ...]


def excludes(exclusive: Exclusive, organisation_id: str, window: Interval, area: Mapping[str, Any] | None) -> bool:
    """Whether that organisation's call-off under another agreement is kept out; without an area it is everywhere."""
    if organisation_id == exclusive.organisation_id or not exclusive.time.overlaps(window):
        return False
    return any(each is None or area is None or covers(each, area) is not False for each in exclusive.areas)


def areas(declared: Sequence[Declared], phase: Phase, at: datetime) -> tuple[Mapping[str, Any] | None, ...]:
    """Where a phase as grave as `phase` was declared at `at`; everywhere where no declaration says.

    A declaration for all and everywhere puts an end to those that began before it.
    """
    held = sorted(
        (each for each in declared if each.since <= at and (each.until is None or at < each.until)),
        key=lambda each: (each.since, _GRAVENESS.index(each.phase)),
    )
    whole = [index for index, each in enumerate(held) if each.nations is None and each.area is None]
    last = held[whole[-1] :] if whole else held
    found = tuple(each.area for each in last if _GRAVENESS.index(each.phase) >= _GRAVENESS.index(phase))
    return found or (None,)
