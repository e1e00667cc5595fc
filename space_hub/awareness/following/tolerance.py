"""How far apart two sources may put one encounter of a pair. Pure.

A pair meets again half a revolution later at the soonest, so a quarter of the shorter period
keeps two meetings apart whoever tells of them (`correlate.tolerance`). Below that each source
has a longest difference of its own: mean elements may be days old, an operator's ephemeris is
not. Between two sources the looser one counts. The study is `validate tracking`.
"""

from datetime import timedelta
from math import pi, sqrt
from typing import Final

from space_hub.text import Word

MU_KM3_S2: Final = 398600.4418
"""Gravitational parameter of the earth (WGS 84, as in CCSDS messages)."""

EARTH_RAD_S: Final = 7.292115e-5
"""Rotation of the earth (WGS 84)."""


class Source(Word, of="conjunction_source"):
    """Where a look at an encounter is from: a run over element sets, or another source."""

    GP = "gp"
    SUPGP = "supgp"
    OEM = "oem"
    CDM = "cdm"


LONGEST_OF: Final = {
    Source.GP: timedelta(minutes=10),
    Source.SUPGP: timedelta(minutes=5),
    Source.OEM: timedelta(minutes=2),
    Source.CDM: timedelta(minutes=2),
}


def longest(one: Source, other: Source) -> timedelta:
    """The most by which these two may differ about the time of one encounter."""
    return max(LONGEST_OF[one], LONGEST_OF[other])


def period(position_km: tuple[float, float, float], velocity_km_s: tuple[float, float, float], frame: str) -> timedelta:
    """Keplerian period of a state in `frame`; a day for a state that does not come back.

    In ITRF the frame's own turning is added to the velocity.
    """
    (x, y, z), (u, v, w) = position_km, velocity_km_s
    if frame == "ITRF":
        u, v = u - EARTH_RAD_S * y, v + EARTH_RAD_S * x
    inverse_axis = 2.0 / sqrt(x * x + y * y + z * z) - (u * u + v * v + w * w) / MU_KM3_S2
    if inverse_axis <= 0.0:
        return timedelta(days=1)
    return timedelta(seconds=min(2.0 * pi / sqrt(MU_KM3_S2 * inverse_axis**3), 86400.0))
