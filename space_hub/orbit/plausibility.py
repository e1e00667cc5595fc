"""Is a new element set believable beside the one before it?

A set can be well formed and wrong: two swapped digits pass the checksum of a TLE one
time in two. So the new set and its predecessor are both propagated to the epoch of
the new one and their distance is judged against a limit. A real update lands within a
few kilometres; a manoeuvre, an identity swap or a damaged digit does not. What is
doubtful is flagged, never dropped: a manoeuvre is the truth.

Only the place at one epoch is compared: a wrong drag term or mean motion shows later,
when the next set arrives.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import dist, isfinite

from space_hub.orbit.elements import ElementSet
from space_hub.orbit.propagation import satrec

_MINUTE = timedelta(minutes=1)


class Doubt(StrEnum):
    """Why a set is flagged; each value is a code of the message catalogue."""

    DEPARTS = "gp.flag_departs"
    SET_FAILS = "gp.flag_set_fails"
    PREDECESSOR_FAILS = "gp.flag_predecessor_fails"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The distance where it could be had, in km, and the doubt if there is one.

    `sgp4_error` is the error code of SGP4 behind SET_FAILS and PREDECESSOR_FAILS, else 0
    (or 0 with a failure when SGP4 gave no code but no finite place either).
    """

    departure_km: float | None
    doubt: Doubt | None = None
    sgp4_error: int = 0


def judge(new: ElementSet, predecessor: ElementSet | None, *, limit_km: float) -> Judgement:
    """Judge `new` at its own epoch against its predecessor (the set of the same object next before it, or None).

    Without a predecessor only SGP4 itself is asked whether the set describes an orbit.
    """
    error, here, _ = satrec(new).sgp4_tsince(0.0)
    if error or not all(map(isfinite, here)):
        return Judgement(None, Doubt.SET_FAILS, error)
    if predecessor is None:
        return Judgement(None)
    error, there, _ = satrec(predecessor).sgp4_tsince((new.epoch - predecessor.epoch) / _MINUTE)
    if error or not all(map(isfinite, there)):
        return Judgement(None, Doubt.PREDECESSOR_FAILS, error)
    departure_km = dist(here, there)
    return Judgement(departure_km, Doubt.DEPARTS if departure_km > limit_km else None)


def departure_km(new: ElementSet, predecessor: ElementSet) -> float | None:
    """Distance in km between two sets of one object at the epoch of `new`; None where SGP4 fails for either."""
    return judge(new, predecessor, limit_km=float("inf")).departure_km
