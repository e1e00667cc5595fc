"""How far a pair's true distance can be from that of its chords: constants and the one formula.

Each is derived in the README of `orbit`; none is tuned.
"""

from space_hub.orbit.elements import MU_KM3_S2
from space_hub.orbit.kernels.jit import kernel

CURVE_FACTOR = 1.25
CURVE_FLOOR_KM = 0.002
CURVE_STEP_S = 240.0
REST_FACTOR = 2.0
REST_FLOOR_KM_S2 = 1e-6
REST_OBLATENESS_KM5_S2 = 2.64e10
REST_LIMIT_KM_S2 = 8e-5
REST_UNKNOWN_KM_S2 = 1e-3
ROUNDING = 4.0 * 2.0**-24
DIRECTION_RAD = 2.5e-5
KNOT_ERROR_KM = 0.02


@kernel
def within(threshold: float, step_s: float, radius: float, turn: float, rest: float) -> float:
    """What two chords may be apart, in km, when their objects are within `threshold` km somewhere in a slab.

    `step_s`: length of the slab; `radius`: least radius of the two, km; `turn`: most that one
    can move against the other in half the slab, km; `rest`: sum of their rests, km/s^2.
    """
    apart = 2.0 * turn + threshold
    dip = min(0.3, apart * apart / (8.0 * radius * radius))
    lowest = radius * (1.0 - dip)
    gradient = 2.0 * MU_KM3_S2 / (lowest * lowest * lowest)
    bend = 0.125 * step_s * step_s * (gradient * (turn / 3.0 + threshold) + rest)
    return threshold + bend + 2.0 * KNOT_ERROR_KM + 2.0 * ROUNDING * radius
