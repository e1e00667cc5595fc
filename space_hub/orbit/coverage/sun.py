"""Where the sun stands, to 0.001 deg between 1950 and 2050.

The earth's longitude about the sun from the terms of VSOP87 (Bretagnon, Francou 1988, Astron.
Astrophys. 202, 309; as listed by Meeus, Astronomical Algorithms, appendix III) of at least
1e-6 rad, then aberration and the four largest terms of nutation. What is cut off adds up to
0.0003 deg in the mean. The sun's latitude, 0.0003 deg, is left out, and so is refraction: an
elevation is that of geometry. Terrestrial time is taken as UTC + 69.2 s; the sun moves
0.0007 deg a minute.
"""

import numpy as np

from space_hub.orbit.coverage.earth import sidereal
from space_hub.orbit.times import DAY, Floats, Ticks

_J2000 = 10_957 * DAY + DAY // 2
_TERRESTRIAL_LESS_UTC_S = 69.2

PARALLAX_RAD = 4.26e-5
"""How much lower the sun stands for a place on the equator than for the earth's centre, at the horizon."""

_CONSTANT = (  # amplitude 1e-8 rad, phase rad, rad a millennium
    (175347046, 0.0, 0.0),
    (3341656, 4.6692568, 6283.0758500),
    (34894, 4.62610, 12566.15170),
    (3497, 2.7441, 5753.3849),
    (3418, 2.8289, 3.5231),
    (3136, 3.6277, 77713.7715),
    (2676, 4.4181, 7860.4194),
    (2343, 6.1352, 3930.2097),
    (1324, 0.7425, 11506.7698),
    (1273, 2.0371, 529.6910),
    (1199, 1.1096, 1577.3435),
    (990, 5.233, 5884.927),
    (902, 2.045, 26.298),
    (857, 3.508, 398.149),
    (780, 1.179, 5223.694),
    (753, 2.533, 5507.553),
    (505, 4.583, 18849.228),
    (492, 4.205, 775.523),
    (357, 2.920, 0.067),
    (317, 5.849, 11790.629),
    (284, 1.899, 796.298),
    (271, 0.315, 10977.079),
    (243, 0.345, 5486.778),
    (206, 4.806, 2544.314),
    (205, 1.869, 5573.143),
    (202, 2.458, 6069.777),
    (156, 0.833, 213.299),
    (132, 3.411, 2942.463),
    (126, 1.083, 20.775),
    (115, 0.645, 0.980),
    (103, 0.636, 4694.003),
    (102, 0.976, 15720.839),
    (102, 4.267, 7.114),
)
_RATE = (
    (628331966747, 0.0, 0.0),
    (206059, 2.678235, 6283.075850),
    (4303, 2.6351, 12566.1517),
    (425, 1.590, 3.523),
    (119, 5.796, 26.298),
    (109, 2.966, 1577.344),
)
_BEND = ((52919, 0.0, 0.0), (8720, 1.0721, 6283.0758), (309, 0.867, 12566.152))


def apparent_longitude(at: Ticks) -> tuple[Floats, Floats, Floats]:
    """Of the sun at ticks (T,): longitude, true obliquity, nutation in longitude; rad."""
    t = ((at - _J2000) / DAY + _TERRESTRIAL_LESS_UTC_S / 86_400.0) / 36_525.0
    millennia = t / 10.0
    earth = np.zeros(t.shape)
    for power, terms in enumerate((_CONSTANT, _RATE, _BEND)):
        for size, phase, speed in terms:
            earth += size * 1e-8 * np.cos(phase + speed * millennia) * millennia**power
    node = np.radians(125.04452 - 1_934.136261 * t)
    moon, sun = np.radians(218.3165 + 481_267.8813 * t), np.radians(280.4665 + 36_000.7698 * t)
    nutation = (
        -17.20 * np.sin(node) - 1.32 * np.sin(2.0 * sun) - 0.23 * np.sin(2.0 * moon) + 0.21 * np.sin(2.0 * node)
    ) / 3600.0
    tilt = (
        9.20 * np.cos(node) + 0.57 * np.cos(2.0 * sun) + 0.10 * np.cos(2.0 * moon) - 0.09 * np.cos(2.0 * node)
    ) / 3600.0
    aberration = 20.49 * (1.0 + 0.0167 * np.cos(sun - np.radians(282.94))) / 3600.0
    obliquity = 23.43929111 - 0.0130041667 * t + tilt
    longitude = np.degrees(earth) + 180.0 - aberration + nutation
    return np.radians(longitude % 360.0), np.radians(obliquity), np.radians(nutation)


def sunward(at: Ticks) -> Floats:
    """Direction to the sun at ticks (T,), Earth-fixed: (T, 3)."""
    longitude, obliquity, nutation = apparent_longitude(at)
    # Apparent sidereal time: the true equinox, from which the longitude counts, stands off the mean one.
    angle = sidereal(at) + nutation * np.cos(obliquity)
    x, along = np.cos(longitude), np.sin(longitude)
    y, z = along * np.cos(obliquity), along * np.sin(obliquity)
    sine, cosine = np.sin(angle), np.cos(angle)
    return np.stack([cosine * x + sine * y, cosine * y - sine * x, z], axis=-1)
