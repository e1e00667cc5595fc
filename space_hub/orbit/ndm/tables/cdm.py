"""Conjunction data message: CCSDS 508.0-B-1, and the keywords of the draft of version 2 that Orekit 13 knows."""

from space_hub.orbit.ndm.fields import keys
from space_hub.orbit.ndm.grammar import Section, Shape

_AXES = ("R", "T", "N", "RDOT", "TDOT", "NDOT", "DRG", "SRP", "THR")
_HALVES = {
    **dict.fromkeys(("R", "T", "N"), (1, 0, 0)),
    **dict.fromkeys(("RDOT", "TDOT", "NDOT"), (1, -1, 0)),
    "DRG": (2, 0, -1),
    "SRP": (2, 0, -1),
    "THR": (1, -2, 0),
}
"""Powers of metre, second and kilogram of what stands beside the state."""


def _unit(row: str, column: str) -> str:
    metre, second, kilogram = (one + other for one, other in zip(_HALVES[row], _HALVES[column], strict=True))
    below = [f"{name}**{-power}" if power < -1 else name for name, power in (("kg", kilogram), ("s", second)) if power]
    over = "/(" + "*".join(below) + ")" if len(below) > 1 else f"/{below[0]}" if below else ""
    return f"m**{metre}{over}" if metre > 1 else f"m{over}"


COVARIANCE = tuple((row, column) for at, row in enumerate(_AXES) for column in _AXES[: at + 1])
"""Row and column of the lower triangle, in the order of the message; the first 21 are mandatory."""

_COVARIANCE = "\n".join(
    f"C{row}_{column}{'!' if at < 21 else ''} number {_unit(row, column)}"
    for at, (row, column) in enumerate(COVARIANCE)
)

HEADER = """
CREATION_DATE! time
ORIGINATOR!
MESSAGE_FOR
MESSAGE_ID!
CLASSIFICATION @2.0
"""

RELATIVE = """
TCA! time
MISS_DISTANCE! number m >=0
RELATIVE_SPEED number m/s >=0
RELATIVE_POSITION_R number m
RELATIVE_POSITION_T number m
RELATIVE_POSITION_N number m
RELATIVE_VELOCITY_R number m/s
RELATIVE_VELOCITY_T number m/s
RELATIVE_VELOCITY_N number m/s
START_SCREEN_PERIOD time
STOP_SCREEN_PERIOD time
SCREEN_VOLUME_FRAME RTN|TVN
SCREEN_VOLUME_SHAPE ELLIPSOID|BOX
SCREEN_VOLUME_X number m >=0
SCREEN_VOLUME_Y number m >=0
SCREEN_VOLUME_Z number m >=0
SCREEN_ENTRY_TIME time
SCREEN_EXIT_TIME time
COLLISION_PROBABILITY number 0..1
COLLISION_PROBABILITY_METHOD
CONJUNCTION_ID @2.0
APPROACH_ANGLE number deg @2.0
MAHALANOBIS_DISTANCE number @2.0
SCREEN_TYPE @2.0
SCREEN_VOLUME_RADIUS number m @2.0
SCREEN_PC_THRESHOLD number 0..1 @2.0
COLLISION_PERCENTILE @2.0
COLLISION_MAX_PROBABILITY number 0..1 @2.0
COLLISION_MAX_PC_METHOD @2.0
SEFI_COLLISION_PROBABILITY number 0..1 @2.0
SEFI_COLLISION_PROBABILITY_METHOD @2.0
SEFI_FRAGMENTATION_MODEL @2.0
PREVIOUS_MESSAGE_ID @2.0
PREVIOUS_MESSAGE_EPOCH time @2.0
NEXT_MESSAGE_EPOCH time @2.0
"""

METADATA = """
OBJECT! OBJECT1|OBJECT2
OBJECT_DESIGNATOR!
CATALOG_NAME!
OBJECT_NAME!
INTERNATIONAL_DESIGNATOR!
OBJECT_TYPE PAYLOAD|ROCKET~BODY|DEBRIS|UNKNOWN|OTHER
OPERATOR_CONTACT_POSITION
OPERATOR_ORGANIZATION
OPERATOR_PHONE
OPERATOR_EMAIL
EPHEMERIS_NAME!
COVARIANCE_METHOD! CALCULATED|DEFAULT
MANEUVERABLE! YES|NO|N/A
ORBIT_CENTER
REF_FRAME! GCRF|EME2000|ITRF
GRAVITY_MODEL
ATMOSPHERIC_MODEL
N_BODY_PERTURBATIONS
SOLAR_RAD_PRESSURE YES|NO
EARTH_TIDES YES|NO
INTRACK_THRUST YES|NO
OBS_BEFORE_NEXT_MESSAGE YES|NO @2.0
COVARIANCE_SOURCE @2.0
ODM_MSG_LINK @2.0
ADM_MSG_LINK @2.0
ALT_COV_TYPE @2.0
ALT_COV_REF_FRAME @2.0
"""

OD = """
TIME_LASTOB_START time
TIME_LASTOB_END time
RECOMMENDED_OD_SPAN number d
ACTUAL_OD_SPAN number d
OBS_AVAILABLE integer
OBS_USED integer
TRACKS_AVAILABLE integer
TRACKS_USED integer
RESIDUALS_ACCEPTED number %
WEIGHTED_RMS number
OD_EPOCH time @2.0
"""

ADDITIONAL = """
AREA_PC number m**2
AREA_DRG number m**2
AREA_SRP number m**2
MASS number kg
CD_AREA_OVER_MASS number m**2/kg
CR_AREA_OVER_MASS number m**2/kg
THRUST_ACCELERATION number m/s**2
SEDR number W/kg
AREA_PC_MIN number m**2 @2.0
AREA_PC_MAX number m**2 @2.0
HBR number m @2.0
RCS number m**2 @2.0
APOAPSIS_ALTITUDE number km @2.0
PERIAPSIS_ALTITUDE number km @2.0
INCLINATION number deg @2.0
COV_CONFIDENCE number % @2.0
COV_CONFIDENCE_METHOD @2.0
"""

STATE = """
X! number km
Y! number km
Z! number km
X_DOT! number km/s
Y_DOT! number km/s
Z_DOT! number km/s
"""

_RELATIVE_STATE = frozenset(f"RELATIVE_{what}_{axis}" for what in ("POSITION", "VELOCITY") for axis in "RTN")

SHAPE = Shape(
    kind="cdm",
    versions=("1.0", "2.0"),
    header=Section("header", keys(HEADER), must=True),
    lead=Section(
        "relativeMetadataData", keys(RELATIVE), must=True, group=("relativeStateVector", _RELATIVE_STATE), units=True
    ),
    metadata=Section("metadata", keys(METADATA), must=True),
    data=(
        Section("odParameters", keys(OD), units=True),
        Section("additionalParameters", keys(ADDITIONAL), units=True),
        Section("stateVector", keys(STATE), must=True, units=True),
        Section("covarianceMatrix", keys(_COVARIANCE), must=True, units=True),
        Section("userDefinedParameters", {}, users=True),
    ),
    segment_start="OBJECT",
    least=2,
    most=2,
)
