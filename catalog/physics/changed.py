"""Whether a fleet flies otherwise than when its claims were last held against its orbits. Pure.

Another set of satellites always counts: one more, one fewer, one that came down, one that the hub began or ceased
to follow. Of a satellite that stayed, the set that was used is carried to the epoch of the new one by SGP4
(`space_hub.orbit.carried`), and what is left between the two is the change. With every satellite of a fleet
changed by just the amount below, alternately up and down, the mean revisit moved by this much (7 days, 45 deg
aside, over a square of 5 deg by 12 and by 4 polar satellites, over a point by 2):

| changed by | 12 | 4 | 2 |
|---|---|---|---|
| node 1 deg | 0.1 % | 0.6 % | 5.0 % |
| argument of latitude 10 deg | 0.4 % | 0.2 % | 5.0 % |
| axis 5 km | 1.0 % | 0.7 % | 4.9 % |
| inclination 0.1 deg | 0.1 % | 0.4 % | 0.0 % |
| eccentricity 0.002 | 1.8 % | 1.8 % | 0.0 % |
| one satellite fewer | 9.6 % | 33 % | 112 % |

A third of the tolerance for a claim of revisit (`feasibility.judge`) at the most: what is smaller turns no verdict
that was not on the edge of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, radians, sin
from typing import Literal

from space_hub.orbit.carried import mean_at, turn_deg
from space_hub.orbit.elements import ElementSet

AXIS_KM = 5.0
ECCENTRICITY = 0.002
INCLINATION_DEG = 0.1
NODE_DEG = 1.0
LATITUDE_DEG = 10.0


Change = Literal["never_looked", "fleet", "orbits"]
"""`fleet`: other satellites, or other ones of them are followed; `orbits`: one of them moved."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """By object, the content hash of the set of each satellite that is followed; and how many are not."""

    sets: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0


Sets = Mapping[str, ElementSet]
"""By content hash."""


def change(then: Fleet, now: Fleet, sets: Sets, known: dict[tuple[str, str], bool]) -> Change | None:
    """What of a fleet has changed enough to look at its claims again; None: nothing.

    `known` remembers the satellites that were compared, since many offerings rest on the same.
    """
    if then.missing != now.missing or then.sets.keys() != now.sets.keys():
        return "fleet"
    for pair in ((then.sets[name], now.sets[name]) for name in sorted(now.sets)):
        if pair[0] != pair[1] and pair not in known:
            old, new = sets.get(pair[0]), sets.get(pair[1])
            known[pair] = old is None or new is None or moved(old, new)
        if known.get(pair):
            return "orbits"
    return None


def moved(then: ElementSet, now: ElementSet) -> bool:
    """Whether one satellite is on another orbit, or elsewhere on it, than the older set said; also where SGP4 ends."""
    old, new = mean_at(then, now.epoch), mean_at(now, now.epoch)
    if old is None or new is None:
        return True
    tilt, node = radians(new.inclination_deg), turn_deg(old.node_deg, new.node_deg)
    # On an orbit near the equator the node lies anywhere: what counts is how the plane turned, and how far along it is.
    along = turn_deg(old.latitude_deg, new.latitude_deg + node * cos(tilt))
    return (
        abs(old.axis_km - new.axis_km) > AXIS_KM
        or abs(old.eccentricity - new.eccentricity) > ECCENTRICITY
        or abs(old.inclination_deg - new.inclination_deg) > INCLINATION_DEG
        or abs(node) * sin(tilt) > NODE_DEG
        or abs(along) > LATITUDE_DEG
    )
