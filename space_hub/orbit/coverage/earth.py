"""The turning earth: TEME to Earth-fixed, the WGS 84 ellipsoid, what is below a satellite.

Earth-fixed here is TEME turned about its pole by Greenwich mean sidereal time of 1982
(Vallado et al. 2006, the frame that goes with SGP4), with UTC for UT1 and without polar
motion. UT1 has been within 0.1 s of UTC since 2021: 46 m at the equator, 6 ms of a low
orbit, 0.005 deg seen from 500 km. Polar motion is 10 m. SGP4 itself is good to a kilometre.
"""

from math import pi

import numpy as np

from space_hub.orbit.times import DAY, Floats, Ticks

EQUATOR_KM = 6378.137
FLATTENING = 1.0 / 298.257223563
POLE_KM = EQUATOR_KM * (1.0 - FLATTENING)
SQUARED_ECCENTRICITY = FLATTENING * (2.0 - FLATTENING)

MEAN_KM = 6371.0088
"""Mean radius (2a + b) / 3, only to bend a measured chord into an arc."""

TURN_RAD_S = 7.2921158553e-5
"""How fast sidereal time runs."""

NORMAL_OFF_CENTRE_RAD = 0.003367
"""The ellipsoid's normal is nowhere farther than this from the line to the centre (0.1925 deg, at 45 deg)."""

_J2000 = 10_957 * DAY + DAY // 2
"""The tick of 2000-01-01 12:00 UTC."""


def sidereal(at: Ticks) -> Floats:
    """Greenwich mean sidereal time of 1982 at ticks (T,), in rad from 0 to 2 pi."""
    since = at - _J2000
    day, rest = np.divmod(since, DAY)
    turned = rest / DAY
    t = (day + turned) / 36_525.0
    seconds = 67_310.54841 + t * (8_640_184.812866 + t * (0.093104 - 6.2e-6 * t))
    # Julian days begin at noon, and so do those since J2000.
    return np.asarray((turned + seconds / 86_400.0) % 1.0 * 2.0 * pi)


def earth_fixed(position: Floats, at: Ticks) -> Floats:
    """TEME (..., T, 3) at ticks (T,) to Earth-fixed, same shape and unit."""
    angle = sidereal(at)
    sine, cosine = np.sin(angle), np.cos(angle)
    x, y, z = position[..., 0], position[..., 1], position[..., 2]
    return np.stack([cosine * x + sine * y, cosine * y - sine * x, z], axis=-1)


def upward(longitude_deg: Floats, latitude_deg: Floats) -> Floats:
    """The ellipsoid's outward normal at (M,) places: (M, 3)."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    level = np.cos(latitude)
    return np.stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=-1)


def surface(up: Floats, height_km: Floats | float = 0.0) -> Floats:
    """The points (..., 3) km of which `up` (..., 3) is the normal, at a height above the ellipsoid."""
    across = EQUATOR_KM / np.sqrt(1.0 - SQUARED_ECCENTRICITY * up[..., 2] ** 2)
    out = (across + height_km)[..., None] * up
    out[..., 2] -= SQUARED_ECCENTRICITY * across * up[..., 2]
    return out


def upward_at(position: Floats) -> Floats:
    """The ellipsoid's normal through points (..., 3) km above it: (..., 3).

    Bowring 1976, two rounds from the parametric latitude: 1e-9 rad at any height up to the geostationary.
    """
    level = np.hypot(position[..., 0], position[..., 1])
    high = position[..., 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = high * (1.0 - FLATTENING) / level * (1.0 + SQUARED_ECCENTRICITY)
        for _ in range(2):
            sine = slope / np.sqrt(1.0 + slope**2)
            cosine = 1.0 / np.sqrt(1.0 + slope**2)
            second = SQUARED_ECCENTRICITY / (1.0 - SQUARED_ECCENTRICITY)
            tangent = (high + second * POLE_KM * sine**3) / (level - SQUARED_ECCENTRICITY * EQUATOR_KM * cosine**3)
            slope = (1.0 - FLATTENING) * tangent
        east, north = position[..., 0] / level, position[..., 1] / level
        size = np.sqrt(1.0 + tangent**2)
        out = np.stack([east / size, north / size, tangent / size], axis=-1)
    # On the axis itself the slope is endless; the normal is the axis.
    out[level < 1e-6] = 0.0
    out[level < 1e-6, 2] = np.sign(high[level < 1e-6])
    return out
