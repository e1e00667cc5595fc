"""Mean elements of a set at another moment than its epoch, so that two sets of one satellite can be compared.

What a set says of its own epoch is carried by SGP4 itself, drag and the turning of the plane included (the "singly
averaged" elements of Vallado et al. 2006, as the sgp4 package keeps them after each step). Two sets of an
orbit that nobody changed then differ by what SGP4 does not know, and no longer by the days between them.
"""

from dataclasses import dataclass
from datetime import datetime
from math import degrees

import numpy as np

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import satrec
from space_hub.orbit.times import julian, ticks


@dataclass(frozen=True, slots=True)
class MeanElements:
    """Of one moment: km and degrees in TEME of date. `latitude_deg`: argument of perigee and mean anomaly together,
    which is well told apart on a circular orbit where neither of them is."""

    axis_km: float
    eccentricity: float
    inclination_deg: float
    node_deg: float
    latitude_deg: float


def mean_at(elements: ElementSet, at: datetime) -> MeanElements | None:
    """The mean elements at `at` (aware UTC); None where SGP4 has no orbit for that moment."""
    record = satrec(elements)
    day, fraction = julian(np.array([ticks(at)], dtype=np.int64))
    code, _, _ = record.sgp4(float(day[0]), float(fraction[0]))
    if code:
        return None
    return MeanElements(
        record.am * record.radiusearthkm,
        record.em,
        degrees(record.im),
        degrees(record.Om) % 360.0,
        degrees(record.om + record.mm) % 360.0,
    )


def turn_deg(one: float, other: float) -> float:
    """From one direction to another by the shorter way, -180 to 180 degrees."""
    return (other - one + 180.0) % 360.0 - 180.0
