"""Orbit comprehensive message: CCSDS 502.0-B-3, section 6. It is read and kept: what its tables mean is not used here.

Of its mandatory keywords those are asked for that have no default; Orekit and the printed examples differ on the rest.
"""

from space_hub.orbit.ndm.fields import keys
from space_hub.orbit.ndm.grammar import Section, Shape
from space_hub.orbit.ndm.tables.orbit import HEADER

_METADATA = """
OBJECT_NAME
INTERNATIONAL_DESIGNATOR
CATALOG_NAME
OBJECT_DESIGNATOR
ALTERNATE_NAMES
ORIGINATOR_POC
ORIGINATOR_POSITION
ORIGINATOR_PHONE
ORIGINATOR_EMAIL
ORIGINATOR_ADDRESS
TECH_ORG
TECH_POC
TECH_POSITION
TECH_PHONE
TECH_EMAIL
TECH_ADDRESS
PREVIOUS_MESSAGE_ID
NEXT_MESSAGE_ID
ADM_MSG_LINK
CDM_MSG_LINK
PRM_MSG_LINK
RDM_MSG_LINK
TDM_MSG_LINK
OPERATOR
OWNER
COUNTRY
CONSTELLATION
OBJECT_TYPE
TIME_SYSTEM!
EPOCH_TZERO! time
OPS_STATUS
ORBIT_CATEGORY
OCM_DATA_ELEMENTS
SCLK_OFFSET_AT_EPOCH number s
SCLK_SEC_PER_SI_SEC number s
PREVIOUS_MESSAGE_EPOCH instant
NEXT_MESSAGE_EPOCH instant
START_TIME instant
STOP_TIME instant
TIME_SPAN number d
TAIMUTC_AT_TZERO number s
NEXT_LEAP_EPOCH instant
NEXT_LEAP_TAIMUTC number s
UT1MUTC_AT_TZERO number s
EOP_SOURCE
INTERP_METHOD_EOP
CELESTIAL_SOURCE
"""

_TRAJECTORY = """
TRAJ_ID
TRAJ_PREV_ID
TRAJ_NEXT_ID
TRAJ_BASIS
TRAJ_BASIS_ID
INTERPOLATION
INTERPOLATION_DEGREE integer
PROPAGATOR
CENTER_NAME
TRAJ_REF_FRAME!
TRAJ_FRAME_EPOCH instant
USEABLE_START_TIME instant
USEABLE_STOP_TIME instant
ORB_REVNUM number
ORB_REVNUM_BASIS integer
TRAJ_TYPE
ORB_AVERAGING
TRAJ_UNITS
"""

_PHYSICAL = """
MANUFACTURER
BUS_MODEL
DOCKED_WITH
DRAG_CONST_AREA number m**2
DRAG_COEFF_NOM number
DRAG_UNCERTAINTY number %
INITIAL_WET_MASS number kg
WET_MASS number kg
DRY_MASS number kg
OEB_PARENT_FRAME
OEB_PARENT_FRAME_EPOCH instant
OEB_Q1 number
OEB_Q2 number
OEB_Q3 number
OEB_QC number
OEB_MAX number m
OEB_INT number m
OEB_MIN number m
AREA_ALONG_OEB_MAX number m**2
AREA_ALONG_OEB_INT number m**2
AREA_ALONG_OEB_MIN number m**2
AREA_MIN_FOR_PC number m**2
AREA_MAX_FOR_PC number m**2
AREA_TYP_FOR_PC number m**2
RCS number m**2
RCS_MIN number m**2
RCS_MAX number m**2
SRP_CONST_AREA number m**2
SOLAR_RAD_COEFF number
SOLAR_RAD_UNCERTAINTY number %
VM_ABSOLUTE number
VM_APPARENT_MIN number
VM_APPARENT number
VM_APPARENT_MAX number
REFLECTANCE number
ATT_CONTROL_MODE
ATT_ACTUATOR_TYPE
ATT_KNOWLEDGE number deg
ATT_CONTROL number deg
ATT_POINTING number deg
AVG_MANEUVER_FREQ number #/yr
MAX_THRUST number N
DV_BOL number km/s
DV_REMAINING number km/s
IXX number kg*m**2
IYY number kg*m**2
IZZ number kg*m**2
IXY number kg*m**2
IXZ number kg*m**2
IYZ number kg*m**2
"""

