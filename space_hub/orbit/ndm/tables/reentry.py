"""Re-entry data message: CCSDS 508.1-B-1."""

from space_hub.orbit.ndm.fields import keys
from space_hub.orbit.ndm.grammar import Section, Shape
from space_hub.orbit.ndm.tables import cdm
from space_hub.orbit.ndm.tables.orbit import COVARIANCE_KEYS, STATE

_HEADER = """
CREATION_DATE! time
ORIGINATOR!
MESSAGE_ID!
"""

_METADATA = """
OBJECT_NAME!
INTERNATIONAL_DESIGNATOR!
CATALOG_NAME
OBJECT_DESIGNATOR
OBJECT_TYPE
OBJECT_OWNER
OBJECT_OPERATOR
CONTROLLED_REENTRY! YES|NO|UNKNOWN
CENTER_NAME!
TIME_SYSTEM!
EPOCH_TZERO! time
REF_FRAME
REF_FRAME_EPOCH time
EPHEMERIS_NAME
GRAVITY_MODEL
ATMOSPHERIC_MODEL
SOLAR_FLUX_PREDICTION
N_BODY_PERTURBATIONS
SOLAR_RAD_PRESSURE
EARTH_TIDES
INTRACK_THRUST
DRAG_PARAMETERS_SOURCE
DRAG_PARAMETERS_ALTITUDE number km
REENTRY_UNCERTAINTY_METHOD
REENTRY_DISINTEGRATION
IMPACT_UNCERTAINTY_METHOD
PREVIOUS_MESSAGE_ID
PREVIOUS_MESSAGE_EPOCH time
NEXT_MESSAGE_EPOCH time
"""

_REENTRY = """
ORBIT_LIFETIME! number d
REENTRY_ALTITUDE! number km
ORBIT_LIFETIME_WINDOW_START number d
ORBIT_LIFETIME_WINDOW_END number d
NOMINAL_REENTRY_EPOCH time
REENTRY_WINDOW_START time
REENTRY_WINDOW_END time
ORBIT_LIFETIME_CONFIDENCE_LEVEL number %
"""

_IMPACT = """
PROBABILITY_OF_IMPACT number 0..1
PROBABILITY_OF_BURN_UP number 0..1
PROBABILITY_OF_BREAK_UP number 0..1
PROBABILITY_OF_LAND_IMPACT number 0..1
PROBABILITY_OF_CASUALTY number 0..1
NOMINAL_IMPACT_EPOCH time
IMPACT_WINDOW_START time
IMPACT_WINDOW_END time
IMPACT_REF_FRAME
NOMINAL_IMPACT_LON number deg
NOMINAL_IMPACT_LAT number deg
NOMINAL_IMPACT_ALT number m
""" + "".join(
    f"""
IMPACT_{place}_CONFIDENCE number %
IMPACT_{place}_START_LON number deg
IMPACT_{place}_START_LAT number deg
IMPACT_{place}_STOP_LON number deg
IMPACT_{place}_STOP_LAT number deg
IMPACT_{place}_CROSS_TRACK number km
"""
    for place in (1, 2, 3)
)

_SPACECRAFT = """
WET_MASS number kg >=0
DRY_MASS number kg >=0
HAZARDOUS_SUBSTANCES
SOLAR_RAD_AREA number m**2 >=0
SOLAR_RAD_COEFF number
DRAG_AREA number m**2 >=0
DRAG_COEFF number
RCS number m**2
BALLISTIC_COEFF number kg/m**2
THRUST_ACCELERATION number m/s**2
"""

SHAPE = Shape(
    kind="rdm",
    versions=("1.0",),
    header=Section("header", keys(_HEADER), must=True),
    metadata=Section("metadata", keys(_METADATA), must=True),
    data=(
        Section("atmosphericReentryParameters", keys(_REENTRY), must=True),
        Section("groundImpactParameters", keys(_IMPACT)),
        Section("stateVector", keys(STATE)),
        Section("covarianceMatrix", keys(COVARIANCE_KEYS)),
        Section("spacecraftParameters", keys(_SPACECRAFT)),
        Section("odParameters", keys(cdm.OD)),
        Section("userDefinedParameters", {}, users=True),
    ),
)
