"""Historic close approaches with published figures.

Iridium 33 and Cosmos 2251 collided on 2009-02-10; the last element sets before it, run
through SGP4, pass each other at 584 m at 16:55:59.806 UTC (T. S. Kelso, "Analysis of the
Iridium 33-Cosmos 2251 Collision", AMOS 2009; CelesTrak SOCRATES of that day).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from space_hub.orbit.approach import Approach, closest
from space_hub.orbit.elements import ElementSet
from space_hub.orbit.gp import read_text


@dataclass(frozen=True, slots=True)
class HistoricPair:
    """Two published element sets, and the published closest approach with its tolerance."""

    name: str
    lines: str
    tca: datetime
    miss_m: float
    tca_tolerance_ms: float
    miss_tolerance_m: float

    def elements(self) -> tuple[ElementSet, ElementSet]:
        first, second = read_text(self.lines, now=self.tca).accepted
        return first.elements, second.elements

    def approach(self, days: float = 1.0) -> Approach:
        """The closest approach within half of `days` on either side of the published instant."""
        half = timedelta(days=days / 2.0)
        return closest(*self.elements(), self.tca - half, self.tca + half)


IRIDIUM_33_COSMOS_2251 = HistoricPair(
    "Iridium 33 and Cosmos 2251",
    "1 24946U 97051C   09040.36587205  .00000121  00000-0  36194-4 0  9997\n"
    "2 24946 086.3996 121.8779 0002273 085.9342 274.2112 14.34219614597272\n"
    "1 22675U 93036A   09040.49834364 -.00000001  00000-0  95251-5 0  9996\n"
    "2 22675 074.0355 019.4646 0016027 098.7014 261.5952 14.31135643817415\n",
    datetime(2009, 2, 10, 16, 55, 59, 806_000, tzinfo=UTC),
    584.0,
    10.0,
    2.0,
)
