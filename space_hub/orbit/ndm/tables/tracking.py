"""Tracking data message: CCSDS 503.0-B-2; version 1.0 knows fewer keywords."""

from space_hub.orbit.ndm.fields import keys
from space_hub.orbit.ndm.grammar import Section, Shape

_FIVE = range(1, 6)


def _each(name: str, grammar: str = "") -> str:
    return "".join(f"{name}_{place} {grammar}\n" for place in _FIVE)


_HEADER = """
CREATION_DATE! time
ORIGINATOR!
MESSAGE_ID
"""

_METADATA = (
    """
TRACK_ID
DATA_TYPES
TIME_SYSTEM!
START_TIME time
STOP_TIME time
PARTICIPANT_1!
"""
    + "".join(f"PARTICIPANT_{place}\n" for place in range(2, 6))
    + """
MODE SEQUENTIAL|SINGLE_DIFF
PATH
PATH_1
PATH_2
EPHEMERIS_NAME
"""
    + _each("EPHEMERIS_NAME")
    + """
TRANSMIT_BAND
RECEIVE_BAND
TURNAROUND_NUMERATOR integer
TURNAROUND_DENOMINATOR integer
TIMETAG_REF TRANSMIT|RECEIVE
INTEGRATION_INTERVAL number s >=0
INTEGRATION_REF START|MIDDLE|END
FREQ_OFFSET number Hz
RANGE_MODE COHERENT|CONSTANT|ONE_WAY
RANGE_MODULUS number >=0
RANGE_UNITS KM|S|RU
ANGLE_TYPE AZEL|RADEC|XEYN|XSYE
REFERENCE_FRAME
INTERPOLATION
INTERPOLATION_DEGREE integer
DOPPLER_COUNT_BIAS number
DOPPLER_COUNT_SCALE number
DOPPLER_COUNT_ROLLOVER YES|NO
"""
    + _each("TRANSMIT_DELAY", "number s >=0")
    + _each("RECEIVE_DELAY", "number s >=0")
    + """
DATA_QUALITY RAW|VALIDATED|DEGRADED
CORRECTION_ANGLE_1 number deg
CORRECTION_ANGLE_2 number deg
CORRECTION_DOPPLER number km/s
CORRECTION_MAG number
CORRECTION_RANGE number
CORRECTION_RCS number m**2
CORRECTION_RECEIVE number Hz
CORRECTION_TRANSMIT number Hz
CORRECTION_ABERRATION_YEARLY number deg
CORRECTION_ABERRATION_DIURNAL number deg
CORRECTIONS_APPLIED YES|NO
"""
)

OBSERVATIONS = keys(
    """
ANGLE_1 number deg
ANGLE_2 number deg
CARRIER_POWER number
CLOCK_BIAS number
CLOCK_DRIFT number
DOPPLER_COUNT number
DOPPLER_INSTANTANEOUS number
DOPPLER_INTEGRATED number
DOR number
MAG number
PC_N0 number
PR_N0 number
PRESSURE number
RANGE number
RCS number
RECEIVE_FREQ number
RHUMIDITY number
STEC number
TEMPERATURE number
TROPO_DRY number
TROPO_WET number
VLBI_DELAY number
"""
    + _each("RECEIVE_FREQ", "number")
    + _each("TRANSMIT_FREQ", "number")
    + _each("TRANSMIT_FREQ_RATE", "number")
    + _each("RECEIVE_PHASE_CT", "number")
    + _each("TRANSMIT_PHASE_CT", "number")
)
"""What can be observed; a line has an epoch and a number."""

SHAPE = Shape(
    kind="tdm",
    versions=("1.0", "2.0"),
    header=Section("header", keys(_HEADER)),
    metadata=Section("metadata", keys(_METADATA), must=True, mark="META"),
    data=(),
    most=None,
    table="observations",
)
