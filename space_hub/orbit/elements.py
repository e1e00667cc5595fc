"""Element sets as values: what SGP4 needs to know about one object at one epoch.

Units are those of the GP message (CCSDS 502.0 OMM, SGP4 theory): revolutions a
day, degrees, inverse earth radii; the frame is TEME, the time UTC, the constants
WGS 72.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import pi

EARTH_RADIUS_KM = 6378.135
"""Equatorial radius of WGS 72, the one SGP4 uses."""

MU_KM3_S2 = 398600.8
"""Gravitational parameter of WGS 72."""

DEEP_SPACE_PERIOD_MIN = 225.0
"""SGP4 switches to its deep-space part at this period (Hoots and Roehrich, Spacetrack Report 3)."""


class Regime(StrEnum):
    """Orbit regimes of NASA CARA (EventRate_Orbit_Regime_Definitions)."""

    LEO1 = "LEO1"
    LEO2 = "LEO2"
    LEO3 = "LEO3"
    LEO4 = "LEO4"
    MEO = "MEO"
    GEO = "GEO"
    HEO1 = "HEO1"
    HEO2 = "HEO2"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class ElementSet:
    """One validated general-perturbations element set.

    `catalog_number` has one to nine digits. `epoch` is aware UTC, to the
    microsecond. `mean_motion_dot` and `mean_motion_ddot` are carried for round
    trips; SGP4 does not read them.
    """

    catalog_number: int
    epoch: datetime
    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    arg_perigee_deg: float
    mean_anomaly_deg: float
    bstar: float
    mean_motion_dot: float = 0.0
    mean_motion_ddot: float = 0.0
    name: str = ""
    international_designator: str = ""
    classification: str = "U"
    ephemeris_type: int = 0
    element_set_number: int = 0
    revolution_at_epoch: int = 0

    @property
    def period_min(self) -> float:
        return 1440.0 / self.mean_motion_rev_day

    @property
    def semi_major_axis_km(self) -> float:
        """Keplerian axis of the mean motion as given, in km; good to tens of km, for sorting and display."""
        n = self.mean_motion_rev_day * 2.0 * pi / 86400.0
        return float((MU_KM3_S2 / (n * n)) ** (1.0 / 3.0))

    @property
    def perigee_km(self) -> float:
        """Height of perigee above the equatorial radius, in km."""
        return self.semi_major_axis_km * (1.0 - self.eccentricity) - EARTH_RADIUS_KM

    @property
    def apogee_km(self) -> float:
        """Height of apogee above the equatorial radius, in km."""
        return self.semi_major_axis_km * (1.0 + self.eccentricity) - EARTH_RADIUS_KM

    @property
    def is_deep_space(self) -> bool:
        return self.period_min >= DEEP_SPACE_PERIOD_MIN

    @property
    def regime(self) -> Regime:
        perigee, period = self.perigee_km, self.period_min
        if self.eccentricity >= 0.25:
            return Regime.HEO1 if perigee < 2000.0 else Regime.HEO2
        for limit, regime in ((500.0, Regime.LEO1), (750.0, Regime.LEO2), (1200.0, Regime.LEO3), (2000.0, Regime.LEO4)):
            if perigee <= limit:
                return regime
        if 600.0 < period < 800.0:
            return Regime.MEO
        if 1300.0 < period < 1800.0 and self.inclination_deg < 35.0:
            return Regime.GEO
        return Regime.OTHER
