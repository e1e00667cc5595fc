"""From TEME, in which SGP4 answers, to EME2000 (mean equator and equinox of J2000), in which messages are written.

Skyfield's rotation to TEME (IAU 2000A nutation, equation of the equinoxes) and the frame bias between ICRS and J2000.
Against the published chain of IAU 1976/1980 that is good to 3 m at 10,000 km; an element set is good to a kilometre.
"""

from datetime import datetime
from functools import cache

import numpy as np
from skyfield.api import load
from skyfield.framelib import ICRS_to_J2000
from skyfield.sgp4lib import TEME
from skyfield.timelib import Timescale

from space_hub.orbit.times import Floats


@cache
def _timescale() -> Timescale:
    return load.timescale(builtin=True)


def teme_to_eme2000(vector: Floats, at: datetime) -> Floats:
    """Position or velocity (3,) in TEME of date, turned to EME2000; `at` is aware.

    The turning of the equinox itself (8e-12 rad/s) is left out of velocities: 0.06 mm/s in a low orbit.
    """
    to_teme = np.asarray(TEME.rotation_at(_timescale().from_datetime(at)))
    turned: Floats = ICRS_to_J2000 @ (to_teme.T @ vector)
    return turned
