"""Numbers of SGP4/SDP4 and the places of an object's coefficients in its rows.

Vallado, Crawford, Hujsak, Kelso 2006, "Revisiting Spacetrack Report 3" (AIAA 2006-6753);
Hoots, Roehrich 1980, "Spacetrack Report 3". WGS 72, earth radii and minutes. Nothing is
computed here that depends on an object.
"""

from math import pi, sqrt

TWO_PI = 2.0 * pi
TWO_THIRDS = 2.0 / 3.0
TICKS_A_MINUTE = 60e6

RADIUS_KM = 6378.135
XKE = 60.0 / sqrt(RADIUS_KM * RADIUS_KM * RADIUS_KM / 398600.8)
"""Square root of the gravitational parameter, in earth radii to the 3/2 a minute."""

KM_A_SECOND = RADIUS_KM * XKE / 60.0
"""One unit of speed of the theory, in km/s."""

J2 = 0.001082616
J4 = -0.00000165597
J3_OVER_J2 = -0.00000253881 / 0.001082616

DEEP_MINUTES = 225.0
"""Periods from here on are deep space."""

RETROGRADE_GUARD = 1.5e-12
"""Stands for 1 + cos i where that is smaller: at an inclination of 180 degrees."""

LOW_INCLINATION = 0.2
"""Below this inclination, in rad, the lunar-solar periodics are applied as Lyddane's variables."""

# Sun and moon: strength, eccentricity and mean motion (rad a minute) of their apparent orbits.
SUN_STRENGTH, SUN_ECCENTRICITY, SUN_MOTION = 2.9864797e-6, 0.01675, 1.19459e-5
MOON_STRENGTH, MOON_ECCENTRICITY, MOON_MOTION = 4.7968065e-7, 0.05490, 1.5835218e-4
SUN_COS_I, SUN_SIN_I = 0.91744867, 0.39785416
SUN_COS_W, SUN_SIN_W = 0.1945905, -0.98088458

# Resonances: the earth's turn (rad a minute), the integrator's step (minutes) and half its square.
EARTH_TURN = 4.37526908801129966e-3
STEP, HALF_STEP_SQUARED = 720.0, 259200.0
DAILY, HALF_DAILY = 1, 2

# What SGP4 says of a state; 5 is ours.
ECCENTRICITY, MEAN_MOTION, PERTURBED_ECCENTRICITY, LATUS_RECTUM, NO_NUMBER, DECAYED = 1, 2, 3, 4, 5, 6

# Places in a near row. Rates are a minute; *_DOT, *_T2 belong to t and t squared.
(
    MOTION,  # mean motion, un-Kozai'd
    AXIS,  # its semi-major axis
    E,
    INCLINATION,
    SIN_I,
    COS_I,
    ANOMALY,
    ANOMALY_DOT,
    PERIGEE,
    PERIGEE_DOT,
    NODE,
    NODE_DOT,
    NODE_T2,
    AXIS_T,  # drag on the square root of the axis: C1, D2, D3, D4
    AXIS_T2,
    AXIS_T3,
    AXIS_T4,
    E_T,  # drag on the eccentricity: B* C4, B* C5
    E_SINE,
    SIN_ANOMALY,
    LONGITUDE_T2,  # drag on the mean longitude
    LONGITUDE_T3,
    LONGITUDE_T4,
    LONGITUDE_T5,
    PERIGEE_T,  # drag on the perigee, with the anomaly
    CUBE,
    ETA,
    CUBE_0,
    FULL,  # 1 where the drag terms of higher order hold, 0 where they are left out
    LONG_Y,  # long-period terms
    LONG_L,
    SHORT_3,  # 3 cos2 i - 1, 1 - cos2 i, 7 cos2 i - 1
    SHORT_1,
    SHORT_7,
) = range(34)
NEAR_WIDTH = 34

# Places in a deep row. Solar terms begin at SUN, lunar ones at MOON, in the same order.
TERMS = (E2, E3, I2, I3, L2, L3, L4, GH2, GH3, GH4, H2, H3) = tuple(range(12))
SUN, MOON = 0, 12
(
    SUN_ANOMALY,
    MOON_ANOMALY,
    DEEP_E_DOT,
    DEEP_I_DOT,
    DEEP_L_DOT,
    DEEP_NODE_DOT,
    DEEP_PERIGEE_DOT,
    SIDEREAL,
    RESONANCE,  # 0, DAILY or HALF_DAILY
    FACTOR,
    LAMBDA_0,
) = range(24, 35)
D1, D2, D3 = 35, 36, 37  # daily resonance
D2201, D2211, D3210, D3222, D4410, D4422, D5220, D5232, D5421, D5433 = range(35, 45)  # half-daily resonance
DEEP_WIDTH = 45
