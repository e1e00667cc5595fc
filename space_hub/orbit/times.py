"""Instants as whole microseconds, so that "the same instant" means the same bits.

A tick is one microsecond of UTC since 1970-01-01 (leap seconds not counted, as in
POSIX time and in SGP4's own use of UTC). SGP4 is asked at a split Julian date that is
made from the tick alone: whatever path leads to an instant, the state there is the same.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

Ticks = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]

SECOND = 1_000_000
"""Ticks in a second."""

DAY = 86_400 * SECOND

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX_JULIAN = 2440587.5
_MICROSECOND = timedelta(microseconds=1)


def ticks(moment: datetime) -> int:
    """The tick of an aware datetime; exact."""
    return (moment - _UNIX) // _MICROSECOND


def moment(tick: int) -> datetime:
    """The aware UTC datetime of a tick; exact."""
    return _UNIX + timedelta(microseconds=tick)


def julian(at: Ticks) -> tuple[Floats, Floats]:
    """Ticks as split Julian dates: midnight (exact) and the fraction of the day (to 1e-11 s)."""
    day, rest = np.divmod(at, DAY)
    return _UNIX_JULIAN + day.astype(np.float64), rest.astype(np.float64) / DAY
