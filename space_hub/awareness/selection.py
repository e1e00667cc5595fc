"""Which element set of an object is believed. Pure.

A set that lands more than a limit from its predecessor, at its own epoch, may be
a manoeuvre, a swapped identity or damage: it is kept and held back until another
file brings a set that agrees with it, or a person accepts it. The current set of
an object is the newest one that is not held back; sets dated ahead may be it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from space_hub.orbit.elements import ElementSet
from space_hub.text import Word

STALE_AFTER = timedelta(days=3)
"""A believed set older than this, at hub time, holds nothing back.

Drag and manoeuvres alone carry more than half of a low constellation beyond 25 km in six days
(`tests/validation/test_departures.py`), and to screen with the old set would be worse than with
the new one, which is flagged all the same.
"""


class Standing(Word, of="element_set_standing"):
    TRUSTED = "trusted"
    DEPARTS = "departs"
    CONFIRMED = "confirmed"
    SUPPLEMENTAL = "supplemental"
    """Kept beside the catalogue's sets; `supplemental` judges it."""


Departure = Callable[[ElementSet, ElementSet], float | None]
"""Distance in km of a set from its predecessor at the set's own epoch; None where SGP4 gives no position."""


@dataclass(frozen=True, slots=True)
class Held:
    """A set that waits for agreement."""

    id: str
    source_file_id: str
    elements: ElementSet

    @property
    def designator(self) -> str:
        return self.elements.international_designator


@dataclass(frozen=True, slots=True)
class Judgement:
    standing: Standing
    departs: bool
    departure_km: float | None
    confirms: Held | None = None
    """The held set that this one agrees with."""


def judge(
    new: ElementSet,
    source_file_id: str,
    believed: ElementSet | None,
    held: Sequence[Held],
    *,
    now: datetime,
    limit_km: float,
    departure: Departure,
) -> Judgement:
    """What to make of `new`, given the believed set and those held back, newest last.

    Agreement within one file proves nothing: one fault damages many lines alike.
    """
    if believed is None:
        return Judgement(Standing.TRUSTED, False, None)
    distance = departure(new, believed)
    if distance is not None and distance <= limit_km:
        return Judgement(Standing.TRUSTED, False, distance)
    for other in reversed(held):
        if other.source_file_id == source_file_id:
            continue
        agreed = departure(new, other.elements)
        if agreed is not None and agreed <= limit_km:
            return Judgement(Standing.CONFIRMED, True, distance, other)
    outdated = distance is not None and now - believed.epoch > STALE_AFTER and _same_launch(new, believed)
    return Judgement(Standing.TRUSTED if outdated else Standing.DEPARTS, True, distance)


def _same_launch(new: ElementSet, believed: ElementSet) -> bool:
    """Nothing says that the number was given to another object meanwhile."""
    return not new.international_designator or new.international_designator == believed.international_designator


def supersedes(new: ElementSet, standing: Standing, believed: ElementSet | None) -> bool:
    """Whether `new` becomes the current set: of two with one epoch the later received counts."""
    return standing is not Standing.DEPARTS and (believed is None or new.epoch >= believed.epoch)
