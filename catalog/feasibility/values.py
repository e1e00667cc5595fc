"""What the check of a claim by physics takes and gives. Pure.

Values are in the canonical unit of their attribute (GLOSSARY): hours, minutes, kilometres.
A finding stands beside the claim and changes nothing: no score reads it. What disagrees
becomes a question to the supplier first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from space_hub.orbit.coverage.sensor import Sensor
from space_hub.orbit.elements import ElementSet
from space_hub.text import Reason, Word
from space_hub.vocabulary.attributes import Measured

MAX_AGE = timedelta(days=14)
"""Older sets put a low satellite minutes from where it is: rates of revisit outlive that, single windows do not."""


@dataclass(frozen=True, slots=True)
class Station:
    """A ground station of the offering, degrees and km."""

    longitude: float
    latitude: float
    height_km: float = 0.0
    mask_deg: float = 5.0


@dataclass(frozen=True, slots=True)
class Subject:
    """An offering that rests on satellites: what is known of them, and what its supplier says.

    `missing` satellites are the offering's and have no element set here. `answered` is what the supplier said for
    this area when it was asked, beside what it claims for all.
    """

    offering_id: str
    elements: tuple[ElementSet, ...]
    sensor: Sensor
    claimed: Mapping[str, Measured]
    answered: Mapping[str, Measured] = field(default_factory=dict)
    stations: tuple[Station, ...] = ()
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Where and when: a GeoJSON geometry and a window."""

    area: Mapping[str, Any]
    start: datetime
    stop: datetime


@dataclass(frozen=True, slots=True)
class Computed:
    """What orbits allow for one attribute at the best: every satellite always free for this asker.

    `value` is None when it could not be computed, and `hindrance` then says why. `error` is its standard error from
    the window being short. `pessimistic`: satellites were missing or failed, so that the truth may be better, nobody
    knows by how much. `at_best`: where that is known, the best that the truth can be; the claim is held against it.
    """

    attribute: str
    value: float | None
    error: float = 0.0
    pessimistic: bool = False
    at_best: float | None = None
    hindrance: Reason | None = None


class FeasibilityVerdict(Word, of="feasibility_verdict"):
    AGREE = "agree"
    DISAGREE = "disagree"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: FeasibilityVerdict
    reason: Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One attribute: claimed, answered and computed side by side, and what is to be said of each of the two.

    `limit` is the most ambitious value that still agrees.
    """

    attribute: str
    claimed: Measured | None
    answered: Measured | None
    computed: Computed
    limit: float | None
    of_claim: Judgement
    of_answer: Judgement | None

    @property
    def for_reply(self) -> bool:
        """Whether the supplier is to be asked about it. Nothing else may follow from a finding before it replied."""
        judged = (self.of_claim, self.of_answer)
        return any(each is not None and each.verdict is FeasibilityVerdict.DISAGREE for each in judged)