_COVARIANCE = """
COV_ID
COV_PREV_ID
COV_NEXT_ID
COV_BASIS
COV_BASIS_ID
COV_REF_FRAME
COV_FRAME_EPOCH instant
COV_SCALE_MIN number
COV_SCALE_MAX number
COV_CONFIDENCE number %
COV_TYPE
COV_ORDERING LTM|UTM|FULL|LTMWCC|UTMWCC
COV_UNITS
"""

_MANOEUVRE = """
MAN_ID!
MAN_PREV_ID
MAN_NEXT_ID
MAN_BASIS
MAN_BASIS_ID
MAN_DEVICE_ID!
MAN_PREV_EPOCH instant
MAN_NEXT_EPOCH instant
MAN_PURPOSE
MAN_PRED_SOURCE
MAN_REF_FRAME
MAN_FRAME_EPOCH instant
GRAV_ASSIST_NAME
DC_TYPE
DC_WIN_OPEN instant
DC_WIN_CLOSE instant
DC_MIN_CYCLES integer
DC_MAX_CYCLES integer
DC_EXEC_START instant
DC_EXEC_STOP instant
DC_REF_TIME instant
DC_TIME_PULSE_DURATION number s
DC_TIME_PULSE_PERIOD number s
DC_REF_DIR
DC_BODY_FRAME
DC_BODY_TRIGGER
DC_PA_START_ANGLE number deg
DC_PA_STOP_ANGLE number deg
MAN_COMPOSITION!
MAN_UNITS
"""

_FORCES = """
ATMOSPHERIC_MODEL
GRAVITY_MODEL
EQUATORIAL_RADIUS number km
GM number km**3/s**2
N_BODY_PERTURBATIONS
CENTRAL_BODY_ROTATION number deg/s
OBLATE_FLATTENING number
OCEAN_TIDES_MODEL
SOLID_TIDES_MODEL
REDUCTION_THEORY
ALBEDO_MODEL
ALBEDO_GRID_SIZE integer
SHADOW_MODEL
SHADOW_BODIES
SRP_MODEL
SW_DATA_SOURCE
SW_DATA_EPOCH instant
SW_INTERP_METHOD
FIXED_GEOMAG_KP number nT
FIXED_GEOMAG_AP number nT
FIXED_GEOMAG_DST number nT
FIXED_F10P7 number SFU
FIXED_F10P7_MEAN number SFU
FIXED_M10P7 number SFU
FIXED_M10P7_MEAN number SFU
FIXED_S10P7 number SFU
FIXED_S10P7_MEAN number SFU
FIXED_Y10P7 number SFU
FIXED_Y10P7_MEAN number SFU
"""

_DETERMINATION = """
OD_ID!
OD_PREV_ID
OD_METHOD!
OD_EPOCH! instant
DAYS_SINCE_FIRST_OBS number d
DAYS_SINCE_LAST_OBS number d
RECOMMENDED_OD_SPAN number d
ACTUAL_OD_SPAN number d
OBS_AVAILABLE integer
OBS_USED integer
TRACKS_AVAILABLE integer
TRACKS_USED integer
MAXIMUM_OBS_GAP number d
OD_EPOCH_EIGMAJ number m
OD_EPOCH_EIGINT number m
OD_EPOCH_EIGMIN number m
OD_MAX_PRED_EIGMAJ number m
OD_MIN_PRED_EIGMIN number m
OD_CONFIDENCE number %
GDOP number
SOLVE_N integer
SOLVE_STATES
CONSIDER_N integer
CONSIDER_PARAMS
SEDR number W/kg
SENSORS_N integer
SENSORS
WEIGHTED_RMS number
DATA_TYPES
"""

WIDTHS = {"CARTP": 3, "CARTPV": 6, "CARTPVA": 9, "KEPLERIAN": 6, "KEPLERIANMEAN": 6, "EQUINOCTIAL": 6, "GEODETIC": 6}
"""Values of a trajectory line behind its time, by TRAJ_TYPE; other types stand in a register that grows."""

SHAPE = Shape(
    kind="ocm",
    versions=("3.0",),
    header=Section("header", keys(HEADER)),
    metadata=Section("metadata", keys(_METADATA), must=True, mark="META"),
    data=(
        Section("traj", keys(_TRAJECTORY), many=True, mark="TRAJ", row="trajLine"),
        Section("phys", keys(_PHYSICAL), mark="PHYS"),
        Section("cov", keys(_COVARIANCE), many=True, mark="COV", row="covLine"),
        Section("man", keys(_MANOEUVRE), many=True, mark="MAN", row="manLine"),
        Section("pert", keys(_FORCES), mark="PERT"),
        Section("od", keys(_DETERMINATION), mark="OD"),
        Section("user", {}, mark="USER", users=True),
    ),
)
