"""Orbit data messages: CCSDS 502.0-B-3 (OPM, OMM, OEM), and versions 1.0 and 2.0 of them, which have fewer keywords."""

from space_hub.orbit.ndm.fields import keys
from space_hub.orbit.ndm.grammar import Section, Shape

HEADER = """
CLASSIFICATION
CREATION_DATE! time
ORIGINATOR!
MESSAGE_ID
"""

_OBJECT = """
OBJECT_NAME!
OBJECT_ID!
CENTER_NAME!
REF_FRAME!
REF_FRAME_EPOCH time
TIME_SYSTEM!
"""

STATE = """
EPOCH! time
X! number km
Y! number km
Z! number km
X_DOT! number km/s
Y_DOT! number km/s
Z_DOT! number km/s
"""

_KEPLER = """
SEMI_MAJOR_AXIS! number km
ECCENTRICITY! number >=0
INCLINATION! number deg
RA_OF_ASC_NODE! number deg
ARG_OF_PERICENTER! number deg
TRUE_ANOMALY number deg
MEAN_ANOMALY number deg
GM! number km**3/s**2 >=0
"""

SPACECRAFT = """
MASS number kg >=0
SOLAR_RAD_AREA number m**2 >=0
SOLAR_RAD_COEFF number
DRAG_AREA number m**2 >=0
DRAG_COEFF number
"""

_MEAN = """
EPOCH! time
SEMI_MAJOR_AXIS number km
MEAN_MOTION number rev/day
ECCENTRICITY! number >=0
INCLINATION! number deg
RA_OF_ASC_NODE! number deg
ARG_OF_PERICENTER! number deg
MEAN_ANOMALY! number deg
GM number km**3/s**2 >=0
"""

_TLE = """
EPHEMERIS_TYPE integer
CLASSIFICATION_TYPE
NORAD_CAT_ID integer
ELEMENT_SET_NO integer
REV_AT_EPOCH integer
BSTAR number 1/ER
BTERM number m**2/kg
MEAN_MOTION_DOT number rev/day**2
MEAN_MOTION_DDOT number rev/day**3
AGOM number m**2/kg
"""

_MANOEUVRE = """
MAN_EPOCH_IGNITION! time
MAN_DURATION! number s >=0
MAN_DELTA_MASS! number kg
MAN_REF_FRAME!
MAN_DV_1! number km/s
MAN_DV_2! number km/s
MAN_DV_3! number km/s
"""

_EPHEMERIS = """
OBJECT_NAME!
OBJECT_ID!
CENTER_NAME!
REF_FRAME!
REF_FRAME_EPOCH time
TIME_SYSTEM!
START_TIME! time
USEABLE_START_TIME time
USEABLE_STOP_TIME time
STOP_TIME! time
INTERPOLATION
INTERPOLATION_DEGREE integer
"""

AXES = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
COVARIANCE = tuple(f"C{row}_{column}" for at, row in enumerate(AXES) for column in AXES[: at + 1])
"""The lower triangle of a covariance of position and velocity, in the order of the message."""

COVARIANCE_KEYS = "COV_REF_FRAME\n" + "\n".join(
    f"C{row}_{column}! number {('km**2', 'km**2/s', 'km**2/s**2')[(at > 2) + (column_at > 2)]}"
    for at, row in enumerate(AXES)
    for column_at, column in enumerate(AXES[: at + 1])
)

_USER = Section("userDefinedParameters", {}, users=True)

OPM = Shape(
    kind="opm",
    versions=("1.0", "2.0", "3.0"),
    header=Section("header", keys(HEADER)),
    metadata=Section("metadata", keys(_OBJECT), must=True),
    data=(
        Section("stateVector", keys(STATE), must=True),
        Section("keplerianElements", keys(_KEPLER)),
        Section("spacecraftParameters", keys(SPACECRAFT)),
        Section("covarianceMatrix", keys(COVARIANCE_KEYS)),
        Section("maneuverParameters", keys(_MANOEUVRE), many=True, start="MAN_EPOCH_IGNITION"),
        _USER,
    ),
)

OMM = Shape(
    kind="omm",
    versions=("1.0", "2.0", "3.0"),
    # CelesTrak sends both of these empty.
    header=Section("header", keys(HEADER.replace("!", "!?"))),
    metadata=Section("metadata", keys(_OBJECT + "MEAN_ELEMENT_THEORY!\n"), must=True),
    data=(
        Section("meanElements", keys(_MEAN), must=True),
        Section("spacecraftParameters", keys(SPACECRAFT)),
        Section("tleParameters", keys(_TLE)),
        Section("covarianceMatrix", keys(COVARIANCE_KEYS)),
        _USER,
    ),
)

EPHEMERIS_STATE = keys(STATE + "X_DDOT number km/s**2\nY_DDOT number km/s**2\nZ_DDOT number km/s**2\n")
"""What one line of an ephemeris says, in its order."""

OEM = Shape(
    kind="oem",
    versions=("1.0", "2.0", "3.0"),
    header=Section("header", keys(HEADER)),
    metadata=Section("metadata", keys(_EPHEMERIS), must=True, mark="META"),
    data=(Section("covarianceMatrix", keys("EPOCH! time\n" + COVARIANCE_KEYS), many=True, start="EPOCH"),),
    most=None,
    table="ephemeris",
)
