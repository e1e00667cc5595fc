"""Element sets to positions: the one place that sees an SGP4 library.

SGP4 and SDP4 as in Vallado et al. 2006 ("Revisiting Spacetrack Report 3") through the
sgp4 package, WGS 72, improved mode; frame TEME of date, km and km/s. A failure of one
object is data: its error code and NaN states.

The velocity of SGP4 is not the derivative of its position (up to 0.2 km/s apart for
falling eccentric objects), so nothing in the screening rests on it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import pi, radians

import numpy as np
import numpy.typing as npt
from sgp4.api import WGS72, Satrec, SatrecArray

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.times import DAY, Floats, Ticks, julian, ticks

Codes = npt.NDArray[np.uint8]

ERROR_CODES = {
    1: "mean eccentricity out of range",
    2: "mean motion below zero",
    3: "perturbed eccentricity out of range",
    4: "semilatus rectum below zero",
    6: "decayed: position below the surface of the earth",
}
"""What SGP4's codes mean; 5 is not used by it, and stands here for a state that is no number."""

NOT_A_NUMBER = 5

_SGP4_ZERO = datetime(1949, 12, 31, tzinfo=UTC)
_JULIAN_ZERO = 2433281.5
_MICROSECOND = timedelta(microseconds=1)


def satrec(elements: ElementSet) -> Satrec:
    """SGP4's record of an element set. The catalogue number stays outside: SGP4 refuses those above 339999.

    The epoch is put in as a split date, exact to the microsecond; as a single number of
    days it would be off by 0.2 us, a millimetre of motion.
    """
    record = Satrec()
    since = (elements.epoch - _SGP4_ZERO) // _MICROSECOND
    day, rest = divmod(since, DAY)
    record.sgp4init(
        WGS72,
        "i",
        0,
        since / DAY,
        elements.bstar,
        elements.mean_motion_dot * 2.0 * pi / 1440.0**2,
        elements.mean_motion_ddot * 2.0 * pi / 1440.0**3,
        elements.eccentricity,
        radians(elements.arg_perigee_deg),
        radians(elements.inclination_deg),
        radians(elements.mean_anomaly_deg),
        elements.mean_motion_rev_day * 2.0 * pi / 1440.0,
        radians(elements.raan_deg),
    )
    record.jdsatepoch = _JULIAN_ZERO + day
    record.jdsatepochF = rest / DAY
    return record


class Fleet:
    """Many objects, ready to be propagated together or one by one; N is `len(fleet)`.

    An object's record is made when it is first asked for.
    """

    def __init__(self, elements: Sequence[ElementSet]) -> None:
        self._elements = list(elements)
        self._records: list[Satrec | None] = [None] * len(self._elements)
        self._array: SatrecArray | None = None

    def __len__(self) -> int:
        return len(self._elements)

    def record(self, index: int) -> Satrec:
        """SGP4's record of one object."""
        record = self._records[index]
        if record is None:
            record = self._records[index] = satrec(self._elements[index])
        return record

    @property
    def records(self) -> list[Satrec]:
        """SGP4's records of all objects."""
        return [self.record(index) for index in range(len(self))]

    def states(self, at: Ticks) -> tuple[Floats, Floats, Codes]:
        """All objects at all of `at` (T,): positions (N, T, 3) km, velocities (N, T, 3) km/s, codes (N, T).

        Where the code is not 0 the position is NaN.
        """
        day, fraction = julian(at)
        if self._array is None:
            self._array = SatrecArray(self.records)
        codes, position, velocity = self._array.sgp4(day, fraction)
        return _checked(codes, position), velocity, codes

    def positions_of(self, indices: npt.NDArray[np.intp], at: Ticks) -> Floats:
        """Object `indices[p]` at its own times `at[p]`: (P,), (P, T) -> (P, T, 3) km, NaN where SGP4 fails."""
        day, fraction = julian(at)
        out = np.empty((*at.shape, 3))
        codes = np.empty(at.shape, dtype=np.uint8)
        for row, index in enumerate(indices.tolist()):
            codes[row], out[row], _velocity = self.record(index).sgp4_array(day[row], fraction[row])
        return _checked(codes, out)

    def positions(self, index: int, at: Ticks) -> Floats:
        """One object at `at` (T,): positions (T, 3) km, NaN where SGP4 fails."""
        day, fraction = julian(at)
        codes, position, _velocity = self.record(index).sgp4_array(day, fraction)
        return _checked(codes, position)

    def codes(self, index: int, at: Ticks) -> Codes:
        """One object at `at` (T,): SGP4's error codes, 0 where there is a state."""
        day, fraction = julian(at)
        codes, position, _velocity = self.record(index).sgp4_array(day, fraction)
        _checked(codes, position)
        return np.asarray(codes, dtype=np.uint8)

    def state(self, index: int, tick: int) -> tuple[Floats, Floats]:
        """One object at one tick: position km and velocity km/s, (3,) each."""
        day, fraction = julian(np.array([tick], dtype=np.int64))
        _codes, position, velocity = self.record(index).sgp4_array(day, fraction)
        return position[0], velocity[0]


def states(elements: Sequence[ElementSet], times: Sequence[datetime]) -> tuple[Floats, Floats, Codes]:
    """Positions (N, T, 3) km, velocities (N, T, 3) km/s in TEME, and error codes (N, T); NaN where a code is set."""
    return Fleet(elements).states(np.array([ticks(one) for one in times], dtype=np.int64))


def _checked(codes: Codes, position: Floats) -> Floats:
    """Positions with NaN wherever a code is set, and a code wherever a position is no number; in place."""
    # A decayed object comes back with numbers beside its code; every other failure with NaN already.
    position[codes != 0] = np.nan
    lost = ~np.isfinite(position[..., 0] + position[..., 1] + position[..., 2]) & (codes == 0)
    if lost.any():
        codes[lost] = NOT_A_NUMBER
        position[lost] = np.nan
    return position
