"""Errors of element sets by regime, for objects without a history of their own.

Low orbits: Aida and Kirschner 2013 ("Accuracy Assessment of SGP4 Orbit Information Conversion into Osculating
Elements"), one sigma: radial 176 m and 125 m a day, in-track 695 m and 392 m a day, cross-track 168 m. No figure for
the other regimes could be verified; the geostationary one is measured from the history of one satellite (`MEASURED`),
and for MEO, HEO and the rest it is doubled, as a stand-in that says so.
"""

from collections.abc import Sequence

import numpy as np

from space_hub.orbit.elements import ElementSet, Regime
from space_hub.orbit.times import Floats
from space_hub.orbit.uncertainty.growth import POWERS, Growth, Source

AIDA_KIRSCHNER_2013 = "Aida and Kirschner 2013"
OWN_STUDY = "measured from element-set histories: validate realism"
STAND_IN = "no published figure: twice the geostationary errors measured in validate realism"

LOW = (Regime.LEO1, Regime.LEO2, Regime.LEO3, Regime.LEO4)


def linear(at_epoch_m: Sequence[float], per_day_m: Sequence[float]) -> Floats:
    """Sigmas that grow in a straight line, in m and m a day, as variances (3, 5)."""
    start, slope = np.array(at_epoch_m) / 1e3, np.array(per_day_m) / 1e3
    zero = np.zeros(3)
    return np.stack([start**2, 2.0 * start * slope, slope**2, zero, zero], axis=-1)


def independent(at_epoch_m: Sequence[float], per_day_m: Sequence[float], per_day2_m: Sequence[float]) -> Floats:
    """Sigmas of independent causes, in m, m a day and m a day squared, as variances (3, 5)."""
    start, slope, bend = (np.array(each) / 1e3 for each in (at_epoch_m, per_day_m, per_day2_m))
    zero = np.zeros(3)
    return np.stack([start**2, zero, slope**2, zero, bend**2], axis=-1)


PUBLISHED_LOW = linear((176.0, 695.0, 168.0), (125.0, 392.0, 0.0))

MEASURED = {
    Regime.LEO2: independent((9.4, 23.3, 5.8), (106.8, 75.2, 18.9), (0.0, 43.7, 1.2)),
    Regime.LEO3: independent((7.6, 16.7, 6.7), (44.9, 28.8, 46.2), (2.0, 6.8, 0.8)),
    Regime.LEO4: independent((3.5, 24.3, 10.7), (51.7, 33.2, 84.2), (0.0, 3.7, 0.0)),
    Regime.GEO: independent((55.3, 440.2, 59.0), (140.1, 1657.4, 302.2), (0.0, 319.0, 13.5)),
}
"""What `validate realism` finds in histories of maintained satellites: CryoSat-2; SARAL and Sentinel-3A, the larger;
Jason-3; Fengyun-2F.
"""


def of_regime(regime: Regime) -> Growth:
    """The table's figures for a regime; `citation` says whose they are."""
    if regime in LOW:
        return Growth(PUBLISHED_LOW, Source.TABLE, AIDA_KIRSCHNER_2013)
    if regime is Regime.GEO:
        return Growth(MEASURED[Regime.GEO], Source.TABLE, OWN_STUDY)
    return Growth(4.0 * MEASURED[Regime.GEO], Source.TABLE, STAND_IN)


def of(elements: Sequence[ElementSet]) -> Growth:
    """The table's figures for many objects at once: variances (N, 3, 5)."""
    by_regime = {each: of_regime(each).variance_km2 for each in Regime}
    variance = np.array([by_regime[one.regime] for one in elements]).reshape(-1, 3, POWERS)
    return Growth(variance, Source.TABLE, f"by regime: {AIDA_KIRSCHNER_2013}; {OWN_STUDY}; {STAND_IN}")


def measured(regime: Regime) -> Growth:
    """What histories show of a regime, or the table where there is none: for sets that are made up, not for a real
    risk.
    """
    if regime in MEASURED:
        return Growth(MEASURED[regime], Source.TABLE, OWN_STUDY)
    return of_regime(regime)
